"""What stocks like this one did after a spike: the chance of a close 30 % lower within ten sessions.

Two models on the same daily inputs. The integer card can be counted by hand, needs no input to be there and never falls
when a sign is added; the logistic regression ranks a little better and needs them all. Both speak of crashes, which are
not manipulation: no public truth of that exists for US small caps. Source: docs/methods/manipulation.md.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.calibration import Isotonic, Logistic, fit_isotonic, fit_logistic
from sentiment_site.quant.windows import rolling_median
from themes.kernels.red_flags import SPIKE_CHANGE, is_spike

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

CRASH, HORIZON = -30.0, 10  # percent, sessions
BASE_RATE, CALM_SHARE = 0.27, 0.3
FEWEST_OUTCOMES = 200


class Item(NamedTuple):
    """One line of the card. `name`: field of BehaviourInputs; thresholds are reached from (the cap: below)."""

    name: str
    title: str
    thresholds: tuple[float, ...]
    points: tuple[int, ...]


CARD: tuple[Item, ...] = (
    Item("change", "day's change, %", (35.0, 50.0, 100.0), (1, 2, 4)),
    Item("volatility", "daily volatility of 60 sessions, %", (5.0, 7.0), (2, 3)),
    Item("prior_change_5", "change of the five sessions before, %", (20.0, 50.0), (1, 2)),
    Item("prior_rvol_5", "volume of the five sessions before", (2.0,), (1,)),
    Item("rvol", "volume over the usual", (15.0, 40.0), (1, 2)),
    Item("cap", "market cap below $100 million", (100e6,), (1,)),
    Item("fade", "day's high above the close, %", (25.0,), (1,)),
    Item("spikes_250", "days of +25 % within a year", (3.0,), (1,)),
)
MOST_POINTS = sum(item.points[-1] for item in CARD)
# by points from 0 on; from 3,799 real spikes 2014-2024, held by 10,102 others, but for the last, which rested on 25
# and is theirs (412); docs/methods/manipulation.md
_BANDS = ((0, 0.01), (1, 0.08), (3, 0.19), (6, 0.36), (8, 0.44), (9, 0.60), (12, 0.71))
CARD_PROBABILITIES: tuple[float, ...] = tuple(
    next(p for first, p in reversed(_BANDS) if points >= first) for points in range(MOST_POINTS + 1)
)


@dataclass(frozen=True, slots=True, eq=False)
class BehaviourInputs:
    """n stocks on one session, (n,) each, NaN unknown; percent for changes.

    change, rvol: of the day (so far); volatility: standard deviation of the 60 daily changes before; prior_change_5,
    prior_change_20, prior_rvol_5: up to the last close; price, cap: dollars; fade: high above price; close_location:
    place of the price between low (0) and high (1); spikes_250: days of +25 % in the 250 sessions before; in_theme: 1
    while a theme it belongs to is active. ValueError for shapes that differ.
    """

    change: FloatArray
    volatility: FloatArray
    prior_change_5: FloatArray
    prior_change_20: FloatArray
    prior_rvol_5: FloatArray
    price: FloatArray
    cap: FloatArray
    rvol: FloatArray
    fade: FloatArray
    close_location: FloatArray
    spikes_250: FloatArray
    in_theme: FloatArray

    def __post_init__(self) -> None:
        """Refuse shapes that cannot belong together."""
        shapes = {np.shape(getattr(self, field.name)) for field in fields(self)}
        if len(shapes) != 1 or len(shapes.pop()) != 1:
            raise ValueError("a behaviour's inputs must all have the shape (n,)")


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """What was known before each session, (n, T + 1): column t uses the sessions before t only, the last one stands for
    the session to come. Units as in BehaviourInputs; typical_volume: median shares of 20 sessions."""

    volatility: FloatArray
    prior_change_5: FloatArray
    prior_change_20: FloatArray
    prior_rvol_5: FloatArray
    spikes_250: FloatArray
    typical_volume: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class BehaviourReading:
    """points (n, 8): of each item of CARD; probability (n,): of the card; score (n,): B, what enters the risk; applies
    (n,): a spike or an active theme, so that the card speaks for B; known (n, 8): items whose input is there;
    calm: the most that B can be where the card does not apply."""

    points: IntArray
    probability: FloatArray
    score: FloatArray
    applies: BoolArray
    known: BoolArray
    calm: float


def compute_history(close: npt.ArrayLike, volume: npt.ArrayLike) -> History:
    """History out of daily bars, (n, T) each, oldest first, adjusted for splits; NaN = no bar.

    A change needs a bar on both days. volatility: at least 20 of 60 changes; typical_volume: at least 10 of 20 bars;
    prior_rvol_5: at least 3 of 5 days, each over the typical volume before it; spikes_250: at least 20 changes.
    """
    price, shares = np.asarray(close, dtype=np.float64), np.asarray(volume, dtype=np.float64)
    if price.ndim != 2 or price.shape != shares.shape:
        raise ValueError(f"close {price.shape} and volume {shares.shape} must be (n, T)")
    price = np.where(np.isfinite(price) & (np.nan_to_num(price) > 0), price, np.nan)
    first = np.full((len(price), 1), np.nan)
    change = np.concatenate([first, _change(price, 1)], axis=1)[:, : price.shape[1]]
    typical = _before(rolling_median(shares, 20, 10) if price.shape[1] else shares)
    usual = np.where(np.nan_to_num(typical) > 0, typical, np.nan)
    multiple = shares / usual[:, :-1]
    return History(
        volatility=_deviation(change, 60, 20),
        prior_change_5=_since(price, 5),
        prior_change_20=_since(price, 20),
        prior_rvol_5=_mean(multiple, 5, 3),
        spikes_250=_window_sum(np.where(np.isnan(change), np.nan, change >= SPIKE_CHANGE), 250, 20),
        typical_volume=usual,
    )


def crashes(close: npt.ArrayLike, horizon: int = HORIZON, crash: float = CRASH) -> FloatArray:
    """1 where one of the next `horizon` closes is 30 % or more below this one, 0 where none is, (n, T).

    NaN where that is not yet decided or the close is missing. A stock that stops trading counts with the closes it had,
    at least one."""
    price = np.asarray(close, dtype=np.float64)
    lowest = np.full(price.shape, np.nan)
    for ahead in range(1, horizon + 1):
        lowest[:, :-ahead] = np.fmin(lowest[:, :-ahead], price[:, ahead:])
    hit = lowest <= price * (1 + crash / 100)
    undecided = np.arange(price.shape[1]) >= price.shape[1] - horizon
    known = ~np.isnan(price) & ~np.isnan(lowest) & (hit | ~undecided)
    return np.where(known, hit, np.nan)


def count_points(inputs: BehaviourInputs) -> IntArray:
    """Points of each item of CARD, (n, 8); an unknown input gives none."""
    columns = []
    for item in CARD:
        value = getattr(inputs, item.name)
        points = np.zeros(value.shape, dtype=np.int64)
        for threshold, worth in zip(item.thresholds, item.points, strict=True):
            reached = (value < threshold) & (value > 0) if item.name == "cap" else value >= threshold
            points = np.where(reached, worth, points)
        columns.append(points)
    return np.column_stack(columns)


def score_behaviour(
    inputs: BehaviourInputs, probabilities: tuple[float, ...] = CARD_PROBABILITIES, base_rate: float = BASE_RATE
) -> BehaviourReading:
    """The card and what of it enters the risk.

    B is the card's probability after a spike (is_spike) or in an active theme; else, and where that is unknown, the
    smaller of it and .3 * base_rate: it was measured after spikes only. `probabilities`: by points, not falling
    (recalibrate_card); ValueError otherwise.
    """
    table = np.array(probabilities)
    if table.shape != (MOST_POINTS + 1,) or (np.diff(table) < 0).any():
        raise ValueError(f"{MOST_POINTS + 1} probabilities that do not fall are needed")
    points = count_points(inputs)
    probability = table[points.sum(axis=1)]
    applies = is_spike(inputs.change, inputs.rvol) | (inputs.in_theme >= 1)
    calm = CALM_SHARE * base_rate
    known = np.column_stack([~np.isnan(getattr(inputs, item.name)) for item in CARD])
    score = np.where(applies, probability, np.minimum(probability, calm))
    return BehaviourReading(points, probability, score, applies, known, calm)


def recalibrate_card(points: npt.ArrayLike, crashed: npt.ArrayLike) -> tuple[float, ...] | None:
    """The card's probabilities from outcomes, isotonic; None with fewer than 200: base rates drift, small samples more.

    points, crashed: (m,) of past spikes. Points nobody had yet take the neighbour below, or the lowest seen.
    """
    counted, outcome = np.asarray(points, dtype=np.float64), np.asarray(crashed, dtype=np.float64)
    if counted.size < FEWEST_OUTCOMES:
        return None
    curve = fit_isotonic(counted, outcome)
    # a step curve, not a line between its points: nothing is claimed for points between two seen ones
    place = np.searchsorted(curve.x, np.arange(MOST_POINTS + 1), side="right") - 1
    return tuple(np.asarray(curve.y)[np.maximum(place, 0)].tolist())


FEATURES = ("change", "volatility", "prior_change_5", "prior_rvol_5", "ln_price", "ln_rvol", "fade", "ln_cap",
            "close_location", "z", "prior_change_20", "spikes_250")  # fmt: skip


def logistic_features(inputs: BehaviourInputs) -> FloatArray:
    """The twelve inputs of the logistic model, (n, 12) in the order of FEATURES, clipped to where data lie; NaN where
    unknown or impossible. Multiples and dollars as logarithms, z = change / volatility."""
    sigma = np.where(inputs.volatility > 0, inputs.volatility, np.nan)
    columns = (
        np.clip(inputs.change, 0, 300),
        np.clip(inputs.volatility, 0, 30),
        np.clip(inputs.prior_change_5, -60, 150),
        np.clip(inputs.prior_rvol_5, 0, 20),
        _log(inputs.price),
        _log(inputs.rvol),
        np.clip(inputs.fade, 0, 150),
        _log(inputs.cap),
        np.clip(inputs.close_location, 0, 1),
        np.clip(inputs.change / sigma, 0, 60),
        np.clip(inputs.prior_change_20, -80, 200),
        np.clip(inputs.spikes_250, 0, 20),
    )
    return np.column_stack(columns)


class CrashModel(NamedTuple):
    """A fitted logistic regression and which of FEATURES it uses."""

    used: tuple[str, ...]
    model: Logistic

    def probability(self, inputs: BehaviourInputs) -> FloatArray:
        """P(crash), (n,); NaN where one of its inputs is unknown."""
        return self.model.probability(logistic_features(inputs)[:, [FEATURES.index(name) for name in self.used]])


def fit_crash_model(inputs: BehaviourInputs, crashed: npt.ArrayLike, strength: float = 0.1) -> CrashModel:
    """Fit on past spikes, (m,); inputs that are unknown in more than half of them are left out, then rows that miss one
    of the others. ValueError (quant.calibration) if too little is left."""
    features, outcome = logistic_features(inputs), np.asarray(crashed, dtype=np.float64)
    column = np.flatnonzero(np.isnan(features).mean(axis=0) <= 0.5)
    rows = ~np.isnan(features[:, column]).any(axis=1) & ~np.isnan(outcome)
    model = fit_logistic(features[np.ix_(rows, column)], outcome[rows], strength)
    return CrashModel(tuple(FEATURES[place] for place in column), model)


def calibrate(probability: npt.ArrayLike, crashed: npt.ArrayLike) -> Isotonic | None:
    """Isotonic curve from scores to outcomes, None with fewer than 200 known pairs."""
    p, y = np.asarray(probability, dtype=np.float64), np.asarray(crashed, dtype=np.float64)
    known = np.isfinite(p) & np.isfinite(y)
    return fit_isotonic(p[known], y[known]) if known.sum() >= FEWEST_OUTCOMES else None


def _change(price: FloatArray, days: int) -> FloatArray:
    """Percent change over `days` columns, (n, T - days)."""
    return 100.0 * (price[:, days:] / price[:, :-days] - 1.0) if price.shape[1] > days else price[:, :0]


def _since(price: FloatArray, days: int) -> FloatArray:
    """Percent change of the last `days` sessions before each column, (n, T + 1)."""
    missing = np.full((len(price), min(days, price.shape[1]) + 1), np.nan)
    return np.concatenate([missing, _change(price, days)], axis=1)


def _before(values: FloatArray) -> FloatArray:
    """Shifted by one column: what was known when the session began, (n, T + 1)."""
    return np.concatenate([np.full((len(values), 1), np.nan), values], axis=1)


def _sums(values: FloatArray, window: int) -> FloatArray:
    """Sums of the `window` columns before each one, (n, T + 1)."""
    total = np.concatenate([np.zeros((len(values), 1)), np.cumsum(values, axis=1)], axis=1)
    start = np.maximum(np.arange(total.shape[1]) - window, 0)
    return np.asarray(total - total[:, start])


def _window_sum(values: FloatArray, window: int, fewest: int) -> FloatArray:
    known = ~np.isnan(values)
    enough = _sums(known.astype(np.float64), window) >= fewest
    return np.where(enough, np.round(_sums(np.where(known, values, 0.0), window)), np.nan)


def _mean(values: FloatArray, window: int, fewest: int) -> FloatArray:
    known = ~np.isnan(values)
    count = _sums(known.astype(np.float64), window)
    return np.where(count >= fewest, _sums(np.where(known, values, 0.0), window) / np.maximum(count, 1), np.nan)


def _deviation(values: FloatArray, window: int, fewest: int) -> FloatArray:
    """Sample standard deviation over the window. Deviations from a fixed centre keep the sums of squares small."""
    known = ~np.isnan(values)
    x = np.where(known, np.clip(np.nan_to_num(values), -100.0, 1000.0), 0.0)
    count = _sums(known.astype(np.float64), window)
    mean = _sums(x, window) / np.maximum(count, 1)
    squares = _sums(x**2, window) - count * mean**2
    return np.where(count >= fewest, np.sqrt(np.maximum(squares, 0.0) / np.maximum(count - 1, 1)), np.nan)


def _log(values: FloatArray) -> FloatArray:
    usable = np.isfinite(values) & (np.nan_to_num(values) > 0)
    return np.where(usable, np.log(np.where(usable, values, 1.0)), np.nan)
