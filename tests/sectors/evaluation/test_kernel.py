"""The scoreboard's own statistics: worked examples, an oracle each, planted effects and none."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from sectors.kernels.evaluation import hit_rate
from sectors.kernels.scoreboard import (
    chance_agreement,
    colour_returns,
    hit_difference,
    judge_share,
    mean_by_day,
    no_skill_share,
    skill_interval,
    stock_tail,
)
from sentiment_site.quant.calibration import brier_skill, sign_persistence, wilson_interval

NAN = math.nan
GREEN, BLUE, RED = 0.8, 0.0, -0.8


def test_a_share_beside_what_chance_gives() -> None:
    found = judge_share([1, 1, 0, 1, NAN, 1], [0.5, 0.5, 0.25, 0.75, 0.5, NAN], [1, 1, 2, 2, 3, 3])
    assert (found.n, found.by_day.value, found.baseline) == (4, 0.75, 0.5)
    assert found.wilson == wilson_interval(3, 4)
    assert found.lift.value == pytest.approx(0.25)
    assert found.lift.low <= 0.25 <= found.lift.high
    nothing = judge_share([], [], [])
    assert (nothing.n, math.isnan(nothing.baseline), math.isnan(nothing.lift.value)) == (0, True, True)


def test_no_skill_has_no_lift_and_planted_skill_has() -> None:
    g = np.random.default_rng(1)
    days, chance = np.repeat(np.arange(100), 10), g.uniform(0.2, 0.8, 1000)
    none = judge_share(g.random(1000) < chance, chance, days)
    some = judge_share(g.random(1000) < chance + 0.15, chance, days)
    assert none.lift.low < 0 < none.lift.high
    assert some.lift.low > 0.05


def test_mean_by_day_is_a_mean() -> None:
    g = np.random.default_rng(2)
    values = g.normal(0.3, 1.0, 400)
    values[7] = NAN
    found = mean_by_day(values, np.arange(400))
    error = 1.0 / math.sqrt(399)
    assert found.value == pytest.approx(np.nanmean(values))
    assert found.high - found.low == pytest.approx(2 * norm.ppf(0.975) * error, rel=0.3)
    assert math.isnan(mean_by_day([NAN], [1]).value)


def test_the_difference_of_two_formulas_is_that_of_their_hit_rates() -> None:
    g = np.random.default_rng(3)
    scores, forward = g.uniform(-1, 1, 600), g.normal(0, 1, 600)
    forward[:5], forward[5] = NAN, 0.0
    others, days = np.where(g.random(600) < 0.5, np.sign(forward) * 0.5, scores), np.repeat(np.arange(60), 10)
    found = hit_difference(scores, others, forward, days)
    rates = [hit_rate(each, forward, days).wilson.value for each in (scores, others)]
    assert found.value == pytest.approx(rates[1] - rates[0])
    assert found.low > 0.1
    same = hit_difference(scores, scores, forward, days)
    assert same == (0.0, 0.0, 0.0)


def test_what_followed_each_colour() -> None:
    found = {each.colour: each for each in colour_returns([GREEN, GREEN, RED, BLUE, NAN], [1, 3, -2, NAN, 9], range(5))}
    assert (found["dark_green"].mean.value, found["dark_green"].rises.value, found["dark_green"].n) == (2.0, 1.0, 2)
    assert (found["dark_red"].mean.value, found["dark_red"].rises.value) == (-2.0, 0.0)
    assert (found["blue_neutral"].n, math.isnan(found["blue_neutral"].mean.value)) == (0, True)


def test_a_tail_that_is_the_sectors_own_is_no_lift_within_sectors() -> None:
    """Ten times the jumps in a restless sector that is green more often: a lift, but none of the colour's making."""
    scores = [GREEN] * 8 + [BLUE] * 2 + [GREEN] * 2 + [BLUE] * 8
    sectors = ["restless"] * 10 + ["calm"] * 10
    jumped = [10] * 10 + [1] * 10
    found = {each.colour: each for each in stock_tail(scores, jumped, [100] * 20, sectors, np.arange(20))}
    green = found["dark_green"]
    assert (green.rate.value, green.stocks, green.n) == (pytest.approx(0.082), 1000, 10)
    assert green.lift.value == pytest.approx(0.082 / 0.028)
    assert green.within.value == pytest.approx(1.0)
    assert found["blue_neutral"].lift.value == found["blue_neutral"].within.value == pytest.approx(1.0)
    assert math.isnan(found["light_red"].rate.value) and math.isnan(found["light_red"].within.value)


