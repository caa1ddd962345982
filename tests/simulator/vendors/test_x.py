"""X over a real socket: read by tweepy, and its quirks and refusals one by one."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
import tweepy
from hypothesis import given, settings
from hypothesis import strategies as st
from requests.adapters import HTTPAdapter

from sentiment_site.market import clock
from sentiment_site.simulator.documents.document import Channel, Document
from sentiment_site.simulator.vendors.posts import Fate, ending, fate
from sentiment_site.simulator.vendors.x.language import language_of
from sentiment_site.simulator.vendors.x.query import BadQueryError, Subject, parse
from sentiment_site.simulator.vendors.x.window import first_number
from tests.simulator.client import Client
from tests.simulator.vendors.social import NOON, author, serving

HOUR = dt.timedelta(hours=1)
WORDS = ("to the moon", "adding more here", "this is going lower", "what is going on", "AT&T <b> & co")


def post(number: int, text: str, hours: float, name: str = "ada_trades") -> Document:
    """A post so many hours before noon. Its id holds its moment, as X's do, and its number below."""
    at = NOON - hours * HOUR
    return Document(str(first_number(at) + number), Channel.X, at, "", text, (), author=author(name),
                    attention={"likes": 200, "reposts": 30, "replies": 12, "impressions": 9000})  # fmt: skip


# one every 20 minutes for eight days, alternately about two tickers, by three authors
STREAM = [
    post(i, f"${'TSLA' if i % 2 else 'BRK.B'} {WORDS[i % 5]} #stocks", i / 3, ("ada_trades", "bob", "carla9")[i % 3])
    for i in range(1, 577)
]
EXTRA = [
    post(1000, "RT @bob: $GME breakout https://example.com/a", 2.2),
    post(1001, "@bob nothing about any ticker", 2.25),
    post(1002, "Costs $5 and $GMED is not $GMEX. $GME!", 2.3),
    post(1003, "coca-cola is a drink 🚀", 2.35),
    post(1004, "$GME wird heute wieder verkauft, was meint ihr?", 2.4),
]
# kept ones only, or the queries would not find them: the higher bits of their numbers are free
EXTRA = [
    next(
        tried for free in range(99) if fate(tried := replace(one, id=str(int(one.id) + 4096 * free)), NOON) is Fate.KEPT
    )
    for one in EXTRA
]
KEPT = {document.id for document in STREAM + EXTRA if fate(document, NOON) is Fate.KEPT}
DELETED = [document for document in STREAM if document.id not in KEPT]


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[str, clock.Frozen]]:
    with serving(STREAM + EXTRA) as (url, frozen):
        yield f"{url}/x", frozen


@pytest.fixture
def x(running: tuple[str, clock.Frozen]) -> tuple[str, clock.Frozen]:
    """The address and the clock, which stands at noon again for every test."""
    running[1].move_to(NOON)
    return running


def ask(x: tuple[str, clock.Frozen], path: str, key: str = "any", **parameters: Any) -> requests.Response:
    return requests.get(x[0] + path, parameters, headers={"Authorization": f"Bearer {key}"}, timeout=10)


def search(x: tuple[str, clock.Frozen], query: str, **parameters: Any) -> dict[str, Any]:
    reply = ask(x, "/2/tweets/search/recent", query=query, **parameters)
    assert reply.status_code == 200, reply.text
    return dict(reply.json())


class _Here(HTTPAdapter):
    """Sends what is meant for X's host to the simulator."""

    def __init__(self, url: str) -> None:
        super().__init__()
        self._base = urlsplit(url)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        asked = urlsplit(str(request.url))
        request.url = urlunsplit((self._base.scheme, self._base.netloc, self._base.path + asked.path, asked.query, ""))
        return super().send(request, *args, **kwargs)


