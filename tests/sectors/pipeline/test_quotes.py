"""From bars to returns, by hand: every rule of sectors.quotes on a tape of a few stocks."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
import pytest

from sectors.quotes import (
    BAR,
    Quotes,
    Tape,
    compute_quotes,
    daily_returns,
    equal_weight_index,
    newest_moment,
    session_index,
)
from sentiment_site.market import calendar

FRIDAY = date(2026, 8, 21)
SESSION = calendar.shift(FRIDAY, 0)
THURSDAY = calendar.shift(FRIDAY, -1)
THIRTY, DAY, THREE, WEEK = range(4)


def tape(stocks: int = 1, *, newest: date = FRIDAY, sessions: int = 30, intraday_sessions: int = 6) -> Tape:
    """Flat prices of 100 on every session but the newest, 1,000,000 shares a day, no half-hours."""
    days = calendar.recent_sessions(calendar.shift(newest, 0).close, sessions)
    starts = tuple(start for day in days[-intraday_sessions:] for start in calendar.bar_starts(day))
    close = np.full((stocks, sessions), 100.0)
    close[:, -1] = np.nan
    volume = np.where(np.isfinite(close), 1_000_000.0, np.nan)
    missing = np.full((stocks, len(starts)), np.nan)
    return Tape(days, starts, close, volume, missing.copy(), missing, missing.copy())


def put(on: Tape, at: datetime, price: float, volume: float = 50_000.0, *, stock: int = 0) -> datetime:
    """A half-hour bar; returns its end."""
    column = on.starts.index(at)
    on.bar_close[stock, column], on.bar_volume[stock, column] = price, volume
    return at + BAR


def quotes(on: Tape, reference: datetime) -> Quotes:
    as_of = newest_moment(on)
    assert as_of is not None
    return compute_quotes(on, as_of, reference)


def ten(minutes: int = 0) -> datetime:
    """10:00 New York on Friday, and minutes later."""
    return SESSION.open + timedelta(minutes=30 + minutes)


def test_thirty_minutes_is_the_newest_bar_against_the_one_before() -> None:
    t = tape()
    put(t, ten(), 100)
    put(t, ten(30), 103)
    assert quotes(t, ten(30)).returns[0, THIRTY] == pytest.approx(3.0)


def test_a_bar_without_a_trade_is_missing_and_never_zero() -> None:
    t = tape()
    put(t, ten(), 100)
    put(t, ten(60), 103)
    assert np.isnan(quotes(t, ten(60)).returns[0, THIRTY])
    assert quotes(t, ten(60)).returns[0, DAY] == pytest.approx(3.0)


@pytest.mark.parametrize(("bars_later", "counts"), [(0, True), (2, True), (3, False)])
def test_in_regular_hours_a_half_hour_counts_for_two_bars(bars_later: int, counts: bool) -> None:
    t = tape(2)
    put(t, ten(), 100)
    put(t, ten(30), 104)
    put(t, ten(30 + 30 * bars_later), 100, stock=1)
    value = quotes(t, ten(30 + 30 * bars_later)).returns[0, THIRTY]
    assert value == pytest.approx(4.0) if counts else np.isnan(value)


@pytest.mark.parametrize(("bars_later", "counts"), [(7, True), (8, True), (9, False)])
def test_in_extended_hours_it_counts_for_eight(bars_later: int, counts: bool) -> None:
    t = tape(intraday_sessions=6)
    first = THURSDAY.close - BAR
    put(t, first - BAR, 100)
    put(t, first, 105)
    # after 20:00 the next bar is Friday's 04:00 bar: closed hours do not age
    reference = first + bars_later * BAR if bars_later < 9 else SESSION.pre_open
    assert calendar.phase_at(reference) in {calendar.Phase.AFTER, calendar.Phase.PRE}
    value = quotes(t, reference).returns[0, THIRTY]
    assert value == pytest.approx(5.0) if counts else np.isnan(value)


def test_the_first_bar_of_a_morning_is_held_against_the_last_of_the_evening() -> None:
    t = tape()
    put(t, THURSDAY.post_close - BAR, 100)
    put(t, SESSION.pre_open, 98)
    assert quotes(t, SESSION.pre_open).returns[0, THIRTY] == pytest.approx(-2.0)


def test_the_opening_gap_is_the_first_regular_trade_against_the_close_before() -> None:
    t = tape(2)
    put(t, SESSION.open, 108)
    t.bar_open[0, t.starts.index(SESSION.open)] = 105
    q = quotes(t, SESSION.open)
    assert q.opening_gap[0] == pytest.approx(5.0)
    assert q.returns[0, DAY] == pytest.approx(8.0)
    assert np.isnan(q.opening_gap[1])
    assert q.average_dollar_volume[1] == pytest.approx(100_000_000)


def test_longer_horizons_are_held_against_official_closes_one_three_and_five_sessions_ago() -> None:
    t = tape()
    t.daily_close[0, [-2, -4, -6]] = 110, 88, 55
    put(t, ten(), 121)
    returns = quotes(t, ten()).returns[0]
    assert returns[[DAY, THREE, WEEK]] == pytest.approx([10.0, 37.5, 120.0])


def test_without_a_close_that_long_ago_only_that_horizon_is_missing() -> None:
    t = tape(sessions=5, intraday_sessions=2)
    put(t, ten(), 102)
    returns = quotes(t, ten()).returns[0]
    assert returns[[DAY, THREE]] == pytest.approx([2.0, 2.0])
    assert np.isnan(returns[WEEK])


def test_from_the_close_on_the_official_close_counts_until_there_is_an_after_hours_bar() -> None:
    t = tape()
    put(t, SESSION.close - BAR, 107)  # without the closing auction
    t.daily_close[0, -1] = 108
    assert quotes(t, SESSION.close).returns[0, DAY] == pytest.approx(8.0)
    put(t, SESSION.close + BAR, 112)
    assert quotes(t, SESSION.close + BAR).returns[0, DAY] == pytest.approx(12.0)


def test_while_the_official_close_is_unknown_the_newest_bar_counts() -> None:
    t = tape()
    put(t, SESSION.close - BAR, 107)
    assert quotes(t, SESSION.close).returns[0, DAY] == pytest.approx(7.0)


def test_a_stock_that_has_not_traded_today_keeps_its_last_price_for_one_session() -> None:
    t = tape(3)
    put(t, ten(), 101, stock=0)
    put(t, THURSDAY.close + BAR, 97, stock=1)  # after-hours of yesterday
    t.daily_close[2, -2] = np.nan  # nothing since Wednesday
    returns = quotes(t, ten()).returns
    assert returns[:2, DAY] == pytest.approx([1.0, -3.0])
    assert np.isnan(returns[2]).all()
    assert np.isnan(returns[1, THIRTY])


@pytest.mark.parametrize(("price", "volume", "valid"), [(10.0, 1_000, True), (10.0, 999, False), (9.99, 1_000, False)])
def test_outside_regular_hours_a_bar_needs_a_thousand_shares_and_ten_thousand_dollars(
    price: float, volume: float, valid: bool
) -> None:
    t = tape()
    t.daily_close[0, -2] = 8.0
    put(t, SESSION.pre_open, price, volume)
    expected = 100 * (price / 8 - 1) if valid else 0.0
    assert quotes(t, SESSION.pre_open).returns[0, DAY] == pytest.approx(expected)


def test_in_regular_hours_a_single_share_is_a_price() -> None:
    t = tape()
    put(t, ten(), 104, 1)
    assert quotes(t, ten()).returns[0, DAY] == pytest.approx(4.0)


def test_shares_and_dollars_are_those_of_the_session_so_far() -> None:
    t = tape()
    put(t, THURSDAY.close, 100, 7_000)
    put(t, SESSION.pre_open, 100, 2_000)
    put(t, ten(), 110, 3_000)
    q = quotes(t, ten())
    assert (q.shares_traded[0], q.dollar_volume[0]) == pytest.approx((5_000, 530_000))


def test_a_source_with_daily_bars_only_gives_the_whole_day() -> None:
    t = tape()
    t.daily_close[0, -1], t.daily_volume[0, -1] = 105, 2_000_000
    q = quotes(t, SESSION.close)
    assert (q.shares_traded[0], q.dollar_volume[0], q.rvol[0]) == pytest.approx((2_000_000, 210_000_000, 2.0))
    assert q.returns[0, DAY] == pytest.approx(5.0)
    assert np.isnan(q.returns[0, THIRTY])


def test_relative_volume_is_held_against_the_share_of_a_day_done_by_now() -> None:
    t = tape()
    for day in t.sessions[-6:-1]:
        for start in calendar.bar_starts(day):
            put(t, start, 100, 31_250)  # an even day: 1,000,000 / 32
    put(t, SESSION.pre_open + 15 * BAR, 100, 1_000_000)  # by the end of the 16th of 32 bars
    q = quotes(t, SESSION.pre_open + 15 * BAR)
    assert q.volume_share == pytest.approx(0.5)
    assert q.rvol[0] == pytest.approx(2.0)


def test_once_the_session_is_over_the_whole_day_is_expected() -> None:
    t = tape()
    put(t, SESSION.close - BAR, 100, 500_000)
    q = quotes(t, SESSION.post_close - BAR)
    assert (q.volume_share, q.rvol[0]) == pytest.approx((1.0, 0.5))


def test_without_history_of_half_hours_an_unfinished_day_has_no_relative_volume() -> None:
    t = tape()
    t.daily_volume[0, -12:-1] = np.nan
    put(t, ten(), 100, 50_000)
    assert np.isnan(quotes(t, ten()).volume_share)
    assert np.isnan(quotes(t, ten()).rvol[0])
    assert np.isnan(quotes(tape_with_bars_but_few_days(), ten()).rvol[0])


def tape_with_bars_but_few_days() -> Tape:
    """Half-hours of past sessions, but only nine daily volumes: too few for an average."""
    t = tape()
    for start in calendar.bar_starts(t.sessions[-2]):
        put(t, start, 100, 31_250)
    t.daily_volume[0, :-10] = np.nan
    put(t, ten(), 100, 50_000)
    return t


def test_a_half_day_ends_at_five_and_is_held_against_the_same_time_of_full_days() -> None:
    half = date(2025, 11, 28)
    t = tape(newest=half)
    session = t.sessions[-1]
    assert session.half_day and len(calendar.bar_starts(session)) == 26
    for day in t.sessions[-6:-1]:
        for start in calendar.bar_starts(day):
            put(t, start, 100, 31_250)
    put(t, session.close - BAR, 102, 562_500)  # 12:30-13:00 is the 18th bar
    q = quotes(t, session.close - BAR)
    assert q.volume_share == pytest.approx(18 / 32)
    assert q.rvol[0] == pytest.approx(1.0)
    put(t, session.close, 104)  # 13:00-13:30: after-hours already
    assert quotes(t, session.close).returns[0, DAY] == pytest.approx(4.0)
    assert quotes(t, session.post_close - BAR).volume_share == 1.0


def test_flags_compare_the_last_price_with_the_twenty_sessions_before() -> None:
    t = tape(3)
    t.daily_close[:, -21:-1] = np.arange(100.0, 120.0)
    t.daily_close[2, -5] = np.nan
    for stock, price in enumerate((120.0, 99.0, 130.0)):
        put(t, ten(), price, stock=stock)
    q = quotes(t, ten())
    assert q.above_average[:2].tolist() == [1.0, 0.0]
    assert q.new_high[:2].tolist() == [1.0, 0.0]
    assert q.new_low[:2].tolist() == [0.0, 1.0]
    assert np.isnan([q.above_average[2], q.new_high[2], q.new_low[2]]).all()
    short = tape(sessions=15)
    put(short, ten(), 120)
    assert np.isnan(quotes(short, ten()).new_high[0])


def test_the_session_is_that_of_the_newest_bar() -> None:
    t = tape()
    t.daily_close[0, -1] = 100
    assert newest_moment(t) == SESSION.close
    assert session_index(t, SESSION.close) == len(t.sessions) - 1
    put(t, SESSION.post_close - BAR, 100)
    assert newest_moment(t) == SESSION.post_close
    assert session_index(t, SESSION.post_close) == len(t.sessions) - 1
    assert session_index(t, THURSDAY.post_close) == len(t.sessions) - 2
    with pytest.raises(ValueError, match="not on the tape"):
        session_index(t, SESSION.post_close + timedelta(days=4))


def test_an_empty_tape_has_no_moment() -> None:
    t = tape()
    t.daily_close[:] = np.nan
    assert newest_moment(t) is None


def test_a_tape_of_one_bar_has_no_half_hour_return() -> None:
    t = tape(sessions=2, intraday_sessions=1)
    bars = (values[:, :1] for values in (t.bar_open, t.bar_close, t.bar_volume))
    short = Tape(t.sessions, t.starts[:1], t.daily_close, t.daily_volume, *bars)
    put(short, short.starts[0], 103)
    q = quotes(short, short.starts[0])
    assert np.isnan(q.returns[0, THIRTY])
    assert q.returns[0, DAY] == pytest.approx(3.0)


def test_on_the_first_session_of_the_tape_there_is_no_session_before() -> None:
    t = tape(sessions=1, intraday_sessions=1)
    put(t, ten(), 103)
    assert np.isnan(quotes(t, ten()).returns).all()
    assert quotes(t, ten()).last[0] == 103


def test_the_index_holds_every_stock_alike() -> None:
    t = tape(2)
    t.daily_close[0, -2], t.daily_close[1, -2] = 110, 100
    day = len(t.sessions) - 1
    levels = equal_weight_index(daily_returns(t, day), np.array([4.0, np.nan]))
    assert levels[-1] == 100.0
    assert levels[[0, -3, -2, -1]] == pytest.approx(np.array([100, 100, 105, 109.2]) / 1.092)
    assert levels.size == day + 1


def test_the_index_does_not_jump_over_a_session_without_prices() -> None:
    history = np.array([[1.0, np.nan, 1.0]])
    levels = equal_weight_index(history, np.array([1.0]))
    assert np.isnan(levels[:2]).all()
    assert levels[2:] == pytest.approx([100 / 1.0201, 100 / 1.01, 100])


def test_inputs_are_left_as_they_were() -> None:
    t = tape()
    put(t, ten(), 104)
    before = [array.copy() for array in (t.daily_close, t.daily_volume, t.bar_close, t.bar_volume)]
    quotes(t, ten())
    for array, copy in zip((t.daily_close, t.daily_volume, t.bar_close, t.bar_volume), before, strict=True):
        np.testing.assert_array_equal(array, copy)
