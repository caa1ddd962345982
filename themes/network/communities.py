"""Groups of stocks that move together beyond noise and market: Louvain on the part of C that says so."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from themes.kernels.communities_input import prepare_communities

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

NEAREST: Final = 20  # edges a stock brings: all of them make Louvain take minutes and find the same groups
SMALLEST: Final = 3
SEED: Final = 7


def find_communities(correlation: Floats, eligible: npt.NDArray[np.bool_], sessions: int, intensity: float) -> Ints:
    """A number per stock, 0 for the largest group, -1 for none (n,). The same input gives the same groups.

    Groups of fewer than three are none. Without a mode above the noise nobody is in one.
    """
    import networkx  # takes a second to import, which only the nightly fit and the picture pay

    found = np.full(eligible.size, -1, dtype=np.int64)
    rows = np.flatnonzero(eligible)
    if rows.size < SMALLEST:
        return found
    weights = prepare_communities(correlation[np.ix_(rows, rows)], sessions, intensity).weights
    count = min(NEAREST, rows.size - 1)
    nearest = np.argpartition(-weights, count - 1, axis=1)[:, :count]
    graph = networkx.Graph()
    graph.add_nodes_from(range(rows.size))
    for one in range(rows.size):
        for other in sorted(nearest[one].tolist()):
            if weights[one, other] > 0:
                graph.add_edge(one, other, weight=float(weights[one, other]))
    if not graph.number_of_edges():
        return found
    groups = networkx.community.louvain_communities(graph, weight="weight", resolution=1, seed=SEED)
    kept = sorted((sorted(group) for group in groups if len(group) >= SMALLEST), key=lambda group: (-len(group), group))
    for number, group in enumerate(kept):
        found[rows[group]] = number
    return found
