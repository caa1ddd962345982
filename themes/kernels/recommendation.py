"""What a trader should do about a stock now: the first rule that matches, with the numbers that made it match.

Rules are data, so that what is stored as the reason is what was compared. A condition on an unknown number does not
hold; which numbers were unknown is part of the reason. Source: docs/methods/temperature.md.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from themes.kernels.temperature import Level
from themes.kernels.velocity import Momentum

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class Advice(StrEnum):
    """trading_recommendation as it is stored."""

    NO_DATA_WAIT = "NO_DATA_WAIT"
    AVOID_MANIPULATION_RISK = "AVOID_MANIPULATION_RISK"
    AVOID_SHORT_SQUEEZE_RISK = "AVOID_SHORT_SQUEEZE_RISK"
    SHORT_ON_CONFIRMED_BREAKDOWN = "SHORT_ON_CONFIRMED_BREAKDOWN"
    DO_NOT_CHASE_EXTREME = "DO_NOT_CHASE_EXTREME"
    MOMENTUM_LONG_TIGHT_RISK = "MOMENTUM_LONG_TIGHT_RISK"
    CAUTION_HOT = "CAUTION_HOT"
    WATCH_BUILDING = "WATCH_BUILDING"
    WATCH = "WATCH"
    NO_ACTION = "NO_ACTION"


class Condition(NamedTuple):
    """`name`: field of AdviceInputs; sign: >=, >, <, =; threshold, or several of which any may hold (=)."""

    name: str
    sign: str
    threshold: float
    others: tuple[float, ...] = ()


class Rule(NamedTuple):
    """All of `conditions` (or any of them) give the advice."""

    advice: Advice
    conditions: tuple[Condition, ...]
    any_holds: bool = False


RULES: tuple[Rule, ...] = (
    Rule(
        Advice.NO_DATA_WAIT,
        (Condition("data_fault", ">=", 1), Condition("halted", ">=", 1), Condition("level", "<", Level.COLD)),
        any_holds=True,
    ),
    Rule(Advice.AVOID_MANIPULATION_RISK, (Condition("manipulation", ">=", 0.7),)),
    Rule(Advice.AVOID_SHORT_SQUEEZE_RISK, (Condition("squeeze", ">=", 0.6), Condition("day_change", ">", 0))),
    Rule(
        Advice.SHORT_ON_CONFIRMED_BREAKDOWN,
        (
            Condition("level", "=", Level.EXTREME),
            Condition("momentum", "=", Momentum.FADING, (Momentum.REVERSING,)),
            Condition("squeeze", "<", 0.4),
            Condition("manipulation", "<", 0.5),
            Condition("sector_score", "<", 0.2),
        ),
    ),
    Rule(Advice.DO_NOT_CHASE_EXTREME, (Condition("level", "=", Level.EXTREME),)),
    Rule(
        Advice.MOMENTUM_LONG_TIGHT_RISK,
        (
            Condition("level", "=", Level.HOT),
            Condition("momentum", "=", Momentum.ACCELERATING),
            # a fall that slows down accelerates too; it is no momentum to buy
            Condition("velocity", ">", 0),
            Condition("sector_score", ">=", 0.2),
        ),
    ),
    Rule(Advice.CAUTION_HOT, (Condition("level", "=", Level.HOT),)),
    Rule(Advice.WATCH_BUILDING, (Condition("level", "=", Level.WARM), Condition("velocity", ">", 0))),
    Rule(Advice.WATCH, (Condition("level", "=", Level.WARM),)),
    Rule(Advice.NO_ACTION, (Condition("level", "=", Level.COLD),)),
)


@dataclass(frozen=True, slots=True, eq=False)
class AdviceInputs:
    """n stocks, (n,) each, NaN unknown.

    level: of temperature.Level; momentum: of velocity.Momentum, -1 unknown; velocity: percent of the last hour;
    day_change: percent since the last close; manipulation, squeeze: risks; sector_score: of the stock's sector;
    data_fault, halted: 1 or 0. ValueError for shapes that differ.
    """

    level: FloatArray
    momentum: FloatArray
    velocity: FloatArray
    day_change: FloatArray
    manipulation: FloatArray
    squeeze: FloatArray
    sector_score: FloatArray
    data_fault: FloatArray
    halted: FloatArray

    def __post_init__(self) -> None:
        """Refuse shapes that cannot belong together."""
        shapes = {np.shape(getattr(self, field.name)) for field in fields(self)}
        if len(shapes) != 1 or len(shapes.pop()) != 1:
            raise ValueError("a recommendation's inputs must all have the shape (n,)")


class Reason(NamedTuple):
    """One comparison of the rule that matched."""

    name: str
    value: float
    sign: str
    thresholds: tuple[float, ...]


class Explanation(NamedTuple):
    """advice; rule: its number from 1; reasons: the comparisons that hold; unknown: inputs whose absence kept an
    earlier rule from being judged."""

    advice: Advice
    rule: int
    reasons: tuple[Reason, ...]
    unknown: tuple[str, ...]

    def as_json(self) -> dict[str, object]:
        """Plain data to be stored with the reading."""
        return {
            "rule": self.rule,
            "advice": str(self.advice),
            "reasons": [
                {"input": one.name, "value": one.value, "sign": one.sign, "threshold": list(one.thresholds)}
                for one in self.reasons
            ],
            "unknown": list(self.unknown),
        }


def classify_advice(inputs: AdviceInputs) -> npt.NDArray[np.int8]:
    """Position in RULES of the first rule that matches each stock, (n,). Every stock matches one: without a level the
    first, with one the rules of its level."""
    matches = np.array([_matches(rule, inputs) for rule in RULES])
    return np.asarray(matches.argmax(axis=0), dtype=np.int8)


def explain_advice(inputs: AdviceInputs, row: int, position: int) -> Explanation:
    """Why the rule at `position` (classify_advice) applies to one stock."""
    rule = RULES[position]
    reasons = tuple(
        Reason(each.name, float(getattr(inputs, each.name)[row]), each.sign, (each.threshold, *each.others))
        for each in rule.conditions
        if bool(_holds(each, inputs)[row])
    )
    unknown = [
        each.name
        for earlier in RULES[1:position]
        for each in earlier.conditions
        if _is_unknown(each, inputs, row) and _others_hold(earlier, each, inputs, row)
    ]
    return Explanation(rule.advice, position + 1, reasons, tuple(dict.fromkeys(unknown)))


def _matches(rule: Rule, inputs: AdviceInputs) -> BoolArray:
    held = np.array([_holds(each, inputs) for each in rule.conditions])
    return np.asarray(held.any(axis=0) if rule.any_holds else held.all(axis=0))


def _holds(condition: Condition, inputs: AdviceInputs) -> BoolArray:
    value = np.asarray(getattr(inputs, condition.name), dtype=np.float64)
    if condition.sign == "=":
        return np.isin(value, (condition.threshold, *condition.others))
    if condition.sign == "<":
        return np.asarray(value < condition.threshold)
    return np.asarray(value > condition.threshold if condition.sign == ">" else value >= condition.threshold)


def _others_hold(rule: Rule, condition: Condition, inputs: AdviceInputs, row: int) -> bool:
    """Whether nothing known speaks against the rule: the unknown number could have decided."""
    return all(
        bool(_holds(each, inputs)[row]) or _is_unknown(each, inputs, row)
        for each in rule.conditions
        if each is not condition
    )


def _is_unknown(condition: Condition, inputs: AdviceInputs, row: int) -> bool:
    value = float(getattr(inputs, condition.name)[row])
    return math.isnan(value) or (condition.name == "momentum" and value == Momentum.UNKNOWN)
