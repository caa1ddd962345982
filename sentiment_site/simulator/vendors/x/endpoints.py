"""X's routes (upstreams.md 5.2): search and counts of seven days, look-ups of posts and users."""

from __future__ import annotations

import datetime as dt
import itertools
import re
from collections.abc import Callable, Iterator, Mapping, MutableMapping, Sequence
from typing import Any

from sentiment_site.simulator.documents.document import Archive, Author, Channel, Document
from sentiment_site.simulator.vendors.posts import UNIX, Fate, Post, Posts, fate
from sentiment_site.simulator.vendors.vendor import Route, Vendor, bearer, route
from sentiment_site.simulator.vendors.x import objects
from sentiment_site.simulator.vendors.x.problems import InvalidError, guarded, naming, not_found, refuse
from sentiment_site.simulator.vendors.x.query import BadQueryError, Test, parse
from sentiment_site.simulator.vendors.x.window import Window, continued, first_number, next_token, read_window
from sentiment_site.simulator.wire import Request
from sentiment_site.simulator.world import World

_KNOWN_FOR = dt.timedelta(days=14)  # users who posted in this time are known
_BUCKETS_PER_PAGE = 1440
_STEPS = {"minute": dt.timedelta(minutes=1), "hour": dt.timedelta(hours=1), "day": dt.timedelta(days=1)}
_WINDOW = frozenset({"query", "start_time", "end_time", "since_id", "until_id", "next_token", "pagination_token"})
_SHOWN = frozenset({"expansions", "user.fields", "media.fields", "place.fields", "poll.fields"})

Body = dict[str, Any]


class Endpoints:
    """X's endpoints over one archive. Deleted posts are left out everywhere from the moment they are deleted."""

    def __init__(self, archive: Archive) -> None:
        self._posts = Posts(archive, Channel.X, 10)

    def search(self, request: Request) -> Body:
        """GET /2/tweets/search/recent: newest first, ten by default."""
        asked, test, most = _asked(request), _query(request), _count(request)
        window = continued(read_window(request), request)
        found = list(itertools.islice(self._matching(window, test, request.now), most + 1))
        shown = found[:most]
        if not shown:
            return {"meta": {"result_count": 0}}
        meta: Body = {
            "newest_id": str(shown[0].number),
            "oldest_id": str(shown[-1].number),
            "result_count": len(shown),
        }
        if len(found) > most:
            meta["next_token"] = next_token(request, shown[-1].number)
        data = [objects.post_object(post, asked) for post in shown]
        return {"data": data, **objects.includes(shown, asked), "meta": meta}

    def counts(self, request: Request) -> Body:
        """GET /2/tweets/counts/recent: buckets oldest first, empty ones too; pages of 1,440, newest first."""
        test, names = _query(request), naming(request)
        granularity = request.text("granularity", "hour")
        if granularity not in _STEPS:
            raise _not_one_of("granularity", granularity, tuple(_STEPS))
        step = _STEPS[granularity]
        window = continued(read_window(request), request)
        begin = _floor(window.end - dt.timedelta(microseconds=1), step) - (_BUCKETS_PER_PAGE - 1) * step
        more = begin > window.begin
        page = Window(max(begin, window.begin), window.end, window.above, window.below)
        counted: dict[dt.datetime, int] = {}
        for post in self._matching(page, test, request.now):
            bucket = _floor(post.document.at, step)
            counted[bucket] = counted.get(bucket, 0) + 1
        rows, start = [], page.begin
        while start < page.end:
            bucket = _floor(start, step)
            end = min(bucket + step, page.end)
            rows.append({"start": objects.stamp(start), "end": objects.stamp(end), names.count: counted.get(bucket, 0)})
            start = end
        meta: Body = {names.total: sum(counted.values())}
        if more:
            meta["next_token"] = next_token(request, first_number(page.begin))
        return {"data": rows, "meta": meta}

    def posts(self, request: Request) -> Body:
        """GET /2/tweets?ids=: up to a hundred; those that are not there stand in `errors`."""
        ids = _ids(request, "ids", r"[0-9]{1,19}")
        return self._lookup(ids, "ids", _asked(request))

    def post(self, request: Request) -> Body:
        """GET /2/tweets/{id}."""
        id = request.extras["id"]
        if not re.fullmatch(r"[0-9]{1,19}", id):
            raise InvalidError("id", id, f"The `id` query parameter value [{id}] is not valid")
        body = self._lookup([id], "id", _asked(request))
        return body | {"data": body["data"][0]} if "data" in body else body

    def users(self, request: Request) -> Body:
        """GET /2/users?ids=."""
        return self._accounts(_ids(request, "ids", r"[0-9]{1,19}"), "ids", objects.user_id, request)

    def user(self, request: Request) -> Body:
        """GET /2/users/{id}."""
        body = self._accounts([request.extras["id"]], "id", objects.user_id, request)
        return body | {"data": body["data"][0]} if "data" in body else body

    def users_by(self, request: Request) -> Body:
        """GET /2/users/by?usernames=."""
        return self._accounts(_ids(request, "usernames", r"\w{1,15}"), "usernames", objects.username, request)

    def user_by(self, request: Request) -> Body:
        """GET /2/users/by/username/{name}."""
        body = self._accounts([request.extras["name"]], "username", objects.username, request)
        return body | {"data": body["data"][0]} if "data" in body else body

    def _matching(self, window: Window, test: Test, now: dt.datetime) -> Iterator[Post]:
        def wanted(document: Document) -> bool:
            return test(objects.subject(document)) and fate(document, now) is Fate.KEPT

        for post in self._posts.newest_first(window.after, min(window.until, now), wanted):
            if post.number <= window.above:
                return
            if post.number < window.below:
                yield post

    def _lookup(self, ids: Sequence[str], parameter: str, asked: objects.Asked) -> Body:
        found, errors = [], []
        for id in ids:
            post = self._posts.find(id, asked.now)
            if post is None or fate(post.document, asked.now) is not Fate.KEPT:
                errors.append(not_found("tweet", parameter, id))
            else:
                found.append(post)
        body: Body = {"data": [objects.post_object(post, asked) for post in found]} if found else {}
        return body | objects.includes(found, asked) | ({"errors": errors} if errors else {})

    def _accounts(
        self, wanted: Sequence[str], parameter: str, name_of: Callable[[Author], str], request: Request
    ) -> Body:
        asked = _asked(request)
        missing = {one.lower() for one in wanted}
        authors: dict[str, Author] = {}

        def is_missing(document: Document) -> bool:
            return document.author is not None and name_of(document.author).lower() in missing

        for post in self._posts.newest_first(request.now - _KNOWN_FOR, request.now, is_missing):
            author = post.document.author
            if author is not None:
                authors[name_of(author).lower()] = author
                missing.remove(name_of(author).lower())
            if not missing:
                break
        found = [authors[one.lower()] for one in wanted if one.lower() in authors]
        errors = [not_found("user", parameter, one) for one in wanted if one.lower() in missing]
        body: Body = {"data": [objects.user_object(author, asked.user_fields) for author in found]} if found else {}
        return body | ({"errors": errors} if errors else {})


