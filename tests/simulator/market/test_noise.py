"""Noise by address: reproducible, uniform, independent between neighbouring addresses."""

from __future__ import annotations

import numpy as np
import pytest

from sentiment_site.simulator.market import noise

DAYS, ROWS = np.array([739_000]), np.arange(20_000)


def test_one_row_over_days_equals_all_rows_of_a_day() -> None:
    days = np.arange(739_000, 739_060)
    whole = noise.uniform(noise.addresses(7, np.array([739_030]), ROWS), 3, 32)
    one = noise.uniform(noise.addresses(7, days, np.array([4321])), 3, 32)
    assert np.array_equal(one[30], whole[4321])


def test_slots_do_not_depend_on_what_is_asked_with_them() -> None:
    address = noise.addresses(7, DAYS, ROWS[:50])
    assert np.array_equal(noise.normal(address, 5, 13, first=11), noise.normal(address, 5, 32)[:, 11:24])


@pytest.mark.parametrize("seed", [0, 7, 2**62])
def test_uniform_moments(seed: int) -> None:
    values = noise.uniform(noise.addresses(seed, DAYS, ROWS), 1, 16)
    assert values.min() > 0.0
    assert values.max() < 1.0
    assert values.mean() == pytest.approx(0.5, abs=0.003)
    assert values.var() == pytest.approx(1 / 12, abs=0.001)


def test_neighbours_are_uncorrelated() -> None:
    values = noise.normal(noise.addresses(7, DAYS, ROWS), 2, 8)
    other_seed = noise.normal(noise.addresses(8, DAYS, ROWS), 2, 8)
    next_day = noise.normal(noise.addresses(7, DAYS + 1, ROWS), 2, 8)
    next_stream = noise.normal(noise.addresses(7, DAYS, ROWS), 3, 8)
    for others in (other_seed, next_day, next_stream, np.roll(values, 1, axis=0), np.roll(values, 1, axis=1)):
        assert abs(np.corrcoef(values.ravel(), others.ravel())[0, 1]) < 0.01


def test_inputs_are_not_mutated() -> None:
    address = noise.addresses(7, DAYS, ROWS[:10])
    before = address.copy()
    noise.normal(address, 2, 8)
    assert np.array_equal(address, before)
