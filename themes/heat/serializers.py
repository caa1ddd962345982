"""The temperature's JSON. Percentages are percent points, risks lie in 0..1; moments are UTC, null is missing."""

from __future__ import annotations

from rest_framework import serializers

from themes.models import StockVerdict, TemperatureReading

from .views import verb_of


class TemperatureSerializer(serializers.ModelSerializer[TemperatureReading]):
    """One stock at one moment."""

    symbol = serializers.CharField(source="instrument.symbol")
    level = serializers.CharField(source="temperature_classification", help_text="cold to extreme; empty: none.")
    hour_alone = serializers.SerializerMethodField(help_text="The level before hysteresis; null: unknown.")
    change = serializers.FloatField(source="hourly_price_change", help_text="Of the hour, percent points.")
    volume_multiple = serializers.FloatField(source="hourly_volume_multiple", help_text="Of the hour's usual volume.")
    acceleration = serializers.FloatField(source="momentum_velocity", help_text="Percent per hour squared.")
    pace = serializers.CharField(source="momentum_phase", allow_blank=True)
    squeeze_risk = serializers.FloatField(source="squeeze_risk_indicator", allow_null=True)
    squeeze = serializers.DictField(help_text="Inputs, parts, interval, and what is missing.")
    reasons = serializers.DictField(help_text="The rule that matched, what was compared, what was unknown.")
    simulated = serializers.SerializerMethodField()

    class Meta:
        model = TemperatureReading
        fields = (
            "as_of", "recorded_at", "symbol", "sector", "level", "hour_alone", "change", "volume_multiple",
            "acceleration", "pace", "squeeze_risk", "squeeze", "trading_recommendation", "reasons", "simulated",
        )  # fmt: skip

    def get_hour_alone(self, row: TemperatureReading) -> str | None:
        """The hour's own level."""
        return None if row.raw_level is None else ("cold", "warm", "hot", "extreme")[row.raw_level]

    def get_simulated(self, row: TemperatureReading) -> bool:
        """Whether the pass rested on simulated prices."""
        return bool(row.is_simulated)  # type: ignore[attr-defined]  # annotated by the view


class VerdictSerializer(serializers.ModelSerializer[StockVerdict]):
    """One stock's verdict with its trace."""

    symbol = serializers.CharField(source="instrument.symbol")
    verdict = serializers.SerializerMethodField(help_text="What the can/should matrix says.")
    sector_score = serializers.FloatField(allow_null=True)
    theme = serializers.CharField(allow_null=True, source="theme.theme_name", default=None)
    theme_term = serializers.FloatField(allow_null=True, help_text="Of the 60/40 override; null: none.")
    score = serializers.FloatField(allow_null=True, help_text="The light with the theme's term.")
    trace = serializers.ListField(child=serializers.DictField(), help_text="Rule by rule: inputs, threshold, effect.")

    class Meta:
        model = StockVerdict
        fields = (
            "as_of", "recorded_at", "symbol", "can_short", "should_short", "verdict", "sector_score", "theme",
            "theme_id", "theme_term", "score", "trace",
        )  # fmt: skip

    def get_verdict(self, row: StockVerdict) -> str:
        """The word."""
        return verb_of(row)
