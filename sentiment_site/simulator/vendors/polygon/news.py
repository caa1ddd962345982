"""Massive: news with insights, /v2/reference/news (upstreams.md 1.4, 1.8).

An article is one row however many tickers it names; the same story told by several publishers is several rows. What
the vendor does not have is absent: insights on a share of the publishers, descriptions, keywords and images on some
articles. The ids on the wire are digests, since the documents' own ids may tell what they belong to.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from typing import Any

from sentiment_site.simulator.documents.document import Archive, Channel, Document
from sentiment_site.simulator.market.process import Market
from sentiment_site.simulator.wire import (
    Answer,
    BadParameter,
    Request,
    answer,
    decode_cursor,
    digest,
    encode_cursor,
    number_of,
)

_CHUNK = dt.timedelta(days=1)
_BEFORE_FIRST_SESSION = dt.timedelta(days=7)
_NEUTRAL_WITHIN = 0.15
_WITHOUT_INSIGHTS_OF_100 = 35  # publishers
_MISREAD_OF_100 = 8  # insights that are one class off, as a machine's reading is
_SENTIMENTS = ("negative", "neutral", "positive")
_REASONS = {
    "negative": "The article reports developments that weigh on {ticker}, which may concern investors.",
    "neutral": "{ticker} is mentioned without a clear positive or negative development.",
    "positive": "The article reports developments that are favourable for {ticker}.",
}
_WORD = re.compile(r"[A-Za-z][A-Za-z-]{4,}")
_PUBLISHED = "published_utc"
_EARLIEST, _LATEST = dt.datetime(1900, 1, 1, tzinfo=dt.UTC), dt.datetime(2200, 1, 1, tzinfo=dt.UTC)


class News:
    """News articles of an archive, read day by day from the end that is asked for."""

    def __init__(self, archive: Archive, market: Market) -> None:
        self._archive = archive
        self._begins = market.first_session.pre_open - _BEFORE_FIRST_SESSION

    def articles(self, request: Request) -> Answer:
        """GET /v2/reference/news: newest first unless order=asc; pages by a cursor that names the last article."""
        cursor = request.text("cursor")
        asked = request if not cursor else Request(request.path, decode_cursor(cursor), request.base, request.now)
        limit, ascending = asked.whole("limit", 10, 1000), _is_ascending(asked)
        after = (asked.text("at"), asked.text("ap"))
        page: list[Document] = []
        following = None
        for document in self._matching(asked, ascending):
            key = _key(document)
            if after[0] and (key <= after if ascending else key >= after):
                continue
            if len(page) == limit:
                at, last = _key(page[-1])
                state = {name: value for name, value in asked.query.items() if name != "apiKey"}
                following = encode_cursor({**state, "at": at, "ap": last})
                break
            page.append(document)
        body: dict[str, Any] = {"results": [_article(document) for document in page], "status": "OK",
                                "request_id": request.request_id, "count": len(page)}  # fmt: skip
        if following is not None:
            body["next_url"] = f"{request.base}{request.path}?cursor={following}"
        return answer(body)

    def _matching(self, asked: Request, ascending: bool) -> Iterator[Document]:
        after, until = _bounds(asked, self._begins)
        at = asked.text("at")
        if at and ascending:
            after = max(after, dt.datetime.fromisoformat(at) - dt.timedelta(microseconds=1))
        elif at:
            until = min(until, dt.datetime.fromisoformat(at))
        tickers = {name: asked.text(f"ticker{name}") for name in ("", ".gt", ".gte", ".lt", ".lte")}
        for document in self._documents(after, until, ascending):
            if any(_passes(symbol, tickers) for symbol in document.symbols) or not any(tickers.values()):
                yield document

    def _documents(self, after: dt.datetime, until: dt.datetime, ascending: bool) -> Iterator[Document]:
        """Articles with after < at <= until in the order of (moment, id)."""
        while after < until:
            if ascending:
                begin, end = after, min(until, after + _CHUNK)
                after = end
            else:
                begin, end = max(after, until - _CHUNK), until
                until = begin
            yield from sorted(self._archive.published(Channel.NEWS, begin, end), key=_key, reverse=not ascending)


def _key(document: Document) -> tuple[str, str]:
    """What orders articles and what a cursor holds: the moment (UTC, to the microsecond) and the id on the wire."""
    return document.at.astimezone(dt.UTC).isoformat(timespec="microseconds"), digest("news", document.id)


def _is_ascending(asked: Request) -> bool:
    if asked.text("sort", _PUBLISHED) != _PUBLISHED:
        raise BadParameter("'sort' must be published_utc")
    order = asked.text("order", "desc")
    if order not in ("asc", "desc"):
        raise BadParameter("'order' must be asc or desc")
    return order == "asc"


def _bounds(asked: Request, begins: dt.datetime) -> tuple[dt.datetime, dt.datetime]:
    """The half-open interval (after, until] of the filters; a date is its midnight, alone it is the whole day."""
    after, until = begins, asked.now
    least = dt.timedelta(microseconds=1)
    for name, given in asked.query.items():
        field, _, operator = name.partition(".")
        if field != _PUBLISHED or not given:
            continue
        at = _moment(name, given)
        match operator:
            case "gt":
                after = max(after, at)
            case "gte":
                after = max(after, at - least)
            case "lt":
                until = min(until, at - least)
            case "lte":
                until = min(until, at)
            case "":
                length = dt.timedelta(days=1) if len(given) == 10 else dt.timedelta(seconds=1)
                after, until = max(after, at - least), min(until, at + length - least)
            case _:
                raise BadParameter(f"'{name}' is not a filter")
    return after, until


def _moment(name: str, given: str) -> dt.datetime:
    try:
        at = dt.datetime.fromisoformat(given)
    except ValueError:
        raise BadParameter(f"'{name}' must be a date in the form YYYY-MM-DD or an RFC 3339 timestamp") from None
    at = at if at.tzinfo else at.replace(tzinfo=dt.UTC)
    return min(max(at, _EARLIEST), _LATEST)  # a day before or after must still be a moment


def _passes(symbol: str, tickers: dict[str, str]) -> bool:
    return (
        (not tickers[""] or symbol == tickers[""])
        and (not tickers[".gt"] or symbol > tickers[".gt"])
        and (not tickers[".gte"] or symbol >= tickers[".gte"])
        and (not tickers[".lt"] or symbol < tickers[".lt"])
        and (not tickers[".lte"] or symbol <= tickers[".lte"])
    )


def _article(document: Document) -> dict[str, Any]:
    """One row; what the vendor does not have is not there."""
    publisher = document.source or "Wire"
    site = re.sub(r"[^a-z0-9]+", "", publisher.lower()) or "wire"
    identity = digest("news", document.id)
    chance = number_of(f"article {document.id}") % 100
    slug = "-".join(re.findall(r"[a-z0-9]+", document.title.lower())[:10])
    path = f"{site}.example/{document.at:%Y/%m/%d}/{identity[:8]}/{slug}"
    article: dict[str, Any] = {
        "id": identity + digest("article", document.id),
        "publisher": {
            "name": publisher,
            "homepage_url": f"https://www.{site}.example/",
            "logo_url": f"https://assets.example/news/logos/{site}.svg",
            "favicon_url": f"https://assets.example/news/favicons/{site}.ico",
        },
        "title": document.title,
        "author": document.author.name if document.author else publisher,
        "published_utc": f"{document.at.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%SZ}",
        "article_url": f"https://www.{path}",
        "tickers": list(document.symbols),
    }
    if chance % 3 == 0:
        article["amp_url"] = f"https://amp.{path}"
    if chance < 80:
        article["image_url"] = f"https://images.{site}.example/{identity[:12]}.jpg"
    if chance >= 12 and document.body:
        article["description"] = _summary(document.body)
    words = list(dict.fromkeys(word.lower() for word in _WORD.findall(document.title)))[:5]
    if chance % 5 < 3 and words:
        article["keywords"] = words
    if document.symbols and number_of(f"insights {publisher}") % 100 >= _WITHOUT_INSIGHTS_OF_100:
        article["insights"] = [_insight(document, symbol) for symbol in document.symbols]
    return article


def _summary(body: str) -> str:
    """The beginning of an article, to the end of a word."""
    text = " ".join(body.split())
    return text if len(text) <= 300 else text[:300].rsplit(" ", 1)[0] + "..."


def _insight(document: Document, symbol: str) -> dict[str, str]:
    tone = document.tone.get(symbol, 0.0)
    place = 1 if abs(tone) <= _NEUTRAL_WITHIN else 2 if tone > 0 else 0
    drawn = number_of(f"insight {document.id} {symbol}") % 100
    if drawn < _MISREAD_OF_100:
        place = 1 if place != 1 else 2 * (drawn % 2)
    sentiment = _SENTIMENTS[place]
    return {
        "ticker": symbol,
        "sentiment": sentiment,
        "sentiment_reasoning": _REASONS[sentiment].format(ticker=symbol),
    }
