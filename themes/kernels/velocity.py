"""How fast a price moves and whether that is getting faster: velocity, acceleration, and a word for them.

Velocity is the change of the last hour (percent per hour); acceleration its smoothed change (percent per hour squared).
Source: docs/methods/temperature.md.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
MomentumArray = npt.NDArray[np.int8]

SMOOTHING = 0.5
TURN_SIGMAS = 0.5


class Momentum(IntEnum):
    """FADING and REVERSING are losses of pace while the day is still up, REVERSING with a falling hour; FALLING is the
    same loss of pace on a day that is not up."""

    UNKNOWN = -1
    STEADY = 0
    ACCELERATING = 1
    FADING = 2
    REVERSING = 3
    FALLING = 4


def compute_acceleration(
    velocity: npt.ArrayLike, previous_velocity: npt.ArrayLike, previous_acceleration: npt.ArrayLike
) -> FloatArray:
    """a_t = (v_t - v_{t-1}) / 2 + a_{t-1} / 2, percent per hour squared, (n,).

    NaN without both velocities (the first hour of a session has no previous one: pass NaN, nights are no hours). An
    unknown previous acceleration counts as 0: the recursion begins.
    """
    now, before = np.asarray(velocity, dtype=np.float64), np.asarray(previous_velocity, dtype=np.float64)
    old = np.asarray(previous_acceleration, dtype=np.float64)
    usable = np.isfinite(now) & np.isfinite(before)
    change = np.where(usable, now, 0.0) - np.where(usable, before, 0.0)
    return np.where(usable, (1 - SMOOTHING) * change + SMOOTHING * np.where(np.isfinite(old), old, 0.0), np.nan)


def classify_momentum(
    velocity: npt.ArrayLike, acceleration: npt.ArrayLike, sigma: npt.ArrayLike, day_change: npt.ArrayLike
) -> MomentumArray:
    """Momentum of n stocks, (n,) of Momentum.

    sigma: percent, of this clock hour (temperature.HourNorms); day_change: percent since the last close. ACCELERATING
    from +.5 sigma on, a loss of pace from -.5 sigma on, each exclusive. UNKNOWN without acceleration, velocity or a
    positive sigma; an unknown day counts as not up.
    """
    v, a = np.asarray(velocity, dtype=np.float64), np.asarray(acceleration, dtype=np.float64)
    s, day = np.asarray(sigma, dtype=np.float64), np.asarray(day_change, dtype=np.float64)
    known = np.isfinite(v) & np.isfinite(a) & np.isfinite(s) & (s > 0)
    turn = TURN_SIGMAS * np.where(known, s, 0.0)
    slowing, up = a < -turn, day > 0
    word = np.select(
        [~known, a > turn, slowing & up & (v < 0), slowing & up, slowing],
        [Momentum.UNKNOWN, Momentum.ACCELERATING, Momentum.REVERSING, Momentum.FADING, Momentum.FALLING],
        Momentum.STEADY,
    )
    return word.astype(np.int8)
