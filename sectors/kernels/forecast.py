"""The calibrated layer: a walk-forward probability that the sector rises over the next four trading hours.

It is published only with its measured skill, and reads "no edge" unless the skill is above zero. Source:
docs/methods/sector-sentiment.md, section 21 (methods.md 1.10).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from sectors.kernels.parameters import HORIZONS, V1, FloatArray, ScoreParameters
from sentiment_site.quant.calibration import Murphy, brier_skill, calibration_error, fit_isotonic, fit_logistic, murphy

NO_EDGE = "no edge"
FEATURES: tuple[str, ...] = (
    "score",
    "base",
    *(f"b_{horizon}" for horizon in HORIZONS),
    "vc",
    "cd",
    "tc",
    "up_share",
    "dispersion",
    *(f"benchmark_b_{horizon}" for horizon in HORIZONS),
    "session_share",
    "first_half_hour_return",
)


@dataclass(frozen=True, slots=True)
class ForecastParameters:
    """Strength is scikit-learn's C; refit, isotonic window, history and purge are counted in sessions."""

    strength: float = 0.1
    refit: int = 5
    isotonic_days: int = 60
    isotonic_rows: int = 100
    fewest_days: int = 60
    purge: int = 1


FORECAST = ForecastParameters()


class Forecast(NamedTuple):
    """p: (n,) after isotonic calibration, NaN before there is enough history; raw: the logistic model's own."""

    p: FloatArray
    raw: FloatArray


class Verdict(NamedTuple):
    """What may be said of the probabilities: their skill against the share of rises, and their calibration."""

    text: str
    skill: float
    calibration_error: float
    murphy: Murphy
    n: int


def feature_row(
    factors: Mapping[str, Any],
    score: Decimal,
    benchmark_returns: npt.ArrayLike,
    session_share: float,
    first_half_hour_return: float,
    parameters: ScoreParameters = V1,
) -> FloatArray:
    """The features of one stored reading with a base, in the order of FEATURES; a missing one is 0, its neutral value.

    benchmark_returns: (4,) percent; session_share: 0 at 04:00 and 1 at 20:00; first_half_hour_return: the sector's,
    percent, NaN before 10:00.
    """
    horizons = [factors["horizons"][horizon]["b"] for horizon in HORIZONS]
    benchmark = np.tanh(np.asarray(benchmark_returns, dtype=np.float64) / parameters.scales)
    dispersion = factors["breadth"]["dispersion"]
    up = factors["breadth"]["up"]
    values = [
        float(score),
        factors["base"],
        *(b or 0.0 for b in horizons),
        factors["vc"] - 1.0,
        factors["cd"] - 1.0,
        factors["tc"] - 1.0,
        0.0 if up is None else up - 0.5,
        dispersion or 0.0,
        *benchmark,
        session_share,
        first_half_hour_return,
    ]
    return np.nan_to_num(np.array(values, dtype=np.float64), nan=0.0)


def walk_forward(
    features: npt.ArrayLike, outcome: npt.ArrayLike, days: npt.ArrayLike, parameters: ForecastParameters = FORECAST
) -> Forecast:
    """A probability for every row from earlier sessions only.

    features: (n, k) known; outcome: (n,) 1 the sector rose, 0 it fell, NaN not settled (it is predicted, never learned
    from); days: (n,) integers that ascend with the sessions, rows in any order. Every fifth session the model is fitted
    again on all sessions before the purge, an isotonic curve on its own forecasts of the 60 sessions before that; with
    fewer than 100 of them the raw probability stands.
    """
    x, y = np.asarray(features, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    _, session = np.unique(np.asarray(days), return_inverse=True)
    raw, p = np.full(len(y), np.nan), np.full(len(y), np.nan)
    for start in range(parameters.fewest_days, int(session.max(initial=-1)) + 1, parameters.refit):
        now = (session >= start) & (session < start + parameters.refit)
        settled = np.isfinite(y) & (session < start - parameters.purge)
        if np.unique(y[settled]).size < 2:
            continue
        raw[now] = fit_logistic(x[settled], y[settled], parameters.strength).probability(x[now])
        recent = settled & np.isfinite(raw) & (session >= start - parameters.purge - parameters.isotonic_days)
        enough = recent.sum() >= parameters.isotonic_rows
        p[now] = fit_isotonic(raw[recent], y[recent])(raw[now]) if enough else raw[now]
    return Forecast(p, raw)


def judge(p: npt.ArrayLike, outcome: npt.ArrayLike) -> Verdict:
    """Whether the probabilities may be shown: their Brier skill against the share of rises itself must be above zero.

    That constant is known only afterwards, which makes it the hardest one. NaN rows take no part; no rows: no edge.
    """
    probability, y = np.asarray(p, dtype=np.float64), np.asarray(outcome, dtype=np.float64)
    n = int((np.isfinite(probability) & np.isfinite(y)).sum())
    skill = brier_skill(probability, y)
    text = "" if skill > 0 else NO_EDGE
    return Verdict(text, skill, calibration_error(probability, y), murphy(probability, y), n)
