"""The trend: by hand, against pandas-free and statsmodels oracles, at its edges, without a look ahead."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import percentileofscore

from macro.kernels.parameters import COLD_STRENGTH, Parameters
from macro.kernels.trend import (
    classify_direction,
    compute_trend,
    compute_volatility,
    expanding_rank,
    score_strength,
    slope_t,
)
from sentiment_site.quant.windows import ewma_volatility

from .market import walk


def trend_by_hand(level: np.ndarray, place: int, per_day: int) -> float:
    """The formula of methods.md 9.2, one bar, in plain loops."""
    x = np.log(level[: place + 1])
    weights = squares = 0.0
    for age in range(place):
        weight = 0.5 ** (age / (45 * per_day))
        weights += weight
        squares += weight * (x[place - age] - x[place - age - 1]) ** 2
    sigma = (per_day * squares / weights) ** 0.5
    parts = []
    for h in (14, 30, 60, 90):
        if place - h * per_day >= 0:
            z = (x[place] - x[place - h * per_day]) / (sigma * h**0.5)
            parts.append(min(max(z, -2.0), 2.0) / 2)
    return float(np.mean(parts))


@pytest.mark.parametrize("per_day", [1, 6])
def test_the_formula_in_plain_loops(per_day: int) -> None:
    level = walk(100 * per_day, 0.004 / per_day, 0.03 / per_day**0.5)
    found = compute_trend(level, per_day)
    for place in (30 * per_day, 45 * per_day, 100 * per_day - 1):
        assert found[place] == pytest.approx(trend_by_hand(level, place, per_day), abs=1e-12)


def test_volatility_is_that_of_quant_at_every_cut() -> None:
    level = walk(200, sigma=0.04)
    level[50:53] = np.nan
    found = compute_volatility(level, 1)
    returns = np.diff(np.log(level))
    for place in (20, 60, 150, 199):
        oracle = ewma_volatility(returns[:place], 45.0, 20)
        assert found[place] == pytest.approx(float(oracle), rel=1e-12)
    assert np.isnan(found[:20]).all()


def test_a_steady_climb_is_one_and_a_steady_fall_minus_one() -> None:
    climb = np.exp(0.01 * np.arange(120))
    np.testing.assert_allclose(compute_trend(climb, 1)[90:], 1.0)
    np.testing.assert_allclose(compute_trend(1 / climb, 1)[90:], -1.0)


def test_edges() -> None:
    assert compute_trend([], 1).size == 0
    assert np.isnan(compute_trend([5.0], 1)).all()
    assert np.isnan(compute_trend(np.full(50, np.nan), 1)).all()
    flat = compute_trend(np.full(120, 7.0), 1)
    assert np.isnan(flat[:30]).all() and (flat[30:] == 0.0).all()
    level = walk(120)
    level[100] = -1.0  # no price
    found = compute_trend(level, 1)
    assert np.isnan(found[100]) and not np.isnan(found[101])
    assert np.nanmax(np.abs(compute_trend(walk(300, sigma=2.0), 1))) <= 1.0


def test_nothing_later_changes_what_was_and_inputs_stay() -> None:
    level = walk(400)
    level.setflags(write=False)
    whole = compute_trend(level, 1)
    for n in (60, 200, 399):
        np.testing.assert_array_equal(compute_trend(level[:n], 1), whole[:n])
        np.testing.assert_array_equal(score_strength(whole[:n], 1), score_strength(whole, 1)[:n])


def test_direction_enters_at_20_and_leaves_below_12() -> None:
    t = [0.0, 0.19, 0.20, 0.13, 0.12, 0.119, 0.19, -0.20, -0.12, -0.11, 0.5, -0.5, np.nan, np.nan]
    assert classify_direction(t).tolist() == [0, 0, 1, 1, 1, 0, 0, -1, -1, 0, 1, -1, -1, -1]
    assert classify_direction([]).size == 0


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=1, max_size=60))
def test_directions_hold_inside_the_band(values: list[float]) -> None:
    """Up means: .20 was reached and .12 not lost since; the mirror image of the trend is the mirror image of it."""
    t = np.array(values)
    found = classify_direction(t)
    np.testing.assert_array_equal(classify_direction(-t), -found)
    for place, state in enumerate(found):
        if state:
            signed = state * t[: place + 1]
            entered = np.flatnonzero(signed >= 0.20)
            assert entered.size and (signed[entered[-1] :] >= 0.12).all()
        else:
            assert abs(t[place]) < 0.20


def test_strength_begins_with_the_table_and_ends_with_its_own_past() -> None:
    trend = np.random.default_rng(3).uniform(-1, 1, 500)
    found = score_strength(trend, 1)
    first = 100 * np.interp(abs(trend[0]), *COLD_STRENGTH)
    own = percentileofscore([abs(trend[0])], abs(trend[0]), kind="mean")
    assert found[0] == pytest.approx(first * 364 / 365 + own / 365)
    oracle = percentileofscore(np.abs(trend), abs(trend[-1]), kind="mean")
    assert found[-1] == pytest.approx(oracle, abs=1e-9)
    assert found.min() >= 0 and found.max() <= 100
    gap = score_strength([0.5, np.nan, 0.6], 1)
    assert np.isnan(gap[1]) and gap[2] > gap[0]
    assert score_strength([], 1).size == 0


def test_rank_counts_half_of_its_equals() -> None:
    values = [3.0, 1.0, np.nan, 3.0, 2.0]
    found = expanding_rank(values)
    seen: list[float] = []
    for value, rank in zip(values, found, strict=True):
        if np.isnan(value):
            assert np.isnan(rank)
            continue
        seen.append(value)
        assert 100 * rank == pytest.approx(percentileofscore(seen, value, kind="mean"))


def test_slope_t_is_that_of_statsmodels() -> None:
    level = walk(60, 0.01, 0.03, seed=5)
    x = sm.add_constant(np.arange(60.0))
    fit = sm.OLS(np.log(level), x).fit(cov_type="HAC", cov_kwds={"maxlags": 5, "use_correction": False})
    assert slope_t(level, 60) == pytest.approx(fit.tvalues[1], rel=1e-9)
    assert slope_t(walk(500), 60) == pytest.approx(slope_t(walk(500)[-60:], 60))


def test_slope_t_at_its_edges() -> None:
    assert np.isnan(slope_t(walk(9), 30))
    assert np.isnan(slope_t([], 30))
    assert np.isnan(slope_t(np.exp(0.01 * np.arange(40)), 40))
    assert np.isnan(slope_t(np.full(40, 3.0), 40))


def test_other_parameters_are_other_trends() -> None:
    level = walk(200)
    short = compute_trend(level, 1, Parameters(horizons=(5, 10)))
    assert not np.allclose(short[150:], compute_trend(level, 1)[150:])
