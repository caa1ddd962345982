"""Reddit's routes (upstreams.md 5.1): a token, listings, posts with their comments, search, subreddits and accounts."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Iterable, Mapping, MutableMapping, Sequence
from dataclasses import replace

from sentiment_site.simulator.documents.document import Archive, Document
from sentiment_site.simulator.vendors.posts import Post, milliseconds
from sentiment_site.simulator.vendors.reddit import search, things
from sentiment_site.simulator.vendors.reddit.listings import (
    ORDERS,
    REACH,
    REACHES,
    SPANS,
    Shelves,
    is_comment,
    read_limit,
    span,
)
from sentiment_site.simulator.vendors.reddit.things import Subreddit, Thing
from sentiment_site.simulator.vendors.reddit.tokens import access_token, is_good, unauthorized
from sentiment_site.simulator.vendors.vendor import Handler, Reason, Route, Vendor, bearer, route
from sentiment_site.simulator.wire import Answer, Request, answer
from sentiment_site.simulator.world import World

_QUERIES_PER_WINDOW = 1000  # 100 a minute over ten minutes
_WINDOW_S = 600
_FOUNDED = dt.datetime(2012, 1, 31, tzinfo=dt.UTC)
_EVERYTHING = ("all", "popular")
# those that exist before anything was posted, and two that nobody may read
SUBREDDITS = {
    one.name.lower(): one
    for one in (
        Subreddit("wallstreetbets", "Options, stocks and loss", 15_200_000, _FOUNDED),
        Subreddit("stocks", "Stocks: news and discussion", 6_100_000, _FOUNDED),
        Subreddit("pennystocks", "Stocks below five dollars", 1_950_000, _FOUNDED),
        Subreddit("investing", "Saving and investing", 2_900_000, _FOUNDED),
        Subreddit("options", "Options trading", 1_400_000, _FOUNDED),
        Subreddit("daytrading", "In and out within a day", 4_800_000, _FOUNDED),
        Subreddit("smallcaps", "Companies below two billion dollars", 64_000, _FOUNDED),
        Subreddit("smallcapsclub", "Members only", 4_100, _FOUNDED, "private"),
        Subreddit("guaranteedgains", "Banned for spam", 0, _FOUNDED, "banned"),
    )
}
_CLOSED = {
    "private": (403, {"reason": "private", "message": "Forbidden", "error": 403}),
    "banned": (404, {"reason": "banned", "message": "Not Found", "error": 404}),
}
_NOT_FOUND = (404, {"message": "Not Found", "error": 404})
_TOO_MANY = (429, {"message": "Too Many Requests", "error": 429})
# what a library calls itself when nobody gave it a name
_GENERIC_AGENT = re.compile(r"$|(python|python-requests|python-urllib|python-httpx|aiohttp|curl|wget|java|okhttp|axios|"
                            r"node-fetch|go-http-client)(/|$)", re.I)  # fmt: skip
_BROWSER = re.compile(r"mozilla/", re.I)
_BLOCKED = (
    "<!doctype html>\n<html><head><title>Blocked</title></head><body><h1>whoa there, pardner!</h1>"
    "<p>Your request has been blocked due to a network policy.</p></body></html>\n"
)


class _MissingError(Exception):
    """What was asked for is not there for this reader: Reddit's status and body."""

    def __init__(self, status: int, body: Mapping[str, object]) -> None:
        super().__init__(str(body))
        self.status, self.body = status, body


