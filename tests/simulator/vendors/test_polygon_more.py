"""Massive: short volume, dividends, older endpoints, movers, open and close, related companies, keys."""

from __future__ import annotations

import datetime as dt
import statistics

import pytest

from sentiment_site.market import calendar, clock
from sentiment_site.simulator.vendors.polygon.dividends import Dividends, Payer
from tests.simulator.client import Client, flat
from tests.simulator.conftest import NOON

pytestmark = pytest.mark.usefixtures("noon")
VENUES = ("adf", "nasdaq_carteret", "nasdaq_chicago", "nyse")
SHORT = "/stocks/v1/short-volume"


def test_short_volume_adds_up(client: Client) -> None:
    rows = flat(client, f"{SHORT}?date=2025-12-01&limit=70")
    symbols = [row["ticker"] for row in rows]
    assert symbols == sorted(set(symbols)) and len(symbols) > 250
    grouped = client.polygon("/v2/aggs/grouped/locale/us/market/stocks/2025-12-01?adjusted=false").json()["results"]
    traded = {bar["T"]: bar["v"] for bar in grouped}
    for row in rows:
        assert {name.removesuffix("_short_volume") for name in row if name.endswith("_short_volume")} >= set(VENUES)
        assert row["short_volume"] == row["exempt_volume"] + row["non_exempt_volume"]
        assert row["short_volume"] == sum(row[f"{venue}_short_volume"] for venue in VENUES)
        assert row["exempt_volume"] == sum(row[f"{venue}_short_volume_exempt"] for venue in VENUES)
        assert row["short_volume_ratio"] == pytest.approx(100 * row["short_volume"] / row["total_volume"], abs=0.006)
        if traded.get(row["ticker"], 0) > 10_000:
            assert row["total_volume"] < 0.8 * traded[row["ticker"]]
    assert 38 < statistics.median(row["short_volume_ratio"] for row in rows) < 52


def test_short_volume_filters_sorts_and_pages(client: Client) -> None:
    some = flat(client, f"{SHORT}?ticker.any_of=IWM,SPY&date.gte=2025-11-24&date.lt=2025-12-01&limit=3")
    assert [(row["ticker"], row["date"]) for row in some] == [
        (ticker, f"2025-11-{day}") for ticker in ("IWM", "SPY") for day in (24, 25, 26, 28)
    ]
    newest = flat(client, f"{SHORT}?ticker=IWM&sort=date.desc&limit=7")
    assert [row["date"] for row in newest] == sorted((row["date"] for row in newest), reverse=True)
    everything = flat(client, f"{SHORT}?date=2025-11-28&limit=50000")
    high = flat(client, f"{SHORT}?date=2025-11-28&short_volume_ratio.gte=55&sort=short_volume_ratio.desc&limit=9")
    assert len(high) > 9 and {row["ticker"] for row in high} == {
        row["ticker"] for row in everything if row["short_volume_ratio"] >= 55
    }
    ratios = [row["short_volume_ratio"] for row in high]
    assert ratios == sorted(ratios, reverse=True)
    body = client.polygon(SHORT).json()
    assert body["count"] == len(body["results"]) == 10 and isinstance(body["request_id"], int)
    assert flat(client, f"{SHORT}?ticker=NOSUCH") == flat(client, f"{SHORT}?date=2025-11-27") == []
    for wrong in ("sort=price", "limit=0", "short_volume_ratio.gte=high"):
        assert client.polygon(f"{SHORT}?{wrong}").status == 400


def test_short_volume_is_public_two_hours_after_the_close(client: Client) -> None:
    asked = f"{SHORT}?ticker=IWM&date=2025-12-01"
    for hour, minute, count in ((16, 30, 0), (17, 59, 0), (18, 0, 1)):
        with clock.frozen(dt.datetime(2025, 12, 1, hour, minute, tzinfo=calendar.NEW_YORK)):
            assert len(flat(client, asked)) == count


