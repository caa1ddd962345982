"""Recommendations: the first rule that matches, and the reasons that are stored."""

from __future__ import annotations

import itertools
import json

import numpy as np
import pytest

from themes.kernels.recommendation import RULES, Advice, AdviceInputs, classify_advice, explain_advice
from themes.kernels.temperature import Level
from themes.kernels.velocity import Momentum

NAN = np.nan
CALM = {
    "level": 0.0, "momentum": 0.0, "velocity": 0.0, "day_change": 0.0, "manipulation": 0.1, "squeeze": 0.1,
    "sector_score": 0.0, "data_fault": 0.0, "halted": 0.0,
}  # fmt: skip


def inputs(**changes: float) -> AdviceInputs:
    return AdviceInputs(**{name: np.array([value], dtype=float) for name, value in (CALM | changes).items()})


@pytest.mark.parametrize(
    ("changes", "advice"),
    [
        ({"data_fault": 1, "manipulation": 0.9}, Advice.NO_DATA_WAIT),
        ({"halted": 1}, Advice.NO_DATA_WAIT),
        ({"level": Level.UNKNOWN}, Advice.NO_DATA_WAIT),
        ({"manipulation": 0.7, "squeeze": 0.9, "day_change": 5}, Advice.AVOID_MANIPULATION_RISK),
        ({"squeeze": 0.6, "day_change": 5, "level": 3}, Advice.AVOID_SHORT_SQUEEZE_RISK),
        ({"squeeze": 0.6, "day_change": 0, "level": 3}, Advice.DO_NOT_CHASE_EXTREME),
        ({"level": 3, "momentum": Momentum.FADING}, Advice.SHORT_ON_CONFIRMED_BREAKDOWN),
        ({"level": 3, "momentum": Momentum.REVERSING}, Advice.SHORT_ON_CONFIRMED_BREAKDOWN),
        ({"level": 3, "momentum": Momentum.FADING, "squeeze": 0.4}, Advice.DO_NOT_CHASE_EXTREME),
        ({"level": 3, "momentum": Momentum.FADING, "manipulation": 0.5}, Advice.DO_NOT_CHASE_EXTREME),
        ({"level": 3, "momentum": Momentum.FADING, "sector_score": 0.2}, Advice.DO_NOT_CHASE_EXTREME),
        ({"level": 3, "momentum": Momentum.FADING, "squeeze": NAN}, Advice.DO_NOT_CHASE_EXTREME),
        ({"level": 2, "momentum": Momentum.ACCELERATING, "velocity": 2, "sector_score": 0.2},
         Advice.MOMENTUM_LONG_TIGHT_RISK),
        ({"level": 2, "momentum": Momentum.ACCELERATING, "velocity": -2, "sector_score": 0.2}, Advice.CAUTION_HOT),
        ({"level": 2}, Advice.CAUTION_HOT),
        ({"level": 1, "velocity": 0.1}, Advice.WATCH_BUILDING),
        ({"level": 1}, Advice.WATCH),
        ({"level": 1, "velocity": NAN}, Advice.WATCH),
        ({}, Advice.NO_ACTION),
    ],
)  # fmt: skip
def test_rules(changes: dict[str, float], advice: Advice) -> None:
    case = inputs(**changes)
    position = int(classify_advice(case)[0])
    told = explain_advice(case, 0, position)
    assert RULES[position].advice == told.advice == advice
    assert told.rule == position + 1
    assert told.reasons
    assert len(advice) <= 50


def test_reasons_name_what_was_compared() -> None:
    case = inputs(level=3, momentum=Momentum.FADING, squeeze=0.31)
    told = explain_advice(case, 0, int(classify_advice(case)[0]))
    assert told.reasons[1] == ("momentum", 2.0, "=", (2.0, 3.0))
    assert told.reasons[2] == ("squeeze", 0.31, "<", (0.4,))
    stored = json.loads(json.dumps(told.as_json()))
    assert stored["advice"] == "SHORT_ON_CONFIRMED_BREAKDOWN"
    assert stored["reasons"][2] == {"input": "squeeze", "value": 0.31, "sign": "<", "threshold": [0.4]}
    assert stored["unknown"] == []


def test_only_the_holding_part_of_an_alternative_is_a_reason() -> None:
    case = inputs(halted=1)
    assert [one.name for one in explain_advice(case, 0, 0).reasons] == ["halted"]


def test_what_was_unknown_is_told_where_it_could_have_decided() -> None:
    case = inputs(level=3, momentum=Momentum.UNKNOWN, manipulation=NAN, squeeze=NAN)
    told = explain_advice(case, 0, int(classify_advice(case)[0]))
    assert told.advice == Advice.DO_NOT_CHASE_EXTREME
    assert told.unknown == ("manipulation", "momentum", "squeeze")
    # the day is not up: no squeeze risk could have mattered for rule 3, and the stock is not extreme for rule 4
    cold = inputs(squeeze=NAN)
    assert explain_advice(cold, 0, int(classify_advice(cold)[0])).unknown == ()


def test_every_stock_gets_an_advice() -> None:
    axes = itertools.product((-1, 0, 1, 2, 3), (-1, 0, 1, 2, 3, 4), (-1.0, NAN, 1.0), (NAN, 0.1, 0.8), (NAN, 0.1, 0.8))
    cases = np.array(list(axes), dtype=float)
    n = len(cases)
    case = AdviceInputs(
        level=cases[:, 0], momentum=cases[:, 1], velocity=cases[:, 2], day_change=cases[:, 2], manipulation=cases[:, 3],
        squeeze=cases[:, 4], sector_score=np.zeros(n), data_fault=np.full(n, NAN), halted=np.zeros(n),
    )  # fmt: skip
    position = classify_advice(case)
    for row in range(n):
        assert explain_advice(case, row, int(position[row])).reasons
    assert (position[cases[:, 0] < 0] == 0).all()


def test_shapes() -> None:
    with pytest.raises(ValueError, match="shape"):
        AdviceInputs(*(np.zeros(2) for _ in range(8)), halted=np.zeros(1))
