"""From tape, hour and what is around it to levels, pace, squeeze risk and advice: the kernels in their order."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from themes.kernels.recommendation import RULES, AdviceInputs, classify_advice, explain_advice
from themes.kernels.squeeze import STRUCTURE, SqueezeBand, SqueezeInputs, SqueezeReading, score_squeeze
from themes.kernels.temperature import Level, LevelReading, TemperatureState, classify_levels, hold_levels
from themes.kernels.velocity import Momentum, classify_momentum
from themes.kernels.verdict import VerdictInputs
from themes.tape import Tape

from .hours import Hour
from .inputs import Around, Day
from .slots import Slot

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Reading:
    """Every stock of the tape at a slot. before, after: what is held; own: what the hour says by itself."""

    tape: Tape
    slot: Slot
    hour: Hour
    day: Day
    around: Around
    before: TemperatureState
    own: LevelReading
    after: TemperatureState
    momentum: npt.NDArray[np.int8]
    squeeze_inputs: SqueezeInputs
    squeeze: SqueezeReading
    advice_inputs: AdviceInputs
    advice: npt.NDArray[np.int8]

    def advise(self, row: int) -> tuple[str, dict[str, Any]]:
        """Recommendation of one stock with its reasons."""
        position = int(self.advice[row])
        return str(RULES[position].advice), explain_advice(self.advice_inputs, row, position).as_json()

    def describe_squeeze(self, row: int) -> dict[str, Any]:
        """Squeeze risk of one stock as it is stored: inputs, parts, interval, what is missing."""
        found = self.squeeze
        return {
            "low": known(found.low[row], 3),
            "high": known(found.high[row], 3),
            "structure": known(found.structure[row], 3),
            "ignition": known(found.ignition[row], 3),
            "band": SqueezeBand(int(found.band[row])).name.lower(),
            "si_missing": bool(found.si_missing[row]),
            "missing": list(found.missing(row)),
            "inputs": {name: known(getattr(self.squeeze_inputs, name)[row], 4) for name in _INPUTS},
            "parts": {
                part.name: known(value, 3) for part, value in zip(STRUCTURE, found.factors[row], strict=True)
            },
        }  # fmt: skip

    def verdict_inputs(self, row: int, theme_term: float) -> VerdictInputs:
        """What the verdict of one stock is judged by."""
        advice = self.advice_inputs
        return VerdictInputs(
            halted=float(self.around.halted[row]),
            restricted=float(self.day.restricted[row]),
            threshold_listed=float(self.around.threshold_listed[row]),
            float_shares=float(self.squeeze_inputs.float_shares[row]),
            data_fault=float(advice.data_fault[row]),
            sector_score=float(self.around.sector_score[row]),
            theme_term=theme_term,
            level=float(advice.level[row]),
            momentum=float(self.momentum[row]),
            velocity=float(self.hour.change[row]),
            day_change=float(self.day.change[row]),
            squeeze=float(self.squeeze.score[row]),
            manipulation=float(self.around.manipulation[row]),
        )


_INPUTS = (
    "short_interest", "days_to_cover", "borrow_fee", "utilisation", "float_shares", "day_change", "day_sigmas", "rvol",
    "acceleration", "hour_sigma", "at_high",
)  # fmt: skip


def read_universe(tape: Tape, slot: Slot, hour: Hour, day: Day, around: Around, before: TemperatureState) -> Reading:
    """All stocks at once."""
    inputs = hour.inputs()
    after = hold_levels(before, inputs, on_the_hour=slot.on_the_hour)
    momentum = classify_momentum(hour.change, hour.acceleration, hour.norms.sigma, day.change)
    unknown = np.full(len(tape), np.nan)
    squeeze_inputs = SqueezeInputs(
        short_interest=tape.members.short_percent,
        days_to_cover=around.days_to_cover,
        borrow_fee=unknown,
        utilisation=unknown,
        float_shares=tape.members.free_float,
        day_change=day.change,
        day_sigmas=day.sigmas,
        rvol=tape.day_rvol(),
        acceleration=hour.acceleration,
        hour_sigma=hour.norms.sigma,
        at_high=day.at_high,
    )
    squeeze = score_squeeze(squeeze_inputs)
    advice_inputs = AdviceInputs(
        level=after.level.astype(np.float64),
        momentum=momentum.astype(np.float64),
        velocity=hour.change,
        day_change=day.change,
        manipulation=around.manipulation,
        squeeze=squeeze.score,
        sector_score=around.sector_score,
        data_fault=(~day.priced).astype(np.float64),
        halted=around.halted,
    )
    return Reading(
        tape, slot, hour, day, around, before, classify_levels(inputs), after, momentum, squeeze_inputs, squeeze,
        advice_inputs, classify_advice(advice_inputs),
    )  # fmt: skip


def level_word(level: int) -> str:
    """As it is stored; "" for unknown."""
    return "" if level == Level.UNKNOWN else Level(level).name.lower()


def momentum_word(momentum: int) -> str:
    """As it is stored; "" for unknown."""
    return "" if momentum == Momentum.UNKNOWN else Momentum(momentum).name.lower()


def known(value: float, decimals: int) -> float | None:
    """Rounded; None for what is not known."""
    return round(float(value), decimals) if np.isfinite(value) else None
