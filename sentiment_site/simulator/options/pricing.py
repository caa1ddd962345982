"""Black-Scholes values and Greeks, many contracts at once.

Black and Scholes 1973, no dividends. American calls without dividends are worth the same; American puts are worth a
little more than is said here, never less than their exercise value.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from sentiment_site.simulator.market.parameters import Floats
from sentiment_site.simulator.options.ladder import Mask

RATE = 0.04  # a year, continuously compounded
_LEAST_YEARS = 1.0 / (365 * 24 * 60)
_DAYS = 365.0


@dataclass(frozen=True, slots=True)
class Greeks:
    """delta, gamma: per dollar of the underlying; theta: dollars per calendar day; vega: dollars per point of
    volatility (one per cent). All arrays of one shape."""

    delta: Floats
    gamma: Floats
    theta: Floats
    vega: Floats


def compute_value(spot: Floats, strike: Floats, years: Floats, sigma: Floats, put: Mask) -> Floats:
    """Dollars per share. Arguments broadcast; sigma is yearly; a contract past its end is worth its exercise value."""
    first, second, discount = _arguments(spot, strike, years, sigma)
    sign = np.where(put, -1.0, 1.0)
    value = sign * (spot * ndtr(sign * first) - strike * discount * ndtr(sign * second))
    return np.asarray(np.maximum(value, np.maximum(sign * (spot - strike), 0.0)))


def compute_greeks(spot: Floats, strike: Floats, years: Floats, sigma: Floats, put: Mask) -> Greeks:
    """See Greeks. Arguments as in `compute_value`."""
    first, second, discount = _arguments(spot, strike, years, sigma)
    sign, root = np.where(put, -1.0, 1.0), np.sqrt(np.maximum(years, _LEAST_YEARS))
    density = np.exp(-0.5 * first**2) / np.sqrt(2.0 * np.pi)
    decay = -spot * density * sigma / (2.0 * root) - sign * RATE * strike * discount * ndtr(sign * second)
    return Greeks(
        delta=np.asarray(sign * ndtr(sign * first)),
        gamma=np.asarray(density / (spot * sigma * root)),
        theta=np.asarray(decay / _DAYS),
        vega=np.asarray(spot * density * root / 100.0),
    )


def _arguments(spot: Floats, strike: Floats, years: Floats, sigma: Floats) -> tuple[Floats, Floats, Floats]:
    """d1, d2 and the discount factor."""
    years = np.maximum(years, _LEAST_YEARS)
    width = sigma * np.sqrt(years)
    first = (np.log(spot / strike) + RATE * years) / width + 0.5 * width
    return first, first - width, np.exp(-RATE * years)
