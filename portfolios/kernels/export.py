"""CSV that a spreadsheet may open without running anything in it, and that the import reads back.

Text that begins like a formula gets an apostrophe before it (OWASP, CSV injection); numbers stay numbers, also negative
ones, because they are made here and not typed by anyone.
"""

from __future__ import annotations

import csv
import datetime as dt
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal

from portfolios.kernels.positions import Position

Cell = str | Decimal | int | float | dt.date | None

COLUMNS = ("ticker", "quantity", "entry_price", "entry_date", "tags")
_EXAMPLES: tuple[tuple[Cell, ...], ...] = (
    ("AAPL", Decimal(100), Decimal("185.50"), dt.date(2024, 1, 19), "core,tech"),
    ("TSLA", Decimal(-50), Decimal("212.19"), dt.date(2024, 1, 19), "short"),
    ("SPY260116P00450000", Decimal(2), Decimal("12.40"), dt.date(2024, 1, 19), "hedge"),
)
# full-width forms are read as their ASCII twins by some spreadsheets
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "|", "%", "＝", "＋", "－", "＠", "'")


def safe_cell(value: Cell) -> str:
    """The text of a cell. Text whose first character could start a formula (or is an apostrophe) gets an apostrophe.

    Leading blanks do not hide a formula. Control characters that could end a line are replaced by blanks.
    """
    if value is None:
        return ""
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, dt.date):
        return value.isoformat()
    if not isinstance(value, str):
        return repr(value)
    risky = value.startswith(_FORMULA) or value.lstrip().startswith(_FORMULA)
    text = value.replace("\r", " ").replace("\n", " ").replace("\0", "")
    return f"'{text}" if risky else text


def render_csv(header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> str:
    """A table as CSV (RFC 4180, CRLF), every cell made safe."""
    out = io.StringIO(newline="")
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow([safe_cell(name) for name in header])
    writer.writerows([safe_cell(cell) for cell in row] for row in rows)
    return out.getvalue()


def render_positions(positions: Iterable[tuple[Position, Sequence[str]]]) -> str:
    """Positions with their tags in the template's columns; short and written ones with a negative quantity."""
    return render_csv(COLUMNS, (_row(position, tags) for position, tags in positions))


def render_template() -> str:
    """The file to start from: the columns and three examples."""
    return render_csv(COLUMNS, _EXAMPLES)


def _row(position: Position, tags: Sequence[str]) -> tuple[Cell, ...]:
    signed = position.kind.sign * position.quantity
    return position.symbol, signed, position.entry_price, position.entry_date, ",".join(tags)
