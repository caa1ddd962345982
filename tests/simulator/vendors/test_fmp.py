"""FMP's endpoints: fields, filters, dash symbols, blanks and zeros, errors (upstreams.md section 2)."""

from __future__ import annotations

from typing import Any

import pytest

from sentiment_site.market import calendar
from sentiment_site.simulator.market.industries import VENDOR_SECTORS
from sentiment_site.simulator.market.naming import dashed
from sentiment_site.simulator.vendors.fmp.companies import EXCHANGES
from tests.simulator.client import Client
from tests.simulator.conftest import NOON

pytestmark = pytest.mark.usefixtures("noon")


def screen(client: Client, query: str = "") -> list[dict[str, Any]]:
    answer = client.fmp(f"/stable/company-screener?limit=10000{query}")
    assert answer.status == 200
    return answer.json()


def test_screener_rows(client: Client) -> None:
    rows = screen(client)
    assert {frozenset(row) for row in rows} == {
        frozenset(("symbol", "companyName", "marketCap", "sector", "industry", "beta", "price", "lastAnnualDividend",
                   "volume", "exchange", "exchangeShortName", "country", "isEtf", "isFund", "isActivelyTrading"))
    }  # fmt: skip
    assert {row["sector"] for row in rows} == {*VENDOR_SECTORS, None}
    companies = [row for row in rows if not row["isEtf"]]
    assert 0.05 < sum(row["sector"] is None for row in companies) / len(companies) < 0.16
    assert any(row["marketCap"] == 0 for row in rows)
    caps = [row["marketCap"] for row in rows]
    assert caps == sorted(caps, reverse=True)
    assert not any("." in row["symbol"] or "p" in row["symbol"] for row in rows)
    assert {row["exchangeShortName"] for row in rows} >= {"NASDAQ", "NYSE", "AMEX"}


def test_screener_prices_are_the_last_close(client: Client) -> None:
    grouped = client.polygon("/v2/aggs/grouped/locale/us/market/stocks/2025-12-01").json()["results"]
    closes = {dashed(row["T"]): row["c"] for row in grouped}
    for row in screen(client):
        assert row["price"] == pytest.approx(closes.get(row["symbol"], 0.0))


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("&marketCapMoreThan=10000000&marketCapLowerThan=2000000000", lambda r: 1e7 < r["marketCap"] < 2e9),
        ("&exchange=NYSE,AMEX", lambda r: r["exchangeShortName"] in ("NYSE", "AMEX")),
        ("&isEtf=true", lambda r: r["isEtf"]),
        ("&isEtf=false&isFund=false&isActivelyTrading=true", lambda r: not r["isEtf"] and not r["isFund"]),
        ("&sector=Healthcare", lambda r: r["sector"] == "Healthcare"),
        ("&country=US&priceMoreThan=5&priceLowerThan=20", lambda r: r["country"] == "US" and 5 < r["price"] < 20),
        ("&volumeMoreThan=1000000&betaMoreThan=1", lambda r: r["volume"] > 1e6 and r["beta"] > 1),
    ],
)
def test_screener_filters(client: Client, query: str, holds: Any) -> None:
    assert screen(client, query) == [row for row in screen(client) if holds(row)] != []


def test_screener_pages(client: Client) -> None:
    rows = screen(client)
    pages = [client.fmp(f"/stable/company-screener?limit=150&page={page}").json() for page in range(5)]
    assert [row for page in pages for row in page] == rows and pages[-1] == []


def test_profile(client: Client) -> None:
    securities = client.application.world.tape.listing.securities
    row = next(row for row in screen(client) if row["sector"] and not row["isEtf"] and row["marketCap"])
    (profile,) = client.fmp(f"/stable/profile?symbol={row['symbol']}").json()
    for name in ("symbol", "companyName", "marketCap", "sector", "industry", "price", "country"):
        assert profile[name] == row[name]
    assert profile["exchange"] == row["exchangeShortName"] and profile["exchangeFullName"] == row["exchange"]
    assert {"currency", "cik", "averageVolume", "changePercentage", "ipoDate", "isAdr", "range"} <= set(profile)
    security = next(security for security in securities if dashed(security.symbol) == row["symbol"])
    assert profile["cik"] == (security.cik or None)
    massive = client.polygon(f"/v2/aggs/ticker/{security.symbol}/range/1/day/2025-11-28/2025-12-01").json()["results"]
    assert profile["change"] == pytest.approx(massive[1]["c"] - massive[0]["c"], abs=1e-3)
    assert client.fmp("/stable/profile?symbol=NOSUCH").json() == []
    dotted = next(s.symbol for s in securities if s.symbol.endswith(".WS") and not s.delisted_before)
    assert client.fmp(f"/stable/profile?symbol={dotted}").json() == []  # only the dash form is known to FMP
    (warrant,) = client.fmp(f"/stable/profile?symbol={dashed(dotted)}").json()
    assert warrant["marketCap"] is None and warrant["symbol"].endswith("-WT")


