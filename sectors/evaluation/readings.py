"""Stored readings beside what happened afterwards: one row per sector and analysis, one line per place of a list."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any

import numpy as np
import numpy.typing as npt

from sectors.constituents import list_ids, unpack_stocks
from sectors.evaluation.outcomes import FOUR_HOURS, NEXT_CLOSE, Later, Window, load_window, returns_to
from sectors.kernels.constituents import StockTable
from sectors.kernels.forecast import feature_row
from sectors.kernels.parameters import DAILY, HORIZONS, RANK
from sectors.models import SectorReading, SectorRun
from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK, Session
from universe.models import Instrument

FloatArray = npt.NDArray[np.float64]

REAL, REPLAY, SIMULATED = "real", "replay", "simulated"
SCORED = (SectorReading.Status.OK, SectorReading.Status.ABSTAINED)
LEAST_KNOWN = 0.5  # of a sector's weight, for a return of the sector to count
LONGEST_SESSION = dt.timedelta(hours=16)


@dataclass(frozen=True, slots=True)
class Light:
    """What one formula said. score: NaN without one; features: None without a base."""

    score: float
    status: str
    features: FloatArray | None


@dataclass(slots=True)
class Row:
    """One sector in one analysis. Percent points; dicts by horizon (FOUR_HOURS, NEXT_CLOSE).

    moved: since the previous close at the moment. forward: from the moment to the horizon. together: since that same
    previous close at the horizon. target: the horizon's moment, None while it lies ahead. known: stocks whose highest
    price before the next session's close is known; jumped: how many of them rose 15 % or more.
    """

    as_of: dt.datetime
    day: int
    time: str
    sector: str
    lights: dict[str, Light]
    moved: float
    forward: dict[str, float] = field(default_factory=dict)
    together: dict[str, float] = field(default_factory=dict)
    target: dict[str, dt.datetime | None] = field(default_factory=dict)
    known: int = 0
    jumped: int = 0
    has_highs: bool = False


@dataclass(frozen=True, slots=True)
class Place:
    """One place of a list. side: 1 rising, -1 falling. forward: to the next close; together: since the previous close,
    at the next close. others: share of all movers of its side and sector that went on in its direction; swapped: share
    of their returns after which its own move would have kept its sign."""

    day: int
    time: str
    side: int
    shown: bool
    moved: float
    forward: float
    together: float
    others: float
    swapped: float
    is_new: float


@dataclass(frozen=True, slots=True)
class Evidence:
    """Everything that is counted. runs: how many analyses; formulas: the champion first."""

    source: str
    first: dt.datetime
    last: dt.datetime
    runs: int
    formulas: tuple[str, ...]
    rows: tuple[Row, ...]
    places: tuple[Place, ...]

    def has(self, horizon: str) -> bool:
        """Whether any row has an outcome at that horizon."""
        return any(np.isfinite(row.forward[horizon]) for row in self.rows)

    def column(self, value: Callable[[Row], Any]) -> npt.NDArray[Any]:
        """One value of every row, (n,)."""
        return np.array([value(row) for row in self.rows])


class NothingStored(Exception):
    """There is nothing to evaluate; the text says why."""


def source_of(run: SectorRun) -> str:
    """Where a run's prices are from: "simulated", else "replay" of real sessions, else "real"."""
    if run.is_simulated:
        return SIMULATED
    return REPLAY if run.trigger == SectorRun.Trigger.REPLAY else REAL


def list_evaluated(start: dt.date | None, end: dt.date | None, source: str | None = None) -> list[SectorRun]:
    """The runs that are judged, by as_of: of all sectors, and of runs about one moment only the first.

    Answers to significant moves are left out: the moments were chosen by what had happened. start, end: New York
    dates, both included. NothingStored without any, and when several sources would be mixed.
    """
    runs = SectorRun.objects.filter(is_whole=True).exclude(trigger=SectorRun.Trigger.MOVE).order_by("as_of", "pk")
    if start is not None:
        runs = runs.filter(as_of__gte=dt.datetime.combine(start, dt.time(), NEW_YORK))
    if end is not None:
        runs = runs.filter(as_of__lt=dt.datetime.combine(end + dt.timedelta(days=1), dt.time(), NEW_YORK))
    found = [run for run in runs.select_related("universe_run") if source is None or source_of(run) == source]
    if not found:
        raise NothingStored("no analysis of all sectors is stored there")
    if len(kinds := sorted({source_of(run) for run in found})) > 1:
        raise NothingStored(f"analyses of several sources are stored there; choose one: {', '.join(kinds)}")
    return [next(same) for _, same in groupby(found, key=lambda run: run.as_of)]


