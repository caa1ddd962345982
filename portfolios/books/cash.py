"""The book's own money: deposits, withdrawals, dividends, interest, fees, and its name. Trades are made elsewhere."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from portfolios.access import find, flows_of, locked
from portfolios.kernels.positions import CENT
from portfolios.models import CashFlow, Portfolio
from portfolios.models.books import FlowKind
from sentiment_site.market import clock

from . import ledger
from .drafts import EARLIEST
from .positions import KEY_MAX

LARGEST_FLOW = Decimal("999999999999.99")
LONGEST_NOTE = 255
LONGEST_NAME = 255
OWN_KINDS = (FlowKind.DEPOSIT, FlowKind.WITHDRAWAL, FlowKind.DIVIDEND, FlowKind.INTEREST, FlowKind.FEE)
OWN_CHOICES = [(kind.value, kind.label) for kind in OWN_KINDS]
_OUT = (FlowKind.WITHDRAWAL, FlowKind.FEE)
_EITHER = (FlowKind.DIVIDEND, FlowKind.INTEREST)
EDITABLE = ("kind", "amount", "flowed_on", "note")


def add_flow(
    portfolio: Portfolio,
    kind: str,
    amount: Decimal,
    *,
    on: dt.date | None = None,
    note: str = "",
    request_key: str = "",
) -> CashFlow:
    """Enter money that came or went.

    amount: dollars and cents; positive for a deposit, withdrawal or fee (the kind says which way), signed for dividends
    and interest (who is short pays them). request_key: asking again with it returns what was made the first time.
    ValidationError by field.
    """
    with locked(portfolio) as book:
        if len(request_key) > KEY_MAX:
            raise ValidationError({"request_key": [f"At most {KEY_MAX} characters."]})
        made = flows_of(book).filter(request_key=request_key).first() if request_key else None
        if made is not None:
            return made
        flow = CashFlow(portfolio=book, request_key=request_key)
        _fill(flow, kind, amount, on or ledger.today(), note)
        flow.store()
        ledger.move_cash(book, flow.amount)
        ledger.mark_stale(book, flow.flowed_on)
    return flow


def edit_flow(portfolio: Portfolio, flow_id: uuid.UUID | str, changes: Mapping[str, Any]) -> CashFlow:
    """Correct kind, amount (as in add_flow), day or note. ValidationError for a row that a trade made."""
    with locked(portfolio) as book:
        flow = _own(book, flow_id, alive=True)
        before, day = flow.amount, flow.flowed_on
        kind = str(changes.get("kind", flow.kind))
        amount = changes.get("amount", -flow.amount if flow.kind in _OUT else flow.amount)
        _fill(flow, kind, amount, changes.get("flowed_on", day), changes.get("note", flow.note))
        flow.store()
        ledger.move_cash(book, flow.amount - before)
        ledger.mark_stale(book, min(day, flow.flowed_on))
    return flow


def delete_flow(portfolio: Portfolio, flow_id: uuid.UUID | str) -> CashFlow:
    """Take a flow out of the book. A deleted one stays so. ValidationError for a row that a trade made."""
    with locked(portfolio) as book:
        flow = _own(book, flow_id)
        if flow.deleted_at is None:
            flow.deleted_at = clock.now()
            flow.store("deleted_at")
            ledger.move_cash(book, -flow.amount)
            ledger.mark_stale(book, flow.flowed_on)
    return flow


def restore_flow(portfolio: Portfolio, flow_id: uuid.UUID | str) -> CashFlow:
    """Put a deleted flow back."""
    with locked(portfolio) as book:
        flow = _own(book, flow_id)
        if flow.deleted_at is not None:
            flow.deleted_at = None
            flow.store("deleted_at")
            ledger.move_cash(book, flow.amount)
            ledger.mark_stale(book, flow.flowed_on)
    return flow


def change_book(portfolio: Portfolio, *, name: str | None = None, cash: Decimal | None = None) -> CashFlow | None:
    """Rename the book, or bring its cash to an amount: the difference is entered as today's deposit or withdrawal.

    Returns that row, None without a difference. ValidationError by field.
    """
    with locked(portfolio) as book:
        if name is not None:
            book.name = " ".join(name.split())
            if not 0 < len(book.name) <= LONGEST_NAME or not book.name.isprintable():
                raise ValidationError({"name": [f"From 1 to {LONGEST_NAME} printable characters."]})
        if cash is not None and not cash.is_finite():
            raise ValidationError({"cash": ["Dollars and cents."]})
        difference = Decimal(0) if cash is None else cash - book.cash
        if difference == 0:
            return None
        flow = CashFlow(portfolio=book)
        kind = FlowKind.DEPOSIT if difference > 0 else FlowKind.WITHDRAWAL
        try:
            _fill(flow, kind, abs(difference), ledger.today(), "Cash set by hand")
        except ValidationError as error:
            raise ValidationError({"cash": error.messages}) from None
        flow.store()
        ledger.move_cash(book, flow.amount)
        ledger.mark_stale(book, flow.flowed_on)
    return flow


def _own(book: Portfolio, flow_id: uuid.UUID | str, *, alive: bool = False) -> CashFlow:
    rows = flows_of(book)
    flow = find(rows.filter(deleted_at__isnull=True) if alive else rows, flow_id)
    if flow.leg:
        raise ValidationError("This row belongs to a position: change, close or delete the position.")
    return flow


def _fill(flow: CashFlow, kind: str, amount: Decimal, day: dt.date, note: str) -> None:
    refused: dict[str, list[str]] = {}
    if kind not in OWN_KINDS:
        refused["kind"] = [f"One of {', '.join(OWN_KINDS)}."]
    lowest = -LARGEST_FLOW if kind in _EITHER else CENT
    if not amount.is_finite() or not lowest <= amount <= LARGEST_FLOW or amount != amount.quantize(CENT) or amount == 0:
        refused["amount"] = [f"Dollars and cents, not 0, from {lowest:,} to {LARGEST_FLOW:,}."]
    if not EARLIEST <= day <= ledger.today():
        refused["flowed_on"] = [f"From {EARLIEST} to today, {ledger.today()}."]
    if len(note) > LONGEST_NOTE:
        refused["note"] = [f"At most {LONGEST_NOTE} characters."]
    if refused:
        raise ValidationError(refused)
    flow.kind, flow.flowed_on, flow.note = kind, day, note
    flow.amount = -amount if kind in _OUT else amount
