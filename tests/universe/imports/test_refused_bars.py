"""`import_bars`: what makes a file refused, and that a refused file leaves nothing behind."""

from __future__ import annotations

import datetime as dt
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.db import connection
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_site.market import calendar, clock
from universe import bars
from universe.imports import bar_import
from universe.imports.bad_rows import BadRow, ImportRefused
from universe.models import DataSource, Instrument

from .conftest import Running, Writing, everything, utc

HEADER = "symbol,date,open,high,low,close,volume,shares"
GOOD = "AAA,2024-05-13,10,11,9,10.5,1000,5000000"


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (",2024-05-14,10,11,9,10.5,1000,5", "symbol: is empty"),
        ("a b,2024-05-14,10,11,9,10.5,1000,5", 'symbol: "a b" is no symbol'),
        ("ABCDEFGHIJKLMNOPQ,2024-05-14,10,11,9,10.5,1000,5", 'symbol: "ABCDEFGHIJKLMNOPQ" is no symbol'),
        ("AAA,,10,11,9,10.5,1000,5", "date: is empty"),
        ("AAA,14.05.2024,10,11,9,10.5,1000,5", "date: 14.05.2024 is no date"),
        ("AAA,2024-05-14 10:00,10,11,9,10.5,1000,5", "date: 2024-05-14 10:00 is no date"),
        ("AAA,2024-05-12,10,11,9,10.5,1000,5", "date: 2024-05-12 is not a session"),  # a Sunday
        ("AAA,2024-07-04,10,11,9,10.5,1000,5", "date: 2024-07-04 is not a session"),
        ("AAA,1985-05-14,10,11,9,10.5,1000,5", "date: 1985-05-14 is not a session"),  # before the calendar
        ("AAA,2024-05-14,10,11,9,abc,1000,5", 'close: "abc" is no number'),
        ("AAA,2024-05-14,10,11,9,$10.5,1000,5", 'close: "$10.5" is no number'),
        ("AAA,2024-05-14,10,11,9,-10.5,1000,5", "close: -10.5 is negative"),
        ("AAA,2024-05-14,10,11,9,inf,1000,5", "close: inf is too large"),
        ("AAA,2024-05-14,-1,11,9,10.5,1000,5", "open: -1.0 is negative"),
        ("AAA,2024-05-14,10,11,9,10.5,-1,5", "volume: -1.0 is negative"),
        ("AAA,2024-05-14,10,11,9,10.5,many,5", 'volume: "many" is no number'),
        ("AAA,2024-05-14,10,11,9,10.5,1000,-5", "shares: -5.0 is negative"),
        ("AAA,2024-05-14,10,8,9,,1000,5", "high: 8.0 is below the low 9.0"),
        ("AAA,2024-05-14,10,11,9,12,1000,5", "close: 12.0 lies above the high 11.0"),
        ("AAA,2024-05-14,,,9,8,1000,5", "close: 8.0 lies below the low 9.0"),
        ("AAA,2024-05-14,12,11,9,10,1000,5", "open: 12.0 lies above the high 11.0"),
        ("AAA,2024-05-13,10,11,9,10.6,1000,5000000", "symbol: AAA differs from row 1 about the same thing"),
        ("AAA,2024-05-14,10,11,9", "line: Expected Number of Columns: 8 Found: 5"),
    ],
)
def test_one_bad_row_refuses_the_file(write: Writing, refused: Running, row: str, problem: str) -> None:
    path = write("a.csv", HEADER, GOOD, row, "BBB,2024-05-13,,,,1,,")
    message = refused("import_bars", path)
    assert message == f"a.csv: nothing was stored, 1 bad rows:\n  row 2 (line 3): {problem}"


