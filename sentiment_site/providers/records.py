"""What vendors tell us, as frozen records: symbols canonical, moments aware UTC, None for whatever is missing.

A price or a market cap of 0 is missing too (vendors send 0 after a reset or for what they do not know). Volumes and
counts may be 0. Nothing here is ever filled in or estimated.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
FloatArray = NDArray[np.float64]


class PriceBasis(StrEnum):
    """Where a snapshot's price comes from, best first."""

    LAST_TRADE = "last_trade"
    MINUTE = "minute"
    DAY = "day"
    PREVIOUS_CLOSE = "previous_close"


@dataclass(frozen=True, slots=True)
class TickerRecord:
    """One listing. `exchange` is a MIC, `type` the vendor's code (CS, ADRC, ETF, ...), `cik` ten digits."""

    symbol: str
    name: str
    exchange: str | None
    type: str | None
    active: bool
    cik: str | None
    composite_figi: str | None
    delisted_on: date | None


@dataclass(frozen=True, slots=True)
class DetailsRecord:
    """One listing in depth. `market_cap` in dollars, shares in shares."""

    symbol: str
    name: str
    exchange: str | None
    type: str | None
    cik: str | None
    composite_figi: str | None
    market_cap: float | None
    share_class_shares: int | None
    weighted_shares: int | None
    sic_code: str | None
    sic_description: str | None
    list_date: date | None


@dataclass(frozen=True, slots=True)
class SnapshotRecord:
    """The market's last word on one symbol. Prices in dollars, volumes in shares.

    `event_time` belongs to `price`; it is None for a price that is only the previous close, whose moment is not told.
    `day_close` is that of the regular session, `minute_volume_total` the day's volume up to the last minute bar.
    """

    symbol: str
    price: float | None
    price_basis: PriceBasis | None
    previous_close: float | None
    day_close: float | None
    day_volume: float | None
    minute_close: float | None
    minute_volume_total: float | None
    event_time: datetime | None


@dataclass(frozen=True, slots=True)
class SplitRecord:
    """`split_from` old shares become `split_to` new ones before the open of `execution_date`; `kind` is forward_split,
    reverse_split or stock_dividend. Without an id of the vendor's own, `vendor_id` is made of the other fields."""

    vendor_id: str
    symbol: str
    execution_date: date
    split_from: float
    split_to: float
    kind: str


@dataclass(frozen=True, slots=True)
class ShortInterestRecord:
    """Shares sold short as settled on `settlement_date`; published about eight trading days later."""

    symbol: str
    settlement_date: date
    short_interest: int
    avg_daily_volume: int | None
    days_to_cover: float | None


@dataclass(frozen=True, slots=True)
class OptionRecord:
    """One contract of a chain. Strike and prices in dollars, volume and open interest in contracts.

    `volume` and `vwap` are of the session of `traded_at`; a contract that has not traded has volume 0 and no vwap. The
    open interest is that of the day before. `delta` in [-1, 1], `volatility` implied, 0.4 = 40 % a year.
    """

    ticker: str
    is_call: bool
    strike: float
    expires: date
    shares: float
    volume: float | None
    vwap: float | None
    traded_at: datetime | None
    open_interest: float | None
    delta: float | None
    volatility: float | None
    underlying_price: float | None
    underlying_at: datetime | None


@dataclass(frozen=True, slots=True)
class FloatRecord:
    """Freely traded shares, and in percent (0-100) of those outstanding."""

    symbol: str
    effective_date: date
    free_float: int
    free_float_percent: float | None


@dataclass(frozen=True, slots=True)
class CompanyRecord:
    """A row of a company screener or profile: sector and industry in the vendor's words, `exchange` a MIC if known."""

    symbol: str
    name: str
    market_cap: float | None
    sector: str | None
    industry: str | None
    price: float | None
    volume: float | None
    exchange: str | None
    country: str | None
    is_etf: bool
    is_fund: bool
    is_active: bool


@dataclass(frozen=True, slots=True)
class MarketStatusRecord:
    """The vendor's view of the market now: `market` and each exchange are open, closed or extended-hours."""

    market: str
    exchanges: Mapping[str, str]
    early_hours: bool
    after_hours: bool
    server_time: datetime | None


@dataclass(frozen=True, slots=True)
class HolidayRecord:
    """A day on which `exchange` is closed, or closes early (`status` early-close, with `open` and `close`)."""

    day: date
    exchange: str
    name: str
    status: str
    open: datetime | None
    close: datetime | None


@dataclass(frozen=True, slots=True, eq=False)
class BarTable:
    """Bars as columns of equal length. `start` is the bar's beginning in epoch milliseconds UTC (a day bar begins at
    midnight in New York); prices in dollars, volume in shares, trades a count; NaN for whatever is missing."""

    symbol: list[str]
    start: NDArray[np.int64]
    open: FloatArray
    high: FloatArray
    low: FloatArray
    close: FloatArray
    vwap: FloatArray
    volume: FloatArray
    trades: FloatArray

    def __len__(self) -> int:
        return len(self.symbol)


BAR_COLUMNS = ("open", "high", "low", "close", "vwap", "volume", "trades")


def join_bars(tables: Sequence[BarTable]) -> BarTable:
    """The tables one after the other; an empty table for none."""
    columns = {
        name: np.concatenate([np.empty(0), *(getattr(each, name) for each in tables)]).astype(np.float64)
        for name in BAR_COLUMNS
    }
    start = np.concatenate([np.empty(0, np.int64), *(each.start for each in tables)])
    return BarTable(symbol=[name for each in tables for name in each.symbol], start=start, **columns)


@dataclass(frozen=True, slots=True)
class Page(Generic[T_co]):
    """One parsed answer: `next_url` leads to the next page, `skipped` counts rows that could not be used."""

    records: T_co
    next_url: str | None = None
    delayed: bool = False
    skipped: int = 0


@dataclass(frozen=True, slots=True)
class Fetched(Generic[T_co]):
    """What a fetch brought. `received_at` is market time (aware UTC) of the last page; `simulated` when any page was
    made by the simulator; `delayed` when the vendor marked any page as delayed; `skipped` counts unusable rows."""

    records: T_co
    vendor: str
    simulated: bool
    received_at: datetime
    delayed: bool = False
    skipped: int = 0
