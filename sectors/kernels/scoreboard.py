"""The rest of the honest numbers: tails per stock, lists, differences of two formulas, what chance alone would give.

Rows are readings, or places of a list; `days` (n,) is the session of each. Intervals resample blocks of ten days.
Source: docs/methods/sector-sentiment.md, section 20 (methods.md 1.12, 2, 10.1, 10.2); for the ratio held within sectors
Mantel and Haenszel (1959).
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sectors.kernels.colours import BANDS
from sectors.kernels.evaluation import BLUE, colour_places
from sectors.kernels.parameters import V1, FloatArray, ScoreParameters
from sentiment_site.quant.calibration import (
    Interval,
    bootstrap_days,
    quotient,
    sign_persistence,
    wilson_interval,
)


class Rate(NamedTuple):
    """A share with both intervals. baseline: what no skill gives on these rows; lift: share less baseline, by day."""

    wilson: Interval
    by_day: Interval
    baseline: float
    lift: Interval
    n: int


class ColourReturn(NamedTuple):
    """What a colour was followed by: the mean return, percent, and the share of rises."""

    colour: str
    mean: Interval
    rises: Interval
    n: int


class StockTail(NamedTuple):
    """How many of a colour's stocks jumped. rate: jumps over stocks; lift: over blue's rate; within: the same with each
    sector held against itself, because restless sectors are in the dark colours more often. n: readings."""

    colour: str
    rate: Interval
    lift: Interval
    within: Interval
    stocks: int
    n: int


def judge_share(hits: npt.ArrayLike, expected: npt.ArrayLike, days: npt.ArrayLike) -> Rate:
    """A share of hits beside the chance that each row had without any skill.

    hits: (n,) 1 or 0, expected: (n,) in [0, 1]; a row in which either is NaN is no observation. All NaN for none.
    """
    hit, chance, day = np.asarray(hits, dtype=float), np.asarray(expected, dtype=float), np.asarray(days)
    known = np.isfinite(hit) & np.isfinite(chance)
    hit, chance, day = hit[known], chance[known], day[known]
    n = int(hit.size)
    rows = np.column_stack([hit, hit - chance, np.ones(n)])
    return Rate(
        wilson_interval(int(hit.sum()), n),
        bootstrap_days(rows, day, lambda sums: quotient(sums[:, 0], sums[:, 2])),
        float(chance.mean()) if n else math.nan,
        bootstrap_days(rows, day, lambda sums: quotient(sums[:, 1], sums[:, 2])),
        n,
    )


def mean_by_day(values: npt.ArrayLike, days: npt.ArrayLike) -> Interval:
    """Mean of the known values with its interval; all NaN for none."""
    x, day = np.asarray(values, dtype=np.float64), np.asarray(days)
    known = np.isfinite(x)
    rows = np.column_stack([x[known], np.ones(int(known.sum()))])
    return bootstrap_days(rows, day[known], lambda sums: quotient(sums[:, 0], sums[:, 1]))


def hit_difference(
    scores: npt.ArrayLike,
    others: npt.ArrayLike,
    forward: npt.ArrayLike,
    days: npt.ArrayLike,
    parameters: ScoreParameters = V1,
) -> Interval:
    """Hit rate of `others` less that of `scores` on the same readings, each over its own non-blue calls.

    Drawn together, so that what both have in common cancels. As in `hit_rate`, a return of 0 is no observation.
    """
    r, day = np.asarray(forward, dtype=np.float64), np.asarray(days)
    known = np.isfinite(r) & (r != 0)
    columns = []
    for each in (scores, others):
        places = colour_places(each, parameters)
        calls = known & (places >= 0) & (places != BLUE)
        columns += [calls & (np.sign(np.where(known, r, 0.0)) == np.sign(places - BLUE)), calls]
    rows = np.column_stack(columns).astype(np.float64)[known]
    return bootstrap_days(
        rows, day[known], lambda sums: quotient(sums[:, 2], sums[:, 3]) - quotient(sums[:, 0], sums[:, 1])
    )


def colour_returns(
    scores: npt.ArrayLike, forward: npt.ArrayLike, days: npt.ArrayLike, parameters: ScoreParameters = V1
) -> tuple[ColourReturn, ...]:
    """What followed each of the five colours, in their order. forward: percent; a return of 0 is no rise."""
    places, r, day = colour_places(scores, parameters), np.asarray(forward, dtype=np.float64), np.asarray(days)
    found = []
    for place, band in enumerate(BANDS):
        here = (places == place) & np.isfinite(r)
        n = int(here.sum())
        rises = wilson_interval(int((r[here] > 0).sum()), n)
        found.append(ColourReturn(band.colour, mean_by_day(r[here], day[here]), rises, n))
    return tuple(found)


def stock_tail(
    scores: npt.ArrayLike,
    jumped: npt.ArrayLike,
    known: npt.ArrayLike,
    sectors: npt.ArrayLike,
    days: npt.ArrayLike,
    parameters: ScoreParameters = V1,
) -> tuple[StockTail, ...]:
    """Share of single stocks that rose 15 % or more, by the colour of their sector, the five in their order.

    jumped, known: (n,) how many of a reading's stocks jumped, of how many with a known outcome; sectors: (n,) labels.
    """
    places, day = colour_places(scores, parameters), np.asarray(days)
    jumps, stocks = np.asarray(jumped, dtype=np.float64), np.asarray(known, dtype=np.float64)
    used = (places >= 0) & (stocks > 0)
    places, day, jumps, stocks = places[used], day[used], jumps[used], stocks[used]
    _, sector = np.unique(np.asarray(sectors)[used], return_inverse=True)
    strata = np.eye(int(sector.max(initial=0)) + 1)[sector]
    found = []
    for place, band in enumerate(BANDS):
        here, blue = (places == place)[:, None], (places == BLUE)[:, None]
        parts = [strata * side * of[:, None] for side in (here, blue) for of in (jumps, stocks)]
        rows = np.hstack(parts)
        total = bootstrap_days(rows, day, lambda sums: _pooled(sums)[0])
        lift = bootstrap_days(rows, day, lambda sums: quotient(*_pooled(sums)))
        within = bootstrap_days(rows, day, _mantel_haenszel)
        n = int(here.sum())
        found.append(StockTail(band.colour, total, lift, within, int(stocks[here[:, 0]].sum()), n))
    return tuple(found)


def no_skill_share(moved: npt.ArrayLike, added: npt.ArrayLike, groups: npt.ArrayLike) -> float:
    """The share of moves that keep their sign if what is added is a coin's, by the variances measured here.

    moved: (n,) the move so far; added: (n,) what came after; groups: (n,) within which variances are alike, such as the
    time of day. Mean of the groups' shares (10.2), each as often as it occurs; NaN for no pair that moved.
    """
    a, b, group = np.asarray(moved, dtype=np.float64), np.asarray(added, dtype=np.float64), np.asarray(groups)
    used = np.isfinite(a) & np.isfinite(b) & (a != 0)
    total, n = 0.0, int(used.sum())
    for label in np.unique(group[used]):
        rows = used & (group == label)
        total += int(rows.sum()) * sign_persistence(float((a[rows] ** 2).mean()), float((b[rows] ** 2).mean()))
    return total / n if n else math.nan


def chance_agreement(scores: npt.ArrayLike, later: npt.ArrayLike, parameters: ScoreParameters = V1) -> float:
    """How often two colours would agree if the later one were drawn from the later ones at random; NaN for no pair."""
    now, then = colour_places(scores, parameters), colour_places(later, parameters)
    pairs = (now >= 0) & (then >= 0)
    if not pairs.any():
        return math.nan
    shares = [np.bincount(places[pairs], minlength=len(BANDS)) / pairs.sum() for places in (now, then)]
    return float(shares[0] @ shares[1])


def skill_interval(p: npt.ArrayLike, outcome: npt.ArrayLike, days: npt.ArrayLike) -> Interval:
    """Brier skill of probabilities against the outcomes' own share, with its interval by day; NaN rows take no part."""
    probability, y, day = np.asarray(p, dtype=np.float64), np.asarray(outcome, dtype=np.float64), np.asarray(days)
    known = np.isfinite(probability) & np.isfinite(y)
    probability, y = probability[known], y[known]
    rows = np.column_stack([(probability - y) ** 2, y, np.ones(y.size)])
    return bootstrap_days(rows, day[known], _skill)


def _skill(sums: FloatArray) -> FloatArray:
    share = sums[:, 1] / sums[:, 2]
    return 1 - quotient(sums[:, 0] / sums[:, 2], share * (1 - share))


def _pooled(sums: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The colour's rate and blue's, over all sectors; a rate of nothing, and a blue rate of 0 to divide by, is NaN."""
    jumps, stocks, blue_jumps, blue_stocks = (part.sum(axis=1) for part in np.split(sums, 4, axis=1))
    return quotient(jumps, stocks), np.nan_to_num(quotient(blue_jumps, blue_stocks))


def _mantel_haenszel(sums: FloatArray) -> FloatArray:
    """Ratio of two rates over strata: sum(a n0 / T) / sum(b n1 / T); sums: (draws, 4 * strata)."""
    jumps, stocks, blue_jumps, blue_stocks = np.split(sums, 4, axis=1)
    total = np.where(stocks + blue_stocks > 0, stocks + blue_stocks, 1.0)
    both = (stocks > 0) & (blue_stocks > 0)
    above = np.where(both, jumps * blue_stocks / total, 0.0).sum(axis=1)
    below = np.where(both, blue_jumps * stocks / total, 0.0).sum(axis=1)
    return quotient(above, below)
