"""Covariance of more series than a sample can pin down, and the groups that move together.

Sources: Ledoit and Wolf (2004), A well-conditioned estimator for large-dimensional covariance matrices
(methods.md 6.3); Mantegna (1999) for the distance sqrt((1 - rho) / 2); average linkage by scipy.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class ShrunkCovariance(NamedTuple):
    """covariance: (series, series); intensity: share of the identity's multiple in it, 0 (sample) to 1."""

    covariance: FloatArray
    intensity: float


class Clusters(NamedTuple):
    """labels: (series,) 0 for the first cluster in display order; order: rows so that clusters are neighbours."""

    labels: IntArray
    order: IntArray


def shrink_covariance(returns: npt.ArrayLike) -> ShrunkCovariance:
    """(1 - d) S + d mu I with S = Z'Z/T of the demeaned series, mu = tr S / n and the optimal d in closed form.

    returns: (series, time), without gaps. ValueError for a gap, fewer than 2 moments or no series.
    """
    r = np.asarray(returns, dtype=np.float64)
    if r.ndim != 2 or r.shape[0] == 0 or r.shape[1] < 2 or not np.isfinite(r).all():
        raise ValueError(f"returns {r.shape} must be (series, time), 2 moments at least, none missing")
    n, moments = r.shape
    z = r - r.mean(axis=1, keepdims=True)
    sample = z @ z.T / moments
    mean = float(np.trace(sample)) / n
    size = float((sample**2).sum())
    distance = size / n - mean**2
    noise = (float(((z**2).sum(axis=0) ** 2).sum()) / moments**2 - size / moments) / n
    intensity = min(max(noise / distance, 0.0), 1.0) if distance > 0 else 1.0
    return ShrunkCovariance((1 - intensity) * sample + intensity * mean * np.eye(n), intensity)


def to_correlation(covariance: npt.ArrayLike) -> FloatArray:
    """Correlation of a covariance matrix, within [-1, 1] with a diagonal of 1; a series without variance has 0s."""
    c = np.asarray(covariance, dtype=np.float64)
    deviation = np.sqrt(np.maximum(np.diag(c), 0.0))
    inverse = np.where(deviation > 0, 1 / np.where(deviation > 0, deviation, 1.0), 0.0)
    correlation = np.clip(c * inverse[:, None] * inverse[None, :], -1.0, 1.0)
    np.fill_diagonal(correlation, 1.0)
    return correlation


def cluster_correlations(correlation: npt.ArrayLike, least: float = 0.5) -> Clusters:
    """Average-linkage clusters whose mean distance stays that of a correlation of `least` or more.

    correlation: (series, series), symmetric. One series is one cluster; none gives empty arrays. ValueError if `least`
    is not a correlation.
    """
    c = np.asarray(correlation, dtype=np.float64)
    if not -1 <= least <= 1:
        raise ValueError(f"the least correlation must lie within [-1, 1]: {least}")
    if c.shape[0] < 2:
        rows = np.arange(c.shape[0], dtype=np.int64)
        return Clusters(np.zeros(c.shape[0], dtype=np.int64), rows)
    distance = np.sqrt(np.clip((1 - (c + c.T) / 2) / 2, 0.0, 1.0))
    np.fill_diagonal(distance, 0.0)
    from scipy.cluster import hierarchy  # takes a third of a second to import, which every process would pay
    from scipy.spatial.distance import squareform

    tree = hierarchy.linkage(squareform(distance, checks=False), method="average", optimal_ordering=True)
    flat = hierarchy.fcluster(tree, t=float(np.sqrt((1 - least) / 2)) + 1e-12, criterion="distance")
    order = hierarchy.leaves_list(tree).astype(np.int64)
    seen: dict[int, int] = {}
    for row in order:
        seen.setdefault(int(flat[row]), len(seen))
    return Clusters(np.array([seen[int(label)] for label in flat], dtype=np.int64), order)
