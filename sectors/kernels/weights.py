"""Volatility weights: how a sector's own restlessness enters its score, in one of three modes.

static: the requirement's multiplier table and one set of scales for all sectors. dynamic: the same table, the scales
measured from the sector's own daily volatility. hybrid: halfway between the two, expressed as a multiplier on the
static scales. Source: docs/methods/sector-sentiment.md, section 9.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sectors.kernels.inputs import SectorInputs
from sectors.kernels.parameters import STATIC_MULTIPLIERS, V1, FloatArray, ScoreParameters
from sentiment_site.quant.windows import ewma_volatility

WEIGHT_SOURCES: tuple[str, ...] = ("static", "dynamic", "hybrid")


@dataclass(frozen=True, slots=True, eq=False)
class VolatilityWeights:
    """What enters the score. `source` is the mode really used; `reason` says why it is not the one asked for."""

    source: str
    multiplier: float
    scales: FloatArray
    volatility: float | None
    reason: str = ""


def sector_volatility(daily_performance: npt.ArrayLike, parameters: ScoreParameters = V1) -> float:
    """EWMA volatility of the sector's robust 1-day performance, percent per session; NaN with fewer than 20 sessions.

    daily_performance: (sessions,) percent, oldest first, NaN where a session is missing.
    """
    return float(
        ewma_volatility(daily_performance, parameters.volatility_half_life, parameters.volatility_observations)
    )


def dynamic_scales(volatility: float, parameters: ScoreParameters = V1) -> FloatArray:
    """Scales (4,) with a daily scale of twice the volatility, kept within 2.5..8 %; NaN in, NaN out."""
    return parameters.scales_for(float(np.clip(parameters.dynamic_sigmas * volatility, *parameters.dynamic_range)))


def dynamic_multiplier(multiplier: float, volatility: float, parameters: ScoreParameters = V1) -> float:
    """The multiplier that on static scales has the slope of dynamic mode: multiplier * 4 % / dynamic daily scale."""
    return multiplier * float(parameters.scales[0] / dynamic_scales(volatility, parameters)[0])


def volatility_weights(
    source: str,
    sector: str,
    daily_performance: npt.ArrayLike = (),
    table: Mapping[str, float] = STATIC_MULTIPLIERS,
    parameters: ScoreParameters = V1,
) -> VolatilityWeights:
    """The weights of one sector in the mode asked for.

    table: multipliers by sector, with an operator's overrides if there are any; a sector it lacks counts 1.0.
    Without 20 sessions of history the modes that need it fall back to static and say so. ValueError for an unknown
    source.
    """
    if source not in WEIGHT_SOURCES:
        raise ValueError(f"unknown weights source {source!r}; known are {', '.join(WEIGHT_SOURCES)}")
    multiplier = table.get(sector, 1.0)
    volatility = sector_volatility(daily_performance, parameters)
    measured = None if math.isnan(volatility) else volatility
    if source == "static":
        return VolatilityWeights(source, multiplier, parameters.scales, measured)
    if measured is None:
        reason = f"fewer than {parameters.volatility_observations} sessions of sector history"
        return VolatilityWeights("static", multiplier, parameters.scales, None, reason)
    if source == "dynamic":
        return VolatilityWeights(source, multiplier, dynamic_scales(measured, parameters), measured)
    share, other = parameters.hybrid_share, dynamic_multiplier(multiplier, measured, parameters)
    return VolatilityWeights(source, share * multiplier + (1 - share) * other, parameters.scales, measured)


def formula_weights(inputs: SectorInputs, parameters: ScoreParameters = V1) -> VolatilityWeights:
    """Multiplier and scales a formula uses: the caller's, or, if it asks for dynamic ones, by measured volatility.

    A dynamic formula without enough sessions of volatility uses the static scales and says so in `reason`.
    """
    measured = None if math.isnan(inputs.volatility) else inputs.volatility
    if parameters.scale_source == "given":
        scales = parameters.scales if inputs.scales is None else np.asarray(inputs.scales, dtype=np.float64)
        return VolatilityWeights("given", inputs.multiplier, scales, measured)
    table = inputs.multiplier if inputs.table_multiplier is None else inputs.table_multiplier
    if measured is None or inputs.volatility_sessions < parameters.volatility_observations:
        reason = f"fewer than {parameters.volatility_observations} sessions of sector history"
        return VolatilityWeights("static", table, parameters.scales, measured, reason)
    return VolatilityWeights("dynamic", table, dynamic_scales(measured, parameters), measured)
