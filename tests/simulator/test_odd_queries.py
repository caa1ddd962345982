"""Numbers and dates no vendor expects: an answer or a refusal of the vendor's own, never a crash."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from sentiment_site.market import clock
from sentiment_site.simulator.vendors.vendor import route
from sentiment_site.simulator.wire import Answer
from tests.simulator.client import Client

ODD_NUMBERS = ("--5", "-", "²", "٣", "9" * 5000, "9" * 20, "1e309", "nan", "-1")
ODD_DATES = ("0001-01-01", "9999-12-31", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "²", "9" * 20)
pytestmark = pytest.mark.usefixtures("noon")
RANGE = "/polygon/v2/aggs/ticker/SPY/range/1/day"
NUMBERS = (
    f"{RANGE}/2025-11-20/2025-12-01?limit=@",
    f"{RANGE}/@/2025-12-01",
    "/polygon/v3/reference/tickers?limit=@",
    "/polygon/v2/reference/news?limit=@",
    "/polygon/stocks/vX/float?free_float.gt=@",
    "/fmp/stable/company-screener?apikey=k&priceMoreThan=@&limit=@&page=@",
    "/edgar/cgi-bin/browse-edgar?action=getcurrent&output=atom&count=@&start=@",
    "/edgar/LATEST/search-index?q=offering&startdt=2025-12-01&enddt=2025-12-02&from=@",
    "/reddit/r/stocks/new?limit=@&count=@",
    "/x/2/tweets/search/recent?query=stock&max_results=@&since_id=@",
    "/coingecko/coins/markets?vs_currency=usd&ids=bitcoin&per_page=@&page=@&precision=@",
    "/coingecko/coins/bitcoin/market_chart?vs_currency=usd&days=@",
    "/coingecko/coins/bitcoin/market_chart/range?vs_currency=usd&from=@&to=@",
    "/coinpaprika/tickers?limit=@",
    "/coinpaprika/tickers/btc-bitcoin/historical?start=@&end=@",
    "/alternative/fng/?limit=@",
)
DATES = (
    f"{RANGE}/@/2025-12-01",
    f"{RANGE}/2025-11-20/@",
    "/polygon/v2/aggs/grouped/locale/us/market/stocks/@",
    "/polygon/v1/open-close/SPY/@",
    "/polygon/v3/reference/options/contracts?as_of=@",
    "/polygon/stocks/v1/short-volume?date=@",
    "/polygon/v2/reference/news?published_utc=@",
    "/polygon/v2/reference/news?published_utc.gte=@&order=asc&limit=1",
    "/polygon/v2/reference/news?published_utc.lt=@",
    "/fmp/stable/sector-performance-snapshot?apikey=k&date=@",
    "/edgar/LATEST/search-index?q=offering&dateRange=custom&startdt=@&enddt=@",
    "/x/2/tweets/counts/recent?query=stock&start_time=@&end_time=@",
    "/coingecko/coins/bitcoin/market_chart/range?vs_currency=usd&from=@&to=@",
    "/coinpaprika/tickers/btc-bitcoin/historical?interval=1d&start=@&end=@",
)


def ask(client: Client, url: str) -> int:
    headers = {"HTTP_AUTHORIZATION": "Bearer some-key", "HTTP_USER_AGENT": "odd queries developer@example.com"}
    return client.ask("GET", url, **headers).status


@pytest.mark.parametrize("url", NUMBERS)
def test_numbers_that_are_none(client: Client, url: str) -> None:
    for number in ODD_NUMBERS:
        assert ask(client, url.replace("@", quote(number, safe=""))) in (200, 400, 401, 402, 404, 422, 503), number[:30]


@pytest.mark.parametrize("url", DATES)
def test_dates_at_the_end_of_time(client: Client, url: str) -> None:
    for date in ODD_DATES:
        assert ask(client, url.replace("@", quote(date, safe=""))) in (200, 400, 401, 402, 404), date


def test_a_bug_of_ours_is_the_vendors_500_and_leaves_a_traceback(
    client: Client, noon: clock.Frozen, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(request: object) -> Answer:
        raise ZeroDivisionError("planted")

    routes = client.application._routes
    monkeypatch.setitem(routes, "polygon", (route("/v1/marketstatus/now", broken), *routes["polygon"]))
    reply = client.polygon("/v1/marketstatus/now")
    assert (reply.status, reply.json()["error"]) == (500, "Internal server error")
    assert "ZeroDivisionError: planted" in capsys.readouterr().err
