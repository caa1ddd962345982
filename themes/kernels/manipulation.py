"""Manipulation risk: red flags and crash behaviour, joined, tempered by what speaks for an honest move, and explained.

risk = (.55 A + .45 B) x mitigators, in [0, 1]. It is monotone: a raised flag never lowers it, and an input nobody knows
never raises it; that costs evidence coverage instead. Source: docs/methods/manipulation.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.calibration import Isotonic
from themes.kernels.behaviour import CARD, CARD_PROBABILITIES, BehaviourReading
from themes.kernels.red_flags import FlagReading

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

FLAG_SHARE, BEHAVIOUR_SHARE = 0.55, 0.45
CATALYST_FACTOR, THEME_FACTOR, LARGE_FACTOR = 0.6, 0.8, 0.7
THEME_MEMBERS, LARGE_CAP = 5, 1e9
BANDS = (0.30, 0.50, 0.70)
CARD_GROUP = "behaviour"


class RiskBand(IntEnum):
    """Each edge belongs to the band above it."""

    LOW = 0
    ELEVATED = 1
    HIGH = 2
    SEVERE = 3


@dataclass(frozen=True, slots=True, eq=False)
class Mitigators:
    """(n,) each. hard_catalyst: 1 = verified (approval, takeover, contract in an 8-K); theme_members: of the largest
    theme it belongs to; cap: dollars. Unknown (NaN) mitigates nothing: innocence has to be shown."""

    hard_catalyst: FloatArray
    theme_members: FloatArray
    cap: FloatArray

    def factor(self) -> FloatArray:
        """What the risk is multiplied by, (n,): .6 catalyst, .8 theme of five or more, .7 cap above a billion."""
        catalyst = np.where(self.hard_catalyst >= 1, CATALYST_FACTOR, 1.0)
        theme = np.where(self.theme_members >= THEME_MEMBERS, THEME_FACTOR, 1.0)
        return np.asarray(catalyst * theme * np.where(self.cap > LARGE_CAP, LARGE_FACTOR, 1.0))


class Reason(NamedTuple):
    """key, group, title as in the tables; effect: by how much the risk would be lower without it."""

    key: str
    group: str
    title: str
    effect: float


@dataclass(frozen=True, slots=True, eq=False)
class RiskReading:
    """n stocks. risk (n,): published; raw (n,): before recalibration; flag_score, behaviour_score (n,): A and B;
    mitigation (n,): the factor; coverage (n,): share of the evidence that was there; band (n,) of RiskBand; effects
    (n, K + 8): of each flag, then of each item of the card, on raw; steps (n, K): raised steps; points (n, 8)."""

    risk: FloatArray
    raw: FloatArray
    flag_score: FloatArray
    behaviour_score: FloatArray
    mitigation: FloatArray
    coverage: FloatArray
    band: npt.NDArray[np.int8]
    effects: FloatArray
    flags: FlagReading
    points: IntArray

    def reasons(self, row: int, most: int = 5) -> tuple[Reason, ...]:
        """What raises one stock's risk, the largest effect first."""
        effects, named = self.effects[row], self._named(row)
        order = np.argsort(-effects, kind="stable")[:most]
        return tuple(named[place]._replace(effect=float(effects[place])) for place in order if effects[place] > 0)

    def _named(self, row: int) -> list[Reason]:
        flags = [
            Reason(flag.key, flag.group, flag.titles[max(int(step), 1) - 1], 0.0)
            for flag, step in zip(self.flags.flags, self.flags.steps[row], strict=True)
        ]
        card = [
            Reason(item.name, CARD_GROUP, f"{item.title}: {worth} of {item.points[-1]} points", 0.0)
            for item, worth in zip(CARD, self.points[row].tolist(), strict=True)
        ]
        return flags + card


def score_manipulation(
    flags: FlagReading,
    behaviour: BehaviourReading,
    mitigators: Mitigators,
    calibration: Isotonic | None = None,
    probabilities: tuple[float, ...] = CARD_PROBABILITIES,
) -> RiskReading:
    """The risk of n stocks with its bands, coverage and effects.

    calibration: from raw risk to the share of crashes (behaviour.calibrate), None until 200 outcomes are stored;
    probabilities: those the behaviour was scored with. coverage weighs A and B as the risk does. ValueError if the
    readings do not belong together.
    """
    size = flags.score.shape
    if behaviour.score.shape != size or mitigators.factor().shape != size:
        raise ValueError("flags, behaviour and mitigators must be of the same stocks")
    factor = mitigators.factor()
    raw = np.clip(FLAG_SHARE * flags.score + BEHAVIOUR_SHARE * behaviour.score, 0.0, 1.0) * factor
    risk = raw if calibration is None else np.clip(calibration(raw), 0.0, 1.0)
    worth = np.array([item.points[-1] for item in CARD])
    card_coverage = (behaviour.known * worth).sum(axis=1) / worth.sum()
    return RiskReading(
        risk=risk,
        raw=raw,
        flag_score=flags.score,
        behaviour_score=behaviour.score,
        mitigation=factor,
        coverage=FLAG_SHARE * flags.coverage + BEHAVIOUR_SHARE * card_coverage,
        band=classify_risk(risk),
        effects=factor[:, None] * np.column_stack([_flag_effects(flags), _card_effects(behaviour, probabilities)]),
        flags=flags,
        points=behaviour.points,
    )


def classify_risk(risk: npt.ArrayLike) -> npt.NDArray[np.int8]:
    """Band of a risk, (n,): below .30 LOW, .50 ELEVATED, .70 HIGH, else SEVERE."""
    return np.searchsorted(np.array(BANDS), np.asarray(risk, dtype=np.float64), side="right").astype(np.int8)


def _flag_effects(flags: FlagReading) -> FloatArray:
    """A without each flag, as a loss: (1 - A) / (1 - w) is the product over the others, (n, K)."""
    return FLAG_SHARE * (1.0 - flags.score)[:, None] * flags.weights / (1.0 - flags.weights)


def _card_effects(behaviour: BehaviourReading, probabilities: tuple[float, ...]) -> FloatArray:
    """B without the points of each item, as a loss, (n, 8)."""
    table, total = np.array(probabilities), behaviour.points.sum(axis=1)
    without = table[total[:, None] - behaviour.points]
    limited = np.where(behaviour.applies[:, None], without, np.minimum(without, behaviour.calm))
    return np.asarray(BEHAVIOUR_SHARE * (behaviour.score[:, None] - limited))
