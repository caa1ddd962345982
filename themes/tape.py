"""The universe's tape as it was known at a moment: what detection, temperature and the network are computed from."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sentiment_site.market import calendar
from sentiment_site.market.sectors import SECTORS
from universe import bars
from universe.models import UniverseRun
from universe.selectors import MemberTable, current_run, list_members

from .kernels.excess import compute_excess, compute_log_returns, compute_robust_deviation, fill_forward

Floats = npt.NDArray[np.float64]
DAILY_SESSIONS = 63
INTRADAY_SESSIONS = 4
_SECTOR_PLACE = {sector.key: place for place, sector in enumerate(SECTORS)}


class NoTape(Exception):
    """There is nothing to compute from at that moment; the text says what is missing."""


@dataclass(frozen=True, slots=True, eq=False)
class Tape:
    """Members of the universe in force, n of them, with their bars up to `at`.

    starts: of the half-hour bars of the last four sessions whose end is not after `at`; bar_*: (n, bars). sessions:
    closed ones, 63; day_*: (n, sessions). Prices on the newest share basis, dollars; volumes shares; NaN: nothing
    traded or known. as_of: end of the newest bar with a price.
    """

    at: dt.datetime
    as_of: dt.datetime
    run: UniverseRun
    members: MemberTable
    sector: npt.NDArray[np.int64]
    starts: tuple[dt.datetime, ...]
    bar_open: Floats
    bar_close: Floats
    bar_volume: Floats
    sessions: tuple[dt.date, ...]
    day_open: Floats
    day_high: Floats
    day_low: Floats
    day_close: Floats
    day_volume: Floats
    is_simulated: bool

    def __len__(self) -> int:
        return len(self.members)

    @property
    def ids(self) -> npt.NDArray[np.int32]:
        """Instrument ids, one per row."""
        return self.members.instrument_ids

    def bar_excess(self) -> Floats:
        """Excess log returns from bar to bar, (n, bars), over nights too; the first bar's from its own open."""
        opened = np.where(np.isfinite(self.bar_close), self.bar_open, np.nan)
        before = np.concatenate([opened[:, :1], fill_forward(self.bar_close)[:, :-1]], axis=1)
        pairs = np.stack([before, self.bar_close], axis=2).reshape(-1, 2)
        returns = compute_log_returns(pairs).reshape(self.bar_close.shape)
        return compute_excess(returns, self.sector)

    def day_excess(self) -> Floats:
        """Excess log returns from close to close, (n, sessions - 1)."""
        return compute_excess(compute_log_returns(self.day_close), self.sector)

    def day_move(self) -> Floats:
        """Excess of the last 13 bars, a trading day, in deviations of the stock's own days; NaN where unknown."""
        day = self.bar_excess()[:, -13:]
        moved = np.where(np.isfinite(day).any(axis=1), np.nansum(day, axis=1), np.nan)
        return moved / compute_robust_deviation(self.day_excess())

    def day_rvol(self) -> Floats:
        """Volume of the last 13 bars over the median of twenty days; NaN where unknown."""
        bars_volume = self.bar_volume[:, -13:]
        usual = np.full(len(self), np.nan)
        recent = self.day_volume[:, -20:]
        known = np.isfinite(recent).sum(axis=1) >= 5
        usual[known] = np.nanmedian(recent[known], axis=1)
        seen = np.isfinite(bars_volume).any(axis=1)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(seen & (usual > 0), np.nansum(bars_volume, axis=1) / usual, np.nan)

    def last_price(self) -> Floats:
        """The newest known price: of a half-hour bar, else of a day; NaN for neither."""
        joined = np.concatenate([self.day_close, self.bar_close], axis=1)
        return np.asarray(fill_forward(joined)[:, -1])


def load_tape(at: dt.datetime, known_at: dt.datetime | None = None) -> Tape:
    """The tape up to `at` as known at `known_at` (default: then): only rows recorded by then enter.

    NoTape says what is missing."""
    known = known_at or at
    run = current_run(known)
    if run is None:
        raise NoTape("no universe has been published yet")
    members = list_members(run)
    if not len(members):
        raise NoTape(f"the universe of {run.session} has no members")
    recent = calendar.recent_sessions(at, INTRADAY_SESSIONS)
    half_hour = dt.timedelta(minutes=30)
    starts = tuple(start for session in recent for start in calendar.bar_starts(session) if start + half_hour <= at)
    closed = calendar.last_closed_session(at)
    days = tuple(
        session.date for session in calendar.recent_sessions(at, DAILY_SESSIONS) if session.date <= closed.date
    )
    half = bars.load_intraday(members.instrument_ids, starts, known)
    daily = bars.load_daily(members.instrument_ids, days, known)
    traded = np.flatnonzero(np.isfinite(half.close).any(axis=0))
    seen_days = np.flatnonzero(np.isfinite(daily.close).any(axis=0))
    if not traded.size and not seen_days.size:
        raise NoTape(f"no bar of the universe of {run.session} was known at {known.isoformat()}")
    newest_bar = starts[traded[-1]] + half_hour if traded.size else None
    newest_day = calendar.shift(days[seen_days[-1]], 0).close if seen_days.size else None
    return Tape(
        at=at,
        as_of=max(one for one in (newest_bar, newest_day) if one is not None),
        run=run,
        members=members,
        sector=np.array([_SECTOR_PLACE.get(one, -1) for one in members.sectors], dtype=np.int64),
        starts=starts,
        bar_open=half.open.astype(np.float64),
        bar_close=half.close.astype(np.float64),
        bar_volume=half.volume.astype(np.float64),
        sessions=days,
        day_open=daily.open.astype(np.float64),
        day_high=daily.high.astype(np.float64),
        day_low=daily.low.astype(np.float64),
        day_close=daily.close.astype(np.float64),
        day_volume=daily.volume.astype(np.float64),
        is_simulated=run.is_simulated or bool(bars.holds_simulated_bars()),
    )
