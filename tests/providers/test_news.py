"""Massive's news: pages in time's order, articles with and without insights."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.providers.event_records import Insight
from sentiment_site.providers.http import Http
from sentiment_site.providers.polygon import Polygon, parse_news

from .conftest import Script, answer


def article(number: int, **more: Any) -> dict[str, Any]:
    return {
        "id": f"id-{number}", "title": f"Acme  reports {number}", "published_utc": "2026-11-20T21:05:00Z",
        "article_url": "https://news.example/a", "tickers": ["ACME", "ACME", "BRK.B"],
        "publisher": {"name": "Market Courier"},
    } | more  # fmt: skip


def page(*articles: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"status": "OK", "results": list(articles)} | more).encode()


def test_pages_from_a_moment_on_oldest_first(http: Callable[..., Http], script: Callable[..., Script]) -> None:
    asked = script(
        answer(page(article(1), next_url="https://api.massive.com:443/v2/reference/news?cursor=abc")),
        answer(page(article(2))),
    )
    since = datetime(2026, 11, 20, 9, 30, tzinfo=NEW_YORK)
    fetched = Polygon(http()).fetch_news(since, "ACME")
    assert [each.id for each in fetched.records] == ["id-1", "id-2"]
    assert dict(asked.requests[0].args) == {
        "published_utc.gte": "2026-11-20T14:30:00Z", "ticker": "ACME", "sort": "published_utc", "order": "asc",
        "limit": "1000",
    }  # fmt: skip
    assert dict(asked.requests[1].args) == {"cursor": "abc"}


def test_what_the_vendor_leaves_out_is_missing() -> None:
    insights = [
        {"ticker": "ACME", "sentiment": "positive", "sentiment_reasoning": "Up."},
        {"ticker": "BRK.B", "sentiment": "euphoric"},
        "noise",
    ]
    full = article(1, insights=insights, keywords=["a", None, "b"], description=" One \n two ")
    first, second = parse_news(page(full, article(2, tickers=None, publisher=None, article_url="javascript:x"))).records
    assert first.insights == (Insight("ACME", "positive", "Up."),)
    assert (first.title, first.symbols, first.keywords, first.description) == (
        "Acme reports 1", ("ACME", "BRK.B"), ("a", "b"), "One two",
    )  # fmt: skip
    assert first.published_at == datetime(2026, 11, 20, 21, 5, tzinfo=UTC)
    assert (second.symbols, second.publisher, second.url, second.insights) == ((), "", "", ())


def test_articles_of_no_use_are_counted() -> None:
    result = parse_news(
        page(article(1, id=None), article(2, title=""), article(3, published_utc="yesterday"), article(4))
    )
    assert ([each.id for each in result.records], result.skipped) == (["id-4"], 3)
