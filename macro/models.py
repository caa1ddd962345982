"""What the crypto market was when, who said so, and what the engine made of it.

Money and ratios are doubles: vendors send JSON doubles, kernels compute in doubles, and 15 digits hold the whole
market's cap (4e12 dollars) to the cent. Nothing here is an account's balance.
"""

from __future__ import annotations

import datetime as dt
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q


class Direction(models.TextChoices):
    """Where a trend goes."""

    UP = "UP", "up"
    DOWN = "DOWN", "down"
    SIDEWAYS = "SIDEWAYS", "sideways"


class Permission(models.TextChoices):
    """Whether to trade, least first."""

    NO_TRADE = "NO_TRADE", "no trade"
    SELECTIVE = "SELECTIVE", "selective"
    ACTIVE = "ACTIVE", "active"
    AGGRESSIVE = "AGGRESSIVE", "aggressive"


class Regime(models.TextChoices):
    """Which part of the market leads, or that none does."""

    BTC_SEASON = "BTC_SEASON", "BTC season"
    ALT_SEASON = "ALT_SEASON", "alt season"
    TRANSITION = "TRANSITION", "transition"
    BEAR_MARKET = "BEAR_MARKET", "bear market"


class Quality(models.TextChoices):
    """Whether a reading is believed."""

    OK = "OK", "ok"
    QUARANTINED = "QUARANTINED", "quarantined"
    CORRECTED = "CORRECTED", "corrected by hand"


class MarketDataQuerySet(models.QuerySet["MacroMarketData"]):
    """Readings as they were known at a moment."""

    def known_at(self, at: dt.datetime) -> MarketDataQuerySet:
        """Versions recorded by `at` and not replaced by then: an earlier moment never sees a later correction."""
        return self.filter(Q(superseded_at__isnull=True) | Q(superseded_at__gt=at), recorded_at__lte=at)

    def believed(self) -> MarketDataQuerySet:
        """Without what is in quarantine."""
        return self.exclude(quality=Quality.QUARANTINED)


class MacroMarketData(models.Model):
    """One reading of the whole market for one moment of the 4-hour grid (daily at 00:00 UTC before the bootstrap).

    A row's figures are never changed: a correction, or a better source, adds a version and closes the old one by
    `superseded_at`. One version at a time is believed per timestamp; what is in quarantine stays beside it as evidence.
    """

    timestamp = models.DateTimeField(help_text="The moment of the 4-hour grid it stands for, UTC.")
    data_source = models.CharField(max_length=20, default="coingecko")
    total_market_cap = models.FloatField(help_text="Dollars, as all caps and prices here.")
    btc_market_cap = models.FloatField()
    eth_market_cap = models.FloatField()
    btc_price = models.FloatField()
    eth_price = models.FloatField(null=True, blank=True)
    stablecoin_market_cap = models.FloatField(null=True, blank=True)
    alt_market_cap = models.FloatField(help_text="total - btc - eth")
    alt_strength_ratio = models.FloatField(help_text="alt_market_cap / btc_price")
    btc_dominance = models.FloatField(help_text="btc / total, a ratio: .58 is 58 %.")
    alt_ex_stable = models.FloatField(null=True, blank=True, help_text="alt_market_cap - stablecoins")
    ratio_ex_stable = models.FloatField(null=True, blank=True, help_text="alt_ex_stable / btc_price")
    dominance_ex_stable = models.FloatField(null=True, blank=True, help_text="btc / (total - stablecoins)")
    is_estimated = models.BooleanField(
        default=False,
        help_text="The total is a scaled sum of single coins: bootstrap, or caught up after a standstill.",
    )
    is_simulated = models.BooleanField()
    quality = models.CharField(max_length=11, choices=Quality, default=Quality.OK)
    reason = models.CharField(max_length=255, blank=True, help_text="Why in quarantine, corrected or late.")
    event_at = models.DateTimeField(help_text="The vendor's own time of the figures: what age counts from.")
    received_at = models.DateTimeField(help_text="Market time at which the answer came.")
    recorded_at = models.DateTimeField(help_text="Market time at which it became known here.")
    superseded_at = models.DateTimeField(null=True, blank=True, help_text="Until when this version was believed.")
    job_run_id = models.BigIntegerField(null=True, blank=True)

    objects = MarketDataQuerySet.as_manager()

    class Meta:
        db_table = "macro_market_data"
        verbose_name = "market reading"
        get_latest_by = "timestamp"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["timestamp"],
                condition=Q(superseded_at__isnull=True) & ~Q(quality=Quality.QUARANTINED),
                name="macro_market_data_one_believed",
            ),
            models.UniqueConstraint(
                fields=["timestamp", "data_source"],
                condition=Q(superseded_at__isnull=True, quality=Quality.QUARANTINED),
                name="macro_market_data_one_doubted",
            ),
            models.CheckConstraint(condition=Q(quality__in=Quality.values), name="macro_market_data_quality_known"),
            models.CheckConstraint(
                condition=Q(quality=Quality.OK) | ~Q(reason=""), name="macro_market_data_doubt_has_reason"
            ),
            models.CheckConstraint(
                condition=Q(quality=Quality.QUARANTINED)
                | Q(
                    total_market_cap__gt=0,
                    btc_market_cap__gt=0,
                    eth_market_cap__gte=0,
                    btc_price__gt=0,
                    alt_market_cap__gte=0,
                    btc_dominance__gt=0,
                    btc_dominance__lt=1,
                ),
                name="macro_market_data_believable",
            ),
            models.CheckConstraint(
                condition=Q(superseded_at__isnull=True) | Q(superseded_at__gte=F("recorded_at")),
                name="macro_market_data_closed_after",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-timestamp"], name="macro_market_data_timestamp"),
            models.Index(fields=["-recorded_at"], name="macro_market_data_recorded"),
        ]

    def __str__(self) -> str:
        return f"{self.timestamp:%Y-%m-%d %H:%M} UTC, {self.data_source}"

    @property
    def btc_dominance_percent(self) -> float:
        """For display: percent, 0-100."""
        return 100.0 * self.btc_dominance


