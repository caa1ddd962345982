"""What the preview of an uploaded file shows: whose it seems to be, its columns, bad rows, the book before and after.

Nothing here writes. What was understood stands in the batch (docs/portfolios.md, Files); the file itself is read again
for the words of the header and of the rows that were not understood.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.conf import settings

from portfolios.books.entering import Entry
from portfolios.books.selectors import BookTotals
from portfolios.kernels.import_file import FileError, ImportLimits, Records, read_records
from portfolios.kernels.import_presets import BY_NAME, TEMPLATE, TRADES, Header, Preset, find_header, make_preset
from portfolios.kernels.positions import PositionType, cents
from portfolios.models import Funding, ImportBatch

OWN = "custom"
BAD_ROWS_SHOWN = 100
CELL_SHOWN, CELLS_SHOWN, SAMPLES = 60, 12, 3
FIELD_TITLES: Mapping[str, str] = {
    "symbol": "Symbol",
    "quantity": "Quantity, negative for short",
    "price": "Price paid per share",
    "date": "Date of entry",
    "tags": "Tags",
}
READ_AS: Mapping[str, str] = {
    "symbol": "symbol",
    "quantity": "quantity",
    "price": "price",
    "date": "date",
    "tags": "tags",
    "action": "action",
    "amount": "amount, to check the price",
    "currency": "currency",
    "isin": "ISIN",
}
# how columns of files nobody knows tend to be called, for a first guess
_GUESSES: Mapping[str, tuple[str, ...]] = {
    "symbol": ("symbol", "ticker", "instrument", "security", "stock"),
    "quantity": ("quantity", "qty", "shares", "units", "size"),
    "price": ("price", "cost", "paid", "avg"),
    "date": ("date", "bought", "opened", "acquired", "time"),
    "tags": ("tag", "label", "strategy"),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the file: its name, what stands below it, and what it is read as ("" for nothing)."""

    name: str
    sample: tuple[str, ...]
    read_as: str = ""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of our fields with the column that is, or would be, read for it."""

    field: str
    title: str
    required: bool
    column: str


@dataclass(frozen=True, slots=True)
class Reading:
    """How the file is read. why: a sentence; header_row: as a spreadsheet numbers it, None if none was found."""

    label: str
    why: str
    kind: str
    header_row: int | None
    columns: tuple[Column, ...]
    choices: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that was not understood: its cells as they stand in the file, and what is wrong with which field."""

    row: int
    cells: tuple[str, ...]
    problems: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Effect:
    """A figure of the book before and after, dollars (positions: a count)."""

    title: str
    before: Decimal
    after: Decimal
    is_count: bool = False

    @property
    def change(self) -> Decimal:
        """After less before."""
        return self.after - self.before


def read_again(batch: ImportBatch) -> Records | None:
    """The file of a preview as rows of text; None once its content is erased."""
    content = bytes(batch.content)
    if not content:
        return None
    limits = ImportLimits(size=settings.IMPORT_BYTES_MAX, rows=settings.IMPORT_ROWS_MAX)
    try:
        return read_records(content, limits)
    except FileError:  # the limits were lowered since
        return None


def describe_reading(batch: ImportBatch, records: Records) -> Reading:
    """Whose file it is and why, its columns with samples, and a column for each field that a choice starts from."""
    asked = _asked(batch.options)
    header = find_header(records.rows, asked)
    if header is None:
        columns = tuple(Column(one["name"], tuple(one["sample"])) for one in batch.preview.get("columns", ()))
        return Reading("Not recognised", _why_not(asked), "", None, columns, _choices(_guess(columns)))
    columns = _columns(records, header)
    chosen = {ours: records.rows[header.row][place] for ours, place in header.fields.items()}
    choices = _choices(chosen | _missing(chosen, columns))
    preset = header.preset
    return Reading(preset.label, _why(asked, header), preset.kind, header.row + 1, columns, choices)


def list_bad_rows(batch: ImportBatch, records: Records | None) -> list[BadRow]:
    """The first hundred rows that were not understood; what is said of the whole file is left out."""
    found: dict[int, list[tuple[str, str]]] = {}
    for problem in batch.preview.get("problems", ()):
        if problem["row"]:
            found.setdefault(problem["row"], []).append((problem["field"], problem["reason"]))
    rows = records.rows if records else ()
    return [
        BadRow(row, _cells(rows[row - 1]) if row <= len(rows) else (), tuple(problems))
        for row, problems in list(found.items())[:BAD_ROWS_SHOWN]
    ]


