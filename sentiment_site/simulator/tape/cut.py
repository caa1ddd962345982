"""What is visible at a moment of market time: the only door between the market's future and the wire.

Everything here takes the moment `now` and a vendor's delay is taken off before anything is looked at: a half-hour bar
is visible once its end + delay <= now, a daily bar once the regular close + delay <= now. Reference data (who is
listed, splits) carries no delay and goes by the sessions that have begun at `now`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.market import noise
from sentiment_site.simulator.market.parameters import Floats
from sentiment_site.simulator.market.process import Day, Market
from sentiment_site.simulator.market.splits import Split
from sentiment_site.simulator.memo import Memo
from sentiment_site.simulator.tape.bars import (
    Bars,
    Daily,
    compute_bars,
    compute_daily,
    source_of_row,
    source_of_session,
)
from sentiment_site.simulator.tape.halts import Halt, is_first_session, make_halt, resumes_at
from sentiment_site.simulator.tape.pauses import Interruptions, compute_trading, find_pauses
from sentiment_site.simulator.tape.suspensions import Suspensions, silence

HALF_HOUR = dt.timedelta(minutes=30)
_HALF_HOUR_MS = 1_800_000
# bars the vendor lost and never repairs, as a share of all; it watches what trades most
_LOST_STREAM, _LOST_HALF_HOURS, _LOST_DAYS, _NEVER_LOST_ABOVE = 72, 0.0008, 0.0004, 5e6

Starts = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Table:
    """Bars of one security in ascending time, equal lengths, only those with a trade. start: epoch ms, UTC.

    base: how many minute bars each one is made of, which is what the vendor's `limit` counts.
    """

    start: Starts
    open: Floats
    high: Floats
    low: Floats
    close: Floats
    vwap: Floats
    volume: Floats
    trades: Floats
    base: Starts

    def __len__(self) -> int:
        return len(self.start)


class Tape:
    """Reads the market as it shows itself at a moment. Generates sessions when they begin. Thread safe."""

    def __init__(self, market: Market) -> None:
        self.market = market
        self.listing = market.listing
        self.delay = dt.timedelta(seconds=market.parameters.delay_s)
        self._daily: Memo[int, Daily] = Memo(12)
        self._bars: Memo[int, Bars] = Memo(2)
        self._suspensions = Suspensions(market)
        self._interruptions: Memo[int, Interruptions] = Memo(64)

    def cut(self, now: dt.datetime) -> dt.datetime:
        """The moment up to which prices are visible; makes sure that its session is generated."""
        self.market.generate_until(now)
        return now - self.delay

    def closed_days(self, now: dt.datetime) -> list[Day]:
        """Sessions whose daily bar is visible, oldest first."""
        return self._until(self.cut(now), lambda day: day.session.close)

    def begun_days(self, now: dt.datetime) -> list[Day]:
        """Sessions of which at least the first half hour is visible, oldest first."""
        return self._until(self.cut(now), lambda day: day.session.pre_open + HALF_HOUR)

    def daily(self, day: Day) -> Daily:
        """Daily bars of all rows; volume 0 where a security is not listed or did not trade. Not yet cut: see above."""
        return self._daily.get(day.index, lambda: self._compute_daily(day))

    def session_bars(self, day: Day) -> Bars:
        """Half-hour bars of all rows; volume 0 where a security is not listed or did not trade. Not yet cut."""
        return self._bars.get(day.index, lambda: self._compute_session(day))

    def interruptions(self, day: Day) -> Interruptions:
        """What stops trading in a session, its future included. Not yet cut."""
        return self._interruptions.get(day.index, lambda: self._interrupt(day))

    def halts(self, begin: dt.datetime, end: dt.datetime, now: dt.datetime) -> list[Halt]:
        """Halts that begin in [begin, end) and have begun by now, in order of time and symbol. Not delayed."""
        self.market.generate_until(now)
        found = []
        for day in self._until(min(now, end), lambda day: day.session.pre_open):
            if day.session.post_close <= begin:
                continue
            before = self._suspensions.stops(self.market.days[day.index - 1]) if day.index else ()
            for stop in self.interruptions(day).stops:
                if not is_first_session(stop, day, before):
                    continue
                resumption = calendar.shift(day.session.date, stop.last - day.index).open
                halt = make_halt(self.market, day, stop, resumes_at(stop, day, resumption), now)
                if begin <= halt.begins < end and halt.begins <= now:
                    found.append(halt)
        return sorted(found, key=lambda halt: (halt.begins, halt.symbol))

    def daily_on(self, date: dt.date, now: dt.datetime) -> tuple[Day, Daily] | None:
        """The daily bars of a session date that the vendor has, None if that day has no visible one."""
        cut = self.cut(now)
        day = self.market.day_on(date)
        if day is None or day.session.close > cut:
            return None
        daily = self.daily(day)
        rows, ordinal = np.arange(len(day.start)), np.array([date.toordinal()])
        lost = _is_lost(noise.addresses(self.market.parameters.seed, ordinal, rows), daily.volume, _LOST_DAYS)[:, 0]
        return day, replace(daily, volume=np.where(lost, 0.0, daily.volume))

    def half_hours(self, row: int, begin: dt.datetime, end: dt.datetime, now: dt.datetime, adjusted: bool) -> Table:
        """Half-hour bars of one security that start in [begin, end] and are visible."""
        cut = self.cut(now)
        days = [day for day in self.begun_days(now) if day.session.pre_open <= end and day.session.post_close > begin]
        parts = [self._half_hours_of(row, group) for group in self._listed(row, days)]
        table = _concatenate(parts)
        newest = min(_milliseconds(end), _milliseconds(cut) - _HALF_HOUR_MS)
        table = _select(table, (table.start >= _milliseconds(begin)) & (table.start <= newest))
        return self._adjust(table, row, now) if adjusted else table

    def days(self, row: int, begin: dt.datetime, end: dt.datetime, now: dt.datetime, adjusted: bool) -> Table:
        """Daily bars of one security whose start, midnight in New York, lies in [begin, end], and are visible."""
        days = [day for day in self.closed_days(now) if begin <= _midnight(day) <= end]
        table = _concatenate([self._days_of(row, group) for group in self._listed(row, days)])
        return self._adjust(table, row, now) if adjusted else table

    def executed_splits(self, now: dt.datetime) -> list[Split]:
        """Splits in force: their session has begun."""
        return [split for split in self.announced_splits(now) if split.session.pre_open <= now]

    def announced_splits(self, now: dt.datetime) -> list[Split]:
        """Splits that are public, executed or not: announced at the close of their session."""
        self.market.generate_until(now)
        return [split for split in self.market.splits if split.announced.close <= now]

    def split_factors(self, day: Day, now: dt.datetime) -> Floats:
        """What prices (n,) of a session are multiplied by for splits since then (old shares per new share)."""
        factors = np.ones(len(self.listing.securities))
        for split in self.executed_splits(now):
            if split.session.date > day.session.date:
                factors[split.row] /= split.ratio
        return factors

    def units(self, now: dt.datetime) -> Floats:
        """Current shares (n,) per share of the first session, after the splits in force at this moment."""
        self.market.generate_until(now)
        begun = self._until(now, lambda day: day.session.pre_open)
        return begun[-1].units if begun else np.ones(len(self.listing.securities))

    def last_closes(self, now: dt.datetime) -> Floats:
        """Newest visible daily closes (n,), in the units of today; 0 where there is none."""
        closed = self.closed_days(now)
        if not closed:
            return np.zeros(len(self.listing.securities))
        daily = self.daily(closed[-1])
        return np.where(daily.volume > 0, daily.close * self.split_factors(closed[-1], now), 0.0)

    def is_active(self, now: dt.datetime) -> NDArray[np.bool_]:
        """Rows (n,) that are listed in the newest session that has begun."""
        return self.market.tradable(self._session_index(now))

    def is_known(self, now: dt.datetime) -> NDArray[np.bool_]:
        """Rows (n,) that are or were listed in the newest session that has begun."""
        return np.asarray(self.listing.first <= self._session_index(now))

    def list_date(self, row: int) -> dt.date | None:
        """First day of listing; of an offering inside the window, the date of its first session."""
        first = int(self.listing.first[row])
        if first == 0 or first >= len(self.market.days):
            return self.listing.securities[row].list_date
        return self.market.days[first].session.date

    def delisted_on(self, row: int, now: dt.datetime) -> dt.date | None:
        """The day after which a security no longer trades, None while it is listed."""
        security, last = self.listing.securities[row], int(self.listing.last[row])
        if last < 0:
            return security.delisted_before
        return self.market.days[last].session.date if last < self._session_index(now) else None

    def _session_index(self, now: dt.datetime) -> int:
        """Index of the newest session that has begun, -1 before the first."""
        self.market.generate_until(now)
        return len(self._until(now, lambda day: day.session.pre_open)) - 1

    def _until(self, at: dt.datetime, moment: Callable[[Day], dt.datetime]) -> list[Day]:
        days = self.market.days
        count = len(days)
        while count and moment(days[count - 1]) > at:
            count -= 1
        return days[:count]

    def _compute_daily(self, day: Day) -> Daily:
        bars = compute_bars(source_of_session(self.market, day), regular_only=True)
        self._silence(bars, day)
        daily = compute_daily(bars, day.regular_slots)
        daily.volume[~self.market.tradable(day.index)] = 0.0
        return daily

    def _compute_session(self, day: Day) -> Bars:
        bars = compute_bars(source_of_session(self.market, day))
        self._silence(bars, day)
        bars.volume[~self.market.tradable(day.index)] = 0.0
        return bars

    def _silence(self, bars: Bars, day: Day) -> None:
        """Suspended half-hours of all rows, in place."""
        silent = self._suspensions.silent_bars(day)
        rows = np.array([row for row, count in silent.items() for _ in count], dtype=np.int64)
        silence(bars, rows, np.array([bar for each in silent.values() for bar in each], dtype=np.int64),
                day.regular_slots)  # fmt: skip

    def _silence_row(self, bars: Bars, row: int, days: list[Day]) -> None:
        """Suspended half-hours of one row over several sessions of equal length, in place."""
        silent = [(place, bar) for place, day in enumerate(days)
                  for bar in self._suspensions.silent_bars(day).get(row, ())]  # fmt: skip
        if silent:
            places, which = np.array(silent, dtype=np.int64).T
            silence(bars, places, which, days[0].regular_slots)

    def _interrupt(self, day: Day) -> Interruptions:
        suspended = self._suspensions.stops(day)
        stops = suspended + find_pauses(self.market, day, self.session_bars(day), suspended)
        return Interruptions(stops, compute_trading(stops))

    def _listed(self, row: int, days: list[Day]) -> list[list[Day]]:
        """The days on which a security is listed, in groups of sessions of equal length."""
        first, last = int(self.listing.first[row]), int(self.listing.last[row])
        listed = [day for day in days if first <= day.index <= last]
        groups = ([day for day in listed if not day.session.half_day], [day for day in listed if day.session.half_day])
        return [group for group in groups if group]

    def _half_hours_of(self, row: int, days: list[Day]) -> Table:
        source = source_of_row(self.market, row, days)
        bars = compute_bars(source)
        self._silence_row(bars, row, days)
        count = bars.open.shape[1]
        opening = np.array([_milliseconds(day.session.pre_open) for day in days], dtype=np.int64)
        start = opening[:, None] + np.arange(count, dtype=np.int64) * _HALF_HOUR_MS
        base = np.minimum(np.maximum(bars.trades, 1.0), 30.0).astype(np.int64)
        flat = [column.reshape(-1) for column in (bars.open, bars.high, bars.low, bars.close, bars.vwap)]
        volume, trades = bars.volume.reshape(-1), bars.trades.reshape(-1)
        kept = ~_is_lost(source.address, source.volume, _LOST_HALF_HOURS, 1, count).reshape(-1) & (volume > 0)
        return _select(_table(start.reshape(-1), flat, volume, trades, base.reshape(-1)), kept)

    def _days_of(self, row: int, days: list[Day]) -> Table:
        source = source_of_row(self.market, row, days)
        bars = compute_bars(source, regular_only=True)
        self._silence_row(bars, row, days)
        daily = compute_daily(bars, days[0].regular_slots)
        start = np.array([_milliseconds(_midnight(day)) for day in days])
        base = np.ones(len(days), dtype=np.int64)
        table = Table(start, daily.open, daily.high, daily.low, daily.close, daily.vwap, daily.volume, daily.trades,
                      base)  # fmt: skip
        return _select(table, (daily.volume > 0) & ~_is_lost(source.address, daily.volume, _LOST_DAYS)[:, 0])

    def _adjust(self, table: Table, row: int, now: dt.datetime) -> Table:
        """Prices times, volumes over, the factor of every split in force that a bar lies before."""
        factor = np.ones(len(table))
        for split in self.executed_splits(now):
            if split.row == row:
                factor[table.start < _milliseconds(_midnight(split))] /= split.ratio
        if (factor == 1.0).all():
            return table
        prices = [np.round(price * factor, 4) for price in (table.open, table.high, table.low, table.close, table.vwap)]
        return _table(table.start, prices, table.volume / factor, table.trades, table.base)


def _is_lost(
    address: noise.Words, day_volume: Floats, rate: float, first: int = 0, slots: int = 1
) -> NDArray[np.bool_]:
    """Whether the vendor lost each bar, (len(address), slots). `first` keeps half-hours apart from days."""
    lost = noise.uniform(address, _LOST_STREAM, slots, first) < rate
    return np.asarray(lost & (day_volume < _NEVER_LOST_ABOVE)[:, None])


def _table(start: Starts, prices: list[Floats], volume: Floats, trades: Floats, base: Starts) -> Table:
    """`prices`: open, high, low, close, vwap."""
    opening, high, low, close, vwap = prices
    return Table(start, opening, high, low, close, vwap, volume, trades, base)


def no_bars() -> Table:
    """A table of length zero."""
    nothing, whole = np.empty(0), np.empty(0, dtype=np.int64)
    return Table(whole, nothing, nothing, nothing, nothing, nothing, nothing, nothing, whole)


def _midnight(day: Day | Split) -> dt.datetime:
    """Midnight in New York at the beginning of a session's date, which is how day bars are stamped."""
    return dt.datetime.combine(day.session.date, dt.time(), NEW_YORK)


def _milliseconds(at: dt.datetime) -> int:
    return int(at.timestamp() * 1000)


def _concatenate(parts: list[Table]) -> Table:
    """One table in ascending time; groups of full and half days come separately."""
    if len(parts) <= 1:
        return parts[0] if parts else no_bars()
    joined = Table(*(np.concatenate([getattr(part, name) for part in parts]) for name in Table.__slots__))
    return _select(joined, np.argsort(joined.start, kind="stable"))


def _select(table: Table, which: NDArray[np.bool_] | NDArray[np.int64]) -> Table:
    return Table(*(getattr(table, name)[which] for name in Table.__slots__))
