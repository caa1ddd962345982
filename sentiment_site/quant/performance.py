"""What a series of returns was worth: growth, risk, ratios, drawdown, tail; equal to empyrical to 1e-10.

Returns here are fractions (.01 is +1 %), unlike the percent points of the other modules, because ratios compound them.
Time is the last axis, oldest first; every function takes (time,) or (series, time) and drops that axis. NaN is a
missing return: it is left out of means and counts as flat in growth, while its period still counts as time. Nothing
here demands a minimum of observations beyond what the formula needs; callers that publish set their own.
Sources: empyrical (its published expected values are a test); Sharpe (1994); Sortino and Price (1994); methods.md 8.4.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.risk import ols_beta

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

DAILY, WEEKLY, MONTHLY = 252, 52, 12
_FLAT = 1e-12


class Drawdown(NamedTuple):
    """The deepest fall: depth (0 or negative), and the indexes of the peak (-1: the start), trough and recovery.

    recovery is None while the peak has not been reached again.
    """

    depth: float
    peak: int
    trough: int
    recovery: int | None


def cumulative_return(returns: npt.ArrayLike) -> FloatArray:
    """Product of (1 + r) - 1; NaN without a period."""
    r = _returns(returns)
    if r.shape[-1] == 0:
        return np.full(r.shape[:-1], np.nan)
    return np.asarray(np.prod(1 + np.where(np.isnan(r), 0.0, r), axis=-1) - 1)


def annual_return(returns: npt.ArrayLike, periods: int = DAILY) -> FloatArray:
    """Compound growth per year (CAGR) with n / periods years; NaN without a period or after losing more than all."""
    r = _returns(returns)
    end = cumulative_return(r) + 1
    usable = np.isfinite(end) & (end >= 0)
    years = max(r.shape[-1], 1) / periods
    return np.where(usable, np.where(usable, end, 1.0) ** (1 / years) - 1, np.nan)


def annual_volatility(returns: npt.ArrayLike, periods: int = DAILY) -> FloatArray:
    """Sample standard deviation times the root of the periods per year; NaN for fewer than 2 known returns."""
    return np.asarray(_moments(_returns(returns))[1] * np.sqrt(periods))


def sharpe_ratio(returns: npt.ArrayLike, risk_free: npt.ArrayLike = 0.0, periods: int = DAILY) -> FloatArray:
    """Mean over standard deviation (n - 1) of the excess return, annualised.

    risk_free: per period, one number or a series. A constant excess is infinite in the direction of its sign, NaN if
    it is 0; NaN for fewer than 2 returns.
    """
    mean, deviation = _moments(_returns(returns) - np.asarray(risk_free, dtype=np.float64))
    return np.asarray(_ratio(mean, deviation) * np.sqrt(periods))


def downside_deviation(returns: npt.ArrayLike, required: npt.ArrayLike = 0.0, periods: int = DAILY) -> FloatArray:
    """Root mean square of the shortfalls below `required` over all known returns, annualised; NaN without any."""
    below = np.minimum(_returns(returns) - np.asarray(required, dtype=np.float64), 0.0)
    known = ~np.isnan(below)
    n = known.sum(axis=-1)
    square = (np.where(known, below, 0.0) ** 2).sum(axis=-1) / np.maximum(n, 1)
    return np.where(n > 0, np.sqrt(square * periods), np.nan)


def sortino_ratio(returns: npt.ArrayLike, required: npt.ArrayLike = 0.0, periods: int = DAILY) -> FloatArray:
    """Annual mean excess over `required` per downside deviation; infinite without a shortfall, NaN below 2 returns."""
    excess = _returns(returns) - np.asarray(required, dtype=np.float64)
    mean = _moments(excess)[0]
    ratio = _ratio(mean * periods, downside_deviation(excess, 0.0, periods))
    return np.where(excess.shape[-1] >= 2, ratio, np.nan)


def drawdowns(returns: npt.ArrayLike) -> FloatArray:
    """Wealth over its running maximum (the start included) - 1 at every period, (..., time): 0 or below."""
    r = _returns(returns)
    wealth = np.cumprod(1 + np.where(np.isnan(r), 0.0, r), axis=-1)
    return wealth / np.maximum(np.maximum.accumulate(wealth, axis=-1), 1.0) - 1


def max_drawdown(returns: npt.ArrayLike) -> FloatArray:
    """The deepest of drawdowns, 0 or negative: a loss on the first day counts. NaN without a period."""
    depth = drawdowns(returns)
    if depth.shape[-1] == 0:
        return np.full(depth.shape[:-1], np.nan)
    return np.asarray(depth.min(axis=-1))


def deepest_drawdown(returns: npt.ArrayLike) -> Drawdown | None:
    """Depth and indexes of the deepest fall of one series; None if it never fell. ValueError unless (time,)."""
    depth = drawdowns(returns)
    if depth.ndim != 1:
        raise ValueError(f"one series is wanted, not {depth.shape}")
    if depth.size == 0 or depth.min() >= 0:
        return None
    trough = int(np.argmin(depth))
    tops = np.flatnonzero(depth[:trough] >= 0)
    after = np.flatnonzero(depth[trough:] >= 0)
    recovery = trough + int(after[0]) if after.size else None
    return Drawdown(float(depth[trough]), int(tops[-1]) if tops.size else -1, trough, recovery)


def calmar_ratio(returns: npt.ArrayLike, periods: int = DAILY) -> FloatArray:
    """annual_return over the size of max_drawdown; NaN without a drawdown."""
    depth = max_drawdown(returns)
    fell = depth < 0
    return np.where(fell, annual_return(returns, periods) / np.where(fell, -depth, 1.0), np.nan)


def beta(returns: npt.ArrayLike, benchmark: npt.ArrayLike, risk_free: float = 0.0) -> FloatArray:
    """cov(r, b) / var(b) over the periods both know; NaN for fewer than 2 or a flat benchmark. benchmark: (time,)."""
    return ols_beta(_returns(returns) - risk_free, _returns(benchmark) - risk_free, min_obs=2)


def alpha(returns: npt.ArrayLike, benchmark: npt.ArrayLike, risk_free: float = 0.0, periods: int = DAILY) -> FloatArray:
    """Mean of (r - rf) - beta (b - rf) per period, compounded to a year; NaN where beta is. benchmark: (time,)."""
    excess, market = _returns(returns) - risk_free, _returns(benchmark) - risk_free
    slope = beta(excess, market)
    per_period = _moments(excess - slope[..., None] * market)[0]
    usable = np.isfinite(per_period) & (per_period > -1)
    return np.where(usable, (1 + np.where(usable, per_period, 0.0)) ** periods - 1, np.nan)


def value_at_risk(returns: npt.ArrayLike, cutoff: float = 0.05) -> FloatArray:
    """The return at quantile `cutoff` of what happened (interpolated), so usually negative; NaN without returns."""
    ordered, n = _sorted(returns, cutoff)
    place = np.maximum(n - 1, 0) * cutoff
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, np.maximum(n - 1, 0))
    left = np.take_along_axis(ordered, low[..., None], axis=-1)[..., 0]
    right = np.take_along_axis(ordered, high[..., None], axis=-1)[..., 0]
    return np.where(n > 0, left + (place - low) * (right - left), np.nan)


def conditional_value_at_risk(returns: npt.ArrayLike, cutoff: float = 0.05) -> FloatArray:
    """Mean of the worst floor((n - 1) cutoff) + 1 returns: what a bad day costs once it is one; NaN without returns."""
    ordered, n = _sorted(returns, cutoff)
    last = np.floor(np.maximum(n - 1, 0) * cutoff).astype(np.int64)
    total = np.take_along_axis(np.cumsum(ordered, axis=-1), last[..., None], axis=-1)[..., 0]
    return np.where(n > 0, total / (last + 1), np.nan)


def _returns(returns: npt.ArrayLike) -> FloatArray:
    r = np.asarray(returns, dtype=np.float64)
    if np.isinf(r).any():
        raise ValueError("a return is infinite")
    return r


def _moments(r: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Mean and sample deviation of the known; a deviation that is only the rounding of a constant is 0."""
    known = ~np.isnan(r)
    n = known.sum(axis=-1)
    filled = np.where(known, r, 0.0)
    mean = filled.sum(axis=-1) / np.maximum(n, 1)
    square = (np.where(known, filled - mean[..., None], 0.0) ** 2).sum(axis=-1)
    deviation = np.sqrt(square / np.maximum(n - 1, 1))
    deviation = np.where(deviation > _FLAT * np.abs(filled).max(axis=-1, initial=0.0), deviation, 0.0)
    return np.where(n > 0, mean, np.nan), np.where(n > 1, deviation, np.nan)


def _ratio(mean: FloatArray, deviation: FloatArray) -> FloatArray:
    moving = deviation > 0
    constant = np.where(mean > 0, np.inf, np.where(mean < 0, -np.inf, np.nan))
    ratio = np.where(moving, mean / np.where(moving, deviation, 1.0), constant)
    return np.where(np.isnan(deviation), np.nan, ratio)


def _sorted(returns: npt.ArrayLike, cutoff: float) -> tuple[FloatArray, IntArray]:
    """Known returns ascending with the missing behind them as 0, and how many are known; one place at least."""
    if not 0 <= cutoff <= 1:
        raise ValueError(f"the cutoff is a share: {cutoff}")
    r = _returns(returns)
    if r.shape[-1] == 0:
        r = np.full((*r.shape[:-1], 1), np.nan)
    n = (~np.isnan(r)).sum(axis=-1)
    ordered = np.sort(r, axis=-1)
    return np.where(np.isnan(ordered), 0.0, ordered), np.asarray(n, dtype=np.int64)
