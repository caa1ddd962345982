"""Positions: enter, correct, close a part or all, take a closing back, delete, restore."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError

from portfolios.access import find, locked, positions_of
from portfolios.kernels.positions import FOUR_PLACES, LARGEST_PRICE, ZERO, cents
from portfolios.models import ClosingReason, Portfolio, Position
from portfolios.models.books import FlowLeg
from sentiment_site.market import clock

from . import ledger, tags
from .drafts import EDITABLE, LARGEST_COST, LONGEST_NOTE, PositionDraft, check_draft, draft_of, fill, find_instruments

LARGEST_FEES = Decimal("9999999.99")
KEY_MAX = 64
CLOSED_EDITABLE = frozenset({"note"})


def create_position(
    portfolio: Portfolio,
    draft: PositionDraft,
    *,
    tag_names: Iterable[str] = (),
    fees: Decimal = ZERO,
    request_key: str = "",
) -> Position:
    """Enter a position: cash pays for it or receives its proceeds, and its fees.

    request_key: the caller's own name of this request; asking again with it returns what was made the first time.
    ValidationError by field.
    """
    lot = check_draft(draft)
    check_fees(fees)
    with locked(portfolio) as book:
        made = find_request(book, request_key)
        if made is not None:
            return made
        check_room(book, 1)
        position = Position(portfolio=book, request_key=request_key)
        position.basis_on = draft.entry_date if draft.as_traded else ledger.today()
        position.instrument_id = find_instruments([lot.underlying]).get(lot.underlying)
        fill(position, lot, draft).store()
        ledger.post_opening(book, position, fees)
        tags.put_tags(book, position, tag_names)
    return position


def edit_position(
    portfolio: Portfolio,
    position_id: uuid.UUID | str,
    changes: Mapping[str, Any],
    *,
    tag_names: Iterable[str] | None = None,
) -> Position:
    """Correct what was entered wrongly; only what is named changes, and cash as if it had been right from the start.

    changes: fields of PositionDraft. tag_names: all tags from now on, None to keep them. A closed position keeps
    everything but its note and tags (take the closing back first). ValidationError by field.
    """
    unknown = set(changes) - EDITABLE
    if unknown:
        raise ValidationError({name: ["This cannot be changed."] for name in sorted(unknown)})
    with locked(portfolio) as book:
        position = _living(book, position_id)
        if position.is_open:
            _correct(book, position, changes)
        else:
            _annotate(position, changes)
        if tag_names is not None:
            tags.put_tags(book, position, tag_names)
    return position


def close_position(
    portfolio: Portfolio,
    position_id: uuid.UUID | str,
    *,
    price: Decimal,
    on: dt.date | None = None,
    quantity: Decimal | None = None,
    fees: Decimal = ZERO,
    request_key: str = "",
) -> Position:
    """Close all, or a part, at a price (dollars per share or point of premium). Returns the closed row.

    A part becomes a closed row of its own; the rest stays open under its id. Closing again at the same price and day,
    or with the same request_key, changes nothing. ValidationError by field: more than there is, before the entry,
    after today or the expiration.
    """
    day = on or ledger.today()
    check_fees(fees)
    if not price.is_finite() or not 0 <= price <= LARGEST_PRICE or price != price.quantize(FOUR_PLACES):
        raise ValidationError({"price": [f"From 0 to {LARGEST_PRICE:,}, at most four decimals."]})
    with locked(portfolio) as book:
        done = find_request(book, request_key)
        if done is not None:
            return done
        position = _living(book, position_id)
        if position.closed_on is not None:
            return _closed_before(position, price, day, quantity)
        amount = position.quantity if quantity is None else quantity
        _check_closing(position, amount, price, day)
        row = position if amount == position.quantity else ledger.split_off(book, position, amount)
        if row is not position:  # closing a whole row twice is one closing anyway
            row.request_key = request_key
        ledger.post_closing(book, row, price, price * amount * row.multiplier, day, ClosingReason.TRADED)
        ledger.post_fees(book, row, fees, FlowLeg.CLOSE, day)
        tags.recount(row.tags.values_list("pk", flat=True))
    return row


def reopen_position(portfolio: Portfolio, position_id: uuid.UUID | str) -> Position:
    """Take a closing back, with its cash and fees. An open position stays as it is.

    A part stays a row of its own. ValidationError for an option that expired.
    """
    with locked(portfolio) as book:
        position = _living(book, position_id)
        if position.closing_reason == ClosingReason.EXPIRED:
            raise ValidationError(f"{position.symbol} expired on {position.expiration_date}: delete it if it is wrong.")
        if position.closed_on is not None:
            ledger.take_back_closing(book, position)
    return position


def delete_position(portfolio: Portfolio, position_id: uuid.UUID | str) -> Position:
    """Take a position out of the book as if it had never been entered, with its cash. A deleted one stays so."""
    with locked(portfolio) as book:
        position = find(positions_of(book), position_id)
        if position.deleted_at is None:
            position.deleted_at = clock.now()
            position.store("deleted_at")
            flows = position.flows.filter(deleted_at__isnull=True)
            ledger.move_cash(book, -sum((flow.amount for flow in flows), ZERO))
            flows.update(deleted_at=position.deleted_at)
            ledger.mark_stale(book, position.entry_date)
            tags.recount(position.tags.values_list("pk", flat=True))
    return position


def restore_position(portfolio: Portfolio, position_id: uuid.UUID | str) -> Position:
    """Put a deleted position back, with its cash. ValidationError when the same lot was imported again meanwhile."""
    with locked(portfolio) as book:
        position = find(positions_of(book), position_id)
        if position.deleted_at is not None:
            check_room(book, 1)
            taken = positions_of(book).filter(import_key=position.import_key, deleted_at__isnull=True)
            if position.import_key and taken.exists():
                raise ValidationError(f"{position} was imported again after it had been deleted.")
            position.deleted_at = None
            position.store("deleted_at")
            flows = list(position.flows.all())
            position.flows.update(deleted_at=None)
            ledger.move_cash(book, sum((flow.amount for flow in flows), ZERO))
            ledger.mark_stale(book, position.entry_date)
            tags.recount(position.tags.values_list("pk", flat=True))
    return position


def check_room(book: Portfolio, more: int) -> None:
    """ValidationError when the book would hold more than BOOK_POSITIONS_MAX positions."""
    count = positions_of(book).filter(deleted_at__isnull=True).count()
    if count + more > settings.BOOK_POSITIONS_MAX:
        raise ValidationError(f"A book holds at most {settings.BOOK_POSITIONS_MAX:,} positions, open and closed.")


def check_fees(fees: Decimal) -> None:
    """ValidationError unless fees are cents, 0 or more."""
    if not fees.is_finite() or not 0 <= fees <= LARGEST_FEES or fees != cents(fees):
        raise ValidationError({"fees": [f"Dollars and cents from 0 to {LARGEST_FEES:,}."]})


def find_request(book: Portfolio, request_key: str) -> Position | None:
    """What an earlier request of that name made. ValidationError for a name that is too long."""
    if len(request_key) > KEY_MAX or not request_key.isprintable():
        raise ValidationError({"request_key": [f"At most {KEY_MAX} printable characters."]})
    return positions_of(book).filter(request_key=request_key).first() if request_key else None


def _living(book: Portfolio, position_id: uuid.UUID | str) -> Position:
    return find(positions_of(book).filter(deleted_at__isnull=True), position_id)


def _correct(book: Portfolio, position: Position, changes: Mapping[str, Any]) -> None:
    if set(changes) <= CLOSED_EDITABLE:
        _annotate(position, changes)
        return
    draft = draft_of(position, changes)
    lot = check_draft(draft)
    if lot.underlying != position.underlying_symbol:
        position.instrument_id = find_instruments([lot.underlying]).get(lot.underlying)
    if lot.symbol != position.symbol or lot.kind != position.position_type:
        position.last_price = position.last_price_at = None
    unpriced = {name: getattr(position, name) for name in ("quantity", "entry_price", "multiplier")}
    basis = position.cost_basis
    fill(position, lot, draft)
    if all(getattr(position, name) == value for name, value in unpriced.items()):
        position.cost_basis = basis  # exact through splits, which a rounded price is not
    position.store()
    ledger.repost_opening(book, position)


def _annotate(position: Position, changes: Mapping[str, Any]) -> None:
    refused = sorted(set(changes) - CLOSED_EDITABLE)
    if refused:
        reason = "A closed position keeps this: take its closing back first."
        raise ValidationError({name: [reason] for name in refused})
    if len(changes.get("note", "")) > LONGEST_NOTE:
        raise ValidationError({"note": [f"At most {LONGEST_NOTE} characters."]})
    if "note" in changes:
        position.note = changes["note"]
        position.store("note")


def _check_closing(position: Position, quantity: Decimal, price: Decimal, day: dt.date) -> None:
    refused: dict[str, list[str]] = {}
    if not quantity.is_finite() or not 0 < quantity <= position.quantity or quantity != quantity.quantize(FOUR_PLACES):
        refused["quantity"] = [f"More than 0, at most {position.quantity.normalize():f}."]
    elif price * quantity * position.multiplier > LARGEST_COST:
        refused["price"] = [f"The proceeds would be more than {LARGEST_COST:,} dollars."]
    last = min(ledger.today(), position.expiration_date or ledger.today())
    if not position.entry_date <= day <= last:
        refused["date"] = [f"From the entry, {position.entry_date}, to {last}."]
    if refused:
        raise ValidationError(refused)


def _closed_before(position: Position, price: Decimal, day: dt.date, quantity: Decimal | None) -> Position:
    """The same closing asked for twice is one; any other comes too late."""
    same = (position.closing_price, position.closed_on) == (price, day) and quantity in (None, position.quantity)
    if not same:
        raise ValidationError(f"{position} was closed on {position.closed_on} at {position.closing_price}.")
    return position
