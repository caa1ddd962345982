"""Nothing later than now - delay is ever served, and what was served once stays as it was."""

from __future__ import annotations

import datetime as dt
import hashlib
import subprocess
import sys
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sentiment_site.market import calendar, clock
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.wsgi import Application
from tests.simulator.client import Client
from tests.simulator.conftest import ANCHOR, NOON

DELAY = dt.timedelta(minutes=15)
FIRST_DAY = dt.datetime(2025, 10, 18, tzinfo=dt.UTC)
MOMENTS = st.integers(0, int((NOON - FIRST_DAY).total_seconds())).map(lambda s: FIRST_DAY + dt.timedelta(seconds=s))
SYMBOLS = ("IWM", "SPY", "VIXY")
GROUPED = "/v2/aggs/grouped/locale/us/market/stocks"
SNAPSHOT = "/v2/snapshot/locale/us/markets/stocks/tickers"
PAST = (
    f"{GROUPED}/2025-11-28?adjusted=false",
    f"{GROUPED}/2025-10-31",
    "/v2/aggs/ticker/IWM/range/30/minute/2025-10-20/2025-11-28?limit=50000",
    "/v2/aggs/ticker/SPY/range/1/day/2025-10-20/2025-11-28",
    "/stocks/v1/short-interest?limit=50000&settlement_date.lte=2025-11-01",
    "/stocks/v1/splits?execution_date.lt=2025-12-01",
)


def milliseconds(at: dt.datetime) -> int:
    return int(at.timestamp() * 1000)


def half_hours(client: Client, symbol: str, start: dt.date, end: dt.date) -> list[dict[str, Any]]:
    path = f"/v2/aggs/ticker/{symbol}/range/30/minute/{start}/{end}?limit=50000&adjusted=false"
    return client.polygon(path).json().get("results", [])


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(now=MOMENTS, symbol=st.sampled_from(SYMBOLS))
def test_no_price_from_the_future(client: Client, now: dt.datetime, symbol: str) -> None:
    visible = milliseconds(now - DELAY)
    today = now.astimezone(calendar.NEW_YORK).date()
    with clock.frozen(now):
        bars = half_hours(client, symbol, today - dt.timedelta(days=6), today + dt.timedelta(days=3))
        assert all(bar["t"] + 1_800_000 <= visible for bar in bars)
        newest = calendar.last_completed_bar(now, DELAY)
        assert newest is None or not bars or bars[-1]["t"] <= milliseconds(newest)
        path = f"/v2/aggs/ticker/{symbol}/range/1/day/{today - dt.timedelta(days=9)}/{today + dt.timedelta(days=3)}"
        for bar in client.polygon(path).json().get("results", []):
            date = dt.datetime.fromtimestamp(bar["t"] / 1000, calendar.NEW_YORK).date()
            session = calendar.session_on(date)
            assert session is not None and milliseconds(session.close) <= visible
        for row in client.polygon(f"{SNAPSHOT}?tickers={','.join(SYMBOLS)}").json()["tickers"]:
            assert row["updated"] <= visible * 1_000_000
            assert row["min"]["t"] + 60_000 <= visible or row["min"]["t"] == 0
        closed = calendar.last_closed_session(now - DELAY).date
        previous = client.polygon(f"/v2/aggs/ticker/{symbol}/prev").json().get("results", [])
        assert all(
            bar["t"] <= milliseconds(dt.datetime.combine(closed, dt.time(), calendar.NEW_YORK)) for bar in previous
        )
        grouped = client.polygon(f"{GROUPED}/{today}").json()
        assert ("results" in grouped) == (closed == today and today >= dt.date(2025, 10, 17))


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(now=MOMENTS, later=MOMENTS)
def test_what_was_served_live_is_what_is_served_later(client: Client, now: dt.datetime, later: dt.datetime) -> None:
    now, later = sorted((now, later))
    start = now.date() - dt.timedelta(days=5)
    with clock.frozen(now) as time:
        then = half_hours(client, "IWM", start, later.date())
        time.move_to(later)
        assert half_hours(client, "IWM", start, later.date())[: len(then)] == then


