"""The heat map: stocks by the hours of a session, as it was known at a moment; and the parameters it is asked with."""

from __future__ import annotations

import datetime as dt
import uuid
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import urlencode

from django.db.models import Q

from sentiment_site.live.time_machine import BadParameter
from sentiment_site.market import calendar, clock
from sentiment_site.market.sectors import SECTOR_BY_KEY
from themes.models import StockVerdict, TemperaturePass, TemperatureReading, ThemeMembership

from .selectors import list_passes, verdicts_at
from .slots import Slot, list_stamps
from .state import LEVELS

SHOWN = {"warm": 1, "hot": 2, "extreme": 3}
SORTS = {"level": "heat", "symbol": "symbol", "change": "change in the last hour", "squeeze": "squeeze risk"}
DEFAULT_SORT = "-level"
PAGE_SIZE = 60


@dataclass(frozen=True, slots=True)
class HeatQuery:
    """What is asked for. level: the least that a stock must have reached in the session; sort: a key of SORTS, "-"
    descending; theme: members only."""

    level: str = "warm"
    sector: str = ""
    theme: uuid.UUID | None = None
    sort: str = DEFAULT_SORT
    page: int = 1
    as_of: dt.datetime | None = None
    given: tuple[tuple[str, str], ...] = ()

    @property
    def sort_key(self) -> str:
        """The column sorted by."""
        return self.sort.removeprefix("-")

    def query(self, **changes: str | int) -> str:
        """The address's query with changed parameters; the page is left out unless it is given."""
        kept = {name: value for name, value in self.given if name != "page"}
        merged = kept | {name: str(value) for name, value in changes.items()}
        return urlencode({name: value for name, value in merged.items() if value})


@dataclass(frozen=True, slots=True)
class Cell:
    """One hour of one stock. level: "" unknown or not read; at: of the reading, between the hours where it is newer."""

    stamp: dt.datetime
    level: str
    reason: str
    change: float | None = None
    multiple: float | None = None
    own: str = ""
    at: dt.datetime | None = None

    @property
    def is_between(self) -> bool:
        """Whether it was read between the hours, by an event."""
        return self.at is not None and self.at != self.stamp


