"""The full-market snapshot as of a moment: previous day, day so far, newest minute (upstreams.md 1.5).

On the plan that is simulated everything is the vendor's delay late. At 03:30 New York time before a session the day
is reset to zeros and the session just closed becomes the previous day; before that, and over weekends and holidays,
the last session stands frozen (what the vendor does there is not known). Pre-market trades fill the minute only, the
first regular trade fills the day, whose volume then counts all shares since 04:00 and whose prices stop at the close.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sentiment_site.market import calendar
from sentiment_site.simulator.market.parameters import PRE_BARS, Floats
from sentiment_site.simulator.market.process import Day
from sentiment_site.simulator.memo import Memo
from sentiment_site.simulator.tape.bars import Bars, Daily
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.tape.minutes import (
    MINUTES,
    UNBROKEN,
    Progress,
    compute_progress,
    draw_path,
    trade_minutes,
)

RESET_BEFORE_OPEN = dt.timedelta(minutes=30)  # 03:30
_MINUTE = dt.timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Row:
    """Open, high, low, close, shares and volume-weighted price of many securities (n,); zeros where nothing traded."""

    open: Floats
    high: Floats
    low: Floats
    close: Floats
    volume: Floats
    vwap: Floats


@dataclass(frozen=True, slots=True)
class Frame:
    """The snapshot of all rows. updated: ns of the last trade, minute_start: ms; 0 where nothing has traded yet."""

    previous: Row
    day: Row
    minute: Row
    minute_trades: Floats
    minute_start: NDArray[np.int64]
    total_volume: Floats
    updated: NDArray[np.int64]

    @property
    def change(self) -> Floats:
        """Newest price less the previous close; 0 where one of them is missing."""
        known = (self.minute.close > 0) & (self.previous.close > 0)
        return np.where(known, np.round(self.minute.close - self.previous.close, 4), 0.0)


class Snapshots:
    """Computes frames, one per minute of market time, and keeps the newest. Thread safe."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._frames: Memo[dt.datetime, Frame] = Memo(2)
        self._paths: Memo[tuple[int, int], tuple[Floats, Floats]] = Memo(2)

    def visible_minute(self, now: dt.datetime) -> dt.datetime:
        """The whole minute up to which the tape shows at this moment; frames of one such minute are equal."""
        return self._tape.cut(now).replace(second=0, microsecond=0)

    def frame(self, now: dt.datetime) -> Frame:
        """The snapshot of all rows of the listing, listed or not."""
        minute = self.visible_minute(now)
        return self._frames.get(minute, lambda: self._compute(minute, now))

    def _compute(self, minute: dt.datetime, now: dt.datetime) -> Frame:
        session = calendar.last_session(minute + RESET_BEFORE_OPEN)
        day = self._tape.market.day_on(session.date)
        earlier = [other for other in self._tape.market.days if other.session.date < session.date]
        previous = self._previous(earlier[-1], now) if earlier else self._nothing()
        elapsed = (minute - session.pre_open) // _MINUTE
        if day is None or elapsed <= 0:
            return self._reset(previous)
        return self._so_far(previous, day, elapsed)

    def _so_far(self, previous: Row, day: Day, elapsed: int) -> Frame:
        bars = self._tape.session_bars(day)
        count = bars.open.shape[1]
        whole, part = divmod(min(elapsed, count * MINUTES), MINUTES)
        progress = self._progress(day, bars, whole, part) if part else None
        newest = _newest_bar(bars, whole)
        rows = np.arange(len(newest))
        traded = newest >= 0
        last = self._last_minute(day, bars, newest)
        close = np.where(traded, bars.close[rows, newest], 0.0)
        share = np.clip(bars.trades[rows, newest], 1.0, MINUTES)
        volume = np.where(traded, np.ceil(bars.volume[rows, newest] / share), 0.0)
        trades = np.where(traded, np.ceil(bars.trades[rows, newest] / MINUTES), 0.0)
        total = bars.volume[:, :whole].sum(axis=1)
        minute = Row(close, close, close, close, volume, close)
        if progress is not None:
            live = progress.last >= 0
            minute = _minute_row(minute, progress, live)
            last = np.where(live, whole * MINUTES + progress.last, last)
            trades = np.where(live, progress.minute_trades, trades)
            total = total + progress.volume
        start = int(day.session.pre_open.timestamp()) * 1000 + last * 60_000
        start = np.where(last >= 0, start, 0)
        return Frame(previous, _day_row(bars, day.regular_slots, whole, progress, total), minute, trades, start, total,
                     np.where(last >= 0, (start + 59_000) * 1_000_000, 0))  # fmt: skip

    def _progress(self, day: Day, bars: Bars, bar: int, elapsed: int) -> Progress:
        def draw() -> tuple[Floats, Floats]:
            market = self._tape.market
            return draw_path(market, day, bars, bar), trade_minutes(market, day, bars, bar)

        path, times = self._paths.get((day.index, bar), draw)
        trading = self._tape.interruptions(day).trading.get(bar, UNBROKEN)
        return compute_progress(path, bars, bar, times, elapsed, trading)

    def _last_minute(self, day: Day, bars: Bars, newest: NDArray[np.int64]) -> NDArray[np.int64]:
        """Minute of the session (n,) in which the newest whole bar traded last, -1 where there is none."""
        last = np.full(len(newest), -1, dtype=np.int64)
        trading = self._tape.interruptions(day).trading
        for bar in np.unique(newest[newest >= 0]).tolist():
            dense = bars.trades[:, bar] >= MINUTES
            times = trade_minutes(self._tape.market, day, bars, bar).max(axis=1).astype(np.int64)
            within = trading.get(bar, UNBROKEN).minute_of(np.where(dense, MINUTES - 1, times))
            last = np.where(newest == bar, bar * MINUTES + within, last)
        return last

    def _previous(self, day: Day, now: dt.datetime) -> Row:
        daily: Daily = self._tape.daily(day)
        factor = np.where(daily.volume > 0, self._tape.split_factors(day, now), 0.0)
        volume = np.where(daily.volume > 0, daily.volume / np.where(factor > 0, factor, 1.0), 0.0)
        opening, high, low, close, vwap = (
            np.round(price * factor, 4) for price in (daily.open, daily.high, daily.low, daily.close, daily.vwap)
        )
        return Row(opening, high, low, close, volume, vwap)

    def _reset(self, previous: Row) -> Frame:
        nothing, zeros = self._nothing(), np.zeros(len(previous.close))
        whole = np.zeros(len(zeros), dtype=np.int64)
        return Frame(previous, nothing, nothing, zeros, whole, zeros, whole)

    def _nothing(self) -> Row:
        zeros = np.zeros(len(self._tape.listing.securities))
        return Row(zeros, zeros, zeros, zeros, zeros, zeros)


