"""The process: deterministic, causal, consistent from slots to days, and honest (methods.md 10.5)."""

from __future__ import annotations

import datetime as dt

import numpy as np
import pytest

from sentiment_site.market import calendar
from sentiment_site.simulator.market.parameters import (
    PRE_BARS,
    Parameters,
    regular_variance,
    regular_volume,
    slot_variance,
)
from sentiment_site.simulator.market.process import Market
from sentiment_site.simulator.tape import bars as bar_maker
from sentiment_site.simulator.tape.bars import compute_bars, compute_daily, source_of_row, source_of_session

ANCHOR = dt.date(2025, 12, 1)


def generated(seed: int = 5, names: int = 300, sessions: int = 40, **more: float) -> Market:
    market = Market(Parameters(ANCHOR, seed, names, sessions, **more))  # type: ignore[arg-type]
    market.generate_until(dt.datetime(2025, 12, 1, 21, tzinfo=dt.UTC))
    return market


@pytest.fixture(scope="module")
def market() -> Market:
    return generated()


def test_history_is_counted_from_the_anchor(market: Market) -> None:
    assert len(market.days) == 41
    assert market.days[-1].session.date == ANCHOR
    assert market.days[0].session == calendar.shift(ANCHOR, -40)


def test_an_anchor_on_a_weekend_means_the_session_before() -> None:
    weekend = Market(Parameters(dt.date(2025, 11, 30), 5, 40, 3))
    assert weekend.first_session == calendar.shift(dt.date(2025, 11, 28), -3)


def test_one_more_day_changes_nothing_earlier(market: Market) -> None:
    shorter = Market(market.parameters)
    for day in market.days[:20]:
        shorter.generate_until(day.session.pre_open)
    assert len(shorter.days) == 20
    for one, other in zip(shorter.days, market.days, strict=False):
        assert np.array_equal(one.moves, other.moves)
        assert np.array_equal(one.start, other.start)
        assert np.array_equal(one.volume, other.volume)


def test_nothing_before_the_first_session() -> None:
    market = Market(Parameters(ANCHOR, 5, 40, 3))
    market.generate_until(market.first_session.pre_open - dt.timedelta(microseconds=1))
    assert market.days == []
    assert market.day_on(ANCHOR) is None
    market.generate_until(market.first_session.pre_open)
    assert len(market.days) == 1


def test_slots_sum_to_days(market: Market) -> None:
    """Close to close is after-hours, pre-market and the regular slots, for every security and day without a split."""
    split = {(row.session.date, row.row) for row in market.splits}
    for before, day in zip(market.days, market.days[1:], strict=False):
        total = before.moves[:, -1].astype(float) + day.moves[:, :-1].astype(float).sum(axis=1)
        kept = [(day.session.date, row) not in split for row in range(len(total))]
        cheap = before.log_close() + before.moves[:, -1] < np.log(0.011)  # held at the floor
        use = np.array(kept) & ~cheap
        assert np.allclose((day.log_close() - before.log_close())[use], total[use], atol=1e-9)