class Reddit:
    """Reddit's endpoints over one archive."""

    def __init__(self, archive: Archive) -> None:
        self._shelves = Shelves(archive)

    def posts(self, request: Request) -> Thing:
        """GET /r/{sub}/{new|hot|top|rising}: `sub` may be several with + between them, or all."""
        order = request.extras["order"] or "hot"
        inside = self._inside(request.extras["sub"], request.now)
        reach = span(request) if order == "top" else REACHES[order]
        return self._page(self._shelves.links(request.now, reach, inside), order, request)

    def search(self, request: Request) -> Thing:
        """GET /search, /r/{sub}/search (with restrict_sr): q, sort, t."""
        matches = search.parse(request.text("q"))
        sub = request.extras.get("sub") or "all"
        restricted = request.text("restrict_sr").lower() in ("1", "true", "on", "yes")
        inside = self._inside(sub if restricted else "all", request.now)
        order = request.text("sort") if request.text("sort") in ORDERS else "relevance"
        reach = SPANS.get(request.text("t"), REACH)
        posts = self._shelves.links(request.now, reach, lambda document: inside(document) and matches(document))
        return self._page(posts, order, request)

    def comments(self, request: Request) -> Thing:
        """GET /r/{sub}/comments: the newest comments."""
        inside = self._inside(request.extras["sub"], request.now)
        parents: dict[int, Post] = {}

        def posts() -> Iterable[Post]:
            for post, parent in self._shelves.comments(request.now, inside):
                parents[post.number] = parent
                yield post

        page = self._shelves.page(posts(), "new", request)
        children = [things.comment(post, parents[post.number], request.now) for post in page.posts]
        return things.listing(children, _fullname(page.after), _fullname(page.before))

    def thread(self, request: Request) -> list[Thing]:
        """GET /comments/{id}: a listing of the post, and one of its comments, best first."""
        post = self._shelves.find(request.extras["id"], request.now)
        if post is None or is_comment(post.document):
            raise _MissingError(*_NOT_FOUND)
        self._inside(post.document.source, request.now)
        rank = ORDERS["new" if request.text("sort") == "new" else "top"]
        replies = sorted(self._shelves.replies(post, request.now), key=lambda one: rank(one, request.now), reverse=True)
        limit = read_limit(request) if request.text("limit") else 500
        return [
            things.listing([self._link(post, request.now)]),
            things.listing([things.comment(reply, post, request.now) for reply in replies[:limit]]),
        ]

    def by_id(self, request: Request) -> Thing:
        """GET /by_id/{t3_a,t3_b} and /api/info?id=: those that are there, deleted ones too, in the order asked for."""
        asked = (request.extras.get("ids") or request.text("id")).split(",")[:100]
        found = []
        for name in asked:
            kind, _, id = name.strip().partition("_")
            post = self._shelves.find(id, request.now) if kind in ("t1", "t3") else None
            if post is None or is_comment(post.document) != (kind == "t1"):
                continue
            parent = self._shelves.parent(post) if kind == "t1" else None
            if kind == "t3":
                found.append(self._link(post, request.now))
            elif parent is not None:
                found.append(things.comment(post, parent, request.now))
        return things.listing(found)

    def about(self, request: Request) -> Thing:
        """GET /r/{sub}/about."""
        self._inside(request.extras["sub"], request.now)
        return things.subreddit(self._subreddit(request.extras["sub"]), request.now)

    def account(self, request: Request) -> Thing:
        """GET /user/{name}/about: accounts that posted in the last fourteen days."""
        wanted = request.extras["name"].lower()

        def is_theirs(document: Document) -> bool:
            return document.author is not None and document.author.name.lower() == wanted

        for post in self._shelves.recent(request.now, is_theirs):
            if post.document.author is not None:
                return things.account(post.document.author)
        raise _MissingError(*_NOT_FOUND)

    def nothing(self, request: Request) -> Thing:
        """Any other path."""
        raise _MissingError(*_NOT_FOUND)

    def _page(self, posts: Iterable[Post], order: str, request: Request) -> Thing:
        page = self._shelves.page(posts, order, request)
        children = [self._link(post, request.now) for post in page.posts]
        return things.listing(children, _fullname(page.after), _fullname(page.before))

    def _link(self, post: Post, now: dt.datetime) -> Thing:
        return things.link(post, now, self._subreddit(post.document.source).subscribers)

    def _inside(self, sub: str, now: dt.datetime) -> Callable[[Document], bool]:
        """The test for these subreddits. 403 or 404 if one may not be read, 404 if the only one does not exist."""
        names = {name.lower() for name in sub.split("+") if name}
        for name in names:
            one = SUBREDDITS.get(name)
            if one is not None and one.kind in _CLOSED:
                raise _MissingError(*_CLOSED[one.kind])
        if names & set(_EVERYTHING):
            return lambda document: True
        unknown = names - set(SUBREDDITS)
        if unknown and len(names) == 1 and not self._is_used(unknown, now):
            raise _MissingError(*_NOT_FOUND)
        return lambda document: document.source.lower() in names

    def _is_used(self, names: set[str], now: dt.datetime) -> bool:
        return any(True for _ in self._shelves.recent(now, lambda document: document.source.lower() in names))

    def _subreddit(self, name: str) -> Subreddit:
        return SUBREDDITS.get(name.lower()) or Subreddit(name, f"r/{name}", 20_000 + 997 * len(name) ** 3, _FOUNDED)


