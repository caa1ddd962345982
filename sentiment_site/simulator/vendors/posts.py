"""What Reddit and X have in common: posts numbered in the order they appear, and deleted after a while.

A deletion is found by address, a hash of the post's id. Nothing is remembered, so every process answers alike at the
same moment.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from sentiment_site.simulator.documents.document import Archive, Channel, Document

UNIX = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
_DAY = dt.timedelta(days=1)
_MS = dt.timedelta(milliseconds=1)
_INSTANT = dt.timedelta(microseconds=1)
_SOONEST = dt.timedelta(minutes=10)
_MEAN_LIFE_S = 6 * 3600.0
_LONGEST_S = 5 * 86_400.0


class Fate(StrEnum):
    """What becomes of a post after a while."""

    KEPT = "kept"
    DELETED = "deleted"  # by its author: author and text are gone, listings and searches leave it out
    REMOVED = "removed"  # by moderators: the text is gone, listings leave it out
    ORPHANED = "orphaned"  # the account is gone, the text stays


# shares of posts; X has no moderators, and an account that goes takes its posts along
_FATES = {
    Channel.REDDIT: ((Fate.DELETED, 0.02), (Fate.REMOVED, 0.02), (Fate.ORPHANED, 0.02)),
    Channel.X: ((Fate.DELETED, 0.03),),
}


@dataclass(frozen=True, slots=True)
class Post:
    """A document with its id as a number."""

    number: int
    document: Document


def chances(address: str, count: int) -> list[float]:
    """Uniform numbers in [0, 1) that belong to an address; at most eight."""
    digest = hashlib.blake2b(address.encode(), digest_size=8 * count).digest()
    return [int.from_bytes(digest[8 * i : 8 * i + 8], "big") / 2**64 for i in range(count)]


def ending(document: Document) -> tuple[Fate, dt.datetime | None]:
    """What becomes of a post, and when; (KEPT, None) for most.

    2 % of Reddit's posts are deleted, 2 % removed, 2 % lose their author; 3 % of X's are deleted. It happens ten
    minutes after the post at the earliest, then at a constant rate with a mean of six hours, within five days.
    """
    which, when = chances(f"fate {document.channel} {document.id}", 2)
    for fate, share in _FATES.get(document.channel, ()):
        if which < share:
            wait_s = min(-_MEAN_LIFE_S * math.log(1.0 - when), _LONGEST_S)
            return fate, document.at + _SOONEST + dt.timedelta(seconds=wait_s)
        which -= share
    return Fate.KEPT, None


def fate(document: Document, now: dt.datetime) -> Fate:
    """What has become of a post by now."""
    what, when = ending(document)
    return what if when is not None and when <= now else Fate.KEPT


def milliseconds(moment: dt.datetime) -> int:
    """Whole milliseconds since 1970."""
    return (moment - UNIX) // _MS


class Posts:
    """The posts of one channel. A post's number is its id, read in the vendor's base; numbers grow with time."""

    def __init__(self, archive: Archive, channel: Channel, base: int) -> None:
        self._archive, self._channel, self._base = archive, channel, base

    def newest_first(
        self, after: dt.datetime, until: dt.datetime, wanted: Callable[[Document], bool] | None = None
    ) -> Iterator[Post]:
        """Posts with after < at <= until, newest first, deleted ones too; only the wanted ones.

        Read day by day: stop early, pay little.
        """
        end = until
        while end > after:
            begin = max(after, _midnight_before(end))
            for document in reversed(self._archive.published(self._channel, begin, end)):
                if wanted is None or wanted(document):
                    yield self._post(document)
            end = begin

    def find(self, id: str, until: dt.datetime) -> Post | None:
        """The post with this id if it is public by `until`, deleted or not."""
        document = self._archive.find(self._channel, id, until)
        return None if document is None else self._post(document)

    def _post(self, document: Document) -> Post:
        return Post(int(document.id, self._base), document)


def _midnight_before(moment: dt.datetime) -> dt.datetime:
    """The last instant before the moment's UTC day: bounds exclude, and a post may come at midnight."""
    return UNIX + (moment - UNIX) // _DAY * _DAY - _INSTANT
