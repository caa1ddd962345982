"""Ridge against statsmodels, for no penalty and for one; its errors, bands, inflation; what shrinking buys."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sentiment_site.quant import regression as reg

NAN = np.nan
RNG = np.random.default_rng(3)


def alike(n: int = 252, k: int = 5, common: float = 0.9) -> np.ndarray:
    """k factors that share most of their movement, (k, n)."""
    return common * RNG.normal(0, 0.01, n) + np.sqrt(1 - common**2) * RNG.normal(0, 0.01, (k, n))


def test_without_a_penalty_it_is_statsmodels_least_squares() -> None:
    sm = pytest.importorskip("statsmodels.api")
    x = alike()
    y = RNG.normal(0, 1, (4, 5)) @ x + RNG.normal(0, 0.005, (4, 252)) + 0.001
    fit = reg.fit_ridge(y, x, penalty=0.0)
    for row in range(4):
        oracle = sm.OLS(y[row], sm.add_constant(x.T)).fit()
        np.testing.assert_allclose(fit.beta[row], oracle.params[1:], rtol=1e-8)
        np.testing.assert_allclose(fit.standard_error[row], oracle.bse[1:], rtol=1e-8)
        assert fit.intercept[row] == pytest.approx(oracle.params[0], abs=1e-12)
        assert fit.r_squared[row] == pytest.approx(oracle.rsquared, rel=1e-10)
        assert fit.residual_deviation[row] == pytest.approx(np.sqrt(oracle.mse_resid), rel=1e-10)
        assert fit.degrees[row] == pytest.approx(5)


@pytest.mark.parametrize("penalty", [0.01, 0.1, 1.0])
def test_with_a_penalty_it_is_statsmodels_ridge(penalty: float) -> None:
    sm = pytest.importorskip("statsmodels.api")
    x = alike()
    y = np.array([1.0, -0.5, 0.2, 0, 0.7]) @ x + RNG.normal(0, 0.005, 252)
    z, centred = (x - x.mean(axis=1, keepdims=True)).T, y - y.mean()
    alpha = penalty * (z**2).sum() / 5 / 252  # statsmodels minimises RSS / 2n + alpha |b|^2 / 2
    oracle = sm.OLS(centred, z).fit_regularized(alpha=alpha, L1_wt=0.0)
    np.testing.assert_allclose(reg.fit_ridge(y, x, penalty).beta, oracle.params, rtol=1e-9)


def test_worked_example() -> None:
    """One factor 1, 2, 3, 4 and y = 1 + 2x: G = 5, penalty .1 of it, so beta = 10 / 5.5 and the rest follows."""
    x = np.array([[1.0, 2.0, 3.0, 4.0]])
    fit = reg.fit_ridge(1 + 2 * x[0], x, 0.1, min_obs=4)
    assert fit.beta == pytest.approx([20 / 11])
    assert fit.intercept == pytest.approx(6 - 2.5 * 20 / 11)
    assert fit.degrees == pytest.approx(10 / 11)
    assert fit.n == 4
    assert reg.fit_univariate(1 + 2 * x[0], x, 4).beta == pytest.approx([2.0])


def test_the_standard_error_is_the_spread_over_worlds() -> None:
    x = alike(120, 4)
    truth = np.array([1.0, 0.3, -0.2, 0.5])
    y = truth @ x + RNG.normal(0, 0.01, (4000, 120))
    fit = reg.fit_ridge(y, x, 0.1)
    np.testing.assert_allclose(fit.standard_error.mean(axis=0), fit.beta.std(axis=0, ddof=1), rtol=0.04)


def test_bands_cover_and_repeat() -> None:
    x = alike(252, 3)
    y = np.array([1.0, 0.3, -0.2]) @ x + RNG.normal(0, 0.01, 252)
    one, two = reg.ridge_bands(y, x), reg.ridge_bands(y, x)
    fit = reg.fit_ridge(y, x)
    np.testing.assert_array_equal(one.low, two.low)
    assert (one.low < fit.beta).all()
    assert (fit.beta < one.high).all()
    np.testing.assert_allclose(one.standard_error, fit.standard_error, rtol=0.35)
    assert not np.array_equal(one.low, reg.ridge_bands(y, x, seed=1).low)
    assert np.isnan(reg.ridge_bands(y, x, min_obs=300).low).all()
    assert np.isnan(reg.ridge_bands(y, np.vstack([x[0], x[0]]), 0.0).high).all()
    single = reg.ridge_bands(y, x, draws=1)
    np.testing.assert_array_equal(single.low, single.high)
    np.testing.assert_array_equal(single.standard_error, 0)
    with pytest.raises(ValueError, match="bands need one series"):
        reg.ridge_bands(np.vstack([y, y]), x)
    with pytest.raises(ValueError, match="bands need one series"):
        reg.ridge_bands(y, x, draws=0)


def test_shrinking_beats_least_squares_where_factors_are_alike() -> None:
    """The reason for the ridge; docs/methods/portfolio.md has the figures on real proxies."""
    x = alike(252, 7, common=0.98)
    truth = RNG.normal(0.3, 0.4, (500, 7))
    y = truth @ x + RNG.normal(0, 0.012, (500, 252))
    error = {p: np.sqrt(((reg.fit_ridge(y, x, p).beta - truth) ** 2).mean()) for p in (0.0, 0.1)}
    assert error[0.1] < 0.8 * error[0.0]
    # adding up what each factor says alone counts the same movement seven times
    alone = reg.fit_univariate(y, x).beta.sum(axis=1) - truth.sum(axis=1)
    joint = reg.fit_ridge(y, x).beta.sum(axis=1) - truth.sum(axis=1)
    assert np.abs(alone).mean() > 5 * np.abs(joint).mean()


def test_gaps_are_each_series_own() -> None:
    x = alike(200, 3)
    y = RNG.normal(0, 1, (6, 3)) @ x + RNG.normal(0, 0.01, (6, 200))
    y[0, :50], y[1, ::3], y[2, :150] = NAN, NAN, NAN
    x[1, 10] = np.inf
    y_before, x_before = y.copy(), x.copy()
    fit = reg.fit_ridge(y, x)
    for row in (0, 1, 3):
        used = np.isfinite(y[row]) & np.isfinite(x).all(axis=0)
        alone = reg.fit_ridge(y[row, used], x[:, used])
        np.testing.assert_allclose(fit.beta[row], alone.beta, rtol=1e-10)
        assert fit.n[row] == used.sum()
    assert np.isnan(fit.beta[2]).all()
    assert (fit.n[2], fit.n[3]) == (50, 199)
    np.testing.assert_array_equal(y, y_before)
    np.testing.assert_array_equal(x, x_before)


def test_univariate_against_statsmodels() -> None:
    sm = pytest.importorskip("statsmodels.api")
    x = alike(150, 3)
    y = np.array([0.5, 1.0, 0.0]) @ x + RNG.normal(0, 0.01, (2, 150))
    y[1, :40] = NAN
    fit = reg.fit_univariate(y, x)
    assert fit.beta.shape == (2, 3)
    for row in range(2):
        used = np.isfinite(y[row])
        for column in range(3):
            oracle = sm.OLS(y[row, used], sm.add_constant(x[column, used])).fit()
            assert fit.beta[row, column] == pytest.approx(oracle.params[1], rel=1e-9)
            assert fit.standard_error[row, column] == pytest.approx(oracle.bse[1], rel=1e-9)
            assert fit.r_squared[row, column] == pytest.approx(oracle.rsquared, rel=1e-9)
            assert fit.n[row, column] == used.sum()


def test_inflation_against_statsmodels() -> None:
    sm = pytest.importorskip("statsmodels.api")
    from statsmodels.stats.outliers_influence import variance_inflation_factor

    x = alike(252, 5)
    design = sm.add_constant(x.T)
    oracle = [variance_inflation_factor(design, place + 1) for place in range(5)]
    np.testing.assert_allclose(reg.variance_inflation(x), oracle, rtol=1e-8)
    z = x - x.mean(axis=1, keepdims=True)
    assert reg.condition_number(x) == pytest.approx(np.linalg.cond(z), rel=1e-9)


def test_edges() -> None:
    flat = np.full(100, 0.3)
    x = alike(100, 2)
    twins = np.vstack([x[0], x[0]])
    assert np.isnan(reg.fit_ridge(x[1], twins, 0.0).beta).all()
    assert np.isfinite(reg.fit_ridge(x[1], twins, 0.1).beta).all()
    assert np.isnan(reg.fit_ridge(x[1], np.vstack([flat, flat]), 0.1).beta).all()
    constant = reg.fit_ridge(flat, x)
    np.testing.assert_allclose(constant.beta, 0, atol=1e-12)
    assert np.isnan(constant.r_squared)
    assert np.isnan(reg.fit_ridge(x[1], x, min_obs=101).beta).all()
    np.testing.assert_array_equal(reg.variance_inflation(twins), np.inf)
    assert reg.variance_inflation(np.vstack([flat, x[0]]))[0] == np.inf
    assert reg.variance_inflation(x[0]) == pytest.approx([1.0])
    assert np.isnan(reg.variance_inflation(x, min_obs=101)).all()
    assert reg.condition_number(twins) == np.inf
    assert reg.condition_number(np.ones((3, 2))) == np.inf
    assert np.isnan(reg.condition_number(np.full((2, 3), NAN)))
    alone = reg.fit_univariate(x[1], np.vstack([flat, x[0]]))
    assert np.isnan(alone.beta[0])
    assert np.isfinite(alone.beta[1])
    assert np.isnan(reg.fit_univariate(flat * 0, x).r_squared).all()
    assert reg.fit_ridge(np.empty((0, 100)), x).beta.shape == (0, 2)
    with pytest.raises(ValueError, match="do not match"):
        reg.fit_ridge(np.ones(5), np.ones((1, 6)))
    with pytest.raises(ValueError, match="do not fit"):
        reg.fit_ridge(np.ones(5), np.ones((4, 5)), min_obs=5)
    with pytest.raises(ValueError, match="do not fit"):
        reg.fit_ridge(np.ones(99), np.ones((1, 99)), -0.1)
    with pytest.raises(ValueError, match="at least 3"):
        reg.fit_univariate(np.ones(5), np.ones((1, 5)), 2)


@given(hnp.arrays(float, (3, 40), elements=st.floats(-1, 1)), st.floats(0.01, 10), st.floats(0.1, 5))
def test_more_penalty_shrinks_and_units_do_not_matter(x: np.ndarray, penalty: float, unit: float) -> None:
    assume(x.std(axis=1).min() > 1e-3)
    y = x.sum(axis=0) + np.linspace(-1, 1, 40)
    some, more = (reg.fit_ridge(y, x, p, 5).beta for p in (penalty, 2 * penalty))
    assert np.linalg.norm(more) <= np.linalg.norm(some) * (1 + 1e-9)
    np.testing.assert_allclose(reg.fit_ridge(unit * y, unit * x, penalty, 5).beta, some, rtol=1e-6, atol=1e-9)
