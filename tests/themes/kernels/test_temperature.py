"""Temperature: thresholds, the gate, hysteresis, themes, and what is unknown."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from themes.kernels.temperature import (
    TEMPERATURE,
    HourInputs,
    HourNorms,
    Level,
    TemperatureState,
    classify_levels,
    cold_start,
    compute_hour_multiple,
    compute_hour_norms,
    hold_levels,
    price_thresholds,
    theme_levels,
)

NAN = np.nan


def hour(change: list[float], rvol: list[float], sigma: float = NAN, sessions: float = 20.0) -> HourInputs:
    n = len(change)
    return HourInputs(np.array(change), np.array(rvol), np.full(n, sigma), np.full(n, sessions))


@pytest.mark.parametrize(
    ("change", "rvol", "level"),
    [
        (2.9, 9.0, Level.COLD),
        (3.0, 1.5, Level.WARM),
        (-3.0, 1.5, Level.WARM),
        (16.0, 1.49, Level.COLD),
        (16.0, 2.9, Level.WARM),
        (7.0, 3.0, Level.HOT),
        (-15.0, 5.0, Level.EXTREME),
        (14.99, 50.0, Level.HOT),
        (0.0, 0.0, Level.COLD),
        (NAN, 5.0, Level.UNKNOWN),
        (15.0, NAN, Level.UNKNOWN),
        (np.inf, 5.0, Level.UNKNOWN),
    ],
)
def test_the_level_is_the_smaller_of_price_and_volume(change: float, rvol: float, level: Level) -> None:
    assert classify_levels(hour([change], [rvol])).level[0] == level


def test_volatile_stocks_need_larger_moves() -> None:
    np.testing.assert_allclose(price_thresholds([1.0, 2.0, 5.0, NAN, 0.0, -1.0]),
                               [[3, 7, 15], [4, 8, 16], [10, 20, 40], [3, 7, 15], [3, 7, 15], [3, 7, 15]])  # fmt: skip
    assert classify_levels(hour([9.0], [6.0], sigma=5.0)).level[0] == Level.COLD
    assert classify_levels(hour([9.0], [6.0], sigma=1.0)).level[0] == Level.HOT


def test_a_young_history_lets_volume_lag_by_one_level() -> None:
    young = classify_levels(hour([16.0, 16.0, 16.0], [3.5, 0.1, NAN], sessions=4.0))
    assert young.level.tolist() == [Level.EXTREME, Level.WARM, Level.WARM]
    assert young.soft.all()
    assert young.volume_level[2] == Level.UNKNOWN
    strict = classify_levels(hour([16.0, 16.0], [3.5, NAN], sessions=4.0), replace(TEMPERATURE, soft_gate=False))
    assert strict.level.tolist() == [Level.HOT, Level.UNKNOWN]
    assert classify_levels(hour([16.0], [3.5], sessions=NAN)).level[0] == Level.EXTREME


def test_norms_are_robust_and_need_five_sessions() -> None:
    changes = np.tile([1.0, -1.0], 10)[None, :].repeat(2, axis=0)
    changes[0, 3] = 80.0  # one earlier spike
    volumes = np.full((2, 20), 1000.0)
    volumes[0, 3] = 1e7
    volumes[1, 4:] = NAN
    norms = compute_hour_norms(changes, volumes)
    assert norms.sigma[0] == pytest.approx(1.4826)
    assert norms.typical_volume[0] == 1000.0
    assert np.isnan(norms.typical_volume[1])
    assert norms.volume_sessions.tolist() == [20.0, 4.0]
    older = compute_hour_norms(np.ones((1, 40)), np.r_[np.full(20, 9e9), np.full(20, 10.0)][None, :])
    assert (older.typical_volume[0], older.volume_sessions[0]) == (10.0, 20.0)


def test_norms_of_nothing() -> None:
    norms = compute_hour_norms(np.empty((2, 0)), np.empty((2, 0)))
    assert isinstance(norms, HourNorms)
    assert np.isnan(norms.sigma).all()
    assert norms.volume_sessions.tolist() == [0.0, 0.0]


def test_extended_hours_have_a_floor() -> None:
    volume, typical = [4000.0, 4000.0, -1.0, NAN, 10.0], [100.0, 8000.0, 100.0, 100.0, NAN]
    np.testing.assert_allclose(compute_hour_multiple(volume, typical, extended=True), [2.0, 0.5, NAN, NAN, NAN])
    np.testing.assert_allclose(compute_hour_multiple(volume, typical, extended=False), [40.0, 0.5, NAN, NAN, NAN])
    np.testing.assert_allclose(compute_hour_multiple([5.0, 5.0], [0.0, np.inf], extended=False), [NAN, NAN])


def follow(hours: list[tuple[float, float]], start: Level = Level.UNKNOWN) -> list[int]:
    state = TemperatureState(np.array([start], dtype=np.int8), np.zeros((1, 3), dtype=np.int64))
    levels = []
    for change, rvol in hours:
        state = hold_levels(state, hour([change], [rvol]))
        levels.append(int(state.level[0]))
    return levels


def test_up_at_once_down_after_two_quiet_hours() -> None:
    assert follow([(0.1, 1.0), (16.0, 6.0), (1.0, 1.0), (1.0, 1.0), (1.0, 1.0)]) == [0, 3, 3, 0, 0]


def test_one_loud_hour_keeps_the_level() -> None:
    assert follow([(16.0, 6.0), (1.0, 1.0), (1.0, 3.6), (1.0, 1.0), (1.0, 1.0)]) == [3, 3, 3, 3, 0]


def test_a_fall_stops_at_the_level_that_was_not_quiet() -> None:
    # quiet for EXTREME (below 10.5 % and 3.5) but not for HOT (4.9 %)
    assert follow([(16.0, 6.0), (5.0, 1.0), (5.0, 1.0), (5.0, 1.0)]) == [3, 3, 2, 2]


def test_an_hour_without_reading_changes_nothing() -> None:
    assert follow([(16.0, 6.0), (1.0, 1.0), (NAN, NAN), (1.0, 1.0)]) == [3, 3, 3, 0]
    assert follow([(NAN, NAN)]) == [Level.UNKNOWN]
    assert follow([(15.0, NAN)], Level.HOT) == [Level.HOT]


def test_events_between_hours_only_raise() -> None:
    state = hold_levels(cold_start(2), hour([16.0, 1.0], [6.0, 1.0]))
    quiet = hold_levels(state, hour([0.0, 8.0], [0.0, 4.0]), on_the_hour=False)
    assert quiet.level.tolist() == [Level.EXTREME, Level.HOT]
    assert quiet.quiet_hours.tolist() == state.quiet_hours.tolist()


def test_states_and_inputs_must_match() -> None:
    with pytest.raises(ValueError, match="2 states and 1 stocks"):
        hold_levels(cold_start(2), hour([1.0], [1.0]))
    with pytest.raises(ValueError, match="shape"):
        HourInputs(np.zeros(2), np.zeros(1), np.zeros(2), np.zeros(2))
    with pytest.raises(ValueError, match="shape"):
        HourInputs(*(np.zeros((2, 2)) for _ in range(4)))
    assert hold_levels(cold_start(0), hour([], [])).level.size == 0


@pytest.mark.parametrize(
    ("levels", "weights", "theme"),
    [
        ([3, 3, 0, 0, 0, 0, 0, 0, 0, 0], [1] * 10, Level.EXTREME),  # two members
        ([3] + [0] * 9, [1] * 10, Level.COLD),  # one member of ten
        ([3] + [0] * 9, [5] + [1] * 9, Level.EXTREME),  # one with more than a fifth of the weight
        ([3], [1], Level.HOT),  # a single stock is no theme that burns
        ([3, 3], [1, 0], Level.HOT),
        ([2, 1, 0, 0, 0, 0, 0, 0], [1] * 8, Level.WARM),
        ([-1, -1], [1, 1], Level.UNKNOWN),
        ([-1, 0], [1, 1], Level.COLD),
        ([3, -1, -1, -1, -1, -1], [1] * 6, Level.COLD),  # unknown members keep their weight
        ([0], [0], Level.UNKNOWN),
    ],
)
def test_theme_levels(levels: list[int], weights: list[float], theme: Level) -> None:
    assert theme_levels(np.array(levels, dtype=np.int8), [weights]).tolist() == [theme]


def test_themes_refuse_other_shapes_and_weights() -> None:
    for weights in ([1.0], [[1.0, 2.0]], [[-1.0]], [[NAN]]):
        with pytest.raises(ValueError, match="weights"):
            theme_levels(np.array([1]), weights)
    assert theme_levels(np.array([1, 2]), np.empty((0, 2))).size == 0


moves = st.lists(st.tuples(st.floats(-40, 40), st.floats(0, 12)), min_size=1, max_size=12)


@settings(max_examples=30, deadline=None)
@given(moves)
def test_the_held_level_is_never_below_the_hours_own(hours: list[tuple[float, float]]) -> None:
    held = follow(hours)
    own = [int(classify_levels(hour([change], [rvol])).level[0]) for change, rvol in hours]
    assert all(a >= b for a, b in zip(held, own, strict=True))
    # the past of a reading does not depend on what comes after
    assert held[:-1] == follow(hours[:-1])


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 40), st.floats(0, 12), st.floats(0, 20), st.floats(0, 6))
def test_more_is_never_colder(change: float, rvol: float, more: float, louder: float) -> None:
    level = classify_levels(hour([change, change + more, change], [rvol, rvol, rvol + louder])).level
    assert level[1] >= level[0]
    assert level[2] >= level[0]


def test_inputs_are_left_alone() -> None:
    inputs, state = hour([16.0, NAN], [6.0, 1.0]), cold_start(2)
    before = [array.copy() for array in (inputs.change, inputs.rvol, state.level, state.quiet_hours)]
    hold_levels(state, inputs)
    for old, new in zip(before, (inputs.change, inputs.rvol, state.level, state.quiet_hours), strict=True):
        np.testing.assert_array_equal(old, new)
