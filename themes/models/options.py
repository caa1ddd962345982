"""Options by day, the baselines of the flow score, and the passes that write confluence."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from sentiment_site.market import clock


class OptionsDay(models.Model):
    """What the option chain of a stock showed last on one session: the days that today is held against.

    Rewritten by later looks at the same session only; each look's score is a SymbolSentiment of the source options.
    """

    instrument = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+")
    session = models.DateField()
    as_of = models.DateTimeField(help_text="Market time of the chain, the vendor's delay taken off.")
    call_volume = models.PositiveBigIntegerField(default=0, help_text="Contracts.")
    put_volume = models.PositiveBigIntegerField(default=0, help_text="Contracts.")
    call_open_interest = models.PositiveBigIntegerField(default=0, help_text="Contracts, of the day before.")
    put_open_interest = models.PositiveBigIntegerField(default=0, help_text="Contracts, of the day before.")
    log_put_call = models.FloatField(null=True, help_text="ln((puts + 1) / (calls + 1)); empty: nothing traded.")
    skew = models.FloatField(null=True, help_text="25-delta put less call volatility, .05 is five points.")
    premium = models.FloatField(default=0, help_text="US dollars.")
    unusual = models.PositiveIntegerField(default=0, help_text="Contracts above three times open interest and $25,000.")
    contracts = models.PositiveIntegerField(help_text="Listed ones.")
    is_simulated = models.BooleanField()
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instrument", "session"], name="optionsday_once"),
            models.CheckConstraint(condition=Q(premium__gte=0), name="optionsday_premium_range"),
        ]
        indexes: ClassVar = [models.Index(fields=["-session"], name="optionsday_session")]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.session}"


class ConfluencePass(models.Model):
    """One pass over the universe; exists only when complete. `id` is the sequence number on the page."""

    as_of = models.DateTimeField(unique=True, help_text="The slot; nothing later entered.")
    recorded_at = models.DateTimeField(default=clock.now)
    stocks = models.PositiveIntegerField(help_text="Members looked at.")
    scored = models.PositiveIntegerField()
    minimum = models.PositiveIntegerField(help_text="Of them at the minimum threshold or above.")
    high = models.PositiveIntegerField(help_text="Of them at the high threshold or above.")
    missing = models.JSONField(default=dict, help_text="Part -> how many stocks lack it.")
    thresholds = models.JSONField(default=dict, help_text="minimum and high in force.")
    is_simulated = models.BooleanField()
    duration_ms = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name_plural = "confluence passes"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(high__lte=models.F("minimum"), minimum__lte=models.F("scored"))
                & Q(scored__lte=models.F("stocks")),
                name="confluencepass_counts",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.as_of:%Y-%m-%d %H:%M} UTC"
