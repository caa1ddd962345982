"""Financial Modeling Prep: sector, industry, market cap and float of all companies in a few calls. Optional enrichment.

Only the `stable` endpoints. FMP writes symbols with a dash (BRK-B); they are mapped to the canonical form. A dot marks
a foreign listing there (VOD.L) and would read as a class share here, so those rows are skipped and counted.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, Final, TypeVar

from . import payload as read
from .errors import BadPayload, NotFound
from .http import Http, Query, Reply
from .records import CompanyRecord, Fetched, FloatRecord, Page
from .symbols import from_dash, to_dash

__all__ = ["Fmp", "parse_floats", "parse_profile", "parse_screener"]

T = TypeVar("T", CompanyRecord, FloatRecord)

VENDOR: Final = "fmp"
PAGE_SIZE: Final = 5000
# The world's 80,000 listings are 16 pages; a plan that caps the page size is cut off here, loudly.
MOST_PAGES: Final = 100
EXCHANGE_OF_MIC: Final = {"XNAS": "NASDAQ", "XNYS": "NYSE", "XASE": "AMEX"}
MIC_OF_EXCHANGE: Final = {name: mic for mic, name in EXCHANGE_OF_MIC.items()}


def parse_screener(body: bytes) -> Page[tuple[CompanyRecord, ...]]:
    """A page of company-screener."""
    records, skipped = read.parse_rows(_array(body), _company)
    return Page(records, skipped=skipped)


def parse_profile(body: bytes) -> Page[tuple[CompanyRecord, ...]]:
    """profile: an array of one, empty for a symbol that FMP does not know."""
    records, skipped = read.parse_rows(_array(body), _company)
    return Page(records, skipped=skipped)


def parse_floats(body: bytes) -> Page[tuple[FloatRecord, ...]]:
    """A page of shares-float-all; FMP's `freeFloat` is a percentage, `floatShares` the shares."""
    records, skipped = read.parse_rows(_array(body), _float)
    return Page(records, skipped=skipped)


class Fmp:
    """The vendor's endpoints that the product uses. Every method raises a ProviderError unless it answers in full."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def fetch_screener(
        self, cap_min: float, cap_max: float, exchanges: Sequence[str]
    ) -> Fetched[tuple[CompanyRecord, ...]]:
        """Actively traded companies, no funds, with a market cap in dollars from `cap_min` to `cap_max`, on `exchanges`
        (MICs, or FMP's own names)."""
        params: Query = {
            "marketCapMoreThan": f"{cap_min:.0f}",
            "marketCapLowerThan": f"{cap_max:.0f}",
            "exchange": ",".join(EXCHANGE_OF_MIC.get(each, each) for each in exchanges),
            "isEtf": False,
            "isFund": False,
            "isActivelyTrading": True,
            "includeAllShareClasses": True,
        }
        return self._all("/company-screener", params, parse_screener)

    def fetch_profile(self, symbol: str) -> Fetched[CompanyRecord]:
        """One company by its canonical symbol; NotFound for one that FMP does not know."""
        reply = self.http.get("/profile", {"symbol": to_dash(symbol)})
        page = self.http.parse(reply, parse_profile)
        if not page.records:
            raise NotFound(
                self.http.config.name, f"no profile of {symbol}", status=reply.status, endpoint=reply.endpoint
            )
        return Fetched(page.records[0], self.http.config.name, reply.simulated, reply.received_at, skipped=page.skipped)

    def fetch_floats(self) -> Fetched[tuple[FloatRecord, ...]]:
        """The newest free float of all US symbols."""
        return self._all("/shares-float-all", {}, parse_floats)

    def _all(self, path: str, params: Query, parser: Callable[[bytes], Page[tuple[T, ...]]]) -> Fetched[tuple[T, ...]]:
        """All pages, each symbol once (the first row counts)."""
        pages = list(self._pages(path, params, parser))
        by_symbol: dict[str, T] = {}
        for page, _ in pages:
            for record in page.records:
                by_symbol.setdefault(record.symbol, record)
        return Fetched(
            records=tuple(by_symbol.values()),
            vendor=self.http.config.name,
            simulated=any(reply.simulated for _, reply in pages),
            received_at=pages[-1][1].received_at,
            skipped=sum(page.skipped for page, _ in pages),
        )

    def _pages(
        self, path: str, params: Query, parser: Callable[[bytes], Page[tuple[T, ...]]]
    ) -> Iterator[tuple[Page[tuple[T, ...]], Reply]]:
        """Pages until an empty one. A short page proves nothing, plans cap the size; the same page again means that the
        endpoint knows no pages, and it is the last."""
        before = b""
        for at in range(MOST_PAGES):
            reply = self.http.get(path, {**params, "page": at, "limit": PAGE_SIZE})
            if reply.body == before:
                return
            page = self.http.parse(reply, parser)
            yield page, reply
            if not page.records and not page.skipped:
                return
            before = reply.body
        error = BadPayload(self.http.config.name, f"more than {MOST_PAGES} pages", endpoint=path)
        self.http.limits.note(error)
        raise error


def _array(body: bytes) -> list[Any]:
    content = read.decode(VENDOR, body)
    if isinstance(content, dict):
        said = read.text(content.get("Error Message")) or "an object"
        raise BadPayload(VENDOR, f"{said} instead of a list")
    return read.rows_of(VENDOR, content, "answer")


def _symbol(row: read.Row) -> str | None:
    symbol = read.text(row.get("symbol"))
    return None if symbol is None or "." in symbol else from_dash(symbol)


def _company(row: read.Row) -> CompanyRecord | None:
    symbol = _symbol(row)
    if symbol is None:
        return None
    exchange = read.text(row.get("exchangeShortName")) or read.text(row.get("exchange"))
    return CompanyRecord(
        symbol=symbol,
        name=read.text(row.get("companyName")) or "",
        market_cap=read.positive(row.get("marketCap")),
        sector=read.text(row.get("sector")),
        industry=read.text(row.get("industry")),
        price=read.positive(row.get("price")),
        volume=read.amount(row.get("volume")),
        exchange=MIC_OF_EXCHANGE.get(exchange, exchange) if exchange else None,
        country=read.text(row.get("country")),
        is_etf=read.flag(row.get("isEtf")),
        is_fund=read.flag(row.get("isFund")),
        is_active=read.flag(row.get("isActivelyTrading")),
    )


def _float(row: read.Row) -> FloatRecord | None:
    symbol, on = _symbol(row), read.day(row.get("date"))
    free = read.shares(row.get("floatShares"))
    if symbol is None or on is None or free is None:
        return None
    return FloatRecord(symbol, on, free, read.positive(row.get("freeFloat")))
