"""Themes: the stories money chases, who belongs to them and when, and what an operator said about them."""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from sentiment_site.market import clock
from sentiment_site.market.sectors import SECTORS

from .documents import Document

SECTOR_CHOICES = [(sector.key, sector.title) for sector in SECTORS]


class ThemeDictionary(models.Model):
    """One version of a curated theme: regular expressions that make a document count. The newest active one holds."""

    key = models.SlugField(max_length=60)
    version = models.PositiveIntegerField()
    title = models.CharField(max_length=100)
    patterns = models.JSONField(help_text="Regular expressions, matched without regard to case.")
    is_active = models.BooleanField(default=True)
    reason = models.CharField(max_length=255, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    created_at = models.DateTimeField(default=clock.now)

    class Meta:
        verbose_name_plural = "theme dictionaries"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["key", "version"], name="themedictionary_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.key} v{self.version}"


class Phase(models.TextChoices):
    """Where a theme stands in its life."""

    EMERGING = "emerging", "Emerging"
    SPREADING = "spreading", "Spreading"
    PEAK = "peak", "Past its peak"
    COOLING = "cooling", "Cooling"
    DORMANT = "dormant", "Dormant"
    REIGNITED = "reignited", "Reignited"


class Standing(models.TextChoices):
    """What the product makes of it."""

    WATCH = "watch", "Watched: below the confidence gate"
    ACTIVE = "active", "Active"
    MERGED = "merged", "Merged into another"
    RETIRED = "retired", "Retired by an operator"


class Level(models.TextChoices):
    """Temperature."""

    COLD = "cold", "COLD"
    WARM = "warm", "WARM"
    HOT = "hot", "HOT"
    EXTREME = "extreme", "EXTREME"


class Theme(models.Model):
    """A theme as it stands now; its past is in ThemeReading, ThemeMembership and ThemeChange.

    emergence_timestamp: first document of the cluster; detected_at: when the product saw it (their difference is the
    latency). Columns as in the requirement's theme_detection_1b.
    """

    Phase = Phase
    Standing = Standing
    Level = Level

    theme_id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    theme_name = models.CharField(max_length=100)
    title = models.CharField(max_length=120, blank=True, help_text="An operator's name for it.")
    dictionary_key = models.CharField(max_length=60, blank=True)
    terms = models.JSONField(default=list)
    standing = models.CharField(max_length=8, choices=Standing.choices)
    is_confirmed = models.BooleanField(default=False, help_text="By an operator.")
    emergence_timestamp = models.DateTimeField()
    detected_at = models.DateTimeField()
    detection_confidence = models.DecimalField(max_digits=4, decimal_places=3)
    phase = models.CharField(max_length=10, choices=Phase.choices, default=Phase.EMERGING)
    intensity = models.FloatField(default=0)
    peak_intensity = models.FloatField(default=0)
    peak_intensity_reached = models.BooleanField(default=False)
    peak_at = models.DateTimeField(null=True, blank=True)
    cooling_phase_started = models.DateTimeField(null=True, blank=True)
    primary_sector = models.CharField(max_length=50, choices=SECTOR_CHOICES, blank=True)
    contaminated_sectors = models.JSONField(
        default=list, help_text="In order: sector, entered_at, lag_h, share, mean_excess."
    )
    temperature_status = models.CharField(max_length=20, choices=Level.choices, blank=True)
    manipulation_risk_score = models.DecimalField(max_digits=4, decimal_places=3, null=True, blank=True)
    sympathy_network = models.JSONField(default=list, help_text="Up to ten stocks that are no members but move along.")
    narrative_sources = models.JSONField(default=dict, help_text="Documents per kind.")
    merged_into = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="absorbed")
    is_simulated = models.BooleanField()
    as_of = models.DateTimeField()
    created_at = models.DateTimeField(default=clock.now)
    updated_at = models.DateTimeField(default=clock.now)

    class Meta:
        db_table = "theme_detection"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(detection_confidence__gte=0, detection_confidence__lte=1), name="theme_confidence_range"
            ),
            models.CheckConstraint(condition=Q(standing__in=Standing.values), name="theme_standing_known"),
            models.CheckConstraint(condition=Q(phase__in=Phase.values), name="theme_phase_known"),
            models.CheckConstraint(
                condition=Q(standing="merged", merged_into__isnull=False)
                | (~Q(standing="merged") & Q(merged_into__isnull=True)),
                name="theme_merged_somewhere",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["standing", "-intensity"], name="theme_board"),
            models.Index(fields=["-emergence_timestamp"], name="theme_emergence"),
        ]

    def __str__(self) -> str:
        return self.title or self.theme_name


