"""Which names of a book are one bet: shrunken correlations, clusters, and how many bets are left.

Source: Ledoit and Wolf (2004); Mantegna (1999); Meucci (2009) for the effective number of bets.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.covariance import cluster_correlations, shrink_covariance, to_correlation

FloatArray = npt.NDArray[np.float64]

FEWEST_OBSERVATIONS = 60
_LEAST_CORRELATION = 0.5


@dataclass(frozen=True, slots=True)
class Cluster:
    """Names that move together. weight: sum of their signed weights; mean_correlation.

    Over its pairs, None for one name.
    """

    names: tuple[str, ...]
    weight: float
    gross: float
    mean_correlation: float | None


@dataclass(frozen=True, slots=True)
class CorrelationMap:
    """names in display order with their correlation matrix; clusters by gross weight, largest first.

    left_out: names with too short or too broken a history. intensity: how much of the correlation was shrunk away.
    effective_bets: exponential of the entropy of variance shares over principal components, 1 .. names; 0 for none.
    """

    names: tuple[str, ...]
    correlation: FloatArray
    clusters: tuple[Cluster, ...]
    left_out: tuple[str, ...]
    intensity: float | None
    effective_bets: float


def compute_correlations(
    names: Sequence[str], returns: npt.ArrayLike, weights: npt.ArrayLike, least: float = _LEAST_CORRELATION
) -> CorrelationMap:
    """Correlation clusters of a book.

    returns: (names, time); weights: (names,) signed shares of total value. A name needs 60 returns; the days that all
    kept names know are used, and if those are fewer than 60 the names with the most gaps are dropped one by one.
    ValueError if the shapes differ.
    """
    r, w = np.asarray(returns, dtype=np.float64), np.asarray(weights, dtype=np.float64)
    if r.ndim != 2 or r.shape[0] != len(names) or w.shape != (len(names),):
        raise ValueError(f"{len(names)} names, returns {r.shape} and weights {w.shape} do not match")
    known = np.isfinite(r)
    kept = [row for row in range(len(names)) if known[row].sum() >= FEWEST_OBSERVATIONS and _varies(r[row])]
    while kept and known[kept].all(axis=0).sum() < FEWEST_OBSERVATIONS:
        kept.remove(min(kept, key=lambda row: (known[row].sum(), -row)))
    left_out = tuple(name for row, name in enumerate(names) if row not in kept)
    if not kept:
        return CorrelationMap((), np.empty((0, 0)), (), left_out, None, 0.0)
    days = known[kept].all(axis=0)
    z = r[kept][:, days]
    z = (z - z.mean(axis=1, keepdims=True)) / z.std(axis=1, keepdims=True)
    shrunk = shrink_covariance(z)
    correlation = to_correlation(shrunk.covariance)
    found = cluster_correlations(correlation, least)
    held = np.array(kept)
    members = [np.flatnonzero(found.labels == label) for label in range(int(found.labels.max()) + 1)]
    clusters = [
        _cluster([names[held[i]] for i in rows], w[held[rows]], correlation[np.ix_(rows, rows)]) for rows in members
    ]
    return CorrelationMap(
        names=tuple(names[held[row]] for row in found.order),
        correlation=correlation[np.ix_(found.order, found.order)],
        clusters=tuple(sorted(clusters, key=lambda cluster: (-cluster.gross, cluster.names))),
        left_out=left_out,
        intensity=shrunk.intensity,
        effective_bets=_effective_bets(w[held] * r[kept][:, days].std(axis=1), correlation),
    )


def _cluster(names: list[str], weights: FloatArray, correlation: FloatArray) -> Cluster:
    n = len(names)
    mean = float((correlation.sum() - n) / (n * (n - 1))) if n > 1 else None
    return Cluster(tuple(sorted(names)), float(weights.sum()), float(np.abs(weights).sum()), mean)


def _varies(series: FloatArray) -> bool:
    known = series[np.isfinite(series)]
    return bool(known.std() > 1e-12 * max(float(np.abs(known).max()), 1e-300))


def _effective_bets(risk: FloatArray, correlation: FloatArray) -> float:
    values, vectors = np.linalg.eigh(correlation)
    shares = (vectors.T @ risk) ** 2 * np.maximum(values, 0.0)
    if shares.sum() <= 0:
        return 0.0
    shares = shares[shares > 0] / shares.sum()
    return float(np.exp(-(shares * np.log(shares)).sum()))
