"""Reddit's listings with an application's token. Optional: since November 2025 applications are approved by hand.

The token is asked for at www.reddit.com with the client's id and secret, used at oauth.reddit.com for a day and asked
for again when it is refused. Facts: docs/providers.md.
"""

from __future__ import annotations

import base64
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from sentiment_site.market import clock

from . import payload as read
from .errors import AuthError, BadPayload
from .http import Http
from .records import Fetched
from .social_records import RedditPage, RedditRecord

__all__ = ["Reddit", "parse_listing", "parse_token"]

VENDOR: Final = "reddit"
PAGE: Final = 100
GONE: Final = frozenset({"[deleted]", "[removed]"})
# A token is renewed this long before it ends.
EARLY: Final = timedelta(minutes=5)


class Reddit:
    """Listings of new submissions. `login` reaches www.reddit.com, `http` oauth.reddit.com."""

    def __init__(self, login: Http, http: Http, client_id: str, secret: str) -> None:
        self.login, self.http = login, http
        self._basic = base64.b64encode(f"{client_id}:{secret}".encode()).decode()
        self._lock = threading.Lock()
        self._token: tuple[str, datetime] | None = None

    def fetch_new(self, subreddits: str, after: str | None = None) -> Fetched[RedditPage]:
        """One page of the newest submissions of a subreddit, or of several with + between. ProviderError."""
        params = {"limit": PAGE, "after": after, "raw_json": 1}
        for attempt in (1, 2):
            try:
                reply = self.http.get(
                    f"/r/{subreddits}/new", params, headers={"Authorization": f"bearer {self._key()}"}
                )
                page = self.http.parse(reply, parse_listing)
                return Fetched(page, VENDOR, reply.simulated, reply.received_at)
            except AuthError:
                self._token = None  # it may have ended early
                if attempt == 2:
                    raise
        raise AssertionError("returned or raised")  # pragma: no cover

    def fetch_by_name(self, names: tuple[str, ...]) -> Fetched[RedditPage]:
        """Submissions by their full names, up to 100: how they stand now, deleted ones included. ProviderError."""
        header = {"Authorization": f"bearer {self._key()}"}
        reply = self.http.get(f"/by_id/{','.join(names)}", {"limit": PAGE, "raw_json": 1}, headers=header)
        return Fetched(self.http.parse(reply, parse_listing), VENDOR, reply.simulated, reply.received_at)

    def _key(self) -> str:
        with self._lock:
            if self._token is None or self._token[1] <= clock.now():
                content = b"grant_type=client_credentials"
                headers = {
                    "Authorization": f"Basic {self._basic}",
                    "Content-Type": "application/x-www-form-urlencoded",
                }
                reply = self.login.post("/api/v1/access_token", content, headers)
                token, seconds = self.login.parse(reply, parse_token)
                self._token = (token, clock.now() + timedelta(seconds=seconds) - EARLY)
            return self._token[0]


def parse_token(body: bytes) -> tuple[str, float]:
    """The token and its life in seconds. A refusal may come with status 200: AuthError."""
    content = read.decode(VENDOR, body)
    if not isinstance(content, dict):
        raise BadPayload(VENDOR, f"{type(content).__name__} instead of a token")
    if "error" in content:
        raise AuthError(VENDOR, str(content["error"])[:100])
    token = read.text(content.get("access_token"))
    if token is None:
        raise BadPayload(VENDOR, "an answer without access_token")
    return token, read.positive(content.get("expires_in")) or 3600.0


def parse_listing(body: bytes) -> RedditPage:
    """Submissions of a listing; comments and unreadable rows are left out."""
    content = read.decode(VENDOR, body)
    data = content.get("data") if isinstance(content, dict) else None
    if not isinstance(data, dict):
        raise BadPayload(VENDOR, "no listing")
    children = read.rows_of(VENDOR, data.get("children"), "data.children")
    rows = [child.get("data") for child in children if isinstance(child, dict) and child.get("kind") == "t3"]
    posts, _ = read.parse_rows(rows, _post)
    return RedditPage(posts, read.text(data.get("after")))


def _post(row: Mapping[str, Any]) -> RedditRecord | None:
    name, title = read.text(row.get("name")), read.text(row.get("title"))
    created = read.epoch(read.number(row.get("created_utc")), 1)
    if name is None or title is None or created is None:
        return None
    text, author = read.text(row.get("selftext")) or "", read.text(row.get("author")) or "[deleted]"
    removed = text in GONE or title in GONE
    score = read.number(row.get("score"))
    return RedditRecord(
        name=name,
        subreddit=read.text(row.get("subreddit")) or "",
        title=title,
        text="" if removed else text,
        author="" if author in GONE else author,
        created_at=created,
        permalink=read.text(row.get("permalink")) or "",
        score=round(score) if score is not None else 0,
        upvote_ratio=read.amount(row.get("upvote_ratio")),
        comments=read.count(row.get("num_comments")) or 0,
        flair=read.text(row.get("link_flair_text")) or "",
        is_removed=removed,
    )
