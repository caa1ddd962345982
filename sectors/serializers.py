"""The sectors' JSON: every answer says as of when, known since when, from which sources and how late they are.

Percentages are percent points (3.6 is +3.6 %), shares lie in 0..1, scores in -1..1. Moments are UTC. null is missing
and never a zero.
"""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.reverse import reverse

from sectors.models import SectorReading, SectorRun
from sentiment_site.jobs.models import JobRun


class ProvenanceSerializer(serializers.Serializer[Any]):
    """Where a reading comes from and how old it is; of a run, a grid, or anything with its attributes."""

    as_of = serializers.DateTimeField(help_text="End of the newest bar that entered.")
    recorded_at = serializers.DateTimeField(help_text="When it became known here.")
    simulated = serializers.BooleanField(source="is_simulated", help_text="Made from simulated prices.")
    delay_s = serializers.IntegerField(help_text="The slowest source's delay, seconds.")
    sources = serializers.ListField(child=serializers.CharField())


class CellSerializer(serializers.Serializer[Any]):
    """One timeframe."""

    horizon = serializers.ChoiceField(choices=["30min", "1day", "3day", "1week"])
    value = serializers.FloatField(allow_null=True, help_text="Percent points.")
    dot = serializers.ChoiceField(choices=["red", "blue", "yellow", "green", "grey"])
    reason = serializers.CharField(allow_blank=True, help_text="Why it is grey; empty when it is not.")


class ThemeTermSerializer(serializers.Serializer[Any]):
    """How a theme overrides the light, 60/40 and one way: beside the score, never part of it."""

    theme = serializers.CharField()
    theme_id = serializers.UUIDField()
    level = serializers.CharField(help_text="The theme's temperature: warm, hot or extreme.")
    theme_score = serializers.FloatField(help_text="How far the theme pulls, 0..1.")
    share = serializers.FloatField(help_text="Of the theme that lies in this sector, 0..1.")
    term = serializers.FloatField(help_text="share * 0.6 * (theme_score - score), above 0.")
    score = serializers.FloatField(help_text="The light with the term.")
    colour = serializers.CharField()
    verb = serializers.CharField()
    as_of = serializers.DateTimeField()


class CardSerializer(serializers.Serializer[Any]):
    """One sector's light."""

    sector = serializers.CharField()
    title = serializers.CharField()
    status = serializers.ChoiceField(choices=SectorReading.Status.choices)
    reason = serializers.CharField(allow_blank=True)
    score = serializers.FloatField(allow_null=True)
    colour = serializers.CharField(help_text="grey whenever the status is not ok.")
    verb = serializers.CharField()
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # a field's own name
    signal = serializers.CharField(allow_blank=True)
    confidence = serializers.FloatField(allow_null=True)
    low_confidence = serializers.BooleanField()
    concentration_warning = serializers.BooleanField()
    timeframes = CellSerializer(many=True, source="cells")
    stocks = serializers.IntegerField(source="n")
    fresh = serializers.IntegerField()
    multiplier = serializers.FloatField(allow_null=True)
    performance_multiplied = serializers.FloatField(allow_null=True)
    volume_weighted_change = serializers.FloatField(allow_null=True)
    relative_strength_vs_iwm = serializers.FloatField(source="relative_strength", allow_null=True)
    alpha = serializers.FloatField(allow_null=True)
    strength = serializers.CharField(allow_blank=True)
    previous_colour = serializers.CharField(allow_blank=True, help_text="The run before's, if it differs.")
    previous_score = serializers.FloatField(allow_null=True)
    theme = ThemeTermSerializer(allow_null=True, help_text="null: no theme makes this light more careful.")