def bad_numbers(batch: ImportBatch) -> list[int]:
    """Every row that was not understood, once."""
    return sorted({problem["row"] for problem in batch.preview.get("problems", ()) if problem["row"]})


def compare_totals(totals: BookTotals, rows: Iterable[Mapping[str, Any]]) -> list[Effect]:
    """The book before and after the new rows of a preview, these at their entry price: they have no other yet."""
    cash = owned = owed = capital = Decimal(0)
    count = 0
    for row in rows:
        if row["duplicate"]:
            continue
        entry, kind = Entry.from_json(dict(row)), PositionType(row["position_type"])
        cost = cents(entry.draft.quantity * entry.draft.entry_price * (100 if kind.is_option else 1))
        count += 1
        if kind.sign < 0:
            owed, cash = owed + cost, cash + cost
        else:
            brought = entry.draft.funding == Funding.TRANSFER
            owned, cash = owned + cost, cash - (0 if brought else cost)
            capital += cost if brought else 0
    before = [
        ("Open positions", Decimal(totals.open_positions), Decimal(count), True),
        ("Long value", totals.long_value, owned, False),
        ("Short value", totals.short_value, owed, False),
        ("Gross exposure", totals.gross_exposure, owned + owed, False),
        ("Net exposure", totals.net_exposure, owned - owed, False),
        ("Cash", totals.cash, cash, False),
        ("Capital brought in", totals.capital, capital, False),
        ("Total value", totals.total_value, cash + owned - owed, False),
    ]
    return [Effect(title, held, held + added, is_count) for title, held, added, is_count in before]


def _asked(options: Mapping[str, Any]) -> Preset | None:
    """The preset that the options ask for; None to recognise it."""
    mapping = options.get("mapping") or {}
    if mapping:
        day_first, decimal_comma = bool(options.get("day_first")), bool(options.get("decimal_comma"))
        return make_preset(mapping, day_first=day_first, decimal_comma=decimal_comma)
    return BY_NAME.get(options.get("preset", ""))


def _why(asked: Preset | None, header: Header) -> str:
    place = f"row {header.row + 1}"
    if asked is None:
        marks = ", ".join(header.preset.detect)
        words = f"Recognised by its header in {place}: {marks}."
    elif asked.name == OWN:
        words = f"The columns that you named; the header stands in {place}."
    else:
        words = f"You chose it; the header stands in {place}."
    trades = " It lists trades: what is left of them is held." if header.preset.kind == TRADES else ""
    return words + trades


def _why_not(asked: Preset | None) -> str:
    if asked is None:
        return "No row of it has the columns of a file that is known here. Say below which column is what."
    wanted = ", ".join(names[0] for ours in asked.required if (names := asked.columns[ours]))
    return f"No row of it has the columns of {asked.label}: {wanted}."


def _columns(records: Records, header: Header) -> tuple[Column, ...]:
    place = {column: READ_AS[ours] for ours, column in header.fields.items()}
    below = [row for row in records.rows[header.row + 1 :] if any(row)][:SAMPLES]
    return tuple(
        Column(name, tuple(_short(row[column]) for row in below if column < len(row)), place.get(column, ""))
        for column, name in enumerate(records.rows[header.row])
        if name or column in place
    )


def _choices(chosen: Mapping[str, str]) -> tuple[Choice, ...]:
    return tuple(
        Choice(ours, title, ours in TEMPLATE.required, chosen.get(ours, "")) for ours, title in FIELD_TITLES.items()
    )


def _missing(chosen: Mapping[str, str], columns: Sequence[Column]) -> dict[str, str]:
    """A guess for the fields that the preset has no column for."""
    free = [column for column in columns if column.name not in chosen.values()]
    return {ours: name for ours, name in _guess(free).items() if ours not in chosen and ours != "tags"}


def _guess(columns: Iterable[Column]) -> dict[str, str]:
    """The first column whose name has one of the words, each column once."""
    free = [column.name for column in columns if column.name]
    found: dict[str, str] = {}
    for ours, words in _GUESSES.items():
        name = next((name for word in words for name in free if word in name.casefold()), "")
        if name:
            found[ours] = name
            free.remove(name)
    return found


def _cells(row: Sequence[str]) -> tuple[str, ...]:
    shown = tuple(_short(cell) for cell in row[:CELLS_SHOWN])
    return (*shown, "…") if len(row) > CELLS_SHOWN else shown


def _short(cell: str) -> str:
    return cell if len(cell) <= CELL_SHOWN else cell[: CELL_SHOWN - 1] + "…"
