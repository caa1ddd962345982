"""Linear models of many series on a few factors that resemble each other: ridge, its bands, and how alike they are.

Shapes: y is (time,) or (series, time), x is (factors, time); NaN (or infinite) is missing. A moment enters a fit if the
series and every factor know it. Units: betas are units of y per unit of x.
Sources: Hoerl and Kennard (1970); Marquardt (1970) for variance inflation; methods.md 8.5.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.calibration import block_counts
from sentiment_site.quant.risk import co_moments

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_SINGULAR = 1e-12
_SEED = 20240514


class RidgeFit(NamedTuple):
    """One row per series, or no such axis for a single one; all NaN (n is kept) where there was too little to fit.

    beta and standard_error: (..., factors); intercept, r_squared, residual_deviation, degrees (effective number of
    factors, at most their number): (...,); n: observations. The standard error is that of the shrunk estimate: it
    measures sampling noise, not the bias that the shrinking adds.
    """

    beta: FloatArray
    intercept: FloatArray
    standard_error: FloatArray
    r_squared: FloatArray
    residual_deviation: FloatArray
    degrees: FloatArray
    n: IntArray


class Bands(NamedTuple):
    """Percentile band and standard deviation of each beta over bootstrap draws, (factors,)."""

    low: FloatArray
    high: FloatArray
    standard_error: FloatArray


class UnivariateFit(NamedTuple):
    """Each factor taken alone, (..., factors). The betas of factors that move together must not be added up."""

    beta: FloatArray
    standard_error: FloatArray
    r_squared: FloatArray
    n: IntArray


def fit_ridge(y: npt.ArrayLike, x: npt.ArrayLike, penalty: float = 0.10, min_obs: int = 60) -> RidgeFit:
    """beta = (G + penalty * tr(G)/k * I)^-1 Z'(y - mean), with Z the demeaned factors and G = Z'Z.

    penalty 0 is ordinary least squares with intercept, NaN where the factors are collinear. Series that know the same
    moments are solved together. ValueError if the times differ, the penalty is negative, or min_obs leaves no degree
    of freedom (it must exceed the number of factors by 2).
    """
    ys, xs = _shapes(y, x)
    m, k = ys.shape[0], xs.shape[0]
    if not 0 <= penalty < np.inf or min_obs < k + 2:
        raise ValueError(f"penalty {penalty} and {min_obs} observations do not fit {k} factors")
    known = np.isfinite(ys) & np.isfinite(xs).all(axis=0)
    fit = _empty_fit(m, k, known.sum(axis=1))
    for rows in _same_moments(known):
        pattern = known[rows[0]]
        if pattern.sum() >= min_obs:
            _fit_together(fit, rows, ys[np.ix_(rows, pattern)], xs[:, pattern], penalty)
    if np.ndim(y) == 1:
        return RidgeFit(*(part[0] for part in fit))
    return fit


def ridge_bands(
    y: npt.ArrayLike,
    x: npt.ArrayLike,
    penalty: float = 0.10,
    *,
    min_obs: int = 60,
    draws: int = 500,
    block: int = 10,
    level: float = 0.95,
    seed: int = _SEED,
) -> Bands:
    """Band of each beta of one series by a circular block bootstrap of moments, so that turbulent weeks stay whole.

    y: (time,). NaN where fit_ridge would be, or where a draw is collinear. ValueError as there.
    """
    ys, xs = _shapes(y, x)
    k = xs.shape[0]
    if np.ndim(y) != 1 or min_obs < k + 2 or min(draws, block) < 1:
        raise ValueError("bands need one series, a positive number of draws and a block")
    known = np.isfinite(ys[0]) & np.isfinite(xs).all(axis=0)
    n = int(known.sum())
    if n < min_obs:
        return Bands(*(np.full(k, np.nan) for _ in range(3)))
    design = np.vstack([np.ones(n), _demeaned(xs[:, known]), _demeaned(ys[:, known])])
    products = np.einsum("in,jn->nij", design, design).reshape(n, -1)
    sums = (block_counts(n, block, draws, seed) @ products).reshape(draws, k + 2, k + 2) / n
    centred = sums - sums[:, :, :1] * sums[:, :1, :]
    gram, moment = centred[:, 1:-1, 1:-1], centred[:, 1:-1, -1]
    scale = np.trace(gram, axis1=1, axis2=2) / k
    system = gram + (penalty * scale)[:, None, None] * np.eye(k)
    smallest = np.linalg.eigvalsh(system)[:, 0]
    solvable = smallest > _SINGULAR * scale
    if not solvable.all():
        return Bands(*(np.full(k, np.nan) for _ in range(3)))
    beta = np.linalg.solve(system, moment[:, :, None])[:, :, 0]
    low, high = np.quantile(beta, [0.5 - level / 2, 0.5 + level / 2], axis=0)
    return Bands(low, high, beta.std(axis=0, ddof=1 if draws > 1 else 0))


def fit_univariate(y: npt.ArrayLike, x: npt.ArrayLike, min_obs: int = 60) -> UnivariateFit:
    """Least squares with intercept on one factor at a time, over the moments that this pair knows.

    NaN for fewer than min_obs moments or a factor that does not vary. ValueError for fewer than 3 observations.
    """
    ys, xs = _shapes(y, x)
    if min_obs < 3:
        raise ValueError(f"a slope with its error needs at least 3 observations: {min_obs}")
    m = co_moments(ys, xs, min_obs)
    n = np.isfinite(ys).astype(np.float64) @ np.isfinite(xs).astype(np.float64).T
    safe, moves = np.where(m.varies_x, m.xx, 1.0), m.yy > 0
    beta = m.xy / safe
    rss = np.maximum(m.yy - beta * m.xy, 0.0)
    error = np.sqrt(rss / (np.maximum(n - 2, 1) * safe))
    explained = np.where(moves, 1 - rss / np.where(moves, m.yy, 1.0), np.nan)
    shape = np.shape(y)[:-1] + xs.shape[:1]
    slope, error, explained = (np.where(m.varies_x, part, np.nan).reshape(shape) for part in (beta, error, explained))
    return UnivariateFit(slope, error, explained, n.astype(np.int64).reshape(shape))


def variance_inflation(x: npt.ArrayLike, min_obs: int = 60) -> FloatArray:
    """1 / (1 - R2) of each factor on the others, (factors,): how much collinearity inflates the variance of its beta.

    1 is orthogonal, infinite where a factor is a combination of others or does not vary. NaN below min_obs.
    """
    xs = np.atleast_2d(np.asarray(x, dtype=np.float64))
    xs = xs[:, np.isfinite(xs).all(axis=0)]
    if xs.shape[1] < max(min_obs, 2):
        return np.full(xs.shape[0], np.nan)
    result = np.full(xs.shape[0], np.inf)
    z = _demeaned(xs)
    size = np.sqrt((z**2).sum(axis=1))
    varies = size > 0
    z = z[varies] / size[varies, None]
    for place, row in enumerate(np.flatnonzero(varies)):
        others = np.delete(z, place, axis=0)
        fitted = others.T @ np.linalg.lstsq(others.T, z[place], rcond=None)[0] if len(others) else 0.0 * z[place]
        left = float(((z[place] - fitted) ** 2).sum())
        result[row] = 1 / left if left > _SINGULAR else np.inf
    return result


def condition_number(x: npt.ArrayLike) -> float:
    """Largest over smallest singular value of the demeaned factors; infinite if collinear, NaN without a moment."""
    xs = np.atleast_2d(np.asarray(x, dtype=np.float64))
    xs = xs[:, np.isfinite(xs).all(axis=0)]
    if xs.shape[1] == 0:
        return float("nan")
    values = np.linalg.svd(_demeaned(xs), compute_uv=False)
    collinear = len(values) < len(xs) or values[-1] <= _SINGULAR * values[0]
    return float("inf") if collinear else float(values[0] / values[-1])


def _shapes(y: npt.ArrayLike, x: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    ys = np.atleast_2d(np.asarray(y, dtype=np.float64))
    xs = np.atleast_2d(np.asarray(x, dtype=np.float64))
    if ys.shape[1] != xs.shape[1]:
        raise ValueError(f"{ys.shape[1]} moments of y and {xs.shape[1]} of x do not match")
    return ys, xs


def _same_moments(known: BoolArray) -> list[IntArray]:
    """Rows of the mask that are alike, together."""
    groups: dict[bytes, list[int]] = {}
    for row, mask in enumerate(np.packbits(known, axis=1)):
        groups.setdefault(mask.tobytes(), []).append(row)
    return [np.array(rows, dtype=np.int64) for rows in groups.values()]


def _demeaned(rows: FloatArray) -> FloatArray:
    """Rows less their means; one whose variation is only the rounding of a constant becomes 0."""
    z = rows - rows.mean(axis=1, keepdims=True)
    flat = (z**2).mean(axis=1) <= (_SINGULAR * np.abs(rows).max(axis=1, initial=0.0)) ** 2
    return np.where(flat[:, None], 0.0, z)


def _empty_fit(m: int, k: int, n: IntArray) -> RidgeFit:
    wide, flat = np.full((m, k), np.nan), np.full(m, np.nan)
    return RidgeFit(wide, flat, wide.copy(), flat.copy(), flat.copy(), flat.copy(), n.astype(np.int64))


def _fit_together(fit: RidgeFit, rows: IntArray, y: FloatArray, x: FloatArray, penalty: float) -> None:
    """Fills `rows` of fit for series without gaps by one eigendecomposition of G."""
    k, n = x.shape
    x_mean, y_mean = x.mean(axis=1), y.mean(axis=1)
    z, centred = _demeaned(x), y - y_mean[:, None]
    values, vectors = np.linalg.eigh(z @ z.T)
    values = np.maximum(values, 0.0)
    ridge = penalty * values.sum() / k
    if values[0] + ridge <= _SINGULAR * values[-1] or values[-1] == 0:
        return
    shrunk = 1 / (values + ridge)
    beta = (centred @ z.T) @ vectors * shrunk @ vectors.T
    residual = centred - beta @ z
    degrees = float((values * shrunk).sum())
    rss, tss = (residual**2).sum(axis=1), (centred**2).sum(axis=1)
    variance = rss / (n - 1 - degrees)
    spread = ((vectors**2) * (values * shrunk**2)).sum(axis=1)
    fit.beta[rows], fit.intercept[rows] = beta, y_mean - beta @ x_mean
    fit.standard_error[rows] = np.sqrt(variance[:, None] * spread)
    varies = tss > (_SINGULAR * np.abs(y).max(axis=1)) ** 2 * n
    fit.r_squared[rows] = np.where(varies, 1 - rss / np.where(varies, tss, 1.0), np.nan)
    fit.residual_deviation[rows], fit.degrees[rows] = np.sqrt(variance), degrees
