"""Strength against the benchmark and breadth: tables of edges, a market of five, nothing at all."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sectors.kernels import benchmark

NAN = math.nan
NOTHING = {
    "up": None,
    "up_5": None,
    "down_5": None,
    "up_volume": None,
    "above_average": None,
    "net_new_highs": None,
    "dispersion": None,
    "concentration": None,
}


@pytest.mark.parametrize(
    ("alpha", "horizon", "word"),
    [
        (2.0, "1day", "STRONG"),
        (1.99, "1day", "OUT"),
        (0.5, "1day", "OUT"),
        (0.49, "1day", "INLINE"),
        (0.0, "1day", "INLINE"),
        (-0.49, "1day", "INLINE"),
        (-0.5, "1day", "UNDER"),
        (-1.99, "1day", "UNDER"),
        (-2.0, "1day", "WEAK"),
        (0.8, "30min", "STRONG"),
        (-0.2, "30min", "UNDER"),
        (2.0, "3day", "OUT"),
        (3.5, "3day", "STRONG"),
        (-4.5, "1week", "WEAK"),
        (1.1, "1week", "INLINE"),
        (None, "1day", None),
    ],
)
def test_strength(alpha: float | None, horizon: str, word: str | None) -> None:
    assert benchmark.strength(alpha, horizon) == word


def test_strength_needs_a_known_horizon() -> None:
    with pytest.raises(ValueError, match="not in"):
        benchmark.strength(None, "1month")


def test_relative_strength_and_alpha_by_horizon() -> None:
    performance, index = np.array([0.5, 3.6, NAN, 5.0]), np.array([0.1, 1.2, 1.0, NAN])
    relative = benchmark.relative_strength(performance, 1.3, index)
    assert relative == pytest.approx([0.55, 3.48, NAN, NAN], nan_ok=True)
    assert benchmark.alpha(performance, 1.5, index) == pytest.approx([0.35, 1.8, NAN, NAN], nan_ok=True)
    assert np.isnan(benchmark.alpha(performance, NAN, index)).all()


def test_breadth_of_five_stocks() -> None:
    returns = np.array([6.0, 5.0, -5.0, 0.0, NAN])
    result = benchmark.breadth(
        returns,
        np.array([100.0, 200.0, 300.0, 5000.0, 900.0]),
        np.array([0.1, 0.1, -0.2, 0.0, 0.0]),
        above_average=np.array([1.0, 0.0, NAN, 1.0, 1.0]),
        new_highs=np.array([True, True, False, False, False]),
        new_lows=np.array([False, False, True, True, True]),
    )
    assert result == pytest.approx(
        {
            "up": 0.5,
            "up_5": 0.5,
            "down_5": 0.25,
            "up_volume": 0.5,
            "above_average": 0.75,
            "net_new_highs": -1.0,
            "dispersion": np.std([6.0, 5.0, -5.0, 0.0], ddof=1),
            "concentration": 0.25**2 * 2 + 0.5**2,
        }
    )


@pytest.mark.parametrize("n", [0, 2])
def test_breadth_of_nothing_is_missing(n: int) -> None:
    missing = np.full(n, NAN)
    assert benchmark.breadth(missing, missing, np.zeros(n)) == NOTHING
    flags = {"above_average": missing, "new_highs": missing, "new_lows": missing}
    assert benchmark.breadth(missing, missing, np.zeros(n), **flags) == NOTHING


def test_breadth_of_one_flat_stock() -> None:
    result = benchmark.breadth([0.0], [10.0], [0.0], new_highs=[1.0])
    assert result == NOTHING | {"up": 0.0, "up_5": 0.0, "down_5": 0.0}


def test_concentration_survives_any_scale() -> None:
    for scale in (1e-250, 1.0, 1e250):
        result = benchmark.breadth([1.0, 1.0], [1.0, 1.0], np.array([1.0, -1.0]) * scale)
        assert result["concentration"] == pytest.approx(0.5)
