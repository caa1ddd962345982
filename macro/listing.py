"""Readings and regimes over a span, for charts, strip, table and the API's history: as known at a moment."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any

from django.db.models import Max, QuerySet
from django.db.models.functions import TruncDay

from macro import selectors
from macro.cards import PERMISSIONS, REGIMES, Face
from macro.grid import SCAN_EVERY
from macro.models import MacroMarketData, MacroSentimentAnalysis
from macro.past import Day

DAY = timedelta(days=1)
STRIP_DAYS = 365
STRIP_WIDTH = 1000.0
LABEL_FROM = 70.0  # narrower segments carry no words


# a regime and whether it was computed afterwards; None for neither
Shown = tuple[str, bool] | None


@dataclass(frozen=True, slots=True)
class Span:
    """How far back charts and table look. days: None for everything; daily: one reading a day instead of every scan."""

    key: str
    title: str
    days: int | None
    daily: bool


SPANS = {
    span.key: span
    for span in (
        Span("30d", "30 days", 30, daily=False),
        Span("90d", "90 days", 90, daily=False),
        Span("1y", "1 year", 365, daily=True),
        Span("all", "everything", None, daily=True),
    )
}
DEFAULT_SPAN = "1y"


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the regime strip. face: None where there is no regime. x, width: of STRIP_WIDTH. days: whole.

    computed: by the engine afterwards, see macro.past.
    """

    face: Face | None
    computed: bool
    first: date
    last: date
    days: int
    x: float
    width: float

    @property
    def middle(self) -> float:
        """Where its name stands."""
        return self.x + self.width / 2

    @property
    def is_wide(self) -> bool:
        """Whether its name fits into it."""
        return self.width >= LABEL_FROM


@dataclass(frozen=True, slots=True)
class Row:
    """One day of the table, newest reading of the day; day: its regime, None without one."""

    reading: MacroMarketData
    day: Day | None

    @property
    def regime(self) -> Face | None:
        """The regime's words."""
        return None if self.day is None else REGIMES[self.day.regime]

    @property
    def permission(self) -> Face | None:
        """The traffic light's words."""
        return None if self.day is None else PERMISSIONS[self.day.permission]


def list_span(span: Span, until: datetime) -> QuerySet[MacroMarketData]:
    """Believed readings of the span as known at `until`, oldest first; of a day the newest where the span is daily."""
    rows = selectors.list_readings(until)
    if span.days is not None:
        rows = rows.filter(timestamp__gt=until - timedelta(days=span.days))
    if span.daily:
        newest = rows.order_by().annotate(utc_day=TruncDay("timestamp")).values("utc_day").annotate(at=Max("timestamp"))
        rows = rows.filter(timestamp__in=newest.values("at"))
    return rows.order_by("timestamp")


def load_series(span: Span, until: datetime, past: list[Day]) -> dict[str, Any]:
    """What the charts draw, as plain lists. Moments are epoch seconds UTC; null is missing. One statement.

    t, price (dollars), dominance (percent), strength (the alts' cap in bitcoins), estimated (of a reconstructed total):
    of the readings, without stablecoins where their cap is known; a gap is a moment with nulls. at, confidence, regime,
    permission, computed: of the days of `past` in the span.
    """
    fields = ("timestamp", "btc_price", "btc_dominance", "dominance_ex_stable", "alt_strength_ratio", "ratio_ex_stable",
              "is_estimated", "is_simulated")  # fmt: skip
    data: dict[str, Any] = {"t": [], "price": [], "dominance": [], "strength": [], "estimated": []}
    readings = list(list_span(span, until).values_list(*fields))
    before: tuple[datetime, bool] | None = None
    for at, price, dominance, dominance_ex, ratio, ratio_ex, estimated, _ in readings:
        if before is not None and at - before[0] > _longest_step(span, before[1]):
            _append(data, before[0] + (at - before[0]) / 2, None, None, None, None)
        pure = dominance if dominance_ex is None else dominance_ex
        alts = ratio if ratio_ex is None else ratio_ex
        _append(data, at, round(price, 2), round(100 * pure, 3), round(alts), estimated)
        before = at, estimated
    begin = 0.0 if span.days is None else (until - timedelta(days=span.days)).timestamp()
    days = [each for each in past if begin < each.at]
    data["at"] = [each.at for each in days]
    for name in ("confidence", "regime", "permission", "computed"):
        data[name] = [getattr(each, name) for each in days]
    data["simulated"] = any(row[-1] for row in readings)
    return data


