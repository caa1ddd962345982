"""What the tape says of stocks at the end of a half-hour bar: the market inputs of the flags, the card and the phases.

All prices of a moment stand on the share basis of its session, so that a split is no move.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sentiment_site.market import calendar
from sentiment_site.market.calendar import Phase, Session
from sentiment_site.quant.profile import relative_volume, volume_profile
from themes.kernels.behaviour import History, compute_history
from themes.kernels.phases import Segment, filter_phases, make_timeline, observe_bars, smooth_phases
from themes.kernels.red_flags import anomaly_against
from universe import bars
from universe.bars.quality import is_traded_enough
from universe.models import Halt
from universe.selectors import MemberTable

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int32]

HALF_HOUR = dt.timedelta(minutes=30)
SCREEN_SESSIONS, CANDIDATE_SESSIONS = 63, 252
PROFILE_SESSIONS = 3
PHASE_NORMS, PHASE_SESSIONS = 20, 15
REGULAR_BARS, FULL_BARS = 13, 32
# Why the exchanges stop a stock that moves: pauses at the price bands, and the older single-stock pause.
VOLATILITY_CODES = ("LUDP", "LUDS", "M")


@dataclass(frozen=True, slots=True, eq=False)
class Quote:
    """Stocks at the end of a bar, (n,) each, NaN unknown; names and units as in RedFlagInputs and BehaviourInputs.

    price: newest of this session, dollars; previous_close: of the session before.
    """

    price: Floats
    previous_close: Floats
    change: Floats
    largest_move: Floats
    rvol: Floats
    fade: Floats
    anomaly: Floats
    history: History

    def rows(self, rows: npt.NDArray[np.intp], history: History) -> Quote:
        """Some of the stocks, with a longer history of theirs."""
        return Quote(
            self.price[rows], self.previous_close[rows], self.change[rows], self.largest_move[rows], self.rvol[rows],
            self.fade[rows], self.anomaly[rows], history,
        )  # fmt: skip

    def before(self, name: str) -> Floats:
        """A column of the history as of this session."""
        return np.asarray(getattr(self.history, name))[:, -1]


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """Phases of k stocks. probability (k, 6): now. timelines: of the last sessions, as known now. ends: of the bars a
    timeline names by place."""

    probability: Floats
    timelines: tuple[tuple[Segment, ...], ...]
    ends: tuple[dt.datetime, ...]


def session_of(at: dt.datetime) -> Session:
    """The session of the bar that ends at `at`."""
    return calendar.last_session(at - HALF_HOUR)


def load_quote(ids: Ids, at: dt.datetime, known_at: dt.datetime) -> Quote:
    """Stocks as of the bar that ends at `at`, with the rows recorded by `known_at` and 63 sessions before it.

    Ask for the whole universe: the usual shape of a day is that of all of them.
    """
    session = session_of(at)
    close, volume = _load_days(ids, session, known_at, SCREEN_SESSIONS)
    history = compute_history(close, volume)
    starts = _starts(session, at)
    half = bars.load_intraday(ids, starts, known_at)
    bar_open, bar_close, bar_volume = (one.astype(np.float64) for one in (half.open, half.close, half.volume))
    thin = ~_regular(starts) & ~is_traded_enough(bar_close, bar_volume)
    bar_close = np.where(thin, np.nan, bar_close)
    today = np.array([start >= session.pre_open for start in starts])
    price = _latest(bar_close[:, today])
    moves = np.column_stack([100 * (price / _ago(close, back) - 1) for back in (1, 2, 3)])
    opened = np.where(np.isnan(bar_close), np.nan, bar_open)
    both = np.concatenate([bar_close[:, today], opened[:, today]], axis=1)
    high = np.fmax.reduce(both, axis=1, initial=np.nan)
    return Quote(
        price=price,
        previous_close=_ago(close, 1),
        change=moves[:, 0],
        largest_move=np.fmax.reduce(moves, axis=1),
        rvol=_rvol(bar_volume, starts, session, history),
        fade=100 * (high / price - 1),
        anomaly=_anomaly(bar_close[:, _regular(starts)], bar_volume[:, _regular(starts)]),
        history=history,
    )


def load_history(ids: Ids, at: dt.datetime, known_at: dt.datetime) -> History:
    """A year of sessions before that of `at`."""
    return compute_history(*_load_days(ids, session_of(at), known_at, CANDIDATE_SESSIONS))


def _load_days(ids: Ids, session: Session, known_at: dt.datetime, sessions: int) -> tuple[Floats, Floats]:
    """Closes and volumes of the sessions before one, on its share basis."""
    days = [one.date for one in calendar.recent_sessions(session.pre_open, sessions + 1)]
    daily = bars.load_daily(ids, days, known_at)
    # today's daily bar gives the share basis and is not looked at: before the close nobody has it
    return daily.close[:, :-1].astype(np.float64), daily.volume[:, :-1].astype(np.float64)


def count_halts(ids: Ids, at: dt.datetime, known_at: dt.datetime) -> Floats:
    """Volatility halts of the session so far, (n,). One statement."""
    rows = Halt.objects.filter(
        begins_at__gte=session_of(at).pre_open, begins_at__lte=at, recorded_at__lte=known_at, code__in=VOLATILITY_CODES
    )
    begun = set(rows.values_list("instrument_id", "begins_at"))
    count: dict[int, int] = {}
    for instrument_id, _ in begun:
        count[instrument_id] = count.get(instrument_id, 0) + 1
    return np.array([count.get(int(one), 0) for one in ids], dtype=np.float64)


def scale_cap(members: MemberTable, rows: npt.NDArray[np.intp], quote: Quote) -> Floats:
    """Market cap now: that of the universe, carried along with the price since the last close; dollars."""
    cap = members.market_cap[rows]
    moved = quote.price / quote.previous_close
    return np.where(np.isfinite(moved), cap * moved, cap)


def read_phases(ids: Ids, at: dt.datetime, known_at: dt.datetime) -> Shape:
    """The phases of stocks over the last fifteen sessions of regular half-hours up to `at`."""
    sessions = calendar.recent_sessions(session_of(at).pre_open, PHASE_NORMS + PHASE_SESSIONS)
    starts = [[one for one in calendar.bar_starts(each) if each.open <= one < each.close] for each in sessions]
    flat = [start for each in starts for start in each if start + HALF_HOUR <= at]
    half = bars.load_intraday(ids, flat, known_at)
    place = {start: (day, bar) for day, each in enumerate(starts) for bar, start in enumerate(each)}
    shape = (len(ids), len(sessions), REGULAR_BARS)
    close, volume = np.full(shape, np.nan), np.full(shape, np.nan)
    for column, start in enumerate(flat):
        day, bar = place[start]
        close[:, day, bar], volume[:, day, bar] = half.close[:, column], half.volume[:, column]
    seen = observe_bars(close, volume, first=PHASE_NORMS)
    # half-hours of half days that do not exist, and those still to come, are no bars: they would fade the belief
    wanted = [
        (start + HALF_HOUR, (place[start][0] - PHASE_NORMS) * REGULAR_BARS + place[start][1])
        for start in flat
        if place[start][0] >= PHASE_NORMS
    ]
    if not wanted or not len(ids):
        return Shape(np.full((len(ids), 6), np.nan), ((),) * len(ids), ())
    seen = seen[:, [column for _, column in wanted]]
    smooth = smooth_phases(seen)
    timelines = tuple(make_timeline(one) for one in smooth)
    return Shape(filter_phases(seen)[:, -1], timelines, tuple(end for end, _ in wanted))


def _starts(session: Session, at: dt.datetime) -> list[dt.datetime]:
    """Half-hours of the last full sessions, then those of this one that are over: a half day has another shape."""
    before = calendar.recent_sessions(session.pre_open, 3 * PROFILE_SESSIONS + 1)[:-1]
    full = [each for each in before if not each.half_day][-PROFILE_SESSIONS:]
    starts = [start for each in full for start in calendar.bar_starts(each)]
    return starts + [start for start in calendar.bar_starts(session) if start + HALF_HOUR <= at]


def _regular(starts: Sequence[dt.datetime]) -> npt.NDArray[np.bool_]:
    return np.array([calendar.phase_at(start) is Phase.REGULAR for start in starts], dtype=np.bool_)


def _rvol(volume: Floats, starts: Collection[dt.datetime], session: Session, history: History) -> Floats:
    """Volume so far over the usual by this time of day; the usual day's shape is that of the last full sessions."""
    known = np.nan_to_num(volume)
    today = sum(start >= session.pre_open for start in starts)
    before = known[:, : known.shape[1] - today]
    profile = volume_profile(before.reshape(len(known), -1, FULL_BARS))
    so_far = known[:, known.shape[1] - today :].sum(axis=1)
    share = profile[today - 1] if today else np.nan
    return relative_volume(so_far, np.asarray(history.typical_volume)[:, -1], share)


