"""What pages read: rows by span and moment, the curve with drawdown and benchmarks."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest

from portfolios.models import Portfolio
from portfolios.valuation.selectors import get_equity_curve, list_snapshots, load_benchmarks
from tests.factories import Market
from tests.portfolios.books.conftest import NOW, hold

from .conftest import WEEK, at, deposit, list_stock, run

pytestmark = pytest.mark.django_db
MON, TUE, WED, THU, FRI = WEEK


@pytest.fixture
def past(book: Portfolio, market: Market) -> Portfolio:
    """100 shares bought at 100 with 10,000: 110, 99, then 10,000 more come in, 99, 108.9."""
    list_stock(market, "WAVE", {TUE: 110.0, WED: 99.0, THU: 99.0, FRI: 108.9})
    list_stock(market, "SPY", {FRI: 102.0})
    market.store_daily(dt.date(2026, 8, 21), {"IWM": 101.0})
    deposit(book, "10000", MON)
    hold(book, "WAVE", 100, "100", on=MON)
    deposit(book, "10000", THU)
    run()
    return book


def test_the_curve_is_not_moved_by_deposits(past: Portfolio, django_assert_max_num_queries: Any) -> None:
    with django_assert_max_num_queries(6):
        curve = get_equity_curve(past)
    assert curve.dates == tuple(WEEK) and len(curve) == 5
    assert [int(value) for value in curve.total_value] == [10_000, 11_000, 9_900, 19_900, 20_890]
    # Thursday: nothing earned on 9,900 and half of 10,000; Friday: 990 on 19,900
    wanted = [0, 0.1, -0.1, 0, 990 / 19_900]
    np.testing.assert_allclose(curve.daily_return, wanted, atol=1e-12)
    np.testing.assert_allclose(curve.index, 100 * np.cumprod(1 + np.array(wanted)))
    np.testing.assert_allclose(curve.drawdown[:4], [0, 0, -0.1, -0.1], atol=1e-12)
    assert curve.provisional == (False,) * 5
    np.testing.assert_allclose(curve.benchmarks["IWM"], [100, 100, 100, 100, 101])
    np.testing.assert_allclose(curve.benchmarks["SPY"], [100, 100, 100, 100, 102])


def test_a_span_begins_where_it_begins(past: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    from portfolios.valuation import selectors

    monkeypatch.setattr(selectors, "SPANS", {"2d": 2, "all": None})
    curve = get_equity_curve(past, span="2d")
    assert curve.dates == (THU, FRI)
    np.testing.assert_allclose(curve.index, [100, 100 * (1 + 990 / 19_900)])
    np.testing.assert_allclose(curve.drawdown, [0, 0], atol=1e-12)
    with pytest.raises(KeyError):
        get_equity_curve(past, span="fortnight")


def test_moments_and_days(past: Portfolio, other: Portfolio, friday_evening: Any) -> None:
    assert [row.snapshot_date for row in list_snapshots(past)] == WEEK[::-1]
    assert [row.snapshot_date for row in list_snapshots(past, TUE, THU)] == [THU, WED, TUE]
    assert list_snapshots(past, as_of=at(WED, 20)).count() == 0  # nobody knew them then
    assert len(get_equity_curve(past, as_of=at(WED, 20))) == 0
    assert list_snapshots(past, as_of=NOW).count() == 5
    empty = get_equity_curve(other)
    assert (len(empty), empty.benchmarks, empty.index.size, empty.drawdown.size) == (0, {}, 0, 0)


def test_benchmarks_where_there_are_none(db: None, friday_evening: Any) -> None:
    assert load_benchmarks(WEEK) == {}
    assert load_benchmarks([]) == {}
