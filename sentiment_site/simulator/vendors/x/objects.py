"""Posts and users as X writes them: three default fields, the others when asked for."""

from __future__ import annotations

import datetime as dt
import hashlib
import html
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from sentiment_site.simulator.documents.attention import gathered
from sentiment_site.simulator.documents.document import Author, Document
from sentiment_site.simulator.vendors.posts import Post, chances
from sentiment_site.simulator.vendors.x.language import language_of
from sentiment_site.simulator.vendors.x.problems import Naming
from sentiment_site.simulator.vendors.x.query import Subject, cashtags, hashtags, links, mentions

# names of the counts beside names of the attention; reposts has two names of its own
_METRICS = (
    ("reposts", "reposts"), ("reply_count", "replies"), ("like_count", "likes"), ("quote_count", "quotes"),
    ("impression_count", "impressions"),
)  # fmt: skip
_BOOKMARKED = 0.05  # of those who like a post
_LONGEST_NAME = 15
_EDITABLE = dt.timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client wants to see: fields of posts and users, expansions, the names to use, and the moment."""

    post_fields: frozenset[str]
    user_fields: frozenset[str]
    expansions: frozenset[str]
    naming: Naming
    now: dt.datetime


def text_of(document: Document) -> str:
    """The post's text, before X escapes it."""
    return document.body or document.title


def user_id(author: Author) -> str:
    """X's number of an account: the author's own where it is one, else nineteen digits of a hash."""
    return _number_of(author.id)


def username(author: Author) -> str:
    """The handle: up to fifteen letters, digits and underscores; longer names keep nine and get six digits."""
    return _handle_of(author.name, author.id)


# a search looks at both for every post; the caches save most of its time
@lru_cache(65_536)
def _number_of(id: str) -> str:
    if id.isascii() and id.isdigit():
        return id
    digest = hashlib.blake2b(f"x user {id}".encode(), digest_size=8).digest()
    return str(10**18 + int.from_bytes(digest, "big") % (9 * 10**17))


@lru_cache(65_536)
def _handle_of(name: str, id: str) -> str:
    handle = re.sub(r"\W", "", name, flags=re.ASCII)
    return (
        handle
        if 0 < len(handle) <= _LONGEST_NAME
        else f"{handle[: _LONGEST_NAME - 6]}{int(_number_of(id)) % 10**6:06d}"
    )


def subject(document: Document) -> Subject:
    """What queries look at."""
    author = document.author
    return Subject(
        text_of(document).lower(),
        username(author).lower() if author else "",
        user_id(author) if author else "",
    )


def stamp(moment: dt.datetime) -> str:
    """2026-11-20T14:00:00.000Z."""
    return f"{moment.astimezone(dt.UTC):%Y-%m-%dT%H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def post_object(post: Post, asked: Asked) -> dict[str, Any]:
    """A post with its default fields and those asked for; a field without a value is left out."""
    found: dict[str, Any] = {
        "id": str(post.number),
        "text": html.escape(text_of(post.document), quote=False),
        asked.naming.edit_history: [str(post.number)],
    }
    wanted = asked.post_fields | ({"author_id"} if "author_id" in asked.expansions else frozenset())
    for name, value_of in _POST_FIELDS.items():
        if name in wanted and (value := value_of(post, asked)) is not None:
            found[name] = value
    return found


def user_object(author: Author, fields: frozenset[str]) -> dict[str, Any]:
    """A user with its default fields and those asked for."""
    found: dict[str, Any] = {"id": user_id(author), "name": author.name, "username": username(author)}
    for name, value_of in _USER_FIELDS.items():
        if name in fields and (value := value_of(author)) is not None:
            found[name] = value
    return found


def includes(posts: Sequence[Post], asked: Asked) -> dict[str, Any]:
    """What the expansions add: {"includes": {"users": [...]}}, each once; {} if there is nothing."""
    if "author_id" not in asked.expansions:
        return {}
    authors = {post.document.author.id: post.document.author for post in posts if post.document.author}
    if not authors:
        return {}
    return {"includes": {"users": [user_object(author, asked.user_fields) for author in authors.values()]}}


