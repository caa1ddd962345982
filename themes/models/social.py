"""What people write about stocks and what it amounts to: the tables of the social requirement (S2).

Sentiments run from -1 to 1, confidences from 0 to 1. No mention is NULL, never 0.
"""

from __future__ import annotations

from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from sentiment_site.market import clock

from .documents import Document

LEVELS = ("very_bearish", "bearish", "neutral", "bullish", "very_bullish")
CONFLUENCE_LEVELS = ("very_low", "low", "moderate", "high", "very_high")
TRENDS = ("up", "down", "stable")
HORIZONS = (1, 5)


def within(name: str, low: float, high: float) -> Q:
    """NULL or between the bounds."""
    return Q(**{f"{name}__isnull": True}) | Q(**{f"{name}__gte": low, f"{name}__lte": high})


def _share(**more: Any) -> models.FloatField:  # type: ignore[type-arg]  # not generic at run time
    return models.FloatField(null=True, blank=True, **more)


class Influencer(models.Model):
    """An account on X or Reddit. Kept without end; weight follows what its settled calls were worth."""

    platform = models.CharField(max_length=8, choices=[("x", "X"), ("reddit", "Reddit")])
    account_id = models.CharField(max_length=64)
    username = models.CharField(max_length=100)
    display_name = models.CharField(max_length=200, blank=True)
    followers = models.PositiveIntegerField(null=True)
    created_on = models.DateField(null=True, help_text="The account's beginning.")
    posts_per_day = models.FloatField(null=True)
    duplicate_share = models.FloatField(null=True, help_text="Of its posts, near-duplicates of others'.")
    credibility = models.FloatField(default=0.1)
    weight = models.FloatField(default=1.0)
    is_bot = models.BooleanField(default=False)
    bot_reason = models.CharField(max_length=120, blank=True)
    calls = models.PositiveIntegerField(default=0, help_text="Settled.")
    hits = models.PositiveIntegerField(default=0)
    category = models.CharField(max_length=30, blank=True)
    is_tracked = models.BooleanField(default=False, help_text="Chosen by an operator.")
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["platform", "account_id"], name="influencer_once"),
            models.CheckConstraint(condition=within("credibility", 0.1, 1), name="influencer_credibility_range"),
        ]
        indexes: ClassVar = [models.Index(fields=["-followers"], name="influencer_followers")]

    def __str__(self) -> str:
        return self.username


class Tweet(models.Model):
    """A post on X: its counts beside the document that carries the text."""

    document = models.OneToOneField(Document, on_delete=models.CASCADE, primary_key=True, related_name="tweet")
    influencer = models.ForeignKey(Influencer, null=True, on_delete=models.SET_NULL, related_name="tweets")
    likes = models.PositiveIntegerField(default=0)
    reposts = models.PositiveIntegerField(default=0)
    replies = models.PositiveIntegerField(default=0)
    quotes = models.PositiveIntegerField(default=0)
    views = models.PositiveBigIntegerField(null=True)
    spam_score = models.FloatField(default=0)
    spam_reasons = models.JSONField(default=list)
    counted_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"tweet {self.document_id}"


class RedditPost(models.Model):
    """A Reddit submission: its counts beside the document that carries the text."""

    document = models.OneToOneField(Document, on_delete=models.CASCADE, primary_key=True, related_name="reddit_post")
    influencer = models.ForeignKey(Influencer, null=True, on_delete=models.SET_NULL, related_name="reddit_posts")
    subreddit = models.CharField(max_length=60)
    score = models.IntegerField(default=0)
    upvote_ratio = _share()
    comments = models.PositiveIntegerField(default=0)
    flair = models.CharField(max_length=80, blank=True)
    spam_score = models.FloatField(default=0)
    spam_reasons = models.JSONField(default=list)
    counted_at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["subreddit"], name="redditpost_subreddit")]

    def __str__(self) -> str:
        return f"r/{self.subreddit} {self.document_id}"


