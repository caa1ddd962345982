"""Small pictures as numbers of an SVG: a stock's confluence over passes, with the same in words. Pure; gaps stay."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sentiment_site.market.calendar import NEW_YORK

WIDTH, HEIGHT = 100.0, 24.0
TALL: Final = 120.0


@dataclass(frozen=True, slots=True)
class Line:
    """lines: points of each unbroken part; dots: values that stand alone; limits: heights of the thresholds.

    summary says in words what the picture shows.
    """

    view_box: str
    lines: tuple[str, ...]
    dots: tuple[tuple[str, str], ...]
    limits: tuple[str, ...]
    summary: str


def draw_line(
    times: Sequence[dt.datetime],
    values: Sequence[float | None],
    *,
    low: float = 0.0,
    high: float = 1.0,
    limits: Sequence[float] = (),
    height: float = HEIGHT,
) -> Line | None:
    """A line from left to right, one step per time; None without any value. ValueError unless low < high."""
    if not low < high:
        raise ValueError("a picture needs low < high")
    known = [(place, value) for place, value in enumerate(values) if value is not None]
    if not known:
        return None
    step = WIDTH / max(len(values) - 1, 1)

    def height_of(value: float) -> str:
        share = (min(max(value, low), high) - low) / (high - low)
        return f"{1 + (height - 2) * (1 - share):.2f}"

    runs: list[list[tuple[str, str]]] = []
    before = None
    for place, value in known:
        if before is None or place != before + 1:
            runs.append([])
        runs[-1].append((f"{place * step:.2f}", height_of(value)))
        before = place
    figures = [value for _, value in known]
    first, last = (times[known[at][0]].astimezone(NEW_YORK) for at in (0, -1))
    return Line(
        view_box=f"0 0 {WIDTH:g} {height:g}",
        lines=tuple(" ".join(f"{x},{y}" for x, y in run) for run in runs if len(run) > 1),
        dots=tuple(run[0] for run in runs if len(run) == 1),
        limits=tuple(height_of(one) for one in limits),
        summary=(
            f"{len(figures)} readings from {first:%a %H:%M} to {last:%a %H:%M} ET, first {figures[0]:.2f},"
            f" lowest {min(figures):.2f}, highest {max(figures):.2f}, last {figures[-1]:.2f}"
        ),
    )
