"""Reddit's things as it writes them: t3 links, t1 comments, t5 subreddits, t2 accounts, and listings of them."""

from __future__ import annotations

import datetime as dt
import hashlib
import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sentiment_site.simulator.documents.attention import gathered
from sentiment_site.simulator.documents.authors import base36
from sentiment_site.simulator.documents.document import Author
from sentiment_site.simulator.vendors.posts import Fate, Post, chances, fate

DELETED, REMOVED = "[deleted]", "[removed]"
Thing = dict[str, Any]
_FLAIRS = (None, None, None, "Discussion", "News", "DD", "Question", "Technical Analysis")


@dataclass(frozen=True, slots=True)
class Subreddit:
    """kind: public, private (403) or banned (404)."""

    name: str
    title: str
    subscribers: int
    created: dt.datetime
    kind: str = "public"


def _account_id(author: Author) -> str:
    return author.id.removeprefix("t2_") if author.id.startswith("t2_") else _hashed_id("t2", author.id)


def _hashed_id(kind: str, name: str) -> str:
    digest = hashlib.blake2b(f"reddit {kind} {name}".encode(), digest_size=5).digest()
    return base36(36**5 + int.from_bytes(digest, "big") % (36**8))


def score_of(post: Post, now: dt.datetime) -> int:
    """Points by now. Everybody's own vote is the first."""
    return 1 + gathered(post.document, "score", now)


def link(post: Post, now: dt.datetime, subscribers: int) -> Thing:
    """A post. What was deleted by now shows so: author and text, the text only, or the author only (see posts.Fate)."""
    document, what = post.document, fate(post.document, now)
    id, score, (flair,) = post.document.id, score_of(post, now), chances(f"reddit {document.id}", 1)
    address = f"/r/{document.source}/comments/{id}/{_slug(document.title)}/"
    text = {Fate.DELETED: DELETED, Fate.REMOVED: REMOVED}.get(what, document.body)
    # one user's post that is taken down is marked with who did it
    taken_by = {Fate.DELETED: "deleted", Fate.REMOVED: "moderator"}.get(what)
    return {
        "kind": "t3",
        "data": {
            "id": id,
            "name": f"t3_{id}",
            "title": document.title,
            "selftext": text,
            "selftext_html": _markdown(text),
            **_author(post, what),
            **_place(document.source, post),
            "subreddit_subscribers": subscribers,
            "subreddit_type": "public",
            "score": score,
            "ups": score,
            "downs": 0,
            "upvote_ratio": gathered(document, "ratio", now) / 100,
            "num_comments": gathered(document, "comments", now),
            "permalink": address,
            "url": f"https://www.reddit.com{address}",
            "domain": f"self.{document.source}",
            "is_self": True,
            "is_video": False,
            "media": None,
            "thumbnail": "self",
            "over_18": False,
            "spoiler": False,
            "stickied": False,
            "pinned": False,
            "hidden": False,
            "link_flair_text": _FLAIRS[int(flair * len(_FLAIRS))],
            "link_flair_type": "text",
            "removed_by_category": taken_by,
            "num_crossposts": 0,
            "view_count": None,
            **_COMMON,
        },
    }


def comment(post: Post, parent: Post, now: dt.datetime) -> Thing:
    """A comment on a post, at the top of its thread."""
    document, what = post.document, fate(post.document, now)
    id, parent_id, score = post.document.id, parent.document.id, score_of(post, now)
    text = {Fate.DELETED: DELETED, Fate.REMOVED: REMOVED}.get(what, document.body)
    address = f"/r/{document.source}/comments/{parent_id}/{_slug(parent.document.title)}/"
    return {
        "kind": "t1",
        "data": {
            "id": id,
            "name": f"t1_{id}",
            "body": text,
            "body_html": _markdown(text),
            **_author(post, what),
            **_place(document.source, post),
            "parent_id": f"t3_{parent_id}",
            "link_id": f"t3_{parent_id}",
            "link_title": parent.document.title,
            "link_permalink": f"https://www.reddit.com{address}",
            "permalink": f"{address}{id}/",
            "replies": "",
            "depth": 0,
            "is_submitter": document.author is not None and document.author == parent.document.author,
            "score": score,
            "ups": score,
            "downs": 0,
            "score_hidden": False,
            "controversiality": 0,
            "collapsed": False,
            "stickied": False,
            **_COMMON,
        },
    }