def test_visibility_at_the_borders(client: Client) -> None:
    """The bar of 09:30 appears at 10:15:00, the day at 16:15:00 (13:15 on a half day), both to the second."""
    session = calendar.session_on(dt.date(2025, 11, 28))
    assert session is not None and session.half_day
    second = dt.timedelta(seconds=1)
    with clock.frozen(session.open + dt.timedelta(minutes=45) - second) as time:
        opening = milliseconds(session.open)
        assert all(bar["t"] < opening for bar in half_hours(client, "IWM", session.date, session.date))
        time.move_to(session.open + dt.timedelta(minutes=45))
        assert half_hours(client, "IWM", session.date, session.date)[-1]["t"] == opening
        time.move_to(session.close + DELAY - second)
        assert "results" not in client.polygon(f"{GROUPED}/{session.date}").json()
        time.move_to(session.close + DELAY)
        assert client.polygon(f"{GROUPED}/{session.date}").json()["resultsCount"] > 300
        time.move_to(session.post_close + DELAY)
        starts = [bar["t"] for bar in half_hours(client, "IWM", session.date, session.date)]
        assert starts[-1] == milliseconds(session.post_close) - 1_800_000
        assert len(starts) == 26


def test_without_delay_bars_are_there_at_once() -> None:
    session = calendar.session_on(dt.date(2025, 12, 1))
    assert session is not None
    with clock.frozen(session.open + dt.timedelta(minutes=30)):
        prompt = Client(Application(Parameters(ANCHOR, seed=1, names=40, sessions=2, delay_s=0)))
        answer = prompt.polygon("/v2/aggs/ticker/IWM/range/30/minute/2025-12-01/2025-12-01").json()
        assert answer["results"][-1]["t"] == milliseconds(session.open)
        assert answer["status"] == "OK"


def test_before_the_history_there_is_nothing() -> None:
    with clock.frozen(dt.datetime(2025, 11, 25, 3, tzinfo=dt.UTC)):
        early = Client(Application(Parameters(ANCHOR, seed=1, names=40, sessions=3)))
        assert early.polygon(f"{SNAPSHOT}").json() == {"count": 0, "status": "OK", "tickers": []}
        assert early.polygon("/v3/reference/tickers").json()["results"] == []
        assert early.polygon("/v2/aggs/ticker/IWM/prev").json()["resultsCount"] == 0
        assert early.fmp("/stable/company-screener").json() == []
        assert early.fmp("/stable/shares-float-all").json() == []


def _digest_of_the_past(client: Client) -> str:
    return hashlib.sha256(b"".join(client.polygon(path).body for path in PAST)).hexdigest()


def test_instances_and_processes_agree_to_the_byte(client: Client) -> None:
    """Another instance that has lived five days longer, and another process with other string hashes."""
    with clock.frozen(NOON):
        here = _digest_of_the_past(client)
    with clock.frozen(NOON + dt.timedelta(days=5)):
        longer = Client(Application(Parameters(ANCHOR, seed=11, names=400, sessions=30)))
        assert len(longer.application.world.tape.market.days) == 35
        assert _digest_of_the_past(longer) == here
    program = (
        "import datetime as dt\n"
        "from sentiment_site.market import clock\n"
        "from sentiment_site.simulator.market.parameters import Parameters\n"
        "from sentiment_site.simulator.wsgi import Application\n"
        "from tests.simulator.client import Client\n"
        "from tests.simulator.conftest import ANCHOR, NOON\n"
        "from tests.simulator.tape.test_tape import _digest_of_the_past\n"
        "with clock.frozen(NOON):\n"
        "    print(_digest_of_the_past(Client(Application(Parameters(ANCHOR, seed=11, names=400, sessions=30)))))\n"
    )
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True, timeout=60,
        env={"PYTHONHASHSEED": "123", "PATH": "/usr/bin:/bin"}, cwd=sys.path[0] or None,
    )  # fmt: skip
    assert ran.stdout.strip() == here


