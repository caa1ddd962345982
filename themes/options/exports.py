"""The board as CSV: raw figures, empty where unknown, and no cell that a spreadsheet would take for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

from themes.models import ConfluenceScore

from .board import TITLES

HEADER: Final = (
    "Symbol", "Name", "As of", "Confluence", "Level", "Bias", "Agreement", "Confidence", "Technical",
    "Technical contribution", "Sentiment", "Sentiment contribution", "Options flow", "Options flow contribution",
    "Missing", "Simulated",
)  # fmt: skip
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n")


def render_csv(rows: Iterable[ConfluenceScore]) -> Iterator[str]:
    """Lines of CSV, the header first."""
    yield _line(HEADER)
    for one in rows:
        missing = "; ".join(f"{TITLES[name]}: {why}" for name, why in one.missing.items())
        figures = (
            one.directional_bias, one.agreement, one.confidence, one.technical_score, one.technical_contribution,
            one.sentiment_score, one.sentiment_contribution, one.options_flow_score, one.options_flow_contribution,
        )  # fmt: skip
        yield _line(
            (
                _safe(one.symbol), _safe(one.instrument.name), one.timestamp.isoformat().replace("+00:00", "Z"),
                _figure(one.confluence_score), one.confluence_level, *(_figure(each) for each in figures), missing,
                "yes" if one.is_simulated else "no",
            )
        )  # fmt: skip


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"


def _line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()
