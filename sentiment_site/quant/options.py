"""European options by Black, Scholes and Merton: price, Greeks, implied volatility. Everything broadcasts.

Units: spot, strike and price in one currency per share; years to expiry; volatility, rate and dividend yield per year
as fractions (.25 is 25 %), the rates continuously compounded. Greeks are plain derivatives: theta per year, vega per
1.00 of volatility, rho and psi per 1.00 of rate; who shows theta per day divides by 365, vega per point by 100.

Sources: Black and Scholes (1973), Merton (1973); Haug, The Complete Guide to Option Pricing Formulas; Manaster and
Koehler (1982) for the starting point and Jaeckel, Let's Be Rational (2015) for the transformed objective.
"""

from __future__ import annotations

from enum import IntEnum
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.special import erfcx, ndtr

FloatArray = npt.NDArray[np.float64]
BoolArray = npt.NDArray[np.bool_]
IntArray = npt.NDArray[np.int8]

_ROOT_2PI = float(np.sqrt(2 * np.pi))
_ROOT_2 = float(np.sqrt(2))
_ROUNDING = 8 * float(np.finfo(np.float64).eps)
_LARGEST_DEVIATION = 40.0  # of ln S until expiry; beyond it a price equals its upper bound in float64
_FINE = 1e-8  # a step of this size, relative, leaves an error near its square
_MOST_STEPS = 100
_SMALLEST = 1e-300


class OptionGreeks(NamedTuple):
    """Price and its derivatives, all of one shape.

    delta d/dS, gamma d2/dS2, theta -d/dT per year, vega d/dsigma, rho d/dr, psi d/dq, vanna d2/dS dsigma,
    vomma d2/dsigma2, charm -d delta/dT per year.
    """

    price: FloatArray
    delta: FloatArray
    gamma: FloatArray
    theta: FloatArray
    vega: FloatArray
    rho: FloatArray
    psi: FloatArray
    vanna: FloatArray
    vomma: FloatArray
    charm: FloatArray


class VolatilityReason(IntEnum):
    """Why an implied volatility is NaN; FOUND is the only one with a number."""

    FOUND = 0
    BAD_INPUT = 1
    EXPIRED = 2
    BELOW_INTRINSIC = 3
    NO_TIME_VALUE = 4
    ABOVE_BOUND = 5


class ImpliedVolatility(NamedTuple):
    """volatility per year, NaN where `reason` (int8 codes of VolatilityReason) is not FOUND."""

    volatility: FloatArray
    reason: IntArray


class _Terms(NamedTuple):
    """What price and Greeks share. `sign` is +1 for a call and -1 for a put; d1 may be infinite."""

    usable: BoolArray
    sign: FloatArray
    spot: FloatArray
    strike: FloatArray
    years: FloatArray
    sigma: FloatArray
    rate: FloatArray
    dividend: FloatArray
    discount: FloatArray
    carry: FloatArray
    deviation: FloatArray
    d1: FloatArray
    d2: FloatArray


def option_price(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    volatility: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend_yield: npt.ArrayLike = 0.0,
    *,
    call: npt.ArrayLike = True,
) -> FloatArray:
    """Value per share, broadcast over all inputs; `call` is True or False per option.

    An expired option (years <= 0) is worth its intrinsic value, one without volatility the discounted intrinsic value
    of its forward. NaN for a missing or infinite input, a negative spot or volatility, a strike that is not positive.
    """
    t = _terms(spot, strike, years, volatility, rate, dividend_yield, call)
    return np.where(t.usable, _price(t), np.nan)


def option_greeks(
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    volatility: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend_yield: npt.ArrayLike = 0.0,
    *,
    call: npt.ArrayLike = True,
) -> OptionGreeks:
    """Price and Greeks, broadcast; NaN as in option_price.

    Where years or volatility is 0 the price has a corner: delta is a step (one half exactly on the corner), and the
    second derivatives and vega are given as 0. An expired option has no theta, rho or psi.
    """
    t = _terms(spot, strike, years, volatility, rate, dividend_yield, call)
    alive = t.deviation > 0
    sd = np.where(alive, t.deviation, 1.0)
    root = np.where(alive, np.sqrt(t.years), 1.0)
    sigma = np.where(alive, t.sigma, 1.0)
    positive = np.where(t.spot > 0, t.spot, 1.0)
    d1, d2 = np.where(np.isfinite(t.d1), t.d1, 0.0), np.where(np.isfinite(t.d2), t.d2, 0.0)
    density = np.where(alive & np.isfinite(t.d1), np.exp(-0.5 * d1 * d1) / _ROOT_2PI, 0.0) * t.carry
    hold, pay = t.carry * ndtr(t.sign * t.d1), t.discount * ndtr(t.sign * t.d2)
    running = t.years > 0
    vega = t.spot * density * root
    decay = -t.spot * density * sigma / (2 * root)
    drift = t.sign * (t.dividend * t.spot * hold - t.rate * t.strike * pay)
    years = np.where(alive, t.years, 1.0)
    turn = (2 * (t.rate - t.dividend) * years - d2 * sd) / (2 * years * sd)
    values = (
        _price(t),
        t.sign * hold,
        density / (positive * sd),
        np.where(running, decay + drift, 0.0),
        vega,
        t.sign * t.strike * t.years * pay,
        -t.sign * t.spot * t.years * hold,
        -density * d2 / sigma,
        vega * d1 * d2 / sigma,
        np.where(running, t.sign * t.dividend * hold - density * turn, 0.0),
    )
    return OptionGreeks(*(np.where(t.usable, value, np.nan) for value in values))


