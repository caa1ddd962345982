"""What is kept for how long, in the order in which it leaves: what refers to a row goes before the row.

The words of posts are X's and Reddit's: they are deleted at the end of their period, and no file ever holds them. What
was computed from them is ours and stays for its own, longer period, with the post's number and without the post.
"""

from __future__ import annotations

from typing import Any, Final

from django.db.models import Exists, OuterRef, Q

from sentiment_site.timeseries.retention import Policy
from themes.models import (
    AggregatedSentiment,
    ConfluencePass,
    ConfluenceScore,
    Document,
    DocumentCluster,
    ManipulationPass,
    ManipulationReading,
    Mention,
    NewsSentiment,
    OptionsDay,
    PostCount,
    RedditPost,
    RedditSentiment,
    SentimentPass,
    StockVerdict,
    SymbolSentiment,
    SympathyEdge,
    TemperaturePass,
    TemperatureReading,
    TermHour,
    ThemeAlert,
    ThemeDocument,
    ThemeHeat,
    ThemeReading,
    Tweet,
    TweetSentiment,
)
from themes.models.documents import DocumentKind
from themes.models.stories import Standing
from universe.models import Catalyst, CatalystCorrection

JOB: Final = "themes.retention"
POSTS: Final = (DocumentKind.X, DocumentKind.REDDIT)
WORDLESS: Final = Q(title="", text="", author="", url="")
LIVING: Final = (Standing.WATCH, Standing.ACTIVE)
# What `forget_posts` leaves of a post whose author deleted it.
NO_WORDS: Final[tuple[tuple[str, Any], ...]] = (
    ("title", ""),
    ("text", ""),
    ("author", ""),
    ("url", ""),
    ("signature", b""),
    ("facts", {}),
)
IS_EVIDENCE: Final = Q(
    Exists(ThemeDocument.objects.filter(document_id=OuterRef("pk"), theme__standing__in=LIVING).values("pk"))
)

POLICIES: Final = (
    # words: the row stays, so that counts of mentions and evidence stay true
    Policy(
        "tweet_words", "Words of posts on X", Document, "event_at", "RETENTION_TWEETS_DAYS",
        only=Q(kind=DocumentKind.X), emptied=NO_WORDS, restricted=True,
    ),
    Policy("tweets", "Posts on X: counts", Tweet, "document__event_at", "RETENTION_TWEETS_DAYS", restricted=True),
    Policy(
        "reddit_words", "Words of Reddit posts", Document, "event_at", "RETENTION_REDDIT_POSTS_DAYS",
        only=Q(kind=DocumentKind.REDDIT), emptied=NO_WORDS, restricted=True,
    ),
    Policy(
        "reddit_posts", "Reddit posts: counts", RedditPost, "document__event_at", "RETENTION_REDDIT_POSTS_DAYS",
        restricted=True,
    ),
    Policy(
        "texts", "Texts of filings, news and press", Document, "event_at", "RETENTION_TEXTS_DAYS",
        only=~Q(kind__in=POSTS), stays=IS_EVIDENCE, because="evidence of a theme that is watched or active",
        emptied=(("text", ""),),
    ),
    # sentiments
    Policy(
        "tweet_sentiments", "Sentiment of single posts on X", TweetSentiment, "event_at",
        "RETENTION_TEXT_SENTIMENTS_DAYS", stays=Q(tweet__isnull=False), because="its post is still here",
    ),
    Policy(
        "reddit_sentiments", "Sentiment of single Reddit posts", RedditSentiment, "event_at",
        "RETENTION_TEXT_SENTIMENTS_DAYS", stays=Q(reddit_post__isnull=False), because="its post is still here",
    ),
    Policy(
        "news_sentiments", "Sentiment of single articles and filings", NewsSentiment, "event_at",
        "RETENTION_TEXT_SENTIMENTS_DAYS",
    ),
    Policy(
        "symbol_sentiments", "Sentiment of a stock by source", SymbolSentiment, "timestamp",
        "RETENTION_SYMBOL_SENTIMENTS_DAYS",
    ),
    # a pass leaves before its rows, in the same weeks: rows without a pass are no reading, a pass without rows is a lie
    Policy(
        "sentiment_passes", "Passes of the sentiment", SentimentPass, "as_of", "RETENTION_AGGREGATED_SENTIMENTS_DAYS"
    ),
    Policy(
        "aggregated_sentiments", "Aggregated sentiment", AggregatedSentiment, "timestamp",
        "RETENTION_AGGREGATED_SENTIMENTS_DAYS",
    ),
    Policy(
        "confluence_passes", "Passes of the confluence", ConfluencePass, "as_of", "RETENTION_CONFLUENCE_SCORES_DAYS"
    ),
    Policy("confluence_scores", "Confluence", ConfluenceScore, "timestamp", "RETENTION_CONFLUENCE_SCORES_DAYS"),
    Policy("options_days", "Options by day", OptionsDay, "session", "RETENTION_OPTIONS_DAYS", interval="month"),
    Policy("post_counts", "Posts counted, not read", PostCount, "starts_at", "RETENTION_POST_COUNTS_DAYS"),
    # the tape
    Policy(
        "temperature_passes", "Passes of the temperature", TemperaturePass, "as_of", "RETENTION_TEMPERATURE_DAYS",
        interval="month",
    ),
    Policy(
        "temperature", "Temperature of stocks", TemperatureReading, "as_of", "RETENTION_TEMPERATURE_DAYS",
        interval="month",
    ),
    Policy(
        "manipulation_passes", "Passes of the manipulation risk", ManipulationPass, "as_of",
        "RETENTION_MANIPULATION_DAYS", interval="month",
    ),
    Policy(
        "manipulation", "Manipulation risk", ManipulationReading, "as_of", "RETENTION_MANIPULATION_DAYS",
        interval="month",
    ),
    Policy("verdicts", "Verdicts on stocks", StockVerdict, "as_of", "RETENTION_VERDICTS_DAYS"),
    # themes
    Policy("term_hours", "Terms by hour", TermHour, "hour", "RETENTION_TERM_HOURS_DAYS"),
    Policy("theme_readings", "Readings of themes", ThemeReading, "as_of", "RETENTION_THEME_READINGS_DAYS"),
    Policy("theme_heat", "Heat of themes", ThemeHeat, "as_of", "RETENTION_THEME_READINGS_DAYS"),
    Policy("alerts", "Alerts", ThemeAlert, "as_of", "RETENTION_ALERTS_DAYS", interval="month"),
    # the bars that a network is fitted to are kept, so it can be fitted again
    Policy(
        "network_edges", "Neighbours in old networks", SympathyEdge, "network__as_of", "RETENTION_NETWORKS_DAYS",
        restricted=True,
    ),
    # documents
    Policy("mentions", "Mentions of stocks", Mention, "event_at", "RETENTION_DOCUMENTS_DAYS"),
    Policy(
        "documents", "Documents", Document, "event_at", "RETENTION_DOCUMENTS_DAYS",
        stays=Q(kind__in=POSTS) & ~WORDLESS, because="a post whose words are still here",
    ),
    Policy("document_clusters", "Groups of copies", DocumentCluster, "first_at", "RETENTION_DOCUMENTS_DAYS"),
    # of the universe, which has no retention of its own
    Policy(
        "catalysts", "Catalysts", Catalyst, "event_at", "RETENTION_CATALYSTS_DAYS", interval="month",
        stays=Q(Exists(CatalystCorrection.objects.filter(catalyst_id=OuterRef("pk")).values("pk"))),
        because="an operator had a word on it",
    ),
)  # fmt: skip
