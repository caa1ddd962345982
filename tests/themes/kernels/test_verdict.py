"""The override by hand and one way only; the verdict as an oracle of plain branches says it; the matrix is whole."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from themes.kernels.temperature import Level
from themes.kernels.velocity import Momentum
from themes.kernels.verdict import (
    CAN_RULES,
    CARE_RULES,
    CAREFUL,
    MATRIX,
    NO_READ_RULES,
    CanShort,
    ShouldShort,
    VerdictInputs,
    compute_theme_term,
    judge,
    score_theme,
)

NAN = math.nan
CALM = VerdictInputs(
    halted=0, restricted=0, float_shares=12e6, data_fault=0, sector_score=-0.35, level=Level.COLD,
    momentum=Momentum.STEADY, velocity=0.2, day_change=1.0, squeeze=0.1, manipulation=0.1,
)  # fmt: skip


def test_the_override_worked_by_hand() -> None:
    # HOT and spreading pulls to .6: .6 * .6 + .4 * -.35 = .22, which is .57 more
    assert score_theme(Level.HOT, "spreading", 4.0) == 0.6
    assert compute_theme_term(-0.35, 0.6) == pytest.approx(0.57)
    assert -0.35 + compute_theme_term(-0.35, 0.6) == pytest.approx(0.6 * 0.6 + 0.4 * -0.35)
    assert compute_theme_term(-0.35, 0.6, share=0.8) == pytest.approx(0.456)
    assert score_theme(Level.EXTREME, "peak", 4.0) == 0.5


@pytest.mark.parametrize("theme", [0.1, 0.2, 0.6, 1.0])
@pytest.mark.parametrize("share", [0.0, 0.3, 1.0])
def test_it_is_one_way_and_stays_a_light(theme: float, share: float) -> None:
    for sector in np.linspace(-1, 1, 41):
        term = compute_theme_term(float(sector), theme, share)
        assert term >= 0
        assert sector <= sector + term <= max(theme, sector) + 1e-12
        assert term == 0 if sector >= theme else True


@pytest.mark.parametrize(
    ("level", "phase", "rise"),
    [
        (Level.UNKNOWN, "spreading", 4.0), (Level.COLD, "spreading", 4.0), (Level.HOT, "cooling", 4.0),
        (Level.HOT, "dormant", 4.0), (Level.HOT, "", 4.0), (Level.HOT, "spreading", 0.0),
        (Level.HOT, "spreading", -4.0),
        (Level.HOT, "spreading", NAN),
    ],
)  # fmt: skip
def test_a_theme_that_says_nothing(level: Level, phase: str, rise: float) -> None:
    assert math.isnan(score_theme(level, phase, rise))


def test_a_theme_makes_no_light_of_its_own() -> None:
    assert math.isnan(compute_theme_term(NAN, 0.6))
    assert math.isnan(compute_theme_term(0.1, NAN))
    for share in (-0.1, 1.1, NAN):
        with pytest.raises(ValueError, match="share"):
            compute_theme_term(0.1, 0.6, share)


@pytest.mark.parametrize(
    ("changes", "can"),
    [
        ({}, CanShort.UNKNOWN),
        ({"halted": 1.0, "restricted": 1.0}, CanShort.NO),
        ({"utilisation": 100.0, "borrow_fee": 5.0}, CanShort.NO),
        ({"threshold_listed": 1.0}, CanShort.HARD),
        ({"restricted": 1.0}, CanShort.HARD),
        ({"borrow_fee": 20.0}, CanShort.HARD),
        ({"borrow_fee": 19.9}, CanShort.YES),
        ({"borrow_fee": 3.0, "float_shares": 1_999_999.0}, CanShort.HARD),
        ({"float_shares": 2e6}, CanShort.UNKNOWN),
        ({"float_shares": NAN}, CanShort.UNKNOWN),
    ],
)
def test_can(changes: dict[str, float], can: CanShort) -> None:
    assert judge(replace(CALM, **changes)).can is can


@pytest.mark.parametrize(
    ("changes", "should"),
    [
        ({"sector_score": -0.601}, ShouldShort.PRIME),
        ({"sector_score": -0.6}, ShouldShort.GOOD),
        ({"sector_score": -0.2}, ShouldShort.NEUTRAL),
        ({"sector_score": 0.2}, ShouldShort.AVOID),
        ({"sector_score": 0.6}, ShouldShort.NEVER),
        ({"theme_term": 0.0}, ShouldShort.GOOD),
        ({"theme_term": 0.57}, ShouldShort.AVOID),
        ({"squeeze": 0.35}, ShouldShort.NEUTRAL),
        ({"squeeze": 0.6}, ShouldShort.NEVER),
        ({"squeeze": 0.6, "day_change": -1.0}, ShouldShort.NEUTRAL),
        ({"squeeze": 0.35, "sector_score": 0.3}, ShouldShort.AVOID),  # care is never taken back
        ({"manipulation": 0.5}, ShouldShort.NEUTRAL),
        ({"manipulation": 0.7}, ShouldShort.AVOID),
        ({"level": Level.EXTREME}, ShouldShort.NEVER),
        ({"level": Level.EXTREME, "momentum": Momentum.UNKNOWN}, ShouldShort.NEVER),
        ({"level": Level.EXTREME, "momentum": Momentum.REVERSING}, ShouldShort.GOOD),
        ({"level": Level.EXTREME, "momentum": Momentum.REVERSING, "squeeze": NAN}, ShouldShort.NEUTRAL),
        ({"level": Level.HOT, "momentum": Momentum.FADING, "manipulation": NAN}, ShouldShort.NEUTRAL),
        ({"level": Level.HOT, "momentum": Momentum.ACCELERATING}, ShouldShort.AVOID),
        ({"level": Level.HOT, "momentum": Momentum.ACCELERATING, "velocity": -2.0}, ShouldShort.GOOD),
        ({"squeeze": NAN, "manipulation": NAN}, ShouldShort.GOOD),
        ({"sector_score": NAN}, ShouldShort.NO_READ),
        ({"level": Level.UNKNOWN}, ShouldShort.NO_READ),
        ({"data_fault": 1.0}, ShouldShort.NO_READ),
    ],
)
def test_should(changes: dict[str, Any], should: ShouldShort) -> None:
    assert judge(replace(CALM, **changes)).should is should


def oracle(x: VerdictInputs) -> ShouldShort:
    """The same in branches."""
    if x.data_fault >= 1 or x.level < 0 or math.isnan(x.sector_score):
        return ShouldShort.NO_READ
    score = round(x.sector_score + (0 if math.isnan(x.theme_term) else x.theme_term), 3)
    care = sum(score >= edge for edge in (-0.6, -0.2, 0.2, 0.6))
    if x.squeeze >= 0.6 and x.day_change > 0:
        care = 4
    if x.squeeze >= 0.35 or x.manipulation >= 0.5:
        care = max(care, 2)
    if x.manipulation >= 0.7:
        care = max(care, 3)
    if x.level == 3 and x.momentum in (-1, 0, 1):
        care = 4
    if x.level == 2 and x.momentum == 1 and x.velocity > 0:
        care = max(care, 3)
    if x.level >= 2 and (math.isnan(x.squeeze) or math.isnan(x.manipulation)):
        care = max(care, 2)
    return CAREFUL[care]


def test_against_the_oracle_and_no_unknown_is_danger_by_itself() -> None:
    axes = (
        (-0.7, -0.35, 0.0, 0.3, NAN), (NAN, 0.2, 0.6), (-1.0, 0.0, 1.0, 2.0, 3.0), (-1.0, 0.0, 1.0, 2.0, 3.0, 4.0),
        (-3.0, 3.0), (NAN, 0.1, 0.4, 0.7), (NAN, 0.1, 0.55, 0.8),
    )  # fmt: skip
    names = ("sector_score", "theme_term", "level", "momentum", "velocity", "squeeze", "manipulation")
    for values in itertools.product(*axes):
        given = replace(CALM, **dict(zip(names, values, strict=True)), day_change=values[4])
        assert judge(given).should is oracle(given), given


def test_the_trace_tells_every_rule_with_its_numbers() -> None:
    found = judge(replace(CALM, theme_term=0.57, borrow_fee=NAN))
    names = [line["rule"] for line in found.trace]
    assert names == [
        *(rule.name for rule in CAN_RULES), *(rule.name for rule in NO_READ_RULES), "light", "theme",
        *(rule.name for rule in CARE_RULES),
    ]  # fmt: skip
    lines = {line["rule"]: line for line in found.trace}
    assert lines["costly"]["unknown"] == ["borrow_fee"]
    assert lines["costly"]["inputs"] == [{"input": "borrow_fee", "value": None, "sign": ">=", "threshold": [20]}]
    assert (lines["light"]["effect"], lines["theme"]["effect"]) == ("good", "avoid")
    assert lines["theme"]["inputs"][0] == {"input": "theme_term", "value": 0.57, "sign": "+", "threshold": []}
    assert lines["hot_unproven"]["inputs"][1]["threshold"] == []
    assert found.score == pytest.approx(0.22)
    assert found.verb == "AVOID SHORTS"


def test_the_matrix_is_whole_and_says_when_a_borrow_is_not_known() -> None:
    assert set(MATRIX) == set(itertools.product(CanShort, ShouldShort))
    assert judge(CALM).verb == "GOOD SHORT, BORROW UNKNOWN"
    assert judge(replace(CALM, borrow_fee=2.0)).verb == "GOOD SHORT"
    assert judge(replace(CALM, restricted=1.0)).verb == "GOOD SHORT, HARD TO GET"
    assert judge(replace(CALM, halted=1.0, level=Level.UNKNOWN)).verb == "CANNOT SHORT"


def test_nothing_known_at_all() -> None:
    found = judge(VerdictInputs())
    assert (found.can, found.should, found.verb) == (CanShort.UNKNOWN, ShouldShort.NO_READ, "NO READ")
    assert math.isnan(found.score)
