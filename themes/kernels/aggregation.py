"""All sources of a stock together: one sentiment, who says it, whether they contradict each other.

Source: docs/methods/confluence.md.

Arrays (n, 4): n stocks, sources in the order of source_sentiment.SOURCES. NaN = no mention, which is not neutral.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

from .source_sentiment import SOURCES

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

SOURCE_WEIGHTS: Final = (0.20, 0.20, 0.35, 0.25)
LEVEL_EDGES: Final = (0.15, 0.50)
FULL_DIVERGENCE: Final = 0.6
DIVERGENT_GAP, DIVERGENT_SCORE, DIVERGENT_COUNT = 0.60, 0.15, 3.0
_PAIRS: Final = tuple(itertools.combinations(range(len(SOURCES)), 2))
_DUST: Final = 9  # decimals: a binary fraction just below an edge is the edge


class Level(IntEnum):
    """Names as stored, in capitals. An edge belongs to the stronger level."""

    UNKNOWN = -1
    VERY_BEARISH = 0
    BEARISH = 1
    NEUTRAL = 2
    BULLISH = 3
    VERY_BULLISH = 4


@dataclass(frozen=True, slots=True, eq=False)
class Sources:
    """What the sources say, (n, 4) each. score: [-1, 1], NaN = silent; quality: [0, 1], 0 = silent; effective_count:
    0 or more; age: hours of the newest item. ValueError for shapes that are not alike or not (n, 4)."""

    score: FloatArray
    quality: FloatArray
    effective_count: FloatArray
    age: FloatArray

    def __post_init__(self) -> None:
        """Refuse shapes that cannot belong together."""
        shapes = {np.shape(part) for part in (self.score, self.quality, self.effective_count, self.age)}
        if shapes != {(len(self.score), len(SOURCES))}:
            raise ValueError("sources must all have the shape (n, 4)")


@dataclass(frozen=True, slots=True, eq=False)
class Aggregate:
    """unified (n,): [-1, 1], NaN without a mention; breakdown (n, 4): shares of the sources, sum 1 (0 without a
    mention); divergence (n,): 0 to 1; is_divergent (n,); divergent_pair (n, 2): the two sources furthest apart, bearish
    one first, -1 where none; confidence (n,): 0 to 1; source_count (n,); level (n,) of Level."""

    unified: FloatArray
    breakdown: FloatArray
    divergence: FloatArray
    is_divergent: BoolArray
    divergent_pair: IntArray
    confidence: FloatArray
    source_count: IntArray
    level: npt.NDArray[np.int8]


def aggregate_sources(sources: Sources) -> Aggregate:
    """sum(w q s) / sum(w q) over the sources that say something, with what it rests on."""
    quality = np.clip(np.nan_to_num(sources.quality), 0.0, 1.0)
    present = np.isfinite(sources.score) & (quality > 0)
    score = np.where(present, sources.score, 0.0)
    pull = np.where(present, quality * np.array(SOURCE_WEIGHTS), 0.0)
    total = pull.sum(axis=1, keepdims=True)
    share = pull / np.where(total > 0, total, 1.0)
    unified = np.where(present.any(axis=1), np.clip((share * score).sum(axis=1), -1.0, 1.0), np.nan)
    spread = np.sqrt((share * (score - np.nan_to_num(unified)[:, None]) ** 2).sum(axis=1))
    divergence = np.minimum(1.0, spread / FULL_DIVERGENCE)
    pair = find_divergence(np.where(present, sources.score, np.nan), sources.effective_count)
    return Aggregate(
        unified=unified,
        breakdown=share,
        divergence=divergence,
        is_divergent=pair[:, 0] >= 0,
        divergent_pair=pair,
        confidence=_compute_confidence(present, sources, divergence),
        source_count=present.sum(axis=1),
        level=classify_sentiment(unified),
    )


def find_divergence(score: npt.ArrayLike, effective_count: npt.ArrayLike) -> IntArray:
    """The two sources furthest apart, (n, 2), the bearish one first; -1 where none contradict each other.

    They do if one is bearish and one bullish (each .15 at least), .60 apart, with three effective items each.
    score, effective_count: (n, 4).
    """
    value, count = np.asarray(score, dtype=np.float64), np.asarray(effective_count, dtype=np.float64)
    heard = np.isfinite(value) & (np.round(np.abs(value), _DUST) >= DIVERGENT_SCORE) & (count >= DIVERGENT_COUNT)
    best = np.full(len(value), -np.inf)
    pair = np.full((len(value), 2), -1, dtype=np.int64)
    for one, other in _PAIRS:
        gap = np.where(heard[:, one] & heard[:, other], np.abs(value[:, one] - value[:, other]), -np.inf)
        opposed = value[:, one] * value[:, other] < 0
        wider = opposed & (np.round(gap, _DUST) >= DIVERGENT_GAP) & (gap > best)
        best = np.where(wider, gap, best)
        first_bearish = np.where((value[:, one] < 0)[:, None], [one, other], [other, one])
        pair = np.where(wider[:, None], first_bearish, pair)
    return pair


def classify_sentiment(sentiment: npt.ArrayLike) -> npt.NDArray[np.int8]:
    """Level of a sentiment, (n,): to -.50 VERY_BEARISH, to -.15 BEARISH, below .15 NEUTRAL, below .50 BULLISH, else
    VERY_BULLISH; UNKNOWN for NaN."""
    value = np.round(np.asarray(sentiment, dtype=np.float64), _DUST)
    steps = np.searchsorted(np.array(LEVEL_EDGES), np.abs(np.nan_to_num(value)), side="right")
    return np.where(np.isnan(value), Level.UNKNOWN, Level.NEUTRAL + np.sign(np.nan_to_num(value)) * steps).astype(
        np.int8
    )


def _compute_confidence(present: BoolArray, sources: Sources, divergence: FloatArray) -> FloatArray:
    """(1 - e^(-n/8)) (1 - .5 divergence) (.6 + .4 sources/4) 2^(-max(0, age - 1 h) / 6 h), age of the newest item.

    0 without a mention; an unknown age counts as an old one: 0 as well."""
    count = np.where(present, np.nan_to_num(sources.effective_count), 0.0).sum(axis=1)
    age = np.where(present & np.isfinite(sources.age), sources.age, np.inf).min(axis=1)
    breadth = 0.6 + 0.4 * present.sum(axis=1) / len(SOURCES)
    confidence = -np.expm1(-count / 8) * (1 - 0.5 * divergence) * breadth * np.exp2(-np.maximum(0.0, age - 1) / 6)
    return np.where(present.any(axis=1), confidence, 0.0)