@pytest.fixture
def tweets(x: tuple[str, clock.Frozen]) -> tweepy.Client:
    client = tweepy.Client("some-token")
    for host in ("https://api.twitter.com", "https://api.x.com"):
        client.session.mount(host, _Here(x[0]))
    return client


def test_tweepy_reads_several_pages(tweets: tweepy.Client) -> None:
    pages = list(tweepy.Paginator(
        tweets.search_recent_tweets, "$TSLA lang:en -is:retweet", max_results=100, expansions=["author_id"],
        tweet_fields=["created_at", "public_metrics", "entities"], user_fields=["public_metrics", "created_at"],
    ))  # fmt: skip
    expected = [one for one in STREAM if one.id in KEPT and "$TSLA" in one.body and one.at >= NOON - 168 * HOUR]
    tweets = [tweet for page in pages for tweet in page.data]
    assert len(pages) == 3 and len(expected) == len(tweets) > 230
    assert [tweet.created_at for tweet in tweets] == sorted((one.at for one in expected), reverse=True)
    assert len({tweet.id for tweet in tweets}) == len(tweets)
    assert [tweet.id for tweet in tweets] == sorted((tweet.id for tweet in tweets), reverse=True)
    first, users = tweets[0], {user.id: user for user in pages[0].includes["users"]}
    assert first.data["edit_history_tweet_ids"] == [str(first.id)]
    assert users[first.author_id].username in ("ada_trades", "bob", "carla9") and len(users) == 3
    assert users[first.author_id].public_metrics["followers_count"] == 1200
    assert first.entities["cashtags"] == [{"start": 0, "end": 5, "tag": "TSLA"}]
    assert 0 <= first.public_metrics["like_count"] < tweets[50].public_metrics["like_count"] <= 200


def test_tweepy_counts(tweets: tweepy.Client) -> None:
    answer = tweets.get_recent_tweets_count("$TSLA", granularity="hour")
    assert len(answer.data) == 169 and answer.meta["total_tweet_count"] == sum(
        row["tweet_count"] for row in answer.data
    )
    assert (
        answer.data[0]["start"] == "2025-11-25T17:07:30.000Z" and answer.data[1]["start"] == "2025-11-25T18:00:00.000Z"
    )
    assert answer.data[-1]["end"] == "2025-12-02T17:07:00.000Z"
    hour = next(row for row in answer.data if row["start"] == "2025-12-01T12:00:00.000Z")
    begin = dt.datetime(2025, 12, 1, 12, tzinfo=dt.UTC)
    inside = [one for one in STREAM if begin <= one.at < begin + HOUR and "$TSLA" in one.body and one.id in KEPT]
    assert hour["tweet_count"] == len(inside) > 0


def test_counts_by_the_minute_come_in_pages(x: tuple[str, clock.Frozen]) -> None:
    rows, parameters, pages = [], {}, 0
    while True:
        body = ask(x, "/2/tweets/counts/recent", query="$TSLA OR $BRK.B", granularity="minute", **parameters).json()
        rows, pages = body["data"] + rows, pages + 1
        if "next_token" not in body["meta"]:
            break
        parameters = {"next_token": body["meta"]["next_token"]}
    assert pages == 7 and all(one["end"] == two["start"] for one, two in pairwise(rows))
    whole = ask(x, "/2/tweets/counts/recent", query="$TSLA OR $BRK.B", granularity="day").json()
    assert sum(row["tweet_count"] for row in rows) == whole["meta"]["total_tweet_count"] > 450
    assert len(whole["data"]) == 8


