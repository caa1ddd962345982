"""The context factors: ranges, edges, ages, levels."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from sectors.kernels import multipliers
from sectors.kernels.multipliers import Catalyst, TechnicalLevels
from tests.sectors.kernels import oracle

NAN = math.nan
RISING = 100.0 + np.arange(21.0)


@given(st.lists(st.floats(0.05, 20.0), min_size=1, max_size=30))
def test_volume_confirmation_uses_the_geometric_mean(rvol: list[float]) -> None:
    result = float(multipliers.volume_confirmation(multipliers.log_rvol(rvol).mean()))
    assert result == pytest.approx(float(np.clip(stats.gmean(rvol) ** 0.3, 0.7, 1.3)))


@pytest.mark.parametrize(
    ("rvol", "factor"), [(1.0, 1.0), (0.0, 0.7), (1e9, 1.3), (0.2, 0.7), (2.0, 2**0.3), (NAN, 1.0), (-1.0, 1.0)]
)
def test_volume_confirmation_at_the_edges(rvol: float, factor: float) -> None:
    assert float(multipliers.volume_confirmation(multipliers.log_rvol(rvol))) == pytest.approx(factor)


def test_volume_alignment_says_whose_volume_it_is() -> None:
    volume = np.log([2.0, 4.0, 3.0, 9.0, 1.0])
    returns = np.array([1.0, -1.0, 0.0, NAN, 2.0])
    # two rising stocks ln 2 and ln 1, a falling one ln 4, a flat one that counts as a stock
    expected = (math.log(2) + 0 - math.log(4)) / 4
    assert multipliers.volume_alignment(volume, returns, 0.3) == pytest.approx(expected)
    assert multipliers.volume_alignment(volume, returns, -0.3) == pytest.approx(-expected)


@pytest.mark.parametrize(("volume", "returns", "base"), [([], [], 0.3), ([NAN], [1.0], 0.3), ([1.0], [1.0], 0.0)])
def test_volume_alignment_of_nothing_is_missing(volume: list[float], returns: list[float], base: float) -> None:
    assert math.isnan(multipliers.volume_alignment(volume, returns, base))
    assert math.isnan(multipliers.volume_alignment([1.0], [1.0], NAN))


def test_catalysts_fade_by_half_in_twelve_hours() -> None:
    events = [Catalyst("merger", 1, 0.0), Catalyst("earnings", -1, 12.0), Catalyst("news", 1, 24.0)]
    assert multipliers.catalyst_flow(events) == pytest.approx(1.0 - 0.4 + 0.05)
    assert multipliers.catalyst_flow(()) == 0.0
    assert math.isnan(multipliers.catalyst_flow(None))


@pytest.mark.parametrize(
    ("kind", "weight"),
    [("fda_decision", 1.0), ("guidance", 0.8), ("contract", 0.6), ("analyst", 0.4), ("filing", 0.3), ("news", 0.2)],
)
def test_catalysts_weigh_by_kind(kind: str, weight: float) -> None:
    assert multipliers.catalyst_flow([Catalyst(kind, 1, 0.0)]) == pytest.approx(weight)


@pytest.mark.parametrize(
    ("kind", "direction", "age", "words"),
    [
        ("rumour", 1, 0.0, "unknown catalyst kind"),
        ("news", 0, 0.0, "cannot have direction 0"),
        ("offering", 1, 0.0, "cannot have direction 1"),
        ("news", 1, -0.1, "not negative"),
        ("news", 1, NAN, "not negative"),
    ],
)
def test_a_distorting_catalyst_is_refused(kind: str, direction: int, age: float, words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Catalyst(kind, direction, age)


@pytest.mark.parametrize(
    ("base", "flow", "balance"), [(0.4, 1.3, 0.1), (-0.4, 1.3, -0.1), (0.0, 1.3, 0.0), (-0.4, -1.3, 0.1)]
)
def test_news_counts_by_agreement_with_the_move(base: float, flow: float, balance: float) -> None:
    assert float(multipliers.catalyst_balance(base, flow, 100)) == pytest.approx(balance)


@pytest.mark.parametrize(
    ("balance", "density"), [(0.0, 1.0), (50.0, 1.3), (-50.0, 0.8), (NAN, 1.0), (-0.347, 1 - 0.2 * math.tanh(0.347))]
)
def test_catalyst_density_stays_in_its_range(balance: float, density: float) -> None:
    assert float(multipliers.catalyst_density(balance)) == pytest.approx(density)


def test_levels_leave_the_present_out_of_the_range() -> None:
    levels = multipliers.technical_levels(np.r_[500.0, RISING])
    assert levels == TechnicalLevels(last=120.0, high=119.0, low=100.0, true_range=1.0)


@pytest.mark.parametrize(
    "index",
    [np.array([]), RISING[1:], np.full(21, 100.0), np.where(RISING == 110, NAN, RISING), 100 + 1e-12 * RISING],
    ids=["empty", "short", "flat", "gap", "rounding"],
)
def test_no_levels_from_a_poor_index(index: np.ndarray) -> None:
    assert multipliers.technical_levels(index) is None
    assert float(multipliers.technical_context(0.5, None)) == 1.0


@pytest.mark.parametrize(
    ("base", "last", "factor"),
    [
        (0.4, 95.0, 1.0),  # five ranges below resistance
        (0.4, 99.0, 1.0),  # exactly one
        (0.4, 99.5, 0.9),  # approaching
        (0.4, 100.0, 0.8),  # at resistance
        (0.4, 100.5, 1.1),  # broken
        (0.4, 109.0, 1.2),  # far beyond
        (-0.4, 99.5, 1.0),  # a falling sector has no business with resistance
        (-0.4, 80.5, 0.9),  # approaching support
        (-0.4, 79.5, 1.1),  # breakdown
        (0.049, 99.5, 1.0),  # no direction
        (-0.049, 80.5, 1.0),
        (0.05, 99.5, 0.9),
        (NAN, 99.5, 1.0),
    ],
)
def test_technical_context(base: float, last: float, factor: float) -> None:
    levels = TechnicalLevels(last, 100.0, 80.0, 1.0)
    assert float(multipliers.technical_context(base, levels)) == pytest.approx(factor)


@given(st.lists(st.floats(50.0, 150.0), min_size=21, max_size=30), st.floats(-1.0, 1.0))
def test_technical_context_is_the_reference(index: list[float], base: float) -> None:
    levels = multipliers.technical_levels(index)
    if levels is not None:
        assert float(multipliers.technical_context(base, levels)) == pytest.approx(oracle.technical(base, index))
        mirrored = multipliers.technical_levels(-np.array(index))
        assert multipliers.technical_context(-base, mirrored) == multipliers.technical_context(base, levels)
