"""The whole wire of Massive, read by its own published client from a server in a process of its own."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import asdict
from email.utils import parsedate_to_datetime
from typing import Any

import pytest
from massive import RESTClient
from massive.exceptions import BadResponse

from sentiment_site.market import clock
from tests.simulator.test_socket import Running, launch

DAY = "2025-12-01"


@pytest.fixture(scope="module")
def running() -> Iterator[Running]:
    spec = f"sessions:2025-12-02T12:07:30-05:00@{clock.wall().isoformat()}*1"
    server = launch("--names", "300", "--sessions", "20", "--anchor", DAY, "--seed", "11", market_clock=spec)
    try:
        assert server.process.stdout is not None and "listening" in server.process.stdout.readline()
        yield server
    finally:
        server.process.terminate()
        server.process.wait(timeout=5)


@pytest.fixture(scope="module")
def massive(running: Running) -> RESTClient:
    return RESTClient(api_key="any", base=f"{running.url}/polygon", retries=0)


def unset(model: Any) -> set[str]:
    """Names of a model's fields that the answer did not fill."""
    return {name for name, value in asdict(model).items() if value is None}


def test_tickers_over_pages_and_details(massive: RESTClient) -> None:
    tickers = list(massive.list_tickers(market="stocks", limit=50))
    symbols = [ticker.ticker for ticker in tickers]
    assert len(symbols) == len(set(symbols)) > 250 and symbols == sorted(symbols)
    company = next(one for one in tickers if one.type == "CS" and one.cik and one.composite_figi)
    assert unset(company) <= {"base_currency_name", "base_currency_symbol", "currency_symbol", "delisted_utc",
                              "share_class_figi", "source_feed"}  # fmt: skip
    details = massive.get_ticker_details(company.ticker)
    assert unset(details) <= {"base_currency_name", "base_currency_symbol", "currency_symbol", "delisted_utc",
                              "ticker_suffix", "market_cap", "sic_code", "sic_description",
                              "weighted_shares_outstanding", "share_class_figi"}  # fmt: skip
    assert details.branding.logo_url and details.address.state == "DE"
    assert {kind.code for kind in massive.get_ticker_types()} >= {"CS", "ETF", "PFD"}
    related = massive.get_related_companies(company.ticker)
    assert len(related) == 10 and company.ticker not in {peer.ticker for peer in related}


def test_prices(massive: RESTClient) -> None:
    grouped = massive.get_grouped_daily_aggs(DAY)
    assert len(grouped) > 200 and next(bar for bar in grouped if bar.ticker == "IWM").vwap
    bars = list(massive.list_aggs("IWM", 30, "minute", "2025-11-03", DAY, limit=900))
    assert len(bars) > 18 * 32 and all(later.timestamp > bar.timestamp for bar, later in itertools.pairwise(bars))
    assert unset(bars[0]) == {"otc"}
    (previous,) = massive.get_previous_close_agg("IWM")
    day = massive.get_daily_open_close_agg("IWM", DAY)
    assert day.close == previous.close and day.high >= max(day.open, day.close) and day.after_hours
    assert day.pre_market and day.symbol == "IWM" and day.volume == previous.volume


def test_snapshots(massive: RESTClient) -> None:
    every = massive.get_snapshot_all("stocks")
    iwm = next(row for row in every if row.ticker == "IWM")
    assert unset(iwm) == {"last_quote", "last_trade", "fair_market_value"}  # not in the plan
    assert iwm.min.fractional_accumulated_volume == f"{iwm.min.accumulated_volume:.1f}"
    assert massive.get_snapshot_ticker("stocks", "IWM").prev_day.close == iwm.prev_day.close
    gainers = massive.get_snapshot_direction("stocks", "gainers")
    losers = massive.get_snapshot_direction("stocks", "losers")
    up, down = ([row.todays_change_percent for row in rows] for rows in (gainers, losers))
    assert len(up) == len(down) == 20 and up == sorted(up, reverse=True) and down == sorted(down)
    assert up[0] > 0 > down[0] and all(row.min.accumulated_volume >= 10_000 for row in [*gainers, *losers])
    unified = {row.ticker: row for row in massive.list_universal_snapshots(ticker_any_of=["IWM", "NOPE", "I:SPX"])}
    assert (unified["NOPE"].error, unified["I:SPX"].error) == ("NOT_FOUND", "NOT_ENTITLED")
    assert unified["IWM"].session.previous_close == iwm.prev_day.close and unified["IWM"].market_status == "open"


