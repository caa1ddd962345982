"""Readings on the grid, and what is derived from them."""

from __future__ import annotations

import numpy as np
import pytest

from macro.kernels.bars import DAY_S, derive_variables, lay_on_grid, link

from .market import frozen, make_bars

NAN = np.nan
H4 = 4 * 3600


def test_a_scan_stands_for_three_bars_and_then_there_is_a_gap() -> None:
    at, laid = lay_on_grid([H4, 2 * H4, 8 * H4], [[1.0], [2.0], [3.0]], 9 * H4, 6)
    assert at.tolist() == [place * H4 for place in range(1, 10)]
    np.testing.assert_array_equal(laid[:, 0], [1, 2, 2, 2, 2, NAN, NAN, 3, 3])


def test_a_daily_reading_stands_for_its_day() -> None:
    _, laid = lay_on_grid([0, DAY_S, 3 * DAY_S], [[1.0], [2.0], [3.0]], 3 * DAY_S, 6, [5, 5, 5])
    np.testing.assert_array_equal(laid[:, 0], [1] * 6 + [2] * 6 + [NAN] * 6 + [3])


def test_late_scans_belong_to_the_next_bar_and_the_grid_is_even() -> None:
    at, laid = lay_on_grid([H4 + 60, 3 * H4 - 1], [[1.0], [2.0]], 3 * H4 + 100, 6)
    assert at.tolist() == [2 * H4, 3 * H4]
    np.testing.assert_array_equal(laid[:, 0], [1, 2])


def test_no_readings_one_reading_and_disorder() -> None:
    at, laid = lay_on_grid([], np.empty((0, 4)), DAY_S, 6)
    assert at.size == 0 and laid.shape == (0, 4)
    at, laid = lay_on_grid([DAY_S], [[7.0]], 0, 1)
    assert at.tolist() == [DAY_S] and laid.tolist() == [[7.0]]
    with pytest.raises(ValueError, match="ascend"):
        lay_on_grid([5, 5], [[1.0], [2.0]], 9, 1)


def test_variables_by_hand() -> None:
    bars = make_bars(
        2,
        btc_price=np.array([10.0, 20.0]),
        btc_cap=np.array([100.0, 200.0]),
        eth_cap=np.array([30.0, 40.0]),
        total_cap=np.array([250.0, 400.0]),
        stable_cap=np.array([50.0, 60.0]),
    )
    found = derive_variables(frozen(bars))
    np.testing.assert_allclose(found.alt, [70.0, 100.0])  # 250-100-30-50, 400-200-40-60
    np.testing.assert_allclose(found.ratio, [7.0, 5.0])
    np.testing.assert_allclose(found.dominance, [0.5, 200 / 340])


def test_impossible_caps_are_unknown() -> None:
    bars = make_bars(
        3,
        btc_cap=np.array([100.0, 100.0, -1.0]),
        total_cap=np.array([90.0, np.inf, 300.0]),
        eth_cap=np.array([0.0, 0.0, 10.0]),
        stable_cap=np.full(3, NAN),
    )
    found = derive_variables(bars)
    assert np.isnan(found.alt).all() and np.isnan(found.dominance).all()


def test_a_change_of_definition_is_no_move() -> None:
    """Stablecoins become known half way: the seed's level drops by them, the linked level does not."""
    bars = make_bars(40)
    whole = derive_variables(bars).alt
    late = np.where(np.arange(40) < 20, NAN, bars.stable_cap)
    linked = derive_variables(bars._replace(stable_cap=late)).alt
    np.testing.assert_allclose(linked[20:], whole[20:])
    seed = bars.total_cap - bars.btc_cap - bars.eth_cap
    np.testing.assert_allclose(np.diff(np.log(linked[:20])), np.diff(np.log(seed[:20])))
    assert abs(np.log(linked[20] / linked[19]) - np.log(seed[20] / seed[19])) < 1e-12


def test_linking_at_its_edges() -> None:
    nothing = np.full(3, NAN)
    assert np.isnan(link(nothing, nothing)).all()
    assert link(np.empty(0), np.empty(0)).size == 0
    np.testing.assert_allclose(link(np.array([NAN, 5.0]), np.array([2.0, NAN])), [5.0, 5.0])
    np.testing.assert_allclose(link(np.array([5.0, NAN]), np.array([NAN, 2.0])), [2.0, 2.0])
    np.testing.assert_allclose(link(np.array([NAN, NAN, 4.0]), np.array([1.0, NAN, 3.0])), [4 / 3, NAN, 4.0])
