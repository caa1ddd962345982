"""Whether a reading can be believed. Pure: figures in, a reason in words out, empty when there is nothing to object.

A jump is held against the market's own recent changes. Crashes are real, so a jump alone does not condemn a reading:
a second vendor, or the same level told again, confirms it (see `scan`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from .readings import Figures

Floats = NDArray[np.float64]

STEP_S: Final = 4 * 3600
# Bitcoin's worst four hours since 2013 were about -25 % (12 March 2020); eight robust sigmas of a calm month are 8 %.
SIGMAS: Final = 8.0
LEAST_JUMP: Final = 0.20
LEAST_DOMINANCE_JUMP: Final = 0.04
# Change goes with the square root of time up to a week; a longer absence proves nothing more.
MOST_STEPS: Final = 42
FEWEST_CHANGES: Final = 20
SUPPLY_TOLERANCE: Final = 0.05
AGREEMENT: Final = 0.05
MAD_TO_SIGMA: Final = 1.4826
JUMP: Final = "jump: "


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """Believed readings, oldest first: epoch seconds, dollars, and bitcoin's share; columns of equal length."""

    at: NDArray[np.int64]
    total: Floats
    btc_price: Floats
    dominance: Floats


def find_fault(figures: Figures, btc_supply: float | None = None) -> str:
    """What is impossible about these figures by themselves."""
    named = {"total cap": figures.total, "bitcoin's cap": figures.btc_cap, "ether's cap": figures.eth_cap}
    named |= {"bitcoin's price": figures.btc_price}
    named |= {} if figures.eth_price is None else {"ether's price": figures.eth_price}
    named |= {} if figures.stablecoins is None else {"the stablecoins' cap": figures.stablecoins}
    for name, value in named.items():
        if not math.isfinite(value) or value <= 0:
            return f"{name} is {value:g}"
    if not 0 < figures.dominance < 1:
        return f"bitcoin is {figures.dominance:.2%} of the market"
    if figures.alt_cap < 0:
        return f"bitcoin and ether are {(figures.btc_cap + figures.eth_cap) / figures.total:.2%} of the market"
    if figures.alt_ex_stable is not None and figures.alt_ex_stable < 0:
        return "bitcoin, ether and stablecoins are more than the market"
    if btc_supply is not None:
        off = figures.btc_price * btc_supply / figures.btc_cap - 1
        if abs(off) > SUPPLY_TOLERANCE:
            return f"bitcoin's price times supply is {off:+.1%} off its cap"
    return ""


def find_jump(figures: Figures, at_s: int, past: Past) -> str:
    """Which figure moved further since the newest believed reading than this market does; empty without a past."""
    if not len(past.at):
        return ""
    steps = (at_s - int(past.at[-1])) / STEP_S
    reach = math.sqrt(min(max(steps, 1.0), MOST_STEPS))
    for name, now, before in (
        ("total cap", figures.total, past.total),
        ("bitcoin's price", figures.btc_price, past.btc_price),
    ):
        change = math.log(now / float(before[-1]))
        bound = reach * max(LEAST_JUMP, SIGMAS * _sigma(np.log(before), past.at))
        if abs(change) > bound:
            return f"{JUMP}{name} moved {math.expm1(change):+.1%}, believable are {math.expm1(bound):.0%}"
    moved = figures.dominance - float(past.dominance[-1])
    bound = reach * max(LEAST_DOMINANCE_JUMP, SIGMAS * _sigma(past.dominance, past.at))
    if abs(moved) > bound:
        return f"{JUMP}bitcoin's share moved {100 * moved:+.1f} points, believable are {100 * bound:.1f}"
    return ""


def agrees(one: Figures, other: Figures) -> bool:
    """Whether two readings tell of the same market: total and price within 5 %, bitcoin's share within 4 points."""
    return (
        abs(math.log(one.total / other.total)) <= AGREEMENT
        and abs(math.log(one.btc_price / other.btc_price)) <= AGREEMENT
        and abs(one.dominance - other.dominance) <= LEAST_DOMINANCE_JUMP
    )


def confirms(figures: Figures, doubted: Sequence[Figures]) -> bool:
    """Whether the same new level was told at least twice before: then the market is there, and the past is behind."""
    return len(doubted) >= 2 and all(agrees(figures, each) for each in doubted[-2:])


def _sigma(levels: Floats, at: NDArray[np.int64]) -> float:
    """Robust standard deviation of changes over four hours; 0 when fewer than 20 are known."""
    if len(levels) <= FEWEST_CHANGES:
        return 0.0
    steps = np.maximum(np.diff(at) / STEP_S, 1.0)
    changes = np.diff(levels) / np.sqrt(steps)
    return float(MAD_TO_SIGMA * np.median(np.abs(changes - np.median(changes))))
