"""Massive's option endpoints: filters, paging, as_of, expired, chains with gaps (upstreams.md 1.4 and 6)."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sentiment_site.market import calendar, clock
from tests.simulator.client import Client, flat, pages
from tests.simulator.conftest import NOON

pytestmark = pytest.mark.usefixtures("noon")
CONTRACTS = "/v3/reference/options/contracts"
IWM = f"{CONTRACTS}?underlying_ticker=IWM"
CHAIN = "/v3/snapshot/options/IWM"


def contracts(client: Client, query: str = "") -> list[dict[str, Any]]:
    return flat(client, f"{IWM}&limit=1000{query}")


def test_contract_fields(client: Client) -> None:
    row = contracts(client, "&expiration_date=2025-12-19&strike_price=265&contract_type=put")
    assert row == [
        {"cfi": "OPASPS", "contract_type": "put", "exercise_style": "american", "expiration_date": "2025-12-19",
         "primary_exchange": "BATO", "shares_per_contract": 100, "strike_price": 265,
         "ticker": "O:IWM251219P00265000", "underlying_ticker": "IWM"}
    ]  # fmt: skip
    one = client.polygon(f"{CONTRACTS}/O:IWM251219P00265000").json()
    assert one["results"] == row[0] and one["status"] == "OK"
    for unknown in ("O:IWM251219P99999000", "O:NOSUCH251219C00005000"):
        assert client.polygon(f"{CONTRACTS}/{unknown}").status == 404


@pytest.mark.parametrize(
    ("query", "holds"),
    [
        ("&contract_type=call", lambda row: row["contract_type"] == "call"),
        ("&strike_price.gte=260&strike_price.lt=270", lambda row: 260 <= row["strike_price"] < 270),
        ("&strike_price.gt=260&strike_price.lte=270", lambda row: 260 < row["strike_price"] <= 270),
        ("&expiration_date.gt=2025-12-05&expiration_date.lte=2025-12-19",
         lambda row: "2025-12-05" < row["expiration_date"] <= "2025-12-19"),
        ("&expiration_date.gte=2026-06-01", lambda row: row["expiration_date"] >= "2026-06-01"),
    ],
)  # fmt: skip
def test_filters(client: Client, query: str, holds: Any) -> None:
    assert contracts(client, query) == [row for row in contracts(client) if holds(row)] != []


@pytest.mark.parametrize("sort", ["ticker", "expiration_date", "strike_price"])
@pytest.mark.parametrize("order", ["asc", "desc"])
def test_paging_covers_every_contract_once(client: Client, sort: str, order: str) -> None:
    found = pages(client, f"{IWM}&limit=170&strike_price.gte=255&strike_price.lte=275&sort={sort}&order={order}")
    assert [len(page) for page in found[:-1]] == [170] * (len(found) - 1) and len(found) > 3
    rows = [row for page in found for row in page]
    assert len({row["ticker"] for row in rows}) == len(rows)
    values = [(row[sort], row["ticker"]) for row in rows]
    assert values == sorted(values, reverse=order == "desc")


def test_all_underlyings_in_order_of_ticker(client: Client) -> None:
    first = client.polygon(f"{CONTRACTS}?limit=1000").json()
    assert len(client.polygon(CONTRACTS).json()["results"]) == 10
    rows = list(first["results"])
    url = first["next_url"]
    for _ in range(3):
        page = client.polygon(url.split("/polygon", 1)[1]).json()
        rows += page["results"]
        url = page["next_url"]
    tickers = [row["ticker"] for row in rows]
    assert len(set(tickers)) == 4000 and len({row["underlying_ticker"] for row in rows}) > 5
    assert tickers == sorted(tickers)
    between = flat(client, f"{CONTRACTS}?underlying_ticker.gte=IWM&underlying_ticker.lt=IWN&limit=1000")
    assert {row["underlying_ticker"] for row in between} == {"IWM"}
    assert client.polygon(f"{CONTRACTS}?underlying_ticker=NOSUCH").json()["results"] == []


def test_expired_and_as_of(client: Client) -> None:
    live, expired = contracts(client), contracts(client, "&expired=true")
    assert min(row["expiration_date"] for row in live) == "2025-12-02"  # the day itself still trades
    assert max(row["expiration_date"] for row in expired) == "2025-12-01"
    then = contracts(client, "&as_of=2025-11-10")
    assert min(row["expiration_date"] for row in then) == "2025-11-10"
    with clock.frozen(dt.datetime(2025, 11, 10, 17, tzinfo=dt.UTC)):
        assert contracts(client) == then
    assert contracts(client, "&as_of=2020-01-02") == []
    assert contracts(client, "&as_of=2030-01-02") == live


def test_adjusted_contracts(busy: Client) -> None:
    tape = busy.application.world.tape
    everything = [row for split in tape.executed_splits(NOON) if split.split_to == 1
                  for row in flat(busy, f"{CONTRACTS}?limit=1000&underlying_ticker="
                                  f"{tape.listing.securities[split.row].symbol}")]  # fmt: skip
    odd = [row for row in everything if row["shares_per_contract"] != 100]
    assert odd and all(row["cfi"].endswith("N") for row in odd)
    assert all(row["ticker"][len(f"O:{row['underlying_ticker'].replace('.', '')}") :][0] in "123" for row in odd)
    with_cash = [row for row in odd if "additional_underlyings" in row]
    assert with_cash
    (cash,) = with_cash[0]["additional_underlyings"]
    assert cash["type"] == "currency" and cash["underlying"] == "USD" and cash["amount"] > 0
    found = busy.polygon(f"/v3/snapshot/options/{odd[0]['underlying_ticker']}/{odd[0]['ticker']}")
    assert found.status in (200, 404)  # 404 once the stock is delisted
    assert busy.polygon(f"{CONTRACTS}/{odd[0]['ticker']}").json()["results"] == odd[0]


def test_chain_rows(client: Client) -> None:
    rows = flat(client, f"{CHAIN}?limit=250")
    assert [row["details"]["ticker"] for row in rows] == [row["ticker"] for row in contracts(client)]
    assert len(client.polygon(CHAIN).json()["results"]) == 10
    snapshot = client.polygon("/v2/snapshot/locale/us/markets/stocks/tickers/IWM").json()["ticker"]
    for row in rows:
        base = {"break_even_price", "day", "details", "greeks", "open_interest", "underlying_asset"}
        assert set(row) - {"implied_volatility"} == base
        assert ("implied_volatility" in row) == bool(row["greeks"])
        asset = row["underlying_asset"]
        assert (asset["ticker"], asset["timeframe"], asset["price"]) == ("IWM", "DELAYED", snapshot["min"]["c"])
        assert asset["last_updated"] == snapshot["updated"]
        assert asset["change_to_break_even"] == pytest.approx(row["break_even_price"] - asset["price"], abs=1e-3)
        if row["day"]:
            day = row["day"]
            assert day["low"] <= min(day["open"], day["close"]) and day["high"] >= max(day["open"], day["close"])
            assert day["change"] == pytest.approx(day["close"] - day["previous_close"], abs=1e-3)
            assert day["volume"] > 0 and day["last_updated"] <= (NOON - dt.timedelta(minutes=15)).timestamp() * 1e9
    assert {bool(row["day"]) for row in rows} == {bool(row["greeks"]) for row in rows} == {True, False}
    deep = [row for row in rows if row["details"]["contract_type"] == "call"
            and row["details"]["strike_price"] < 200 and row["details"]["expiration_date"] < "2025-12-10"]  # fmt: skip
    assert deep and all(row["greeks"] == {} for row in deep)
    near = [row for row in rows if abs(row["details"]["strike_price"] / snapshot["min"]["c"] - 1) < 0.02
            and row["greeks"] and row["details"]["expiration_date"] > "2025-12-12"]  # fmt: skip
    for row in near:
        greeks, call = row["greeks"], row["details"]["contract_type"] == "call"
        assert 0.2 < abs(greeks["delta"]) < 0.8 and (greeks["delta"] > 0) == call
        assert greeks["gamma"] > 0 > greeks["theta"] and greeks["vega"] > 0 and 0.05 < row["implied_volatility"] < 1.5


def test_chain_filters_and_errors(client: Client) -> None:
    query = "strike_price.gte=260&strike_price.lte=270&expiration_date=2025-12-19&contract_type=call"
    rows = flat(client, f"{CHAIN}?{query}&limit=5")
    assert [row["details"]["strike_price"] for row in rows] == [260, 262.5, 265, 267.5, 270] or len(rows) == 11
    (one,) = [row for row in rows if row["details"]["strike_price"] == 265]
    assert client.polygon(f"{CHAIN}/{one['details']['ticker']}").json()["results"] == one
    assert client.polygon(f"{CHAIN}/O:IWM251219C99999000").status == 404
    assert client.polygon("/v3/snapshot/options/NOSUCH").json()["results"] == []
    for wrong in ("limit=251", "limit=0", "sort=delta", "order=up", "contract_type=warrant", "strike_price=cheap",
                  "expiration_date.gte=soon"):  # fmt: skip
        answer = client.polygon(f"{CHAIN}?{wrong}")
        assert answer.status == 400 and answer.json()["status"] == "ERROR"
    assert client.polygon(f"{CONTRACTS}?limit=1001").status == 400
    assert client.polygon(f"{CONTRACTS}?sort=strike_price").status == 400


def test_days_by_the_clock(client: Client) -> None:
    """Nothing at 09:44 on the delayed plan, trades at 10:00, frozen at night, empty after the reset."""

    def traded(*moment: int) -> int:
        with clock.frozen(dt.datetime(*moment, tzinfo=calendar.NEW_YORK)):  # type: ignore[arg-type,misc]
            rows = flat(client, f"{CHAIN}?limit=250&expiration_date=2025-12-19")
            return sum(row["day"].get("volume", 0) for row in rows)

    assert traded(2025, 12, 2, 9, 44) == 0
    assert 0 < traded(2025, 12, 2, 10, 0) < traded(2025, 12, 2, 15, 0) <= traded(2025, 12, 2, 16, 15)
    assert traded(2025, 12, 2, 16, 15) == traded(2025, 12, 2, 20, 0) == traded(2025, 12, 3, 3, 0)
    assert traded(2025, 12, 3, 4, 10) == 0


def test_unified_snapshot(client: Client) -> None:
    chain = flat(client, f"{CHAIN}?limit=250")
    busiest = max(chain, key=lambda row: row["day"].get("volume", 0))
    quiet = next(row for row in chain if not row["day"])
    asked = ["IWM", "SPY", "NOPE", "I:SPX", busiest["details"]["ticker"], quiet["details"]["ticker"]]
    found = pages(client, f"/v3/snapshot?ticker.any_of={','.join(asked)}&limit=4")
    assert [len(page) for page in found] == [4, 2]
    rows = {row["ticker"]: row for page in found for row in page}
    assert list(rows) == sorted(asked)
    assert rows["NOPE"] == {"ticker": "NOPE", "error": "NOT_FOUND", "message": "Ticker not found."}
    assert rows["I:SPX"]["error"] == "NOT_ENTITLED"
    assert (rows["IWM"]["type"], rows["IWM"]["market_status"]) == ("stocks", "open")
    session, snapshot = rows["IWM"]["session"], client.polygon(
        "/v2/snapshot/locale/us/markets/stocks/tickers/IWM").json()["ticker"]  # fmt: skip
    assert session["change"] == snapshot["todaysChange"] and session["volume"] == snapshot["min"]["av"]
    assert session["regular_trading_change"] == pytest.approx(session["close"] - session["previous_close"], abs=1e-3)
    option = rows[busiest["details"]["ticker"]]
    assert option["type"] == "options" and option["details"]["underlying_ticker"] == "IWM"
    assert option["session"]["volume"] == busiest["day"]["volume"] and option["greeks"] == busiest["greeks"]
    assert "session" not in rows[quiet["details"]["ticker"]]
    everything = flat(client, "/v3/snapshot?type=stocks&limit=250")
    assert len(everything) == client.polygon("/v2/snapshot/locale/us/markets/stocks/tickers").json()["count"]
    assert flat(client, "/v3/snapshot?ticker.gte=IWM&ticker.lte=IWM")[0]["ticker"] == "IWM"
    many = ",".join(f"A{number}" for number in range(251))
    assert client.polygon(f"/v3/snapshot?ticker.any_of={many}").status == 400


def test_unified_changes_before_and_after_hours(client: Client) -> None:
    for moment, status, names in (
        ((2025, 12, 2, 8), "early_trading", {"early_trading_change", "early_trading_change_percent"}),
        ((2025, 12, 2, 18), "late_trading", {"late_trading_change", "regular_trading_change"}),
    ):
        with clock.frozen(dt.datetime(*moment, tzinfo=calendar.NEW_YORK)):  # type: ignore[arg-type,misc]
            row = client.polygon("/v3/snapshot?ticker.any_of=IWM").json()["results"][0]
        assert row["market_status"] == status and names <= set(row["session"])
