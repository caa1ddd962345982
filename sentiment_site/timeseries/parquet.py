"""Rows of a table out to a Parquet file and back in, whatever their types, without holding them in memory.

PostgreSQL speaks CSV on both ways (COPY), DuckDB writes and reads the file. Types are named, never guessed: text that
looks like NULL or a number stays text. jsonb is kept as text, bytea as a blob, moments in UTC.
"""

# ruff: noqa: S608 - names are checked, moments are parameters
from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from django.db import connection

from sentiment_site.timeseries.partitions import checked_name

NULL: Final = "\\N"
MEMORY: Final = "500MB"
CHUNK: Final = 1 << 20
MAKING: Final = "making_"  # what begins so is unfinished
_TYPES: Final = {
    "timestamp with time zone": "TIMESTAMP",
    "date": "DATE",
    "smallint": "SMALLINT",
    "integer": "INTEGER",
    "bigint": "BIGINT",
    "real": "FLOAT",
    "double precision": "DOUBLE",
    "boolean": "BOOLEAN",
    "uuid": "UUID",
}
_CSV: Final = f"FORMAT csv, NULL '{NULL}'"


def write_rows(columns: Sequence[tuple[str, str]], source: str, parameters: Sequence[Any], path: Path) -> int:
    """Write rows to a new file; returns how many. The file appears whole, and on the disk, or not at all.

    columns: names with SQL types, as list_columns gives them. source: SQL after FROM, in the order wanted.
    """
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=MAKING) as folder:
        text, made = Path(folder) / "rows.csv", Path(folder) / "rows.parquet"
        shown = ", ".join(_plain(name, kind) for name, kind in columns)
        query = f"COPY (SELECT {shown} FROM {source}) TO STDOUT ({_CSV})"
        with connection.cursor() as cursor, text.open("wb") as out, cursor.copy(query, parameters) as copy:
            for block in copy:
                out.write(block)
        rows = _convert(text, made, columns)
        sync(made)
        made.replace(path)
    sync(path.parent)
    return rows


def read_rows(path: Path, table: str) -> int:
    """Insert the rows of a file into a table that has its columns; returns how many. Raises for a row that is there.

    LookupError when the table lacks a column of the file.
    """
    kinds = dict(list_columns(table))
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=MAKING) as folder:
        text = Path(folder) / "rows.csv"
        with _database() as database:
            names = [str(row[0]) for row in database.execute(f"DESCRIBE SELECT * FROM '{path}'").fetchall()]
            gone = [name for name in names if name not in kinds]
            if gone:
                raise LookupError(f"{table} no longer has {', '.join(gone)}")
            shown = ", ".join(_as_text(name, kinds[name]) for name in names)
            database.execute(
                f"COPY (SELECT {shown} FROM '{path}') TO '{text}' (FORMAT csv, HEADER false, NULLSTR '{NULL}')"
            )
            rows = _count(database, path)
        listed = ", ".join(f'"{name}"' for name in names)
        with (
            connection.cursor() as cursor,
            text.open("rb") as source,
            cursor.copy(f"COPY {checked_name(table)} ({listed}) FROM STDIN ({_CSV})") as copy,
        ):
            while block := source.read(CHUNK):
                copy.write(block)
    return rows


def sync(path: Path) -> None:
    """Wait until a file or a folder's entries are on the disk: a database that commits must not be ahead of it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def digest(path: Path) -> str:
    """SHA-256 of a file, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def list_columns(table: str) -> list[tuple[str, str]]:
    """Columns of a table with their SQL types, in order."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum",
            [checked_name(table)],
        )
        return [(str(name), str(kind)) for name, kind in cursor.fetchall()]


def _convert(text: Path, made: Path, columns: Sequence[tuple[str, str]]) -> int:
    types = ", ".join(f"'{name}': '{_duck_type(kind)}'" for name, kind in columns)
    shown = ", ".join(_from_text(name, kind) for name, kind in columns)
    with _database() as database:
        database.execute(
            f"COPY (SELECT {shown} FROM read_csv('{text}', header = false, auto_detect = false, delim = ',',"
            f" quote = '\"', escape = '\"', nullstr = '{NULL}', allow_quoted_nulls = false, max_line_size = 134217728,"
            f" columns = {{{types}}})) TO '{made}' (FORMAT parquet, COMPRESSION zstd)"
        )
        return _count(database, made)


def _count(database: Any, path: Path) -> int:
    return int(database.execute(f"SELECT count(*) FROM '{path}'").fetchone()[0])


def _duck_type(kind: str) -> str:
    if kind.startswith("numeric("):
        return kind.replace("numeric", "DECIMAL")
    return _TYPES.get(kind, "VARCHAR")


def _from_text(name: str, kind: str) -> str:
    # bytea arrives as \x and hexadecimal digits
    return f'from_hex(substr("{name}", 3)) AS "{name}"' if kind == "bytea" else f'"{name}"'


def _plain(name: str, kind: str) -> str:
    """A column as PostgreSQL writes it: moments in UTC without offset, which DuckDB reads without its ICU extension."""
    return f"\"{name}\" AT TIME ZONE 'UTC'" if kind == "timestamp with time zone" else f'"{name}"'


def _as_text(name: str, kind: str) -> str:
    """A column as DuckDB writes it for PostgreSQL."""
    if kind == "bytea":
        return f'\'\\x\' || lower(hex("{name}")) AS "{name}"'
    return f"CAST(\"{name}\" AS VARCHAR) || '+00'" if kind == "timestamp with time zone" else f'"{name}"'


def _database() -> Any:
    import duckdb  # takes a while, and every process that shows the admin would pay for it

    return duckdb.connect(config={"memory_limit": MEMORY, "threads": 2})
