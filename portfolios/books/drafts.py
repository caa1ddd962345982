"""What somebody wants to hold, checked: text and numbers in, a row's columns out; every refusal names its field."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError

from portfolios.kernels.import_fields import FieldError, parse_symbol, parse_tags
from portfolios.kernels.occ import OptionSymbol
from portfolios.kernels.positions import (
    FOUR_PLACES,
    LARGEST_PRICE,
    LARGEST_QUANTITY,
    STANDARD,
    Contract,
    PositionType,
    cents,
    position_type,
)
from portfolios.kernels.positions import Position as Lot
from portfolios.models import Funding, Position
from universe.models import Instrument

from .ledger import apply_price, today

# ten thousand lots of it still fit into a money column
LARGEST_COST = Decimal("999999999.99")
LONGEST_NOTE = 1_000
EARLIEST = dt.date(1970, 1, 1)
Refusals = dict[str, str]


@dataclass(frozen=True, slots=True)
class PositionDraft:
    """A position as it is asked for.

    symbol: a ticker, or an option in any form that portfolios.kernels.occ reads. quantity: positive with a type, else
    its sign says long or short. entry_price: dollars per share or point of premium. multiplier, deliverable_shares and
    deliverable_cash: of an adjusted contract; 100, 100 and 0 otherwise. as_traded: numbers are those of the entry
    date, before later splits; otherwise they are today's.
    """

    symbol: str
    quantity: Decimal
    entry_price: Decimal
    entry_date: dt.date
    position_type: str = ""
    funding: str = Funding.TRADE
    note: str = ""
    multiplier: Decimal | None = None
    deliverable_shares: Decimal | None = None
    deliverable_cash: Decimal | None = None
    deliverable_note: str = ""
    as_traded: bool = False


EDITABLE = frozenset(field.name for field in fields(PositionDraft)) - {"as_traded"}
_TERMS = ("multiplier", "deliverable_shares", "deliverable_cash")


def draft_of(position: Position, changes: Mapping[str, Any]) -> PositionDraft:
    """The draft that a row is, with some fields changed. The type follows a changed symbol unless it is named too."""
    kept: dict[str, Any] = {name: getattr(position, name) for name in EDITABLE}
    for name in _TERMS:
        kept[name] = kept[name] if position.is_option else None
    if "symbol" in changes and "position_type" not in changes:
        kept["position_type"], kept["quantity"] = "", position.sign * position.quantity
        if "quantity" in changes:
            changes = dict(changes) | {"quantity": position.sign * changes["quantity"]}
    return PositionDraft(**(kept | {name: value for name, value in changes.items() if name in EDITABLE}))


def check_draft(draft: PositionDraft) -> Lot:
    """The lot that a draft describes. ValidationError by field for what cannot be."""
    refused: Refusals = {}
    symbol, option = _read_symbol(draft.symbol, refused)
    _check_number("quantity", draft.quantity, LARGEST_QUANTITY, refused)
    _check_number("entry_price", draft.entry_price, LARGEST_PRICE, refused)
    if "entry_price" not in refused and draft.entry_price < 0:
        refused["entry_price"] = "A price is not negative."
    if not EARLIEST <= draft.entry_date <= today():
        refused["entry_date"] = f"The entry lies between {EARLIEST} and today, {today()}."
    if len(draft.note) > LONGEST_NOTE:
        refused["note"] = f"At most {LONGEST_NOTE} characters."
    _check_terms(draft, option, refused)
    kind = None if {"symbol", "quantity"} & set(refused) else _read_type(draft, option, refused)
    if option is not None and option.expiration < today():
        refused["symbol"] = f"{option} expired on {option.expiration}."
    if refused or kind is None:
        raise ValidationError({name: [reason] for name, reason in refused.items()})
    _check_funding(draft, kind)
    return _lot(draft, symbol, kind, option)


def fill(position: Position, lot: Lot, draft: PositionDraft) -> Position:
    """Write a checked lot onto a row, which is then worth its entry unless it has a price; the row is not saved."""
    option = lot.option
    position.symbol, position.position_type, position.quantity = lot.symbol, lot.kind.value, lot.quantity
    position.underlying_symbol = lot.underlying
    position.expiration_date = option.expiration if option else None
    position.strike_price = option.strike if option else None
    position.option_type = option.option_type.value if option else ""
    position.multiplier, position.deliverable_shares = lot.multiplier, lot.shares_per_unit
    position.deliverable_cash = lot.contract.cash if option else Decimal(0)
    position.deliverable_note = draft.deliverable_note
    position.entry_price, position.entry_date = lot.entry_price, lot.entry_date
    position.funding, position.note = draft.funding, draft.note
    position.cost_basis = cents(lot.cost)
    if position.last_price is None or not position.last_price_at:
        return apply_price(position, lot.entry_price)
    return apply_price(position, position.last_price, position.last_price_at, position.last_price_source)


def find_instruments(symbols: Iterable[str]) -> dict[str, int]:
    """Ids of the listed instruments of these tickers; one statement."""
    rows = Instrument.objects.filter(symbol__in=set(symbols), delisted_on__isnull=True)
    return dict(rows.values_list("symbol", "pk"))


def check_tags(names: Iterable[str]) -> tuple[str, ...]:
    """Names as they are kept: trimmed, each once. ValidationError for a comma in one, for too many or too long ones."""
    given = list(names)
    try:
        kept = parse_tags(",".join(given))
    except FieldError as error:
        raise ValidationError({"tags": [f"{error}."]}) from None
    if any("," in name or ";" in name for name in given):
        raise ValidationError({"tags": ["A tag has no comma and no semicolon: they separate tags in files."]})
    return kept


def _read_symbol(text: str, refused: Refusals) -> tuple[str, OptionSymbol | None]:
    try:
        return parse_symbol(text)
    except FieldError as error:
        refused["symbol"] = f"{str(error)[:300]}."
        return "", None


def _check_number(name: str, value: Decimal, largest: Decimal, refused: Refusals) -> None:
    if not value.is_finite() or abs(value) > largest or value != value.quantize(FOUR_PLACES):
        refused[name] = f"A number of at most four decimals, up to {largest:,}."


def _read_type(draft: PositionDraft, option: OptionSymbol | None, refused: Refusals) -> PositionType | None:
    """The type that was named, or that sign and symbol say; None, and why, if they contradict each other."""
    if draft.quantity == 0:
        refused["quantity"] = "A quantity of nothing is no position."
        return None
    if not draft.position_type:
        return position_type(option, draft.quantity)
    if draft.position_type not in PositionType.__members__:
        refused["position_type"] = f"One of {', '.join(PositionType)}."
        return None
    kind = PositionType(draft.position_type)
    if kind.option_type is not (option.option_type if option else None):
        what = f"a {option.option_type.lower()}" if option else "a stock"
        refused["position_type"] = f"{draft.symbol} is {what}, which {kind} is not."
    if draft.quantity < 0:
        refused.setdefault("quantity", "Positive: the type says whether it is owned or owed.")
    return kind


def _check_terms(draft: PositionDraft, option: OptionSymbol | None, refused: Refusals) -> None:
    given = [name for name in _TERMS if getattr(draft, name) is not None]
    if option is None:
        refused |= {name: "Only option contracts have this." for name in given if "symbol" not in refused}
        return
    for name in given:
        value = getattr(draft, name)
        lowest = Decimal("0.0001") if name == "multiplier" else Decimal(0)
        places = Decimal("0.01") if name == "deliverable_cash" else FOUR_PLACES
        if not (value.is_finite() and lowest <= value <= 100_000 and value == value.quantize(places)):
            refused[name] = f"From {lowest} to 100,000, at most {-int(places.as_tuple().exponent)} decimals."


def _check_funding(draft: PositionDraft, kind: PositionType) -> None:
    if draft.funding not in Funding.values:
        raise ValidationError({"funding": [f"One of {', '.join(Funding.values)}."]})
    if draft.funding == Funding.TRANSFER and kind.sign < 0:
        raise ValidationError({"funding": ["What is owed brought its proceeds: they belong into the cash (trade)."]})


def _lot(draft: PositionDraft, symbol: str, kind: PositionType, option: OptionSymbol | None) -> Lot:
    contract = STANDARD
    if option is not None:
        given = (draft.multiplier, draft.deliverable_shares, draft.deliverable_cash)
        standard = (STANDARD.multiplier, STANDARD.shares, STANDARD.cash)
        contract = Contract(*(usual if one is None else one for one, usual in zip(given, standard, strict=True)))
    lot = Lot(symbol, kind, abs(draft.quantity), draft.entry_price, draft.entry_date, option, contract)
    if lot.cost > LARGEST_COST:
        raise ValidationError({"quantity": [f"The position would cost more than {LARGEST_COST:,} dollars."]})
    return lot
