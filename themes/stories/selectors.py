"""Themes as they were known at a moment. Live, the table itself; in the past, the readings and spells of then."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Q

from sentiment_site.market import clock
from themes.models import Theme, ThemeChange, ThemeMembership, ThemeReading
from themes.models.stories import Standing

LIVING = (Standing.ACTIVE, Standing.WATCH)


@dataclass(frozen=True, slots=True)
class ThemeStand:
    """A theme at a moment. reading: the newest one known then."""

    theme: Theme
    reading: ThemeReading
    members: int

    @property
    def latency(self) -> dt.timedelta:
        """From the first document to the first sight."""
        return self.theme.detected_at - self.theme.emergence_timestamp

    @property
    def age(self) -> dt.timedelta:
        """Of the reading's market time, since the theme emerged."""
        return self.reading.as_of - self.theme.emergence_timestamp


def list_themes(as_of: dt.datetime | None = None, standing: Collection[str] = LIVING) -> list[ThemeStand]:
    """Themes by intensity with their newest reading known at a moment. Two statements whatever their number."""
    at = as_of or clock.now()
    readings = (
        ThemeReading.objects.filter(as_of__lte=at, recorded_at__lte=at)
        .order_by("theme_id", "-as_of")
        .distinct("theme_id")
        .select_related("theme", "theme__merged_into")
    )
    found = [
        ThemeStand(reading.theme, reading, reading.members) for reading in readings if reading.standing in standing
    ]
    if as_of is None:  # an operator may have ended one since its last reading
        found = [one for one in found if one.theme.standing in standing]
    return sorted(found, key=lambda one: (one.reading.standing != Standing.ACTIVE, -one.reading.intensity))


def get_theme(theme_id: uuid.UUID, as_of: dt.datetime | None = None) -> ThemeStand | None:
    """A theme with its newest reading known at a moment; None before its first."""
    at = as_of or clock.now()
    rows = ThemeReading.objects.filter(theme_id=theme_id, as_of__lte=at, recorded_at__lte=at)
    reading = rows.select_related("theme", "theme__merged_into").order_by("-as_of").first()
    return None if reading is None else ThemeStand(reading.theme, reading, reading.members)


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