class MacroCorrection(models.Model):
    """One field of one reading corrected by an operator: what it was, what it is, who, why and when."""

    row = models.ForeignKey(
        MacroMarketData, on_delete=models.PROTECT, related_name="corrections", help_text="The version it made."
    )
    timestamp = models.DateTimeField(help_text="Of the reading.")
    field = models.CharField(max_length=40)
    old = models.FloatField(null=True)
    new = models.FloatField(null=True)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    author_name = models.CharField(max_length=150, help_text="Kept when the account goes.")
    reason = models.CharField(max_length=255)
    at = models.DateTimeField()

    class Meta:
        db_table = "macro_correction"
        constraints: ClassVar = [
            models.CheckConstraint(condition=~Q(reason=""), name="macro_correction_has_reason"),
            models.UniqueConstraint(fields=["row", "field"], name="macro_correction_once_per_version"),
        ]
        indexes: ClassVar = [models.Index(fields=["timestamp"], name="macro_correction_timestamp")]

    def __str__(self) -> str:
        return f"{self.field} of {self.timestamp:%Y-%m-%d %H:%M} UTC"


class MacroCoinDay(models.Model):
    """One coin on one day: its price and cap at 00:00 UTC, or at the day's first scan (`event_at` says)."""

    coin_id = models.CharField(max_length=80, help_text="CoinGecko's id.")
    symbol = models.CharField(max_length=30)
    day = models.DateField()
    price = models.FloatField()
    market_cap = models.FloatField(null=True, help_text="None where the vendor knows no supply.")
    is_stable = models.BooleanField(default=False)
    is_simulated = models.BooleanField()
    event_at = models.DateTimeField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "macro_coin_day"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["coin_id", "day"], name="macro_coin_day_once"),
            models.CheckConstraint(condition=Q(price__gt=0), name="macro_coin_day_price_positive"),
            models.CheckConstraint(
                condition=Q(market_cap__isnull=True) | Q(market_cap__gt=0), name="macro_coin_day_cap_positive"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["-day"], name="macro_coin_day_day")]

    def __str__(self) -> str:
        return f"{self.coin_id} {self.day}"


