"""Rows as a pass, scoring and settling would have left them, with figures of our choice, and readers of pages."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import Any

from sentiment_site.market import clock
from tests.themes.documents.conftest import NOON
from themes.models import (
    AggregatedSentiment,
    ConfluenceScore,
    DivergenceOutcome,
    Document,
    DocumentCluster,
    Influencer,
    InfluencerCall,
    Mention,
    NewsSentiment,
    RedditPost,
    RedditSentiment,
    SentimentPass,
    SymbolSentiment,
    Tweet,
    TweetSentiment,
)
from themes.models.documents import DocumentKind
from universe.models import DataSource, Instrument

_NUMBERS = itertools.count(1)
SECOND = dt.timedelta(seconds=1)
LATER = NOON + dt.timedelta(minutes=10)
HOSTILE = '<script>alert("x")</script> \u202emoon ot\u202c buy\u200bnow\u2066\x07 <img src=x onerror=alert(1)> & "more"'
SOURCES = {"twitter": {"hours": 24}, "reddit": {"hours": 0, "missing": "never read: not connected"},
           "news": {"hours": 24}, "options": {"stocks": 0}}  # fmt: skip
COLUMNS = {"twitter": "twitter_sentiment", "reddit": "reddit_sentiment", "news": "news_sentiment",
           "options": "options_flow_sentiment"}  # fmt: skip


def get_source() -> DataSource:
    return DataSource.objects.get_or_create(name="press (simulated)", kind="simulated")[0]


def add_stock(symbol: str, name: str = "") -> Instrument:
    return Instrument.objects.create(
        symbol=symbol, name=name or f"{symbol} Inc.", source=get_source(), recorded_at=NOON - dt.timedelta(days=90)
    )


def add_pass(at: dt.datetime = NOON, **changes: Any) -> SentimentPass:
    """A pass known two seconds after its slot."""
    facts: dict[str, Any] = {
        "as_of": at, "known_at": at, "recorded_at": at + 2 * SECOND, "stocks": 2, "silent": 1, "divergent": 1,
        "texts": 40, "sources": SOURCES, "is_simulated": True,
    }  # fmt: skip
    return SentimentPass.objects.create(**facts | changes)


def add_reading(
    stock: Instrument,
    at: dt.datetime = NOON,
    *,
    says: dict[str, float] | None = None,
    mentions: int = 30,
    expected: float | None = 10.0,
    **changes: Any,
) -> AggregatedSentiment:
    """A stock's rows of the pass of `at`. says: source to score; equal shares. Empty: only counted."""
    told = {"twitter": 0.4, "news": -0.3} if says is None else says
    unified = sum(told.values()) / len(told) if told else None
    level = "" if unified is None else "bullish" if unified >= 0.15 else "bearish" if unified <= -0.15 else "neutral"
    for source in told or ("twitter", "news"):
        SymbolSentiment.objects.create(
            instrument=stock, source=source, timestamp=at, score=told.get(source), effective_count=4.0, quality=0.5,
            mention_count=mentions if source == "twitter" else 0, recorded_at=at + SECOND,
            expected_mentions=expected if source == "twitter" else None,
            mention_z=2.0 if source == "twitter" and expected is not None else None,
            volume_trend="up" if source == "twitter" and expected is not None else "",
            facts={"mentions_compared": float(mentions) if source == "twitter" else None}
            | ({} if source in told else {"why": "written about, but in no words that can be scored"}),
        )  # fmt: skip
    facts: dict[str, Any] = {
        "instrument": stock, "symbol": stock.symbol, "timestamp": at, "unified_sentiment": unified,
        "confidence": 0.5 if told else 0.0, "sentiment_level": level, "source_count": len(told), "provider_count": 1,
        "total_mention_count": mentions, "divergence_detected": False, "divergence_score": 0.2 if told else 0.0,
        "volume_trend": "up" if expected is not None else "",
        "source_breakdown": {source: 1 / len(told) for source in told},
        "providers_used": ["press (simulated)"], "is_simulated": True, "aggregated_at": at + SECOND,
    }  # fmt: skip
    facts |= {COLUMNS[source]: score for source, score in told.items()}
    return AggregatedSentiment.objects.create(**facts | changes)


def add_account(name: str, platform: str = "x", **facts: Any) -> Influencer:
    standing = {"followers": 5_000, "credibility": 0.6, "created_on": (NOON - dt.timedelta(days=400)).date()}
    return Influencer.objects.create(
        platform=platform, account_id=f"{name}{next(_NUMBERS)}"[:64], username=name, **standing | facts
    )