@dataclass(frozen=True, slots=True)
class Row:
    """One stock. newest: its newest stored reading; level: now; reached: the highest of the session."""

    instrument_id: int
    symbol: str
    name: str
    cells: tuple[Cell, ...]
    level: str
    reached: int
    newest: TemperatureReading
    verdict: StockVerdict | None = None


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A page of the map. passes: of the session, newest first; total: stocks that fit; counts: now, by level."""

    session: calendar.Session
    stamps: tuple[dt.datetime, ...]
    rows: tuple[Row, ...]
    total: int
    pages: int
    passes: tuple[TemperaturePass, ...]
    counts: Mapping[str, int]

    @property
    def newest(self) -> TemperaturePass | None:
        """The newest pass."""
        return self.passes[0] if self.passes else None

    @property
    def recorded_at(self) -> dt.datetime | None:
        """When the newest of it became known."""
        return max((one.recorded_at for one in self.passes), default=None)


def parse_query(params: Mapping[str, str], as_of: dt.datetime | None) -> HeatQuery:
    """Read the parameters; blank ones count as absent. BadParameter names the one that cannot be read."""
    text = {name: params.get(name, "").strip() for name in ("level", "sector", "theme", "sort", "page")}
    text = {name: value for name, value in text.items() if value}
    level, sector = text.get("level", "warm"), text.get("sector", "")
    _one_of("level", level, SHOWN)
    if sector:
        _one_of("sector", sector, SECTOR_BY_KEY)
    sort = text.get("sort", DEFAULT_SORT)
    _one_of("sort", sort, [sign + key for key in SORTS for sign in ("", "-")])
    page = text.get("page", "1")
    if not (page.isascii() and page.isdigit() and 1 <= int(page) <= 999):
        raise BadParameter("page", page, "not a whole number from 1 on")
    given = list(text.items())
    if params.get("as_of", "").strip():
        given.append(("as_of", params["as_of"].strip()))
    return HeatQuery(level, sector, _theme(text.get("theme", "")), sort, int(page), as_of, tuple(given))


def load_heat_map(asked: HeatQuery) -> HeatMap:
    """The session's map up to the moment asked for. At most five statements."""
    at = asked.as_of or clock.now()
    session = calendar.last_session(at)
    passes = tuple(list_passes(asked.as_of, since=session.pre_open))
    stamps = list_stamps(session)
    readings = _load_readings(asked, session, at)
    rows = [_row(instrument_id, list(found), stamps, passes) for instrument_id, found in readings.items()]
    fitting = _sorted([row for row in rows if row.reached >= SHOWN[asked.level]], asked)
    pages = max(1, -(-len(fitting) // PAGE_SIZE))
    begin = (min(asked.page, pages) - 1) * PAGE_SIZE
    shown = fitting[begin : begin + PAGE_SIZE]
    verdicts = verdicts_at([row.instrument_id for row in shown], asked.as_of)
    whole = next((one for one in passes if one.is_whole), None)
    return HeatMap(
        session=session,
        stamps=tuple(slot.at for slot in stamps),
        rows=tuple(replace(row, verdict=verdicts.get(row.instrument_id)) for row in shown),
        total=len(fitting),
        pages=pages,
        passes=passes,
        counts={} if whole is None else {"extreme": whole.extreme, "hot": whole.hot, "warm": whole.warm},
    )


def _load_readings(asked: HeatQuery, session: calendar.Session, at: dt.datetime) -> dict[int, list[TemperatureReading]]:
    rows = TemperatureReading.objects.filter(
        as_of__gte=session.pre_open, as_of__lte=min(at, session.post_close), recorded_at__lte=at
    )
    if asked.sector:
        rows = rows.filter(sector=asked.sector)
    if asked.theme is not None:
        rows = rows.filter(instrument__in=_members(asked.theme, at))
    found: defaultdict[int, list[TemperatureReading]] = defaultdict(list)
    for row in rows.select_related("instrument").defer("squeeze", "quiet_hours").order_by("as_of"):
        found[row.instrument_id].append(row)
    return dict(found)


def _members(theme_id: uuid.UUID, at: dt.datetime) -> list[int]:
    rows = ThemeMembership.objects.filter(theme=theme_id, since__lte=at, recorded_at__lte=at)
    return list(rows.filter(Q(until__isnull=True) | Q(until__gt=at)).values_list("instrument_id", flat=True))


def _row(
    instrument_id: int, readings: list[TemperatureReading], stamps: Iterable[Slot], passes: tuple[TemperaturePass, ...]
) -> Row:
    whole = {one.as_of: one for one in passes if one.is_whole}
    cells, place = [], 0
    for stamp in stamps:
        newest = None
        while place < len(readings) and readings[place].as_of <= stamp.at:
            newest = readings[place]
            place += 1
        cells.append(_cell(stamp.at, newest, whole.get(stamp.at), instrument_id))
    newest = readings[-1]
    # a stock that has no row in the last full pass has come to rest
    rested = any(done_at > newest.as_of for done_at in whole)
    level = "cold" if rested else newest.temperature_classification
    reached = max(LEVELS[one.temperature_classification] for one in readings)
    return Row(
        instrument_id, newest.instrument.symbol, newest.instrument.name, tuple(cells), level, int(reached), newest
    )


def _cell(
    stamp: dt.datetime, reading: TemperatureReading | None, done: TemperaturePass | None, instrument_id: int
) -> Cell:
    if reading is not None:
        level = reading.temperature_classification
        own = "" if reading.raw_level is None else next(w for w, n in LEVELS.items() if n == reading.raw_level)
        return Cell(
            stamp, level, "" if level else "no reading: no price or no usual volume",
            _number(reading.hourly_price_change), _number(reading.hourly_volume_multiple), own, reading.as_of,
        )  # fmt: skip
    if done is None:
        return Cell(stamp, "", "this hour was not read")
    if instrument_id in done.unknown:
        return Cell(stamp, "", "no reading: no price or no usual volume")
    return Cell(stamp, "cold", "below WARM", at=stamp)


def _sorted(rows: list[Row], asked: HeatQuery) -> list[Row]:
    """As asked, ties by symbol, what is unknown last both ways. Heat of one level by the session's, then by change."""
    down = asked.sort.startswith("-")
    if asked.sort_key == "symbol":
        return sorted(rows, key=lambda row: row.symbol, reverse=down)
    known = [row for row in rows if _sort_value(row, asked.sort_key) is not None]
    unknown = [row for row in rows if _sort_value(row, asked.sort_key) is None]
    by_symbol = sorted(known, key=lambda row: row.symbol)
    ordered = sorted(by_symbol, key=lambda row: _sort_value(row, asked.sort_key) or (), reverse=down)
    return ordered + sorted(unknown, key=lambda row: row.symbol)


def _sort_value(row: Row, key: str) -> tuple[float, ...] | None:
    change = _number(row.newest.hourly_price_change)
    if key == "level":
        return float(LEVELS[row.level]), float(row.reached), abs(change or 0.0)
    value = change if key == "change" else _number(row.newest.squeeze_risk_indicator)
    return None if value is None else (value,)


def _number(value: object) -> float | None:
    return None if value is None else float(value)  # type: ignore[arg-type]  # a Decimal


def _theme(asked: str) -> uuid.UUID | None:
    if not asked:
        return None
    try:
        return uuid.UUID(asked)
    except ValueError:
        raise BadParameter("theme", asked, "not the id of a theme") from None


def _one_of(name: str, value: str, known: Iterable[str]) -> None:
    if value not in known:
        raise BadParameter(name, value, f"not one of {', '.join(known)}")
