"""RSS: the exchanges' list of trading halts, and headline feeds. Nobody needs a key; every host is asked politely.

Nasdaq's threshold list is no feed and lies on the same host: a file per session that never changes.

A feed is asked for only what is new: its ETag and Last-Modified are sent back, and 304 gives the items known before.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime
from email.utils import parsedate_to_datetime
from typing import Final
from urllib.parse import urlsplit
from xml.etree.ElementTree import Element

from sentiment_site.market.calendar import NEW_YORK

from . import payload as read
from .errors import BadPayload, BadRequest
from .event_records import FeedItem, HaltRecord
from .http import NOT_MODIFIED, Http, Reply
from .markup import (
    child_text,
    local_name,
    one_line,
    parse_xml,
    parse_xml_in_any_encoding,
    plain_text,
    unescape_twice,
    web_link,
)
from .records import Fetched, Page
from .symbols import from_nasdaq

__all__ = ["Rss", "parse_feed", "parse_halts", "parse_threshold_list"]

HALTS: Final = "nasdaq"
FEED: Final = "rss"
LARGEST_FEED: Final = 8 << 20
_NDAQ: Final = "{http://www.nasdaqtrader.com/}"
LARGEST_LIST: Final = 1 << 20
DAY_PLACE: Final = "{day}"
_SYMBOL, _FLAG = "Symbol", "Reg SHO Threshold Flag"
LONGEST_SYMBOL: Final = 20
_STAMP: Final = re.compile(r"\d{14}")
_TIMES: Final = ("%m/%d/%Y %H:%M:%S.%f", "%m/%d/%Y %H:%M:%S")


class Rss:
    """Feeds by their address. `open_http(vendor, address)` makes the seam to a host; `halts_url` is Nasdaq's list of
    halts, `threshold_url` its threshold list with {day} for YYYYMMDD. ValueError for one without {day}."""

    def __init__(self, open_http: Callable[[str, str], Http], halts_url: str, threshold_url: str = "") -> None:
        if threshold_url and DAY_PLACE not in threshold_url:
            raise ValueError(f"the address of the threshold list says nowhere {DAY_PLACE}")
        self._open = open_http
        self._halts_url = halts_url
        self._threshold_url = threshold_url
        self._lock = threading.Lock()
        self._hosts: dict[str, Http] = {}
        self._known: dict[str, Reply] = {}
        self.http = open_http(HALTS, _host(halts_url))

    def fetch_halts(self) -> Fetched[tuple[HaltRecord, ...]]:
        """Trading halts of the day and those that last, of all US exchanges. Ask at most once a minute."""
        reply = self._get(self.http, self._halts_url)
        page = self.http.parse(reply, parse_halts)
        return Fetched(page.records, HALTS, reply.simulated, reply.received_at, skipped=page.skipped)

    def fetch_threshold_list(self, day: date) -> Fetched[tuple[str, ...]]:
        """Symbols on Nasdaq's threshold list (Reg SHO) of a session, in its order. NotFound before it is published.

        It covers stocks listed on Nasdaq only. A file that does not end as it should is no list: BadPayload.
        """
        url = self._threshold_url.replace(DAY_PLACE, f"{day:%Y%m%d}")
        http = self.http if _host(url) == _host(self._halts_url) else self._open(HALTS, _host(url))
        reply = http.get(url, max_bytes=LARGEST_LIST)
        page = http.parse(reply, parse_threshold_list)
        return Fetched(page.records, HALTS, reply.simulated, reply.received_at)

    def fetch_feed(self, url: str) -> Fetched[tuple[FeedItem, ...]]:
        """The items of an RSS or Atom feed, in its order. The vendor's name is "rss:" and the host."""
        http = self._host_of(url)
        reply = self._get(http, url)
        page = http.parse(reply, lambda body: parse_feed(body, http.config.name))
        return Fetched(page.records, http.config.name, reply.simulated, reply.received_at, skipped=page.skipped)

    def _host_of(self, url: str) -> Http:
        address = _host(url)
        with self._lock:
            if address not in self._hosts:
                self._hosts[address] = self._open(f"{FEED}:{urlsplit(address).netloc}", address)
            return self._hosts[address]

    def _get(self, http: Http, url: str) -> Reply:
        """The feed as it is now: from the wire, or with 304 the body that came before."""
        known = self._known.get(url)
        reply = http.get(url, headers=_conditions(known), max_bytes=LARGEST_FEED)
        if reply.status == NOT_MODIFIED and known is not None:
            return Reply(known.body, known.status, known.headers, reply.received_at, reply.simulated, reply.endpoint)
        self._known[url] = reply
        return reply


def parse_halts(body: bytes) -> Page[tuple[HaltRecord, ...]]:
    """Nasdaq's feed of trading halts: `ndaq:` children with New York wall times, empty until a resumption is known."""
    root = parse_xml(HALTS, body)
    if root.find("channel") is None:
        raise BadPayload(HALTS, f"a <{root.tag}> instead of a feed of halts")
    found = [_halt(item) for item in root.iterfind("channel/item")]
    records = tuple(each for each in found if each is not None)
    return Page(records, skipped=len(found) - len(records))


