"""One answer about a stock: can it be shorted, should it be, and by which rule; and how a theme overrides its sector.

Rules are data: what is stored as the trace is what was compared. Everything is one way: a theme, a squeeze, heat and
manipulation only ever make the answer more careful. Sources: docs/themes-heat.md; the bands are those of the light
(docs/methods/sector-sentiment.md 6).
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, NamedTuple

from themes.kernels.recommendation import Condition
from themes.kernels.temperature import Level
from themes.kernels.velocity import Momentum

# The override: 60 % theme, 40 % sector, and only upwards, to the careful side.
THEME_WEIGHT = 0.6
# A level pulls as far as the light's own bands: WARM to where "avoid shorts" begins, HOT to where "do not short" does.
LEVEL_SCORES: Mapping[int, float] = MappingProxyType({Level.WARM: 0.2, Level.HOT: 0.6, Level.EXTREME: 1.0})
PHASE_FACTORS: Mapping[str, float] = MappingProxyType(
    {"emerging": 1.0, "spreading": 1.0, "reignited": 1.0, "peak": 0.5, "cooling": 0.0, "dormant": 0.0}
)
LIGHT_EDGES = (-0.6, -0.2, 0.2, 0.6)
UNKNOWN = "unknown"  # a condition's sign: the number is not known


class CanShort(StrEnum):
    """Whether shares can be had to sell; YES only with a known borrow."""

    YES = "yes"
    HARD = "hard"
    NO = "no"
    UNKNOWN = "unknown"


class ShouldShort(StrEnum):
    """Whether one would want to, from the most to the least inviting; NO_READ where there is nothing to judge by."""

    PRIME = "prime"
    GOOD = "good"
    NEUTRAL = "neutral"
    AVOID = "avoid"
    NEVER = "never"
    NO_READ = "no_read"


CAREFUL = (ShouldShort.PRIME, ShouldShort.GOOD, ShouldShort.NEUTRAL, ShouldShort.AVOID, ShouldShort.NEVER)
_INVITING = {ShouldShort.PRIME: "PRIME SHORT", ShouldShort.GOOD: "GOOD SHORT"}
_OTHERS = {
    ShouldShort.NEUTRAL: "NEUTRAL",
    ShouldShort.AVOID: "AVOID SHORTS",
    ShouldShort.NEVER: "DO NOT SHORT",
    ShouldShort.NO_READ: "NO READ",
}
_HITCH = {CanShort.YES: "", CanShort.HARD: ", HARD TO GET", CanShort.UNKNOWN: ", BORROW UNKNOWN"}
MATRIX: Mapping[tuple[CanShort, ShouldShort], str] = MappingProxyType(
    {(can, should): word + hitch for can, hitch in _HITCH.items() for should, word in _INVITING.items()}
    | {(can, should): word for can in _HITCH for should, word in _OTHERS.items()}
    | {(CanShort.NO, should): "CANNOT SHORT" for should in ShouldShort}
)


class CanRule(NamedTuple):
    """All of `conditions` decide; the first rule that matches counts."""

    name: str
    title: str
    conditions: tuple[Condition, ...]
    outcome: CanShort


class CareRule(NamedTuple):
    """All of `conditions` make the answer at least as careful as `least`."""

    name: str
    title: str
    conditions: tuple[Condition, ...]
    least: ShouldShort


def _one(name: str, sign: str, threshold: float = math.nan, *others: float) -> Condition:
    return Condition(name, sign, threshold, others)


CAN_RULES: tuple[CanRule, ...] = (
    CanRule("halted", "trading is halted", (_one("halted", ">=", 1),), CanShort.NO),
    CanRule("all_lent", "every lendable share is lent", (_one("utilisation", ">=", 100),), CanShort.NO),
    CanRule("threshold_list", "on the exchange's threshold list", (_one("threshold_listed", ">=", 1),), CanShort.HARD),
    CanRule("restriction", "short sales above the bid only (Rule 201)", (_one("restricted", ">=", 1),), CanShort.HARD),
    CanRule("costly", "the borrow costs 20 % a year or more", (_one("borrow_fee", ">=", 20),), CanShort.HARD),
    # where the float's part of the squeeze risk is at its end (docs/methods/temperature.md)
    CanRule("tiny_float", "a float below 2 million shares", (_one("float_shares", "<", 2e6),), CanShort.HARD),
    CanRule("lendable", "shares are lent below 20 % a year", (_one("borrow_fee", "<", 20),), CanShort.YES),
)
NO_READ_RULES: tuple[CareRule, ...] = (
    CareRule("data_fault", "no usable price", (_one("data_fault", ">=", 1),), ShouldShort.NO_READ),
    CareRule("no_level", "no temperature", (_one("level", "<", Level.COLD),), ShouldShort.NO_READ),
    CareRule("no_light", "the sector has no light", (_one("sector_score", UNKNOWN),), ShouldShort.NO_READ),
)
CARE_RULES: tuple[CareRule, ...] = (
    CareRule(
        "squeeze_high", "squeeze risk is high and the day is up",
        (_one("squeeze", ">=", 0.6), _one("day_change", ">", 0)), ShouldShort.NEVER,
    ),
    CareRule(
        "squeeze_elevated", "squeeze risk is elevated", (_one("squeeze", ">=", 0.35),), ShouldShort.NEUTRAL,
    ),
    CareRule(
        "manipulation_severe", "manipulation risk is severe", (_one("manipulation", ">=", 0.7),), ShouldShort.AVOID,
    ),
    CareRule(
        "manipulation_high", "manipulation risk is high", (_one("manipulation", ">=", 0.5),), ShouldShort.NEUTRAL,
    ),
    CareRule(
        "extreme_running", "EXTREME and not losing pace",
        (_one("level", "=", Level.EXTREME),
         _one("momentum", "=", Momentum.STEADY, Momentum.ACCELERATING, Momentum.UNKNOWN)), ShouldShort.NEVER,
    ),
    CareRule(
        "hot_running", "HOT, rising and getting faster",
        (_one("level", "=", Level.HOT), _one("momentum", "=", Momentum.ACCELERATING), _one("velocity", ">", 0)),
        ShouldShort.AVOID,
    ),
    CareRule(
        "hot_unproven", "HOT with an unknown squeeze risk",
        (_one("level", ">=", Level.HOT), _one("squeeze", UNKNOWN)), ShouldShort.NEUTRAL,
    ),
    CareRule(
        "hot_unwatched", "HOT with an unknown manipulation risk",
        (_one("level", ">=", Level.HOT), _one("manipulation", UNKNOWN)), ShouldShort.NEUTRAL,
    ),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class VerdictInputs:
    """One stock, NaN unknown.

    halted, restricted (Rule 201), threshold_listed, data_fault: 1 or 0. borrow_fee: percent a year; utilisation:
    percent; float_shares: shares. sector_score: of the sector's light; theme_term: of the override. level: of
    temperature.Level; momentum: of velocity.Momentum; velocity, day_change: percent; squeeze, manipulation: risks.
    """

    halted: float = math.nan
    restricted: float = math.nan
    threshold_listed: float = math.nan
    borrow_fee: float = math.nan
    utilisation: float = math.nan
    float_shares: float = math.nan
    data_fault: float = math.nan
    sector_score: float = math.nan
    theme_term: float = math.nan
    level: float = math.nan
    momentum: float = math.nan
    velocity: float = math.nan
    day_change: float = math.nan
    squeeze: float = math.nan
    manipulation: float = math.nan


@dataclass(frozen=True, slots=True)
class Verdict:
    """can, should and what to read out of both (`verb`); score: the light with the theme's term, NaN without a light;
    trace: every rule that was looked at, in order, as plain data."""

    can: CanShort
    should: ShouldShort
    score: float
    trace: tuple[dict[str, Any], ...]

    @property
    def verb(self) -> str:
        """The matrix' word."""
        return MATRIX[self.can, self.should]