def test_another_seed_is_another_market(client: Client) -> None:
    with clock.frozen(NOON):
        other = Client(Application(Parameters(ANCHOR, seed=12, names=400, sessions=30)))
        assert _digest_of_the_past(other) != _digest_of_the_past(client)


def test_sessions_that_begin_later_are_generated_when_they_begin() -> None:
    with clock.frozen(NOON) as time:
        running = Client(Application(Parameters(ANCHOR, seed=1, names=40, sessions=2)))
        assert running.ask("GET", "/healthz").json() == {"status": "ok", "sessions": 4}
        time.move_to(NOON + dt.timedelta(days=1))
        assert len(half_hours(running, "IWM", dt.date(2025, 12, 3), dt.date(2025, 12, 3))) > 10
        assert running.ask("GET", "/healthz").json()["sessions"] == 5


@pytest.mark.parametrize("adjusted", ["true", "false"])
def test_splits_rewrite_the_past_only_when_adjusted(busy: Client, adjusted: str) -> None:
    tape = busy.application.world.tape
    with clock.frozen(NOON) as time:
        executed = tape.executed_splits(NOON)
        assert len(executed) > 5
        split = max(executed, key=lambda split: split.ratio)
        symbol = tape.listing.securities[split.row].symbol
        before = calendar.shift(split.session.date, -1)
        path = f"/v2/aggs/ticker/{symbol}/range/1/day/{before.date}/{split.session.date}?adjusted={adjusted}"
        rows = busy.polygon(path).json()["results"]
        assert len(rows) == 2
        time.move_to(before.close + DELAY)
        then = busy.polygon(path).json()["results"][0]
        factor = 1.0 / split.ratio if adjusted == "true" else 1.0
        assert rows[0]["c"] == pytest.approx(then["c"] * factor, rel=1e-3)
        assert rows[0]["v"] == pytest.approx(then["v"] / factor, rel=1e-9)
        time.move_to(NOON)
        jump = rows[1]["c"] / rows[0]["c"]
        assert (0.3 < jump < 3.0) == (adjusted == "true" or 0.5 <= split.ratio <= 2.0)
        grouped = busy.polygon(f"{GROUPED}/{before.date}?adjusted={adjusted}").json()["results"]
        assert next(row for row in grouped if row["T"] == symbol)["c"] == pytest.approx(rows[0]["c"])
        halves = busy.polygon(path.replace("/1/day/", "/30/minute/")).json()["results"]
        last_before = [bar for bar in halves if bar["t"] < milliseconds(before.close)][-1]
        assert last_before["c"] == pytest.approx(rows[0]["c"], abs=2e-4)


def test_listings_and_delistings_have_bars_only_while_listed(busy: Client) -> None:
    market = busy.application.world.tape.market
    newest = len(market.days) - 1
    new = [
        row for row, first in enumerate(market.listing.first) if 5 < first < newest - 2 and market.listing.jumps[row]
    ]
    ended = [row for row, last in enumerate(market.listing.last) if 5 < last < newest - 2 and market.listing.jumps[row]]
    assert new and ended
    with clock.frozen(NOON):
        day = dt.timedelta(days=1)
        for row, edges, is_new in ((new[0], market.listing.first, True), (ended[0], market.listing.last, False)):
            symbol, edge = market.listing.securities[row].symbol, market.days[int(edges[row])].session.date
            rows = busy.polygon(f"/v2/aggs/ticker/{symbol}/range/1/day/2025-10-01/2025-12-02?adjusted=false").json()
            stamps = [dt.datetime.fromtimestamp(bar["t"] / 1000, calendar.NEW_YORK).date() for bar in rows["results"]]
            assert (stamps[0] if is_new else stamps[-1]) == edge
            outside = (edge - 9 * day, edge - day) if is_new else (edge + day, NOON.date())
            assert half_hours(busy, symbol, *outside) == []
            assert half_hours(busy, symbol, edge, edge) != []
