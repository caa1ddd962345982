"""Which rows of a table may leave it: old enough, referred to by nobody, not asked to stay.

A table is read under its own name (`FROM part AS table`), so that one condition serves a partition and the whole.
"""

# ruff: noqa: S608 - names are checked or quoted, moments are parameters
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Model, Q

from sentiment_site.timeseries.partitions import checked_name, list_partitions, list_time_series, next_period


@dataclass(frozen=True, slots=True)
class Series:
    """A table that is kept for a while: its time column, and the length of a part ("week", "month" or "year").

    condition, parameters: SQL of the rows that may leave, columns named "table"."column"; empty: all.
    emptied: columns of text whose content leaves while the rows stay; none: the rows leave.
    """

    table: str
    time_column: str
    interval: str = "week"
    condition: str = ""
    parameters: tuple[Any, ...] = ()
    emptied: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch start <= time < end of a table. `name`: the partition that holds it, or the table itself.

    is_partition: all of a native partition leaves, so that it can be dropped.
    """

    series: Series
    name: str
    start: datetime
    end: datetime
    is_partition: bool

    @property
    def source(self) -> str:
        """SQL after FROM of the part's rows that may leave."""
        series = self.series
        column = quoted(series.table, series.time_column)
        conditions = [f"{column} >= %s", f"{column} < %s", *conditions_of(series)]
        return f'{checked_name(self.name)} AS "{checked_name(series.table)}" WHERE {" AND ".join(conditions)}'

    @property
    def parameters(self) -> list[Any]:
        """The values of `source`."""
        return [self.start, self.end, *self.series.parameters]


def find_series(table: str) -> Series:
    """The description of a table made by CreateTimeSeries. ValueError for another."""
    for layout in list_time_series():
        if layout.table == table:
            return Series(table, layout.time_column, layout.interval)
    raise ValueError(f"{table} is not a time series table")


def write_condition(model: type[Model], chosen: Q) -> tuple[str, tuple[Any, ...]]:
    """The SQL of a condition on a model's own columns (and Exists), with its values; empty for an empty one."""
    if not chosen:
        return "", ()
    query = model._base_manager.filter(chosen).query
    text, values = query.get_compiler(connection=connection).compile(query.where)
    if sum(used > 0 for used in query.alias_refcount.values()) > 1:
        raise ValueError(f"{model.__name__}: a condition must not join; use Exists")
    return text, tuple(values)


def list_old_parts(series: Series, before: datetime, most: int) -> list[Part]:
    """The parts that lie wholly before a moment and hold rows that may leave, oldest first.

    A native partition of which everything may leave is one part. What lies elsewhere is cut into stretches of the
    series' interval, and a stretch of more than `most` rows into several.
    """
    series = complete(series)
    whole = not series.condition and not series.emptied
    parts: list[Part] = []
    for each in list_partitions(series.table):
        if each.end > before:
            continue
        if not whole:
            parts += _cut(series, each.name, before, most)
        elif _one(f"SELECT EXISTS (SELECT FROM {checked_name(each.name)})", []):
            parts.append(Part(series, each.name, each.start, each.end, True))
    holder = f"{series.table}_default"
    exists = _one("SELECT to_regclass(%s) IS NOT NULL", [checked_name(holder)])
    parts += _cut(series, holder if exists else series.table, before, most)
    return sorted(parts, key=lambda part: (part.start, part.name))


def complete(series: Series) -> Series:
    """The series with what the database itself asks for: a row that another row refers to does not leave."""
    if series.emptied:
        return series
    conditions = [f"({series.condition})"] if series.condition else []
    return replace(series, condition=" AND ".join([*conditions, *_unreferred(series.table)]))


def conditions_of(series: Series) -> list[str]:
    """What a row of a complete series must fulfil to leave, age apart."""
    found = [f"({series.condition})"] if series.condition else []
    filled = " OR ".join(f"{quoted(series.table, name)} <> ''" for name in series.emptied)
    return [*found, f"({filled})"] if filled else found


def count_rows(part: Part) -> int:
    """How many rows of the part may leave."""
    return int(_one(f"SELECT count(*) FROM {part.source}", part.parameters))


