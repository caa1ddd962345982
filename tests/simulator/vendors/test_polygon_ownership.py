"""Massive: market status, holidays, splits, short interest and float."""

from __future__ import annotations

import datetime as dt

import pytest

from sentiment_site.market import calendar, clock
from sentiment_site.simulator.vendors.polygon.ownership import PUBLISHED_AFTER_SESSIONS
from tests.simulator.client import Client, flat
from tests.simulator.conftest import NOON

pytestmark = pytest.mark.usefixtures("noon")


@pytest.mark.parametrize(
    ("at", "market", "early", "after", "fx"),
    [
        ((2025, 12, 2, 12), "open", False, False, "open"),
        ((2025, 12, 2, 5), "extended-hours", True, False, "open"),
        ((2025, 11, 28, 13, 30), "extended-hours", False, True, "open"),
        ((2025, 11, 28, 17, 30), "closed", False, False, "closed"),
        ((2025, 11, 29, 12), "closed", False, False, "closed"),
        ((2025, 11, 30, 18), "closed", False, False, "open"),
    ],
)
def test_market_status(client: Client, at: tuple[int, ...], market: str, early: bool, after: bool, fx: str) -> None:
    moment = dt.datetime(*at, tzinfo=calendar.NEW_YORK)  # type: ignore[arg-type,misc]
    with clock.frozen(moment):
        body = client.polygon("/v1/marketstatus/now").json()
    assert (body["market"], body["earlyHours"], body["afterHours"]) == (market, early, after)
    assert body["exchanges"]["nyse"] == market and body["currencies"] == {"fx": fx, "crypto": "open"}
    assert dt.datetime.fromisoformat(body["serverTime"]) == moment


def test_holidays_are_a_bare_array(client: Client) -> None:
    with clock.frozen(dt.datetime(2025, 11, 20, 17, tzinfo=dt.UTC)):
        rows = client.polygon("/v1/marketstatus/upcoming").json()
    assert isinstance(rows, list)
    assert {"date": "2025-11-27", "exchange": "NYSE", "name": "Thanksgiving", "status": "closed"} in rows
    assert {"date": "2025-11-28", "exchange": "NASDAQ", "name": "Thanksgiving", "status": "early-close",
            "open": "2025-11-28T14:30:00.000Z", "close": "2025-11-28T18:00:00.000Z"} in rows  # fmt: skip
    closed = {row["date"]: row["name"] for row in rows if row["exchange"] == "NYSE" and row["status"] == "closed"}
    assert list(closed) == ["2025-11-27", "2025-12-25", "2026-01-01", "2026-01-19", "2026-02-16", "2026-04-03",
                            "2026-05-25", "2026-06-19", "2026-07-03", "2026-09-07"]  # fmt: skip
    assert closed["2026-01-01"] == "New Years Day" and closed["2026-04-03"] == "Good Friday"
    assert closed["2026-01-19"] == "Martin Luther King, Jr. Day"


def test_splits(busy: Client) -> None:
    rows = flat(busy, "/stocks/v1/splits?limit=7")
    assert rows == busy.polygon("/stocks/v1/splits?limit=5000").json()["results"]
    dates = [row["execution_date"] for row in rows]
    assert dates == sorted(dates, reverse=True) and dates[0] > "2025-12-02" > dates[-1]
    assert len({row["id"] for row in rows}) == len(rows)
    for row in rows:
        assert set(row) == {"id", "ticker", "execution_date", "split_from", "split_to", "adjustment_type",
                            "historical_adjustment_factor"}  # fmt: skip
        assert row["adjustment_type"] == ("forward_split" if row["split_to"] > row["split_from"] else "reverse_split")
    first = rows[-1]
    factor = 1.0
    for row in rows:
        if row["ticker"] == first["ticker"]:
            factor *= row["split_from"] / row["split_to"]
    assert first["historical_adjustment_factor"] == pytest.approx(factor, rel=1e-5)
    reverse = flat(
        busy, "/stocks/v1/splits?adjustment_type=reverse_split&execution_date.gte=2025-11-20&sort=ticker.asc"
    )
    assert reverse and all(row["execution_date"] >= "2025-11-20" for row in reverse)
    assert [row["ticker"] for row in reverse] == sorted(row["ticker"] for row in reverse)
    two = {row["ticker"] for row in rows[:2]}
    assert {row["ticker"] for row in flat(busy, f"/stocks/v1/splits?ticker.any_of={','.join(two)}")} == two


