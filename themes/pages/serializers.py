"""The themes' JSON. Moments are UTC; confidence, intensity, risk and shares 0 to 1. null is missing, never a zero."""

from __future__ import annotations

import datetime as dt
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from sectors.selectors import Card
from themes.models import ThemeChange, ThemeReading
from themes.models.stories import Level, Phase, Standing
from themes.stories.selectors import ThemeStand

from .evidence import EvidenceRow
from .theme import MemberRow, SpreadRow, ThemePage


class ThemeSerializer(serializers.Serializer[ThemeStand]):
    """A theme as it stood at the moment that was asked for."""

    theme_id = serializers.UUIDField(source="theme.pk")
    theme_name = serializers.CharField(source="theme.theme_name", help_text="As detected.")
    title = serializers.CharField(help_text="An operator's name, else the detected one.")
    dictionary_key = serializers.CharField(source="theme.dictionary_key", help_text="Empty for a discovered theme.")
    standing = serializers.ChoiceField(choices=Standing.choices)
    is_confirmed = serializers.BooleanField()
    phase = serializers.ChoiceField(choices=Phase.choices, source="reading.phase")
    detection_confidence = serializers.FloatField(source="reading.confidence")
    intensity = serializers.FloatField(source="reading.intensity")
    temperature_status = serializers.ChoiceField(choices=Level.choices, source="temperature", allow_blank=True)
    manipulation_risk_score = serializers.FloatField(source="manipulation_risk", allow_null=True)
    members = serializers.IntegerField(help_text="Stocks that belong or follow.")
    documents = serializers.IntegerField(source="reading.documents", help_text="Of the last 72 hours.")
    primary_sector = serializers.CharField(allow_blank=True)
    contaminated_sectors = serializers.ListField(
        child=serializers.DictField(), source="contaminated", help_text="In order: sector, entered_at, lag_h, share."
    )
    spread_index = serializers.FloatField(source="reading.spread_index", allow_null=True)
    emergence_timestamp = serializers.DateTimeField(source="theme.emergence_timestamp")
    detected_at = serializers.DateTimeField(source="theme.detected_at")
    latency_s = serializers.SerializerMethodField(help_text="From the first document to the first sight.")
    ended_at = serializers.DateTimeField(allow_null=True)
    merged_into = serializers.SerializerMethodField(help_text="Where it ended, if it was merged.")
    as_of = serializers.DateTimeField(source="reading.as_of")
    recorded_at = serializers.DateTimeField(source="reading.recorded_at")
    simulated = serializers.BooleanField(source="theme.is_simulated")

    def get_latency_s(self, stand: ThemeStand) -> float:
        """In seconds."""
        return stand.latency.total_seconds()

    @extend_schema_field(serializers.UUIDField(allow_null=True))
    def get_merged_into(self, stand: ThemeStand) -> str | None:
        """Of a theme that was merged by then."""
        return str(stand.theme.merged_into_id) if stand.standing == Standing.MERGED else None


class ConfidencePartSerializer(serializers.Serializer[Any]):
    """One part of a confidence."""

    name = serializers.CharField()
    measured = serializers.CharField()
    share = serializers.FloatField(allow_null=True, help_text="Of its full strength, 0 to 1.")
    weight = serializers.FloatField(help_text="Points at full strength.")
    points = serializers.FloatField()
    at_gate = serializers.FloatField(allow_null=True, help_text="Points when the gate was passed, if at another tick.")


class ConfidenceSerializer(serializers.Serializer[Any]):
    """What a confidence rests on: 1 / (1 + exp(-total))."""

    parts = ConfidencePartSerializer(source="rows", many=True)
    intercept = serializers.FloatField()
    total = serializers.FloatField()
    gate_at = serializers.DateTimeField(allow_null=True, help_text="When it became active.")
    gate = serializers.CharField(allow_blank=True, help_text="detected, published or confirmed.")
    at_gate = serializers.FloatField(allow_null=True)


class SpreadSerializer(serializers.Serializer[SpreadRow]):
    """One sector of a theme."""

    sector = serializers.CharField(source="key", allow_blank=True)
    is_primary = serializers.BooleanField()
    share = serializers.FloatField(help_text="Of the members' scores.")
    members = serializers.IntegerField()
    entered_at = serializers.DateTimeField(allow_null=True, help_text="null where it was touched, not reached.")
    lag_h = serializers.FloatField(allow_null=True)
    mean_excess = serializers.FloatField(allow_null=True, help_text="In the members' own deviations.")


