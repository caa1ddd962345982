"""The crypto regime's JSON. Moments are UTC; strengths and confidence 0-100, scores 0-1, caps and prices dollars.

null is missing and never a zero. The names of the requirement (MacroSentimentData) stand first.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from macro.models import MacroSentimentAnalysis, MacroSystemState, Permission, Regime


class AnalysisSerializer(serializers.ModelSerializer[MacroSentimentAnalysis]):
    """One analysis as it was stored."""

    seq = serializers.IntegerField(source="pk", help_text="Grows with every analysis.")
    last_updated = serializers.DateTimeField(source="recorded_at", help_text="When it was made.")
    simulated = serializers.BooleanField(source="is_simulated", help_text="Made from simulated readings.")
    scores = serializers.DictField(child=serializers.FloatField(), help_text="alt, btc and bear, 0-1.")
    reasons = serializers.ListField(
        child=serializers.DictField(), help_text="The nearest rules with their distances, and notes."
    )

    class Meta:
        model = MacroSentimentAnalysis
        fields = [
            "overall_confidence",
            "btc_trend_direction",
            "btc_trend_strength",
            "alt_trend_direction",
            "alt_trend_strength",
            "trade_permission",
            "market_regime",
            "last_updated",
            "eth_trend_direction",
            "eth_trend_strength",
            "seq",
            "as_of",
            "simulated",
            "scores",
            "macro_score",
            "margin",
            "raw_probability",
            "alt_season_index",
            "reasons",
            "ai_reasoning",
            "model_used",
            "engine_version",
            "data_period_start",
            "data_period_end",
            "chart_data_hash",
            "processing_time_ms",
            "trigger",
        ]


class ChartLinkSerializer(serializers.Serializer[Any]):
    """Where a picture is."""

    name = serializers.CharField()
    url = serializers.URLField()


class StatusSerializer(AnalysisSerializer):
    """The regime in force: the requirement's MacroSentimentData, how current it is, and its pictures."""

    next_update = serializers.DateTimeField(help_text="When the next scan begins.")
    age_s = serializers.FloatField(help_text="Of the newest reading that entered, seconds.")
    state = serializers.ChoiceField(choices=["LIVE", "AGEING", "STALE"])
    charts = ChartLinkSerializer(many=True)

    class Meta(AnalysisSerializer.Meta):
        fields = [*AnalysisSerializer.Meta.fields, "next_update", "age_s", "state", "charts"]


class HistoryQuerySerializer(serializers.Serializer[Any]):
    """What the history is narrowed to."""

    regime = serializers.ChoiceField(choices=Regime.choices, required=False)
    permission = serializers.ChoiceField(choices=Permission.choices, required=False)
    min_confidence = serializers.IntegerField(min_value=0, max_value=100, required=False)


class ClaimSerializer(serializers.Serializer[Any]):
    """One number in the words, held against the store."""

    path = serializers.CharField(help_text="Which text: summary, evidence.0, risks.1.")
    start = serializers.IntegerField()
    end = serializers.IntegerField()
    text = serializers.CharField()
    fact = serializers.CharField(allow_blank=True, help_text="The figure it was held against.")
    stated = serializers.FloatField(allow_null=True, help_text="That figure's value.")
    verdict = serializers.ChoiceField(choices=["right", "wrong", "unsupported", "context"])


class OpinionSerializer(serializers.Serializer[Any]):
    """A language model's words on an analysis. They override nothing."""

    seq = serializers.IntegerField(source="analysis_id", help_text="The analysis it is about.")
    opinion_state = serializers.ChoiceField(source="state", choices=["done", "failed"])
    reason = serializers.CharField(allow_blank=True)
    answer = serializers.DictField(allow_null=True)
    claims = ClaimSerializer(many=True)
    agrees = serializers.BooleanField(allow_null=True)
    model = serializers.CharField()
    prompt_version = serializers.CharField()
    request_hash = serializers.CharField()
    ended_at = serializers.DateTimeField()
    simulated = serializers.BooleanField(source="is_simulated")


class BootstrapRequestSerializer(serializers.Serializer[Any]):
    """Whether a history that is there is fetched again."""

    force = serializers.BooleanField(default=False)


class StartedSerializer(serializers.Serializer[Any]):
    """A job that was asked for."""

    job = serializers.IntegerField()
    job_state = serializers.CharField(help_text="queued, running, or failed when no worker could be reached.")
    reason = serializers.CharField(allow_blank=True)
    status_url = serializers.CharField()


class ScansSerializer(serializers.Serializer[Any]):
    """Scans of the last 30 days, or since the bootstrap."""

    since = serializers.DateTimeField(allow_null=True)
    expected = serializers.IntegerField()
    kept = serializers.IntegerField()
    missing = serializers.IntegerField()
    loss = serializers.FloatField(allow_null=True, help_text="missing / expected, 0-1.")
    estimated = serializers.IntegerField()
    quarantined = serializers.IntegerField()


class VendorSerializer(serializers.Serializer[Any]):
    """One source as the workers last saw it."""

    name = serializers.CharField()
    healthy = serializers.BooleanField(allow_null=True, help_text="null: never asked.")
    breaker = serializers.CharField()
    last_success_at = serializers.DateTimeField(allow_null=True)
    last_failure_at = serializers.DateTimeField(allow_null=True)
    calls_today = serializers.IntegerField(source="calls", allow_null=True)
    calls_left_today = serializers.IntegerField(source="left", allow_null=True, help_text="null: no budget is set.")


class JobStateSerializer(serializers.Serializer[Any]):
    """A job that is queued or running, or the last one that ended."""

    name = serializers.CharField()
    job_state = serializers.CharField(source="status")
    percent = serializers.IntegerField()
    phase = serializers.CharField(allow_blank=True)
    finished_at = serializers.DateTimeField(allow_null=True)


class HealthSerializer(serializers.Serializer[Any]):
    """How the collection is doing. No address, key or account is shown."""

    system_status = serializers.ChoiceField(source="state.system_status", choices=MacroSystemState.Status.choices)
    as_of = serializers.DateTimeField(source="reading.event_at", allow_null=True, help_text="Of the newest reading.")
    age_s = serializers.FloatField(source="freshness.age_s", allow_null=True)
    data_state = serializers.CharField(source="freshness.state")
    source = serializers.CharField(source="reading.data_source", allow_null=True)  # type: ignore[assignment]
    estimated = serializers.BooleanField(source="reading.is_estimated", allow_null=True)
    simulated = serializers.BooleanField(source="is_simulated")
    bootstrap_completed = serializers.BooleanField(source="state.bootstrap_completed")
    bootstrap_completed_at = serializers.DateTimeField(source="state.bootstrap_completed_at", allow_null=True)
    bootstrap_coins = serializers.IntegerField(source="coins")
    bootstrap_coins_done = serializers.IntegerField(source="coins_done")
    last_successful_scan = serializers.DateTimeField(source="state.last_successful_scan", allow_null=True)
    last_failed_scan = serializers.DateTimeField(source="state.last_failed_scan", allow_null=True)
    last_failure = serializers.CharField(source="state.last_failure", allow_blank=True)
    consecutive_failures = serializers.IntegerField(source="state.consecutive_failures")
    last_analysis = serializers.IntegerField(source="state.last_analysis_id", allow_null=True)
    next_scan = serializers.DateTimeField()
    scans = ScansSerializer()
    vendors = VendorSerializer(many=True)
    analyst_configured = serializers.BooleanField(source="analyst")
    active_jobs = JobStateSerializer(many=True, source="active_runs")
    last_jobs = JobStateSerializer(many=True, source="last_runs")