class MacroFearGreed(models.Model):
    """alternative.me's Fear and Greed index of one day, 0-100. A cross-check beside the engine, never part of it."""

    day = models.DateField()
    value = models.PositiveSmallIntegerField()
    classification = models.CharField(max_length=30)
    is_simulated = models.BooleanField()
    recorded_at = models.DateTimeField()

    class Meta:
        db_table = "macro_fear_greed"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["day"], name="macro_fear_greed_once"),
            models.CheckConstraint(condition=Q(value__lte=100), name="macro_fear_greed_range"),
        ]

    def __str__(self) -> str:
        return f"{self.day}: {self.value}"


class MacroSentimentAnalysis(models.Model):
    """What the engine made of the readings known at a moment. Written once, never changed."""

    class Trigger(models.TextChoices):
        SCHEDULED = "scheduled", "schedule"
        MANUAL = "manual", "on demand"
        BOOTSTRAP = "bootstrap", "bootstrap"
        CORRECTION = "correction", "correction"
        REPLAY = "replay", "replay"

    analysis_timestamp = models.DateTimeField(help_text="Market time at which it was made.")
    as_of = models.DateTimeField(help_text="Of the newest reading that entered.")
    data_period_start = models.DateTimeField()
    data_period_end = models.DateTimeField()
    overall_confidence = models.PositiveSmallIntegerField(help_text="0-100")
    raw_probability = models.FloatField(null=True, blank=True, help_text="That the regime is the same 7 days on.")
    margin = models.FloatField(null=True, blank=True, help_text="Best score less the second.")
    btc_trend_direction = models.CharField(max_length=8, choices=Direction)
    btc_trend_strength = models.PositiveSmallIntegerField()
    eth_trend_direction = models.CharField(max_length=8, choices=Direction, null=True, blank=True)
    eth_trend_strength = models.PositiveSmallIntegerField(null=True, blank=True)
    alt_trend_direction = models.CharField(max_length=8, choices=Direction)
    alt_trend_strength = models.PositiveSmallIntegerField()
    trade_permission = models.CharField(max_length=10, choices=Permission)
    market_regime = models.CharField(max_length=12, choices=Regime)
    scores = models.JSONField(default=dict, help_text="bear, alt and btc, each 0-1.")
    macro_score = models.FloatField(null=True, blank=True)
    reasons = models.JSONField(default=list, help_text="The nearest rules with their distances, and what was deducted.")
    alt_season_index = models.FloatField(null=True, blank=True, help_text="Share of coins beating bitcoin, percent.")
    engine_state = models.JSONField(
        default=dict, help_text="Dwell and hysteresis, for the next analysis to go on from."
    )
    inputs = models.JSONField(default=dict, help_text="Rows, estimated share, days of history, ages.")
    engine_version = models.CharField(max_length=30)
    ai_reasoning = models.TextField(help_text="The engine's own words, or a language model's that were checked.")
    model_used = models.CharField(max_length=60)
    chart_data_hash = models.CharField(max_length=64)
    processing_time_ms = models.PositiveIntegerField()
    trigger = models.CharField(max_length=10, choices=Trigger)
    is_simulated = models.BooleanField()
    recorded_at = models.DateTimeField()
    job_run_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        db_table = "macro_sentiment_analysis"
        verbose_name = "regime analysis"
        verbose_name_plural = "regime analyses"
        get_latest_by = "analysis_timestamp"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["analysis_timestamp"], name="macro_analysis_timestamp_once"),
            models.CheckConstraint(condition=Q(overall_confidence__lte=100), name="macro_analysis_confidence_range"),
            models.CheckConstraint(
                condition=Q(btc_trend_strength__lte=100, alt_trend_strength__lte=100)
                & (Q(eth_trend_strength__isnull=True) | Q(eth_trend_strength__lte=100)),
                name="macro_analysis_strength_range",
            ),
            models.CheckConstraint(
                condition=Q(btc_trend_direction__in=Direction.values, alt_trend_direction__in=Direction.values)
                & (Q(eth_trend_direction__isnull=True) | Q(eth_trend_direction__in=Direction.values)),
                name="macro_analysis_direction_known",
            ),
            models.CheckConstraint(
                condition=Q(trade_permission__in=Permission.values), name="macro_analysis_permission_known"
            ),
            models.CheckConstraint(condition=Q(market_regime__in=Regime.values), name="macro_analysis_regime_known"),
            models.CheckConstraint(
                condition=Q(macro_score__isnull=True) | Q(macro_score__gte=0, macro_score__lte=100),
                name="macro_analysis_score_range",
            ),
            models.CheckConstraint(
                condition=Q(alt_season_index__isnull=True) | Q(alt_season_index__gte=0, alt_season_index__lte=100),
                name="macro_analysis_index_range",
            ),
            models.CheckConstraint(
                condition=Q(data_period_start__lte=F("data_period_end"), as_of__lte=F("recorded_at")),
                name="macro_analysis_period_ordered",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-analysis_timestamp"], name="macro_analysis_timestamp"),
            models.Index(fields=["-recorded_at"], name="macro_analysis_recorded"),
            models.Index(fields=["overall_confidence"], name="macro_analysis_confidence"),
            models.Index(fields=["trade_permission"], name="macro_analysis_permission"),
        ]

    def __str__(self) -> str:
        return f"{self.market_regime}, {self.trade_permission}, as of {self.as_of:%Y-%m-%d %H:%M} UTC"