def test_the_ratio_within_sectors_is_that_of_mantel_and_haenszel() -> None:
    scores, sectors = [GREEN, BLUE, GREEN, BLUE], ["a", "a", "b", "b"]
    found = stock_tail(scores, [6, 2, 3, 5], [50, 40, 60, 200], sectors, [1, 2, 3, 4])[4]
    above, below = 6 * 40 / 90 + 3 * 200 / 260, 2 * 50 / 90 + 5 * 60 / 260
    assert found.within.value == pytest.approx(above / below)
    unknown = stock_tail([GREEN, BLUE, NAN], [1, 0, 1], [9, 9, 9], ["a"] * 3, [1, 2, 3])[4]
    assert math.isnan(unknown.lift.value)  # no blue stock jumped: nothing to divide by
    assert all(each.n == 0 for each in stock_tail([], [], [], [], []))


def test_the_no_skill_share_by_time_of_day_is_what_a_walk_gives() -> None:
    g = np.random.default_rng(5)
    times = np.repeat(["10:00", "15:00"], 20_000)
    so_far = np.where(times == "10:00", 1.0, 2.0)
    moved, added = g.normal(0, so_far), g.normal(0, np.where(times == "10:00", 1.5, 0.5))
    expected = (sign_persistence(1, 1.5**2) + sign_persistence(4, 0.5**2)) / 2
    found = no_skill_share(moved, added, times)
    assert found == pytest.approx(expected, abs=0.003)
    assert (np.sign(moved) == np.sign(moved + added)).mean() == pytest.approx(found, abs=0.01)
    assert math.isnan(no_skill_share([0.0, NAN], [1.0, 1.0], ["a", "a"]))


def test_agreement_by_chance() -> None:
    assert chance_agreement([GREEN, GREEN, BLUE, NAN], [GREEN, BLUE, BLUE, BLUE]) == pytest.approx(
        (2 / 3) * (1 / 3) + (1 / 3) * (2 / 3)
    )
    assert math.isnan(chance_agreement([NAN], [GREEN]))


def test_the_skill_is_briers_and_its_interval_holds_zero_without_any() -> None:
    g = np.random.default_rng(6)
    y, days = (g.random(2000) < 0.5).astype(float), np.repeat(np.arange(100), 20)
    p = g.uniform(0.45, 0.55, 2000)
    p[:3] = NAN
    found = skill_interval(p, y, days)
    assert found.value == pytest.approx(brier_skill(p, y))
    assert found.low < 0.001
    assert skill_interval(np.where(y > 0, 0.8, 0.2), y, days).low > 0.8
    assert math.isnan(skill_interval([NAN], [1.0], [1]).value)


def test_inputs_are_not_changed() -> None:
    scores, forward, days = np.array([GREEN, NAN, RED]), np.array([1.0, 2.0, NAN]), np.array([1, 2, 3])
    copies = scores.copy(), forward.copy(), days.copy()
    hit_difference(scores, scores, forward, days)
    stock_tail(scores, forward, [5, 5, 5], ["a", "b", "a"], days)
    judge_share(forward > 1, scores, days)
    for now, then in zip((scores, forward, days), copies, strict=True):
        np.testing.assert_array_equal(now, then)
