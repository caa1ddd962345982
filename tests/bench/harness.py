"""Candidate and yardstick in turns, inside one run and on the same core; the ratio judged against its goal.

A figure of a machine means little on the next one, a ratio of two figures taken side by side means something. Every
benchmark prints both figures, their ratio and the goal on one line, passes when the median of its rounds is inside the
goal, and measures once more before it fails.
"""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from .goals import GOALS

Action = Callable[[], object]
Measure = Callable[[], float]
Figure = Callable[[Iterable[float]], float]
CORES = sorted(os.sched_getaffinity(0))
SERVER_CORE, CLIENT_CORE = CORES[0], CORES[-1]


class Round(NamedTuple):
    """What one round measured, in the goal's unit."""

    candidate: float
    yardstick: float

    @property
    def ratio(self) -> float:
        """How many yardsticks the candidate is long."""
        return self.candidate / self.yardstick


def time_ms(action: Action, prepare: Action | None = None) -> float:
    """Milliseconds of one call; `prepare` runs before it and is not timed."""
    if prepare is not None:
        prepare()
    began = time.perf_counter()
    action()
    return (time.perf_counter() - began) * 1000


def best_ms(action: Action, calls: int) -> float:
    """Milliseconds of the fastest of several calls in a row, for what takes microseconds."""
    return min(time_ms(action) for _ in range(calls))


def in_turns(
    candidate: Measure, yardstick: Measure, *, rounds: int = 5, repeats: int = 1, figure: Figure = min
) -> list[Round]:
    """Measure both in turns. A round is `repeats` measurements of each, one by one, of which `figure` is taken.

    Both are measured once before, which does not count; rounds change which of the two goes first. What else runs on
    the machine for a second or two so falls on both.
    """
    candidate(), yardstick()
    measured = []
    for number in range(rounds):
        first, second = (candidate, yardstick) if number % 2 == 0 else (yardstick, candidate)
        pairs = [(first(), second()) for _ in range(repeats)]
        one, other = (figure(values) for values in zip(*pairs, strict=True))
        measured.append(Round(one, other) if number % 2 == 0 else Round(other, one))
    return measured


def judge(name: str, measure: Callable[[], Sequence[Round]]) -> None:
    """Hold the rounds of `measure` against the goal of that name; one repetition if they miss it."""
    goal = GOALS[name]
    rounds = measure()
    faults = _report(name, rounds)
    if faults:
        rounds = measure()
        faults = _report(name, rounds, "again: ")
    assert not faults, f"{name}, {goal.candidate}: {'; '.join(faults)} (measured twice)"


def _report(name: str, rounds: Sequence[Round], prefix: str = "") -> list[str]:
    """Print the line; what is wrong with it, empty when everything holds."""
    goal = GOALS[name]
    candidate = statistics.median(each.candidate for each in rounds)
    yardstick = statistics.median(each.yardstick for each in rounds)
    ratios = sorted(each.ratio for each in rounds)
    ratio = statistics.median(ratios)
    unit = goal.unit
    print(
        f"\n{prefix}{name:<4} {goal.candidate} {candidate:.3g} {unit} / {goal.yardstick} {yardstick:.3g} {unit}"
        f" = {ratio:.3g} (n={len(ratios)}, {ratios[0]:.3g}-{ratios[-1]:.3g}; goal {goal.sense} {goal.bound:g};"
        f" load {os.getloadavg()[0]:.1f})",
        flush=True,
    )
    faults = [] if goal.holds(ratio) else [f"ratio {ratio:.3g}, the goal is {goal.sense} {goal.bound:g}"]
    if goal.guard is not None and candidate >= goal.guard:
        faults.append(f"{candidate:.3g} {goal.unit}, the requirement is below {goal.guard:g}")
    return faults
