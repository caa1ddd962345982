"""The trend of a level: how far it went over four horizons in units of its own volatility (methods.md 9.2)."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from .parameters import COLD_STRENGTH, DEFAULT, Parameters

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


def compute_volatility(level: npt.ArrayLike, per_day: int, parameters: Parameters = DEFAULT) -> FloatArray:
    """Volatility of a level at every bar, (t,), log return per square root of a day.

    sqrt(bars per day x exponentially weighted mean of squared log returns), half-life 45 days, mean taken as zero.
    A return needs both its bars; missing ones keep their place and weigh nothing. NaN before 20 days of returns.
    """
    squares = pd.Series(np.diff(_log(level), prepend=np.nan) ** 2)
    weighted = squares.ewm(
        halflife=parameters.half_life * per_day, min_periods=parameters.least_returns * per_day
    ).mean()
    return np.asarray(np.sqrt(per_day * weighted.to_numpy(dtype=np.float64)))


def compute_trend(level: npt.ArrayLike, per_day: int, parameters: Parameters = DEFAULT) -> FloatArray:
    """T in [-1, 1] at every bar, (t,): the mean over the horizons of clip(log move / (sigma sqrt(h)), +-2) / 2.

    level: (t,), positive, NaN is missing. NaN where the level or the volatility is unknown, and where fewer than two
    horizons have a beginning. A level that never moved has T = 0.
    """
    x = _log(level)
    sigma = compute_volatility(level, per_day, parameters)
    parts = np.full((len(parameters.horizons), x.size), np.nan)
    for row, horizon in enumerate(parameters.horizons):
        bars = horizon * per_day
        if bars >= x.size:
            continue
        move, scale = x[bars:] - x[:-bars], sigma[bars:] * math.sqrt(horizon)
        ratio = np.divide(move, scale, out=np.where(np.isnan(move + scale), np.nan, 0.0), where=scale > 0)
        parts[row, bars:] = np.clip(ratio, -parameters.clip, parameters.clip) / parameters.clip
    known = ~np.isnan(parts)
    count = known.sum(axis=0)
    total = np.where(known, parts, 0.0).sum(axis=0)
    return np.where(count >= parameters.least_horizons, total / np.maximum(count, 1), np.nan)


def classify_direction(trend: npt.ArrayLike, parameters: Parameters = DEFAULT) -> IntArray:
    """1 up, -1 down, 0 sideways at every bar, (t,): entered at .20, left below .12; an unknown T changes nothing."""
    found = np.zeros(np.size(trend), dtype=np.int64)
    state = 0
    for place, value in enumerate(np.asarray(trend, dtype=np.float64)):
        if abs(value) >= parameters.enter:
            state = 1 if value > 0 else -1
        elif state * value < parameters.leave:  # a NaN compares false
            state = 0
        found[place] = state
    return found


def score_strength(trend: npt.ArrayLike, per_day: int, parameters: Parameters = DEFAULT) -> FloatArray:
    """0 to 100 at every bar, (t,), unrounded: where |T| stands among its own values so far.

    Over the first 365 days of trends the cold-start table gives way evenly to the own distribution. NaN where the trend
    is.
    """
    size = np.abs(np.asarray(trend, dtype=np.float64))
    own = expanding_rank(size)
    seen = np.cumsum(~np.isnan(size)) / (parameters.own_after * per_day)
    weight = np.minimum(seen, 1.0)
    table = np.interp(np.nan_to_num(size), *COLD_STRENGTH)
    return np.where(np.isnan(size), np.nan, 100.0 * (weight * own + (1.0 - weight) * table))


def expanding_rank(values: npt.ArrayLike) -> FloatArray:
    """Share of the values so far that are smaller, half of the equal ones counted (itself included), (t,) in (0, 1)."""
    known = pd.Series(np.asarray(values, dtype=np.float64))
    count = known.notna().cumsum().clip(lower=1)
    return np.asarray(known.expanding().rank(pct=True) - 0.5 / count, dtype=np.float64)


def slope_t(level: npt.ArrayLike, window: int, lags: int = 5) -> float:
    """t of the least-squares slope of the log level over the last `window` bars, Newey-West with `lags`, for display.

    NaN with fewer than 10 known bars or a perfect line. Source: Newey and West (1987), no small-sample factor.
    """
    y = _log(level)[-window:]
    place = np.flatnonzero(~np.isnan(y))
    if place.size < 10:
        return math.nan
    x = place - place.mean()
    spread = float(x @ x)
    slope = float(x @ y[place]) / spread
    moments = x * (y[place] - y[place].mean() - slope * x)
    variance = float(moments @ moments)
    for lag in range(1, lags + 1):
        variance += 2.0 * (1.0 - lag / (lags + 1)) * float(moments[lag:] @ moments[:-lag])
    return slope * spread / math.sqrt(variance) if variance > 1e-24 * spread else math.nan


def _log(level: npt.ArrayLike) -> FloatArray:
    values = np.asarray(level, dtype=np.float64)
    known = np.isfinite(values) & (np.nan_to_num(values) > 0)
    return np.where(known, np.log(np.where(known, values, 1.0)), np.nan)
