"""Figures for a report: areas under curves, intervals by resampling, Markdown tables."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy.stats import rankdata

from sentiment_site.quant.calibration import Interval, block_counts

FloatArray = npt.NDArray[np.float64]


def auc(score: npt.ArrayLike, outcome: npt.ArrayLike) -> float:
    """Chance that a positive outranks a negative, ties half; NaN without both kinds. Pairs with NaN are left out."""
    s, y = np.asarray(score, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    known = np.isfinite(s) & np.isfinite(y)
    s, positive = s[known], y[known] == 1
    hits, misses = int(positive.sum()), int((~positive).sum())
    if not hits or not misses:
        return float("nan")
    return float((rankdata(s)[positive].sum() - hits * (hits + 1) / 2) / (hits * misses))


def auc_interval(score: FloatArray, outcome: FloatArray, days: npt.ArrayLike, draws: int = 400) -> Interval:
    """AUC with a 95 % interval from drawing blocks of ten days."""
    distinct, place = np.unique(np.asarray(days), return_inverse=True)
    rows_of = [np.flatnonzero(place == day) for day in range(distinct.size)]
    drawn = []
    for counts in block_counts(distinct.size, min(10, distinct.size), draws, 20240514):
        rows = np.concatenate([np.tile(rows_of[day], int(times)) for day, times in enumerate(counts) if times])
        drawn.append(auc(score[rows], outcome[rows]))
    low, high = np.nanquantile(drawn, [0.025, 0.975])
    return Interval(auc(score, outcome), float(low), float(high))


def table(head: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A Markdown table, all but the first column right aligned."""
    rule = ["---", *("---:" for _ in head[1:])]
    return "\n".join("| " + " | ".join(str(cell) for cell in row) + " |" for row in [head, rule, *rows])


def percent(share: float, digits: int = 1) -> str:
    """A share in percent, an en dash for NaN."""
    return "–" if np.isnan(share) else f"{100 * share:.{digits}f} %"


def span(interval: Interval, digits: int = 1) -> str:
    """A share with its interval, in percent."""
    low, high = f"{100 * interval.low:.{digits}f}", f"{100 * interval.high:.{digits}f}"
    return "–" if np.isnan(interval.value) else f"{100 * interval.value:.{digits}f} % ({low}-{high})"