def add_post(
    stock: Instrument | None,
    text: str = "$ACME is going up, I buy more of it",
    *,
    minutes: float = 30,
    account: Influencer | None = None,
    kind: str = "x",
    cluster: DocumentCluster | None = None,
    score: float | None = 0.5,
    recorded_at: dt.datetime | None = None,
    moment: dt.datetime = NOON,
    **changes: Any,
) -> Document:
    """A scored text about a stock, public `minutes` before `moment`, known a minute later."""
    at = moment - dt.timedelta(minutes=minutes)
    known = recorded_at or at + dt.timedelta(minutes=1)
    facts: dict[str, Any] = {
        "kind": kind, "external_id": str(next(_NUMBERS)), "source": get_source(), "text": text, "author": "someone",
        "event_at": at, "recorded_at": known, "is_simulated": True,
        "cluster": cluster or DocumentCluster.objects.create(first_at=at),
    }  # fmt: skip
    row = Document.objects.create(**facts | changes)
    link: dict[str, Any] = {"document": row}
    if kind == DocumentKind.X:
        link = {"tweet": Tweet.objects.create(document=row, influencer=account, likes=12, spam_reasons=["5 hashtags"])}
    elif kind == DocumentKind.REDDIT:
        link = {"reddit_post": RedditPost.objects.create(document=row, influencer=account, subreddit="stocks")}
    if stock is None:
        return row
    Mention.objects.create(document=row, instrument=stock, rule="cashtag", sureness=0.9, event_at=at)
    if score is not None:
        table: Any = {"x": TweetSentiment, "reddit": RedditSentiment}.get(kind, NewsSentiment)
        table.objects.create(
            document_key=f"{kind}:{row.external_id}", instrument=stock, event_at=at, score=score, lexicon_score=score,
            label="bullish" if score >= 0.3 else "bearish" if score <= -0.3 else "neutral", weight=1.2,
            weight_parts={"engagement": 2.0, "credibility": 0.6, "influence": 1.0, "copies": 1.0, "spam": 1.0,
                          "bot": 1.0},
            engine_version="lex1", recorded_at=known, **link,
        )  # fmt: skip
    return row


def add_copies(
    stock: Instrument | None, accounts: list[Influencer], *, text: str = "", moment: dt.datetime = NOON, **changes: Any
) -> DocumentCluster:
    """One text, posted once by each account, a minute after the other, the last one five minutes before `moment`."""
    cluster = DocumentCluster.objects.create(first_at=moment, documents=len(accounts), authors=len(accounts))
    words = text or "load up on this before the news comes out tonight friends it is the next runner"
    for place, account in enumerate(reversed(accounts)):
        add_post(stock, words, minutes=5 + place, account=account, cluster=cluster, moment=moment, **changes)
    return cluster


def add_outcome(stock: Instrument, right: str = "twitter", *, day: int = 0, horizon: int = 1, **changes: Any) -> Any:
    """X said up, news down; settled the evening after. right "": open."""
    at = NOON - dt.timedelta(days=30 - day)
    facts: dict[str, Any] = {
        "instrument": stock, "session": (at + dt.timedelta(days=1)).date(), "horizon": horizon,
        "ends_on": (at + dt.timedelta(days=1)).date(), "diverged_at": at, "recorded_at": at, "is_simulated": True,
        "bearish_source": "news", "bullish_source": "twitter", "bearish_score": -0.5, "bullish_score": 0.6,
    }  # fmt: skip
    if right:
        facts |= {
            "state": "settled", "right_source": right, "excess_move": 0.05 if right == "twitter" else -0.04,
            "settled_at": at + dt.timedelta(days=1, hours=8),
        }  # fmt: skip
    return DivergenceOutcome.objects.create(**facts | changes)


def add_call(account: Influencer, stock: Instrument, *, day: int, hit: bool | None) -> InfluencerCall:
    """A bullish call `day` days after thirty days ago; hit None: open."""
    at = NOON - dt.timedelta(days=30 - day)
    facts: dict[str, Any] = {
        "influencer": account, "instrument": stock, "session": (at + dt.timedelta(days=1)).date(), "direction": 1,
        "ends_on": (at + dt.timedelta(days=1)).date(), "document_key": f"x:{next(_NUMBERS)}", "called_at": at,
        "score": 0.5, "is_simulated": True, "recorded_at": at,
    }  # fmt: skip
    if hit is not None:
        facts |= {
            "state": "settled", "is_hit": hit, "excess_move": 0.03 if hit else -0.03,
            "settled_at": at + dt.timedelta(days=1, hours=8),
        }  # fmt: skip
    return InfluencerCall.objects.create(**facts)


def add_confluence(stock: Instrument, at: dt.datetime = NOON, **changes: Any) -> ConfluenceScore:
    facts: dict[str, Any] = {
        "instrument": stock, "symbol": stock.symbol, "timestamp": at, "confluence_score": 0.63,
        "directional_bias": 0.4, "confluence_level": "high", "confidence": 0.7, "technical_score": 0.5,
        "sentiment_score": 0.3, "technical_contribution": 0.7, "sentiment_contribution": 0.3,
        "meets_minimum_threshold": True, "meets_high_threshold": False, "is_simulated": True, "calculated_at": at,
    }  # fmt: skip
    return ConfluenceScore.objects.create(**facts | changes)


def ask(client: Any, address: str, at: dt.datetime = LATER, data: Any = None, **headers: str) -> Any:
    """The answer at a moment."""
    with clock.frozen(at):
        return client.get(address, data or {}, headers=headers)


def text_of(answer: Any) -> str:
    """The page's HTML with its white space as single spaces."""
    return " ".join(answer.content.decode().split())
