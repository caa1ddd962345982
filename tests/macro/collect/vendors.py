"""The real provider code against an address, without waiting. Light to import: a child process builds it too."""

from __future__ import annotations

import datetime as dt

from sentiment_site.providers.alternative import Alternative
from sentiment_site.providers.coingecko import CoinGecko
from sentiment_site.providers.coinpaprika import CoinPaprika
from sentiment_site.providers.crypto_registry import CryptoVendors
from sentiment_site.providers.http import Http, VendorConfig
from sentiment_site.providers.limits import BreakerRule

NOW = dt.datetime(2025, 12, 2, 17, 7, 30, tzinfo=dt.UTC)


def quick_vendors(address: str) -> CryptoVendors:
    """The three vendors of a simulator: one retry, no limits of ours."""

    def http(name: str, path: str = "") -> Http:
        # The breaker runs on the machine's time, which a test of 48 simulated hours does not have.
        return Http(
            VendorConfig(
                name,
                f"{address}/{name}{path}",
                "",
                "",
                rate_per_s=10_000,
                burst=10_000,
                read_timeout=20.0,
                attempts=2,
                wait_initial_s=0.001,
                wait_max_s=0.001,
                longest_wait_s=0.01,
                breaker=BreakerRule(threshold=10_000),
            )
        )

    return CryptoVendors(
        CoinGecko(http("coingecko", "/api/v3")),
        CoinPaprika(http("coinpaprika", "/v1")),
        Alternative(http("alternative")),
    )
