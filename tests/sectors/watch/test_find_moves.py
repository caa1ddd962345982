"""The rule alone: which prices are news against the light and against what was answered."""

from __future__ import annotations

import numpy as np
import pytest

from sectors.snapshot import MarketView
from sectors.watch import find_moves

NONE = float("nan")


def is_news(price: float, shown: float = NONE, answered: float = NONE, previous_close: float = 100.0) -> bool:
    view = MarketView(
        None, np.array([1], np.int32), np.array([price]), np.array([previous_close]), np.array([500_000.0])
    )
    arrays = [np.array([shown]), np.array([answered])]
    kept = [array.copy() for array in arrays]
    found = find_moves(view, *arrays)
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(arrays, kept, strict=True))
    return bool(found[0])


@pytest.mark.parametrize(
    ("price", "shown", "answered", "news"),
    [
        (114.9, 101, NONE, False),
        (115.1, 101, NONE, True),
        (115.1, 114.8, NONE, True),  # a crossing, however near the light is
        (115.1, 114.8, 15.2, False),  # answered before: it hovers
        (115.1, 115.3, NONE, False),  # the light shows it
        (84.9, 101, NONE, True),
        (118, 118, 18, False),
        (122.9, 118, 18, False),
        (123, 118, 18, True),
        (118, 101, 18, True),  # answered, but the light has lost it again
        (85, 118, 18, True),
        (80, 85, -15, True),
        (81, 85, -15, False),
        (103, 88, NONE, True),  # 17 % since the light, 3 % on the day
        (103, 103, 3, False),
        (100, 119, 19, True),  # all of it given back: the light is 16 % wrong
        (118, NONE, NONE, True),  # a member that the light does not know
        (118, NONE, 18, True),
        (NONE, 101, NONE, False),
    ],
)
def test_rule(price: float, shown: float, answered: float, news: bool) -> None:
    assert is_news(price, shown, answered) is news


def test_without_a_previous_close_the_light_alone_counts() -> None:
    assert is_news(118, 101, previous_close=NONE) is True
    assert is_news(103, 101, previous_close=NONE) is False
    assert is_news(118, NONE, previous_close=NONE) is False


def test_nobody() -> None:
    empty = np.array([])
    view = MarketView(None, np.array([], np.int32), empty, empty, empty)
    assert find_moves(view, empty, empty).shape == (0,)
