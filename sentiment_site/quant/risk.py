"""Beta and correlation of many series against one or several factors, over the moments that both know.

Shapes: y is (time,) or (symbols, time); x is (time,) for one factor or (factors, time) for several. The result drops
the time axis: () or (symbols,), with several factors (factors,) or (symbols, factors), each factor taken alone.
NaN (or infinite) is missing; a pair with fewer than `min_obs` common moments, or a factor (for correlation: either
series) that does not vary over them, is NaN.
"""

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

_FLAT = 1e-12  # a variance this far below the squared level is the rounding of a constant


def ols_beta(y: npt.ArrayLike, x: npt.ArrayLike, min_obs: int = 20) -> FloatArray:
    """Slope of the least-squares line of y on x with intercept: cov(y, x) / var(x) over the common moments.

    Source: methods.md 1.8 (60-session beta to IWM: pass the last 60 returns). ValueError if the times differ in number
    or min_obs is below 2.
    """
    m = co_moments(y, x, min_obs)
    return _shaped(np.where(m.varies_x, m.xy / np.where(m.varies_x, m.xx, 1.0), np.nan), y, x)


def correlation(y: npt.ArrayLike, x: npt.ArrayLike, min_obs: int = 20) -> FloatArray:
    """Pearson correlation over the common moments, within [-1, 1]. ValueError as in ols_beta."""
    m = co_moments(y, x, min_obs)
    usable = m.varies_x & m.varies_y
    deviation = np.sqrt(np.where(usable, m.xx, 1.0)) * np.sqrt(np.where(usable, m.yy, 1.0))
    return _shaped(np.where(usable, np.clip(m.xy / deviation, -1.0, 1.0), np.nan), y, x)


class CoMoments(NamedTuple):
    """Sums over the common moments, (symbols, factors); `varies_` also demands enough of them."""

    xx: FloatArray
    yy: FloatArray
    xy: FloatArray
    varies_x: npt.NDArray[np.bool_]
    varies_y: npt.NDArray[np.bool_]


def co_moments(y: npt.ArrayLike, x: npt.ArrayLike, min_obs: int) -> CoMoments:
    """Centred second moments of every pair by six matrix products over the masks of what is known.

    y: (time,) or (symbols, time); x: (time,) or (factors, time). ValueError as in ols_beta.
    """
    if min_obs < 2:
        raise ValueError(f"a slope needs at least 2 observations: {min_obs}")
    ys, y_known, y_level = _centred(y)
    xs, x_known, x_level = _centred(x)
    if ys.shape[1] != xs.shape[1]:
        raise ValueError(f"{ys.shape[1]} moments of y and {xs.shape[1]} of x do not match")
    count = y_known @ x_known.T
    n = np.maximum(count, 1.0)
    sum_y, sum_x = ys @ x_known.T, y_known @ xs.T
    raw_yy, raw_xx = ys**2 @ x_known.T, y_known @ (xs**2).T
    yy, xx = raw_yy - sum_y**2 / n, raw_xx - sum_x**2 / n
    enough = count >= min_obs
    varies_y = enough & (yy > _FLAT * raw_yy) & (yy > n * (_FLAT * y_level[:, None]) ** 2)
    varies_x = enough & (xx > _FLAT * raw_xx) & (xx > n * (_FLAT * x_level[None, :]) ** 2)
    return CoMoments(xx, yy, ys @ xs.T - sum_y * sum_x / n, varies_x, varies_y)


def _centred(series: npt.ArrayLike) -> tuple[FloatArray, FloatArray, FloatArray]:
    """(rows, time) less each row's own mean with 0 for missing, the 0/1 mask of the known, each row's largest size.

    Centring first keeps the differences of sums exact when the level is far above the variation.
    """
    s = np.atleast_2d(np.asarray(series, dtype=np.float64))
    known = np.isfinite(s)
    filled = np.where(known, s, 0.0)
    mean = filled.sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    return np.where(known, filled - mean, 0.0), known.astype(np.float64), np.abs(filled).max(axis=1, initial=0.0)


def _shaped(result: FloatArray, y: npt.ArrayLike, x: npt.ArrayLike) -> FloatArray:
    return result.reshape(np.shape(y)[:-1] + np.shape(x)[:-1])
