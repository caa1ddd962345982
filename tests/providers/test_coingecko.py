"""CoinGecko: answers in our own files and recorded ones -> records; its two shapes of errors; key, limits, budget."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import redis

from sentiment_site.market import clock
from sentiment_site.providers import coingecko, errors
from sentiment_site.providers.coingecko import CoinGecko
from sentiment_site.providers.crypto_records import CoinRecord
from sentiment_site.providers.crypto_registry import build_crypto, coingecko_config
from sentiment_site.providers.http import Http

from .conftest import KEY, Script, answer, payload

Make = Callable[..., Http]
Scripted = Callable[..., Script]
AT = datetime(2026, 5, 27, 10, 39, 11, tzinfo=UTC)
DAY_MS = 86_400_000


@pytest.fixture
def source(http: Make) -> CoinGecko:
    return CoinGecko(http(name="coingecko", auth="header:x-cg-demo-api-key"))


def recorded(shared_data: Path, name: str) -> bytes:
    path = shared_data / "payloads" / "coingecko" / f"jkorf_{name}.txt.gz"
    if not path.is_file():
        pytest.skip(f"no recorded payload at {path}")
    # Method, path and a flag stand above the body.
    return gzip.decompress(path.read_bytes()).split(b"\n", 3)[3]


def test_global_figures() -> None:
    record = coingecko.parse_global(payload("coingecko/global.json")).records
    assert (record.total_market_cap, record.updated_at) == (2621040321355.04, AT)
    assert record.shares == pytest.approx({"btc": 0.5795, "eth": 0.0958, "usdt": 0.0722})


@pytest.mark.parametrize(
    "body",
    [
        b'{"data":{"total_market_cap":{"usd":0},"market_cap_percentage":{"btc":50},"updated_at":1779878351}}',
        b'{"data":{"total_market_cap":{"usd":5},"market_cap_percentage":{"eth":50},"updated_at":1779878351}}',
        b'{"data":{"total_market_cap":{"usd":5},"market_cap_percentage":{"btc":50}}}',
        b'{"data":{"total_market_cap":null,"market_cap_percentage":[],"updated_at":1779878351}}',
        b'{"data":[]}',
        b"{}",
        b"[]",
        b'{"data":{"total_mark',
    ],
)
def test_half_a_market_is_none(body: bytes) -> None:
    with pytest.raises(errors.BadPayload):
        coingecko.parse_global(body)


def test_markets() -> None:
    page = coingecko.parse_markets(payload("coingecko/markets.json"))
    bitcoin, newcomer = page.records
    assert bitcoin == CoinRecord(
        "bitcoin", "btc", "Bitcoin", 76000.5, 1519e9, 19986000.0, datetime(2026, 5, 27, 10, 39, 11, 736000, tzinfo=UTC)
    )
    assert (newcomer.symbol, newcomer.market_cap, newcomer.supply, newcomer.updated_at) == ("new", None, None, None)
    assert page.skipped == 3
    with pytest.raises(errors.BadPayload, match="markets is dict"):
        coingecko.parse_markets(b"{}")


def test_a_chart_is_put_in_order_and_cleaned() -> None:
    page = coingecko.parse_market_chart(payload("coingecko/market_chart.json"))
    chart = page.records
    assert chart.at.tolist() == [1779667200000, 1779753600000, 1779840000000, 1779878351000] and len(chart) == 4
    np.testing.assert_array_equal(chart.price, [74800.0, 75100.1, np.nan, 76000.5])
    np.testing.assert_array_equal(chart.market_cap, [np.nan, 1.5e12, np.nan, 1.519e12])
    assert page.skipped == 3
    assert len(coingecko.parse_market_chart(b"{}").records) == 0
    for body in (b"[]", b'{"prices":{}}'):
        with pytest.raises(errors.BadPayload):
            coingecko.parse_market_chart(body)


@pytest.mark.real_data
def test_recorded_answers(shared_data: Path) -> None:
    world = coingecko.parse_global(recorded(shared_data, "GetGlobalData")).records
    assert world.total_market_cap == 2515268352188.766 and 0.3 < world.shares["btc"] < 0.7
    (bitcoin,) = coingecko.parse_markets(recorded(shared_data, "GetMarkets")).records
    assert (bitcoin.id, bitcoin.price, bitcoin.market_cap) == ("bitcoin", 70187.0, 1381651251183.0)
    assert bitcoin.price * bitcoin.supply == pytest.approx(bitcoin.market_cap, rel=0.002)
    chart = coingecko.parse_market_chart(recorded(shared_data, "GetMarketChart")).records
    assert (chart.at % DAY_MS == 0).tolist() == [True, True, False]
    assert chart.price.tolist() == [69702.3087473573, 71246.9514406015, 68887.7495158568]


@pytest.mark.parametrize(
    ("status", "name", "error"),
    [
        (429, "429.json", errors.RateLimited),
        (200, "429.json", errors.RateLimited),
        (401, "401_range.json", errors.ValueNotEntitled),
        (401, "401_paid.json", errors.NotEntitled),
        (401, "401_key.json", errors.AuthError),
        (400, "400_root.json", errors.AuthError),
        (404, "404.json", errors.NotFound),
        (403, "403_wall.html", errors.RateLimited),
        (500, "404.json", errors.Upstream),
    ],
)
def test_both_shapes_of_errors(
    http: Make, script: Scripted, status: int, name: str, error: type[errors.ProviderError]
) -> None:
    source = CoinGecko(http(name="coingecko", attempts=1))
    script(answer(payload(f"coingecko/{name}"), status))
    with pytest.raises(errors.ProviderError) as raised:
        source.fetch_global()
    assert type(raised.value) is error and str(raised.value).startswith(f"coingecko: {status} ")
    if name == "401_range.json":
        assert "10012 Your request exceeds the allowed time range" in str(raised.value)


def test_retry_after_is_honoured(source: CoinGecko, script: Scripted) -> None:
    asked = script(
        answer(payload("coingecko/429.json"), 429, Retry_After="0"), answer(payload("coingecko/global.json"))
    )
    assert source.fetch_global().records.updated_at == AT and len(asked.requests) == 2
    script(answer(payload("coingecko/429.json"), 429, Retry_After="600"))
    with pytest.raises(errors.RateLimited, match="retry after 600 s"):
        source.fetch_global()


def test_what_is_asked(source: CoinGecko, script: Scripted) -> None:
    asked = script(answer(payload("coingecko/markets.json")))
    fetched = source.fetch_markets(category="stablecoins", rows=999)
    (request,) = asked.requests
    assert dict(request.args) == {
        "vs_currency": "usd", "order": "market_cap_desc", "per_page": "250", "page": "1", "category": "stablecoins",
        "include_rehypothecated": "false",
    }  # fmt: skip
    assert request.headers["x-cg-demo-api-key"] == KEY and KEY not in request.url
    assert (fetched.vendor, fetched.skipped, fetched.simulated) == ("coingecko", 3, False)
    asked = script(answer(payload("coingecko/market_chart.json")))
    source.fetch_market_chart("a/b", 90)
    source.fetch_market_chart("bitcoin", 9999)
    hourly, daily = asked.requests
    assert hourly.path.endswith("/coins/a/b/market_chart") and dict(hourly.args) == {"vs_currency": "usd", "days": "90"}
    assert dict(daily.args) == {"vs_currency": "usd", "days": "365", "interval": "daily"}


def test_the_days_budget_is_shared_and_a_retry_is_a_call(http: Make, script: Scripted, valkey: redis.Redis) -> None:
    asked = script(answer(payload("coingecko/404.json"), 500), answer(payload("coingecko/global.json")))
    one, other = (CoinGecko(http(valkey, name="coingecko", calls_per_day=3)) for _ in range(2))
    one.fetch_global()
    other.fetch_global()
    with pytest.raises(errors.QuotaExhausted, match="our own budget of 3 calls a day is spent") as raised:
        one.fetch_global()
    assert len(asked.requests) == 3 and 0 < raised.value.retry_after <= 86_400
    key = f"providers:coingecko:calls:{clock.wall():%Y-%m-%d}"
    assert valkey.get(key) == b"4" and 86_400 < valkey.ttl(key) <= 2 * 86_400
    assert other.http.state().breaker == "closed"


def test_without_valkey_each_process_counts(http: Make, script: Scripted) -> None:
    script(answer(payload("coingecko/global.json")))
    source = CoinGecko(http(name="coingecko", calls_per_day=1))
    source.fetch_global()
    with pytest.raises(errors.QuotaExhausted):
        source.fetch_global()
    free = CoinGecko(http(name="coingecko", calls_per_day=0))
    assert [free.fetch_global().vendor for _ in range(3)] == ["coingecko"] * 3


def settings_of(**more: object) -> SimpleNamespace:
    plain = {
        "COINGECKO_BASE_URL": "https://api.coingecko.com/api/v3", "COINGECKO_API_KEY": "CG-demo",
        "COINGECKO_RATE_PER_MIN": 30.0, "COINGECKO_CALLS_PER_DAY": 300, "ALTERNATIVE_BASE_URL": "https://api.alternative.me",
        "COINPAPRIKA_BASE_URL": "https://api.coinpaprika.com/v1", "COINPAPRIKA_API_KEY": "",
        "COINPAPRIKA_CALLS_PER_DAY": 600, "PROVIDER_READ_TIMEOUT_S": 30.0,
    }  # fmt: skip
    return SimpleNamespace(**plain | more)


def test_thirty_calls_a_minute_and_the_key_of_the_plan() -> None:
    config = coingecko_config(settings_of())
    assert (config.rate_per_s, config.burst, config.calls_per_day) == (0.5, 1, 300)
    assert config.auth == "header:x-cg-demo-api-key" and "CG-demo" not in repr(config)
    paid = coingecko_config(settings_of(COINGECKO_BASE_URL="https://pro-api.coingecko.com/api/v3"))
    assert paid.auth == "header:x-cg-pro-api-key"
    vendors = build_crypto(settings_of(), None)
    assert [state.vendor for state in vendors.states()] == ["coingecko", "coinpaprika", "alternative"]
    assert vendors.coinpaprika.http.config.auth == "header:Authorization"
