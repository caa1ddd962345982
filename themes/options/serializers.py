"""Shapes of the JSON API of confluence and options."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from themes.kernels.confluence import COMPONENTS
from themes.models import ConfluenceScore, OptionsDay

from .selectors import OptionsReading


class ConfluencePartSerializer(serializers.Serializer[Any]):
    """One of the three parts. value in [-1, 1], null where it is missing and says why."""

    value = serializers.FloatField(allow_null=True)
    contribution = serializers.FloatField(help_text="Share of the strength; the three sum to 1.")
    confidence = serializers.FloatField(allow_null=True)
    as_of = serializers.DateTimeField(allow_null=True)
    missing = serializers.CharField(allow_blank=True)


class ConfluenceSerializer(serializers.Serializer[Any]):
    """One stock at one slot."""

    symbol = serializers.CharField()
    as_of = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    confluence_score = serializers.FloatField(help_text="0 to 1.")
    confluence_level = serializers.CharField()
    directional_bias = serializers.FloatField(help_text="-1 bearish to 1 bullish.")
    agreement = serializers.FloatField(allow_null=True)
    confidence = serializers.FloatField()
    meets_minimum_threshold = serializers.BooleanField()
    meets_high_threshold = serializers.BooleanField()
    technical = ConfluencePartSerializer()
    sentiment = ConfluencePartSerializer()
    options_flow = ConfluencePartSerializer()
    components_used = serializers.ListField(child=serializers.CharField())
    volume_trend = serializers.CharField(allow_blank=True)
    simulated = serializers.BooleanField()


class ConfluenceDetailSerializer(ConfluenceSerializer):
    """One stock with its technical breakdown."""

    technical_breakdown = serializers.DictField()


class PassSerializer(serializers.Serializer[Any]):
    """The pass the rows are of."""

    as_of = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    stocks = serializers.IntegerField()
    scored = serializers.IntegerField()
    minimum = serializers.IntegerField()
    high = serializers.IntegerField()
    missing = serializers.DictField(child=serializers.IntegerField())
    thresholds = serializers.DictField(child=serializers.FloatField())
    simulated = serializers.BooleanField(source="is_simulated")


class ConfluenceBoardSerializer(serializers.Serializer[Any]):
    """A page of the board."""

    count = serializers.IntegerField()
    page = serializers.IntegerField()
    pages = serializers.IntegerField()
    reading = PassSerializer()
    record = serializers.DictField(allow_null=True, help_text="High signals against their next session, with n.")
    results = ConfluenceSerializer(many=True)


class ConfluenceHistorySerializer(serializers.Serializer[Any]):
    """A stock's past, oldest first."""

    symbol = serializers.CharField()
    since = serializers.DateTimeField()
    until = serializers.DateTimeField()
    results = ConfluenceSerializer(many=True)


class OptionsDaySerializer(serializers.ModelSerializer[OptionsDay]):
    """What the chain showed last on one session."""

    class Meta:
        model = OptionsDay
        fields = (
            "session", "as_of", "call_volume", "put_volume", "call_open_interest", "put_open_interest", "log_put_call",
            "skew", "premium", "unusual", "contracts",
        )  # fmt: skip


class OptionsSerializer(serializers.Serializer[Any]):
    """A stock's newest options reading. score is null until ten sessions are known."""

    symbol = serializers.CharField()
    as_of = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    score = serializers.FloatField(allow_null=True)
    quality = serializers.FloatField()
    effective_count = serializers.FloatField()
    facts = serializers.DictField()
    simulated = serializers.BooleanField()
    days = OptionsDaySerializer(many=True)


def describe_row(row: ConfluenceScore, *, whole: bool = False) -> dict[str, Any]:
    """A row as the API gives it."""
    found: dict[str, Any] = {
        "symbol": row.symbol,
        "as_of": row.timestamp,
        "recorded_at": row.calculated_at,
        "confluence_score": row.confluence_score,
        "confluence_level": row.confluence_level,
        "directional_bias": row.directional_bias,
        "agreement": row.agreement,
        "confidence": row.confidence,
        "meets_minimum_threshold": row.meets_minimum_threshold,
        "meets_high_threshold": row.meets_high_threshold,
        "components_used": row.components_used,
        "volume_trend": row.volume_trend,
        "simulated": row.is_simulated,
    }
    for name in COMPONENTS:
        entered = row.inputs.get(name, {})
        found[name] = {
            "value": getattr(row, f"{name}_score"),
            "contribution": getattr(row, f"{name}_contribution"),
            "confidence": entered.get("confidence"),
            "as_of": entered.get("as_of"),
            "missing": row.missing.get(name, ""),
        }
    return found | ({"technical_breakdown": row.technical_breakdown} if whole else {})


def describe_options(symbol: str, reading: OptionsReading, days: list[OptionsDay]) -> dict[str, Any]:
    """A reading as the API gives it."""
    return {
        "symbol": symbol,
        "as_of": reading.as_of,
        "recorded_at": reading.row.recorded_at,
        "score": reading.score,
        "quality": reading.quality,
        "effective_count": reading.row.effective_count,
        "facts": {name: value for name, value in reading.facts.items() if name != "is_simulated"},
        "simulated": reading.is_simulated,
        "days": days,
    }
