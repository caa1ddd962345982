"""Posts and who wrote them, as X and Reddit give them. Moments are aware UTC; counts are of the answer's moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class AccountRecord:
    """Who wrote a post. None: the vendor did not say."""

    id: str
    name: str
    display_name: str
    followers: int | None
    created_at: datetime | None
    posts: int | None


@dataclass(frozen=True, slots=True)
class TweetRecord:
    """A post on X. `first_id`: of its first version, the same through edits. `author` is missing when X left it out."""

    id: str
    first_id: str
    text: str
    author_id: str
    author: AccountRecord | None
    created_at: datetime
    language: str
    likes: int
    reposts: int
    replies: int
    quotes: int
    views: int | None


@dataclass(frozen=True, slots=True)
class TweetPage:
    """A page of a search. `found`: posts that were billed, readable or not; `next_token` is None on the last."""

    tweets: tuple[TweetRecord, ...]
    found: int
    next_token: str | None


@dataclass(frozen=True, slots=True)
class CountBucket:
    """How many posts a query has in [begins_at, ends_at)."""

    begins_at: datetime
    ends_at: datetime
    count: int


@dataclass(frozen=True, slots=True)
class RedditRecord:
    """A submission. `name` is its full name (t3_...). `is_removed`: its author or a moderator took the text away."""

    name: str
    subreddit: str
    title: str
    text: str
    author: str
    created_at: datetime
    permalink: str
    score: int
    upvote_ratio: float | None
    comments: int
    flair: str
    is_removed: bool


@dataclass(frozen=True, slots=True)
class RedditPage:
    """A page of a listing, newest first; `after` leads to the next, None on the last."""

    posts: tuple[RedditRecord, ...]
    after: str | None
