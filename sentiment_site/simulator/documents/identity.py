"""Identifiers of documents, in each vendor's form. Each holds its day, so that a document is found by its id alone."""

from __future__ import annotations

import datetime as dt
import hashlib
import re

from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.documents.authors import base36
from sentiment_site.simulator.documents.document import Channel
from sentiment_site.simulator.documents.item import Item

_SNOWFLAKES_SINCE = 1288834974657  # milliseconds, of the network's identifiers
_POSTS_SINCE = 1119600000000
_TWENTY_BITS, _FACTOR, _MASK = 1 << 20, 0x9E37B, 0x5A5A5
_INVERSE = pow(_FACTOR, -1, _TWENTY_BITS)
_ACCESSION = re.compile(r"\d{10}-(\d{2})-(\d{3})\d{3}")
_RELEASE = re.compile(r"(\d{8})\d{8}")
_SHAPES = {
    Channel.X: re.compile(r"\d{15,19}"),
    Channel.REDDIT: re.compile(r"[0-9a-z]{7,9}"),
    Channel.NEWS: re.compile(r"[0-9a-f]{64}"),
}


def identify(item: Item) -> str:
    """The id of a planned document; not for filings, whose numbers run through their day (see `accession`)."""
    milliseconds = int(item.at * 1000)
    if item.channel is Channel.X:
        return str((milliseconds - _SNOWFLAKES_SINCE << 22) | item.word & 0x3FFFFF)
    if item.channel is Channel.REDDIT:
        return base36((milliseconds - _POSTS_SINCE) * 4 + (item.word & 3))
    if item.channel is Channel.RELEASE:
        date = dt.datetime.fromtimestamp(item.at, dt.UTC)
        return f"{date:%Y%m%d}{item.word % 100_000_000:08d}"
    ordinal = int(item.at // 86_400)
    head = (ordinal * _FACTOR ^ _MASK) % _TWENTY_BITS
    return f"{head:05x}" + hashlib.sha256(f"{item.word}:{item.at}".encode()).hexdigest()[5:]


def accession(agent: int, date: dt.date, number: int) -> str:
    """Of the filing with this number (0-999) among those the filer agent made on a New York date.

    Increases with time within agent and year, as the real ones do.
    """
    return f"{agent:010d}-{date.year % 100:02d}-{date.timetuple().tm_yday:03d}{number:03d}"


def find_date(channel: Channel, id: str) -> dt.datetime | None:
    """A moment within a day of when the document with this id appeared; None if no document can have it."""
    try:
        return _moment(channel, id)
    except (ValueError, OverflowError, OSError):
        return None


def _moment(channel: Channel, id: str) -> dt.datetime | None:
    if channel is Channel.FILING:
        match = _ACCESSION.fullmatch(id)
        if match is None:
            return None
        first = dt.datetime(2000 + int(match[1]), 1, 1, 12, tzinfo=NEW_YORK)
        return first + dt.timedelta(days=int(match[2]) - 1)
    if channel is Channel.RELEASE:
        match = _RELEASE.fullmatch(id)
        return None if match is None else dt.datetime.strptime(match[1] + "12+0000", "%Y%m%d%H%z")
    if not _SHAPES[channel].fullmatch(id):
        return None
    if channel is Channel.NEWS:
        ordinal = (int(id[:5], 16) ^ _MASK) * _INVERSE % _TWENTY_BITS
        return dt.datetime.fromtimestamp(ordinal * 86_400, dt.UTC) + dt.timedelta(hours=12)
    milliseconds = (int(id) >> 22) + _SNOWFLAKES_SINCE if channel is Channel.X else int(id, 36) // 4 + _POSTS_SINCE
    return dt.datetime.fromtimestamp(milliseconds / 1000, dt.UTC)