class GridSerializer(ProvenanceSerializer):
    """The newest run with its eight lights."""

    seq = serializers.IntegerField(help_text="Grows with every published run.")
    trigger = serializers.ChoiceField(choices=SectorRun.Trigger.choices)
    formula = serializers.CharField()
    weights_source = serializers.CharField()
    universe_session = serializers.DateField()
    members = serializers.IntegerField()
    fresh = serializers.IntegerField()
    sectors = CardSerializer(many=True, source="cards")


class SectorSerializer(ProvenanceSerializer):
    """One sector's light with every factor that made it."""

    seq = serializers.IntegerField()
    light = CardSerializer()
    factors = serializers.DictField(help_text="Every link of the chain; see the method page of the sector light.")


class ReadingSerializer(serializers.ModelSerializer[SectorReading]):
    """A stored reading in a sector's history."""

    seq = serializers.IntegerField(source="run_id")
    recorded_at = serializers.DateTimeField(source="run.recorded_at")
    simulated = serializers.BooleanField(source="run.is_simulated")
    delay_s = serializers.IntegerField(source="run.delay_s")
    sources = serializers.ListField(source="run.sources", child=serializers.CharField())
    trigger = serializers.CharField(source="run.trigger")

    class Meta:
        model = SectorReading
        fields = (
            "seq",
            "as_of",
            "recorded_at",
            "simulated",
            "delay_s",
            "sources",
            "trigger",
            "sector",
            "status",
            "reason",
            "score",
            "colour",
            "label",
            "signal",
            "confidence",
            "low_confidence",
            "concentration_warning",
            "stocks_count",
            "fresh_count",
            "performance_30min",
            "performance_1day",
            "performance_3day",
            "performance_1week",
            "performance_multiplied",
            "volume_weighted_change",
            "relative_strength_vs_iwm",
            "alpha_raw",
        )
        extra_kwargs = {
            name: {"coerce_to_string": False}
            for name in (
                "score",
                "confidence",
                "performance_30min",
                "performance_1day",
                "performance_3day",
                "performance_1week",
                "performance_multiplied",
                "volume_weighted_change",
                "relative_strength_vs_iwm",
                "alpha_raw",
            )
        }


class SectorRunSerializer(ProvenanceSerializer):
    """A published run."""

    seq = serializers.IntegerField(source="pk")
    trigger = serializers.ChoiceField(choices=SectorRun.Trigger.choices)
    formula = serializers.CharField()
    weights_source = serializers.CharField()
    members = serializers.IntegerField()
    duration_ms = serializers.IntegerField()
    status_url = serializers.SerializerMethodField(help_text="The job that made it; null when it was no job.")

    @extend_schema_field(serializers.URLField(allow_null=True))
    def get_status_url(self, run: SectorRun) -> str | None:
        """Address of the job's status."""
        if run.job_run_id is None:
            return None
        return reverse("sectors_api:run", args=[run.job_run_id], request=self.context.get("request"))


class RunStatusSerializer(serializers.Serializer[Any]):
    """An analysis in progress or ended. `published` is the run it published, null until then or if there is none."""

    id = serializers.IntegerField(source="pk")
    url = serializers.SerializerMethodField()
    status = serializers.ChoiceField(choices=JobRun.Status.choices)
    percent = serializers.IntegerField()
    phase = serializers.CharField(allow_blank=True)
    reason = serializers.CharField(allow_blank=True, help_text="Why it was skipped, or whose fault a failure was.")
    trigger = serializers.CharField()
    queued_at = serializers.DateTimeField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    published = serializers.SerializerMethodField()

    @extend_schema_field(serializers.URLField())
    def get_url(self, run: JobRun) -> str:
        """Where to ask again."""
        return str(reverse("sectors_api:run", args=[run.pk], request=self.context.get("request")))

    @extend_schema_field(SectorRunSerializer(allow_null=True))
    def get_published(self, run: JobRun) -> dict[str, Any] | None:
        """The evidence of what it published."""
        published = SectorRun.objects.filter(job_run_id=run.pk).first()
        return None if published is None else SectorRunSerializer(published, context=self.context).data