def test_splits_are_public_five_sessions_ahead_and_shares_follow(busy: Client) -> None:
    tape = busy.application.world.tape
    split = next(split for split in tape.market.splits if split.session.date > dt.date(2025, 11, 20))
    symbol = tape.listing.securities[split.row].symbol
    listed = f"/stocks/v1/splits?ticker={symbol}&execution_date={split.session.date}"
    details = f"/v3/reference/tickers/{symbol}"
    with clock.frozen(split.announced.close - dt.timedelta(seconds=1)) as time:
        assert busy.polygon(listed).json()["results"] == []
        time.move_to(split.announced.close)
        assert len(busy.polygon(listed).json()["results"]) == 1
        assert split.announced == calendar.shift(split.session.date, -5)
        time.move_to(split.session.pre_open - dt.timedelta(seconds=1))
        before = busy.polygon(details).json()["results"]["share_class_shares_outstanding"]
        time.move_to(split.session.pre_open)
        after = busy.polygon(details).json()["results"]["share_class_shares_outstanding"]
    assert after / before == pytest.approx(split.ratio, rel=1e-4)


def test_short_interest(client: Client) -> None:
    rows = flat(client, "/stocks/v1/short-interest?limit=50000")
    assert {row["settlement_date"] for row in rows} == {"2025-10-31", "2025-11-14"}
    published = calendar.shift(dt.date(2025, 11, 14), PUBLISHED_AFTER_SESSIONS).date
    with clock.frozen(dt.datetime.combine(published, dt.time(9), calendar.NEW_YORK) - dt.timedelta(days=1)):
        earlier = flat(client, "/stocks/v1/short-interest?settlement_date.gt=2025-10-31&limit=100")
        assert earlier == []
    for row in rows:
        assert set(row) == {"ticker", "settlement_date", "short_interest", "avg_daily_volume", "days_to_cover"}
        cover = max(1.0, row["short_interest"] / row["avg_daily_volume"])
        assert row["days_to_cover"] == pytest.approx(cover, abs=0.006)
    assert len({row["ticker"] for row in rows}) < len(client.application.world.tape.listing.securities)
    iwm = flat(client, "/stocks/v1/short-interest?ticker=IWM&sort=settlement_date.desc")
    assert [row["settlement_date"] for row in iwm] == ["2025-11-14", "2025-10-31"]
    assert flat(client, "/stocks/v1/short-interest?ticker=NOSUCH") == []
    squeezed = flat(client, "/stocks/v1/short-interest?days_to_cover.gte=5&short_interest.lt=1000000&limit=9")
    assert squeezed == [row for row in rows if row["days_to_cover"] >= 5 and row["short_interest"] < 1e6] != []
    assert len(client.polygon("/stocks/v1/short-interest").json()["results"]) == 10
    assert isinstance(client.polygon("/stocks/v1/short-interest").json()["request_id"], int)


def test_floats(client: Client) -> None:
    rows = flat(client, "/stocks/vX/float?limit=50")
    symbols = [row["ticker"] for row in rows]
    assert symbols == sorted(set(symbols))
    tape = client.application.world.tape
    known = [s.symbol for row, s in enumerate(tape.listing.securities)
             if s.free_float is not None and tape.is_active(NOON)[row]]  # fmt: skip
    assert symbols == known
    assert all(row["effective_date"] == "2025-12-01" and 0 < row["free_float_percent"] <= 100 for row in rows)
    assert flat(client, "/stocks/vX/float?free_float_percent.lte=40")[0]["free_float_percent"] <= 40
