"""Leaders of this moment and their neighbours, scored from stored rows: a look-up and twenty logistic terms each."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from themes.kernels.co_jumps import (
    FEATURES,
    PAIR_MODEL,
    STATIC_MODEL,
    CoJumps,
    Pairs,
    compute_pair_features,
    list_pairs,
)
from themes.kernels.sympathy import CONFIRMING, NEIGHBOURS, Neighbours, Network, Scale, compute_confirmation

from .figures import Figures

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class EdgeRow(NamedTuple):
    """A stored edge, by rows of the figures."""

    leader: int
    target: int
    rank: int
    correlation: float
    recent: float
    co_jumps: int


class Scored(NamedTuple):
    """A pair of this moment: rows of the figures, P that the target's session goes the leader's way, its features.

    is_confirmed: the neighbours' own moves were known and entered (PAIR_MODEL), else STATIC_MODEL.
    """

    leader: int
    target: int
    probability: float
    features: dict[str, float]
    is_confirmed: bool


def score_pairs(
    figures: Figures, edges: Sequence[EdgeRow], leaders: Sequence[int], z: Floats, sessions: int
) -> list[Scored]:
    """Every stored neighbour of the leaders. z: (n,) residual moves of the session so far, NaN unknown; sessions: of
    the network. Where none of a leader's first three neighbours has traded yet, the static model answers."""
    rows, local, network, counts = _small_network(figures, edges, leaders, sessions)
    events = np.array([local[one] for one in leaders], dtype=np.int64)
    near = network.neighbours.rows[events]
    now = np.where(near >= 0, z[rows][np.maximum(near, 0)], np.nan)
    lead_z = z[rows][events]
    pairs = list_pairs(network, events, lead_z, compute_confirmation(np.sign(lead_z), now))
    features = compute_pair_features(network, counts, pairs, figures.industry[rows], figures.sector[rows])
    confirmed = np.asarray(np.isfinite(now[:, :CONFIRMING]).any(axis=1))
    is_confirmed = confirmed[_event_of(pairs, events)] if pairs.leader.size else np.zeros(0, dtype=np.bool_)
    probability = np.where(is_confirmed, PAIR_MODEL.probability(features), STATIC_MODEL.probability(features))
    return [
        Scored(
            int(rows[pairs.leader[place]]),
            int(rows[pairs.target[place]]),
            float(probability[place]),
            dict(zip(FEATURES, (features[place] + 0.0).tolist(), strict=True)),  # JSON in PostgreSQL has no -0.0
            bool(is_confirmed[place]),
        )
        for place in range(pairs.leader.size)
        if np.isfinite(probability[place])
    ]


def _event_of(pairs: Pairs, events: Ints) -> Ints:
    """The place among the leaders of each pair's leader."""
    order = np.argsort(events)
    return np.asarray(order[np.searchsorted(events, pairs.leader, sorter=order)])


def _small_network(
    figures: Figures, edges: Sequence[EdgeRow], leaders: Sequence[int], sessions: int
) -> tuple[Ints, dict[int, int], Network, CoJumps]:
    """The leaders and their neighbours as a network of their own: what the kernels ask of a pair, and nothing else."""
    rows = np.array(sorted({*leaders, *(edge.target for edge in edges)}), dtype=np.int64)
    local = {int(row): place for place, row in enumerate(rows)}
    size = rows.size
    correlation, recent = np.eye(size), np.eye(size)
    joint = np.zeros((size, size), dtype=np.int32)
    nearest = np.full((size, NEIGHBOURS), -1, dtype=np.int64)
    for edge in edges:
        i, j = local[edge.leader], local[edge.target]
        correlation[i, j], recent[i, j], joint[i, j] = edge.correlation, edge.recent, edge.co_jumps
        nearest[i, edge.rank] = j
    scale = Scale(*(part[rows] for part in figures.scale))
    neighbours = Neighbours(nearest, np.full(nearest.shape, np.nan))
    network = Network(scale, correlation, recent, float("nan"), neighbours)
    return rows, local, network, CoJumps(joint, figures.jumps[rows], figures.moves[rows], sessions)


def model_version(scored: Scored, version: str) -> str:
    """Which model answered."""
    return f"{version} {'confirmed' if scored.is_confirmed else 'static'}"


def load_edge_rows(figures: Figures, edges: Sequence[tuple[Any, ...]]) -> list[EdgeRow]:
    """(instrument, neighbour, rank, C, Ce, co-jumps) of stored edges by rows of the figures."""
    place = figures.row_of
    return [
        EdgeRow(place[leader], place[target], rank, correlation, recent or 0.0, joint)
        for leader, target, rank, correlation, recent, joint in edges
        if leader in place and target in place
    ]
