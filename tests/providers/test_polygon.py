"""Fetching from a scripted Massive: parameters, pages, what is reported."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime

import pytest
import redis

from sentiment_site.market import clock
from sentiment_site.providers import errors, polygon
from sentiment_site.providers.http import Http
from sentiment_site.providers.polygon import Polygon

from .conftest import Script, answer, payload

Make = Callable[..., Http]
Scripted = Callable[..., Script]
DAY = date(2026, 11, 19)


def page(name: str) -> bytes:
    return payload(f"polygon/{name}.json")


def test_all_pages_of_tickers_on_our_own_host_without_the_key_in_the_url(http: Make, script: Scripted) -> None:
    asked = script(*(answer(page(f"tickers_page_{n}")) for n in (1, 2, 3)))
    at = datetime(2026, 11, 19, 15, tzinfo=UTC)
    with clock.frozen(at):
        fetched = Polygon(http()).fetch_tickers("XNAS", "CS")
    assert [record.symbol for record in fetched.records] == ["ALPH", "BRK.B", "KIMpL", "XYZ.WS", "ZEPH"]
    assert (fetched.vendor, fetched.simulated, fetched.delayed, fetched.skipped) == ("polygon", False, False, 1)
    assert fetched.received_at == at
    first, second, third = asked.requests
    assert dict(first.args) == {
        "market": "stocks",
        "exchange": "XNAS",
        "type": "CS",
        "active": "true",
        "limit": "1000",
        "sort": "ticker",
        "order": "asc",
    }
    assert {request.path for request in asked.requests} == {"/polygon/v3/reference/tickers"}
    assert dict(second.args) == {"cursor": "cGFnZT0y"}
    assert dict(third.args) == {"cursor": "cGFnZT0z"}  # the key that was in the URL by mistake is gone
    assert len({request.headers["Authorization"] for request in asked.requests}) == 1


def test_delisted_tickers_are_asked_for(http: Make, script: Scripted) -> None:
    asked = script(answer(page("tickers_page_3"), X_Simulated="sectorlight"))
    fetched = Polygon(http()).fetch_tickers("XNYS", "CS", active=False)
    assert asked.requests[0].args["active"] == "false"
    assert fetched.simulated is True
    assert fetched.records[0].active is False


def test_a_cursor_that_comes_again_is_no_list(http: Make, script: Scripted, valkey: redis.Redis) -> None:
    asked = script(answer(page("tickers_page_1")))
    source = Polygon(http(valkey))
    with pytest.raises(errors.BadPayload, match="the cursor repeats itself"):
        source.fetch_tickers("XNAS", "CS")
    assert len(asked.requests) == 2
    assert source.http.state().last_failure_class == "BadPayload"


def test_a_chain_without_end_is_no_list(http: Make, script: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(polygon, "MOST_PAGES", 4)
    pages = [answer(json.dumps({"results": [], "next_url": f"/v3/x?cursor={n}"}).encode()) for n in range(9)]
    asked = script(*pages)
    with pytest.raises(errors.BadPayload, match="more than 4 pages"):
        Polygon(http()).fetch_floats()
    assert len(asked.requests) == 5


def test_a_failed_page_fails_the_list(http: Make, script: Scripted) -> None:
    script(answer(page("tickers_page_1")), answer(payload("polygon/500.html"), 500))
    with pytest.raises(errors.Upstream):
        Polygon(http()).fetch_tickers("XNAS", "CS")


def test_details_quote_the_symbol_and_keep_its_case(http: Make, script: Scripted) -> None:
    asked = script(answer(page("details")))
    source = Polygon(http())
    assert source.fetch_details("KIMpL").records.symbol == "ALPH"
    source.fetch_details("A/B?c")
    assert asked.requests[0].path == "/polygon/v3/reference/tickers/KIMpL"
    assert asked.requests[1].environ["REQUEST_URI"].endswith("/v3/reference/tickers/A%2FB%3Fc")


def test_unknown_details(http: Make, script: Scripted) -> None:
    script(answer(page("404_ticker"), 404))
    with pytest.raises(errors.NotFound, match="Ticker not found"):
        Polygon(http()).fetch_details("NOPE")


def test_grouped_daily(http: Make, script: Scripted) -> None:
    asked = script(answer(page("grouped")))
    fetched = Polygon(http()).fetch_grouped_daily(DAY)
    assert asked.requests[0].path == "/polygon/v2/aggs/grouped/locale/us/market/stocks/2026-11-19"
    assert dict(asked.requests[0].args) == {"adjusted": "false", "include_otc": "false"}
    assert (len(fetched.records), fetched.skipped) == (3, 1)
    script(answer(page("grouped_holiday")))
    assert len(Polygon(http()).fetch_grouped_daily(date(2026, 11, 26), adjusted=True).records) == 0


def test_aggregates_over_pages_come_once_and_in_order(http: Make, script: Scripted) -> None:
    asked = script(answer(page("aggregates_page_1")), answer(page("aggregates_page_2")))
    fetched = Polygon(http()).fetch_aggregates("ALPH", 30, start=DAY, end=DAY)
    assert asked.requests[0].path == "/polygon/v2/aggs/ticker/ALPH/range/30/minute/2026-11-19/2026-11-19"
    assert dict(asked.requests[0].args) == {"adjusted": "false", "sort": "asc", "limit": "50000"}
    assert fetched.delayed is True
    bars = fetched.records
    assert bars.symbol == ["ALPH"] * 3
    assert (bars.start[1] - bars.start[0], bars.start[2] - bars.start[0]) == (1_800_000, 5_400_000)
    # The bar that both pages have is the later page's.
    assert bars.close.tolist() == [12.2, 12.5, 12.6]
    assert bars.volume.tolist() == [60000, 41000, 83000]


def test_aggregates_of_an_empty_span(http: Make, script: Scripted) -> None:
    script(answer(page("aggregates_empty")))
    bars = Polygon(http()).fetch_aggregates("ALPH", start=DAY, end=DAY).records
    assert (len(bars), bars.start.dtype, bars.close.dtype) == (0, "int64", "float64")


def test_snapshot_of_the_market_and_of_some(http: Make, script: Scripted, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = script(answer(page("snapshot_regular")))
    source = Polygon(http())
    assert len(source.fetch_snapshot().records) == 3
    assert dict(asked.requests[0].args) == {"include_otc": "false"}
    monkeypatch.setattr(polygon, "SYMBOLS_PER_SNAPSHOT", 2)
    asked = script(answer(page("snapshot_reset")), answer(page("snapshot_premarket")))
    fetched = source.fetch_snapshot(["ALPH", "KIMpL", "BRK.B"])
    assert [request.args["tickers"] for request in asked.requests] == ["ALPH,KIMpL", "BRK.B"]
    assert fetched.delayed is True
    assert len(fetched.records) == 2
    with pytest.raises(ValueError, match="no symbols"):
        source.fetch_snapshot([])


def test_splits_short_interest_and_floats(http: Make, script: Scripted) -> None:
    source = Polygon(http())
    asked = script(answer(page("splits")))
    assert len(source.fetch_splits(DAY).records) == 3
    assert asked.requests[0].path == "/polygon/stocks/v1/splits"
    assert asked.requests[0].args["execution_date.gte"] == "2026-11-19"
    asked = script(answer(page("short_interest")))
    assert source.fetch_short_interest(DAY).records[0].short_interest == 1200345
    assert asked.requests[0].args["settlement_date.gte"] == "2026-11-19"
    assert asked.requests[0].args["limit"] == "50000"
    asked = script(answer(page("floats")))
    assert source.fetch_floats().records[0].free_float == 28050000
    assert asked.requests[0].path == "/polygon/stocks/vX/float"


def test_market_status_and_holidays(http: Make, script: Scripted) -> None:
    source = Polygon(http())
    script(answer(page("market_status")))
    assert source.fetch_market_status().records.market == "extended-hours"
    script(answer(page("holidays")))
    fetched = source.fetch_holidays()
    assert (len(fetched.records), fetched.skipped) == (2, 1)


@pytest.mark.parametrize(
    ("status", "name", "expected"),
    [
        (401, "401_no_key", errors.AuthError),
        (403, "403_plan", errors.NotEntitled),
        (404, "404_float", errors.NotFound),
    ],
)
def test_refusals_reach_the_caller(
    status: int, name: str, expected: type[errors.ProviderError], http: Make, script: Scripted
) -> None:
    script(answer(page(name), status))
    with pytest.raises(expected) as caught:
        Polygon(http()).fetch_floats()
    assert str(caught.value).startswith(f"polygon: {status} ")
    assert " at /stocks/vX/float: " in str(caught.value)
