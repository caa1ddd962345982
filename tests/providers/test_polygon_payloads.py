"""Massive's answers in our own files -> records."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_site.providers import errors, polygon
from sentiment_site.providers.records import BarTable, DetailsRecord, PriceBasis, SnapshotRecord, TickerRecord

from .conftest import payload

PARSERS = [
    polygon.parse_tickers,
    polygon.parse_details,
    polygon.parse_grouped_daily,
    lambda body: polygon.parse_aggregates(body, "ALPH"),
    polygon.parse_snapshot,
    polygon.parse_splits,
    polygon.parse_short_interest,
    polygon.parse_floats,
    polygon.parse_market_status,
    polygon.parse_holidays,
]
NOON = datetime(2026, 11, 19, 15, 5, tzinfo=UTC)


def body(content: Any) -> bytes:
    return json.dumps(content).encode()


def snapshots(name: str) -> dict[str, SnapshotRecord]:
    return {record.symbol: record for record in polygon.parse_snapshot(payload(f"polygon/{name}.json")).records}


def test_tickers() -> None:
    page = polygon.parse_tickers(payload("polygon/tickers_page_1.json"))
    assert page.records[0] == TickerRecord(
        "ALPH", "Alpha Harbor Corp", "XNAS", "CS", True, "0001900001", "BBG00ALPH001", None
    )
    assert page.records[1].symbol == "BRK.B"
    assert page.next_url == "https://api.massive.com/v3/reference/tickers?cursor=cGFnZT0y"
    assert (page.delayed, page.skipped) == (False, 0)


def test_lower_case_preferred_missing_fields_and_unusable_rows() -> None:
    page = polygon.parse_tickers(payload("polygon/tickers_page_2.json"))
    assert [record.symbol for record in page.records] == ["KIMpL", "XYZ.WS"]
    assert page.records[0].cik is None
    assert page.skipped == 1


def test_delisted_ticker() -> None:
    (record,) = polygon.parse_tickers(payload("polygon/tickers_page_3.json")).records
    assert (record.active, record.delisted_on, record.cik) == (False, date(2025, 11, 14), "0001900009")


def test_details() -> None:
    assert polygon.parse_details(payload("polygon/details.json")).records == DetailsRecord(
        symbol="ALPH",
        name="Alpha Harbor Corp",
        exchange="XNAS",
        type="CS",
        cik="0001900001",
        composite_figi="BBG00ALPH001",
        market_cap=412500000.55,
        share_class_shares=33_000_000,
        weighted_shares=33_120_450,
        sic_code="3674",
        sic_description="SEMICONDUCTORS & RELATED DEVICES",
        list_date=date(2019, 6, 11),
    )


def test_details_without_a_market_cap() -> None:
    record = polygon.parse_details(payload("polygon/details_no_market_cap.json")).records
    assert (record.market_cap, record.weighted_shares, record.sic_code, record.list_date) == (None, None, None, None)


def test_grouped_daily() -> None:
    page = polygon.parse_grouped_daily(payload("polygon/grouped.json"))
    table = page.records
    assert table.symbol == ["ALPH", "KIMpL", "ZERO"]
    assert len(table) == 3
    # 16:00 in New York on the 19th becomes that day's midnight there, 05:00 UTC in winter.
    midnight = int(datetime(2026, 11, 19, 5, tzinfo=UTC).timestamp() * 1000)
    assert table.start.tolist() == [midnight] * 3
    assert table.start.dtype == np.int64
    np.testing.assert_array_equal(table.open, [12.1, 24.5, np.nan])
    np.testing.assert_array_equal(table.high, [12.9, 24.6, np.nan])
    np.testing.assert_array_equal(table.low, [12.05, 24.5, np.nan])
    np.testing.assert_array_equal(table.close, [12.6, 24.55, 3.5])
    np.testing.assert_array_equal(table.vwap, [12.5, np.nan, np.nan])
    np.testing.assert_array_equal(table.volume, [184000.5, 700, 0])
    np.testing.assert_array_equal(table.trades, [2100, np.nan, 0])
    assert page.skipped == 1


def test_grouped_daily_of_summer_and_of_a_holiday() -> None:
    four = int(datetime(2026, 7, 1, 20, tzinfo=UTC).timestamp() * 1000)
    table = polygon.parse_grouped_daily(body({"status": "OK", "results": [{"T": "A", "c": 1, "t": four}]})).records
    assert table.start.tolist() == [int(datetime(2026, 7, 1, 4, tzinfo=UTC).timestamp() * 1000)]
    empty = polygon.parse_grouped_daily(payload("polygon/grouped_holiday.json"))
    assert (len(empty.records), empty.records.symbol, empty.records.close.shape) == (0, [], (0,))


def test_aggregates() -> None:
    page = polygon.parse_aggregates(payload("polygon/aggregates_page_1.json"), "ALPH")
    assert page.delayed is True
    assert page.records.symbol == ["ALPH", "ALPH"]
    first = int(datetime(2026, 11, 19, 14, 30, tzinfo=UTC).timestamp() * 1000)
    assert page.records.start.tolist() == [first, first + 1_800_000]
    assert page.records.close.tolist() == [12.2, 12.21]
    assert len(polygon.parse_aggregates(payload("polygon/aggregates_empty.json"), "ALPH").records) == 0


def test_bars_of_another_symbol_are_refused() -> None:
    with pytest.raises(errors.BadPayload, match="asked for the bars of BETA, answered those of ALPH"):
        polygon.parse_aggregates(payload("polygon/aggregates_page_1.json"), "BETA")


def test_one_strange_value_does_not_cost_the_page() -> None:
    rows = [
        {"t": 1763562600000, "c": 2.0, "o": {"x": 1}, "v": -5},
        {"t": 1763564400000, "c": 3.0, "o": "2.5", "v": 7},
        {"t": "1763564400000", "c": 3.0},
        {"t": True, "c": 3.0},
        {"t": 1763566200000 * 10**6, "c": 3.0},
        {"t": 1763566200000, "c": 3.0, "error": "NOT_ENTITLED"},
        {"t": 1763566200000, "c": None},
        "row",
    ]
    page = polygon.parse_aggregates(body({"results": rows}), "A")
    np.testing.assert_array_equal(page.records.open, [np.nan, 2.5])
    np.testing.assert_array_equal(page.records.volume, [np.nan, 7])
    assert page.skipped == 6


def test_snapshot_of_the_regular_session() -> None:
    found = snapshots("snapshot_regular")
    assert found["ALPH"] == SnapshotRecord(
        symbol="ALPH",
        price=12.605,
        price_basis=PriceBasis.LAST_TRADE,
        previous_close=12.0,
        day_close=12.6,
        day_volume=184000.25,
        minute_close=12.6,
        minute_volume_total=184000.25,
        event_time=NOON + timedelta(seconds=30, microseconds=123456),
    )
    assert found["BRK.B"].price_basis is PriceBasis.MINUTE
    assert found["BRK.B"].event_time == NOON - timedelta(minutes=1)
    assert (found["KIMpL"].price, found["KIMpL"].price_basis) == (24.55, PriceBasis.DAY)
    assert found["KIMpL"].event_time == NOON - timedelta(minutes=4)


def test_rows_with_an_error_of_their_own_are_skipped() -> None:
    page = polygon.parse_snapshot(payload("polygon/snapshot_regular.json"))
    assert "DENY" not in {record.symbol for record in page.records}
    assert page.skipped == 1


def test_snapshot_after_the_reset() -> None:
    record = snapshots("snapshot_reset")["ALPH"]
    assert (record.price, record.price_basis, record.event_time) == (12.0, PriceBasis.PREVIOUS_CLOSE, None)
    assert (record.day_close, record.minute_close) == (None, None)
    assert (record.day_volume, record.minute_volume_total) == (0, 0)


def test_snapshot_before_the_open() -> None:
    page = polygon.parse_snapshot(payload("polygon/snapshot_premarket.json"))
    record = page.records[0]
    assert page.delayed is True
    assert (record.price, record.price_basis) == (12.35, PriceBasis.MINUTE)
    assert record.event_time == datetime(2026, 11, 19, 13, 10, tzinfo=UTC)
    assert record.day_close is None
    assert record.minute_volume_total == 5200


def test_snapshot_of_a_first_day() -> None:
    record = snapshots("snapshot_ipo")["NEWW"]
    assert record.previous_close is None
    assert record.price == 22.5


def test_snapshot_of_one_symbol_with_an_empty_trade() -> None:
    record = snapshots("snapshot_single")["ALPH"]
    assert (record.price, record.price_basis, record.event_time) == (12.6, PriceBasis.DAY, NOON)


def test_snapshot_of_nothing_at_all() -> None:
    (record,) = polygon.parse_snapshot(body({"tickers": [{"ticker": "A"}, {"x": 1}]})).records
    assert record == SnapshotRecord("A", None, None, None, None, None, None, None, None)
    assert polygon.parse_snapshot(body({"status": "OK", "tickers": []})).records == ()


def test_the_time_of_a_price_without_its_own_is_the_rows() -> None:
    row = {"ticker": "A", "updated": 1763562600000000000, "min": {"c": 2.0}}
    (record,) = polygon.parse_snapshot(body({"tickers": [row]})).records
    assert record.event_time == datetime(2025, 11, 19, 14, 30, tzinfo=UTC)


def test_splits() -> None:
    page = polygon.parse_splits(payload("polygon/splits.json"))
    reverse, dividend, old = page.records
    assert (reverse.vendor_id, reverse.split_from, reverse.split_to, reverse.kind) == ("E1", 10, 1, "reverse_split")
    assert (dividend.split_to, dividend.kind) == (1.05, "stock_dividend")
    assert (old.vendor_id, old.kind, old.execution_date) == ("OLDE:2026-11-18:1:4", "forward_split", date(2026, 11, 18))
    assert page.skipped == 1
    (reverse,) = polygon.parse_splits(
        body({"results": [{"ticker": "R", "execution_date": "2026-11-18", "split_from": 20, "split_to": 1}]})
    ).records
    assert reverse.kind == "reverse_split"


def test_short_interest_and_float() -> None:
    first, none = polygon.parse_short_interest(payload("polygon/short_interest.json")).records
    assert (first.symbol, first.settlement_date) == ("ALPH", date(2026, 10, 30))
    assert (first.short_interest, first.avg_daily_volume, first.days_to_cover) == (1200345, 400115, 3.0)
    assert (none.short_interest, none.avg_daily_volume) == (0, 0)
    assert polygon.parse_short_interest(body({"results": [{"ticker": "A"}]})).skipped == 1
    page = polygon.parse_floats(payload("polygon/floats.json"))
    (record,) = page.records
    assert (record.free_float, record.free_float_percent, record.effective_date) == (28050000, 85.0, date(2026, 11, 1))
    assert page.skipped == 1


def test_market_status_and_holidays() -> None:
    status = polygon.parse_market_status(payload("polygon/market_status.json")).records
    assert (status.market, status.after_hours, status.early_hours) == ("extended-hours", True, False)
    assert status.exchanges == {"nasdaq": "extended-hours", "nyse": "extended-hours", "otc": "closed"}
    assert status.server_time == datetime(2026, 11, 19, 22, 2, 11, tzinfo=UTC)
    assert polygon.parse_market_status(body({"market": "open"})).records.exchanges == {}
    page = polygon.parse_holidays(payload("polygon/holidays.json"))
    closed, early = page.records
    assert (closed.day, closed.exchange, closed.status, closed.open) == (date(2026, 11, 26), "NYSE", "closed", None)
    assert early.status == "early-close"
    assert early.close == datetime(2026, 11, 27, 18, tzinfo=UTC)
    assert page.skipped == 1


WRONG = [
    (polygon.parse_tickers, [1], "answer is list, not an object"),
    (polygon.parse_tickers, {"results": {}}, "results is dict, not a list"),
    (polygon.parse_tickers, {"status": "ERROR", "error": "boom"}, "status ERROR: boom"),
    (polygon.parse_details, {"results": []}, "details without a ticker"),
    (polygon.parse_details, {"results": {"name": "x"}}, "details without a ticker"),
    (polygon.parse_snapshot, {"tickers": "x"}, "tickers is str, not a list"),
    (polygon.parse_market_status, {"afterHours": True}, "market status without a market"),
    (polygon.parse_holidays, {"status": "OK"}, "the list of holidays is dict, not a list"),
]


@pytest.mark.parametrize(("parser", "content", "words"), WRONG)
def test_answers_of_another_shape(parser: Any, content: Any, words: str) -> None:
    with pytest.raises(errors.BadPayload, match=words):
        parser(body(content))


ROW = st.dictionaries(
    st.sampled_from(["ticker", "T", "t", "c", "o", "v", "day", "min", "lastTrade", "updated", "results", "error"]),
    st.none() | st.booleans() | st.integers(-(10**20), 10**20) | st.floats() | st.text(max_size=4) | st.just({"c": 1}),
)
CONTENT = st.one_of(
    st.lists(ROW),
    st.fixed_dictionaries({}, optional={"results": st.lists(ROW) | ROW, "tickers": st.lists(ROW), "status": st.text()}),
)


@given(CONTENT)
def test_whatever_comes_is_records_or_bad_payload(content: Any) -> None:
    raw = body(content)
    for parser in PARSERS:
        try:
            page = parser(raw)
        except errors.BadPayload:
            continue
        if isinstance(page.records, BarTable):
            assert len({len(getattr(page.records, name)) for name in ("symbol", "start", "close", "trades")}) == 1


@pytest.mark.parametrize("parser", PARSERS)
@pytest.mark.parametrize("cut", [1, 40, 120])
def test_every_parser_refuses_a_cut_answer(parser: Any, cut: int) -> None:
    for name in ("tickers_page_1", "details", "grouped", "snapshot_regular", "holidays", "market_status"):
        with pytest.raises(errors.BadPayload):
            parser(payload(f"polygon/{name}.json").rstrip()[:-cut])
