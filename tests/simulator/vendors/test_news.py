"""Massive's news, read by Massive's own client over a real socket."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from massive import RESTClient

from sentiment_site.market import clock
from sentiment_site.simulator.documents.document import Channel, Document
from tests.simulator.vendors.social import NOON, serving

PUBLISHERS = ("Harbour Wire", "Ledger Daily", "Tape Reader", "Market Sheet", "North Desk", "Open Bell", "Quiet Column")


def article(number: int, at: dt.datetime, symbols: tuple[str, ...], tone: float) -> Document:
    return Document(
        f"theme-lithium-{number}", Channel.NEWS, at, f"Lithium producer number {number} reports – “results”",
        "The company said on Tuesday that its output rose. " * 12, symbols, PUBLISHERS[number % len(PUBLISHERS)],
        tone=dict.fromkeys(symbols, tone), story="theme-1",
    )  # fmt: skip


TONES = (-0.8, 0.0, 0.8)
# 60 articles in three days, two of them at the same moment, one that nobody can know yet
ARTICLES = [
    article(n, NOON - dt.timedelta(minutes=71 * (n - n % 2)), ("ABC", "BRK.B") if n % 3 else ("XYZ",), TONES[n % 3])
    for n in range(60)
] + [article(99, NOON + dt.timedelta(minutes=5), ("ABC",), 0.5)]  # fmt: skip


@dataclass(frozen=True)
class Desk:
    url: str
    clock: clock.Frozen

    def client(self) -> RESTClient:
        return RESTClient(api_key="some-key", base=f"{self.url}/polygon")

    def get(self, query: str) -> dict[str, Any]:
        headers = {"Authorization": "Bearer k"}
        return dict(requests.get(f"{self.url}/polygon/v2/reference/news?{query}", headers=headers, timeout=10).json())


@pytest.fixture(scope="module")
def desk() -> Iterator[Desk]:
    with serving(ARTICLES) as (url, frozen):
        yield Desk(url, frozen)


def test_massive_lists_every_article_once_over_several_pages(desk: Desk) -> None:
    listed = list(desk.client().list_ticker_news(limit=7))
    assert len(listed) == 60 == len({one.id for one in listed})
    published = [one.published_utc for one in listed]
    assert published == sorted(published, reverse=True) and published[0] == "2025-12-02T17:07:30Z"
    upwards = list(desk.client().list_ticker_news(limit=9, order="asc"))
    assert [one.id for one in upwards] == [one.id for one in reversed(listed)]
    first = listed[0]
    assert first.publisher.name in PUBLISHERS and first.publisher.homepage_url.startswith("https://www.")
    assert "–" in first.title and first.article_url.startswith("https://www.") and first.author


def test_massive_filters_by_ticker_and_time(desk: Desk) -> None:
    client = desk.client()
    by_ticker = {
        ticker: [one.id for one in client.list_ticker_news(ticker, limit=3)] for ticker in ("ABC", "BRK.B", "XYZ")
    }
    # the same story under both of its tickers
    assert len(by_ticker["ABC"]) == 40 and by_ticker["ABC"] == by_ticker["BRK.B"] and len(by_ticker["XYZ"]) == 20
    assert not list(client.list_ticker_news("abc"))
    since = "2025-12-01T17:07:30Z"
    newer = list(client.list_ticker_news(published_utc_gte=since, limit=4))
    older = list(client.list_ticker_news(published_utc_lt=since, limit=50))
    assert len(newer) + len(older) == 60 and min(one.published_utc for one in newer) >= since
    assert max(one.published_utc for one in older) < since
    day = list(client.list_ticker_news(published_utc="2025-12-01", limit=50))
    assert day and {one.published_utc[:10] for one in day} == {"2025-12-01"}
    assert {one.tickers[0] for one in client.list_ticker_news(ticker_gte="B", ticker_lt="C", limit=50)} == {"ABC"}


def test_insights_are_absent_for_some_publishers_and_mostly_right(desk: Desk) -> None:
    listed = list(desk.client().list_ticker_news(limit=50))
    having = {one.publisher.name for one in listed if one.insights}
    lacking = {one.publisher.name for one in listed if not one.insights}
    assert having and lacking and not having & lacking
    meant = {one.title: one.tone for one in ARTICLES}
    judged = [(insight.sentiment, meant[one.title][insight.ticker]) for one in listed for insight in one.insights or ()]
    words = {-0.8: "negative", 0.0: "neutral", 0.8: "positive"}
    right = sum(word == words[tone] for word, tone in judged) / len(judged)
    assert 0.75 < right < 1.0
    assert all(insight.sentiment_reasoning for one in listed for insight in one.insights or ())


def test_what_the_vendor_does_not_have_is_absent(desk: Desk) -> None:
    rows = desk.get("limit=1000")["results"]
    for name in ("description", "keywords", "image_url", "amp_url", "insights"):
        present = [name in row for row in rows]
        assert any(present) and not all(present), name
    assert all(row.get(name, "x") for row in rows for name in ("description", "keywords"))
    always = {"id", "publisher", "title", "author", "published_utc", "article_url", "tickers"}
    assert all(always <= set(row) for row in rows)
    assert all("theme" not in str(row) and len(row["id"]) == 64 for row in rows)  # no truth in ids


def test_envelope_and_refusals(desk: Desk) -> None:
    page = desk.get("")
    assert (page["status"], page["count"], len(page["results"])) == ("OK", 10, 10) and "cursor=" in page["next_url"]
    assert page["next_url"].startswith(f"{desk.url}/polygon/v2/reference/news?") and "some-key" not in page["next_url"]
    assert "next_url" not in desk.get("limit=60") and desk.get("ticker=NONE")["results"] == []
    for wrong in ("limit=1001", "limit=0", "order=up", "sort=title", "published_utc.gte=soon", "cursor=x",
                  "published_utc.near=2025-12-01"):  # fmt: skip
        body = desk.get(wrong)
        assert body["status"] == "ERROR" and set(body) == {"status", "request_id", "error"}, wrong
    refused = requests.get(f"{desk.url}/polygon/v2/reference/news", timeout=10)
    assert refused.status_code == 401 and refused.json()["error"] == "API Key was not provided"


def test_pages_stay_when_news_arrives_between_them(desk: Desk) -> None:
    first = desk.get("limit=30")
    desk.clock.move_to(NOON + dt.timedelta(minutes=5))
    try:
        second = desk.get(first["next_url"].partition("?")[2])
        ids = [row["id"] for row in first["results"] + second["results"]]
        assert len(ids) == 60 == len(set(ids))
        assert desk.get("limit=1")["results"][0]["published_utc"] == "2025-12-02T17:12:30Z"
    finally:
        desk.clock.move_to(NOON)
