"""The hourly tick, and the look for new themes between: documents and tape in, themes out, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import structlog
from django.db import connection, transaction
from django.db.models import Max

from sentiment_site.market import clock
from themes.alerts.services import raise_alert
from themes.kernels.bursts import REARM_H, WINDOW_H, compute_expected, compute_log10_surprise
from themes.kernels.excess import compute_correlation
from themes.kernels.grouping import is_same_theme
from themes.kernels.lifecycle import Life, advance
from themes.kernels.membership import WATCHED
from themes.models import Document, Theme
from themes.models.stories import Phase, Standing
from themes.tape import NoTape, Tape, load_tape

from .detection import (
    MEMBER_WINDOW_H,
    Assessment,
    Crowd,
    Story,
    assess,
    find_stories,
    is_weather,
    list_idf,
)
from .dictionaries import ensure_dictionaries, load_dictionaries, titles_of
from .saving import create_theme, load_life, note, save_tick
from .texts import HOUR, NEVER, Baseline, Text, count_mentions, key_term
from .window import load_baseline, load_texts, save_hours

log = structlog.get_logger(__name__)
BARS_OF_THREE_DAYS = 39
LIVING = (Standing.WATCH, Standing.ACTIVE)


@dataclass(slots=True)
class TickReport:
    """What a tick found. created: themes seen for the first time; published: those that became or were born ACTIVE."""

    texts: int = 0
    stories: int = 0
    macro: int = 0
    created: list[Theme] = field(default_factory=list)
    published: list[Theme] = field(default_factory=list)
    updated: int = 0

    def __str__(self) -> str:
        return (
            f"{self.texts:,} texts, {self.stories} stories ({self.macro} of the whole market), "
            f"{len(self.created)} themes new, {len(self.published)} published, {self.updated} updated"
        )


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a tick looks at."""

    at: dt.datetime
    texts: Sequence[Text]
    window: Sequence[Text]
    baseline: Baseline
    crowd: Crowd
    is_simulated: bool


def run_tick(at: dt.datetime, *, known_at: dt.datetime | None = None, whole: bool = True) -> TickReport:
    """Detect at a moment with what was known at `known_at` (default: then). NoTape when there is no universe yet.

    whole: every living theme is measured and grows an hour older; else only new themes are looked for, between the
    hours.
    """
    known = known_at or at
    ensure_dictionaries()
    tape = load_tape(at if known_at is None else known)
    scene = _load_scene(at, known, tape)
    report = TickReport(texts=len(scene.texts))
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('themes.stories'))")
        living = list(Theme.objects.filter(standing__in=LIVING).order_by("detected_at"))
        stories = find_stories(scene.window, scene.baseline)
        report.stories = len(stories)
        by_id = {text.id: text for text in scene.window}
        taken = _match(stories, living)
        for place, story in enumerate(stories):
            if place in taken:
                continue
            if not story.key and is_weather(story, by_id, scene.crowd):
                report.macro += 1
                continue
            _open(story, scene, living, report)
        if whole:
            for theme in living:
                _measure(theme, scene, report)
            _merge_alike(scene)
        _tell(report.published, scene)
    log.info("themes detected", at=at.isoformat(), result=str(report))
    return report


def _load_scene(at: dt.datetime, known: dt.datetime, tape: Tape) -> _Scene:
    dictionaries = load_dictionaries(known)
    members = [int(one) for one in tape.ids]
    save_hours(at - WINDOW_H * HOUR, members, dictionaries, known)
    texts = load_texts(at - MEMBER_WINDOW_H * HOUR, at, known_at=known, members=members, dictionaries=dictionaries)
    window = [text for text in texts if text.event_at > at - WINDOW_H * HOUR]
    return _Scene(at, texts, window, load_baseline(at - WINDOW_H * HOUR), _crowd(tape), tape.is_simulated)


def _crowd(tape: Tape) -> Crowd:
    excess = tape.bar_excess()[:, -BARS_OF_THREE_DAYS:]
    cap = tape.members.market_cap
    size = (np.where(np.isfinite(cap), cap, 0) >= 3e8).astype(np.int64)
    return Crowd(
        ids=tape.ids,
        sector=tape.sector,
        sectors=tape.members.sectors,
        group=2 * tape.sector + size,
        z=tape.day_move(),
        rvol=tape.day_rvol(),
        excess=excess,
        correlation=compute_correlation(excess),
        row_of={int(one): row for row, one in enumerate(tape.ids)},
    )


def _match(stories: Sequence[Story], living: Sequence[Theme]) -> set[int]:
    """Which stories are told by a living theme: the same curated key, or a term that burst within 72 hours."""
    keys = {theme.dictionary_key for theme in living if theme.dictionary_key}
    terms = {term for theme in living if not theme.dictionary_key for term in theme.terms}
    return {
        place
        for place, story in enumerate(stories)
        if (story.key in keys if story.key else bool(terms & set(story.terms)))
    }


def _open(story: Story, scene: _Scene, living: list[Theme], report: TickReport) -> None:
    """A new theme, where the story is sure enough to be watched and none of the living tells it."""
    found = _assess(story.key, story.terms, story.log10_p, scene)
    if found.confidence < WATCHED or not found.members.belongs.any():
        return
    recent = Theme.objects.filter(
        dictionary_key=story.key, standing=Standing.RETIRED, updated_at__gte=scene.at - REARM_H * HOUR
    )
    if recent.exists() if story.key else recent.filter(theme_name=found.name).exists():
        return
    theme = create_theme(found, story.key, scene.at, is_simulated=scene.is_simulated)
    life = _grow(Life(), theme, found, scene)
    save_tick(theme, found, life, scene.crowd, scene.at)
    living.append(theme)
    report.created.append(theme)
    if theme.standing == Standing.ACTIVE:
        report.published.append(theme)


