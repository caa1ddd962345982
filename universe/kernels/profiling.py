"""How stocks and sectors move: gap frequency and the sector's daily volatility, from their own bars.

Sources: requirement S1 "Gap frequency profiling per sector"; methods.md 1.2 (ln-volume weights), 1.3 (winsor cap 15 %,
EWMA half-life 40 sessions, at least 20 observations).
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.returns import gap_frequency
from sentiment_site.quant.robust import log_volume_weights, weighted_mean
from sentiment_site.quant.windows import ewma_volatility

from .correlation import compute_returns

FloatArray = npt.NDArray[np.float64]

GAP_PERCENT = 5.0
MIN_SESSIONS = 20
HALF_LIFE = 40.0


def compute_gap_frequency(opens: npt.ArrayLike, close: npt.ArrayLike) -> FloatArray:
    """Share of sessions (n,) that opened 5 % or more away from the previous close; NaN with fewer than 20 such pairs.

    opens, close: (n, T) on one share basis.
    """
    return gap_frequency(opens, close, GAP_PERCENT, MIN_SESSIONS)


def compute_sector_gap_frequency(frequencies: FloatArray) -> float:
    """Mean over a sector's members of their gap frequency; NaN when none is known (or the sector is empty)."""
    return float(weighted_mean(frequencies))


def compute_sector_volatility(close: npt.ArrayLike, volume: npt.ArrayLike) -> float:
    """EWMA volatility of a sector's daily move, percent points a day; NaN with fewer than 20 days.

    close, volume: (members, T) on one share basis. The move of a day is the ln-volume weighted mean of the members'
    changes clipped to +-15 %; a day in which no member has a change is missing.
    """
    moves = compute_returns(close)
    weights = log_volume_weights(np.asarray(volume, dtype=np.float64)[:, 1:])
    return float(ewma_volatility(weighted_mean(moves, weights), HALF_LIFE, MIN_SESSIONS))