class TextSentiment(models.Model):
    """What one text says about one stock. score outside the neutral band is a direction. Keeps its source's facts,
    because the text goes before it does."""

    document_key = models.CharField(max_length=130, help_text="kind:external id, also when the document is gone.")
    instrument = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+")
    event_at = models.DateTimeField()
    score = models.FloatField()
    lexicon_score = models.FloatField()
    model_score = _share()
    label = models.CharField(max_length=8, choices=[(one, one) for one in ("bearish", "neutral", "bullish")])
    weight = models.FloatField(help_text="Without age: engagement, credibility, influence, duplicates, spam.")
    weight_parts = models.JSONField(default=dict)
    engine_version = models.CharField(max_length=20)
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["document_key", "instrument"], name="%(class)s_once"),
            models.CheckConstraint(condition=within("score", -1, 1), name="%(class)s_score_range"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["instrument", "-event_at"], name="%(class)s_instrument"),
            models.Index(fields=["event_at"], name="%(class)s_event"),
        ]

    def __str__(self) -> str:
        return f"{self.document_key} {self.label}"


class TweetSentiment(TextSentiment):
    """Sentiment of a post on X towards one stock."""

    tweet = models.ForeignKey(Tweet, null=True, on_delete=models.SET_NULL, related_name="sentiments")


class RedditSentiment(TextSentiment):
    """Sentiment of a Reddit post towards one stock."""

    reddit_post = models.ForeignKey(RedditPost, null=True, on_delete=models.SET_NULL, related_name="sentiments")


class NewsSentiment(TextSentiment):
    """Sentiment of an article, press release or filing towards one stock."""

    document = models.ForeignKey(Document, null=True, on_delete=models.SET_NULL, related_name="sentiments")


class SymbolSentiment(models.Model):
    """One stock, one source, one moment. Append-only."""

    SOURCES = ("twitter", "reddit", "news", "options")

    instrument = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+")
    source = models.CharField(max_length=8, choices=[(one, one) for one in SOURCES])
    timestamp = models.DateTimeField()
    score = _share()
    effective_count = models.FloatField(default=0, help_text="(sum w)^2 / sum w^2.")
    quality = models.FloatField(default=0, help_text="n/(n+k).")
    mention_count = models.PositiveIntegerField(default=0)
    expected_mentions = _share()
    mention_z = _share()
    volume_trend = models.CharField(max_length=6, choices=[(one, one) for one in TRENDS], blank=True)
    facts = models.JSONField(default=dict, help_text="Options: put/call, premium, unusual strikes, skew.")
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instrument", "source", "timestamp"], name="symbolsentiment_once"),
            models.CheckConstraint(condition=within("score", -1, 1), name="symbolsentiment_score_range"),
            models.CheckConstraint(condition=within("quality", 0, 1), name="symbolsentiment_quality_range"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["instrument", "-timestamp"], name="symbolsentiment_current"),
            models.Index(fields=["timestamp"], name="symbolsentiment_timestamp"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.source}"


class AggregatedSentiment(models.Model):
    """All sources of one stock at one moment, with the columns that the requirement names. Append-only."""

    instrument = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+")
    symbol = models.CharField(max_length=16, db_index=True)
    timestamp = models.DateTimeField(db_index=True)
    unified_sentiment = _share()
    confidence = models.FloatField(default=0)
    sentiment_level = models.CharField(max_length=12, choices=[(one, one) for one in LEVELS], blank=True)
    source_count = models.PositiveSmallIntegerField(default=0)
    provider_count = models.PositiveSmallIntegerField(default=0)
    total_mention_count = models.PositiveIntegerField(default=0)
    divergence_detected = models.BooleanField(default=False)
    divergence_score = models.FloatField(default=0)
    volume_trend = models.CharField(max_length=6, choices=[(one, one) for one in TRENDS], blank=True)
    twitter_sentiment = _share()
    reddit_sentiment = _share()
    news_sentiment = _share()
    options_flow_sentiment = _share()
    source_breakdown = models.JSONField(default=dict, help_text="Shares per source; they sum to 1.")
    providers_used = models.JSONField(default=list)
    is_simulated = models.BooleanField()
    aggregated_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["symbol", "timestamp"], name="aggregatedsentiment_once"),
            models.CheckConstraint(condition=within("unified_sentiment", -1, 1), name="aggregatedsentiment_range"),
            models.CheckConstraint(condition=within("confidence", 0, 1), name="aggregatedsentiment_confidence"),
            models.CheckConstraint(condition=within("divergence_score", 0, 1), name="aggregatedsentiment_divergence"),
            *(
                models.CheckConstraint(condition=within(f"{one}_sentiment", -1, 1), name=f"aggregatedsentiment_{one}")
                for one in ("twitter", "reddit", "news", "options_flow")
            ),
            models.CheckConstraint(
                condition=Q(unified_sentiment__isnull=False) | Q(confidence=0, sentiment_level=""),
                name="aggregatedsentiment_silence_is_null",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["symbol", "timestamp"], name="idx_agg_symbol_timestamp"),
            models.Index(fields=["instrument", "-timestamp"], name="aggregatedsentiment_stock"),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.sentiment_level}"


