"""The sector beside the small-cap benchmark, and how many of its stocks take part. Source:
docs/methods/sector-sentiment.md, section 8.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right

import numpy as np
import numpy.typing as npt

from sectors.kernels.parameters import HORIZONS, V1, FloatArray, ScoreParameters

_WEAKER, _STRONGER = ("WEAK", "UNDER", "INLINE"), ("INLINE", "OUT", "STRONG")


def relative_strength(performance: npt.ArrayLike, multiplier: float, benchmark: npt.ArrayLike) -> FloatArray:
    """multiplier * P - P_benchmark, percent: the requirement's arithmetic. Mixed units, for display; NaN if missing."""
    return multiplier * np.asarray(performance, dtype=np.float64) - np.asarray(benchmark, dtype=np.float64)


def alpha(performance: npt.ArrayLike, beta: float, benchmark: npt.ArrayLike) -> FloatArray:
    """P - beta * P_benchmark, percent: what the sector did beyond the benchmark's move; NaN if anything is missing."""
    return np.asarray(performance, dtype=np.float64) - beta * np.asarray(benchmark, dtype=np.float64)


def strength(alpha_percent: float | None, horizon: str = "1day", parameters: ScoreParameters = V1) -> str | None:
    """STRONG (>= +2 %), OUT (>= +.5 %), INLINE, UNDER (<= -.5 %) or WEAK (<= -2 %), edges scaled by the horizon.

    None for a missing alpha; ValueError for an unknown horizon.
    """
    ratio = parameters.horizon_ratios[HORIZONS.index(horizon)]
    if alpha_percent is None:
        return None
    marks = [edge * ratio for edge in parameters.alpha_edges]
    if alpha_percent < 0:
        return _WEAKER[bisect_left([-mark for mark in reversed(marks)], alpha_percent)]
    return _STRONGER[bisect_right(marks, alpha_percent)]


def breadth(
    daily_returns: npt.ArrayLike,
    shares_traded: npt.ArrayLike,
    contributions: npt.ArrayLike,
    *,
    above_average: npt.ArrayLike | None = None,
    new_highs: npt.ArrayLike | None = None,
    new_lows: npt.ArrayLike | None = None,
    parameters: ScoreParameters = V1,
) -> dict[str, float | None]:
    """How broad the move is; every array (n,), NaN missing; each entry None where its input is missing altogether.

    up, up_5, down_5: share of stocks with a 1-day return that is > 0, >= +5 %, <= -5 %. up_volume: shares traded in
    rising stocks over those in rising and falling ones. above_average: share above the 20-session average.
    net_new_highs: number of 20-session highs less lows. dispersion: cross-sectional standard deviation of the 1-day
    returns (percent, n - 1). concentration: Herfindahl index of the absolute contributions to the base score
    (1/n if all contribute alike, 1 if one stock does).
    """
    r = np.asarray(daily_returns, dtype=np.float64)
    v = np.asarray(shares_traded, dtype=np.float64)
    known = r[np.isfinite(r)]
    moved = np.isfinite(v) & (v > 0) & np.isfinite(r) & (r != 0)
    move = parameters.breadth_move
    highs, lows = _total(new_highs), _total(new_lows)
    return {
        "up": _share(known > 0),
        "up_5": _share(known >= move),
        "down_5": _share(known <= -move),
        "up_volume": _quotient(v[moved & (r > 0)].sum(), v[moved].sum()),
        "above_average": _flag_share(above_average),
        "net_new_highs": None if highs is None or lows is None else highs - lows,
        "dispersion": float(known.std(ddof=1)) if known.size > 1 else None,
        "concentration": _herfindahl(contributions),
    }


def _share(flags: npt.NDArray[np.bool_]) -> float | None:
    return float(flags.mean()) if flags.size else None


def _quotient(part: float, whole: float) -> float | None:
    return float(part / whole) if whole > 0 else None


def _known_flags(flags: npt.ArrayLike | None) -> FloatArray:
    values = np.asarray([] if flags is None else flags, dtype=np.float64)
    return values[np.isfinite(values)]


def _flag_share(flags: npt.ArrayLike | None) -> float | None:
    return _share(_known_flags(flags) > 0)


def _total(flags: npt.ArrayLike | None) -> float | None:
    known = _known_flags(flags)
    return float(known.sum()) if known.size else None


def _herfindahl(contributions: npt.ArrayLike) -> float | None:
    sizes = np.abs(np.asarray(contributions, dtype=np.float64))
    largest = float(sizes.max(initial=0.0))
    if not largest > 0:
        return None
    relative = sizes / largest
    return float((relative**2).sum() / relative.sum() ** 2)
