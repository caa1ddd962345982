"""One reading of all catalyst feeds: filings, then news. What one vendor refuses does not stop the other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from sentiment_site.market import clock
from sentiment_site.providers.errors import NotEntitled, ProviderError
from sentiment_site.providers.registry import Vendors
from sentiment_site.providers.setup import vendors as configured_vendors

from .companies import load_stocks, store_ciks
from .filings import refresh_filings
from .news import refresh_news
from .store import get_cursor, move_cursor

Progress = Callable[[float, str], None]
TICKERS = "edgar tickers"
TICKERS_AGE_H = 24


@dataclass(slots=True)
class CatalystReport:
    """What a reading did, in lines for the job's row; the errors that did not stop it; how many rows are new."""

    lines: list[str] = field(default_factory=list)
    errors: list[ProviderError] = field(default_factory=list)
    stored: int = 0


def refresh_catalysts(progress: Progress | None = None, vendors: Vendors | None = None) -> CatalystReport:
    """Read EDGAR and the news since the last time; see the module."""
    progress, vendors = progress or _silent, vendors or configured_vendors()
    report = CatalystReport()
    for percent, name, step in ((0, "filings", _filings), (80, "news", _news)):
        progress(percent, name)
        try:
            step(vendors, report, progress)
        except ProviderError as error:
            report.lines.append(f"{name}: {error}")
            if not isinstance(error, NotEntitled):
                report.errors.append(error)
    progress(100, "done")
    return report


def _silent(percent: float, phase: str) -> None:
    """Progress that nobody watches."""


def _filings(vendors: Vendors, report: CatalystReport, progress: Progress) -> None:
    stocks = load_stocks(clock.now())
    if stocks.without_cik and _are_tickers_old():
        filled = store_ciks(vendors.edgar.fetch_company_tickers().records)
        move_cursor(TICKERS, clock.now(), clock.now())
        report.lines.append(f"CIKs: {filled} of {stocks.without_cik} stocks without one got it from EDGAR")
        stocks = load_stocks(clock.now())
    result = refresh_filings(vendors.edgar, stocks, lambda done, phase: progress(0.8 * done, phase))
    report.stored += result.stored
    caught = f", {result.caught_up} from the companies' own lists" if result.caught_up else ""
    report.lines.append(
        f"{result.filings:,} filings{caught}: {result.about_stocks} about listed stocks, {result.texts} read, "
        f"{result.stored} catalysts new"
    )


def _are_tickers_old() -> bool:
    cursor = get_cursor(TICKERS)
    return cursor is None or (clock.now() - cursor.read_until).total_seconds() > TICKERS_AGE_H * 3600


def _news(vendors: Vendors, report: CatalystReport, progress: Progress) -> None:
    result = refresh_news(vendors.polygon, load_stocks(clock.now()))
    report.stored += result.stored
    report.lines.append(f"{result.articles:,} articles: {result.stored} catalysts new")
