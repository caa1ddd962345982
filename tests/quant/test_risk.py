"""Beta and correlation against scipy and pandas, pair by pair, with holes and flat series."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import stats

from sentiment_site.quant import risk

NAN = np.nan
RNG = np.random.default_rng(17)


def panel(holes: float) -> tuple[np.ndarray, np.ndarray]:
    x = RNG.normal(0, 1.2, (3, 80))
    y = RNG.normal(0, 3, (12, 80)) + RNG.uniform(-1, 2, (12, 1)) * x[0]
    y[RNG.random(y.shape) < holes] = NAN
    x[RNG.random(x.shape) < holes / 4] = NAN
    return y, x


@pytest.mark.parametrize("holes", [0.0, 0.3])
def test_every_pair_matches_scipy_over_its_common_moments(holes: float) -> None:
    y, x = panel(holes)
    y_before, x_before = y.copy(), x.copy()
    beta, r = risk.ols_beta(y, x), risk.correlation(y, x)
    assert beta.shape == r.shape == (12, 3)
    for i in range(12):
        for j in range(3):
            both = np.isfinite(y[i]) & np.isfinite(x[j])
            line = stats.linregress(x[j][both], y[i][both])
            assert beta[i, j] == pytest.approx(line.slope, rel=1e-10, abs=1e-12)
            assert r[i, j] == pytest.approx(line.rvalue, rel=1e-10, abs=1e-12)
    np.testing.assert_array_equal(y, y_before)
    np.testing.assert_array_equal(x, x_before)


def test_shapes_for_one_and_several() -> None:
    y, x = panel(0.1)
    full = risk.correlation(y, x)
    np.testing.assert_allclose(risk.correlation(y, x[1]), full[:, 1])
    np.testing.assert_allclose(risk.correlation(y[4], x), full[4])
    assert risk.correlation(y[4], x[1]).shape == ()
    assert risk.ols_beta(np.empty((0, 80)), x).shape == (0, 3)


def test_minimum_overlap_is_that_of_pandas() -> None:
    y, x = panel(0.5)
    y[0, 25:] = NAN
    frame = pd.DataFrame(np.vstack([y, x]).T).corr(min_periods=30).to_numpy()
    np.testing.assert_allclose(risk.correlation(y, x, min_obs=30), frame[:12, 12:], rtol=1e-9, atol=1e-12)
    assert np.isnan(risk.correlation(y, x, min_obs=30)[0]).all()
    common = int((np.isfinite(y[1]) & np.isfinite(x[0])).sum())
    assert np.isfinite(risk.ols_beta(y[1], x[0], min_obs=common))
    assert np.isnan(risk.ols_beta(y[1], x[0], min_obs=common + 1))


def test_worked_example() -> None:
    x = np.array([1.0, 2.0, 3.0, 4.0])
    assert risk.ols_beta(1 + 2 * x, x, min_obs=4) == pytest.approx(2.0)
    assert risk.correlation(1 - 2 * x, x, min_obs=4) == pytest.approx(-1.0)
    assert risk.ols_beta([1.0, 3.0, 2.0], [1.0, 2.0, 3.0], min_obs=3) == pytest.approx(0.5)


def test_a_high_level_does_not_cost_precision() -> None:
    x = RNG.normal(0, 1, 60)
    y = 1.5 * x + RNG.normal(0, 1, 60)
    assert risk.ols_beta(y + 1e7, x + 1e7) == pytest.approx(stats.linregress(x, y).slope, rel=1e-6)


@pytest.mark.parametrize("level", [0.0, 0.1, 1e9, -3.3])
def test_flat_series_have_no_slope_or_correlation(level: float) -> None:
    flat, moving = np.full(30, level), RNG.normal(size=30)
    assert np.isnan(risk.ols_beta(moving, flat))
    assert np.isnan(risk.correlation(moving, flat))
    assert np.isnan(risk.correlation(flat, moving))
    assert risk.ols_beta(flat, moving) == pytest.approx(0.0, abs=1e-12 * max(1.0, abs(level)))


def test_a_factor_that_is_flat_over_the_overlap_only() -> None:
    x = np.r_[np.full(25, 7.3), RNG.normal(size=25)]
    y = np.r_[RNG.normal(size=25), np.full(25, NAN)]
    assert np.isnan(risk.ols_beta(y, x))
    assert np.isnan(risk.correlation(y, x))


@pytest.mark.parametrize("function", [risk.ols_beta, risk.correlation])
def test_edges(function) -> None:  # type: ignore[no-untyped-def]
    assert np.isnan(function([], [], 2))
    assert np.isnan(function([1.0], [2.0], 2))
    assert np.isnan(function([NAN] * 30, np.arange(30.0)))
    assert np.isnan(function(np.arange(30.0), [NAN] * 30))
    big = 1e100 * np.arange(30.0)
    assert function(big, big) == pytest.approx(1.0)
    small = np.float32(1e-12) * np.arange(30, dtype=np.float32)
    assert function(small, small) == pytest.approx(1.0)
    with_infinity = np.r_[np.inf, np.arange(29.0)]
    assert function(with_infinity, np.arange(30.0)) == pytest.approx(1.0)
    with pytest.raises(ValueError, match="do not match"):
        function(np.ones(5), np.ones(6))
    with pytest.raises(ValueError, match="at least 2 observations"):
        function(np.ones(5), np.ones(5), 1)


SERIES = hnp.arrays(float, 25, elements=st.one_of(st.just(NAN), st.floats(-100, 100)))


@given(SERIES, SERIES)
def test_correlation_is_bounded_and_symmetric(a: np.ndarray, b: np.ndarray) -> None:
    r, back = risk.correlation(a, b, 3), risk.correlation(b, a, 3)
    np.testing.assert_allclose(r, back, rtol=1e-9, atol=1e-12)
    assert np.isnan(r) or -1.0 <= r <= 1.0
