"""The list as CSV: the columns of the page, raw figures, and no cell that a spreadsheet would take for a formula."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sentiment_site.live.spreadsheets import render_line, safe_text
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


def render_csv(rows: Iterable[Membership]) -> Iterator[str]:
    """Lines of CSV, the header first; figures unrounded in plain notation, empty where unknown."""
    yield render_line(HEADER)
    for row in rows:
        yield render_line(_cells(row))


def _cells(row: Membership) -> tuple[str, ...]:
    return (
        safe_text(row.instrument.symbol),
        safe_text(row.instrument.name),
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


def _figure(value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:.0f}" if value == round(value) else f"{value:.6f}".rstrip("0")


def _yes(flag: bool) -> str:
    return "yes" if flag else "no"
