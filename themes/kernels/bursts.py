"""Bursts: a term that suddenly many issuers are written about with. methods.md 3.2, steps 3 and 4; Kleinberg 2002.

Breadth is what tells a theme from one company's news: k is the number of distinct issuers, not of documents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.special import betainc, gammaln, pdtrc

WINDOW_H: Final = 12
BASELINE_H: Final = 14 * 24
FLOOR: Final = 0.05
SHRINK: Final = 200.0
ALMOST_POISSON: Final = 1.01
REARM_H: Final = 72
MACRO_SHARE: Final = 0.08
# In a small universe a theme of a handful is a large share, and no weather.
MACRO_LEAST: Final = 20
MACRO_SECTORS: Final = 6
MACRO_EXCESS: Final = 0.5
MACRO_NAMING: Final = 1 / 3

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Gate:
    """What opens a candidate: distinct issuers, surprise, texts (a list of names is no story), several voices."""

    issuers: int
    log10_p: float
    texts: int
    kinds: int = 2
    authors: int = 3


DISCOVERED: Final = Gate(issuers=4, log10_p=-6.0, texts=4)
CURATED: Final = Gate(issuers=3, log10_p=-4.0, texts=1, kinds=1, authors=1)


def compute_expected(term_before: npt.ArrayLike, total_before: npt.ArrayLike, total_now: npt.ArrayLike) -> Floats:
    """Issuer mentions to expect of each term in the window, >= .05.

    term_before: (terms, kinds of source) and total_before, total_now: (kinds of source,): issuer mentions of the term
    and of everything in the 14 days before the window, and of everything in the window, which carries the hour and the
    day of the week. Each kind of source has its own share, drawn towards the share over all by as many as `SHRINK`
    mentions: at night only posts are written, and their words are no news.
    """
    before = np.asarray(term_before, dtype=np.float64)
    total, now = np.asarray(total_before, dtype=np.float64), np.asarray(total_now, dtype=np.float64)
    overall = before.sum(axis=1, keepdims=True) / max(total.sum(), 1.0)
    share = (before + SHRINK * overall) / (total + SHRINK)
    return np.asarray(np.maximum(share @ now, FLOOR), dtype=np.float64)


def compute_log10_surprise(issuers: npt.ArrayLike, expected: npt.ArrayLike) -> Floats:
    """log10 P(Poisson(expected) >= issuers), 0 and below. Where that is below 1e-290 its first term stands for it."""
    k, mean = np.asarray(issuers, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    tail = np.where(k > 0, pdtrc(np.maximum(k - 1, 0), mean), 1.0)
    first = k * np.log(mean) - mean - gammaln(k + 1)
    log_p = np.where(tail > 1e-290, np.log(np.maximum(tail, 1e-290)), first)
    return np.asarray(log_p / np.log(10.0), dtype=np.float64)


def compute_dispersion(counts: npt.ArrayLike, expected: npt.ArrayLike) -> Floats:
    """Variance over mean of each term in earlier windows, >= 1: how bursty it always was. Both (terms, windows).

    Words of reaction ("crushed") come in waves of their own; a word that was never written before has 1.
    """
    k, mean = np.asarray(counts, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    total = np.maximum(mean.sum(axis=1), FLOOR)
    return np.asarray(np.maximum(((k - mean) ** 2).sum(axis=1) / total, 1.0), dtype=np.float64)


def compute_log10_dispersed(issuers: npt.ArrayLike, expected: npt.ArrayLike, dispersion: npt.ArrayLike) -> Floats:
    """log10 P(K >= issuers) of a negative binomial with that mean and `dispersion` times its variance; >= -290."""
    k, mean = np.asarray(issuers, dtype=np.float64), np.asarray(expected, dtype=np.float64)
    over = np.maximum(np.asarray(dispersion, dtype=np.float64), 1.0 + 1e-9)
    tail = np.where(k > 0, betainc(np.maximum(k, 1), mean / (over - 1), 1 - 1 / over), 1.0)
    spread = np.log10(np.clip(tail, 1e-290, 1.0))
    return np.asarray(np.where(over < ALMOST_POISSON, compute_log10_surprise(k, mean), spread))


def find_bursts(issuers: Ints, log10_p: Floats, texts: Ints, kinds: Ints, authors: Ints, gate: Gate) -> Flags:
    """Which terms open a candidate; arrays of equal length, one entry a term."""
    broad = (kinds >= gate.kinds) | (authors >= gate.authors)
    return np.asarray((issuers >= gate.issuers) & (log10_p < gate.log10_p) & (texts >= gate.texts) & broad)


def is_macro(issuers: int, active: int, sectors: int, mean_excess: float, naming: float) -> bool:
    """Whether a burst is the market's weather and no theme.

    issuers, active: those written about with the term, and all active ones; sectors: that they are of; mean_excess:
    mean z of their excess moves, signed: stocks that are only named along with the weather move either way; naming:
    share of the texts with the term that name a listed stock at all.
    """
    if active > 0 and issuers > max(MACRO_SHARE * active, MACRO_LEAST):
        return True
    return naming < MACRO_NAMING or (sectors >= MACRO_SECTORS and abs(mean_excess) < MACRO_EXCESS)


def find_burst_states(
    relevant: npt.ArrayLike, total: npt.ArrayLike, *, scale: float = 3.0, gamma: float = 1.0
) -> Flags:
    """Kleinberg's two-state automaton over batches (hours): True where the burst state explains the stream better.

    relevant, total: documents with the term and all of them, per batch. scale: rate of the burst state over the base
    rate; gamma: what entering it costs, in ln(number of batches). Leaving is free. All False without any relevant one.
    """
    r, d = np.asarray(relevant, dtype=np.float64), np.asarray(total, dtype=np.float64)
    if r.size == 0 or r.sum() == 0:
        return np.zeros(r.size, dtype=np.bool_)
    base = min(r.sum() / max(d.sum(), 1.0), 0.999)
    rates = np.array([base, min(scale * base, 0.9999)])
    with np.errstate(divide="ignore"):
        cost = -(r[:, None] * np.log(rates) + np.maximum(d - r, 0)[:, None] * np.log1p(-rates))
    enter = gamma * np.log(max(r.size, 2))
    best = np.array([cost[0, 0], cost[0, 1] + enter])
    came = np.zeros((r.size, 2), dtype=np.int64)
    for at in range(1, r.size):
        up, down = best[0] + enter, min(best)
        came[at] = (int(best[1] < best[0]), int(best[1] <= up))
        best = np.array([down, min(best[1], up)]) + cost[at]
    states = np.zeros(r.size, dtype=np.bool_)
    state = int(best[1] < best[0])
    for at in range(r.size - 1, -1, -1):
        states[at] = bool(state)
        state = int(came[at, state])
    return states
