"""Four regimes out of three scores, with hysteresis and dwell (methods.md 9.3)."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit

from .parameters import ALT, BEAR, BTC, DEFAULT, NEITHER, Parameters

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
UNKNOWN = -1


class Levels(NamedTuple):
    """Bitcoin's price against its past, (t,): price / average of 200 days - 1, price / highest of 365 days - 1."""

    above_average: FloatArray
    drawdown: FloatArray


class Regimes(NamedTuple):
    """regime, target: (t,) places in REGIMES, -1 before the first score; waited: bars for which a target other than the
    regime has stood, (t,)."""

    regime: IntArray
    target: IntArray
    waited: IntArray


def compute_levels(price: npt.ArrayLike, per_day: int, parameters: Parameters = DEFAULT) -> Levels:
    """Distance from the 200-day average and from the 365-day high at every bar, of the days there are (30 at least)."""
    p = pd.Series(np.asarray(price, dtype=np.float64))
    least = parameters.least_history * per_day
    average = p.rolling(parameters.average * per_day, min_periods=least).mean()
    peak = p.rolling(parameters.peak * per_day, min_periods=least).max()
    return Levels((p / average - 1.0).to_numpy(), (p / peak - 1.0).to_numpy())


def score_regimes(
    levels: Levels, trend_btc: FloatArray, trend_ratio: FloatArray, parameters: Parameters = DEFAULT
) -> FloatArray:
    """(3, t) scores in [0, 1] of ALT_SEASON, BTC_SEASON, BEAR_MARKET; NaN where an input is.

    bear = s(-(p/ma - 1)/.05) s(-(dd + .35)/.05) s(-4 (Tb - .4));  alt = (1 - bear) s(8 (Tr - .20)) s(6 (Tb + .30));
    btc = (1 - bear) s(-8 Tr) s(6 Tb);  s: the logistic function.
    """
    q = parameters
    bear = (
        expit(-levels.above_average / q.average_scale)
        * expit(-(levels.drawdown + q.drawdown_at) / q.drawdown_scale)
        * expit(-q.bear_trend_slope * (trend_btc - q.bear_trend_at))
    )
    alt = expit(q.alt_ratio_slope * (trend_ratio - q.alt_ratio_at)) * expit(
        q.alt_trend_slope * (trend_btc - q.alt_trend_at)
    )
    btc = expit(-q.btc_ratio_slope * trend_ratio) * expit(q.btc_trend_slope * trend_btc)
    scores = np.empty((3, bear.size))
    scores[ALT], scores[BTC], scores[BEAR] = (1.0 - bear) * alt, (1.0 - bear) * btc, bear
    scores[:, np.isnan(scores).any(axis=0)] = np.nan
    return scores


def classify_regimes(scores: FloatArray, per_day: int, parameters: Parameters = DEFAULT) -> Regimes:
    """The regime at every bar of (3, t) scores.

    Target: the best score's regime if that is .40 or more, else the present one while its own is .25 or more, else
    TRANSITION. The first target is taken at once, later ones when the same target has stood for three days (18 scans).
    A bar without scores changes nothing and does not break a target's series.
    """
    size = scores.shape[1]
    needed = max(1, round(parameters.dwell * per_day))
    found = Regimes(np.full(size, UNKNOWN), np.full(size, UNKNOWN), np.zeros(size, dtype=np.int64))
    best, top = np.argmax(np.nan_to_num(scores, nan=-1.0), axis=0), scores.max(axis=0)
    state = pending = UNKNOWN
    waited = 0
    for place in range(size):
        if not np.isnan(top[place]):
            target = _target(int(best[place]), float(top[place]), state, scores[:, place], parameters)
            waited = 0 if target == state else waited + 1 if target == pending else 1
            pending = target
            if state == UNKNOWN or waited >= needed:
                state, waited = target, 0
            found.target[place] = target
        found.regime[place], found.waited[place] = state, waited
    return found


def compute_margin(scores: FloatArray) -> FloatArray:
    """(t,): the best score less the second best; NaN where the scores are."""
    ordered = np.sort(scores, axis=0)
    return np.asarray(ordered[-1] - ordered[-2])


def _target(best: int, top: float, state: int, scores: FloatArray, parameters: Parameters) -> int:
    if top >= parameters.take:
        return best
    if state not in (UNKNOWN, NEITHER) and scores[state] >= parameters.keep:
        return state
    return NEITHER
