"""Headline feeds with the flaws of real ones: missing dates, HTML and doubled entities, a wrong encoding declaration.

The flaws of an item are its own and stay; a feed's bytes change only when an item comes or goes, so that ETag and
Last-Modified can answer 304.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import format_datetime, parsedate_to_datetime
from html import escape
from xml.sax.saxutils import escape as escape_xml

from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.documents.document import Archive, Channel, Document
from sentiment_site.simulator.market.naming import dashed
from sentiment_site.simulator.wire import Answer, Request, digest, number_of

_DAY = dt.timedelta(days=1)
_WITHOUT_DATE_OF_100, _DOUBLED_ENTITIES_OF_100 = 6, 10
_HEAD = """<?xml version="1.0" encoding="{encoding}"?>
<rss version="2.0" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel>
<title>{title}</title>
<link>{link}</link>
<description>{description}</description>
<language>en-us</language>
<lastBuildDate>{built}</lastBuildDate>
"""
_ITEM = """<item>
<title>{title}</title>
<link>{link}</link>
<guid isPermaLink="false">{guid}</guid>
{date}<dc:creator>{creator}</dc:creator>
<description>{description}</description>
</item>
"""


def _gmt(at: dt.datetime) -> str:
    return format_datetime(at.astimezone(dt.UTC), usegmt=True)


def _offset(at: dt.datetime) -> str:
    return format_datetime(at.astimezone(dt.UTC))


def _new_york(at: dt.datetime) -> str:
    return f"{at.astimezone(NEW_YORK):%a, %d %b %Y %H:%M:%S %Z}"


@dataclass(frozen=True, slots=True)
class Feed:
    """A feed. channels: what it carries; days: how far back it looks; most: items; by_symbol: those of `?s=` only;
    general: only what names no ticker; declared, written: the encoding it claims and the one it is in; date: how it
    writes moments; in_cdata: descriptions as they stand instead of escaped."""

    title: str
    description: str
    channels: tuple[Channel, ...]
    days: int
    most: int
    date: Callable[[dt.datetime], str]
    by_symbol: bool = False
    general: bool = False
    declared: str = "UTF-8"
    written: str = "utf-8"
    in_cdata: bool = False


FEEDS = {
    "news.xml": Feed("News Releases", "All news releases", (Channel.RELEASE,), 2, 60, _gmt, in_cdata=True),
    "symbol.xml": Feed("Headlines", "Latest headlines", (Channel.NEWS, Channel.RELEASE), 7, 20, _offset,
                       by_symbol=True),
    # declares UTF-8 and is not: the dash and the apostrophe of its own description are no UTF-8 already
    "macro.xml": Feed("Economy", "The day’s economy – policy, prices, jobs", (Channel.NEWS,), 3, 30, _new_york,
                      general=True, written="cp1252"),
}  # fmt: skip


class Feeds:
    """The feeds over an archive."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive

    def feed(self, request: Request) -> Answer:
        """GET {name}, newest first. `s` takes one symbol or several with commas, in Massive's or dash form."""
        feed = FEEDS[request.extras["name"]]
        documents = self._documents(feed, request)
        newest = documents[0].at if documents else None
        built = newest or request.now.astimezone(dt.UTC).replace(hour=0, minute=0, second=0, microsecond=0)
        title = f"{feed.title}: {request.text('s')}" if feed.by_symbol else feed.title
        head = _HEAD.format(encoding=feed.declared, title=escape_xml(title), link=f"{request.base}/{title.lower()[:4]}",
                            description=feed.description, built=feed.date(built))  # fmt: skip
        text = head + "".join(_item(document, feed) for document in documents) + "</channel>\n</rss>\n"
        return conditional(request, text.encode(feed.written, "xmlcharrefreplace"), built, "application/rss+xml")

    def _documents(self, feed: Feed, request: Request) -> list[Document]:
        asked = {symbol for symbol in request.text("s").split(",") if symbol}
        found: list[Document] = []
        # whole days back, so that a feed loses items at midnight only and not with every second
        begins = dt.datetime.combine(request.now.astimezone(NEW_YORK).date(), dt.time(), NEW_YORK) - feed.days * _DAY
        for channel in feed.channels:
            for document in self._archive.published(channel, begins, request.now):
                if feed.general and document.symbols:
                    continue
                if feed.by_symbol and asked.isdisjoint({*document.symbols, *map(dashed, document.symbols)}):
                    continue
                found.append(document)
        found.sort(key=lambda document: (document.at, document.id), reverse=True)
        return found[: feed.most]


def _item(document: Document, feed: Feed) -> str:
    identity, drawn = digest("item", document.id), number_of(f"item {document.id}") % 100
    site = re.sub(r"[^a-z0-9]+", "", document.source.lower()) or "wire"
    slug = "-".join(re.findall(r"[a-z0-9]+", document.title.lower())[:8])
    date = "" if drawn < _WITHOUT_DATE_OF_100 else f"<pubDate>{feed.date(document.at)}</pubDate>\n"
    title = escape_xml(document.title)
    if drawn >= 100 - _DOUBLED_ENTITIES_OF_100:
        title = escape_xml(escape(document.title, quote=True))
    html = _description(document, site)
    return _ITEM.format(
        title=title,
        link=f"https://www.{site}.example/news/{slug}-{identity[:8]}.html?utm_source=rss&amp;utm_medium=feed",
        guid=identity,
        date=date,
        creator=escape_xml(document.author.name if document.author else document.source or "Wire"),
        description=f"<![CDATA[{html.replace(']]>', ']]&gt;')}]]>" if feed.in_cdata else escape_xml(html),
    )


def _description(document: Document, site: str) -> str:
    """HTML, as releases have it: a dateline, the first words, and a picture of one pixel."""
    text = " ".join(document.body.split())[:500]
    return (
        f"<p><b>{escape(document.source or 'Wire')}</b>&nbsp;&mdash; {escape(text)}&hellip;</p>"
        f'<img src="https://px.{site}.example/t.gif" width="1" height="1"/>'
    )


def conditional(request: Request, body: bytes, modified: dt.datetime, content_type: str) -> Answer:
    """The body, or 304 without one if the client has it: by If-None-Match, or without that by If-Modified-Since."""
    tag = f'"{digest(body.hex())}"'
    headers = (("ETag", tag), ("Last-Modified", _gmt(modified)), ("Cache-Control", "max-age=60"))
    if _is_known(request, tag, modified):
        return Answer(304, b"", content_type, headers)
    return Answer(200, body, content_type, headers)


def _is_known(request: Request, tag: str, modified: dt.datetime) -> bool:
    match, since = request.headers.get("if-none-match"), request.headers.get("if-modified-since")
    if match is not None:
        return match.strip() == "*" or tag in [one.strip().removeprefix("W/") for one in match.split(",")]
    if since is None:
        return False
    try:
        return modified.replace(microsecond=0) <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
