"""CoinGecko's endpoints: by an independent public client over a socket, and their quirks (upstreams.md 3.1)."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from typing import Any

import coingecko_sdk
import numpy as np
import pytest
from werkzeug.serving import make_server

from sentiment_site.market import clock
from sentiment_site.simulator.crypto.market import DAY, HOUR
from tests.simulator.client import Client, Reply
from tests.simulator.conftest import NOON

pytestmark = pytest.mark.usefixtures("noon")
NOW_S = int(NOON.timestamp())


@pytest.fixture(scope="module")
def server(client: Client) -> Iterator[str]:
    """The simulated vendor behind a real socket."""
    server = make_server("127.0.0.1", 0, client.application, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/coingecko/api/v3"
    server.shutdown()
    thread.join()


@pytest.fixture
def gecko(server: str) -> coingecko_sdk.Coingecko:
    return coingecko_sdk.Coingecko(
        demo_api_key="demo", environment="demo", base_url=server, max_retries=0, _strict_response_validation=True
    )


def ask(client: Client, path: str, **headers: str) -> Reply:
    return client.ask("GET", f"/coingecko{path}", **headers)


def markets(client: Client, query: str = "") -> list[dict[str, Any]]:
    reply = ask(client, f"/coins/markets?vs_currency=usd&per_page=250{query}")
    assert reply.status == 200 and reply.headers["X-Simulated"] == "sectorlight"
    return reply.json()


def test_public_client_reads_the_global_figures(gecko: coingecko_sdk.Coingecko) -> None:
    data = gecko.global_.get().data
    shares = data.market_cap_percentage
    assert len(shares) == 10 and 25 < shares["btc"] < 78 and {"btc", "eth", "usdt"} <= set(shares)
    assert list(shares.values()) == sorted(shares.values(), reverse=True) and sum(shares.values()) < 100
    assert data.updated_at % 600 == 0 and 0 <= NOW_S - data.updated_at < 600
    assert data.total_market_cap["usd"] > 1e11 and data.total_volume["usd"] > 1e9
    bitcoin = gecko.simple.price.get(ids="bitcoin", vs_currencies="usd")["bitcoin"].usd
    assert data.total_market_cap["usd"] / data.total_market_cap["btc"] == pytest.approx(bitcoin, rel=0.02)


def test_public_client_reads_the_table(gecko: coingecko_sdk.Coingecko) -> None:
    rows = gecko.coins.markets.get(
        vs_currency="usd", ids="bitcoin,ethereum,tether,nothing", sparkline=True, price_change_percentage="1h,7d,1y"
    )
    assert {row.id for row in rows} == {"bitcoin", "ethereum", "tether"}
    bitcoin = rows[0]
    assert bitcoin.market_cap_rank == 1 and bitcoin.max_supply == 21_000_000
    assert bitcoin.low_24h <= bitcoin.current_price <= bitcoin.high_24h <= bitcoin.ath
    assert bitcoin.market_cap == pytest.approx(bitcoin.current_price * bitcoin.circulating_supply, rel=1e-4)
    assert len(bitcoin.sparkline_in_7d.price) == 168
    week = 100 * (bitcoin.current_price / bitcoin.sparkline_in_7d.price[0] - 1)
    assert bitcoin.price_change_percentage_7d_in_currency == pytest.approx(week, abs=6)
    assert bitcoin.last_updated == NOON.replace(second=0)


def test_public_client_reads_charts(gecko: coingecko_sdk.Coingecko) -> None:
    for days, step, least, most in (("1", 300, 287, 290), ("30", HOUR, 719, 722), ("365", DAY, 365, 367)):
        chart = gecko.coins.market_chart.get("bitcoin", vs_currency="usd", days=days)
        at = np.array([point[0] for point in chart.prices])
        assert least <= len(at) <= most
        assert len(chart.market_caps) == len(chart.total_volumes) == len(at)
        assert at[-1] == NOW_S * 1000 and (np.diff(at) > 0).all()
        assert np.median(np.diff(at)) / 1000 == pytest.approx(step, rel=0.05)
        assert (at[:-1] % (DAY * 1000) == 0).all() == (step == DAY)
    daily = gecko.coins.market_chart.get("ethereum", vs_currency="usd", days="30", interval="daily")
    assert len(daily.prices) == 31
    ranged = gecko.coins.market_chart.get_range(
        "bitcoin", vs_currency="usd", from_=str(NOW_S - 10 * DAY), to=str(NOW_S - 8 * DAY)
    )
    assert 47 <= len(ranged.prices) <= 48 and ranged.prices[-1][0] <= (NOW_S - 8 * DAY) * 1000 + 60_000
    candles = np.array(gecko.coins.ohlc.get("bitcoin", vs_currency="usd", days="30"))
    assert (np.diff(candles[:, 0]) == 4 * HOUR * 1000).all()
    assert (candles[:, 2] >= candles[:, [1, 4]].max(axis=1)).all()
    assert (candles[:, 3] <= candles[:, [1, 4]].min(axis=1)).all()
    assert (candles[1:, 1] == candles[:-1, 4]).all()


def test_public_client_meets_the_limits_of_the_plan(gecko: coingecko_sdk.Coingecko, server: str) -> None:
    with pytest.raises(coingecko_sdk.AuthenticationError) as refused:
        gecko.coins.market_chart.get("bitcoin", vs_currency="usd", days="max")
    assert refused.value.body["error"]["status"]["error_code"] == 10012  # type: ignore[index]
    with pytest.raises(coingecko_sdk.NotFoundError) as missing:
        gecko.coins.market_chart.get("no-such-coin", vs_currency="usd", days="1")
    assert missing.value.body == {"error": "coin not found"}
    paid = coingecko_sdk.Coingecko(pro_api_key="p", environment="pro", base_url=server, max_retries=0)
    with pytest.raises(coingecko_sdk.BadRequestError) as wrong:
        paid.global_.get()
    assert wrong.value.body["status"]["error_code"] == 10010  # type: ignore[index]
    assert gecko.ping.get().gecko_says == "(V3) To the Moon!"


def test_charts_table_and_history_tell_one_story(client: Client) -> None:
    bitcoin = next(row for row in markets(client) if row["id"] == "bitcoin")
    day = ask(client, "/coins/bitcoin/market_chart?vs_currency=usd&days=1").json()
    month = ask(client, "/coins/bitcoin/market_chart?vs_currency=usd&days=30").json()
    assert round(day["prices"][-1][1]) == round(month["prices"][-1][1]) == bitcoin["current_price"]
    assert max(price for _, price in day["prices"]) <= bitcoin["high_24h"] + 1
    assert min(price for _, price in day["prices"]) >= bitcoin["low_24h"] - 1
    assert day["market_caps"][-1][1] == pytest.approx(bitcoin["market_cap"], rel=1e-9)
    assert day["total_volumes"][-1][1] == pytest.approx(bitcoin["total_volume"], rel=1e-9)
    euros = ask(client, "/coins/bitcoin/market_chart?vs_currency=eur&days=1").json()
    ratios = np.array(euros["prices"])[:, 1] / np.array(day["prices"])[:, 1]
    assert ratios == pytest.approx(np.full(len(ratios), ratios[0]))
    own = ask(client, "/coins/bitcoin/market_chart?vs_currency=btc&days=1").json()
    assert np.array(own["prices"])[:, 1] == pytest.approx(1.0)


def test_asking_later_gives_the_same_past(client: Client, noon: clock.Frozen) -> None:
    hourly = "/coins/ethereum/market_chart?vs_currency=usd&days=10"
    earlier = ask(client, hourly).json()["prices"]
    noon.move_to(NOON + dt.timedelta(days=3))
    later = dict(ask(client, hourly).json()["prices"])
    common = [point for point in earlier if point[0] in later]
    assert 165 <= len(common) <= 169
    assert all(later[stamp] == price for stamp, price in common)
    noon.move_to(NOON + dt.timedelta(days=800))
    assert ask(client, "/global").json()["data"]["total_market_cap"]["usd"] > 1e10


def test_the_table_orders_filters_and_pages(client: Client) -> None:
    rows = markets(client)
    caps = [row["market_cap"] for row in rows]
    assert caps == sorted(caps, reverse=True)
    ranked = [row["market_cap_rank"] for row in rows if row["market_cap_rank"] is not None]
    assert ranked == list(range(1, len(ranked) + 1)) and len(ranked) < len(rows)
    without = [row for row in rows if row["market_cap_rank"] is None]
    assert without and all(row["market_cap"] == 0 and row["fully_diluted_valuation"] is None for row in without)
    assert {row["max_supply"] is None for row in rows} == {True, False}
    assert not any("wrapped" in row["id"] or "staked" in row["id"] for row in rows)
    copies = [row for row in markets(client, "&include_rehypothecated=true") if "staked" in row["id"]]
    assert copies and all(row["market_cap_rank"] is None for row in copies)
    assert all(row["market_cap_rank_with_rehypothecated"] > 2 for row in copies)
    stables = markets(client, "&category=stablecoins")
    assert len(stables) == 8 and all(0.99 < row["current_price"] < 1.01 for row in stables)
    pages = [ask(client, f"/coins/markets?vs_currency=usd&per_page=50&page={page}").json() for page in (1, 2, 3, 4)]
    assert [row["id"] for page in pages for row in page] == [row["id"] for row in rows] and pages[3] == []
    volumes = [row["total_volume"] for row in markets(client, "&order=volume_desc")]
    assert volumes == sorted(volumes, reverse=True)
    assert [row["id"] for row in markets(client, "&symbols=eth")] == ["ethereum"]
    exact = markets(client, "&ids=bitcoin&precision=4")[0]["current_price"]
    assert exact == round(exact, 4) and exact != round(exact)


def test_a_young_coin_starts_with_null_and_zero_caps(client: Client, noon: clock.Frozen) -> None:
    crypto = client.application.world.crypto
    row = next(row for row, coin in enumerate(crypto.coins) if 100 < coin.listed_day < 900)
    name, listed = crypto.coins[row].id, dt.datetime.fromtimestamp(crypto.listed_at(row), dt.UTC)
    path = f"/coins/{name}/market_chart?vs_currency=usd&days=120"
    noon.move_to(listed - dt.timedelta(hours=2))
    assert ask(client, path).json() == {"error": "coin not found"}
    assert name not in {row["id"] for row in ask(client, "/coins/list").json()}
    noon.move_to(listed + dt.timedelta(days=10, hours=5))
    caps = [value for _, value in ask(client, path).json()["market_caps"]]
    assert caps[:3] == [None, 0.0, 0.0] and all(value > 0 for value in caps[3:]) and len(caps) == 12
    entry = markets(client, f"&ids={name}&price_change_percentage=30d,24h")[0]
    assert entry["price_change_percentage_30d_in_currency"] is None
    assert entry["price_change_percentage_24h_in_currency"] is not None


def test_the_last_daily_point_is_complete_at_35_past(client: Client, noon: clock.Frozen) -> None:
    path, midnight = "/coins/bitcoin/market_chart?vs_currency=usd&days=100", NOON.replace(hour=0, minute=0, second=0)
    for minutes, complete in ((20, False), (36, True)):
        noon.move_to(midnight + dt.timedelta(minutes=minutes))
        stamps = [stamp for stamp, _ in ask(client, path).json()["prices"]]
        assert (midnight.timestamp() * 1000 in stamps) is complete
        assert stamps[-1] == (midnight + dt.timedelta(minutes=minutes)).timestamp() * 1000


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [
        ("/coins/markets", 422, {"error": "Missing parameter vs_currency"}),
        ("/coins/markets?vs_currency=xyz", 400, {"error": "invalid vs_currency"}),
        ("/coins/bitcoin/market_chart?vs_currency=usd", 422, {"error": "Missing parameter days"}),
        ("/coins/bitcoin/market_chart?vs_currency=usd&days=soon", 400, {"error": "Invalid days parameter"}),
        ("/coins/bitcoin/ohlc?vs_currency=usd&days=2", 400, {"error": "Invalid days parameter"}),
        ("/simple/price?vs_currencies=usd", 422, {"error": "Missing parameter ids"}),
        ("/simple/price?ids=nothing&vs_currencies=usd", 200, {}),
    ],
)
def test_bad_requests(client: Client, path: str, status: int, body: dict[str, Any]) -> None:
    reply = ask(client, path)
    assert (reply.status, reply.json()) == (status, body)


def test_refusals_have_both_error_shapes(client: Client) -> None:
    key = {"HTTP_X_CG_DEMO_API_KEY": "demo"}
    keyless = ask(client, "/api/v3/global/market_cap_chart?days=30")
    assert keyless.status == 401 and keyless.json()["error"]["status"]["error_code"] == 10002
    paid = ask(client, "/api/v3/global/market_cap_chart?days=30", **key)
    assert paid.status == 401 and paid.json()["error"]["status"]["error_code"] == 10005
    inquery = ask(client, "/global/market_cap_chart?days=30&x_cg_demo_api_key=demo")
    assert inquery.json()["error"]["status"]["error_code"] == 10005
    hourly = ask(client, "/coins/bitcoin/market_chart?vs_currency=usd&days=5&interval=hourly", **key)
    assert hourly.status == 401
    old = ask(client, f"/coins/bitcoin/market_chart/range?vs_currency=usd&from={NOW_S - 400 * DAY}&to={NOW_S}", **key)
    assert old.status == 401 and old.json()["error"]["status"]["error_code"] == 10012
    body = b'{"vendor": "coingecko", "kind": "429_retry_after", "times": 1, "delay_s": 9}'
    assert client.ask("POST", "/faults", body, HTTP_X_CONTROL="1").status == 201
    limited = ask(client, "/global")
    assert limited.status == 429 and limited.headers["Retry-After"] == "9"
    assert limited.json()["status"]["error_code"] == 429 and "Rate Limit" in limited.json()["status"]["error_message"]
    assert ask(client, "/global").status == 200
