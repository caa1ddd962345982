"""Rows that leave a table are in a file first, and come back from it as they were."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from sentiment_site.jobs.services import run_now
from sentiment_site.market import clock
from sentiment_site.timeseries import archive, parquet
from sentiment_site.timeseries.archive import ArchiveRefused, Series, find_series
from sentiment_site.timeseries.models import ArchivedPart
from sentiment_site.timeseries.operation import CreateTimeSeries
from sentiment_site.timeseries.partitions import ensure_partitions, list_partitions

pytestmark = pytest.mark.django_db(transaction=True)

COLUMNS = [
    ("ts", "timestamptz NOT NULL"),
    ("thing_id", "bigint NOT NULL"),
    ("price", "numeric(12,4)"),
    ("move", "real"),
    ("ratio", "double precision"),
    ("note", "text"),
    ("facts", "jsonb"),
    ("blob", "bytea"),
    ("flag", "boolean"),
]
NASTY = ["plain", "", None, "\\N", "NaN", "a,b", 'say "x"', "two\nlines", "é 漢 🚀", "\\x41", "NULL", "  "]
START = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)  # a Monday
CUT = START + dt.timedelta(days=21)


@pytest.fixture
def table(tmp_path: Path, settings: Any) -> Iterator[str]:
    """A time series of five weeks, one row an hour with every type and nasty text, the last week in DEFAULT."""
    settings.ARCHIVE_DIR = str(tmp_path / "archive")
    made = CreateTimeSeries("readings_kept", COLUMNS, ["thing_id", "ts"], interval="week")
    with connection.cursor() as cursor:
        for statement in made.statements(hypertable=False):
            cursor.execute(statement)
    ensure_partitions("readings_kept", START, START + dt.timedelta(days=27))
    store(START, 24 * 35)
    yield "readings_kept"
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE readings_kept")


def store(start: dt.datetime, hours: int, thing: int = 1) -> None:
    with connection.cursor() as cursor:
        for hour in range(hours):
            note = NASTY[hour % len(NASTY)]
            cursor.execute(
                "INSERT INTO readings_kept VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)",
                [
                    start + dt.timedelta(hours=hour, microseconds=hour),
                    thing,
                    f"{hour}.1234" if hour % 3 else None,
                    0.1 * hour if hour % 7 else float("nan"),
                    1 / (hour + 1) if hour % 5 else float("inf"),
                    note,
                    '{"a": [1, null, "x,y"]}' if hour % 2 else None,
                    bytes([0, 255, hour % 256]) if hour % 2 else b"",
                    None if hour % 4 == 0 else hour % 4 == 1,
                ],
            )


def content() -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute("SELECT r::text FROM readings_kept r ORDER BY thing_id, ts")
        return cursor.fetchall()


def test_what_is_archived_comes_back_as_it_was(table: str) -> None:
    before = content()
    lines: list[str] = []
    done = archive.archive(find_series(table), CUT, report=lines.append)
    assert [(part.part, part.rows) for part in done] == [
        (f"{table}_2026_w10", 168),
        (f"{table}_2026_w11", 168),
        (f"{table}_2026_w12", 168),
    ]
    assert len(content()) == len(before) - 3 * 168
    assert [partition.start for partition in list_partitions(table)] == [CUT]
    assert lines[0].startswith(f"archived {table}_2026_w10: 168 rows")
    for manifest in ArchivedPart.objects.all():
        assert archive.restore(manifest) == 168
    assert content() == before


def test_rows_in_the_default_partition_and_in_plain_tables_go_by_stretches(table: str) -> None:
    before = content()
    archive.archive(find_series(table), START + dt.timedelta(days=60), report=lambda line: None)
    assert content() == []
    assert ArchivedPart.objects.filter(part=f"{table}_default").values_list("rows", flat=True).get() == 168
    assert sum(ArchivedPart.objects.values_list("rows", flat=True)) == len(before)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE plain_kept (ts timestamptz PRIMARY KEY, n integer)")
        cursor.execute(
            "INSERT INTO plain_kept SELECT %s + n * interval '1 day', n FROM generate_series(0, 29) n", [START]
        )
    done = archive.archive(Series("plain_kept", "ts"), CUT, report=lambda line: None)
    assert [part.rows for part in done] == [7, 7, 7]
    assert archive.restore(done[0]) == 7
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM plain_kept")
        assert cursor.fetchone()[0] == 16
        cursor.execute("DROP TABLE plain_kept")


def test_a_dry_run_changes_nothing(table: str) -> None:
    before, lines = content(), []
    assert archive.archive(find_series(table), CUT, dry_run=True, report=lines.append) == []
    assert len(lines) == 3 and lines[0] == f"would archive {table}_2026_w10: 168 rows before 2026-03-09"
    assert content() == before and not ArchivedPart.objects.exists()


@pytest.mark.parametrize("step", ["write_rows", "digest", "read_rows"])
def test_interrupted_anywhere_nothing_is_lost_and_the_next_pass_finishes(
    table: str, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = content()

    def killed(*arguments: Any) -> Any:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(parquet, step, killed)
        archive.archive(find_series(table), CUT, report=lambda line: None)
    assert content() == before
    assert len(archive.archive(find_series(table), CUT, report=lambda line: None)) == 3
    for manifest in ArchivedPart.objects.exclude(deleted_at=None):
        archive.restore(manifest)
    assert content() == before


def test_a_row_that_arrives_between_writing_and_deleting_stops_the_deletion(
    table: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    digest, arrived = parquet.digest, []

    def late(path: Path) -> str:
        if not arrived:
            arrived.append(True)
            store(START + dt.timedelta(hours=1), 1, thing=2)
        return digest(path)

    monkeypatch.setattr(parquet, "digest", late)
    with pytest.raises(ArchiveRefused, match="1 rows differ from readings_kept_2026_w10; nothing was deleted"):
        archive.archive(find_series(table), CUT, report=lambda line: None)
    assert len(content()) == 24 * 35 + 1
    done = archive.archive(find_series(table), CUT, report=lambda line: None)
    assert [part.rows for part in done] == [169, 168, 168]


def test_a_changed_file_is_neither_deleted_by_nor_restored(table: str) -> None:
    done = archive.archive(find_series(table), CUT, report=lambda line: None)
    path = archive.archive_dir() / done[0].file
    path.write_bytes(path.read_bytes() + b"x")
    with pytest.raises(ArchiveRefused, match="was changed"):
        archive.restore(done[0])
    with pytest.raises(CommandError, match="was changed"):
        call_command("restore_archive", table)


def test_restored_rows_stay_for_a_while(table: str) -> None:
    archive.archive(find_series(table), CUT, report=lambda line: None)
    call_command("restore_archive", table, "--to", "2026-03-09T00:00Z")
    lines: list[str] = []
    assert archive.archive(find_series(table), CUT, report=lines.append) == []
    assert lines == [f"left alone: {table}_2026_w10 was restored less than 30 days ago"]
    later = clock.wall() + dt.timedelta(days=31)
    ArchivedPart.objects.exclude(restored_at=None).update(restored_at=later - dt.timedelta(days=62))
    assert [part.rows for part in archive.archive(find_series(table), CUT, report=lambda line: None)] == [168]


def test_restoring_what_is_there_is_refused_whole(table: str) -> None:
    done = archive.archive(find_series(table), CUT, report=lambda line: None)
    store(START, 1)
    with pytest.raises(CommandError, match="readings_kept refuses it: duplicate key"):
        call_command("restore_archive", table, "--to", "2026-03-09T00:00Z")
    done[0].refresh_from_db()
    assert done[0].restored_at is None
    with pytest.raises(CommandError, match="nothing of other is archived"):
        call_command("restore_archive", "other")


def test_only_time_series_are_found() -> None:
    assert find_series("sector_sentiment") == Series("sector_sentiment", "as_of", "week")
    with pytest.raises(ValueError, match="django_session is not a time series table"):
        find_series("django_session")


def test_the_daily_job_archives_old_weeks_and_says_so(tmp_path: Path, settings: Any) -> None:
    settings.ARCHIVE_DIR = str(tmp_path)
    skipped = run_now("sectors.retention", trigger="test")
    assert skipped.status == "skipped" and skipped.reason.startswith("nothing is older than")
