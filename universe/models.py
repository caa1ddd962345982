"""What exists and what was known of it, by date.

Everything a score may look back on is dated twice: by the market (`effective_on`, `settlement_date`, `ts`) and by when
it became known here (`recorded_at`). Rows are added, not changed, so a past moment can be seen again as it was.
Bars are not Django models: they are bulk tables with their own module, universe.bars.
"""

from __future__ import annotations

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.indexes import BrinIndex, GinIndex, OpClass
from django.contrib.postgres.search import SearchVector
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

from sentiment_site.market.sectors import SECTORS

SECTOR_CHOICES = [(sector.key, sector.title) for sector in SECTORS]


class DataSource(models.Model):
    """Where rows came from: a vendor, the simulated vendor, or an imported file."""

    class Kind(models.TextChoices):
        VENDOR = "vendor", "vendor"
        SIMULATED = "simulated", "simulated vendor"
        IMPORT = "import", "imported file"

    id = models.SmallAutoField(primary_key=True)
    name = models.CharField(max_length=100, unique=True)
    kind = models.CharField(max_length=10, choices=Kind)
    delay_s = models.PositiveIntegerField(default=0, help_text="How late the source shows what happened, in seconds.")

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(kind__in=["vendor", "simulated", "import"]), name="datasource_kind_known"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_simulated(self) -> bool:
        """Whether what it gave must be labelled simulated."""
        return self.kind == self.Kind.SIMULATED


class Instrument(models.Model):
    """A listed security. The symbol is Massive's form (BRK.B, KIMpL), case-sensitive; tickers are reused, rows not."""

    class Role(models.TextChoices):
        STOCK = "stock", "stock"
        BENCHMARK = "benchmark", "benchmark ETF"
        SECTOR_ETF = "sector_etf", "sector ETF"
        OTHER = "other", "not screened"

    id = models.AutoField(primary_key=True)
    symbol = models.CharField(max_length=16)
    name = models.CharField(max_length=255, blank=True)
    kind = models.CharField(max_length=12, blank=True, help_text="The vendor's type code: CS, ADRC, ETF, PFD, ...")
    role = models.CharField(max_length=12, choices=Role, default=Role.STOCK)
    exchange = models.CharField(max_length=8, blank=True, help_text="Market identifier code: XNAS, XNYS, XASE, ARCX.")
    cik = models.CharField(max_length=10, blank=True)
    composite_figi = models.CharField(max_length=12, blank=True)
    listed_on = models.DateField(null=True, blank=True)
    delisted_on = models.DateField(null=True, blank=True)
    details_checked_at = models.DateTimeField(null=True, blank=True, help_text="When details were last asked for.")
    source = models.ForeignKey(DataSource, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["symbol"], condition=Q(delisted_on__isnull=True), name="instrument_symbol_unique_while_listed"
            ),
            models.CheckConstraint(
                condition=Q(role__in=["stock", "benchmark", "sector_etf", "other"]), name="instrument_role_known"
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["symbol"]),
            models.Index(fields=["role", "kind"]),
            # the symbol search: beginnings of symbols in any case, beginnings of the words of names
            models.Index(OpClass(Upper("symbol"), name="text_pattern_ops"), name="instrument_symbol_beginning"),
            GinIndex(SearchVector("name", config="simple"), name="instrument_name_words"),
        ]

    def __str__(self) -> str:
        return self.symbol


class ReferenceReading(models.Model):
    """Shares, cap and classification codes of an instrument as a source gave them on a day. A row per change."""

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="reference_readings")
    effective_on = models.DateField()
    shares_outstanding = models.BigIntegerField(null=True, blank=True)
    market_cap = models.DecimalField(max_digits=20, decimal_places=2, null=True, blank=True, help_text="US dollars.")
    sic_code = models.CharField(max_length=4, blank=True)
    vendor_sector = models.CharField(max_length=60, blank=True)
    industry = models.CharField(max_length=120, blank=True)
    source = models.ForeignKey(DataSource, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["instrument", "effective_on", "source", "recorded_at"], name="referencereading_once"
            ),
            models.CheckConstraint(
                condition=Q(shares_outstanding__isnull=True) | Q(shares_outstanding__gt=0),
                name="referencereading_shares_positive",
            ),
            models.CheckConstraint(
                condition=Q(market_cap__isnull=True) | Q(market_cap__gt=0), name="referencereading_cap_positive"
            ),
        ]


