"""Where the two columns of a drawn map stand: texts on the left, accounts or stocks on the right, lines between. Pure.

Units are those of the drawing's viewBox. Nothing is random: the same input is the same picture.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

WIDTH: Final = 700
LEFT_X, RIGHT_X = 190.0, 475.0
MARGIN: Final = 24.0
LEFT_STEP, RIGHT_STEP = 44.0, 30.0
SMALLEST, LARGEST = 5.0, 15.0


@dataclass(frozen=True, slots=True)
class Side:
    """A node as asked for. size: above 0, decides its radius."""

    key: str
    label: str
    size: int


@dataclass(frozen=True, slots=True)
class Node:
    """A node in its place."""

    key: str
    label: str
    size: int
    x: float
    y: float
    radius: float


@dataclass(frozen=True, slots=True)
class Line:
    """From a node on the left to one on the right. path: an SVG path; width grows with the posts behind it."""

    left: str
    right: str
    posts: int
    path: str
    width: float


@dataclass(frozen=True, slots=True)
class Picture:
    """The whole map."""

    width: int
    height: int
    left: tuple[Node, ...]
    right: tuple[Node, ...]
    lines: tuple[Line, ...]


def draw_map(left: Sequence[Side], right: Sequence[Side], posts: Mapping[tuple[str, str], int]) -> Picture:
    """The map of two columns. posts: (left key, right key) to how many; pairs of nodes that are not shown are left out.

    The left keeps its order; a node on the right stands at the mean height of those it is joined to (the barycentre
    heuristic of Sugiyama, one pass), so that few lines cross.
    """
    tall = max(len(left) * LEFT_STEP, len(right) * RIGHT_STEP, LEFT_STEP)
    rank = {side.key: place for place, side in enumerate(left)}
    shown = {side.key for side in right}
    pairs = {pair: count for pair, count in posts.items() if pair[0] in rank and pair[1] in shown and count > 0}
    joined: defaultdict[str, list[int]] = defaultdict(list)
    for one, other in pairs:
        joined[other].append(rank[one])
    ordered = sorted(right, key=lambda side: (_mean(joined[side.key], len(left)), -side.size, side.label, side.key))
    largest = max((side.size for side in (*left, *right)), default=1)
    lefts = _place(left, LEFT_X, tall, largest)
    rights = _place(ordered, RIGHT_X, tall, largest)
    at = {node.key: node for node in lefts}, {node.key: node for node in rights}
    most = max(pairs.values(), default=1)
    lines = [
        Line(one, other, count, _curve(at[0][one], at[1][other]), _width(count, most))
        for (one, other), count in sorted(pairs.items(), key=lambda item: (rank[item[0][0]], item[0][1]))
    ]
    return Picture(WIDTH, round(tall + 2 * MARGIN), lefts, rights, tuple(lines))


def _place(sides: Sequence[Side], x: float, tall: float, largest: int) -> tuple[Node, ...]:
    step = tall / max(len(sides), 1)
    return tuple(
        Node(
            side.key, side.label, side.size, x, round(MARGIN + step * (place + 0.5), 1),
            round(SMALLEST + (LARGEST - SMALLEST) * math.sqrt(side.size / largest), 1),
        )
        for place, side in enumerate(sides)
    )  # fmt: skip


def _width(posts: int, most: int) -> float:
    return round(1 + 4 * math.log1p(posts) / math.log1p(most), 2)


def _mean(ranks: Sequence[int], otherwise: int) -> float:
    return sum(ranks) / len(ranks) if ranks else float(otherwise)


def _curve(one: Node, other: Node) -> str:
    middle = (one.x + other.x) / 2
    return f"M{one.x:g} {one.y:g} C{middle:g} {one.y:g} {middle:g} {other.y:g} {other.x:g} {other.y:g}"
