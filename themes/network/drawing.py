"""The picture of a part of the network: where each stock stands, worked out and drawn by the server."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from .graph import Link, Node, Part

WIDTH: Final = 1000.0
HEIGHT: Final = 640.0
MARGIN: Final = 46.0
SEED: Final = 7
COLOURS: Final = 8
STEPS: Final = 60


@dataclass(frozen=True, slots=True)
class Dot:
    """A stock at its place. colour: 0 to 7 by group, 8 for none; words: what a screen reader says."""

    node: Node
    x: float
    y: float
    radius: float
    colour: int
    words: str


@dataclass(frozen=True, slots=True)
class Line:
    """A link between two places. width: by C + Ce, 1 to 4."""

    link: Link
    x1: float
    y1: float
    x2: float
    y2: float
    width: float


@dataclass(frozen=True, slots=True)
class Picture:
    """Lines below, dots above, in a box of WIDTH x HEIGHT."""

    dots: list[Dot]
    lines: list[Line]
    width: float = WIDTH
    height: float = HEIGHT


def draw_part(part: Part) -> Picture | None:
    """Springs pull what moves together; the same part always gives the same picture. None without nodes."""
    if not part.nodes:
        return None
    places = _place(part)
    strongest = max((link.score for link in part.links), default=1.0) or 1.0
    dots = [
        Dot(
            node,
            *places[node.instrument_id],
            radius=15.0 if node.role == "centre" else 6.0 + min(node.links, 20) / 3,
            colour=COLOURS if node.community is None else node.community % COLOURS,
            words=_describe(node),
        )
        for node in part.nodes
    ]
    lines = [
        Line(
            link,
            *places[link.first.instrument_id],
            *places[link.second.instrument_id],
            width=round(1 + 3 * max(link.score, 0.0) / strongest, 2),
        )
        for link in reversed(part.links)
    ]
    return Picture(dots, lines)


def _place(part: Part) -> dict[int, tuple[float, float]]:
    import networkx  # takes a second to import: only where a picture is drawn

    graph = networkx.Graph()
    graph.add_nodes_from(sorted(node.instrument_id for node in part.nodes))
    for link in part.links:
        graph.add_edge(link.first.instrument_id, link.second.instrument_id, weight=max(link.score, 0.01))
    found = networkx.spring_layout(graph, seed=SEED, iterations=STEPS, weight="weight", k=1.8 / len(part.nodes) ** 0.5)
    xs, ys = [float(x) for x, _ in found.values()], [float(y) for _, y in found.values()]
    return {
        one: (_fit(float(x), min(xs), max(xs), WIDTH), _fit(float(y), min(ys), max(ys), HEIGHT))
        for one, (x, y) in found.items()
    }


def _fit(value: float, low: float, high: float, size: float) -> float:
    if high - low < 1e-9:
        return size / 2
    return round(MARGIN + (value - low) / (high - low) * (size - 2 * MARGIN), 1)


def _describe(node: Node) -> str:
    parts = [node.symbol, node.name, node.sector or "sector unknown"]
    parts.append("no group" if node.community is None else f"group {node.community + 1}")
    if node.role == "outside":
        parts.append("no member, moves along")
    parts.append(f"{node.links} link{'' if node.links == 1 else 's'} here")
    return ", ".join(part for part in parts if part)
