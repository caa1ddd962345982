"""Cash follows positions: what an entry or a closing does to the book's money, to the cent. Inside a locked book only.

Source: methods.md 8.1. An entry pays its cost or receives its proceeds, a closing the other way round; a position that
was brought along is capital in kind. `cost_basis` is what the entry moved, in cents, and parts of it add up.
"""

from __future__ import annotations

import datetime as dt
from decimal import ROUND_HALF_EVEN, Decimal

from django.core.exceptions import ValidationError

from portfolios.kernels.positions import CENT, LARGEST_MONEY, ZERO, cents, value_position
from portfolios.models import CashFlow, ClosingReason, Funding, Portfolio, Position
from portfolios.models.books import FlowKind, FlowLeg
from sentiment_site.market import clock
from sentiment_site.market.calendar import NEW_YORK

LARGEST_PCT = Decimal("9999.9999")
ENTRY_PRICE = "entry"
OVERDRAWN = f"The book's cash would leave the range of ±{LARGEST_MONEY:,}."


def today() -> dt.date:
    """The date in New York by the market clock."""
    return clock.now().astimezone(NEW_YORK).date()


def mark_stale(book: Portfolio, day: dt.date) -> None:
    """Snapshots of that day and later are to be made anew."""
    book.stale_from = day if book.stale_from is None else min(book.stale_from, day)


def move_cash(book: Portfolio, amount: Decimal) -> None:
    """Add to the book's cash. ValidationError beyond what the column holds."""
    after = book.cash + amount
    if abs(after) > LARGEST_MONEY:
        raise ValidationError({"cash": [OVERDRAWN]})
    book.cash = after


def apply_price(
    position: Position, price: Decimal, at: dt.datetime | None = None, source: str = ENTRY_PRICE
) -> Position:
    """Stand an open position at a price (dollars per share or point of premium); the row is not saved.

    ValueError for a negative price or a value that no money column holds.
    """
    value = value_position(position.lot, price).rounded()
    pct = value.unrealized_pnl_pct
    position.last_price, position.last_price_at, position.last_price_source = price, at, source
    position.market_value, position.unrealized_pnl = value.market_value, value.unrealized_pnl
    position.unrealized_pnl_pct = None if pct is None else max(min(pct, LARGEST_PCT), -LARGEST_PCT)
    return position


def opening_flow(position: Position) -> CashFlow:
    """The row that the entry of a position makes; not saved."""
    flow = CashFlow(portfolio_id=position.portfolio_id, position=position, leg=FlowLeg.OPEN, note=str(position)[:255])
    _fill_opening(flow, position)
    return flow


def post_opening(book: Portfolio, position: Position, fees: Decimal = ZERO) -> None:
    """Write what an entry does to the cash, with its fees."""
    flow = opening_flow(position)
    flow.store()
    move_cash(book, flow.amount)
    post_fees(book, position, fees, FlowLeg.OPEN, position.entry_date)
    mark_stale(book, position.entry_date)


def repost_opening(book: Portfolio, position: Position) -> None:
    """Bring the entry's row in line with a corrected position."""
    flow = get_opening(position)
    before, day = flow.amount, flow.flowed_on
    _fill_opening(flow, position)
    flow.store()
    move_cash(book, flow.amount - before)
    mark_stale(book, min(day, position.entry_date))


def get_opening(position: Position) -> CashFlow:
    """The living row of a position's entry (not its fees)."""
    return position.flows.get(leg=FlowLeg.OPEN, kind__in=[FlowKind.TRADE, FlowKind.TRANSFER], deleted_at__isnull=True)


def post_fees(book: Portfolio, position: Position, fees: Decimal, leg: FlowLeg, day: dt.date) -> None:
    """Write the fees of one end of a position, if there were any."""
    if fees > 0:
        flow = CashFlow(portfolio=book, position=position, kind=FlowKind.FEE, leg=leg, flowed_on=day, amount=-fees)
        flow.note = f"Fees of {position}"[:255]
        flow.store()
        move_cash(book, flow.amount)


def split_off(book: Portfolio, position: Position, quantity: Decimal) -> Position:
    """Move a part of an open position into a row of its own, cost and entry's cash in proportion; both saved.

    Nothing changes for the book: the two rows have the cost and the cash of the one.
    """
    part = Position.objects.get(pk=position.pk)
    part.pk, part.part_of = Position._meta.pk.get_default(), position
    part.import_key = part.request_key = ""
    part.quantity = quantity
    share = (position.cost_basis * quantity / position.quantity).quantize(CENT, ROUND_HALF_EVEN)
    part.cost_basis = min(share, position.cost_basis)
    position.quantity -= quantity
    position.cost_basis -= part.cost_basis
    for row in (position, part):
        if row.last_price is not None:
            apply_price(row, row.last_price, row.last_price_at, row.last_price_source)
    part.save(force_insert=True)
    position.store()
    flow = get_opening(position)
    _fill_opening(flow, position)
    flow.store()
    opening_flow(part).store()
    part.tags.set(position.tags.all())
    return part


def post_closing(
    book: Portfolio, position: Position, price: Decimal, proceeds: Decimal, day: dt.date, reason: ClosingReason
) -> None:
    """Close the whole row. price: per share or point of premium; proceeds: dollars, positive, before direction."""
    received = position.sign * cents(proceeds)
    position.closed_on, position.closing_price, position.closing_reason = day, price, reason
    position.realized_pnl = received - position.sign * position.cost_basis
    position.market_value = position.unrealized_pnl = position.unrealized_pnl_pct = None
    position.store()
    flow = CashFlow(portfolio=book, position=position, kind=FlowKind.TRADE, leg=FlowLeg.CLOSE, flowed_on=day)
    flow.amount, flow.note = received, f"{ClosingReason(reason).label}: {position}"[:255]
    flow.store()
    move_cash(book, received)
    mark_stale(book, day)


def take_back_closing(book: Portfolio, position: Position) -> None:
    """Open a closed row again: its closing's cash goes back, and the position stands at its last price."""
    day = position.closed_on or position.entry_date
    closing = position.flows.filter(leg=FlowLeg.CLOSE, deleted_at__isnull=True)
    move_cash(book, -sum((flow.amount for flow in closing), ZERO))
    # let go of the position, so that deleting and restoring it does not bring them back
    closing.update(deleted_at=clock.now(), position=None)
    position.closed_on = position.closing_price = position.realized_pnl = None
    position.closing_reason = ""
    price = position.entry_price if position.last_price is None else position.last_price
    apply_price(position, price, position.last_price_at, position.last_price_source or ENTRY_PRICE)
    position.store()
    mark_stale(book, day)


def _fill_opening(flow: CashFlow, position: Position) -> None:
    brought = position.funding == Funding.TRANSFER
    flow.kind = FlowKind.TRANSFER if brought else FlowKind.TRADE
    flow.amount = ZERO if brought else -position.sign * position.cost_basis
    flow.in_kind = position.cost_basis if brought else ZERO
    flow.flowed_on = position.entry_date
