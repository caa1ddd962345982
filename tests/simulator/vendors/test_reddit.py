"""Reddit over a real socket: read by praw, and its quirks and refusals one by one."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import praw
import prawcore
import pytest
import requests

from sentiment_site.market import clock
from sentiment_site.simulator.documents.authors import base36
from sentiment_site.simulator.documents.document import Channel, Document
from sentiment_site.simulator.vendors.posts import Fate, ending, fate
from sentiment_site.simulator.vendors.reddit.tokens import is_good, issue
from tests.simulator.client import Client
from tests.simulator.vendors.social import AGENT, NOON, author, serving

HOUR = dt.timedelta(hours=1)
SUBS = ("pennystocks", "stocks", "TinyFloats")
ARTIST = author("quiet_otter")
INSTALLED = "https://oauth.reddit.com/grants/installed_client"


def number_at(at: dt.datetime, number: int) -> str:
    """An id that grows with time, as Reddit's do."""
    return base36(int(at.timestamp()) * 8192 + number)


def post(number: int, title: str, hours: float, sub: str, body: str = "I like $ABCD <at> $2 & up") -> Document:
    """A post so many hours before noon."""
    at = NOON - hours * HOUR
    return Document(number_at(at, number), Channel.REDDIT, at, title, body, ("ABCD",), sub, ARTIST,
                    attention={"score": 7 * number % 1000, "comments": 40, "ratio": 87})  # fmt: skip


# one every twelve minutes for ten days, in three subreddits in turn
STREAM = [post(i, f"Post number {i}", i / 5, SUBS[i % 3]) for i in range(1, 1201)]
PARENT = post(5000, "What happened to ABCD?", 6.05, "stocks")
COMMENTS = [
    Document(number_at(PARENT.at, 6000 + i), Channel.REDDIT, PARENT.at + i * dt.timedelta(seconds=90), "",
             f"Reply {i}", ("ABCD",), "stocks", author(f"replier{i}"), attention={"score": 10 * i})
    for i in range(1, 4)
]  # fmt: skip
LISTED = [one for one in STREAM if fate(one, NOON) in (Fate.KEPT, Fate.ORPHANED)]


def first(what: Fate) -> Document:
    """The newest post that met this fate."""
    return next(one for one in STREAM if fate(one, NOON) is what)


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[str, clock.Frozen]]:
    with serving([*STREAM, PARENT, *COMMENTS]) as (url, frozen):
        yield f"{url}/reddit", frozen


@pytest.fixture
def server(running: tuple[str, clock.Frozen]) -> tuple[str, clock.Frozen]:
    """The address and the clock, which stands at noon again for every test."""
    running[1].move_to(NOON)
    return running


@pytest.fixture
def reddit(server: tuple[str, clock.Frozen]) -> praw.Reddit:
    return praw.Reddit(client_id="some-app", client_secret="secret", user_agent=AGENT, check_for_updates=False,
                       reddit_url=server[0], oauth_url=f"{server[0]}/")  # fmt: skip


def grant(
    server: tuple[str, clock.Frozen], client: str = "some-app", secret: str = "secret", **form: str
) -> requests.Response:
    return requests.post(f"{server[0]}/api/v1/access_token", {"grant_type": "client_credentials"} | form,
                         auth=(client, secret), headers={"User-Agent": AGENT}, timeout=5)  # fmt: skip


def ask(server: tuple[str, clock.Frozen], path: str, **parameters: Any) -> requests.Response:
    headers = {"User-Agent": AGENT, "Authorization": f"bearer {issue('some-app', server[1].now())}"}
    return requests.get(server[0] + path, parameters, headers=headers, timeout=10)


def names(reply: requests.Response) -> list[str]:
    assert reply.status_code == 200, reply.text
    return [child["data"]["name"] for child in reply.json()["data"]["children"]]


