"""A million rows to the archive and back, against COPY and DELETE alone; and killed at every step on the way."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from django.test.utils import setup_databases, teardown_databases
from pytest_django import DjangoDbBlocker

from sentiment_site.timeseries import archive
from sentiment_site.timeseries.archive import STEPS, Part, Series, Step
from sentiment_site.timeseries.models import ArchivedPart
from tests.timeseries.children import kill_myself, run_in_child

from .harness import in_turns, judge, time_ms

pytestmark = pytest.mark.timeout(900)  # a million rows are written again before every measurement
ROWS = 1_000_000
START = dt.datetime(2025, 1, 6, tzinfo=dt.UTC)  # a Monday
CUT = START + dt.timedelta(days=90)
SERIES = Series("bench_kept", "event_at", "month")
# As a table of sentiments: a key, a stock, a time, numbers, words and facts.
CREATE = """
CREATE TABLE bench_kept (id bigint PRIMARY KEY, instrument_id integer NOT NULL, event_at timestamptz NOT NULL,
    document_key varchar(130) NOT NULL, score double precision NOT NULL, label varchar(8) NOT NULL,
    facts jsonb NOT NULL, recorded_at timestamptz NOT NULL);
CREATE INDEX bench_kept_event ON bench_kept (event_at);
CREATE INDEX bench_kept_stock ON bench_kept (instrument_id, event_at DESC)
"""
FILL = f"""
CREATE UNLOGGED TABLE bench_source AS SELECT n AS id, n % 1500 AS instrument_id, moment AS event_at,
    'x:' || md5(n::text) AS document_key, sin(n) AS score, 'bullish' AS label,
    jsonb_build_object('likes', n % 900, 'weight', n % 7) AS facts, moment AS recorded_at
FROM (SELECT n, '{START.isoformat()}'::timestamptz + n * interval '5 seconds' AS moment
    FROM generate_series(0, {ROWS - 1}) n) made
"""
HASH = "SELECT count(*) || ' ' || sum(hashtextextended(r::text, 0)::numeric) FROM bench_kept r"


@pytest.fixture(scope="module", autouse=True)
def table(
    django_test_environment: None, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[None]:
    """A million rows over 58 days, in a database of their own."""
    before, settings.ARCHIVE_DIR = settings.ARCHIVE_DIR, tmp_path_factory.mktemp("archive")
    connection.settings_dict["TEST"]["NAME"] = "bench_retention"
    with django_db_blocker.unblock():
        connection.close_pool()
        databases = setup_databases(verbosity=0, interactive=False, aliases={"default"})
        run(CREATE)
        run(FILL)
        yield
        connection.close()
        connection.close_pool()
        teardown_databases(databases, verbosity=0)
        connection.settings_dict["TEST"]["NAME"] = None
    settings.ARCHIVE_DIR = before


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def fill() -> None:
    ArchivedPart.objects.all().delete()
    run("TRUNCATE bench_kept")
    run("INSERT INTO bench_kept TABLE bench_source")
    run("VACUUM ANALYZE bench_kept")


def hash_of_rows() -> str:
    with connection.cursor() as cursor:
        cursor.execute(HASH)
        return str(cursor.fetchone()[0])


def to_archive() -> None:
    done = archive.archive(SERIES, CUT, report=lambda line: None)
    assert sum(part.rows for part in done) == ROWS


def copy_out(path: Path) -> None:
    """The least that leaves a copy and an empty table: no manifest, no reading back."""
    with connection.cursor() as cursor, path.open("wb") as out:
        with cursor.copy("COPY bench_kept TO STDOUT (FORMAT csv)") as copy:
            for block in copy:
                out.write(block)
        cursor.execute("DELETE FROM bench_kept")


def copy_in(path: Path) -> None:
    with (
        connection.cursor() as cursor,
        path.open("rb") as source,
        cursor.copy("COPY bench_kept FROM STDIN (FORMAT csv)") as copy,
    ):
        while block := source.read(1 << 20):
            copy.write(block)


def test_a_million_rows_to_the_archive(tmp_path: Path) -> None:
    def bare() -> None:
        copy_out(tmp_path / "rows.csv")

    judge("K1", lambda: in_turns(lambda: time_ms(to_archive, fill), lambda: time_ms(bare, fill), rounds=3))


def test_a_million_rows_back(tmp_path: Path) -> None:
    fill()
    before = hash_of_rows()
    copy_out(tmp_path / "rows.csv")
    copy_in(tmp_path / "rows.csv")
    to_archive()

    def restore() -> None:
        for part in ArchivedPart.objects.exclude(deleted_at=None):
            archive.restore(part)

    def empty() -> None:
        ArchivedPart.objects.exclude(restored_at=None).update(restored_at=None, deleted_at=START + dt.timedelta(900))
        run("TRUNCATE bench_kept")

    def bare() -> None:
        copy_in(tmp_path / "rows.csv")

    judge("K2", lambda: in_turns(lambda: time_ms(restore, empty), lambda: time_ms(bare, empty), rounds=3))
    empty()
    restore()
    assert hash_of_rows() == before


def test_a_million_rows_killed_at_every_step() -> None:
    fill()
    before = hash_of_rows()
    began = time.perf_counter()
    for step in STEPS:
        reached = 0

        def on_step(at: Step, part: Part, step: Step = step) -> None:
            nonlocal reached
            reached += at == step
            if reached == 2:
                kill_myself()

        assert run_in_child(lambda: archive.archive(SERIES, CUT, report=str, on_step=on_step)) == -9
    for seconds in (0.3, 0.8, 1.3):
        assert run_in_child(lambda: archive.archive(SERIES, CUT, report=str), kill_after_s=seconds) == -9
    archive.archive(SERIES, CUT, report=lambda line: None)
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM bench_kept")
        assert cursor.fetchone()[0] == 0
    parts = list(ArchivedPart.objects.exclude(deleted_at=None))
    assert sum(part.rows for part in parts) == ROWS and ArchivedPart.objects.count() == len(parts)
    for part in parts:
        archive.restore(part)
    assert hash_of_rows() == before
    took = time.perf_counter() - began
    print(f"\n{ROWS:,} rows in {len(parts)} parts, killed {len(STEPS) + 3} times, none lost: {took:.0f} s", flush=True)