def test_only_three_fields_unless_asked(x: tuple[str, clock.Frozen]) -> None:
    body = search(x, "$TSLA")
    assert set(body) == {"data", "meta"} and len(body["data"]) == body["meta"]["result_count"] == 10
    assert all(set(row) == {"id", "text", "edit_history_tweet_ids"} for row in body["data"])
    assert body["meta"]["newest_id"] == body["data"][0]["id"] and body["meta"]["oldest_id"] == body["data"][-1]["id"]
    row = search(x, "$TSLA", expansions="author_id")
    assert row["data"][0]["author_id"] in {user["id"] for user in row["includes"]["users"]}
    assert set(row["includes"]["users"][0]) == {"id", "name", "username"}
    assert search(x, "$NOSUCH") == {"meta": {"result_count": 0}}
    assert "AT&amp;T &lt;b&gt; &amp; co" in {
        one["text"][6:-8].strip() for one in search(x, "co", max_results=20)["data"]
    }


def test_the_newer_names(x: tuple[str, clock.Frozen]) -> None:
    parameters = {"query": "$TSLA", "post.fields": "public_metrics"}
    row = ask(x, "/2/tweets/search/recent", "post-key", **parameters).json()["data"][0]
    assert set(row) == {"id", "text", "edit_history_post_ids", "public_metrics"}
    assert "repost_count" in row["public_metrics"] and "retweet_count" not in row["public_metrics"]
    old = ask(x, "/2/tweets/search/recent", "post-key", **{"query": "$TSLA", "tweet.fields": "created_at"}).json()
    assert "created_at" in old["data"][0]
    counts = ask(x, "/2/tweets/counts/recent", "post-key", query="$TSLA").json()
    assert counts["meta"]["total_post_count"] == sum(bucket["post_count"] for bucket in counts["data"]) > 0
    assert ask(x, "/2/tweets/search/recent", **parameters).status_code == 400


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("$GME lang:en", [1000, 1002]), ("$gme -is:retweet lang:en", [1002]), ("breakout OR drink", [1000, 1003]),
        ("coca-cola", [1003]), ('"a drink"', [1003]), ('"drink a"', []), ("🚀", [1003]), ("from:bob nothing", []),
        ("from:@ada_trades (nothing OR drink)", [1001, 1003]), ("@bob -$GME", [1001]), ("gmed", [1002]),
        ("(breakout OR drink) has:cashtags", [1000]), ("breakout has:links", [1000]), ("drink lang:de", []),
        ("$GME lang:de", [1004]), ("$GME -lang:en", [1004]),
        ("nothing is:reply", [1001]), ("breakout OR nothing -@bob", [1000]), ("drink -(cola $GME)", [1003]),
    ],
)  # fmt: skip
def test_queries(x: tuple[str, clock.Frozen], query: str, found: list[int]) -> None:
    wanted = [one.body.replace("&", "&amp;") for one in EXTRA if int(one.id) % 4096 in found]
    assert [row["text"] for row in search(x, query).get("data", [])] == wanted


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("", "must be a non-empty string"), ("lang:en", "at least one positive"), ("-cat", "at least one positive"),
        ("cat OR -dog", "at least one positive"), ("(cat", "missing ')' at '<EOF>' (at position 5)"),
        ("cat)", "missing EOF at ')' (at position 4)"), ('say "cat', "character '\"' (at position 5)"),
        ("cat OR", "'<EOF>' (at position 7)"), ("OR cat", "'OR' (at position 1)"), ("()", "')' (at position 2)"),
        ("cat and dog", "Ambiguous use of and"), ("since:2025-01-01 cat", "invalid operator 'since'"),
        ("cat is:polls", "invalid operator 'is:polls'"), ("cat lang:xx", "Invalid language 'xx'"),
        ("$123", "character '$'"), ("!!", "character '!'"), ("the", "non-stopword"), ("x" * 513, "Query length"),
    ],
)  # fmt: skip
def test_bad_queries(x: tuple[str, clock.Frozen], query: str, says: str) -> None:
    for path in ("search", "counts"):
        reply = ask(x, f"/2/tweets/{path}/recent", query=query)
        body = reply.json()
        assert reply.status_code == 400 and body["title"] == "Invalid Request" and says in body["errors"][0]["message"]
        assert body["errors"][0]["parameters"]["query"] == [query]
        assert body["type"] == "https://api.twitter.com/2/problems/invalid-request"


