"""From bars to what a sector's score is made of: each stock's four returns, volume, relative volume. Pure arrays.

Rules, from methods 1.1, 1.4 and 1.9:

* The session a light speaks of is the one its newest bar belongs to, not the date on the wall: before the first trade
  of a morning it is still yesterday's, on a Sunday it is Friday's.
* 30min: the stock's newest completed bar against the bar right before it; a bar without a trade is missing, never 0. It
  counts while the newest bar is at most 2 bars old in regular hours, 8 bars in extended ones.
* 1day: last price against the official close of the session before; 3day and 1week against the close 3 and 5 sessions
  before. The last price is the newest of official close and half-hour bar, so after-hours counts from 16:00 on. A stock
  that has not traded in this session keeps its last price for one session (a halt freezes the price), then it is out.
* A half-hour bar outside regular hours counts only with 1,000 shares and $10,000.
* All prices stand on one share basis (splits applied); NaN is missing.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import numpy.typing as npt

from sentiment_site.market import calendar
from sentiment_site.market.calendar import Phase, Session
from sentiment_site.quant.profile import relative_volume, volume_profile
from sentiment_site.quant.returns import percent_change
from sentiment_site.quant.windows import trailing_mean
from universe.bars.quality import is_traded_enough

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

BAR = timedelta(minutes=30)
SESSIONS_AGO = (1, 3, 5)
OLDEST_BAR = {Phase.REGULAR: 2}
OLDEST_BAR_EXTENDED = 8
VOLUME_WINDOW = 20
VOLUME_OBSERVATIONS = 10
RANGE_WINDOW = 20
PROFILE_SESSIONS = 5
FULL_SESSION_BARS = 32


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """Bars of n instruments: T sessions of daily ones, B half-hours, oldest first, on one share basis."""

    sessions: tuple[Session, ...]
    starts: tuple[datetime, ...]
    daily_close: FloatArray
    daily_volume: FloatArray
    bar_open: FloatArray
    bar_close: FloatArray
    bar_volume: FloatArray

    def rows(self, index: npt.NDArray[np.intp]) -> Tape:
        """The same moments for some of the instruments."""
        return Tape(
            self.sessions,
            self.starts,
            self.daily_close[index],
            self.daily_volume[index],
            self.bar_open[index],
            self.bar_close[index],
            self.bar_volume[index],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Quotes:
    """What is known of n instruments at a moment. returns: (n, 4) percent points; the rest (n,), NaN missing.

    last: the newest price, at most one session old; official_close: of this session, NaN before its close; opening_gap:
    first regular trade against the official close before, percent points. average_dollar_volume: of the 20 sessions
    before. above_average, new_high, new_low: 1 or 0 against the 20 sessions before. volume_share: the share of a day's
    volume that is normally done by now (1 when the session is over).
    """

    returns: FloatArray
    last: FloatArray
    official_close: FloatArray
    opening_gap: FloatArray
    average_dollar_volume: FloatArray
    shares_traded: FloatArray
    dollar_volume: FloatArray
    rvol: FloatArray
    above_average: FloatArray
    new_high: FloatArray
    new_low: FloatArray
    volume_share: float


def newest_moment(tape: Tape) -> datetime | None:
    """End of the newest bar, daily or half-hourly, that any of the instruments has; None without bars."""
    moments = []
    days = np.flatnonzero(np.isfinite(tape.daily_close).any(axis=0))
    bars = np.flatnonzero(np.isfinite(tape.bar_close).any(axis=0))
    if days.size:
        moments.append(tape.sessions[days[-1]].close)
    if bars.size:
        moments.append(tape.starts[bars[-1]] + BAR)
    return max(moments, default=None)


def session_index(tape: Tape, as_of: datetime) -> int:
    """Place in `tape.sessions` of the session of the bar that ends at `as_of`. ValueError if it is not there."""
    session = calendar.last_session(as_of - BAR)
    for place in range(len(tape.sessions) - 1, -1, -1):
        if tape.sessions[place].date == session.date:
            return place
    raise ValueError(f"the session of {as_of.isoformat()} is not on the tape")


def compute_quotes(tape: Tape, as_of: datetime, reference: datetime) -> Quotes:
    """Everything about the instruments at `as_of`, the end of the newest bar.

    reference: start of the newest half-hour bar that could be known, from which the age of a bar is counted.
    """
    day = session_index(tape, as_of)
    bars = _usable_bars(tape)
    last, age = _last_price(tape, bars, day)
    last = np.where(age <= 1, last, np.nan)
    half_hour = _half_hour_return(tape, bars, reference)
    longer = [percent_change(last, _column(tape.daily_close, day - ago)) for ago in SESSIONS_AGO]
    shares, money, complete = _traded(tape, day)
    share = _volume_share(tape, day, reference)
    average = trailing_mean(tape.daily_volume[:, :day], VOLUME_WINDOW, VOLUME_OBSERVATIONS)
    before = tape.daily_close[:, max(day - RANGE_WINDOW, 0) : day]
    return Quotes(
        returns=np.column_stack([half_hour, *longer]),
        last=last,
        official_close=_column(tape.daily_close, day),
        opening_gap=percent_change(_opening_price(tape, day), _column(tape.daily_close, day - 1)),
        average_dollar_volume=trailing_mean(
            tape.daily_volume[:, :day] * tape.daily_close[:, :day], VOLUME_WINDOW, VOLUME_OBSERVATIONS
        ),
        shares_traded=shares,
        dollar_volume=money,
        rvol=relative_volume(shares, average, np.where(complete, 1.0, share)),
        above_average=_flag(last, trailing_mean(before, RANGE_WINDOW, RANGE_WINDOW), np.greater),
        new_high=_flag(last, _extreme(before, np.maximum), np.greater),
        new_low=_flag(last, _extreme(before, np.minimum), np.less),
        volume_share=share,
    )


def daily_returns(tape: Tape, day: int) -> FloatArray:
    """Close-to-close changes of the sessions before the one at `day`, (n, day - 1) percent points."""
    closes = tape.daily_close[:, :day]
    return percent_change(closes[:, 1:], closes[:, :-1])


def equal_weight_index(history: FloatArray, now: FloatArray) -> FloatArray:
    """Level of an index that holds every stock alike, 100 now and at the end, the level before the first session first.

    history: (n, sessions) percent, from `daily_returns`; now: (n,) percent of the present session. Levels before a
    session without any return are NaN: an index cannot jump over a hole, and what follows the hole needs no more.
    """
    moves = np.append(_mean_of_known(history), _mean_of_known(now[:, None]))
    ahead = np.cumprod(1.0 + moves[::-1] / 100.0, dtype=np.float64)[::-1]
    return 100.0 / np.append(ahead, 1.0)


def _usable_bars(tape: Tape) -> BoolArray:
    regular = np.array([calendar.phase_at(start) is Phase.REGULAR for start in tape.starts], dtype=np.bool_)
    present = np.isfinite(tape.bar_close)
    usable: BoolArray = present & (regular | is_traded_enough(tape.bar_close, tape.bar_volume))
    return usable


def _half_hour_return(tape: Tape, usable: BoolArray, reference: datetime) -> FloatArray:
    """Newest usable bar against the one right before it, (n,); NaN if one is missing or the newest is too old."""
    rows, columns = usable.shape
    if columns < 2:
        return np.full(rows, np.nan)
    newest = columns - 1 - np.argmax(usable[:, ::-1], axis=1)
    # a reference beyond the tape has passed bars in which nobody traded
    now = bisect_right(tape.starts, reference) - 1 + _bars_between(tape.starts[-1], reference)
    oldest = OLDEST_BAR.get(calendar.phase_at(reference), OLDEST_BAR_EXTENDED)
    row = np.arange(rows)
    counts = usable.any(axis=1) & (now - newest <= oldest) & (newest > 0)
    counts &= usable[row, np.maximum(newest - 1, 0)]
    change = percent_change(tape.bar_close[row, newest], tape.bar_close[row, np.maximum(newest - 1, 0)])
    return np.where(counts, change, np.nan)


def _bars_between(first: datetime, last: datetime) -> int:
    """How many half-hour bars of open sessions lie between two bar starts; 0 if last <= first."""
    return round(calendar.session_seconds(first, last) / BAR.total_seconds())


def _last_price(tape: Tape, usable: BoolArray, day: int) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """Newest price of each stock in this session or the one before, and how many sessions ago; NaN and 2 if none."""
    last, age = np.full(tape.daily_close.shape[0], np.nan), np.full(tape.daily_close.shape[0], 2, dtype=np.int64)
    for sessions_ago in (1, 0):
        if day - sessions_ago < 0:
            continue
        price = _price_of_session(tape, usable, day - sessions_ago)
        known = np.isfinite(price)
        last, age = np.where(known, price, last), np.where(known, sessions_ago, age)
    return last, age


def _price_of_session(tape: Tape, usable: BoolArray, day: int) -> FloatArray:
    """The newest price of one session: a bar after the close, else the official close, else the newest bar."""
    session = tape.sessions[day]
    price = tape.daily_close[:, day].copy()
    for column, start in enumerate(tape.starts):
        if session.pre_open <= start < session.post_close:
            # a bar that ends with the regular session lacks the closing auction, which the official close has
            takes = usable[:, column] & ((start >= session.close) | ~np.isfinite(tape.daily_close[:, day]))
            price = np.where(takes, tape.bar_close[:, column], price)
    return price


def _opening_price(tape: Tape, day: int) -> FloatArray:
    """Price of the first regular half-hour bar of a session, (n,); NaN before 10:00 and without half-hours."""
    opening = tape.sessions[day].open
    return _column(tape.bar_open, tape.starts.index(opening)) if opening in tape.starts else _column(tape.bar_open, -1)


def _traded(tape: Tape, day: int) -> tuple[FloatArray, FloatArray, BoolArray]:
    """Shares and dollars of the session so far, from half-hours; a stock without any takes its daily bar (complete)."""
    session = tape.sessions[day]
    columns = [place for place, start in enumerate(tape.starts) if session.pre_open <= start < session.post_close]
    volume, close = tape.bar_volume[:, columns], tape.bar_close[:, columns]
    known = np.isfinite(volume)
    shares = np.where(known, volume, 0.0).sum(axis=1)
    money = np.where(known & np.isfinite(close), volume * close, 0.0).sum(axis=1)
    complete = np.logical_not(known.any(axis=1), dtype=np.bool_)
    whole_day = tape.daily_volume[:, day]
    return (
        np.where(complete, whole_day, shares),
        np.where(complete, whole_day * tape.daily_close[:, day], money),
        complete,
    )


def _volume_share(tape: Tape, day: int, reference: datetime) -> float:
    """Share of an ordinary day's volume done by the end of the reference bar, pooled over stocks and sessions.

    A half day is held against the same time of full days. 1 once the session is over; NaN without history.
    """
    session = tape.sessions[day]
    if reference + BAR >= session.post_close:
        return 1.0
    place = {start: column for column, start in enumerate(tape.starts)}
    pooled = []
    for earlier in tape.sessions[:day][::-1]:
        starts = calendar.bar_starts(earlier)
        if len(starts) == FULL_SESSION_BARS and all(start in place for start in starts):
            pooled.append(tape.bar_volume[:, [place[start] for start in starts]])
    if not pooled:
        return float("nan")
    profile = volume_profile(np.stack(pooled[:PROFILE_SESSIONS], axis=1))
    return float(profile[(reference - session.pre_open) // BAR])


def _column(values: FloatArray, place: int) -> FloatArray:
    return values[:, place] if place >= 0 else np.full(values.shape[0], np.nan)


def _extreme(before: FloatArray, of: np.ufunc) -> FloatArray:
    """Highest (np.maximum) or lowest (np.minimum) of the 20 closes before, NaN unless all are there."""
    if before.shape[1] < RANGE_WINDOW:
        return np.full(before.shape[0], np.nan)
    found: FloatArray = of.reduce(before, axis=1)  # NaN where one is missing
    return found


def _flag(last: FloatArray, mark: FloatArray, beyond: np.ufunc) -> FloatArray:
    """1 where the last price lies beyond the mark, 0 where not, NaN where either is missing."""
    known = np.isfinite(last) & np.isfinite(mark)
    return np.where(known, beyond(np.where(known, last, 0.0), np.where(known, mark, 0.0)), np.nan)


def _mean_of_known(values: FloatArray) -> FloatArray:
    """Mean over the stocks that have a value, per column; NaN where none has."""
    known = np.isfinite(values)
    count = known.sum(axis=0)
    total = np.where(known, values, 0.0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)
