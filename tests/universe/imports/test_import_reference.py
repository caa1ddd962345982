"""`import_reference`: symbols, splits and floats."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_site.market import clock
from universe import bars
from universe.imports.reference_import import terms_of
from universe.imports.security_types import type_of
from universe.models import (
    DataSource,
    FloatReading,
    Instrument,
    Quarantine,
    ReferenceReading,
    ShortInterestReading,
    Split,
)

from .conftest import Running, Writing, utc

SYMBOLS = "symbol,name,exchange,sector,industry,first_date,last_date"


# --- symbols


@pytest.mark.django_db
def test_symbols_describe_instruments_from_their_first_day(write: Writing, run: Running) -> None:
    path = write(
        "symbols.csv",
        SYMBOLS,
        "AAA,Alpha Inc. Common Stock,nasdaq,Technology,Software,2021-01-29,2026-08-21",
        "BRK/B,Berkshire,NYSE,,,2022-03-01,2024-05-14",
        "CCC,Gamma plc American Depositary Shares,XASE,Health Care,,2022-03-01,2026-08-21",
    )
    out = run("import_reference", path, "--kind", "symbols", "--source", "list")
    assert "symbols.csv: 3 rows, 0 repeated" in out
    assert "new: 3 instruments, 0 instruments described, 2 readings" in out
    alpha, berkshire, gamma = Instrument.objects.order_by("symbol")
    # the history begins on 2021-01-29 and ends on 2026-08-21: neither is a listing or delisting date
    assert (alpha.exchange, alpha.kind, alpha.listed_on, alpha.delisted_on) == ("XNAS", "CS", None, None)
    assert alpha.recorded_at == utc("2021-01-29T05:00")
    assert (berkshire.symbol, berkshire.listed_on, berkshire.delisted_on) == (
        *("BRK.B", dt.date(2022, 3, 1)),
        dt.date(2024, 5, 15),
    )
    assert (gamma.exchange, gamma.kind) == ("XASE", "ADRC")
    reading = ReferenceReading.objects.get(instrument=alpha)
    assert (reading.vendor_sector, reading.industry, reading.effective_on) == (
        *("Technology", "Software"),
        dt.date(2021, 1, 29),
    )
    assert reading.source.name == "list (reference)"
    assert "new: 0 instruments, 0 instruments described, 0 readings" in run(
        "import_reference", path, "--kind", "symbols", "--source", "list"
    )


@pytest.mark.django_db
def test_a_changed_sector_is_known_from_now_on(write: Writing, run: Running) -> None:
    header = "symbol,sector"
    with clock.frozen(utc("2024-05-13T12:00")) as now:
        run("import_reference", write("a.csv", header, "AAA,Energy"), "--kind", "symbols", "--source", "list")
        now.move_to(utc("2024-08-01T12:00"))
        run("import_reference", write("b.csv", header, "AAA,Utilities"), "--kind", "symbols", "--source", "list")
    rows = ReferenceReading.objects.order_by("recorded_at").values_list("vendor_sector", "effective_on", "recorded_at")
    assert list(rows) == [
        ("Energy", dt.date(2024, 5, 13), utc("2024-05-13T04:00")),
        ("Utilities", dt.date(2024, 8, 1), utc("2024-08-01T12:00")),
    ]


@pytest.mark.django_db
def test_symbols_complete_what_bars_brought(write: Writing, run: Running) -> None:
    run("import_bars", write("bars.csv", "symbol,date,close", "AAAW,2024-05-13,1"))
    path = write("symbols.csv", SYMBOLS + ",type,cik", "AAAW,Alpha Warrants,NYSE American,,,,,WARRANT,1234")
    assert "0 instruments, 1 instruments described" in run("import_reference", path, "--kind", "symbols")
    found = Instrument.objects.get()
    assert (found.name, found.kind, found.exchange, found.cik) == ("Alpha Warrants", "WARRANT", "XASE", "0000001234")


@pytest.mark.django_db
def test_a_vendors_instrument_keeps_its_dates(write: Writing, run: Running) -> None:
    vendor = bars.get_source("polygon", DataSource.Kind.VENDOR)
    for until in ("2019-01-02", None):
        Instrument.objects.create(
            symbol="AAA", source=vendor, recorded_at=utc("2024-05-13"), listed_on="2019-06-03", delisted_on=until
        )
    path = write("a.csv", SYMBOLS, "ZZZ,,,,,2021-01-29,2026-08-21", "AAA,Alpha,nyse,,,2022-01-03,2026-08-21")
    run("import_reference", path, "--kind", "symbols")
    living = Instrument.objects.get(symbol="AAA", delisted_on__isnull=True)
    assert (living.name, living.listed_on, living.recorded_at) == ("Alpha", dt.date(2019, 6, 3), utc("2024-05-13"))
    assert Instrument.objects.get(symbol="AAA", delisted_on__isnull=False).name == ""


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (",Alpha,nasdaq,,,,", "symbol: is empty"),
        ("a!,Alpha,nasdaq,,,,", 'symbol: "a!" is no symbol'),
        ("BBB,Alpha,Frankfurt,,,,", "exchange: Frankfurt is unknown"),
        ("BBB,Alpha,nasdaq,,,soon,", "first_date: soon is no date"),
        ("BBB,Alpha,nasdaq,,,2024-05-14,2024-05-13", "last_date: is before the first_date"),
        (f"BBB,{'x' * 256},nasdaq,,,,", "name: is longer than 255"),
        ("AAA,Another,nasdaq,,,,", "symbol: AAA differs from row 1 about the same thing"),
    ],
)
def test_bad_symbols(write: Writing, refused: Running, row: str, problem: str) -> None:
    path = write("a.csv", SYMBOLS, "AAA,Alpha,nasdaq,,,,", row)
    message = refused("import_reference", path, "--kind", "symbols")
    assert message == f"a.csv: nothing was stored, 1 bad rows:\n  row 2 (line 3): {problem}"


@pytest.mark.parametrize(
    ("symbol", "name", "code"),
    [
        ("AAA", "Alpha Inc. Common Stock", "CS"),
        ("AAA", "", "CS"),
        ("PFBC", "Preferred Bank Common Stock", "CS"),
        ("EPD", "Enterprise Products Partners L.P. Common Units", "CS"),
        ("AMX", "America Movil ADS (each representing the right to receive twenty Series B Shares)", "ADRC"),
        ("FRSX", "Foresight Autonomous Holdings Ltd. American Depositary Shares", "ADRC"),
        ("NMpG", "Navios", "PFD"),
        ("WRB.PRE", "W.R. Berkley Corporation", "PFD"),
        ("NM", "Navios Sponsored ADR Representing 1/100th Perpetual Preferred Series G", "PFD"),
        ("RILYZ", "BRC Group Holdings Inc. 5.25% Senior Notes due 2028", "BOND"),
        ("CCX.WS", "Churchill", "WARRANT"),
        ("PHUNW", "Phunware Inc. Warrants", "WARRANT"),
        ("AAC.U", "Ares", "UNIT"),
        ("ITAQU", "Industrial Tech Acquisitions II Inc. Unit", "UNIT"),
        ("EOSr", "Eos", "RIGHT"),
        ("OHACR", "Oceanhawk Acquisition Corp. Rights", "RIGHT"),
        ("IBIT", "iShares Bitcoin Trust ETF", "ETF"),
    ],
)
def test_types_by_symbol_and_name(symbol: str, name: str, code: str) -> None:
    assert type_of(symbol, name) == code


# --- splits


@pytest.mark.parametrize(
    ("ratio", "old", "new"),
    [(0.1, 1, 10), (25.0, 25, 1), (0.666667, 2, 3), (0.04, 1, 25), (0.001, 1, 1000), (1.5, 3, 2)],
)
def test_terms_of_whole_numbers(ratio: float, old: int, new: int) -> None:
    assert terms_of(ratio) == (Decimal(old), Decimal(new))


def test_terms_of_a_spin_off_are_its_ratio() -> None:
    assert terms_of(0.53782217) == (Decimal("0.53782217"), Decimal(1))


@given(st.floats(1e-5, 1e5))
def test_terms_give_their_ratio_back(ratio: float) -> None:
    old, new = terms_of(ratio)
    assert float(old / new) == pytest.approx(ratio, rel=2e-3 if ratio < 1e-3 else 1e-5)


@pytest.mark.django_db
def test_splits_are_known_before_their_day_and_explain_doubts(write: Writing, run: Running) -> None:
    lines = ["AAA,2024-06-07,1200", "AAA,2024-06-10,121", "AAA,2024-06-11,122"]
    run("import_bars", write("bars.csv", "symbol,date,close", *lines))
    assert Quarantine.objects.filter(released_at=None).count() == 1
    path = write("splits.csv", "symbol,date,ratio", "AAA,2024-06-10,0.1", "BBB,2024-06-10,2")
    out = run("import_reference", path, "--kind", "splits")
    assert "new: 2 splits, 1 instruments, 1 doubts explained" in out
    split = Split.objects.get(instrument__symbol="AAA")
    assert (split.split_from, split.split_to, split.recorded_at) == (1, 10, utc("2024-06-10T04:00"))
    panel = bars.load_daily([split.instrument_id], [dt.date(2024, 6, 7), dt.date(2024, 6, 10)])
    assert np.allclose(panel.close, [[120.0, 121.0]])
    assert "new: 0 splits, 0 instruments" in run("import_reference", path, "--kind", "splits")


@pytest.mark.django_db
def test_a_split_that_contradicts_a_registered_one_is_a_bad_row(write: Writing, run: Running, refused: Running) -> None:
    run("import_reference", write("a.csv", "symbol,date,ratio", "AAA,2024-06-10,0.1"), "--kind", "splits")
    path = write("b.csv", "symbol,date,ratio", "BBB,2024-06-10,5", "AAA,2024-06-10,0.2")
    message = refused("import_reference", path, "--kind", "splits")
    assert "row 2 (line 3): ratio: 0.2 of AAA on 2024-06-10, but 1 to 10 is registered" in message


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("row", "problem"),
    [
        ("BBB,,0.1", "date: is empty"),
        ("BBB,June,0.1", "date: June is no date"),
        ("BBB,2024-06-10,", "ratio: is empty"),
        ("BBB,2024-06-10,1:10", 'ratio: "1:10" is no number'),
        ("BBB,2024-06-10,-2", "ratio: -2.0 is no ratio"),
        ("BBB,2024-06-10,0", "ratio: 0.0 is no ratio"),
        ("BBB,2024-06-10,1", "ratio: 1 is no split"),
        ("AAA,2024-06-10,0.2", "symbol: AAA differs from row 1 about the same thing"),
    ],
)
def test_bad_splits(write: Writing, refused: Running, row: str, problem: str) -> None:
    path = write("a.csv", "symbol,date,ratio", "AAA,2024-06-10,0.1", row)
    assert f"row 2 (line 3): {problem}" in refused("import_reference", path, "--kind", "splits")


# --- floats


@pytest.fixture
def two_known(write: Writing, run: Running) -> None:
    run("import_reference", write("known.csv", "symbol", "AAA", "BRK.B"), "--kind", "symbols")


@pytest.mark.django_db
def test_floats_and_short_interest_of_known_symbols(two_known: None, write: Writing, run: Running) -> None:
    path = write(
        "float.csv",
        "ticker,shares_float,short_interest,avg_volume",
        "AAA,19850000,5640000,262120",
        "BRK-B,36439999.9999,0,",
        "ZZZ,5,5,5",
        "AAA,19850000,5640000,262120",
    )
    out = run("import_reference", path, "--kind", "float", "--effective-on", "2023-08-31")
    assert "float.csv: 4 rows, 1 repeated" in out
    assert "new: 2 floats, 2 short interests, 1 unknown symbols left out" in out
    found = FloatReading.objects.get(instrument__symbol="BRK.B")
    assert (found.free_float, found.effective_on, found.recorded_at) == (
        *(36440000, dt.date(2023, 8, 31)),
        utc("2023-09-01T04:00"),
    )
    short = ShortInterestReading.objects.get(instrument__symbol="AAA")
    assert (short.short_interest, short.average_daily_volume, short.days_to_cover) == (
        5640000,
        262120,
        Decimal("21.52"),
    )
    assert ShortInterestReading.objects.get(instrument__symbol="BRK.B").days_to_cover is None
    again = run("import_reference", path, "--kind", "float", "--effective-on", "2023-08-31")
    assert "new: 0 floats, 0 short interests" in again


@pytest.mark.django_db
def test_missing_figures_make_no_reading(two_known: None, write: Writing, run: Running) -> None:
    path = write("f.csv", "symbol,float,date,short_interest", "AAA,0,2023-08-31,", "BRK.B,NaN,2023-08-31,7")
    assert "new: 0 floats, 1 short interests" in run("import_reference", path, "--kind", "float")


@pytest.mark.django_db
def test_a_float_that_contradicts_the_stored_one(
    two_known: None, write: Writing, run: Running, refused: Running
) -> None:
    arguments = ("--kind", "float", "--effective-on", "2023-08-31", "--source", "list")
    run("import_reference", write("a.csv", "symbol,float", "AAA,5"), *arguments)
    message = refused("import_reference", write("b.csv", "symbol,float", "AAA,6"), *arguments)
    assert "row 1 (line 2): free_float: 6, but 5 is stored for 2023-08-31" in message


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("header", "row", "options", "words"),
    [
        ("symbol,float", "AAA,5", [], "--effective-on must say"),
        ("symbol,ticker,float", "AAA,AAA,5", [], "exactly one of the columns symbol, ticker"),
        ("symbol,shares", "AAA,5", [], "exactly one of the columns free_float, float, shares_float"),
        ("symbol,float,date", "AAA,x,2023-08-31", [], 'float: "x" is no number'),
        ("symbol,float,date", "AAA,-5,2023-08-31", [], "float: -5.0 is no count of shares"),
        ("symbol,float,date", "AAA,5,then", [], "date: then is no date"),
        ("symbol,float,date", "AAA,5,", [], "date: nothing is no date"),
        ("symbol,float", "", ["--effective-on", "2023-08-31"], "there is no row to import"),
    ],
)
def test_bad_floats(write: Writing, refused: Running, *, header: str, row: str, options: list[str], words: str) -> None:
    path = write("a.csv", header, *([row] if row else []))
    assert words in refused("import_reference", path, "--kind", "float", *options)


@pytest.mark.django_db
def test_a_simulated_source_takes_no_file(write: Writing, refused: Running) -> None:
    bars.get_source("list (reference)", DataSource.Kind.SIMULATED)
    path = write("a.csv", "symbol", "AAA")
    assert "is known as simulated vendor" in refused("import_reference", path, "--kind", "symbols", "--source", "list")
