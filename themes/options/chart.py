"""The technical part: daily bars with today's running one, as known at a moment, to the kernel.

While a session runs its bar is made of the half-hours that are over: first price, last price, the range of their opens
and closes, and the volume so far over the share of a day that usually trades by then. So a morning's volume is held
against mornings, not against whole days.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from sentiment_site.market import calendar
from themes.kernels.technical import FEWEST_BARS, INDICATORS, Bars, TechnicalReading, score_technical
from universe import bars

Floats = npt.NDArray[np.float64]

SESSIONS: Final = 64
SHARE_SESSIONS: Final = 3
# Below this share of a day, dividing by it would make anything of a few shares.
LEAST_SHARE: Final = 0.02
HALF_HOUR: Final = dt.timedelta(minutes=30)


@dataclass(frozen=True, slots=True, eq=False)
class Chart:
    """The reading of n stocks at a moment. as_of: end of the newest bar of anybody, None without one; running (n,):
    the last bar is of a session under way or not yet stored."""

    reading: TechnicalReading
    as_of: dt.datetime | None
    running: npt.NDArray[np.bool_]


def load_chart(instrument_ids: npt.NDArray[np.int32], at: dt.datetime, known_at: dt.datetime) -> Chart:
    """Score the charts at `at` with bars that had ended by then and were recorded by `known_at`. Two reads of bars."""
    recent = calendar.recent_sessions(at, SESSIONS)
    panel = bars.load_daily(instrument_ids, [one.date for one in recent], known_at)
    high, low, close, volume = (one.T.astype(np.float64) for one in (panel.high, panel.low, panel.close, panel.volume))
    closed = np.array([one.close <= at for one in recent])
    for one in (high, low, close, volume):
        one[~closed] = np.nan  # a bar that was stored early is of the future
    today = recent[-1]
    running = np.zeros(len(instrument_ids), dtype=bool)
    newest = _newest(recent, close)
    if at > today.open:
        bar, share, last_end = _load_running(instrument_ids, recent, at, known_at)
        running = np.isnan(close[-1]) & np.isfinite(bar.close[0])
        for target, source in ((high, bar.high), (low, bar.low), (close, bar.close)):
            target[-1, running] = source[0, running]
        if share >= LEAST_SHARE:
            volume[-1, running] = bar.volume[0, running] / share
        if running.any() and last_end is not None:
            newest = last_end if newest is None else max(newest, last_end)
    # a panel stores 32 bits: a close may lie a rounding beside its own range
    reading = score_technical(Bars(np.maximum(high, close), np.minimum(low, close), close, volume))
    return Chart(reading, newest, running)


def describe_chart(chart: Chart, row: int) -> dict[str, Any]:
    """The technical breakdown of one stock: indicator -> value, weight, reading; how many bars, which is the last."""
    reading = chart.reading
    found: dict[str, Any] = {
        part.name: {
            "value": _rounded(reading.values[row, place]),
            "weight": _rounded(reading.weights[row, place]),
            "reading": _rounded(reading.readings[row, place]),
        }
        for place, part in enumerate(INDICATORS)
    }
    return found | {"bars": int(reading.bars[row]), "last_bar": "running" if chart.running[row] else "closed"}


def why_no_chart(chart: Chart, row: int) -> str:
    """Why a stock has no technical score."""
    return f"{int(chart.reading.bars[row])} of {FEWEST_BARS} bars"


def _load_running(
    ids: npt.NDArray[np.int32], recent: tuple[calendar.Session, ...], at: dt.datetime, known_at: dt.datetime
) -> tuple[Bars, float, dt.datetime | None]:
    """Today's bar so far, (1, n); the share of a day's volume that usually trades by now; the newest half's end."""
    sessions = recent[-1 - SHARE_SESSIONS :]
    starts = [start for one in sessions for start in calendar.bar_starts(one) if start + HALF_HOUR <= at]
    panel = bars.load_intraday(ids, starts, known_at)
    opened, closed, traded = (one.astype(np.float64) for one in (panel.open, panel.close, panel.volume))
    place = {start: column for column, start in enumerate(starts)}
    today = recent[-1]
    columns = [place[start] for start in calendar.bar_starts(today) if start in place]
    regular = [place[start] for start in calendar.bar_starts(today) if start in place and _is_regular(start, today)]
    nothing = np.full((1, len(ids)), np.nan)
    if not regular:
        return Bars(nothing, nothing, nothing, nothing), 0.0, None
    prices = np.concatenate([opened[:, regular], closed[:, regular]], axis=1)
    seen = np.isfinite(closed[:, regular])
    there = seen.any(axis=1)
    last = np.where(there, closed[np.arange(len(ids)), np.array(regular)[_last_true(seen)]], np.nan)
    bar = Bars(
        high=np.where(there, np.where(np.isfinite(prices), prices, -np.inf).max(axis=1), np.nan)[None],
        low=np.where(there, np.where(np.isfinite(prices), prices, np.inf).min(axis=1), np.nan)[None],
        close=last[None],
        volume=np.where(there, np.nansum(traded[:, columns], axis=1), np.nan)[None],
    )
    newest = np.flatnonzero(seen.any(axis=0))
    end = starts[regular[newest[-1]]] + HALF_HOUR if newest.size else None
    return bar, _usual_share(traded, place, sessions, columns, newest, regular), end


def _usual_share(
    traded: Floats,
    place: dict[dt.datetime, int],
    sessions: tuple[calendar.Session, ...],
    columns: list[int],
    newest: npt.NDArray[np.int64],
    regular: list[int],
) -> float:
    """Mean over stocks and the sessions before of the volume up to the newest bar over the day's; 0 where unknown."""
    if not newest.size:
        return 0.0
    bars_so_far = columns.index(regular[newest[-1]]) + 1
    shares = []
    for session in sessions[:-1]:
        held = [place[start] for start in calendar.bar_starts(session) if start in place]
        day = np.nansum(traded[:, held], axis=1)
        before = np.nansum(traded[:, held[:bars_so_far]], axis=1)
        shares.append(before[day > 0] / day[day > 0])
    joined = np.concatenate(shares) if shares else np.empty(0)
    return float(joined.mean()) if joined.size else 0.0


def _is_regular(start: dt.datetime, session: calendar.Session) -> bool:
    return session.open <= start < session.close


def _newest(recent: tuple[calendar.Session, ...], close: Floats) -> dt.datetime | None:
    seen = np.flatnonzero(np.isfinite(close).any(axis=1))
    return recent[seen[-1]].close if seen.size else None


def _last_true(flags: npt.NDArray[np.bool_]) -> npt.NDArray[np.int64]:
    """Column of the last true value per row; the last column where there is none."""
    return np.asarray(flags.shape[1] - 1 - np.argmax(flags[:, ::-1], axis=1), dtype=np.int64)


def _rounded(value: float) -> float | None:
    return round(float(value), 4) if np.isfinite(value) else None
