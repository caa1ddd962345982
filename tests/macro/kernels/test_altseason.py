"""The alt-season index: by hand and at its edges."""

from __future__ import annotations

import math

import numpy as np
import pytest

from macro.kernels.altseason import compute_altseason


def test_share_of_the_fifty_largest() -> None:
    """60 coins: the 50 largest have 40 that beat bitcoin's +10 %; the ten small ones that do not are not asked."""
    before = np.ones(60)
    now = np.where(np.arange(60) < 40, 1.2, 1.0)
    cap = np.arange(60, 0, -1.0)
    found = compute_altseason(now, before, cap, 110.0, 100.0)
    assert found == (80.0, "ALT_SEASON", 50)


@pytest.mark.parametrize(
    ("beat", "says"), [(15, "ALT_SEASON"), (14, "TRANSITION"), (6, "TRANSITION"), (5, "BTC_SEASON"), (0, "BTC_SEASON")]
)
def test_bounds_belong_to_the_seasons(beat: int, says: str) -> None:
    now = np.where(np.arange(20) < beat, 2.0, 1.0)
    found = compute_altseason(now, np.ones(20), np.ones(20), 1.0, 1.0)
    assert (found.percent, found.says, found.counted) == (5.0 * beat, says, 20)


def test_unknown_coins_do_not_count_and_nineteen_are_too_few() -> None:
    now, before, cap = np.full(22, 2.0), np.ones(22), np.ones(22)
    now[0], before[1], cap[2] = np.nan, 0.0, np.nan
    found = compute_altseason(now, before, cap, 1.0, 1.0)
    assert math.isnan(found.percent) and found.says == "" and found.counted == 19
    assert compute_altseason([], [], [], 1.0, 1.0).counted == 0
    assert math.isnan(compute_altseason(np.ones(30), np.ones(30), np.ones(30), math.nan, 1.0).percent)
    assert math.isnan(compute_altseason(np.ones(30), np.ones(30), np.ones(30), 1.0, 0.0).percent)


def test_inputs_stay() -> None:
    arrays = [np.random.default_rng(1).random(30) + 0.1 for _ in range(3)]
    for each in arrays:
        each.setflags(write=False)
    assert 0 <= compute_altseason(*arrays, 1.0, 1.0).percent <= 100
