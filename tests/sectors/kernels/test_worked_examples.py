"""Every worked example of the requirements and of the published study, to the digits it is stated with."""

from __future__ import annotations

import math
from decimal import Decimal

import numpy as np
import pytest

from sectors.kernels import benchmark, colours, multipliers, score
from sectors.kernels.parameters import DAILY, HORIZONS, STATIC_MULTIPLIERS, V1
from sectors.kernels.sector import score_sector
from sentiment_site.market.sectors import SECTORS
from sentiment_site.quant.robust import log_volume_weights
from tests.sectors.kernels.sample import make_inputs

TECH_RETURNS = np.array([8.2, -4.1, 12.5, -2.3])
TECH_SHARES = np.array([3.2e6, 1.8e6, 2.8e6, 4.1e6])
TECH_RVOL = np.array([2.1, 1.9, 2.5, 1.1])
HEALTH_RETURNS = np.array([45.0, 18.0, 8.0, 12.0])

# The four sample cards: multiplier, the four percentages, their dots.
CARDS = {
    "technology": (1.3, (-0.8, -2.4, -5.1, 1.2), ("red", "red", "red", "blue")),
    "healthcare": (1.5, (0.6, 1.2, 2.1, 3.5), ("green", "green", "green", "green")),
    "consumer_discretionary": (1.2, (0.3, 0.8, 1.5, 2.1), ("yellow", "yellow", "green", "green")),
    "energy": (1.2, (0.1, 0.0, -0.2, -0.5), ("blue", "blue", "blue", "blue")),
}


def base_of(percentages: tuple[float, ...]) -> float:
    return float(score.base_score(score.horizon_scores(percentages, V1.scales)))


def inverse_knee(value: float) -> float:
    return value if abs(value) <= 0.6 else math.copysign(0.6 + 0.4 * math.atanh((abs(value) - 0.6) / 0.4), value)


def test_the_plain_mean_of_the_four_technology_stocks_is_3_6() -> None:
    plain = score.performance(TECH_RETURNS, np.ones(4))
    assert float(plain) == pytest.approx(3.575)
    assert round(float(plain), 1) == 3.6
    assert round(1.3 * 3.575, 1) == 4.6, "which is why the weights must be logarithms of volume"


def test_log_volume_weights_make_3_6_times_1_3_equal_4_7() -> None:
    weighted = float(score.performance(TECH_RETURNS, log_volume_weights(TECH_SHARES)))
    assert weighted == pytest.approx(3.605, abs=5e-4)
    assert 1.3 * weighted == pytest.approx(4.686, abs=5e-4)
    assert (round(weighted, 1), round(1.3 * weighted, 1)) == (3.6, 4.7)


@pytest.mark.parametrize(
    ("weights", "result"),
    [(TECH_SHARES, 3.73), (TECH_RVOL, 5.02), (np.sqrt(TECH_SHARES), 3.72), (np.log1p(TECH_RVOL), 4.50)],
)
def test_no_other_weighting_gives_it(weights: np.ndarray, result: float) -> None:
    mean = float(score.performance(TECH_RETURNS, weights))
    assert mean == pytest.approx(result, abs=0.005)
    assert round(1.3 * mean, 1) != 4.7


def test_relative_strength_3_5_and_alpha_without_the_multiplier_2_4() -> None:
    assert float(benchmark.relative_strength(4.7 / 1.3, 1.3, 1.2)) == pytest.approx(3.5)
    assert float(benchmark.alpha(3.6, 1.0, 1.2)) == pytest.approx(2.4)
    assert benchmark.strength(2.4) == "STRONG"


def test_the_seed_chain_is_618_and_dark_green() -> None:
    assert score.combine(0.4, 1.3, 1.2, 1.1, 0.9) == Decimal("0.618")
    assert float(score.knee(0.61776)) == pytest.approx(0.61775, abs=1e-5)
    band = colours.band(Decimal("0.618"))
    assert (band.colour, band.verb, band.signal) == ("dark_green", "DO NOT SHORT", "DO_NOT_SHORT")


def test_the_healthcare_mean_is_20_75_whatever_the_common_volume() -> None:
    for shares in (2.0, 5e6):
        mean = float(score.performance(HEALTH_RETURNS, log_volume_weights(np.full(4, shares))))
        assert mean == pytest.approx(20.75, rel=1e-12)
        assert round(mean, 1) == 20.8


@pytest.mark.parametrize("factors", [1.1, 1.2 * 1.1, 1.5, 1.69])
def test_healthcare_ends_at_85_for_any_plausible_factors(factors: float) -> None:
    final = score.finalise(1.0 * 1.5 * factors, 4)
    assert Decimal("0.846") <= final <= Decimal("0.850")
    assert round(final, 2) == Decimal("0.85")


def test_four_point_seven_is_green_alone_and_as_one_of_four_horizons() -> None:
    one_day = math.tanh(0.90)
    x = one_day * 1.3 * 1.197
    assert float(score.knee(x)) == pytest.approx(0.94, abs=0.005)
    assert float(score.finalise(x, 4)) == pytest.approx(0.80, abs=0.005)
    assert score.combine(0.30 * math.tanh(3.605 / 4), 1.3, 1.197) == Decimal("0.335")
    assert {colours.colour(score.finalise(x, 4)), colours.colour(Decimal("0.335"))} == {"dark_green", "light_green"}


