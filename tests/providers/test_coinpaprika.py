"""CoinPaprika: answers in our own files -> records, and fetching from a scripted one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest

from sentiment_site.providers import coinpaprika, errors
from sentiment_site.providers.coinpaprika import CoinPaprika
from sentiment_site.providers.http import Http

from .conftest import Script, answer, payload

AT = datetime(2026, 5, 27, 10, 39, 11, tzinfo=UTC)


@pytest.fixture
def source(http: Callable[..., Http]) -> CoinPaprika:
    return CoinPaprika(http(name="coinpaprika", auth="header:Authorization", attempts=1))


def test_global_figures() -> None:
    record = coinpaprika.parse_global(payload("coinpaprika/global.json")).records
    assert (record.total_market_cap, record.updated_at) == (2615e9, AT)
    assert record.shares == pytest.approx({"btc": 0.579})


@pytest.mark.parametrize(
    "body", [b"[]", b"{}", b'{"market_cap_usd":1,"last_updated":1779878351}', b'{"market_cap_usd":1,"bitcoin_dom']
)
def test_half_a_market_is_none(body: bytes) -> None:
    with pytest.raises(errors.BadPayload):
        coinpaprika.parse_global(body)


def test_tickers() -> None:
    page = coinpaprika.parse_tickers(payload("coinpaprika/tickers.json"))
    bitcoin, zero = page.records
    assert (bitcoin.id, bitcoin.symbol, bitcoin.price) == ("btc-bitcoin", "btc", 75990.1)
    assert (bitcoin.market_cap, bitcoin.supply, bitcoin.updated_at) == (1518738e6, None, AT)
    assert zero.market_cap is None and page.skipped == 2
    with pytest.raises(errors.BadPayload, match="tickers is dict"):
        coinpaprika.parse_tickers(b"{}")


def test_fetching(source: CoinPaprika, script: Callable[..., Script]) -> None:
    asked = script(answer(payload("coinpaprika/global.json")), answer(payload("coinpaprika/tickers.json")))
    assert source.fetch_global().vendor == "coinpaprika"
    assert source.fetch_tickers(2).skipped == 2
    assert dict(asked.requests[1].args) == {"limit": "2", "quotes": "USD"}


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (402, b'{"error":"getting historical data is not allowed in this plan"}', errors.NotEntitled),
        (404, b'{"error":"id not found"}', errors.NotFound),
        (200, b'{"error":"id not found"}', errors.NotFound),
        (200, b'{"error":"something else"}', errors.BadPayload),
        (403, b"<html><head><title>Blocked</title></head></html>", errors.RateLimited),
        (429, b'{"error":"too many requests"}', errors.RateLimited),
    ],
)
def test_errors(
    source: CoinPaprika, script: Callable[..., Script], status: int, body: bytes, error: type[errors.ProviderError]
) -> None:
    script(answer(body, status))
    with pytest.raises(errors.ProviderError) as raised:
        source.fetch_global()
    assert type(raised.value) is error