def test_bars_chain_and_sum_to_the_day(market: Market) -> None:
    for day in (market.days[10], next(day for day in market.days if day.session.half_day)):
        source = source_of_session(market, day)
        bars = compute_bars(source)
        assert bars.open.shape[1] == (26 if day.session.half_day else 32)
        assert (bars.low <= np.minimum(bars.open, bars.close)).all()
        assert (bars.high >= np.maximum(bars.open, bars.close)).all()
        assert ((bars.low <= bars.vwap) & (bars.vwap <= bars.high)).all()
        assert ((bars.volume > 0) == (bars.trades > 0)).all()
        assert (bars.volume >= bars.trades).all()
        assert (bars.volume == np.round(bars.volume)).all()
        dense = bars.trades > 1
        regular = slice(PRE_BARS, PRE_BARS + day.regular_slots)
        chained = dense[:, regular][:, 1:] & dense[:, regular][:, :-1]
        assert np.array_equal(bars.open[:, regular][:, 1:][chained], bars.close[:, regular][:, :-1][chained])
        liquid = day.volume > 1e6
        official = bar_maker.round_to_tick(np.exp(day.log_close()))
        daily = compute_daily(bars, day.regular_slots)
        assert np.array_equal(daily.close[liquid], official[liquid])
        assert np.array_equal(
            daily.volume, np.where(daily.volume > 0, bars.volume[:, regular].sum(axis=1) + bars.cross, 0)
        )
        whole = bars.volume.sum(axis=1)
        extended = (whole / np.maximum(daily.volume, 1.0) - 1.0)[liquid]  # Form-T trades are in no daily bar
        assert 0.01 < extended.mean() < 0.12 and extended.max() < 0.30
        # the end of the extended hours is where the next session begins
        last = np.log(bars.close[:, -1]) - day.log_close() - day.moves[:, -1]
        assert np.abs(last[liquid & (bars.close[:, -1] > 5)]).max() < 0.002


def test_a_row_over_days_equals_the_days_of_all_rows(market: Market) -> None:
    days = [day for day in market.days if not day.session.half_day][-12:]
    for row in (0, 77, market.listing.row_of["IWM"]):
        alone = compute_bars(source_of_row(market, row, days))
        short = compute_daily(compute_bars(source_of_row(market, row, days), regular_only=True), 13)
        for index, day in enumerate(days):
            together = compute_bars(source_of_session(market, day))
            daily = compute_daily(together, 13)
            for name in ("open", "high", "low", "close", "vwap", "volume", "trades"):
                assert np.array_equal(getattr(alone, name)[index], getattr(together, name)[row]), name
                assert getattr(short, name)[index] == getattr(daily, name)[row], name


def test_thin_names_miss_bars_and_liquid_ones_do_not(market: Market) -> None:
    day = market.days[10]
    bars = compute_bars(source_of_session(market, day))
    traded = (bars.volume > 0).mean(axis=1)
    assert traded[day.volume > 2e6].mean() > 0.97
    assert traded[day.volume < 5e3].mean() < 0.65
    extended = (bars.volume[:, :PRE_BARS] > 0).mean(axis=1)
    assert extended[day.volume < 2e4].mean() < 0.35


@pytest.mark.parametrize(
    ("price", "tick"),
    [(12.3449, 12.34), (12.3451, 12.35), (0.99996, 1.0), (0.123449, 0.1234), (1e-9, 0.0001), (1.004, 1.0), (0.5, 0.5)],
)
def test_ticks(price: float, tick: float) -> None:
    assert bar_maker.round_to_tick(np.array([price]))[0] == tick


def test_variance_and_volume_shares() -> None:
    assert slot_variance(13).sum() == pytest.approx(1.0)
    assert 0.55 < slot_variance(7).sum() < 0.9
    assert regular_variance(7)[-1] == regular_variance(13)[-1]
    assert regular_volume(13).sum() == pytest.approx(1.0) == regular_volume(7).sum()


def test_funds_follow_their_sector() -> None:
    market = generated(seed=2, names=1500, sessions=120)
    listing, days = market.listing, [day for day in market.days if not day.session.half_day]
    energy = listing.jumps & (listing.parent < 0) & (listing.sector == 2)
    fund = np.array([day.moves[listing.row_of["XLE"]].sum() for day in days])
    tech = np.array([day.moves[listing.row_of["XLU"]].sum() for day in days])
    stocks = np.array([day.moves[energy].sum(axis=1).mean() for day in days])
    assert np.corrcoef(fund, stocks)[0, 1] > 0.93
    assert np.corrcoef(fund, stocks)[0, 1] > np.corrcoef(tech, stocks)[0, 1] + 0.05
    iwm = np.array([day.moves[listing.row_of["IWM"]].sum() for day in days])
    vixy = np.array([day.moves[listing.row_of["VIXY"]].sum() for day in days])
    assert np.corrcoef(iwm, vixy)[0, 1] < -0.8