def measure_old(series: Series, before: datetime, most: int) -> tuple[int, datetime | None]:
    """How many rows older than a moment may leave, counted up to `most`, and the time of the oldest of all rows."""
    series = complete(series)
    column = quoted(series.table, series.time_column)
    where = " AND ".join([f"{column} < %s", *conditions_of(series)])
    table = checked_name(series.table)
    rows = _one(
        f"SELECT count(*) FROM (SELECT FROM {table} WHERE {where} LIMIT {most:d}) old", [before, *series.parameters]
    )
    return int(rows), _moment(_one(f"SELECT min({column})::timestamptz FROM {table}", []))


def list_primary_key(table: str) -> list[str]:
    """The columns of a table's primary key."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT a.attname FROM pg_index i JOIN pg_attribute a ON a.attrelid = i.indrelid"
            " AND a.attnum = ANY(i.indkey) WHERE i.indrelid = %s::regclass AND i.indisprimary ORDER BY a.attnum",
            [checked_name(table)],
        )
        return [str(name) for (name,) in cursor.fetchall()]


def quoted(*names: str) -> str:
    """Names as SQL, joined by dots."""
    return ".".join(f'"{checked_name(name)}"' for name in names)


def _cut(series: Series, holder: str, before: datetime, most: int) -> list[Part]:
    """The stretches of a table or partition that end by `before`, each with at most `most` rows where times differ."""
    parts: list[Part] = []
    first = _first(series, holder, None, before)
    start = first and first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    while first is not None and start is not None:
        end = next_period(series.interval, first)
        if end > before:
            break
        parts.append(Part(series, holder, start, _shorten(Part(series, holder, start, end, False), most), False))
        start = parts[-1].end
        first = _first(series, holder, start, before)
        if first is not None and first >= end:
            start = first.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return parts


def _shorten(part: Part, most: int) -> datetime:
    """Where the part ends if it has more than `most` rows: rows of the same moment stay together."""
    column = quoted(part.series.table, part.series.time_column)
    next_row = f"SELECT {column}::timestamptz FROM {part.source} ORDER BY {column} OFFSET %s LIMIT 1"
    cut = _moment(_one(next_row, [*part.parameters, most]))
    if cut is None:
        return part.end
    if cut > part.start and _moment(_one(next_row, [*part.parameters, 0])) != cut:
        return cut
    later = f"SELECT min({column})::timestamptz FROM {part.source} AND {column} > %s"
    return _moment(_one(later, [*part.parameters, cut])) or part.end


def _first(series: Series, holder: str, since: datetime | None, before: datetime) -> datetime | None:
    """Time of the oldest row that may leave, from a moment on and before another.

    Ordered and not min(): with conditions over other tables only that reads along the index and stops.
    """
    column = quoted(series.table, series.time_column)
    conditions = [*conditions_of(series), f"{column} < %s", *([f"{column} >= %s"] if since else [])]
    query = f'SELECT {column}::timestamptz FROM {checked_name(holder)} AS "{checked_name(series.table)}"'
    query += f" WHERE {' AND '.join(conditions)} ORDER BY {column} LIMIT 1"
    return _moment(_one(query, [*series.parameters, before, *([since] if since else [])]))


def _unreferred(table: str) -> list[str]:
    """Conditions that no other row refers to a row, one for each foreign key on the table. The database would refuse
    the deletion anyway; so what is still needed stays, and leaves once its referrers have left."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT c.conrelid::regclass::text, a.attname, b.attname FROM pg_constraint c"
            " JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
            " JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = c.confkey[1]"
            " WHERE c.contype = 'f' AND c.confrelid = %s::regclass AND c.conparentid = 0"
            " AND cardinality(c.conkey) = 1 ORDER BY 1, 2",
            [checked_name(table)],
        )
        rows = cursor.fetchall()
    return [
        f"NOT EXISTS (SELECT FROM {checked_name(child)} AS referrer"
        f" WHERE referrer.{quoted(column)} = {quoted(table, target)})"
        for child, column, target in rows
    ]


def _moment(found: Any) -> datetime | None:
    return found if isinstance(found, datetime) else None


def _one(query: str, parameters: Sequence[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(query, list(parameters))
        row = cursor.fetchone()
    return row[0] if row else None
