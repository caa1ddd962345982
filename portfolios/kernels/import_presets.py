"""Which column of whose file means what: the product's own template, five brokers, or the user's own mapping.

The column names are those of real exports. A preset is of positions (a row is a holding) or of trades (a row is a
transaction; holdings are what is left after all of them).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

POSITIONS = "positions"
TRADES = "trades"
FIELDS = ("symbol", "quantity", "price", "date", "tags", "action", "amount", "currency", "isin")
_HEADER_ROWS = 30


class Action(StrEnum):
    """What a transaction does to the holding."""

    BUY = "buy"
    SELL = "sell"
    SHORT = "short"
    COVER = "cover"
    ADD = "add"
    IGNORE = "ignore"
    REFUSE = "refuse"


@dataclass(frozen=True, slots=True)
class Preset:
    """columns: our field -> the names it goes by, lower case; detect: names that together give the file away.

    actions: beginnings of the action's text (lower case) with their meaning, the longest match wins. refused: column ->
    value -> why such a row cannot be taken. price_from_amount: the price is amount / quantity. symbol_before: the
    symbol ends at this character and the currency follows. checks_amount: |amount| must be about price * quantity.
    sell_opens_short: a plain sale of what is not held is a short sale, else a gap in the history.
    """

    name: str
    label: str
    kind: str
    columns: Mapping[str, tuple[str, ...]]
    detect: tuple[str, ...]
    required: tuple[str, ...]
    actions: Mapping[str, Action] = field(default_factory=dict)
    refused: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    day_first: bool = False
    decimal_comma: bool = False
    price_from_amount: bool = False
    symbol_before: str = ""
    checks_amount: bool = False
    sell_opens_short: bool = False
    ignore_without_symbol: bool = False


# what happens to companies: shares that a split adds can be counted, everything else needs a person
_CORPORATE = {
    "stock split": Action.ADD,
    "stock div dist": Action.ADD,
    "reverse split": Action.REFUSE,
    "spin-off": Action.REFUSE,
    "stock merger": Action.REFUSE,
    "name change": Action.REFUSE,
    "conversion": Action.REFUSE,
    "journaled shares": Action.REFUSE,
}

TEMPLATE = Preset(
    name="template",
    label="Sectorlight template",
    kind=POSITIONS,
    columns={
        "symbol": ("ticker", "symbol"),
        "quantity": ("quantity",),
        "price": ("entry_price", "entry price"),
        "date": ("entry_date", "entry date"),
        "tags": ("tags",),
    },
    detect=("quantity", "entry_price", "entry_date"),
    required=("symbol", "quantity", "price", "date"),
)

PRESETS: tuple[Preset, ...] = (
    TEMPLATE,
    Preset(
        name="schwab",
        label="Charles Schwab transactions",
        kind=TRADES,
        columns={
            "date": ("date",),
            "action": ("action",),
            "symbol": ("symbol",),
            "quantity": ("quantity",),
            "price": ("price",),
            "amount": ("amount",),
        },
        detect=("date", "action", "symbol", "fees & comm"),
        required=("date", "action", "symbol", "quantity", "price"),
        actions={
            "buy": Action.BUY,
            "buy to open": Action.BUY,
            "buy to close": Action.COVER,
            "buy to cover": Action.COVER,
            "reinvest shares": Action.BUY,
            "sell": Action.SELL,
            "sell to close": Action.SELL,
            "sell to open": Action.SHORT,
            "sell short": Action.SHORT,
            **_CORPORATE,
        },
        checks_amount=True,
    ),
    Preset(
        name="fidelity",
        label="Fidelity account history",
        kind=TRADES,
        columns={
            "date": ("run date",),
            "action": ("action",),
            "symbol": ("symbol",),
            "quantity": ("quantity",),
            "price": ("price ($)", "price"),
            "amount": ("amount ($)", "amount"),
        },
        detect=("run date", "action", "symbol"),
        required=("date", "action", "symbol", "quantity", "price"),
        actions={
            "you bought": Action.BUY,
            "you bought opening": Action.BUY,
            "you bought closing": Action.COVER,
            "you bought short cover": Action.COVER,
            "reinvestment": Action.BUY,
            "you sold": Action.SELL,
            "you sold closing": Action.SELL,
            "you sold opening": Action.SHORT,
            "you sold short": Action.SHORT,
            "dividend received": Action.IGNORE,
        },
        checks_amount=True,
    ),
    Preset(
        name="ibkr",
        label="Interactive Brokers trades",
        kind=TRADES,
        columns={
            "date": ("tradedate",),
            "action": ("buy/sell",),
            "symbol": ("symbol",),
            "isin": ("isin",),
            "quantity": ("quantity",),
            "price": ("tradeprice",),
            "amount": ("trademoney",),
            "currency": ("currencyprimary",),
        },
        detect=("buy/sell", "tradedate", "tradeprice"),
        required=("date", "action", "quantity", "price"),
        actions={"buy": Action.BUY, "sell": Action.SELL},
        sell_opens_short=True,
        checks_amount=True,
        ignore_without_symbol=True,
    ),
    Preset(
        name="trading212",
        label="Trading 212 history",
        kind=TRADES,
        columns={
            "date": ("time",),
            "action": ("action",),
            "symbol": ("ticker",),
            "isin": ("isin",),
            "quantity": ("no. of shares",),
            "price": ("price / share",),
            "currency": ("currency (price / share)",),
        },
        detect=("action", "time", "ticker", "no. of shares"),
        required=("date", "action", "symbol", "quantity", "price"),
        actions={
            "market buy": Action.BUY,
            "limit buy": Action.BUY,
            "stop buy": Action.BUY,
            "stop limit buy": Action.BUY,
            "market sell": Action.SELL,
            "limit sell": Action.SELL,
            "stop sell": Action.SELL,
            "stop limit sell": Action.SELL,
            "deposit": Action.IGNORE,
            "dividend": Action.IGNORE,
            "interest": Action.IGNORE,
            "stock distribution": Action.REFUSE,
            "stock split": Action.REFUSE,
            "transfer": Action.REFUSE,
        },
    ),
    Preset(
        name="etoro",
        label="eToro account activity",
        kind=TRADES,
        columns={
            "date": ("date",),
            "action": ("type",),
            "symbol": ("details",),
            "quantity": ("units",),
            "amount": ("amount",),
        },
        detect=("type", "details", "units", "realized equity"),
        required=("date", "action", "symbol", "quantity", "amount"),
        actions={"open position": Action.BUY, "position closed": Action.SELL},
        refused={"asset type": {"cfd": "the file does not say whether a CFD is long or short"}},
        day_first=True,
        price_from_amount=True,
        symbol_before="/",
    ),
)
BY_NAME: Mapping[str, Preset] = {preset.name: preset for preset in PRESETS}


@dataclass(frozen=True, slots=True)
class Header:
    """Where the header stands (index of the row), whose it is, and the column of each field and of each name."""

    row: int
    preset: Preset
    fields: Mapping[str, int]
    names: Mapping[str, int]


def find_header(rows: Sequence[Sequence[str]], preset: Preset | None = None) -> Header | None:
    """The first of the leading rows that carries the preset's required columns (of any preset.

    Those that detect it).
    """
    for place, cells in enumerate(rows[:_HEADER_ROWS]):
        names = {name: column for column, name in reversed(list(enumerate(_name(cell) for cell in cells))) if name}
        for candidate in (preset,) if preset else PRESETS:
            fields = {ours: names[name] for ours, known in candidate.columns.items() for name in known if name in names}
            detected = preset is not None or all(name in names for name in candidate.detect)
            if detected and all(ours in fields for ours in candidate.required):
                return Header(place, candidate, fields, names)
    return None


def make_preset(mapping: Mapping[str, str], *, day_first: bool = False, decimal_comma: bool = False) -> Preset:
    """A preset of positions from the user's own choice: our field -> the file's column name.

    ValueError for a field that positions do not have or for one of the four required that is missing.
    """
    strange = sorted(set(mapping) - set(TEMPLATE.columns))
    missing = [ours for ours in TEMPLATE.required if not mapping.get(ours)]
    if strange or missing:
        raise ValueError(f"columns that positions do not have: {strange}; columns that are missing: {missing}")
    return Preset(
        name="custom",
        label="Own columns",
        kind=POSITIONS,
        columns={ours: (_name(name),) for ours, name in mapping.items()},
        detect=(),
        required=TEMPLATE.required,
        day_first=day_first,
        decimal_comma=decimal_comma,
    )


def action_of(preset: Preset, text: str) -> Action | None:
    """What the action's text means to this broker; None if it is not known here."""
    words = " ".join(text.casefold().split())
    known = [start for start in preset.actions if words == start or words.startswith(start + " ")]
    return preset.actions[max(known, key=len)] if known else None


def _name(cell: str) -> str:
    return " ".join(cell.casefold().split())
