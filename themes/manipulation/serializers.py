"""The manipulation risk's JSON. Risks and shares lie in 0..1, changes are percent points; null is missing."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from themes.models import ManipulationReading


class RiskSerializer(serializers.ModelSerializer[ManipulationReading]):
    """One stock at one bar."""

    symbol = serializers.CharField(source="instrument.symbol")
    risk = serializers.FloatField(help_text="As published.")
    raw = serializers.FloatField(help_text="Before recalibration.")
    flags_part = serializers.FloatField(help_text="A: 1 - product of (1 - weight) of the raised flags.")
    behaviour_part = serializers.FloatField(help_text="B: chance of a close 30 % lower within ten sessions.")
    evidence_coverage = serializers.FloatField(help_text="Share of the evidence that was there.")
    flags = serializers.ListField(child=serializers.DictField(), help_text="Raised, the largest effect first.")
    card = serializers.ListField(child=serializers.DictField(), help_text="Items of the behavioural card with points.")
    missing = serializers.ListField(child=serializers.CharField(), help_text="What nobody knew.")
    mitigators = serializers.ListField(child=serializers.DictField())
    reasons = serializers.ListField(child=serializers.DictField(), help_text="The five with the largest effect.")
    facts = serializers.DictField()
    phase_probability = serializers.DictField(child=serializers.FloatField())
    timeline = serializers.ListField(
        child=serializers.DictField(), help_text="Phases of fifteen sessions, as known then."
    )
    simulated = serializers.BooleanField(source="is_simulated")

    class Meta:
        model = ManipulationReading
        fields = (
            "as_of", "recorded_at", "data_at", "symbol", "risk", "raw", "band", "cause", "flags_part",
            "behaviour_part", "evidence_coverage", "flags", "card", "missing", "mitigators", "reasons", "facts",
            "phase", "phase_probability", "timeline", "version", "simulated",
        )  # fmt: skip


class PointSerializer(serializers.Serializer[Any]):
    """A stored reading in short."""

    as_of = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    risk = serializers.FloatField()
    band = serializers.CharField()
    phase = serializers.CharField()
    evidence_coverage = serializers.FloatField()


class StockRiskSerializer(serializers.Serializer[Any]):
    """The newest reading of a stock and those of three weeks."""

    newest = RiskSerializer()
    history = PointSerializer(many=True)


class WatchSerializer(serializers.Serializer[Any]):
    """The watch list of one bar."""

    as_of = serializers.DateTimeField(help_text="End of the half-hour bar.")
    recorded_at = serializers.DateTimeField()
    screened = serializers.IntegerField()
    outcomes = serializers.IntegerField(help_text="Settled outcomes known then.")
    calibrated = serializers.BooleanField(source="is_calibrated")
    silent = serializers.ListField(
        child=serializers.CharField(), source="missing", help_text="Feeds that said nothing."
    )
    simulated = serializers.BooleanField(source="is_simulated")
    stocks = RiskSerializer(many=True)
