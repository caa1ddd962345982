"""The macro score and the four steps: by hand, at every boundary, and as properties."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from macro.kernels.parameters import ALT, BEAR, BTC, NEITHER
from macro.kernels.permission import candidate, classify_permission, score_macro, thresholds

NO, SELECTIVE, ACTIVE, AGGRESSIVE = range(4)


def steps(scores: list[float], regime: int | list[int] = BTC) -> list[int]:
    codes = [regime] * len(scores) if isinstance(regime, int) else regime
    return classify_permission(np.array(scores, dtype=np.float64), np.array(codes)).tolist()


def test_the_score() -> None:
    found = score_macro(np.array([1.0, -1.0, 0.5, np.nan]), np.array([1.0, -1.0, -0.25, 0.0]))
    np.testing.assert_allclose(found, [100.0, 0.0, 60.0, np.nan])


def test_what_a_regime_closes() -> None:
    assert thresholds(ALT) == (38.0, 60.0, 75.0)
    assert thresholds(BEAR) == (50.0, 60.0, math.inf)
    assert thresholds(NEITHER) == (38.0, 60.0, math.inf)


@pytest.mark.parametrize(
    ("score", "regime", "first"),
    [
        (75.0, BTC, AGGRESSIVE), (74.9, BTC, ACTIVE), (90.0, NEITHER, ACTIVE), (60.0, ALT, ACTIVE),
        (59.9, ALT, SELECTIVE), (38.0, ALT, SELECTIVE), (37.9, ALT, NO), (49.9, BEAR, NO), (50.0, BEAR, SELECTIVE),
        (61.0, BEAR, ACTIVE),
    ],
)  # fmt: skip
def test_the_first_scan_is_taken_as_it_is(score: float, regime: int, first: int) -> None:
    assert steps([score], regime) == [first]


def test_two_points_to_enter_and_two_to_stay() -> None:
    assert candidate(61.9, BTC, SELECTIVE) == SELECTIVE
    assert candidate(62.0, BTC, SELECTIVE) == ACTIVE
    assert candidate(58.0, BTC, ACTIVE) == ACTIVE
    assert candidate(57.9, BTC, ACTIVE) == SELECTIVE
    assert candidate(80.0, BTC, NO) == AGGRESSIVE


def test_up_after_two_scans_down_at_once() -> None:
    assert steps([50, 63, 50, 63, 63, 57.9, 63, 63]) == [1, 1, 1, 1, 2, 1, 1, 2]
    # what both of the last two allow: one scan allowed AGGRESSIVE, both allowed ACTIVE
    assert steps([50, 80, 63, 80, 80]) == [1, 1, 2, 2, 3]
    assert steps([80, 20]) == [3, 0]


def test_the_season_ends_and_so_does_aggressive() -> None:
    assert steps([80, 80, 80, 80], [BTC, NEITHER, BTC, BTC]) == [3, 2, 2, 3]


def test_gaps_change_nothing() -> None:
    assert steps([np.nan, 63, np.nan, 63], [BTC, BTC, BTC, -1]) == [-1, 2, 2, 2]
    assert steps([]) == []


@settings(max_examples=80, deadline=None)
@given(st.lists(st.tuples(st.floats(0, 100), st.sampled_from([ALT, BTC, BEAR, NEITHER])), min_size=2, max_size=50))
def test_rises_need_two_scans_and_falls_are_never_late(rows: list[tuple[float, int]]) -> None:
    scores, regimes = np.array([row[0] for row in rows]), np.array([row[1] for row in rows])
    scores.setflags(write=False)
    found = classify_permission(scores, regimes)
    for place in range(1, len(rows)):
        before, now = int(found[place - 1]), int(found[place])
        bounds = thresholds(int(regimes[place]))
        if now > 0:  # whoever stands on a step has its threshold less two points now
            assert scores[place] >= bounds[now - 1] - 2
        if now > before:
            for each in (place - 1, place):
                allowed = thresholds(int(regimes[each]))[now - 1]
                assert scores[each] >= allowed - 2
            assert scores[place] >= bounds[now - 1] + 2
    np.testing.assert_array_equal(classify_permission(scores[:-1], regimes[:-1]), found[:-1])