@pytest.mark.django_db
def test_a_session_that_is_not_over_is_a_bad_row(write: Writing, refused: Running, run: Running) -> None:
    session = calendar.last_session(clock.wall() - dt.timedelta(days=5))
    path = write("a.csv", "symbol,date,close", f"AAA,{session.date},1")
    run("import_bars", path)
    tomorrow = calendar.next_session(clock.wall()).date
    path = write("b.csv", "symbol,date,close", f"AAA,{tomorrow},1")
    assert f"row 1 (line 2): date: {tomorrow} is not over yet" in refused("import_bars", path)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("column", "moment", "options", "problem"),
    [
        ("ts", "2024-05-13 09:30:00", [], "ts: 2024-05-13 09:30:00 is no moment with an offset (see --tz)"),
        ("ts", "half past nine", ["--tz", "UTC"], "ts: half past nine is no moment with an offset (see --tz)"),
        ("ts", "2024-05-12T13:30:00Z", [], "ts: 2024-05-12T13:30:00Z is not a session"),
        ("ts", "2024-05-13T13:35:00Z", [], "ts: 2024-05-13T13:35:00Z is not on a half-hour (see --aggregate)"),
        ("ts_et", "2024-05-11 09:30:00", [], "ts_et: 2024-05-11 09:30:00 is not a session"),
    ],
)
def test_bad_moments(
    write: Writing, refused: Running, *, column: str, moment: str, options: list[str], problem: str
) -> None:
    path = write("a.csv", f"symbol,{column},close", f"AAA,{moment},10")
    assert f"row 1 (line 2): {problem.replace('ts_et', 'ts')}" in refused("import_bars", path, *options)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("lines", "options", "words"),
    [
        ([""], [], "the first line must name the columns"),
        (["symbol,date,close"], [], "no row holds a price"),
        (["symbol,date", "A,2024-05-13"], [], "no column close; there are: symbol, date"),
        (["symbol,close", "A,1"], [], "one of the columns date, ts, ts_et must say when, not none"),
        (["symbol,date,ts,close", "A,1,1,1"], [], "one of the columns date, ts, ts_et"),
        (["symbol,date,Date,close", "A,1,1,1"], [], "two columns have the same name"),
        (["symbol,date,,close", "A,1,1,1"], [], "a column has no name"),
        (["symbol,date,close", "A,2024-05-13,0"], [], "no row holds a price"),
        (["symbol,date,close", "A,2024-05-13,1"], ["--interval", "30m"], "the column date holds 1d bars"),
        (["symbol,date,close", "A,2024-05-13,1"], ["--aggregate"], "only bars with a time of day"),
        (["symbol,ts,close", "A,2024-05-13,1"], ["--tz", "Mars/Olympus"], "'Mars/Olympus' is no time zone"),
        (["symbol,date,close", "A,2024-05-13,1"], ["--symbols", "B"], "no row holds a price"),
    ],
)
def test_files_that_cannot_be_what_they_should(
    write: Writing, refused: Running, lines: list[str], options: list[str], words: str
) -> None:
    assert words in refused("import_bars", write("a.csv", *lines), *options)


@pytest.mark.django_db
def test_files_that_cannot_be_read(write: Writing, refused: Running, tmp_path: Path) -> None:
    assert "there is no such file" in refused("import_bars", tmp_path / "none.csv")
    assert "only .parquet, .csv and .csv.gz" in refused("import_bars", write("a.xlsx", "x"))
    broken = tmp_path / "broken.parquet"
    broken.write_bytes(b"PAR1 and nothing more that would be one")
    assert "broken.parquet: cannot be read" in refused("import_bars", broken)
    cut = tmp_path / "cut.csv.gz"
    cut.write_bytes(write("whole.csv.gz", HEADER, *[GOOD] * 500).read_bytes()[:60])
    assert "cut.csv.gz: cannot be read" in refused("import_bars", cut)
    late = tmp_path / "late.csv"
    late.write_bytes(b"symbol,date,close\nAAA,2024-05-13,1\n\xff\xfeB,2024-05-13,1\n")
    assert "late.csv: " in refused("import_bars", late)


@pytest.mark.django_db
@pytest.mark.parametrize("options", [["--delay-s", "-1"], ["--symbols", ","], ["--start", "yesterday"]])
def test_options_that_make_no_sense(write: Writing, options: list[str]) -> None:
    with pytest.raises((CommandError, SystemExit)):
        call_command("import_bars", str(write("a.csv", HEADER, GOOD)), *options)


@pytest.mark.django_db
def test_the_first_fifty_bad_rows_are_listed(write: Writing, refused: Running) -> None:
    path = write("a.csv", HEADER, *[GOOD.replace("10.5", "x")] * 1234)
    lines = refused("import_bars", path).splitlines()
    assert lines[0] == "a.csv: nothing was stored, 1,234 bad rows:"
    assert lines[1].startswith("  row 1 (line 2): ")
    assert lines[50].startswith("  row 50 (line 51): ")
    assert lines[51:] == ["  and 1,184 more bad rows"]


@pytest.mark.django_db
def test_rows_of_parquet_have_numbers_and_no_lines(write_parquet: Writing, refused: Running) -> None:
    path = write_parquet(
        "a.parquet", "SELECT 'AAA' AS symbol, DATE '2024-05-06' + n::INT AS date, 1.0 AS close FROM range(6) t(n)"
    )
    assert refused("import_bars", path).splitlines()[1:] == ["  row 6: date: 2024-05-11 is not a session"]