def _newest_bar(bars: Bars, whole: int) -> NDArray[np.int64]:
    """Index (n,) of the newest of the first `whole` bars with a trade, -1 where there is none."""
    traded = bars.volume[:, :whole] > 0
    if not whole:
        return np.full(len(traded), -1, dtype=np.int64)
    return np.where(traded.any(axis=1), whole - 1 - traded[:, ::-1].argmax(axis=1), -1)


def _minute_row(before: Row, progress: Progress, live: NDArray[np.bool_]) -> Row:
    middle = np.round((progress.minute_open + progress.close) / 2.0, 4)
    return Row(
        open=np.where(live, progress.minute_open, before.open),
        high=np.where(live, progress.minute_high, before.high),
        low=np.where(live, progress.minute_low, before.low),
        close=np.where(live, progress.close, before.close),
        volume=np.where(live, progress.minute_volume, before.volume),
        vwap=np.where(live, middle, before.vwap),
    )


def _day_row(bars: Bars, regular_slots: int, whole: int, progress: Progress | None, total: Floats) -> Row:
    """The regular session so far; zeros until its first trade."""
    part = slice(PRE_BARS, max(PRE_BARS, min(whole, PRE_BARS + regular_slots)))
    columns = [bars.open[:, part], bars.high[:, part], bars.low[:, part], bars.close[:, part], bars.volume[:, part],
               bars.vwap[:, part]]  # fmt: skip
    if progress is not None and PRE_BARS <= whole < PRE_BARS + regular_slots:
        live = (progress.open, progress.high, progress.low, progress.close, progress.volume, progress.close)
        columns = [np.column_stack([column, now]) for column, now in zip(columns, live, strict=True)]
    opening, high, low, close, volume, vwap = columns
    if not volume.shape[1]:
        zeros = np.zeros(len(total))
        return Row(zeros, zeros, zeros, zeros, zeros, zeros)
    traded = volume > 0
    some = traded.any(axis=1)
    rows, count = np.arange(len(total)), volume.shape[1]
    money, shares = (volume * vwap).sum(axis=1), np.maximum(volume.sum(axis=1), 1.0)
    return Row(
        open=np.where(some, opening[rows, traded.argmax(axis=1)], 0.0),
        high=np.where(some, np.where(traded, high, 0.0).max(axis=1), 0.0),
        low=np.where(some, np.where(traded, low, np.inf).min(axis=1), 0.0),
        close=np.where(some, close[rows, count - 1 - traded[:, ::-1].argmax(axis=1)], 0.0),
        volume=np.where(some, total, 0.0),
        vwap=np.where(some, np.round(money / shares, 4), 0.0),
    )
