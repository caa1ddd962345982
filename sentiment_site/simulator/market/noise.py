"""Random numbers by address: the same (seed, day, row, stream, slot) always gives the same number.

A generator would have to be run from its beginning to know one stock's wick on one day; a hash of the address answers
for one stock over many days or for all stocks of one day at the same cost, and identically.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Words = NDArray[np.uint64]

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1
_FIRST, _SECOND = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)
_DAY, _SLOT = np.uint64(0xD6E8FEB86659FD93), np.uint64(0xA0761D6478BD642F)


def _mix(word: Words) -> Words:
    """The finaliser of SplitMix64 (Steele, Lea, Flood 2014), in place."""
    word ^= word >> np.uint64(30)
    word *= _FIRST
    word ^= word >> np.uint64(27)
    word *= _SECOND
    word ^= word >> np.uint64(31)
    return word


def addresses(seed: int, day: Ints, row: Ints) -> Words:
    """One word per (day, row), 1-d; `day` and `row` broadcast against each other. Feed it to `uniform`/`normal`."""
    start = np.full(1, (seed * _GOLDEN + 0x1234567) & _MASK, dtype=np.uint64)
    word = _mix(start + np.atleast_1d(day).astype(np.uint64) * _DAY)
    return np.asarray(_mix(word + np.atleast_1d(row).astype(np.uint64) * np.uint64(_GOLDEN)))


def uniform(address: Words, stream: int, slots: int, first: int = 0) -> Floats:
    """Uniforms in the open interval (0, 1) of the slots first..first+slots-1, shape (len(address), slots).

    `stream` names the use; a slot's number does not depend on which other slots are asked for with it.
    """
    start = 1 + stream * 1024 + first
    steps = np.arange(start, start + slots, dtype=np.uint64) * _SLOT
    word = _mix(address[:, None] + steps[None, :])
    return (np.asarray(word >> np.uint64(11)).astype(np.float64) + 0.5) * (1.0 / (1 << 53))


def normal(address: Words, stream: int, slots: int, first: int = 0) -> Floats:
    """Standard normals, shape (len(address), slots); otherwise as `uniform`."""
    return np.asarray(ndtri(uniform(address, stream, slots, first)))
