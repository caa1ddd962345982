"""Themes as they were known at a moment. Live, the table itself; in the past, the readings and spells of then."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import OuterRef, Q, Subquery

from sentiment_site.market import clock
from themes.models import Theme, ThemeChange, ThemeHeat, ThemeMembership, ThemeReading
from themes.models.stories import Standing

LIVING = (Standing.ACTIVE, Standing.WATCH)
ENDED = (Standing.MERGED, Standing.RETIRED)
# What ends a theme, and what a change of its standing makes of it.
_ENDS = {"retired": Standing.RETIRED, "faded": Standing.RETIRED, "merged": Standing.MERGED}
_TELLS = (*_ENDS, "confirmed", "renamed")


@dataclass(frozen=True, slots=True)
class ThemeStand:
    """A theme at a moment. reading: the newest one known then; the rest is what operators and rules had made of it by
    then, because the theme's own row knows the present only.

    ended_at: None while it lives.
    """

    theme: Theme
    reading: ThemeReading
    members: int
    standing: str
    title: str
    is_confirmed: bool
    ended_at: dt.datetime | None
    temperature: str
    manipulation_risk: Decimal | None

    @property
    def latency(self) -> dt.timedelta:
        """From the first document to the first sight."""
        return self.theme.detected_at - self.theme.emergence_timestamp

    @property
    def age(self) -> dt.timedelta:
        """Of the reading's market time, since the theme emerged."""
        return self.reading.as_of - self.theme.emergence_timestamp

    @property
    def is_active(self) -> bool:
        """Whether it counts: above the gate, or confirmed."""
        return self.standing == Standing.ACTIVE

    @property
    def primary_sector(self) -> str:
        """Where it began, as the reading knew it; "" without any member's sector."""
        return str(self.reading.factors.get("primary_sector", ""))

    @property
    def contaminated(self) -> list[dict[str, Any]]:
        """Sectors it spread to, in order: sector, entered_at, lag_h, share, mean_excess."""
        return list(self.reading.factors.get("contaminated", ()))


def list_themes(as_of: dt.datetime | None = None, standing: Collection[str] = LIVING) -> list[ThemeStand]:
    """Themes by intensity with their newest reading known at a moment, ACTIVE ones first.

    One statement live, three in the past, whatever their number.
    """
    at = as_of or clock.now()
    themes = Theme.objects.filter(detected_at__lte=at)
    if as_of is None:
        themes = themes.filter(standing__in=standing)
    newest = ThemeReading.objects.filter(theme=OuterRef("pk"), as_of__lte=at, recorded_at__lte=at)
    newest_ids = themes.annotate(newest=Subquery(newest.order_by("-as_of").values("pk")[:1])).values("newest")
    readings = ThemeReading.objects.filter(pk__in=newest_ids).select_related("theme", "theme__merged_into")
    found = [one for one in _stands(list(readings), as_of) if one.standing in standing]
    return sorted(found, key=lambda one: (not one.is_active, -one.reading.intensity))


def get_theme(theme_id: uuid.UUID, as_of: dt.datetime | None = None) -> ThemeStand | None:
    """A theme with its newest reading known at a moment; None before its first. As many statements as `list_themes`."""
    at = as_of or clock.now()
    rows = ThemeReading.objects.filter(theme_id=theme_id, as_of__lte=at, recorded_at__lte=at)
    reading = rows.select_related("theme", "theme__merged_into").order_by("-as_of").first()
    return None if reading is None else _stands([reading], as_of)[0]


def list_stands(theme_ids: Collection[uuid.UUID], as_of: dt.datetime | None = None) -> dict[uuid.UUID, ThemeStand]:
    """These themes, living or not, as they stood at a moment. As many statements as `list_themes`."""
    at = as_of or clock.now()
    newest = ThemeReading.objects.filter(theme__in=theme_ids, as_of__lte=at, recorded_at__lte=at)
    rows = newest.order_by("theme_id", "-as_of").distinct("theme_id").select_related("theme", "theme__merged_into")
    return {one.theme.pk: one for one in _stands(list(rows), as_of)}


