"""Retention: old rows go to Parquet files, are read back and compared, and only then leave the table.

    file (synced)  ->  manifest row  ->  file gets its name  ->  lock, read back, compare every row  ->  delete, mark
                                                                 '--------------- one transaction --------------'

Killed at any point nothing is lost: a file that the manifest does not know is thrown away, a manifest row without a
deletion is verified and finished by the next pass (or thrown away if the rows have changed), and a deletion commits
together with its mark. `restore` puts a part back, whole or not at all, and never twice. Rows that come late into an
archived stretch become a part of their own.
"""

# ruff: noqa: S608 - names are checked, moments are parameters
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final, Literal

import psycopg
from django.db import Error, connection, transaction

from sentiment_site.market import clock
from sentiment_site.timeseries import parquet
from sentiment_site.timeseries.models import ArchivedPart
from sentiment_site.timeseries.partitions import (
    checked_name,
    ensure_partitions,
    list_partitions,
    list_time_series,
)
from sentiment_site.timeseries.selection import (
    Part,
    Series,
    complete,
    count_rows,
    find_series,
    list_old_parts,
    list_primary_key,
    quoted,
)
from sentiment_site.timeseries.shelf import (
    ArchiveRefused,
    archive_dir,
    checked_file,
    discard,
    is_whole,
    making_of,
    own_folder,
    place_of,
    shelve,
)

__all__ = ["HELD", "MOST_ROWS", "STEPS", "ArchiveRefused", "Part", "Series", "archive", "archive_dir", "find_series",
           "list_old_parts", "restore"]  # fmt: skip

Step = Literal["begun", "written", "listed", "shelved", "verified", "deleted", "done"]
STEPS: Final[tuple[Step, ...]] = ("begun", "written", "listed", "shelved", "verified", "deleted", "done")
Report = Callable[[str], None]
OnStep = Callable[[Step, Part], None]
HELD: Final = timedelta(days=30)  # how long restored rows stay before retention takes them again
MOST_ROWS: Final = 100_000  # of a part that is no partition: what one transaction locks and deletes
SORT_MEMORY: Final = "128MB"


def archive(
    series: Series,
    before: datetime,
    *,
    dry_run: bool = False,
    report: Report = print,
    on_step: OnStep = lambda step, part: None,
    most: int = MOST_ROWS,
) -> list[ArchivedPart]:
    """Archive and delete everything of a table that lies wholly before a moment, part by part; returns the manifest.

    dry_run: say what would be done and do nothing. Unfinished parts of an earlier pass are finished first. on_step is
    called after each of STEPS; what it raises ends the pass, with every finished part done. ArchiveRefused.
    """
    if dry_run:
        for part in list_old_parts(series, before, most):
            if not _is_held(part, report):
                report(f"would archive {part.name}: {count_rows(part):,} rows before {part.end:%Y-%m-%d}")
        return []
    done: list[ArchivedPart] = []
    with own_folder(series.table):
        for part, manifest in [*_list_unfinished(series, before), *_list_new(series, before, most, report)]:
            on_step("begun", part)
            made = manifest or _write(part, on_step)
            _leave(part, made, on_step)
            report(f"archived {made.part}: {made.rows:,} rows, {made.size:,} bytes, {made.file}")
            done.append(made)
            on_step("done", part)
    return done


def restore(manifest: ArchivedPart) -> int:
    """Put what an archived part holds back into its table; returns how many rows. ArchiveRefused if it is there."""
    if any(layout.table == manifest.table and not layout.hypertable for layout in list_time_series()):
        ensure_partitions(manifest.table, manifest.start, manifest.start)
    try:
        with own_folder(manifest.table), transaction.atomic(), connection.cursor() as cursor:
            held = ArchivedPart.objects.select_for_update().get(pk=manifest.pk)
            if held.deleted_at is None:
                raise ArchiveRefused(f"{held.file}: it was put back before, or never left {held.table}")
            path = checked_file(held)
            rows = _refill(held, path) if held.emptied else parquet.read_rows(path, held.table)
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            if rows != held.rows:
                raise ArchiveRefused(f"{held.file}: {rows:,} of {held.rows:,} rows fit into {held.table}")
            ArchivedPart.objects.filter(pk=held.pk).update(restored_at=clock.wall(), deleted_at=None)
    except (psycopg.Error, Error, LookupError) as error:
        raise ArchiveRefused(f"{manifest.file}: {manifest.table} refuses it: {error}") from error
    return rows


