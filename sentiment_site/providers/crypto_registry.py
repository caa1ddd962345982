"""The vendors of the crypto market put together from plain values."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Protocol
from urllib.parse import urlsplit

import redis

from .alternative import Alternative
from .coingecko import CoinGecko
from .coinpaprika import CoinPaprika
from .http import Http, VendorConfig
from .limits import BreakerRule, VendorState

SECONDS_A_MINUTE: Final = 60.0
PAID_HOST: Final = "pro-api.coingecko.com"


class CryptoSettings(Protocol):
    """The settings that `build_crypto` reads; Django's settings object has them."""

    COINGECKO_BASE_URL: str
    COINGECKO_API_KEY: str
    COINGECKO_RATE_PER_MIN: float
    COINGECKO_CALLS_PER_DAY: int
    COINPAPRIKA_BASE_URL: str
    COINPAPRIKA_API_KEY: str
    COINPAPRIKA_CALLS_PER_DAY: int
    ALTERNATIVE_BASE_URL: str
    PROVIDER_READ_TIMEOUT_S: float


@dataclass(frozen=True, slots=True)
class CryptoVendors:
    """The sources of the crypto market, best first."""

    coingecko: CoinGecko
    coinpaprika: CoinPaprika
    alternative: Alternative

    def states(self) -> tuple[VendorState, ...]:
        """What is known about each vendor's health; no call to any of them."""
        return tuple(each.http.state() for each in (self.coingecko, self.coinpaprika, self.alternative))


def coingecko_config(settings: CryptoSettings) -> VendorConfig:
    """CoinGecko counts calls by the minute and the month; the key of each plan belongs to its own address."""
    is_paid = urlsplit(settings.COINGECKO_BASE_URL).hostname == PAID_HOST
    return _config(
        VendorConfig(
            "coingecko",
            settings.COINGECKO_BASE_URL,
            settings.COINGECKO_API_KEY,
            "header:x-cg-pro-api-key" if is_paid else "header:x-cg-demo-api-key",
            rate_per_s=settings.COINGECKO_RATE_PER_MIN / SECONDS_A_MINUTE,
            calls_per_day=settings.COINGECKO_CALLS_PER_DAY,
            read_timeout=settings.PROVIDER_READ_TIMEOUT_S,
        )
    )


def coinpaprika_config(settings: CryptoSettings) -> VendorConfig:
    """CoinPaprika needs no key; a paid one goes into the Authorization header as it is."""
    return _config(
        VendorConfig(
            "coinpaprika",
            settings.COINPAPRIKA_BASE_URL,
            settings.COINPAPRIKA_API_KEY,
            "header:Authorization",
            rate_per_s=1.0,
            calls_per_day=settings.COINPAPRIKA_CALLS_PER_DAY,
            read_timeout=settings.PROVIDER_READ_TIMEOUT_S,
        )
    )


def alternative_config(settings: CryptoSettings) -> VendorConfig:
    """alternative.me allows about 60 calls a minute; we ask once a day."""
    return _config(
        VendorConfig(
            "alternative",
            settings.ALTERNATIVE_BASE_URL,
            "",
            "",
            rate_per_s=1.0,
            attempts=2,
            read_timeout=settings.PROVIDER_READ_TIMEOUT_S,
        )
    )


def _config(config: VendorConfig) -> VendorConfig:
    """Calls are spaced evenly: these vendors count by the minute, and a burst now is a refusal later."""
    burst = max(1, int(config.rate_per_s))
    return replace(config, burst=burst, breaker=BreakerRule(lease_s=config.deadline_s + config.longest_wait_s))


def build_crypto(settings: CryptoSettings, client: redis.Redis | None) -> CryptoVendors:
    """The vendors for these settings. ValueError for a value that cannot work."""
    return CryptoVendors(
        coingecko=CoinGecko(Http(coingecko_config(settings), client)),
        coinpaprika=CoinPaprika(Http(coinpaprika_config(settings), client)),
        alternative=Alternative(Http(alternative_config(settings), client)),
    )
