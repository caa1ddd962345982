"""Partial correlation with sector ETFs: against residuals of least squares, and silent unless strong and ahead."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from universe.kernels.correlation import classify_by_correlation, compute_partial_correlations, compute_returns


def test_returns_are_percent_clipped_and_missing_where_a_close_is() -> None:
    close = np.array([[10.0, 11.0, 22.0, 11.0, np.nan, 12.0]])
    np.testing.assert_allclose(compute_returns(close), [[10.0, 15.0, -15.0, np.nan, np.nan]])


def residual(y: np.ndarray, z: np.ndarray) -> np.ndarray:
    design = np.column_stack([np.ones_like(z), z])
    return y - design @ np.linalg.lstsq(design, y, rcond=None)[0]


@given(seed=st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_equals_the_correlation_of_least_squares_residuals(seed: int) -> None:
    draw = np.random.default_rng(seed)
    market = draw.normal(size=60)
    etfs = 0.8 * market + draw.normal(size=(3, 60))
    stocks = 1.1 * market + 0.5 * etfs[0] + draw.normal(size=(4, 60))
    partial = compute_partial_correlations(stocks, etfs, market)
    expected = [[np.corrcoef(residual(s, market), residual(e, market))[0, 1] for e in etfs] for s in stocks]
    np.testing.assert_allclose(partial, expected, atol=1e-10)


def test_a_stock_that_follows_its_sector_is_found_and_noise_is_not() -> None:
    draw = np.random.default_rng(7)
    market = draw.normal(size=60)
    etfs = market + draw.normal(size=(8, 60))
    follower = etfs[2] + 0.5 * draw.normal(size=60)
    noise = market + draw.normal(size=60)
    best, correlation = classify_by_correlation(
        compute_partial_correlations(np.vstack([follower, noise, np.full(60, np.nan)]), etfs, market)
    )
    assert best.tolist() == [2, -1, -1]
    assert correlation[0] > 0.8
    assert np.isnan(correlation[1:]).all()


def test_fewer_than_forty_common_days_say_nothing() -> None:
    draw = np.random.default_rng(1)
    market = draw.normal(size=60)
    etfs = market + draw.normal(size=(2, 60))
    short = etfs[:1].copy()
    short[0, :21] = np.nan
    assert np.isnan(compute_partial_correlations(short, etfs, market)).all()
    short = etfs[:1].copy()
    short[0, :20] = np.nan
    assert compute_partial_correlations(short, etfs, market)[0, 0] == pytest.approx(1.0)


def test_the_market_itself_leaves_nothing_to_correlate() -> None:
    draw = np.random.default_rng(2)
    market = draw.normal(size=60)
    assert np.isnan(compute_partial_correlations(market[None, :], market[None, :] + 1.0, market)).all()


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ([0.40, 0.30], 0),
        ([0.3999, 0.10], -1),
        ([0.50, 0.41], -1),
        ([0.10, 0.55], 1),
        ([np.nan, 0.55], -1),
        ([np.nan, np.nan], -1),
        ([-0.9, 0.1], -1),
    ],
)
def test_thresholds(row: list[float], expected: int) -> None:
    best, correlation = classify_by_correlation(np.array([row]))
    assert best[0] == expected
    assert np.isnan(correlation[0]) == (expected == -1)


def test_one_etf_cannot_be_ahead() -> None:
    best, correlation = classify_by_correlation(np.array([[0.9], [0.8]]))
    assert best.tolist() == [-1, -1]
    assert np.isnan(correlation).all()


def test_nobody() -> None:
    partial = compute_partial_correlations(
        np.empty((0, 60)), np.random.default_rng(0).normal(size=(8, 60)), np.arange(60.0)
    )
    assert partial.shape == (0, 8)
    assert classify_by_correlation(partial)[0].shape == (0,)