def implied_volatility(
    price: npt.ArrayLike,
    spot: npt.ArrayLike,
    strike: npt.ArrayLike,
    years: npt.ArrayLike,
    rate: npt.ArrayLike = 0.0,
    dividend_yield: npt.ArrayLike = 0.0,
    *,
    call: npt.ArrayLike = True,
) -> ImpliedVolatility:
    """The volatility at which option_price is `price`, broadcast, with a reason code where there is none.

    Solved on the out-of-the-money side, where the whole price is time value: Newton steps on 1 / sqrt(-ln price) below
    the inflection of the price in volatility and Halley steps on the price above it, each kept inside a
    shrinking bracket (bisected where a step would leave it). BELOW_INTRINSIC: less than the discounted intrinsic
    value; NO_TIME_VALUE: equal to it, so that every small volatility fits; ABOVE_BOUND: the discounted spot (call) or
    strike (put) or more.
    """
    p, s, k, t, r, q, c = _broadcast(price, spot, strike, years, rate, dividend_yield, call)
    known = np.isfinite(p) & np.isfinite(s) & np.isfinite(k) & np.isfinite(t) & np.isfinite(r) & np.isfinite(q)
    usable = known & (s > 0) & (k > 0) & (p >= 0)
    running = usable & (t > 0)
    t = np.where(running, t, 1.0)
    forward = np.where(running, s, 1.0) * np.exp(-np.where(running, q, 0.0) * t)
    strike_now = np.where(running, k, 1.0) * np.exp(-np.where(running, r, 0.0) * t)
    p = np.where(running, p, 0.0)
    call_side = c > 0
    intrinsic = np.maximum(np.where(call_side, forward - strike_now, strike_now - forward), 0.0)
    bound = np.where(call_side, forward, strike_now)
    time_value = p - intrinsic
    noise = np.where(intrinsic > 0, _ROUNDING * np.maximum(forward, strike_now), 0.0)
    reason = np.select(
        [~usable, ~running, time_value < -noise, p >= bound * (1 - _ROUNDING), time_value <= noise],
        [
            VolatilityReason.BAD_INPUT,
            VolatilityReason.EXPIRED,
            VolatilityReason.BELOW_INTRINSIC,
            VolatilityReason.ABOVE_BOUND,
            VolatilityReason.NO_TIME_VALUE,
        ],
        VolatilityReason.FOUND,
    ).astype(np.int8)
    found = reason == VolatilityReason.FOUND
    volatility = np.full(p.shape, np.nan)
    x = -np.abs(np.log(forward[found] / strike_now[found]))
    share = time_value[found] / np.minimum(forward[found], strike_now[found])
    volatility[found] = _solve(x, share) / np.sqrt(t[found])
    return ImpliedVolatility(volatility, reason)


def _broadcast(*inputs: npt.ArrayLike) -> list[FloatArray]:
    return [np.asarray(a, dtype=np.float64) for a in np.broadcast_arrays(*inputs)]


