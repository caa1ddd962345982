"""How sure the regime is: the chance that it still holds in a week, ranked among its own past (methods.md 9.4)."""

from __future__ import annotations

import itertools
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .bars import DAY_S
from .parameters import COLD_PERSISTENCE, DEFAULT, Parameters
from .regimes import UNKNOWN
from .trend import expanding_rank

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BINS = 101  # margins in hundredths, 0.00 to 1.00
PRIOR_DAYS = 1.0  # weight of the cold-start curve in every bin


class Confidence(NamedTuple):
    """value: 0 to 100; raw: before deductions; notes: what was deducted, and why."""

    value: int
    raw: int
    notes: tuple[str, ...]


def compute_persistence(
    margin: npt.ArrayLike, regime: npt.ArrayLike, at: npt.ArrayLike, per_day: int, parameters: Parameters = DEFAULT
) -> FloatArray:
    """P(same regime a week later) at every bar, (t,): rising in the margin, learned from the bars before it.

    margin: (t,), NaN unknown; regime: (t,), -1 unknown; at: (t,) epoch seconds. The curve is fitted anew every 30 days
    (counted from the epoch, so that it does not matter where a history begins) to all bars whose week was over by then,
    with the cold-start curve as one day's weight in each hundredth of margin. NaN where margin or regime is unknown.
    """
    m, state, moments = np.asarray(margin, np.float64), np.asarray(regime), np.asarray(at, np.int64)
    known = ~np.isnan(m) & (state != UNKNOWN)
    place = np.rint(100.0 * np.clip(np.nan_to_num(m), 0.0, 1.0)).astype(np.int64)
    ahead = parameters.ahead * per_day
    usable = np.zeros(m.size, dtype=bool)
    kept = np.zeros(m.size)
    if m.size > ahead:
        usable[:-ahead] = known[:-ahead] & known[ahead:]
        kept[:-ahead] = state[:-ahead] == state[ahead:]
    block = moments // (parameters.refit * DAY_S)
    begins = np.flatnonzero(np.diff(block, prepend=block[:1] - 1))
    counts, hits = np.zeros(BINS), np.zeros(BINS)
    found, done = np.full(m.size, np.nan), 0
    for begin, end in itertools.pairwise([*begins, m.size]):
        over = max(int(begin) - ahead + 1, 0)  # the week of these bars was over at `begin`
        fresh = slice(done, max(over, done))
        np.add.at(counts, place[fresh][usable[fresh]], 1.0 / per_day)
        np.add.at(hits, place[fresh][usable[fresh]], kept[fresh][usable[fresh]] / per_day)
        done = fresh.stop
        found[begin:end] = persistence_curve(counts, hits)[place[begin:end]]
    return np.where(known, found, np.nan)


def persistence_curve(counts: FloatArray, hits: FloatArray) -> FloatArray:
    """(101,) P by hundredth of margin: isotonic through the cold-start curve and what was counted, in days."""
    middle = np.arange(BINS) / (BINS - 1)
    prior = np.interp(middle, *COLD_PERSISTENCE)
    weight = counts + PRIOR_DAYS
    rates = (hits + PRIOR_DAYS * prior) / weight
    from scipy.optimize import isotonic_regression  # half a second that only the worker should pay

    return np.asarray(isotonic_regression(rates, weights=weight).x)


def score_confidence(persistence: npt.ArrayLike) -> FloatArray:
    """0 to 100 at every bar, (t,), unrounded: where P stands among its own values so far; so all of it is used."""
    return 100.0 * expanding_rank(persistence)


def deduct(
    score: float, *, age_hours: float, estimated: bool, history_days: float, parameters: Parameters = DEFAULT
) -> Confidence:
    """The confidence that is shown. estimated: a reconstructed total lies within the longest horizon of the trends."""
    raw = round(score)
    value, notes = raw, []
    if age_hours > parameters.stale_hours:
        value -= parameters.stale_penalty
        notes.append(f"{parameters.stale_penalty} less: the data is {age_hours:.0f} h old")
    if estimated:
        value -= parameters.estimated_penalty
        notes.append(f"{parameters.estimated_penalty} less: total caps of the last 90 days are partly estimated")
    if history_days < parameters.short_history and value > parameters.short_cap:
        value = parameters.short_cap
        notes.append(f"capped at {parameters.short_cap}: only {history_days:.0f} days of history")
    return Confidence(max(value, 0), raw, tuple(notes))
