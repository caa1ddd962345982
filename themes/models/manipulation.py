"""Beside the readings of manipulation risk: the passes that wrote them, and what became of the stocks."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from sentiment_site.market import clock


class ManipulationPass(models.Model):
    """One look at the universe at the end of a half-hour bar; exists only when complete, once per bar.

    `id` grows with every pass. screened: members of the universe that the cheap screen saw; readings: stocks that were
    read in full.
    """

    as_of = models.DateTimeField(unique=True)
    recorded_at = models.DateTimeField(default=clock.now)
    screened = models.PositiveIntegerField()
    readings = models.PositiveIntegerField()
    elevated = models.PositiveIntegerField()
    high = models.PositiveIntegerField()
    severe = models.PositiveIntegerField()
    outcomes = models.PositiveIntegerField(default=0, help_text="Settled outcomes known then.")
    is_calibrated = models.BooleanField(default=False, help_text="Whether the risk was recalibrated on them.")
    missing = models.JSONField(default=list, help_text="Feeds that were silent.")
    is_simulated = models.BooleanField()
    duration_ms = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "manipulation passes"

    def __str__(self) -> str:
        return f"{self.as_of:%Y-%m-%d %H:%M} UTC"


class ManipulationOutcome(models.Model):
    """What was said of a stock at a close, written before it was known what came of it; settled afterwards.

    A crash: one of the ten closes that follow is 30 % or more below this one. Without any close in that time nothing is
    known, and the outcome is void: settled without an answer.
    """

    instrument = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+")
    session = models.DateField()
    as_of = models.DateTimeField()
    risk = models.FloatField(help_text="As published.")
    raw = models.FloatField(help_text="Before recalibration: what the calibration is fitted on.")
    points = models.PositiveSmallIntegerField(help_text="Of the behavioural card.")
    is_spike = models.BooleanField(help_text="+25 % on four times the usual volume that day.")
    recorded_at = models.DateTimeField(default=clock.now)
    checked_on = models.DateField(null=True, blank=True, help_text="The last session that was looked at.")
    lowest_change = models.FloatField(null=True, blank=True, help_text="Lowest close since, percent.")
    crashed = models.BooleanField(null=True, blank=True)
    settled_at = models.DateTimeField(null=True, blank=True)
    is_simulated = models.BooleanField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instrument", "session"], name="manipulationoutcome_once"),
            models.CheckConstraint(
                condition=Q(raw__gte=0, raw__lte=1, risk__gte=0, risk__lte=1), name="manipulationoutcome_range"
            ),
            models.CheckConstraint(
                condition=Q(crashed__isnull=True) | Q(settled_at__isnull=False), name="manipulationoutcome_settled"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["session"], condition=Q(settled_at__isnull=True), name="manipulationoutcome_open"),
            models.Index(fields=["-settled_at"], name="manipulationoutcome_settled_at"),
        ]

    def __str__(self) -> str:
        return f"{self.instrument_id} on {self.session}"