class MacroOpinion(models.Model):
    """A language model's words on one analysis, each number in them checked. It overrides nothing."""

    class State(models.TextChoices):
        DONE = "done", "done"
        FAILED = "failed", "failed"

    analysis = models.ForeignKey(MacroSentimentAnalysis, on_delete=models.CASCADE, related_name="opinions")
    prompt_version = models.CharField(max_length=30)
    model = models.CharField(max_length=60)
    request_hash = models.CharField(max_length=64, help_text="SHA-256 of the request without its key.")
    answer = models.JSONField(null=True, blank=True)
    claims = models.JSONField(default=list, help_text="Every number in its text with what the store says.")
    agrees = models.BooleanField(null=True, blank=True, help_text="With the engine's regime and permission.")
    input_tokens = models.PositiveIntegerField(default=0)
    output_tokens = models.PositiveIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=10, decimal_places=6, default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField()
    state = models.CharField(max_length=6, choices=State)
    reason = models.CharField(max_length=255, blank=True)
    is_simulated = models.BooleanField()

    class Meta:
        db_table = "macro_opinion"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(state__in=["done", "failed"]), name="macro_opinion_state_known"),
            models.CheckConstraint(
                condition=Q(state="done", answer__isnull=False) | (Q(state="failed") & ~Q(reason="")),
                name="macro_opinion_answered_or_why",
            ),
            models.CheckConstraint(condition=Q(ended_at__gte=F("started_at")), name="macro_opinion_times_ordered"),
        ]
        indexes: ClassVar = [
            models.Index(fields=["analysis", "-ended_at"], name="macro_opinion_of_analysis"),
            models.Index(fields=["request_hash"], name="macro_opinion_request"),
            models.Index(fields=["-ended_at"], name="macro_opinion_ended"),
        ]

    def __str__(self) -> str:
        return f"{self.model} on analysis {self.analysis_id}"


class MacroBootstrap(models.Model):
    """One reconstruction of the last 365 days: the basket and the totals it was begun with, and how it ended.

    What a killed worker leaves behind goes on with the coins that are not done; one at a time is under way.
    """

    class State(models.TextChoices):
        RUNNING = "running", "running"
        DONE = "done", "done"

    started_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True, blank=True)
    state = models.CharField(max_length=7, choices=State, default=State.RUNNING)
    days = models.PositiveSmallIntegerField()
    total_now = models.FloatField(help_text="The whole market's cap when it was begun, dollars.")
    stablecoins_now = models.FloatField(null=True)
    is_simulated = models.BooleanField()
    is_forced = models.BooleanField(default=False)
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    rows_stored = models.PositiveIntegerField(default=0)
    days_missing = models.JSONField(default=list, help_text="Days that stay gaps, each with its reason.")
    job_run_id = models.BigIntegerField(null=True, blank=True)

    class Meta:
        db_table = "macro_bootstrap"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["state"], condition=Q(state="running"), name="macro_bootstrap_one_running"),
            models.CheckConstraint(
                condition=Q(state="running", finished_at__isnull=True) | Q(state="done", finished_at__isnull=False),
                name="macro_bootstrap_ended_or_not",
            ),
        ]

    def __str__(self) -> str:
        return f"bootstrap of {self.started_at:%Y-%m-%d}"


