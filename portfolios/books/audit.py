"""Whether a book adds up: every identity of docs/portfolios.md looked at, each that does not hold named in words."""

from __future__ import annotations

from decimal import Decimal

from django.db.models import Count, Q, Sum

from portfolios.access import flows_of, positions_of, tags_of
from portfolios.kernels.positions import ZERO, total, value_position
from portfolios.models import Portfolio, Position
from portfolios.models.books import FlowLeg

from .selectors import get_totals


def find_breaks(portfolio: Portfolio) -> tuple[str, ...]:
    """What does not add up; empty for a sound book. Reads the book as it is stored, not as the object has it."""
    book = Portfolio.objects.get(pk=portfolio.pk)
    living = positions_of(book).filter(deleted_at__isnull=True)
    breaks = [*_check_totals(book), *_check_tags(book)]
    for position in living.prefetch_related("flows"):
        breaks += _check_position(position)
    return tuple(breaks)


def _check_totals(book: Portfolio) -> list[str]:
    flowed = flows_of(book).filter(deleted_at__isnull=True).aggregate(cash=Sum("amount"))["cash"] or ZERO
    totals = get_totals(book)
    breaks = []
    if book.cash != flowed:
        breaks.append(f"cash {book.cash} is not the sum of the flows {flowed}")
    if totals.total_value != totals.capital + totals.total_pnl:
        breaks.append(f"equity {totals.total_value} is not capital {totals.capital} + profit {totals.total_pnl}")
    return breaks


def _check_tags(book: Portfolio) -> list[str]:
    used = Count("position_tags__position", filter=Q(position_tags__position__deleted_at__isnull=True))
    counted = tags_of(book).filter(deleted_at__isnull=True).annotate(used=used)
    return [f"tag {tag}: {tag.usage_count} noted, {tag.used} used" for tag in counted if tag.usage_count != tag.used]


def _check_position(position: Position) -> list[str]:
    flows = [flow for flow in position.flows.all() if flow.deleted_at is None and flow.kind != "fee"]
    opening = [flow for flow in flows if flow.leg == FlowLeg.OPEN]
    signed = position.sign * position.cost_basis
    breaks = []
    if [flow.in_kind - flow.amount for flow in opening] != [signed]:
        breaks.append(f"{position}: its entry moved {[str(flow.amount) for flow in opening]}, it cost {signed}")
    closing = total(flow.amount for flow in flows if flow.leg == FlowLeg.CLOSE)
    earned = position.realized_pnl if position.closed_on else None
    if (earned or ZERO) != (closing - signed if position.closed_on else ZERO) or (not position.closed_on and closing):
        breaks.append(f"{position}: closing brought {closing}, it cost {signed}, earned {earned}")
    if position.closed_on is None and position.market_value != _market_value(position):
        breaks.append(f"{position}: worth {position.market_value} at {position.last_price}")
    return breaks


def _market_value(position: Position) -> Decimal | None:
    if position.last_price is None:
        return None
    return value_position(position.lot, position.last_price).rounded().market_value
