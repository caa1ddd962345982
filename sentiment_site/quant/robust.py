"""Robust cross-sectional statistics: winsorised returns, weighted means, capped weights, jackknife errors.

The cross-section (the constituents of a group) runs along axis 0, horizons or groups along the last axis.
Sources: methods.md 1.2 (weights, caps), 1.3 (winsor), 1.5 (effective number), 1.7 (delete-group jackknife).
"""

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

_FEWEST_SHARES = 2.0  # ln V must be a positive weight: V >= 2 (methods.md 1.2)


def clip_returns(returns: npt.ArrayLike, caps: npt.ArrayLike) -> FloatArray:
    """Winsorise: clip every return to +-cap of its horizon.

    returns: percent points, any shape; caps: positive, broadcast against it, for example (n, horizons) with
    (horizons,). NaN stays NaN, infinities become the cap. ValueError if a cap is not positive.
    """
    limits = np.asarray(caps, dtype=np.float64)
    if not (limits > 0).all():
        raise ValueError("winsor caps must be positive")
    return np.clip(np.asarray(returns, dtype=np.float64), -limits, limits)


def weighted_mean(values: npt.ArrayLike, weights: npt.ArrayLike | None = None) -> FloatArray:
    """Sum of w x over sum of w, along axis 0, over the pairs in which both are finite.

    values: (n,) or (n, k); weights: the same shape, or (n,) for all columns, or None for the plain mean.
    Returns () or (k,); NaN where no pair is usable or the weights sum to 0, so also for n = 0.
    ValueError for a negative weight.
    """
    x = np.asarray(values, dtype=np.float64)
    w = _weights_like(x, weights)
    used = np.isfinite(x) & np.isfinite(w)
    w = np.where(used, w, 0.0)
    return _ratio((w * np.where(used, x, 0.0)).sum(axis=0), w.sum(axis=0))


def log_volume_weights(volume: npt.ArrayLike) -> FloatArray:
    """ln V per constituent, the weight of the reported sector performance (methods.md 1.2).

    volume: shares traded in the window, (n,) or (n, k). Volumes below 2 count as 2, so that every weight is positive.
    A missing volume (NaN, infinite or negative) takes the median of ln V of its column; if the whole column is missing
    all weights are 1, which makes the weighted mean a plain one.
    """
    v = np.asarray(volume, dtype=np.float64)
    known = np.isfinite(v) & (v >= 0)
    logs = np.where(known, np.log(np.where(known, np.maximum(v, _FEWEST_SHARES), _FEWEST_SHARES)), np.nan)
    if v.size == 0:
        return logs
    columns = logs.reshape(v.shape[0], -1)
    for column in np.flatnonzero(np.isnan(columns).any(axis=0)):
        seen = columns[:, column][~np.isnan(columns[:, column])]
        columns[np.isnan(columns[:, column]), column] = np.median(seen) if seen.size else 1.0
    return columns.reshape(v.shape)


def capped_weights(weights: npt.ArrayLike, cap: float = 0.10) -> FloatArray:
    """Weights of which none exceeds `cap` of the total; the total stays and the others keep their proportions.

    weights: (n,), not negative; NaN and zero weights stay as they are. cap: a share in (0, 1].
    This is the fixed point of "cap at 10 % of the total, iterate" (methods.md 1.2), solved directly: three rounds of
    clipping come close to it in a normal sector but leave a single dominant name far above its cap.
    With 1/cap or fewer positive weights the cap cannot hold; they become equal, the nearest there is.
    """
    if not 0 < cap <= 1:
        raise ValueError(f"the cap must be a share in (0, 1]: {cap}")
    w = np.asarray(weights, dtype=np.float64)
    _refuse_negative(w)
    present = np.isfinite(w) & (w > 0)
    result = w.copy()
    if not present.any():
        return result
    largest = w[present].max()
    result[present] = _cap_shares(w[present] / largest, cap) * largest
    return result


def _cap_shares(w: FloatArray, cap: float) -> FloatArray:
    """capped_weights for positive weights scaled to a maximum of 1."""
    total = w.sum()
    if w.size * cap <= 1:
        return np.full(w.shape, total / w.size)
    ordered = np.sort(w)[::-1]
    # with the k largest at the cap, the rest shares what the caps leave in proportion; k is the smallest that fits
    k = np.arange(w.size)
    rest = np.cumsum(ordered[::-1])[::-1]
    left = 1.0 - k * cap
    fits = ordered * left <= cap * rest
    fits[np.count_nonzero(left > 0) - 1] = True  # true by algebra; rounding must not decide it
    first = int(np.argmax(fits))
    scale = left[first] * total / rest[first]
    capped: FloatArray = np.minimum(w * scale, cap * total)
    return capped


