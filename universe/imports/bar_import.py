"""Stores a checked file of bars: one transaction, chunk by chunk."""

# ruff: noqa: S608 - the SQL of this module is made of our own names and of quoted texts
from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction

from sentiment_site.timeseries.partitions import ensure_partitions
from universe.bars.binary import encode_rows, to_sql_time, write_rows
from universe.bars.sources import MixedSources, get_source, lock_writers, refuse_mixing
from universe.bars.store import store_bars
from universe.bars.tables import DAY_MS, VALUES, Kind, StoreResult, table_of, to_moment
from universe.models import DataSource

from .bad_rows import ImportRefused
from .bars_file import BarsOptions, FileCounts, stage_bars
from .instruments import backdate_instruments, link_instruments
from .source_file import open_file

Progress = Callable[[float, str], None]
CHUNK: Final = 200_000
_SQL_EPOCH_DAY: Final = 10_957  # 2000-01-01 in days since 1970
_READING_FIELDS: Final = {"instrument_id": ">i4", "effective_on": ">i4", "shares": ">i8", "recorded_at": ">i8"}


@dataclass(frozen=True, slots=True)
class BarImport:
    """What an import did."""

    counts: FileCounts
    stored: StoreResult
    instruments_created: int
    share_readings: int
    seconds: float


def import_bar_file(
    path: Path, source_name: str, options: BarsOptions, *, kind: str = "CS", progress: Progress | None = None
) -> BarImport:
    """Check and store a file of bars, whole or not at all; safe to repeat.

    kind: the type of instruments nobody knew (CS, ETF, ...). Raises ImportRefused for bad rows, an unreadable file, and
    bars that must not be mixed with the stored ones.
    """
    began, tell = time.perf_counter(), progress or _silent
    tell(0, f"reading {path.name}")
    with open_file(path) as file:
        counts = stage_bars(file, options)
        tell(20, f"{counts.rows:,} rows checked")
        if not counts.bars:
            raise ImportRefused(f"{path.name}: no row holds a price inside trading hours")
        _make_partitions(file.database, counts.kind)
        try:
            with transaction.atomic():
                source = get_source(source_name, DataSource.Kind.IMPORT, options.delay_s)
                stored, created, readings = _store(file.database, counts.kind, source, kind, tell)
        except MixedSources as error:
            raise ImportRefused(f"{path.name}: {error}") from error
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {table_of(counts.kind)}")
    return BarImport(counts, stored, created, readings, time.perf_counter() - began)


def _silent(percent: float, phase: str) -> None:
    """Progress that nobody watches."""


def _make_partitions(database: Any, kind: Kind) -> None:
    """Before the long transaction, so that readers do not wait for it; empty partitions do no harm."""
    first, last = database.execute("SELECT min(ts), max(ts) FROM bars").fetchone()
    ensure_partitions(table_of(kind), to_moment(first), to_moment(last))


def _store(
    database: Any, kind: Kind, source: DataSource, instrument_kind: str, tell: Progress
) -> tuple[StoreResult, int, int]:
    with connection.cursor() as cursor:
        lock_writers(cursor)
        refuse_mixing(cursor, source)
    created = link_instruments(database, "bars", source, instrument_kind)
    backdate_instruments(database, "bars")
    stored, total = StoreResult(), _count(database, "bars")
    tell(25, f"{total:,} bars of {_count(database, '(SELECT DISTINCT instrument_id FROM bars)'):,} instruments")
    for first, last in _chunks(database):
        stored += _store_chunk(database, kind, source, first, last)
        done = stored.inserted + stored.revised + stored.unchanged
        tell(25 + 70 * done / total, f"{done:,} of {total:,} bars stored")
    readings = _store_shares(database, source)
    tell(100, "done")
    return stored, created, readings


def _count(database: Any, relation: str) -> int:
    return int(database.execute(f"SELECT count(*) FROM {relation}").fetchone()[0])


def _chunks(database: Any) -> list[tuple[int, int]]:
    """Ranges of instrument ids (both included) of about CHUNK bars each; an instrument is never cut."""
    rows = database.execute("SELECT instrument_id, count(*) FROM bars GROUP BY 1 ORDER BY 1").fetchall()
    chunks, first, size = [], rows[0][0], 0
    for instrument_id, count in rows:
        if size and size + count > CHUNK:
            chunks.append((first, instrument_id - 1))
            first, size = instrument_id, 0
        size += count
    return [*chunks, (first, rows[-1][0])]


def _store_chunk(database: Any, kind: Kind, source: DataSource, first: int, last: int) -> StoreResult:
    columns = database.execute(
        f"SELECT instrument_id, ts, recorded_at, {', '.join(VALUES)} FROM bars WHERE instrument_id BETWEEN ? AND ?",
        [first, last],
    ).fetchnumpy()
    return store_bars(
        kind,
        np.asarray(columns["instrument_id"], dtype=np.int32),
        np.asarray(columns["ts"], dtype=np.int64),
        {name: _filled(columns[name]) for name in VALUES},
        source,
        np.asarray(columns["recorded_at"], dtype=np.int64),
    )


def _filled(column: npt.NDArray[Any]) -> npt.NDArray[np.float64]:
    return np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan)


def _store_shares(database: Any, source: DataSource) -> int:
    """A reading of the shares outstanding for every change in the file; returns how many are new.

    The cap is not stored: it is close x shares of the day that is asked for.
    """
    columns = database.execute(
        "SELECT instrument_id, ts, recorded_at, CAST(shares AS BIGINT) AS shares FROM ("
        " SELECT *, lag(shares) OVER (PARTITION BY instrument_id ORDER BY ts) AS before"
        " FROM (SELECT instrument_id, ts, recorded_at, round(shares) AS shares FROM bars WHERE shares IS NOT NULL)"
        ") WHERE shares IS DISTINCT FROM before AND shares >= 1"
    ).fetchnumpy()
    if not len(columns["ts"]):
        return 0
    rows = encode_rows(
        _READING_FIELDS,
        {
            "instrument_id": columns["instrument_id"],
            "effective_on": columns["ts"] // DAY_MS - _SQL_EPOCH_DAY,
            "shares": columns["shares"],
            "recorded_at": to_sql_time(columns["recorded_at"]),
        },
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE incoming_shares"
            " (instrument_id integer, effective_on date, shares bigint, recorded_at timestamptz) ON COMMIT DROP"
        )
        with cursor.copy("COPY incoming_shares FROM STDIN (FORMAT BINARY)") as copy:
            write_rows(copy, rows)
        cursor.execute(
            "INSERT INTO universe_referencereading (instrument_id, effective_on, shares_outstanding, sic_code,"
            " vendor_sector, industry, source_id, recorded_at)"
            " SELECT instrument_id, effective_on, shares, '', '', '', %s, recorded_at FROM incoming_shares"
            " ON CONFLICT DO NOTHING",
            [source.pk],
        )
        inserted = int(cursor.rowcount)
        cursor.execute("DROP TABLE incoming_shares")
    return inserted
