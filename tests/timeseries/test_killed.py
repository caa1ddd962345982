"""kill -9 of a real process at every step of a pass, and at moments nobody chose: no row is lost, none is double."""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from sentiment_site.timeseries import archive
from sentiment_site.timeseries.archive import STEPS, Part, Series, Step, find_series
from sentiment_site.timeseries.models import ArchivedPart
from sentiment_site.timeseries.operation import CreateTimeSeries
from sentiment_site.timeseries.partitions import ensure_partitions

from .children import kill_myself, run_in_child

pytestmark = pytest.mark.django_db(transaction=True)

START = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)  # a Monday
CUT = START + dt.timedelta(days=14)
FILL = """
INSERT INTO {table} SELECT %s + n * interval '2 hours' + n * interval '1 microsecond', n %% 7,
    CASE WHEN n %% 3 = 0 THEN NULL ELSE n / 7.0 END, E'a "b",\\n' || n, jsonb_build_object('n', n),
    decode(md5(n::text), 'hex') FROM generate_series(0, 299) n
"""
COLUMNS = "ts timestamptz NOT NULL, thing_id bigint NOT NULL, move real, note text, facts jsonb, blob bytea"


@pytest.fixture(params=["plain", "partitioned"])
def series(request: pytest.FixtureRequest, tmp_path: Path, settings: Any) -> Iterator[Series]:
    """300 rows over 25 days, plain or with a partition a week; two whole weeks of them are old."""
    settings.ARCHIVE_DIR = str(tmp_path / "archive")
    with connection.cursor() as cursor:
        if request.param == "plain":
            cursor.execute(f"CREATE TABLE kept_rows ({COLUMNS}, PRIMARY KEY (thing_id, ts))")
        else:
            pairs = [(each.split()[0], each.split(None, 1)[1]) for each in COLUMNS.split(", ")]
            made = CreateTimeSeries("kept_rows", pairs, ["thing_id", "ts"], interval="week")
            for statement in made.statements(hypertable=False):
                cursor.execute(statement)
            ensure_partitions("kept_rows", START, CUT)
        cursor.execute(FILL.format(table="kept_rows"), [START])
    yield Series("kept_rows", "ts") if request.param == "plain" else find_series("kept_rows")
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE kept_rows")


def hash_of_rows() -> str:
    """Of everything in the table, whatever its order on the disk."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) || ' ' || md5(string_agg(r::text, '|' ORDER BY thing_id, ts)) FROM kept_rows r")
        return str(cursor.fetchone()[0])


def rows_everywhere() -> int:
    """In the table, and in files whose rows left it."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM kept_rows")
        here = int(cursor.fetchone()[0])
    return here + sum(ArchivedPart.objects.exclude(deleted_at=None).values_list("rows", flat=True))


def quiet(series: Series, **options: Any) -> list[ArchivedPart]:
    return archive.archive(series, CUT, report=lambda line: None, most=1_000, **options)


def die_at(series: Series, time: int, step: Step) -> int:
    """A pass in a child that dies when it reaches a step for the so-many-th time."""
    reached = 0

    def on_step(at: Step, part: Part) -> None:
        nonlocal reached
        reached += at == step
        if reached == time:
            kill_myself()

    return run_in_child(lambda: quiet(series, on_step=on_step))


def check_finish(series: Series, before: str) -> None:
    """The next pass does the rest, and everything comes back as it was; no half-made file is left."""
    assert rows_everywhere() == 300
    quiet(series)
    assert rows_everywhere() == 300 and hash_of_rows().startswith("132 ")
    assert not ArchivedPart.objects.filter(deleted_at=None).exists()
    files = {path.name for path in (archive.archive_dir() / "kept_rows").iterdir()} - {".lock"}
    assert files == {name.split("/")[1] for name in ArchivedPart.objects.values_list("file", flat=True)}
    for manifest in ArchivedPart.objects.all():
        archive.restore(manifest)
    assert hash_of_rows() == before


def start_again() -> None:
    """As before the first pass: everything is in the table, and nothing is known of an archive."""
    ArchivedPart.objects.all().delete()
    shutil.rmtree(archive.archive_dir())


def test_killed_at_every_step(series: Series) -> None:
    before = hash_of_rows()
    for step in STEPS:
        assert die_at(series, 2, step) == -9
        done = ArchivedPart.objects.exclude(deleted_at=None).count()
        assert (step, done) == (step, 2 if step == "done" else 1)
        check_finish(series, before)
        start_again()


@pytest.mark.parametrize("series", ["plain"], indirect=True)
def test_killed_again_and_again(series: Series) -> None:
    before = hash_of_rows()
    for step in STEPS[:-1]:
        assert (step, die_at(series, 1, step)) == (step, -9)
        assert rows_everywhere() == 300
    check_finish(series, before)


@pytest.mark.parametrize("series", ["partitioned"], indirect=True)
def test_killed_at_any_moment(series: Series) -> None:
    before = hash_of_rows()
    for kill_after_s in (0.03, 0.09, 0.15):
        assert run_in_child(lambda: quiet(series), kill_after_s=kill_after_s) in (0, -9)
        check_finish(series, before)
        start_again()


@pytest.mark.parametrize("series", ["plain"], indirect=True)
def test_killed_while_restoring(series: Series) -> None:
    before = hash_of_rows()
    manifest = quiet(series)[0]

    def restore() -> None:
        archive.clock.wall = kill_myself  # asked for when the rows are in, before the commit
        archive.restore(manifest)

    assert run_in_child(restore) == -9
    assert rows_everywhere() == 300
    for each in ArchivedPart.objects.all():
        archive.restore(each)
    assert hash_of_rows() == before
    assert not list((archive.archive_dir() / "kept_rows").glob("*.making"))