class ConfluenceScore(models.Model):
    """Technical, sentiment and options flow together, with the columns that the requirement names. Append-only."""

    instrument = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+")
    symbol = models.CharField(max_length=16, db_index=True)
    timestamp = models.DateTimeField(db_index=True)
    confluence_score = models.FloatField()
    directional_bias = models.FloatField()
    confluence_level = models.CharField(max_length=10, choices=[(one, one) for one in CONFLUENCE_LEVELS])
    confidence = models.FloatField()
    technical_score = _share()
    sentiment_score = _share()
    options_flow_score = _share()
    technical_contribution = models.FloatField(default=0)
    sentiment_contribution = models.FloatField(default=0)
    options_flow_contribution = models.FloatField(default=0)
    technical_breakdown = models.JSONField(default=dict, help_text="Indicator -> value, weight, reading.")
    components_used = models.JSONField(default=list)
    agreement = _share()
    inputs = models.JSONField(default=dict, help_text="Part -> as_of and confidence of what entered.")
    missing = models.JSONField(default=dict, help_text="Part -> why it did not enter.")
    meets_minimum_threshold = models.BooleanField(db_index=True)
    meets_high_threshold = models.BooleanField(db_index=True)
    volume_trend = models.CharField(max_length=6, choices=[(one, one) for one in TRENDS], blank=True)
    is_simulated = models.BooleanField()
    calculated_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["symbol", "timestamp"], name="confluence_once"),
            *(
                models.CheckConstraint(condition=within(one, 0, 1), name=f"confluence_{one}_range")
                for one in (
                    "confluence_score",
                    "confidence",
                    "technical_contribution",
                    "sentiment_contribution",
                    "options_flow_contribution",
                )
            ),
            *(
                models.CheckConstraint(condition=within(one, -1, 1), name=f"confluence_{one}_range")
                for one in ("directional_bias", "technical_score", "sentiment_score", "options_flow_score")
            ),
            models.CheckConstraint(
                condition=Q(meets_high_threshold=False) | Q(meets_minimum_threshold=True),
                name="confluence_high_is_also_minimum",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["symbol", "timestamp"], name="idx_conf_symbol_timestamp"),
            models.Index(fields=["meets_minimum_threshold", "meets_high_threshold"], name="idx_conf_meets_thresholds"),
            models.Index(fields=["instrument", "-timestamp"], name="confluence_stock"),
        ]

    def __str__(self) -> str:
        return f"{self.symbol} {self.confluence_level}"


class SentimentPass(models.Model):
    """One pass over all stocks that are written about; exists only when its rows do. `id` is the number on the wire."""

    as_of = models.DateTimeField(unique=True, help_text="The slot; SymbolSentiment and AggregatedSentiment carry it.")
    known_at = models.DateTimeField(help_text="What was recorded by then entered.")
    recorded_at = models.DateTimeField(default=clock.now)
    stocks = models.PositiveIntegerField(help_text="With a unified sentiment.")
    silent = models.PositiveIntegerField(help_text="Stored without one: only counted, or silent since the last pass.")
    divergent = models.PositiveIntegerField()
    texts = models.PositiveIntegerField(help_text="That entered.")
    sources = models.JSONField(default=dict, help_text="By source: read_until, hours (of the last 24), missing.")
    is_simulated = models.BooleanField()
    duration_ms = models.PositiveIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.as_of:%Y-%m-%d %H:%M} UTC"


