"""Files made by a test, and short ways to import and look."""

from __future__ import annotations

import datetime as dt
import gzip
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection

Writing = Callable[..., Path]
Running = Callable[..., str]


@pytest.fixture
def write(tmp_path: Path) -> Writing:
    """write("a.csv", "symbol,date,close", "A,2024-05-13,1", ...): a CSV file, gzipped if its name says so."""

    def make(name: str, *lines: str) -> Path:
        path = tmp_path / name
        text = "\n".join(lines) + "\n"
        path.write_bytes(gzip.compress(text.encode()) if name.endswith(".gz") else text.encode())
        return path

    return make


@pytest.fixture
def write_parquet(tmp_path: Path) -> Writing:
    """write_parquet("a.parquet", "SELECT ..."): what a DuckDB query gives."""

    def make(name: str, query: str) -> Path:
        path = tmp_path / name
        with duckdb.connect() as database:
            database.execute("SET TimeZone = 'UTC'")
            database.execute(f"COPY ({query}) TO '{path}' (FORMAT PARQUET)")
        return path

    return make


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Running:
    """Run a command and give what it printed."""

    def call(*arguments: object) -> str:
        capsys.readouterr()
        call_command(*map(str, arguments))
        return capsys.readouterr().out

    return call


@pytest.fixture
def refused(db: None) -> Running:
    """Run a command that must refuse; gives the message and checks that nothing was stored."""

    def call(*arguments: object) -> str:
        before = everything()
        with pytest.raises(CommandError) as caught:
            call_command(*map(str, arguments))
        assert everything() == before
        assert caught.value.returncode == 1
        return str(caught.value)

    return call


def everything() -> list[int]:
    """How many rows there are in every table that an import writes."""
    tables = ("bar_1d", "bar_30m", *(f"universe_{name}" for name in TABLES))
    with connection.cursor() as cursor:
        counts = []
        for table in tables:
            cursor.execute(f"SELECT count(*) FROM {table}")
            counts.append(cursor.fetchone()[0])
    return counts


TABLES = (
    "datasource",
    "instrument",
    "referencereading",
    "floatreading",
    "shortinterestreading",
    "split",
    "quarantine",
)


def utc(text: str) -> dt.datetime:
    """An aware moment from ISO text without an offset."""
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)