class ThemeReading(models.Model):
    """A theme at one tick, with everything that made its numbers. Append-only."""

    theme = models.ForeignKey(Theme, on_delete=models.CASCADE, related_name="readings")
    as_of = models.DateTimeField()
    standing = models.CharField(max_length=8, choices=Standing.choices)
    phase = models.CharField(max_length=10, choices=Phase.choices)
    intensity = models.FloatField()
    confidence = models.DecimalField(max_digits=4, decimal_places=3)
    temperature = models.CharField(max_length=8, choices=Level.choices, blank=True)
    manipulation_risk = models.DecimalField(max_digits=4, decimal_places=3, null=True, blank=True)
    members = models.PositiveIntegerField()
    documents = models.PositiveIntegerField(help_text="In the window.")
    spread_index = models.FloatField(null=True, blank=True, help_text="1 - sum of squared sector shares.")
    factors = models.JSONField(default=dict, help_text="Burst, breadth, coherence, volume: inputs and parts.")
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["theme", "as_of"], name="themereading_once")]
        indexes: ClassVar = [models.Index(fields=["-as_of"], name="themereading_as_of")]

    def __str__(self) -> str:
        return f"{self.theme_id} at {self.as_of:%Y-%m-%d %H:%M} UTC"


class ThemeMembership(models.Model):
    """A stock in a theme from `since` until `until`, with the text and price parts at its entry. Never rewritten."""

    theme = models.ForeignKey(Theme, on_delete=models.CASCADE, related_name="memberships")
    instrument = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+")
    sector = models.CharField(max_length=30, choices=SECTOR_CHOICES, blank=True)
    is_sympathy = models.BooleanField(default=False, help_text="Follows in price without being written about.")
    score = models.FloatField(help_text=".6 text + .4 price, at the last change.")
    text_part = models.FloatField()
    price_part = models.FloatField(null=True, blank=True)
    first_mention_at = models.DateTimeField(null=True, blank=True)
    since = models.DateTimeField()
    until = models.DateTimeField(null=True, blank=True)
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["theme", "instrument"], condition=Q(until__isnull=True), name="thememembership_one_open"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["instrument", "-since"], name="thememembership_instrument")]

    def __str__(self) -> str:
        return f"{self.instrument_id} in {self.theme_id}"


class ThemeDocument(models.Model):
    """A document that belongs to a theme, and how close it is."""

    theme = models.ForeignKey(Theme, on_delete=models.CASCADE, related_name="evidence")
    document = models.ForeignKey(Document, on_delete=models.CASCADE, related_name="+")
    closeness = models.FloatField(help_text="Cosine to the theme's centroid; 1 for a curated match.")
    joined_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["theme", "document"], name="themedocument_once")]
        indexes: ClassVar = [models.Index(fields=["theme", "-joined_at"], name="themedocument_joined")]

    def __str__(self) -> str:
        return f"{self.document_id} of {self.theme_id}"


class ThemeChange(models.Model):
    """What happened to a theme by hand or by rule: detected, confirmed, renamed, merged, retired, reignited."""

    theme = models.ForeignKey(Theme, on_delete=models.CASCADE, related_name="changes")
    what = models.CharField(max_length=20)
    before = models.JSONField(default=dict, blank=True)
    after = models.JSONField(default=dict, blank=True)
    reason = models.CharField(max_length=255, blank=True)
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    at = models.DateTimeField(default=clock.now)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["theme", "-at"], name="themechange_theme")]

    def __str__(self) -> str:
        return f"{self.what} {self.theme_id}"


class TermHour(models.Model):
    """What was written about in one hour: the baseline of the burst test.

    counts: zlib of JSON, term -> [distinct stocks of the press, of posts, texts], copies counted once.
    """

    hour = models.DateTimeField(unique=True)
    counts = models.BinaryField()
    press_mentions = models.PositiveIntegerField(help_text="Stocks that news, releases and filings name, once a text.")
    post_mentions = models.PositiveIntegerField(help_text="Stocks that posts name, once a text.")
    documents = models.PositiveIntegerField()
    recorded_at = models.DateTimeField(default=clock.now)

    def __str__(self) -> str:
        return f"{self.hour:%Y-%m-%d %H} UTC"
