"""Trading halts, and bars that the vendor lost."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from typing import Any

import numpy as np
import pytest

from sentiment_site.market import calendar, clock
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.market.process import Day, Market
from sentiment_site.simulator.tape import cut, suspensions
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.tape.halts import RESUMPTION_NOTICE, Halt
from sentiment_site.simulator.tape.minutes import UNBROKEN, Trading
from sentiment_site.simulator.tape.pauses import _pauses_of, bands, compute_trading
from sentiment_site.simulator.tape.suspensions import Code, Stop
from sentiment_site.simulator.wsgi import Application
from tests.simulator.client import Client

ANCHOR = dt.date(2025, 12, 1)
NOW = dt.datetime(2025, 12, 2, 1, 30, tzinfo=dt.UTC)  # after the anchor's session
BEGIN = dt.datetime(2025, 10, 1, tzinfo=dt.UTC)


@pytest.fixture(scope="module")
def asked() -> Client:
    """1,500 names over 30 sessions in which regulators often ask for information."""
    with pytest.MonkeyPatch.context() as patch, clock.frozen(NOW):
        patch.setattr(suspensions, "_REQUEST_CHANCE", 0.5)
        patch.setattr(suspensions, "_RISE", np.log(1.6))
        client = Client(Application(Parameters(ANCHOR, seed=3, names=1500, sessions=30)))
        client.application.world.tape.halts(BEGIN, NOW, NOW)
        return client


@pytest.fixture(scope="module")
def tape(asked: Client) -> Tape:
    return asked.application.world.tape


@pytest.fixture(scope="module")
def halts(tape: Tape) -> list[Halt]:
    """Those that are over; only requests for information can still be on."""
    found = tape.halts(BEGIN, NOW, NOW)
    assert {halt.code for halt in found if halt.ends is None} <= {Code.REQUESTED}
    return [halt for halt in found if halt.ends is not None]


def bars_of(client: Client, symbol: str, timespan: str = "30/minute") -> list[dict[str, Any]]:
    path = f"/v2/aggs/ticker/{symbol}/range/{timespan}/2025-10-10/2025-12-01?adjusted=false&limit=50000"
    with clock.frozen(NOW):
        return asked_rows(client, path)


def asked_rows(client: Client, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.polygon(path).json().get("results", [])
    return found


def suspensions_of(tape: Tape, day: Day) -> tuple[Stop, ...]:
    return tape._suspensions.stops(day)


@pytest.mark.parametrize(
    ("price", "first_tier", "last", "width"),
    [(10.0, True, False, 0.05), (10.0, False, False, 0.10), (2.0, True, False, 0.20), (0.75, False, False, 0.20),
     (0.5, False, False, 0.30), (0.1, False, False, 0.75), (10.0, True, True, 0.10), (10.0, False, True, 0.10),
     (3.0, False, True, 0.40)],
)  # fmt: skip
def test_bands_of_the_plan(price: float, first_tier: bool, last: bool, width: float) -> None:
    assert bands(np.array([price]), np.array([first_tier]), last)[0] == pytest.approx(width)


def test_pauses_where_the_way_leaves_the_band() -> None:
    """Up eleven percent at the 8th of 32 steps, then another eleven at the 24th: two pauses of ten minutes in all."""
    path = np.r_[np.full(8, 10.0), np.full(16, 11.1), np.full(9, 12.4)]
    pauses = _pauses_of(5, path, 0.10, 13, 2)
    assert [(stop.begin - 13 * 30, stop.end - stop.begin) for stop in pauses] == [(5, 5), (20, 5)]
    assert [stop.level for stop in pauses] == [11.0, 12.21]
    assert _pauses_of(5, np.linspace(10.0, 10.9, 33), 0.10, 13, 2) == []
    at_the_end = _pauses_of(5, np.r_[np.full(32, 10.0), 8.0], 0.10, 13, 2)
    assert [(stop.begin - 13 * 30, stop.end - 13 * 30, stop.level) for stop in at_the_end] == [(25, 30, 9.0)]
    assert len(_pauses_of(5, 10.0 * 1.2 ** np.arange(33), 0.10, 13, 2)) == 3


def test_trading_goes_on_in_the_minutes_that_are_left() -> None:
    stops = [
        Stop(2, Code.VOLATILITY, 300, 305, 0),
        Stop(2, Code.VOLATILITY, 320, 325, 0),
        Stop(7, Code.NEWS, 295, 334, 0),
    ]
    trading = compute_trading(stops)
    assert sorted(trading) == [9, 10, 11] and trading[10].rows.tolist() == [2]  # of row 7 nothing is left in bar 10
    assert trading[9].minutes[0].tolist() == [True] * 25 + [False] * 5
    assert trading[10].elapsed(4, 5).tolist() == [5, 5, 0, 5]
    assert trading[10].elapsed(4, 29).tolist() == [29, 29, 28, 29]  # 19 of 20
    assert trading[10].elapsed(4, 30).tolist() == [30] * 4
    assert trading[10].minute_of(np.array([3, 29, 0, -1])).tolist() == [3, 29, 5, -1]
    assert trading[10].minute_of(np.array([0, 0, 29, 0]))[2] == 29
    assert UNBROKEN.elapsed(3, 7).tolist() == [7] * 3
    every = Trading(np.array([0]), np.array([[False] * 5 + [True] * 25]))
    for minutes in range(1, 31):  # nothing that has not happened, in order
        last = every.elapsed(1, minutes) - 1
        assert every.minute_of(last)[0] < minutes and (last[0] >= 0) == (minutes > 6 or minutes == 6)


def test_the_usual_number_of_each_kind() -> None:
    """Per session and 8,000 names some dozens of pauses and about ten news halts; a few long ones in two months."""
    whole = Tape(Market(Parameters(ANCHOR, seed=7, names=8000, sessions=60)))
    whole.cut(NOW)
    days = whole.market.days[-12:]
    pauses = sum(stop.code is Code.VOLATILITY for day in days for stop in whole.interruptions(day).stops)
    stops = Counter(stop.code for day in whole.market.days for stop in suspensions_of(whole, day))
    assert 20 < pauses / 12 < 130
    assert 3 < stops[Code.NEWS] / 61 < 30
    assert 4 <= stops[Code.REQUESTED] <= 150  # sessions of securities


def test_halts_are_in_order_once_and_of_eligible_securities(tape: Tape, halts: list[Halt]) -> None:
    assert halts == sorted(halts, key=lambda halt: (halt.begins, halt.symbol))
    assert len({(halt.row, halt.begins) for halt in halts}) == len(halts)
    kinds = {tape.listing.securities[halt.row].kind for halt in halts if halt.code is Code.VOLATILITY}
    assert "CS" in kinds and not kinds & {"WARRANT", "RIGHT"}
    for halt in halts:
        session = calendar.session_on(halt.begins.astimezone(calendar.NEW_YORK).date())
        assert session is not None and halt.ends is not None and halt.begins < halt.ends
        assert halt.symbol == tape.listing.securities[halt.row].symbol
        assert (halt.pause_price is not None) == (halt.code is Code.VOLATILITY and halt.ends - halt.begins <
                                                  dt.timedelta(minutes=30))  # fmt: skip
        if halt.code is Code.VOLATILITY:
            assert session.open <= halt.begins and halt.ends <= session.close
        if halt.code is Code.REQUESTED:
            assert 1 <= (halt.ends.date() - halt.begins.date()).days <= 16
            resumption = calendar.session_on(halt.ends.date())
            assert resumption is not None and halt.ends == resumption.open


def test_no_bar_while_trading_is_suspended(asked: Client, tape: Tape, halts: list[Halt]) -> None:
    long = [halt for halt in halts if halt.code is not Code.VOLATILITY]
    assert Counter(halt.code for halt in long)[Code.REQUESTED] >= 3
    silent = 0
    for halt in long:
        assert halt.ends is not None
        begins, ends = halt.begins.timestamp() * 1000, halt.ends.timestamp() * 1000
        for bar in bars_of(asked, halt.symbol):
            assert not (begins <= bar["t"] and bar["t"] + 1_800_000 <= ends)
        silent += 1
    assert silent > 20


def test_a_security_halted_for_days_is_in_no_daily_list(asked: Client, tape: Tape, halts: list[Halt]) -> None:
    halt = next(halt for halt in halts if halt.code is Code.REQUESTED and tape.listing.volume[halt.row] > 3e4)
    assert halt.ends is not None
    date = halt.begins.astimezone(calendar.NEW_YORK).date()
    session = calendar.session_on(date)
    assert session is not None
    with clock.frozen(NOW):
        grouped = asked_rows(asked, f"/v2/aggs/grouped/locale/us/market/stocks/{date}")
        before = asked_rows(asked, f"/v2/aggs/grouped/locale/us/market/stocks/{calendar.shift(date, -1).date}")
    assert halt.symbol in {bar["T"] for bar in before} and halt.symbol not in {bar["T"] for bar in grouped}
    stamp = dt.datetime.combine(date, dt.time(), calendar.NEW_YORK).timestamp() * 1000
    assert stamp not in {bar["t"] for bar in bars_of(asked, halt.symbol, "1/day")}
    with clock.frozen(session.close):
        row = asked.polygon(f"/v2/snapshot/locale/us/markets/stocks/tickers/{halt.symbol}").json()["ticker"]
    assert row["day"]["v"] == row["min"]["av"] == row["updated"] == 0 and row["prevDay"]["c"] > 0


def test_price_goes_on_where_trading_resumes(asked: Client, tape: Tape, halts: list[Halt]) -> None:
    """The big move of a news halt is between two bars, not in one."""
    jumps = []
    for halt in halts:
        day = tape.market.day_on(halt.begins.astimezone(calendar.NEW_YORK).date())
        assert day is not None
        if halt.code is not Code.NEWS or not day.session.open < halt.begins < day.session.close:
            continue
        bars = [bar for bar in bars_of(asked, halt.symbol) if bar["t"] >= day.session.open.timestamp() * 1000]
        before = [bar for bar in bars if bar["t"] / 1000 < halt.begins.timestamp()]
        after = [bar for bar in bars if bar["t"] / 1000 > halt.begins.timestamp()]
        if before and after and halt.row not in day.effects.rows and tape.listing.volume[halt.row] > 3e5:
            jumps.append(abs(after[0]["o"] / before[-1]["c"] - 1.0))
    assert len(jumps) >= 2 and min(jumps) > 0.08


def test_halts_show_at_once_and_resumptions_shortly_before(tape: Tape, halts: list[Halt]) -> None:
    for halt in halts[:: len(halts) // 25]:
        assert halt.ends is not None
        second = dt.timedelta(seconds=1)
        around = halt.begins - second, halt.begins + second
        assert halt.symbol not in {other.symbol for other in tape.halts(*around, halt.begins - second)}
        (seen,) = [other for other in tape.halts(*around, halt.begins) if other.symbol == halt.symbol]
        is_pause = halt.ends - halt.begins <= RESUMPTION_NOTICE
        assert seen.ends == (halt.ends if is_pause else None)
        (known,) = [
            other for other in tape.halts(*around, halt.ends - RESUMPTION_NOTICE) if other.symbol == halt.symbol
        ]
        assert known == halt


def test_halts_do_not_depend_on_what_was_asked_before(tape: Tape) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(suspensions, "_REQUEST_CHANCE", 0.5)
        patch.setattr(suspensions, "_RISE", np.log(1.6))
        other = Tape(Market(tape.market.parameters))
        last = calendar.session_on(ANCHOR)
        assert last is not None
        other.cut(NOW)
        newest = other.halts(last.pre_open, NOW, NOW)
    assert newest == tape.halts(last.pre_open, NOW, NOW) and newest


def test_the_vendor_lacks_a_few_bars_for_good(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    tape, now = client.application.world.tape, dt.datetime(2025, 12, 2, 17, 7, 30, tzinfo=dt.UTC)
    begin, day = now - dt.timedelta(days=20), tape.market.day_on(dt.date(2025, 11, 25))
    assert day is not None
    rows = range(0, len(tape.listing.securities), 3)

    def stamps() -> tuple[set[tuple[int, int]], set[int]]:
        halves = {(row, start) for row in rows for start in tape.half_hours(row, begin, now, now, False).start.tolist()}
        found = tape.daily_on(day.session.date, now)
        assert found is not None
        return halves, set(np.flatnonzero(found[1].volume > 0).tolist())

    some = stamps()
    assert stamps() == some
    monkeypatch.setattr(cut, "_LOST_HALF_HOURS", 0.0)
    whole = stamps()[0]
    share = 1.0 - len(some[0]) / len(whole)
    assert some[0] < whole and 0.0003 < share < 0.0016
    monkeypatch.setattr(cut, "_LOST_DAYS", 0.05)
    fewer, all_daily = stamps()[1], tape.daily(day)
    lost = set(np.flatnonzero(all_daily.volume > 0).tolist()) - fewer
    assert 0.02 < len(lost) / len(fewer) < 0.09
    assert max(all_daily.volume[list(lost)]) < 5e6  # the vendor watches what trades most
    row = min(lost)
    table = tape.days(row, begin, now, now, False)
    midnight = dt.datetime.combine(day.session.date, dt.time(), calendar.NEW_YORK)
    assert int(midnight.timestamp() * 1000) not in table.start.tolist()
