"""How often a stock of the leader's sector, drawn at random, went the leader's way: what a pair has to beat."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

from themes.kernels.sympathy import LEADER_RETURN

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

PRIOR: Final = 30.0  # leaders of all sectors that a sector's own are mixed with
COIN: Final = 0.5


def compute_baselines(z: Floats, returns: Floats, sector: Ints, sectors: int) -> Floats:
    """Expected share of the sector's other stocks that had the leader's sign, (sectors, 2) for up and down.

    z, returns: (n, T), NaN unknown; sector: (n,), -1 unknown. Leaders: +-15 % in a session. A sector's mean is mixed
    with 30 leaders' worth of the mean of all; without any leader it is a coin.
    """
    sums, counts = np.zeros((sectors, 2)), np.zeros((sectors, 2))
    for place in range(sectors):
        rows = np.flatnonzero(sector == place)
        known = np.isfinite(z[rows])
        sign = np.sign(np.nan_to_num(z[rows]))
        leads = (np.abs(np.nan_to_num(returns[rows])) >= LEADER_RETURN - 1e-12) & known & (sign != 0)
        others = known.sum(axis=0) - 1
        for column, way in enumerate((1.0, -1.0)):
            same = (sign == way).sum(axis=0) - 1
            led = (leads & (sign == way)).sum(axis=0) * (others > 0)
            sums[place, column] = (led * same / np.maximum(others, 1)).sum()
            counts[place, column] = led.sum()
    total = counts.sum(axis=0)
    pooled = np.where(total > 0, sums.sum(axis=0) / np.maximum(total, 1), COIN)
    return np.asarray((sums + PRIOR * pooled) / (counts + PRIOR))


def compute_peer_share(z: Floats, sector: Ints, leader: int, direction: int) -> float | None:
    """Share of the other stocks of the leader's sector whose z (n,) has the direction; None without any known."""
    peers = (sector == sector[leader]) & np.isfinite(z) & (sector[leader] >= 0)
    peers[leader] = False
    if not peers.any():
        return None
    return float((z[peers] * direction > 0).mean())