class MacroBootstrapCoin(models.Model):
    """One coin of a bootstrap's basket. Its days and `is_done` are written in one transaction."""

    bootstrap = models.ForeignKey(MacroBootstrap, on_delete=models.CASCADE, related_name="coins")
    coin_id = models.CharField(max_length=80)
    symbol = models.CharField(max_length=30)
    rank = models.PositiveSmallIntegerField()
    is_stable = models.BooleanField()
    cap_now = models.FloatField()
    is_done = models.BooleanField(default=False)
    days_stored = models.PositiveSmallIntegerField(default=0)
    note = models.CharField(max_length=255, blank=True)

    class Meta:
        db_table = "macro_bootstrap_coin"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["bootstrap", "coin_id"], name="macro_bootstrap_coin_once"),
        ]

    def __str__(self) -> str:
        return self.coin_id


class MacroSystemState(models.Model):
    """The one row that says how collection is doing."""

    class Status(models.TextChoices):
        INITIALIZING = "INITIALIZING", "initializing"
        ACTIVE = "ACTIVE", "active"
        ERROR = "ERROR", "error"
        MAINTENANCE = "MAINTENANCE", "maintenance"

    bootstrap_completed = models.BooleanField(default=False)
    bootstrap_completed_at = models.DateTimeField(null=True, blank=True)
    last_successful_scan = models.DateTimeField(null=True, blank=True, help_text="Market time of its end.")
    last_failed_scan = models.DateTimeField(null=True, blank=True)
    last_failure = models.CharField(max_length=255, blank=True, help_text="Whose fault it was, in one line.")
    consecutive_failures = models.PositiveIntegerField(default=0)
    system_status = models.CharField(max_length=12, choices=Status, default=Status.INITIALIZING)
    last_analysis = models.ForeignKey(
        MacroSentimentAnalysis, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    updated_at = models.DateTimeField()

    class Meta:
        db_table = "macro_system_state"
        verbose_name = verbose_name_plural = "system state"
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(pk=1), name="macro_system_state_one_row"),
            models.CheckConstraint(
                condition=Q(system_status__in=["INITIALIZING", "ACTIVE", "ERROR", "MAINTENANCE"]),
                name="macro_system_state_status_known",
            ),
            models.CheckConstraint(
                condition=Q(bootstrap_completed=False) | Q(bootstrap_completed_at__isnull=False),
                name="macro_system_state_bootstrap_dated",
            ),
        ]

    def __str__(self) -> str:
        return self.system_status


class CryptoLink(models.Model):
    """A stock whose fate hangs on crypto, and how: curated by hand, dated, an ended link stays as evidence."""

    class LinkType(models.TextChoices):
        MINER = "miner", "miner"
        TREASURY = "treasury", "treasury"
        EXCHANGE = "exchange", "exchange or broker"
        HARDWARE = "hardware", "hardware or hosting"

    symbol = models.CharField(max_length=16, help_text="As the universe writes it; case counts.")
    link_type = models.CharField(max_length=10, choices=LinkType)
    since = models.DateField(help_text="From which day on: the first purchase, the listing, the change of business.")
    until = models.DateField(null=True, blank=True, help_text="The first day on which it was no longer so.")
    source = models.CharField(max_length=255, help_text="Where that is written.")
    is_simulated = models.BooleanField(
        default=False, help_text="About a company of the simulated market, whose symbols may be those of real ones."
    )

    class Meta:
        db_table = "macro_crypto_link"
        verbose_name = "crypto-linked stock"
        ordering = ("symbol", "-since")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["symbol", "link_type", "is_simulated"],
                condition=Q(until__isnull=True),
                name="macro_crypto_link_one_open",
            ),
            models.CheckConstraint(
                condition=Q(link_type__in=["miner", "treasury", "exchange", "hardware"]),
                name="macro_crypto_link_type_known",
            ),
            models.CheckConstraint(condition=~Q(symbol="") & ~Q(source=""), name="macro_crypto_link_named"),
            models.CheckConstraint(
                condition=Q(until__isnull=True) | Q(until__gt=F("since")), name="macro_crypto_link_ends_after"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.symbol}, {self.link_type}"
