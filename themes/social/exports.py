"""The board as CSV: raw figures, empty where unknown, and no cell that a spreadsheet would take for a formula."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from sentiment_site.live.spreadsheets import render_line, safe_text

from .board import BoardRow
from .excerpts import clean_words

HEADER: Final = (
    "Symbol", "Name", "Sector", "Sentiment", "Level", "Confidence", "X", "Reddit", "News", "Options", "Mentions 24h",
    "Expected", "z", "Volume trend", "Divergence", "Sources contradict", "As of (UTC)", "Simulated",
)  # fmt: skip


def render_csv(rows: Iterable[BoardRow]) -> Iterator[str]:
    """Lines of CSV, the header first."""
    yield render_line(HEADER)
    for row in rows:
        says = (row.sources[name] for name in ("twitter", "reddit", "news", "options"))
        yield render_line(
            (
                safe_text(row.symbol),
                safe_text(clean_words(row.name)),
                row.sector_title,
                _figure(row.unified),
                row.level,
                _figure(row.confidence),
                *(_figure(one) for one in says),
                str(row.mentions),
                _figure(row.expected),
                _figure(row.z),
                row.trend,
                _figure(row.divergence),
                "yes" if row.contradicts else "no",
                row.as_of.isoformat().replace("+00:00", "Z"),
                "yes" if row.is_simulated else "no",
            )
        )


def _figure(value: float | None) -> str:
    return "" if value is None else f"{value:.6f}".rstrip("0").rstrip(".")
