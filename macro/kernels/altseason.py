"""The alt-season index: how many of the fifty largest coins beat bitcoin over 90 days. A cross-check, no input.

Source: blockchaincenter.net's published rule (75 and more: alt season, 25 and less: bitcoin season), methods.md 9.3.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from .parameters import ALT_SEASON, BTC_SEASON, TRANSITION

TOP, LEAST_COINS, DAYS = 50, 20, 90
ALT_AT, BTC_AT = 75.0, 25.0


class AltSeason(NamedTuple):
    """percent: how many of the counted coins that beat bitcoin, NaN with fewer than 20; says: what that stands for, ""
    for nothing; counted: coins."""

    percent: float
    says: str
    counted: int


def compute_altseason(
    now: npt.ArrayLike, before: npt.ArrayLike, cap: npt.ArrayLike, btc_now: float, btc_before: float
) -> AltSeason:
    """The index of coins with prices now and 90 days ago.

    now, before, cap: (n,) dollars of every coin but bitcoin, stablecoins and copies of other coins, NaN unknown. The 50
    largest by today's cap that have both prices are counted. Equal returns do not beat bitcoin.
    """
    price, earlier, size = (np.asarray(each, dtype=np.float64) for each in (now, before, cap))
    known = (np.nan_to_num(price) > 0) & (np.nan_to_num(earlier) > 0) & (np.nan_to_num(size) > 0)
    rows = np.flatnonzero(known)
    rows = rows[np.argsort(-size[rows], kind="stable")][:TOP]
    if rows.size < LEAST_COINS or not (btc_now > 0 and btc_before > 0):
        return AltSeason(math.nan, "", int(rows.size))
    beat = price[rows] / earlier[rows] > btc_now / btc_before
    index = 100.0 * float(beat.mean())
    says = ALT_SEASON if index >= ALT_AT else BTC_SEASON if index <= BTC_AT else TRANSITION
    return AltSeason(index, says, int(rows.size))
