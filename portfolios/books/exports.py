"""Books out of the house as CSV that no spreadsheet runs anything in, and that the import reads back."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from portfolios.kernels.export import Cell, render_csv, render_positions, render_template
from portfolios.models import CashFlow, Portfolio, Position

from .selectors import PositionFilter, get_sectors, list_flows, list_positions

BOOK_COLUMNS = (
    "symbol",
    "underlying_symbol",
    "sector",
    "position_type",
    "quantity",
    "multiplier",
    "deliverable_note",
    "expiration_date",
    "strike_price",
    "option_type",
    "entry_price",
    "entry_date",
    "funding",
    "cost_basis",
    "last_price",
    "last_price_at",
    "last_price_source",
    "market_value",
    "unrealized_pnl",
    "unrealized_pnl_pct",
    "closed_on",
    "closing_price",
    "closing_reason",
    "realized_pnl",
    "tags",
    "note",
)
FLOW_COLUMNS = ("flowed_on", "kind", "amount", "in_kind", "symbol", "note")


def export_template() -> str:
    """The file to start from."""
    return render_template()


def export_positions(portfolio: Portfolio, wanted: PositionFilter | None = None) -> str:
    """Open positions in the template's columns: the file can be imported again. Three statements."""
    return render_positions((row.lot, _tags(row)) for row in list_positions(portfolio, wanted))


def export_book(portfolio: Portfolio, wanted: PositionFilter | None = None) -> str:
    """Positions with everything that is known of them, closed ones too unless the filter says otherwise."""
    filtered = wanted or PositionFilter(state="all")
    rows = list(list_positions(portfolio, filtered))
    sectors = get_sectors(rows, filtered.as_of)
    return render_csv(BOOK_COLUMNS, (_book_row(row, sectors.get(row.pk, "")) for row in rows))


def export_flows(portfolio: Portfolio, flows: Iterable[CashFlow] | None = None) -> str:
    """Cash flows, newest first."""
    rows = list_flows(portfolio) if flows is None else flows
    return render_csv(FLOW_COLUMNS, (_flow_row(flow) for flow in rows))


def _book_row(row: Position, sector: str) -> tuple[Cell, ...]:
    special: dict[str, Any] = {"sector": sector, "tags": ",".join(_tags(row))}
    cells = (special[name] if name in special else getattr(row, name) for name in BOOK_COLUMNS)
    # an empty cell for what is unknown; moments as ISO text
    return tuple(cell.isoformat() if hasattr(cell, "isoformat") else cell for cell in cells)


def _flow_row(flow: CashFlow) -> tuple[Cell, ...]:
    symbol = flow.position.symbol if flow.position else ""
    return flow.flowed_on, flow.kind, flow.amount, flow.in_kind, symbol, flow.note


def _tags(row: Position) -> list[str]:
    return [tag.name for tag in row.living_tags]  # type: ignore[attr-defined]  # prefetched by list_positions
