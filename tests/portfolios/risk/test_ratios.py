"""Ratios of stored rows against empyrical, with the reason of every empty one."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import empyrical
import numpy as np
import pytest

from portfolios.models import Portfolio, PortfolioSnapshot
from portfolios.risk.ratios import load_returns
from portfolios.risk.selectors import get_ratios
from portfolios.risk.views import live_view
from sentiment_site.market import calendar
from tests.portfolios.risk.conftest import CLOSE, World, make_world, stock

pytestmark = pytest.mark.django_db
D = Decimal
CENT = D("0.01")


def write(book: Portfolio, days: int, *, flows: dict[int, int] | None = None, flat: bool = False) -> np.ndarray:
    """Rows of the last sessions with known returns; those returns."""
    rng = np.random.default_rng(9)
    sessions = calendar.recent_sessions(CLOSE, days)
    rows, returns, value, sum_pnl = [], [], D(0), D(0)
    for place, session in enumerate(sessions):
        money = D((flows or {}).get(place, 0)) if place else D(100_000)
        base = money if not place else value + money / 2
        pnl = D(0) if flat else (base * D(str(rng.normal(0.0005, 0.012)))).quantize(CENT)
        value, sum_pnl = value + money + pnl, sum_pnl + pnl
        returns.append(float(pnl / base))
        rows.append(
            PortfolioSnapshot(
                portfolio=book,
                snapshot_date=session.date,
                state="final",
                total_value=value,
                cash_value=value,
                long_value=0,
                short_value=0,
                gross_exposure=0,
                net_exposure=0,
                flows=money,
                daily_pnl=pnl,
                cumulative_pnl=sum_pnl,
                as_of=session.close,
                recorded_at=session.close,
            )
        )
    PortfolioSnapshot.objects.bulk_create(rows)
    return np.array(returns)


def test_ratios_are_empyricals(world: World, book: Portfolio) -> None:
    r = write(book, 90, flows={30: 50_000, 60: -20_000})
    stock(book, world, "SOUN", 100)
    found = get_ratios(book)
    expected = {
        "volatility": empyrical.annual_volatility(r),
        "sharpe": empyrical.sharpe_ratio(r),
        "sortino": empyrical.sortino_ratio(r),
        "max_drawdown": empyrical.max_drawdown(r),
        "annual_return": empyrical.annual_return(r),
        "cumulative_return": empyrical.cum_returns_final(r),
        "calmar": empyrical.calmar_ratio(r),
        "value_at_risk": empyrical.value_at_risk(r, 0.05),
    }
    for name, value in expected.items():
        assert getattr(found.ratios, name) == pytest.approx(value, rel=1e-9), name
    market = np.expm1(world.returns("SPY"))[-90:]
    assert found.ratios.beta == pytest.approx(empyrical.beta(r, market), rel=1e-9)
    assert found.ratios.alpha == pytest.approx(empyrical.alpha(r, market), rel=1e-9)
    assert [one.symbol for one in found.benchmarks] == ["SPY", "IWM"]
    assert found.benchmarks[0].beta == found.ratios.beta
    assert found.benchmarks[0].observations == 90
    assert found.benchmarks[1].beta == pytest.approx(empyrical.beta(r, np.expm1(world.returns("IWM"))[-90:]), rel=1e-9)
    assert dict(found.reasons) == {}
    assert found.expected_beta is not None
    wealth = np.cumprod(1 + r)
    trough = int(np.argmin(wealth / np.maximum(np.maximum.accumulate(wealth), 1)))
    assert found.trough == calendar.recent_sessions(CLOSE, 90)[trough].date
    assert found.last == CLOSE.date()


def test_few_rows_and_the_reasons(world: World, book: Portfolio) -> None:
    empty = get_ratios(book)
    assert empty.ratios.observations == 0
    assert empty.reasons["sharpe"] == "0 of 20 daily returns"
    assert empty.reasons["max_drawdown"] == "0 of 2 daily returns"
    assert (empty.first, empty.last, empty.trough) == (None, None, None)
    write(book, 19)
    found = get_ratios(book)
    assert found.ratios.max_drawdown is not None
    assert found.reasons["volatility"] == "19 of 20 daily returns"
    assert found.reasons["beta"] == "19 of 20 daily returns beside SPY"


def test_returns_that_do_not_vary(world: World, book: Portfolio) -> None:
    write(book, 30, flat=True)
    found = get_ratios(book)
    assert (found.ratios.volatility, found.ratios.sharpe, found.ratios.max_drawdown) == (None, None, 0.0)
    assert found.reasons["sharpe"].startswith("the returns do not vary")
    assert found.reasons["calmar"] == "the book never fell"


def test_without_a_benchmark(book: Portfolio) -> None:
    make_world(["SOUN"])
    write(book, 30)
    found = get_ratios(book)
    assert found.ratios.volatility is not None
    assert found.reasons["beta"] == found.reasons["alpha"] == "no benchmark has bars here"
    assert found.benchmarks == ()


def test_only_rows_known_then(world: World, book: Portfolio) -> None:
    r = write(book, 60)
    Portfolio.objects.update(created_at=CLOSE - dt.timedelta(days=300))
    session = calendar.recent_sessions(CLOSE, 60)[40]
    found = get_ratios(book, session.close + dt.timedelta(hours=1))
    assert found.ratios.observations == 41
    assert found.ratios.volatility == pytest.approx(empyrical.annual_volatility(r[:41]))
    PortfolioSnapshot.objects.filter(snapshot_date=session.date).update(recorded_at=CLOSE)
    assert get_ratios(book, session.close + dt.timedelta(hours=1)).ratios.observations == 40


def test_a_day_without_capital_is_no_return(world: World, book: Portfolio) -> None:
    write(book, 30)
    PortfolioSnapshot.objects.filter(snapshot_date=CLOSE.date()).update(
        total_value=-5, cash_value=-5, flows=0, daily_pnl=-5
    )
    series = load_returns([book.pk], live_view(), dt.date(2025, 1, 2))[book.pk]
    assert np.isnan(series.returns[-1])
    assert np.isfinite(series.returns[:-1]).all()
