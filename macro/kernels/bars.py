"""Readings of the crypto market on an even grid of time, and the two variables the regimes are made of.

Seed definitions: alts = total - bitcoin - ether, ratio = alts / bitcoin's price, dominance = bitcoin / total. Where the
cap of the stablecoins is known alts and total are without them (methods.md 9.1): stablecoins were 16 to 38 % of the
seed's alts, and turn the sign of its trend on one day in nine.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

DAY_S = 86_400
SCAN_FILL = 3  # bars a scan stands for after its own, when the next ones are missing


class Bars(NamedTuple):
    """One market on an even grid, (t,) each: epoch seconds, dollars; NaN is missing.

    per_day: bars of a day. estimated: the total was reconstructed, not reported.
    """

    at: IntArray
    per_day: int
    btc_price: FloatArray
    btc_cap: FloatArray
    eth_cap: FloatArray
    total_cap: FloatArray
    stable_cap: FloatArray
    estimated: BoolArray


class Variables(NamedTuple):
    """What the engine looks at, (t,) each.

    alt, ratio: levels without stablecoins, of which only changes mean anything; dominance: share, as reported best.
    """

    price: FloatArray
    alt: FloatArray
    ratio: FloatArray
    dominance: FloatArray


def lay_on_grid(
    at: npt.ArrayLike, columns: npt.ArrayLike, until: int, per_day: int, covers: npt.ArrayLike | None = None
) -> tuple[IntArray, FloatArray]:
    """Readings at their own moments -> the grid of bars that ends with the one holding `until`.

    at: (n,) epoch seconds, ascending; columns: (n, k); covers: (n,) bars a reading stands for after its own (default
    3; a daily one stands for its day). A bar shows the newest reading that is not after the bar's own moment; a bar
    that no reading covers is NaN. Returns (t,) bar moments from the first reading's on, and (t, k). Empty without
    readings. ValueError for moments that do not ascend.
    """
    moments, values = np.asarray(at, dtype=np.int64), np.asarray(columns, dtype=np.float64)
    if (np.diff(moments) <= 0).any():
        raise ValueError("the readings' moments must ascend")
    step = DAY_S // per_day
    if not moments.size:
        return np.empty(0, dtype=np.int64), np.empty((0, values.shape[-1]))
    limit = np.full(moments.size, SCAN_FILL) if covers is None else np.asarray(covers)
    first = -(-int(moments[0]) // step)
    grid = np.arange(first, max(until // step, first) + 1, dtype=np.int64) * step
    place = np.searchsorted(moments, grid, side="right") - 1
    late = (grid - moments[place]) // step > limit[place]
    laid = values[place].copy()
    laid[late] = np.nan
    return grid, laid


def derive_variables(bars: Bars) -> Variables:
    """Alts, ratio and dominance, without stablecoins as far as their cap is known.

    Where the knowledge begins or ends the levels are linked by their changes: a change of definition is no move of the
    market. Caps that make alts zero or negative, or a share outside 0..1, are unknown.
    """
    price = _positive(bars.btc_price)
    total, bitcoin = _positive(bars.total_cap), _positive(bars.btc_cap)
    seed = _positive(total - bitcoin - bars.eth_cap)
    pure = _positive(seed - bars.stable_cap)
    alt = link(pure, seed)
    dominance = np.where(np.isnan(bars.stable_cap), bitcoin / total, bitcoin / _positive(total - bars.stable_cap))
    dominance = np.where(dominance <= 1.0, dominance, np.nan)
    return Variables(price, alt, alt / price, dominance)


def link(preferred: FloatArray, other: FloatArray) -> FloatArray:
    """One level out of two that measure the same thing differently: changes of `preferred`, else those of `other`.

    (t,), positive or NaN. Between two known bars a change is taken from the preferred level if it is known at both,
    else from the other one. The newest bar has its own level; earlier ones are scaled to it.
    """
    known = np.flatnonzero(~np.isnan(preferred) | ~np.isnan(other))
    linked = np.full(preferred.shape, np.nan)
    if not known.size:
        return linked
    a, b = np.log(preferred[known]), np.log(other[known])
    change = np.where(np.isnan(np.diff(a)), np.diff(b), np.diff(a))
    # one side's only bars next to the other side's only bars: nothing says how they compare, so nothing moved
    path = np.concatenate([[0.0], np.cumsum(np.nan_to_num(change))])
    last = b[-1] if np.isnan(a[-1]) else a[-1]
    linked[known] = np.exp(path - path[-1] + last)
    return linked


def _positive(values: FloatArray) -> FloatArray:
    known = np.isfinite(values) & (np.nan_to_num(values) > 0)
    return np.where(known, values, np.nan)
