"""Honest numbers: intervals, rank correlations, probability scores, and the two models that make probabilities.

Rows are observations. Bootstraps resample blocks of days, because the rows of one day, and of days next to each
other, are not independent. Sources: methods.md 1.10, 1.12, 10.1, 10.2; Wilson (1927); Newey and West (1987);
Murphy (1973); Kunsch (1989) and Politis and Romano (1992) for the circular block bootstrap.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import expit, ndtri

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_SEED = 20240514
_SMALLEST = 1e-12
_NEWTON_STEPS = 200
_CONVERGED = 1e-10


class Interval(NamedTuple):
    """A value with the ends of its interval; all NaN where nothing was observed."""

    value: float
    low: float
    high: float


class MeanTest(NamedTuple):
    """Mean of a series, its standard error and t against 0; NaN where the series is too short or constant."""

    mean: float
    standard_error: float
    t: float
    n: int


class Murphy(NamedTuple):
    """Brier score = reliability - resolution + uncertainty + within, the last for forecasts differing in a bin."""

    brier: float
    reliability: float
    resolution: float
    uncertainty: float
    within: float


def wilson_interval(hits: int, n: int, level: float = 0.95) -> Interval:
    """Share hits / n with Wilson's score interval; NaN for n = 0. ValueError for hits outside 0..n."""
    if not 0 <= hits <= n:
        raise ValueError(f"{hits} hits of {n}")
    if n == 0:
        return Interval(math.nan, math.nan, math.nan)
    z, p = float(ndtri(0.5 + level / 2)), hits / n
    middle = (p + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * math.sqrt(p * (1 - p) / n + z * z / (4 * n * n))
    return Interval(p, max(0.0, middle - half), min(1.0, middle + half))


def bootstrap_days(
    rows: npt.ArrayLike,
    days: npt.ArrayLike,
    statistic: Callable[[FloatArray], FloatArray],
    *,
    block: int = 10,
    draws: int = 2000,
    level: float = 0.95,
    seed: int = _SEED,
) -> Interval:
    """Percentile interval of a statistic of sums by a circular block bootstrap over days.

    rows: (n, k) numbers to be summed; days: (n,) day of each row, in any order. statistic: (draws, k) sums -> (draws,),
    for example hits over calls; a draw that makes it NaN is left out. All NaN without rows. ValueError if rows and
    days do not match, or block or draws is below 1.
    """
    values, day = np.asarray(rows, dtype=np.float64), np.asarray(days)
    if values.ndim != 2 or day.shape != values.shape[:1] or min(block, draws) < 1:
        raise ValueError(f"rows {values.shape}, days {day.shape}, block {block} and draws {draws} do not match")
    if not len(values):
        return Interval(math.nan, math.nan, math.nan)
    distinct, place = np.unique(day, return_inverse=True)
    sums = np.zeros((distinct.size, values.shape[1]))
    np.add.at(sums, place, values)
    drawn = statistic(block_counts(distinct.size, block, draws, seed) @ sums)
    drawn = drawn[np.isfinite(drawn)]
    value = float(statistic(sums.sum(axis=0)[None, :])[0])
    if not drawn.size:
        return Interval(value, math.nan, math.nan)
    low, high = np.quantile(drawn, [0.5 - level / 2, 0.5 + level / 2])
    return Interval(value, float(low), float(high))


def block_counts(size: int, block: int, draws: int, seed: int) -> FloatArray:
    """How often each of `size` days is in each draw, (draws, size); every row sums to size."""
    length = min(block, size)
    starts = np.random.default_rng(seed).integers(0, size, (draws, math.ceil(size / length)))
    picked = ((starts[:, :, None] + np.arange(length)) % size).reshape(draws, -1)[:, :size]
    counts = np.zeros((draws, size))
    np.add.at(counts, (np.arange(draws)[:, None], picked), 1.0)
    return counts


def quotient(part: FloatArray, whole: FloatArray) -> FloatArray:
    """part / whole, NaN where the whole is 0: for statistics of bootstrap_days."""
    usable = whole != 0
    return np.where(usable, part / np.where(usable, whole, 1.0), np.nan)


def newey_west(series: npt.ArrayLike, lags: int | None = None) -> MeanTest:
    """Mean of a time series with the Newey-West standard error (Bartlett weights, no small-sample correction).

    series: (time,), NaN left out. lags: default floor(4 (n / 100)^(2/9)).
    """
    x = np.asarray(series, dtype=np.float64)
    x = x[np.isfinite(x)]
    n = x.size
    if n < 2:
        return MeanTest(float(x.mean()) if n else math.nan, math.nan, math.nan, n)
    used = min(math.floor(4 * (n / 100) ** (2 / 9)) if lags is None else lags, n - 1)
    centred = x - x.mean()
    variance = float(centred @ centred)
    for lag in range(1, used + 1):
        variance += 2 * (1 - lag / (used + 1)) * float(centred[lag:] @ centred[:-lag])
    error = math.sqrt(max(variance, 0.0)) / n
    flat = error <= _SMALLEST * max(1.0, float(np.abs(x).max()))
    return MeanTest(float(x.mean()), error, math.nan if flat else float(x.mean()) / error, n)


def rank_correlation(x: npt.ArrayLike, y: npt.ArrayLike, min_obs: int = 3) -> float:
    """Spearman's correlation over the pairs both know, (n,); NaN for fewer than min_obs pairs or a constant side."""
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    used = np.isfinite(a) & np.isfinite(b)
    if used.sum() < min_obs:
        return math.nan
    from scipy.stats import rankdata  # takes a second to import, which every process would pay

    ra, rb = rankdata(a[used]), rankdata(b[used])
    ra, rb = ra - ra.mean(), rb - rb.mean()
    size = math.sqrt(float(ra @ ra) * float(rb @ rb))
    return float(ra @ rb) / size if size > 0 else math.nan


def sign_persistence(elapsed_variance: float, added_variance: float) -> float:
    """Chance that a driftless move keeps its sign: 1/2 + asin(sqrt(a / (a + b))) / pi (methods.md 10.2).

    a: variance of the move so far, b: of what is added; any common unit. What a claim of persistence must beat.
    ValueError for a negative variance or none at all.
    """
    if not (elapsed_variance >= 0 and added_variance >= 0 and elapsed_variance + added_variance > 0):
        raise ValueError(f"variances {elapsed_variance} and {added_variance}")
    return 0.5 + math.asin(math.sqrt(elapsed_variance / (elapsed_variance + added_variance))) / math.pi


def _pairs(probability: npt.ArrayLike, outcome: npt.ArrayLike) -> tuple[FloatArray, FloatArray]:
    p, y = np.asarray(probability, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    used = np.isfinite(p) & np.isfinite(y)
    p, y = p[used], y[used]
    if ((p < 0) | (p > 1)).any() or not np.isin(y, (0.0, 1.0)).all():
        raise ValueError("probabilities must lie in [0, 1] and outcomes be 0 or 1")
    return p, y


def brier_score(probability: npt.ArrayLike, outcome: npt.ArrayLike) -> float:
    """Mean squared difference of forecast and outcome (0 or 1) over the known pairs; NaN for none."""
    p, y = _pairs(probability, outcome)
    return float(((p - y) ** 2).mean()) if p.size else math.nan


def brier_skill(probability: npt.ArrayLike, outcome: npt.ArrayLike, climatology: float | None = None) -> float:
    """1 - Brier / Brier of always saying `climatology` (default: the outcomes' own share, the hardest constant).

    At most 1, 0 for no better than the constant; NaN where the constant is perfect or nothing is known.
    """
    p, y = _pairs(probability, outcome)
    if not p.size:
        return math.nan
    constant = float(y.mean()) if climatology is None else climatology
    reference = float(((constant - y) ** 2).mean())
    return 1 - float(((p - y) ** 2).mean()) / reference if reference > 0 else math.nan


def log_loss(probability: npt.ArrayLike, outcome: npt.ArrayLike) -> float:
    """Mean negative log likelihood, forecasts kept 1e-12 away from 0 and 1; NaN for no pair."""
    p, y = _pairs(probability, outcome)
    if not p.size:
        return math.nan
    p = np.clip(p, _SMALLEST, 1 - _SMALLEST)
    return float(-(y * np.log(p) + (1 - y) * np.log(1 - p)).mean())


def calibration_error(probability: npt.ArrayLike, outcome: npt.ArrayLike, bins: int = 10) -> float:
    """ECE: mean |share of outcomes - mean forecast| over equal-count bins, weighted by their size; NaN for no pair."""
    p, y = _pairs(probability, outcome)
    if not p.size:
        return math.nan
    parts = _equal_count(p, bins)
    return sum(part.size * abs(float(y[part].mean() - p[part].mean())) for part in parts) / p.size


def murphy(probability: npt.ArrayLike, outcome: npt.ArrayLike, bins: int = 10) -> Murphy:
    """Murphy's decomposition over equal-count bins; all NaN for no pair. The four parts sum to the Brier score."""
    p, y = _pairs(probability, outcome)
    if not p.size:
        return Murphy(*(math.nan,) * 5)
    parts, overall = _equal_count(p, bins), float(y.mean())
    reliability = sum(part.size * float(p[part].mean() - y[part].mean()) ** 2 for part in parts) / p.size
    resolution = sum(part.size * (float(y[part].mean()) - overall) ** 2 for part in parts) / p.size
    uncertainty, brier = overall * (1 - overall), float(((p - y) ** 2).mean())
    return Murphy(brier, reliability, resolution, uncertainty, brier - reliability + resolution - uncertainty)


def _equal_count(p: FloatArray, bins: int) -> list[IntArray]:
    """Row numbers of each bin, by forecast; fewer bins than asked where there are fewer rows."""
    return [part for part in np.array_split(np.argsort(p, kind="stable"), bins) if part.size]


class Logistic(NamedTuple):
    """A fitted model; features are standardised by centre and scale before the coefficients apply."""

    centre: FloatArray
    scale: FloatArray
    intercept: float
    coefficients: FloatArray

    def probability(self, features: npt.ArrayLike) -> FloatArray:
        """P(outcome = 1) of (n, k) features, (n,); NaN where a feature is missing."""
        z = (np.asarray(features, dtype=np.float64) - self.centre) / self.scale
        probability: FloatArray = expit(self.intercept + z @ self.coefficients)
        return probability


def fit_logistic(features: npt.ArrayLike, outcome: npt.ArrayLike, strength: float = 0.1) -> Logistic:
    """L2 logistic regression by damped Newton steps: minimises strength * sum(log loss) + |coefficients|^2 / 2.

    features: (n, k), standardised here (a constant one gets no weight); outcome: (n,) of 0 and 1; the intercept is not
    penalised; strength is scikit-learn's C. ValueError for missing values, other shapes or a single kind of outcome,
    for which no finite intercept exists, and where the steps do not converge.
    """
    x, y = np.asarray(features, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    if x.ndim != 2 or y.shape != x.shape[:1] or not (np.isfinite(x).all() and np.isin(y, (0.0, 1.0)).all()):
        raise ValueError(f"features {x.shape} and outcomes {y.shape} must match, be known, and outcomes 0 or 1")
    if np.unique(y).size < 2:
        raise ValueError("both outcomes must occur")
    centre, scale = x.mean(axis=0), x.std(axis=0)
    scale = np.where(scale > _SMALLEST * np.maximum(1.0, np.abs(centre)), scale, np.inf)
    z = np.column_stack([np.ones(len(x)), (x - centre) / scale])
    penalty = np.ones(z.shape[1])
    penalty[0] = 0.0
    w = np.zeros(z.shape[1])
    for _ in range(_NEWTON_STEPS):
        p = expit(z @ w)
        gradient = strength * (z.T @ (p - y)) + penalty * w
        curvature = strength * (z.T * (p * (1 - p))) @ z + np.diag(penalty)
        step = np.linalg.solve(curvature, gradient)
        if float(np.abs(step).max()) <= _CONVERGED * (1.0 + float(np.abs(w).max())):
            return Logistic(centre, scale, float(w[0]), w[1:])
        w -= step / max(1.0, float(np.abs(step).max()))  # steps of at most 1 keep Newton's method from overshooting
    raise ValueError(f"no convergence within {_NEWTON_STEPS} steps")


class Isotonic(NamedTuple):
    """A rising step curve; linear between its points, flat beyond them."""

    x: FloatArray
    y: FloatArray

    def __call__(self, values: npt.ArrayLike) -> FloatArray:
        """The curve at the values; NaN stays NaN."""
        v = np.asarray(values, dtype=np.float64)
        return np.where(np.isnan(v), np.nan, np.interp(np.nan_to_num(v), self.x, self.y))


def fit_isotonic(x: npt.ArrayLike, y: npt.ArrayLike) -> Isotonic:
    """The non-decreasing curve nearest to y in squares (pool adjacent violators); ties of x share their mean.

    x, y: (n,). ValueError for shapes that differ, missing values or n = 0.
    """
    a, b = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if a.ndim != 1 or a.shape != b.shape or not a.size or not np.isfinite(np.concatenate([a, b])).all():
        raise ValueError(f"x {a.shape} and y {b.shape} must match, be known and not empty")
    distinct, place, count = np.unique(a, return_inverse=True, return_counts=True)
    means = np.bincount(place, weights=b) / count
    from scipy.optimize import isotonic_regression  # half a second, as above

    return Isotonic(distinct, np.asarray(isotonic_regression(means, weights=count.astype(np.float64)).x))
