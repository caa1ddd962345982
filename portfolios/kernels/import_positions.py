"""A broker's file to positions, all or nothing: either every row is understood, or each that is not is named.

Nothing raises for what a file contains: problems are (row, field, reason), rows numbered as a spreadsheet shows them
and 0 for the file itself. The same file gives the same keys, so an import that runs twice changes nothing.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TypeVar

from portfolios.kernels.import_fields import (
    FieldError,
    is_blank,
    parse_date,
    parse_number,
    parse_symbol,
    parse_tags,
    round_to,
)
from portfolios.kernels.import_file import LIMITS, FileError, ImportLimits, read_records
from portfolios.kernels.import_presets import TRADES, Action, Header, Preset, action_of, find_header
from portfolios.kernels.import_trades import Holding, Trade, net_trades
from portfolios.kernels.occ import OptionSymbol
from portfolios.kernels.positions import FOUR_PLACES, LARGEST_PRICE, LARGEST_QUANTITY, Position, position_type

T = TypeVar("T")

_CHECK_TOLERANCE = Decimal("0.05")
_CHECK_DOLLARS = Decimal(25)  # commissions on a small trade
_CURRENCY = "USD"


@dataclass(frozen=True, slots=True)
class ImportProblem:
    """What is wrong, where: field is ours (symbol, quantity, price, date, tags, action, ...) or "file"."""

    row: int
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class ParsedPosition:
    """A position ready to be stored. key: the same for the same lot in a later import; notes.

    What was rounded or assumed.
    """

    row: int
    position: Position
    tags: tuple[str, ...]
    key: str
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportResult:
    """positions is empty if there is any problem. ignored: (row, why) of rows that hold no position.

    Preset: its name.
    """

    preset: str | None
    encoding: str | None
    positions: tuple[ParsedPosition, ...]
    problems: tuple[ImportProblem, ...]
    ignored: tuple[tuple[int, str], ...] = ()

    @property
    def ok(self) -> bool:
        """Whether everything was understood and there is something to store."""
        return bool(self.positions) and not self.problems


def parse_import(
    data: bytes,
    *,
    today: dt.date,
    preset: Preset | None = None,
    skip_rows: Collection[int] = (),
    tickers: Mapping[str, str] | None = None,
    limits: ImportLimits = LIMITS,
) -> ImportResult:
    """Positions of an uploaded file, or why not.

    preset: whose file it is, None to recognise it by its header; skip_rows: rows the user chose to leave out; tickers:
    ISIN -> ticker for files without symbols; today: no entry lies after it, and an option that expired before it is
    refused.
    """
    try:
        records = read_records(data, limits)
    except FileError as error:
        return ImportResult(None, None, (), (ImportProblem(0, "file", str(error)),))
    header = find_header(records.rows, preset)
    if header is None:
        wanted = ", ".join(preset.required) if preset else "ticker, quantity, entry_price, entry_date"
        reason = f"no row has the columns {wanted}, and it is no broker's file known here"
        return ImportResult(None, records.encoding, (), (ImportProblem(0, "file", reason),))
    reader = _Reader(header, today, tickers or {})
    numbered = enumerate(records.rows[header.row + 1 :], start=header.row + 2)
    rows = [(number, cells) for number, cells in numbered if any(cells) and number not in skip_rows]
    parsed = _from_trades(reader, rows) if header.preset.kind == TRADES else _from_holdings(reader, rows)
    if not parsed and not reader.problems:
        reader.problems.append(ImportProblem(0, "file", "the file holds no position"))
    positions = () if reader.problems else _keyed(parsed)
    problems = tuple(sorted(reader.problems, key=lambda problem: problem.row))
    return ImportResult(header.preset.name, records.encoding, positions, problems, tuple(reader.ignored))


def import_key(position: Position, occurrence: int = 0) -> str:
    """32 hex digits that identify a lot by what it is; equal lots in one file count up by `occurrence`."""
    parts = (
        position.symbol,
        position.kind.value,
        f"{position.quantity.normalize():f}",
        f"{position.entry_price.normalize():f}",
        position.entry_date.isoformat(),
        str(occurrence),
    )
    return hashlib.sha256("|".join(parts).encode()).hexdigest()[:32]


class _Reader:
    """Cells of one file by field, collecting every problem rather than stopping at the first."""

    def __init__(self, header: Header, today: dt.date, tickers: Mapping[str, str]) -> None:
        self.header, self.preset, self.today, self.tickers = header, header.preset, today, tickers
        self.problems: list[ImportProblem] = []
        self.ignored: list[tuple[int, str]] = []

    def text(self, cells: Sequence[str], ours: str) -> str:
        column = self.header.fields.get(ours)
        text = cells[column] if column is not None and column < len(cells) else ""
        # what our own export put before a cell that a spreadsheet would run
        return text[1:] if text[:1] == "'" else text

    def read(self, row: int, ours: str, parse: Callable[..., T], *inputs: object) -> T | None:
        """What parse makes of the inputs; None, and a problem noted, if that is a FieldError."""
        try:
            return parse(*inputs)
        except FieldError as error:
            self.problems.append(ImportProblem(row, ours, str(error)))
            return None

    def number(self, cells: Sequence[str], ours: str) -> Decimal:
        text = self.text(cells, ours)
        if is_blank(text):
            raise FieldError(f"the {ours} is missing")
        return parse_number(text, decimal_comma=self.preset.decimal_comma)

    def date(self, cells: Sequence[str]) -> dt.date:
        if is_blank(self.text(cells, "date")):
            raise FieldError("the date is missing")
        return parse_date(self.text(cells, "date"), today=self.today, day_first=self.preset.day_first)

    def symbol(self, cells: Sequence[str]) -> tuple[str, OptionSymbol | None]:
        text, currency = self.text(cells, "symbol"), self.text(cells, "currency")
        if self.preset.symbol_before:
            text, _, currency = text.partition(self.preset.symbol_before)
        isin = self.text(cells, "isin")
        if not text and isin:
            text = self.tickers.get(isin, "")
            if not text:
                raise FieldError(f"the file gives no ticker, and that of {isin[:12]} is not known here")
        if currency and currency.upper() != _CURRENCY:
            raise FieldError(f"traded in {currency[:12]}, only {_CURRENCY} is held here")
        return parse_symbol(text)


def _from_holdings(reader: _Reader, rows: Sequence[tuple[int, Sequence[str]]]) -> list[ParsedPosition]:
    parsed = []
    for row, cells in rows:
        named = reader.read(row, "symbol", reader.symbol, cells)
        quantity = reader.read(row, "quantity", reader.number, cells, "quantity")
        price = reader.read(row, "price", reader.number, cells, "price")
        date = reader.read(row, "date", reader.date, cells)
        tags = reader.read(row, "tags", parse_tags, reader.text(cells, "tags"))
        if named is None or quantity is None or price is None or date is None or tags is None:
            continue
        holding = Holding(row, named[0], named[1], quantity, price, date)
        made = _position(reader, holding, tags)
        parsed += [made] if made else []
    return parsed


def _from_trades(reader: _Reader, rows: Sequence[tuple[int, Sequence[str]]]) -> list[ParsedPosition]:
    trades = [trade for row, cells in rows if (trade := _trade(reader, row, cells))]
    holdings, gaps = net_trades(trades, sell_opens_short=reader.preset.sell_opens_short)
    reader.problems += [ImportProblem(row, "quantity", reason) for row, reason in gaps]
    return [made for holding in holdings if (made := _position(reader, holding, ()))]


def _trade(reader: _Reader, row: int, cells: Sequence[str]) -> Trade | None:
    """One transaction; None if it moves no shares (noted as ignored) or cannot be read (noted as a problem)."""
    words = reader.text(cells, "action")
    action = action_of(reader.preset, words)
    if action is Action.REFUSE:
        reason = f"{words[:60]!r} changes what is held in a way that a list of trades cannot say: enter it by hand"
        reader.problems.append(ImportProblem(row, "action", reason))
        return None
    if action is Action.IGNORE or _is_nothing(reader.text(cells, "quantity")):
        reader.ignored.append((row, f"{words[:60] or 'the row'} moves no shares"))
        return None
    if action is None:
        reader.problems.append(ImportProblem(row, "action", f"the action {words[:60]!r} is not known here"))
        return None
    for name, values in reader.preset.refused.items():
        column = reader.header.names.get(name, len(cells))
        if column < len(cells) and cells[column].casefold() in values:
            reader.problems.append(ImportProblem(row, name, values[cells[column].casefold()]))
            return None
    if reader.preset.ignore_without_symbol and not (reader.text(cells, "symbol") or reader.text(cells, "isin")):
        reader.ignored.append((row, "no security: an exchange of currency"))
        return None
    return _complete_trade(reader, row, cells, action)


def _complete_trade(reader: _Reader, row: int, cells: Sequence[str], action: Action) -> Trade | None:
    named = reader.read(row, "symbol", reader.symbol, cells)
    quantity = reader.read(row, "quantity", reader.number, cells, "quantity")
    date = reader.read(row, "date", reader.date, cells)
    if named is None or quantity is None or date is None:
        return None
    multiplier = 100 if named[1] else 1
    price = reader.read(row, "price", _trade_price, reader, cells, action, abs(quantity), multiplier)
    return None if price is None else Trade(row, named[0], named[1], action, abs(quantity), price, date)


def _trade_price(reader: _Reader, cells: Sequence[str], action: Action, quantity: Decimal, multiplier: int) -> Decimal:
    """Price per share, checked against the amount where the file has one; 0 for shares that a split added."""
    if action is Action.ADD:
        return Decimal(0)
    if reader.preset.price_from_amount:
        return abs(reader.number(cells, "amount")) / (quantity * multiplier)
    price = reader.number(cells, "price")
    if reader.preset.checks_amount and not is_blank(reader.text(cells, "amount")):
        amount, product = abs(reader.number(cells, "amount")), abs(price * quantity * multiplier)
        if abs(amount - product) > _CHECK_TOLERANCE * amount + _CHECK_DOLLARS:
            raise FieldError(f"{quantity} at {price} is not the amount {amount}")
    return price


def _position(reader: _Reader, holding: Holding, tags: tuple[str, ...]) -> ParsedPosition | None:
    """The holding at the columns' scales; None, and problems noted, if it does not fit them or is gone."""
    row, option = holding.row, holding.option
    quantity = reader.read(row, "quantity", _quantity, holding.quantity)
    price = reader.read(row, "price", _price, holding.price)
    if option is not None and option.expiration < max(holding.date, reader.today):
        reader.problems.append(ImportProblem(row, "symbol", f"{option} expired on {option.expiration}"))
        return None
    if quantity is None or price is None:
        return None
    notes = _notes((holding.quantity, holding.price), (quantity, price))
    if option is not None and option.adjusted:
        notes = (*notes, f"{option} is an adjusted contract: 100 shares are assumed until its deliverable is entered")
    kind = position_type(option, quantity)
    return ParsedPosition(
        row, Position(holding.symbol, kind, abs(quantity), price, holding.date, option), tags, "", notes
    )


def _quantity(value: Decimal) -> Decimal:
    rounded = round_to(value, FOUR_PLACES, LARGEST_QUANTITY)
    if rounded == 0:
        raise FieldError(f"a quantity of {value.normalize():f} is nothing at four decimals")
    return rounded


def _price(value: Decimal) -> Decimal:
    if value < 0:
        raise FieldError(f"a price is not negative: {value}")
    return round_to(value, FOUR_PLACES, LARGEST_PRICE)


def _is_nothing(text: str) -> bool:
    return is_blank(text) or not text.strip().strip("0.,-")


def _notes(raw: tuple[Decimal, Decimal], stored: tuple[Decimal, Decimal]) -> tuple[str, ...]:
    return tuple(
        f"{name} rounded to {kept}"
        for name, given, kept in zip(("quantity", "price"), raw, stored, strict=True)
        if given != kept
    )


def _keyed(parsed: Sequence[ParsedPosition]) -> tuple[ParsedPosition, ...]:
    seen: Counter[Position] = Counter()
    result = []
    for one in parsed:
        key = import_key(one.position, seen[one.position])
        seen[one.position] += 1
        result.append(ParsedPosition(one.row, one.position, one.tags, key, one.notes))
    return tuple(result)