def parse_threshold_list(body: bytes) -> Page[tuple[str, ...]]:
    """Nasdaq's file: pipes, a header, a row per security, and a bare YYYYMMDDhhmmss as the last line.

    Who is not on it counts as not listed, so nothing is skipped: without the header, the last line or a row's columns
    the whole file is a BadPayload.
    """
    lines = [line.strip() for line in body.decode("utf-8", "replace").splitlines() if line.strip()]
    header = [name.strip() for name in lines[0].split("|")] if lines else []
    if _SYMBOL not in header or _FLAG not in header:
        raise BadPayload(HALTS, "no header of a threshold list")
    if not _STAMP.fullmatch(lines[-1]):
        raise BadPayload(HALTS, "the threshold list is cut off: no moment at its end")
    symbol_at, flag_at = header.index(_SYMBOL), header.index(_FLAG)
    found = []
    for line in lines[1:-1]:
        fields = [each.strip() for each in line.split("|")] + [""] * len(header)
        symbol, flag = fields[symbol_at], fields[flag_at]
        if not 0 < len(symbol) <= LONGEST_SYMBOL or flag not in ("Y", "N"):
            raise BadPayload(HALTS, "a row of the threshold list without symbol and flag")
        if flag == "Y":
            found.append(from_nasdaq(symbol))
    return Page(tuple(dict.fromkeys(found)))


def parse_feed(body: bytes, vendor: str = FEED) -> Page[tuple[FeedItem, ...]]:
    """RSS 2.0, RSS 1.0 or Atom, whatever encoding it is really in. Items without a title and a link are skipped."""
    root = parse_xml_in_any_encoding(vendor, body)
    if local_name(root) not in ("rss", "RDF", "feed"):
        raise BadPayload(vendor, f"a <{local_name(root)}> instead of a feed")
    found = [_item(element) for element in root.iter() if local_name(element) in ("item", "entry")]
    records = tuple(each for each in found if each is not None)
    return Page(records, skipped=len(found) - len(records))


def _halt(item: Element) -> HaltRecord | None:
    def said(name: str) -> str:
        return child_text(item, f"{_NDAQ}{name}")

    begins = _wall_time(said("HaltDate"), said("HaltTime"))
    if not said("IssueSymbol") or begins is None:
        return None
    on = said("ResumptionDate")
    return HaltRecord(
        symbol=from_nasdaq(said("IssueSymbol")),
        name=said("IssueName"),
        market=said("Market"),
        code=said("ReasonCode"),
        begins_at=begins,
        quotes_at=_wall_time(on, said("ResumptionQuoteTime")),
        resumes_at=_wall_time(on, said("ResumptionTradeTime")),
        pause_price=read.positive(said("PauseThresholdPrice").replace(",", "")),
    )


def _wall_time(day: str, time: str) -> datetime | None:
    """MM/DD/YYYY and HH:MM:SS[.fff] of New York, as UTC."""
    for form in _TIMES:
        try:
            return datetime.strptime(f"{day} {time}", form).replace(tzinfo=NEW_YORK).astimezone(UTC)
        except ValueError:
            continue
    return None


def _item(element: Element) -> FeedItem | None:
    parts = {local_name(child): child for child in reversed(element)}

    def said(*names: str) -> str:
        return next((text for name in names if name in parts and (text := "".join(parts[name].itertext()).strip())), "")

    title = one_line(plain_text(unescape_twice(said("title"))))
    url = web_link(said("link") or next((link.get("href") or "" for link in element if local_name(link) == "link"), ""))
    if not title or not url:
        return None
    return FeedItem(
        id=said("guid", "id") or url,
        title=title,
        url=url,
        published_at=_published(said("pubDate", "published", "updated", "date")),
        author=one_line(said("creator", "author")),
        summary=one_line(plain_text(said("description", "summary", "content", "encoded"))),
    )


def _published(text: str) -> datetime | None:
    """An RFC 822 or ISO moment that says its zone; without one nobody knows when it was."""
    if not text:
        return None
    iso = read.moment(text)
    if iso is not None:
        return iso
    try:
        found = parsedate_to_datetime(text)
    except ValueError:
        return None
    return found.astimezone(UTC) if found.tzinfo is not None else None


def _conditions(known: Reply | None) -> dict[str, str]:
    if known is None:
        return {}
    named = {"If-None-Match": known.headers.get("ETag"), "If-Modified-Since": known.headers.get("Last-Modified")}
    return {name: value for name, value in named.items() if value}


def _host(url: str) -> str:
    """Scheme and host of a feed's address. BadRequest for what is none."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise BadRequest(FEED, "not the address of a feed")
    return f"{parts.scheme}://{parts.netloc}"
