"""The JSON of sentiment. Moments are UTC, sentiments -1 to 1, confidences and shares 0 to 1; null is missing."""

from __future__ import annotations

import math
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from .board import BoardRow
from .selectors import HistoryPoint, PairRecord
from .wording import SOURCE_COLUMNS

_Sources = {"type": "object", "additionalProperties": {"type": "number", "nullable": True}}


class PassSerializer(serializers.Serializer[Any]):
    """Where the rows come from."""

    as_of = serializers.DateTimeField(allow_null=True, help_text="Slot of the pass; null before the first.")
    recorded_at = serializers.DateTimeField(allow_null=True, help_text="When it became known here.")
    simulated = serializers.BooleanField(allow_null=True, help_text="Made from simulated texts or options.")


class PageSerializer(serializers.Serializer[Any]):
    """A stretch of a list."""

    count = serializers.IntegerField(help_text="Rows that fit.")
    next_offset = serializers.IntegerField(allow_null=True)


class BoardRowSerializer(serializers.Serializer[BoardRow]):
    """One stock of a pass."""

    symbol = serializers.CharField()
    name = serializers.CharField()
    sector = serializers.CharField(help_text="Empty where it was no member of the universe.")
    unified_sentiment = serializers.FloatField(source="unified", allow_null=True)
    sentiment_level = serializers.CharField(source="level", help_text="Empty without a reading.")
    confidence = serializers.FloatField()
    sources = serializers.DictField(child=serializers.FloatField(allow_null=True), help_text="null: silent.")
    source_breakdown = serializers.DictField(
        child=serializers.FloatField(), source="shares", help_text="Shares; they sum to 1."
    )
    total_mention_count = serializers.IntegerField(source="mentions", help_text="Of the last 24 hours.")
    expected_mentions = serializers.FloatField(source="expected", allow_null=True)
    mention_z = serializers.FloatField(source="z", allow_null=True)
    volume_trend = serializers.CharField(source="trend", help_text="up, down, stable; empty where it is unknown.")
    divergence_score = serializers.FloatField(source="divergence")
    divergence_detected = serializers.BooleanField(source="contradicts")
    simulated = serializers.BooleanField(source="is_simulated")


class SentimentBoardSerializer(PassSerializer, PageSerializer):
    """The board."""

    results = BoardRowSerializer(many=True)


class SourceSerializer(serializers.Serializer[Any]):
    """What one source says of a stock."""

    source_name = serializers.CharField(source="source")
    score = serializers.FloatField(allow_null=True)
    share = serializers.FloatField(allow_null=True, help_text="Of the unified sentiment.")
    why = serializers.CharField(help_text="Why it says nothing; empty when it does.")
    as_of = serializers.SerializerMethodField()
    effective_count = serializers.SerializerMethodField()
    quality = serializers.SerializerMethodField()
    mention_count = serializers.SerializerMethodField()
    expected_mentions = serializers.SerializerMethodField()
    mention_z = serializers.SerializerMethodField()
    facts = serializers.SerializerMethodField()

    @extend_schema_field(OpenApiTypes.DATETIME)
    def get_as_of(self, one: dict[str, Any]) -> Any:
        """Of the source's own reading."""
        return _own(one, "timestamp")

    @extend_schema_field(OpenApiTypes.FLOAT)
    def get_effective_count(self, one: dict[str, Any]) -> Any:
        """(sum w)^2 / sum w^2."""
        return _own(one, "effective_count")

    @extend_schema_field(OpenApiTypes.FLOAT)
    def get_quality(self, one: dict[str, Any]) -> Any:
        """n / (n + k)."""
        return _own(one, "quality")

    @extend_schema_field(OpenApiTypes.INT)
    def get_mention_count(self, one: dict[str, Any]) -> Any:
        """Of the last 24 hours; null for options."""
        return None if one["source"] == "options" else _own(one, "mention_count")

    @extend_schema_field(OpenApiTypes.FLOAT)
    def get_expected_mentions(self, one: dict[str, Any]) -> Any:
        """Of the hours that can be compared."""
        return _own(one, "expected_mentions")

    @extend_schema_field(OpenApiTypes.FLOAT)
    def get_mention_z(self, one: dict[str, Any]) -> Any:
        """In standard deviations."""
        return _own(one, "mention_z")

    @extend_schema_field(OpenApiTypes.OBJECT)
    def get_facts(self, one: dict[str, Any]) -> Any:
        """What stands behind it."""
        return _own(one, "facts") or {}