def _list_unfinished(series: Series, before: datetime) -> list[tuple[Part, ArchivedPart | None]]:
    """Parts whose file an earlier pass wrote, and whose rows are still those; what no longer fits is thrown away."""
    partitions = {partition.name for partition in list_partitions(series.table)}
    whole = complete(series)
    found: list[tuple[Part, ArchivedPart | None]] = []
    for manifest in ArchivedPart.objects.filter(
        table=series.table, deleted_at=None, restored_at=None, emptied=list(series.emptied)
    ):
        if not place_of(manifest).exists() and making_of(place_of(manifest)).exists():
            shelve(manifest)
        drops = manifest.part in partitions and not whole.condition and not whole.emptied
        part = Part(whole, manifest.part, manifest.start, manifest.end, drops)
        exists = manifest.part in {series.table, f"{series.table}_default", *partitions}
        if exists and manifest.end <= before and count_rows(part) == manifest.rows and is_whole(manifest):
            found.append((part, manifest))
        else:
            discard(manifest)
    return found


def _list_new(
    series: Series, before: datetime, most: int, report: Report
) -> list[tuple[Part, ArchivedPart | None]]:  # fmt: skip
    """What is old and has no file; looked up once the unfinished parts are known, which it leaves out."""
    unfinished = ArchivedPart.objects.filter(
        table=series.table, deleted_at=None, restored_at=None, emptied=list(series.emptied)
    )
    spans = list(unfinished.values_list("part", "start", "end"))
    return [
        (part, None)
        for part in list_old_parts(series, before, most)
        if not any(name == part.name and start < part.end and part.start < end for name, start, end in spans)
        and not _is_held(part, report)
    ]


def _is_held(part: Part, report: Report) -> bool:
    """Whether rows of this stretch were put back lately; says so."""
    held = ArchivedPart.objects.filter(
        table=part.series.table, start__lt=part.end, end__gt=part.start, restored_at__gt=clock.wall() - HELD
    ).exists()
    if held:
        report(f"left alone: {part.name} was restored less than {HELD.days} days ago")
    return held


def _write(part: Part, on_step: OnStep) -> ArchivedPart:
    """The file and its manifest row; the row first says where the file will lie."""
    at = clock.wall()
    kind = "".join(f".{name}" for name in part.series.emptied)
    file = f"{part.series.table}/{part.name}{kind}_{part.start:%Y%m%d}_{at:%Y%m%dT%H%M%S%f}.parquet"
    making = making_of(archive_dir() / file)
    columns = _columns(part.series)
    column = quoted(part.series.table, part.series.time_column)
    rows = parquet.write_rows(columns, f"{part.source} ORDER BY {column}", part.parameters, making)
    on_step("written", part)
    manifest = ArchivedPart.objects.create(
        table=part.series.table,
        part=part.name,
        start=part.start,
        end=part.end,
        file=file,
        rows=rows,
        size=making.stat().st_size,
        sha256=parquet.digest(making),
        columns=columns,
        emptied=list(part.series.emptied),
        archived_at=at,
    )
    on_step("listed", part)
    shelve(manifest)
    on_step("shelved", part)
    return manifest


