"""Trailing and rolling statistics against pandas, with holes, edges and worked examples."""

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from sentiment_site.quant import windows

NAN = np.nan
RNG = np.random.default_rng(11)


def with_holes(rows: int, steps: int, share: float = 0.2) -> np.ndarray:
    values = RNG.lognormal(10, 1, (rows, steps))
    values[RNG.random((rows, steps)) < share] = NAN
    return values


def test_ewma_volatility_matches_pandas() -> None:
    r = RNG.normal(0, 3, (6, 120))
    r[RNG.random((6, 120)) < 0.15] = NAN
    before = r.copy()
    squares = pd.DataFrame(r.T**2).ewm(halflife=40, min_periods=20).mean()
    np.testing.assert_allclose(windows.ewma_volatility(r, 40), np.sqrt(squares.iloc[-1]), rtol=1e-12)
    np.testing.assert_array_equal(r, before)


def test_ewma_volatility_worked_example() -> None:
    # half-life of one step: weights 1 and 1/2
    assert windows.ewma_volatility([2.0, 4.0], 1, min_obs=2) == pytest.approx(math.sqrt((4 / 2 + 16) / 1.5))
    # a missing step keeps its place: weights 1 and 1/4
    assert windows.ewma_volatility([2.0, NAN, 4.0], 1, min_obs=2) == pytest.approx(math.sqrt((4 / 4 + 16) / 1.25))
    assert windows.ewma_volatility(np.full(30, -3.0), 40) == pytest.approx(3.0)


@pytest.mark.parametrize(
    ("r", "min_obs", "expected"),
    [
        ([], 1, NAN),
        ([2.0], 1, 2.0),
        ([2.0], 2, NAN),
        ([NAN, NAN], 1, NAN),
        ([NAN, np.inf, 2.0], 1, 2.0),
        ([0.0, 0.0], 2, 0.0),
        ([1e150, 1e150], 2, 1e150),
        ([5.0] + [NAN] * 60_000, 1, NAN),  # a weight of 2^-1500 is 0
    ],
)
def test_ewma_volatility_edges(r: list[float], min_obs: int, expected: float) -> None:
    np.testing.assert_allclose(windows.ewma_volatility(r, 40, min_obs), expected)


def test_ewma_volatility_refuses_nonsense() -> None:
    for half_life in (0.0, -1.0, NAN):
        with pytest.raises(ValueError, match="half-life"):
            windows.ewma_volatility([1.0], half_life)
    with pytest.raises(ValueError, match="min_obs must be at least 1"):
        windows.ewma_volatility([1.0], 40, 0)


ROLLING: list[tuple[Callable[..., np.ndarray], Callable[..., np.ndarray], str]] = [
    (windows.rolling_mean, windows.trailing_mean, "mean"),
    (windows.rolling_median, windows.trailing_median, "median"),
]


@pytest.mark.parametrize(("rolling", "trailing", "name"), ROLLING)
@pytest.mark.parametrize(("window", "min_obs"), [(20, 1), (20, 15), (1, 1), (7, 7), (90, 5)])
def test_rolling_and_trailing_match_pandas(rolling, trailing, name, window, min_obs) -> None:  # type: ignore[no-untyped-def]
    values = with_holes(8, 60)
    before = values.copy()
    expected = getattr(pd.DataFrame(values.T).rolling(window, min_periods=min_obs), name)().to_numpy().T
    np.testing.assert_allclose(rolling(values, window, min_obs), expected, rtol=1e-9)
    np.testing.assert_allclose(trailing(values, window, min_obs), expected[:, -1], rtol=1e-9)
    np.testing.assert_allclose(rolling(values[0], window, min_obs), expected[0], rtol=1e-9)
    np.testing.assert_array_equal(values, before)


@pytest.mark.parametrize(("rolling", "trailing", "_name"), ROLLING)
def test_rolling_edges(rolling, trailing, _name) -> None:  # type: ignore[no-untyped-def]
    assert rolling([], 20).shape == (0,)
    assert rolling(np.empty((3, 0)), 20).shape == (3, 0)
    assert rolling(np.empty((0, 5)), 20).shape == (0, 5)
    np.testing.assert_array_equal(trailing(np.empty((3, 0)), 20), [NAN] * 3)
    np.testing.assert_array_equal(trailing([], 20), NAN)
    np.testing.assert_array_equal(rolling([5.0], 20), [5.0])
    np.testing.assert_array_equal(rolling([NAN, NAN], 20), [NAN, NAN])
    np.testing.assert_array_equal(trailing([np.inf, 3.0, -np.inf], 3), 3.0)
    np.testing.assert_array_equal(rolling([4.0] * 4, 2, 2), [NAN, 4.0, 4.0, 4.0])
    np.testing.assert_allclose(trailing(np.float32([1e30, 1e30]), 2), 1e30, rtol=1e-6)
    with pytest.raises(ValueError, match="never holds"):
        rolling([1.0], 5, 6)
    with pytest.raises(ValueError, match="min_obs"):
        trailing([1.0], 5, 0)


def test_the_median_ignores_one_pumped_day_and_survives_huge_values() -> None:
    volume = np.r_[np.full(19, 1e6), 5e8]
    assert windows.trailing_median(volume, 20) == 1e6
    assert windows.trailing_mean(volume, 20) == pytest.approx(25.95e6)
    assert windows.trailing_median([1e308, 1.5e308], 2) == pytest.approx(1.25e308)


@given(
    hnp.arrays(float, st.integers(1, 40), elements=st.one_of(st.just(0.0), st.floats(1e-6, 1e9))), st.integers(1, 25)
)
def test_windows_stay_inside_what_they_see(values: np.ndarray, window: int) -> None:
    seen = values[-window:]
    for result in (windows.trailing_mean(values, window), windows.trailing_median(values, window)):
        assert seen.min() * (1 - 1e-12) <= result <= seen.max() * (1 + 1e-12)


def test_average_true_range() -> None:
    index = np.array([100.0, 101.0, 99.0, 99.5, 102.0])
    assert windows.average_true_range(index, window=4, min_obs=4) == pytest.approx((1 + 2 + 0.5 + 2.5) / 4)
    assert windows.average_true_range(index, window=2, min_obs=2) == pytest.approx(1.5)
    with_gap = np.array([100.0, NAN, 99.0, 99.5, 102.0])
    assert windows.average_true_range(with_gap, window=4, min_obs=2) == pytest.approx(1.5)
    np.testing.assert_array_equal(windows.average_true_range(with_gap, window=4, min_obs=4), NAN)


def test_average_true_range_matches_pandas_and_edges() -> None:
    closes = 100 + RNG.normal(0, 1, (3, 60)).cumsum(axis=1)
    before = closes.copy()
    expected = pd.DataFrame(closes.T).diff().abs().rolling(20).mean().iloc[-1]
    np.testing.assert_allclose(windows.average_true_range(closes), expected, rtol=1e-12)
    np.testing.assert_array_equal(closes, before)
    assert windows.average_true_range(np.full(30, 5.0)) == 0.0
    for nothing in ([], [100.0], [NAN] * 30, [100.0] * 20):
        np.testing.assert_array_equal(windows.average_true_range(nothing), NAN)