def _fullname(post: Post | None) -> str | None:
    return None if post is None else f"{'t1' if is_comment(post.document) else 't3'}_{post.document.id}"


def _agent_refusal(request: Request) -> Answer | None:
    """Reddit's answer to clients that do not say who they are (429) or pretend to be a browser (403)."""
    agent = request.headers.get("user-agent", "").strip()
    if _GENERIC_AGENT.match(agent):
        return _refused(*_TOO_MANY, request)
    return Answer(403, _BLOCKED.encode(), "text/html; charset=utf-8") if _BROWSER.match(agent) else None


def _rate_headers(now: dt.datetime, used: int) -> tuple[tuple[str, str], ...]:
    """Requests are not counted; the reset is the end of the ten minutes."""
    return (
        ("x-ratelimit-used", str(used)),
        ("x-ratelimit-remaining", f"{_QUERIES_PER_WINDOW - used:.1f}"),
        ("x-ratelimit-reset", str(_WINDOW_S - milliseconds(now) // 1000 % _WINDOW_S)),
    )


def _guarded(handler: Callable[[Request], Thing | list[Thing]]) -> Handler:
    """A handler with what all endpoints do: User-Agent, token, raw_json, rate headers, Reddit's own refusals."""

    def handle(request: Request) -> Answer:
        refusal = _agent_refusal(request)
        if refusal is not None:
            return refusal
        if not is_good(request.key, request.now):
            return _refuse(Reason.UNKNOWN_KEY, "", request)
        try:
            value = handler(request)
        except _MissingError as error:
            return _refused(error.status, error.body, request)
        body = value if request.text("raw_json") == "1" else things.escaped(value)
        return replace(answer(body), headers=_rate_headers(request.now, 1))

    return handle


def _token(request: Request) -> Answer:
    return _agent_refusal(request) or access_token(request)


def routes(archive: Archive) -> Sequence[Route]:
    """Reddit's endpoints over an archive; every path with or without .json and a slash behind it."""
    reddit, end = Reddit(archive), r"/?(?:\.json)?/?"
    sub = r"/r/(?P<sub>[A-Za-z0-9_+]+)"
    return (
        route("/api/v1/access_token", _token, "POST"),
        route(rf"{sub}(?:/(?P<order>new|hot|top|rising))?{end}", _guarded(reddit.posts)),
        route(rf"{sub}/comments{end}", _guarded(reddit.comments)),
        route(rf"(?:/r/[A-Za-z0-9_]+)?/comments/(?P<id>[0-9a-z]+)(?:/[^/]*)?{end}", _guarded(reddit.thread)),
        route(rf"{sub}/about{end}", _guarded(reddit.about)),
        route(rf"(?:{sub})?/search{end}", _guarded(reddit.search)),
        route(rf"/by_id/(?P<ids>[^/.]+){end}", _guarded(reddit.by_id)),
        route(rf"/api/info{end}", _guarded(reddit.by_id)),
        route(rf"/user/(?P<name>[A-Za-z0-9_-]+)/about{end}", _guarded(reddit.account)),
        route("/.*", _guarded(reddit.nothing)),
    )


def _refused(status: int, body: Mapping[str, object], request: Request) -> Answer:
    used = _QUERIES_PER_WINDOW if status == 429 else 1
    return replace(answer(body, status), headers=_rate_headers(request.now, used))


def _refuse(reason: Reason, text: str, request: Request) -> Answer:
    if reason is Reason.MISSING_KEY:
        # without a token Reddit shows its wall, not its API
        return Answer(403, _BLOCKED.encode(), "text/html; charset=utf-8")
    if reason is Reason.UNKNOWN_KEY:
        return unauthorized('Bearer realm="reddit", error="invalid_token"')
    status, body = _REFUSALS[reason]
    return _refused(status, body, request)


_REFUSALS: dict[Reason, tuple[int, Mapping[str, object]]] = {
    Reason.NOT_ENTITLED: (403, {"message": "Forbidden", "error": 403}),
    Reason.RATE_LIMITED: _TOO_MANY,
    Reason.BAD_PARAMETER: (400, {"message": "Bad Request", "error": 400}),
    Reason.BROKEN: (500, {"message": "Internal Server Error", "error": 500}),
}


def _take_key(query: MutableMapping[str, str], headers: Mapping[str, str]) -> str:
    return bearer(headers)


def _routes(world: World) -> Sequence[Route]:
    return routes(world.documents)


REDDIT = Vendor("reddit", _routes, _take_key, _refuse, re.compile("/api/v1/access_token"))
