"""The market's past out of single coins' charts: sums, scaled to what the whole market is known to have been.

Pure. The vendor's free plan has no history of the whole market, so its total is the sum of the largest coins times the
share they have of it (docs/methods/crypto-regime.md). Such rows are estimates and say so.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# A hole in coins worth more than this share of the basket makes the moment a gap.
MOST_MISSING: Final = 0.005


@dataclass(frozen=True, slots=True, eq=False)
class Estimate:
    """Of each moment, (t,): the total, NaN for a gap, and why it is one ("" otherwise)."""

    total: Floats
    why: tuple[str, ...]


def pick_points(at_ms: Ints, moments_s: Ints, within_s: int) -> Ints:
    """Of each wanted moment (n,) the place of the nearest point, -1 where none lies within `within_s` seconds.

    `at_ms` (m,) ascending, epoch milliseconds.
    """
    if not len(at_ms):
        return np.full(len(moments_s), -1, dtype=np.int64)
    wanted = moments_s * 1000
    after = np.clip(np.searchsorted(at_ms, wanted), 0, len(at_ms) - 1)
    before = np.maximum(after - 1, 0)
    nearest = np.where(np.abs(at_ms[after] - wanted) < np.abs(at_ms[before] - wanted), after, before)
    return np.where(np.abs(at_ms[nearest] - wanted) <= within_s * 1000, nearest, -1)


def compute_sum(caps: Floats) -> tuple[Floats, Floats]:
    """Sum of the known caps of each moment, and which share of the basket is missing then; (t, coins), NaN unknown.

    A coin without any cap so far is not listed yet and misses nothing; one with an earlier cap is missing with it.
    """
    known = np.isfinite(caps)
    place = np.where(known, np.arange(len(caps))[:, None], -1)
    last = np.maximum.accumulate(place, axis=0) if len(caps) else place
    filled = np.where(last >= 0, np.take_along_axis(caps, np.maximum(last, 0), axis=0), 0.0)
    sums = np.where(known, caps, 0.0).sum(axis=1)
    missing = np.where(known, 0.0, filled).sum(axis=1)
    whole = sums + missing
    return sums, np.divide(missing, whole, out=np.ones_like(whole), where=whole > 0)


def estimate_totals(caps: Floats, scale: Floats, needed: Floats) -> Estimate:
    """Totals of a basket (t, coins) times `scale` (t,). A gap where `needed` (t, k) has a NaN, where the scale is
    unknown, or where coins worth more than .5 % of the basket are missing."""
    sums, missing = compute_sum(caps)
    lacks = np.asarray(~np.isfinite(needed).all(axis=1))
    why = tuple(
        "bitcoin or ether missing"
        if lack
        else f"{share:.1%} of the basket missing"
        if share > MOST_MISSING
        else "share of the basket unknown"
        if not np.isfinite(factor)
        else ""
        for lack, share, factor in zip(lacks.tolist(), missing.tolist(), scale.tolist(), strict=True)
    )
    # What is missing within the bound is taken to have moved with the rest.
    whole = np.divide(sums, 1 - missing, out=np.full_like(sums, np.nan), where=missing < 1)
    total = np.where([not reason for reason in why], whole * scale, np.nan) if why else whole
    return Estimate(total, why)


def interpolate_scale(at_s: Ints, known_s: Ints, scales: Floats) -> Floats:
    """The scale at moments between those at which it is known (k,), linear in time and in its logarithm; beyond them
    the nearest. NaN when none is known."""
    usable = np.isfinite(scales) & (np.where(np.isfinite(scales), scales, 0.0) > 0)
    if not usable.any():
        return np.full(len(at_s), np.nan)
    order = np.argsort(known_s[usable])
    return np.exp(np.interp(at_s, known_s[usable][order], np.log(scales[usable][order])))
