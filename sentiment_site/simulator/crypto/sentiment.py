"""A fear and greed index of the simulated market: one value a day, made of what was known at 00:00 UTC of that day.

Momentum over 30 and 90 days, recent against usual volatility, and the move of bitcoin's dominance, as the published
index weighs them in spirit; its other half (surveys, searches, posts) is a number found by address.
"""

from __future__ import annotations

import numpy as np

from sentiment_site.simulator.crypto.coins import BITCOIN
from sentiment_site.simulator.crypto.market import DAY, Crypto
from sentiment_site.simulator.crypto.path import BITCOIN_SIGMA
from sentiment_site.simulator.market import noise
from sentiment_site.simulator.market.parameters import Floats

_STREAM = 34
_MOMENTUM_30, _MOMENTUM_90, _VOLATILITY, _DOMINANCE, _CROWD = 23.0, 15.0, 8.0, 5.0, 4.2  # points
_LEAST, _MOST = 5, 95
_NAMES = ((25, "Extreme Fear"), (46, "Fear"), (54, "Neutral"), (75, "Greed"), (100, "Extreme Greed"))


def index_days(crypto: Crypto, at: int) -> list[tuple[int, int]]:
    """(midnight in seconds, value 5..95) of every day that has begun by a moment, oldest first."""
    midnights = np.arange(crypto.start, at + 1, DAY)
    price = np.log(crypto.series(BITCOIN, midnights).price)
    dominance = crypto.totals(midnights)[2]
    daily = np.diff(price, prepend=price[0])
    short, usual = _deviation(daily, 30), _deviation(daily, 90)
    address = noise.addresses(crypto.seed, midnights // DAY, np.array([0]))
    crowd = np.clip(noise.normal(address, _STREAM, 1)[:, 0], -2.0, 2.0)
    value = (
        50.0
        + _MOMENTUM_30 * np.tanh(_change(price, 30) / (1.6 * BITCOIN_SIGMA * np.sqrt(30.0)))
        + _MOMENTUM_90 * np.tanh(_change(price, 90) / (2.0 * BITCOIN_SIGMA * np.sqrt(90.0)))
        - _VOLATILITY * np.clip(short / usual - 1.0, -1.0, 1.0) / 0.5
        - _DOMINANCE * np.clip(_change(dominance, 30) / 0.06, -1.0, 1.0)
        + _CROWD * crowd
    )
    rounded = np.clip(np.round(value), _LEAST, _MOST).astype(int)
    return list(zip(midnights.tolist(), rounded.tolist(), strict=True))


def classify(value: int) -> str:
    """The published name of a value 0..100."""
    return next(name for most, name in _NAMES if value <= most)


def _change(values: Floats, days: int) -> Floats:
    """Change over so many days; over what there is at the beginning."""
    back = np.maximum(np.arange(len(values)) - days, 0)
    return np.asarray(values - values[back])


def _deviation(daily: Floats, days: int) -> Floats:
    """Root mean square of the last days, of fewer at the beginning."""
    squares = np.r_[0.0, np.cumsum(daily**2 + 1e-12)]
    ends = np.arange(1, len(squares))
    begins = np.maximum(ends - days, 0)
    return np.asarray(np.sqrt((squares[ends] - squares[begins]) / (ends - begins)))
