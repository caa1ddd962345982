"""Halts, quarantine, new listings: what enters a score, and the reason of what does not."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sectors.kernels.conditions import REASONS, usable_returns
from sectors.kernels.sector import score_sector
from tests.sectors.kernels.sample import make_inputs

NAN = math.nan


def reasons_of(n: int, **changes: object) -> tuple[list[list[str]], list[str]]:
    usable = usable_returns(make_inputs(n, returns=np.ones((n, 4)), **changes))
    return [[REASONS[code] for code in row] for row in usable.reasons], [REASONS[code] for code in usable.exclusion]


def test_a_halt_takes_the_half_hour_then_everything() -> None:
    table, excluded = reasons_of(4, halted=np.array([1, 1, 1, 0]), halted_sessions=np.array([0.0, 1.0, 2.0, 5.0]))
    frozen = ["halted", "", "", ""]
    assert table == [frozen, frozen, ["halted"] * 4, [""] * 4]
    assert excluded == ["", "", "halted", ""]


def test_a_halt_of_unknown_age_is_of_this_session() -> None:
    table, _ = reasons_of(1, halted=np.array([True]), halted_sessions=np.array([NAN]))
    assert table == [["halted", "", "", ""]]


def test_a_new_listing_has_the_horizons_that_exist() -> None:
    n = "new_listing"
    table, excluded = reasons_of(6, sessions_listed=np.array([0.0, 1.0, 2.0, 4.0, 6.0, NAN]))
    assert table == [[n] * 4, ["", n, n, n], ["", "", n, n], ["", "", "", n], [""] * 4, [""] * 4]
    assert excluded == [n, "", "", "", "", ""]


def test_quarantine_is_the_gravest() -> None:
    table, excluded = reasons_of(2, quarantined=np.array([1.0, NAN]), halted=np.array([1, 0]))
    assert table == [["quarantined"] * 4, [""] * 4]
    assert excluded == ["quarantined", ""]


def test_missing_and_infinite_prices_are_no_prices() -> None:
    returns = np.array([[NAN] * 4, [1.0, math.inf, 2.0, -math.inf]])
    usable = usable_returns(make_inputs(2, returns=returns))
    assert usable.reasons.tolist() == [[1] * 4, [0, 1, 0, 1]]
    assert usable.exclusion.tolist() == [1, 0]
    np.testing.assert_array_equal(usable.returns, [[NAN] * 4, [1.0, NAN, 2.0, NAN]])


def test_nobody_at_all() -> None:
    usable = usable_returns(make_inputs(0))
    assert (usable.returns.shape, usable.exclusion.shape) == ((0, 4), (0,))


@given(st.lists(st.booleans(), min_size=12, max_size=12))
def test_a_quarantined_stock_scores_as_one_without_prices(flags: list[bool]) -> None:
    mask = np.array(flags)
    inputs = make_inputs(12)
    silent = inputs.returns.copy()
    silent[mask] = NAN
    assert score_sector(replace(inputs, quarantined=mask)) == score_sector(replace(inputs, returns=silent))


def test_inputs_are_not_changed() -> None:
    inputs = make_inputs(5, halted=np.ones(5), quarantined=np.zeros(5))
    before = inputs.returns.copy()
    usable_returns(inputs)
    np.testing.assert_array_equal(inputs.returns, before)
