"""The chart's numbers: by hand, with gaps, flat, alone, empty; and that nothing given is changed."""

from __future__ import annotations

import numpy as np
import pytest

from sectors.price_chart import build_chart

NAN = float("nan")


def test_a_line_through_four_prices() -> None:
    chart = build_chart(["a", "b", "c", "d"], np.array([10.0, 12.0, 11.0, 14.0]), np.array([100.0, 200, 50, 0]))
    assert chart is not None
    # 400 wide, four columns; 10 at the bottom (86), 14 at the top (6)
    assert chart.path == "M50.0 86.0 L150.0 46.0 L250.0 66.0 L350.0 6.0"
    assert chart.dots == ()
    assert [(bar.x, bar.height, bar.rising) for bar in chart.bars] == [
        ("15.0", "19.0", True),
        ("115.0", "38.0", True),
        ("215.0", "9.5", False),
    ]
    assert (chart.low, chart.high, chart.first, chart.last) == (10.0, 14.0, 10.0, 14.0)
    assert chart.summary == "a 10.00 to d 14.00 (+40.00 %), lowest 10.00, highest 14.00, 0 shares in the last"


def test_a_gap_breaks_the_line_and_a_lone_price_is_a_dot() -> None:
    chart = build_chart(["a", "b", "c", "d"], np.array([10.0, 12.0, NAN, 14.0]), np.full(4, NAN))
    assert chart is not None
    assert chart.path == "M50.0 86.0 L150.0 46.0"
    assert chart.dots == (("350.0", "6.0"),)
    assert chart.bars == ()
    assert chart.points[2].price is None
    assert chart.summary.endswith("highest 14.00; 1 of 4 without a trade")


@pytest.mark.parametrize("prices", [[], [NAN], [NAN, NAN]])
def test_without_a_price_there_is_no_chart(prices: list[float]) -> None:
    assert build_chart([""] * len(prices), np.array(prices), np.full(len(prices), 5.0)) is None


def test_a_flat_line_runs_through_the_middle() -> None:
    chart = build_chart(["a", "b"], np.array([5.0, 5.0]), np.array([NAN, 7.0]))
    assert chart is not None and chart.path == "M100.0 46.0 L300.0 46.0"
    assert [bar.rising for bar in chart.bars] == [True]


def test_extremes_and_inputs() -> None:
    prices, volumes = np.array([1e-4, 1e6]), np.array([1.0, 1e15])
    before = prices.copy(), volumes.copy()
    chart = build_chart(["a", "b"], prices, volumes)
    assert chart is not None and chart.path == "M100.0 86.0 L300.0 6.0"
    assert np.array_equal(prices, before[0]) and np.array_equal(volumes, before[1])
