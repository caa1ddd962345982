"""The migration operation and the partitions behind large dated tables."""

from __future__ import annotations

import datetime as dt

import pytest
from django.db import connection
from django.db.migrations.state import ProjectState

from sentiment_site.jobs.services import run_now
from sentiment_site.market import clock
from sentiment_site.timeseries.operation import CreateTimeSeries, carries_hypertables, wants_hypertable
from sentiment_site.timeseries.partitions import (
    drop_partitions,
    ensure_partitions,
    list_partitions,
    list_time_series,
    make_coming_partitions,
    next_period,
)

COLUMNS = [("ts", "timestamptz NOT NULL"), ("thing_id", "integer NOT NULL"), ("value", "float8")]


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text).replace(tzinfo=dt.UTC)


def operation(interval: str = "month") -> CreateTimeSeries:
    return CreateTimeSeries(
        "reading_of_tests",
        COLUMNS,
        ["thing_id", "ts"],
        interval=interval,
        checks=[("reading_of_tests_value", "value >= 0")],
    )


@pytest.fixture
def table(db: None) -> str:
    with connection.schema_editor() as editor:
        operation().database_forwards("universe", editor, ProjectState(), ProjectState())
    return "reading_of_tests"


def insert(table: str, *rows: tuple[str, int, float]) -> None:
    with connection.cursor() as cursor:
        cursor.executemany(
            f"INSERT INTO {table} VALUES (%s, %s, %s)", [(at(ts), thing, value) for ts, thing, value in rows]
        )


def where_rows_lie(table: str) -> list[tuple[str, int]]:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT tableoid::regclass::text, count(*) FROM {table} GROUP BY 1 ORDER BY 1")
        return cursor.fetchall()


@pytest.mark.parametrize(
    ("preload", "available", "installed", "expected"),
    [
        ("timescaledb", True, False, True),
        ("pg_stat_statements, timescaledb", True, False, True),
        (' "timescaledb" ,auto_explain', True, False, True),
        ("$libdir/timescaledb", True, False, True),
        ("timescaledb", False, False, False),
        ("", True, False, False),
        (None, True, False, False),
        (None, True, True, True),
        ("timescaledb_toolkit", True, False, False),
        ("not_timescaledb", True, False, False),
    ],
)
def test_guard_decides_by_preload_and_availability(
    preload: str | None, available: bool, installed: bool, expected: bool
) -> None:
    assert wants_hypertable(preload, available=available, installed=installed) is expected


@pytest.mark.django_db
def test_guard_reads_the_server_without_touching_the_extension() -> None:
    # the embedded server carries no TimescaleDB; the question itself must not end the connection
    assert carries_hypertables(connection) is False
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        assert cursor.fetchone() == (1,)


@pytest.mark.django_db
def test_guard_answers_a_role_that_may_not_see_the_setting() -> None:
    with connection.cursor() as cursor:
        cursor.execute("CREATE ROLE nobody_special")
        cursor.execute("SET LOCAL ROLE nobody_special")
        assert carries_hypertables(connection) is False
        cursor.execute("RESET ROLE")


def test_hypertable_form_installs_the_extension_first_and_cuts_by_the_interval() -> None:
    statements = operation("week").statements(hypertable=True)
    assert statements[0] == "CREATE EXTENSION IF NOT EXISTS timescaledb"
    assert "PRIMARY KEY (thing_id, ts)" in statements[1]
    assert "PARTITION BY" not in statements[1]
    assert statements[2] == (
        "SELECT create_hypertable('reading_of_tests', by_range('ts', INTERVAL '1 week'),"
        " create_default_indexes => false)"
    )
    assert "USING brin (ts)" in statements[3]


@pytest.mark.django_db
def test_operation_writes_the_hypertable_form_where_the_server_carries_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sentiment_site.timeseries.operation.carries_hypertables", lambda database: True)
    editor = connection.schema_editor(collect_sql=True)
    with editor:
        operation().database_forwards("universe", editor, ProjectState(), ProjectState())
    assert editor.collected_sql[0] == "CREATE EXTENSION IF NOT EXISTS timescaledb;"
    assert not any("PARTITION" in statement for statement in editor.collected_sql)


