"""Numbers of the simulated market: what a caller may choose, and the calibrated constants of the process.

The constants are those of methods.md 10.4 and Appendix A, which were calibrated on the daily bars of NASDAQ small
caps. The overnight share of a day's variance is split in two, so that a session needs nothing of the session after
it: what happens after the close belongs to the day itself, the rest to the next day's pre-market.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

TEXTS = ("tune", "score")

SECTORS = (
    "technology",
    "healthcare",
    "energy",
    "financial",
    "consumer_discretionary",
    "industrials",
    "materials",
    "utilities",
)
SECTOR_PROBABILITY = np.array([0.19, 0.26, 0.07, 0.19, 0.14, 0.09, 0.04, 0.02])
SECTOR_VOLATILITY_FACTOR = np.array([1.05, 1.12, 0.95, 0.85, 1.0, 0.92, 0.9, 0.75])
SECTOR_SIGMA = np.array([0.014, 0.012, 0.022, 0.011, 0.010, 0.009, 0.014, 0.012])

# bull, chop, bear: the daily transition matrix, market sigma and drift
REGIME_TRANSITION = np.array([[0.97, 0.025, 0.005], [0.02, 0.96, 0.02], [0.01, 0.05, 0.94]])
REGIME_SIGMA = np.array([0.0135, 0.020, 0.031])
REGIME_DRIFT = np.array([0.0010, 0.0002, -0.0020])

PRE_SHARE, POST_SHARE = 0.21, 0.07  # of a day's variance; together the .28 measured between close and open
_REGULAR_VARIANCE = np.array([0.17, 0.11, 0.085, 0.075, 0.07, 0.06, 0.055, 0.055, 0.055, 0.06, 0.06, 0.06, 0.085])
_REGULAR_VOLUME = np.array([0.13, 0.085, 0.075, 0.07, 0.06, 0.055, 0.05, 0.05, 0.05, 0.055, 0.065, 0.08, 0.175])
# 11 pre-market bars and, last, the jump of the opening auction; then 8 after-hours bars
PRE_WEIGHTS = np.array([0.10, 0.05, 0.05, 0.05, 0.05, 0.06, 0.08, 0.09, 0.12, 0.15, 0.10, 0.10])
POST_WEIGHTS = np.array([0.45, 0.20, 0.10, 0.07, 0.06, 0.05, 0.04, 0.03])
PRE_BARS, POST_BARS = len(PRE_WEIGHTS) - 1, len(POST_WEIGHTS)
REGULAR_SLOTS, HALF_DAY_SLOTS = 13, 7

REGULAR_VOLUME_SHARE = 0.93
PRE_VOLUME_SHARE, POST_VOLUME_SHARE = 0.028, 0.022
CROSS_VOLUME_SHARE = 0.05  # the closing auction; it prints in the 16:00 bar (upstreams.md 1.6)

JUMP_RATE, JUMP_UP, JUMP_MEDIAN, JUMP_SPREAD = 0.021, 0.58, 0.105, 0.72
JUMP_FLOOR, JUMP_CAP, JUMP_IN_GAP, GAP_JUMP_AFTER_CLOSE = -0.85, 10.0, 0.75, 0.4
# the share of jumps that come from a Pareto law, without which moves beyond half the price are half as many as real
JUMP_WILD, JUMP_WILD_FROM, JUMP_WILD_EXPONENT = 0.045, 0.33, 1.5
IDIOSYNCRATIC_SHARE = 0.80

# ln of volume: an AR(1), what a move of so many sigmas adds, and what is left of it on the days after
ACTIVITY_MEMORY, ACTIVITY_SIGMA = 0.70, 0.20
VOLUME_IMPACT, VOLUME_IMPACT_FROM, VOLUME_ECHO, VOLUME_ECHO_MEMORY = 1.2, 2.9, 0.38, 0.45

REVERSE_SPLITS_PER_DAY, FORWARD_SPLITS_PER_DAY = 0.30, 0.06  # for 8,000 names
REVERSE_SPLIT_BELOW, FORWARD_SPLIT_ABOVE = 1.2, 120.0  # dollars
SPLIT_NOTICE_SESSIONS = 5
LISTINGS_PER_SESSION, DELISTINGS_PER_SESSION = 0.6, 0.25  # for 8,000 names


def regular_variance(slots: int) -> Floats:
    """Variance share of each regular half-hour. A half day keeps the first six slots and the last, and is quieter."""
    shares = _REGULAR_VARIANCE / _REGULAR_VARIANCE.sum() * (1.0 - PRE_SHARE - POST_SHARE)
    return np.asarray(shares if slots == REGULAR_SLOTS else np.r_[shares[: slots - 1], shares[-1]])


def regular_volume(slots: int) -> Floats:
    """Volume share of each regular half-hour, sum 1."""
    shares = _REGULAR_VOLUME if slots == REGULAR_SLOTS else np.r_[_REGULAR_VOLUME[: slots - 1], _REGULAR_VOLUME[-1]]
    return np.asarray(shares / shares.sum())


def slot_variance(slots: int) -> Floats:
    """Variance share of every slot of a session: pre-market, the regular half-hours, after-hours."""
    return np.asarray(np.r_[PRE_SHARE, regular_variance(slots), POST_SHARE])


@dataclass(frozen=True)
class Parameters:
    """What a caller may choose. Two simulators with equal parameters serve the same past.

    `anchor`: the date the history is counted from; the first session lies `sessions` sessions before it.
    `alpha_4h`: expected move of a sector over the next eight regular slots in the direction of its move since the
    last close, in units of the standard deviation of that move, as long as the direction holds (factors.py). Zero
    (the default) is an honest market.
    `stories`: multiplies the rates of planted stories (stories/script.py); 0 is a market without any.
    `texts`: the family of templates documents are written from: "tune" to tune on, "score" to score on.
    """

    anchor: date
    seed: int = 7
    names: int = 8000
    sessions: int = 90
    delay_s: int = 900
    alpha_4h: float = 0.0
    stories: float = 1.0
    texts: str = "tune"

    def __post_init__(self) -> None:
        if self.names < 40:
            raise ValueError("names: at least 40, or there is no security of each kind")
        if self.sessions < 1:
            raise ValueError("sessions: at least 1")
        if self.delay_s < 0:
            raise ValueError("delay_s: must not be negative")
        if not 0.0 <= self.stories < float("inf"):
            raise ValueError("stories: must be finite and not negative")
        if self.texts not in TEXTS:
            raise ValueError(f"texts: one of {', '.join(TEXTS)}")
