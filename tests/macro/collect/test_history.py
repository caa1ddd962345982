"""Sums of coins, gaps, scales, and the nearest points: worked examples and edges."""

from __future__ import annotations

import numpy as np
import pytest

from macro.collect.history import compute_sum, estimate_totals, interpolate_scale, pick_points

NAN = np.nan
HOUR = 3600


def test_sum_and_what_is_missing() -> None:
    caps = np.array([[100.0, NAN, 10.0], [110.0, 50.0, NAN], [120.0, NAN, 12.0]])
    kept = caps.copy()
    sums, missing = compute_sum(caps)
    assert sums.tolist() == [110.0, 160.0, 132.0]
    # A coin that has not begun misses nothing; a hole misses what the coin was worth before.
    assert missing == pytest.approx([0.0, 10 / 170, 50 / 182])
    np.testing.assert_array_equal(caps, kept)
    sums, missing = compute_sum(np.empty((0, 3)))
    assert sums.size == missing.size == 0
    assert compute_sum(np.full((2, 1), NAN))[1].tolist() == [1.0, 1.0]


def test_totals_and_their_gaps() -> None:
    caps = np.array([[900.0, 100.0], [900.0, NAN], [NAN, 100.0], [999.0, 1.0], [999.0, NAN]])
    needed = caps[:, :1]
    scale = np.array([2.0, 2.0, 2.0, NAN, 2.0])
    found = estimate_totals(caps, scale, needed)
    assert found.total[0] == 2000.0 and np.isnan(found.total[1:4]).all()
    assert found.why == (
        "",
        "10.0% of the basket missing",
        "bitcoin or ether missing",
        "share of the basket unknown",
        "",
    )
    # One part in a thousand is missing: it is taken to have stood still.
    assert found.total[4] == pytest.approx(2000.0)
    assert estimate_totals(np.empty((0, 2)), np.empty(0), np.empty((0, 1))).why == ()


def test_the_scale_between_two_readings_and_beyond() -> None:
    at = np.array([0, 50, 100, 200])
    found = interpolate_scale(at, np.array([100, 0]), np.array([1.21, 1.0]))
    assert found == pytest.approx([1.0, 1.1, 1.21, 1.21])
    assert interpolate_scale(at, np.array([100, 0]), np.array([1.5, NAN])).tolist() == pytest.approx([1.5] * 4)
    assert np.isnan(interpolate_scale(at, np.array([0]), np.array([NAN]))).all()


def test_the_nearest_point_within_reach() -> None:
    at_ms = np.array([0, HOUR, 2 * HOUR + 59]) * 1000
    wanted = np.array([-HOUR, 10, HOUR - 60, 2 * HOUR, 4 * HOUR])
    assert pick_points(at_ms, wanted, 1800).tolist() == [-1, 0, 1, 2, -1]
    assert pick_points(np.empty(0, dtype=np.int64), wanted, 1800).tolist() == [-1] * 5
    assert pick_points(at_ms[:1], np.array([1800, 1801]), 1800).tolist() == [0, -1]
