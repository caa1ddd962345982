"""Honest numbers of stored readings: definitions, baselines, planted skill and none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import spearmanr

from sectors.kernels.colours import colour
from sectors.kernels.evaluation import (
    colour_places,
    hit_rate,
    information_coefficient,
    persistence,
    tail_lift,
)
from sectors.kernels.score import stored
from sentiment_site.quant.calibration import newey_west

NAN = math.nan
NAMES = ("dark_red", "light_red", "blue_neutral", "light_green", "dark_green")


def test_places_are_the_colours_of_stored_scores() -> None:
    scores = np.arange(-1000, 1001) / 1000
    assert [NAMES[place] for place in colour_places(scores)] == [colour(stored(float(s))) for s in scores]
    assert colour_places([NAN, 0.1]).tolist() == [-1, 2]


def test_hits_of_an_example() -> None:
    scores = [0.5, -0.5, 0.7, 0.1, 0.3, -0.3, NAN, 0.5, 0.5]
    forward = [1.0, 2.0, 0.4, 1.0, 0.0, -1.0, 1.0, NAN, 3.0]
    result = hit_rate(scores, forward, [1, 1, 2, 2, 3, 3, 4, 4, 5])
    assert (result.n, result.wilson.value, result.by_day.value) == (5, 0.8, 0.8)
    assert (result.baseline, result.coverage) == (0.8, 5 / 6)
    assert result.by_day.low <= 0.8 <= result.by_day.high


def test_no_skill_is_one_half_and_planted_skill_is_found() -> None:
    g = np.random.default_rng(4)
    scores, noise = g.uniform(-1, 1, 4000), g.normal(0, 1, 4000)
    days = np.repeat(np.arange(200), 20)
    none, some = hit_rate(scores, noise, days), hit_rate(scores, noise + scores, days)
    assert none.by_day.low < 0.5 < none.by_day.high
    assert none.wilson.low < 0.5 < none.wilson.high
    assert some.by_day.low > 0.6


@pytest.mark.parametrize(("scores", "forward"), [([], []), ([0.0, 0.1], [1.0, 2.0]), ([NAN], [1.0])])
def test_no_calls_are_no_rate(scores: list[float], forward: list[float]) -> None:
    result = hit_rate(scores, forward, np.arange(len(scores)))
    assert (result.n, math.isnan(result.wilson.value), math.isnan(result.baseline)) == (0, True, True)
    assert math.isnan(result.by_day.low)


def test_the_information_coefficient_is_a_mean_of_spearmans() -> None:
    g = np.random.default_rng(3)
    scores, forward = g.normal(0, 1, (30, 8)), g.normal(0, 1, (30, 8))
    forward[5] = NAN
    expected = [spearmanr(a, b).statistic for i, (a, b) in enumerate(zip(scores, forward, strict=True)) if i != 5]
    result = information_coefficient(scores, forward, lags=3)
    assert (result.mean, result.n) == (pytest.approx(np.mean(expected)), 29)
    assert result.t == pytest.approx(newey_west(expected, 3).t)


def test_persistence_of_a_random_walk_is_the_formula_and_no_skill() -> None:
    g = np.random.default_rng(8)
    moved = g.normal(0, 1.0, 20000)
    later = moved + g.normal(0, 0.7, 20000)
    result = persistence(np.tanh(moved), np.tanh(later), moved, later, elapsed_variance=1.0, added_variance=0.49)
    assert result.no_skill == pytest.approx(0.5 + math.asin(math.sqrt(1 / 1.49)) / math.pi)
    assert result.same_sign.value == pytest.approx(result.no_skill, abs=0.01)
    assert result.skill == result.same_sign.value - result.no_skill
    assert result.same_colour.value < result.same_sign.value


def test_persistence_of_nothing() -> None:
    result = persistence([NAN], [0.5], [0.0], [1.0], elapsed_variance=1.0, added_variance=1.0)
    assert math.isnan(result.same_colour.value)
    assert math.isnan(result.skill)
    assert result.no_skill == 0.75


def test_tail_lift_of_an_example() -> None:
    scores = [0.8] * 4 + [0.0] * 10 + [NAN]
    jumped = [1, 1, 0, NAN] + [1, 1] + [0] * 8 + [1]
    result = {rate.colour: rate for rate in tail_lift(scores, jumped, np.arange(15))}
    assert list(result) == list(NAMES)
    green = result["dark_green"]
    assert (green.n, green.rate.value) == (3, pytest.approx(2 / 3))
    assert green.lift.value == pytest.approx((2 / 3) / 0.2)
    assert result["blue_neutral"].lift.value == pytest.approx(1.0)
    assert (result["light_red"].n, math.isnan(result["light_red"].rate.value)) == (0, True)
    assert math.isnan(result["light_red"].lift.value)


def test_without_blue_there_is_no_lift() -> None:
    lifts = [rate.lift for rate in tail_lift([0.8, -0.9], [1, 0], [1, 2])]
    assert all(math.isnan(lift.value) and math.isnan(lift.low) for lift in lifts)