def _asked(request: Request) -> objects.Asked:
    names = naming(request)
    parameter = next((name for name in names.fields_parameters if name in request.query), names.fields_parameters[-1])
    return objects.Asked(
        _choices(request, parameter, objects.POST_FIELDS),
        _choices(request, "user.fields", objects.USER_FIELDS),
        _choices(request, "expansions", objects.EXPANSIONS),
        names,
        request.now,
    )


def _choices(request: Request, name: str, known: tuple[str, ...]) -> frozenset[str]:
    """A list parameter. InvalidError for a value X does not know."""
    chosen = [one for one in request.text(name).split(",") if one]
    for one in chosen:
        if one not in known:
            raise _not_one_of(name, one, known)
    return frozenset(chosen)


def _not_one_of(name: str, given: str, known: Sequence[str]) -> InvalidError:
    return InvalidError(name, given, f"The `{name}` query parameter value [{given}] is not one of [{','.join(known)}]")


def _query(request: Request) -> Test:
    given = request.text("query")
    if not given.strip():
        raise InvalidError("query", given, "Invalid 'query':''. 'query' must be a non-empty string")
    try:
        return parse(given)
    except BadQueryError as error:
        raise InvalidError("query", given, f"There were errors processing your request: {error}") from None


def _count(request: Request) -> int:
    given = request.text("max_results") or "10"
    if not re.fullmatch("[0-9]{1,9}", given) or not 10 <= int(given) <= 100:
        raise InvalidError(
            "max_results", given, f"The `max_results` query parameter value [{given}] is not between 10 and 100"
        )
    return int(given)


def _ids(request: Request, name: str, shape: str) -> list[str]:
    given = [one for one in request.text(name).split(",") if one]
    if not 1 <= len(given) <= 100:
        message = f"The number of values in the `{name}` query parameter list [{len(given)}] is not between 1 and 100"
        raise InvalidError(name, request.text(name), message)
    for one in given:
        if not re.fullmatch(shape, one, re.ASCII):
            raise InvalidError(name, one, f"The `{name}` query parameter value [{one}] does not match ^{shape}$")
    return list(dict.fromkeys(given))


def _floor(moment: dt.datetime, step: dt.timedelta) -> dt.datetime:
    return UNIX + (moment - UNIX) // step * step


def routes(archive: Archive) -> Sequence[Route]:
    """X's endpoints over an archive, each with its requests per quarter of an hour."""
    x = Endpoints(archive)
    return (
        route("/2/tweets/search/recent", guarded(x.search, 450, _WINDOW | _SHOWN | {"max_results", "sort_order"})),
        route("/2/tweets/counts/recent", guarded(x.counts, 300, _WINDOW | {"granularity"})),
        route("/2/tweets", guarded(x.posts, 3500, _SHOWN | {"ids"})),
        route("/2/tweets/(?P<id>[^/]+)", guarded(x.post, 450, _SHOWN)),
        route("/2/users", guarded(x.users, 300, _SHOWN | {"ids"})),
        route("/2/users/by", guarded(x.users_by, 300, _SHOWN | {"usernames"})),
        route(r"/2/users/by/username/(?P<name>\w+)", guarded(x.user_by, 300, _SHOWN)),
        route("/2/users/(?P<id>[0-9]+)", guarded(x.user, 300, _SHOWN)),
    )


def _take_key(query: MutableMapping[str, str], headers: Mapping[str, str]) -> str:
    return bearer(headers)


def _routes(world: World) -> Sequence[Route]:
    return routes(world.documents)


X = Vendor("x", _routes, _take_key, refuse)