def test_operation_makes_and_drops_the_table(table: str) -> None:
    layout = next(each for each in list_time_series() if each.table == table)
    assert (layout.time_column, layout.interval, layout.hypertable) == ("ts", "month", False)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT amname FROM pg_am a JOIN pg_class c ON c.relam = a.oid WHERE c.relname = %s", [f"{table}_ts_brin"]
        )
        assert cursor.fetchone() == ("brin",)
    with connection.schema_editor() as editor:
        operation().database_backwards("universe", editor, ProjectState(), ProjectState())
    assert table not in [layout.table for layout in list_time_series()]


def test_operation_describes_itself_and_leaves_the_state_alone() -> None:
    state = ProjectState()
    operation().state_forwards("universe", state)
    assert not state.models
    assert operation().describe() == "Create time series reading_of_tests, one part a month"
    assert operation().migration_name_fragment == "reading_of_tests"
    _, arguments, keywords = operation().deconstruct()
    assert arguments[0] == "reading_of_tests"
    assert keywords["interval"] == "month"


@pytest.mark.django_db
def test_operation_leaves_a_database_alone_that_the_router_excludes(settings: object) -> None:
    settings.DATABASE_ROUTERS = ["tests.universe.bars.routers.Nothing"]  # type: ignore[attr-defined]
    editor = connection.schema_editor(collect_sql=True)
    with editor:
        operation().database_forwards("universe", editor, ProjectState(), ProjectState())
        operation().database_backwards("universe", editor, ProjectState(), ProjectState())
    assert editor.collected_sql == []


