"""Confluence: the worked examples, and what must hold for every input."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from themes.kernels.confluence import (
    COMPONENTS,
    ConfluenceLevel,
    ConfluenceReading,
    Thresholds,
    classify_confluence,
    score_confluence,
)

NAN = np.nan
VALUE = st.floats(-1, 1, allow_subnormal=False)
SURE = st.floats(0.01, 1)
THREE = st.tuples(VALUE, VALUE, VALUE)
SURES = st.tuples(SURE, SURE, SURE)


def one(
    values: tuple[float, ...], sure: tuple[float, ...] = (1.0, 1.0, 1.0), divergence: float = 0.0
) -> ConfluenceReading:
    return score_confluence([values], [sure], [divergence])


def test_worked_example_of_agreement() -> None:
    found = one((0.6, 0.5, 0.4))
    assert found.bias[0] == pytest.approx(0.53) and found.agreement[0] == pytest.approx(1)
    assert found.magnitude[0] == pytest.approx(0.53) and round(float(found.score[0]), 3) == 0.849
    assert found.level[0] == ConfluenceLevel.VERY_HIGH and found.meets_minimum[0] and found.meets_high[0]
    np.testing.assert_allclose(found.contributions[0], np.array([0.30, 0.15, 0.08]) / 0.53)
    assert found.confidence[0] == pytest.approx(1) and found.components[0] == 3 and found.opposition[0] == 0


def test_worked_example_of_opposition() -> None:
    found = one((0.6, -0.5, 0.1))
    assert found.bias[0] == pytest.approx(0.17) and found.magnitude[0] == pytest.approx(0.47)
    assert round(float(found.agreement[0]), 3) == 0.362 and round(float(found.score[0]), 3) == 0.295
    assert found.level[0] == ConfluenceLevel.LOW and not found.meets_minimum[0] and found.opposition[0] == 0.5


@pytest.mark.parametrize(
    ("values", "sure", "score", "bias", "confidence", "parts"),
    [
        # two parts: weights .5 and .3 renormalised, kappa .9, confidence .8
        ((0.6, 0.5, NAN), (1, 1, 1), 0.9 * 1.25 * 0.5625 / 0.8125, 0.5625, 0.8, 2),
        ((NAN, 0.5, NAN), (1, 1, 1), 0.6 * 1.25 * 0.5 / 0.75, 0.5, 0.3, 1),
        ((1.0, 1.0, 1.0), (1, 1, 1), 1.0, 1.0, 1.0, 3),
        ((-1.0, -1.0, -1.0), (1, 1, 1), 1.0, -1.0, 1.0, 3),
        # a part without confidence, or with an unknown one, is unknown
        ((0.6, 0.5, 0.9), (1, 1, 0), 0.9 * 1.25 * 0.5625 / 0.8125, 0.5625, 0.8, 2),
        ((0.6, 0.5, 0.9), (1, 1, NAN), 0.9 * 1.25 * 0.5625 / 0.8125, 0.5625, 0.8, 2),
        ((0.0, 0.0, 0.0), (1, 1, 1), 0.0, 0.0, 1.0, 3),
        ((0.019, 0.019, 0.019), (1, 1, 1), 0.0, 0.019, 1.0, 3),
        ((0.02, 0.02, 0.02), (1, 1, 1), 1.25 * 0.02 / 0.27, 0.02, 1.0, 3),
    ],
)
def test_table(
    values: tuple[float, ...], sure: tuple[float, ...], score: float, bias: float, confidence: float, parts: int
) -> None:
    found = one(values, sure)
    np.testing.assert_allclose(
        [found.score[0], found.bias[0], found.confidence[0]], [score, bias, confidence], atol=1e-12
    )
    assert found.components[0] == parts


def test_a_part_that_nobody_weighs_is_no_second_witness() -> None:
    alone = one((0.9, NAN, NAN)).score[0]
    faint = one((0.9, 0.9, NAN), (1, 1e-6, 1)).score[0]
    half = one((0.9, 0.9, NAN), (1, 0.25, 1)).score[0]
    both = one((0.9, 0.9, NAN), (1, 1, 1)).score[0]
    assert faint == pytest.approx(alone, abs=1e-5) and alone < 0.6
    # (1.25)^2 / 1.0625 = 1.47 parts
    assert half == pytest.approx((0.6 + 0.3 * (1.25**2 / 1.0625 - 1)) * 1.25 * 0.9 / 1.15)
    assert alone < half < both


def test_nothing_known_is_unknown_not_neutral() -> None:
    found = one((NAN, NAN, NAN))
    assert np.isnan([found.score[0], found.bias[0], found.agreement[0], found.magnitude[0]]).all()
    assert found.level[0] == ConfluenceLevel.UNKNOWN and found.confidence[0] == 0 and found.components[0] == 0
    assert not found.meets_minimum[0] and not found.meets_high[0] and not found.contributions.any()
    assert score_confluence(np.zeros((0, 3)), np.zeros((0, 3)), []).score.shape == (0,)


def test_divergence_lowers_the_confidence_only() -> None:
    calm, torn, unknown = (one((0.6, 0.5, 0.4), divergence=gap) for gap in (0.0, 1.0, NAN))
    assert torn.confidence[0] == 0.5 * calm.confidence[0] and torn.score[0] == calm.score[0]
    assert unknown.confidence[0] == calm.confidence[0]


def test_thresholds_are_settings_and_edges_belong_above() -> None:
    # A = 1, M = 3/13 gives exactly .6
    values = [[3 / 13] * 3]
    assert score_confluence(values, [[1.0] * 3], [0.0]).meets_minimum[0]
    assert not score_confluence(values, [[1.0] * 3], [0.0], Thresholds(0.61, 0.8)).meets_minimum[0]
    assert score_confluence(values, [[1.0] * 3], [0.0], Thresholds(0.3, 0.6)).meets_high[0]
    edges = [NAN, 0, 0.1999, 0.2, 0.4, 0.1 + 0.5 - 1e-12, 0.79, 0.8, 1]
    assert classify_confluence(edges).tolist() == [-1, 0, 0, 1, 2, 3, 3, 4, 4]


@pytest.mark.parametrize("wrong", [(0.0, 0.8), (0.9, 0.8), (0.6, 1.1)])
def test_thresholds_in_the_wrong_order_are_refused(wrong: tuple[float, float]) -> None:
    with pytest.raises(ValueError, match="thresholds"):
        Thresholds(*wrong)


@pytest.mark.parametrize(
    ("values", "sure", "divergence"),
    [
        ([[0.1, 0.2]], [[1.0, 1.0]], [0.0]),
        ([[0.1, 0.2, 0.3]], [[1.0, 1.0]], [0.0]),
        ([[0.1, 0.2, 0.3]], [[1.0] * 3], [0.0, 0.0]),
        ([[1.1, 0.2, 0.3]], [[1.0] * 3], [0.0]),
        ([[0.1, 0.2, 0.3]], [[1.0, 1.0, 1.1]], [0.0]),
        ([[0.1, 0.2, 0.3]], [[1.0, -0.1, 1.0]], [0.0]),
        ([[0.1, 0.2, 0.3]], [[1.0] * 3], [1.5]),
    ],
)
def test_impossible_inputs_are_refused(
    values: list[list[float]], sure: list[list[float]], divergence: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"confluence takes|lie in"):
        score_confluence(values, sure, divergence)


def test_many_stocks_are_scored_as_each_alone_and_inputs_stay() -> None:
    rng = np.random.default_rng(4)
    values, sure, gap = rng.uniform(-1, 1, (200, 3)), rng.random((200, 3)), rng.random(200)
    values[rng.random((200, 3)) < 0.3] = NAN
    copies = values.copy(), sure.copy(), gap.copy()
    together = score_confluence(values, sure, gap)
    alone = [score_confluence(values[i : i + 1], sure[i : i + 1], gap[i : i + 1]) for i in range(200)]
    np.testing.assert_array_equal(together.score, [each.score[0] for each in alone])
    np.testing.assert_array_equal(together.confidence, [each.confidence[0] for each in alone])
    for now, before in zip((values, sure, gap), copies, strict=True):
        np.testing.assert_array_equal(now, before)
    assert len(COMPONENTS) == 3


@given(THREE, SURES, st.floats(0, 1))
def test_everything_stays_in_range_and_shares_add_up(
    values: tuple[float, ...], sure: tuple[float, ...], divergence: float
) -> None:
    found = one(values, sure, divergence)
    assert 0 <= found.score[0] <= 1 and -1 <= found.bias[0] <= 1 and 0 <= found.confidence[0] <= 1
    assert 0 <= found.magnitude[0] <= 1 and abs(found.bias[0]) <= found.magnitude[0] + 1e-12
    assert found.contributions.sum() == pytest.approx(1 if any(values) else 0)
    assert not found.meets_high[0] or found.meets_minimum[0]
    mirrored = one(tuple(-value for value in values), sure, divergence)
    assert mirrored.score[0] == found.score[0] and mirrored.bias[0] == -found.bias[0]


@given(THREE, SURES)
def test_what_agrees_more_scores_no_less(values: tuple[float, ...], sure: tuple[float, ...]) -> None:
    """At the same magnitude, a part that turns to the side of the others never lowers agreement or score."""
    found = one(values, sure)
    assume(found.bias[0] > 1e-6)
    for part in range(3):
        if values[part] < 0:
            turned = one(tuple(-value if i == part else value for i, value in enumerate(values)), sure)
            assert turned.magnitude[0] == pytest.approx(found.magnitude[0])
            assert turned.agreement[0] >= found.agreement[0] - 1e-12
            assert turned.score[0] >= found.score[0] - 1e-12


@given(st.floats(0.15, 1), st.floats(-1, -0.15), VALUE, st.permutations([0, 1, 2]))
def test_opposed_signals_never_score_high(up: float, down: float, third: float, order: list[int]) -> None:
    values = np.array([up, down, third])[order]
    found = score_confluence([values], [[1.0] * 3], [0.0])
    assert found.score[0] < 0.6 and found.level[0] < ConfluenceLevel.HIGH and not found.meets_minimum[0]


def test_a_faint_contradiction_lowers_the_ceiling_in_proportion() -> None:
    # without the ceiling .5 + .3 against a fifteenth of .2 would score .96
    assert one((1.0, 1.0, -0.075)).score[0] == pytest.approx(1 - 0.41 / 2)
    # the formula alone would say .833
    assert one((1.0, 1.0, -0.3)).score[0] == pytest.approx(0.59)
    # half the confidence is half the contradiction
    assert one((1.0, 1.0, -0.15), (1.0, 1.0, 0.5)).score[0] == pytest.approx(1 - 0.41 / 2)


@given(THREE, SURES, st.integers(0, 2), st.floats(-1e-7, 1e-7))
def test_a_small_change_of_an_input_is_a_small_change_of_the_score(
    values: tuple[float, ...], sure: tuple[float, ...], part: int, nudge: float
) -> None:
    found = one(values, sure)
    moved = tuple(min(max(value + (nudge if i == part else 0), -1), 1) for i, value in enumerate(values))
    after = one(moved, sure)
    assume(abs(found.magnitude[0] - 0.02) > 1e-6)  # the step of the method itself
    assert abs(after.score[0] - found.score[0]) < 1e-4
    assert abs(after.bias[0] - found.bias[0]) < 1e-5


@settings(max_examples=50)
@given(THREE, SURES, st.integers(0, 2))
def test_a_missing_part_never_raises_the_confidence(
    values: tuple[float, ...], sure: tuple[float, ...], part: int
) -> None:
    less = one(tuple(NAN if i == part else value for i, value in enumerate(values)), sure)
    assert less.confidence[0] < one(values, sure).confidence[0] and less.components[0] == 2
    assert less.score[0] <= 0.9
