"""Who moves along with whom: the nightly network, its neighbours, and predictions written before the outcome."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q

from sentiment_site.market import clock


class SympathyNetwork(models.Model):
    """One fit of the network: of every stock its twenty nearest neighbours are kept as edges."""

    session = models.DateField(help_text="The last session that entered.")
    as_of = models.DateTimeField()
    recorded_at = models.DateTimeField(default=clock.now)
    kind = models.CharField(max_length=12, help_text="nightly, or move: updated after a significant move")
    stocks = models.PositiveIntegerField()
    observations = models.PositiveIntegerField()
    shrinkage = models.FloatField(null=True)
    communities = models.JSONField(default=list)
    facts = models.JSONField(default=dict, help_text="Estimator, half-life, version of the pair model.")
    is_simulated = models.BooleanField()
    duration_ms = models.PositiveIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["-as_of"], name="sympathynetwork_as_of")]

    def __str__(self) -> str:
        return f"{self.session} {self.kind}"


class SympathyEdge(models.Model):
    """One of the twenty nearest neighbours of a stock in one network."""

    pk = models.CompositePrimaryKey("network_id", "instrument_id", "rank")
    network = models.ForeignKey(SympathyNetwork, on_delete=models.CASCADE, related_name="edges", db_index=False)
    instrument = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+", db_index=False)
    neighbour = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+", db_index=False)
    rank = models.PositiveSmallIntegerField()
    correlation = models.FloatField()
    recent_correlation = models.FloatField(null=True)
    lift = models.FloatField(null=True, help_text="Log of co-jump probability over base rate.")
    co_jumps = models.PositiveIntegerField(default=0)
    probability = models.FloatField(null=True, help_text="Of moving along when the stock makes a significant move.")
    community = models.IntegerField(null=True)

    class Meta:
        indexes: ClassVar = [models.Index(fields=["instrument", "network"], name="sympathyedge_instrument")]

    def __str__(self) -> str:
        return f"{self.instrument_id} - {self.neighbour_id}"


class SympathyTicket(models.Model):
    """A prediction: after a leader's move, this stock moves the same way within the window. Written before the outcome.

    The prediction's columns are never changed; the outcome's are filled once.
    """

    class Tier(models.TextChoices):
        HIGH = "high", "HIGH"
        MEDIUM = "medium", "MEDIUM"
        LOW = "low", "LOW"

    network = models.ForeignKey(SympathyNetwork, on_delete=models.PROTECT, related_name="tickets")
    leader = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+")
    follower = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+")
    direction = models.SmallIntegerField(choices=[(1, "up"), (-1, "down")])
    leader_move = models.DecimalField(max_digits=8, decimal_places=4, help_text="Percent points.")
    made_at = models.DateTimeField()
    window_ends_at = models.DateTimeField()
    probability = models.FloatField()
    baseline = models.FloatField(help_text="Of a random stock of the same sector.")
    tier = models.CharField(max_length=6, choices=Tier)
    features = models.JSONField(default=dict)
    features_hash = models.CharField(max_length=64)
    model_version = models.CharField(max_length=20)
    price_at = models.DecimalField(max_digits=12, decimal_places=4, null=True)
    recorded_at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.BooleanField(null=True, blank=True, help_text="Empty: open, or not to be settled.")
    outcome_move = models.DecimalField(max_digits=8, decimal_places=4, null=True, blank=True)
    settlement_note = models.CharField(max_length=120, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["leader", "follower", "made_at"], name="sympathyticket_once"),
            models.CheckConstraint(
                condition=Q(probability__gte=0, probability__lte=1), name="sympathyticket_probability_range"
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, outcome__isnull=True) | Q(settled_at__isnull=False),
                name="sympathyticket_settled_with_outcome",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-made_at"], name="sympathyticket_made"),
            models.Index(fields=["window_ends_at"], condition=Q(settled_at__isnull=True), name="sympathyticket_open"),
        ]

    def __str__(self) -> str:
        return f"{self.leader_id} -> {self.follower_id} {self.tier}"
