"""How much a stored document counts: its author's standing, its echo, its copies, its spam. Source: methods.md 7.2."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Final

from django.db.models import Count, F, Q

from themes.kernels.lexicon import tokenise
from themes.kernels.spam import (
    Spam,
    Weight,
    compute_credibility,
    compute_influence,
    compute_weight,
    judge_bot,
    score_spam,
)
from themes.models import Document, Influencer, RedditPost, Tweet
from themes.models.documents import DocumentKind

# An article or filing says what it means at its beginning; behind it stand descriptions of the company and the law.
SCORED_CHARACTERS: Final = 3000
# How far back an account's posts are looked at for copies.
ACCOUNT_WINDOW: Final = dt.timedelta(days=7)
BATCH: Final = 500
_SOCIAL: Final = frozenset({DocumentKind.X, DocumentKind.REDDIT})


def get_words(row: Document) -> str:
    """What is scored. A filing's title is made here and says nothing."""
    if row.kind == DocumentKind.FILING:
        return row.text[:SCORED_CHARACTERS]
    return f"{row.title}\n{row.text[:SCORED_CHARACTERS]}".strip()


def get_post(row: Document) -> Tweet | RedditPost | None:
    """The counts of a post, None where they were not stored."""
    name = {DocumentKind.X: "tweet", DocumentKind.REDDIT: "reddit_post"}.get(DocumentKind(row.kind))
    return getattr(row, name, None) if name else None


def judge_authors(documents: Sequence[Document]) -> Mapping[int, Influencer]:
    """The authors of posts by id, with what is known about their copies and standing brought up to date."""
    posts = [post for post in map(get_post, documents) if post is not None]
    found = {post.influencer.pk: post.influencer for post in posts if post.influencer}
    authors = dict(sorted(found.items()))  # two writers lock them in one order
    if not authors:
        return {}
    until = max(row.event_at for row in documents)
    copied = Q(document__cluster__documents__gt=1, document__event_at__gt=F("document__cluster__first_at"))
    counted: dict[int, tuple[int, int]] = {}
    for table in (Tweet, RedditPost):
        recent = table.objects.filter(
            influencer_id__in=authors, document__event_at__gt=until - ACCOUNT_WINDOW, document__event_at__lte=until
        )
        for author, every, copies in recent.values_list("influencer_id").annotate(
            every=Count("pk"), copies=Count("pk", filter=copied)
        ):
            counted[author] = (every, copies)
    for author, row in authors.items():
        every, copies = counted.get(author, (0, 0))
        _judge(row, every, copies, until)
    Influencer.objects.bulk_update(
        authors.values(), ["duplicate_share", "is_bot", "bot_reason", "credibility", "weight"], batch_size=BATCH
    )
    return authors


def _judge(row: Influencer, posts: int, copies: int, at: dt.datetime) -> None:
    row.duplicate_share = copies / posts if posts else None
    row.bot_reason = judge_bot(row.posts_per_day, row.duplicate_share, posts)
    row.is_bot = bool(row.bot_reason)
    age = (at.date() - row.created_on).days if row.created_on else None
    row.credibility = compute_credibility(age, row.followers, row.calls, row.hits)
    row.weight = compute_influence(row.followers)


def weigh_documents(documents: Sequence[Document], authors: Mapping[int, Influencer]) -> list[Weight]:
    """The weight of each document. Spam scores of posts are stored with their reasons."""
    weights: list[Weight] = []
    tweets: list[Tweet] = []
    submissions: list[RedditPost] = []
    for row in documents:
        post = get_post(row)
        words = get_words(row)
        spam = score_spam(words, tokenise(words)) if row.kind in _SOCIAL else Spam(0.0, ())
        if post is not None:
            post.spam_score, post.spam_reasons = spam.score, list(spam.reasons)
        if isinstance(post, Tweet):
            tweets.append(post)
        elif post is not None:
            submissions.append(post)
        weights.append(_weigh_one(row, post, spam, authors))
    Tweet.objects.bulk_update(tweets, ["spam_score", "spam_reasons"], batch_size=BATCH)
    RedditPost.objects.bulk_update(submissions, ["spam_score", "spam_reasons"], batch_size=BATCH)
    return weights


def _weigh_one(row: Document, post: Tweet | RedditPost | None, spam: Spam, authors: Mapping[int, Influencer]) -> Weight:
    author = authors.get(post.influencer_id) if post is not None and post.influencer_id else None
    standing = 1.0  # an editor or the law answers for it
    if row.kind in _SOCIAL:
        standing = author.credibility if author else compute_credibility(None, None)
    return compute_weight(
        engagement=_engagement(post),
        credibility=standing,
        influence=author.weight if author else 1.0,
        copies=row.cluster.documents if row.cluster else 1,
        spam=spam.score,
        is_bot=author.is_bot if author else False,
    )


def _engagement(post: Tweet | RedditPost | None) -> int:
    if isinstance(post, Tweet):
        return post.likes + post.reposts + post.replies + post.quotes
    return max(post.score, 0) + post.comments if post is not None else 0
