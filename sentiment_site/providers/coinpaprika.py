"""CoinPaprika: the whole crypto market from a second source, without a key. Free use is personal, non-commercial."""

from __future__ import annotations

from typing import Any, Final

from . import payload as read
from .crypto_records import CoinRecord, GlobalRecord
from .errors import BadPayload
from .http import Http
from .records import Fetched, Page

__all__ = ["CoinPaprika", "parse_global", "parse_tickers"]

VENDOR: Final = "coinpaprika"


def parse_global(body: bytes) -> Page[GlobalRecord]:
    """/global: total, and bitcoin's share only. BadPayload when one of them or the moment is missing."""
    content = _object(body)
    total, at = read.positive(content.get("market_cap_usd")), read.epoch(content.get("last_updated"), 1)
    share = read.number(content.get("bitcoin_dominance_percentage"))
    if total is None or at is None or share is None:
        raise BadPayload(VENDOR, "global figures without total, moment or bitcoin's share")
    return Page(GlobalRecord(total, {"btc": share / 100.0}, at))


def parse_tickers(body: bytes) -> Page[tuple[CoinRecord, ...]]:
    """/tickers, by rank. Rows without an id or a price in dollars are skipped and counted."""
    content = read.decode(VENDOR, body)
    if not isinstance(content, list):
        raise BadPayload(VENDOR, f"tickers is {type(content).__name__}, not a list")
    records, skipped = read.parse_rows(content, _coin)
    return Page(records, skipped=skipped)


class CoinPaprika:
    """The endpoints the product uses. Every method raises a ProviderError unless it answers in full."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def fetch_global(self) -> Fetched[GlobalRecord]:
        """The whole market now; refreshed every few minutes."""
        reply = self.http.get("/global")
        page = self.http.parse(reply, parse_global)
        return Fetched(page.records, self.http.config.name, reply.simulated, reply.received_at)

    def fetch_tickers(self, rows: int = 200) -> Fetched[tuple[CoinRecord, ...]]:
        """The largest coins by cap."""
        reply = self.http.get("/tickers", {"limit": rows, "quotes": "USD"})
        page = self.http.parse(reply, parse_tickers)
        return Fetched(page.records, self.http.config.name, reply.simulated, reply.received_at, skipped=page.skipped)


def _object(body: bytes) -> dict[str, Any]:
    content = read.decode(VENDOR, body)
    if not isinstance(content, dict):
        raise BadPayload(VENDOR, f"global figures are {type(content).__name__}, not an object")
    return content


def _coin(row: read.Row) -> CoinRecord | None:
    quotes = row.get("quotes")
    dollars = quotes.get("USD") if isinstance(quotes, dict) else None
    identity = read.text(row.get("id"))
    price = read.positive(dollars.get("price")) if isinstance(dollars, dict) else None
    if identity is None or price is None or not isinstance(dollars, dict):
        return None
    return CoinRecord(
        id=identity,
        symbol=(read.text(row.get("symbol")) or "").lower(),
        name=read.text(row.get("name")) or identity,
        price=price,
        market_cap=read.positive(dollars.get("market_cap")),
        # `total_supply` counts coins that are locked or burnt: no supply that price and cap could be held against.
        supply=None,
        updated_at=read.moment(row.get("last_updated")),
    )