def test_praw_pages_through_a_subreddit(reddit: praw.Reddit) -> None:
    found = list(reddit.subreddit("stocks").new(limit=None))
    expected = [PARENT.id, *(one.id for one in LISTED if one.source == "stocks")]
    assert len(found) == len(expected) > 350
    assert [one.id for one in found] == sorted(expected, reverse=True)
    one = found[0]
    assert (one.title, one.subreddit.display_name, one.author.name) == ("Post number 1", "stocks", "quiet_otter")
    assert (
        one.upvote_ratio == 0.87
        and one.created_utc == (NOON - HOUR / 5).timestamp()
        and one.selftext == "I like $ABCD <at> $2 & up"
    )
    assert one.permalink == f"/r/stocks/comments/{one.id}/post_number_1/" and one.is_self


def test_praw_reads_posts_whose_author_or_text_is_gone(reddit: praw.Reddit) -> None:
    gone = reddit.submission(first(Fate.DELETED).id)
    assert gone.author is None and gone.selftext == "[deleted]" and gone.removed_by_category == "deleted"
    removed = reddit.submission(first(Fate.REMOVED).id)
    assert removed.author.name == "quiet_otter" and removed.selftext == "[removed]"
    orphan = reddit.submission(first(Fate.ORPHANED).id)
    assert orphan.author is None and orphan.selftext.startswith("I like") and orphan.title.startswith("Post number")
    listed = {one.id for one in reddit.subreddit("all").new(limit=None)}
    assert first(Fate.ORPHANED).id in listed
    assert not {first(Fate.DELETED).id, first(Fate.REMOVED).id} & listed


def test_a_deletion_comes_some_time_after_the_post(server: tuple[str, clock.Frozen]) -> None:
    one = first(Fate.DELETED)
    when = ending(one)[1]
    assert when is not None and when > one.at
    server[1].move_to(when - dt.timedelta(seconds=1))
    before = ask(server, "/api/info", id=f"t3_{one.id}").json()["data"]["children"][0]["data"]
    server[1].move_to(when)
    after = ask(server, "/api/info", id=f"t3_{one.id}").json()["data"]["children"][0]["data"]
    assert before["author"] == "quiet_otter" and before["selftext"].startswith("I like")
    assert (after["author"], after["selftext"], after["title"]) == ("[deleted]", "[deleted]", one.title)
    assert "author_fullname" not in after and before["name"] == after["name"]


def test_praw_reads_comments(reddit: praw.Reddit) -> None:
    submission = reddit.submission(PARENT.id)
    assert [one.body for one in submission.comments] == ["Reply 3", "Reply 2", "Reply 1"]
    assert submission.comments[0].author.name == "replier3" and submission.num_comments > 20
    newest = list(reddit.subreddit("stocks").comments(limit=10))
    assert [one.body for one in newest] == ["Reply 3", "Reply 2", "Reply 1"]
    assert {one.link_id for one in newest} == {f"t3_{PARENT.id}"} == {one.parent_id for one in newest}
    both = list(reddit.info(fullnames=[f"t1_{COMMENTS[1].id}", f"t3_{PARENT.id}", "t3_zzzz"]))
    assert [type(one).__name__ for one in both] == ["Comment", "Submission"]


def test_orders(reddit: praw.Reddit) -> None:
    top = list(reddit.subreddit("stocks").top(time_filter="week", limit=50))
    scores = [one.score for one in top]
    assert scores == sorted(scores, reverse=True) and scores[0] > 980
    assert all(one.created_utc >= (NOON - 168 * HOUR).timestamp() for one in top)
    hot = list(reddit.subreddit("stocks").hot(limit=20))
    rising = list(reddit.subreddit("stocks").rising(limit=15))
    assert {one.id for one in hot} != {one.id for one in top[:20]} and (len(hot), len(rising)) == (20, 15)
    assert all(one.created_utc >= (NOON - 12 * HOUR).timestamp() for one in rising)


