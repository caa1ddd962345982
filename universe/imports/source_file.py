"""A Parquet or CSV file opened in DuckDB: its columns, its rows numbered, and its cells as numbers, dates and moments.

Row numbers count data rows from 1 in the file's order. Cells are never guessed: a text that is no number is reported,
not turned into a missing value. Only an empty cell and "NaN" are missing.
"""

# ruff: noqa: S608 - the SQL of this module is made of our own names and of quoted texts
from __future__ import annotations

import csv
import gzip
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final, TextIO

import duckdb

from .bad_rows import LISTED, BadRow, ImportRefused, refuse_rows

MEMORY: Final = "700MB"
THREADS: Final = 2
_DELIMITERS: Final = ",;\t|"
_HAS_OFFSET: Final = r"[0-9:.](Z|z|[+-][0-9]{2}(:?[0-9]{2})?)$"


class SourceFile:
    """An opened file. `columns`: lower-case names with their types; `scan`: SQL of its rows with their number `n`."""

    def __init__(self, path: Path, database: duckdb.DuckDBPyConnection) -> None:
        self.path, self.database = path, database
        self.is_text = path.name.lower().removesuffix(".gz").endswith((".csv", ".tsv", ".txt"))
        if not self.is_text and path.suffix.lower() != ".parquet":
            raise ImportRefused(f"{path.name}: only .parquet, .csv and .csv.gz files are read")
        try:
            self.scan, described = self._open_text() if self.is_text else self._open_parquet()
        except (duckdb.Error, OSError, UnicodeDecodeError, EOFError) as error:
            raise _unreadable(path, error) from error
        self.columns: dict[str, str] = {name.strip().lower(): column_type for name, column_type in described}
        self._names = {name.strip().lower(): name for name, _ in described}
        if len(self.columns) != len(described):
            raise ImportRefused(f"{path.name}: two columns have the same name")

    def require(self, *names: str) -> None:
        """Refuse the file unless it has these columns."""
        if missing := [name for name in names if name not in self.columns]:
            raise ImportRefused(
                f"{self.path.name}: no column {', '.join(missing)}; there are: {', '.join(self.columns)}"
            )

    def stage(self, table: str, expressions: dict[str, str], where: str = "TRUE") -> None:
        """Make `table` with the row number `n` and the given expressions of every row that passes `where`.

        Refuses the file when it is empty or its lines do not have the header's columns.
        """
        selected = ", ".join(f"{expression} AS {name}" for name, expression in expressions.items())
        query = f"CREATE TABLE {table} AS SELECT n, {selected} FROM ({self.scan}) WHERE {where}"
        try:
            self.database.execute(query)
        except duckdb.Error as error:
            raise _unreadable(self.path, error) from error
        self._refuse_broken_lines()

    def cell(self, name: str) -> str:
        """SQL of a cell as it stands; NULL if the file has no such column."""
        return '"' + self._names[name].replace('"', '""') + '"' if name in self._names else "NULL"

    def text(self, name: str) -> str:
        """SQL of a cell as trimmed text, NULL when empty."""
        return f"NULLIF(trim(CAST({self.cell(name)} AS VARCHAR)), '')"

    def number(self, name: str) -> str:
        """SQL of a cell as a double: NULL when it is empty or no number, see `is_no_number`."""
        return f"TRY_CAST({self.text(name) if self._is_varchar(name) else self.cell(name)} AS DOUBLE)"

    def is_no_number(self, name: str) -> str:
        """SQL: whether a cell holds something that is no number."""
        return f"({self.text(name)} IS NOT NULL AND {self.number(name)} IS NULL)"

    def date(self, name: str) -> str:
        """SQL of a cell as a date; NULL when it is empty, no date or has a time of day."""
        stamp = f"TRY_CAST({self.text(name) if self._is_varchar(name) else self.cell(name)} AS TIMESTAMP)"
        return f"CASE WHEN {stamp} = date_trunc('day', {stamp}) THEN CAST({stamp} AS DATE) END"

    def moment(self, name: str, zone: str | None) -> str:
        """SQL of a cell as milliseconds since 1970, NULL when it is no moment.

        A moment without an offset is read in `zone`; without a zone it is NULL.
        """
        column_type = self.columns.get(name, "VARCHAR")
        if column_type == "TIMESTAMP WITH TIME ZONE":
            return f"epoch_ms({self.cell(name)})"
        naive = f"TRY_CAST({self.text(name)} AS TIMESTAMP)"
        local = f"epoch_ms(timezone('{zone}', {naive}))" if zone else "NULL"
        if not self._is_varchar(name):
            return local
        aware = f"epoch_ms(TRY_CAST({self.text(name)} AS TIMESTAMPTZ))"
        return f"CASE WHEN regexp_matches({self.text(name)}, '{_HAS_OFFSET}') THEN {aware} ELSE {local} END"

    def line_of(self, number: int) -> int | None:
        """The line of a data row in a text file (the header is line 1; cells with line breaks are not counted in)."""
        return number + 1 if self.is_text else None

    def _is_varchar(self, name: str) -> bool:
        return self.columns.get(name, "VARCHAR") == "VARCHAR"

    def _open_parquet(self) -> tuple[str, list[tuple[str, str]]]:
        numbered = self._parquet("file_row_number = true")
        scan = f"SELECT file_row_number + 1 AS n, * EXCLUDE (file_row_number) FROM {numbered}"
        described = self.database.execute(f"DESCRIBE SELECT * FROM {self._parquet()}").fetchall()
        return scan, [(name, column_type) for name, column_type, *_ in described]

    def _parquet(self, *options: str) -> str:
        return f"read_parquet({', '.join([quoted(str(self.path)), *options])})"

    def _open_text(self) -> tuple[str, list[tuple[str, str]]]:
        with _open(self.path) as lines:
            first = lines.readline()
        if not first.strip():
            raise ImportRefused(f"{self.path.name}: the first line must name the columns")
        delimiter = max(_DELIMITERS, key=first.count)
        header = next(csv.reader([first], delimiter=delimiter))
        if any(not name.strip() for name in header):
            raise ImportRefused(f"{self.path.name}: a column has no name")
        columns = ", ".join(f"{quoted(name)}: 'VARCHAR'" for name in header)
        scan = (
            f"SELECT row_number() OVER () AS n, * FROM read_csv({quoted(str(self.path))}, auto_detect = false,"
            f" header = true, delim = {quoted(delimiter)}, quote = '\"', escape = '\"', columns = {{{columns}}},"
            f" store_rejects = true, rejects_limit = 0)"
        )
        return scan, [(name, "VARCHAR") for name in header]

    def _refuse_broken_lines(self) -> None:
        if not self.is_text:
            return
        found = self.database.execute(
            "SELECT line, any_value(error_message), count(*) OVER () FROM reject_errors GROUP BY line ORDER BY line"
            f" LIMIT {LISTED}"
        ).fetchall()
        if found:
            rows = [BadRow(line - 1, "line", message.splitlines()[0], line) for line, message, _ in found]
            raise refuse_rows(self.path.name, rows, found[0][2])


@contextmanager
def open_file(path: Path) -> Iterator[SourceFile]:
    """Open a file in a DuckDB of its own, which is thrown away at the end. ImportRefused if it cannot be read."""
    if not path.is_file():
        raise ImportRefused(f"{path}: there is no such file")
    with (
        tempfile.TemporaryDirectory(prefix="sectorlight-import-") as spill,
        duckdb.connect(
            config={
                "memory_limit": MEMORY,
                "threads": THREADS,
                "temp_directory": spill,
                "autoinstall_known_extensions": False,
            }
        ) as database,
    ):
        database.execute("SET TimeZone = 'UTC'")
        yield SourceFile(path, database)


def _open(path: Path) -> TextIO:
    if path.name.lower().endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8-sig", newline="")
    return path.open(encoding="utf-8-sig", newline="")


def _unreadable(path: Path, error: Exception) -> ImportRefused:
    return ImportRefused(f"{path.name}: cannot be read: {str(error).splitlines()[0]}")


def quoted(text: str) -> str:
    """A text as a literal of DuckDB's SQL."""
    return "'" + text.replace("'", "''") + "'"