def test_ownership(massive: RESTClient) -> None:
    interest = list(massive.list_short_interest(ticker="IWM"))
    assert len(interest) >= 1 and not unset(interest[0])
    volumes = list(massive.list_short_volume(ticker="IWM", limit=5))
    assert len(volumes) == 21 and not unset(volumes[0]) and 20 < volumes[0].short_volume_ratio < 80
    splits = list(massive.list_stocks_splits(limit=1000))
    assert all(not unset(split) for split in splits)
    assert [split.id for split in massive.list_splits(limit=1000)] == [
        split.id for split in sorted(splits, key=lambda split: (split.execution_date, split.ticker), reverse=True)
    ]
    dividends = list(massive.list_stocks_dividends(limit=20))
    assert len(dividends) > 20 and not unset(dividends[0])
    assert len(list(massive.list_dividends(limit=100))) == len(dividends)


def test_options(massive: RESTClient) -> None:
    contracts = list(massive.list_options_contracts("IWM", expiration_date_lte="2025-12-31", limit=200))
    assert len(contracts) > 200 and unset(contracts[0]) == {"additional_underlyings", "correction"}
    chain = list(massive.list_snapshot_options_chain("IWM", params={"expiration_date.lte": "2025-12-31", "limit": 250}))
    assert [row.details.ticker for row in chain] == [contract.ticker for contract in contracts]
    busiest = max(chain, key=lambda row: row.day.volume or 0)
    assert unset(busiest) == {"last_quote", "last_trade", "fair_market_value"}
    assert not unset(busiest.day) and not unset(busiest.greeks) and unset(busiest.underlying_asset) == {"value"}
    one = massive.get_snapshot_option("IWM", busiest.details.ticker)
    assert one.details == busiest.details and one.open_interest == busiest.open_interest
    assert massive.get_options_contract(busiest.details.ticker).strike_price == busiest.details.strike_price
    with pytest.raises(BadResponse, match="NOT_FOUND"):
        massive.get_options_contract("O:IWM251219C99999000")


def test_the_market(massive: RESTClient) -> None:
    status = massive.get_market_status()
    assert not unset(status) and status.market == "open" and status.exchanges.otc == "open"
    holidays = massive.get_market_holidays()
    early = [row for row in holidays if row.status == "early-close"]
    assert {row.exchange for row in early} == {"NYSE", "NASDAQ"} and early[0].close == "2025-12-24T18:00:00.000Z"


def test_a_clock_that_is_ahead_has_one_date_header(running: Running) -> None:
    running.fault(vendor="polygon", kind="clock_skew", times=1, delay_s=3600)
    answer = running.get("/polygon/v1/marketstatus/now")
    served = dt.datetime.fromisoformat(answer.json()["serverTime"])
    assert "," not in answer.headers["Date"].partition(", ")[2]  # the server adds none of its own
    assert abs(parsedate_to_datetime(answer.headers["Date"]) - served) <= dt.timedelta(seconds=1)
    assert served.hour == 13


def test_floats(massive: RESTClient) -> None:
    floats = list(massive.list_stocks_floats(limit=50))
    assert len(floats) > 200 and not unset(floats[0]) and 0 < floats[0].free_float_percent <= 100


def test_keys_that_are_refused(running: Running) -> None:
    with pytest.raises(BadResponse, match="Unknown API Key"):
        RESTClient(api_key="bad-key", base=f"{running.url}/polygon", retries=0).get_market_status()
    basic = RESTClient(api_key="basic-key", base=f"{running.url}/polygon", retries=0)
    assert basic.get_grouped_daily_aggs(DAY)
    for refused in (lambda: basic.get_snapshot_all("stocks"), lambda: list(basic.list_snapshot_options_chain("IWM"))):
        with pytest.raises(BadResponse, match="NOT_AUTHORIZED"):
            refused()