class ThemeDetailSerializer(serializers.Serializer[ThemePage]):
    """One theme with what its confidence rests on, where it spread and who moves along."""

    theme = ThemeSerializer(source="stand")
    terms = serializers.SerializerMethodField()
    narrative_sources = serializers.SerializerMethodField(help_text="Documents of the last 72 hours by kind.")
    peak_intensity = serializers.FloatField(source="peak", allow_null=True)
    peak_at = serializers.DateTimeField(allow_null=True)
    confidence = ConfidenceSerializer()
    sectors = SpreadSerializer(source="spread", many=True)
    sympathy_network = serializers.ListField(
        child=serializers.DictField(), source="neighbours", help_text="Up to ten: symbol, score, links, probability."
    )

    def get_terms(self, page: ThemePage) -> list[str]:
        """Its words."""
        return list(page.stand.reading.factors.get("terms", ()))

    def get_narrative_sources(self, page: ThemePage) -> dict[str, int]:
        """By kind."""
        return dict(page.stand.reading.factors.get("kinds", {}))


class LightSerializer(serializers.Serializer[Card]):
    """The sector's light beside a member."""

    sector = serializers.CharField()
    score = serializers.DecimalField(max_digits=4, decimal_places=3, allow_null=True)
    colour = serializers.CharField()
    verb = serializers.CharField()


class MemberSerializer(serializers.Serializer[MemberRow]):
    """A stock of a theme with what the other rooms say about it."""

    symbol = serializers.CharField(source="membership.instrument.symbol")
    name = serializers.CharField(source="membership.instrument.name")
    sector = serializers.CharField(source="membership.sector", allow_blank=True)
    is_sympathy = serializers.BooleanField(source="membership.is_sympathy", help_text="Follows in price only.")
    score = serializers.FloatField(source="membership.score", help_text=".6 text + .4 price, at its entry.")
    text_part = serializers.FloatField(source="membership.text_part")
    price_part = serializers.FloatField(source="membership.price_part", allow_null=True)
    since = serializers.DateTimeField(source="membership.since")
    first_mention_at = serializers.DateTimeField(source="membership.first_mention_at", allow_null=True)
    move_1d = serializers.FloatField(allow_null=True, help_text="Percent points against the close before.")
    move_1h = serializers.FloatField(allow_null=True, help_text="Percent points, of the newest pass.")
    rvol_1h = serializers.FloatField(allow_null=True)
    temperature = serializers.SerializerMethodField()
    temperature_as_of = serializers.SerializerMethodField()
    squeeze_risk = serializers.FloatField(allow_null=True)
    manipulation_risk = serializers.FloatField(allow_null=True)
    light = LightSerializer(allow_null=True)

    def get_temperature(self, row: MemberRow) -> str | None:
        """cold, warm, hot, extreme; None before the first pass."""
        return row.heat.level if row.heat else None

    def get_temperature_as_of(self, row: MemberRow) -> dt.datetime | None:
        """Of the reading, or of the pass that found it cold."""
        return row.heat.as_of if row.heat else None


class ThemeReadingSerializer(serializers.ModelSerializer[ThemeReading]):
    """A theme at one tick."""

    class Meta:
        model = ThemeReading
        fields = [
            "as_of", "standing", "phase", "intensity", "confidence", "temperature", "manipulation_risk", "members",
            "documents", "spread_index", "recorded_at",
        ]  # fmt: skip


class ThemeEvidenceSerializer(serializers.Serializer[EvidenceRow]):
    """A document of a theme."""

    document_id = serializers.IntegerField(source="document.pk")
    kind = serializers.CharField(source="document.kind")
    form = serializers.CharField(source="document.form", allow_blank=True)
    title = serializers.CharField(source="headline")
    excerpt = serializers.CharField(allow_blank=True)
    url = serializers.CharField(source="link", allow_blank=True, help_text="Empty where it is no web address.")
    source = serializers.CharField(source="document.source.name")  # type: ignore[assignment]  # a field of the answer
    author = serializers.CharField(source="document.author", allow_blank=True)
    event_at = serializers.DateTimeField(source="document.event_at")
    recorded_at = serializers.DateTimeField(source="document.recorded_at")
    copies = serializers.IntegerField(help_text="Others alike, known then.")
    closeness = serializers.FloatField(allow_null=True)
    symbols = serializers.ListField(child=serializers.CharField())
    simulated = serializers.BooleanField(source="document.is_simulated")


class ThemeChangeSerializer(serializers.ModelSerializer[ThemeChange]):
    """Something that happened to a theme."""

    by_operator = serializers.SerializerMethodField()

    class Meta:
        model = ThemeChange
        fields = ["at", "what", "before", "after", "reason", "by_operator"]

    def get_by_operator(self, change: ThemeChange) -> bool:
        """Whether a person decided it."""
        return change.author_id is not None


class ReasonSerializer(serializers.Serializer[Any]):
    """Why."""

    reason = serializers.CharField(max_length=255)


class RenameSerializer(ReasonSerializer):
    """A new name."""

    title = serializers.CharField(max_length=120)


class MergeSerializer(ReasonSerializer):
    """Which theme it belongs to."""

    into = serializers.UUIDField()