def load_table(span: Span, until: datetime, past: list[Day]) -> list[Row]:
    """One row a day, newest first; a row a week where the span is everything. One statement."""
    daily = Span(span.key, span.title, span.days, daily=True)
    regimes = {each.day: each for each in past}
    rows = [Row(each, regimes.get(each.timestamp.date())) for each in list_span(daily, until)]
    return rows[::-1] if span.days is not None else rows[::-7]


def build_strip(until: datetime, past: list[Day]) -> list[Segment]:
    """The 365 days that end at `until` as stretches of equal regime; days without one are stretches too."""
    first = until.date() - timedelta(days=STRIP_DAYS - 1)
    regimes = {each.day: (each.regime, each.computed) for each in past}
    days = [first + n * DAY for n in range(STRIP_DAYS)]
    return [_segment(first, *stretch) for stretch in _stretches([(day, regimes.get(day)) for day in days])]


def shares_of(strip: Iterable[Segment]) -> list[tuple[Face | None, int]]:
    """Days of each regime in a strip, most first; days without a regime last."""
    counted: dict[str, int] = {}
    for segment in strip:
        key = "" if segment.face is None else segment.face.key
        counted[key] = counted.get(key, 0) + segment.days
    ordered = sorted(counted.items(), key=lambda each: (each[0] == "", -each[1]))
    return [(REGIMES.get(key), days) for key, days in ordered]


def filter_history(
    rows: QuerySet[MacroSentimentAnalysis], wanted: Mapping[str, Any]
) -> QuerySet[MacroSentimentAnalysis]:
    """Analyses narrowed to regime, permission, least confidence and a span of `as_of`; absent or None: all."""
    lookups = {
        "regime": "market_regime",
        "permission": "trade_permission",
        "min_confidence": "overall_confidence__gte",
        "from": "as_of__gte",
        "to": "as_of__lte",
    }
    chosen = {lookups[name]: value for name, value in wanted.items() if value is not None}
    return rows.filter(**chosen)


def _longest_step(span: Span, estimated: bool) -> timedelta:
    """Longer than this between two readings is a gap: bootstrapped ones are daily, scans every four hours."""
    return DAY * 1.5 if span.daily or estimated else SCAN_EVERY * 1.5


def _append(
    data: dict[str, Any],
    at: datetime,
    price: float | None,
    dominance: float | None,
    strength: float | None,
    estimated: bool | None,
) -> None:
    figures = {"t": round(at.timestamp()), "price": price, "dominance": dominance, "strength": strength}
    for name, value in {**figures, "estimated": estimated}.items():
        data[name].append(value)


def _stretches(days: list[tuple[date, Shown]]) -> Iterator[tuple[Shown, date, date]]:
    """(what is shown, first day, last day) of every run of days that show the same."""
    starts = [0, *(n + 1 for n, (one, other) in enumerate(pairwise(days)) if one[1] != other[1]), len(days)]
    for start, end in pairwise(starts):
        yield days[start][1], days[start][0], days[end - 1][0]


def _segment(begins: date, shown: Shown, first: date, last: date) -> Segment:
    unit, days = STRIP_WIDTH / STRIP_DAYS, (last - first).days + 1
    regime, computed = (None, False) if shown is None else (REGIMES[shown[0]], shown[1])
    x, width = round((first - begins).days * unit, 2), round(days * unit, 2)
    return Segment(regime, computed, first, last, days, x, width)