class ConfluenceSummarySerializer(serializers.Serializer[Any]):
    """The newest confluence."""

    timestamp = serializers.DateTimeField()
    confluence_score = serializers.FloatField()
    directional_bias = serializers.FloatField()
    confluence_level = serializers.CharField()
    confidence = serializers.FloatField()


class SymbolSerializer(PassSerializer):
    """One stock in full."""

    symbol = serializers.CharField()
    name = serializers.CharField()
    unified_sentiment = serializers.FloatField(source="row.unified_sentiment", allow_null=True, default=None)
    sentiment_level = serializers.CharField(source="row.sentiment_level", default="")
    confidence = serializers.FloatField(source="row.confidence", default=0.0)
    total_mention_count = serializers.IntegerField(source="row.total_mention_count", allow_null=True, default=None)
    volume_trend = serializers.CharField(source="row.volume_trend", default="")
    divergence_score = serializers.FloatField(source="row.divergence_score", allow_null=True, default=None)
    divergence_detected = serializers.BooleanField(source="row.divergence_detected", default=False)
    sources = SourceSerializer(many=True)
    confluence = ConfluenceSummarySerializer(allow_null=True)


class HistoryPointSerializer(serializers.Serializer[HistoryPoint]):
    """One pass."""

    as_of = serializers.DateTimeField(source="at")
    unified_sentiment = serializers.FloatField(source="row.unified_sentiment", allow_null=True, default=None)
    confidence = serializers.FloatField(source="row.confidence", allow_null=True, default=None)
    sources = serializers.SerializerMethodField()
    mentions_compared = serializers.FloatField(source="mentions", allow_null=True)
    expected_mentions = serializers.FloatField(source="expected", allow_null=True)

    @extend_schema_field(_Sources)
    def get_sources(self, point: HistoryPoint) -> dict[str, float | None]:
        """What each said; null: silent."""
        return {source: getattr(point.row, name, None) for source, name in SOURCE_COLUMNS.items()}


class SentimentHistorySerializer(serializers.Serializer[Any]):
    """A stock's past."""

    symbol = serializers.CharField()
    span = serializers.CharField()
    results = HistoryPointSerializer(many=True)


class TextSerializer(serializers.Serializer[Any]):
    """One text about one stock."""

    document = serializers.CharField(source="key", help_text="kind:id of the platform.")
    source_name = serializers.CharField(source="source")
    kind = serializers.CharField()
    event_at = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    account = serializers.CharField()
    state = serializers.ChoiceField(choices=["here", "deleted", "kept"], help_text="deleted: by its author.")
    text = serializers.CharField(source="words", help_text="Cut; empty unless the state is here.")
    url = serializers.CharField()
    score = serializers.FloatField()
    lexicon_score = serializers.FloatField()
    model_score = serializers.FloatField(allow_null=True)
    text_label = serializers.CharField(source="label")
    weight = serializers.FloatField(help_text="Without age; the product of its parts.")
    weight_parts = serializers.DictField(child=serializers.FloatField(), source="parts")
    age_factor = serializers.FloatField()
    weight_now = serializers.FloatField(help_text="weight x age_factor; 0 once it was deleted.")
    share = serializers.FloatField(help_text="Of its source, before any author is cut to his tenth.")
    spam_reasons = serializers.ListField(child=serializers.CharField())
    engine_version = serializers.CharField(source="engine")
    simulated = serializers.BooleanField(source="is_simulated", allow_null=True)


class TextPageSerializer(PageSerializer):
    """The texts behind a stock's sentiment."""

    symbol = serializers.CharField()
    counts = serializers.DictField(
        child=serializers.IntegerField(), help_text="Texts by source, whatever is asked for."
    )
    results = TextSerializer(many=True)