def test_score_and_comments_grow(server: tuple[str, clock.Frozen]) -> None:
    seen = []
    for hours in (0, 1, 6, 48):
        server[1].move_to(PARENT.at + hours * HOUR)
        one = ask(server, f"/by_id/t3_{PARENT.id}").json()["data"]["children"][0]["data"]
        seen.append((one["score"], one["num_comments"]))
    assert [comments for _, comments in seen] == [0, 6, 22, 39] and seen[0][0] == 1
    assert seen == sorted(seen)


def test_paging_by_fullname(server: tuple[str, clock.Frozen]) -> None:
    path = "/r/pennystocks+tinyfloats/new"
    whole = names(ask(server, path, limit=100))
    pages, after, count = [], None, 0
    for _ in range(4):
        body = ask(server, path, limit=25, after=after, count=count).json()["data"]
        pages += [child["data"]["name"] for child in body["children"]]
        after, count = body["after"], count + body["dist"]
        assert (body["before"] is None) == (count == 25)
    assert pages == whole and after == whole[-1]
    assert names(ask(server, path, limit=10, before=whole[30])) == whole[20:30]
    assert names(ask(server, path, limit=10, before=whole[3], count=4)) == whole[:3]
    assert len(names(ask(server, path))) == len(names(ask(server, path, limit="many"))) == 25
    assert len(names(ask(server, path, limit=5000))) == 100 and len(names(ask(server, path, limit=0))) == 1
    assert names(ask(server, path, after="t3_zzz")) == names(ask(server, path, after="nonsense!")) == []
    subs = {child["data"]["subreddit"] for child in ask(server, path, limit=100).json()["data"]["children"]}
    assert subs == {"pennystocks", "TinyFloats"}


def test_paging_goes_on_behind_a_post_that_was_deleted(server: tuple[str, clock.Frozen]) -> None:
    gone = first(Fate.DELETED)
    following = names(ask(server, f"/r/{gone.source}/new", after=f"t3_{gone.id}", limit=5))
    earlier = [one for one in LISTED if one.source == gone.source and one.at < gone.at]
    assert following == [f"t3_{one.id}" for one in earlier[:5]]


def test_a_listing_ends_at_a_thousand(reddit: praw.Reddit) -> None:
    assert len(list(reddit.subreddit("all").new(limit=None))) == 1000 < len(LISTED)


def test_forms_of_addresses_and_escapes(server: tuple[str, clock.Frozen]) -> None:
    for path in ("/r/stocks/new", "/r/stocks/new.json", "/r/STOCKS/new/"):
        assert len(names(ask(server, path))) == 25
    assert names(ask(server, "/r/stocks")) == names(ask(server, "/r/stocks/hot.json"))
    plain = ask(server, "/r/stocks/new").json()["data"]["children"][0]["data"]["selftext"]
    raw = ask(server, "/r/stocks/new", raw_json=1).json()["data"]["children"][0]["data"]["selftext"]
    assert (plain, raw) == ("I like $ABCD &lt;at&gt; $2 &amp; up", "I like $ABCD <at> $2 & up")
    thread = ask(server, f"/r/stocks/comments/{PARENT.id}/what_happened/.json").json()
    assert [listing["data"]["dist"] for listing in thread] == [1, 3]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('"what happened"', 1), ("ABCD happened", 1), ("title:happened", 1), ("title:like", 0), ("happened -abcd", 0),
        ("nosuchword OR happened", 1), ("happened NOT what", 0), ("author:nobody", 0), ("", 0), ("!!", 0),
        ("author:quiet_otter happened subreddit:stocks", 1), ("happened subreddit:pennystocks", 0),
    ],
)  # fmt: skip
def test_search(server: tuple[str, clock.Frozen], query: str, found: int) -> None:
    assert len(names(ask(server, "/search", q=query, sort="new", t="week"))) == found


def test_search_inside_a_subreddit(reddit: praw.Reddit) -> None:
    found = list(reddit.subreddit("stocks").search("ABCD", sort="new", time_filter="day", limit=None))
    assert {one.subreddit.display_name for one in found} == {"stocks"}
    assert 35 < len(found) <= 41 and found[0].title == "Post number 1"


