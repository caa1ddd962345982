"""Patterns of the four timeframes: the table, its mirror, missing ones."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sectors.kernels.patterns import QUIET, UNKNOWN, classify_timeframes, pattern_title

NAN = math.nan


@pytest.mark.parametrize(
    ("scores", "key", "title", "divergent"),
    [
        ((0.5, 0.5, 0.5, 0.5), "aligned_up", "all timeframes up", False),
        ((-0.3, -0.3, -0.3, -0.3), "aligned_down", "all timeframes down", False),
        ((0.0, -0.4, 0.5, 0.6), "pullback_in_uptrend", "pullback in uptrend", True),
        ((0.4, -0.4, 0.5, 0.6), "dip_bought", "pullback in uptrend, being bought", True),
        ((-0.4, 0.4, -0.5, -0.6), "bounce_sold", "bounce in downtrend, being sold", True),
        ((0.0, 0.3, -0.5, -0.6), "bounce_in_downtrend", "bounce in downtrend", True),
        ((0.4, 0.4, 0.6, -0.6), "fresh_upturn", "fresh upturn", False),
        ((NAN, 0.4, 0.3, NAN), "uptrend", "uptrend", False),
        ((0.19, -0.19, 0.1, 0.1), "quiet", "quiet", False),
    ],
)
def test_patterns(scores: tuple[float, ...], key: str, title: str, divergent: bool) -> None:
    assert classify_timeframes(scores) == (key, title, divergent)


@pytest.mark.parametrize("scores", [(NAN,) * 4, (0.5, NAN, 0.5, 0.5), (0.5, 0.5, NAN, NAN)])
def test_without_the_day_or_the_trend_there_is_none(scores: tuple[float, ...]) -> None:
    assert classify_timeframes(scores) == UNKNOWN


def test_every_combination_has_a_pattern_and_only_rest_is_quiet() -> None:
    for signs in itertools.product((-1, 0, 1), repeat=3):
        pattern = classify_timeframes(np.array([signs[2], signs[1], signs[0], signs[0]]) * 0.5)
        assert (pattern == QUIET) == (signs == (0, 0, 0))
        assert pattern.key
        assert pattern.divergent == (1 in signs and -1 in signs)


@given(st.lists(st.floats(-1.5, 1.5), min_size=4, max_size=4))
def test_the_mirrored_sector_has_the_mirrored_pattern(scores: list[float]) -> None:
    words = {"up": "down", "pullback": "bounce", "bought": "sold", "dip": "bounce"}
    here, there = classify_timeframes(scores), classify_timeframes([-x for x in scores])
    assert here.divergent == there.divergent
    assert (here == there) == (here == QUIET)
    swap = words | {new: old for old, new in words.items() if old != "dip"}
    for word in (w for w in ("up", "down", "bought", "sold", "pullback", "bounce") if w in here.title):
        assert swap[word] in there.title


def test_every_stored_key_has_its_words() -> None:
    for signs in itertools.product((-0.5, 0.0, 0.5), repeat=4):
        pattern = classify_timeframes(signs)
        assert pattern_title(pattern.key) == (pattern.title if pattern.key else "")
    assert pattern_title("of another version") == ""
