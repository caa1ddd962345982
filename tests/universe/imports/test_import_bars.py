"""`import_bars`: what becomes of good rows."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest
from django.db import connection

from universe import bars
from universe.imports import bar_import
from universe.models import DataSource, Instrument, Quarantine, ReferenceReading

from .conftest import Running, Writing, utc

pytestmark = pytest.mark.django_db

HEADER = "symbol,date,open,high,low,close,volume,shares"


def id_of(symbol: str) -> int:
    return Instrument.objects.get(symbol=symbol).pk


def closes(symbol: str, *dates: str) -> list[float | None]:
    panel = bars.load_daily([id_of(symbol)], [dt.date.fromisoformat(date) for date in dates], adjust=False)
    return [None if np.isnan(value) else round(float(value), 4) for value in panel.close[0]]


def test_daily_bars_of_a_csv_file(write: Writing, run: Running) -> None:
    path = write(
        "daily.csv",
        HEADER,
        "AAA,2024-05-13,10,11,9,10.5,1000,5000000",
        "AAA,2024-05-14,10.5,11.5,10,11,2000,5000000",
        "BBB,2024-05-13,,,,3.25,,",
    )
    out = run("import_bars", path, "--delay-s", "900", "--source", "my file")
    assert "daily.csv: 3 rows, 3 1d bars in " in out
    assert "bars: 3 new, 0 corrections, 0 unchanged" in out
    assert "instruments: 2 new; share counts: 1 new readings" in out
    assert "100 %" in out
    assert closes("AAA", "2024-05-13", "2024-05-14") == [10.5, 11.0]
    assert closes("BBB", "2024-05-13") == [3.25]
    source = DataSource.objects.get(name="my file")
    assert (source.kind, source.delay_s) == ("import", 900)
    with connection.cursor() as cursor:
        cursor.execute("SELECT DISTINCT recorded_at FROM bar_1d WHERE ts = '2024-05-13T00:00Z'")
        assert cursor.fetchall() == [(utc("2024-05-13T20:15"),)]


def test_half_days_close_early(write: Writing, run: Running) -> None:
    run("import_bars", write("a.csv", "symbol,date,close", "AAA,2024-07-03,1"))
    with connection.cursor() as cursor:
        cursor.execute("SELECT recorded_at FROM bar_1d")
        assert cursor.fetchall() == [(utc("2024-07-03T17:00"),)]


def test_a_new_instrument_is_known_from_its_first_bar(write: Writing, run: Running) -> None:
    run("import_bars", write("a.csv", "symbol,date,close", "AAA,2024-05-14,1"))
    made = Instrument.objects.get()
    assert (made.kind, made.role, made.listed_on, made.recorded_at) == ("CS", "stock", None, utc("2024-05-14T20:00"))
    run("import_bars", write("b.csv", "symbol,date,close", "AAA,2024-05-13,1"))
    assert Instrument.objects.get().recorded_at == utc("2024-05-13T20:00")


def test_benchmarks_and_funds_have_their_roles(write: Writing, run: Running) -> None:
    path = write("a.csv", "symbol,date,close", "IWM,2024-05-13,1", "XLE,2024-05-13,1", "SPY,2024-05-13,1")
    run("import_bars", path, "--kind", "ETF")
    roles = dict(Instrument.objects.values_list("symbol", "role"))
    assert roles == {"IWM": "benchmark", "XLE": "sector_etf", "SPY": "other"}
    assert set(Instrument.objects.values_list("kind", flat=True)) == {"ETF"}


def test_parquet_with_its_own_types(write_parquet: Writing, run: Running) -> None:
    path = write_parquet(
        "daily.parquet",
        "SELECT 'BRK/A' AS Symbol, DATE '2024-05-13' AS date, 600000.5::DOUBLE AS close, 12::BIGINT AS volume,"
        " 1437000.0::DOUBLE AS shares, 1.0 AS adj_close"
        " UNION ALL SELECT 'AAA', DATE '2024-05-13', 'NaN'::DOUBLE, 5, NULL, 1.0",
    )
    out = run("import_bars", path)
    assert "no bar: 1 rows without a price" in out
    assert "columns not used: adj_close" in out
    assert closes("BRK.A", "2024-05-13") == [600000.5]
    assert not Instrument.objects.filter(symbol="AAA").exists()


def test_gzipped_text_with_semicolons_blanks_and_a_mark(write: Writing, run: Running) -> None:
    path = write("a.csv.gz", "\ufeffSymbol; Date;Close", " AAA ; 2024-05-13 ; 1.5 ")
    run("import_bars", path)
    assert closes("AAA", "2024-05-13") == [1.5]


def test_spellings_of_a_class_share_are_one_instrument(write: Writing, run: Running) -> None:
    for name, symbol in (("a.csv", "BRK/B"), ("b.csv", "BRK-B"), ("c.csv", "BRK_B"), ("d.csv", "BRK.B")):
        run("import_bars", write(name, "symbol,date,close", f"{symbol},2024-05-13,400"))
    assert list(Instrument.objects.values_list("symbol", flat=True)) == ["BRK.B"]
    run("import_bars", write("e.csv", "symbol,date,close", "KIM^L,2024-05-13,20"))
    assert Instrument.objects.filter(symbol="KIMpL").exists()


def test_what_is_missing_is_left_out_and_counted(write: Writing, run: Running) -> None:
    path = write(
        "a.csv",
        HEADER,
        "AAA,2024-05-13,0,0,0,1.5,0,0",  # zeros of open, high, low and shares are missing, no volume is a volume
        "AAA,2024-05-14,,,,0,100,",  # no price
        "AAA,2024-05-15,,,,NaN,100,",
        "AAA,2024-05-16,,,,,100,",
        "AAA,2024-05-17,,,,1.6,100,",
        "AAA,2024-05-17,,,,1.60,100,",  # the same again
    )
    out = run("import_bars", path)
    assert "a.csv: 6 rows, 2 1d bars" in out
    assert "no bar: 3 rows without a price, 0 outside trading hours, 1 repeated" in out
    with connection.cursor() as cursor:
        cursor.execute("SELECT open, high, low, close, volume FROM bar_1d ORDER BY ts LIMIT 1")
        assert cursor.fetchall() == [(None, None, None, 1.5, 0.0)]
    assert not ReferenceReading.objects.exists()


def test_importing_again_changes_nothing(write: Writing, run: Running) -> None:
    path = write("a.csv", HEADER, "AAA,2024-05-13,,,,1.5,100,1000", "AAA,2024-05-14,,,,1.6,100,2000")
    run("import_bars", path)
    out = run("import_bars", path)
    assert "bars: 0 new, 0 corrections, 2 unchanged" in out
    assert "share counts: 0 new readings" in out
    assert ReferenceReading.objects.count() == 2


def test_a_differing_file_brings_corrections(write: Writing, run: Running) -> None:
    run("import_bars", write("a.csv", "symbol,date,close", "AAA,2024-05-13,1.5", "AAA,2024-05-14,1.6"))
    out = run("import_bars", write("b.csv", "symbol,date,close", "AAA,2024-05-13,1.55", "AAA,2024-05-14,1.6"))
    assert "bars: 0 new, 1 corrections, 1 unchanged" in out
    assert closes("AAA", "2024-05-13") == [1.55]
    then = bars.load_daily([id_of("AAA")], [dt.date(2024, 5, 13)], known_at=utc("2024-06-01T00:00"))
    assert then.close[0, 0] == pytest.approx(1.5)


def test_share_counts_are_readings_of_their_changes(write: Writing, run: Running) -> None:
    path = write(
        "a.csv",
        "symbol,date,close,shares",
        "AAA,2024-05-13,1,1000",
        "AAA,2024-05-14,1,1000",
        "AAA,2024-05-15,1,",
        "AAA,2024-05-16,1,1000.4",
        "AAA,2024-05-17,1,1200",
        "BBB,2024-05-13,1,7",
    )
    run("import_bars", path, "--delay-s", "60")
    rows = ReferenceReading.objects.order_by("instrument__symbol", "effective_on").values_list(
        "instrument__symbol", "effective_on", "shares_outstanding", "market_cap", "recorded_at"
    )
    assert list(rows) == [
        ("AAA", dt.date(2024, 5, 13), 1000, None, utc("2024-05-13T20:01")),
        ("AAA", dt.date(2024, 5, 17), 1200, None, utc("2024-05-17T20:01")),
        ("BBB", dt.date(2024, 5, 13), 7, None, utc("2024-05-13T20:01")),
    ]


def test_filters_of_symbols_and_dates(write: Writing, run: Running, tmp_path: object) -> None:
    lines = [f"{symbol},2024-05-{day},{day}" for symbol in ("AAA", "BRK/B", "CCC") for day in (13, 14, 15)]
    path = write("a.csv", "symbol,date,close", *lines, "ZZZ,never,nothing")
    listed = write("list.txt", "BRK.B", "AAA, DDD")
    out = run("import_bars", path, "--symbols", listed, "--start", "2024-05-14", "--end", "2024-05-14")
    assert "a.csv: 2 rows, 2 1d bars" in out
    assert sorted(Instrument.objects.values_list("symbol", flat=True)) == ["AAA", "BRK.B"]
    out = run("import_bars", path, "--without", "ZZZ,BRK.B")
    assert "bars: 5 new, 0 corrections, 1 unchanged" in out


def test_rows_beyond_the_dates_are_not_looked_at(write: Writing, run: Running) -> None:
    path = write("a.csv", "symbol,date,close", "AAA,2024-05-11,1", "AAA,2024-05-13,2")
    assert "a.csv: 1 rows" in run("import_bars", path, "--start", "2024-05-13")


def test_several_files_each_by_itself(write: Writing, run: Running, refused: Running) -> None:
    good = write("a.csv", "symbol,date,close", "AAA,2024-05-13,1")
    bad = write("b.csv", "symbol,date,close", "AAA,2024-05-14,x")
    run("import_bars", good, good)
    assert "b.csv: nothing was stored, 1 bad rows" in refused("import_bars", good, bad)


def test_chunks_never_cut_an_instrument(write: Writing, run: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bar_import, "CHUNK", 3)
    lines = [f"{symbol},2024-05-{day},{10 + day}" for symbol in "ABCD" for day in (13, 14)]
    out = run("import_bars", write("a.csv", "symbol,date,close", *lines))
    assert "bars: 8 new" in out
    assert out.count("of 8 bars stored") == 4
    assert closes("D", "2024-05-13", "2024-05-14") == [23.0, 24.0]


def test_unregistered_splits_are_quarantined_on_arrival(write: Writing, run: Running) -> None:
    path = write("a.csv", "symbol,date,close", "AAA,2024-05-13,10", "AAA,2024-05-14,1", "AAA,2024-05-15,1.1")
    assert "quarantined: 1 new doubts" in run("import_bars", path)
    assert Quarantine.objects.get().recorded_at == utc("2024-05-14T20:00")


# --- bars with a time of day


def test_half_hours_with_an_offset(write: Writing, run: Running) -> None:
    path = write(
        "a.csv",
        "symbol,ts,close,volume",
        "AAA,2024-05-13T09:30:00-04:00,10,100",
        "AAA,2024-05-13 14:00:00Z,11,200",
        "AAA,2024-05-13 23:30+00:00,12,300",
        "AAA,2024-05-14 00:00+00:00,13,300",  # 20:00 in New York: after hours are over
        "AAA,2024-05-14T03:30:00-04:00,14,300",
    )
    out = run("import_bars", path, "--delay-s", "900")
    assert "a.csv: 5 rows, 3 30m bars" in out
    assert "2 outside trading hours" in out
    with connection.cursor() as cursor:
        cursor.execute("SELECT ts, close, volume, recorded_at FROM bar_30m ORDER BY ts")
        assert cursor.fetchall() == [
            (utc("2024-05-13T13:30"), 10.0, 100.0, utc("2024-05-13T14:15")),
            (utc("2024-05-13T14:00"), 11.0, 200.0, utc("2024-05-13T14:45")),
            (utc("2024-05-13T23:30"), 12.0, 300.0, utc("2024-05-14T00:15")),
        ]


@pytest.mark.parametrize(("column", "options"), [("ts_et", []), ("ts", ["--tz", "America/New_York"])])
def test_moments_without_an_offset_need_a_zone(write: Writing, run: Running, column: str, options: list[str]) -> None:
    path = write("a.csv", f"symbol,{column},close", "AAA,2024-01-16 09:30:00,10", "AAA,2024-07-16 09:30,11")
    run("import_bars", path, *options)
    with connection.cursor() as cursor:
        cursor.execute("SELECT ts FROM bar_30m ORDER BY ts")
        assert cursor.fetchall() == [(utc("2024-01-16T14:30"),), (utc("2024-07-16T13:30"),)]


def test_finer_bars_become_half_hours(write: Writing, run: Running) -> None:
    path = write(
        "a.csv",
        "symbol,ts,open,high,low,close,vwap,volume,trades",
        "AAA,2024-05-13T13:45:00Z,11,15,10,12,12,300,3",
        "AAA,2024-05-13T13:30:00Z,10,12,9,11,10,100,1",
        "AAA,2024-05-13T13:59:00Z,12,13,11,12.5,,50,1",
        "AAA,2024-05-13T14:00:00Z,12.5,12.5,12.5,12.5,,,",
        "BBB,2024-05-13T13:31:00Z,1,1,1,1,1,10,1",
    )
    out = run("import_bars", path, "--aggregate")
    assert "a.csv: 5 rows, 3 30m bars" in out
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT i.symbol, b.ts, b.open, b.high, b.low, b.close, b.vwap, b.volume, b.trades, b.recorded_at"
            " FROM bar_30m b JOIN universe_instrument i ON i.id = b.instrument_id ORDER BY 1, 2"
        )
        rows = cursor.fetchall()
    assert rows[0] == (
        *("AAA", utc("2024-05-13T13:30"), 10.0, 15.0, 9.0, 12.5, 11.5, 450.0, 5),
        utc("2024-05-13T14:00"),
    )
    assert rows[1][5:9] == (12.5, None, None, None)
    assert rows[2][:2] == ("BBB", utc("2024-05-13T13:30"))


def test_typed_moments_of_parquet(write_parquet: Writing, run: Running) -> None:
    query = "SELECT 'AAA' AS symbol, {} AS {}, 5.0 AS close"
    run("import_bars", write_parquet("a.parquet", query.format("TIMESTAMPTZ '2024-05-13 13:30:00+00'", "ts")))
    run("import_bars", write_parquet("b.parquet", query.format("TIMESTAMP '2024-05-14 09:30:00'", "ts_et")))
    with connection.cursor() as cursor:
        cursor.execute("SELECT ts FROM bar_30m ORDER BY ts")
        assert cursor.fetchall() == [(utc("2024-05-13T13:30"),), (utc("2024-05-14T13:30"),)]


# --- which listing a symbol means


def test_a_reused_ticker_is_another_instrument(write: Writing, run: Running) -> None:
    source = bars.get_source("list", DataSource.Kind.IMPORT)

    def listing(since: str | None, until: str | None) -> int:
        row = Instrument(symbol="RE", source=source, recorded_at=utc("2000-01-01"), listed_on=since, delisted_on=until)
        row.save()
        return row.pk

    old, new = listing("2010-01-04", "2023-03-01"), listing("2024-05-15", None)
    path = write(
        "a.csv",
        "symbol,date,close",
        "RE,2023-02-28,1",  # the old one
        "RE,2023-03-03,2",  # two days after it ended: still the old one
        "RE,2023-09-01,3",  # between the two: nobody knows this company
        "RE,2023-09-05,4",
        "RE,2024-05-14,5",  # a day before the new one is listed
        "RE,2024-05-16,6",
    )
    assert "instruments: 1 new" in run("import_bars", path)
    between = Instrument.objects.exclude(pk__in=[old, new]).get()
    assert (between.listed_on, between.delisted_on) == (dt.date(2023, 9, 1), dt.date(2023, 9, 6))
    with connection.cursor() as cursor:
        cursor.execute("SELECT instrument_id, close FROM bar_1d ORDER BY ts")
        assert cursor.fetchall() == [
            (old, 1.0),
            (old, 2.0),
            (between.pk, 3.0),
            (between.pk, 4.0),
            (new, 5.0),
            (new, 6.0),
        ]
    assert "instruments: 0 new" in run("import_bars", path)


def test_bars_after_the_last_listing_open_a_new_one(write: Writing, run: Running) -> None:
    source = bars.get_source("list", DataSource.Kind.VENDOR)
    Instrument.objects.create(symbol="RE", source=source, recorded_at=utc("2020-01-01"), delisted_on="2023-03-01")
    run("import_bars", write("a.csv", "symbol,date,close", "RE,2024-05-14,5"))
    made = Instrument.objects.get(delisted_on__isnull=True)
    assert made.listed_on == dt.date(2024, 5, 14)
