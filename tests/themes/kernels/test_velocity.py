"""Velocity and acceleration, and the word for them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from themes.kernels.velocity import Momentum, classify_momentum, compute_acceleration

NAN = np.nan


def test_acceleration_is_half_new_half_old() -> None:
    # 2 %/h after 0: 1; then 6 %/h: (6 - 2) / 2 + 1 / 2 = 2.5; then 6 again: 1.25
    first = compute_acceleration([2.0], [0.0], [NAN])
    second = compute_acceleration([6.0], [2.0], first)
    third = compute_acceleration([6.0], [6.0], second)
    assert [float(a[0]) for a in (first, second, third)] == [1.0, 2.5, 1.25]


def test_acceleration_needs_both_velocities() -> None:
    np.testing.assert_allclose(compute_acceleration([1.0, NAN, 1.0], [NAN, 1.0, np.inf], [1.0, 1.0, 1.0]), [NAN] * 3)
    assert compute_acceleration([], [], []).size == 0


@settings(max_examples=30, deadline=None)
@given(st.lists(st.floats(-50, 50), min_size=2, max_size=12))
def test_acceleration_is_the_exponential_mean_of_differences(path: list[float]) -> None:
    acceleration = np.array([NAN])
    for before, now in itertools.pairwise(path):
        acceleration = compute_acceleration([now], [before], acceleration)
    differences = np.diff(path)[::-1]
    expected = (0.5 ** (1 + np.arange(len(differences))) * differences).sum()
    assert acceleration[0] == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("velocity", "acceleration", "sigma", "day", "word"),
    [
        (3.0, 1.1, 2.0, 5.0, Momentum.ACCELERATING),
        (3.0, 1.0, 2.0, 5.0, Momentum.STEADY),  # exactly half a sigma
        (3.0, -1.0, 2.0, 5.0, Momentum.STEADY),
        (1.0, -1.1, 2.0, 5.0, Momentum.FADING),
        (-1.0, -1.1, 2.0, 5.0, Momentum.REVERSING),
        (-1.0, -1.1, 2.0, -5.0, Momentum.FALLING),
        (-1.0, -1.1, 2.0, NAN, Momentum.FALLING),
        (3.0, NAN, 2.0, 5.0, Momentum.UNKNOWN),
        (NAN, 1.0, 2.0, 5.0, Momentum.UNKNOWN),
        (3.0, 1.0, 0.0, 5.0, Momentum.UNKNOWN),
        (3.0, 1.0, NAN, 5.0, Momentum.UNKNOWN),
    ],
)
def test_words(velocity: float, acceleration: float, sigma: float, day: float, word: Momentum) -> None:
    assert classify_momentum([velocity], [acceleration], [sigma], [day])[0] == word