@settings(max_examples=400, deadline=None)
@given(st.one_of(st.text(max_size=80), st.lists(st.sampled_from(
    ["(", ")", "-", '"', " ", "OR", "$TSLA", "#a", "@b", "from:a", "lang:en", "-(", "cat", "🚀", "x:y", "or"]
), max_size=60).map(" ".join)))  # fmt: skip
def test_any_text_is_a_query_or_refused(text: str) -> None:
    try:
        test = parse(text)
    except BadQueryError as error:
        assert str(error)
    else:
        assert test(Subject("rt @b a $tsla #a", "a", "1")) in (True, False)


def test_the_deepest_queries_do_not_exhaust_the_stack() -> None:
    subject = Subject("x", "x", "1")
    assert parse("(" * 255 + "x" + ")" * 255)(subject)
    assert parse("(x" * 170 + ")" * 170)(subject)
    assert parse("x" + " -(y" * 102 + ")" * 102)(subject)
    assert parse("(y OR " * 73 + "x" + ")" * 73)(subject)


def test_windows(x: tuple[str, clock.Frozen]) -> None:
    begin, end = NOON - 5 * HOUR, NOON - 3 * HOUR
    body = search(x, "#stocks", start_time=f"{begin:%Y-%m-%dT%H:%M:%SZ}", end_time=f"{end:%Y-%m-%dT%H:%M:%SZ}")
    rows = [one for one in STREAM if begin <= one.at < end and one.id in KEPT]
    assert len(rows) == body["meta"]["result_count"] and 4 <= len(rows) <= 6  # begin counts, end does not
    newest = int(body["meta"]["newest_id"])
    later = search(x, "#stocks", since_id=newest, max_results=100)
    assert all(int(row["id"]) > newest for row in later["data"]) and later["meta"]["result_count"] < 10
    earlier = search(x, "#stocks", until_id=newest, max_results=10)
    assert earlier["data"][:2] == body["data"][1:3]


@pytest.mark.parametrize(
    ("parameters", "says"),
    [
        ({"start_time": "2025-11-20T00:00:00Z"}, "'start_time' must be on or after 2025-11-25T17:07Z"),
        ({"start_time": "2025-12-02T17:07:25Z"}, "a minimum of 10 seconds prior to the request time"),
        ({"end_time": "2025-12-03T00:00:00Z"}, "a minimum of 10 seconds prior to the request time"),
        ({"start_time": "yesterday"}, "not a valid RFC3339"),
        ({"start_time": "2025-13-01T00:00:00Z"}, "not a valid RFC3339"),
        ({"start_time": "2025-12-01T00:00:00Z", "end_time": "2025-11-30T00:00:00Z"}, "must be after 'start_time'"),
        ({"start_time": "2025-12-01T00:00:00Z", "since_id": "5"}, "in conjunction with"),
        ({"since_id": "1800000000000000000"}, "Please use a 'since_id' that is larger than 19933"),
        ({"since_id": "abc"}, "does not match"), ({"max_results": 9}, "[9] is not between 10 and 100"),
        ({"max_results": "all"}, "is not between"),
        ({"tweet.fields": "likes"}, "[likes] is not one of [attachments,author_id"),
        ({"expansions": "author"}, "is not one of"), ({"user.fields": "age"}, "is not one of"),
        ({"nonsense": "1"}, "The query parameter [nonsense] is not one of"),
        ({"next_token": "abc"}, "not a valid token"),
    ],
)  # fmt: skip
def test_bad_parameters(x: tuple[str, clock.Frozen], parameters: dict[str, Any], says: str) -> None:
    reply = ask(x, "/2/tweets/search/recent", query="$TSLA", **parameters)
    error = reply.json()["errors"][0]
    assert reply.status_code == 400 and says in error["message"]
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert set(error["parameters"]) <= set(parameters)


