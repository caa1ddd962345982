"""What the page of one stock draws: bars of its sources, its past, and who was right before."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sentiment_site.live.time_machine import BadParameter
from themes.models import DivergenceOutcome, SymbolSentiment

from .selectors import HistoryPoint, SymbolReading, history
from .who_was_right import DivergenceRecord
from .wording import SOURCE_COLUMNS, SOURCE_TITLES, TRENDS, face_of


@dataclass(frozen=True, slots=True)
class Span:
    """How far back a chart reaches. step: the table shows the last pass of every such stretch, 0 every pass."""

    key: str
    title: str
    length: dt.timedelta
    step_s: int


SPANS: Final[Mapping[str, Span]] = {
    "1d": Span("1d", "1 day", dt.timedelta(days=1), 0),
    "3d": Span("3d", "3 days", dt.timedelta(days=3), 3600),
    "1w": Span("1w", "1 week", dt.timedelta(days=7), 4 * 3600),
    "1m": Span("1m", "1 month", dt.timedelta(days=31), 86_400),
}
DEFAULT_SPAN: Final = "3d"


def asked_span(value: str) -> Span:
    """The span of an address. BadParameter for one that is not offered."""
    name = value.strip() or DEFAULT_SPAN
    if name not in SPANS:
        raise BadParameter("span", value, f"not one of {', '.join(SPANS)}")
    return SPANS[name]


def build_bars(found: SymbolReading, reasons: Mapping[str, str]) -> list[dict[str, Any]]:
    """A bar per source: score, share of the unified sentiment, what stands behind it, why it is missing.

    x, width: place of the score's bar on a scale of -1 to +1, in percent of its width.
    """
    bars = []
    for source, title in SOURCE_TITLES.items():
        own = found.sources.get(source)
        score = getattr(found.row, SOURCE_COLUMNS[source]) if found.row is not None else None
        share = (found.row.source_breakdown or {}).get(source) if found.row is not None else None
        low, high = sorted((0.0, score or 0.0))
        bars.append(
            {
                "source": source, "title": title, "score": score, "share": share if score is not None else None,
                "own": own, "why": "" if score is not None else _why(own, reasons[source]),
                "x": round(50 + 50 * low, 2), "width": round(max(50 * (high - low), 0.6), 2),
                "side": "none" if score is None else "up" if score > 0 else "down" if score < 0 else "flat",
                "trend": TRENDS.get(own.volume_trend, ("", "")) if own is not None else ("", ""),
                "is_written": source != "options",
            }
        )  # fmt: skip
    return bars


def _why(own: SymbolSentiment | None, otherwise: str) -> str:
    return str(own.facts.get("why") or otherwise) if own is not None else otherwise


def build_pairs(own: DivergenceRecord, every: DivergenceRecord) -> list[dict[str, Any]]:
    """Who was right before, of this stock and beside it of all, for every pair that ever contradicted itself here or
    anywhere; this stock's pairs first."""
    mine = {(pair.first, pair.second, pair.horizon): pair for pair in own.pairs}
    rows = [
        {
            "own": mine.get((pair.first, pair.second, pair.horizon)), "all": pair, "horizon": pair.horizon,
            "first": SOURCE_TITLES[pair.first], "second": SOURCE_TITLES[pair.second],
        }
        for pair in every.pairs
    ]  # fmt: skip
    return sorted(rows, key=lambda row: row["own"] is None)


def build_outcomes(rows: Sequence[DivergenceOutcome]) -> list[dict[str, Any]]:
    """Contradictions in words: who said what, how the stock moved against its sector, who was right or why nobody."""
    return [
        {
            "at": row.diverged_at, "horizon": row.horizon, "bearish": SOURCE_TITLES[row.bearish_source],
            "bullish": SOURCE_TITLES[row.bullish_source], "bearish_score": row.bearish_score,
            "bullish_score": row.bullish_score,
            "move": None if row.excess_move is None else math.expm1(row.excess_move),
            "right": SOURCE_TITLES.get(row.right_source, ""), "why": _why_open(row),
        }
        for row in rows
    ]  # fmt: skip


def _why_open(row: DivergenceOutcome) -> str:
    if row.state == row.OPEN:
        return f"open until the close of {row.ends_on:%d %b}"
    return row.void_reason if row.state == row.VOID else "" if row.right_source else "did not move against its sector"


def load_series(instrument_id: int, span: Span, until: dt.datetime) -> dict[str, Any]:
    """Columns for the charts; t in seconds since 1970, None is a gap and stays one."""
    points = history(instrument_id, until - span.length, until)
    found: dict[str, Any] = {"t": [round(point.at.timestamp()) for point in points]}
    found["unified"] = [None if point.row is None else point.row.unified_sentiment for point in points]
    found["confidence"] = [None if point.row is None else point.row.confidence for point in points]
    for source, column in SOURCE_COLUMNS.items():
        found[source] = [None if point.row is None else getattr(point.row, column) for point in points]
    found["mentions"] = [_mentions(point) for point in points]
    found["expected"] = [None if point.expected is None else round(point.expected, 2) for point in points]
    return found


def load_table(instrument_id: int, span: Span, until: dt.datetime) -> list[dict[str, Any]]:
    """The same, newest first: every pass of a short span, the last one of every stretch of a longer one."""
    kept: dict[int, HistoryPoint] = {}
    for point in history(instrument_id, until - span.length, until):
        at = int(point.at.timestamp())
        kept[at // span.step_s if span.step_s else at] = point
    return [
        {
            "at": point.at, "row": point.row, "mentions": _mentions(point), "expected": point.expected,
            "face": face_of(point.row.sentiment_level if point.row is not None else ""),
            "says": [None if point.row is None else getattr(point.row, name) for name in SOURCE_COLUMNS.values()],
        }
        for point in reversed(kept.values())
    ]  # fmt: skip


def _mentions(point: HistoryPoint) -> float | None:
    """Comparable with the expectation where there is one, else all of them."""
    if point.mentions is None and point.row is not None:
        return point.row.total_mention_count
    return point.mentions
