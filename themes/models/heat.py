"""What a stock's tape says every hour: temperature, velocity, squeeze risk, manipulation risk, verdict, alerts."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from sentiment_site.market import clock

from .stories import SECTOR_CHOICES, Level, Phase, Theme

CAN_SHORT = ("yes", "hard", "no", "unknown")
SHOULD_SHORT = ("prime", "good", "neutral", "avoid", "never", "no_read")
UNIT = Q(risk__gte=0, risk__lte=1)


class TemperatureReading(models.Model):
    """One stock at one stamp. Time series by as_of. Columns as in the requirement's temperature_monitoring_1b.

    The themes it belonged to are its memberships of that moment. Levels below WARM are stored for members of a theme
    and for stocks that were warmer before; the others are COLD by absence within a pass (TemperaturePass), or unknown
    if the pass lists them as such. An empty classification is no reading.
    """

    Level = Level

    pk = models.CompositePrimaryKey("as_of", "instrument_id")
    as_of = models.DateTimeField()
    instrument = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+", db_index=False)
    hourly_price_change = models.DecimalField(max_digits=8, decimal_places=4, null=True, help_text="Percent points.")
    hourly_volume_multiple = models.DecimalField(max_digits=6, decimal_places=2, null=True)
    sector = models.CharField(max_length=30, choices=SECTOR_CHOICES, blank=True, help_text="Of the stock, as of then.")
    temperature_classification = models.CharField(max_length=20, choices=Level.choices, blank=True)
    raw_level = models.PositiveSmallIntegerField(null=True, help_text="Before hysteresis: 0 COLD to 3 EXTREME.")
    quiet_hours = models.JSONField(default=list, help_text="Hours in a row below the exit of WARM, HOT, EXTREME.")
    momentum_velocity = models.DecimalField(max_digits=8, decimal_places=4, null=True, help_text="% per hour squared.")
    momentum_phase = models.CharField(max_length=12, blank=True)
    squeeze_risk_indicator = models.DecimalField(max_digits=4, decimal_places=3, null=True)
    squeeze = models.JSONField(default=dict, help_text="Inputs with their parts, and what is missing.")
    trading_recommendation = models.CharField(max_length=50)
    reasons = models.JSONField(default=dict, help_text="The rule that matched, what was compared, what was unknown.")
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "temperature_monitoring"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(squeeze_risk_indicator__isnull=True)
                | Q(squeeze_risk_indicator__gte=0, squeeze_risk_indicator__lte=1),
                name="temperature_squeeze_range",
            ),
            models.CheckConstraint(
                condition=Q(temperature_classification__in=[*Level.values, ""]), name="temperature_level_known"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["instrument", "-as_of"], name="temperature_instrument")]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.temperature_classification}"


class TemperaturePass(models.Model):
    """One pass over the universe, at a full hour, or between the hours over the stocks that moved.

    It exists only when complete. stocks: members of the universe; unknown: ids of those without a level.
    """

    as_of = models.DateTimeField(unique=True)
    recorded_at = models.DateTimeField(default=clock.now)
    is_whole = models.BooleanField(default=True, help_text="At a full hour; between them only movers are read again.")
    stocks = models.PositiveIntegerField()
    unknown = models.JSONField(default=list, help_text="Instrument ids without a level; the rest was COLD.")
    missing = models.JSONField(default=list, help_text="Inputs that no source gives.")
    warm = models.PositiveIntegerField()
    hot = models.PositiveIntegerField()
    extreme = models.PositiveIntegerField()
    is_simulated = models.BooleanField()
    duration_ms = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-recorded_at"], name="temperaturepass_recorded")]

    def __str__(self) -> str:
        return f"{self.as_of:%Y-%m-%d %H:%M} UTC"


class ThemeHeat(models.Model):
    """How hot a theme was in a pass, and how hard it pulls at the light of the sectors it runs through. Append-only."""

    theme = models.ForeignKey(Theme, on_delete=models.CASCADE, related_name="heat")
    as_of = models.DateTimeField()
    level = models.CharField(max_length=8, choices=Level.choices, blank=True)
    members = models.PositiveIntegerField()
    known = models.PositiveIntegerField(help_text="Members with a level.")
    rise = models.DecimalField(max_digits=8, decimal_places=4, null=True, help_text="Weighted day change, % points.")
    phase = models.CharField(max_length=10, choices=Phase.choices)
    score = models.DecimalField(max_digits=4, decimal_places=3, null=True, help_text="Empty: it says nothing.")
    reach = models.JSONField(default=dict, help_text="Sector: share of the membership weight.")
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["theme", "as_of"], name="themeheat_once"),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=0, score__lte=1), name="themeheat_score_range"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["-as_of"], name="themeheat_as_of")]

    def __str__(self) -> str:
        return f"{self.theme_id} {self.level}"


class ManipulationReading(models.Model):
    """Manipulation risk of one stock at one bar, with flags, behavioural card, mitigators and coverage. Time series.

    as_of: end of the half-hour bar; data_at: when the newest input of this reading was here. timeline: the phases of
    the last fifteen sessions as known then: phase, begin, end, probability.
    """

    pk = models.CompositePrimaryKey("as_of", "instrument_id")
    as_of = models.DateTimeField()
    instrument = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+", db_index=False)
    risk = models.DecimalField(max_digits=4, decimal_places=3)
    raw = models.DecimalField(max_digits=4, decimal_places=3, help_text="Before recalibration.")
    band = models.CharField(max_length=10)
    cause = models.CharField(max_length=10, help_text="Why it is watched: spike, theme, flags, talk, followed.")
    flags_part = models.DecimalField(max_digits=4, decimal_places=3, help_text="A: noisy-or of the red flags.")
    behaviour_part = models.DecimalField(max_digits=4, decimal_places=3, help_text="B: crash probability.")
    evidence_coverage = models.DecimalField(max_digits=4, decimal_places=3)
    flags = models.JSONField(default=list, help_text="Raised: key, group, title, value, weight, effect.")
    card = models.JSONField(default=list, help_text="Items of the behavioural card: key, value, points.")
    missing = models.JSONField(default=list, help_text="Keys of flags and card items whose inputs nobody knew.")
    mitigators = models.JSONField(default=list, help_text="key, factor, words, url")
    reasons = models.JSONField(default=list, help_text="The five with the largest effect.")
    facts = models.JSONField(default=dict, help_text="Price, change, RVOL, float, cap and what was written.")
    phase = models.CharField(max_length=16, blank=True)
    phase_probability = models.JSONField(default=dict)
    timeline = models.JSONField(default=list)
    version = models.CharField(max_length=20)
    is_simulated = models.BooleanField()
    data_at = models.DateTimeField()
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "manipulation_reading"
        constraints: ClassVar = [models.CheckConstraint(condition=UNIT, name="manipulation_risk_range")]
        indexes: ClassVar = [models.Index(fields=["instrument", "-as_of"], name="manipulation_instrument")]

    def __str__(self) -> str:
        return f"{self.instrument_id} {self.risk}"


class StockVerdict(models.Model):
    """The one answer about a stock at a moment: can it be shorted, should it be, and by which rule. Append-only."""

    instrument = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+")
    as_of = models.DateTimeField()
    can_short = models.CharField(max_length=10, help_text="yes, hard, no, unknown")
    should_short = models.CharField(max_length=10, help_text="prime, good, neutral, avoid, never, no_read")
    sector_score = models.DecimalField(max_digits=4, decimal_places=3, null=True)
    theme = models.ForeignKey(Theme, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    theme_term = models.DecimalField(
        max_digits=4, decimal_places=3, null=True, help_text="Of the 60/40 override; empty: none."
    )
    score = models.DecimalField(max_digits=4, decimal_places=3, null=True)
    trace = models.JSONField(default=list, help_text="Rule by rule: inputs, threshold, effect.")
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instrument", "as_of"], name="stockverdict_once"),
            models.CheckConstraint(condition=Q(can_short__in=CAN_SHORT), name="stockverdict_can_known"),
            models.CheckConstraint(condition=Q(should_short__in=SHOULD_SHORT), name="stockverdict_should_known"),
        ]
        indexes: ClassVar = [models.Index(fields=["-as_of"], name="stockverdict_as_of")]

    def __str__(self) -> str:
        return f"{self.instrument_id}: {self.should_short}"


class ThemeAlert(models.Model):
    """Something a trader must hear of within 30 seconds of the data: announced_at - data_at is the latency."""

    kind = models.CharField(max_length=20, help_text="temperature, manipulation, theme, sympathy, confluence")
    subject = models.CharField(max_length=120)
    instrument = models.ForeignKey(
        "universe.Instrument", null=True, blank=True, on_delete=models.CASCADE, related_name="+"
    )
    theme = models.ForeignKey(Theme, null=True, blank=True, on_delete=models.CASCADE, related_name="alerts")
    severity = models.PositiveSmallIntegerField(default=1, help_text="1 to 3.")
    text = models.CharField(max_length=300)
    facts = models.JSONField(default=dict)
    data_at = models.DateTimeField(help_text="When the data that caused it was here.")
    as_of = models.DateTimeField()
    announced_at = models.DateTimeField(default=clock.now)
    is_simulated = models.BooleanField(default=False)
    request_key = models.CharField(max_length=120, unique=True, help_text="So that one event is announced once.")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-as_of"], name="themealert_as_of")]

    def __str__(self) -> str:
        return self.text
