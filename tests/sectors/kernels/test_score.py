"""Base score and combination against the published reference functions, and at their edges."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sectors.kernels import score
from sectors.kernels.parameters import HORIZONS, V1
from tests.sectors.kernels import oracle

NAN = math.nan
PERCENT = st.floats(-90.0, 400.0)
FACTOR = st.floats(0.5, 2.0)


@given(st.floats(-50.0, 50.0))
def test_the_knee_is_the_reference_odd_and_bounded(x: float) -> None:
    bent = float(score.knee(x))
    assert bent == pytest.approx(oracle.knee(x), abs=1e-15)
    assert bent == -float(score.knee(-x))
    assert abs(bent) <= min(1.0, abs(x))


@given(st.floats(-3.0, 3.0), st.floats(0.0, 1.0))
def test_the_knee_never_falls(x: float, step: float) -> None:
    assert score.knee(x + step) >= score.knee(x)


def test_the_knee_joins_smoothly() -> None:
    h = 1e-6
    below, above = score.knee([0.6, 0.6 - h]), score.knee([0.6 + h, 0.6])
    assert (below[0] - below[1]) / h == pytest.approx(1.0, abs=1e-5)
    assert (above[0] - above[1]) / h == pytest.approx(1.0, abs=1e-5)
    assert math.isnan(score.knee(NAN))


@given(st.floats(0.0, 2000.0))
def test_the_shrink_is_the_reference(n: float) -> None:
    assert float(score.small_sample_factor(n)) == pytest.approx(oracle.lam(n), abs=1e-15)


def test_no_constituents_shrink_to_nothing() -> None:
    assert float(score.small_sample_factor(0.0)) == 0.0
    assert score.finalise(2.0, 0.0) == Decimal("0.000")


@given(st.tuples(st.floats(-1.0, 1.0), FACTOR, FACTOR, FACTOR, FACTOR), st.floats(1.0, 200.0))
def test_combine_and_finalise_are_the_reference(factors: tuple[float, ...], n_eff: float) -> None:
    assert float(score.combine(*factors)) == pytest.approx(oracle.combine(*factors), abs=1e-12)
    x = math.prod(factors)
    assert float(score.finalise(x, n_eff)) == pytest.approx(oracle.finalise(x, n_eff), abs=1e-12)
    assert -1 <= score.finalise(x, n_eff) <= 1
    assert score.finalise(-x, n_eff) == -score.finalise(x, n_eff)


@given(st.lists(st.none() | PERCENT, min_size=4, max_size=4))
def test_the_base_is_the_reference(percentages: list[float | None]) -> None:
    scores = score.horizon_scores([NAN if p is None else p for p in percentages], V1.scales)
    expected = oracle.base(dict(zip(HORIZONS, percentages, strict=True)))
    result = float(score.base_score(scores))
    assert math.isnan(result) if expected is None else result == pytest.approx(expected, abs=1e-12)


@pytest.mark.parametrize(
    ("present", "weights"),
    [
        ((1, 1, 1, 1), (0.25, 0.30, 0.25, 0.20)),
        ((0, 1, 1, 1), (0.0, 0.4, 1 / 3, 4 / 15)),
        ((1, 0, 1, 0), (0.5, 0.0, 0.5, 0.0)),
        ((0, 1, 0, 1), (0.0, 0.6, 0.0, 0.4)),
    ],
)
def test_a_missing_horizon_hands_its_weight_to_the_others(present: tuple[int, ...], weights: tuple[float, ...]) -> None:
    scores = np.where(np.array(present) > 0, 0.3, NAN)
    assert score.horizon_weights(scores) == pytest.approx(weights)
    assert float(score.base_score(scores)) == pytest.approx(0.3), "half of the weight is enough"


@pytest.mark.parametrize("present", [(1, 0, 0, 1), (0, 1, 0, 0), (0, 0, 1, 1), (0, 0, 0, 0)])
def test_less_than_half_of_the_weight_is_no_reading(present: tuple[int, ...]) -> None:
    assert math.isnan(score.base_score(np.where(np.array(present) > 0, 0.3, NAN)))


def test_no_horizon_has_no_weight() -> None:
    assert score.horizon_weights(np.full(4, NAN)).tolist() == [0.0, 0.0, 0.0, 0.0]


def test_rows_are_scored_one_by_one() -> None:
    rows = np.array([[0.1, 0.2, 0.3, 0.4], [NAN, 0.2, 0.3, 0.4], [NAN, NAN, NAN, 0.4]])
    together = score.base_score(rows)
    assert together[:2] == pytest.approx([float(score.base_score(row)) for row in rows[:2]])
    assert math.isnan(together[2])


def test_one_exploding_stock_moves_the_robust_mean_a_third_as_much() -> None:
    returns = np.zeros((31, 4))
    returns[0] = 45.0
    weights = np.ones(31)
    assert score.performance(returns, weights) == pytest.approx([45 / 31] * 4)
    assert score.robust_performance(returns, weights) == pytest.approx(V1.caps / 31)


@pytest.mark.parametrize("shape", [(0, 4), (3, 4)])
def test_performance_of_nothing_is_missing(shape: tuple[int, int]) -> None:
    nothing = np.full(shape, NAN)
    weights = np.ones(shape[0])
    assert np.isnan(score.performance(nothing, weights)).all()
    assert np.isnan(score.robust_performance(nothing, weights)).all()


def test_volume_weighted_change_of_an_example() -> None:
    returns, money = np.array([2.0, 40.0] + [0.0] * 18), np.array([4e6, 1e6] + [1e6] * 18)
    rvol = np.array([1.0, 3.0] + [NAN] * 18)
    # weights 2000, 3000 and eighteen times 1000: the largest holds more than a tenth of 23000
    cap = 0.1 * 23000
    rest = (23000 - cap) / 20000
    expected = (2.0 * 2000 * rest + 15.0 * cap) / 23000
    assert score.volume_weighted_change(returns, money, rvol) == pytest.approx(expected)


@pytest.mark.parametrize(
    ("returns", "money", "expected"),
    [
        ([], [], NAN),
        ([1.0, 2.0], [NAN, NAN], NAN),
        ([NAN, NAN], [1e6, 1e6], NAN),
        ([1.0, 2.0], [0.0, 1e6], 2.0),
        ([NAN, 2.0], [1e6, 1e6], 2.0),
        ([99.0], [1e6], 15.0),
    ],
)
def test_volume_weighted_change_at_the_edges(returns: list[float], money: list[float], expected: float) -> None:
    result = score.volume_weighted_change(returns, money, np.full(len(returns), NAN))
    assert result == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize(
    ("value", "text"), [(0.6175, "0.618"), (-0.0004, "0.000"), (0.0, "0.000"), (1.0, "1.000"), (-0.5996, "-0.600")]
)
def test_stored_has_three_decimals_and_no_negative_zero(value: float, text: str) -> None:
    assert str(score.stored(value)) == text


@pytest.mark.parametrize("value", [NAN, math.inf])
def test_a_missing_value_cannot_be_stored(value: float) -> None:
    with pytest.raises(ValueError, match="no score"):
        score.stored(value)