def _author_id(post: Post, asked: Asked) -> str | None:
    return user_id(post.document.author) if post.document.author else None


def _public_metrics(post: Post, asked: Asked) -> dict[str, int]:
    counts = {
        asked.naming.reposts if name == "reposts" else name: gathered(post.document, source, asked.now)
        for name, source in _METRICS
    }
    return counts | {"bookmark_count": int(_BOOKMARKED * counts["like_count"])}


def _entities(post: Post, asked: Asked) -> dict[str, Any] | None:
    text = html.escape(text_of(post.document), quote=False)
    found: dict[str, Any] = {
        "cashtags": [{"start": one.start(), "end": one.end(), "tag": one[1]} for one in cashtags(text)],
        "hashtags": [{"start": one.start(), "end": one.end(), "tag": one[1]} for one in hashtags(text)],
        "mentions": [{"start": one.start(), "end": one.end(), "username": one[1]} for one in mentions(text)],
        "urls": [
            {"start": one.start(), "end": one.end(), "url": one[0], "expanded_url": one[0],
             "display_url": one[0].split("://")[1]}
            for one in links(text)
        ],
    }  # fmt: skip
    return {name: rows for name, rows in found.items() if rows} or None


def _edit_controls(post: Post, asked: Asked) -> dict[str, Any]:
    return {"edits_remaining": 5, "is_edit_eligible": True, "editable_until": stamp(post.document.at + _EDITABLE)}


def _absent(post: Post, asked: Asked) -> None:
    """A field X knows and these posts do not have."""


_POST_FIELDS: dict[str, Callable[[Post, Asked], Any]] = {
    "attachments": _absent,
    "author_id": _author_id,
    "context_annotations": _absent,
    "conversation_id": lambda post, asked: str(post.number),
    "created_at": lambda post, asked: stamp(post.document.at),
    "edit_controls": _edit_controls,
    "edit_history_tweet_ids": _absent,  # a default field
    "edit_history_post_ids": _absent,
    "entities": _entities,
    "geo": _absent,
    "id": _absent,
    "in_reply_to_user_id": _absent,
    "lang": lambda post, asked: language_of(text_of(post.document)),
    "non_public_metrics": _absent,
    "note_tweet": _absent,
    "organic_metrics": _absent,
    "possibly_sensitive": lambda post, asked: False,
    "promoted_metrics": _absent,
    "public_metrics": _public_metrics,
    "referenced_tweets": _absent,
    "reply_settings": lambda post, asked: "everyone",
    "source": _absent,
    "text": _absent,
    "withheld": _absent,
}


def _user_metrics(author: Author) -> dict[str, int]:
    return {
        "followers_count": author.followers,
        "following_count": author.following,
        "tweet_count": author.posts,
        "listed_count": author.followers // 120,
        "like_count": int(author.posts * (0.5 + 3 * chances(f"x likes {author.id}", 1)[0])),
        "media_count": author.posts // 9,
    }


def _no_value(author: Author) -> None:
    """A field X knows and these accounts do not fill in."""


_USER_FIELDS: dict[str, Callable[[Author], Any]] = {
    "created_at": lambda author: stamp(author.created),
    "description": lambda author: "",
    "entities": _no_value,
    "id": _no_value,
    "location": _no_value,
    "most_recent_tweet_id": _no_value,
    "name": _no_value,
    "pinned_tweet_id": _no_value,
    "profile_image_url": lambda author: f"https://images.example/profiles/{user_id(author)}_normal.png",
    "protected": lambda author: False,
    "public_metrics": _user_metrics,
    "url": lambda author: "",
    "username": _no_value,
    "verified": lambda author: False,
    "verified_type": lambda author: "none",
    "withheld": _no_value,
}
POST_FIELDS, USER_FIELDS = tuple(_POST_FIELDS), tuple(_USER_FIELDS)
EXPANSIONS = (
    "attachments.media_keys", "attachments.poll_ids", "author_id", "edit_history_tweet_ids", "edit_history_post_ids",
    "entities.mentions.username", "geo.place_id", "in_reply_to_user_id", "referenced_tweets.id",
    "referenced_tweets.id.author_id",
)  # fmt: skip