def test_floats_page_through_every_known_one_once(client: Client) -> None:
    pages: list[list[dict[str, Any]]] = []
    while not pages or pages[-1]:
        pages.append(client.fmp(f"/stable/shares-float-all?page={len(pages)}&limit=90").json())
    rows = [row for page in pages for row in page]
    assert len({row["symbol"] for row in rows}) == len(rows)
    tape = client.application.world.tape
    known = {dashed(s.symbol): s for row, s in enumerate(tape.listing.securities)
             if s.free_float is not None and tape.is_active(NOON)[row]}  # fmt: skip
    assert {row["symbol"] for row in rows} == set(known)
    for row in rows:
        assert set(row) == {"symbol", "date", "freeFloat", "floatShares", "outstandingShares"}
        assert row["freeFloat"] == pytest.approx(100 * row["floatShares"] / row["outstandingShares"], abs=0.01)
        assert row["floatShares"] == known[row["symbol"]].free_float
    assert client.fmp(f"/stable/shares-float?symbol={rows[3]['symbol']}").json() == [rows[3]]
    assert client.fmp("/stable/shares-float?symbol=NOSUCH").json() == []
    lacking = next(s.symbol for s in tape.listing.securities if s.free_float is None and not s.delisted_before)
    assert client.fmp(f"/stable/shares-float?symbol={dashed(lacking)}").json() == []


def test_key(client: Client) -> None:
    for url in ("/fmp/stable/profile?symbol=IWM", "/fmp/stable/profile?symbol=IWM&apikey="):
        answer = client.ask("GET", url)
        assert answer.status == 401
        assert answer.json()["Error Message"].startswith("Invalid API KEY.")
    assert client.ask("GET", "/fmp/stable/profile?symbol=IWM", HTTP_APIKEY="k").status == 200


@pytest.mark.parametrize("query", ["priceMoreThan=cheap", "isEtf=yes", "limit=0", "page=-1"])
def test_bad_parameters(client: Client, query: str) -> None:
    answer = client.fmp(f"/stable/company-screener?{query}")
    assert answer.status == 400 and "Error Message" in answer.json()


@pytest.mark.parametrize("path", ["/api/v3/profile/IWM", "/api/v4/shares_float?symbol=IWM"])
def test_endpoints_before_stable_are_legacy(client: Client, path: str) -> None:
    answer = client.fmp(path)
    assert answer.status == 403 and answer.json()["Error Message"].startswith("Legacy Endpoint : ")


def test_the_base_url_may_lack_stable(client: Client) -> None:
    assert client.fmp("/profile?symbol=IWM").body == client.fmp("/stable/profile?symbol=IWM").body


def test_unknown_endpoint(client: Client) -> None:
    assert client.fmp("/stable/nothing").status == 404


QUOTE = {"symbol", "name", "price", "changePercentage", "change", "volume", "dayLow", "dayHigh", "yearHigh", "yearLow",
         "marketCap", "priceAvg50", "priceAvg200", "exchange", "open", "previousClose", "timestamp"}  # fmt: skip


