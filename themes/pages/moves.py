"""How far stocks have moved today, from the universe's own bars as known at a moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sentiment_site.market import calendar
from universe import bars

BAR = dt.timedelta(minutes=30)
SESSIONS = 3

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Move:
    """percent: of the newest price against the official close before its session; as_of: the end of its bar."""

    percent: float
    last: float
    as_of: dt.datetime


def load_moves(instrument_ids: Sequence[int], at: dt.datetime) -> dict[int, Move]:
    """Moves by instrument id; a stock without two prices in the last three sessions is left out.

    Six statements whatever the number of stocks, none without any.
    """
    if not instrument_ids:
        return {}
    ids = np.array(sorted(set(instrument_ids)), dtype=np.int32)
    sessions = calendar.recent_sessions(at, SESSIONS)
    starts = [start for start in calendar.bar_starts(sessions[-1]) if start + BAR <= at]
    closes = _double(bars.load_daily(ids, [session.date for session in sessions], known_at=at).close)
    half = _double(bars.load_intraday(ids, starts, known_at=at).close) if starts else np.empty((len(ids), 0))
    found = {}
    for row, one in enumerate(ids):
        move = _move(closes[row], half[row], sessions, starts)
        if move is not None:
            found[int(one)] = move
    return found


def _move(
    closes: Floats, half: Floats, sessions: Sequence[calendar.Session], starts: Sequence[dt.datetime]
) -> Move | None:
    """The later of the newest close and the newest half-hour, held against the close before its session."""
    prices = [(starts[i] + BAR, float(half[i]), len(sessions) - 1) for i in np.flatnonzero(np.isfinite(half))[-1:]]
    prices += [(sessions[i].close, float(closes[i]), int(i)) for i in np.flatnonzero(np.isfinite(closes))[-1:]]
    for as_of, last, session in sorted(prices, reverse=True):
        before = float(closes[session - 1]) if session > 0 else float("nan")
        if np.isfinite(before) and before > 0:
            return Move(100.0 * (last / before - 1.0), last, as_of)
    return None


def _double(panel: npt.NDArray[np.float32]) -> Floats:
    """Doubles; infinite values (past single precision) are missing."""
    wide: Floats = panel.astype(np.float64)
    return np.where(np.isfinite(wide), wide, np.nan)
