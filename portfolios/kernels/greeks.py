"""Greeks of positions from two sources that must never be added up: the requirement's mock table, and the model.

Both speak the same unit, that of the mock table: one contract, or 100 shares, counts 1. Delta is shares per 100 (100
shares long are 1.0), gamma per dollar, theta dollars per share and calendar day, vega per point of volatility and rho
per point of rate. Dollar delta is 100 * delta * price. Source: S3 2.2; methods.md 8.3.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from portfolios.kernels.positions import PositionType
from sentiment_site.quant.options import option_greeks

DAYS_PER_YEAR = 365.0
POINTS = 100.0
SHARES_PER_UNIT = 100.0
NAMES = ("delta", "gamma", "theta", "vega", "rho")


class GreekSource(StrEnum):
    """Who says so: the fixed table per position type, or Black, Scholes and Merton."""

    MOCK = "mock"
    MODEL = "model"


class MixedGreeksError(TypeError):
    """Mock and model Greeks met in one sum."""


@dataclass(frozen=True, slots=True)
class Greeks:
    """Greeks with their source; signed as held, so plain sums are the book's. Adding those of another source raises."""

    source: GreekSource
    delta: float = 0.0
    gamma: float = 0.0
    theta: float = 0.0
    vega: float = 0.0
    rho: float = 0.0

    def __add__(self, other: Greeks) -> Greeks:
        if not isinstance(other, Greeks):
            return NotImplemented
        if other.source is not self.source:
            raise MixedGreeksError(f"{self.source} and {other.source} Greeks must not be added up")
        return Greeks(self.source, *(getattr(self, name) + getattr(other, name) for name in NAMES))

    def scaled(self, factor: float) -> Greeks:
        """Every Greek times `factor`."""
        return Greeks(self.source, *(factor * getattr(self, name) for name in NAMES))

    def dollar_delta(self, price: float) -> float:
        """Dollars gained per 100 % that the underlying rises: 100 shares per unit of delta, times its price."""
        return SHARES_PER_UNIT * self.delta * price


class _Row(NamedTuple):
    delta: float
    gamma: float
    theta: float
    vega: float
    rho: float


# The requirement's table, as written; the rows of SC, SP and SHORT already carry the sign.
MOCK_GREEKS: Mapping[PositionType, _Row] = MappingProxyType(
    {
        PositionType.LC: _Row(0.65, 0.02, -0.05, 0.15, 0.08),
        PositionType.LP: _Row(-0.35, 0.02, -0.05, 0.15, -0.06),
        PositionType.SC: _Row(-0.65, -0.02, 0.05, -0.15, -0.08),
        PositionType.SP: _Row(0.35, -0.02, 0.05, -0.15, 0.06),
        PositionType.LONG: _Row(1.0, 0.0, 0.0, 0.0, 0.0),
        PositionType.SHORT: _Row(-1.0, 0.0, 0.0, 0.0, 0.0),
    }
)


def mock_greeks(kind: PositionType, quantity: Decimal) -> Greeks:
    """The table's row times contracts, or times shares / 100. quantity: positive, as stored.

    ValueError for a signed quantity: the table carries the sign, a second one would turn a short call into a long one.
    """
    if not quantity > 0:
        raise ValueError(f"the quantity of a {kind} is positive, its direction is the type's: {quantity}")
    units = float(quantity) / (1.0 if kind.is_option else SHARES_PER_UNIT)
    return Greeks(GreekSource.MOCK, *MOCK_GREEKS[kind]).scaled(units)


@dataclass(frozen=True, slots=True)
class ModelInput:
    """What the model needs to know of one position. shares: what one contract delivers; rates and volatility fractions.

    strike, years, volatility are ignored for stock; None for an option means unknown.
    """

    kind: PositionType
    quantity: Decimal
    spot: float | None
    strike: float | None = None
    years: float | None = None
    volatility: float | None = None
    rate: float = 0.0
    dividend_yield: float = 0.0
    shares: float = SHARES_PER_UNIT


def model_greeks(inputs: Sequence[ModelInput]) -> tuple[Greeks | None, ...]:
    """Greeks of each position by the model, in the unit of this module; None where spot or volatility is unknown.

    A contract that delivers 150 shares counts 1.5. ValueError for a quantity that is not positive.
    """
    for line in inputs:
        if not line.quantity > 0:
            raise ValueError(f"the quantity of a {line.kind} is positive, its direction is the type's: {line.quantity}")
    columns = [
        [np.nan if value is None else value for value in (line.spot, line.strike, line.years, line.volatility)]
        for line in inputs
    ]
    spot, strike, years, volatility = np.array(columns, dtype=np.float64).reshape(-1, 4).T
    calls = [line.kind in (PositionType.LC, PositionType.SC) for line in inputs]
    rates = [line.rate for line in inputs]
    yields = [line.dividend_yield for line in inputs]
    raw = option_greeks(spot, strike, years, volatility, rates, yields, call=calls)
    result: list[Greeks | None] = []
    for place, line in enumerate(inputs):
        units = line.kind.sign * float(line.quantity) / SHARES_PER_UNIT
        if not line.kind.is_option:
            result.append(Greeks(GreekSource.MODEL, delta=units))
        elif np.isnan(raw.delta[place]):
            result.append(None)
        else:
            per_share = Greeks(
                GreekSource.MODEL,
                float(raw.delta[place]),
                float(raw.gamma[place]),
                float(raw.theta[place]) / DAYS_PER_YEAR,
                float(raw.vega[place]) / POINTS,
                float(raw.rho[place]) / POINTS,
            )
            result.append(per_share.scaled(units * line.shares))
    return tuple(result)


def total_greeks(source: GreekSource, greeks: Iterable[Greeks]) -> Greeks:
    """The book's Greeks of one source. MixedGreeksError if one of another source is among them."""
    found = list(greeks)
    for one in found:
        if one.source is not source:
            raise MixedGreeksError(f"{source} and {one.source} Greeks must not be added up")
    return Greeks(source, *(math.fsum(getattr(one, name) for one in found) for name in NAMES))
