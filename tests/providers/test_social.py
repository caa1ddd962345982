"""X and Reddit through the product's providers: against the simulated vendors, and refusals and odd bodies alone."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator

import pytest
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from sentiment_site.market import clock
from sentiment_site.providers.errors import (
    AuthError,
    BadPayload,
    BadRequest,
    NotEntitled,
    ProviderError,
    QuotaExhausted,
    RateLimited,
    ValueNotEntitled,
)
from sentiment_site.providers.http import Http, VendorConfig
from sentiment_site.providers.reddit import Reddit, parse_listing, parse_token
from sentiment_site.providers.social_registry import build_social
from sentiment_site.providers.x import X, parse_counts, parse_tweets
from sentiment_site.simulator.documents.document import Channel, Document
from sentiment_site.simulator.vendors.posts import Fate, fate
from sentiment_site.simulator.vendors.x.window import first_number
from tests.simulator.vendors.social import AGENT, NOON, author, serving
from tests.simulator.vendors.test_reddit import STREAM

ARTIST = author("quiet_otter", 5400)
DAY = dt.timedelta(days=1)


def tweet(number: int, text: str, minutes: float) -> Document:
    at = NOON - dt.timedelta(minutes=minutes)
    return Document(str(first_number(at) + number), Channel.X, at, "", text, (), author=ARTIST,
                    attention={"likes": 200, "reposts": 30, "replies": 12, "impressions": 9000})  # fmt: skip


TWEETS = [tweet(n, f"$ABCD number {n} looks strong today", 5 + n) for n in range(150)]


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with serving([*TWEETS, *STREAM]) as (address, _):
        yield address


def http(name: str, address: str, key: str = "") -> Http:
    return Http(VendorConfig(name, address, key, "bearer" if key else "", 1000.0, 1000, attempts=1, user_agent=AGENT))


def x_at(url: str, key: str = "any-token") -> X:
    return X(http("x", f"{url}/x", key))


def reddit_at(url: str, client: str = "our-client", secret: str = "our-secret") -> Reddit:
    return Reddit(http("reddit", f"{url}/reddit"), http("reddit", f"{url}/reddit"), client, secret)


def test_posts_of_x_page_by_page(url: str) -> None:
    x = x_at(url)
    first = x.fetch_posts("$ABCD -is:retweet", NOON - DAY)
    assert first.simulated is True
    assert first.records.found == 100
    second = x.fetch_posts("$ABCD -is:retweet", NOON - DAY, next_token=first.records.next_token)
    assert second.records.next_token is None
    got = {one.id: one for one in (*first.records.tweets, *second.records.tweets)}
    deleted = {one.id for one in TWEETS if fate(one, NOON) is not Fate.KEPT}
    assert len(got) == len(TWEETS) - len(deleted)
    one = first.records.tweets[0]
    assert one.author is not None
    assert (one.author.name, one.author.followers) == ("quiet_otter", 5400)
    assert one.author_id == one.author.id
    assert one.language == "en"
    assert one.created_at.tzinfo is not None


@pytest.mark.parametrize("key", ["any-token", "post-token"])  # the documented names and the newer ones
def test_counts_agree_with_the_posts(url: str, key: str) -> None:
    buckets = x_at(url, key).fetch_counts("$ABCD", NOON - DAY).records
    assert sum(bucket.count for bucket in buckets) == pytest.approx(len(TWEETS), abs=10)  # deletions
    assert [bucket.begins_at for bucket in buckets] == sorted(bucket.begins_at for bucket in buckets)
    posts = x_at(url, key).fetch_posts("$ABCD", NOON - DAY, most=10).records
    assert len(posts.tweets) == 10
    assert posts.tweets[0].first_id == posts.tweets[0].id


def test_what_still_exists_is_told(url: str) -> None:
    wire = tuple(one.id for one in x_at(url).fetch_posts("$ABCD", NOON - DAY).records.tweets)
    assert x_at(url).fetch_existing(wire).records == frozenset(wire)
    gone = tuple(one.id for one in TWEETS if fate(one, NOON) is not Fate.KEPT)[:5]
    assert x_at(url).fetch_existing((*wire[:5], *gone)).records == frozenset(wire[:5])


@pytest.mark.parametrize(
    ("key", "error"),
    [
        ("unenrolled-1", NotEntitled),
        ("spent-1", QuotaExhausted),
        ("capped-1", QuotaExhausted),
        ("hurried-1", RateLimited),
        ("bad-1", AuthError),
    ],
)
def test_refusals_of_x(url: str, key: str, error: type[ProviderError]) -> None:
    with pytest.raises(error) as caught:
        x_at(url, key).fetch_posts("$ABCD", NOON - DAY)
    assert type(caught.value) is error
    assert key not in str(caught.value)


def test_a_query_that_x_would_refuse_is_not_sent(url: str) -> None:
    with pytest.raises(BadRequest, match="600 characters"):
        x_at(url).fetch_posts("x" * 600, NOON - DAY)


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"data": [', b'{"data": {}, "meta": {}}', b'{"data": []}'])
def test_odd_bodies_of_x(body: bytes) -> None:
    with pytest.raises(BadPayload):
        parse_tweets(body)


def test_nothing_found_and_unreadable_rows() -> None:
    assert parse_tweets(b'{"meta": {"result_count": 0}}').tweets == ()
    rows = [{"id": "1"}, 7, {"id": "2", "text": "x", "created_at": "2026-08-21T10:00:00Z"}]
    page = parse_tweets(json.dumps({"data": rows, "meta": {}}).encode())
    assert [one.id for one in page.tweets] == ["2"]
    assert page.found == 3  # billed all the same
    assert parse_counts(b'{"meta": {}}') == ()


def test_reddit_listings_with_a_token(url: str) -> None:
    reddit = reddit_at(url)
    page = reddit.fetch_new("pennystocks+stocks")
    assert page.simulated is True
    assert page.records.after is not None
    more = reddit.fetch_new("pennystocks+stocks", page.records.after).records
    got = [*page.records.posts, *more.posts]
    assert len({one.name for one in got}) == 200
    assert [one.created_at for one in got] == sorted((one.created_at for one in got), reverse=True)
    assert {one.subreddit for one in got} == {"pennystocks", "stocks"}
    assert got[0].text == "I like $ABCD <at> $2 & up"
    assert 0 <= (got[0].upvote_ratio or 0) <= 1


def test_deleted_posts_are_marked(url: str) -> None:
    gone = [one for one in STREAM if fate(one, NOON) in (Fate.DELETED, Fate.REMOVED)][:20]
    page = reddit_at(url).fetch_by_name(tuple(f"t3_{one.id}" for one in gone)).records
    assert len(page.posts) == len(gone)
    assert all(one.is_removed and one.text == "" for one in page.posts)


@pytest.mark.parametrize(("client", "error"), [("bad-client", AuthError), ("", AuthError)])
def test_refused_applications(url: str, client: str, error: type[ProviderError]) -> None:
    with pytest.raises(error):
        reddit_at(url, client).fetch_new("stocks")


def test_a_private_subreddit_is_told_apart(url: str) -> None:
    with pytest.raises(ValueNotEntitled):
        reddit_at(url).fetch_new("smallcapsclub")


def test_a_token_is_kept_and_renewed_when_it_is_refused(httpserver: HTTPServer) -> None:
    asked: list[str] = []
    listing = {"kind": "Listing", "data": {"after": None, "children": []}}

    def answer(request: Request) -> Response:
        asked.append(request.path)
        if request.path.endswith("access_token"):
            assert request.headers["Authorization"].startswith("Basic ")
            return Response(json.dumps({"access_token": f"token-{len(asked)}", "expires_in": 86400}))
        refused = request.headers["Authorization"] == "bearer token-1" and len(asked) > 3
        return Response('{"message": "Unauthorized", "error": 401}', 401) if refused else Response(json.dumps(listing))

    httpserver.expect_request("/api/v1/access_token").respond_with_handler(answer)
    httpserver.expect_request("/r/stocks/new").respond_with_handler(answer)
    address = httpserver.url_for("").rstrip("/")
    reddit = Reddit(http("reddit", address), http("reddit", address), "id", "secret")
    with clock.frozen(NOON) as frozen:
        for _ in range(2):
            assert reddit.fetch_new("stocks").records.posts == ()
        assert asked == ["/api/v1/access_token", "/r/stocks/new", "/r/stocks/new"]
        reddit.fetch_new("stocks")  # refused, asked for anew, answered
        assert asked[3:] == ["/r/stocks/new", "/api/v1/access_token", "/r/stocks/new"]
        frozen.move_to(NOON + DAY)
        reddit.fetch_new("stocks")
    assert asked[6:] == ["/api/v1/access_token", "/r/stocks/new"]


@pytest.mark.parametrize("body", [b"", b"[]", b"<html>", b'{"kind": "t3"}', b'{"data": {"children": 3}}'])
def test_odd_bodies_of_reddit(body: bytes) -> None:
    with pytest.raises(BadPayload):
        parse_listing(body)


def test_tokens_that_are_none() -> None:
    with pytest.raises(AuthError, match="invalid_grant"):
        parse_token(b'{"error": "invalid_grant"}')
    for body in (b"{}", b"[]"):
        with pytest.raises(BadPayload):
            parse_token(body)


def test_without_keys_nobody_is_asked(settings: object) -> None:
    settings.X_BEARER_TOKEN = settings.REDDIT_CLIENT_ID = ""  # type: ignore[attr-defined]
    vendors = build_social(settings, None)  # type: ignore[arg-type]
    assert (vendors.x, vendors.reddit) == (None, None)
    settings.X_BEARER_TOKEN, settings.REDDIT_CLIENT_ID, settings.REDDIT_CLIENT_SECRET = "k", "i", "s"  # type: ignore[attr-defined]
    vendors = build_social(settings, None)  # type: ignore[arg-type]
    assert vendors.x is not None
    assert vendors.reddit is not None