def _stands(readings: Sequence[ThemeReading], as_of: dt.datetime | None) -> list[ThemeStand]:
    if as_of is None:
        return [_live_stand(reading) for reading in readings]
    ids = [reading.theme_id for reading in readings]
    changes: defaultdict[uuid.UUID, dict[str, ThemeChange]] = defaultdict(dict)
    told = ThemeChange.objects.filter(theme__in=ids, what__in=_TELLS)
    for change in told.filter(at__lte=as_of).order_by("at", "pk"):
        changes[change.theme_id][change.what] = change  # the last of its kind
    heats = ThemeHeat.objects.filter(theme__in=ids, as_of__lte=as_of, recorded_at__lte=as_of)
    newest = heats.order_by("theme_id", "-as_of").distinct("theme_id").values_list("theme_id", "level")
    levels: dict[uuid.UUID, str] = dict(newest)
    return [_past_stand(one, changes[one.theme_id], levels.get(one.theme_id, "")) for one in readings]


def _live_stand(reading: ThemeReading) -> ThemeStand:
    theme = reading.theme
    ended_at = None if theme.standing in LIVING else theme.updated_at
    risk = reading.manipulation_risk if theme.manipulation_risk_score is None else theme.manipulation_risk_score
    return ThemeStand(
        theme, reading, reading.members, theme.standing, str(theme), theme.is_confirmed, ended_at,
        theme.temperature_status or reading.temperature, risk,
    )  # fmt: skip


def _past_stand(reading: ThemeReading, changes: Mapping[str, ThemeChange], level: str) -> ThemeStand:
    theme = reading.theme
    end = next((changes[what] for what in _ENDS if what in changes), None)
    confirmed, renamed = "confirmed" in changes, changes.get("renamed")
    standing = _ENDS[end.what] if end else Standing.ACTIVE if confirmed else reading.standing
    title = str(renamed.after.get("title", "")) if renamed else ""
    ended_at = end.at if end else None
    return ThemeStand(
        theme, reading, reading.members, standing, title or theme.theme_name, confirmed, ended_at,
        level or reading.temperature, reading.manipulation_risk,
    )  # fmt: skip


def list_members(theme_id: uuid.UUID, as_of: dt.datetime | None = None) -> list[ThemeMembership]:
    """Who belonged at a moment, closest first. One statement."""
    at = as_of or clock.now()
    rows = ThemeMembership.objects.filter(theme_id=theme_id, since__lte=at, recorded_at__lte=at)
    rows = rows.filter(Q(until__isnull=True) | Q(until__gt=at)).select_related("instrument")
    return list(rows.order_by("is_sympathy", "-score", "instrument__symbol"))


def list_readings(theme_id: uuid.UUID, since: dt.datetime, as_of: dt.datetime | None = None) -> list[ThemeReading]:
    """A theme's readings of a span, oldest first."""
    at = as_of or clock.now()
    rows = ThemeReading.objects.filter(theme_id=theme_id, as_of__gt=since, as_of__lte=at, recorded_at__lte=at)
    return list(rows.order_by("as_of"))


def list_history(theme_id: uuid.UUID, as_of: dt.datetime | None = None) -> list[ThemeChange]:
    """What happened to a theme, newest first."""
    at = as_of or clock.now()
    return list(
        ThemeChange.objects.filter(theme_id=theme_id, at__lte=at).select_related("author").order_by("-at", "-pk")
    )


def themes_of(instrument_ids: Sequence[int], as_of: dt.datetime | None = None) -> dict[int, list[ThemeMembership]]:
    """The living themes that stocks belonged to at a moment, by instrument id. One statement."""
    at = as_of or clock.now()
    rows = ThemeMembership.objects.filter(instrument_id__in=instrument_ids, since__lte=at, recorded_at__lte=at)
    rows = rows.filter(Q(until__isnull=True) | Q(until__gt=at)).exclude(theme__standing=Standing.RETIRED)
    found: defaultdict[int, list[ThemeMembership]] = defaultdict(list)
    for row in rows.select_related("theme").order_by("-score"):
        found[row.instrument_id].append(row)
    return dict(found)