class Settled(models.Model):
    """Something said at a moment, held against the stock's excess move over sessions that began after it.

    The move runs from the first regular price after the moment (the close of a session that was still to end, else
    the next open) to the close of `ends_on`, less the median of the stock's sector over the same span. Known from
    settled_at on. Void: the stock or the sector had no price there; says why.
    """

    OPEN, SETTLED, VOID = "open", "settled", "void"

    instrument = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+")
    session = models.DateField(help_text="The first session that opens after the moment.")
    horizon = models.PositiveSmallIntegerField(default=1, help_text="Sessions.")
    ends_on = models.DateField()
    excess_move = _share(help_text="Log return less the mean of its peers.")
    state = models.CharField(max_length=8, choices=[(one, one) for one in ("open", "settled", "void")], default="open")
    void_reason = models.CharField(max_length=120, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    is_simulated = models.BooleanField()
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        abstract = True
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(state="open", settled_at__isnull=True, excess_move__isnull=True)
                | Q(state="settled", settled_at__isnull=False, excess_move__isnull=False)
                | Q(state="void", settled_at__isnull=False, excess_move__isnull=True),
                name="%(class)s_state_has_its_facts",
            ),
            models.CheckConstraint(condition=Q(horizon__gte=1), name="%(class)s_horizon"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["state", "ends_on"], name="%(class)s_due"),
            models.Index(fields=["instrument", "-session"], name="%(class)s_stock"),
        ]


class InfluencerCall(Settled):
    """A directional post of an account about a stock: its first one before a session counts, once.

    is_hit: the stock moved to the side of the call, against its sector, in the next session. Accounts judged bots, and
    posts found to be spam, make no calls.
    """

    influencer = models.ForeignKey(Influencer, on_delete=models.CASCADE, related_name="settled_calls")
    document_key = models.CharField(max_length=130)
    called_at = models.DateTimeField()
    direction = models.SmallIntegerField(choices=[(1, "bullish"), (-1, "bearish")])
    score = models.FloatField()
    is_hit = models.BooleanField(null=True, blank=True)

    class Meta(Settled.Meta):
        constraints: ClassVar = [
            *Settled.Meta.constraints,
            models.UniqueConstraint(fields=["influencer", "instrument", "session"], name="influencercall_once"),
            models.CheckConstraint(condition=Q(direction__in=(-1, 1)), name="influencercall_direction"),
            models.CheckConstraint(
                condition=Q(state="settled", is_hit__isnull=False) | (~Q(state="settled") & Q(is_hit__isnull=True)),
                name="influencercall_hit_when_settled",
            ),
        ]
        indexes: ClassVar = [
            *Settled.Meta.indexes,
            models.Index(fields=["influencer", "-called_at"], name="influencercall_account"),
        ]

    def __str__(self) -> str:
        return f"{self.influencer_id}: {self.get_direction_display()} on {self.instrument_id}, {self.session}"


class DivergenceOutcome(Settled):
    """Two sources contradicted each other about a stock, and which of them the next session (horizon 1) or week (5)
    followed. One row per horizon; the same pair about the same stock counts again only five sessions later.

    right_source: one of the two, empty until settled and where the stock did not move at all against its sector.
    """

    diverged_at = models.DateTimeField(help_text="Slot of the AggregatedSentiment.")
    bearish_source = models.CharField(max_length=8, choices=[(one, one) for one in SymbolSentiment.SOURCES])
    bullish_source = models.CharField(max_length=8, choices=[(one, one) for one in SymbolSentiment.SOURCES])
    bearish_score = models.FloatField()
    bullish_score = models.FloatField()
    right_source = models.CharField(max_length=8, blank=True)

    class Meta(Settled.Meta):
        constraints: ClassVar = [
            *Settled.Meta.constraints,
            models.UniqueConstraint(
                fields=["instrument", "bearish_source", "bullish_source", "session", "horizon"],
                name="divergenceoutcome_once",
            ),
            models.CheckConstraint(
                condition=Q(right_source="")
                | Q(state="settled", right_source=models.F("bearish_source"))
                | Q(state="settled", right_source=models.F("bullish_source")),
                name="divergenceoutcome_right_is_one_of_two",
            ),
            models.CheckConstraint(
                condition=~Q(bearish_source=models.F("bullish_source")), name="divergenceoutcome_two_sources"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id}: {self.bearish_source} against {self.bullish_source}, {self.session}"