def test_quotes_are_the_tape(client: Client) -> None:
    rows = client.fmp("/stable/batch-quote?symbols=IWM,SPY,NOSUCH").json()
    assert [row["symbol"] for row in rows] == ["IWM", "SPY"] and set(rows[0]) == QUOTE
    assert client.fmp("/stable/quote?symbol=IWM").json() == rows[:1]
    snapshot = client.polygon("/v2/snapshot/locale/us/markets/stocks/tickers/IWM").json()["ticker"]
    iwm = rows[0]
    assert (iwm["price"], iwm["previousClose"], iwm["open"]) == (
        snapshot["min"]["c"], snapshot["prevDay"]["c"], snapshot["day"]["o"],
    )  # fmt: skip
    assert (iwm["dayLow"], iwm["dayHigh"], iwm["volume"]) == (
        snapshot["day"]["l"], snapshot["day"]["h"], snapshot["min"]["av"],
    )  # fmt: skip
    assert iwm["timestamp"] == snapshot["updated"] // 10**9 < NOON.timestamp()
    assert iwm["change"] == snapshot["todaysChange"]
    assert iwm["yearLow"] <= iwm["dayLow"] and iwm["yearHigh"] >= iwm["dayHigh"]
    assert iwm["yearLow"] < iwm["priceAvg50"] < iwm["yearHigh"]
    assert client.fmp("/stable/quote-short?symbol=IWM").json() == [
        {"symbol": "IWM", "price": iwm["price"], "change": iwm["change"], "volume": iwm["volume"]}
    ]
    assert len(client.fmp("/stable/batch-quote-short?symbols=IWM,QQQ").json()) == 2
    assert client.fmp("/stable/quote?symbol=NOSUCH").json() == []
    assert client.fmp("/stable/batch-quote").status == 400


def test_sector_performance_needs_a_date_and_a_session(client: Client) -> None:
    assert client.fmp("/stable/sector-performance-snapshot").status == 400
    rows = client.fmp("/stable/sector-performance-snapshot?date=2025-12-01").json()
    assert {frozenset(row) for row in rows} == {frozenset(("date", "sector", "exchange", "averageChange"))}
    assert {row["sector"] for row in rows} <= set(VENDOR_SECTORS)
    assert {row["exchange"] for row in rows} >= {"NASDAQ", "NYSE", "AMEX"}
    assert len({row["averageChange"] for row in rows}) > 10
    only = client.fmp("/stable/sector-performance-snapshot?date=2025-12-01&exchange=NYSE&sector=Energy").json()
    assert only == [row for row in rows if (row["exchange"], row["sector"]) == ("NYSE", "Energy")] != []
    assert client.fmp("/stable/sector-performance-snapshot?date=2025-11-30").json() == []
    sectors = client.fmp("/stable/available-sectors").json()
    assert {row["sector"] for row in sectors} == set(VENDOR_SECTORS)


def test_sector_performance_knows_splits(busy: Client) -> None:
    """Against Massive's adjusted closes and the same vendor's sectors, on days on which something was split."""
    tape = busy.application.world.tape
    grouped = "/v2/aggs/grouped/locale/us/market/stocks"
    executed = {split.session.date for split in tape.executed_splits(NOON)} - {NOON.date()}
    for date in sorted(executed)[-3:]:
        before, after = ({bar["T"]: bar["c"] for bar in busy.polygon(f"{grouped}/{day}").json()["results"]}
                         for day in (calendar.shift(date, -1).date, date))  # fmt: skip
        cells: dict[tuple[str, str], list[float]] = {}
        for one in tape.listing.securities:
            if one.kind in ("CS", "ADRC") and one.vendor_sector and one.symbol in before and one.symbol in after:
                change = 100 * (after[one.symbol] / before[one.symbol] - 1)
                cells.setdefault((one.vendor_sector, EXCHANGES[one.exchange][0]), []).append(change)
        rows = busy.fmp(f"/stable/sector-performance-snapshot?date={date}").json()
        assert {(row["sector"], row["exchange"]): row["averageChange"] for row in rows} == {
            cell: pytest.approx(sum(changes) / len(changes), abs=0.05) for cell, changes in cells.items()
        }


def test_peers_and_delisted(busy: Client) -> None:
    row = next(row for row in screen(busy) if row["sector"] and not row["isEtf"])
    peers = busy.fmp(f"/stable/stock-peers?symbol={row['symbol']}").json()
    assert len(peers) == 10 and set(peers[0]) == {"symbol", "companyName", "price", "mktCap"}
    assert busy.fmp("/stable/stock-peers?symbol=NOSUCH").json() == []
    gone = [busy.fmp(f"/stable/delisted-companies?limit=20&page={page}").json() for page in range(30)]
    rows = [row for page in gone for row in page]
    inactive = busy.polygon("/v3/reference/tickers?active=false&limit=1000").json()["results"]
    assert {row["symbol"] for row in rows} == {dashed(row["ticker"]) for row in inactive} and gone[-1] == []
    dates = [row["delistedDate"] for row in rows]
    assert dates == sorted(dates, reverse=True)
    assert all(row["ipoDate"] < row["delistedDate"] for row in rows if row["ipoDate"])
