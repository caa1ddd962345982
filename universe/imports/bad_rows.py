"""What makes a file refused, said so that its owner can find the rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

LISTED: Final = 50


@dataclass(frozen=True, slots=True)
class BadRow:
    """A row that cannot be stored. `number` counts data rows from 1; `line` is the line of a text file."""

    number: int
    field: str
    reason: str
    line: int | None = None

    def __str__(self) -> str:
        place = f"row {self.number}" if self.line is None else f"row {self.number} (line {self.line})"
        return f"{place}: {self.field}: {self.reason}"


class ImportRefused(Exception):
    """Nothing of the file was stored. `bad_rows` holds the first 50 of them, `count` is how many there are."""

    def __init__(self, message: str, bad_rows: Sequence[BadRow] = (), count: int = 0) -> None:
        super().__init__(message)
        self.bad_rows = tuple(bad_rows)
        self.count = count

    def __str__(self) -> str:
        lines = [str(self.args[0]), *(f"  {row}" for row in self.bad_rows)]
        if self.count > len(self.bad_rows) > 0:
            lines.append(f"  and {self.count - len(self.bad_rows):,} more bad rows")
        return "\n".join(lines)


def refuse_rows(name: str, bad_rows: Sequence[BadRow], count: int) -> ImportRefused:
    """The refusal of a file for its bad rows."""
    return ImportRefused(f"{name}: nothing was stored, {count:,} bad rows:", bad_rows, count)
