"""The eight factors: preparation, planted betas found again, short interest, and the book's volatility by the model."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from portfolios.kernels import factors as f

NAN = np.nan
RNG = np.random.default_rng(23)


def proxies(n: int = 300, k: int = 3) -> np.ndarray:
    return 0.7 * RNG.normal(0, 0.01, n) + RNG.normal(0, 0.007, (k, n))


def test_the_fixed_table() -> None:
    assert [factor.display_order for factor in f.FACTORS] == list(range(1, 9))
    assert f.PROXIES == ("SPY", "MTUM", "VTV", "VUG", "QUAL", "IWM", "SPLV")
    assert f.FACTORS[-1].etf_proxy == f.CUSTOM
    assert {factor.factor_type for factor in f.FACTORS} == {"macro", "style"}


def test_log_returns() -> None:
    closes = np.array([100.0, 110.0, 0.0, 120.0, NAN, 121.0, 122.0])
    before = closes.copy()
    found = f.compute_excess_log_returns(closes, 0.001)
    assert found[0] == pytest.approx(np.log(1.1) - 0.001)
    assert np.isnan(found[1:5]).all()
    assert found[5] == pytest.approx(np.log(122 / 121) - 0.001)
    np.testing.assert_array_equal(closes, before)
    assert f.compute_excess_log_returns(np.ones((2, 1))).shape == (2, 0)


def test_winsorising_is_not_stretched_by_the_jump_it_clips() -> None:
    r = np.concatenate([RNG.normal(0, 1, 99), [1000.0]])
    spread = 1.4826 * np.median(np.abs(r - np.median(r)))
    clipped = f.winsorize(r)
    assert clipped[-1] == pytest.approx(np.median(r) + 5 * spread)
    np.testing.assert_array_equal(clipped[:99], r[:99])
    with_gap = f.winsorize([[1.0, NAN, 2.0], [NAN, NAN, NAN], [3.0, 3.0, 9.0]])
    np.testing.assert_array_equal(with_gap[1:], [[NAN, NAN, NAN], [3, 3, 9]])
    assert np.isnan(with_gap[0, 1])


def test_planted_betas_are_found_and_the_view_alone_is_not_them() -> None:
    x = proxies()
    truth = np.array([[1.0, 0.5, -0.3], [0.2, 0.0, 0.8]])
    y = truth @ x + RNG.normal(0, 0.001, (2, 300))
    y_before = y.copy()
    model = f.fit_factors(y, x)
    np.testing.assert_allclose(model.joint.beta, truth, atol=0.15)
    np.testing.assert_allclose(f.fit_factors(y, x, penalty=0.0).joint.beta, truth, atol=0.05)
    assert (model.joint.n == 252).all()
    assert not model.short_sample
    assert model.vif.shape == (3,)
    assert model.condition > 1
    assert abs(model.alone.beta[0].sum() - truth[0].sum()) > 0.3
    bands = f.compute_factor_bands(y[0], x)
    assert (bands.low < model.joint.beta[0]).all()
    assert (model.joint.beta[0] < bands.high).all()
    np.testing.assert_array_equal(y, y_before)


def test_minimum_observations() -> None:
    x = proxies(100)
    y = RNG.normal(0, 0.01, (2, 100))
    y[0, :41] = NAN
    model = f.fit_factors(y, x)
    assert np.isnan(model.joint.beta[0]).all()
    assert np.isfinite(model.joint.beta[1]).all()
    assert model.short_sample
    assert np.isfinite(f.fit_factors(y[1], x).joint.beta).all()
    nothing = f.fit_factors(y[0], x)
    assert np.isnan(nothing.joint.beta).all()
    assert not nothing.short_sample


def test_short_interest_score() -> None:
    found = f.score_short_interest([1.0, 2.0, 3.0, NAN, 100.0])
    s = np.array([1, 2, 3, 100.0])
    np.testing.assert_allclose(found[[0, 1, 2, 4]], np.clip((s - s.mean()) / s.std(ddof=1), -3, 3))
    assert np.isnan(found[3])
    assert f.score_short_interest(np.r_[np.zeros(50), 1e6])[-1] == 3.0
    assert np.isnan(f.score_short_interest([5.0, NAN])).all()
    assert np.isnan(f.score_short_interest([5.0, 5.0])).all()


def test_short_interest_returns_are_neutral_to_sectors() -> None:
    """Two sectors of ten: the two most shorted less the two least, averaged; a third sector is too small."""
    sectors = ["a"] * 10 + ["b"] * 10 + ["c"] * 3
    share = np.r_[np.arange(10), np.arange(10)[::-1], [99, 98, 97]].astype(float)
    r = RNG.normal(0, 1, (23, 6))
    r[9, 2], r[:, 4] = NAN, NAN
    found = f.compute_short_interest_returns(r, share, sectors)
    first = r[[8, 9], 0].mean() - r[[0, 1], 0].mean()
    second = r[[10, 11], 0].mean() - r[[18, 19], 0].mean()
    assert found[0] == pytest.approx((first + second) / 2)
    one = r[8, 2] - r[[0, 1], 2].mean()
    assert found[2] == pytest.approx((one + r[[10, 11], 2].mean() - r[[18, 19], 2].mean()) / 2)
    assert np.isnan(found[4])
    shifted = f.compute_short_interest_returns(r + np.where(np.array(sectors) == "a", 5.0, 0)[:, None], share, sectors)
    np.testing.assert_allclose(shifted, found, atol=1e-12)
    assert np.isnan(f.compute_short_interest_returns(r[:5], share[:5], sectors[:5])).all()
    with pytest.raises(ValueError, match="do not match"):
        f.compute_short_interest_returns(r, share[:3], sectors)


def test_portfolio_exposure_and_volatility() -> None:
    betas = np.array([[1.0, 0.5], [2.0, -1.0], [NAN, NAN]])
    assert f.compute_portfolio_factors([0.5, -0.25, 0.0], betas).tolist() == [0.0, 0.5]
    assert np.isnan(f.compute_portfolio_factors([0.5, 0.1, 0.1], betas)).all()
    x = RNG.normal(0, 0.01, (2, 5000))
    x[0, 7] = NAN
    found = f.compute_factor_volatility([0.5, -0.25, 0.0], betas, x, [0.02, 0.04, NAN])
    assert found == pytest.approx(np.sqrt((0.5 * 0.01) ** 2 + (0.5 * 0.02) ** 2 + (0.25 * 0.04) ** 2), rel=0.02)


@given(hnp.arrays(float, (2, 40), elements=st.floats(-1, 1)), st.floats(1, 6))
def test_winsorising_only_pulls_in(r: np.ndarray, deviations: float) -> None:
    found = f.winsorize(r, deviations)
    assert (
        np.abs(found - np.median(r, axis=1, keepdims=True)) <= np.abs(r - np.median(r, axis=1, keepdims=True)) + 1e-12
    ).all()
    np.testing.assert_allclose(np.median(found, axis=1), np.median(r, axis=1), atol=1e-12)
