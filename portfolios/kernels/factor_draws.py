"""Bootstrap draws of the joint betas of many series over the same days, so that any book of them has a band.

Ridge is linear in the series: the betas of a book in a draw are the weighted sum of its positions' betas in that draw.
One set of draws therefore serves every book, and positions keep what their errors have in common. For one series
without gaps the draws are those of `quant.regression.ridge_bands`. Source: methods.md 8.5.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.calibration import block_counts

from .factors import FEWEST_OBSERVATIONS, PENALTY, WINDOW, FloatArray, IntArray, winsorize

DRAWS = 500
BLOCK = 10
_SEED = 20240514
_ROWS_AT_ONCE = 512


def draw_factor_betas(
    returns: npt.ArrayLike, factors: npt.ArrayLike, penalty: float = PENALTY, draws: int = DRAWS
) -> FloatArray:
    """Joint betas in every draw, (draws, series, factors): days in circular blocks of 10, the same for all series.

    returns: (series, time), factors: (factors, time), prepared as in fit_factors. NaN for a series with fewer than 60
    common observations, and in a draw that met too few of its days. ValueError for a penalty that is not positive
    (a draw may be collinear) or times that differ.
    """
    y = winsorize(np.asarray(returns, dtype=np.float64)[..., -WINDOW:])
    x = winsorize(np.asarray(factors, dtype=np.float64)[..., -WINDOW:])
    if not penalty > 0 or y.shape[-1] != x.shape[-1]:
        raise ValueError(f"penalty {penalty}, returns {y.shape} and factors {x.shape} do not fit")
    k = x.shape[0]
    result = np.full((draws, y.shape[0], k), np.nan)
    days = np.isfinite(x).all(axis=0)
    y, x = y[:, days], x[:, days]
    if y.shape[1] < FEWEST_OBSERVATIONS or not k:
        return result
    counts = block_counts(y.shape[1], BLOCK, draws, _SEED)
    for rows in _alike(np.isfinite(y)):
        known = np.isfinite(y[rows[0]])
        if known.sum() >= FEWEST_OBSERVATIONS:
            for start in range(0, rows.size, _ROWS_AT_ONCE):
                part = rows[start : start + _ROWS_AT_ONCE]
                result[:, part] = _draw(y[np.ix_(part, known)], x[:, known], counts[:, known], penalty)
    return result


def _draw(y: FloatArray, x: FloatArray, counts: FloatArray, penalty: float) -> FloatArray:
    """(draws, series, factors) for series without gaps. counts: (draws, time) how often a day is in a draw."""
    k, m = x.shape[0], y.shape[0]
    z, v = x - x.mean(axis=1, keepdims=True), y - y.mean(axis=1, keepdims=True)
    size = counts.sum(axis=1)
    share = counts / np.maximum(size, 1.0)[:, None]
    x_mean, y_mean = share @ z.T, share @ v.T
    gram = (share @ (z[:, None] * z[None, :]).reshape(k * k, -1).T).reshape(-1, k, k)
    gram -= x_mean[:, :, None] * x_mean[:, None, :]
    moment = (share @ (z[:, None] * v[None, :]).reshape(k * m, -1).T).reshape(-1, k, m)
    moment -= x_mean[:, :, None] * y_mean[:, None, :]
    scale = np.trace(gram, axis1=1, axis2=2) / k
    usable = (size >= k + 2) & (scale > 0)
    system = gram + (penalty * scale)[:, None, None] * np.eye(k)
    system[~usable] = np.eye(k)
    beta = np.linalg.solve(system, moment).transpose(0, 2, 1)
    beta[~usable] = np.nan
    return beta


def _alike(known: npt.NDArray[np.bool_]) -> list[IntArray]:
    """Rows that know the same days, together."""
    groups: dict[bytes, list[int]] = {}
    for row, mask in enumerate(np.packbits(known, axis=1)):
        groups.setdefault(mask.tobytes(), []).append(row)
    return [np.array(rows, dtype=np.int64) for rows in groups.values()]