def test_subreddits_and_accounts(reddit: praw.Reddit) -> None:
    about = reddit.subreddit("pennystocks")
    assert about.subscribers == 1_950_000 and about.subreddit_type == "public" and about.id.isalnum()
    assert reddit.subreddit("tinyfloats").subscribers > 20_000
    otter = reddit.redditor("Quiet_Otter")
    assert otter.id and otter.created_utc == ARTIST.created.timestamp() and otter.total_karma > 0
    with pytest.raises(prawcore.NotFound):
        _ = reddit.redditor("nobody_here").id


@pytest.mark.parametrize(
    ("sub", "error", "body"),
    [
        ("smallcapsclub", prawcore.Forbidden, {"reason": "private", "message": "Forbidden", "error": 403}),
        ("guaranteedgains", prawcore.NotFound, {"reason": "banned", "message": "Not Found", "error": 404}),
        ("nosuchplace", prawcore.NotFound, {"message": "Not Found", "error": 404}),
        ("stocks+smallcapsclub", prawcore.Forbidden, {"reason": "private", "message": "Forbidden", "error": 403}),
    ],
)
def test_subreddits_nobody_may_read(
    reddit: praw.Reddit, sub: str, error: type[Exception], body: dict[str, Any]
) -> None:
    with pytest.raises(error) as caught:
        list(reddit.subreddit(sub).new())
    assert caught.value.response.json() == body  # type: ignore[attr-defined]


def test_grants(server: tuple[str, clock.Frozen]) -> None:
    body = grant(server).json()
    assert {name: body[name] for name in ("token_type", "expires_in", "scope")} == {
        "token_type": "bearer", "expires_in": 86400, "scope": "*",
    }  # fmt: skip
    assert is_good(body["access_token"], NOON)
    assert "access_token" in grant(server, grant_type="password", username="u", password="p").json()
    installed = grant(server, secret="", grant_type=INSTALLED, device_id="DO_NOT_TRACK_THIS_DEVICE")
    assert installed.json()["device_id"] == "DO_NOT_TRACK_THIS_DEVICE"
    assert grant(server, grant_type="password", username="u").json() == {"error": "invalid_grant"}
    unknown = grant(server, grant_type="magic")
    assert unknown.status_code == 200 and unknown.json() == {"error": "unsupported_grant_type"}
    assert grant(server, grant_type=INSTALLED, device_id="short").status_code == 400
    for client, secret in (("bad-app", "secret"), ("", "secret"), ("some-app", "")):
        refused = grant(server, client, secret)
        assert refused.status_code == 401 and refused.json() == {"message": "Unauthorized", "error": 401}


def test_tokens_expire_by_market_time(reddit: praw.Reddit, server: tuple[str, clock.Frozen]) -> None:
    next(reddit.subreddit("stocks").new(limit=1))
    token = reddit._core.authorizer.access_token
    headers = {"User-Agent": AGENT, "Authorization": f"bearer {token}"}
    server[1].move_to(NOON + dt.timedelta(hours=24))
    expired = requests.get(f"{server[0]}/r/stocks/new", headers=headers, timeout=5)
    assert expired.status_code == 401 and expired.json() == {"message": "Unauthorized", "error": 401}
    assert "invalid_token" in expired.headers["www-authenticate"]
    assert len(list(reddit.subreddit("stocks").new(limit=3))) == 3  # praw asks for a new one and goes on
    assert reddit._core.authorizer.access_token != token


def test_a_token_cannot_be_made_up(server: tuple[str, clock.Frozen]) -> None:
    token = issue("some-app", NOON)
    assert is_good(token, NOON + dt.timedelta(hours=23)) and is_good(token, NOON - dt.timedelta(days=3))
    for bad in ("", "x", token[:-1], token[1:], token.replace(".", ""), "é.é", issue("a", NOON).split(".")[0] + ".0"):
        assert not is_good(bad, NOON)


