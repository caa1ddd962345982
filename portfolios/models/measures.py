"""What is measured of a book every day: its snapshot, Greeks, factor betas, and how far each batch came."""

from __future__ import annotations

import uuid
from decimal import Decimal
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from sentiment_site.market import clock

from .books import Portfolio, Position
from .record import money, one_of


def _ratio(digits: int, places: int) -> models.DecimalField:  # type: ignore[type-arg]  # not generic at run time
    return models.DecimalField(max_digits=digits, decimal_places=places, null=True, blank=True)


class GreekKind(models.TextChoices):
    """Whose Greeks. The two are never added up."""

    MOCK = "mock", "The requirement's table"
    MODEL = "model", "Black-Scholes-Merton"


class SnapshotState(models.TextChoices):
    """Whether its prices are final."""

    PROVISIONAL = "provisional", "Provisional"
    FINAL = "final", "Final"


class PortfolioSnapshot(models.Model):
    """One book on one session: its value, exposure, profit and risk. Fractions, not percent points.

    provisional: made from prices that were not final, replaced the same evening. flows: capital that came or went that
    day. total_value = cash + long - short and the other identities are constraints.
    """

    State = SnapshotState

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="snapshots")
    snapshot_date = models.DateField()
    state = models.CharField(max_length=11, choices=SnapshotState.choices)
    total_value = money()
    cash_value = money(default=Decimal(0))
    long_value = money()
    short_value = money(help_text="A magnitude.")
    gross_exposure = money()
    net_exposure = money()
    flows = money(default=Decimal(0))
    daily_pnl = money(null=True, blank=True)
    daily_pnl_pct = _ratio(8, 4)
    cumulative_pnl = money(null=True, blank=True)
    portfolio_beta = _ratio(6, 3)
    portfolio_volatility = _ratio(6, 4)
    sharpe_ratio = _ratio(6, 3)
    max_drawdown = _ratio(6, 4)
    greeks_kind = models.CharField(max_length=5, choices=GreekKind.choices, blank=True, help_text="Of the four totals.")
    total_delta = _ratio(10, 4)
    total_gamma = _ratio(10, 4)
    total_theta = _ratio(10, 4)
    total_vega = _ratio(10, 4)
    exposure_detail = models.JSONField(default=dict, blank=True)
    as_of = models.DateTimeField(help_text="Market time of the newest price in it.")
    created_at = models.DateTimeField(default=clock.now, editable=False)
    recorded_at = models.DateTimeField(default=clock.now, help_text="When it became known here in this form.")

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["portfolio", "snapshot_date"], name="snapshot_once_a_day"),
            models.CheckConstraint(condition=one_of("state", SnapshotState), name="snapshot_state_known"),
            models.CheckConstraint(condition=Q(long_value__gte=0, short_value__gte=0), name="snapshot_sides_positive"),
            models.CheckConstraint(
                condition=Q(gross_exposure=F("long_value") + F("short_value")), name="snapshot_gross_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(net_exposure=F("long_value") - F("short_value")), name="snapshot_net_adds_up"
            ),
            models.CheckConstraint(
                condition=Q(total_value=F("cash_value") + F("long_value") - F("short_value")),
                name="snapshot_total_adds_up",
            ),
            models.CheckConstraint(condition=Q(greeks_kind__in=["", "mock", "model"]), name="snapshot_greeks_known"),
            models.CheckConstraint(
                condition=Q(max_drawdown__isnull=True) | Q(max_drawdown__lte=0), name="snapshot_drawdown_not_positive"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["portfolio", "-snapshot_date"], name="snapshot_portfolio_date")]
        get_latest_by = "snapshot_date"

    def __str__(self) -> str:
        return f"{self.snapshot_date} {self.total_value}"


