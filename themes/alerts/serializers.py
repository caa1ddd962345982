"""The alerts' JSON. Moments are UTC, latencies seconds of market time; null is missing."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from themes.models import ThemeAlert

from .views import latency_of


class AlertSerializer(serializers.ModelSerializer[ThemeAlert]):
    """One alert."""

    kind = serializers.CharField(help_text="temperature, manipulation, theme, sympathy, confluence")
    symbol = serializers.SerializerMethodField(help_text="null where it is about no single stock.")
    theme_id = serializers.UUIDField(allow_null=True)
    facts = serializers.DictField()
    latency_s = serializers.SerializerMethodField(help_text="announced_at - data_at.")
    simulated = serializers.BooleanField(source="is_simulated")

    class Meta:
        model = ThemeAlert
        fields = (
            "id", "kind", "severity", "subject", "symbol", "theme_id", "text", "facts", "as_of", "data_at",
            "announced_at", "latency_s", "simulated",
        )  # fmt: skip

    def get_symbol(self, alert: ThemeAlert) -> str | None:
        """Of its stock."""
        return alert.instrument.symbol if alert.instrument else None

    def get_latency_s(self, alert: ThemeAlert) -> float:
        """Not below zero."""
        return latency_of(alert)


class LatencySerializer(serializers.Serializer[Any]):
    """How long the alerts of a day took; of all, then by kind."""

    kind = serializers.CharField()
    alerts = serializers.IntegerField()
    p50 = serializers.FloatField(allow_null=True, help_text="Seconds.")
    p90 = serializers.FloatField(allow_null=True, help_text="Seconds.")
    within = serializers.FloatField(allow_null=True, help_text="Share within 30 seconds.")
