"""Do chart, crowd and options point the same way: bias, agreement, magnitude, one score.

Source: docs/methods/confluence.md.

Arrays (n, 3): n stocks, parts in the order of COMPONENTS. NaN = unknown; what is missing lowers the score and the
confidence, it is never counted as neutral. The score says how much agrees, not which way the price goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]

COMPONENTS: Final = ("technical", "sentiment", "options_flow")
WEIGHTS: Final = (0.50, 0.30, 0.20)
# For 0, 1, 2, 3 known parts.
COMPLETENESS: Final = (0.0, 0.6, 0.9, 1.0)
LEAST_MAGNITUDE: Final = 0.02
HALF_MAGNITUDE: Final = 0.25
LEVEL_EDGES: Final = (0.2, 0.4, 0.6, 0.8)
# Two parts that contradict each other outside the neutral band (.15 of sentiment) stay below the level "high".
OPPOSED, OPPOSED_CEILING = 0.15, 0.59
_DUST: Final = 9  # decimals: a binary fraction just below an edge is the edge


class ConfluenceLevel(IntEnum):
    """Names as stored, in capitals. An edge belongs to the level above it."""

    UNKNOWN = -1
    VERY_LOW = 0
    LOW = 1
    MODERATE = 2
    HIGH = 3
    VERY_HIGH = 4


@dataclass(frozen=True, slots=True)
class Thresholds:
    """What counts as enough confluence. ValueError unless 0 < minimum <= high <= 1."""

    minimum: float = 0.60
    high: float = 0.80

    def __post_init__(self) -> None:
        """Refuse thresholds in the wrong order."""
        if not 0 < self.minimum <= self.high <= 1:
            raise ValueError("thresholds must satisfy 0 < minimum <= high <= 1")


@dataclass(frozen=True, slots=True, eq=False)
class ConfluenceReading:
    """(n,) each, contributions (n, 3). score, agreement, magnitude, confidence: 0 to 1; bias: [-1, 1]; score, bias,
    agreement and magnitude are NaN without any part (agreement also at magnitude 0); contributions: shares of the
    magnitude, sum 1, all 0 at magnitude 0; components: known parts; opposition: 0 to 1, the weaker of the strongest
    bullish and the strongest bearish part; level of ConfluenceLevel."""

    score: FloatArray
    bias: FloatArray
    agreement: FloatArray
    magnitude: FloatArray
    contributions: FloatArray
    confidence: FloatArray
    opposition: FloatArray
    components: npt.NDArray[np.int64]
    level: npt.NDArray[np.int8]
    meets_minimum: BoolArray
    meets_high: BoolArray


def score_confluence(
    values: npt.ArrayLike,
    confidences: npt.ArrayLike,
    divergence: npt.ArrayLike,
    thresholds: Thresholds | None = None,
) -> ConfluenceReading:
    """kappa A 1.25 M/(M+.25), under the ceiling of opposed parts; 0 where the magnitude is below .02.

    values: (n, 3) in [-1, 1], NaN = unknown; confidences: (n, 3) in [0, 1], a part with 0 counts as unknown;
    divergence: (n,) of the sentiment's sources, 0 to 1, NaN = 0. ValueError for other shapes and values outside.
    """
    x, q = np.asarray(values, dtype=np.float64), np.asarray(confidences, dtype=np.float64)
    gap = np.asarray(divergence, dtype=np.float64)
    _refuse(x, q, gap)
    known = np.isfinite(x) & (np.nan_to_num(q) > 0)
    weight = np.array(WEIGHTS)
    pull, strength = np.where(known, q, 0.0) * weight, np.where(known, x, 0.0)
    parts = known.sum(axis=1)
    total, push = _divisor(pull.sum(axis=1)), pull * strength
    net, gross = push.sum(axis=1), np.abs(push).sum(axis=1)
    some = parts > 0
    magnitude = np.where(some, np.minimum(gross / total, 1.0), np.nan)
    agreement = np.where(some & (gross > 0), np.minimum(np.abs(net) / _divisor(gross), 1.0), np.nan)
    opposition = _compute_opposition(np.where(known, q, 0.0) * strength)
    score = _combine(np.nan_to_num(agreement), magnitude, _compute_completeness(np.where(known, q, 0.0)), opposition)
    limits = thresholds or Thresholds()
    return ConfluenceReading(
        score=score,
        bias=np.where(some, np.clip(net / total, -1.0, 1.0), np.nan),
        agreement=agreement,
        magnitude=magnitude,
        contributions=np.abs(push) / _divisor(gross)[:, None],
        confidence=np.minimum(pull.sum(axis=1) / weight.sum(), 1.0) * (1 - 0.5 * np.nan_to_num(gap)),
        opposition=opposition,
        components=parts,
        level=classify_confluence(score),
        meets_minimum=np.round(score, _DUST) >= limits.minimum,
        meets_high=np.round(score, _DUST) >= limits.high,
    )


def classify_confluence(score: npt.ArrayLike) -> npt.NDArray[np.int8]:
    """Level of a score, (n,): below .2 VERY_LOW, .4 LOW, .6 MODERATE, .8 HIGH, else VERY_HIGH; UNKNOWN for NaN."""
    value = np.round(np.asarray(score, dtype=np.float64), _DUST)
    level = np.searchsorted(np.array(LEVEL_EDGES), np.nan_to_num(value), side="right")
    return np.where(np.isnan(value), ConfluenceLevel.UNKNOWN, level).astype(np.int8)


def _compute_opposition(pushes: FloatArray) -> FloatArray:
    """The weaker of the strongest push upwards and the strongest downwards, (n,)."""
    up, down = np.maximum(pushes, 0.0).max(axis=1), np.maximum(-pushes, 0.0).max(axis=1)
    return np.asarray(np.minimum(up, down))


def _compute_completeness(confidences: FloatArray) -> FloatArray:
    """kappa: .6, .9 and 1 at one, two and three parts, (n,). A part counts by how sure it is beside the others.

    (sum q)^2 / sum q^2 is the number of parts where they are equally sure, and takes no step when another part appears:
    a post that nobody weighs makes no second witness.
    """
    squares = (confidences**2).sum(axis=1)
    parts = confidences.sum(axis=1) ** 2 / _divisor(squares)
    return np.asarray(np.interp(parts, np.arange(len(COMPLETENESS)), COMPLETENESS))


def _combine(agreement: FloatArray, magnitude: FloatArray, kappa: FloatArray, opposition: FloatArray) -> FloatArray:
    reach = (1 + HALF_MAGNITUDE) * magnitude / (magnitude + HALF_MAGNITUDE)
    ceiling = 1 - (1 - OPPOSED_CEILING) * np.minimum(opposition / OPPOSED, 1.0)
    score = np.minimum(np.minimum(kappa * agreement * reach, ceiling), 1.0)
    return np.where(np.round(magnitude, _DUST) < LEAST_MAGNITUDE, 0.0, score)


def _divisor(total: FloatArray) -> FloatArray:
    return np.where(total > 0, total, 1.0)


def _refuse(values: FloatArray, confidences: FloatArray, divergence: FloatArray) -> None:
    if values.shape != (len(divergence), len(COMPONENTS)) or confidences.shape != values.shape:
        raise ValueError("confluence takes (n, 3) values and confidences and (n,) divergences")
    if np.any(np.abs(values) > 1) or np.any(np.abs(confidences - 0.5) > 0.5) or np.any(np.abs(divergence - 0.5) > 0.5):
        raise ValueError("values lie in [-1, 1], confidences and divergences in [0, 1]")
