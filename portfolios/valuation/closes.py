"""Closes carried over days without a trade, volatility from them, and what options are worth by the model. Pure.

Arrays are (instruments, sessions), oldest session first, NaN where nothing is known. Nothing looks ahead: the value of
a column comes from that column and earlier ones.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_EVEN, Decimal

import numpy as np
import numpy.typing as npt

from portfolios.kernels.positions import FOUR_PLACES, LARGEST_PRICE
from sentiment_site.quant.options import option_price
from sentiment_site.quant.windows import ewma_volatility

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.intp]

DAYS_PER_YEAR = 365.0
SESSIONS_PER_YEAR = 252
HALF_LIFE = 40.0  # sessions, as for sector volatility (methods.md 1.3)
FEWEST_RETURNS = 20
WINDOW = 126  # sessions that the volatility looks back on; older ones weigh a tenth


@dataclass(frozen=True, slots=True)
class Terms:
    """What an option contract promises. shares and cash: what it delivers for `multiplier` x strike dollars."""

    expiration: dt.date
    strike: float
    call: bool
    multiplier: float = 100.0
    shares: float = 100.0
    cash: float = 0.0


def carry_forward(closes: npt.ArrayLike) -> IntArray:
    """Column of the last known close of every column, -1 before the first. Shape of `closes`."""
    known = np.isfinite(np.asarray(closes, dtype=np.float64))
    columns = np.where(known, np.arange(known.shape[-1]), -1)
    return np.maximum.accumulate(columns, axis=-1)


def compute_volatility(closes: npt.ArrayLike, columns: Sequence[int]) -> FloatArray:
    """Annual volatility as known at each of `columns`, (instruments, columns); closes on one share basis.

    Exponentially weighted over 126 sessions of log returns, half-life 40, mean 0; NaN below 20 returns. A return needs
    two closes in a row: over a gap there is none.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        logs = np.log(np.asarray(closes, dtype=np.float64))
    logs[~np.isfinite(logs)] = np.nan
    returns = np.diff(logs, axis=-1)
    found = np.full((logs.shape[0], len(columns)), np.nan)
    for place, column in enumerate(columns):
        known = returns[:, max(0, column - WINDOW) : column]
        if known.shape[-1]:
            found[:, place] = ewma_volatility(known, HALF_LIFE, FEWEST_RETURNS)
    return np.asarray(found * np.sqrt(SESSIONS_PER_YEAR), dtype=np.float64)


def price_options(
    terms: Sequence[Terms], spots: npt.ArrayLike, volatility: npt.ArrayLike, days: Sequence[dt.date], rate: float
) -> FloatArray:
    """Dollars per point of premium of each contract on each day, (contracts, days), by Black, Scholes and Merton.

    spots, volatility: (contracts, days), of the underlying on the contract's share basis. An adjusted contract is an
    option on what it delivers per dollar of multiplier. NaN where spot or volatility is unknown; on the day of
    expiration and later the intrinsic value, for which no volatility is needed.
    """
    if not terms or not days:
        return np.empty((len(terms), len(days)))
    spot = np.asarray(spots, dtype=np.float64)
    strike, shares, cash, multiplier = (
        np.array([getattr(one, name) for one in terms])[:, None] for name in ("strike", "shares", "cash", "multiplier")
    )
    call = np.array([one.call for one in terms])[:, None]
    expiration = np.array([one.expiration for one in terms], dtype="datetime64[D]")[:, None]
    left = (expiration - np.array(list(days), dtype="datetime64[D]")).astype(np.int64)
    sigma = np.where(left <= 0, 0.0, np.asarray(volatility, dtype=np.float64))
    delivered = (spot * shares + cash) / multiplier
    return option_price(delivered, strike, np.maximum(left, 0) / DAYS_PER_YEAR, sigma, rate, call=call)


def to_price(value: float) -> Decimal | None:
    """A number as a price of four places, half to even; None where it is unknown or no column holds it."""
    if not 0 <= value <= float(LARGEST_PRICE):
        return None
    # the shortest text of a float32 is the price as it was quoted
    return Decimal(str(value)).quantize(FOUR_PLACES, ROUND_HALF_EVEN)