def load_evidence(runs: Sequence[SectorRun], progress: Callable[[float, str], None] | None = None) -> Evidence:
    """The readings of the runs (from `list_evaluated`) with their outcomes. One session of bars at a time."""
    rows: list[Row] = []
    places: list[Place] = []
    names: dict[int, str] = {}
    listed: dict[str, set[str]] = {}
    done = 0
    for day, group in groupby(runs, key=session_of):
        of_day = list(group)
        readings = list(SectorReading.objects.filter(run__in=of_day).select_related("run").order_by("as_of", "run_id"))
        shown = [reading for reading in readings if reading.formula == reading.run.formula and reading.constituents]
        window = load_window(day, _all_ids(shown))
        _learn_names(window.ids, names)
        for reading in shown:
            stocks = _Stocks(reading, window, names)
            rows.append(stocks.row({each.formula: each for each in readings if _same(each, reading)}))
            places += stocks.places(listed)
        done += len(of_day)
        if progress is not None:
            progress(100 * done / len(runs), f"{day.date}")
    champion = runs[-1].formula
    formulas = {champion, *(name for row in rows for name in row.lights)}
    others = sorted(formulas - {champion})
    return Evidence(
        source_of(runs[0]), runs[0].as_of, runs[-1].as_of, len(runs), (champion, *others), tuple(rows), tuple(places)
    )


def session_of(run: SectorRun) -> Session:
    """The session a run speaks of: the one that its newest bar belongs to."""
    return calendar.last_session(run.as_of - dt.timedelta(microseconds=1))


def moment_of(run: SectorRun, factors: Mapping[str, Any]) -> dt.datetime:
    """The moment whose knowledge entered a run, from a reading's factors; when it was recorded, if they do not say."""
    known = factors.get("inputs", {}).get("known_at")
    return run.recorded_at if known is None else dt.datetime.fromisoformat(known)


