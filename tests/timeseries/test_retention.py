"""Parts, conditions and periods: what leaves, what stays, what is said about it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, transaction

from sentiment_site.timeseries import archive
from sentiment_site.timeseries.archive import ArchiveRefused, Series
from sentiment_site.timeseries.models import ArchivedPart
from sentiment_site.timeseries.selection import list_old_parts, measure_old
from sentiment_site.timeseries.shelf import own_folder

pytestmark = pytest.mark.django_db(transaction=True)

START = dt.datetime(2026, 3, 2, tzinfo=dt.UTC)
CUT = START + dt.timedelta(days=28)


@pytest.fixture
def notes(tmp_path: Path, settings: Any) -> Iterator[Series]:
    """28 notes, one a day, and a table of remarks that refers to two of them."""
    settings.ARCHIVE_DIR = str(tmp_path)
    with connection.cursor() as cursor:
        cursor.execute("CREATE TABLE notes (id bigint PRIMARY KEY, made_on date NOT NULL, kind text, words text)")
        cursor.execute("CREATE TABLE remarks (id bigint PRIMARY KEY, note_id bigint REFERENCES notes DEFERRABLE)")
        cursor.execute(
            "INSERT INTO notes SELECT n, %s::date + n, CASE WHEN n %% 2 = 0 THEN 'even' ELSE 'odd' END, 'words ' || n"
            " FROM generate_series(0, 27) n",
            [START],
        )
        cursor.execute("INSERT INTO remarks VALUES (1, 3), (2, 8)")
    yield Series("notes", "made_on")
    with connection.cursor() as cursor:
        cursor.execute("DROP TABLE remarks, notes")


def ask(query: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(query)
        return [row[0] if len(row) == 1 else row for row in cursor.fetchall()]


def run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)


def quiet(series: Series, **options: Any) -> list[ArchivedPart]:
    return archive.archive(series, CUT, report=lambda line: None, **options)


def test_a_row_that_another_refers_to_stays_until_that_one_is_gone(notes: Series) -> None:
    assert sum(part.rows for part in quiet(notes)) == 26
    assert ask("SELECT id FROM notes ORDER BY 1") == [3, 8]
    run("DELETE FROM remarks WHERE id = 1")
    assert [part.rows for part in quiet(notes)] == [1]
    assert ask("SELECT id FROM notes") == [8]


def test_a_condition_chooses_and_its_rows_come_back(notes: Series) -> None:
    before = ask("SELECT n::text FROM notes n ORDER BY id")
    chosen = Series("notes", "made_on", condition='"notes"."kind" = %s', parameters=("odd",))
    assert sum(part.rows for part in quiet(chosen)) == 13
    assert ask("SELECT count(*) FROM notes WHERE kind = 'odd'") == [1]
    call_command("restore_archive", "notes")
    assert ask("SELECT n::text FROM notes n ORDER BY id") == before


def test_a_stretch_of_many_rows_is_cut_and_rows_of_a_moment_stay_together(notes: Series) -> None:
    sizes = [part.rows for part in quiet(notes, most=3)]
    assert sum(sizes) == 26 and max(sizes) == 3
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO notes SELECT 100 + n, %s, 'same', '' FROM generate_series(0, 9) n", [START])
    parts = list_old_parts(notes, CUT, 3)
    assert (parts[0].start, parts[0].end) == (START, START + dt.timedelta(days=7))
    assert [part.rows for part in quiet(notes, most=3)] == [10]
    assert measure_old(notes, CUT, 100) == (0, START + dt.timedelta(days=3))


def test_words_leave_and_come_back_while_their_rows_stay(notes: Series) -> None:
    before = ask("SELECT n::text FROM notes n ORDER BY id")
    words = Series("notes", "made_on", condition='"notes"."kind" = %s', parameters=("even",), emptied=("words",))
    assert measure_old(words, CUT, 5) == (5, START)
    parts = quiet(words)
    assert [part.rows for part in parts] == [4, 3, 4, 3] and parts[0].emptied == ["words"]
    assert [name for name, _ in parts[0].columns] == ["id", "made_on", "words"]
    assert ask("SELECT count(*), count(*) FILTER (WHERE words = '') FROM notes") == [(28, 14)]
    assert quiet(words) == []
    assert [archive.restore(part) for part in parts] == [4, 3, 4, 3]
    assert ask("SELECT n::text FROM notes n ORDER BY id") == before


def test_words_do_not_overwrite_what_was_written_since(notes: Series) -> None:
    parts = quiet(Series("notes", "made_on", emptied=("words",)))
    run("UPDATE notes SET words = 'new' WHERE id = 2")
    with pytest.raises(ArchiveRefused, match="6 of 7 rows fit into notes"):
        archive.restore(parts[0])
    assert ask("SELECT words FROM notes WHERE id < 4 ORDER BY id") == ["", "", "new", ""]


def test_a_part_comes_back_once(notes: Series) -> None:
    part = quiet(notes)[0]
    call_command("restore_archive", str(part.pk))
    with pytest.raises(CommandError, match="it was put back before"):
        call_command("restore_archive", part.file)
    assert ask("SELECT count(*) FROM notes WHERE id < 7") == [7]
    with pytest.raises(CommandError, match="there is no manifest 999999"):
        call_command("restore_archive", "999999")
    with pytest.raises(CommandError, match="belong to a table"):
        call_command("restore_archive", str(part.pk), "--to", "2026-01-01")


def test_a_row_whose_parent_is_gone_is_refused_with_the_reason(notes: Series) -> None:
    run("INSERT INTO notes VALUES (50, '2026-03-02', 'parent', '')")
    run("ALTER TABLE notes ADD parent bigint REFERENCES notes DEFERRABLE INITIALLY DEFERRED")
    run("UPDATE notes SET parent = 50 WHERE id = 1")
    part = quiet(Series("notes", "made_on", condition='"notes"."id" = %s', parameters=(1,)))[0]
    run("DELETE FROM notes WHERE id = 50")
    with pytest.raises(ArchiveRefused, match=r"notes refuses it: .*notes_parent_fkey"):
        archive.restore(part)
    assert ask("SELECT count(*) FROM notes WHERE id = 1") == [0]


def test_a_table_that_changed_since_says_what_does_not_fit(notes: Series) -> None:
    part = quiet(notes)[0]
    run("ALTER TABLE notes DROP kind, ADD size integer NOT NULL DEFAULT 0")
    with pytest.raises(ArchiveRefused, match="notes no longer has kind"):
        archive.restore(part)
    run("ALTER TABLE notes ADD kind text, ALTER size DROP DEFAULT")
    with pytest.raises(ArchiveRefused, match='null value in column "size"'):
        archive.restore(part)
    run("ALTER TABLE notes ALTER size SET DEFAULT 1")
    assert archive.restore(part) == part.rows


def test_a_manifest_says_what_was_archived(notes: Series) -> None:
    part = quiet(notes)[0]
    assert part.columns == [("id", "bigint"), ("made_on", "date"), ("kind", "text"), ("words", "text")]
    assert part.verified_at == part.deleted_at and part.verified_at >= part.archived_at
    assert (part.start, part.end, part.rows) == (START, START + dt.timedelta(days=7), 6)
    assert len(part.sha256) == 64 and part.size == (archive.archive_dir() / part.file).stat().st_size


def test_a_longer_period_saves_what_a_killed_pass_had_begun(notes: Series) -> None:
    def stop(step: archive.Step, part: archive.Part) -> None:
        if step == "shelved":
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        quiet(notes, on_step=stop)
    assert ArchivedPart.objects.count() == 1
    assert archive.archive(notes, START, report=lambda line: None) == []
    assert not ArchivedPart.objects.exists() and ask("SELECT count(*) FROM notes") == [28]
    assert [path.name for path in (archive.archive_dir() / "notes").iterdir()] == [".lock"]


def test_two_passes_do_not_work_on_one_table(notes: Series) -> None:
    with own_folder("notes"), pytest.raises(ArchiveRefused, match="notes: another pass is at work on it"):
        quiet(notes)
    assert sum(part.rows for part in quiet(notes)) == 26


def test_a_row_that_changes_while_it_leaves_stays(notes: Series) -> None:
    def change(step: archive.Step, part: archive.Part) -> None:
        if step == "shelved":
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute("UPDATE notes SET words = 'changed' WHERE id = 1")

    with pytest.raises(ArchiveRefused, match="1 rows differ from notes; nothing was deleted"):
        quiet(notes, on_step=change)
    assert ask("SELECT count(*) FROM notes") == [28]