# fields every link and comment has and that are always the same here
_COMMON: Thing = {
    "approved_at_utc": None,
    "archived": False,
    "author_flair_text": None,
    "can_gild": False,
    "distinguished": None,
    "edited": False,
    "gilded": 0,
    "likes": None,
    "locked": False,
    "no_follow": False,
    "saved": False,
    "send_replies": True,
    "total_awards_received": 0,
}


def subreddit(one: Subreddit, now: dt.datetime) -> Thing:
    """What a subreddit says of itself."""
    id = _hashed_id("t5", one.name.lower())
    return {
        "kind": "t5",
        "data": {
            "id": id,
            "name": f"t5_{id}",
            "display_name": one.name,
            "display_name_prefixed": f"r/{one.name}",
            "title": one.title,
            "public_description": one.title,
            "description": one.title,
            "subscribers": one.subscribers,
            "accounts_active": one.subscribers // 900,
            "active_user_count": one.subscribers // 900,
            "created": one.created.timestamp(),
            "created_utc": one.created.timestamp(),
            "subreddit_type": one.kind,
            "over18": False,
            "lang": "en",
            "quarantine": False,
            "url": f"/r/{one.name}/",
            "user_is_banned": False,
        },
    }


def account(author: Author) -> Thing:
    """What an account shows of itself."""
    karma = author.followers
    return {
        "kind": "t2",
        "data": {
            "id": _account_id(author),
            "name": author.name,
            "created": author.created.timestamp(),
            "created_utc": author.created.timestamp(),
            "link_karma": karma // 4,
            "comment_karma": karma - karma // 4,
            "total_karma": karma,
            "awardee_karma": 0,
            "awarder_karma": 0,
            "has_verified_email": True,
            "verified": True,
            "is_employee": False,
            "is_gold": False,
            "is_mod": False,
            "hide_from_robots": False,
            "icon_img": "",
        },
    }


def listing(children: Sequence[Thing], after: str | None = None, before: str | None = None) -> Thing:
    """Reddit's envelope."""
    data = {
        "after": after,
        "dist": len(children),
        "modhash": None,
        "geo_filter": "",
        "children": list(children),
        "before": before,
    }
    return {"kind": "Listing", "data": data}


def escaped(value: Any) -> Any:
    """The same with &, < and > escaped in every text, which Reddit does unless raw_json=1 is asked for."""
    if isinstance(value, str):
        return html.escape(value, quote=False)
    if isinstance(value, dict):
        return {name: escaped(part) for name, part in value.items()}
    return [escaped(part) for part in value] if isinstance(value, list) else value


def _author(post: Post, what: Fate) -> Thing:
    author = post.document.author
    if author is None or what in (Fate.DELETED, Fate.ORPHANED):
        return {"author": DELETED}
    return {"author": author.name, "author_fullname": f"t2_{_account_id(author)}"}


def _place(source: str, post: Post) -> Thing:
    created = float(int(post.document.at.timestamp()))  # whole seconds, written as a float
    return {
        "subreddit": source,
        "subreddit_id": f"t5_{_hashed_id('t5', source.lower())}",
        "subreddit_name_prefixed": f"r/{source}",
        "created": created,
        "created_utc": created,
    }


def _slug(title: str) -> str:
    return re.sub(r"[^a-z0-9]+", "_", title.lower()).strip("_")[:50] or "post"


def _markdown(text: str) -> str | None:
    if not text:
        return None
    paragraphs = "\n\n".join(f"<p>{html.escape(part, quote=False)}</p>" for part in text.split("\n\n"))
    return f'<!-- SC_OFF --><div class="md">{paragraphs}\n</div><!-- SC_ON -->'
