"""What a sector's score is made of, checked once at the door."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np
import numpy.typing as npt

from sectors.kernels.multipliers import Catalyst
from sectors.kernels.parameters import HORIZONS, FloatArray

Flags = npt.NDArray[np.bool_] | FloatArray
_PER_STOCK = (
    "shares_traded",
    "dollar_volume",
    "rvol",
    "above_moving_average",
    "new_highs",
    "new_lows",
    "halted",
    "halted_sessions",
    "quarantined",
    "sessions_listed",
    "opening_gap",
    "float_shares",
    "average_dollar_volume",
    "eligible",
    "last_price",
    "official_close",
)


@dataclass(frozen=True, slots=True, eq=False)
class SectorInputs:
    """One sector at one moment. Arrays are per constituent (n), in the order of `symbols`; NaN or infinite is missing.

    returns: (n, 4) percent in HORIZONS order, NaN also for a price that is not fresh. shares_traded, dollar_volume: of
    the day so far. rvol: relative volume for the time of day. index: daily equal-weight level of the sector, oldest
    first, last = now. benchmark_returns: (4,) percent. beta: to the benchmark, NaN unknown. scales: (4,) percent,
    None = static. expected: eligible stocks of the sector, at least n. age_minutes: session minutes since the newest
    bar that entered, NaN unknown. catalysts: None if there is no feed, () if nothing happened. missing_horizons: the
    reason of a horizon known to be missing. last_score: the sector's newest score, kept on the card while too few
    stocks are fresh. above_moving_average, new_highs, new_lows: (n,) booleans, or 0/1 with NaN, over 20 sessions.

    For formulas that choose their own scales: volatility, percent per session (NaN unknown), measured over
    volatility_sessions, and table_multiplier, the table's before any mode changed it (None: `multiplier` is it).

    Conditions of single stocks, (n,), None = of none known: halted now, and since how many sessions (0 = this one);
    quarantined: a price nobody can explain; sessions_listed: 1 on the first day, NaN = old enough.

    For ranking, (n,), None or NaN unknown: opening_gap percent, float_shares, average_dollar_volume of 20 sessions.
    eligible: None = all. last_price and official_close (regular session's) are only carried to the stored table.
    """

    sector: str
    symbols: tuple[str, ...]
    returns: FloatArray
    shares_traded: FloatArray
    dollar_volume: FloatArray
    rvol: FloatArray
    index: FloatArray
    benchmark_returns: FloatArray
    beta: float
    multiplier: float
    expected: int
    age_minutes: float
    scales: FloatArray | None = None
    catalysts: tuple[Catalyst, ...] | None = None
    above_moving_average: Flags | None = None
    new_highs: Flags | None = None
    new_lows: Flags | None = None
    missing_horizons: Mapping[str, str] = field(default_factory=dict)
    last_score: Decimal | None = None
    volatility: float = math.nan
    volatility_sessions: int = 0
    table_multiplier: float | None = None
    halted: Flags | None = None
    halted_sessions: FloatArray | None = None
    quarantined: Flags | None = None
    sessions_listed: FloatArray | None = None
    opening_gap: FloatArray | None = None
    float_shares: FloatArray | None = None
    average_dollar_volume: FloatArray | None = None
    eligible: Flags | None = None
    last_price: FloatArray | None = None
    official_close: FloatArray | None = None

    def __post_init__(self) -> None:
        """ValueError, naming the sector, for shapes and numbers that can only be a mistake of the caller."""
        n = len(self.symbols)
        shapes = {"returns": (n, len(HORIZONS)), **dict.fromkeys(_PER_STOCK, (n,))}
        shapes |= dict.fromkeys(("benchmark_returns", "scales"), (len(HORIZONS),))
        for name, shape in shapes.items():
            value = getattr(self, name)
            if value is not None and np.shape(value) != shape:
                self._refuse(f"{name} has the shape {np.shape(value)} instead of {shape}")
        if len(set(self.symbols)) != n:
            self._refuse("a symbol occurs twice")
        if self.expected < n:
            self._refuse(f"{n} stocks of {self.expected} expected")
        for multiplier in (self.multiplier, self.table_multiplier):
            if multiplier is not None and not 0 < multiplier < np.inf:
                self._refuse(f"the multiplier must be positive: {multiplier}")
        if self.scales is not None and not (np.isfinite(self.scales) & (self.scales > 0)).all():
            self._refuse(f"scales must be positive: {self.scales}")
        unknown = set(self.missing_horizons) - set(HORIZONS)
        if unknown:
            self._refuse(f"unknown horizons {sorted(unknown)}")

    def _refuse(self, fault: str) -> None:
        raise ValueError(f"inputs of {self.sector}: {fault}")
