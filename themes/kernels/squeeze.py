"""Squeeze risk: what could burn (structure: crowded shorts, small float) times what is burning (ignition).

The product, because many days to cover alone predict lower returns (Hong et al., docs/methods/temperature.md). Nothing
unknown is ever counted as danger: it leaves the mean, widens the interval and is listed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]


class StructureInput(NamedTuple):
    """One input of the structure: `name` is the field of SqueezeInputs."""

    name: str
    title: str
    weight: float


STRUCTURE: tuple[StructureInput, ...] = (
    StructureInput("short_interest", "short interest, % of the float", 0.30),
    StructureInput("days_to_cover", "days to cover", 0.20),
    StructureInput("borrow_fee", "borrow fee, % a year", 0.20),
    StructureInput("utilisation", "utilisation of lendable shares, %", 0.15),
    StructureInput("float_shares", "float", 0.15),
)
SI_MISSING_CAP = 0.4
SMOULDER = 0.35  # the share of the structure that counts without ignition
EDGES = (0.35, 0.60)


class SqueezeBand(IntEnum):
    """Each edge belongs to the band above it."""

    UNKNOWN = -1
    LOW = 0
    ELEVATED = 1
    HIGH = 2


@dataclass(frozen=True, slots=True, eq=False)
class SqueezeInputs:
    """n stocks, (n,) each, NaN unknown.

    short_interest: percent of the float; days_to_cover: short shares over the average of 20 days; borrow_fee: percent a
    year; utilisation: percent; float_shares: shares. day_change: percent since the last close; day_sigmas: the same in
    daily sigmas of 20 sessions; rvol: multiple; acceleration and hour_sigma: velocity.py, percent; at_high: 1 where the
    price is the highest of 20 sessions, else 0. ValueError for shapes that differ.
    """

    short_interest: FloatArray
    days_to_cover: FloatArray
    borrow_fee: FloatArray
    utilisation: FloatArray
    float_shares: FloatArray
    day_change: FloatArray
    day_sigmas: FloatArray
    rvol: FloatArray
    acceleration: FloatArray
    hour_sigma: FloatArray
    at_high: FloatArray

    def __post_init__(self) -> None:
        """Refuse shapes that cannot belong together."""
        shapes = {np.shape(getattr(self, field.name)) for field in fields(self)}
        if len(shapes) != 1 or len(shapes.pop()) != 1:
            raise ValueError("a squeeze's inputs must all have the shape (n,)")


@dataclass(frozen=True, slots=True, eq=False)
class SqueezeReading:
    """score, low, high (n,): the risk in [0, 1], and where it would lie were the unknown harmless, or the worst.

    structure, ignition (n,); factors (n, 5) in the order of STRUCTURE, NaN = missing; si_missing (n,): neither short
    interest nor days to cover are known, so the float alone speaks and for .4 at most; band (n,) of SqueezeBand.
    All NaN (band UNKNOWN) without any structure.
    """

    score: FloatArray
    low: FloatArray
    high: FloatArray
    structure: FloatArray
    ignition: FloatArray
    factors: FloatArray
    si_missing: BoolArray
    band: npt.NDArray[np.int8]

    def missing(self, row: int) -> tuple[str, ...]:
        """Titles of the structure's unknown inputs of one stock."""
        return tuple(
            part.title for part, factor in zip(STRUCTURE, self.factors[row], strict=True) if math.isnan(factor)
        )


def score_squeeze(inputs: SqueezeInputs) -> SqueezeReading:
    """S * (.35 + .65 * G): S the weighted mean of the known structure, G the ignition (0 on a falling day)."""
    factors = structure_factors(inputs)
    weights = np.array([part.weight for part in STRUCTURE])
    known = ~np.isnan(factors)
    present = (known * weights).sum(axis=1)
    danger = (np.where(known, factors, 0.0) * weights).sum(axis=1)
    si_missing = ~known[:, :2].any(axis=1)
    structure = np.where(present > 0, danger / np.where(present > 0, present, 1.0), np.nan)
    structure = np.where(si_missing, np.minimum(factors[:, 4], SI_MISSING_CAP), structure)
    ignition = compute_ignition(inputs)
    heat = SMOULDER + (1 - SMOULDER) * ignition
    score = structure * heat
    some = ~np.isnan(structure)
    least, most = danger, danger + weights.sum() - present
    return SqueezeReading(
        score=score,
        # the cap of a structure without short interest must not lie outside its own interval
        low=np.where(some, np.minimum(least * heat, np.where(some, score, 0.0)), np.nan),
        high=np.where(some, np.maximum(most * heat, np.where(some, score, 0.0)), np.nan),
        structure=structure,
        ignition=ignition,
        factors=factors,
        si_missing=np.asarray(si_missing),
        band=classify_squeeze(score),
    )


def structure_factors(inputs: SqueezeInputs) -> FloatArray:
    """Each input brought to [0, 1], (n, 5) in the order of STRUCTURE; NaN where unknown or impossible (negative, no
    float). 5-30 % short interest, 1-8 days, 1-100 % a year, 60-100 %, 50 down to 2 million shares."""
    interest, cover = _at_least(inputs.short_interest, 0.0), _at_least(inputs.days_to_cover, 0.0)
    fee, used = _at_least(inputs.borrow_fee, 0.0), _at_least(inputs.utilisation, 0.0)
    shares = _at_least(inputs.float_shares, 1.0)
    return np.column_stack(
        [
            _clip((interest - 5.0) / 25.0),
            _clip((cover - 1.0) / 7.0),
            _clip(np.log(np.maximum(fee, 1.0)) / math.log(100.0)),
            _clip((used - 60.0) / 40.0),
            _clip(np.log(50e6 / shares) / math.log(25.0)),
        ]
    )


def compute_ignition(inputs: SqueezeInputs) -> FloatArray:
    """G in [0, 1], (n,): .4 z/4 + .3 ln RV / ln 8 + .2 a/(2 sigma) + .1 [20-day high], each clipped.

    What is unknown adds nothing; 0 where the day is down or unknown."""
    rvol = np.maximum(_at_least(inputs.rvol, 0.0), 1.0)
    sigma = _at_least(inputs.hour_sigma, 1e-9)
    pace = np.where(np.isfinite(inputs.acceleration), inputs.acceleration, np.nan) / (2.0 * sigma)
    parts = (
        0.4 * _clip(np.where(np.isfinite(inputs.day_sigmas), inputs.day_sigmas, np.nan) / 4.0),
        0.3 * _clip(np.log(rvol) / math.log(8.0)),
        0.2 * _clip(pace),
        0.1 * _clip(inputs.at_high),
    )
    return np.where(inputs.day_change >= 0, sum(np.nan_to_num(part) for part in parts), 0.0)


def classify_squeeze(score: npt.ArrayLike) -> npt.NDArray[np.int8]:
    """Band of a risk, (n,): below .35 LOW, below .60 ELEVATED, else HIGH; UNKNOWN for NaN."""
    value = np.asarray(score, dtype=np.float64)
    band = np.searchsorted(np.array(EDGES), np.nan_to_num(value), side="right")
    return np.where(np.isnan(value), SqueezeBand.UNKNOWN, band).astype(np.int8)


def _at_least(values: FloatArray, least: float) -> FloatArray:
    x = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(x) & (np.nan_to_num(x) >= least), x, np.nan)


def _clip(values: FloatArray) -> FloatArray:
    return np.clip(values, 0.0, 1.0)
