"""A correlation matrix as the map's communities need it: without noise and without the market. methods.md 6.3.

MacMahon and Garlaschelli (2015): correlations are no links, because even independent series correlate, and all stocks
share the market; what is left after both is the modularity null's excess, C_group. Marchenko and Pastur (1967) for the
edge of noise.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# The leading mode is the market if at least this much of it is the even mix of all stocks.
MARKET_ALIGNMENT: Final = 0.5


class CommunityInput(NamedTuple):
    """group: (n, n) C_group; weights: its positive part without a diagonal, edges for Louvain at resolution 1;
    modes: group modes above the noise; has_market: a market mode was taken out."""

    group: Floats
    weights: Floats
    modes: int
    has_market: bool


def compute_noise_edge(stocks: int, sessions: int, intensity: float = 0.0) -> float:
    """Largest eigenvalue that chance reaches: (1 + sqrt(n / T))^2, pulled to 1 as the shrinkage pulled the matrix.

    ValueError for fewer than one session or an intensity outside [0, 1].
    """
    if sessions < 1 or not 0 <= intensity <= 1:
        raise ValueError(f"{sessions} sessions, intensity {intensity}")
    return float((1 - intensity) * (1 + np.sqrt(stocks / sessions)) ** 2 + intensity)


def prepare_communities(correlation: npt.ArrayLike, sessions: int, intensity: float = 0.0) -> CommunityInput:
    """The group part of a correlation matrix (n, n) of T sessions that was shrunk by `intensity`.

    Pass stocks of the network only. The leading mode is taken out if it is the market (more than half of it is the
    even mix of all stocks), so the largest group is not lost where residuals left no market. No mode above the noise:
    all zero. ValueError for a matrix that is not square or has gaps.
    """
    c = np.asarray(correlation, dtype=np.float64)
    if c.ndim != 2 or c.shape[0] != c.shape[1] or not np.isfinite(c).all():
        raise ValueError(f"correlation {c.shape} must be square and known")
    n = c.shape[0]
    edge = compute_noise_edge(n, sessions, intensity)
    if n == 0:
        return CommunityInput(c.copy(), c.copy(), 0, False)
    values, vectors = np.linalg.eigh((c + c.T) / 2)
    kept = values > edge
    has_market = bool(kept[-1] and vectors[:, -1].sum() ** 2 / n >= MARKET_ALIGNMENT)
    if has_market:
        kept[-1] = False
    group = (vectors[:, kept] * values[kept]) @ vectors[:, kept].T
    group = (group + group.T) / 2
    weights = np.maximum(group, 0.0)
    np.fill_diagonal(weights, 0.0)
    return CommunityInput(group, weights, int(kept.sum()), has_market)
