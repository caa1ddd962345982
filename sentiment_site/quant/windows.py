"""Trailing and rolling statistics over time, which runs along the last axis, oldest first.

Every function takes (time,) or (symbols, time) and counts only known values: NaN (or infinite) is missing, keeps its
place in the window and is not filled in. A result with fewer than `min_obs` known values is NaN.
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]


def ewma_volatility(returns: npt.ArrayLike, half_life: float, min_obs: int = 20) -> FloatArray:
    """sqrt of the exponentially weighted mean of squared returns, at the last moment.

    The weight halves every `half_life` steps of time, missing steps included; the mean is taken as zero (RiskMetrics,
    1996), which for session returns is closer than an estimated one. Unit: that of the returns, per step.
    Returns () or (symbols,). methods.md 1.3: half-life 40 sessions, at least 20 observations.
    """
    if not half_life > 0:
        raise ValueError(f"the half-life must be positive: {half_life}")
    r = _known_or_nan(returns)
    _check_min_obs(min_obs)
    known = ~np.isnan(r)
    weight = known * np.exp2(-np.arange(r.shape[-1])[::-1] / half_life)
    total = weight.sum(axis=-1)
    squares = (weight * np.where(known, r, 0.0) ** 2).sum(axis=-1)
    # total can underflow to 0 when the last known return is thousands of half-lives old
    enough = (known.sum(axis=-1) >= min_obs) & (total > 0)
    return np.where(enough, np.sqrt(squares / np.where(total > 0, total, 1.0)), np.nan)


def trailing_mean(values: npt.ArrayLike, window: int, min_obs: int = 1) -> FloatArray:
    """Mean of the last `window` steps, for example the 20-day average volume. Returns () or (symbols,)."""
    return _mean(_trailing(values, window, min_obs), min_obs)


def trailing_median(values: npt.ArrayLike, window: int, min_obs: int = 1) -> FloatArray:
    """Median of the last `window` steps: the average volume that one pumped day does not move."""
    return _median(_trailing(values, window, min_obs), min_obs)


def rolling_mean(values: npt.ArrayLike, window: int, min_obs: int = 1) -> FloatArray:
    """trailing_mean at every step; the shape of the input. A step sees itself and the window - 1 steps before it."""
    return _mean(_rolling(values, window, min_obs), min_obs)


def rolling_median(values: npt.ArrayLike, window: int, min_obs: int = 1) -> FloatArray:
    """trailing_median at every step; the shape of the input. A step sees itself and the window - 1 steps before it."""
    return _median(_rolling(values, window, min_obs), min_obs)


def average_true_range(close: npt.ArrayLike, window: int = 20, min_obs: int = 20) -> FloatArray:
    """Mean of |C_t - C_{t-1}| over the last `window` changes: the ATR of an index that has only closes.

    Without highs and lows the true range is the absolute change. A change needs both closes. Unit: that of the index.
    Returns () or (symbols,). Source: methods.md 1.4 (ATR20 of the sector's equal-weight index).
    """
    return trailing_mean(np.abs(np.diff(_known_or_nan(close), axis=-1)), window, min_obs)


def _trailing(values: npt.ArrayLike, window: int, min_obs: int) -> FloatArray:
    _check_window(window, min_obs)
    return _known_or_nan(values)[..., -window:]


def _rolling(values: npt.ArrayLike, window: int, min_obs: int) -> FloatArray:
    """(..., time, window): the window that ends at each step, padded with NaN before the first step."""
    _check_window(window, min_obs)
    x = _known_or_nan(values)
    before = np.full((*x.shape[:-1], window), np.nan)
    padded = np.concatenate([before, x], axis=-1)
    return np.lib.stride_tricks.sliding_window_view(padded, window, axis=-1)[..., 1:, :]


def _mean(x: FloatArray, min_obs: int) -> FloatArray:
    known = ~np.isnan(x)
    count = known.sum(axis=-1)
    return np.where(count >= min_obs, np.where(known, x, 0.0).sum(axis=-1) / np.maximum(count, 1), np.nan)


def _median(x: FloatArray, min_obs: int) -> FloatArray:
    if x.shape[-1] == 0:
        return np.full(x.shape[:-1], np.nan)
    ordered = np.sort(x, axis=-1)  # NaN goes to the end
    count = (~np.isnan(x)).sum(axis=-1, keepdims=True)
    lower = np.take_along_axis(ordered, np.maximum(count - 1, 0) // 2, axis=-1)
    upper = np.take_along_axis(ordered, np.minimum(count // 2, x.shape[-1] - 1), axis=-1)
    # an odd count has one middle; halving first keeps two huge values inside float64
    middle = np.where(count % 2 == 1, lower, 0.5 * lower + 0.5 * upper)
    return np.where(count >= min_obs, middle, np.nan)[..., 0]


def _known_or_nan(values: npt.ArrayLike) -> FloatArray:
    x = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(x), x, np.nan)


def _check_window(window: int, min_obs: int) -> None:
    _check_min_obs(min_obs)
    if window < min_obs:
        raise ValueError(f"a window of {window} never holds {min_obs} observations")


def _check_min_obs(min_obs: int) -> None:
    if min_obs < 1:
        raise ValueError(f"min_obs must be at least 1: {min_obs}")
