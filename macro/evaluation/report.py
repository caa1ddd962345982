"""The scoreboard as Markdown, with what each figure may not be taken for."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence

from macro.evaluation.history import History
from macro.evaluation.labels import HELD_OUT
from macro.evaluation.scoreboard import BLOCK_DAYS, HORIZONS, Aftermath, Persistence, Scoreboard
from sentiment_site.quant.calibration import Interval


def render_report(board: Scoreboard, history: History) -> str:
    """The whole report."""
    parts = [
        [f"Daily {board.days[0]:%Y-%m-%d} to {board.days[-1]:%Y-%m-%d}, warmed up from {history.days[0]:%Y-%m-%d}."],
        _dirt(history),
        ["### Agreement with the labelled periods, balanced accuracy", "", *_agreements(board)],
        [_held_out(board)],
        ["### By period", "", *_periods(board)],
        ["### Shares of days", "", ", ".join(f"{name} {share:.2f}" for name, share in board.shares.items()) + "."],
        [
            f"### What followed each permission, alts without ether, {HELD_OUT:%Y-%m-%d} on",
            "",
            *_aftermath(board.aftermath),
            "",
            f"Means of overlapping windows with 95 % intervals from blocks of {BLOCK_DAYS} days: one market, one "
            "history, no more independent months than there are months. An interval that holds 0 says nothing.",
        ],
        ["### Same regime a week later, by margin", "", *_persistence(board.margins, "margin")],
        ["### The same, by the stored probability", "", *_persistence(board.probabilities, "probability")],
        [f"Days by tenth of the confidence, 0-10 to 90-100: {', '.join(map(str, board.deciles))}."],
    ]
    return "\n\n".join("\n".join(part) for part in parts)


def _dirt(history: History) -> list[str]:
    counts = Counter((doubt.series, doubt.reason) for doubt in history.doubts)
    lines = [f"Quarantined: {len(history.doubts)} values."]
    for (series, reason), count in sorted(counts.items()):
        days = [doubt.day for doubt in history.doubts if (doubt.series, doubt.reason) == (series, reason)]
        lines.append(f"* {series}: {count} ({reason}), {days[0]} to {days[-1]}")
    if history.linked_from is not None:
        lines.append(
            f"* from {history.linked_from} on the total is bitcoin's cap over another vendor's dominance, scaled to "
            "agree before; ether keeps its last share of the rest. These days are estimates."
        )
    return lines


def _agreements(board: Scoreboard) -> list[str]:
    head = ("", f"before {HELD_OUT.year}", f"{HELD_OUT.year} on", "whole", "changes a year")
    rows = [
        (each.name, _two(each.before), _two(each.after), _two(each.whole), f"{each.changes_a_year:.1f}")
        for each in board.agreements
    ]
    return _table(head, rows)


def _held_out(board: Scoreboard) -> str:
    low, high = board.span
    return (
        f"Of {board.settings} neighbouring settings the twelve best before {HELD_OUT.year} reach {low:.2f} to "
        f"{high:.2f} afterwards (correlation of the two over all of them {board.correlation:+.2f}). That range, not "
        "the engine's own figure, is what choosing by the earlier years was worth on later ones: its constants were "
        "picked with the later years visible."
    )


def _periods(board: Scoreboard) -> list[str]:
    head = ("label", "from", "to", "engine", "rule of thumb", "latency, days")
    rows = [
        (
            each.period.regime, f"{each.period.first}", f"{each.period.last}", _two(each.share), _two(each.naive),
            "never" if each.latency is None else str(each.latency),
        )
        for each in board.periods
    ]  # fmt: skip
    return _table(head, rows)


def _aftermath(found: Iterable[Aftermath]) -> list[str]:
    head = ("permission", "share", "days", *(f"return {days} d" for days in HORIZONS),
            *(f"worst fall {days} d" for days in HORIZONS))  # fmt: skip
    rows = [
        (each.permission, _two(each.share), f"{each.days}", *map(_interval, each.returns), *map(_interval, each.falls))
        for each in found
    ]
    return _table(head, rows)


def _persistence(found: Iterable[Persistence], name: str) -> list[str]:
    rows = [(f"{each.low:.2f}-{each.high:.2f}", f"{each.days}", _two(each.share)) for each in found]
    return _table((name, "days", "share"), rows)


def _table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    rule = ["---", *("---:" for _ in head[1:])]
    return ["| " + " | ".join(row) + " |" for row in (head, rule, *rows)]


def _two(value: float) -> str:
    return "–" if math.isnan(value) else f"{value:.2f}"


def _interval(interval: Interval) -> str:
    if math.isnan(interval.value):
        return "–"
    return f"{interval.value:+.3f} ({interval.low:+.3f} to {interval.high:+.3f})"
