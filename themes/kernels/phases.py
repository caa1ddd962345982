"""In which phase of a pump a stock is: a hidden Markov model over half-hour bars, read forward as bars arrive.

The phases tell the shape of a move, not who is behind it: an honest squeeze runs, peaks and fades too. Read them beside
the risk. All numbers are design, none is fitted; docs/methods/manipulation.md says how far they carry.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.windows import trailing_median

FloatArray = npt.NDArray[np.float64]

SESSIONS, FEWEST_SESSIONS, PEAK_SESSIONS = 20, 5, 5
LEAST_RISE = 0.15  # log rise of the recent high above the base from which a loss of it means something
_MAD_TO_SIGMA = 1.4826
_LEAST_SIGMA = 0.002  # log return of a half-hour
_FARTHEST = 3.0  # deviations: moves have fat tails, one wild half-hour of a quiet stock is no run


class Phase(IntEnum):
    """In the order of a pump's life."""

    QUIET = 0
    ACCUMULATION = 1
    RUN = 2
    PEAK = 3
    DUMP = 4
    AFTERMATH = 5


START: FloatArray = np.array([0.955, 0.02, 0.005, 0.0, 0.005, 0.015])
# from row to column, per half-hour bar: a run lasts about a day, an accumulation a week, an aftermath two
TRANSITIONS: FloatArray = np.array(
    [
        [0.9990, 0.0008, 0.0002, 0.0, 0.0, 0.0],
        [0.0080, 0.9850, 0.0070, 0.0, 0.0, 0.0],
        [0.0050, 0.0, 0.9250, 0.0500, 0.0200, 0.0],
        [0.0050, 0.0, 0.0800, 0.7500, 0.1600, 0.0050],
        [0.0020, 0.0, 0.0100, 0.0, 0.9280, 0.0600],
        [0.0080, 0.0, 0.0020, 0.0, 0.0, 0.9900],
    ]
)


class Feature(NamedTuple):
    """Means and deviations by phase; weight: below 1 where neighbouring bars repeat each other; limits of the value."""

    name: str
    means: tuple[float, ...]
    deviations: tuple[float, ...]
    weight: float
    limits: tuple[float, float]


