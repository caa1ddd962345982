"""The snapshot through a day (upstreams.md 1.5): reset, pre-market, regular, after-hours, frozen; a delay late."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from sentiment_site.market import calendar, clock
from tests.simulator.client import Client
from tests.simulator.conftest import NOON

SNAPSHOT = "/v2/snapshot/locale/us/markets/stocks/tickers"
ZEROS = {"o": 0, "h": 0, "l": 0, "c": 0, "v": 0, "vw": 0, "dv": "0.0"}
SESSION = calendar.session_on(dt.date(2025, 12, 2))


def at(hour: int, minute: int, day: int = 2, month: int = 12) -> dt.datetime:
    return dt.datetime(2025, month, day, hour, minute, tzinfo=calendar.NEW_YORK)


def rows_at(client: Client, moment: dt.datetime) -> dict[str, dict[str, Any]]:
    with clock.frozen(moment):
        body = client.polygon(SNAPSHOT).json()
    assert body["status"] == "OK" and body["count"] == len(body["tickers"])
    return {row["ticker"]: row for row in body["tickers"]}


def test_shape(client: Client) -> None:
    rows = rows_at(client, NOON)
    assert len(rows) == client.application.world.tape.is_active(NOON).sum()
    iwm = rows["IWM"]
    assert set(iwm) == {"ticker", "todaysChangePerc", "todaysChange", "updated", "day", "min", "prevDay"}
    assert set(iwm["day"]) == {"o", "h", "l", "c", "v", "vw", "dv"}
    assert set(iwm["min"]) == {"av", "t", "n", "o", "h", "l", "c", "v", "vw", "dv", "dav"}
    assert set(iwm["prevDay"]) == {"o", "h", "l", "c", "v", "vw"}
    assert iwm["day"]["dv"] == f"{iwm['day']['v']:.1f}" and iwm["min"]["dav"] == f"{iwm['min']['av']:.1f}"
    assert iwm["updated"] // 10**15 == iwm["min"]["t"] // 10**9  # nanoseconds and milliseconds
    for row in rows.values():
        assert row["todaysChange"] == pytest.approx(
            row["min"]["c"] - row["prevDay"]["c"] if row["min"]["c"] and row["prevDay"]["c"] else 0, abs=1e-3
        )
        for part in (row["day"], row["min"], row["prevDay"]):
            assert part["l"] <= min(part["o"], part["c"]) and part["h"] >= max(part["o"], part["c"])
    assert iwm["todaysChangePerc"] == pytest.approx(100 * iwm["todaysChange"] / iwm["prevDay"]["c"], abs=1e-3)


def test_reset_at_0330_plus_delay(client: Client) -> None:
    before, after = rows_at(client, at(3, 44)), rows_at(client, at(3, 45))
    assert before["IWM"]["day"]["c"] > 0 and before["IWM"]["min"]["c"] > 0
    monday = before["IWM"]["day"]
    for row in after.values():
        assert row["day"] == ZEROS and row["todaysChange"] == 0 == row["todaysChangePerc"] == row["updated"]
        assert row["min"]["c"] == 0 == row["min"]["t"] == row["min"]["av"]
    assert {name: after["IWM"]["prevDay"][name] for name in "ohlc"} == {name: monday[name] for name in "ohlc"}


def test_pre_market_moves_the_minute_only(client: Client) -> None:
    row = rows_at(client, at(8, 20))["IWM"]
    assert row["day"] == ZEROS
    assert row["min"]["c"] > 0 and row["min"]["av"] > 0 and row["todaysChange"] != 0


def test_first_regular_trade_fills_the_day_with_pre_market_shares(client: Client) -> None:
    opening = rows_at(client, at(9, 45))["IWM"]
    first = rows_at(client, at(9, 46))["IWM"]
    assert opening["day"] == ZEROS
    assert first["day"]["o"] > 0 and first["day"]["v"] > opening["min"]["av"] > 0


@pytest.mark.parametrize("moment", [at(10, 15), at(12, 45), at(16, 15), at(13, 15, 28, 11), at(15, 15, 28, 11)])
def test_at_the_end_of_a_bar_it_equals_the_bars(client: Client, moment: dt.datetime) -> None:
    rows = rows_at(client, moment)
    date = moment.date()
    session = calendar.session_on(date)
    assert session is not None
    with clock.frozen(moment):
        for symbol in ("IWM", "XLU", *list(rows)[:40]):
            path = f"/v2/aggs/ticker/{symbol}/range/30/minute/{date}/{date}?adjusted=false&limit=50000"
            bars = client.polygon(path).json().get("results", [])
            assert rows[symbol]["min"]["av"] == sum(bar["v"] for bar in bars)
            assert rows[symbol]["min"]["c"] == (bars[-1]["c"] if bars else 0)
            regular = [b for b in bars if session.open.timestamp() <= b["t"] / 1000 < session.close.timestamp()]
            if regular:
                day = rows[symbol]["day"]
                assert (day["o"], day["c"]) == (regular[0]["o"], regular[-1]["c"])
                assert (day["h"], day["l"]) == (max(b["h"] for b in regular), min(b["l"] for b in regular))


def test_previous_day_equals_grouped_daily(client: Client) -> None:
    rows = rows_at(client, NOON)
    with clock.frozen(NOON):
        grouped = client.polygon("/v2/aggs/grouped/locale/us/market/stocks/2025-12-01").json()["results"]
    for bar in grouped:
        if bar["T"] in rows:
            previous = rows[bar["T"]]["prevDay"]
            assert {name: previous[name] for name in "ohlcv"} == {name: bar[name] for name in "ohlcv"}


def test_minutes_move_inside_the_bar_and_add_up(client: Client) -> None:
    """Minute by minute from 11:00 to 11:30 plus the delay: price within the final bar, shares and extremes growing."""
    start = at(11, 15)
    with clock.frozen(at(11, 45)):
        final = client.polygon("/v2/aggs/ticker/IWM/range/30/minute/2025-12-02/2025-12-02").json()["results"][-1]
    walk = [rows_at(client, start + dt.timedelta(minutes=minute)) for minute in range(31)]
    closes = [rows["IWM"]["min"]["c"] for rows in walk]
    assert len(set(closes[1:])) > 15
    assert all(final["l"] <= close <= final["h"] for close in closes[1:])
    assert closes[30] == final["c"]
    for symbol in ("IWM", *list(walk[0])[:60]):
        volumes = [rows[symbol]["min"]["av"] for rows in walk]
        highs, lows = ([rows[symbol]["day"][side] for rows in walk] for side in "hl")
        stamps = [rows[symbol]["min"]["t"] for rows in walk]
        assert volumes == sorted(volumes) and stamps == sorted(stamps)
        assert highs == sorted(highs)
        assert [low for low in lows if low] == sorted((low for low in lows if low), reverse=True)


def test_after_hours_freeze_the_day(client: Client) -> None:
    early, late = rows_at(client, at(16, 20, 1))["IWM"], rows_at(client, at(19, 50, 1))["IWM"]
    assert {name: early["day"][name] for name in "ohlc"} == {name: late["day"][name] for name in "ohlc"}
    assert late["min"]["c"] != late["day"]["c"] and late["min"]["t"] > early["min"]["t"]
    assert late["todaysChange"] == pytest.approx(late["min"]["c"] - late["prevDay"]["c"], abs=1e-3)
    assert rows_at(client, at(20, 30, 1))["IWM"] == rows_at(client, at(2, 0))["IWM"]


def test_weekend_keeps_friday(client: Client) -> None:
    friday, sunday = rows_at(client, at(23, 0, 28, 11)), rows_at(client, at(12, 0, 30, 11))
    assert friday["IWM"] == sunday["IWM"] and friday["IWM"]["day"]["c"] > 0


def test_chosen_tickers_and_one_ticker(client: Client) -> None:
    with clock.frozen(NOON):
        chosen = client.polygon(f"{SNAPSHOT}?tickers=SPY,NOSUCH,IWM,spy").json()
        assert [row["ticker"] for row in chosen["tickers"]] == ["IWM", "SPY"] and chosen["count"] == 2
        one = client.polygon(f"{SNAPSHOT}/SPY").json()
        assert one["ticker"] == chosen["tickers"][1] and one["status"] == "OK" and len(one["request_id"]) == 32
        missing = client.polygon(f"{SNAPSHOT}/NOSUCH")
        assert (missing.status, missing.json()["status"]) == (404, "NotFound")


def test_an_offering_has_no_previous_day(busy: Client) -> None:
    tape = busy.application.world.tape
    newest = len(tape.market.days)
    row = next(row for row, first in enumerate(tape.listing.first) if 2 < first < newest and tape.listing.jumps[row])
    session = tape.market.days[int(tape.listing.first[row])].session
    symbol = tape.listing.securities[row].symbol
    snapshot = rows_at(busy, session.close)[symbol]
    assert snapshot["prevDay"] == {"o": 0, "h": 0, "l": 0, "c": 0, "v": 0, "vw": 0}
    assert snapshot["min"]["c"] > 0 and snapshot["todaysChange"] == 0 == snapshot["todaysChangePerc"]


def test_previous_day_is_in_the_units_of_today(busy: Client) -> None:
    tape = busy.application.world.tape
    split = next(split for split in tape.executed_splits(NOON) if split.ratio < 1)
    symbol = tape.listing.securities[split.row].symbol
    before = calendar.shift(split.session.date, -1)
    with clock.frozen(before.close + dt.timedelta(minutes=15)):
        raw = busy.polygon(f"/v2/aggs/ticker/{symbol}/prev?adjusted=false").json()["results"][0]
    row = rows_at(busy, split.session.close)[symbol]
    assert row["prevDay"]["c"] == pytest.approx(raw["c"] / split.ratio, rel=1e-6)
    assert abs(row["todaysChangePerc"]) < 80
