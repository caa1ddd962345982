"""P(same regime in a week): the isotonic curve against scikit-learn, walk-forward by plain counting, deductions."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import percentileofscore
from sklearn.isotonic import IsotonicRegression

from macro.kernels.bars import DAY_S
from macro.kernels.confidence import (
    BINS,
    compute_persistence,
    deduct,
    persistence_curve,
    score_confidence,
)
from macro.kernels.parameters import COLD_PERSISTENCE

DAY0 = 18_000 * DAY_S  # a multiple of 30 days since the epoch


def test_the_curve_is_scikit_learns() -> None:
    rng = np.random.default_rng(1)
    counts = rng.integers(0, 40, BINS).astype(np.float64)
    hits = np.floor(counts * rng.random(BINS))
    middle = np.arange(BINS) / (BINS - 1)
    prior = np.interp(middle, *COLD_PERSISTENCE)
    weight = counts + 1.0
    oracle = IsotonicRegression().fit_transform(middle, (hits + prior) / weight, sample_weight=weight)
    found = persistence_curve(counts, hits)
    np.testing.assert_allclose(found, oracle, atol=1e-12)
    assert (np.diff(found) >= -1e-12).all()


def test_without_history_it_is_the_cold_curve_pooled() -> None:
    curve = persistence_curve(np.zeros(BINS), np.zeros(BINS))
    assert curve[0] == pytest.approx(0.66, abs=0.01)  # .68, .66, .64 fall and are pooled
    assert curve[100] == pytest.approx(0.985)
    margin, regime = np.array([0.05, 0.9]), np.array([0, 0])
    found = compute_persistence(margin, regime, DAY0 + DAY_S * np.arange(2), 1)
    np.testing.assert_allclose(found, [curve[5], curve[90]])


def test_only_weeks_that_were_over_count() -> None:
    rng = np.random.default_rng(2)
    n = 200
    margin, regime = rng.random(n), np.repeat(rng.integers(0, 4, n // 10), 10)
    at = DAY0 + DAY_S * np.arange(n)
    found = compute_persistence(margin, regime, at, 1)
    for place in (15, 30, 59, 60, 199):
        fitted_on = place // 30 * 30  # the first bar of its block of 30 days
        counts, hits = np.zeros(BINS), np.zeros(BINS)
        for earlier in range(n):
            if earlier + 7 <= fitted_on:
                counts[round(100 * margin[earlier])] += 1
                hits[round(100 * margin[earlier])] += regime[earlier] == regime[earlier + 7]
        assert found[place] == pytest.approx(persistence_curve(counts, hits)[round(100 * margin[place])])


def test_where_a_history_begins_does_not_move_the_fits() -> None:
    """A history that begins in the middle of a block is fitted on the same days as one that begins earlier."""
    n = 120
    margin, regime = np.linspace(0, 1, n), np.zeros(n, dtype=np.int64)
    at = DAY0 + 17 * DAY_S + DAY_S * np.arange(n)
    found = compute_persistence(margin, regime, at, 1)
    jumps = np.flatnonzero(np.diff(found) > 0.02)
    assert found[12] == pytest.approx(np.interp(margin[12], margin[:13], found[:13]))
    # the first fit with data is on day 43 since then: 13, then 43, 73, 103
    assert set(jumps.tolist()) <= {12, 42, 72, 102}


def test_gaps_are_unknown_and_do_not_count() -> None:
    margin = np.array([0.5, np.nan, 0.5] + [0.5] * 40)
    regime = np.array([0, 0, -1] + [0] * 40)
    found = compute_persistence(margin, regime, DAY0 + DAY_S * np.arange(43), 1)
    assert np.isnan(found[1:3]).all() and not np.isnan(found[3:]).any()
    assert compute_persistence([], [], [], 6).size == 0


def test_nothing_later_changes_what_was_and_inputs_stay() -> None:
    rng = np.random.default_rng(4)
    margin, regime = rng.random(600), np.repeat(rng.integers(0, 4, 20), 30)
    at = DAY0 + DAY_S // 6 * np.arange(600)
    for each in (margin, regime, at):
        each.setflags(write=False)
    whole = compute_persistence(margin, regime, at, 6)
    for n in (50, 300, 599):
        np.testing.assert_array_equal(compute_persistence(margin[:n], regime[:n], at[:n], 6), whole[:n])


def test_confidence_is_the_rank_among_its_own_past() -> None:
    p = np.random.default_rng(5).random(80)
    found = score_confidence(p)
    for place in (0, 10, 79):
        assert found[place] == pytest.approx(percentileofscore(p[: place + 1], p[place], kind="mean"))


@pytest.mark.parametrize(
    ("score", "age", "estimated", "days", "value", "notes"),
    [
        (87.4, 1.0, False, 400.0, 87, 0),
        (87.4, 8.0, False, 400.0, 87, 0),
        (87.4, 8.1, False, 400.0, 72, 1),
        (87.4, 1.0, True, 400.0, 77, 1),
        (87.4, 9.0, True, 400.0, 62, 2),
        (87.4, 9.0, True, 119.0, 60, 3),
        (87.4, 1.0, False, 119.9, 60, 1),
        (42.0, 1.0, False, 60.0, 42, 0),
        (12.0, 9.0, True, 400.0, 0, 2),
    ],
)
def test_deductions(score: float, age: float, estimated: bool, days: float, value: int, notes: int) -> None:
    found = deduct(score, age_hours=age, estimated=estimated, history_days=days)
    assert (found.value, found.raw, len(found.notes)) == (value, round(score), notes)