def effective_number(weights: npt.ArrayLike) -> FloatArray:
    """(sum w)^2 / sum w^2 along axis 0: how many equal constituents carry the same weight (methods.md 1.5).

    weights: (n,) or (n, k), not negative, NaN = absent. Returns () or (k,); 0 for no weight at all.
    """
    w = np.asarray(weights, dtype=np.float64)
    _refuse_negative(w)
    w = np.where(np.isfinite(w), w, 0.0)
    largest = w.max(axis=0, initial=0.0)
    scaled = w / np.where(largest > 0, largest, 1.0)  # squares of tiny or huge weights would leave float64
    return np.nan_to_num(_ratio(scaled.sum(axis=0) ** 2, (scaled**2).sum(axis=0)))


def jackknife_groups(size: int, count: int = 10, seed: int = 20240514) -> IntArray:
    """Deals `size` constituents at random into `count` groups whose sizes differ by at most one.

    Returns (size,) group numbers 0..min(count, size)-1, the same for the same arguments. Fewer constituents than
    groups: each is its own group, the ordinary delete-one jackknife.
    """
    if size < 0 or count < 1:
        raise ValueError(f"cannot deal {size} constituents into {count} groups")
    groups = np.arange(size, dtype=np.int64) % max(min(count, size), 1)
    return np.random.default_rng(seed).permutation(groups)


def delete_group_weighted_means(values: npt.ArrayLike, weights: npt.ArrayLike, groups: npt.ArrayLike) -> FloatArray:
    """weighted_mean with one group of constituents left out at a time, all groups in one product.

    values: (n,) or (n, k); weights: the same shape or (n,); groups: (n,) from jackknife_groups.
    Returns (groups,) or (groups, k), row g without group g; NaN where nothing usable remains.
    """
    x = np.asarray(values, dtype=np.float64)
    w = _weights_like(x, weights)
    used = np.isfinite(x) & np.isfinite(w)
    w = np.where(used, w, 0.0)
    group = np.asarray(groups, dtype=np.int64)
    kept = (group != np.arange(group.max(initial=-1) + 1)[:, None]).astype(np.float64)
    return _ratio(kept @ (w * np.where(used, x, 0.0)), kept @ w)


def delete_group_jackknife_se(replicates: npt.ArrayLike) -> FloatArray:
    """Standard error from the statistic computed without each group: sqrt((G-1)/G sum (t_g - mean t)^2).

    replicates: (G,) or (G, k), row g without group g. NaN replicates are left out and G counts the rest.
    Returns () or (k,); NaN with fewer than two.
    Source: methods.md 1.7; Wolter, Introduction to Variance Estimation, chapter 4.
    """
    t = np.asarray(replicates, dtype=np.float64)
    used = np.isfinite(t)
    count = used.sum(axis=0).astype(np.float64)
    mean = _ratio(np.where(used, t, 0.0).sum(axis=0), count)
    squares = (np.where(used, t - mean, 0.0) ** 2).sum(axis=0)
    enough = count >= 2
    return np.where(enough, np.sqrt(squares * (count - 1) / np.maximum(count, 1.0)), np.nan)


def _weights_like(x: FloatArray, weights: npt.ArrayLike | None) -> FloatArray:
    if weights is None:
        return np.ones(x.shape)
    w = np.asarray(weights, dtype=np.float64)
    _refuse_negative(w)
    if w.ndim < x.ndim:
        w = w.reshape(w.shape + (1,) * (x.ndim - w.ndim))
    return np.broadcast_to(w, x.shape)


def _refuse_negative(w: FloatArray) -> None:
    if (w < 0).any():
        raise ValueError("weights must not be negative")


def _ratio(numerator: npt.ArrayLike, denominator: npt.ArrayLike) -> FloatArray:
    """Quotient, NaN where the denominator is 0."""
    below = np.asarray(denominator, dtype=np.float64)
    usable = below > 0
    return np.where(usable, np.asarray(numerator, dtype=np.float64) / np.where(usable, below, 1.0), np.nan)
