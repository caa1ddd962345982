"""The kernels put together: bars in, the whole path of regime, confidence and permission out, and its last reading."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .bars import DAY_S, Bars, Variables, derive_variables
from .confidence import Confidence, compute_persistence, deduct, score_confidence
from .parameters import DEFAULT, DIRECTIONS, PERMISSIONS, REGIMES, Parameters
from .permission import classify_permission, score_macro
from .regimes import (
    UNKNOWN,
    Levels,
    Regimes,
    classify_regimes,
    compute_levels,
    compute_margin,
    score_regimes,
)
from .trend import classify_direction, compute_trend, score_strength

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]


class NotEnoughHistory(ValueError):
    """The bars end before a regime can be told: fewer than 30 days, or the newest bar lacks what it needs."""


class Path(NamedTuple):
    """Everything the engine derives, bar by bar, (t,) each; scores (3, t). Nothing at a bar depends on later ones."""

    bars: Bars
    variables: Variables
    trend_btc: FloatArray
    trend_alt: FloatArray
    trend_ratio: FloatArray
    levels: Levels
    scores: FloatArray
    margin: FloatArray
    regimes: Regimes
    persistence: FloatArray
    confidence: FloatArray
    macro: FloatArray
    permission: IntArray


class Trend(NamedTuple):
    """One trend at the last bar: T, direction UP, DOWN or SIDEWAYS, strength 0 to 100."""

    value: float
    direction: str
    strength: int


class Reading(NamedTuple):
    """The last bar of a path in the product's words. `probability`: that the regime is the same a week later;
    `at_once`: the permission before stale data closed it."""

    at: int
    regime: str
    target: str
    waited: int
    permission: str
    at_once: str
    macro: float
    scores: tuple[float, float, float]
    margin: float
    probability: float
    confidence: Confidence
    btc: Trend
    alt: Trend
    ratio: Trend
    history_days: float


def compute_path(bars: Bars, parameters: Parameters = DEFAULT) -> Path:
    """The whole path of an even grid of bars, daily or every four hours. Inputs are not changed."""
    per_day = bars.per_day
    variables = derive_variables(bars)
    btc, alt, ratio = (
        compute_trend(level, per_day, parameters) for level in (variables.price, variables.alt, variables.ratio)
    )
    levels = compute_levels(variables.price, per_day, parameters)
    scores = score_regimes(levels, btc, ratio, parameters)
    regimes = classify_regimes(scores, per_day, parameters)
    margin = compute_margin(scores)
    persistence = compute_persistence(margin, regimes.regime, bars.at, per_day, parameters)
    macro = score_macro(btc, alt, parameters)
    return Path(
        bars, variables, btc, alt, ratio, levels, scores, margin, regimes, persistence,
        score_confidence(persistence), macro, classify_permission(macro, regimes.regime, parameters),
    )  # fmt: skip


def read_last(path: Path, age_hours: float, parameters: Parameters = DEFAULT) -> Reading:
    """The reading at the newest bar with a score; `age_hours`: of the newest figures in it. NotEnoughHistory if none.

    Figures older than 24 hours permit nothing, whatever the market was like.
    """
    usable = np.flatnonzero(~np.isnan(path.margin) & ~np.isnan(path.macro))
    if not usable.size:
        days = len(path.bars.at) / path.bars.per_day
        raise NotEnoughHistory(f"{days:.0f} days of readings; a regime needs {parameters.least_history} without gaps")
    last = int(usable[-1])
    begins = max(last - max(parameters.horizons) * path.bars.per_day, 0)
    first = int(np.flatnonzero(~np.isnan(path.variables.ratio))[0])
    history = (int(path.bars.at[last]) - int(path.bars.at[first])) / DAY_S
    step = PERMISSIONS[int(path.permission[last])]
    return Reading(
        at=int(path.bars.at[last]),
        regime=REGIMES[int(path.regimes.regime[last])],
        target=REGIMES[int(path.regimes.target[last])],
        waited=int(path.regimes.waited[last]),
        permission=PERMISSIONS[0] if age_hours > parameters.too_old_hours else step,
        at_once=step,
        macro=float(path.macro[last]),
        scores=(float(path.scores[0, last]), float(path.scores[1, last]), float(path.scores[2, last])),
        margin=float(path.margin[last]),
        probability=float(path.persistence[last]),
        confidence=deduct(
            float(path.confidence[last]),
            age_hours=age_hours,
            estimated=bool(path.bars.estimated[begins : last + 1].any()),
            history_days=history,
            parameters=parameters,
        ),
        btc=read_trend(path.trend_btc[: last + 1], path.bars.per_day, parameters),
        alt=read_trend(path.trend_alt[: last + 1], path.bars.per_day, parameters),
        ratio=read_trend(path.trend_ratio[: last + 1], path.bars.per_day, parameters),
        history_days=history,
    )


def read_trend(trend: FloatArray, per_day: int, parameters: Parameters = DEFAULT) -> Trend:
    """The last value of a trend (t,) with its direction and strength. ValueError where it is unknown."""
    if not trend.size or np.isnan(trend[-1]):
        raise ValueError("the newest trend is unknown")
    strength = float(score_strength(trend, per_day, parameters)[-1])
    return Trend(float(trend[-1]), DIRECTIONS[int(classify_direction(trend, parameters)[-1])], round(strength))


def regime_names(codes: IntArray) -> list[str]:
    """The names of (t,) places in REGIMES, "" for what is unknown."""
    return ["" if code == UNKNOWN else REGIMES[code] for code in codes.tolist()]
