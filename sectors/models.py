"""Published sector lights. A run and its readings are written in one transaction and never changed."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from sentiment_site.market.sectors import SECTORS
from universe.models import UniverseRun

SECTOR_CHOICES = [(sector.key, sector.title) for sector in SECTORS]


class SectorRun(models.Model):
    """One analysis: of all eight sectors, or after a significant move of the sectors it touched.

    It exists only when complete; `id` is the sequence number on the wire.
    """

    class Trigger(models.TextChoices):
        SCHEDULED = "scheduled", "schedule"
        MANUAL = "manual", "on demand"
        MOVE = "move", "significant move"
        REPLAY = "replay", "replay"

    as_of = models.DateTimeField(help_text="End of the newest bar that entered.")
    recorded_at = models.DateTimeField(help_text="When the run became known here.")
    trigger = models.CharField(max_length=10, choices=Trigger)
    formula = models.CharField(max_length=20, help_text="The champion: whose light is shown.")
    occasion = models.CharField(max_length=20, blank=True, help_text="Of the day's schedule, or what moved.")
    is_whole = models.BooleanField(default=True, help_text="All eight sectors; a significant move recalculates some.")
    weights_source = models.CharField(max_length=8)
    universe_run = models.ForeignKey(UniverseRun, on_delete=models.PROTECT, related_name="sector_runs")
    members = models.PositiveIntegerField()
    sources = models.JSONField(default=list, help_text="Names of the sources whose bars entered.")
    delay_s = models.PositiveIntegerField(default=0, help_text="The slowest source's delay, seconds.")
    is_simulated = models.BooleanField()
    job_run_id = models.BigIntegerField(null=True, blank=True)
    duration_ms = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-recorded_at"]), models.Index(fields=["-as_of"])]
        get_latest_by = "id"

    def __str__(self) -> str:
        return f"run {self.pk}, as of {self.as_of:%Y-%m-%d %H:%M} UTC"


class SectorReading(models.Model):
    """One sector's light in one run by one formula, with every factor that made it.

    The time series of the sector light: partitioned by `as_of`, kept in full detail for RETENTION_SECTOR_DETAIL_DAYS,
    then archived and dropped. The light that is shown is the one of the run's own formula; the others are challengers.
    """

    class Status(models.TextChoices):
        OK = "ok", "ok"
        STALE = "stale", "stale"
        NO_READ = "no_read", "no read"
        NO_DATA = "no_data", "no data"
        ABSTAINED = "abstained", "no read: abstained"  # there is a score, but it is too weak to be advice

    pk = models.CompositePrimaryKey("as_of", "run_id", "sector", "formula")
    as_of = models.DateTimeField()
    run = models.ForeignKey(SectorRun, on_delete=models.CASCADE, related_name="readings", db_index=False)
    sector = models.CharField(max_length=30, choices=SECTOR_CHOICES)
    formula = models.CharField(max_length=20)
    status = models.CharField(max_length=9, choices=Status)
    reason = models.CharField(max_length=255, blank=True)
    score = models.DecimalField(max_digits=4, decimal_places=3, null=True)
    colour = models.CharField(max_length=15, blank=True)
    label = models.CharField(max_length=10, blank=True)
    signal = models.CharField(max_length=40, blank=True)
    confidence = models.DecimalField(max_digits=4, decimal_places=3, null=True)
    stocks_count = models.PositiveIntegerField()
    fresh_count = models.PositiveIntegerField()
    performance_30min = models.DecimalField(max_digits=8, decimal_places=4, null=True, help_text="Percent points.")
    performance_1day = models.DecimalField(max_digits=8, decimal_places=4, null=True)
    performance_3day = models.DecimalField(max_digits=8, decimal_places=4, null=True)
    performance_1week = models.DecimalField(max_digits=8, decimal_places=4, null=True)
    performance_multiplied = models.DecimalField(max_digits=8, decimal_places=4, null=True, help_text="Display only.")
    volume_weighted_change = models.DecimalField(max_digits=8, decimal_places=4, null=True)
    relative_strength_vs_iwm = models.DecimalField(max_digits=8, decimal_places=4, null=True)
    alpha_raw = models.DecimalField(max_digits=8, decimal_places=4, null=True)
    concentration_warning = models.BooleanField(default=False)
    low_confidence = models.BooleanField(default=False)
    top_bullish = models.JSONField(default=list, help_text="Up to three movers with the parts of their rank.")
    top_bearish = models.JSONField(default=list)
    factors = models.JSONField(
        help_text="Every factor of the chain and its inputs; see docs/methods/sector-sentiment.md."
    )
    constituents = models.BinaryField(
        null=True, help_text="Every stock's part in it, packed; see sectors.constituents. None for challengers."
    )

    class Meta:
        db_table = "sector_sentiment"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=-1, score__lte=1), name="sectorreading_score_range"
            ),
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | Q(confidence__gte=0, confidence__lte=1),
                name="sectorreading_confidence_range",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["ok", "stale", "no_read", "no_data", "abstained"]),
                name="sectorreading_status_known",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["run"], name="sector_sentiment_run"),
            models.Index(fields=["sector", "-as_of"], name="sector_sentiment_current"),
            models.Index(fields=["colour", "-as_of"], name="sector_sentiment_colour"),
        ]