def test_volume_confirmation_of_the_example() -> None:
    mean_log = multipliers.log_rvol(TECH_RVOL).mean()
    assert math.exp(mean_log) == pytest.approx(1.820, abs=5e-4)
    assert float(multipliers.volume_confirmation(mean_log)) == pytest.approx(1.197, abs=5e-4)


def test_moderate_catalysts_and_approaching_resistance() -> None:
    assert float(multipliers.catalyst_density(0.347)) == pytest.approx(1.10, abs=5e-4)
    levels = multipliers.TechnicalLevels(last=99.5, high=100.0, low=80.0, true_range=1.0)
    assert float(multipliers.technical_context(0.4, levels)) == pytest.approx(0.90)


@pytest.mark.parametrize(
    ("sector", "card", "implied"),
    [("technology", -0.73, 1.39), ("healthcare", 0.58, 1.19), ("consumer_discretionary", 0.23, 0.94)],
)
def test_the_cards_scores_need_plausible_factors(sector: str, card: float, implied: float) -> None:
    multiplier, percentages, _ = CARDS[sector]
    factors = inverse_knee(card) / (base_of(percentages) * multiplier)
    assert factors == pytest.approx(implied, abs=0.005)
    assert 0.45 <= factors <= 2.03


def test_the_energy_card_contradicts_its_own_percentages() -> None:
    _, percentages, _ = CARDS["energy"]
    assert float(V1.weights @ np.array(percentages)) == pytest.approx(-0.125)
    assert base_of(percentages) == pytest.approx(-0.003, abs=5e-4)
    assert score.combine(base_of(percentages), 1.2, 1.3, 1.3, 1.2) < 0, "so +0.12 stays a fixture"


@pytest.mark.parametrize("sector", CARDS)
def test_sixteen_of_sixteen_dots(sector: str) -> None:
    multiplier, percentages, dots = CARDS[sector]
    assert STATIC_MULTIPLIERS[sector] == multiplier
    scores = multiplier * score.horizon_scores(percentages, V1.scales)
    assert tuple(colours.dot(float(value)) for value in scores) == dots
    reading = score_sector(make_inputs(3, multiplier=multiplier, returns=np.tile(percentages, (3, 1))))
    assert reading.horizon_dots == dots
    assert reading.performance == pytest.approx(percentages)


def test_the_cards_labels() -> None:
    cards = [Decimal(text) for text in ("-0.73", "0.58", "0.23", "0.12")]
    assert [colours.label(card) for card in cards] == ["BEARISH", "BULLISH", "CAUTION", "NEUTRAL"]
    assert colours.colour(cards[2]) == "light_green"
    assert colours.signal(cards[2]) == "AVOID_SHORTS"


@pytest.mark.parametrize(("n", "factor"), [(1, 0.559), (2, 0.724), (4, 0.850), (8, 0.930), (15, 0.973), (30, 1.0)])
def test_the_small_sample_table(n: int, factor: float) -> None:
    # the published table says .974 for 15; its own formula gives .97348
    assert float(score.small_sample_factor(n)) == pytest.approx(factor, abs=5e-4)


def test_the_technology_example_through_the_whole_sector() -> None:
    returns = np.zeros((4, 4))
    returns[:, DAILY] = TECH_RETURNS
    reading = score_sector(
        make_inputs(
            4,
            symbols=("SOUN", "BBAI", "PATH", "SMCI"),
            returns=returns,
            shares_traded=TECH_SHARES,
            rvol=TECH_RVOL,
            index=np.full(5, 100.0),
            benchmark_returns=np.array([0.0, 1.2, 0.0, 0.0]),
            beta=1.0,
        )
    )
    assert reading.performance_multiplied == pytest.approx(4.686, abs=5e-4)
    assert reading.relative_strength_vs_iwm == pytest.approx(3.486, abs=5e-4)
    assert reading.alpha_raw == pytest.approx(2.405, abs=5e-4)
    assert reading.volume_confirmation == pytest.approx(1.197, abs=5e-4)
    assert reading.saturated == pytest.approx(0.335, abs=5e-4)
    assert reading.n_eff == pytest.approx(4.0, abs=0.01)
    assert reading.score == Decimal("0.284")
    assert reading.factors_missing == ("catalyst_density", "technical_context")


def test_the_tables_of_the_requirements() -> None:
    assert HORIZONS == ("30min", "1day", "3day", "1week")
    assert V1.scales == pytest.approx([1.6, 4.0, 6.928, 8.944], abs=5e-4)
    assert V1.caps == pytest.approx([6.0, 15.0, 26.0, 33.5], abs=0.05)
    assert V1.weights.tolist() == [0.25, 0.30, 0.25, 0.20]
    assert {sector.key for sector in SECTORS} == set(STATIC_MULTIPLIERS)
    assert list(STATIC_MULTIPLIERS.values()) == [1.3, 1.5, 1.2, 1.1, 1.2, 1.0, 0.9, 0.7]