@pytest.mark.parametrize(
    ("table", "columns", "key", "interval", "words"),
    [
        ("bad name", COLUMNS, ["ts"], "month", "plain SQL name"),
        ("fine", COLUMNS, ["ts"], "decade", "interval"),
        ("fine", COLUMNS, ["thing_id"], "month", "contain ts"),
        ("fine", COLUMNS, ["ts", "missing"], "month", "consist of columns"),
    ],
)
def test_operation_refuses_what_cannot_work(
    table: str, columns: list, key: list[str], interval: str, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        CreateTimeSeries(table, columns, key, interval=interval)


def test_partitions_cover_the_range_once(table: str) -> None:
    made = ensure_partitions(table, at("2024-11-15"), at("2025-01-01"))
    assert made == ["reading_of_tests_2024_11", "reading_of_tests_2024_12", "reading_of_tests_2025_01"]
    assert ensure_partitions(table, at("2024-11-30"), at("2025-01-31T23:59:59")) == []
    bounds = [(partition.start, partition.end) for partition in list_partitions(table)]
    assert bounds == [
        (at("2024-11-01"), at("2024-12-01")),
        (at("2024-12-01"), at("2025-01-01")),
        (at("2025-01-01"), at("2025-02-01")),
    ]


def test_partition_bounds_are_utc_whatever_the_session_zone(table: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL timezone = 'America/New_York'")
        ensure_partitions(table, at("2024-11-15"), at("2024-11-15"))
        assert list_partitions(table)[0].start == at("2024-11-01")


def test_rows_find_their_partition_and_strays_the_default(table: str) -> None:
    ensure_partitions(table, at("2024-01-01"), at("2024-01-31"))
    insert(table, ("2024-01-31T23:59:59", 1, 1.0), ("2024-02-01", 1, 2.0))
    assert where_rows_lie(table) == [("reading_of_tests_2024_01", 1), ("reading_of_tests_default", 1)]


def test_strays_move_into_the_partition_that_is_made_for_them(table: str) -> None:
    insert(table, ("2024-02-01", 1, 2.0), ("2024-03-01", 1, 3.0))
    ensure_partitions(table, at("2024-02-10"), at("2024-02-10"))
    assert where_rows_lie(table) == [("reading_of_tests_2024_02", 1), ("reading_of_tests_default", 1)]


def test_a_partition_has_the_key_the_index_and_the_check_of_its_table(table: str) -> None:
    ensure_partitions(table, at("2024-02-10"), at("2024-02-10"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_index i WHERE i.indrelid = 'reading_of_tests_2024_02'::regclass")
        assert cursor.fetchone() == (2,)
        cursor.execute(
            "SELECT conname FROM pg_constraint WHERE conrelid = 'reading_of_tests_2024_02'::regclass AND contype = 'c'"
        )
        assert cursor.fetchall() == [("reading_of_tests_value",)]


def test_old_partitions_are_dropped_whole(table: str) -> None:
    ensure_partitions(table, at("2024-01-01"), at("2024-03-31"))
    insert(table, ("2024-01-15", 1, 1.0), ("2024-02-15", 1, 2.0), ("2024-03-15", 1, 3.0))
    assert drop_partitions(table, at("2024-02-20")) == ["reading_of_tests_2024_01"]
    assert where_rows_lie(table) == [("reading_of_tests_2024_02", 1), ("reading_of_tests_2024_03", 1)]
    assert drop_partitions(table, at("2024-04-01")) == ["reading_of_tests_2024_02", "reading_of_tests_2024_03"]


def test_hypertables_make_their_chunks_themselves_and_drop_them_by_function(db: None) -> None:
    # a plain table with the comment of a time series is what a hypertable looks like from outside
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE hyper_of_tests (ts timestamptz)")
        cursor.execute("COMMENT ON TABLE hyper_of_tests IS 'time series by ts, one part a year'")
        cursor.execute(
            "CREATE FUNCTION drop_chunks(relation regclass, older_than timestamptz) RETURNS SETOF text"
            " LANGUAGE sql AS $$ SELECT relation::text || ' before ' || extract(year FROM older_than) $$"
        )
    assert ensure_partitions("hyper_of_tests", at("2024-01-01"), at("2025-01-01")) == []
    assert drop_partitions("hyper_of_tests", at("2025-01-01")) == ["hyper_of_tests before 2025"]


def test_unknown_tables_and_reversed_ranges_are_refused(table: str) -> None:
    with pytest.raises(ValueError, match="not a time series"):
        ensure_partitions("universe_instrument", at("2024-01-01"), at("2024-01-02"))
    with pytest.raises(ValueError, match="must not end"):
        ensure_partitions(table, at("2024-01-02"), at("2024-01-01"))


@pytest.mark.parametrize(
    ("interval", "moment", "expected"),
    [
        ("year", "2024-12-31T23:59:59", "2025-01-01"),
        ("month", "2024-01-31", "2024-02-01"),
        ("month", "2024-12-01", "2025-01-01"),
        ("week", "2024-12-31", "2025-01-06"),
        ("week", "2025-01-05T23:00:00", "2025-01-06"),
    ],
)
def test_next_period(interval: str, moment: str, expected: str) -> None:
    assert next_period(interval, at(moment)) == at(expected)


def test_weekly_partitions_carry_the_iso_week(db: None) -> None:
    weekly = CreateTimeSeries("weekly_of_tests", COLUMNS, ["thing_id", "ts"], interval="week")
    with connection.schema_editor() as editor:
        weekly.database_forwards("universe", editor, ProjectState(), ProjectState())
    assert ensure_partitions("weekly_of_tests", at("2024-12-30"), at("2025-01-06")) == [
        "weekly_of_tests_2025_w01",
        "weekly_of_tests_2025_w02",
    ]


@pytest.mark.django_db
def test_bar_tables_are_cut_by_year_and_by_month() -> None:
    layouts = {layout.table: layout.interval for layout in list_time_series()}
    assert layouts["bar_1d"] == "year"
    assert layouts["bar_30m"] == "month"


@pytest.mark.django_db
def test_the_coming_partitions_are_made_ahead_and_once() -> None:
    made = make_coming_partitions(at("2031-11-15"))
    assert made == [
        "bar_1d_2031",
        "bar_1d_2032",
        "bar_1d_2033",
        "bar_30m_2031_11",
        "bar_30m_2031_12",
        "bar_30m_2032_01",
        "manipulation_reading_2031_11",
        "manipulation_reading_2031_12",
        "manipulation_reading_2032_01",
        "sector_sentiment_2031_w46",
        "sector_sentiment_2031_w47",
        "sector_sentiment_2031_w48",
        "temperature_monitoring_2031_11",
        "temperature_monitoring_2031_12",
        "temperature_monitoring_2032_01",
    ]
    assert make_coming_partitions(at("2031-11-16")) == []


@pytest.mark.django_db
def test_the_daily_job_says_what_it_made() -> None:
    with clock.frozen(at("2031-11-15")):
        first = run_now("universe.partitions", trigger="test")
        assert (first.status, first.reason) == ("done", "15 partitions made")
        assert [line for line in map(str, first.lines) if "made bar_1d_2031" in line]
        again = run_now("universe.partitions", trigger="test")
        assert again.reason == "all partitions are there"