FEATURES: tuple[Feature, ...] = (
    Feature("move, sigmas of this half-hour", (0, 0.1, 1.6, 0, -1.4, 0), (1.2, 1.2, 1.8, 1.8, 2, 1.3), 1.0, (-6, 6)),
    Feature("ln volume over the usual", (-0.2, 0.4, 1.8, 2.2, 1.6, 0.7), (0.8, 0.8, 1.0, 0.9, 1.0, 0.9), 0.5, (-4, 5)),
    Feature("ln recent high over the base", (0.06, 0.08, 0.4, 0.65, 0.6, 0.5), (0.08, 0.1, 0.35, 0.35, 0.4, 0.35), 0.3,
            (-1, 2)),
    Feature("share of the rise that is lost", (0.4, 0.3, 0.1, 0.15, 0.5, 0.8), (0.4, 0.4, 0.15, 0.15, 0.3, 0.25), 0.3,
            (0, 1.5)),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Segment:
    """A stretch of the timeline: bars first to last (included), mean probability of the phase over them."""

    phase: Phase
    first: int
    last: int
    probability: float


def observe_bars(close: npt.ArrayLike, volume: npt.ArrayLike, first: int = 0) -> FloatArray:
    """What the model sees of each bar, (n, (D - first) * B, 4) in the order of FEATURES; NaN = unknown.

    close, volume: (n, D, B) of D sessions of B half-hours, adjusted for splits, NaN = no bar. Every norm is that of the
    same half-hour in the 20 sessions before (at least 5): sigma = 1.4826 median |log return|, volume its median; the
    base is the median of the daily closes of those sessions, the recent high the highest close of the last 5 x B bars.
    A return spans missing bars. first: so many sessions serve as norms only; 21 of 22 to see the newest one alone,
    which is much faster. ValueError for other shapes.
    """
    price, shares = np.asarray(close, dtype=np.float64), np.asarray(volume, dtype=np.float64)
    if price.ndim != 3 or price.shape != shares.shape:
        raise ValueError(f"close {price.shape} and volume {shares.shape} must be (n, D, B)")
    n, days, bars = price.shape
    wanted = max(days - first, 0)
    if not price.size or not wanted:
        return np.full((n, wanted * bars, len(FEATURES)), np.nan)
    log = _log(price).reshape(n, days * bars)
    last = _carried(log)
    move = np.full(log.shape, np.nan)
    move[:, 1:] = log[:, 1:] - last[:, :-1]
    by_day, level = move.reshape(n, days, bars), log.reshape(n, days, bars)[:, first:]
    sigma = _MAD_TO_SIGMA * _norm(np.abs(by_day), first)
    usual = _norm(np.where(shares > 0, shares, np.nan), first)
    base = _norm(last.reshape(n, days, bars)[:, :, -1:], first)
    high = _highest(log, PEAK_SESSIONS * bars).reshape(n, days, bars)[:, first:]
    rise = high - base
    lost = np.where(rise >= LEAST_RISE, (high - level) / np.maximum(rise, LEAST_RISE), np.nan)
    scaled = by_day[:, first:] / np.maximum(sigma, _LEAST_SIGMA)
    seen = np.stack([scaled, _log(shares[:, first:]) - _log(usual), rise, lost], axis=-1)
    low, top = np.array([each.limits for each in FEATURES]).T
    return np.asarray(np.clip(seen, low, top).reshape(n, wanted * bars, len(FEATURES)))


def begin_phases(size: int) -> FloatArray:
    """The belief before the first bar, (n, 6)."""
    return np.tile(START, (size, 1))


def advance_phases(belief: npt.ArrayLike, observation: npt.ArrayLike) -> FloatArray:
    """The belief after one more bar, (n, 6), rows sum to 1. belief (n, 6); observation (n, 4), NaN says nothing."""
    ahead = np.asarray(belief, dtype=np.float64) @ TRANSITIONS
    posterior = ahead * _likelihood(np.asarray(observation, dtype=np.float64))
    return np.asarray(posterior / posterior.sum(axis=-1, keepdims=True))


def filter_phases(observations: npt.ArrayLike) -> FloatArray:
    """Probability of each phase at each bar from the bars up to it, (n, T, 6): what was known then.
    observations (n, T, 4)."""
    seen = np.asarray(observations, dtype=np.float64)
    beliefs = np.empty((*seen.shape[:2], len(Phase)))
    belief = begin_phases(len(seen))
    for bar in range(seen.shape[1]):
        belief = advance_phases(belief, seen[:, bar])
        beliefs[:, bar] = belief
    return beliefs


def smooth_phases(observations: npt.ArrayLike) -> FloatArray:
    """Probability of each phase at each bar from all bars given, (n, T, 6): what is known now about then.

    The last bar is that of filter_phases. For a timeline at a moment, pass the bars up to that moment."""
    seen = np.asarray(observations, dtype=np.float64)
    beliefs = filter_phases(seen)
    ahead = np.ones((len(seen), len(Phase)))
    for bar in range(seen.shape[1] - 2, -1, -1):
        ahead = (ahead * _likelihood(seen[:, bar + 1])) @ TRANSITIONS.T
        ahead /= ahead.max(axis=-1, keepdims=True)
        both = beliefs[:, bar] * ahead
        beliefs[:, bar] = both / both.sum(axis=-1, keepdims=True)
    return beliefs


def make_timeline(beliefs: npt.ArrayLike) -> tuple[Segment, ...]:
    """The likeliest phase of each bar of one stock, joined into stretches. beliefs: (T, 6)."""
    chance = np.asarray(beliefs, dtype=np.float64)
    if not len(chance):
        return ()
    likeliest = chance.argmax(axis=1)
    starts = np.r_[0, np.flatnonzero(np.diff(likeliest)) + 1]
    ends = np.r_[starts[1:], len(chance)]
    return tuple(
        Segment(Phase(int(likeliest[a])), int(a), int(b) - 1, float(chance[a:b, likeliest[a]].mean()))
        for a, b in zip(starts, ends, strict=True)
    )


def pump_probability(beliefs: npt.ArrayLike) -> FloatArray:
    """Chance of being in one of a pump's live phases, accumulation to dump: (..., 6) to (...)."""
    chance = np.asarray(beliefs, dtype=np.float64)
    return np.asarray(chance[..., Phase.ACCUMULATION : Phase.AFTERMATH].sum(axis=-1))


def _likelihood(seen: FloatArray) -> FloatArray:
    """Relative likelihood of an observation in each phase, (n, 6), the largest 1; an unknown feature says nothing."""
    total = np.zeros((len(seen), len(Phase)))
    for place, feature in enumerate(FEATURES):
        value = seen[:, place : place + 1]
        deviation = np.array(feature.deviations)
        distance = np.abs(value - np.array(feature.means)) / deviation
        score = -0.5 * np.minimum(distance, _FARTHEST) ** 2 - np.log(deviation)
        total += feature.weight * np.where(np.isnan(value), 0.0, score)
    return np.asarray(np.exp(np.maximum(total - total.max(axis=1, keepdims=True), -50.0)))


def _norm(values: FloatArray, first: int) -> FloatArray:
    """Median over the SESSIONS sessions before each one from `first` on, half-hour by half-hour, (n, D - first, B)."""
    by_slot = np.moveaxis(values, 1, 2)
    days = range(first, by_slot.shape[-1])
    return np.stack([trailing_median(by_slot[..., :day], SESSIONS, FEWEST_SESSIONS) for day in days], axis=1)


def _carried(values: FloatArray) -> FloatArray:
    """The last known value up to each column."""
    place = np.where(np.isnan(values), 0, np.arange(values.shape[1]))
    return np.asarray(np.take_along_axis(values, np.maximum.accumulate(place, axis=1), axis=1))


def _highest(values: FloatArray, window: int) -> FloatArray:
    """Highest known value of the last `window` columns, NaN where none is."""
    padded = np.concatenate([np.full((len(values), window - 1), np.nan), values], axis=1)
    return np.asarray(np.fmax.reduce(np.lib.stride_tricks.sliding_window_view(padded, window, axis=1), axis=-1))


def _log(values: FloatArray) -> FloatArray:
    usable = np.isfinite(values) & (np.nan_to_num(values) > 0)
    return np.where(usable, np.log(np.where(usable, values, 1.0)), np.nan)
