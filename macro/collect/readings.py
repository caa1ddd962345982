"""One reading of the whole market from a vendor: CoinGecko first, CoinPaprika when it fails."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

import structlog

from sentiment_site.providers.crypto_records import CoinRecord
from sentiment_site.providers.crypto_registry import CryptoVendors
from sentiment_site.providers.errors import BadPayload, ProviderError
from sentiment_site.providers.http import Http

log = structlog.get_logger(__name__)

COINGECKO: Final = "coingecko"
COINPAPRIKA: Final = "coinpaprika"
STABLE_CATEGORY: Final = "stablecoins"
# CoinPaprika has no such category; these are over 98 % of all stablecoins' cap.
STABLE_SYMBOLS: Final = frozenset(
    {"usdt", "usdc", "dai", "usds", "usde", "fdusd", "pyusd", "tusd", "usdd", "busd", "usd1", "rlusd", "gusd", "usdp"}
)


@dataclass(frozen=True, slots=True)
class Figures:
    """The market at one moment, dollars; None for what is not known."""

    total: float
    btc_cap: float
    eth_cap: float
    btc_price: float
    eth_price: float | None = None
    stablecoins: float | None = None

    @property
    def alt_cap(self) -> float:
        """The market without bitcoin and ether."""
        return self.total - self.btc_cap - self.eth_cap

    @property
    def dominance(self) -> float:
        """Bitcoin's share of the market, a ratio."""
        return self.btc_cap / self.total

    @property
    def alt_ex_stable(self) -> float | None:
        """`alt_cap` without stablecoins."""
        return None if self.stablecoins is None else self.alt_cap - self.stablecoins


@dataclass(frozen=True, slots=True)
class Reading:
    """Figures with their origin. `coins` is the vendor's table, largest first; `stable_ids` is None where the vendor
    did not say which coins are stable; `btc_supply` is for checking only."""

    figures: Figures
    source: str
    event_at: dt.datetime
    received_at: dt.datetime
    is_simulated: bool
    btc_supply: float | None = None
    coins: tuple[CoinRecord, ...] = field(default=(), repr=False)
    stable_ids: frozenset[str] | None = field(default=None, repr=False)


def fetch_coingecko(vendors: CryptoVendors) -> Reading:
    """CoinGecko's reading: three calls. Raises a ProviderError; the stablecoins alone may be missing."""
    source = vendors.coingecko
    world, table = source.fetch_global(), source.fetch_markets()
    bitcoin = _find(source.http, table.records, "bitcoin")
    ether = _find(source.http, table.records, "ethereum")
    total = world.records.total_market_cap
    # Shares and total are of one moment; the table is a few minutes newer and would shift the dominance.
    eth_share = world.records.shares.get("eth")
    try:
        stable = source.fetch_markets(category=STABLE_CATEGORY).records
    except ProviderError as error:
        log.warning("stablecoins unknown", error=str(error))
        stable = ()
    return Reading(
        figures=Figures(
            total=total,
            btc_cap=world.records.shares["btc"] * total,
            eth_cap=eth_share * total if eth_share is not None else (ether.market_cap or 0.0),
            btc_price=bitcoin.price,
            eth_price=ether.price,
            stablecoins=sum_caps(stable) if stable else None,
        ),
        source=COINGECKO,
        event_at=world.records.updated_at,
        received_at=table.received_at,
        is_simulated=world.simulated or table.simulated,
        btc_supply=bitcoin.supply,
        coins=table.records,
        stable_ids=frozenset(coin.id for coin in stable) or None,
    )


def fetch_coinpaprika(vendors: CryptoVendors) -> Reading:
    """CoinPaprika's reading: two calls. Raises a ProviderError."""
    source = vendors.coinpaprika
    world, table = source.fetch_global(), source.fetch_tickers()
    bitcoin = _find(source.http, table.records, "btc-bitcoin")
    ether = _find(source.http, table.records, "eth-ethereum")
    if ether.market_cap is None:
        raise BadPayload(COINPAPRIKA, "no market cap of ether", endpoint="/tickers")
    total = world.records.total_market_cap
    stable = [coin for coin in table.records if coin.symbol in STABLE_SYMBOLS]
    return Reading(
        figures=Figures(
            total=total,
            btc_cap=world.records.shares["btc"] * total,
            eth_cap=ether.market_cap,
            btc_price=bitcoin.price,
            eth_price=ether.price,
            stablecoins=sum_caps(stable) if stable else None,
        ),
        source=COINPAPRIKA,
        event_at=world.records.updated_at,
        received_at=table.received_at,
        is_simulated=world.simulated or table.simulated,
    )


def sum_caps(coins: Iterable[CoinRecord]) -> float:
    """The sum of the caps that are known."""
    return sum(coin.market_cap for coin in coins if coin.market_cap is not None)


def _find(http: Http, coins: Iterable[CoinRecord], identity: str) -> CoinRecord:
    for coin in coins:
        if coin.id == identity:
            return coin
    error = BadPayload(http.config.name, f"no {identity} among the coins")
    http.limits.note(error)
    raise error
