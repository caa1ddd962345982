"""Writes what a tick found: themes, who belongs, evidence, a reading each. One transaction, nothing rewritten."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, replace
from decimal import Decimal
from typing import Any

import numpy as np

from sentiment_site.market import clock
from themes.kernels.lifecycle import Life, Member, compute_spread, find_primary_sector, list_contaminated
from themes.models import Theme, ThemeChange, ThemeDocument, ThemeMembership, ThemeReading
from themes.models.stories import Standing

from .detection import Assessment, Crowd

MOST_EVIDENCE = 500


def create_theme(found: Assessment, key: str, at: dt.datetime, *, is_simulated: bool) -> Theme:
    """A theme at its first sight, ACTIVE where it is sure enough, else WATCH."""
    standing = Standing.ACTIVE if found.is_sure else Standing.WATCH
    theme = Theme.objects.create(
        theme_name=found.name or (found.terms[0] if found.terms else "unnamed"),
        dictionary_key=key,
        terms=list(found.terms),
        standing=standing,
        emergence_timestamp=found.first_at,
        detected_at=at,
        detection_confidence=_share(found.confidence),
        is_simulated=is_simulated,
        as_of=at,
    )
    note(theme, "detected", after={"standing": standing, "confidence": round(found.confidence, 3)}, at=at)
    return theme


def note(
    theme: Theme, what: str, *, before: Mapping[str, Any] | None = None, after: Mapping[str, Any] | None = None,
    reason: str = "", author: Any = None, at: dt.datetime | None = None,
) -> ThemeChange:  # fmt: skip
    """A line of a theme's history."""
    return ThemeChange.objects.create(
        theme=theme,
        what=what,
        before=dict(before or {}),
        after=dict(after or {}),
        reason=reason,
        author=author,
        at=at or clock.now(),
    )


def save_tick(theme: Theme, found: Assessment, life: Life, crowd: Crowd, at: dt.datetime) -> ThemeReading:
    """A theme's state, members, evidence and reading at a tick."""
    members = _save_members(theme, found, crowd, at)
    _save_evidence(theme, found, at)
    described = _describe(found, crowd)
    primary, contaminated, spread = described
    if theme.standing == Standing.WATCH and found.is_sure:
        theme.standing = Standing.ACTIVE
        note(theme, "published", after={"confidence": round(found.confidence, 3)}, at=at)
    if theme.phase != life.phase:
        note(theme, life.phase, before={"phase": theme.phase}, at=at)
    theme.phase, theme.intensity, theme.peak_intensity = life.phase, life.intensity, life.peak
    theme.peak_intensity_reached, theme.peak_at = life.is_past_peak, life.peak_at
    theme.cooling_phase_started = life.cooling_since
    theme.detection_confidence = max(theme.detection_confidence, _share(found.confidence))
    theme.primary_sector, theme.contaminated_sectors = theme.primary_sector or primary, contaminated
    theme.narrative_sources = dict(found.kinds)
    theme.terms = list(dict.fromkeys([*theme.terms, *found.terms]))[:24]
    theme.as_of, theme.updated_at = at, clock.now()
    theme.save()
    reading, _ = ThemeReading.objects.update_or_create(
        theme=theme,
        as_of=at,
        defaults={
            "standing": theme.standing,
            "phase": life.phase,
            "intensity": life.intensity,
            "confidence": _share(found.confidence),
            "temperature": theme.temperature_status,
            "manipulation_risk": theme.manipulation_risk_score,
            "members": members,
            "documents": len(found.documents),
            "spread_index": None if np.isnan(spread) else spread,
            "factors": _factors(found, life) | {"primary_sector": theme.primary_sector, "contaminated": contaminated},
            "recorded_at": clock.now(),
        },
    )
    return reading


def load_life(theme: Theme) -> Life:
    """Where the last reading left it."""
    last = theme.readings.order_by("-as_of").first()
    if last is None or "life" not in last.factors:
        return Life()
    stored = dict(last.factors["life"])
    for name in ("peak_at", "cooling_since"):
        stored[name] = dt.datetime.fromisoformat(stored[name]) if stored.get(name) else None
    return Life(**stored)


