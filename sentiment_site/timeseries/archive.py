"""Retention: old rows go to Parquet files, are read back and compared, and only then leave the table.

    archive (file, hash, manifest row)  ->  verify under a lock, row by row  ->  delete in the same transaction

Killed at any point nothing is lost: a file without its manifest row is overwritten, a manifest row without a deletion
is verified and finished by the next pass, and a deletion commits together with the mark in the manifest. `restore`
puts a part back. Rows that come late into an archived stretch become a part of their own.
"""

# ruff: noqa: S608 - names are checked, moments are parameters
from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection, transaction

from sentiment_site.market import clock
from sentiment_site.timeseries import parquet
from sentiment_site.timeseries.models import ArchivedPart
from sentiment_site.timeseries.partitions import (
    checked_name,
    ensure_partitions,
    list_partitions,
    list_time_series,
    next_period,
)

Report = Callable[[str], None]
HELD = timedelta(days=30)  # how long restored rows stay before retention takes them again


class ArchiveRefused(Exception):
    """File, manifest and table do not fit together; nothing was deleted or restored."""


@dataclass(frozen=True, slots=True)
class Series:
    """A table that is kept for a while: its time column, and the length of a part ("week", "month" or "year")."""

    table: str
    time_column: str
    interval: str = "week"


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch start <= time < end of a table. `name`: the partition that holds it, or the table itself."""

    series: Series
    name: str
    start: datetime
    end: datetime
    is_partition: bool


def find_series(table: str) -> Series:
    """The description of a table made by CreateTimeSeries. ValueError for another."""
    for layout in list_time_series():
        if layout.table == table:
            return Series(table, layout.time_column, layout.interval)
    raise ValueError(f"{table} is not a time series table")


def list_old_parts(series: Series, before: datetime) -> list[Part]:
    """The parts that lie wholly before a moment and hold rows, oldest first.

    A native partition is one part; what lies in the DEFAULT partition, a hypertable or a plain table is cut into
    stretches of the series' interval.
    """
    parts = [
        Part(series, partition.name, partition.start, partition.end, True)
        for partition in list_partitions(series.table)
        if partition.end <= before and _has_rows(partition.name)
    ]
    holder = f"{series.table}_default" if _exists(f"{series.table}_default") else series.table
    oldest = _oldest(holder, series.time_column)
    while oldest is not None and oldest < before:
        end = next_period(series.interval, oldest)
        if end > before:
            break
        if _has_rows(holder, series.time_column, oldest, end):
            parts.append(Part(series, holder, oldest, end, False))
        oldest = end
    return sorted(parts, key=lambda part: (part.start, part.name))


def archive(series: Series, before: datetime, *, dry_run: bool = False, report: Report = print) -> list[ArchivedPart]:
    """Archive and delete everything of a table that lies wholly before a moment, part by part; returns the manifest.

    dry_run: say what would be done and do nothing. Unfinished parts of an earlier pass are finished first.
    """
    done = []
    for part in list_old_parts(series, before):
        if _is_held(part):
            report(f"left alone: {part.name} was restored less than {HELD.days} days ago")
            continue
        if dry_run:
            report(f"would archive {part.name}: {_count(part):,} rows before {part.end:%Y-%m-%d}")
            continue
        manifest = _pending(part) or _write(part)
        _delete(part, manifest)
        report(f"archived {manifest.part}: {manifest.rows:,} rows, {manifest.size:,} bytes, {manifest.file}")
        done.append(manifest)
    return done


def restore(manifest: ArchivedPart) -> int:
    """Put the rows of an archived part back into its table; returns how many. ArchiveRefused if one is there."""
    path = _checked_file(manifest)
    if any(layout.table == manifest.table and not layout.hypertable for layout in list_time_series()):
        ensure_partitions(manifest.table, manifest.start, manifest.start)
    try:
        with transaction.atomic():
            rows = parquet.read_rows(path, manifest.table)
            ArchivedPart.objects.filter(pk=manifest.pk).update(restored_at=clock.wall(), deleted_at=None)
    except psycopg.Error as error:
        raise ArchiveRefused(f"{manifest.file}: {manifest.table} refuses it: {error}") from error
    return rows


def archive_dir() -> Path:
    """Where the files lie."""
    return Path(settings.ARCHIVE_DIR)


def _pending(part: Part) -> ArchivedPart | None:
    """The manifest of an earlier pass that wrote the file and was killed before the deletion, if the rows still fit."""
    manifest = ArchivedPart.objects.filter(
        table=part.series.table, part=part.name, start=part.start, deleted_at=None, restored_at=None
    ).last()
    fits = manifest is not None and manifest.rows == _count(part) and _is_whole(manifest)
    return manifest if fits else None


def _is_held(part: Part) -> bool:
    """Whether rows of this stretch were put back lately."""
    return ArchivedPart.objects.filter(
        table=part.series.table, start__lt=part.end, end__gt=part.start, restored_at__gt=clock.wall() - HELD
    ).exists()


def _write(part: Part) -> ArchivedPart:
    at = clock.wall()
    file = f"{part.series.table}/{part.name}_{part.start:%Y%m%d}_{at:%Y%m%dT%H%M%S%f}.parquet"
    path = archive_dir() / file
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = parquet.write_rows(part.name, part.series.time_column, part.start, part.end, path)
    return ArchivedPart.objects.create(
        table=part.series.table,
        part=part.name,
        start=part.start,
        end=part.end,
        file=file,
        rows=rows,
        size=path.stat().st_size,
        sha256=parquet.digest(path),
        archived_at=at,
    )


def _delete(part: Part, manifest: ArchivedPart) -> None:
    """Verify the file against the rows while nobody can change them, delete, and mark it, in one transaction."""
    path = _checked_file(manifest)
    table, column = checked_name(part.name), checked_name(part.series.time_column)
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
        cursor.execute(f"CREATE TEMP TABLE archived_rows (LIKE {table}) ON COMMIT DROP")
        parquet.read_rows(path, "archived_rows")
        kept = f"SELECT * FROM {table} WHERE {column} >= %s AND {column} < %s"
        cursor.execute(
            f"SELECT (SELECT count(*) FROM ({kept} EXCEPT ALL TABLE archived_rows) a)"
            f" + (SELECT count(*) FROM (TABLE archived_rows EXCEPT ALL {kept}) b)",
            [part.start, part.end] * 2,
        )
        different = cursor.fetchone()[0]
        if different:
            raise ArchiveRefused(f"{manifest.file}: {different} rows differ from {part.name}; nothing was deleted")
        if part.is_partition:
            cursor.execute(f"DROP TABLE {table}")
        else:
            cursor.execute(f"DELETE FROM {table} WHERE {column} >= %s AND {column} < %s", [part.start, part.end])
        manifest.deleted_at = clock.wall()
        manifest.save(update_fields=["deleted_at"])


def _is_whole(manifest: ArchivedPart) -> bool:
    path = archive_dir() / manifest.file
    return path.is_file() and parquet.digest(path) == manifest.sha256


def _checked_file(manifest: ArchivedPart) -> Path:
    if not _is_whole(manifest):
        raise ArchiveRefused(f"{manifest.file}: the file is not there or was changed")
    return archive_dir() / manifest.file


def _has_rows(table: str, column: str = "", start: datetime | None = None, end: datetime | None = None) -> bool:
    where = f" WHERE {checked_name(column)} >= %s AND {column} < %s" if column else ""
    return bool(_one(f"SELECT EXISTS (SELECT FROM {checked_name(table)}{where})", [start, end] if column else []))


def _count(part: Part) -> int:
    column = checked_name(part.series.time_column)
    query = f"SELECT count(*) FROM {checked_name(part.name)} WHERE {column} >= %s AND {column} < %s"
    return int(_one(query, [part.start, part.end]) or 0)


def _oldest(table: str, column: str) -> datetime | None:
    """Midnight (UTC) of the oldest row's day, None without rows."""
    found = _one(f"SELECT min({checked_name(column)}) FROM {checked_name(table)}", [])
    if not isinstance(found, datetime):
        return None
    return found.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def _exists(table: str) -> bool:
    return _one("SELECT to_regclass(%s) IS NOT NULL", [checked_name(table)]) is True


def _one(query: str, parameters: Sequence[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, list(parameters))
        row = cursor.fetchone()
    return row[0] if row else None
