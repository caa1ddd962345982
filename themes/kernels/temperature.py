"""How hot a stock is in a clock hour: the smaller of what its price did and what its volume did, with hysteresis.

A move without volume is a quote, volume without a move is a crossing: only both together are heat. Units: percent for
changes and sigma, multiples of the usual for volume; NaN (or infinite) is unknown. Source: docs/methods/temperature.md.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from enum import IntEnum

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.windows import trailing_median

FloatArray = npt.NDArray[np.float64]
LevelArray = npt.NDArray[np.int8]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

_MAD_TO_SIGMA = 1.4826  # median |x| of a normal variable times this is its standard deviation


class Level(IntEnum):
    """Ordered; UNKNOWN is below all of them and never counts as cold."""

    UNKNOWN = -1
    COLD = 0
    WARM = 1
    HOT = 2
    EXTREME = 3


@dataclass(frozen=True, slots=True)
class TemperatureParameters:
    """One version of the rule; triples are WARM, HOT, EXTREME."""

    version: str = "v1"
    price_floors: tuple[float, float, float] = (3.0, 7.0, 15.0)  # percent; 15 is the requirement's significant move
    price_sigmas: tuple[float, float, float] = (2.0, 4.0, 8.0)
    volume_multiples: tuple[float, float, float] = (1.5, 3.0, 5.0)
    # the same clock hour of so many sessions is the norm; fewer than these are none
    sessions: int = 20
    fewest_sessions: int = 5
    extended_floor: float = 2000.0  # shares an hour: below, extended hours make multiples out of nothing
    soft_gate: bool = True
    full_history: int = 10
    # a level is left after so many hours in a row below this share of both of its entry thresholds
    leave_share: float = 0.7
    leave_hours: int = 2
    theme_members: int = 2
    theme_weight: float = 0.2


TEMPERATURE = TemperatureParameters()


@dataclass(frozen=True, slots=True, eq=False)
class HourNorms:
    """What an hour is measured by, (n,): sigma percent, typical_volume shares (median), volume_sessions their count."""

    sigma: FloatArray
    typical_volume: FloatArray
    volume_sessions: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class HourInputs:
    """One hour of n stocks, (n,) each.

    change: percent over the hour, 0 for a listed stock without a trade; rvol: volume over the typical volume of the
    same clock hour; sigma: robust percent of that hour, NaN = too young, the fixed thresholds count; volume_sessions:
    sessions behind rvol's norm. ValueError for shapes that differ.
    """

    change: FloatArray
    rvol: FloatArray
    sigma: FloatArray
    volume_sessions: FloatArray

    def __post_init__(self) -> None:
        """Refuse shapes that cannot belong together."""
        shapes = {np.shape(getattr(self, field.name)) for field in fields(self)}
        if len(shapes) != 1 or len(shapes.pop()) != 1:
            raise ValueError("an hour's inputs must all have the shape (n,)")


@dataclass(frozen=True, slots=True, eq=False)
class LevelReading:
    """What the hour says by itself. level, price_level, volume_level (n,) of Level; thresholds (n, 3): |change| percent
    from which each level begins; soft (n,): whether the soft gate applied."""

    level: LevelArray
    price_level: LevelArray
    volume_level: LevelArray
    thresholds: FloatArray
    soft: BoolArray


@dataclass(frozen=True, slots=True, eq=False)
class TemperatureState:
    """What one hour hands to the next. level (n,): held; quiet_hours (n, 3): hours in a row below the leaving threshold
    of WARM, HOT and EXTREME."""

    level: LevelArray
    quiet_hours: IntArray


def compute_hour_norms(
    changes: npt.ArrayLike, volumes: npt.ArrayLike, parameters: TemperatureParameters = TEMPERATURE
) -> HourNorms:
    """Norms of one clock hour out of the same hour of earlier sessions, newest last, (n, k) each, without today.

    sigma = 1.4826 * median |change|: one earlier spike does not raise it. NaN with fewer than 5 known sessions."""
    known = np.where(np.isfinite(np.asarray(volumes, dtype=np.float64)), volumes, np.nan)
    count = (~np.isnan(known[:, -parameters.sessions :])).sum(axis=1).astype(np.float64)
    size = np.abs(np.asarray(changes, dtype=np.float64))
    return HourNorms(
        sigma=_MAD_TO_SIGMA * trailing_median(size, parameters.sessions, parameters.fewest_sessions),
        typical_volume=trailing_median(known, parameters.sessions, parameters.fewest_sessions),
        volume_sessions=count,
    )


def compute_hour_multiple(
    volume: npt.ArrayLike,
    typical_volume: npt.ArrayLike,
    *,
    extended: bool,
    parameters: TemperatureParameters = TEMPERATURE,
) -> FloatArray:
    """Volume of the hour over its typical volume, (n,). In extended hours the norm is at least 2,000 shares.

    NaN where either is unknown, the volume negative, or the norm 0 in regular hours (no expectation to exceed).
    """
    now, norm = np.asarray(volume, dtype=np.float64), np.asarray(typical_volume, dtype=np.float64)
    if extended:
        norm = np.where(np.isnan(norm), np.nan, np.maximum(norm, parameters.extended_floor))
    usable = np.isfinite(now) & (now >= 0) & np.isfinite(norm) & (norm > 0)
    return np.where(usable, np.where(usable, now, 0.0) / np.where(usable, norm, 1.0), np.nan)


def classify_levels(inputs: HourInputs, parameters: TemperatureParameters = TEMPERATURE) -> LevelReading:
    """The hour's own level: min(level of the price, level of the volume).

    Price: |change| >= max(3/7/15 %, 2/4/8 sigma); volume: rvol >= 1.5/3/5. With fewer than 10 sessions of volume the
    norm is shaky, and volume may lag the price by one level (soft gate); its multiple may even be unknown then, which
    leaves WARM as the most. UNKNOWN without a change, or without a multiple outside the soft gate.
    """
    change, rvol = _known(np.abs(inputs.change)), _known(inputs.rvol)
    thresholds = price_thresholds(inputs.sigma, parameters)
    price = _steps(change[:, None], thresholds)
    volume = _steps(rvol[:, None], np.array(parameters.volume_multiples)[None, :])
    young = ~(_known(inputs.volume_sessions) >= parameters.full_history)
    soft = young & parameters.soft_gate
    gate = np.where(soft, volume + 1, volume)
    level = np.minimum(price, gate)
    unknown = np.isnan(change) | (np.isnan(rvol) & ~soft)
    return LevelReading(
        level=np.where(unknown, Level.UNKNOWN, level).astype(np.int8),
        price_level=np.where(np.isnan(change), Level.UNKNOWN, price).astype(np.int8),
        volume_level=np.where(np.isnan(rvol), Level.UNKNOWN, volume).astype(np.int8),
        thresholds=thresholds,
        soft=soft,
    )


def price_thresholds(sigma: npt.ArrayLike, parameters: TemperatureParameters = TEMPERATURE) -> FloatArray:
    """|change| percent from which each level begins, (n, 3); the fixed ones where sigma is unknown or not positive."""
    s = np.asarray(sigma, dtype=np.float64)
    usable = np.where(np.isfinite(s) & (s > 0), s, 0.0)
    return np.asarray(
        np.maximum(np.array(parameters.price_floors), usable[:, None] * np.array(parameters.price_sigmas))
    )


def cold_start(size: int) -> TemperatureState:
    """The state before the first hour: unknown, nothing held."""
    return TemperatureState(np.full(size, Level.UNKNOWN, dtype=np.int8), np.zeros((size, 3), dtype=np.int64))


def hold_levels(
    state: TemperatureState,
    inputs: HourInputs,
    parameters: TemperatureParameters = TEMPERATURE,
    *,
    on_the_hour: bool = True,
) -> TemperatureState:
    """The state after one more hour: up at once, down only after two hours in a row that were quiet for the level.

    Quiet for a level: |change| and rvol both below 70 % of its entry thresholds (an unknown multiple counts as below).
    A stock that falls lands on the highest level it has not been quiet for twice, or on the hour's own if that is
    higher. An hour without a reading changes nothing. Between hours (on_the_hour False: an event brought new prices) a
    level can only rise, and quiet hours are not counted. ValueError if state and inputs differ in length.
    """
    if state.level.shape != np.shape(inputs.change):
        raise ValueError(f"{state.level.size} states and {np.size(inputs.change)} stocks")
    reading = classify_levels(inputs, parameters)
    seen = reading.level != Level.UNKNOWN
    if not on_the_hour:
        return TemperatureState(np.maximum(state.level, reading.level), state.quiet_hours.copy())
    share = parameters.leave_share
    change, rvol = np.abs(inputs.change)[:, None], np.nan_to_num(_known(inputs.rvol))[:, None]
    quiet = (change < share * reading.thresholds) & (rvol < share * np.array(parameters.volume_multiples))
    hours = np.where(seen[:, None], np.where(quiet, state.quiet_hours + 1, 0), state.quiet_hours)
    steps = np.arange(1, 4)
    still = (hours < parameters.leave_hours) & (steps <= state.level[:, None])
    kept = np.where(still, steps, 0).max(axis=1)
    level = np.where(seen, np.maximum(reading.level, kept), state.level)
    return TemperatureState(level.astype(np.int8), hours)


def theme_levels(
    levels: npt.ArrayLike, weights: npt.ArrayLike, parameters: TemperatureParameters = TEMPERATURE
) -> LevelArray:
    """Temperature of k themes, (k,): the highest level that two members, or members with 20 % of the weight, have
    reached. A theme of a single stock is HOT at most.

    levels: (n,) of Level; weights: (k, n) of membership, 0 = no member. Members without a level keep their weight in
    the whole, so that not knowing them never heats a theme. UNKNOWN without a member whose level is known. ValueError
    for shapes that do not match, missing or negative weights.
    """
    level, weight = np.asarray(levels), np.asarray(weights, dtype=np.float64)
    if weight.ndim != 2 or weight.shape[1:] != level.shape or not (np.isfinite(weight) & (weight >= 0)).all():
        raise ValueError(f"weights {weight.shape} of levels {level.shape} must match and be 0 or more")
    member = weight > 0
    whole, members = weight.sum(axis=1), member.sum(axis=1)
    result = np.where((member & (level != Level.UNKNOWN)).any(axis=1), Level.COLD, Level.UNKNOWN)
    for step in (Level.WARM, Level.HOT, Level.EXTREME):
        reached = level >= step
        share = weight @ reached.astype(np.float64) / np.where(whole > 0, whole, 1.0)
        enough = ((member & reached).sum(axis=1) >= parameters.theme_members) | (share >= parameters.theme_weight)
        if step == Level.EXTREME:
            enough &= members > 1
        result = np.where(enough, step, result)
    return result.astype(np.int8)


def _known(values: npt.ArrayLike) -> FloatArray:
    x = np.asarray(values, dtype=np.float64)
    return np.where(np.isfinite(x), x, np.nan)


def _steps(values: FloatArray, thresholds: FloatArray) -> IntArray:
    """How many of the three thresholds are reached, (n,); NaN reaches none."""
    return np.asarray((values >= thresholds).sum(axis=1), dtype=np.int64)
