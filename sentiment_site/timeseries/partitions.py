"""The partitions behind a large dated table made by `CreateTimeSeries`: list them, make those to come, drop the old."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from django.db import connection, transaction

INTERVALS = ("year", "month", "week")
_NAME = re.compile(r"[a-z_][a-z0-9_]{0,40}")
_COMMENT = re.compile(r"time series by (?P<column>\w+), one part a (?P<interval>year|month|week)")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a time series table lies in the database. `hypertable`: TimescaleDB makes its chunks by itself."""

    table: str
    time_column: str
    interval: str
    hypertable: bool


@dataclass(frozen=True, slots=True)
class Partition:
    """One native partition: `start <= time < end`, both UTC."""

    name: str
    start: dt.datetime
    end: dt.datetime


def list_time_series() -> list[Layout]:
    """Every table made by CreateTimeSeries, by name."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.relname, obj_description(c.oid, 'pg_class'), c.relkind <> 'p' FROM pg_class c"
            " WHERE c.relkind IN ('p', 'r') AND c.relnamespace = current_schema()::regnamespace"
            " AND obj_description(c.oid, 'pg_class') LIKE 'time series by %%' ORDER BY c.relname",
            [],
        )
        rows = cursor.fetchall()
    found = [(table, _COMMENT.fullmatch(comment), plain) for table, comment, plain in rows]
    return [Layout(table, match["column"], match["interval"], plain) for table, match, plain in found if match]


def list_partitions(table: str) -> list[Partition]:
    """The native partitions of a table without its DEFAULT, oldest first; empty for a hypertable."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT child.relname, pg_get_expr(child.relpartbound, child.oid) FROM pg_inherits i"
            " JOIN pg_class child ON child.oid = i.inhrelid WHERE i.inhparent = %s::regclass AND child.relispartition",
            [checked_name(table)],
        )
        rows = cursor.fetchall()
    bounds = [(name, re.findall(r"'([^']+)'", bound)) for name, bound in rows if bound != "DEFAULT"]
    partitions = [Partition(name, *(_moment(text) for text in texts)) for name, texts in bounds]
    return sorted(partitions, key=lambda partition: partition.start)


def ensure_partitions(table: str, start: dt.datetime, end: dt.datetime) -> list[str]:
    """Make the partitions that cover start..end (both included) and do not exist; returns their names, oldest first.

    Rows that waited in the DEFAULT partition move into the new ones. Nothing to do for a hypertable. A partition is
    built beside the table and attached, so readers of the table wait at most for those rows. ValueError if end < start
    or the table is no time series.
    """
    layout = _layout(table)
    if end < start:
        raise ValueError(f"{table}: a range must not end ({end}) before it starts ({start})")
    if layout.hypertable:
        return []
    wanted = _periods(layout, start.astimezone(dt.UTC), end.astimezone(dt.UTC))
    if {period.name for period in wanted} <= {partition.name for partition in list_partitions(table)}:
        return []
    with transaction.atomic(), connection.cursor() as cursor:
        _lock(cursor, table)
        existing = {partition.name for partition in list_partitions(table)}
        missing = [period for period in wanted if period.name not in existing]
        for period in missing:
            _attach(cursor, layout, period)
    return [period.name for period in missing]


def drop_partitions(table: str, before: dt.datetime) -> list[str]:
    """Drop the partitions (or chunks) that lie wholly before a moment; returns the names of what is gone."""
    layout = _layout(table)
    with transaction.atomic(), connection.cursor() as cursor:
        _lock(cursor, table)
        if layout.hypertable:
            cursor.execute("SELECT drop_chunks(%s::regclass, older_than => %s::timestamptz)", [table, before])
            return [str(name) for (name,) in cursor.fetchall()]
        old = [partition.name for partition in list_partitions(table) if partition.end <= before]
        for name in old:
            cursor.execute(f"DROP TABLE {checked_name(name)}")
    return old


def make_coming_partitions(at: dt.datetime, ahead: int = 2) -> list[str]:
    """Make the partitions of `at` and of the `ahead` periods after it, in every time series; returns the new names.

    Nothing is dropped here: how long bars are kept is the operator's decision (`drop_partitions`).
    """
    made = []
    for layout in list_time_series():
        end = at
        for _ in range(ahead):
            end = next_period(layout.interval, end)
        made += ensure_partitions(layout.table, at, end)
    return made


def next_period(interval: str, at: dt.datetime) -> dt.datetime:
    """The beginning (00:00 UTC) of the year, month or ISO week after the one that `at` lies in."""
    first = _period_start(interval, at)
    if interval == "year":
        return first.replace(year=first.year + 1)
    if interval == "month":
        return (first + dt.timedelta(days=32)).replace(day=1)
    return first + dt.timedelta(days=7)


def _period_start(interval: str, at: dt.datetime) -> dt.datetime:
    midnight = at.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    if interval == "year":
        return midnight.replace(month=1, day=1)
    return midnight.replace(day=1) if interval == "month" else midnight - dt.timedelta(days=midnight.weekday())


def _periods(layout: Layout, start: dt.datetime, end: dt.datetime) -> list[Partition]:
    suffix = {"year": "%Y", "month": "%Y_%m", "week": "%G_w%V"}[layout.interval]
    periods = []
    first = _period_start(layout.interval, start)
    while first <= end:
        after = next_period(layout.interval, first)
        periods.append(Partition(f"{layout.table}_{first.strftime(suffix)}", first, after))
        first = after
    return periods


def _attach(cursor: Any, layout: Layout, period: Partition) -> None:
    # CREATE TABLE .. PARTITION OF would lock every reader out until the caller's transaction ends
    cursor.execute(f"CREATE TABLE {period.name} (LIKE {layout.table} INCLUDING DEFAULTS INCLUDING CONSTRAINTS)")
    cursor.execute(
        f"WITH waiting AS (DELETE FROM {layout.table}_default"  # noqa: S608 - checked names
        f" WHERE {layout.time_column} >= %s AND {layout.time_column} < %s RETURNING *)"
        f" INSERT INTO {period.name} SELECT * FROM waiting",
        [period.start, period.end],
    )
    cursor.execute(
        f"ALTER TABLE {layout.table} ATTACH PARTITION {period.name}"
        f" FOR VALUES FROM ('{period.start.isoformat()}') TO ('{period.end.isoformat()}')"
    )


def _layout(table: str) -> Layout:
    for layout in list_time_series():
        if layout.table == table:
            return layout
    raise ValueError(f"{table} is not a time series table")


def _lock(cursor: Any, table: str) -> None:
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"partitions:{table}"])


def checked_name(name: str) -> str:
    """The name itself if it is a plain SQL name that needs no quotes; ValueError otherwise."""
    if not _NAME.fullmatch(name):
        raise ValueError(f"not a plain SQL name: {name!r}")
    return name


def _moment(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).astimezone(dt.UTC)
