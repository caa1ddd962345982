"""CoinPaprika: its own shapes, and the same market seen by another vendor (upstreams.md 3.2)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.simulator.client import Client
from tests.simulator.conftest import NOON

pytestmark = pytest.mark.usefixtures("noon")


def ask(client: Client, path: str, status: int = 200) -> Any:
    reply = client.ask("GET", f"/coinpaprika/v1{path}")
    assert reply.status == status
    return reply.json()


def test_global_agrees_with_the_other_vendor_within_a_percent(client: Client) -> None:
    here = ask(client, "/global")
    there = client.ask("GET", "/coingecko/global").json()["data"]
    assert set(here) == {
        "market_cap_usd", "volume_24h_usd", "bitcoin_dominance_percentage", "cryptocurrencies_number",
        "market_cap_ath_value", "market_cap_ath_date", "volume_24h_ath_value", "volume_24h_ath_date",
        "volume_24h_percent_from_ath", "volume_24h_percent_to_ath", "market_cap_change_24h", "volume_24h_change_24h",
        "last_updated",
    }  # fmt: skip
    assert here["market_cap_usd"] != round(there["total_market_cap"]["usd"])
    assert here["market_cap_usd"] == pytest.approx(there["total_market_cap"]["usd"], rel=0.015)
    assert here["bitcoin_dominance_percentage"] == pytest.approx(there["market_cap_percentage"]["btc"], rel=0.012)
    assert here["market_cap_ath_value"] >= here["market_cap_usd"]
    assert 0 <= int(NOON.timestamp()) - here["last_updated"] < 300


def test_tickers_are_ranked_and_quoted(client: Client) -> None:
    rows = ask(client, "/tickers?limit=10&quotes=USD,BTC")
    assert [row["rank"] for row in rows] == list(range(1, 11)) and rows[0]["id"] == "btc-bitcoin"
    caps = [row["quotes"]["USD"]["market_cap"] for row in rows]
    assert caps == sorted(caps, reverse=True)
    bitcoin = rows[0]["quotes"]
    assert bitcoin["BTC"]["price"] == pytest.approx(1.0, rel=0.002)
    assert bitcoin["USD"]["price"] <= bitcoin["USD"]["ath_price"] and bitcoin["USD"]["percent_from_price_ath"] <= 0
    assert {"percent_change_15m", "percent_change_1h", "percent_change_7d", "percent_change_1y"} <= set(bitcoin["USD"])
    there = client.ask("GET", "/coingecko/coins/markets?vs_currency=usd&per_page=250").json()
    prices = {row["symbol"]: row["current_price"] for row in there}
    for row in ask(client, "/tickers?limit=0"):
        assert row["quotes"]["USD"]["price"] == pytest.approx(prices[row["symbol"].lower()], rel=0.03)
    one = ask(client, "/tickers/eth-ethereum")
    assert one["quotes"]["USD"] == next(row for row in rows if row["symbol"] == "ETH")["quotes"]["USD"]


def test_history_is_free_for_a_year(client: Client) -> None:
    rows = ask(client, "/tickers/btc-bitcoin/historical?start=2025-11-01&end=2025-11-30&interval=1d")
    assert len(rows) == 30 and rows[0]["timestamp"] == "2025-11-01T00:00:00Z"
    assert set(rows[0]) == {"timestamp", "price", "volume_24h", "market_cap"}
    year = ask(client, "/tickers/btc-bitcoin/historical?start=2024-12-03&interval=1d")
    assert len(year) == 365
    assert "paid plans" in ask(client, "/tickers/btc-bitcoin/historical?start=2024-11-01&interval=1d", 402)["error"]
    assert ask(client, "/tickers/btc-bitcoin/historical?start=2025-11-20&interval=1h", 402)
    hours = ask(client, "/tickers/btc-bitcoin/historical?start=2025-12-02&interval=1h&limit=5")
    assert [row["timestamp"][11:13] for row in hours] == ["00", "01", "02", "03", "04"]


@pytest.mark.parametrize(
    ("path", "status", "error"),
    [
        ("/tickers/no-coin", 404, "id not found"),
        ("/tickers/btc-bitcoin/historical", 400, "missing parameter start"),
        ("/tickers/btc-bitcoin/historical?start=now", 400, "invalid start"),
        ("/tickers/btc-bitcoin/historical?start=2025-12-01&interval=9d", 400, "invalid interval"),
        ("/tickers?quotes=XYZ", 400, "invalid quotes"),
    ],
)
def test_errors_say_error(client: Client, path: str, status: int, error: str) -> None:
    assert ask(client, path, status) == {"error": error}