def _anomaly(close: Floats, volume: Floats) -> Floats:
    """Kamps and Kleinberg's joint anomaly of the newest two half-hours against the twelve hours before."""
    if close.shape[1] < 4:
        return np.full(len(close), np.nan)
    before = slice(-26, -2)
    prices, shares = close[:, before], np.nan_to_num(volume[:, before])
    known = (~np.isnan(prices)).sum(axis=1)
    enough = known >= prices.shape[1] / 2
    usual = np.where(enough, np.nansum(prices, axis=1) / np.maximum(known, 1), np.nan)
    typical = np.where(enough, 2 * shares.mean(axis=1), np.nan)
    return anomaly_against(_latest(close[:, -2:]), np.nansum(volume[:, -2:], axis=1), usual, typical)


def _ago(close: Floats, sessions: int) -> Floats:
    return close[:, -sessions] if close.shape[1] >= sessions else np.full(len(close), np.nan)


def _latest(values: Floats) -> Floats:
    """Last known value of each row, NaN for none."""
    if not values.shape[1]:
        return np.full(len(values), np.nan)
    known = ~np.isnan(values)
    place = values.shape[1] - 1 - known[:, ::-1].argmax(axis=1)
    return np.where(known.any(axis=1), values[np.arange(len(values)), place], np.nan)