def score_theme(level: int, phase: str, rise: float) -> float:
    """How far a theme pulls the light up, [0, 1]: .2, .6 or 1 by its level, times 1 while it lives or .5 past its peak.

    NaN where it says nothing: below WARM, cooling or dormant, and on a day its members do not rise (rise: their
    weighted day change in percent), because a theme that falls is no reason for care. An unknown phase says nothing.
    """
    score = LEVEL_SCORES.get(level, math.nan) * PHASE_FACTORS.get(phase, 0.0)
    return score if rise > 0 and score > 0 else math.nan


def compute_theme_term(sector_score: float, theme_score: float, share: float = 1.0) -> float:
    """What the override adds to a light: share * .6 * (theme - sector), never below 0: .6 theme + .4 sector at share 1.

    share: of the theme that lies in the sector (1 for a member itself). NaN without a light or a theme that speaks: a
    theme makes no light of its own. ValueError for a share outside [0, 1].
    """
    if not 0 <= share <= 1:
        raise ValueError(f"a share lies within [0, 1]: {share}")
    distance = theme_score - sector_score
    return math.nan if math.isnan(distance) else share * THEME_WEIGHT * max(distance, 0.0)


def judge(inputs: VerdictInputs) -> Verdict:
    """The verdict of one stock with its trace.

    Can: the first rule that matches, UNKNOWN where none does. Should: NO_READ where nothing can be judged, else the
    band of the light with the theme's term, and then every rule that asks for more care than that.
    """
    trace: list[dict[str, Any]] = []
    can = _judge_can(inputs, trace)
    term = 0.0 if math.isnan(inputs.theme_term) else inputs.theme_term
    score = inputs.sector_score + term
    for rule in NO_READ_RULES:
        if _note(trace, "should", rule, inputs, ShouldShort.NO_READ):
            return Verdict(can, ShouldShort.NO_READ, score, tuple(trace))
    should = CAREFUL[bisect_right(LIGHT_EDGES, round(inputs.sector_score, 3))]
    trace.append(_light_line("light", "the sector's light", inputs.sector_score, None, should))
    if not math.isnan(inputs.theme_term):
        lifted = CAREFUL[bisect_right(LIGHT_EDGES, round(score, 3))]
        trace.append(_light_line("theme", "the theme's term of the 60/40 override", score, term, lifted))
        should = lifted
    for rule in CARE_RULES:
        wanted = max(should, rule.least, key=CAREFUL.index)
        if _note(trace, "should", rule, inputs, wanted):
            should = wanted
    return Verdict(can, should, score, tuple(trace))