@pytest.mark.parametrize(
    ("path", "parameters", "says"),
    [
        ("/2/tweets/counts/recent", {"query": "$TSLA", "granularity": "week"}, "is not one of [minute,hour,day]"),
        ("/2/tweets", {"ids": ",".join(map(str, range(101)))}, "[101] is not between 1 and 100"),
        ("/2/tweets", {}, "[0] is not between 1 and 100"), ("/2/tweets", {"ids": "12,abc"}, "[abc] does not match"),
        ("/2/tweets/abc", {}, "[abc] is not valid"), ("/2/users/by", {"usernames": "no spaces"}, "does not match"),
    ],
)  # fmt: skip
def test_bad_lookups(x: tuple[str, clock.Frozen], path: str, parameters: dict[str, str], says: str) -> None:
    reply = ask(x, path, **parameters)
    assert reply.status_code == 400 and says in reply.json()["errors"][0]["message"]


def test_a_token_serves_its_own_query_only(x: tuple[str, clock.Frozen]) -> None:
    token = search(x, "$TSLA")["meta"]["next_token"]
    assert search(x, "$TSLA", next_token=token)["data"][0]["id"] < search(x, "$TSLA")["data"][-1]["id"]
    assert ask(x, "/2/tweets/search/recent", query="$GME", next_token=token).status_code == 400


@pytest.mark.parametrize(
    ("key", "status", "title"),
    [("bad-1", 401, "Unauthorized"), ("unenrolled-1", 403, "Client Forbidden"), ("spent-1", 402, "CreditsDepleted"),
     ("capped-1", 429, "UsageCapExceeded")],
)  # fmt: skip
def test_refusals(x: tuple[str, clock.Frozen], key: str, status: int, title: str) -> None:
    reply = ask(x, "/2/tweets/search/recent", key, query="$TSLA")
    assert (reply.status_code, reply.json()["title"]) == (status, title)
    assert {"title", "detail", "type"} <= set(reply.json())


def test_missing_token_rate_headers_and_the_older_refusal(x: tuple[str, clock.Frozen]) -> None:
    missing = requests.get(f"{x[0]}/2/tweets/search/recent?query=a", timeout=5)
    assert missing.status_code == 401
    assert missing.json() == {"title": "Unauthorized", "type": "about:blank", "status": 401, "detail": "Unauthorized"}
    good = ask(x, "/2/tweets/counts/recent", query="$TSLA").headers
    assert (good["x-rate-limit-limit"], good["x-rate-limit-remaining"]) == ("300", "299")
    assert int(good["x-rate-limit-reset"]) == dt.datetime(2025, 12, 2, 17, 15, tzinfo=dt.UTC).timestamp()
    hurried = ask(x, "/2/tweets/search/recent", "hurried-1", query="$TSLA")
    assert hurried.json() == {"errors": [{"code": 88, "message": "Rate limit exceeded"}]}
    assert hurried.headers["x-rate-limit-remaining"] == "0" and hurried.status_code == 429


def test_tweepy_understands_refusals(tweets: tweepy.Client) -> None:
    with pytest.raises(tweepy.BadRequest, match="max_results"):
        tweets.search_recent_tweets("$TSLA", max_results=5)
    for key, error in (("bad-1", tweepy.Unauthorized), ("unenrolled-1", tweepy.Forbidden)):
        tweets.bearer_token = key
        with pytest.raises(error):
            tweets.search_recent_tweets("$TSLA")
    tweets.bearer_token = "hurried-1"
    with pytest.raises(tweepy.TooManyRequests) as caught:
        tweets.search_recent_tweets("$TSLA")
    assert caught.value.api_codes == [88] and caught.value.reset_time


