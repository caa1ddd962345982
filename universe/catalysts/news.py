"""News: from the vendor's articles to catalysts."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sentiment_site.market import clock
from sentiment_site.providers.event_records import NewsRecord
from sentiment_site.providers.polygon import Polygon
from sentiment_site.providers.registry import first_entitled
from universe.kernels.catalysts import classify_article
from universe.models import Catalyst, DataSource

from .companies import Stocks
from .store import get_cursor, move_cursor, source_of, store_catalysts

FEED = "news"
CAPABILITY = "news"
FIRST_TIME = dt.timedelta(hours=48)
LONGEST_CATCH_UP = dt.timedelta(hours=84)
# Vendors add articles to the past; what was read before costs one page more.
OVERLAP = dt.timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class NewsReport:
    """What a reading brought."""

    articles: int
    stored: int


def refresh_news(polygon: Polygon, stocks: Stocks) -> NewsReport:
    """Read the articles since the last time and store what they mean for listed stocks. ProviderError.

    NotEntitled is remembered for a day by the vendor's limits; the articles stored so far stay.
    """
    now = clock.now()
    cursor = get_cursor(FEED)
    since = max(cursor.read_until - OVERLAP if cursor else now - FIRST_TIME, now - LONGEST_CATCH_UP)
    fetched, _ = first_entitled(CAPABILITY, [(polygon, lambda: polygon.fetch_news(since))])
    source = source_of(fetched.vendor, simulated=fetched.simulated)
    rows = [row for article in fetched.records for row in _rows(article, stocks, source)]
    stored = store_catalysts(rows)
    move_cursor(FEED, now, now)
    return NewsReport(len(fetched.records), stored)


def _rows(article: NewsRecord, stocks: Stocks, source: DataSource) -> Iterator[Catalyst]:
    insights = {insight.symbol: insight.sentiment for insight in article.insights}
    known = clock.now()
    for symbol in article.symbols:
        stock = stocks.by_symbol.get(symbol)
        if stock is None:
            continue
        sentiment = insights.get(symbol)
        finding = classify_article(
            article.title,
            article.description,
            sentiment,
            symbol=symbol,
            company=stock.name,
            tagged=len(article.symbols),
        )
        if finding is not None:
            yield Catalyst(
                instrument_id=stock.id,
                kind=finding.kind,
                direction=finding.direction,
                event_at=article.published_at,
                recorded_at=known,
                source=source,
                document_id=article.id[:120],
                title=article.title[:300],
                url=article.url[:600],
                evidence={"rule": finding.rule, "publisher": article.publisher, "insight": sentiment},
            )
