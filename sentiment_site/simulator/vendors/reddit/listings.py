"""Which posts a listing holds, in which order, and the page of it that was asked for."""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from sentiment_site.simulator.documents.attention import gathered
from sentiment_site.simulator.documents.document import Archive, Channel, Document
from sentiment_site.simulator.vendors.posts import Fate, Post, Posts, fate
from sentiment_site.simulator.vendors.reddit.things import score_of
from sentiment_site.simulator.wire import Request, whole_number

DEPTH = 1000  # Reddit lists no more than about this many
REACH = dt.timedelta(days=14)  # what is older is found by its name only
_COMMENTED_WITHIN = dt.timedelta(days=2)
_PARENTS = 50
_HOT_S = 45_000  # Reddit's formula: ten times the score is worth twelve and a half hours
SPANS = {"hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1), "week": dt.timedelta(days=7),
         "month": REACH, "year": REACH, "all": REACH}  # fmt: skip
# how far back an order looks
REACHES = {"new": REACH, "hot": SPANS["week"], "rising": dt.timedelta(hours=12)}

Order = Callable[[Post, dt.datetime], tuple[float, ...]]


def is_comment(document: Document) -> bool:
    """Documents of Reddit without a title are comments."""
    return not document.title


def _hot(post: Post, now: dt.datetime) -> tuple[float, ...]:
    return (math.log10(max(1, score_of(post, now))) + post.document.at.timestamp() / _HOT_S, post.number)


def _rising(post: Post, now: dt.datetime) -> tuple[float, ...]:
    age_h = (now - post.document.at).total_seconds() / 3600
    return (score_of(post, now) / (1.0 + age_h), post.number)


# the larger comes first
ORDERS: dict[str, Order] = {
    "new": lambda post, now: (float(post.number),),
    "hot": _hot,
    "relevance": _hot,
    "top": lambda post, now: (float(score_of(post, now)), post.number),
    "comments": lambda post, now: (float(gathered(post.document, "comments", now)), post.number),
    "rising": _rising,
}


@dataclass(frozen=True, slots=True)
class Page:
    """A page, and the fullnames before and behind it as Reddit gives them."""

    posts: Sequence[Post]
    after: Post | None
    before: Post | None


class Shelves:
    """The posts and comments of all subreddits."""

    def __init__(self, archive: Archive) -> None:
        self._posts = Posts(archive, Channel.REDDIT, 36)

    def find(self, id: str, now: dt.datetime) -> Post | None:
        """The post or comment with this id (base 36), deleted or not."""
        return self._posts.find(id, now)

    def recent(self, now: dt.datetime, wanted: Callable[[Document], bool] | None = None) -> Iterator[Post]:
        """Posts and comments of the last days, newest first, deleted ones too."""
        return self._posts.newest_first(now - REACH, now, wanted)

    def links(self, now: dt.datetime, span: dt.timedelta, wanted: Callable[[Document], bool]) -> Iterator[Post]:
        """Posts that a listing may hold: not comments, not deleted, not removed."""
        return self._posts.newest_first(
            now - span, now, lambda one: not is_comment(one) and wanted(one) and _is_listed(one, now)
        )

    def comments(self, now: dt.datetime, wanted: Callable[[Document], bool]) -> Iterator[tuple[Post, Post]]:
        """Comments that a listing may hold, each with the post it answers."""
        for post in self.recent(now, lambda one: is_comment(one) and wanted(one) and _is_listed(one, now)):
            parent = self.parent(post)
            if parent is not None:
                yield post, parent

    def replies(self, post: Post, now: dt.datetime) -> list[Post]:
        """The comments on a post, newest first, deleted ones too."""
        begin, place = post.document.at, post.document.source.lower()
        near = self._posts.newest_first(
            begin, min(now, begin + _COMMENTED_WITHIN), lambda one: is_comment(one) and one.source.lower() == place
        )
        return [one for one in near if (parent := self.parent(one)) is not None and parent.number == post.number]

    def parent(self, comment: Post) -> Post | None:
        """The post a comment answers: the latest of its subreddit that names one of its symbols, else the latest.

        Only the fifty before it within two days are looked at; None if there are none.
        """
        document = comment.document
        place, symbols = document.source.lower(), set(document.symbols)
        near = self._posts.newest_first(
            document.at - _COMMENTED_WITHIN,
            document.at,
            lambda one: not is_comment(one) and one.source.lower() == place,
        )
        earlier = (one for one in near if one.number < comment.number)
        latest = list(itertools.islice(earlier, _PARENTS))
        return next((one for one in latest if symbols & set(one.document.symbols)), latest[0] if latest else None)

    def page(self, posts: Iterable[Post], order: str, request: Request) -> Page:
        """The page that limit, after and before ask for, of the first thousand in this order.

        `after` may have been deleted since: its place is found by its rank, not by its presence. A fullname that never
        was gives an empty page.
        """
        now, rank = request.now, ORDERS[order]
        first = itertools.islice(posts, DEPTH) if order == "new" else posts
        ranked = sorted(((rank(post, now), post) for post in first), key=lambda pair: pair[0], reverse=True)[:DEPTH]
        limit = read_limit(request)
        edge, backwards = _edge(request)
        if edge:
            stone = self.find(edge.partition("_")[2], now)
            if stone is None:
                return Page((), None, None)
            at = rank(stone, now)
            ranked = [pair for pair in ranked if (pair[0] > at if backwards else pair[0] < at)]
        shown = [post for _, post in (ranked[-limit:] if backwards else ranked[:limit])]
        more = len(ranked) > limit or backwards
        counted = (whole_number(request.text("count")) or 0) > 0
        return Page(shown, shown[-1] if shown and more else None, shown[0] if shown and counted and edge else None)


def read_limit(request: Request) -> int:
    """25 by default, at most 100; Reddit corrects what is out of range and refuses nothing."""
    given = whole_number(request.text("limit"))
    return min(max(given, 1), 100) if given is not None and given >= 0 else 25


def span(request: Request) -> dt.timedelta:
    """The time of `t` that top and search look back; a day by default."""
    return SPANS.get(request.text("t"), SPANS["day"])


def _edge(request: Request) -> tuple[str, bool]:
    if request.text("before"):
        return request.text("before"), True
    return request.text("after"), False


def _is_listed(document: Document, now: dt.datetime) -> bool:
    return fate(document, now) in (Fate.KEPT, Fate.ORPHANED)