class PositionGreeks(models.Model):
    """The Greeks of one position, scaled to its size: a contract, or 100 shares, counts 1 (docs/portfolios.md)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    position = models.ForeignKey(Position, on_delete=models.CASCADE, related_name="greeks")
    kind = models.CharField(max_length=5, choices=GreekKind.choices)
    as_of = models.DateTimeField()
    delta = _ratio(20, 6)
    gamma = _ratio(20, 6)
    theta = _ratio(20, 6)
    vega = _ratio(20, 6)
    rho = _ratio(20, 6)
    implied_volatility = _ratio(10, 6)
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["position", "kind", "as_of"], name="greeks_once"),
            models.CheckConstraint(condition=one_of("kind", GreekKind), name="greeks_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} Greeks of {self.position_id}"


class FactorType(models.TextChoices):
    """As the requirement writes them."""

    STYLE = "style", "Style"
    SECTOR = "sector", "Sector"
    MACRO = "macro", "Macro"


class Factor(models.Model):
    """One of the eight fixed factors; seeded by the migration. etf_proxy CUSTOM: made from short interest."""

    Type = FactorType

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=50, unique=True)
    description = models.TextField()
    etf_proxy = models.CharField(max_length=10)
    factor_type = models.CharField(max_length=20, choices=FactorType.choices)
    calculation_method = models.TextField(blank=True)
    display_order = models.PositiveSmallIntegerField()
    created_at = models.DateTimeField(default=clock.wall, editable=False)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=one_of("factor_type", FactorType), name="factor_type_known"),
            models.UniqueConstraint(fields=["display_order"], name="factor_order_unique"),
        ]
        ordering: ClassVar = ["display_order"]

    def __str__(self) -> str:
        return self.name


class FactorMethod(models.TextChoices):
    """How it was estimated."""

    RIDGE = "ridge", "Jointly, by ridge"
    UNIVARIATE = "univariate", "Alone"


class FactorExposure(models.Model):
    """A book's beta to a factor on a session. ridge: all factors jointly; univariate: alone, a labelled view only."""

    Method = FactorMethod

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="factor_exposures")
    factor = models.ForeignKey(Factor, on_delete=models.PROTECT, related_name="+")
    exposure_date = models.DateField()
    method = models.CharField(max_length=10, choices=FactorMethod.choices)
    beta = models.FloatField(null=True, blank=True, help_text="Empty: too few observations.")
    standard_error = models.FloatField(null=True, blank=True)
    low = models.FloatField(null=True, blank=True, help_text="Lower end of the 95 % band.")
    high = models.FloatField(null=True, blank=True)
    vif = models.FloatField(null=True, blank=True, help_text="Variance inflation of the factor among the others.")
    observations = models.PositiveIntegerField(default=0)
    recorded_at = models.DateTimeField(default=clock.now)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["portfolio", "exposure_date", "method", "factor"], name="factorexposure_once"
            ),
            models.CheckConstraint(condition=one_of("method", FactorMethod), name="factorexposure_method_known"),
            models.CheckConstraint(
                condition=Q(low__isnull=True) | Q(high__isnull=True) | Q(low__lte=F("high")),
                name="factorexposure_band_ordered",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.exposure_date} {self.method}"


class BatchKind(models.TextChoices):
    """Batches that work book by book."""

    PRICES = "prices", "Prices"
    RISK = "risk", "Risk"
    SNAPSHOT = "snapshot", "Snapshots"
    CORPORATE = "corporate", "Expiries and splits"


class BatchMark(models.Model):
    """How far a kind of batch came for a book: everything up to and with `session` is done."""

    Kind = BatchKind

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    portfolio = models.ForeignKey(Portfolio, on_delete=models.CASCADE, related_name="batch_marks")
    kind = models.CharField(max_length=10, choices=BatchKind.choices)
    session = models.DateField()
    marked_at = models.DateTimeField(default=clock.wall)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["portfolio", "kind"], name="batchmark_once"),
            models.CheckConstraint(condition=one_of("kind", BatchKind), name="batchmark_kind_known"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} up to {self.session}"
