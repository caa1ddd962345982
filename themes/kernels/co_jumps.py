"""What two stocks did when the first one jumped, and how likely the second follows now. methods.md 6.1, 6.2.

Counts are kept, so that a session adds and the session that leaves the window is taken away again, without a refit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.calibration import Logistic, fit_logistic
from themes.kernels.sympathy import CONFIRMING, Network, compute_recent_trust

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

JUMP_Z: Final = 2.5
MOVE_Z: Final = 1.5
PRIOR: Final = 8.0
TIERS: Final = (0.70, 0.90)

FEATURES: Final = (
    "correlation",
    "recent",
    "lift",
    "ln_joint",
    "same_industry",
    "same_sector",
    "sign",
    "size",
    "rank",
    "nearest",
    "confirmation",
    "confirmed_correlation",
    "confirmed_recent",
)
STATIC: Final = FEATURES[:10]  # known before anybody else moves


class CoJumps(NamedTuple):
    """joint: (n, n) times that the column moved (|z| > 1.5) the way the row jumped (|z| > 2.5); jumps, moves: (n,);
    sessions: counted."""

    joint: npt.NDArray[np.int32]
    jumps: Ints
    moves: Ints
    sessions: int


def count_co_jumps(z: npt.ArrayLike) -> CoJumps:
    """Counts over z (n, T); a missing z neither jumps nor moves."""
    now = np.nan_to_num(np.asarray(z, dtype=np.float64))
    up, down = now > JUMP_Z, now < -JUMP_Z
    risen, fallen = now > MOVE_Z, now < -MOVE_Z
    # float32 products are exact for counts below 2^24 and many times faster than integer ones
    joint = up.astype(np.float32) @ risen.astype(np.float32).T + down.astype(np.float32) @ fallen.astype(np.float32).T
    jumps, moves = (up | down).sum(axis=1), (risen | fallen).sum(axis=1)
    return CoJumps(joint.astype(np.int32), jumps.astype(np.int64), moves.astype(np.int64), now.shape[1])


def add_session(counts: CoJumps, z: npt.ArrayLike) -> CoJumps:
    """The counts with one more session of z (n,): only rows that jumped change."""
    return _shifted(counts, z, 1)


def drop_session(counts: CoJumps, z: npt.ArrayLike) -> CoJumps:
    """The counts without a session of z (n,) that was counted. ValueError if it cannot have been."""
    without = _shifted(counts, z, -1)
    if min(int(without.moves.min(initial=0)), int(without.joint.min(initial=0)), without.sessions) < 0:
        raise ValueError("that session was never counted")
    return without


def _shifted(counts: CoJumps, z: npt.ArrayLike, step: int) -> CoJumps:
    now = np.nan_to_num(np.asarray(z, dtype=np.float64))
    jumped, moved = np.abs(now) > JUMP_Z, np.abs(now) > MOVE_Z
    joint = counts.joint.copy()
    rows = np.flatnonzero(jumped)
    joint[rows] += step * ((np.sign(now[rows])[:, None] == np.sign(now)[None, :]) & moved[None, :])
    return CoJumps(joint, counts.jumps + step * jumped, counts.moves + step * moved, counts.sessions + step)


def compute_lift(counts: CoJumps, leader: npt.ArrayLike, target: npt.ArrayLike) -> Floats:
    """ln(P / p): how much likelier the target moves the leader's way when it jumps, (m,); 0 without evidence.

    P = (joint + 8 p) / (jumps + 8); p: how often the target moves one given way, (moves + 1) / (2 sessions + 2).
    """
    i, j = np.asarray(leader, dtype=np.int64), np.asarray(target, dtype=np.int64)
    usual = (counts.moves[j] + 1.0) / (2.0 * counts.sessions + 2.0)
    likely = (counts.joint[i, j] + PRIOR * usual) / (counts.jumps[i] + PRIOR)
    return np.asarray(np.log(likely / usual))


@dataclass(frozen=True, slots=True)
class Pairs:
    """Leaders that move and one neighbour of each, all (m,).

    leader, target: rows; rank: of the target among the leader's neighbours, 0 first; sign, size: of the leader's z;
    confirmation: of sympathy.compute_confirmation.
    """

    leader: Ints
    target: Ints
    rank: Ints
    sign: Floats
    size: Floats
    confirmation: Floats


def list_pairs(network: Network, leader: npt.ArrayLike, z: npt.ArrayLike, confirmation: npt.ArrayLike) -> Pairs:
    """Every neighbour of every leader. leader, z: (m,) rows and their z; confirmation: (m, count)."""
    rows, size = np.asarray(leader, dtype=np.int64), np.asarray(z, dtype=np.float64)
    target = network.neighbours.rows[rows]
    there = target >= 0
    event, rank = np.nonzero(there)
    return Pairs(
        rows[event], target[there], rank.astype(np.int64), np.sign(size)[event], np.abs(size)[event],
        np.asarray(confirmation, dtype=np.float64)[there],
    )  # fmt: skip


def compute_pair_features(
    network: Network, counts: CoJumps, pairs: Pairs, industry: npt.ArrayLike, sector: npt.ArrayLike
) -> Floats:
    """The columns of FEATURES, (m, 13). industry, sector: (n,) a number per stock, below 0 unknown (never the same).

    The last two are the confirmation times each correlation: others that move say more about a closer stock. A recent
    correlation of a short history counts less (sympathy.compute_recent_trust of the counted sessions).
    """
    i, j = pairs.leader, pairs.target
    correlation = network.correlation[i, j]
    recent = _recent_correlation(network, i, j) * compute_recent_trust(counts.sessions)
    first = network.neighbours.rows[:, :CONFIRMING]
    near = np.where(first >= 0, np.take_along_axis(network.correlation, np.maximum(first, 0), axis=1), np.nan)
    known = np.isfinite(near)
    nearest = np.where(known, near, 0.0).sum(axis=1) / np.maximum(known.sum(axis=1), 1)
    return np.column_stack(
        [
            correlation,
            recent,
            compute_lift(counts, i, j),
            np.log1p(counts.joint[i, j]),
            _same(industry, i, j),
            _same(sector, i, j),
            pairs.sign,
            pairs.size,
            pairs.rank.astype(np.float64),
            nearest[i],
            pairs.confirmation,
            pairs.confirmation * correlation,
            pairs.confirmation * recent,
        ]
    )


class PairModel(NamedTuple):
    """A logistic regression on the columns `used` of FEATURES."""

    used: tuple[str, ...]
    model: Logistic

    def probability(self, features: npt.ArrayLike) -> Floats:
        """P(the target's residual goes the leader's way), (m,), of (m, 13) features; NaN where one is unknown."""
        return self.model.probability(np.asarray(features, dtype=np.float64)[:, _columns(self.used)])


# Fitted on all leaders of the market panel, 2025-01 to 2026-08 (docs/methods/sympathy.md).
STATIC_MODEL: Final = PairModel(
    STATIC,
    Logistic(
        centre=np.array([0.08035, 0.25700, 0.53633, 1.51017, 0.13383, 0.34231, 0.18344, 3.66710, 9.49936, 0.10207]),
        scale=np.array([0.03290, 0.07077, 0.42015, 0.45951, 0.34047, 0.47448, 0.98303, 0.62989, 5.76570, 0.03688]),
        intercept=0.15961,
        coefficients=np.array(
            [0.06688, 0.12579, 0.00835, -0.01756, 0.03101, 0.02904, 0.01950, -0.06382, 0.04298, 0.04950]
        ),
    ),
)
PAIR_MODEL: Final = PairModel(
    FEATURES,
    Logistic(
        centre=np.array(
            [
                0.08035,
                0.25700,
                0.53633,
                1.51017,
                0.13383,
                0.34231,
                0.18344,
                3.66710,
                9.49936,
                0.10207,
                0.24045,
                0.02506,
                0.07616,
            ]
        ),
        scale=np.array(
            [
                0.03290,
                0.07077,
                0.42015,
                0.45951,
                0.34047,
                0.47448,
                0.98303,
                0.62989,
                5.76570,
                0.03688,
                1.00656,
                0.10155,
                0.30583,
            ]
        ),
        intercept=0.17755,
        coefficients=np.array(
            [
                0.05665,
                0.06669,
                -0.00491,
                -0.00392,
                0.02790,
                0.02728,
                0.00520,
                -0.04681,
                0.03000,
                -0.02028,
                -0.39076,
                0.23215,
                0.52265,
            ]
        ),
    ),
)


def fit_pair_model(features: npt.ArrayLike, followed: npt.ArrayLike, used: Sequence[str] = FEATURES) -> PairModel:
    """Fit on past pairs, (m, 13) and (m,) of 0 and 1; rows with an unknown value are left out.

    ValueError for a column that does not exist and (quant.calibration) for too little or one kind of outcome.
    """
    x, y = np.asarray(features, dtype=np.float64)[:, _columns(used)], np.asarray(followed, dtype=np.float64)
    rows = np.isfinite(x).all(axis=1) & np.isfinite(y)
    return PairModel(tuple(used), fit_logistic(x[rows], y[rows]))


class Tier(IntEnum):
    """How sure a published pair is: LOW below .70, MEDIUM below .90, else HIGH; UNKNOWN without a probability."""

    UNKNOWN = -1
    LOW = 0
    MEDIUM = 1
    HIGH = 2


def classify_tiers(probability: npt.ArrayLike) -> npt.NDArray[np.int8]:
    """Tier of each probability, (m,)."""
    p = np.asarray(probability, dtype=np.float64)
    tier = np.searchsorted(np.array(TIERS), p, side="right")
    return np.where(np.isnan(p), Tier.UNKNOWN, tier).astype(np.int8)


def _columns(used: Sequence[str]) -> list[int]:
    return [FEATURES.index(name) for name in used]


def _same(group: npt.ArrayLike, i: Ints, j: Ints) -> Floats:
    number = np.asarray(group, dtype=np.int64)
    return np.asarray((number[i] == number[j]) & (number[i] >= 0), dtype=np.float64)


def _recent_correlation(network: Network, i: Ints, j: Ints) -> Floats:
    rows = np.sqrt(np.maximum(np.diag(network.recent), 0.0))
    size = rows[i] * rows[j]
    return np.where(size > 0, np.clip(network.recent[i, j] / np.where(size > 0, size, 1.0), -1.0, 1.0), 0.0)
