"""People who write about stocks, with scores and weights of our choice: rows as scoring would have left them."""

from __future__ import annotations

import datetime as dt
import itertools

from tests.themes.documents.conftest import NOON, hours
from themes.models import (
    Document,
    DocumentCluster,
    Influencer,
    Mention,
    NewsSentiment,
    RedditPost,
    RedditSentiment,
    Tweet,
    TweetSentiment,
)
from themes.models.documents import DocumentKind
from universe.models import DataSource, Instrument

_NUMBERS = itertools.count(1)
MINUTE = dt.timedelta(minutes=1)


def add_stock(symbol: str, source: DataSource) -> Instrument:
    return Instrument.objects.create(symbol=symbol, name=symbol, source=source, recorded_at=NOON - hours(500))


def add_account(name: str, platform: str = "x", **facts: object) -> Influencer:
    return Influencer.objects.create(platform=platform, account_id=name, username=name, **facts)


def write(
    stock: Instrument,
    kind: DocumentKind,
    age_h: float,
    *,
    mentions: bool = True,
    recorded_at: dt.datetime | None = None,
    author: str = "",
) -> Document:
    """A document about a stock, public `age_h` hours before NOON, recorded a minute later (by NOON)."""
    at = NOON - hours(age_h)
    document = Document.objects.create(
        kind=kind, external_id=f"t{next(_NUMBERS)}", source=stock.source, title="words", author=author, event_at=at,
        recorded_at=recorded_at or (min(at + MINUTE, NOON) if age_h >= 0 else at + MINUTE), is_simulated=True,
        cluster=DocumentCluster.objects.create(first_at=at),
    )  # fmt: skip
    if mentions:
        Mention.objects.create(document=document, instrument=stock, rule="cashtag", sureness=0.9, event_at=at)
    return document


def say(
    stock: Instrument,
    kind: DocumentKind,
    score: float,
    age_h: float,
    *,
    weight: float = 1.0,
    account: Influencer | None = None,
    author: str = "",
    recorded_at: dt.datetime | None = None,
) -> Document:
    """A scored document."""
    document = write(stock, kind, age_h, recorded_at=recorded_at, author=author)
    facts = {
        "document_key": f"{kind}:{document.external_id}", "instrument": stock, "event_at": document.event_at,
        "score": score, "lexicon_score": score, "weight": weight, "engine_version": "lex1",
        "label": "bullish" if score >= 0.3 else "bearish" if score <= -0.3 else "neutral",
        "recorded_at": document.recorded_at,
    }  # fmt: skip
    if kind == DocumentKind.X:
        post = Tweet.objects.create(document=document, influencer=account)
        TweetSentiment.objects.create(tweet=post, **facts)
    elif kind == DocumentKind.REDDIT:
        submission = RedditPost.objects.create(document=document, influencer=account, subreddit="stocks")
        RedditSentiment.objects.create(reddit_post=submission, **facts)
    else:
        NewsSentiment.objects.create(document=document, **facts)
    return document