class FloatReading(models.Model):
    """Freely tradable shares of an instrument."""

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="float_readings")
    effective_on = models.DateField()
    free_float = models.BigIntegerField()
    source = models.ForeignKey(DataSource, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instrument", "effective_on", "source"], name="floatreading_once"),
            models.CheckConstraint(condition=Q(free_float__gt=0), name="floatreading_positive"),
        ]


class ShortInterestReading(models.Model):
    """Shares sold short at a FINRA settlement date. Published about eight business days later."""

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="short_interest_readings")
    settlement_date = models.DateField()
    short_interest = models.BigIntegerField()
    average_daily_volume = models.BigIntegerField(null=True, blank=True)
    days_to_cover = models.DecimalField(max_digits=10, decimal_places=2, null=True, blank=True)
    source = models.ForeignKey(DataSource, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instrument", "settlement_date", "source"], name="shortinterest_once"),
            models.CheckConstraint(condition=Q(short_interest__gte=0), name="shortinterest_not_negative"),
        ]


class Split(models.Model):
    """A split: on `execution_date` `split_from` old shares became `split_to` new ones (1 to 4: from 1, to 4)."""

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="splits")
    execution_date = models.DateField()
    split_from = models.DecimalField(max_digits=20, decimal_places=8)
    split_to = models.DecimalField(max_digits=20, decimal_places=8)
    source = models.ForeignKey(DataSource, on_delete=models.PROTECT, related_name="+")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instrument", "execution_date"], name="split_once_a_day"),
            models.CheckConstraint(condition=Q(split_from__gt=0) & Q(split_to__gt=0), name="split_ratio_positive"),
        ]


class Quarantine(models.Model):
    """A symbol whose bars cannot be trusted (an unregistered split, impossible prices), with the reason."""

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="quarantines")
    reason = models.CharField(max_length=40)
    detail = models.CharField(max_length=255, blank=True)
    session = models.DateField(help_text="The session whose bar raised the doubt.")
    recorded_at = models.DateTimeField()
    released_at = models.DateTimeField(null=True, blank=True)
    released_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    release_note = models.CharField(max_length=255, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instrument", "reason", "session"], name="quarantine_once"),
        ]
        indexes: ClassVar = [models.Index(fields=["session"])]


class ScreeningProfile(models.Model):
    """A named, versioned set of screening rules. A version is never edited: a change is a new version."""

    name = models.CharField(max_length=30)
    version = models.PositiveSmallIntegerField()
    rules = models.JSONField(help_text="Bounds and floors; see docs/universe.md.")
    note = models.CharField(max_length=255, blank=True)
    created_at = models.DateTimeField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["name", "version"], name="screeningprofile_version_once")
        ]
        ordering: ClassVar = ["name", "-version"]

    def __str__(self) -> str:
        return f"{self.name} v{self.version}"


class Override(models.Model):
    """An operator's decision that wins over the rules, with reason, author and end. Withdrawn, never edited."""

    class Kind(models.TextChoices):
        INCLUDE = "include", "include the stock"
        EXCLUDE = "exclude", "exclude the stock"
        SECTOR = "sector", "set the stock's sector"
        WEIGHT = "weight", "set the sector's volatility weight"

    kind = models.CharField(max_length=8, choices=Kind)
    instrument = models.ForeignKey(
        Instrument, null=True, blank=True, on_delete=models.CASCADE, related_name="overrides"
    )
    sector = models.CharField(max_length=30, choices=SECTOR_CHOICES, blank=True)
    weight = models.DecimalField(max_digits=4, decimal_places=2, null=True, blank=True)
    reason = models.CharField(max_length=255)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="override_has_reason"),
            models.CheckConstraint(
                condition=Q(expires_at__isnull=True) | Q(expires_at__gt=F("created_at")),
                name="override_ends_after_start",
            ),
            models.CheckConstraint(
                condition=(Q(kind="weight", instrument__isnull=True, weight__isnull=False) & ~Q(sector=""))
                | (Q(kind="sector", instrument__isnull=False, weight__isnull=True) & ~Q(sector=""))
                | Q(kind__in=["include", "exclude"], instrument__isnull=False, weight__isnull=True, sector=""),
                name="override_fields_fit_kind",
            ),
            models.CheckConstraint(
                condition=Q(weight__isnull=True) | Q(weight__gte=0.1, weight__lte=3), name="override_weight_in_range"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["kind", "created_at"])]