def restart(life: Life, theme: Theme) -> Life:
    """The life of a theme that an operator woke."""
    return replace(life, phase="reignited", quiet_h=0, cooling_since=None, is_past_peak=False, peak=theme.intensity)


def _save_members(theme: Theme, found: Assessment, crowd: Crowd, at: dt.datetime) -> int:
    """Close what no longer belongs, open what is new; how many belong now."""
    held = {row.instrument_id: row for row in theme.memberships.filter(until__isnull=True)}
    wanted: dict[int, bool] = {}
    for row in np.flatnonzero(found.members.belongs | found.members.follows):
        wanted[int(crowd.ids[row])] = bool(found.members.follows[row])
    gone = [row.pk for one, row in held.items() if one not in wanted or row.is_sympathy != wanted[one]]
    ThemeMembership.objects.filter(pk__in=gone).update(until=at)
    kept = {one for one, row in held.items() if row.pk not in gone}
    now = clock.now()
    ThemeMembership.objects.bulk_create(
        ThemeMembership(
            theme=theme,
            instrument_id=one,
            sector=crowd.sectors[crowd.row_of[one]],
            is_sympathy=follows,
            score=float(found.members.score[crowd.row_of[one]]),
            text_part=float(found.members.text[crowd.row_of[one]]),
            price_part=_known(found.members.price[crowd.row_of[one]]),
            first_mention_at=found.first_mention.get(one),
            since=at,
            recorded_at=now,
        )
        for one, follows in wanted.items()
        if one not in kept
    )
    return len(wanted)


def _save_evidence(theme: Theme, found: Assessment, at: dt.datetime) -> None:
    known = set(theme.evidence.filter(document_id__in=found.documents).values_list("document_id", flat=True))
    new = sorted((one for one in found.documents if one not in known), key=lambda one: -found.documents[one])
    ThemeDocument.objects.bulk_create(
        (
            ThemeDocument(theme=theme, document_id=one, closeness=found.documents[one], joined_at=at)
            for one in new[:MOST_EVIDENCE]
        ),
        ignore_conflicts=True,
    )


def _describe(found: Assessment, crowd: Crowd) -> tuple[str, list[dict[str, Any]], float]:
    """Primary sector, contaminated ones in order, spread index."""
    rows = np.flatnonzero(found.members.belongs)
    members = []
    shares: defaultdict[str, float] = defaultdict(float)
    for row in rows:
        one = int(crowd.ids[row])
        mentioned = found.first_mention.get(one, found.first_at)
        z, sector = float(crowd.z[row]), crowd.sectors[int(row)]
        shares[sector] += float(found.members.score[row])
        members.append(Member(sector, float(found.members.score[row]), mentioned, mentioned if z >= 2 else None, z))
    evidence = [(member.mentioned_at, member.sector, member.score) for member in members if member.sector]
    primary = find_primary_sector(evidence)
    reached = [
        asdict(entry) | {"entered_at": entry.entered_at.isoformat(), "mean_excess": _known(entry.mean_excess)}
        for entry in list_contaminated(members, primary)
    ]
    return primary, reached, compute_spread(shares)


def _factors(found: Assessment, life: Life) -> dict[str, Any]:
    stored = asdict(life)
    for name in ("peak_at", "cooling_since"):
        stored[name] = stored[name].isoformat() if stored[name] else None
    return {
        "log10_p": round(found.log10_p, 2),
        "issuers": found.issuers,
        "coherence": _known(found.coherence),
        "busy_share": _known(found.busy_share),
        "kinds": dict(found.kinds),
        "terms": list(found.terms),
        "centroid": {term: round(weight, 4) for term, weight in found.centroid.items()},
        "life": stored,
    }


def _known(value: float) -> float | None:
    return None if not np.isfinite(value) else round(float(value), 4)


def _share(value: float) -> Decimal:
    return Decimal(str(round(value, 3)))
