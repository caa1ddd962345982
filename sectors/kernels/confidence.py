"""How much to trust the colour: does it survive other constituents, is the data there, is it fresh, do horizons agree.

The product of four parts in [0, 1], each raised to its own power. Source: docs/methods/sector-sentiment.md, section 7.
"""

from __future__ import annotations

import math
from decimal import Decimal
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sectors.kernels.colours import colour, edges
from sectors.kernels.parameters import V1, ScoreParameters
from sectors.kernels.score import stored

_NO_SPREAD = 1e-12


class ConfidenceParts(NamedTuple):
    """The four parts, each in [0, 1]."""

    stability: float
    coverage: float
    freshness: float
    agreement: float


def stability(score: Decimal, standard_error: float, parameters: ScoreParameters = V1) -> float:
    """Probability that the colour survives sampling other constituents: normal mass of the score's own band.

    standard_error: jackknife, in score units. The outer bands are open towards -1 and 1, which no score can cross.
    0 if it is NaN (fewer than two replicates: without its only group there is no colour), 1 if it is 0.
    """
    if math.isnan(standard_error):
        return 0.0
    if standard_error < _NO_SPREAD:
        return 1.0
    low, high = edges(score, parameters)
    above = 1.0 if high is None else _normal(float(high - score) / standard_error)
    below = 0.0 if low is None else _normal(float(low - score) / standard_error)
    return above - below


def coverage_part(coverage: float, parameters: ScoreParameters = V1) -> float:
    """min(1, coverage / .9): coverage is the share of the expected constituents that are fresh."""
    return min(1.0, coverage / parameters.full_coverage)


def freshness(age_minutes: float, parameters: ScoreParameters = V1) -> float:
    """1 up to 30 session minutes, then halved every 120; 0 if the age is unknown: it cannot make a number current."""
    if math.isnan(age_minutes):
        return 0.0
    late = max(0.0, age_minutes - parameters.fresh_minutes)
    return float(2.0 ** (-late / parameters.freshness_half_life))


def timeframe_agreement(scores: npt.ArrayLike, parameters: ScoreParameters = V1) -> float:
    """.5 + .5 |sum w b| / sum w |b| over the horizons (4,) that are there: 1 if they point one way, .5 if they cancel.

    1 if all are flat (or missing): nothing contradicts.
    """
    b = np.asarray(scores, dtype=np.float64)
    pull = parameters.weights * np.where(np.isnan(b), 0.0, b)
    total = float(np.abs(pull).sum())
    return 0.5 + 0.5 * abs(float(pull.sum())) / total if total > 0 else 1.0


def confidence(parts: ConfidenceParts, parameters: ScoreParameters = V1) -> float:
    """stability^.40 * coverage^.25 * freshness^.20 * agreement^.15, in [0, 1]."""
    return math.prod(math.pow(part, power) for part, power in zip(parts, parameters.confidence_powers, strict=True))


def abstentions(
    parts: ConfidenceParts, fresh: int, coverage: float, pull: float, parameters: ScoreParameters = V1
) -> tuple[str, ...]:
    """Why a computed colour should be read as NO READ, one line each; empty where it may be trusted.

    fresh: stocks; coverage: their share of the expected; pull: multiplier * sum w |b|, how strongly the horizons speak
    (that whispers cancel is a quiet sector, not a conflict).
    """
    lines = {
        f"thin: {fresh} fresh stocks, {parameters.abstain_stocks} needed": fresh < parameters.abstain_stocks,
        f"thin: {coverage:.0%} of the stocks are fresh, {parameters.abstain_coverage:.0%} needed": (
            coverage < parameters.abstain_coverage
        ),
        f"stocks disagree: the colour survives other stocks with {parts.stability:.0%}, "
        f"{parameters.abstain_stability:.0%} needed": parts.stability < parameters.abstain_stability,
        f"timeframes disagree: agreement {parts.agreement:.2f}, {parameters.abstain_agreement:.2f} needed": (
            parts.agreement < parameters.abstain_agreement and pull >= parameters.abstain_pull
        ),
    }
    return tuple(line for line, holds in lines.items() if holds)


def is_concentrated(score: Decimal, without_largest: float, parameters: ScoreParameters = V1) -> bool:
    """True if the score without its largest contributor has another colour, or none at all (NaN)."""
    return math.isnan(without_largest) or colour(stored(without_largest), parameters) != colour(score, parameters)


def _normal(z: float) -> float:
    """Standard normal distribution function."""
    return 0.5 * math.erfc(-z / math.sqrt(2.0))