def _judge_can(inputs: VerdictInputs, trace: list[dict[str, Any]]) -> CanShort:
    for rule in CAN_RULES:
        if _note(trace, "can", rule, inputs, rule.outcome):
            return rule.outcome
    return CanShort.UNKNOWN


def _note(
    trace: list[dict[str, Any]], part: str, rule: CanRule | CareRule, inputs: VerdictInputs, outcome: StrEnum
) -> bool:
    values = [(each, float(getattr(inputs, each.name))) for each in rule.conditions]
    holds = all(_holds(each, value) for each, value in values)
    trace.append(
        {
            "part": part,
            "rule": rule.name,
            "title": rule.title,
            "holds": holds,
            "inputs": [
                {
                    "input": each.name,
                    "value": None if math.isnan(value) else value,
                    "sign": each.sign,
                    "threshold": [] if each.sign == UNKNOWN else [each.threshold, *each.others],
                }
                for each, value in values
            ],
            "unknown": [each.name for each, value in values if math.isnan(value) and each.sign != UNKNOWN],
            "effect": str(outcome) if holds else "",
        }
    )
    return holds


def _light_line(name: str, title: str, score: float, term: float | None, outcome: ShouldShort) -> dict[str, Any]:
    shown = {"input": "score", "value": round(score, 3), "sign": "in", "threshold": list(LIGHT_EDGES)}
    added = [] if term is None else [{"input": "theme_term", "value": round(term, 3), "sign": "+", "threshold": []}]
    return {
        "part": "should", "rule": name, "title": title, "holds": True, "inputs": [*added, shown], "unknown": [],
        "effect": str(outcome),
    }  # fmt: skip


def _holds(condition: Condition, value: float) -> bool:
    match condition.sign:
        case "unknown":
            return math.isnan(value)
        case "=":
            return value in (condition.threshold, *condition.others)
        case "<":
            return value < condition.threshold
        case ">":
            return value > condition.threshold
        case _:
            return value >= condition.threshold