def test_squeezed_stocks_are_shorted_more(client: Client) -> None:
    rows = flat(client, f"{SHORT}?limit=50000")
    short = {security.symbol: security.short_fraction or 0.0
             for security in client.application.world.tape.listing.securities}  # fmt: skip
    much = [row["short_volume_ratio"] for row in rows if short[row["ticker"]] > 0.15 and row["total_volume"] > 1000]
    little = [row["short_volume_ratio"] for row in rows if short[row["ticker"]] < 0.05 and row["total_volume"] > 1000]
    assert statistics.mean(much) > statistics.mean(little) + 2


def test_dividends(client: Client) -> None:
    rows = flat(client, "/stocks/v1/dividends?limit=11")
    assert len(rows) > 30 and len({row["id"] for row in rows}) == len(rows)
    assert [row["ticker"] for row in rows] == sorted(row["ticker"] for row in rows)
    for row in rows:
        assert row["declaration_date"] < row["ex_dividend_date"] == row["record_date"] < row["pay_date"]
        assert calendar.session_on(dt.date.fromisoformat(row["ex_dividend_date"])) and row["currency"] == "USD"
        assert row["cash_amount"] > 0 and 0.9 < row["historical_adjustment_factor"] <= 1
        assert row["frequency"] in (4, 12) and row["distribution_type"] == "recurring"
    to_come = [row for row in rows if row["ex_dividend_date"] > "2025-12-02"]
    assert to_come and all(row["declaration_date"] <= "2025-12-02" for row in rows)
    assert all(row["historical_adjustment_factor"] == 1 for row in to_come)
    late = flat(client, "/stocks/v1/dividends?ex_dividend_date.gte=2025-11-20&sort=ex_dividend_date.desc")
    assert {row["id"] for row in late} == {row["id"] for row in rows if row["ex_dividend_date"] >= "2025-11-20"}
    assert flat(client, "/stocks/v1/dividends?frequency=12") != []
    assert flat(client, f"/stocks/v1/dividends?ticker={rows[0]['ticker']}")[0] == rows[0]


def test_dividends_follow_splits(busy: Client) -> None:
    tape = busy.application.world.tape
    dividends, seen = Dividends(tape), 0
    for split in tape.executed_splits(NOON):
        paid = Payer(split.row, amount=0.004, frequency=12, offset=0)
        dates = [calendar.shift(split.session.date, ahead).date for ahead in (-1, 0)]
        if len([other for other in tape.executed_splits(NOON) if other.row == split.row]) == 1:
            before, after = dividends._of(paid, dates, NOON)
            assert before.amount == pytest.approx(0.004) and after.amount == pytest.approx(
                0.004 / split.ratio, abs=1e-6
            )
            assert before.adjusted == after.adjusted == after.amount
            assert before.factor < after.factor < 1
            seen += 1
    assert seen > 5


def test_older_endpoints_answer_the_same(busy: Client) -> None:
    new, old = flat(busy, "/stocks/v1/splits?limit=5000"), flat(busy, "/v3/reference/splits?limit=7")
    assert sorted(row["id"] for row in new) == sorted(row["id"] for row in old)
    assert set(old[0]) == {"id", "ticker", "execution_date", "split_from", "split_to"}
    dates = [row["execution_date"] for row in old]
    assert dates == sorted(dates, reverse=True)
    reverse = flat(busy, "/v3/reference/splits?reverse_split=true&limit=1000&execution_date.lt=2025-11-20")
    assert reverse == [row for row in old if row["split_from"] > row["split_to"]
                       and row["execution_date"] < "2025-11-20"] != []  # fmt: skip
    paid = flat(busy, "/v3/reference/dividends?limit=1000&sort=ticker&order=asc")
    assert [row["id"] for row in paid] == [row["id"] for row in flat(busy, "/stocks/v1/dividends?limit=5000")]
    assert {row["dividend_type"] for row in paid} == {"CD"}
    for wrong in ("sort=id", "order=up", "execution_date.near=2025-11-20", "reverse_split=perhaps"):
        assert busy.polygon(f"/v3/reference/splits?{wrong}").status == 400
    assert isinstance(busy.polygon("/v3/reference/splits").json()["request_id"], str)


