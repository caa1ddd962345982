"""The crypto market as vendors tell it. Dollars; moments aware UTC; None for whatever is missing."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class GlobalRecord:
    """The whole market: its cap, and the share of the largest coins by symbol in lower case (ratios, .58 is 58 %)."""

    total_market_cap: float
    shares: Mapping[str, float]
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class CoinRecord:
    """One coin of a vendor's table, largest first. `id` is the vendor's own, `symbol` in lower case; a cap of 0 is an
    unknown supply, hence None."""

    id: str
    symbol: str
    name: str
    price: float
    market_cap: float | None
    supply: float | None
    updated_at: datetime | None


@dataclass(frozen=True, slots=True, eq=False)
class CoinChart:
    """One coin's history as columns of equal length, oldest first: `at` epoch milliseconds UTC; NaN is missing.

    The last point is "now" and not the end of a day.
    """

    at: NDArray[np.int64]
    price: FloatArray
    market_cap: FloatArray

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True)
class FearGreedRecord:
    """The Fear and Greed index of one day (UTC), 0 to 100."""

    day: date
    value: int
    classification: str
