"""CoinGecko: the whole crypto market, its coins and their history, on the Demo plan. Data provided by CoinGecko.

The plan reaches back 365 days and has no history of the whole market's cap. Limits: docs/providers.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, TypeVar
from urllib.parse import quote

from .coingecko_payloads import parse_global, parse_market_chart, parse_markets
from .crypto_records import CoinChart, CoinRecord, GlobalRecord
from .http import Http, Query
from .records import Fetched, Page

__all__ = ["MOST_DAYS", "MOST_ROWS", "CoinGecko", "parse_global", "parse_market_chart", "parse_markets"]

T = TypeVar("T")
MOST_DAYS: Final = 365
MOST_ROWS: Final = 250
HOURLY_DAYS: Final = 90


class CoinGecko:
    """The endpoints the product uses. Every method raises a ProviderError unless it answers in full."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def fetch_global(self) -> Fetched[GlobalRecord]:
        """The whole market now; the vendor refreshes it about every ten minutes."""
        return self._one("/global", {}, parse_global)

    def fetch_markets(self, *, category: str | None = None, rows: int = MOST_ROWS) -> Fetched[tuple[CoinRecord, ...]]:
        """The largest coins by cap, at most 250, of one category or of all but wrapped and staked ones."""
        query: Query = {
            "vs_currency": "usd",
            "order": "market_cap_desc",
            "per_page": min(rows, MOST_ROWS),
            "page": 1,
            "category": category,
            "include_rehypothecated": False,
        }
        return self._one("/coins/markets", query, parse_markets)

    def fetch_market_chart(self, coin_id: str, days: int) -> Fetched[CoinChart]:
        """A coin's prices and caps: hourly up to 90 days, daily at 00:00 UTC beyond, at most 365. The last is now.

        NotFound for an unknown coin.
        """
        query: Query = {"vs_currency": "usd", "days": min(days, MOST_DAYS)}
        # Hourly points come by themselves below 91 days; asking for them by name is for paid plans.
        query = query if days <= HOURLY_DAYS else {**query, "interval": "daily"}
        return self._one(f"/coins/{quote(coin_id, safe='')}/market_chart", query, parse_market_chart)

    def _one(self, path: str, query: Query, parser: Callable[[bytes], Page[T]]) -> Fetched[T]:
        reply = self.http.get(path, query)
        page = self.http.parse(reply, parser)
        return Fetched(page.records, self.http.config.name, reply.simulated, reply.received_at, skipped=page.skipped)
