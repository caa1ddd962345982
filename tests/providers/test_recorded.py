"""Our parsers on the real recorded payloads and the vendor's official examples, where the real data is there."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest

from sentiment_site.providers import polygon
from sentiment_site.providers.records import PriceBasis

pytestmark = pytest.mark.real_data


@pytest.fixture(scope="module")
def mocks(shared_data: Path) -> dict[str, Any]:
    return _load(shared_data, "client_python_mocks.json")


@pytest.fixture(scope="module")
def examples(shared_data: Path) -> dict[str, Any]:
    return _load(shared_data, "endpoint_examples.json")


def _load(shared_data: Path, name: str) -> dict[str, Any]:
    path = shared_data / "payloads" / "polygon" / name
    if not path.is_file():
        pytest.skip(f"no recorded payloads at {path}")
    return json.loads(path.read_text())


def recorded(mocks: dict[str, Any], path: str) -> bytes:
    return json.dumps(mocks[path]).encode()


def example(examples: dict[str, Any], path: str) -> bytes:
    return json.dumps(examples[f"GET {path}"]["examples"]["200 application/json"]).encode()


def test_recorded_tickers_and_their_next_page(mocks: dict[str, Any]) -> None:
    page = polygon.parse_tickers(recorded(mocks, "/v3/reference/tickers.json"))
    assert len(page.records) == 2
    first = page.records[0]
    assert (first.symbol, first.exchange, first.type, first.cik) == ("A", "XNYS", "CS", "0001090872")
    assert page.next_url.startswith("https://api.massive.com/v3/reference/tickers?cursor=")
    following = next(name for name in mocks if name.startswith("/v3/reference/tickers&cursor="))
    second = polygon.parse_tickers(recorded(mocks, following))
    assert [record.symbol for record in second.records] == ["AAA", "AAAU"]
    assert second.next_url is None


def test_recorded_details(mocks: dict[str, Any]) -> None:
    apple = polygon.parse_details(recorded(mocks, "/v3/reference/tickers/AAPL.json")).records
    assert (apple.symbol, apple.market_cap, apple.sic_code) == ("AAPL", 2488795282370.0, "3571")
    assert apple.list_date == date(1980, 12, 12)


def test_recorded_bars(mocks: dict[str, Any]) -> None:
    grouped = polygon.parse_grouped_daily(
        recorded(mocks, "/v2/aggs/grouped/locale/us/market/stocks/2005-04-04&adjusted=true.json")
    ).records
    assert grouped.symbol == ["GIK"]
    assert (grouped.close[0], grouped.volume[0], grouped.trades[0]) == (10.02, 895345, 96)
    assert grouped.start[0] == datetime(2020, 10, 14, 4, tzinfo=UTC).timestamp() * 1000
    bars = polygon.parse_aggregates(
        recorded(mocks, "/v2/aggs/ticker/AAPL/range/1/day/2005-04-01/2005-04-04.json"), "AAPL"
    ).records
    assert bars.symbol == ["AAPL", "AAPL"]
    assert (bars.open[0], bars.high[0], bars.low[0], bars.vwap[0]) == (1.5032, 1.5064, 1.4489, 1.469)
    assert bars.start[0] == 1112331600000


def test_recorded_snapshots(mocks: dict[str, Any]) -> None:
    stocks = "/v2/snapshot/locale/us/markets/stocks"
    (record,) = polygon.parse_snapshot(recorded(mocks, f"{stocks}/tickers/index.json")).records
    assert (record.symbol, record.price, record.price_basis) == ("BCAT", 20.506, PriceBasis.LAST_TRADE)
    assert (record.previous_close, record.day_volume, record.minute_volume_total) == (20.63, 37216, 37216)
    assert record.event_time == datetime(2020, 11, 12, 14, 54, 54, 630916, tzinfo=UTC)
    (apple,) = polygon.parse_snapshot(recorded(mocks, f"{stocks}/tickers/AAPL.json")).records
    assert (apple.price, apple.day_close) == (159.99, 160.315)
    gainers = polygon.parse_snapshot(recorded(mocks, f"{stocks}/gainers.json"))
    assert [record.symbol for record in gainers.records] == ["NVCN", "BIOL"]
    assert gainers.skipped == 0


def test_recorded_splits_holidays_and_status(mocks: dict[str, Any]) -> None:
    splits = polygon.parse_splits(recorded(mocks, "/v3/reference/splits.json"))
    assert len(splits.records) == 10
    assert splits.records[0].vendor_id == "GOOGL:2022-07-18:1:20"
    holidays = polygon.parse_holidays(recorded(mocks, "/v1/marketstatus/upcoming.json"))
    assert len(holidays.records) == 14
    assert (holidays.records[0].name, holidays.records[0].day) == ("Memorial Day", date(2022, 5, 30))
    early = [record for record in holidays.records if record.status == "early-close"]
    assert early
    assert all(record.open < record.close for record in early)
    status = polygon.parse_market_status(recorded(mocks, "/v1/marketstatus/now.json")).records
    assert (status.market, status.after_hours) == ("extended-hours", True)
    assert status.server_time == datetime(2022, 4, 28, 20, 48, 8, tzinfo=UTC)


def test_official_examples(examples: dict[str, Any]) -> None:
    stocks = "/v2/snapshot/locale/us/markets/stocks"
    grouped = polygon.parse_grouped_daily(example(examples, "/v2/aggs/grouped/locale/us/market/stocks/{date}")).records
    assert grouped.symbol[:2] == ["KIMpL", "TANH"]
    bars = polygon.parse_aggregates(
        example(examples, "/v2/aggs/ticker/{stocksTicker}/range/{multiplier}/{timespan}/{from}/{to}"), "AAPL"
    )
    assert bars.records.close.tolist() == [75.0875, 74.3575]
    assert bars.next_url.endswith("cursor=bGltaXQ9MiZzb3J0PWFzYw")
    (snapshot,) = polygon.parse_snapshot(example(examples, f"{stocks}/tickers")).records
    assert snapshot.day_volume == 37216
    (single,) = polygon.parse_snapshot(example(examples, f"{stocks}/tickers/{{stocksTicker}}")).records
    assert (single.price, single.minute_close) == (120.47, 120.4201)
    (short,) = polygon.parse_short_interest(example(examples, "/stocks/v1/short-interest")).records
    assert (short.symbol, short.short_interest, short.days_to_cover) == ("A", 3906231, 1.67)
    (free,) = polygon.parse_floats(example(examples, "/stocks/vX/float")).records
    assert (free.free_float, free.free_float_percent) == (15_000_000_000, 98.5)
    (split,) = polygon.parse_splits(example(examples, "/stocks/v1/splits")).records
    assert (split.split_from, split.split_to, split.kind) == (1, 2, "forward_split")
    details = polygon.parse_details(example(examples, "/v3/reference/tickers/{ticker}")).records
    assert (details.weighted_shares, details.share_class_shares) == (16_334_371_000, 16_406_400_000)
    (ticker,) = polygon.parse_tickers(example(examples, "/v3/reference/tickers")).records
    assert ticker.composite_figi == "BBG000BWQYZ5"
    assert len(polygon.parse_holidays(example(examples, "/v1/marketstatus/upcoming")).records) == 5
    assert polygon.parse_market_status(example(examples, "/v1/marketstatus/now")).records.exchanges["otc"] == "closed"
