"""Is a stock talked about more than usual: the last 24 hours against the same hours of the two weeks before.

An hour is held against its own hour of the week, so a Sunday is no fall in interest.
Source: docs/methods/confluence.md.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]

WINDOW, WEEK, WEEKS = 24, 168, 2
HOURS_NEEDED: Final = WINDOW + WEEKS * WEEK
FEWEST_HOURS: Final = 12
UP_RATIO, UP_Z, DOWN_RATIO, DOWN_Z = 1.5, 1.5, 0.67, -1.0
_OVERDISPERSION: Final = 5.0
# Below one expected mention the formula's variance goes to 0 and a single post would be a sensation.
_LEAST_VARIANCE: Final = 1.0


class Trend(IntEnum):
    """Names as stored, in capitals."""

    UNKNOWN = -1
    DOWN = 0
    STABLE = 1
    UP = 2


@dataclass(frozen=True, slots=True, eq=False)
class MentionTrend:
    """(n,) each. mentions, expected: of the hours that can be compared, NaN if fewer than 12 of 24; ratio: NaN where
    nothing was expected; z; hours: how many of the 24 were compared; trend of Trend."""

    mentions: FloatArray
    expected: FloatArray
    ratio: FloatArray
    z: FloatArray
    hours: npt.NDArray[np.int64]
    trend: npt.NDArray[np.int8]


def score_mentions(counts: npt.ArrayLike) -> MentionTrend:
    """How the last 24 hours compare. counts: (n, 360) mentions per hour, oldest first, NaN = not collected.

    expected = the mean of the same hours one and two weeks ago; z = (m - e) / sqrt(e + e^2/5), variance 1 at least.
    UP from ratio 1.5 and z 1.5 on, DOWN from .67 and -1 on; where nothing was expected z alone says UP. ValueError for
    another number of hours.
    """
    hours = np.asarray(counts, dtype=np.float64)
    if hours.ndim != 2 or hours.shape[1] != HOURS_NEEDED:
        raise ValueError(f"mentions need {HOURS_NEEDED} hours")
    now = hours[:, -WINDOW:]
    past = np.stack([hours[:, -WINDOW - week * WEEK : HOURS_NEEDED - week * WEEK] for week in range(1, WEEKS + 1)])
    seen = np.isfinite(past)
    usual = np.where(seen, past, 0.0).sum(axis=0) / np.maximum(seen.sum(axis=0), 1)
    both = seen.any(axis=0) & np.isfinite(now)
    compared = both.sum(axis=1)
    enough = compared >= FEWEST_HOURS
    mentions = np.where(enough, np.where(both, now, 0.0).sum(axis=1), np.nan)
    expected = np.where(enough, np.where(both, usual, 0.0).sum(axis=1), np.nan)
    return _judge(mentions, expected, compared, enough)


def join_mentions(trends: Sequence[MentionTrend]) -> MentionTrend:
    """Several sources together: what could be compared of each is added up, the formula of score_mentions applied to
    the sums. A source that could not be compared leaves; UNKNOWN where none could. hours: of the best known source.
    ValueError for no source at all."""
    if not trends:
        raise ValueError("at least one source is needed")
    known = np.stack([np.isfinite(trend.mentions) for trend in trends])
    mentions = np.stack([trend.mentions for trend in trends])
    expected = np.stack([trend.expected for trend in trends])
    some = np.asarray(known.any(axis=0))
    return _judge(
        np.where(some, np.where(known, mentions, 0.0).sum(axis=0), np.nan),
        np.where(some, np.where(known, expected, 0.0).sum(axis=0), np.nan),
        np.stack([trend.hours for trend in trends]).max(axis=0),
        some,
    )


def _judge(
    mentions: FloatArray, expected: FloatArray, compared: npt.NDArray[np.int64], enough: npt.NDArray[np.bool_]
) -> MentionTrend:
    some = expected > 0
    ratio = np.where(some, mentions / np.where(some, expected, 1.0), np.nan)
    variance = np.maximum(expected + expected**2 / _OVERDISPERSION, _LEAST_VARIANCE)
    z = (mentions - expected) / np.sqrt(variance)
    up = (z >= UP_Z) & ((ratio >= UP_RATIO) | ~some)
    down = (z <= DOWN_Z) & (ratio <= DOWN_RATIO)
    trend = np.select([~enough, up, down], [Trend.UNKNOWN, Trend.UP, Trend.DOWN], Trend.STABLE)
    return MentionTrend(mentions, expected, ratio, z, compared, trend.astype(np.int8))
