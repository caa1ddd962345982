"""What a stock did beyond its peers, by hand; and what the measures of it do where little is known."""

from __future__ import annotations

import numpy as np
import pytest

from themes.kernels.excess import (
    compute_correlation,
    compute_excess,
    compute_log_returns,
    compute_robust_deviation,
    fill_forward,
)

NAN = np.nan


def test_log_returns_need_two_positive_closes() -> None:
    found = compute_log_returns([[10.0, 11.0, NAN, 12.0], [0.0, 5.0, -1.0, 5.0]])
    assert found[0, 0] == pytest.approx(np.log(1.1))
    assert np.isnan(found[0, 1:]).all() and np.isnan(found[1]).all()


def test_gaps_take_the_last_value_and_leading_gaps_stay() -> None:
    given = np.array([[NAN, 2.0, NAN, 3.0, NAN]])
    found = fill_forward(given)
    assert np.isnan(found[0, 0]) and found[0, 1:].tolist() == [2.0, 2.0, 3.0, 3.0]
    assert np.isnan(given[0, 2])  # the input stays
    assert fill_forward(np.empty((3, 0))).shape == (3, 0)


def test_excess_is_against_the_sector_where_it_has_five_peers_and_else_against_all_others() -> None:
    returns = np.array([[0.06], [0.01], [0.01], [0.01], [0.01], [0.01], [0.07]])
    sector = np.array([0, 0, 0, 0, 0, 0, 1])
    found = compute_excess(returns, sector)[:, 0]
    assert found[0] == pytest.approx(0.05)  # five peers at 1 %
    assert found[1] == pytest.approx(0.01 - (0.06 + 4 * 0.01) / 5)
    assert found[6] == pytest.approx(0.07 - 0.11 / 6)  # alone in its sector: all others


def test_a_stock_alone_or_without_a_return_has_no_excess() -> None:
    assert np.isnan(compute_excess(np.array([[0.1]]), np.array([-1]))).all()
    found = compute_excess(np.array([[0.1], [NAN], [0.3]]), np.array([-1, -1, -1]))[:, 0]
    assert found[[0, 2]] == pytest.approx([-0.2, 0.2]) and np.isnan(found[1])


def test_deviation_is_the_scaled_median_of_absolute_values() -> None:
    moved = np.tile([0.01, -0.03, 0.02], 10)
    found = compute_robust_deviation([moved, np.zeros(30), np.where(np.arange(30) < 10, moved, NAN)])
    assert found[0] == pytest.approx(1.4826 * 0.02)
    assert np.isnan(found[1])  # never moved
    assert np.isnan(found[2])  # ten values, twenty wanted


def test_deviation_of_rows_that_are_all_too_short_is_unknown() -> None:
    assert np.isnan(compute_robust_deviation([[0.1, 0.2], [0.3, 0.1]])).all()
    assert compute_robust_deviation(np.empty((0, 30))).shape == (0,)


def test_correlation_is_of_the_common_times() -> None:
    rng = np.random.default_rng(3)
    rows = rng.normal(size=(4, 40))
    rows[1] += rows[0]
    rows[0, ::7] = NAN
    found = compute_correlation(rows)
    both = np.isfinite(rows[0])
    assert found[0, 1] == pytest.approx(np.corrcoef(rows[0, both], rows[1, both])[0, 1])
    assert found[0, 1] == pytest.approx(found[1, 0])


def test_correlation_needs_ten_common_times_and_movement() -> None:
    rows = np.vstack([np.arange(12.0), np.zeros(12), np.where(np.arange(12) < 9, 1.0, NAN)])
    found = compute_correlation(rows)
    assert np.isnan(found[0, 1]) and np.isnan(found[0, 2])
