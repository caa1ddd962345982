"""Factor betas of a book: the regression of its own returns by statsmodels, bands, missing proxies, short interest."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import statsmodels.api as sm
from django.core.cache import cache

from portfolios.books import cash
from portfolios.kernels.factors import FACTORS, PROXIES, compute_factor_volatility, winsorize
from portfolios.kernels.greeks import GreekSource
from portfolios.models import Portfolio
from portfolios.risk import factors, short_interest
from portfolios.risk.selectors import get_factors, load_book
from portfolios.risk.views import live_view
from sentiment_site.market import calendar
from sentiment_site.quant.regression import ridge_bands
from tests.portfolios.risk.conftest import CLOSE, MONDAY, STOCKS, World, hold, make_world, price, publish, stock
from universe.models import Membership, UniverseRun

pytestmark = pytest.mark.django_db
D = Decimal
SHARES = {"SOUN": 300, "AAPL": 150, "PLUG": -200, "MARA": 100}


def fill(book: Portfolio, world: World) -> dict[str, float]:
    """Four names; their weights."""
    cash.add_flow(book, "deposit", D(40_000), on=MONDAY)
    for symbol, quantity in SHARES.items():
        stock(book, world, symbol, quantity)
    value = load_book(book).total_value
    return {symbol: quantity * round(world.close(symbol), 4) / value for symbol, quantity in SHARES.items()}


def own_returns(world: World, weights: dict[str, float]) -> npt.NDArray[np.float64]:
    """The book's daily returns with today's weights, each name clipped as the fit clips it."""
    return np.sum([weight * winsorize(world.returns(symbol)) for symbol, weight in weights.items()], axis=0)


def proxy_returns(world: World) -> npt.NDArray[np.float64]:
    return winsorize(np.array([world.returns(proxy) for proxy in PROXIES]))


def ridge(y: npt.NDArray[np.float64], x: npt.NDArray[np.float64], penalty: float) -> npt.NDArray[np.float64]:
    """Ridge as least squares of statsmodels over the data with one made-up row per factor."""
    z = (x - x.mean(axis=1, keepdims=True)).T
    k = z.shape[1]
    extra = np.sqrt(penalty * np.trace(z.T @ z) / k) * np.eye(k)
    return np.asarray(sm.OLS(np.concatenate([y - y.mean(), np.zeros(k)]), np.vstack([z, extra])).fit().params)


def test_betas_are_the_regression_of_the_books_own_returns(world: World, book: Portfolio) -> None:
    weights = fill(book, world)
    found = get_factors(book)
    y, x = own_returns(world, weights), proxy_returns(world)
    used = [line for line in found.factors if line.used]
    assert [line.proxy for line in used] == list(PROXIES)
    np.testing.assert_allclose([line.beta for line in used], ridge(y, x, 0.10), rtol=1e-6, atol=1e-9)
    bands = ridge_bands(y, x, 0.10)
    np.testing.assert_allclose([line.low for line in used], bands.low, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose([line.high for line in used], bands.high, rtol=1e-3, atol=1e-4)
    np.testing.assert_allclose([line.standard_error for line in used], bands.standard_error, rtol=1e-3)
    alone = [sm.OLS(y, sm.add_constant(line)).fit().params[1] for line in x]
    np.testing.assert_allclose([line.alone for line in used], alone, rtol=1e-6)
    inflation = [
        1 / (1 - sm.OLS(x[row], sm.add_constant(np.delete(x, row, axis=0).T)).fit().rsquared) for row in range(len(x))
    ]
    np.testing.assert_allclose([line.vif for line in used], inflation, rtol=1e-6)
    fitted = ridge(y, x, 0.10) @ x
    residual = (y - fitted) - (y - fitted).mean()
    assert found.r_squared == pytest.approx(1 - residual @ residual / ((y - y.mean()) @ (y - y.mean())), rel=1e-6)
    assert (found.observations, found.common, found.short_sample, found.coverage) == (252, 252, False, 1.0)
    assert all(line.dollars == pytest.approx(line.beta * found.basis.total_value) for line in used if line.beta)


def test_volatility_is_split_as_the_kernel_says(world: World, book: Portfolio) -> None:
    weights = fill(book, world)
    found = get_factors(book)
    market = load_book(book).market
    rows = [market.rows[world.ids[symbol]] for symbol in weights]
    joint = market.model.joint
    daily = compute_factor_volatility(
        list(weights.values()), joint.beta[rows], market.factors.prepared, joint.residual_deviation[rows]
    )
    split = found.volatility
    assert split is not None
    assert split.total == pytest.approx(daily * np.sqrt(252), rel=1e-6)
    assert split.total**2 == pytest.approx(split.factor**2 + split.specific**2)
    assert split.factor_share == pytest.approx(split.factor**2 / split.total**2)
    assert sum(line.share for line in found.factors if line.share) == pytest.approx(split.factor_share)
    assert split.value_at_risk == pytest.approx(1.6449 * daily, rel=1e-4)


def test_what_hedges_itself_has_no_beta(world: World, book: Portfolio) -> None:
    cash.add_flow(book, "deposit", D(40_000), on=MONDAY)
    price(hold(book, "SOUN", 300, "10"), "20")
    price(hold(book, "SOUN", -300, "10"), "20")
    found = get_factors(book)
    assert found.reason == ""
    assert all(line.beta is None and line.low is None for line in found.factors)
    assert (found.volatility, found.r_squared, found.observations) == (None, None, 0)


def test_a_proxy_without_bars_says_so(book: Portfolio) -> None:
    world = make_world(["SPY", "IWM", "QUAL", "SOUN"], broken={"QUAL": 30})
    stock(book, world, "SOUN", 10)
    cash.add_flow(book, "deposit", D(4_000), on=MONDAY)
    found = get_factors(book)
    said = {line.proxy: (line.used, line.reason) for line in found.factors}
    assert said["SPY"] == (True, "")
    assert said["MTUM"] == (False, "MTUM is not among the instruments here")
    assert said["QUAL"] == (False, "QUAL has bars for 29 of 60 returns")
    assert said["CUSTOM"] == (False, "the universe's short interest is known for 0 of 120 sessions")
    assert [line.beta is None for line in found.factors] == [not line.used for line in found.factors]


def test_no_proxy_at_all(book: Portfolio) -> None:
    world = make_world(["SOUN"])
    stock(book, world, "SOUN", 10)
    found = get_factors(book)
    assert found.reason == factors.NO_FACTORS
    assert not any(line.used or line.beta for line in found.factors)
    assert found.factors[0].reason == "SPY is not among the instruments here"


def test_proxies_that_never_trade_together(book: Portfolio) -> None:
    world = make_world(["SPY", "IWM", "SOUN"], broken={"IWM": 80})
    closes = load_book(book).market
    closes.closes[closes.rows[world.ids["SPY"]], -40:] = np.nan
    chosen = closes.factors
    assert [FACTORS[place].etf_proxy for place in chosen.places] == ["SPY"]
    assert chosen.reasons["Size"] == "fewer than 60 sessions in common with the other factors"


def test_positions_without_history_are_left_out_and_named(book: Portfolio) -> None:
    world = make_world(["SPY", "IWM", "SOUN", "NVAX"], broken={"NVAX": 41})
    cash.add_flow(book, "deposit", D(40_000), on=MONDAY)
    stock(book, world, "SOUN", 100)
    young = stock(book, world, "NVAX", 100)
    hold(book, "XYZQ", 10, "5")
    found = get_factors(book)
    reasons = {one.symbol: one.reason for one in found.missing}
    assert reasons == {
        "NVAX": "40 of 60 returns in common with the factors",
        "XYZQ": "its stock is not among the instruments here",
    }
    dollars = {"SOUN": 100 * world.close("SOUN"), "NVAX": 100 * world.close("NVAX"), "XYZQ": 50}
    assert found.coverage == pytest.approx(dollars["SOUN"] / sum(dollars.values()), rel=1e-4)
    young.delete()
    alone = get_factors(book)
    scale = found.basis.total_value / alone.basis.total_value
    assert alone.factors[0].beta is not None
    assert found.factors[0].beta == pytest.approx(alone.factors[0].beta / scale, rel=1e-6)


def test_a_short_sample_is_marked(book: Portfolio) -> None:
    world = make_world(["SPY", "IWM", "SOUN"], broken={"SOUN": 91})
    cash.add_flow(book, "deposit", D(40_000), on=MONDAY)
    stock(book, world, "SOUN", 100)
    found = get_factors(book)
    assert (found.observations, found.common, found.short_sample) == (90, 90, True)
    line = found.factors[0]
    assert line.low is not None
    assert line.beta is not None
    assert line.high is not None
    assert line.low < line.beta < line.high


def test_a_draw_that_met_too_few_days_says_nothing(book: Portfolio) -> None:
    world = make_world(["SPY", "IWM", "SOUN", "NVAX"], broken={"NVAX": 61})
    cash.add_flow(book, "deposit", D(40_000), on=MONDAY)
    stock(book, world, "NVAX", 100)
    loaded = load_book(book)
    loaded.market.draws[:50] = np.nan
    found = get_factors(book, loaded=loaded)
    line, row = found.factors[0], loaded.market.rows[world.ids["NVAX"]]
    weight = 100 * round(world.close("NVAX"), 4) / found.basis.total_value
    kept = weight * loaded.market.draws[50:, row, 0]
    kept = kept[np.isfinite(kept)]
    assert (line.low, line.high) == pytest.approx(tuple(np.quantile(kept, [0.025, 0.975])), rel=1e-4)


def test_without_capital_there_are_no_weights(world: World, book: Portfolio) -> None:
    cash.add_flow(book, "withdrawal", D(90_000), on=MONDAY)
    stock(book, world, "SOUN", 100)
    assert get_factors(book).reason == factors.NO_CAPITAL
    assert get_factors(book).volatility is None


def test_an_empty_book(world: World, book: Portfolio) -> None:
    cash.add_flow(book, "deposit", D(90_000), on=MONDAY)
    found = get_factors(book)
    assert (found.reason, found.coverage, found.missing) == (factors.NO_POSITIONS, 0.0, ())
    assert found.short_interest.exposure is None


def test_exposure_to_short_interest_is_the_weighted_score(world: World, book: Portfolio) -> None:
    weights = fill(book, world)
    percents = np.array([row[2] for row in STOCKS.values()])
    scores = dict(zip(STOCKS, np.clip((percents - percents.mean()) / percents.std(ddof=1), -3, 3), strict=True))
    found = get_factors(book).short_interest
    assert found.exposure == pytest.approx(sum(weight * scores[symbol] for symbol, weight in weights.items()), rel=1e-4)
    assert (found.weighed, found.days, found.in_regression) == (1.0, 0, False)
    Membership.objects.filter(instrument=world.ids["SOUN"]).update(eligible=False)
    assert get_factors(book).short_interest.weighed < 1


def test_the_short_interest_return_needs_runs_that_were_known_before(world: World, book: Portfolio) -> None:
    fill(book, world)
    market = load_book(book).market
    Membership.objects.filter(run=world.run).update(sector="technology")
    half = calendar.session_on(world.sessions[100])
    assert half is not None
    old = publish(world.ids, half.date, world.run.memberships.model.objects.first().instrument.source)  # type: ignore[union-attr]
    old.memberships.update(sector="technology")
    cache.clear()
    series = short_interest.load_series(live_view(), market.sessions)
    # groups of 21 returns; the run became known at the close of session 100, so the next group to begin is the first
    assert np.isnan(series.returns[:105]).all()
    assert series.days == 252 - 105
    assert series.reason == ""
    symbols = sorted(STOCKS, key=lambda symbol: STOCKS[symbol][2])
    most, least = symbols[-2:], symbols[:2]
    expected = np.mean([world.returns(one) for one in most], axis=0) - np.mean(
        [world.returns(one) for one in least], axis=0
    )
    np.testing.assert_allclose(series.returns[105:], expected[105:], rtol=1e-6, atol=1e-9)
    found = get_factors(book)
    assert found.short_interest.in_regression
    assert found.factors[-1].used
    assert found.factors[-1].beta is not None
    # a moment before that run knows nothing of it
    assert not get_factors(book, half.close - dt.timedelta(minutes=1)).short_interest.in_regression


def test_the_series_is_kept_and_made_again_when_a_day_comes(world: World, monkeypatch: Any) -> None:
    UniverseRun.objects.update(as_of=CLOSE - dt.timedelta(days=400), recorded_at=CLOSE - dt.timedelta(days=400))
    Membership.objects.update(sector="technology")
    sessions = world.sessions
    cache.clear()
    first = short_interest.load_series(live_view(), sessions)
    assert first.days == 252
    monkeypatch.setattr(short_interest, "_compute", lambda *_: pytest.fail("it was kept"))
    np.testing.assert_array_equal(short_interest.load_series(live_view(), sessions).returns, first.returns)


def test_nothing_of_later_is_seen(world: World, book: Portfolio, friday_evening: Any) -> None:
    fill(book, world)
    as_of = CLOSE + dt.timedelta(hours=2)
    friday_evening.move_to(as_of + dt.timedelta(minutes=1))
    before = get_factors(book, as_of)
    friday_evening.move_to(CLOSE + dt.timedelta(days=30))
    after = get_factors(book, as_of)
    assert after.factors == before.factors
    assert after.volatility == before.volatility


def test_whose_deltas_weigh(world: World, book: Portfolio) -> None:
    cash.add_flow(book, "deposit", D(40_000), on=MONDAY)
    hold(book, "SOUN261218C00200000", 10, "1")
    mock, model = get_factors(book), get_factors(book, source=GreekSource.MODEL)
    assert mock.factors[0].beta is not None
    assert model.factors[0].beta is not None
    assert abs(model.factors[0].beta) < 0.1 * abs(mock.factors[0].beta)
