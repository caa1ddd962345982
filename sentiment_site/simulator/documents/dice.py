"""Draws of one document: a word of 64 bits that is turned over and over.

Building a generator costs more than a post does, and one generator for all would make a text depend on the order in
which it is asked for; so every document carries its own word.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TypeVar

Choice = TypeVar("Choice")

_MASK = (1 << 64) - 1
_STEP, _CARRY = 6364136223846793005, 1442695040888963407  # Knuth, MMIX


class Dice:
    """A linear congruential generator read by its upper bits. Not for statistics, quick for words."""

    __slots__ = ("_word",)

    def __init__(self, word: int) -> None:
        self._word = (word * _STEP + _CARRY) & _MASK

    def unit(self) -> float:
        """Uniform in [0, 1)."""
        self._word = word = (self._word * _STEP + _CARRY) & _MASK
        return (word >> 11) * (1.0 / (1 << 53))

    def pick(self, choices: Sequence[Choice]) -> Choice:
        """One of them, all equally likely."""
        self._word = word = (self._word * _STEP + _CARRY) & _MASK
        return choices[(word >> 33) * len(choices) >> 31]

    def whole(self, low: int, high: int) -> int:
        """An integer, low and high included."""
        return low + int(self.unit() * (high - low + 1))

    def between(self, low: float, high: float) -> float:
        """Uniform between the two."""
        return low + self.unit() * (high - low)

    def wait(self, mean: float) -> float:
        """Exponential with this mean."""
        return -mean * math.log(1.0 - self.unit())

    def tail(self, exponent: float) -> float:
        """Pareto from 1 upwards: P(more than x) = x ** -exponent."""
        return float((1.0 - self.unit()) ** (-1.0 / exponent))

    def count(self, mean: float) -> int:
        """Poisson with this mean; from 30 on its normal approximation."""
        if mean >= 30.0:
            spread = math.sqrt(-2.0 * math.log(1.0 - self.unit())) * math.cos(2.0 * math.pi * self.unit())
            return max(0, round(mean + math.sqrt(mean) * spread))
        limit, product, count = math.exp(-mean), self.unit(), 0
        while product > limit:
            product *= self.unit()
            count += 1
        return count

    def word(self) -> int:
        """A word for the dice of something else."""
        return int(self.unit() * (1 << 53))


def mix(*parts: int) -> int:
    """A word out of several integers (the finaliser of SplitMix64 over each)."""
    word = 0x9E3779B97F4A7C15
    for part in parts:
        word = (word + (part & _MASK) + 0x9E3779B97F4A7C15) & _MASK
        word = ((word ^ (word >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        word = ((word ^ (word >> 27)) * 0x94D049BB133111EB) & _MASK
        word ^= word >> 31
    return word
