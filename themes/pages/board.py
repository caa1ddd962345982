"""The board of themes as it is shown: rows with sparklines, in their groups, and how current it is."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass

from sentiment_site.market import clock
from sentiment_site.market.sectors import SECTOR_BY_KEY
from themes.models import TemperaturePass, Theme, ThemeChange, ThemeReading
from themes.models.stories import Level, Phase, Standing
from themes.publish import seq_of
from themes.stories.selectors import ThemeStand, list_themes

from .listing import PAGE, BoardListing, select_themes
from .pictures import SPARK_HOURS, Point, Spark, build_spark

LIVE_FOR = dt.timedelta(minutes=75)
STALE_AFTER = dt.timedelta(hours=3)
GROUPS = {
    Standing.ACTIVE: "Active: passed the gate of .70 and three members, or confirmed",
    Standing.WATCH: "Watched: below the gate of .70 and three members, not counted as themes",
    Standing.MERGED: "Merged into another",
    Standing.RETIRED: "Retired",
}


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One theme of the board. group: heading above it where it is the first of its standing; reached: titles of the
    sectors beyond the first, in order."""

    stand: ThemeStand
    spark: Spark | None
    group: str
    sector: str
    reached: tuple[str, ...]

    @property
    def phase(self) -> str:
        """In words."""
        return str(Phase(self.stand.reading.phase).label)

    @property
    def level(self) -> str:
        """The temperature in words; "" while there is none."""
        return str(Level(self.stand.temperature).label) if self.stand.temperature else ""

    @property
    def is_watch(self) -> bool:
        """Whether it stands below the gate."""
        return self.stand.standing == Standing.WATCH


@dataclass(frozen=True, slots=True)
class Freshness:
    """How current the readings are: LIVE, AGEING, STALE or NO DATA, with a glyph, and the age of the newest."""

    key: str
    state: str
    icon: str
    as_of: dt.datetime | None
    age: dt.timedelta | None


@dataclass(frozen=True, slots=True)
class Board:
    """One page of the board. count: themes that fit; pages: how many; is_simulated: any of the rows."""

    rows: tuple[BoardRow, ...]
    count: int
    active: int
    watched: int
    page: int
    pages: int
    freshness: Freshness
    is_simulated: bool


def load_board(listing: BoardListing, as_of: dt.datetime | None = None) -> Board:
    """The themes that fit, as known at a moment. Three statements live, five in the past, whatever their number."""
    at = as_of or clock.now()
    found = select_themes(list_themes(as_of, listing.standings), listing)
    pages = max(1, -(-len(found) // PAGE))
    page = min(listing.page, pages)
    shown = found[(page - 1) * PAGE : page * PAGE]
    points = load_points([one.theme.pk for one in shown], at)
    rows = []
    for place, one in enumerate(shown):
        first = place == 0 or shown[place - 1].standing != one.standing
        rows.append(_row(one, build_spark(points[one.theme.pk], at), GROUPS[Standing(one.standing)] if first else ""))
    return Board(
        rows=tuple(rows),
        count=len(found),
        active=sum(one.standing == Standing.ACTIVE for one in found),
        watched=sum(one.standing == Standing.WATCH for one in found),
        page=page,
        pages=pages,
        freshness=freshness_of(_newest_tick(at), at),
        is_simulated=any(row.stand.theme.is_simulated for row in rows),
    )


def load_points(theme_ids: Collection[uuid.UUID], at: dt.datetime) -> dict[uuid.UUID, list[Point]]:
    """(as_of, intensity) of the two days before a moment, oldest first, by theme. One statement."""
    rows = ThemeReading.objects.filter(
        theme__in=theme_ids, as_of__gt=at - dt.timedelta(hours=SPARK_HOURS), as_of__lte=at, recorded_at__lte=at
    )
    points: defaultdict[uuid.UUID, list[Point]] = defaultdict(list)
    for theme_id, moment, intensity in rows.order_by("as_of").values_list("theme_id", "as_of", "intensity"):
        points[theme_id].append((moment, intensity))
    return points


def get_seq() -> int:
    """The number of what the pages show now: of the newest row recorded about any theme. One statement."""
    readings = ThemeReading.objects.order_by("-as_of", "-recorded_at").values("recorded_at")[:1]
    changes = ThemeChange.objects.order_by("-pk").values("at")[:1]
    passes = TemperaturePass.objects.order_by("-as_of").values("recorded_at")[:1]
    themes = Theme.objects.order_by("-updated_at").values("updated_at")[:1]
    moments = readings.union(changes, passes, themes, all=True).values_list("recorded_at", flat=True)
    return seq_of(max(moments, default=None))


def freshness_of(as_of: dt.datetime | None, at: dt.datetime) -> Freshness:
    """Detection runs every hour, day and night: LIVE for 75 minutes, STALE after three hours."""
    if as_of is None:
        return Freshness("none", "NO DATA", "–", None, None)
    age = at - as_of
    if age <= LIVE_FOR:
        return Freshness("live", "LIVE", "●", as_of, age)
    if age <= STALE_AFTER:
        return Freshness("ageing", "AGEING", "◐", as_of, age)
    return Freshness("stale", "STALE", "▨", as_of, age)


def sector_title(key: str) -> str:
    """A sector's title; "" for none."""
    sector = SECTOR_BY_KEY.get(key)
    return sector.title if sector else ""


def _row(stand: ThemeStand, spark: Spark | None, group: str) -> BoardRow:
    reached = tuple(sector_title(str(one.get("sector", ""))) for one in stand.contaminated)
    return BoardRow(stand, spark, group, sector_title(stand.primary_sector), reached)


def _newest_tick(at: dt.datetime) -> dt.datetime | None:
    rows = ThemeReading.objects.filter(as_of__lte=at, recorded_at__lte=at)
    return rows.order_by("-as_of").values_list("as_of", flat=True).first()