class Classification(models.Model):
    """The sector of an instrument from a day on, with how sure we are and what says so. A row per change."""

    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="classifications")
    effective_on = models.DateField()
    sector = models.CharField(max_length=30, choices=SECTOR_CHOICES)
    confidence = models.DecimalField(max_digits=4, decimal_places=3)
    evidence = models.JSONField(help_text="One entry per source: what it says, its weight, the sector it speaks for.")
    recorded_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["instrument", "effective_on", "recorded_at"], name="classification_once"),
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1), name="classification_confidence_range"
            ),
        ]


class UniverseRun(models.Model):
    """One screening of the whole market for a session. Published whole or not at all."""

    session = models.DateField()
    profile = models.ForeignKey(ScreeningProfile, on_delete=models.PROTECT, related_name="runs")
    as_of = models.DateTimeField(help_text="Market time of the newest input that could enter.")
    recorded_at = models.DateTimeField()
    stages = models.JSONField(help_text="How many names were left after each stage, in order.")
    volume_floor = models.BigIntegerField(help_text="The 20-day average volume demanded in the end, shares.")
    floor_note = models.CharField(max_length=255, blank=True)
    members = models.PositiveIntegerField()
    is_simulated = models.BooleanField()
    sources = models.JSONField(default=list)
    job_run_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-recorded_at"]), models.Index(fields=["session"])]
        get_latest_by = "recorded_at"

    def __str__(self) -> str:
        return f"{self.session}, {self.members:,} members"


class Membership(models.Model):
    """What one run decided about one instrument, with the figures it used."""

    run = models.ForeignKey(UniverseRun, on_delete=models.CASCADE, related_name="memberships")
    instrument = models.ForeignKey(Instrument, on_delete=models.CASCADE, related_name="memberships")
    eligible = models.BooleanField()
    reason = models.CharField(max_length=40, help_text="Why it is out (first rule that failed), or why it is in.")
    tier = models.CharField(max_length=8, blank=True, help_text="micro ($10M-$300M) or small ($300M-$2B).")
    market_cap = models.FloatField(null=True, blank=True)
    cap_estimated = models.BooleanField(default=False, help_text="Price x shares, because no source gave a cap.")
    price = models.FloatField(null=True, blank=True)
    average_volume = models.FloatField(null=True, blank=True, help_text="20-day average volume, shares.")
    free_float = models.FloatField(null=True, blank=True)
    float_estimated = models.BooleanField(default=False)
    short_percent = models.FloatField(null=True, blank=True, help_text="Short interest as percent of float.")
    gap_frequency = models.FloatField(
        null=True, blank=True, help_text="Share of sessions that opened 5 % or more away."
    )
    sector = models.CharField(max_length=30, choices=SECTOR_CHOICES, blank=True)
    sector_confidence = models.FloatField(null=True, blank=True)
    change = models.CharField(max_length=6, blank=True, help_text="joined or left, against the run before.")
    change_cause = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "instrument"], name="membership_once_a_run"),
            models.CheckConstraint(condition=Q(change__in=["", "joined", "left"]), name="membership_change_known"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["run", "eligible", "sector"]),
            BrinIndex(fields=["run"], name="membership_run_brin"),
        ]


class SectorProfile(models.Model):
    """How a sector moves, measured from its members' own bars: gap frequency and daily volatility."""

    run = models.ForeignKey(UniverseRun, on_delete=models.CASCADE, related_name="sector_profiles")
    sector = models.CharField(max_length=30, choices=SECTOR_CHOICES)
    members = models.PositiveIntegerField()
    gap_frequency = models.FloatField(null=True, blank=True)
    daily_volatility = models.FloatField(null=True, blank=True, help_text="EWMA of the sector's daily move, percent.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(fields=["run", "sector"], name="sectorprofile_once_a_run")]


# The models of universe.catalysts, where Django and everybody else looks for models.
from .catalysts.models import Catalyst, CatalystCorrection, FeedCursor, Halt, ThresholdList  # noqa: E402

__all__ = [
    "SECTOR_CHOICES",
    "Catalyst",
    "CatalystCorrection",
    "Classification",
    "DataSource",
    "FeedCursor",
    "FloatReading",
    "Halt",
    "Instrument",
    "Membership",
    "Override",
    "Quarantine",
    "ReferenceReading",
    "ScreeningProfile",
    "SectorProfile",
    "ShortInterestReading",
    "Split",
    "ThresholdList",
    "UniverseRun",
]
