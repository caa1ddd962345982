"""Writes posts: the document, its counts, its author. Counts of posts that are read again are brought up to date."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence

from django.db import transaction

from sentiment_site.market import clock
from themes.models import Document, Influencer, PostCount, RedditPost, Tweet
from themes.models.documents import DocumentKind
from universe.models import DataSource, Instrument

from .posts import Post, SymbolHour
from .records import Stored
from .store import store_documents
from .tickers import TickerBook

BATCH = 500


@transaction.atomic
def store_posts(posts: Sequence[Post], source: DataSource, book: TickerBook) -> Stored:
    """Insert new posts with their authors and bring the counts of known ones up to date; all of a batch or none."""
    stored = store_documents([post.draft for post in posts], source, book)
    for kind in (DocumentKind.X, DocumentKind.REDDIT):
        mine = {post.draft.external_id: post for post in posts if post.draft.kind == kind}
        if mine:
            _store_counts(kind, mine, _store_accounts(kind, list(mine.values())))
    return stored


def store_counts(hours: Sequence[SymbolHour], *, is_simulated: bool) -> int:
    """Keep what X counted where its posts were not read; how many rows. A later count stands beside the earlier one."""
    wanted = {one.symbol for one in hours}
    ids = dict(Instrument.objects.filter(symbol__in=wanted, delisted_on=None).values_list("symbol", "pk"))
    now = clock.now()
    rows = {
        (one.symbol, one.starts_at): PostCount(
            instrument_id=ids[one.symbol], kind=DocumentKind.X, starts_at=one.starts_at, count=one.count,
            is_simulated=is_simulated, recorded_at=now,
        )
        for one in hours
        if one.symbol in ids
    }  # fmt: skip
    return len(PostCount.objects.bulk_create(rows.values(), batch_size=BATCH, ignore_conflicts=True))


def forget_posts(kind: DocumentKind, external_ids: Collection[str]) -> int:
    """Take the words of deleted posts away; how many. What was computed from them keeps their place, not their text."""
    rows = Document.objects.filter(kind=kind, external_id__in=external_ids, removed_at__isnull=True)
    return rows.update(removed_at=clock.now(), title="", text="", author="", url="", signature=b"", facts={})


def list_recheckable(kind: DocumentKind, since: dt.datetime) -> list[str]:
    """Ids of posts since a moment that are still shown, newest first."""
    rows = Document.objects.filter(kind=kind, event_at__gte=since, removed_at__isnull=True)
    return list(rows.order_by("-event_at").values_list("external_id", flat=True))


def _store_accounts(kind: DocumentKind, posts: Sequence[Post]) -> dict[str, int]:
    """Authors by account id; what the platform does not say about one is left as it is known."""
    now = clock.now()
    accounts = {post.account.id: post.account for post in posts if post.account.id}
    rows = []
    for account in accounts.values():
        age = max((now - account.created_at).days, 1) if account.created_at else None
        rows.append(
            Influencer(
                platform=kind,
                account_id=account.id[:64],
                username=account.name[:100],
                display_name=account.display_name[:200],
                followers=account.followers,
                created_on=account.created_at.date() if account.created_at else None,
                posts_per_day=account.posts / age if account.posts is not None and age else None,
                updated_at=now,
            )
        )
    told = [row for row in rows if row.created_on is not None]
    Influencer.objects.bulk_create(
        told,
        batch_size=BATCH,
        update_conflicts=True,
        unique_fields=["platform", "account_id"],
        update_fields=["username", "display_name", "followers", "created_on", "posts_per_day", "updated_at"],
    )
    Influencer.objects.bulk_create(
        [row for row in rows if row.created_on is None], batch_size=BATCH, ignore_conflicts=True
    )
    known = Influencer.objects.filter(platform=kind, account_id__in=accounts)
    return dict(known.values_list("account_id", "pk"))


def _store_counts(kind: DocumentKind, posts: dict[str, Post], accounts: dict[str, int]) -> None:
    documents = Document.objects.filter(kind=kind, external_id__in=posts, removed_at__isnull=True)
    now = clock.now()
    if kind == DocumentKind.X:
        tweets = [
            Tweet(
                document_id=pk, influencer_id=accounts.get(posts[name].account.id), likes=posts[name].likes,
                reposts=posts[name].reposts, replies=posts[name].replies, quotes=posts[name].quotes,
                views=posts[name].views, counted_at=now,
            )
            for pk, name in documents.values_list("pk", "external_id")
        ]  # fmt: skip
        Tweet.objects.bulk_create(
            tweets, batch_size=BATCH, update_conflicts=True, unique_fields=["document"],
            update_fields=["likes", "reposts", "replies", "quotes", "views", "counted_at"],
        )  # fmt: skip
        return
    submissions = [
        RedditPost(
            document_id=pk, influencer_id=accounts.get(posts[name].account.id), subreddit=posts[name].subreddit[:60],
            score=posts[name].likes, upvote_ratio=posts[name].ratio, comments=posts[name].replies,
            flair=posts[name].flair[:80], counted_at=now,
        )
        for pk, name in documents.values_list("pk", "external_id")
    ]  # fmt: skip
    RedditPost.objects.bulk_create(
        submissions, batch_size=BATCH, update_conflicts=True, unique_fields=["document"],
        update_fields=["score", "upvote_ratio", "comments", "counted_at"],
    )  # fmt: skip