@pytest.mark.parametrize(
    ("agent", "status"),
    [("python-requests/2.32", 429), ("curl/8.5.0", 429), ("", 429), ("Mozilla/5.0 (X11)", 403), (AGENT, 200),
     ("python:sectorlight:1.0 (by /u/x)", 200)],
)  # fmt: skip
def test_user_agents(server: tuple[str, clock.Frozen], agent: str, status: int) -> None:
    headers = {"User-Agent": agent, "Authorization": f"bearer {issue('a', NOON)}"}
    assert requests.get(f"{server[0]}/r/stocks/new", headers=headers, timeout=5).status_code == status
    token = requests.post(f"{server[0]}/api/v1/access_token", {"grant_type": "client_credentials"}, auth=("a", "b"),
                          headers={"User-Agent": agent}, timeout=5)  # fmt: skip
    assert token.status_code == status


def test_headers_walls_and_unknown_paths(server: tuple[str, clock.Frozen]) -> None:
    good = ask(server, "/r/stocks/new")
    assert (good.headers["x-ratelimit-used"], good.headers["x-ratelimit-remaining"]) == ("1", "999.0")
    assert good.headers["x-ratelimit-reset"] == "150" and good.headers["X-Simulated"] == "sectorlight"
    anonymous = requests.get(f"{server[0]}/r/stocks/new.json", headers={"User-Agent": AGENT}, timeout=5)
    assert anonymous.status_code == 403 and anonymous.text.startswith("<!doctype html>")
    for path in ("/r/stocks/wiki/index", "/comments/zzzzzz", f"/comments/{COMMENTS[0].id}", "/api/nothing"):
        assert (ask(server, path).status_code, ask(server, path).json()) == (
            404,
            {"message": "Not Found", "error": 404},
        )


def test_the_same_bytes_from_another_reddit(server: tuple[str, clock.Frozen]) -> None:
    with serving([*reversed(STREAM), PARENT, *COMMENTS]) as (url, _):
        other = (f"{url}/reddit", server[1])
        for path in ("/r/stocks/hot", "/r/all/new", f"/comments/{PARENT.id}"):
            assert ask(server, path).content == ask(other, path).content


def test_faults_speak_reddits_language(server: tuple[str, clock.Frozen]) -> None:
    root = server[0].removesuffix("/reddit")
    expected = {"401": 401, "403_not_entitled": 403, "429": 429, "500": 500, "429_retry_after": 429}
    for kind, status in expected.items():
        requests.post(f"{root}/faults", json={"vendor": "reddit", "match": "/r/stocks", "kind": kind, "times": 1},
                      headers={"X-Control": "1"}, timeout=5)  # fmt: skip
        reply = ask(server, "/r/stocks/new")
        assert reply.status_code == status == reply.json()["error"]
        assert ("Retry-After" in reply.headers) == (kind == "429_retry_after")
        assert (reply.headers.get("x-ratelimit-remaining") == "0.0") == (status == 429)


def test_generated_posts(client: Client, noon: clock.Frozen) -> None:
    archive = client.application.world.documents
    token = issue("some-app", NOON)
    found, after = [], ""
    while True:
        path = f"/reddit/r/pennystocks/new?limit=100&after={after}"
        body = client.ask("GET", path, HTTP_AUTHORIZATION=f"bearer {token}", HTTP_USER_AGENT=AGENT).json()["data"]
        found += [child["data"] for child in body["children"]]
        after = body["after"]
        if not after:
            break
    expected = [
        one for one in archive.published(Channel.REDDIT, NOON - dt.timedelta(days=14), NOON)
        if one.source == "pennystocks" and fate(one, NOON) in (Fate.KEPT, Fate.ORPHANED)
    ]  # fmt: skip
    assert [row["id"] for row in found] == [one.id for one in reversed(expected)] and len(found) > 30
    assert all(
        row["created_utc"] <= NOON.timestamp() and row["title"] and 0.5 < row["upvote_ratio"] < 1 for row in found
    )
    assert max(row["score"] for row in found) > 5 and "[deleted]" in {row["author"] for row in found}
