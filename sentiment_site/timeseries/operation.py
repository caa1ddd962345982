"""The migration operation that makes a large dated table, and the guard in front of TimescaleDB.

`CreateTimeSeries` makes a TimescaleDB hypertable where the server can carry one, else a table with native RANGE
partitions by year, month or week, a DEFAULT partition that catches what has no partition yet, and a BRIN index on the
time column. Readers and writers use the same plain SQL on both. How a table is cut is written in its comment, so that
`timeseries.partitions` needs nothing but its name.

The guard asks for `shared_preload_libraries` first: CREATE EXTENSION timescaledb without the preload ends the
connection with a FATAL error that no savepoint survives.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from django.db import router
from django.db.migrations.operations import CreateModel
from django.db.migrations.operations.base import Operation

from sentiment_site.timeseries.partitions import INTERVALS, checked_name

if TYPE_CHECKING:
    from django.db.backends.base.schema import BaseDatabaseSchemaEditor
    from django.db.migrations.state import ProjectState

EXTENSION = "timescaledb"


class CreateTimeSeries(Operation):
    """Migration operation: create a large dated table; backwards it is dropped.

    table, columns ((name, SQL type with NOT NULL or DEFAULT), ...), primary_key (must contain the time column),
    interval ("year", "month", "week": the size of a partition or chunk), checks ((constraint name, expression), ...).
    The table is no Django model, so the state does not change. ValueError for a definition that cannot work.
    """

    reduces_to_sql = True
    reversible = True

    def __init__(
        self,
        table: str,
        columns: Sequence[tuple[str, str]],
        primary_key: Sequence[str],
        *,
        interval: str,
        time_column: str = "ts",
        checks: Sequence[tuple[str, str]] = (),
    ) -> None:
        for name in (table, time_column, *primary_key, *(name for name, _ in columns), *(name for name, _ in checks)):
            checked_name(name)
        if interval not in INTERVALS:
            raise ValueError(f"{table}: the interval must be one of {INTERVALS}, not {interval!r}")
        missing = {time_column, *primary_key} - {name for name, _ in columns}
        if missing or time_column not in primary_key:
            raise ValueError(f"{table}: the primary key must consist of columns and contain {time_column}")
        self.table, self.columns, self.primary_key = table, columns, primary_key
        self.interval, self.time_column, self.checks = interval, time_column, checks

    def state_forwards(self, app_label: str, state: ProjectState) -> None:
        """Nothing: the table is not a model."""

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Create the table in the form the server can carry."""
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            for statement in self.statements(hypertable=carries_hypertables(schema_editor.connection)):
                schema_editor.execute(statement)

    def database_backwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Drop the table with all its partitions or chunks."""
        if router.allow_migrate(schema_editor.connection.alias, app_label):
            schema_editor.execute(f"DROP TABLE {self.table} CASCADE")

    def describe(self) -> str:
        """One line for `migrate --plan`."""
        return f"Create time series {self.table}, one part a {self.interval}"

    @property
    def migration_name_fragment(self) -> str:
        """Part of a generated migration's name."""
        return self.table

    def statements(self, *, hypertable: bool) -> list[str]:
        """The SQL of one form or the other, in order."""
        lines = [f"{name} {sql_type}" for name, sql_type in self.columns]
        lines += [f"CONSTRAINT {name} CHECK ({expression})" for name, expression in self.checks]
        lines.append(f"CONSTRAINT {self.table}_pkey PRIMARY KEY ({', '.join(self.primary_key)})")
        create = f"CREATE TABLE {self.table} ({', '.join(lines)})"
        return series_statements(create, self.table, self.time_column, self.interval, hypertable=hypertable)


class CreateTimeSeriesModel(CreateModel):
    """Migration operation: as CreateModel, for a model whose table is a time series.

    The model's composite primary key must contain the time column. Its checks, indexes and foreign keys are made as
    for any model. time_column: a field of the model; interval: as for CreateTimeSeries.
    """

    def __init__(self, name: str, fields: Any, options: Any, *, time_column: str, interval: str) -> None:
        super().__init__(name, fields, options)
        if interval not in INTERVALS:
            raise ValueError(f"{name}: the interval must be one of {INTERVALS}, not {interval!r}")
        self.time_column, self.interval = checked_name(time_column), interval

    def database_forwards(
        self, app_label: str, schema_editor: BaseDatabaseSchemaEditor, from_state: Any, to_state: Any
    ) -> None:
        """Create the table in the form the server can carry, then what belongs to the model."""
        model = to_state.apps.get_model(app_label, self.name)
        if not self.allow_migrate_model(schema_editor.connection.alias, model):
            return
        table = checked_name(model._meta.db_table)
        create, parameters = schema_editor.table_sql(model)
        carried = carries_hypertables(schema_editor.connection)
        for statement in series_statements(create, table, self.time_column, self.interval, hypertable=carried):
            schema_editor.execute(statement, parameters if statement.startswith(create) else None)
        schema_editor.deferred_sql.extend(schema_editor._model_indexes_sql(model))  # type: ignore[attr-defined]

    def describe(self) -> str:
        """One line for `migrate --plan`."""
        return f"Create time series {self.name}, one part a {self.interval}"


def series_statements(create: str, table: str, time_column: str, interval: str, *, hypertable: bool) -> list[str]:
    """The SQL that makes a time series out of a CREATE TABLE statement, as a hypertable or with native partitions."""
    brin = f"CREATE INDEX {table}_{time_column}_brin ON {table} USING brin ({time_column}) WITH (autosummarize = on)"
    comment = f"COMMENT ON TABLE {table} IS 'time series by {time_column}, one part a {interval}'"
    if hypertable:
        return [
            f"CREATE EXTENSION IF NOT EXISTS {EXTENSION}",
            create,
            f"SELECT create_hypertable('{table}', by_range('{time_column}',"
            f" INTERVAL '1 {interval}'), create_default_indexes => false)",
            brin,
            comment,
        ]
    return [
        f"{create} PARTITION BY RANGE ({time_column})",
        f"CREATE TABLE {table}_default PARTITION OF {table} DEFAULT",
        brin,
        comment,
    ]


def carries_hypertables(database: Any) -> bool:
    """Whether the server preloads TimescaleDB and can install it.

    pg_settings and not SHOW: the setting is hidden from ordinary roles, for whom SHOW is an error and the view is
    empty. Such a role gets native partitions unless somebody has installed the extension already.
    """
    with database.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT setting FROM pg_settings WHERE name = 'shared_preload_libraries'),"
            " EXISTS (SELECT FROM pg_available_extensions WHERE name = %(extension)s),"
            " EXISTS (SELECT FROM pg_extension WHERE extname = %(extension)s)",
            {"extension": EXTENSION},
        )
        preload, available, installed = cursor.fetchone()
    return wants_hypertable(preload, available=available, installed=installed)


def wants_hypertable(preload: str | None, *, available: bool, installed: bool) -> bool:
    """The guard's decision: installed already (so it is preloaded), or preloaded and available.

    preload: the value of shared_preload_libraries, a comma list with blanks, quotes and paths ("$libdir/timescaledb").
    """
    names = [entry.strip().strip('"').strip() for entry in (preload or "").split(",")]
    return installed or (available and any(name.rpartition("/")[2] == EXTENSION for name in names))