def test_movers_are_the_snapshots(client: Client) -> None:
    every = client.polygon("/v2/snapshot/locale/us/markets/stocks/tickers").json()["tickers"]
    traded = [row for row in every if row["min"]["av"] >= 10_000 and row["min"]["c"] and row["prevDay"]["c"]]
    for direction, sign in (("gainers", -1), ("losers", 1)):
        body = client.polygon(f"/v2/snapshot/locale/us/markets/stocks/{direction}").json()
        change = [row["todaysChangePerc"] for row in body["tickers"]]
        assert change == sorted((row["todaysChangePerc"] for row in traded), key=lambda one: sign * one)[:20]
        assert body["status"] == "OK" and "count" not in body
    with clock.frozen(dt.datetime(2025, 12, 2, 3, 45, tzinfo=calendar.NEW_YORK)):
        assert client.polygon("/v2/snapshot/locale/us/markets/stocks/gainers").json()["tickers"] == []


def test_open_close(client: Client) -> None:
    body = client.polygon("/v1/open-close/IWM/2025-12-01?adjusted=true").json()
    bars = client.polygon("/v2/aggs/ticker/IWM/range/30/minute/2025-12-01/2025-12-01").json()["results"]
    (day,) = client.polygon("/v2/aggs/ticker/IWM/range/1/day/2025-12-01/2025-12-01").json()["results"]
    assert body == {"status": "OK", "from": "2025-12-01", "symbol": "IWM", "open": day["o"], "high": day["h"],
                    "low": day["l"], "close": day["c"], "volume": day["v"], "preMarket": bars[0]["o"],
                    "afterHours": bars[-1]["c"]}  # fmt: skip
    for missing in ("IWM/2025-12-02", "IWM/2025-11-29", "NOSUCH/2025-12-01"):
        answer = client.polygon(f"/v1/open-close/{missing}")
        assert answer.status == 404 and answer.json()["status"] == "NOT_FOUND"
    assert client.polygon("/v1/open-close/IWM/yesterday").status == 400


def test_related_companies(client: Client, busy: Client) -> None:
    listing = client.application.world.tape.listing
    row = next(row for row, one in enumerate(listing.securities) if one.kind == "CS" and listing.parent[row] < 0
               and one.industry and not one.delisted_before)  # fmt: skip
    body = client.polygon(f"/v1/related-companies/{listing.securities[row].symbol}").json()
    assert body["stock_symbol"] == listing.securities[row].symbol and len(body["results"]) == 10
    peers = [listing.row_of[peer["ticker"]] for peer in body["results"]]
    assert row not in peers and sum(listing.sector[peer] == listing.sector[row] for peer in peers) >= 8
    active = {one["ticker"] for one in flat(busy, "/v3/reference/tickers?limit=1000")}
    stale = 0
    for symbol in sorted(active)[:60]:
        found = busy.polygon(f"/v1/related-companies/{symbol}").json()["results"]
        stale += any(peer["ticker"] not in active for peer in found)
    assert 5 < stale < 40
    assert client.polygon("/v1/related-companies/NOSUCH").status == 404


@pytest.mark.parametrize(
    ("key", "path", "status", "says"),
    [
        ("bad", "/v1/marketstatus/now", 401, "Unknown API Key"),
        ("bad-and-long", "/v2/snapshot/locale/us/markets/stocks/tickers", 401, "Unknown API Key"),
        ("basic", "/v2/snapshot/locale/us/markets/stocks/tickers", 403, "NOT_AUTHORIZED"),
        ("basic-1", "/v3/snapshot?ticker.any_of=IWM", 403, "NOT_AUTHORIZED"),
        ("basic-1", "/v3/snapshot/options/IWM", 403, "NOT_AUTHORIZED"),
        ("basic-1", "/v3/reference/options/contracts", 403, "NOT_AUTHORIZED"),
        ("basic-1", "/v3/reference/tickers?limit=1", 200, "OK"),
        ("good", "/v3/snapshot/options/IWM", 200, "OK"),
    ],
)
def test_keys(client: Client, key: str, path: str, status: int, says: str) -> None:
    answer = client.ask("GET", f"/polygon{path}", HTTP_AUTHORIZATION=f"Bearer {key}")
    assert answer.status == status and says in answer.body.decode()
    assert client.ask("GET", f"/fmp/stable/profile?symbol=IWM&apikey={key}").status == (
        401 if key[:3] == "bad" else 200
    )
