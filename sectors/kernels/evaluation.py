"""What the light was worth, measured on stored readings: hit rate, rank correlation, persistence, tail lift.

Rows are readings of one sector at one moment, in any order; `days` (n,) is the session of each. Every number comes with
its interval, its no-skill baseline and its count, and none is a claim about tomorrow. Source:
docs/methods/sector-sentiment.md, section 20 (methods.md 1.12, 10.1, 10.2).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sectors.kernels.colours import BANDS
from sectors.kernels.parameters import V1, FloatArray, ScoreParameters
from sentiment_site.quant.calibration import (
    Interval,
    MeanTest,
    bootstrap_days,
    newey_west,
    quotient,
    rank_correlation,
    sign_persistence,
    wilson_interval,
)

IntArray = npt.NDArray[np.int64]

BLUE = 2


class HitRate(NamedTuple):
    """wilson: as if readings were independent; by_day: block bootstrap. baseline: always calling the commoner side.
    coverage: calls over readings with a known outcome; n: calls."""

    wilson: Interval
    by_day: Interval
    baseline: float
    coverage: float
    n: int


class Persistence(NamedTuple):
    """same_colour, same_sign: shares some hours later. no_skill: what a driftless walk gives the sign; `skill` is the
    difference, which is the only part that says anything."""

    same_colour: Interval
    same_sign: Interval
    no_skill: float
    skill: float


class TailRate(NamedTuple):
    """How often any stock of the sector jumped, in one colour; lift: over blue's share, by day blocks."""

    colour: str
    rate: Interval
    lift: Interval
    n: int


def colour_places(scores: npt.ArrayLike, parameters: ScoreParameters = V1) -> IntArray:
    """Place of each stored score's colour in BANDS, (n,); -1 where the score is missing."""
    values = np.asarray(scores, dtype=np.float64)
    marks = [float(edge) for edge in parameters.colour_edges]
    # a stored score has three decimals; its float must not fall beside the edge it stands on
    places = np.searchsorted(marks, np.round(np.where(np.isnan(values), 0.0, values), 3), side="right")
    return np.where(np.isnan(values), -1, places).astype(np.int64)


def hit_rate(
    scores: npt.ArrayLike, forward: npt.ArrayLike, days: npt.ArrayLike, parameters: ScoreParameters = V1
) -> HitRate:
    """Share of non-blue readings whose sector moved the way of the colour afterwards.

    forward: the sector's return over the next four trading hours, percent. A missing score or return, and a return of
    exactly 0, is no observation. All NaN without calls.
    """
    places, r, day = colour_places(scores, parameters), np.asarray(forward, dtype=np.float64), np.asarray(days)
    known = (places >= 0) & np.isfinite(r) & (r != 0)
    calls = known & (places != BLUE)
    hits = (np.sign(r) == np.sign(places - BLUE))[calls]
    n = int(calls.sum())
    up = float((r[calls] > 0).mean()) if n else math.nan
    rows = np.column_stack([hits, np.ones(n)])
    return HitRate(
        wilson_interval(int(hits.sum()), n),
        bootstrap_days(rows, day[calls], lambda sums: quotient(sums[:, 0], sums[:, 1])),
        max(up, 1 - up),
        n / int(known.sum()) if known.any() else math.nan,
        n,
    )


def information_coefficient(scores: npt.ArrayLike, forward: npt.ArrayLike, lags: int | None = None) -> MeanTest:
    """Mean over time of Spearman's correlation across sectors of score and forward return, with Newey-West t.

    scores, forward: (moments, sectors), oldest first. A moment with fewer than three known sectors is left out. lags:
    at least the number of moments over which forward returns overlap, default by the length.
    """
    a, b = np.asarray(scores, dtype=np.float64), np.asarray(forward, dtype=np.float64)
    return newey_west([rank_correlation(x, y) for x, y in zip(a, b, strict=True)], lags)


def persistence(
    scores: npt.ArrayLike,
    later: npt.ArrayLike,
    moved: npt.ArrayLike,
    moved_later: npt.ArrayLike,
    *,
    elapsed_variance: float,
    added_variance: float,
    parameters: ScoreParameters = V1,
) -> Persistence:
    """Does the light stay, and would it without any skill? All (n,), pairs of a reading and the one hours later.

    moved, moved_later: the sector's move since the previous close at both moments, percent. The variances of the move
    so far and of what is added between the moments give the no-skill share of signs that stay.
    """
    now, then = colour_places(scores, parameters), colour_places(later, parameters)
    pairs = (now >= 0) & (then >= 0)
    a, b = np.asarray(moved, dtype=np.float64), np.asarray(moved_later, dtype=np.float64)
    signs = np.isfinite(a) & np.isfinite(b) & (a != 0)
    same_sign = wilson_interval(int((np.sign(a) == np.sign(b))[signs].sum()), int(signs.sum()))
    no_skill = sign_persistence(elapsed_variance, added_variance)
    return Persistence(
        wilson_interval(int((now == then)[pairs].sum()), int(pairs.sum())),
        same_sign,
        no_skill,
        same_sign.value - no_skill,
    )


def tail_lift(
    scores: npt.ArrayLike, jumped: npt.ArrayLike, days: npt.ArrayLike, parameters: ScoreParameters = V1
) -> tuple[TailRate, ...]:
    """P(any stock of the sector rises 15 % or more before tomorrow's close) by colour, the five in their order.

    jumped: (n,) 1 or 0, NaN unknown. rate with Wilson's interval; lift over blue with a block bootstrap by day, NaN
    without blue readings or jumps in them.
    """
    places, event, day = colour_places(scores, parameters), np.asarray(jumped, dtype=np.float64), np.asarray(days)
    known = (places >= 0) & np.isfinite(event)
    places, happened, day = places[known], event[known] > 0, day[known]
    found = []
    for place, band in enumerate(BANDS):
        here, blue = places == place, places == BLUE
        rows = np.column_stack([here & happened, here, blue & happened, blue]).astype(np.float64)
        lift = bootstrap_days(rows, day, _lift)
        found.append(
            TailRate(band.colour, wilson_interval(int((here & happened).sum()), int(here.sum())), lift, int(here.sum()))
        )
    return tuple(found)


def _lift(sums: FloatArray) -> FloatArray:
    blue = quotient(sums[:, 2], sums[:, 3])
    return quotient(quotient(sums[:, 0], sums[:, 1]), np.where(np.isnan(blue), 0.0, blue))
