"""Why the engine says what it says, in words and numbers, and how far the nearest rules are from deciding otherwise.

A distance in a rule's own unit cannot be compared with another's, so each is also given in typical days: by how many
median daily moves of that very figure (over the last 90 days) it would have to go.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .engine import Path, Reading, Trend
from .parameters import DEFAULT, DIRECTIONS, PERMISSIONS, REGIMES, SIDEWAYS, TRANSITION, Parameters
from .permission import thresholds

FloatArray = npt.NDArray[np.float64]
MOVES, DOMINANCE_DAYS = 90, 30
SHOWN = 3
WORDS = {
    "ALT_SEASON": "alt season", "BTC_SEASON": "bitcoin season", "BEAR_MARKET": "bear market",
    "TRANSITION": "transition",
    "NO_TRADE": "no trade", "SELECTIVE": "selective", "ACTIVE": "active", "AGGRESSIVE": "aggressive",
    "UP": "up", "DOWN": "down", "SIDEWAYS": "sideways",
}  # fmt: skip


class Distance(NamedTuple):
    """One rule: the figure's value, the threshold, what crossing it would do, and how many typical days away it is."""

    figure: str
    value: float
    threshold: float
    leads_to: str
    typical_days: float


class Facts(NamedTuple):
    """Figures a reader asks for: shares of 1, NaN unknown. dominance_change: points of percent in 30 days."""

    above_average: float
    drawdown: float
    dominance: float
    dominance_change: float


def read_facts(path: Path, reading: Reading) -> Facts:
    """The figures at the reading's bar."""
    last = _place(path, reading)
    back = last - DOMINANCE_DAYS * path.bars.per_day
    dominance = path.variables.dominance
    change = 100.0 * float(dominance[last] - dominance[back]) if back >= 0 else math.nan
    return Facts(
        float(path.levels.above_average[last]), float(path.levels.drawdown[last]), float(dominance[last]), change
    )


def list_distances(path: Path, reading: Reading, parameters: Parameters = DEFAULT) -> tuple[Distance, ...]:
    """Every rule that is not met, nearest first. Infinite where the figure has not moved for 90 days."""
    last = _place(path, reading)
    rules = [
        *_trend_rules("bitcoin's trend", path.trend_btc, reading.btc, parameters),
        *_trend_rules("the alts' trend", path.trend_alt, reading.alt, parameters),
        *_permission_rules(path, reading, parameters),
        *_regime_rules(path, last, parameters),
        ("bitcoin over its 200-day average", path.levels.above_average, 0.0, "half the way to or from a bear market"),
        ("bitcoin under its year's high", path.levels.drawdown, -parameters.drawdown_at,
         "half the way to or from a bear market"),
    ]  # fmt: skip
    found = []
    for figure, series, threshold, leads_to in rules:
        value = float(series[last])
        move = _daily_move(series[: last + 1], path.bars.per_day)
        away = abs(value - threshold)
        found.append(Distance(figure, value, threshold, leads_to, away / move if move > 0 else math.inf))
    return tuple(sorted(found, key=lambda each: each.typical_days))


def write_reasons(
    reading: Reading, facts: Facts, distances: tuple[Distance, ...], parameters: Parameters = DEFAULT
) -> str:
    """A paragraph of plain English with every figure it rests on; deterministic."""
    regime, permission = WORDS[reading.regime], WORDS[reading.permission]
    said = [
        f"{regime.capitalize()}, {permission}: the macro score is {reading.macro:.1f} of 100.",
        f"Bitcoin's trend is {_trend(reading.btc)}, the alts' {_trend(reading.alt)}, alts against bitcoin "
        f"{_trend(reading.ratio)}.",
        f"Bitcoin stands {_percent(facts.above_average)} {'above' if facts.above_average >= 0 else 'below'} its "
        f"200-day average and {_percent(facts.drawdown)} below its high of the year.",
    ]
    if not math.isnan(facts.dominance):
        change = "" if math.isnan(facts.dominance_change) else f", {facts.dominance_change:+.1f} points in 30 days"
        said.append(f"Its dominance is {_percent(facts.dominance)}{change}.")
    if reading.target != reading.regime:
        said.append(f"The scores have pointed to {WORDS[reading.target]} for {reading.waited} readings.")
    if reading.permission != reading.at_once:
        said.append(f"The data is too old: {WORDS[reading.at_once]} was the last word on it.")
    near = [
        f"{each.figure} is {each.value:+.2f} and at {each.threshold:+.2f} leads to {each.leads_to} "
        f"({each.typical_days:.1f} typical days)"
        for each in distances[:SHOWN]
        if math.isfinite(each.typical_days)
    ]
    if near:
        said.append(f"Nearest: {'; '.join(near)}.")
    said += [f"Confidence: {note}." for note in reading.confidence.notes]
    return " ".join(said)


Rule = tuple[str, FloatArray, float, str]


def _trend_rules(figure: str, series: FloatArray, trend: Trend, parameters: Parameters) -> list[Rule]:
    if trend.direction == SIDEWAYS:
        return [(figure, series, sign * parameters.enter, WORDS[DIRECTIONS[sign]]) for sign in (1, -1)]
    sign = 1.0 if trend.value > 0 else -1.0
    return [(figure, series, sign * parameters.leave, WORDS[SIDEWAYS])]


def _permission_rules(path: Path, reading: Reading, parameters: Parameters) -> list[Rule]:
    """The step above and the step below, with the two points of hysteresis."""
    step = PERMISSIONS.index(reading.at_once)
    bounds = thresholds(REGIMES.index(reading.regime), parameters)
    rules = []
    if step < len(bounds) and math.isfinite(bounds[step]):
        rules.append((bounds[step] + parameters.hysteresis, PERMISSIONS[step + 1]))
    if step > 0 and math.isfinite(bounds[step - 1]):
        rules.append((bounds[step - 1] - parameters.hysteresis, PERMISSIONS[step - 1]))
    return [("the macro score", path.macro, bound, WORDS[name]) for bound, name in rules]


def _regime_rules(path: Path, last: int, parameters: Parameters) -> list[Rule]:
    """The lead over the second score, and the best score at the level below which nothing is taken."""
    order = np.argsort(path.scores[:, last])
    first, second = int(order[-1]), int(order[-2])
    lead, best = path.scores[first] - path.scores[second], path.scores[first]
    return [
        (f"the lead of {WORDS[REGIMES[first]]}", lead, 0.0, WORDS[REGIMES[second]]),
        (f"the score of {WORDS[REGIMES[first]]}", best, parameters.take,
         WORDS[TRANSITION if best[last] >= parameters.take else REGIMES[first]]),
    ]  # fmt: skip


def _daily_move(series: FloatArray, per_day: int) -> float:
    """Median absolute change over a day within the last 90 days; NaN of fewer than two days of bars."""
    recent = series[-(MOVES + 1) * per_day :]
    moves = np.abs(recent[per_day:] - recent[:-per_day])
    known = moves[~np.isnan(moves)]
    return float(np.median(known)) if known.size else math.nan


def _place(path: Path, reading: Reading) -> int:
    return int(np.searchsorted(path.bars.at, reading.at))


def _trend(trend: Trend) -> str:
    return f"{WORDS[trend.direction]} ({trend.value:+.2f}, strength {trend.strength})"


def _percent(share: float) -> str:
    return f"{100.0 * abs(share):.1f} %"
