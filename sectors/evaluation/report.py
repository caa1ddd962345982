"""The scoreboard in words: one Markdown table per part, every figure with interval, baseline and count."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from itertools import groupby

from sectors.evaluation.scoreboard import Figure, Scoreboard
from sentiment_site.market.calendar import NEW_YORK

HEADS = ("figure", "value", "95 % by day blocks", "Wilson", "baseline", "n", "coverage", "note")
MANY = 20  # methods.md 10.1
FORMATS: dict[str, Callable[[float], str]] = {
    "share": lambda value: f"{100 * value:.2f} %",
    "difference": lambda value: f"{100 * value:+.2f} points",
    "percent": lambda value: f"{value:+.3f} %",
    "correlation": lambda value: f"{value:+.4f}",
    "skill": lambda value: f"{value:+.4f}",
    "score": lambda value: f"{value:.4f}",
}


def render_scoreboard(board: Scoreboard) -> str:
    """The report for a terminal and for a page of Markdown."""
    lines = [
        f"source={board.source}: {board.runs:,} analyses on {board.sessions:,} sessions, {board.readings:,} readings, "
        f"{board.first.astimezone(NEW_YORK):%Y-%m-%d %H:%M} to {board.last.astimezone(NEW_YORK):%Y-%m-%d %H:%M} ET",
        f"horizon: {board.horizon} ({board.why}); formulas: {', '.join(board.formulas)}, the first is the champion",
        *(f"probability by {name}: {verdict}" for name, verdict in board.verdicts.items()),
    ]
    for part, figures in groupby(board.figures, key=lambda figure: figure.part):
        lines += ["", f"### {part.capitalize()}", "", *_table(figures)]
    if len(board.figures) > MANY:
        lines += [
            "",
            f"{len(board.figures)} figures stand here: of that many 95 % intervals some miss by chance alone. "
            "None is a claim about tomorrow.",
        ]
    return "\n".join(lines)


def _table(figures: Iterable[Figure]) -> list[str]:
    """The rows of one part; columns that nobody fills are left out."""
    cells = [_cells(figure) for figure in figures]
    used = [place for place in range(len(HEADS)) if any(row[place] for row in cells)]
    rows = [[HEADS[place] for place in used], *([row[place] for place in used] for row in cells)]
    right = {place for place, column in enumerate(used) if HEADS[column] not in ("figure", "baseline", "note")}
    rule = ["---:" if place in right else "---" for place in range(len(used))]
    return ["| " + " | ".join(row) + " |" for row in (rows[0], rule, *rows[1:])]


def _cells(figure: Figure) -> tuple[str, ...]:
    show = FORMATS[figure.unit]
    baseline = "" if math.isnan(figure.baseline) else f"{show(figure.baseline)} ({figure.baseline_is})"
    return (
        figure.name,
        "–" if math.isnan(figure.value) else show(figure.value),
        _span(figure.low, figure.high, show),
        _span(figure.wilson_low, figure.wilson_high, show),
        baseline,
        f"{figure.n:,}",
        "" if math.isnan(figure.coverage) else f"{100 * figure.coverage:.1f} %",
        figure.note,
    )


def _span(low: float, high: float, show: Callable[[float], str]) -> str:
    return "" if math.isnan(low) or math.isnan(high) else f"{show(low)} to {show(high)}"
