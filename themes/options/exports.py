"""The board as CSV: raw figures, empty where unknown, and no cell that a spreadsheet would take for a formula."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from sentiment_site.live.spreadsheets import render_line, safe_text
from themes.models import ConfluenceScore

from .board import TITLES

HEADER: Final = (
    "Symbol", "Name", "As of", "Confluence", "Level", "Bias", "Agreement", "Confidence", "Technical",
    "Technical contribution", "Sentiment", "Sentiment contribution", "Options flow", "Options flow contribution",
    "Missing", "Simulated",
)  # fmt: skip


def render_csv(rows: Iterable[ConfluenceScore]) -> Iterator[str]:
    """Lines of CSV, the header first."""
    yield render_line(HEADER)
    for one in rows:
        missing = "; ".join(f"{TITLES[name]}: {why}" for name, why in one.missing.items())
        figures = (
            one.directional_bias, one.agreement, one.confidence, one.technical_score, one.technical_contribution,
            one.sentiment_score, one.sentiment_contribution, one.options_flow_score, one.options_flow_contribution,
        )  # fmt: skip
        yield render_line(
            (
                safe_text(one.symbol), safe_text(one.instrument.name), one.timestamp.isoformat().replace("+00:00", "Z"),
                _figure(one.confluence_score), one.confluence_level, *(_figure(each) for each in figures), missing,
                "yes" if one.is_simulated else "no",
            )
        )  # fmt: skip


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}"
