"""The universe's JSON. Money in dollars, volumes and floats in shares, moments UTC; null is missing, never a zero."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from .kernels.reasons import Reason
from .listing import reason_title
from .models import SECTOR_CHOICES, Membership, UniverseRun


class StageSerializer(serializers.Serializer[Any]):
    """One step of the funnel."""

    name = serializers.CharField()
    left = serializers.IntegerField(help_text="Names left after this stage.")
    out = serializers.DictField(child=serializers.IntegerField(), help_text="Names turned away, by reason code.")
    joined = serializers.IntegerField(help_text="Names taken back in by operators.")


class RunSerializer(serializers.ModelSerializer[UniverseRun]):
    """A screening of the whole market."""

    profile = serializers.CharField(source="profile.name")
    profile_version = serializers.IntegerField(source="profile.version")
    simulated = serializers.BooleanField(source="is_simulated")
    sources = serializers.ListField(child=serializers.CharField())
    stages = StageSerializer(many=True)

    class Meta:
        model = UniverseRun
        fields = (
            "id",
            "session",
            "profile",
            "profile_version",
            "as_of",
            "recorded_at",
            "members",
            "volume_floor",
            "floor_note",
            "simulated",
            "sources",
            "stages",
        )


class ChangeSerializer(serializers.ModelSerializer[Membership]):
    """A name that joined or left."""

    symbol = serializers.CharField(source="instrument.symbol")
    name = serializers.CharField(source="instrument.name")
    sector = serializers.CharField(allow_blank=True)
    change = serializers.ChoiceField(choices=["joined", "left"])
    cause = serializers.CharField(source="change_cause")

    class Meta:
        model = Membership
        fields = ("symbol", "name", "sector", "change", "cause", "reason")


class StockSerializer(serializers.ModelSerializer[Membership]):
    """What a run decided about one stock, and with which figures."""

    symbol = serializers.CharField(source="instrument.symbol")
    name = serializers.CharField(source="instrument.name")
    exchange = serializers.CharField(source="instrument.exchange")
    type = serializers.CharField(source="instrument.kind", help_text="The vendor's type code: CS, ADRC, PFD, ...")
    sector = serializers.ChoiceField(choices=SECTOR_CHOICES, allow_blank=True)
    reason = serializers.ChoiceField(choices=[reason.value for reason in Reason])
    reason_title = serializers.SerializerMethodField()
    short_percent = serializers.FloatField(allow_null=True, help_text="Short interest, percent of the float.")
    gap_frequency = serializers.FloatField(
        allow_null=True, help_text="Share of sessions that opened 5 % or more away, 0 to 1."
    )

    class Meta:
        model = Membership
        fields: tuple[str, ...] = (
            "symbol",
            "name",
            "exchange",
            "type",
            "eligible",
            "reason",
            "reason_title",
            "sector",
            "sector_confidence",
            "tier",
            "price",
            "market_cap",
            "cap_estimated",
            "average_volume",
            "free_float",
            "float_estimated",
            "short_percent",
            "gap_frequency",
            "change",
            "change_cause",
        )

    def get_reason_title(self, row: Membership) -> str:
        """The reason in words."""
        return reason_title(row.reason)


class EvidenceSerializer(serializers.Serializer[Any]):
    """What one source says about the sector."""

    source = serializers.CharField()  # type: ignore[assignment]  # a field of that name, not Field.source
    says = serializers.CharField()
    weight = serializers.FloatField()
    sector = serializers.CharField()
    mapped = serializers.BooleanField(help_text="Brought to the nearest of the eight sectors.")


class StockDetailSerializer(StockSerializer):
    """One stock with the evidence of its sector and the run that decided."""

    evidence = EvidenceSerializer(many=True)
    run = RunSerializer()

    class Meta(StockSerializer.Meta):
        fields = (*StockSerializer.Meta.fields, "evidence", "run")
