"""Draws of many series at once against the bands of one, and against what a series without gaps would say."""

import numpy as np
import pytest

from portfolios.kernels.factor_draws import DRAWS, draw_factor_betas
from portfolios.kernels.factors import winsorize
from sentiment_site.quant.regression import fit_ridge, ridge_bands

NAN = np.nan
RNG = np.random.default_rng(31)


def panel(n: int = 252, k: int = 3, m: int = 4) -> tuple[np.ndarray, np.ndarray]:
    x = 0.7 * RNG.normal(0, 0.01, n) + RNG.normal(0, 0.007, (k, n))
    return RNG.normal(0.5, 0.4, (m, k)) @ x + RNG.normal(0, 0.01, (m, n)), x


def test_a_series_without_gaps_has_the_bands_of_ridge() -> None:
    y, x = panel()
    draws = draw_factor_betas(y, x)
    assert draws.shape == (DRAWS, 4, 3)
    for row in range(4):
        bands = ridge_bands(winsorize(y[row]), winsorize(x), 0.10)
        np.testing.assert_allclose(np.quantile(draws[:, row], 0.025, axis=0), bands.low, rtol=1e-9)
        np.testing.assert_allclose(np.quantile(draws[:, row], 0.975, axis=0), bands.high, rtol=1e-9)
        np.testing.assert_allclose(draws[:, row].std(axis=0, ddof=1), bands.standard_error, rtol=1e-9)


def test_a_books_draws_are_the_sum_of_its_positions() -> None:
    y = panel()[0]
    x = panel()[1]
    y = np.clip(y, -0.02, 0.02)  # nothing to clip, so that the sum of the prepared is the prepared of the sum
    weights = np.array([0.5, -0.3, 0.2, 0.6])
    together = draw_factor_betas(y, x)
    own = np.tensordot(together, weights, axes=([1], [0]))
    bands = ridge_bands(weights @ winsorize(y), winsorize(x), 0.10)
    np.testing.assert_allclose(np.quantile(own, 0.025, axis=0), bands.low, rtol=1e-8)


def test_gaps_keep_days_together_and_few_days_say_nothing() -> None:
    y, x = panel()
    y[1, :150] = NAN  # 102 days left
    y[2, :200] = NAN  # 52: too few
    y[3, 5] = NAN
    before = y.copy()
    draws = draw_factor_betas(y, x, draws=200)
    np.testing.assert_array_equal(y, before)
    assert np.isfinite(draws[:, [0, 3]]).all()
    assert np.isnan(draws[:, 2]).all()
    known = draws[:, 1][np.isfinite(draws[:, 1]).all(axis=1)]
    point = fit_ridge(winsorize(y[1]), winsorize(x)).beta
    assert len(known) > 190
    np.testing.assert_allclose(known.mean(axis=0), point, atol=4 * known.std(axis=0).max() / np.sqrt(200) + 0.05)
    assert known.std(axis=0).mean() > draws[:, 0].std(axis=0).mean() * 0.8
    # a day that one factor lacks counts for nobody
    x[0, 7] = NAN
    assert np.isfinite(draw_factor_betas(y, x, draws=5)[:, 0]).all()


def test_a_draw_that_meets_too_few_days_is_no_draw() -> None:
    y, x = panel(m=1)
    y[0, 60:] = NAN
    draws = draw_factor_betas(y, x, draws=4000)
    lost = np.isnan(draws).all(axis=(1, 2))
    assert 0 < lost.sum() < 40
    assert np.isfinite(draws[~lost]).all()


def test_edges() -> None:
    y, x = panel()
    assert np.isnan(draw_factor_betas(y[:, :50], x[:, :50])).all()
    assert draw_factor_betas(np.empty((0, 252)), x).shape == (DRAWS, 0, 3)
    assert draw_factor_betas(y, np.empty((0, 252))).shape == (DRAWS, 4, 0)
    assert np.isnan(draw_factor_betas(y, np.ones((2, 252)), draws=3)).all()  # factors that do not move
    with pytest.raises(ValueError, match="do not fit"):
        draw_factor_betas(y, x[:, 1:])
    with pytest.raises(ValueError, match="penalty 0"):
        draw_factor_betas(y, x, penalty=0.0)