def test_deleted_posts_disappear(tweets: tweepy.Client, x: tuple[str, clock.Frozen]) -> None:
    gone = next(one for one in DELETED if one.at > NOON - 160 * HOUR)
    kept = next(one for one in STREAM if one.id in KEPT)
    answer = tweets.get_tweets([gone.id, kept.id], tweet_fields=["created_at"])
    assert [str(tweet.id) for tweet in answer.data] == [kept.id] and answer.data[0].created_at == kept.at
    error = answer.errors[0]
    assert error["resource_id"] == gone.id and error["title"] == "Not Found Error"
    single = tweets.get_tweet(gone.id)
    assert single.data is None and single.errors[0]["detail"] == f"Could not find tweet with id: [{gone.id}]."
    when = ending(gone)[1]
    assert when is not None and when - gone.at >= dt.timedelta(minutes=10)
    x[1].move_to(when - dt.timedelta(seconds=1))
    assert str(tweets.get_tweet(gone.id).data.id) == gone.id


def test_users(tweets: tweepy.Client) -> None:
    answer = tweets.get_users(usernames=["bob", "Nobody1"], user_fields=["created_at", "public_metrics"])
    bob = answer.data[0]
    assert bob.username == "bob" and bob.created_at == dt.datetime(2019, 5, 4, 3, 2, 1, tzinfo=dt.UTC)
    assert bob.public_metrics["tweet_count"] == 2400 and answer.errors[0]["value"] == "Nobody1"
    assert tweets.get_user(id=bob.id).data.username == tweets.get_user(username="bob").data.username == "bob"
    assert tweets.get_users(ids=[bob.id]).data[0].id == bob.id
    tweet = tweets.search_recent_tweets(f"from:{bob.id}", expansions=["author_id"]).data[0]
    assert tweet.author_id == bob.id


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("$ABCD keeps making higher lows", "en"), ("$ABCD va a subir hasta $5", "es"), ("sieht stark aus", "de"),
        ("je pense que ça va monter", "fr"), ("está barato demais, vou esperar o resultado", "pt"), ("$A 🚀 #x", "und"),
        ("The float is about 5 million shares if I read it right.", "en"), ("moon", "en"),
    ],
)  # fmt: skip
def test_languages(text: str, language: str) -> None:
    assert language_of(text) == language


def test_three_percent_are_deleted_in_time() -> None:
    documents = [Document(f"d{i}", Channel.X, NOON, "", "t", ()) for i in range(5000)]
    ends = [when - NOON for _, when in map(ending, documents) if when is not None]
    assert (
        110 < len(ends) < 190
        and min(ends) >= dt.timedelta(minutes=10)
        and max(ends) <= dt.timedelta(days=5, minutes=10)
    )
    mean_h = sum((end.total_seconds() for end in ends), 0.0) / len(ends) / 3600
    assert 5.0 < mean_h < 7.5


def test_generated_posts(client: Client, noon: clock.Frozen) -> None:
    archive = client.application.world.documents
    token, found = "", []
    while True:
        path = f"/x/2/tweets/search/recent?query=shares+OR+volume&max_results=100&tweet.fields=created_at,lang{token}"
        body = client.ask("GET", path, HTTP_AUTHORIZATION="Bearer k").json()
        found += body["data"]
        if "next_token" not in body["meta"]:
            break
        token = f"&next_token={body['meta']['next_token']}"
    expected = [
        one for one in archive.published(Channel.X, NOON - 168 * HOUR, NOON - dt.timedelta(seconds=30))
        if re.search(r"\b(shares|volume)\b", one.body.lower()) and fate(one, NOON) is Fate.KEPT
    ]  # fmt: skip
    assert [row["id"] for row in found] == [one.id for one in reversed(expected)] and len(found) > 20
    one = client.ask("GET", f"/x/2/tweets/{expected[0].id}", HTTP_AUTHORIZATION="Bearer k").json()
    assert one["data"]["id"] == expected[0].id
    assert {row["lang"] for row in found} >= {"en"} and all(row["created_at"].endswith("Z") for row in found)
