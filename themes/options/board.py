"""What the board shows of a pass: rows with their three parts, a line over the last passes, and what is missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from themes.kernels.confluence import COMPONENTS
from themes.models import ConfluenceScore, OptionsDay

from .drawing import TALL, Line, draw_line
from .selectors import Trace

TITLES: Final = {"technical": "chart", "sentiment": "written", "options_flow": "options"}
INDICATOR_TITLES: Final = {
    "rsi": "RSI 14", "macd": "MACD 12/26/9", "adx": "ADX 14", "averages": "Averages 20/50",
    "bollinger": "Bollinger 20/2", "volume": "Volume",
}  # fmt: skip
READING_WORDS: Final = {
    "rsi": "of 100", "macd": "$ histogram", "adx": "of 100", "averages": "% off the 20-bar average",
    "bollinger": "deviations", "volume": "times its median",
}  # fmt: skip
FLOW_TITLES: Final = {
    "put_call": "Puts against calls", "premium": "Signed premium", "skew": "Change of the skew",
    "unusual": "Unusual strikes",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class PartCell:
    """One part of a row: value, its contribution, when its input was made; missing says why there is none."""

    name: str
    title: str
    value: float | None
    contribution: float
    as_of: dt.datetime | None
    confidence: float | None
    missing: str


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One stock. mark: high, minimum or "" by the thresholds of the view; bar: contributions as places of a bar."""

    score: ConfluenceScore
    parts: tuple[PartCell, ...]
    mark: str
    line: Line | None
    bar: tuple[tuple[str, str, str, str], ...]

    @property
    def side(self) -> str:
        """bullish, bearish or neither."""
        bias = self.score.directional_bias
        return "bullish" if bias > 0 else "bearish" if bias < 0 else "neither"

    @property
    def level(self) -> str:
        """The level in words."""
        return self.score.confluence_level.replace("_", " ")

    @property
    def glyph(self) -> str:
        """The side as a sign."""
        return {"bullish": "▲", "bearish": "▼", "neither": "■"}[self.side]


@dataclass(frozen=True, slots=True)
class Figure:
    """A line of a breakdown: value in [-1, 1], weight, the reading with its unit; missing says why there is none."""

    title: str
    value: float | None
    weight: float | None = None
    reading: float | None = None
    unit: str = ""
    missing: str = ""


def build_rows(
    scores: Iterable[ConfluenceScore], traces: dict[int, Trace], thresholds: tuple[float, float]
) -> list[BoardRow]:
    """Rows as they stand on the page."""
    return [build_row(one, traces.get(one.instrument_id), thresholds) for one in scores]


def build_row(score: ConfluenceScore, trace: Trace | None, thresholds: tuple[float, float]) -> BoardRow:
    """One row with its line."""
    least, high = thresholds
    value = round(score.confluence_score, 9)
    mark = "high" if value >= high else "minimum" if value >= least else ""
    line = None if trace is None else draw_line(trace.times, trace.scores, limits=thresholds)
    parts = tuple(_part(score, name) for name in COMPONENTS)
    return BoardRow(score, parts, mark, line, _bar(parts))


def draw_history(rows: Sequence[ConfluenceScore], thresholds: tuple[float, float]) -> dict[str, Line | None]:
    """Score (0 to 1) and bias (-1 to 1) over the rows' own moments."""
    times = [one.timestamp for one in rows]
    scores, biases = [one.confluence_score for one in rows], [one.directional_bias for one in rows]
    return {
        "score": draw_line(times, scores, limits=thresholds, height=TALL),
        "bias": draw_line(times, biases, low=-1.0, limits=(0.0,), height=TALL),
    }


def list_indicators(score: ConfluenceScore) -> list[Figure]:
    """The technical breakdown, in the order of the method; empty without a chart."""
    found = score.technical_breakdown
    return [
        Figure(
            title,
            found[name]["value"],
            found[name]["weight"],
            found[name]["reading"],
            READING_WORDS[name],
            "" if found[name]["value"] is not None else "its input is not known",
        )
        for name, title in INDICATOR_TITLES.items()
        if name in found
    ]


def list_flow(facts: dict[str, Any]) -> list[Figure]:
    """The four parts of the options score."""
    parts, missing = facts.get("parts", {}), facts.get("missing", {})
    return [Figure(title, parts.get(name), missing=missing.get(name, "")) for name, title in FLOW_TITLES.items()]


def put_share(day: OptionsDay) -> float | None:
    """Share of puts among the contracts traded; None without a trade."""
    total = day.put_volume + day.call_volume
    return day.put_volume / total if total else None


def _part(score: ConfluenceScore, name: str) -> PartCell:
    entered = score.inputs.get(name, {})
    moment = entered.get("as_of")
    return PartCell(
        name=name,
        title=TITLES[name],
        value=getattr(score, f"{name}_score"),
        contribution=getattr(score, f"{name}_contribution"),
        as_of=dt.datetime.fromisoformat(moment) if moment else None,
        confidence=entered.get("confidence"),
        missing=score.missing.get(name, ""),
    )


def _bar(parts: Sequence[PartCell]) -> tuple[tuple[str, str, str, str], ...]:
    """(name, side, x, width) of each part that contributes, on a bar of 100."""
    found, at = [], 0.0
    for one in parts:
        width = 100 * one.contribution
        if width > 0 and one.value is not None:
            found.append((one.name, "up" if one.value > 0 else "down", f"{at:.2f}", f"{width:.2f}"))
        at += width
    return tuple(found)
