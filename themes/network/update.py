"""The network after a significant move: the night's, with one more set of returns in Ce and in the counts.

Ce and counts are worked out anew from the bars of the night, so that no update stands on another: the stored rows are
enough, no matrix is kept.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from themes.kernels import sympathy
from themes.kernels.co_jumps import CoJumps, add_session
from themes.models import SympathyNetwork

from .figures import Figures
from .fit import copy_edges, fit_pairs, score_statically
from .panel import load_returns

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]


class Update(NamedTuple):
    """The network with this moment's moves as its newest session. leaders: rows; z: (n,) the moves."""

    leaders: Ints
    z: Floats
    network: sympathy.Network
    counts: CoJumps


def prepare_update(
    base: SympathyNetwork, figures: Figures, leaders: Sequence[int], move: Floats, known_at: dt.datetime
) -> Update | None:
    """Ce <- (1 - a) Ce + a z z', counts + 1, neighbours ranked again; None without leaders. Reads bars, writes nothing.

    move: (n,) returns since the last close. C waits for the night, and so does the scale: both are the base's.
    """
    if not leaders:
        return None
    network, counts = fit_pairs(load_returns(base.session, known_at, figures.ids))
    moved = sympathy.update_network(network, move)
    z = sympathy.standardise(network.scale, move)
    kept = [row for row in leaders if moved.scale.eligible[row]]
    return Update(np.array(kept, dtype=np.int64), z, moved, add_session(counts, z))


def save_update(
    base: SympathyNetwork, figures: Figures, update: Update | None, session: dt.date, bar_at: dt.datetime, began: float
) -> SympathyNetwork | None:
    """The leaders' new neighbours as a network of kind "move". Call it inside the look's transaction."""
    if update is None or not update.leaders.size:
        return None
    sign = np.sign(update.z[update.leaders])
    pairs, probability = score_statically(update.network, update.counts, figures, update.leaders, sign)
    ids = figures.ids[update.leaders].tolist()
    row = SympathyNetwork.objects.create(
        session=session,
        as_of=bar_at,
        kind=SympathyNetwork.Kind.MOVE,
        base=base,
        stocks=len(ids),
        observations=base.observations + 1,
        shrinkage=base.shrinkage,
        facts={
            "leaders": [
                {"id": one, "direction": int(way), "z": round(float(size), 3)}
                for one, way, size in zip(ids, sign, update.z[update.leaders], strict=True)
            ]
        },
        is_simulated=base.is_simulated,
        duration_ms=round(1000 * (time.perf_counter() - began)),
    )
    copy_edges(row, update.network, update.counts, figures, pairs, probability)
    return row
