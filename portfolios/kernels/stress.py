"""What a book would lose or gain if the world moved: stocks by their shocks, options repriced by the model.

Every option is valued by the model before and after, so that its market price and the model's error cancel out.
Shocks are assumptions, not forecasts. Source: product.md row 83.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from portfolios.kernels.positions import PositionType
from sentiment_site.quant.options import option_price

_LEAST_VOLATILITY = 0.01


@dataclass(frozen=True, slots=True)
class ThemeShock:
    """A story breaks. Its members, and what runs in sympathy, move by `move` times their weight.

    members and sympathy: symbol -> weight 0..1 (for sympathy the co-movement with the leaders, signed). A symbol in
    both counts as a member.
    """

    name: str
    move: float
    members: Mapping[str, float]
    sympathy: Mapping[str, float] = field(default_factory=dict)

    def on(self, symbol: str) -> float:
        """The move of one symbol, a fraction; 0 for a stranger."""
        return self.move * self.members.get(symbol, self.sympathy.get(symbol, 0.0))

    @property
    def moves(self) -> dict[str, float]:
        """The move of every symbol in it."""
        return {symbol: self.on(symbol) for symbol in {**self.sympathy, **self.members}}


@dataclass(frozen=True, slots=True)
class Scenario:
    """Moves as fractions: market (each stock by its beta), sectors (added), a theme (added).

    volatility: added to every implied volatility (.10 is ten points); rates: added to the rate (.01 is 100 basis
    points), which moves options only.
    """

    name: str
    market: float = 0.0
    sectors: Mapping[str, float] = field(default_factory=dict)
    volatility: float = 0.0
    rates: float = 0.0
    theme: ThemeShock | None = None


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("Market -10 %", market=-0.10, volatility=0.10),
    Scenario("Market -20 %", market=-0.20, volatility=0.25),
    Scenario("Market +10 %", market=0.10, volatility=-0.05),
    Scenario("Volatility +10 points", volatility=0.10),
    Scenario("Rates +100 basis points", rates=0.01),
)


@dataclass(frozen=True, slots=True)
class StressLine:
    """One position. shares: behind the whole position (quantity times shares per unit), positive; spot per share.

    beta None counts as unknown: the position is not stressed by a market move and is reported. Options need strike,
    years and volatility (fractions per year).
    """

    key: str
    underlying: str
    kind: PositionType
    shares: float
    spot: float
    beta: float | None = None
    sector: str | None = None
    strike: float | None = None
    years: float | None = None
    volatility: float | None = None
    rate: float = 0.0
    dividend_yield: float = 0.0


@dataclass(frozen=True, slots=True)
class StressResult:
    """P&L in dollars by position, sector and in total; pct of total value, None without capital.

    not_stressed: positions whose beta, volatility or price is missing; the total is without them.
    """

    scenario: str
    pnl: float
    pct: float | None
    by_position: Mapping[str, float]
    by_sector: Mapping[str, float]
    not_stressed: tuple[str, ...]


def compute_stress(lines: Sequence[StressLine], scenario: Scenario, total_value: float) -> StressResult:
    """The book under one scenario. A stock cannot fall below 0; ValueError for shares or a spot that is negative."""
    for line in lines:
        if not (line.shares >= 0 and line.spot >= 0):
            raise ValueError(f"{line.key}: shares {line.shares} and spot {line.spot} are not negative")
    usable = [line for line in lines if _is_complete(line, scenario)]
    change = _value(usable, scenario) - _value(usable, None)
    held = np.array([line.kind.sign * line.shares for line in usable])
    pnl = held * change
    by_sector: dict[str, float] = {}
    for line, amount in zip(usable, pnl, strict=True):
        sector = line.sector or "unknown"
        by_sector[sector] = by_sector.get(sector, 0.0) + float(amount)
    result = float(pnl.sum())
    return StressResult(
        scenario=scenario.name,
        pnl=result,
        pct=result / total_value if total_value > 0 else None,
        by_position={line.key: float(amount) for line, amount in zip(usable, pnl, strict=True)},
        by_sector=by_sector,
        not_stressed=tuple(line.key for line in lines if not _is_complete(line, scenario)),
    )


def _is_complete(line: StressLine, scenario: Scenario) -> bool:
    if scenario.market and line.beta is None:
        return False
    return not line.kind.is_option or None not in (line.strike, line.years, line.volatility)


def _shock(line: StressLine, scenario: Scenario) -> float:
    shock = scenario.market * (line.beta or 0.0) + scenario.sectors.get(line.sector or "", 0.0)
    if scenario.theme is not None:
        shock += scenario.theme.on(line.underlying)
    return max(shock, -1.0)


def _value(lines: Sequence[StressLine], scenario: Scenario | None) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Worth per share of each line, before (None) or after the scenario."""
    moved = scenario or Scenario("")
    spot = np.array([line.spot * (1 + _shock(line, moved)) for line in lines])
    option = np.array([line.kind.is_option for line in lines], dtype=bool)
    volatility = np.array([line.volatility or 0.0 for line in lines])
    shaken = np.maximum(volatility + moved.volatility, _LEAST_VOLATILITY) if moved.volatility else volatility
    modelled = option_price(
        spot,
        np.array([line.strike or 1.0 for line in lines]),
        np.array([line.years or 0.0 for line in lines]),
        shaken,
        np.array([line.rate for line in lines]) + moved.rates,
        np.array([line.dividend_yield for line in lines]),
        call=np.array([line.kind in (PositionType.LC, PositionType.SC) for line in lines], dtype=bool),
    )
    return np.where(option, modelled, spot)