@pytest.mark.django_db
def test_real_files_and_simulated_bars_do_not_meet(write: Writing, refused: Running) -> None:
    simulated = bars.get_source("polygon (simulated)", DataSource.Kind.SIMULATED)
    instrument = Instrument.objects.create(symbol="AAA", source=simulated, recorded_at=utc("2020-01-01"))
    bars.store_bars("30m", [instrument.pk], [0], {"close": [1.0]}, simulated, utc("1970-01-02"))
    message = refused("import_bars", write("a.csv", HEADER, GOOD))
    assert "this database holds simulated bars and 'file a.csv' brings real ones" in message
    message = refused("import_bars", write("b.csv", HEADER, GOOD), "--source", "polygon (simulated)")
    assert "is known as simulated vendor, not as import" in message


@pytest.mark.django_db
def test_a_failure_in_the_middle_stores_nothing(write: Writing, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write("a.csv", HEADER, GOOD, GOOD.replace("AAA", "BBB"))
    before = everything()

    def fail(*arguments: object) -> int:
        raise RuntimeError("the machine says no")

    monkeypatch.setattr(bar_import, "_store_shares", fail)
    with pytest.raises(RuntimeError):
        call_command("import_bars", str(path))
    assert everything() == before


BAD_CELLS = {
    "date": ["2024-05-12", "never", ""],
    "close": ["x", "-1", "1e99"],
    "volume": ["lots", "-5"],
    "symbol": ["", "no symbol"],
}


@pytest.mark.django_db
@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), size=st.integers(1, 40))
def test_wherever_the_bad_rows_stand_nothing_is_stored(write: Writing, data: st.DataObject, size: int) -> None:
    """Property: any set of bad rows at any places is reported by its numbers, and the tables stay as they were."""
    sessions = calendar.sessions_between(dt.date(2024, 1, 2), dt.date(2024, 5, 31))
    rows = [{"symbol": "AAA", "date": str(sessions[n].date), "close": "10", "volume": "5"} for n in range(size)]
    places = data.draw(st.sets(st.integers(0, size - 1), min_size=1))
    for place in places:
        field = data.draw(st.sampled_from(sorted(BAD_CELLS)))
        rows[place][field] = data.draw(st.sampled_from(BAD_CELLS[field]))
    path = write("a.csv", "symbol,date,close,volume", *(",".join(row.values()) for row in rows))
    before = everything()
    with pytest.raises(ImportRefused) as caught:
        bar_import.import_bar_file(path, "a file", bar_import.BarsOptions())
    assert {row.number - 1 for row in caught.value.bad_rows} == places
    assert caught.value.count == len(places)
    assert everything() == before


def test_a_bad_row_without_a_line_and_a_refusal_without_rows() -> None:
    assert str(BadRow(7, "close", "is negative")) == "row 7: close: is negative"
    assert str(ImportRefused("a.csv: cannot be read")) == "a.csv: cannot be read"


@pytest.mark.django_db(transaction=True)
def test_a_killed_import_leaves_nothing(write: Writing) -> None:
    """kill -9 while the bars are being stored: the transaction never existed."""
    sessions = calendar.sessions_between(dt.date(2022, 1, 3), dt.date(2024, 5, 31))[:500]
    symbols = ["".join((a, b, c)) for a in "ABC" for b in "ABCDEFGHIJ" for c in "ABCDEFGHIJ"]
    path = write(
        "big.csv", "symbol,date,close", *(f"{symbol},{session.date},10" for symbol in symbols for session in sessions)
    )
    name = connection.settings_dict["NAME"]
    url = os.environ["DATABASE_URL"].rsplit("/", 1)[0] + f"/{name}"
    # small chunks, so that there is time to die between two of them
    script = (
        "import django; django.setup()\n"
        "from universe.imports import bar_import; bar_import.CHUNK = 2000\n"
        "from django.core.management import call_command\n"
        f"call_command('import_bars', {str(path)!r})\n"
    )
    try:
        process = subprocess.Popen(
            [sys.executable, "-c", script],
            env={**os.environ, "DATABASE_URL": url},
            stdout=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        for line in process.stdout:
            if "bars stored" in line and not line.startswith(" 95"):
                break
        else:
            pytest.fail("the import ended before it could be killed")
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=10)
        deadline = time.monotonic() + 10
        while not_yet_rolled_back() and time.monotonic() < deadline:
            time.sleep(0.05)
        assert everything()[:2] == [0, 0]
        assert not Instrument.objects.exists()
        call_command("import_bars", str(path), "--symbols", "AAA")
        assert everything()[0] == 500
    finally:
        process.stdout.close() if process.stdout else None
        with connection.cursor() as cursor:
            cursor.execute("TRUNCATE bar_1d, bar_30m")


def not_yet_rolled_back() -> bool:
    """Whether another connection still holds the writers' lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND pid <> pg_backend_pid())")
        return bool(cursor.fetchone()[0])
