"""Manipulation risk: the mix, mitigators, effects and reasons, bands, recalibration, its two promises."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sentiment_site.quant.calibration import fit_isotonic
from themes.kernels.behaviour import CARD, CARD_PROBABILITIES, BehaviourInputs, score_behaviour
from themes.kernels.manipulation import Mitigators, RiskBand, RiskReading, classify_risk, score_manipulation
from themes.kernels.red_flags import FLAGS, RedFlagInputs, score_flags

NAN = np.nan
FLAG_NAMES = [field.name for field in fields(RedFlagInputs)]
BEHAVIOUR_NAMES = [field.name for field in fields(BehaviourInputs)]
NAMES = sorted({*FLAG_NAMES, *BEHAVIOUR_NAMES})
PUMP = {
    "largest_move": 120.0, "change": 110.0, "rvol": 50.0, "float_shares": 4e6, "cap": 40e6, "volatility": 8.0,
    "prior_change_5": 5.0, "prior_rvol_5": 2.5, "fade": 5.0, "spikes_250": 0.0, "filings_48h": 0.0,
    "articles_48h": 0.0, "releases_48h": 0.0, "posts_24h": 200.0, "mention_z": 30.0, "top_authors": 0.6,
    "duplicates": 0.5, "young": 0.7, "promotion": 0.6,
}  # fmt: skip


def assess(facts: dict[str, Any], calibration: Any = None, **mitigators: float) -> RiskReading:
    column = {name: np.array([facts.get(name, NAN)], dtype=float) for name in NAMES}
    flags = score_flags(RedFlagInputs(**{name: column[name] for name in FLAG_NAMES}))
    card = score_behaviour(BehaviourInputs(**{name: column[name] for name in BEHAVIOUR_NAMES}))
    known = {"hard_catalyst": NAN, "theme_members": NAN, "cap": facts.get("cap", NAN)} | mitigators
    return score_manipulation(flags, card, Mitigators(**{n: np.array([v]) for n, v in known.items()}), calibration)


def test_worked_example() -> None:
    reading = assess(PUMP)
    # move, volume, float, cap, accumulation, no news, burst, duplicates, young, promotion
    spared = 0.65 * 0.8 * 0.8 * 0.92 * 0.92 * 0.8 * 0.85 * 0.85 * 0.9 * 0.88
    assert reading.flag_score[0] == pytest.approx(1 - spared)
    # 4 + 3 + 0 + 1 + 2 + 1 points
    assert reading.points[0].tolist() == [4, 3, 0, 1, 2, 1, 0, 0]
    assert reading.behaviour_score[0] == CARD_PROBABILITIES[11] == 0.60
    assert reading.risk[0] == pytest.approx(0.55 * (1 - spared) + 0.45 * 0.60)
    assert reading.band[0] == RiskBand.SEVERE


@pytest.mark.parametrize(
    ("mitigators", "factor"),
    [
        ({"hard_catalyst": 1.0}, 0.6), ({"theme_members": 5.0}, 0.8), ({"theme_members": 4.0}, 1.0),
        ({"cap": 1.1e9}, 0.7), ({"hard_catalyst": 1.0, "theme_members": 9.0, "cap": 2e9}, 0.6 * 0.8 * 0.7),
        ({"hard_catalyst": 0.0}, 1.0), ({}, 1.0),
    ],
)  # fmt: skip
def test_mitigators_multiply(mitigators: dict[str, float], factor: float) -> None:
    assert assess(PUMP, **mitigators).mitigation[0] == pytest.approx(factor)
    assert assess(PUMP, **mitigators).risk[0] == pytest.approx(factor * assess(PUMP).risk[0])


def test_effects_are_the_risk_without_each_sign() -> None:
    without = {"float_shares": {"float_shares": NAN}, "duplicates": {"duplicates": NAN}, "toxic": {"toxic": NAN}}
    reading = assess(PUMP, hard_catalyst=1.0)
    keys = [flag.key for flag in FLAGS]
    for key, (name, gone) in {"float": ("float_shares", without["float_shares"]), "toxic": ("toxic", without["toxic"]),
                              "duplicates": ("duplicates", without["duplicates"])}.items():  # fmt: skip
        lower = assess(PUMP | gone, hard_catalyst=1.0)
        assert reading.effects[0, keys.index(key)] == pytest.approx(reading.risk[0] - lower.risk[0]), name
    card = [item.name for item in CARD]
    lower = assess(PUMP | {"volatility": NAN}, hard_catalyst=1.0)
    place = len(FLAGS) + card.index("volatility")
    assert reading.effects[0, place] == pytest.approx(reading.risk[0] - lower.risk[0])


def test_reasons_are_the_five_largest_effects() -> None:
    reading = assess(PUMP)
    reasons = reading.reasons(0)
    assert len(reasons) == 5
    assert [one.effect for one in reasons] == sorted((one.effect for one in reasons), reverse=True)
    assert reasons[0].effect == pytest.approx(reading.effects[0].max())
    titles = {one.title for one in reading.reasons(0, most=40)}
    assert "move of 100 % in 1-3 days" in titles
    assert "daily volatility of 60 sessions, %: 3 of 3 points" in titles
    assert {one.group for one in reading.reasons(0, most=40)} == {"market", "news", "social", "behaviour"}
    assert assess({}).reasons(0) == ()


def test_a_calm_stocks_card_effects_are_limited_as_its_b_is() -> None:
    reading = assess({"change": 5.0, "rvol": 1.0, "volatility": 9.0, "prior_change_5": 60.0})
    assert reading.behaviour_score[0] == pytest.approx(0.081)
    effects = reading.effects[0, len(FLAGS) :]
    assert (effects >= 0).all()
    assert effects.max() == pytest.approx(0.45 * (0.081 - 0.08))


def test_bands_own_their_lower_edge() -> None:
    assert classify_risk([0.0, 0.299, 0.3, 0.499, 0.5, 0.699, 0.7, 1.0]).tolist() == [0, 0, 1, 1, 2, 2, 3, 3]


def test_recalibration_replaces_the_published_risk_only() -> None:
    curve = fit_isotonic([0.0, 0.5, 1.0], [0.0, 0.2, 0.4])
    plain, calibrated = assess(PUMP), assess(PUMP, curve)
    assert calibrated.raw[0] == plain.raw[0]
    assert calibrated.risk[0] == pytest.approx(float(curve(plain.raw)[0]))
    assert calibrated.band[0] < plain.band[0]
    np.testing.assert_array_equal(calibrated.effects, plain.effects)


def test_coverage_runs_from_nothing_to_all() -> None:
    assert assess({}).coverage[0] == 0.0
    everything = assess(dict.fromkeys(NAMES, 1.0))
    assert everything.coverage[0] == pytest.approx(1.0)
    market = assess({"largest_move": 1.0, "rvol": 1.0})
    assert 0 < market.coverage[0] < 0.25


def test_readings_must_belong_together() -> None:
    flags = score_flags(RedFlagInputs.known(2))
    card = score_behaviour(BehaviourInputs(*(np.zeros(1) for _ in BEHAVIOUR_NAMES)))
    two, one = Mitigators(*(np.zeros(2) for _ in range(3))), Mitigators(*(np.zeros(1) for _ in range(3)))
    with pytest.raises(ValueError, match="same stocks"):
        score_manipulation(flags, card, two)
    with pytest.raises(ValueError, match="same stocks"):
        score_manipulation(score_flags(RedFlagInputs.known(1)), card, two)
    nobody = BehaviourInputs(*(np.empty(0) for _ in BEHAVIOUR_NAMES))
    none = Mitigators(*(np.empty(0) for _ in range(3)))
    assert score_manipulation(score_flags(RedFlagInputs.known(0)), score_behaviour(nobody), none).risk.size == 0
    assert score_manipulation(score_flags(RedFlagInputs.known(1)), card, one).risk.size == 1


RANGES = {"float_shares": 3e7, "cap": 2e8, "ipo_raised": 4e7, "ipo_value": 2e8, "ipo_shares": 3e7, "top_authors": 1,
          "duplicates": 1, "young": 1, "promotion": 1}  # fmt: skip
FACTS = st.fixed_dictionaries({name: st.one_of(st.just(NAN), st.floats(0, RANGES.get(name, 110.0))) for name in NAMES})
RISING = ("largest_move", "change", "rvol", "volatility", "spikes_250", "volatility_halts", "anomaly", "toxic",
          "reporting", "mention_z", "posts_24h", "top_authors", "duplicates", "young", "promotion")  # fmt: skip


@settings(max_examples=20, deadline=None)
@given(FACTS, st.sets(st.sampled_from(NAMES), min_size=1, max_size=5))
def test_less_knowledge_never_raises_the_risk(facts: dict[str, Any], lost: set[str]) -> None:
    full, blind = assess(facts), assess(facts | dict.fromkeys(lost, NAN))
    assert 0 <= blind.risk[0] <= full.risk[0] + 1e-12
    assert full.risk[0] <= 1
    assert blind.coverage[0] <= full.coverage[0] + 1e-12


@settings(max_examples=20, deadline=None)
@given(FACTS, st.sampled_from(RISING), st.floats(0, 100))
def test_a_stronger_sign_never_lowers_the_risk(facts: dict[str, Any], name: str, more: float) -> None:
    stronger = assess(facts | {name: np.nan_to_num(facts[name]) + more})
    assert stronger.risk[0] >= assess(facts).risk[0] - 1e-12


@settings(max_examples=20, deadline=None)
@given(FACTS)
def test_effects_never_exceed_the_risk(facts: dict[str, Any]) -> None:
    reading = assess(facts)
    assert (reading.effects[0] >= 0).all()
    assert (reading.effects[0] <= reading.raw[0] + 1e-12).all()