class _Stocks:
    """One reading's stocks with the prices they had and got."""

    def __init__(self, reading: SectorReading, window: Window, names: dict[int, str]) -> None:
        ids, self.table = unpack_stocks(bytes(reading.constituents or b""), names)
        self.reading, self.window = reading, window
        self.at = reading.as_of
        self.places_in = window.places(ids)
        moment = moment_of(reading.run, reading.factors)
        newest = calendar.last_completed_bar(moment) or moment
        self.entry = self.table.last_price * window.factors(ids, calendar.last_session(newest).date)
        self.moved = self.table.returns[:, DAILY]
        self.local = self.at.astimezone(NEW_YORK)

    @property
    def day(self) -> int:
        return self.window.session.date.toordinal()

    @property
    def time(self) -> str:
        return f"{self.local:%H:%M}"

    def row(self, readings: dict[str, SectorReading]) -> Row:
        """The row of this sector and moment; readings: every formula's."""
        row = Row(
            as_of=self.at,
            day=self.day,
            time=self.time,
            sector=self.reading.sector,
            lights={name: self.light(each) for name, each in readings.items()},
            moved=self.mean(self.moved),
        )
        for horizon, later in ((FOUR_HOURS, self.window.four_hours(self.at)), (NEXT_CLOSE, self.next_close)):
            forward = returns_to(later, self.entry, self.places_in)
            row.forward[horizon] = self.mean(forward)
            row.together[horizon] = self.mean(_compound(self.moved, forward))
            row.target[horizon] = later.at
        self.count_jumps(row)
        return row

    @property
    def next_close(self) -> Later:
        return self.window.next_close(self.at)

    def count_jumps(self, row: Row) -> None:
        """How many stocks were 15 % or more above their price of the moment before the next session's close."""
        highest = self.window.highest(self.at)
        rise = returns_to(highest, self.entry, self.places_in)
        known = np.isfinite(rise) & self.table.eligible
        row.known, row.jumped = int(known.sum()), int((rise[known] >= RANK.significant_move).sum())
        row.has_highs = bool(np.isfinite(self.window.highs[self.places_in, 1]).any()) or self.window.has_half_hours

    def light(self, reading: SectorReading) -> Light:
        """What one formula said, with what its probability would be made of."""
        score = float("nan") if reading.score is None else float(reading.score)
        if reading.score is None or reading.factors.get("base") is None or reading.status not in SCORED:
            return Light(score, reading.status, None)
        stored = reading.factors.get("inputs", {}).get("benchmark", {})
        benchmark = [np.nan if stored.get(name) is None else stored[name] for name in HORIZONS]
        return Light(
            score,
            reading.status,
            feature_row(reading.factors, reading.score, benchmark, self.session_share, self.first_half_hour),
        )

    @property
    def session_share(self) -> float:
        """0 at 04:00, 1 at 20:00."""
        share = (self.at - self.window.session.pre_open) / LONGEST_SESSION
        return min(1.0, max(0.0, share))

    @property
    def first_half_hour(self) -> float:
        """The sector's return from the previous close to the end of the first half-hour, percent; NaN if unknown."""
        price = self.window.first_half_hour(self.at)[self.places_in]
        with np.errstate(divide="ignore", invalid="ignore"):
            before = self.entry / (1 + self.moved / 100)
            return self.mean(100 * (price / before - 1))

    def mean(self, values: FloatArray) -> float:
        """The sector's mean as the card reports it, by ln volume; NaN when too little of the weight is known."""
        known = np.isfinite(values) & (self.table.weight > 0)
        weight = self.table.weight
        if not known.any() or weight[known].sum() < LEAST_KNOWN * weight.sum():
            return float("nan")
        return float(np.average(values[known], weights=weight[known]))

    def places(self, listed: dict[str, set[str]]) -> Iterable[Place]:
        """The places of both lists. listed: each sector's lists before, by symbol and side; replaced by these."""
        forward = returns_to(self.next_close, self.entry, self.places_in)
        together = _compound(self.moved, forward)
        row_of = {symbol: row for row, symbol in enumerate(self.table.symbols)}
        sector, hidden = self.reading.sector, self.reading.factors.get("hidden", "")
        before, now = listed.get(sector), set()
        for side, name, movers in ((1, "bull", self.reading.top_bullish), (-1, "bear", self.reading.top_bearish)):
            later = _returns_of_movers(side, self.table, forward)
            for mover in movers:
                key, place = f"{side}{mover['symbol']}", row_of[mover["symbol"]]
                now.add(key)
                yield Place(
                    day=self.day,
                    time=self.time,
                    side=side,
                    shown=hidden != name,
                    moved=float(self.moved[place]),
                    forward=float(forward[place]),
                    together=float(together[place]),
                    others=_share(np.sign(later) == side),
                    swapped=_share(np.sign(_compound(self.moved[place], later)) == side),
                    is_new=float("nan") if before is None else float(key not in before),
                )
        listed[sector] = now


def _same(reading: SectorReading, other: SectorReading) -> bool:
    return (reading.run_id, reading.sector) == (other.run_id, other.sector)


def _all_ids(readings: Sequence[SectorReading]) -> npt.NDArray[np.int32]:
    ids = {pk for reading in readings for pk in list_ids(bytes(reading.constituents or b""))}
    return np.array(sorted(ids), dtype=np.int32)


def _learn_names(ids: npt.NDArray[np.int32], names: dict[int, str]) -> None:
    unknown = [pk for pk in ids.tolist() if pk not in names]
    if unknown:
        names |= dict(Instrument.objects.filter(pk__in=unknown).values_list("pk", "symbol"))


def _compound(first: FloatArray | float, second: FloatArray) -> FloatArray:
    """Two returns one after the other, percent."""
    return 100 * ((1 + first / 100) * (1 + second / 100) - 1)


def _share(hits: npt.NDArray[np.bool_]) -> float:
    return float(hits.mean()) if hits.size else float("nan")


def _returns_of_movers(side: int, table: StockTable, forward: FloatArray) -> FloatArray:
    """The later returns, none of them 0, of every stock that a list could have held, (k,)."""
    moves = table.returns[:, DAILY]
    known = np.isfinite(moves) & np.isfinite(forward) & (forward != 0) & table.eligible
    size = np.where(known, moves, 0.0)
    later: FloatArray = forward[(np.sign(size) == side) & (np.abs(size) >= RANK.fewest_move)]
    return later
