"""The figures: agreement with the labels, latency, changes, shares, and what followed each permission."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import pandas as pd

from macro.evaluation.history import History
from macro.evaluation.labels import FIRST_DAY, HELD_OUT, PERIODS, Period, classify_naive, label_days
from macro.kernels.engine import Path, compute_path, regime_names
from macro.kernels.parameters import DEFAULT, PERMISSIONS, REGIMES, Parameters
from sentiment_site.quant.calibration import Interval, block_counts

FloatArray = npt.NDArray[np.float64]
Names = npt.NDArray[np.object_]

BLOCK_DAYS, DRAWS, SEED = 60, 2000, 20240514
HORIZONS: Final = (7, 30)
YEAR: Final = 365.25
MARGINS: Final = (0.0, 0.1, 0.2, 0.3, 0.45, 0.6, 0.8, 1.0)


class Agreement(NamedTuple):
    """Balanced accuracy of one series of regimes: the mean over the labels present of the share of their days. NaN
    where no label is."""

    name: str
    before: float
    after: float
    whole: float
    changes_a_year: float


class PeriodScore(NamedTuple):
    """Share of a period's days with its label, of the engine and the rule of thumb; latency: days until the engine
    first said so, None if never."""

    period: Period
    share: float
    naive: float
    latency: int | None


class Aftermath(NamedTuple):
    """What followed the days of one permission: log return of the alts and the worst fall below the day's level."""

    permission: str
    share: float
    days: int
    returns: tuple[Interval, ...]
    falls: tuple[Interval, ...]


class Persistence(NamedTuple):
    """Days whose margin or probability lay in a band, and the share of them with the same regime a week later."""

    low: float
    high: float
    days: int
    share: float


class Scoreboard(NamedTuple):
    """Everything that is printed. span: the balanced accuracy after the cut of the best settings before it."""

    days: pd.DatetimeIndex
    agreements: tuple[Agreement, ...]
    periods: tuple[PeriodScore, ...]
    settings: int
    span: tuple[float, float]
    correlation: float
    shares: dict[str, float]
    aftermath: tuple[Aftermath, ...]
    margins: tuple[Persistence, ...]
    probabilities: tuple[Persistence, ...]
    deciles: tuple[int, ...]


def score_history(history: History, parameters: Parameters = DEFAULT) -> Scoreboard:
    """The engine over a history, from 2016 on; what lies before only warms it up."""
    path = compute_path(history.bars, parameters)
    span = slice(_place(history.days, FIRST_DAY), None)
    days, labels = history.days[span], label_days(history.days)[span]
    engine = np.array(regime_names(path.regimes.regime), dtype=object)[span]
    codes = classify_naive(path.variables.price, path.variables.dominance)
    naive = np.array([REGIMES[code] for code in codes], dtype=object)[span]
    trained = days < pd.Timestamp(HELD_OUT)
    labelled = labels[trained & (labels != "")]
    majority = np.full(len(days), pd.Series(labelled).mode().iloc[0], dtype=object)
    settings = [_agreement(str(number), days, labels, _regimes(history, one)[span])
                for number, one in enumerate(list_settings(parameters))]  # fmt: skip
    best = sorted(settings, key=lambda each: each.before)[-12:]
    return Scoreboard(
        days=days,
        agreements=(
            _agreement("the engine", days, labels, engine),
            _agreement("rule of thumb (dominance 30 d, 200-day average)", days, labels, naive),
            _agreement("always the commonest label", days, labels, majority),
        ),
        periods=tuple(_score_period(period, days, engine, naive) for period in PERIODS),
        settings=len(settings),
        span=(min(each.after for each in best), max(each.after for each in best)),
        correlation=float(np.corrcoef([each.before for each in settings], [each.after for each in settings])[0, 1]),
        shares={name: float((engine == name).mean()) for name in REGIMES},
        aftermath=list_aftermath(path, history),
        margins=_persistence(path, path.margin, span, MARGINS),
        probabilities=_persistence(path, path.persistence, span, (0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 1.0)),
        deciles=tuple(int(n) for n in np.histogram(_known(path.confidence[span]), 10, (0.0, 100.0))[0]),
    )


def list_settings(parameters: Parameters = DEFAULT) -> list[Parameters]:
    """Neighbours of the constants: which of them were chosen tells how much the choice was worth."""
    grid = itertools.product(
        (0.10, 0.15, 0.20, 0.25), (0.25, 0.30, 0.35, 0.40), (1.0, 2.0, 3.0, 5.0), (-0.5, -0.3, -0.1)
    )
    return [
        replace(parameters, alt_ratio_at=ratio, drawdown_at=drawdown, dwell=dwell, alt_trend_at=trend)
        for ratio, drawdown, dwell, trend in grid
    ]


