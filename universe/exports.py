"""The list as CSV: the columns of the page, raw figures, and no cell that a spreadsheet would take for a formula."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator

from sentiment_site.market.sectors import SECTOR_BY_KEY

from .listing import reason_title
from .models import Membership

HEADER = (
    "Symbol",
    "Name",
    "Sector",
    "Sector confidence",
    "Tier",
    "Price",
    "Market cap",
    "Cap estimated",
    "Average volume",
    "Free float",
    "Float estimated",
    "Short % of float",
    "Gap frequency",
    "Eligible",
    "Reason",
)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def render_csv(rows: Iterable[Membership]) -> Iterator[str]:
    """Lines of CSV, the header first; figures unrounded in plain notation, empty where unknown."""
    yield _line(HEADER)
    for row in rows:
        yield _line(_cells(row))


def _cells(row: Membership) -> tuple[str, ...]:
    return (
        _safe(row.instrument.symbol),
        _safe(row.instrument.name),
        SECTOR_BY_KEY[row.sector].title if row.sector else "",
        _figure(row.sector_confidence),
        row.tier,
        _figure(row.price),
        _figure(row.market_cap),
        _yes(row.cap_estimated),
        _figure(row.average_volume),
        _figure(row.free_float),
        _yes(row.float_estimated),
        _figure(row.short_percent),
        _figure(row.gap_frequency),
        _yes(row.eligible),
        reason_title(row.reason),
    )


def _safe(text: str) -> str:
    """Vendors' words with a quote before what would start a formula (CSV injection)."""
    return f"'{text}" if text.startswith(_FORMULA) else text


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if value == round(value) else f"{value:.6f}".rstrip("0")


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"


def _line(cells: Iterable[str]) -> str:
    buffer = io.StringIO()
    csv.writer(buffer, lineterminator="\r\n").writerow(cells)
    return buffer.getvalue()
