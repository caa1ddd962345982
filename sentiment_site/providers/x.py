"""X API v2: recent search and counts, paid per post read, so counts come first and posts on demand.

The documented names (`tweet.fields`) are sent; answers are read with the newer ones too (`edit_history_post_ids`,
`repost_count`, `post_count`). Facts and prices: docs/providers.md.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from . import payload as read
from .errors import BadPayload, BadRequest
from .http import Http, Query
from .records import Fetched
from .social_records import AccountRecord, CountBucket, TweetPage, TweetRecord

__all__ = ["COUNT_COST", "POST_COST", "X", "parse_counts", "parse_tweets"]

VENDOR: Final = "x"
# US dollars, since 2026-02-06: per post read, per request of counts.
POST_COST: Final = Decimal("0.005")
COUNT_COST: Final = Decimal("0.005")
PAGE: Final = 100
LONGEST_QUERY: Final = 512
_FIELDS: Final = {
    "tweet.fields": "author_id,created_at,lang,public_metrics,edit_history_tweet_ids",
    "expansions": "author_id",
    "user.fields": "created_at,name,username,public_metrics",
}


class X:
    """The two endpoints the product uses. Every method raises a ProviderError unless it answers in full."""

    def __init__(self, http: Http) -> None:
        self.http = http

    def fetch_counts(
        self, query: str, since: datetime, until: datetime | None = None
    ) -> Fetched[tuple[CountBucket, ...]]:
        """Posts per hour of a query within the last seven days, oldest first. One billed request."""
        params = {"query": _checked(query), "granularity": "hour", "start_time": _time(since), "end_time": _time(until)}
        reply = self.http.get("/2/tweets/counts/recent", params)
        buckets = self.http.parse(reply, parse_counts)
        return Fetched(buckets, VENDOR, reply.simulated, reply.received_at)

    def fetch_posts(
        self,
        query: str,
        since: datetime,
        *,
        until: datetime | None = None,
        next_token: str | None = None,
        most: int = PAGE,
    ) -> Fetched[TweetPage]:
        """One page of posts of the last seven days, newest first; every post of it is billed. most: 10 to 100."""
        params: Query = {
            "query": _checked(query),
            "start_time": _time(since),
            "end_time": _time(until),
            "max_results": min(max(most, 10), PAGE),
            "next_token": next_token,
            **_FIELDS,
        }
        reply = self.http.get("/2/tweets/search/recent", params)
        page = self.http.parse(reply, parse_tweets)
        return Fetched(page, VENDOR, reply.simulated, reply.received_at)

    def fetch_existing(self, ids: tuple[str, ...]) -> Fetched[frozenset[str]]:
        """Which of up to 100 posts still exist; deleted ones must be forgotten. Every existing post is billed."""
        reply = self.http.get("/2/tweets", {"ids": ",".join(ids)})
        content = self.http.parse(reply, lambda body: read.decode(VENDOR, body))
        rows = read.rows_of(VENDOR, content.get("data") if isinstance(content, dict) else None, "data")
        found = frozenset(str(row["id"]) for row in rows if isinstance(row, dict) and "id" in row)
        return Fetched(found, VENDOR, reply.simulated, reply.received_at)


def parse_tweets(body: bytes) -> TweetPage:
    """A page of posts; without hits there is no `data` at all."""
    content = _object(body)
    includes = content.get("includes")
    users = read.rows_of(VENDOR, includes.get("users") if isinstance(includes, dict) else None, "includes.users")
    accounts = {one.id: one for one in (_account(user) for user in users) if one is not None}
    rows = read.rows_of(VENDOR, content.get("data"), "data")
    tweets, _ = read.parse_rows(rows, lambda row: _tweet(row, accounts))
    meta = content.get("meta")
    if not isinstance(meta, dict):
        raise BadPayload(VENDOR, "an answer without meta")
    return TweetPage(tweets, len(rows), read.text(meta.get("next_token")))


def parse_counts(body: bytes) -> tuple[CountBucket, ...]:
    """Buckets of hours, oldest first."""
    rows = read.rows_of(VENDOR, _object(body).get("data"), "data")
    buckets, _ = read.parse_rows(rows, _bucket)
    return tuple(sorted(buckets, key=lambda bucket: bucket.begins_at))


def _object(body: bytes) -> dict[str, Any]:
    content = read.decode(VENDOR, body)
    if not isinstance(content, dict):
        raise BadPayload(VENDOR, f"{type(content).__name__} instead of an object")
    return content


def _tweet(row: Mapping[str, Any], accounts: Mapping[str, AccountRecord]) -> TweetRecord | None:
    id, text, created = read.text(row.get("id")), read.text(row.get("text")), read.moment(row.get("created_at"))
    if id is None or text is None or created is None:
        return None
    versions = row.get("edit_history_tweet_ids") or row.get("edit_history_post_ids") or [id]
    author = read.text(row.get("author_id")) or ""
    counts = row.get("public_metrics")
    counts = counts if isinstance(counts, dict) else {}

    def counted(*names: str) -> int:
        return next((found for name in names if (found := read.count(counts.get(name))) is not None), 0)

    return TweetRecord(
        id=id,
        first_id=str(versions[0]) if isinstance(versions, list) else id,
        text=text,
        author_id=author,
        author=accounts.get(author),
        created_at=created,
        language=read.text(row.get("lang")) or "",
        likes=counted("like_count"),
        reposts=counted("retweet_count", "repost_count"),
        replies=counted("reply_count"),
        quotes=counted("quote_count"),
        views=read.count(counts.get("impression_count")),
    )


def _account(user: object) -> AccountRecord | None:
    if not isinstance(user, dict) or (id := read.text(user.get("id"))) is None:
        return None
    counts = user.get("public_metrics")
    counts = counts if isinstance(counts, dict) else {}
    posts = counts.get("tweet_count", counts.get("post_count"))
    return AccountRecord(
        id=id,
        name=read.text(user.get("username")) or "",
        display_name=read.text(user.get("name")) or "",
        followers=read.count(counts.get("followers_count")),
        created_at=read.moment(user.get("created_at")),
        posts=read.count(posts),
    )


def _bucket(row: Mapping[str, Any]) -> CountBucket | None:
    begins, ends = read.moment(row.get("start")), read.moment(row.get("end"))
    count = read.count(row.get("tweet_count", row.get("post_count")))
    return None if begins is None or ends is None or count is None else CountBucket(begins, ends, count)


def _checked(query: str) -> str:
    if not 0 < len(query) <= LONGEST_QUERY:
        raise BadRequest(VENDOR, f"a query of {len(query)} characters; 1 to {LONGEST_QUERY} are allowed")
    return query


def _time(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