def balanced_accuracy(labels: Names, said: Names) -> float:
    """Mean over the labels that occur of the share of their days that were called so; NaN without labels."""
    names = sorted(set(labels[labels != ""].tolist()))
    return float(np.mean([(said[labels == name] == name).mean() for name in names])) if names else math.nan


def mean_by_blocks(values: FloatArray, chosen: npt.NDArray[np.bool_], counts: FloatArray) -> Interval:
    """Mean of the chosen values with a 95 % interval from a circular bootstrap over blocks of 60 days of the whole
    calendar, so that neighbours and overlapping windows stay together. counts: `block_counts` of as many days."""
    usable = chosen & ~np.isnan(values)
    sums = np.column_stack([np.where(usable, values, 0.0), usable.astype(np.float64)])
    drawn = counts @ sums
    means = drawn[:, 0][drawn[:, 1] > 0] / drawn[:, 1][drawn[:, 1] > 0]
    if not usable.any():
        return Interval(math.nan, math.nan, math.nan)
    low, high = np.quantile(means, (0.025, 0.975))
    return Interval(float(values[usable].mean()), float(low), float(high))


def list_aftermath(path: Path, history: History) -> tuple[Aftermath, ...]:
    """What followed each permission, the most open first, from the held-out cut on."""
    span = slice(_place(history.days, HELD_OUT), None)
    alt = np.log(path.variables.alt[span])
    known = ~np.isnan(alt)
    counts = block_counts(alt.size, BLOCK_DAYS, DRAWS, SEED)
    returns, falls = zip(*(_forward(alt, horizon) for horizon in HORIZONS), strict=True)
    found = []
    for step, permission in reversed(list(enumerate(PERMISSIONS))):
        chosen = path.permission[span] == step
        found.append(
            Aftermath(
                permission,
                float(chosen[known].mean()),
                int((chosen & known).sum()),
                tuple(mean_by_blocks(values, chosen, counts) for values in returns),
                tuple(mean_by_blocks(values, chosen, counts) for values in falls),
            )
        )
    return tuple(found)


def _regimes(history: History, parameters: Parameters) -> Names:
    return np.array(regime_names(compute_path(history.bars, parameters).regimes.regime), dtype=object)


def _agreement(name: str, days: pd.DatetimeIndex, labels: Names, said: Names) -> Agreement:
    trained = np.asarray(days < pd.Timestamp(HELD_OUT))
    changes = int((said[1:] != said[:-1]).sum())
    return Agreement(
        name,
        balanced_accuracy(labels[trained], said[trained]),
        balanced_accuracy(labels[~trained], said[~trained]),
        balanced_accuracy(labels, said),
        changes / (len(days) / YEAR),
    )


def _score_period(period: Period, days: pd.DatetimeIndex, engine: Names, naive: Names) -> PeriodScore:
    inside = np.asarray((days >= pd.Timestamp(period.first)) & (days <= pd.Timestamp(period.last)))
    right = engine[inside] == period.regime
    latency = int(np.argmax(right)) if right.any() else None
    return PeriodScore(period, float(right.mean()), float((naive[inside] == period.regime).mean()), latency)


def _forward(level: FloatArray, horizon: int) -> tuple[FloatArray, FloatArray]:
    """Log return over the next `horizon` days, and the deepest point on the way below today's level (0 if none)."""
    returns, falls = np.full(level.size, np.nan), np.full(level.size, np.nan)
    if level.size > horizon:
        returns[:-horizon] = level[horizon:] - level[:-horizon]
        windows = np.lib.stride_tricks.sliding_window_view(level, horizon + 1)
        falls[:-horizon] = windows.min(axis=1) - level[:-horizon]
    return returns, falls


def _persistence(path: Path, values: FloatArray, span: slice, bands: Sequence[float]) -> tuple[Persistence, ...]:
    ahead = DEFAULT.ahead
    regime, known = path.regimes.regime[span], values[span][:-ahead]
    same = regime[ahead:] == regime[:-ahead]
    found = []
    for low, high in itertools.pairwise(bands):
        inside = (known >= low) & ((known < high) | (high == bands[-1]))
        found.append(
            Persistence(low, high, int(inside.sum()), float(same[inside].mean()) if inside.any() else math.nan)
        )
    return tuple(found)


def _known(values: FloatArray) -> FloatArray:
    return values[~np.isnan(values)]


def _place(days: pd.DatetimeIndex, day: dt.date) -> int:
    """How many of the days lie before `day`."""
    return int((days < pd.Timestamp(day)).sum())
