"""Gap frequency and sector volatility on series whose answer is known."""

import math

import numpy as np
import pytest

from universe.kernels.profiling import (
    compute_gap_frequency,
    compute_sector_gap_frequency,
    compute_sector_volatility,
)
from universe.kernels.weights import STATIC_WEIGHTS


def test_gap_frequency_counts_openings_five_percent_away() -> None:
    close = np.full((2, 21), 10.0)
    opens = np.full((2, 21), 10.0)
    opens[0, 1:5] = [10.5, 9.5, 10.49, 9.51]
    assert compute_gap_frequency(opens, close).tolist() == [0.1, 0.0]


def test_gap_frequency_is_unknown_with_fewer_than_twenty_pairs() -> None:
    close, opens = np.full((1, 20), 10.0), np.full((1, 20), 11.0)
    assert math.isnan(compute_gap_frequency(opens, close)[0])
    assert math.isnan(compute_gap_frequency(np.full((1, 60), np.nan), np.full((1, 60), 5.0))[0])


def test_a_sectors_gap_frequency_is_the_mean_of_what_is_known() -> None:
    assert compute_sector_gap_frequency(np.array([0.1, 0.3, np.nan])) == pytest.approx(0.2)
    assert math.isnan(compute_sector_gap_frequency(np.array([np.nan])))
    assert math.isnan(compute_sector_gap_frequency(np.empty(0)))


def test_volatility_of_a_constant_move_is_that_move() -> None:
    close = 10.0 * 1.02 ** np.arange(31)[None, :].repeat(3, axis=0)
    volume = np.full((3, 31), 1e6)
    assert compute_sector_volatility(close, volume) == pytest.approx(2.0)


def test_volatility_weighs_by_log_volume_and_clips_at_fifteen_percent() -> None:
    days = np.arange(25)
    close = np.vstack([10.0 * 1.5**days, np.full(25, 10.0)])
    volume = np.vstack([np.full(25, math.e**2), np.full(25, math.e**6)])
    assert compute_sector_volatility(close, volume) == pytest.approx(15.0 * 2 / 8)


def test_volatility_needs_twenty_days() -> None:
    close, volume = 10.0 * 1.01 ** np.arange(20)[None, :], np.full((1, 20), 1e6)
    assert math.isnan(compute_sector_volatility(close, volume))
    assert math.isnan(compute_sector_volatility(np.empty((0, 60)), np.empty((0, 60))))


def test_static_weights_are_the_requirements() -> None:
    assert STATIC_WEIGHTS == {
        "healthcare": 1.5,
        "technology": 1.3,
        "energy": 1.2,
        "consumer_discretionary": 1.2,
        "financial": 1.1,
        "industrials": 1.0,
        "materials": 0.9,
        "utilities": 0.7,
    }
