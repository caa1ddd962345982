"""Prices afterwards: which ones, on which share basis, and none before they are known."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from fractions import Fraction

import numpy as np
import pytest

from sectors.evaluation.outcomes import Window, load_window, returns_to
from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, HALF_HOUR, Market
from tests.sectors.conftest import FRIDAY, TEN
from universe import bars
from universe.models import DataSource, Split

pytestmark = pytest.mark.django_db

MONDAY = calendar.shift(FRIDAY.date, 1)
AFTERWARDS = calendar.shift(FRIDAY.date, 7).close
FIRST, SECOND = ALL_SYMBOLS[:2]


def window_of(market: Market, at: datetime = AFTERWARDS) -> Window:
    with clock.frozen(at):
        return load_window(FRIDAY, np.array([market.ids[SECOND], market.ids[FIRST], market.ids[FIRST]]))


def price(window: Window, market: Market, symbol: str, later: object) -> float:
    return float(later.price[window.places(np.array([market.ids[symbol]]))[0]])  # type: ignore[attr-defined]


def test_the_next_close_is_the_first_one_after_the_moment(market: Market) -> None:
    market.store_daily(FRIDAY.date, {FIRST: 110, SECOND: 90})
    market.store_daily(MONDAY.date, {FIRST: 120})
    window = window_of(market)
    before, at_close = window.next_close(TEN), window.next_close(FRIDAY.close)
    assert (before.at, at_close.at) == (FRIDAY.close, MONDAY.close)
    assert [price(window, market, FIRST, each) for each in (before, at_close)] == [110, 120]
    assert math.isnan(price(window, market, SECOND, at_close))
    assert not window.has_half_hours


def test_four_trading_hours_are_eight_regular_half_hours(market: Market) -> None:
    for place in range(13):
        market.store_half_hours(FRIDAY.open + place * HALF_HOUR, {FIRST: 100 + place, SECOND: 50})
    market.store_half_hours(MONDAY.open, {FIRST: 125})
    window = window_of(market)
    assert window.has_half_hours
    later = window.four_hours(TEN)  # the bars from 10:00 to 13:30, the last of which ends at 14:00
    assert later.at == TEN + timedelta(hours=4)
    assert price(window, market, FIRST, later) == 108
    before_the_open = window.four_hours(FRIDAY.pre_open + timedelta(hours=4))
    assert (before_the_open.at, price(window, market, FIRST, before_the_open)) == (FRIDAY.open + 8 * HALF_HOUR, 107)
    overnight = window.four_hours(FRIDAY.close - HALF_HOUR)  # one bar of Friday, seven of Monday, of which one is known
    assert overnight.at == MONDAY.open + 7 * HALF_HOUR
    assert price(window, market, FIRST, overnight) == 125
    assert price(window, market, SECOND, overnight) == 50  # the last one traded
    assert window.four_hours(MONDAY.open + 6 * HALF_HOUR).at is None


def test_nothing_is_settled_before_its_time(market: Market) -> None:
    market.store_daily(FRIDAY.date, {FIRST: 110})
    window = window_of(market, FRIDAY.close)
    assert window.next_close(TEN).at == FRIDAY.close
    assert window.next_close(FRIDAY.close).at is None
    assert np.isnan(window.highest(TEN).price).all()


def test_the_highest_takes_half_hours_closes_and_highs_after_the_moment_only(market: Market) -> None:
    market.store_half_hours(FRIDAY.open, {FIRST: 150})
    market.store_half_hours(TEN, {FIRST: 130})
    market.store_daily(FRIDAY.date, {FIRST: 101, SECOND: 103})
    market.store_daily(MONDAY.date, {FIRST: 102})
    window = window_of(market)
    assert price(window, market, FIRST, window.highest(FRIDAY.open)) == 150
    assert price(window, market, FIRST, window.highest(TEN)) == 130
    assert price(window, market, FIRST, window.highest(FRIDAY.close)) == 102
    assert math.isnan(price(window, market, SECOND, window.highest(TEN)))  # its last price is not known
    day = [int(datetime(*MONDAY.date.timetuple()[:3], tzinfo=UTC).timestamp() * 1000)]
    ids, columns = [market.ids[SECOND]], {"close": [104.0], "high": [140.0]}
    bars.store_bars("1d", ids, day, columns, market.source, MONDAY.close)
    window = window_of(market)
    assert price(window, market, SECOND, window.highest(FRIDAY.close)) == 140


def test_a_split_between_moment_and_outcome_is_no_fall(market: Market) -> None:
    market.store_daily(FRIDAY.date, {FIRST: 100})
    market.store_daily(MONDAY.date, {FIRST: 27})
    Split.objects.create(
        instrument_id=market.ids[FIRST],
        execution_date=MONDAY.date,
        split_from=1,
        split_to=4,
        source=DataSource.objects.get(),
        recorded_at=MONDAY.pre_open,
    )
    window = window_of(market)
    ids = np.array([market.ids[FIRST]], dtype=np.int32)
    entry = 100 * window.factors(ids, FRIDAY.date)
    change = returns_to(window.next_close(FRIDAY.close), entry, window.places(ids))
    assert change[0] == pytest.approx(float(Fraction(27 * 4, 100) - 1) * 100)
    assert window.factors(ids, MONDAY.date)[0] == 1.0


def test_a_doubt_raised_months_later_does_not_choose_what_is_counted(market: Market) -> None:
    market.store_daily(FRIDAY.date, {FIRST: 100, SECOND: 100})
    market.store_daily(MONDAY.date, {FIRST: 101, SECOND: 101})
    far = calendar.shift(FRIDAY.date, 30)
    market.store_daily(calendar.shift(far.date, -1).date, {FIRST: 100})
    market.store_daily(far.date, {FIRST: 1000})  # hides everything before it from those who read now
    assert np.isnan(bars.load_daily([market.ids[FIRST]], [MONDAY.date], known_at=far.post_close).close).all()
    window = window_of(market, far.post_close)
    assert price(window, market, FIRST, window.next_close(FRIDAY.close)) == 101


def test_the_first_half_hour_is_known_at_its_end(market: Market) -> None:
    market.store_half_hours(FRIDAY.open, {FIRST: 105})
    window = window_of(market)
    assert np.isnan(window.first_half_hour(FRIDAY.open)).all()
    known = window.first_half_hour(TEN)
    assert known[window.places(np.array([market.ids[FIRST]]))[0]] == 105