def _leave(part: Part, manifest: ArchivedPart, on_step: OnStep) -> None:
    """Verify the file against the rows while nobody can change them, delete, and mark it, in one transaction."""
    path = checked_file(manifest)
    table = checked_name(part.name)
    shown = ", ".join(quoted(part.series.table, name) for name, _ in _columns(part.series))
    named = ", ".join(quoted(name) for name, _ in _columns(part.series))
    with transaction.atomic(durable=True), connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL work_mem = '{SORT_MEMORY}'")
        cursor.execute(f"CREATE TEMP TABLE archived_rows ON COMMIT DROP AS SELECT {named} FROM {table} WITH NO DATA")
        if part.is_partition:
            cursor.execute(f"LOCK TABLE {table} IN SHARE ROW EXCLUSIVE MODE")
            leaving = f"SELECT {shown} FROM {part.source}"
        else:
            own = quoted(part.series.table)
            cursor.execute(
                f"CREATE TEMP TABLE leaving_rows ON COMMIT DROP AS SELECT {own}.tableoid AS row_holder,"
                f" {own}.ctid AS row_place, {shown} FROM {part.source} FOR UPDATE OF {own}",
                part.parameters,
            )
            leaving = f"SELECT {named} FROM leaving_rows"
        archived = parquet.read_rows(path, "archived_rows")
        parameters = part.parameters if part.is_partition else []
        cursor.execute(f"SELECT count(*) FROM ({leaving}) leaving", parameters)
        there = cursor.fetchone()[0]
        cursor.execute(f"SELECT count(*) FROM ({leaving} EXCEPT ALL TABLE archived_rows) missing", parameters)
        missing = cursor.fetchone()[0]
        different = missing + max(archived - there, 0)  # as many rows and none missing: the same rows
        if different:
            raise ArchiveRefused(f"{manifest.file}: {different} rows differ from {part.name}; nothing was deleted")
        on_step("verified", part)
        _delete(part, archived)
        cursor.execute("DROP TABLE IF EXISTS archived_rows, leaving_rows")
        manifest.verified_at = manifest.deleted_at = clock.wall()
        manifest.save(update_fields=["verified_at", "deleted_at"])
        on_step("deleted", part)


def _delete(part: Part, expected: int) -> None:
    """Drop the partition, or take away precisely the locked rows (or their words). ArchiveRefused for another count."""
    series, own = part.series, quoted(part.series.table)
    name, column = checked_name(part.name), quoted(series.table, series.time_column)
    same = (
        f"leaving_rows WHERE {own}.ctid = leaving_rows.row_place AND {own}.tableoid = leaving_rows.row_holder"
        f" AND {column} >= %s AND {column} < %s"
    )
    emptied = ", ".join(f"{quoted(column)} = ''" for column in series.emptied)
    with connection.cursor() as cursor:
        if part.is_partition:
            cursor.execute(f"DROP TABLE {name}")
            return
        if emptied:
            cursor.execute(f"UPDATE {name} AS {own} SET {emptied} FROM {same}", [part.start, part.end])
        else:
            cursor.execute(f"DELETE FROM {name} AS {own} USING {same}", [part.start, part.end])
        if cursor.rowcount != expected:
            raise ArchiveRefused(f"{part.name}: {cursor.rowcount} of {expected} rows would have left")


def _refill(manifest: ArchivedPart, path: Path) -> int:
    """Put words back into rows that are still there and still empty; returns how many."""
    table, own = checked_name(manifest.table), quoted(manifest.table)
    keys = list_primary_key(table)
    named = ", ".join(quoted(name) for name, _ in manifest.columns)
    same = [f"{own}.{quoted(key)} = restored_rows.{quoted(key)}" for key in keys]
    empty = [f"{own}.{quoted(name)} = ''" for name in manifest.emptied]
    words = ", ".join(f"{quoted(name)} = restored_rows.{quoted(name)}" for name in manifest.emptied)
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE restored_rows ON COMMIT DROP AS SELECT {named} FROM {table} WITH NO DATA")
        parquet.read_rows(path, "restored_rows")
        cursor.execute(f"UPDATE {table} SET {words} FROM restored_rows WHERE {' AND '.join([*same, *empty])}")
        filled = cursor.rowcount
        cursor.execute("DROP TABLE restored_rows")
    return int(filled)


def _columns(series: Series) -> list[tuple[str, str]]:
    """What is archived of a row: everything, or key, time and the words that leave."""
    columns = parquet.list_columns(series.table)
    if not series.emptied:
        return columns
    wanted = {*list_primary_key(series.table), series.time_column, *series.emptied}
    return [(name, kind) for name, kind in columns if name in wanted]
