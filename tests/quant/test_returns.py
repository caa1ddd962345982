"""Price changes, splits and gaps: worked examples, pandas as oracle, edges."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sentiment_site.quant import returns
from sentiment_site.quant.returns import Split

NAN = np.nan
RNG = np.random.default_rng(5)
DATES = np.array(["2026-08-17", "2026-08-18", "2026-08-19", "2026-08-20", "2026-08-21"], dtype="datetime64[D]")


def test_percent_change_matches_pandas() -> None:
    close = RNG.lognormal(2, 0.1, (6, 30))
    before = close.copy()
    expected = pd.DataFrame(close.T).pct_change(5).to_numpy().T[:, 5:] * 100
    np.testing.assert_allclose(returns.percent_change(close[:, 5:], close[:, :-5]), expected, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(close, before)


@pytest.mark.parametrize(
    ("current", "previous", "expected"),
    [
        (10.36050, 10.0, 3.6050),
        (5.0, 10.0, -50.0),
        (10.0, 10.0, 0.0),
        (10.0, 0.0, NAN),
        (0.0, 10.0, NAN),
        (-1.0, 10.0, NAN),
        (10.0, NAN, NAN),
        (np.inf, 10.0, NAN),
        (1e300, 1e-300, NAN),
        (1e-300, 1e300, -100.0),
        ([], [], []),
        ([NAN, NAN], [1.0, 2.0], [NAN, NAN]),
        ([11.0, 12.0], 10.0, [10.0, 20.0]),
    ],
)
def test_percent_change_edges(current: object, previous: object, expected: object) -> None:
    np.testing.assert_allclose(returns.percent_change(current, previous), expected, atol=1e-9)


def test_a_forward_and_a_reverse_split() -> None:
    close = np.array([[100.0, 104.0, 26.0, 27.0, 28.0], [0.5, 0.4, 0.4, 4.2, 4.0], [7.0, 7.0, NAN, 7.0, 7.0]])
    volume = np.array([[10.0, 10, 40, 40, 40], [1000.0, 1000, 1000, 100, 100], [5.0, 5, NAN, 5, 5]])
    close_before, volume_before = close.copy(), volume.copy()
    splits = [Split(0, dt.date(2026, 8, 19), 1, 4), Split(1, dt.date(2026, 8, 20), 10, 1)]
    adjusted, shares = returns.apply_splits(close, volume, DATES, splits)
    np.testing.assert_allclose(
        adjusted, [[25.0, 26.0, 26.0, 27.0, 28.0], [5.0, 4.0, 4.0, 4.2, 4.0], [7.0, 7.0, NAN, 7.0, 7.0]]
    )
    np.testing.assert_allclose(shares, [[40.0] * 5, [100.0] * 5, [5.0, 5.0, NAN, 5.0, 5.0]])
    np.testing.assert_array_equal(close, close_before)
    np.testing.assert_array_equal(volume, volume_before)


def test_splits_of_one_symbol_accumulate_and_dollar_volume_stays() -> None:
    close, volume = RNG.uniform(1, 9, (2, 5)), RNG.uniform(1e5, 1e6, (2, 5))
    splits = [Split(1, dt.date(2026, 8, 18), 1, 2), Split(1, dt.date(2026, 8, 21), 1, 3)]
    adjusted, shares = returns.apply_splits(close, volume, DATES, splits)
    np.testing.assert_allclose(adjusted[1] / close[1], [1 / 6, 1 / 3, 1 / 3, 1 / 3, 1])
    np.testing.assert_allclose(adjusted * shares, close * volume, rtol=1e-12)
    np.testing.assert_array_equal(adjusted[0], close[0])


@pytest.mark.parametrize(
    ("day", "adjusted_sessions"),
    [("2026-08-16", 0), ("2026-08-17", 0), ("2026-08-18", 1), ("2026-08-21", 4), ("2026-08-22", 0)],
)
def test_only_closes_before_a_split_that_has_happened_change(day: str, adjusted_sessions: int) -> None:
    close = np.full((1, 5), 8.0)
    adjusted, _ = returns.apply_splits(close, close, DATES, [Split(0, dt.date.fromisoformat(day), 1, 2)])
    assert (adjusted[0] == 4.0).sum() == adjusted_sessions
    assert (adjusted[0] == 8.0).sum() == 5 - adjusted_sessions


def test_splits_take_dates_and_float32_and_nothing() -> None:
    close = np.full((2, 5), 8, dtype=np.float32)
    adjusted, shares = returns.apply_splits(close, close, DATES.tolist(), [Split(0, dt.date(2026, 8, 19), 1, 2)])
    assert adjusted.dtype == shares.dtype == np.float32
    assert adjusted[0].tolist() == [4, 4, 8, 8, 8]
    assert shares[0].tolist() == [16, 16, 8, 8, 8]
    same, _ = returns.apply_splits(close, close, DATES, [])
    assert same is not close
    np.testing.assert_array_equal(same, close)
    empty, _ = returns.apply_splits(np.empty((1, 0)), np.empty((1, 0)), [], [Split(0, dt.date(2026, 8, 19), 1, 2)])
    assert empty.shape == (1, 0)


@pytest.mark.parametrize(
    ("split", "message"),
    [
        (Split(2, dt.date(2026, 8, 19), 1, 2), "row outside"),
        (Split(-1, dt.date(2026, 8, 19), 1, 2), "row outside"),
        (Split(0, dt.date(2026, 8, 19), 0, 2), "no positive ratio"),
        (Split(0, dt.date(2026, 8, 19), 1, NAN), "no positive ratio"),
        (Split(0, dt.date(2026, 8, 19), np.inf, 1), "no positive ratio"),
    ],
)
def test_impossible_splits_are_refused(split: Split, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        returns.apply_splits(np.ones((2, 5)), np.ones((2, 5)), DATES, [split])


def test_wide_arrays_must_match() -> None:
    wide = np.ones((2, 5))
    for close, volume, dates in ((wide, wide[:1], DATES), (wide, wide, DATES[:4]), (wide[0], wide[0], DATES)):
        with pytest.raises(ValueError, match="do not match"):
            returns.apply_splits(close, volume, dates, [])
    with pytest.raises(ValueError, match="must ascend"):
        returns.apply_splits(wide, wide, DATES[::-1], [])


@pytest.mark.parametrize(
    ("change", "flagged"),
    [
        (0.0, False),
        (75.0, False),
        (75.1, True),
        (-75.1, True),
        (-50.0, True),  # 1/2
        (-51.0, True),
        (-49.0, True),
        (-51.1, False),
        (-48.9, False),
        (-66.7, True),  # 1/3
        (-66.0, True),
        (-65.9, False),
        (-74.6, True),  # 1/4
        (-74.4, False),
        (-60.0, False),
        (100.0, True),
        (900.0, True),
        (1e300, True),
        (np.inf, True),
        (-100.0, True),
        (NAN, False),
    ],
)
def test_suspicious_ratio(change: float, flagged: bool) -> None:
    assert bool(returns.suspicious_ratio(change)) is flagged


@given(st.floats(-99.9, 10_000))
def test_suspicious_ratio_is_the_rule_spelled_out(change: float) -> None:
    ratio = 1 + change / 100
    multiples = [float(n) for n in range(2, 51)] + [1 / n for n in range(2, 51)]
    distances = [abs(ratio / multiple - 1) for multiple in multiples]
    if min(abs(distance - 0.02) for distance in distances) > 1e-7:
        expected = abs(change) > 75 or min(distances) < 0.02
        assert bool(returns.suspicious_ratio(change)) is expected


def test_suspicious_ratio_keeps_shape_and_input() -> None:
    changes = np.array([[1.0, -50.0], [NAN, 300.0]])
    before = changes.copy()
    assert returns.suspicious_ratio(changes).tolist() == [[False, True], [False, True]]
    np.testing.assert_array_equal(changes, before)
    assert returns.suspicious_ratio([]).shape == (0,)


def test_gap_frequency() -> None:
    close = np.array([[10.0, 10, 10, 10, 10], [10.0, 10, NAN, 10, 10], [10.0, 10, 10, 10, 10]])
    opens = np.array([[10.0, 11, 9, 10.5, 10], [99.0, 11, 10, 20, NAN], [NAN] * 5])
    before = opens.copy(), close.copy()
    # first row: +10, -10, +5, 0; second row: +10 and 0 are the only pairs known; third row has no opens
    np.testing.assert_allclose(returns.gap_frequency(opens, close, 10.0), [0.5, 0.5, NAN])
    np.testing.assert_allclose(returns.gap_frequency(opens, close, 5.0), [0.75, 0.5, NAN])
    np.testing.assert_allclose(returns.gap_frequency(opens, close, 5.0, min_obs=3), [0.75, NAN, NAN])
    np.testing.assert_allclose(returns.gap_frequency(opens[0], close[0], 10.1), 0.0)
    for array, copy in zip((opens, close), before, strict=True):
        np.testing.assert_array_equal(array, copy)


def test_gap_frequency_matches_pandas() -> None:
    close = RNG.lognormal(2, 0.1, (5, 60))
    opens = close * RNG.lognormal(0, 0.08, (5, 60))
    gaps = (pd.DataFrame(opens.T) / pd.DataFrame(close.T).shift() - 1).iloc[1:].abs()
    np.testing.assert_allclose(returns.gap_frequency(opens, close, 8.0), (gaps >= 0.08).mean().to_numpy())


@pytest.mark.parametrize("sessions", [0, 1])
def test_gap_frequency_without_a_pair(sessions: int) -> None:
    np.testing.assert_array_equal(returns.gap_frequency(np.ones((2, sessions)), np.ones((2, sessions)), 5), [NAN, NAN])


def test_gap_frequency_refuses_nonsense() -> None:
    for threshold, min_obs in ((0.0, 1), (NAN, 1), (5.0, 0)):
        with pytest.raises(ValueError, match="must be positive and min_obs"):
            returns.gap_frequency([1.0, 1.0], [1.0, 1.0], threshold, min_obs)
    with pytest.raises(ValueError, match="do not match"):
        returns.gap_frequency([1.0, 1.0], [1.0], 5.0)
