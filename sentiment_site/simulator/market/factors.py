"""What moves many securities at once in a session: the market, the eight sectors, and the regime they are in.

Extended hours are drawn per bar here, so that the average of a sector is as rough before the open as after it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sentiment_site.simulator.market import parameters as process
from sentiment_site.simulator.market.parameters import Floats

_FORWARD_SLOTS = 8  # four hours


@dataclass(frozen=True, slots=True)
class Factors:
    """One session's factor moves. Row 0 is the market, rows 1-8 the sectors of parameters.SECTORS.

    pre (9, 12): the pre-market bars and the opening auction; regular (9, half-hours); post (9, 8);
    regime: 0 bull, 1 chop, 2 bear, of this session; next_regime: of the one after.
    """

    pre: Floats
    regular: Floats
    post: Floats
    regime: int
    next_regime: int

    def slots(self) -> Floats:
        """Moves (9, 1 + half-hours + 1) with the extended hours summed up."""
        return np.column_stack([self.pre.sum(axis=1), self.regular, self.post.sum(axis=1)])


def draw_factors(rng: np.random.Generator, regime: int, slots: int, alpha_4h: float) -> Factors:
    """Factor moves of a session of that regime. Sigma is mixed per day (fat-tailed days), not per slot."""
    shares = np.r_[
        process.PRE_SHARE * process.PRE_WEIGHTS,
        process.regular_variance(slots),
        process.POST_SHARE * process.POST_WEIGHTS,
    ]
    mixing = np.sqrt(4.0 / rng.chisquare(6, 9))
    sigma = np.r_[process.REGIME_SIGMA[regime], process.SECTOR_SIGMA] * mixing
    moves = sigma[:, None] * np.sqrt(shares) * rng.standard_normal((9, len(shares)))
    moves[0] += process.REGIME_DRIFT[regime] * shares
    opening, closing = len(process.PRE_WEIGHTS), len(process.PRE_WEIGHTS) + slots
    if alpha_4h:
        _plant(moves, sigma, np.sqrt(shares), opening=opening, closing=closing, alpha_4h=alpha_4h)
    next_regime = int(rng.choice(3, p=process.REGIME_TRANSITION[regime]))
    return Factors(moves[:, :opening], moves[:, opening:closing], moves[:, closing:], regime, next_regime)


def _plant(moves: Floats, sigma: Floats, root_share: Floats, *, opening: int, closing: int, alpha_4h: float) -> None:
    """Lets each sector drift with its own move since the last close, market included, in every regular slot.

    The drift goes into the sector factors. Over eight slots it would add up to alpha_4h standard deviations of the
    sector's move if the direction held; as it turns in a fifth of the cases, .25 makes the forward 4-hour hit rate
    about .56.
    """
    total = np.hypot(sigma[0], sigma[1:])
    for slot in range(opening, closing):
        since_close = moves[0, :slot].sum() + moves[1:, :slot].sum(axis=1)
        moves[1:, slot] += np.sign(since_close) * alpha_4h * total * root_share[slot] / np.sqrt(_FORWARD_SLOTS)
