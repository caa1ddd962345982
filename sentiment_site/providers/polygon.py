"""Massive, formerly Polygon.io: US stock listings, bars, snapshots, splits, short interest, float, market status.

Parsers are pure (bytes to records); `Polygon` fetches, following every page. Facts about the endpoints and plans are in
docs/providers.md.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, TypeVar
from urllib.parse import quote

import numpy as np

from .errors import BadPayload
from .event_records import NewsRecord
from .http import Http, Query, Reply
from .polygon_payloads import (
    parse_aggregates,
    parse_details,
    parse_floats,
    parse_grouped_daily,
    parse_holidays,
    parse_market_status,
    parse_news,
    parse_option_chain,
    parse_short_interest,
    parse_snapshot,
    parse_splits,
    parse_tickers,
)
from .records import (
    BAR_COLUMNS,
    BarTable,
    DetailsRecord,
    Fetched,
    FloatRecord,
    HolidayRecord,
    MarketStatusRecord,
    OptionRecord,
    Page,
    ShortInterestRecord,
    SnapshotRecord,
    SplitRecord,
    TickerRecord,
    join_bars,
)

__all__ = [
    "Polygon",
    "parse_aggregates",
    "parse_details",
    "parse_floats",
    "parse_grouped_daily",
    "parse_holidays",
    "parse_market_status",
    "parse_news",
    "parse_option_chain",
    "parse_short_interest",
    "parse_snapshot",
    "parse_splits",
    "parse_tickers",
]

T = TypeVar("T")

# 13,000 listings are 14 pages; a chain this long is a loop that changes its cursor.
MOST_PAGES: Final = 200
SYMBOLS_PER_SNAPSHOT: Final = 400
CONTRACTS_PER_PAGE: Final = 250
STOCKS: Final = "/v2/snapshot/locale/us/markets/stocks/tickers"


class Polygon:
    """The vendor's endpoints that the product uses. Every method raises a ProviderError unless it answers in full."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def fetch_tickers(self, exchange: str, type: str, active: bool = True) -> Fetched[tuple[TickerRecord, ...]]:
        """All listings of one exchange (MIC) and type (CS, ADRC, ETF, ...); delisted ones with `active=False`."""
        params: Query = {
            "market": "stocks",
            "exchange": exchange,
            "type": type,
            "active": active,
            "limit": 1000,
            "sort": "ticker",
            "order": "asc",
        }
        return self._rows("/v3/reference/tickers", params, parse_tickers)

    def fetch_details(self, symbol: str) -> Fetched[DetailsRecord]:
        """One listing in depth; NotFound for a symbol that the vendor does not know."""
        return self._one(f"/v3/reference/tickers/{_quoted(symbol)}", {}, parse_details)

    def fetch_grouped_daily(self, date: date, adjusted: bool = False) -> Fetched[BarTable]:
        """The day bar of every stock; empty on a weekend or holiday. `adjusted` for later splits."""
        path = f"/v2/aggs/grouped/locale/us/market/stocks/{date.isoformat()}"
        return self._one(path, {"adjusted": adjusted, "include_otc": False}, parse_grouped_daily)

    def fetch_aggregates(
        self, symbol: str, minutes: int = 30, *, start: date, end: date, adjusted: bool = False
    ) -> Fetched[BarTable]:
        """Bars of `minutes` minutes, both days included, 04:00-20:00 New York, ascending, each start once."""
        path = f"/v2/aggs/ticker/{_quoted(symbol)}/range/{minutes}/minute/{start.isoformat()}/{end.isoformat()}"
        params: Query = {"adjusted": adjusted, "sort": "asc", "limit": 50_000}
        pages = list(self._pages(path, params, lambda body: parse_aggregates(body, symbol)))
        table = join_bars([page.records for page, _ in pages])
        # The last bar of a page may come again on the next one, more complete: the later one counts.
        _, from_the_end = np.unique(table.start[::-1], return_index=True)
        kept = len(table) - 1 - from_the_end
        columns = {name: getattr(table, name)[kept] for name in BAR_COLUMNS}
        return self._fetched(pages, BarTable(symbol=[symbol] * len(kept), start=table.start[kept], **columns))

    def fetch_snapshot(self, symbols: Sequence[str] | None = None) -> Fetched[tuple[SnapshotRecord, ...]]:
        """The whole market's snapshot in one call, or that of `symbols`; unknown symbols are absent from the answer."""
        if symbols is None:
            return self._one(STOCKS, {"include_otc": False}, parse_snapshot)
        if not symbols:
            raise ValueError("fetch_snapshot of no symbols: pass None for the whole market")
        batches = (symbols[at : at + SYMBOLS_PER_SNAPSHOT] for at in range(0, len(symbols), SYMBOLS_PER_SNAPSHOT))
        pages = [
            page for batch in batches for page in self._pages(STOCKS, {"tickers": ",".join(batch)}, parse_snapshot)
        ]
        return self._fetched(pages, tuple(record for page, _ in pages for record in page.records))

    def fetch_splits(self, since: date) -> Fetched[tuple[SplitRecord, ...]]:
        """Splits executed on `since` or later, announced ones of the future included."""
        params: Query = {"execution_date.gte": since.isoformat(), "sort": "execution_date.asc", "limit": 5000}
        return self._rows("/stocks/v1/splits", params, parse_splits)

    def fetch_short_interest(self, since: date) -> Fetched[tuple[ShortInterestRecord, ...]]:
        """Short interest of all symbols settled on `since` or later."""
        params: Query = {"settlement_date.gte": since.isoformat(), "sort": "settlement_date.asc", "limit": 50_000}
        return self._rows("/stocks/v1/short-interest", params, parse_short_interest)

    def fetch_floats(self) -> Fetched[tuple[FloatRecord, ...]]:
        """The newest free float of all symbols."""
        return self._rows("/stocks/vX/float", {"limit": 5000}, parse_floats)

    def fetch_news(self, since: datetime, symbol: str | None = None) -> Fetched[tuple[NewsRecord, ...]]:
        """Articles published at `since` (aware) or later, oldest first, of all stocks or of one."""
        params: Query = {
            "published_utc.gte": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "ticker": symbol,
            "sort": "published_utc",
            "order": "asc",
            "limit": 1000,
        }
        return self._rows("/v2/reference/news", params, parse_news)

    def fetch_option_chain(self, symbol: str, *, start: date, end: date) -> Fetched[tuple[OptionRecord, ...]]:
        """The contracts of a stock that expire from `start` to `end`, both included; empty where it has no options.

        A call per 250 contracts. NotEntitled without an options plan.
        """
        params: Query = {
            "expiration_date.gte": start.isoformat(),
            "expiration_date.lte": end.isoformat(),
            "limit": CONTRACTS_PER_PAGE,
            "sort": "ticker",
            "order": "asc",
        }
        return self._rows(f"/v3/snapshot/options/{_quoted(symbol)}", params, parse_option_chain)

    def fetch_market_status(self) -> Fetched[MarketStatusRecord]:
        """Whether the market is open now, in the vendor's view."""
        return self._one("/v1/marketstatus/now", {}, parse_market_status)

    def fetch_holidays(self) -> Fetched[tuple[HolidayRecord, ...]]:
        """Coming closures and early closes, one row per exchange."""
        return self._one("/v1/marketstatus/upcoming", {}, parse_holidays)

    def _one(self, path: str, params: Query, parser: Callable[[bytes], Page[T]]) -> Fetched[T]:
        """An answer that has no further pages."""
        reply = self.http.get(path, params)
        page = self.http.parse(reply, parser)
        return self._fetched([(page, reply)], page.records)

    def _rows(self, path: str, params: Query, parser: Callable[[bytes], Page[tuple[T, ...]]]) -> Fetched[tuple[T, ...]]:
        pages = list(self._pages(path, params, parser))
        return self._fetched(pages, tuple(record for page, _ in pages for record in page.records))

    def _pages(self, path: str, params: Query, parser: Callable[[bytes], Page[T]]) -> Iterator[tuple[Page[T], Reply]]:
        """Page after page. A cursor that comes again and a chain without end are BadPayload: half a list is no list."""
        seen: set[object] = set()
        following = path
        while True:
            reply = self.http.get(following, None if seen else params)
            page = self.http.parse(reply, parser)
            yield page, reply
            if page.next_url is None:
                return
            following = page.next_url
            endpoint, query = self.http.locate(following)
            place = (endpoint, tuple(query))
            if place in seen or len(seen) >= MOST_PAGES:
                words = "the cursor repeats itself" if place in seen else f"more than {MOST_PAGES} pages"
                error = BadPayload(self.http.config.name, words, endpoint=reply.endpoint)
                self.http.limits.note(error)
                raise error
            seen.add(place)

    def _fetched(self, pages: Sequence[tuple[Page[Any], Reply]], records: T) -> Fetched[T]:
        return Fetched(
            records=records,
            vendor=self.http.config.name,
            simulated=any(reply.simulated for _, reply in pages),
            received_at=pages[-1][1].received_at,
            delayed=any(page.delayed for page, _ in pages),
            skipped=sum(page.skipped for page, _ in pages),
        )


def _quoted(symbol: str) -> str:
    return quote(symbol, safe="")