class InfluencerSerializer(serializers.Serializer[Any]):
    """An account as it was known."""

    id = serializers.IntegerField()
    platform = serializers.CharField()
    username = serializers.CharField()
    display_name = serializers.CharField()
    followers = serializers.IntegerField(allow_null=True)
    created_on = serializers.DateField(allow_null=True)
    posts_per_day = serializers.FloatField(allow_null=True)
    credibility = serializers.FloatField(allow_null=True)
    weight = serializers.FloatField(allow_null=True)
    is_bot = serializers.BooleanField(allow_null=True)
    bot_reason = serializers.CharField()
    calls = serializers.IntegerField(help_text="Settled by then.")
    hits = serializers.IntegerField()
    hit_rate = serializers.FloatField(source="rate", help_text="(hits + 5) / (calls + 10).")
    hit_rate_low = serializers.FloatField(source="low", help_text="The middle 95 % of Beta(hits + 5, misses + 5).")
    hit_rate_high = serializers.FloatField(source="high")
    posts_7d = serializers.IntegerField(source="posts")
    is_tracked = serializers.BooleanField()


class AccountPageSerializer(PageSerializer):
    """Accounts."""

    results = InfluencerSerializer(many=True)


class CopyAccountSerializer(serializers.Serializer[Any]):
    """An account that repeated a text."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    posts = serializers.IntegerField()
    is_young = serializers.BooleanField(allow_null=True, help_text="Under 30 days old; null: age unknown.")
    is_bot = serializers.BooleanField(allow_null=True)


class CopyStockSerializer(serializers.Serializer[Any]):
    """A stock that copies name."""

    symbol = serializers.CharField()
    posts = serializers.IntegerField()


class CopyClusterSerializer(serializers.Serializer[Any]):
    """One text and its copies."""

    id = serializers.IntegerField()
    copies = serializers.IntegerField()
    first_at = serializers.DateTimeField()
    last_at = serializers.DateTimeField()
    span_s = serializers.SerializerMethodField()
    kinds = serializers.ListField(child=serializers.CharField())
    accounts = CopyAccountSerializer(many=True)
    unknown_authors = serializers.IntegerField(help_text="Posts of nobody we know.")
    stocks = CopyStockSerializer(many=True)
    young_share = serializers.FloatField(allow_null=True, help_text="Of the accounts whose age is known.")
    aged_accounts = serializers.IntegerField(source="aged")
    deleted = serializers.IntegerField()
    text = serializers.CharField()
    simulated = serializers.BooleanField(source="is_simulated")

    def get_span_s(self, one: Any) -> float:
        """Seconds from the first copy to the last."""
        return float(one.span.total_seconds())


class CoordinationSerializer(PageSerializer):
    """Texts that were repeated."""

    results = CopyClusterSerializer(many=True)


class PairSerializer(serializers.Serializer[PairRecord]):
    """Two sources over all the times they contradicted each other."""

    first = serializers.CharField()
    second = serializers.CharField()
    horizon = serializers.IntegerField(help_text="Sessions.")
    n = serializers.IntegerField(help_text="Settled with a winner.")
    first_right = serializers.IntegerField()
    share = serializers.SerializerMethodField()
    low = serializers.SerializerMethodField()
    high = serializers.SerializerMethodField()
    even = serializers.IntegerField(help_text="The stock did not move against its sector.")
    open = serializers.IntegerField()
    void = serializers.IntegerField()

    @extend_schema_field(OpenApiTypes.FLOAT)
    def get_share(self, pair: PairRecord) -> float | None:
        """How often it was the first; null without a winner."""
        return _finite(pair.share.value)

    @extend_schema_field(OpenApiTypes.FLOAT)
    def get_low(self, pair: PairRecord) -> float | None:
        """Wilson's 95 % interval."""
        return _finite(pair.share.low)

    @extend_schema_field(OpenApiTypes.FLOAT)
    def get_high(self, pair: PairRecord) -> float | None:
        """Wilson's 95 % interval."""
        return _finite(pair.share.high)


class DivergenceRecordSerializer(serializers.Serializer[Any]):
    """Which source was right."""

    symbol = serializers.CharField(allow_null=True)
    baseline = serializers.FloatField(help_text="What a coin would do.")
    results = PairSerializer(many=True)


def _own(one: dict[str, Any], name: str) -> Any:
    return None if one["own"] is None else getattr(one["own"], name)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
