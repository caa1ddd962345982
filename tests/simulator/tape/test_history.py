"""What was served live is what history says later, also from a simulator that was started later.

Two sessions, a half day among them, are followed like a recorder would: every price endpoint, every few minutes.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from sentiment_site.market import calendar, clock
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.tape import cut
from sentiment_site.simulator.tape.halts import Halt
from sentiment_site.simulator.tape.suspensions import Code
from sentiment_site.simulator.wsgi import Application
from tests.simulator.client import Client

DATES = (dt.date(2025, 11, 28), dt.date(2025, 12, 1))
PARAMETERS = Parameters(DATES[1], seed=21, names=1500, sessions=12)
LATER = dt.datetime(2025, 12, 9, 17, tzinfo=dt.UTC)
STEP, DELAY, MINUTE = dt.timedelta(minutes=7), dt.timedelta(minutes=15), dt.timedelta(minutes=1)
SNAPSHOT = "/v2/snapshot/locale/us/markets/stocks/tickers"
GROUPED = "/v2/aggs/grouped/locale/us/market/stocks"
OHLC = ("o", "h", "l", "c")
Bar = dict[str, Any]


@dataclass
class Record:
    """What one moment showed of the chosen symbols."""

    at: dt.datetime
    bars: dict[str, list[Bar]] = field(default_factory=dict)
    previous: dict[str, Any] = field(default_factory=dict)
    grouped: list[Bar] | None = None
    rows: dict[str, Bar] = field(default_factory=dict)


@dataclass
class Recording:
    """Everything recorded live, and the client of a simulator that was started when it was over."""

    records: list[Record]
    halts: list[Halt]
    symbols: list[str]
    later: Client


def half_hours(client: Client, symbol: str, date: dt.date) -> list[Bar]:
    path = f"/v2/aggs/ticker/{symbol}/range/30/minute/{date}/{date}?adjusted=false&limit=50000"
    found: list[Bar] = client.polygon(path).json().get("results", [])
    return found


def record(client: Client, at: dt.datetime, symbols: list[str]) -> Record:
    date = at.astimezone(calendar.NEW_YORK).date()
    found = Record(at)
    for symbol in symbols[::4]:
        found.bars[symbol] = half_hours(client, symbol, date)
        found.previous[symbol] = client.polygon(f"/v2/aggs/ticker/{symbol}/prev?adjusted=false").json().get("results")
    found.grouped = client.polygon(f"{GROUPED}/{date}?adjusted=false").json().get("results")
    body = client.polygon(f"{SNAPSHOT}?tickers={','.join(symbols)}").json()
    found.rows = {row["ticker"]: row for row in body["tickers"]}
    return found


def moments() -> Iterator[dt.datetime]:
    for date in DATES:
        session = calendar.session_on(date)
        assert session is not None
        at = session.pre_open + MINUTE
        while at < session.post_close + 3 * STEP:
            yield at + dt.timedelta(seconds=at.minute)
            at += STEP


@pytest.fixture(scope="module")
def recording() -> Iterator[Recording]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cut, "_LOST_HALF_HOURS", 0.0)  # or the snapshot would count shares that no bar holds
        patch.setattr(cut, "_LOST_DAYS", 0.0)
        start = calendar.session_on(DATES[0])
        assert start is not None
        with clock.frozen(start.pre_open) as time:
            live = Client(Application(PARAMETERS))
            tape = live.application.world.tape
            begin, end = start.pre_open, LATER
            # who will be halted is asked of another instance: the one that is recorded must not know its future
            foreseen = Client(Application(PARAMETERS)).application.world.tape
            halts = [halt for halt in foreseen.halts(begin, end, LATER) if halt.begins.date() in DATES]
            halted = sorted({halt.symbol for halt in halts})
            others = [security.symbol for security in tape.listing.securities[::60]]
            symbols = sorted({"IWM", "SPY", "XLU", *halted, *others})
            records = []
            for at in moments():
                time.move_to(at)
                records.append(record(live, at, symbols))
            time.move_to(LATER)
            yield Recording(records, halts, symbols, Client(Application(PARAMETERS)))


def test_bars_that_were_complete_never_change(recording: Recording) -> None:
    seen = 0
    for entry in recording.records:
        date = entry.at.astimezone(calendar.NEW_YORK).date()
        for symbol, bars in entry.bars.items():
            assert half_hours(recording.later, symbol, date)[: len(bars)] == bars
            assert all(bar["t"] / 1000 + 1800 <= (entry.at - DELAY).timestamp() for bar in bars)
            seen += len(bars)
    assert seen > 10_000


def test_daily_bars_appear_once_and_stay(recording: Recording) -> None:
    final = {date: recording.later.polygon(f"{GROUPED}/{date}?adjusted=false").json()["results"] for date in DATES}
    for entry in recording.records:
        date = entry.at.astimezone(calendar.NEW_YORK).date()
        session = calendar.session_on(date)
        assert session is not None
        over = entry.at >= session.close + DELAY
        assert entry.grouped == (final[date] if over else None)
        for symbol, previous in entry.previous.items():
            if over and (same := [bar for bar in final[date] if bar["T"] == symbol]):
                assert {name: previous[0][name] for name in OHLC} == {name: same[0][name] for name in OHLC}


def test_snapshots_agree_with_the_bars_they_became(recording: Recording) -> None:
    """The minute lies inside the later bar, its shares between the bars before and with it, the day in their range."""
    inside = 0
    for date in DATES:
        session = calendar.session_on(date)
        assert session is not None
        history = {symbol: half_hours(recording.later, symbol, date) for symbol in recording.symbols}
        for entry in recording.records:
            visible = (entry.at - DELAY).timestamp() // 60 * 60
            if entry.at.astimezone(calendar.NEW_YORK).date() != date or visible <= session.pre_open.timestamp():
                continue
            for symbol, row in entry.rows.items():
                whole = [bar for bar in history[symbol] if bar["t"] / 1000 + 1800 <= visible]
                begun = [bar for bar in history[symbol] if bar["t"] / 1000 < visible]
                assert sum(bar["v"] for bar in whole) <= row["min"]["av"] <= sum(bar["v"] for bar in begun)
                if not row["min"]["t"]:
                    assert not whole and row["min"]["av"] == 0
                    continue
                (bar,) = [bar for bar in begun if bar["t"] <= row["min"]["t"] < bar["t"] + 1_800_000]
                assert all(bar["l"] <= row["min"][name] <= bar["h"] for name in OHLC)
                inside += row["min"]["t"] + 60_000 < bar["t"] + 1_800_000
                _check_day(row["day"], [bar for bar in begun if bar["t"] < session.close.timestamp() * 1000], session)
    assert inside > 2_000


def _check_day(day: Bar, begun: list[Bar], session: calendar.Session) -> None:
    regular = [bar for bar in begun if bar["t"] >= session.open.timestamp() * 1000]
    if not day["v"]:
        return
    assert day["o"] == regular[0]["o"]
    assert day["h"] <= max(bar["h"] for bar in regular) and day["l"] >= min(bar["l"] for bar in regular)
    assert any(bar["l"] <= day["c"] <= bar["h"] for bar in regular[-2:])


def test_the_day_at_its_end_is_the_daily_bar(recording: Recording) -> None:
    for date in DATES:
        session = calendar.session_on(date)
        assert session is not None
        final = {bar["T"]: bar
                 for bar in recording.later.polygon(f"{GROUPED}/{date}?adjusted=false").json()["results"]}  # fmt: skip
        late = [entry for entry in recording.records if session.close + 2 * DELAY < entry.at < session.post_close]
        assert len(late) > 20
        for symbol in set(final) & set(recording.symbols):
            for entry in late[::5]:
                assert {name: entry.rows[symbol]["day"][name] for name in OHLC} == {
                    name: final[symbol][name] for name in OHLC
                }


def test_no_minute_trades_inside_a_halt(recording: Recording) -> None:
    assert {halt.code for halt in recording.halts} >= {Code.VOLATILITY, Code.NEWS}
    met = 0
    for halt in recording.halts:
        assert halt.ends is not None
        begins, ends = halt.begins.timestamp() * 1000, halt.ends.timestamp() * 1000
        for entry in recording.records:
            minute = entry.rows[halt.symbol]["min"]["t"]
            assert not begins <= minute < ends
            met += begins < (entry.at - DELAY).timestamp() * 1000 <= ends
    assert met > 10
