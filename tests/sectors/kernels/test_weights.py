"""Static, dynamic and hybrid volatility weights."""

from __future__ import annotations

import math

import numpy as np
import pytest

from sectors.kernels import weights
from sectors.kernels.parameters import V1


def history(volatility: float, sessions: int = 60) -> np.ndarray:
    """Returns of constant size: their EWMA volatility is that size whatever the half-life."""
    return volatility * np.where(np.arange(sessions) % 2, -1.0, 1.0)


def test_volatility_halves_its_memory_every_forty_sessions() -> None:
    returns = np.r_[np.full(40, 1.0), np.full(40, 3.0)]
    weight = 0.5 ** (np.arange(80)[::-1] / 40)
    assert weights.sector_volatility(returns) == pytest.approx(math.sqrt(float(weight @ returns**2) / weight.sum()))


@pytest.mark.parametrize(("volatility", "daily"), [(2.0, 4.0), (1.0, 2.5), (9.0, 8.0), (3.0, 6.0), (0.0, 2.5)])
def test_dynamic_scales_are_twice_the_volatility_within_bounds(volatility: float, daily: float) -> None:
    expected = [0.4 * daily, daily, daily * math.sqrt(3), daily * math.sqrt(5)]
    assert weights.dynamic_scales(volatility) == pytest.approx(expected)


def test_unknown_volatility_has_no_scales() -> None:
    assert np.isnan(weights.dynamic_scales(math.nan)).all()


def test_the_static_mode_is_the_table() -> None:
    result = weights.volatility_weights("static", "healthcare", history(3.0))
    assert (result.source, result.multiplier, result.reason) == ("static", 1.5, "")
    assert result.scales.tolist() == V1.scales.tolist()
    assert result.volatility == pytest.approx(3.0)
    assert weights.volatility_weights("static", "healthcare").volatility is None


def test_an_override_and_an_unknown_sector() -> None:
    assert weights.volatility_weights("static", "energy", table={"energy": 0.8}).multiplier == 0.8
    assert weights.volatility_weights("static", "real_estate").multiplier == 1.0


def test_the_dynamic_mode_keeps_the_multiplier_and_measures_the_scales() -> None:
    result = weights.volatility_weights("dynamic", "utilities", history(3.0))
    assert (result.source, result.multiplier) == ("dynamic", 0.7)
    assert result.scales == pytest.approx(1.5 * V1.scales)


def test_the_hybrid_mode_is_halfway_on_static_scales() -> None:
    result = weights.volatility_weights("hybrid", "technology", history(4.0))
    assert weights.dynamic_multiplier(1.3, 4.0) == pytest.approx(0.65)
    assert (result.source, result.multiplier) == ("hybrid", pytest.approx(0.5 * 1.3 + 0.5 * 0.65))
    assert result.scales == pytest.approx(V1.scales)


def test_at_twice_the_volatility_all_modes_agree() -> None:
    static, dynamic, hybrid = (
        weights.volatility_weights(source, "financial", history(2.0)) for source in weights.WEIGHT_SOURCES
    )
    assert static.multiplier == dynamic.multiplier == pytest.approx(hybrid.multiplier)
    assert static.scales == pytest.approx(dynamic.scales)


@pytest.mark.parametrize("source", ["dynamic", "hybrid"])
@pytest.mark.parametrize("sessions", [0, 19])
def test_without_history_the_weights_are_static_and_say_so(source: str, sessions: int) -> None:
    result = weights.volatility_weights(source, "energy", history(3.0, sessions))
    assert (result.source, result.multiplier, result.volatility) == ("static", 1.2, None)
    assert result.reason == "fewer than 20 sessions of sector history"
    assert weights.volatility_weights(source, "energy", history(3.0, 20)).source == source


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="static, dynamic, hybrid"):
        weights.volatility_weights("adaptive", "energy")