def _measure(theme: Theme, scene: _Scene, report: TickReport) -> None:
    if theme in report.created:
        return
    was = theme.standing
    found = _assess(theme.dictionary_key, theme.terms, _surprise(theme, scene), scene)
    life = _grow(load_life(theme), theme, found, scene)
    save_tick(theme, found, life, scene.crowd, scene.at)
    report.updated += 1
    if was == Standing.WATCH and theme.standing == Standing.ACTIVE:
        report.published.append(theme)
    if theme.standing == Standing.WATCH and life.phase == Phase.DORMANT:
        theme.standing = Standing.RETIRED
        theme.save(update_fields=["standing"])
        note(theme, "faded", reason="never reached the confidence gate", at=scene.at)


def _assess(key: str, terms: Sequence[str], log10_p: float, scene: _Scene) -> Assessment:
    wanted = {term for text in scene.texts for term in text.terms} if key else _terms_near(terms, scene.texts)
    idf = list_idf(scene.window, scene.baseline, wanted)
    title = titles_of(scene.at).get(key, "") if key else ""
    return assess(
        scene.at, terms, scene.texts, scene.window, idf, scene.crowd, log10_p=log10_p, key=key,
        title=key if title else "",
    )  # fmt: skip


def _terms_near(terms: Sequence[str], texts: Sequence[Text]) -> set[str]:
    """Terms of the texts that carry any of these."""
    some = set(terms[:8])
    return {term for text in texts if text.terms & some for term in text.terms}


def _surprise(theme: Theme, scene: _Scene) -> float:
    """log10 p of the theme's key or its strongest term in this window; 0 when nobody writes about it."""
    total = count_mentions(scene.window)
    names = [key_term(theme.dictionary_key)] if theme.dictionary_key else list(theme.terms)
    issuers: Mapping[str, set[int]] = {name: set() for name in names}
    for text in scene.window:
        for name in names:
            carried = theme.dictionary_key in text.keys if theme.dictionary_key else name in text.terms
            if carried:
                issuers[name].update(text.issuers)
    if not names or not any(total):
        return 0.0
    before = [scene.baseline.mentions.get(name, NEVER) for name in names]
    expected = compute_expected(before, scene.baseline.total, total)
    counts = [len(issuers[name]) for name in names]
    return float(min(compute_log10_surprise(counts, expected).min(), 0.0))


def _grow(life: Life, theme: Theme, found: Assessment, scene: _Scene) -> Life:
    rows = np.flatnonzero(found.members.belongs)
    z, rvol = scene.crowd.z[rows], scene.crowd.rvol[rows]
    new = theme.memberships.filter(since__gt=scene.at - WINDOW_H * HOUR).exists() if life.hours else False
    return advance(
        life,
        scene.at,
        found.log10_p,
        float(np.nanmean(z)) if np.isfinite(z).any() else float("nan"),
        float(np.nanmean(rvol)) if np.isfinite(rvol).any() else float("nan"),
        spreads=new,
    )


def _merge_alike(scene: _Scene) -> None:
    """A younger discovered theme that is alike in words and members goes into the older one."""
    rows = list(Theme.objects.filter(standing__in=LIVING).order_by("detected_at").prefetch_related("memberships"))
    centroids = {theme.pk: _centroid(theme) for theme in rows}
    members = {
        theme.pk: frozenset(row.instrument_id for row in theme.memberships.all() if row.until is None) for theme in rows
    }
    for place, older in enumerate(rows):
        for younger in rows[place + 1 :]:
            if younger.dictionary_key or Standing.MERGED in (older.standing, younger.standing):
                continue
            pair = (centroids[older.pk], centroids[younger.pk]), (members[older.pk], members[younger.pk])
            if is_same_theme(*pair):
                merge_into(younger, older, at=scene.at, reason="alike in words and members")


def _tell(published: Sequence[Theme], scene: _Scene) -> None:
    """An alert for each theme that passed the confidence gate and was not merged at once."""
    for theme in published:
        theme.refresh_from_db(fields=["standing"])
        if theme.standing != Standing.ACTIVE:
            continue
        evidence = Document.objects.filter(pk__in=theme.evidence.values("document_id"))
        newest = evidence.aggregate(newest=Max("recorded_at"))["newest"]
        members = theme.memberships.filter(until__isnull=True, is_sympathy=False).count()
        raise_alert(
            "theme", str(theme), theme_id=theme.pk, severity=2,
            text=f"New theme {theme}: {members} stocks, confidence {theme.detection_confidence:.2f}",
            facts={"confidence": theme.detection_confidence, "members": members, "terms": theme.terms[:8],
                   "emerged": theme.emergence_timestamp},
            data_at=newest or scene.at, as_of=scene.at, key=f"theme:{theme.pk}:published",
        )  # fmt: skip


def merge_into(younger: Theme, older: Theme, *, at: dt.datetime, reason: str, author: object = None) -> None:
    """End one theme in another; its members' spells end, its evidence and past stay where they are."""
    before = {"standing": younger.standing}
    younger.standing, younger.merged_into, younger.updated_at = Standing.MERGED, older, clock.now()
    younger.save(update_fields=["standing", "merged_into", "updated_at"])
    younger.memberships.filter(until__isnull=True).update(until=at)
    note(younger, "merged", before=before, after={"into": str(older.pk)}, reason=reason, author=author, at=at)
    note(older, "absorbed", after={"theme": str(younger.pk), "name": str(younger)}, reason=reason, author=author, at=at)


def _centroid(theme: Theme) -> dict[str, float]:
    last = theme.readings.order_by("-as_of").first()
    return dict(last.factors.get("centroid", {})) if last else {}


__all__ = ["NoTape", "TickReport", "merge_into", "run_tick"]
