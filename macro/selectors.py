"""What the rest of the product may read of the crypto regime, always as it was known at a moment."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db.models import Q, QuerySet
from numpy.typing import NDArray

from sentiment_site.market import clock
from sentiment_site.market.calendar import NEW_YORK

from .models import (
    CryptoLink,
    MacroBootstrap,
    MacroCoinDay,
    MacroFearGreed,
    MacroMarketData,
    MacroSentimentAnalysis,
    MacroSystemState,
)

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]

_COLUMNS = ("total_market_cap", "btc_market_cap", "eth_market_cap", "btc_price", "eth_price", "stablecoin_market_cap")


@dataclass(frozen=True, slots=True, eq=False)
class MarketSeries:
    """Believed readings, oldest first, as columns of equal length; NaN for what is missing.

    `at` are epoch seconds UTC of the readings' slots, `event_at` of the vendor's own times; caps and prices in dollars.
    Rows before the bootstrap are daily (00:00 UTC), later ones every four hours; a gap has no row.
    """

    at: NDArray[np.int64]
    event_at: NDArray[np.int64]
    total: Floats
    btc_cap: Floats
    eth_cap: Floats
    btc_price: Floats
    eth_price: Floats
    stablecoins: Floats
    is_estimated: Bools
    is_simulated: Bools

    def __len__(self) -> int:
        return len(self.at)


@dataclass(frozen=True, slots=True, eq=False)
class CoinPanel:
    """Daily prices and caps of single coins: rows are `days` (datetime64[D], ascending, only days that have any row),
    columns `coin_ids`; NaN where a coin has no row or no known cap."""

    days: NDArray[np.datetime64]
    coin_ids: tuple[str, ...]
    is_stable: Bools
    price: Floats
    market_cap: Floats


def load_market(as_of: dt.datetime | None = None, since: dt.datetime | None = None) -> MarketSeries:
    """The believed readings known at `as_of` (now), of slots from `since` on (all) up to `as_of`."""
    at = as_of or clock.now()
    rows = MacroMarketData.objects.known_at(at).believed().filter(timestamp__lte=at)
    if since is not None:
        rows = rows.filter(timestamp__gte=since)
    found = list(
        rows.order_by("timestamp").values_list("timestamp", "event_at", *_COLUMNS, "is_estimated", "is_simulated")
    )
    columns: list[Sequence[Any]] = list(zip(*found, strict=True)) if found else [()] * 10
    slots, events, total, btc_cap, eth_cap, btc_price, eth_price, stablecoins, estimated, simulated = columns
    return MarketSeries(
        at=_seconds(slots),
        event_at=_seconds(events),
        total=np.array(total, dtype=np.float64),
        btc_cap=np.array(btc_cap, dtype=np.float64),
        eth_cap=np.array(eth_cap, dtype=np.float64),
        btc_price=np.array(btc_price, dtype=np.float64),
        eth_price=np.array(eth_price, dtype=np.float64),
        stablecoins=np.array(stablecoins, dtype=np.float64),
        is_estimated=np.array(estimated, dtype=np.bool_),
        is_simulated=np.array(simulated, dtype=np.bool_),
    )


def load_coin_days(as_of: dt.datetime | None = None, since: dt.date | None = None) -> CoinPanel:
    """Daily rows of single coins known at `as_of` (now), of days from `since` on (all)."""
    at = as_of or clock.now()
    rows = MacroCoinDay.objects.filter(recorded_at__lte=at, event_at__lte=at)
    if since is not None:
        rows = rows.filter(day__gte=since)
    found = list(rows.values_list("coin_id", "day", "price", "market_cap", "is_stable"))
    ids = sorted({row[0] for row in found})
    days = np.array(sorted({row[1] for row in found}), dtype="datetime64[D]")
    column = {coin: place for place, coin in enumerate(ids)}
    price = np.full((len(days), len(ids)), np.nan)
    cap, stable = price.copy(), np.zeros(len(ids), dtype=np.bool_)
    if found:
        line = np.searchsorted(days, np.array([row[1] for row in found], dtype="datetime64[D]"))
        place = np.array([column[row[0]] for row in found])
        price[line, place] = [row[2] for row in found]
        cap[line, place] = np.array([row[3] for row in found], dtype=np.float64)
        stable[place] |= np.array([row[4] for row in found], dtype=np.bool_)
    return CoinPanel(days, tuple(ids), stable, price, cap)


def latest_reading(as_of: dt.datetime | None = None) -> MacroMarketData | None:
    """The newest believed reading known at `as_of` (now)."""
    at = as_of or clock.now()
    rows = MacroMarketData.objects.known_at(at).believed().filter(timestamp__lte=at)
    return rows.order_by("-timestamp").first()


def list_readings(as_of: dt.datetime | None = None) -> QuerySet[MacroMarketData]:
    """Believed readings known at `as_of` (now), newest first."""
    at = as_of or clock.now()
    return MacroMarketData.objects.known_at(at).believed().filter(timestamp__lte=at).order_by("-timestamp")


def list_quarantined(as_of: dt.datetime | None = None) -> QuerySet[MacroMarketData]:
    """Readings in quarantine as of `as_of` (now), newest first."""
    at = as_of or clock.now()
    return MacroMarketData.objects.known_at(at).filter(quality="QUARANTINED").order_by("-timestamp")


def latest_analysis(as_of: dt.datetime | None = None) -> MacroSentimentAnalysis | None:
    """The newest analysis known at `as_of` (now)."""
    return list_analyses(as_of).first()


def list_analyses(as_of: dt.datetime | None = None) -> QuerySet[MacroSentimentAnalysis]:
    """Analyses known at `as_of` (now), newest first."""
    at = as_of or clock.now()
    rows = MacroSentimentAnalysis.objects.filter(recorded_at__lte=at, analysis_timestamp__lte=at)
    return rows.order_by("-analysis_timestamp")


def latest_fear_greed(as_of: dt.datetime | None = None) -> MacroFearGreed | None:
    """The newest day of the Fear and Greed index known at `as_of` (now)."""
    return MacroFearGreed.objects.filter(recorded_at__lte=as_of or clock.now()).order_by("-day").first()


def get_state() -> MacroSystemState:
    """The one row of the system's state; an unsaved one that is initializing before the first run."""
    return MacroSystemState.objects.filter(pk=1).first() or MacroSystemState(pk=1, updated_at=clock.now())


def current_bootstrap() -> MacroBootstrap | None:
    """The newest bootstrap, under way or done."""
    return MacroBootstrap.objects.order_by("-id").first()


def _seconds(moments: Sequence[dt.datetime]) -> NDArray[np.int64]:
    return np.array([each.timestamp() for each in moments], dtype=np.int64)


def list_link_kinds(at: dt.datetime, *, simulated: bool) -> dict[str, tuple[str, ...]]:
    """How each crypto-linked stock is linked on the New York day of a moment, by symbol. One statement.

    simulated: of the simulated market's companies or of the real ones, which may share symbols.
    """
    day = at.astimezone(NEW_YORK).date()
    rows = CryptoLink.objects.filter(Q(until__isnull=True) | Q(until__gt=day), since__lte=day, is_simulated=simulated)
    found: dict[str, tuple[str, ...]] = {}
    for link in rows.order_by("symbol", "link_type"):
        found[link.symbol] = (*found.get(link.symbol, ()), CryptoLink.LinkType(link.link_type).label)
    return found
