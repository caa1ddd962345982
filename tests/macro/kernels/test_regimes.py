"""Scores by hand; target, hysteresis and dwell by worked series and by properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from macro.kernels.parameters import ALT, BEAR, BTC, NEITHER
from macro.kernels.regimes import (
    UNKNOWN,
    Levels,
    classify_regimes,
    compute_levels,
    compute_margin,
    score_regimes,
)

from .market import walk


def s(z: float) -> float:
    return 1 / (1 + math.exp(-z))


def scores_of(*rows: tuple[float, float, float]) -> np.ndarray:
    """(3, t) from rows of alt, btc, bear."""
    return np.array(rows, dtype=np.float64).T


def test_scores_by_hand() -> None:
    """Price 4 % under its average, 30 % under its high, Tb = -.1, Tr = .3."""
    found = score_regimes(Levels(np.array([-0.04]), np.array([-0.30])), np.array([-0.1]), np.array([0.3]))
    bear = s(0.8) * s(-1.0) * s(2.0)
    assert found[BEAR, 0] == pytest.approx(bear)
    assert found[ALT, 0] == pytest.approx((1 - bear) * s(0.8) * s(1.2))
    assert found[BTC, 0] == pytest.approx((1 - bear) * s(-2.4) * s(-0.6))
    # the same numbers once more, in figures
    np.testing.assert_allclose(found[:, 0], [0.4436, 0.0247, 0.1634], atol=0.0001)


def test_an_unknown_input_makes_all_three_unknown() -> None:
    levels = Levels(np.array([np.nan, 0.1, 0.1]), np.array([-0.1, -0.1, -0.1]))
    found = score_regimes(levels, np.array([0.1, np.nan, 0.1]), np.array([0.1, 0.1, 0.1]))
    assert np.isnan(found[:, :2]).all() and not np.isnan(found[:, 2]).any()
    margin = compute_margin(found)
    assert np.isnan(margin[:2]).all()
    assert margin[2] == pytest.approx(np.sort(found[:, 2])[2] - np.sort(found[:, 2])[1])


def test_levels() -> None:
    price = walk(500)
    found = compute_levels(price, 1)
    assert np.isnan(found.drawdown[:29]).all()
    for place in (29, 150, 250, 499):
        average = price[max(place - 199, 0) : place + 1].mean()
        high = price[max(place - 364, 0) : place + 1].max()
        assert found.above_average[place] == pytest.approx(price[place] / average - 1)
        assert found.drawdown[place] == pytest.approx(price[place] / high - 1)
    assert compute_levels([], 1).drawdown.size == 0
    np.testing.assert_array_equal(compute_levels(price[:300], 1).above_average, found.above_average[:300])


def test_targets_and_dwell_by_hand() -> None:
    """Daily bars: three days of the same target change the regime."""
    rows = scores_of(
        (0.6, 0.2, 0.1),  # the first target is taken at once
        (0.2, 0.6, 0.1), (0.2, 0.6, 0.1), (0.6, 0.2, 0.1),  # two days are not three
        (0.2, 0.6, 0.1), (0.2, 0.1, 0.6), (0.2, 0.6, 0.1), (0.2, 0.6, 0.1),  # another target begins anew
        (0.2, 0.6, 0.1),  # the third in a row
        (0.1, 0.30, 0.39),  # nobody reaches .40, but the present one has .25
        (0.1, 0.24, 0.39), (0.1, 0.24, 0.39), (0.1, 0.24, 0.39),  # now it has not
        (0.39, 0.39, 0.1),  # TRANSITION stays TRANSITION below .40
    )  # fmt: skip
    found = classify_regimes(rows, 1)
    assert found.regime.tolist() == [ALT] * 8 + [BTC] * 4 + [NEITHER] * 2
    assert found.target.tolist()[9:] == [BTC, NEITHER, NEITHER, NEITHER, NEITHER]
    assert found.waited.tolist() == [0, 1, 2, 0, 1, 1, 1, 2, 0, 0, 1, 2, 0, 0]


def test_eighteen_scans_of_four_hours() -> None:
    rows = scores_of(*[(0.9, 0.1, 0.0)] + [(0.1, 0.9, 0.0)] * 18)
    found = classify_regimes(rows, 6)
    assert found.regime.tolist() == [ALT] * 18 + [BTC]


def test_a_gap_neither_counts_nor_breaks() -> None:
    gap = (np.nan, np.nan, np.nan)
    rows = scores_of((0.9, 0, 0), (0, 0.9, 0), gap, (0, 0.9, 0), gap, gap, (0, 0.9, 0))
    found = classify_regimes(rows, 1)
    assert found.regime.tolist() == [ALT] * 6 + [BTC]
    assert found.target.tolist() == [ALT, BTC, UNKNOWN, BTC, UNKNOWN, UNKNOWN, BTC]
    nothing = classify_regimes(scores_of(gap, gap), 1)
    assert nothing.regime.tolist() == [UNKNOWN, UNKNOWN]
    assert classify_regimes(np.empty((3, 0)), 1).regime.size == 0
    # a first score that nobody's .40 reaches is a transition
    assert classify_regimes(scores_of((0.3, 0.2, 0.1)), 1).regime.tolist() == [NEITHER]


@settings(max_examples=80, deadline=None)
@given(arrays(np.float64, st.tuples(st.just(3), st.integers(1, 60)), elements=st.floats(0, 1)))
def test_every_change_was_announced_for_three_days_and_no_future_counts(scores: np.ndarray) -> None:
    scores.setflags(write=False)
    found = classify_regimes(scores, 1)
    for place in range(1, scores.shape[1]):
        if found.regime[place] != found.regime[place - 1]:
            assert place >= 3
            assert (found.target[place - 2 : place + 1] == found.regime[place]).all()
        if (found.target[max(place - 2, 0) : place + 1] == found.target[place]).all() and place >= 3:
            assert found.regime[place] == found.target[place]
    half = scores.shape[1] // 2
    np.testing.assert_array_equal(classify_regimes(scores[:, :half], 1).regime, found.regime[:half])