def _terms(*inputs: npt.ArrayLike) -> _Terms:
    s, k, t, sigma, r, q, c = _broadcast(*inputs)
    known = np.isfinite(s) & np.isfinite(k) & np.isfinite(t) & np.isfinite(sigma) & np.isfinite(r) & np.isfinite(q)
    usable = known & (s >= 0) & (k > 0) & (sigma >= 0)
    s, k, sigma = np.where(usable, s, 1.0), np.where(usable, k, 1.0), np.where(usable, sigma, 0.0)
    t = np.where(usable, np.maximum(t, 0.0), 0.0)
    r, q = np.where(usable, r, 0.0), np.where(usable, q, 0.0)
    discount, carry = np.exp(-r * t), np.exp(-q * t)
    deviation = sigma * np.sqrt(t)
    worth = s > 0
    moneyness = np.where(worth, np.log(np.where(worth, s, 1.0) / k) + (r - q) * t, -np.inf)
    alive = (deviation > 0) & worth
    sd = np.where(alive, deviation, 1.0)
    # without deviation the forward is certain: d is +-infinity, and 0 exactly on the corner
    corner = np.where(moneyness > 0, np.inf, np.where(moneyness < 0, -np.inf, 0.0))
    centre = np.where(alive, np.where(worth, moneyness, 0.0) / sd, corner)
    d1 = centre + np.where(alive, 0.5 * sd, 0.0)
    d2 = centre - np.where(alive, 0.5 * sd, 0.0)
    return _Terms(usable, np.where(c > 0, 1.0, -1.0), s, k, t, sigma, r, q, discount, carry, deviation, d1, d2)


def _price(t: _Terms) -> FloatArray:
    value = t.sign * (t.spot * t.carry * ndtr(t.sign * t.d1) - t.strike * t.discount * ndtr(t.sign * t.d2))
    return np.maximum(value, 0.0)  # two tiny products may differ by their rounding


def _share(x: FloatArray, s: FloatArray) -> FloatArray:
    """Time value of the out-of-the-money option over its upper bound, for log-moneyness x <= 0 and deviation s > 0.

    The two products of the textbook formula cancel for small prices; scaled complementary error functions do not.
    """
    d1, d2 = x / s + 0.5 * s, x / s - 0.5 * s
    low = d1 < 0
    scaled = erfcx(-np.where(low, d1, 0.0) / _ROOT_2) - erfcx(-np.where(low, d2, 0.0) / _ROOT_2)
    return np.where(low, 0.5 * np.exp(-0.5 * d1 * d1) * scaled, ndtr(d1) - np.exp(-x) * ndtr(d2))


def _solve(x: FloatArray, target: FloatArray) -> FloatArray:
    """Deviation s with _share(x, s) = target, elementwise; x <= 0, 0 < target < 1.

    The share is convex in s up to sqrt(-2x), where d1 is 0, and concave beyond.
    """
    turning = np.sqrt(-2 * x)
    at_turning = np.where(turning > 0, _share(x, np.where(turning > 0, turning, 1.0)), 0.0)
    below = target < at_turning
    low, high = np.where(below, 0.0, turning), np.where(below, turning, _LARGEST_DEVIATION)
    asymptote = -x / np.sqrt(-2 * np.log(np.where(below, target, 0.5)))
    s = np.where(below, asymptote, turning + (target - at_turning) * _ROOT_2PI)
    s = np.where((s > low) & (s < high), s, 0.5 * (low + high))
    active = np.arange(x.size)
    for _ in range(_MOST_STEPS):
        if not active.size:
            break
        now, goal = s[active], target[active]
        share = _share(x[active], now)
        low[active] = np.where(share <= goal, now, low[active])
        high[active] = np.where(share >= goal, now, high[active])
        step = _step(x[active], now, share, goal, below[active])
        near = np.abs(step) <= _FINE * now  # the step itself, not the move: a short bisection proves nothing
        inside = near | ((now + step > low[active]) & (now + step < high[active]))
        s[active] = np.where(inside, now + step, 0.5 * (low[active] + high[active]))
        active = active[~near & (high[active] - low[active] > _ROUNDING * high[active])]
    return s


def _step(x: FloatArray, s: FloatArray, share: FloatArray, goal: FloatArray, below: BoolArray) -> FloatArray:
    """The next step from s: Newton on 1 / sqrt(-ln share) below the inflection, Halley on the share above it."""
    d1, d2 = x / s + 0.5 * s, x / s - 0.5 * s
    slope = np.maximum(np.exp(-0.5 * d1 * d1) / _ROOT_2PI, _SMALLEST)
    convex = below & (share > 0)
    depth = -np.log(np.where(convex, share, 0.5))
    wanted = -np.log(np.where(convex, goal, 0.5))
    transformed = (1 / np.sqrt(wanted) - 1 / np.sqrt(depth)) * 2 * share * depth**1.5 / slope
    newton = np.clip((goal - share) / slope, -_LARGEST_DEVIATION, _LARGEST_DEVIATION)
    bend = 1 + newton * d1 * d2 / (2 * s)
    halley = newton / np.where(bend > 0.1, bend, 1.0)
    return np.where(below, np.where(convex, transformed, _LARGEST_DEVIATION), halley)
