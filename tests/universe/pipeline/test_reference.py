"""Reference data over real HTTP: what is listed, renamed, delisted; a row per change; faults that stop nothing else."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from sentiment_site.market import clock
from sentiment_site.providers.errors import AuthError, Upstream
from tests.universe.market import SESSION, add_stock, known_at, session
from tests.universe.vendor import BROKEN, FORBIDDEN, Vendor
from universe import bars
from universe.models import (
    DataSource,
    FloatReading,
    Instrument,
    Quarantine,
    ReferenceReading,
    ShortInterestReading,
    Split,
)
from universe.reference import ReferenceReport, refresh_reference
from universe.reference import details as details_module

pytestmark = pytest.mark.django_db
DAY = dt.timedelta(days=1)


@pytest.fixture
def vendor(httpserver: HTTPServer) -> Vendor:
    return Vendor(httpserver)


def refresh(vendor: Vendor, at: dt.datetime | None = None) -> ReferenceReport:
    with clock.frozen(at or known_at()):
        return refresh_reference(vendors=vendor.vendors)


def stocks() -> dict[str, dt.date | None]:
    rows = Instrument.objects.filter(role=Instrument.Role.STOCK)
    return dict(rows.values_list("symbol", "delisted_on"))


def test_a_first_refresh_lists_everything_and_the_yardsticks(vendor: Vendor) -> None:
    vendor.list_ticker("SOUN")
    vendor.list_ticker("KOSS", exchange="XNYS", name="Koss Corp")
    vendor.list_ticker("KIMpL", exchange="XNYS", kind="PFD")
    seen: list[tuple[float, str]] = []
    with clock.frozen(known_at()):
        report = refresh_reference(lambda percent, phase: seen.append((percent, phase)), vendor.vendors)
    assert report.errors == []
    assert report.lines[0] == "3 tickers: 3 new, 0 renamed, 0 delisted, 0 listed again, 0 changed; 16 ETFs new"
    assert stocks() == {"SOUN": None, "KOSS": None, "KIMpL": None}
    soun = Instrument.objects.get(symbol="SOUN")
    assert (soun.kind, soun.exchange, soun.composite_figi, soun.source.name) == (
        "CS",
        "XNAS",
        "BBG00000SOUN",
        "polygon",
    )
    assert (soun.recorded_at, soun.source.kind, soun.source.delay_s) == (known_at(), "vendor", 900)
    roles = dict(Instrument.objects.exclude(role="stock").values_list("symbol", "role"))
    assert roles["IWM"] == "benchmark"
    assert [roles[each] for each in ("XLK", "XLU")] == ["sector_etf", "sector_etf"]
    assert roles["MTUM"] == "other"
    assert [percent for percent, _ in seen] == sorted(percent for percent, _ in seen)
    assert seen[-1] == (100, "done")


def test_a_second_refresh_changes_nothing(vendor: Vendor) -> None:
    vendor.list_ticker("SOUN")
    vendor.company("SOUN")
    vendor.floats = [{"ticker": "SOUN", "free_float": 300, "free_float_percent": 80, "effective_date": "2026-08-01"}]
    vendor.short_interest = [
        {
            "ticker": "SOUN",
            "settlement_date": "2026-08-14",
            "short_interest": 30,
            "avg_daily_volume": 3,
            "days_to_cover": 10,
        }
    ]
    vendor.splits = [
        {
            "id": "1",
            "ticker": "SOUN",
            "execution_date": "2026-07-01",
            "split_from": 1,
            "split_to": 4,
            "adjustment_type": "forward_split",
        }
    ]
    vendor.details["SOUN"] = {
        "ticker": "SOUN",
        "name": "SOUN",
        "market_cap": 5e8,
        "weighted_shares_outstanding": 50_000_000,
    }
    refresh(vendor)
    models = (Instrument, ReferenceReading, FloatReading, ShortInterestReading, Split, DataSource)
    counts = [model.objects.count() for model in models]
    assert counts == [17, 2, 1, 1, 1, 2]
    report = refresh(vendor, known_at() + DAY)
    assert [model.objects.count() for model in models] == counts
    assert "1 tickers: 0 new, 0 renamed, 0 delisted, 0 listed again, 0 changed; 0 ETFs new" in report.lines
    assert vendor.asked.count("/v3/reference/tickers/SOUN") == 1


def test_a_renamed_company_keeps_its_row_and_a_reused_ticker_gets_a_new_one(vendor: Vendor) -> None:
    vendor.list_ticker("OLD", composite_figi="BBG000000001")
    vendor.list_ticker("SWAP", composite_figi="BBG000000002")
    vendor.list_ticker("GONE", composite_figi="BBG000000003")
    refresh(vendor)
    old, swap, gone = (Instrument.objects.get(symbol=symbol) for symbol in ("OLD", "SWAP", "GONE"))
    vendor.tickers.clear()
    vendor.list_ticker("SWAP", composite_figi="BBG000000001")
    vendor.list_ticker("OLD", composite_figi="BBG000000002")
    vendor.list_ticker("GONE", composite_figi="BBG000000009", name="Another company")
    report = refresh(vendor, known_at() + DAY)
    assert "1 new, 2 renamed, 1 delisted" in report.lines[0]
    assert Instrument.objects.get(pk=old.pk).symbol == "SWAP"
    assert Instrument.objects.get(pk=swap.pk).symbol == "OLD"
    assert Instrument.objects.get(pk=gone.pk).delisted_on == SESSION + DAY
    assert Instrument.objects.get(symbol="GONE", delisted_on=None).name == "Another company"


def test_delisting_and_return(vendor: Vendor) -> None:
    vendor.list_ticker("STAYS")
    vendor.list_ticker("LEAVES")
    refresh(vendor)
    kept = vendor.tickers.pop()
    assert "1 delisted" in refresh(vendor, known_at() + DAY).lines[0]
    assert stocks() == {"STAYS": None, "LEAVES": SESSION + DAY}
    vendor.tickers.append(kept | {"name": "Back again"})
    assert "1 listed again" in refresh(vendor, known_at() + 2 * DAY).lines[0]
    assert stocks() == {"STAYS": None, "LEAVES": None}
    assert Instrument.objects.filter(symbol="LEAVES").count() == 1


def test_names_without_a_figi_are_known_by_their_symbol(vendor: Vendor) -> None:
    vendor.list_ticker("PLAIN", composite_figi=None)
    refresh(vendor)
    vendor.tickers[0] |= {"composite_figi": "BBG000000007", "primary_exchange": "XNYS", "name": "New name"}
    report = refresh(vendor, known_at() + DAY)
    assert "0 new, 0 renamed, 0 delisted, 0 listed again, 1 changed" in report.lines[0]
    row = Instrument.objects.get(symbol="PLAIN")
    assert (row.composite_figi, row.exchange, row.name) == ("BBG000000007", "XNYS", "New name")


def test_an_answer_that_lacks_half_the_market_delists_nobody(vendor: Vendor) -> None:
    for number in range(50):
        vendor.list_ticker(f"S{number}")
    refresh(vendor)
    del vendor.tickers[10:]
    report = refresh(vendor, known_at() + DAY)
    assert "40 known tickers were missing, too many to be believed: none marked delisted" in report.lines
    assert set(stocks().values()) == {None}


def test_types_that_were_not_asked_for_are_not_delisted(vendor: Vendor) -> None:
    add_stock("OTC1", exchange="OTC", price=None)
    refresh(vendor)
    assert stocks()["OTC1"] is None


def test_simulated_and_real_are_never_mixed(httpserver: HTTPServer) -> None:
    add_stock("REAL")
    simulated = Vendor(httpserver, simulated=True)
    simulated.list_ticker("FAKE")
    with pytest.raises(bars.MixedSources, match="never mixed"):
        refresh(simulated)
    assert list(stocks()) == ["REAL"]


def test_simulated_answers_have_a_source_of_their_own(httpserver: HTTPServer) -> None:
    simulated = Vendor(httpserver, simulated=True)
    simulated.list_ticker("FAKE")
    simulated.company("FAKE")
    refresh(simulated)
    assert Instrument.objects.get(symbol="FAKE").source.name == "polygon (simulated)"
    assert ReferenceReading.objects.get().source.name == "fmp (simulated)"


def test_caps_and_sectors_are_a_row_per_change(vendor: Vendor) -> None:
    vendor.list_ticker("SOUN")
    vendor.company("SOUN")
    vendor.company("UNKNOWN")
    refresh(vendor)
    first = ReferenceReading.objects.get()
    assert (first.market_cap, first.vendor_sector, first.industry) == (
        Decimal("500000000.00"),
        "Technology",
        "Software",
    )
    assert (first.effective_on, first.recorded_at) == (SESSION, known_at())
    changes = [
        (1, {"marketCap": 509_000_000}, 1),
        (2, {"marketCap": 511_000_000}, 2),
        (3, {"marketCap": 511_000_000, "industry": "Software - Application"}, 3),
        (4, {"marketCap": None}, 3),
        (12, {"marketCap": 511_000_000}, 4),
    ]
    for days, values, rows in changes:
        vendor.companies[0] |= values
        refresh(vendor, known_at() + days * DAY)
        assert ReferenceReading.objects.count() == rows, (days, values)


def test_floats_fall_back_to_the_next_source_and_are_a_row_per_change(vendor: Vendor) -> None:
    vendor.list_ticker("SOUN")
    vendor.fmp_floats = [
        {
            "symbol": "SOUN",
            "date": "2026-08-20",
            "freeFloat": 80.0,
            "floatShares": 20_000_000,
            "outstandingShares": 25_000_000,
        },
        {"symbol": "NONE", "date": "2026-08-20", "freeFloat": 80.0, "floatShares": 5, "outstandingShares": 9},
    ]
    vendor.faults["/stocks/vX/float"] = FORBIDDEN
    report = refresh(vendor)
    assert report.errors == []
    assert any(line.startswith("float: polygon: 403 not in your plan") for line in report.lines)
    row = FloatReading.objects.get()
    assert (row.free_float, row.source.name, row.effective_on) == (20_000_000, "fmp", dt.date(2026, 8, 20))
    vendor.fmp_floats[0]["date"] = "2026-08-21"
    refresh(vendor, known_at() + DAY)
    assert FloatReading.objects.count() == 1
    vendor.fmp_floats[0]["floatShares"] = 21_000_000
    refresh(vendor, known_at() + 2 * DAY)
    assert list(FloatReading.objects.order_by("pk").values_list("free_float", flat=True)) == [20_000_000, 21_000_000]
    vendor.fmp_floats[0]["floatShares"] = 22_000_000  # another figure for the same day: the first stays
    refresh(vendor, known_at() + 3 * DAY)
    assert FloatReading.objects.count() == 2


def test_short_interest_is_kept_per_settlement(vendor: Vendor) -> None:
    vendor.list_ticker("SOUN")
    row = {
        "ticker": "SOUN",
        "settlement_date": "2026-07-31",
        "short_interest": 3_000_000,
        "avg_daily_volume": 1_500_000,
    }
    vendor.short_interest = [row | {"days_to_cover": 2.0}, row | {"ticker": "NONE", "days_to_cover": 2.0}]
    refresh(vendor)
    stored = ShortInterestReading.objects.get()
    assert (stored.short_interest, stored.average_daily_volume, stored.days_to_cover) == (
        3_000_000,
        1_500_000,
        Decimal("2.00"),
    )
    vendor.short_interest.append(row | {"settlement_date": "2026-08-14", "short_interest": 0, "days_to_cover": None})
    refresh(vendor, known_at() + DAY)
    assert ShortInterestReading.objects.count() == 2


def split(date: str, ratio: tuple[float, float] = (1, 4)) -> dict[str, Any]:
    return {
        "id": f"{date}{ratio}",
        "ticker": "SOUN",
        "execution_date": date,
        "split_from": ratio[0],
        "split_to": ratio[1],
        "adjustment_type": "forward_split",
    }


def test_splits_release_the_doubts_they_explain(vendor: Vendor) -> None:
    vendor.list_ticker("SOUN")
    refresh(vendor)
    Instrument.objects.filter(symbol="SOUN").delete()
    add_stock("SOUN", price=[40.0] * 50 + [10.0] * 10)
    assert Quarantine.objects.filter(released_at=None).count() == 1
    vendor.splits = [split(session(9).date.isoformat())]
    report = refresh(vendor, known_at() + DAY)
    assert "1 splits from polygon: 1 new" in report.lines
    assert not Quarantine.objects.filter(released_at=None).exists()


def test_an_announced_split_may_be_corrected_an_executed_one_not(vendor: Vendor) -> None:
    vendor.list_ticker("SOUN")
    vendor.splits = [split("2026-08-19"), split("2026-09-01")]
    refresh(vendor)
    vendor.splits = [split("2026-08-19", (1, 5)), split("2026-09-01", (1, 6))]
    refresh(vendor, known_at() + DAY)
    refresh(vendor, known_at() + 2 * DAY)
    rows = dict(Split.objects.values_list("execution_date", "split_to"))
    assert rows == {dt.date(2026, 8, 19): 4, dt.date(2026, 9, 1): 6}
    assert Split.objects.get(execution_date=dt.date(2026, 9, 1)).recorded_at == known_at() + DAY


def detail(symbol: str, **more: Any) -> dict[str, Any]:
    row = {
        "ticker": symbol,
        "name": symbol,
        "market_cap": 5e8,
        "share_class_shares_outstanding": 40_000_000,
        "weighted_shares_outstanding": 50_000_000,
        "sic_code": "7372",
        "list_date": "2022-04-28",
        "cik": "0001840856",
    }
    return row | more


def test_details_only_for_names_that_could_pass_and_not_again_for_30_days(vendor: Vendor) -> None:
    for symbol in ("GOOD", "THIN", "DEAR", "NOROW", "PREF"):
        vendor.list_ticker(symbol, kind="PFD" if symbol == "PREF" else "CS")
        vendor.details[symbol] = detail(symbol)
    vendor.company("GOOD")
    vendor.company("THIN", volume=99_999)
    vendor.company("DEAR", price=100.01)
    vendor.company("PREF")
    report = refresh(vendor)
    assert "details of 1 tickers: 1 stored, 0 unknown to the vendor, 0 left for the next run" in report.lines
    good = Instrument.objects.get(symbol="GOOD")
    assert (good.details_checked_at, good.listed_on, good.cik) == (known_at(), dt.date(2022, 4, 28), "0001840856")
    row = ReferenceReading.objects.get(source__name="polygon")
    assert (row.shares_outstanding, row.sic_code, row.market_cap) == (50_000_000, "7372", Decimal("500000000.00"))
    refresh(vendor, known_at() + 29 * DAY)
    assert vendor.asked.count("/v3/reference/tickers/GOOD") == 1
    refresh(vendor, known_at() + 31 * DAY)
    assert vendor.asked.count("/v3/reference/tickers/GOOD") == 2
    assert "/v3/reference/tickers/THIN" not in vendor.asked


def test_details_follow_the_stored_bars_where_there_are_any(vendor: Vendor) -> None:
    add_stock("LIVELY", volume=3e6)
    add_stock("LIVELIER", volume=4e6)
    add_stock("SLEEPY", volume=50e3)
    for symbol in ("LIVELY", "LIVELIER", "SLEEPY"):
        vendor.list_ticker(symbol)
        vendor.company(symbol)
        vendor.details[symbol] = detail(symbol, weighted_shares_outstanding=None)
    refresh(vendor)
    asked = [path.rsplit("/", 1)[1] for path in vendor.asked if path.startswith("/v3/reference/tickers/")]
    assert set(asked) == {"LIVELY", "LIVELIER"}
    assert ReferenceReading.objects.filter(source__name="polygon").first().shares_outstanding == 40_000_000


def test_a_ticker_the_vendor_does_not_know_is_not_asked_for_every_night(vendor: Vendor) -> None:
    vendor.list_ticker("GHOST")
    vendor.company("GHOST")
    report = refresh(vendor)
    assert "details of 1 tickers: 0 stored, 1 unknown to the vendor, 0 left for the next run" in report.lines
    assert Instrument.objects.get(symbol="GHOST").details_checked_at == known_at()


def test_an_interrupted_run_goes_on_where_it_stopped(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(details_module, "CHUNK", 2)
    monkeypatch.setattr(details_module, "MOST_FAILURES", 2)
    for number in range(6):
        vendor.list_ticker(f"S{number}")
        vendor.company(f"S{number}", volume=1e6 - number)
        vendor.details[f"S{number}"] = detail(f"S{number}")
    vendor.faults["/v3/reference/tickers/S[23]"] = BROKEN
    report = refresh(vendor)
    assert "details of 4 tickers: 2 stored, 0 unknown to the vendor, 4 left for the next run" in report.lines
    assert [type(error) for error in report.errors] == [Upstream]
    vendor.faults.clear()
    vendor.asked.clear()
    report = refresh(vendor, known_at() + DAY)
    assert report.errors == []
    asked = {path.rsplit("/", 1)[1] for path in vendor.asked if path.startswith("/v3/reference/tickers/")}
    assert asked == {"S2", "S3", "S4", "S5"}


def test_a_refused_key_ends_the_details_at_once(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(details_module, "CHUNK", 1)
    for number in range(3):
        vendor.list_ticker(f"S{number}")
        vendor.company(f"S{number}")
    vendor.faults["/v3/reference/tickers/S.*"] = (401, {"status": "ERROR", "error": "Unknown API Key"})
    report = refresh(vendor)
    assert [type(error) for error in report.errors] == [AuthError]
    assert sum(path.startswith("/v3/reference/tickers/") for path in vendor.asked) == 1


@pytest.mark.parametrize(
    ("path", "phase", "stored"),
    [
        ("/company-screener", "market caps and sectors", 3),
        ("/stocks/v1/short-interest", "short interest", 3),
        ("/stocks/v1/splits", "splits", 3),
    ],
)
def test_a_part_that_fails_stops_nothing_else(vendor: Vendor, path: str, phase: str, stored: int) -> None:
    vendor.list_ticker("SOUN")
    vendor.company("SOUN")
    vendor.floats = [{"ticker": "SOUN", "free_float": 300, "effective_date": "2026-08-01"}]
    vendor.short_interest = [{"ticker": "SOUN", "settlement_date": "2026-08-14", "short_interest": 30}]
    vendor.splits = [split("2026-08-19")]
    vendor.faults[path] = BROKEN
    report = refresh(vendor)
    assert [type(error) for error in report.errors] == [Upstream]
    assert any(line.startswith(f"{phase}: ") and "vendor failed" in line for line in report.lines)
    models = (ReferenceReading, FloatReading, ShortInterestReading, Split)
    assert sum(model.objects.count() for model in models) == stored


def test_a_part_outside_the_plan_is_a_line_and_no_error(vendor: Vendor) -> None:
    vendor.list_ticker("SOUN")
    vendor.faults |= {"/stocks/v1/short-interest": FORBIDDEN, "/company-screener": (402, "Restricted Endpoint")}
    report = refresh(vendor)
    assert report.errors == []
    assert any(line.startswith("short interest: polygon: 403 not in your plan") for line in report.lines)


def test_without_the_list_of_tickers_nothing_happens(vendor: Vendor) -> None:
    vendor.faults["/v3/reference/tickers"] = BROKEN
    with pytest.raises(Upstream):
        refresh(vendor)
    assert not Instrument.objects.exists()
