"""Who moves along with whom: the nightly network, its neighbours, and predictions written before the outcome."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q

from sentiment_site.market import clock


class SympathyNetwork(models.Model):
    """One fit of the network: of every stock its twenty nearest neighbours are kept as edges.

    A network of kind "move" holds the stocks that made a significant move, with their neighbours after it; for all
    others its `base`, the nightly one, stands.
    """

    class Kind(models.TextChoices):
        NIGHTLY = "nightly", "after the session's close"
        MOVE = "move", "after a significant move"

    session = models.DateField(help_text="The last session that entered.")
    as_of = models.DateTimeField()
    recorded_at = models.DateTimeField(default=clock.now)
    kind = models.CharField(max_length=12, choices=Kind)
    base = models.ForeignKey("self", null=True, blank=True, on_delete=models.CASCADE, related_name="updates")
    stocks = models.PositiveIntegerField()
    observations = models.PositiveIntegerField(help_text="Sessions with returns.")
    shrinkage = models.FloatField(null=True)
    communities = models.JSONField(default=list)
    facts = models.JSONField(default=dict, help_text="Estimator, who was left out and why, baselines by sector.")
    figures = models.BinaryField(null=True, help_text="Per stock: beta, median, deviation, jumps, moves, community.")
    is_simulated = models.BooleanField()
    duration_ms = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["session"], condition=Q(kind="nightly"), name="sympathynetwork_one_a_session"
            ),
            models.CheckConstraint(
                condition=Q(kind="nightly", base__isnull=True) | Q(kind="move", base__isnull=False),
                name="sympathynetwork_moves_have_a_base",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["-as_of"], name="sympathynetwork_as_of")]

    def __str__(self) -> str:
        return f"{self.session} {self.kind}"


class SympathyEdge(models.Model):
    """One of the twenty nearest neighbours of a stock in one network."""

    pk = models.CompositePrimaryKey("network_id", "instrument_id", "rank")
    network = models.ForeignKey(SympathyNetwork, on_delete=models.CASCADE, related_name="edges", db_index=False)
    instrument = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+", db_index=False)
    neighbour = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+", db_index=False)
    rank = models.PositiveSmallIntegerField(help_text="0: the nearest.")
    correlation = models.FloatField()
    recent_correlation = models.FloatField(null=True)
    lift = models.FloatField(null=True, help_text="Log of co-jump probability over base rate.")
    co_jumps = models.PositiveIntegerField(default=0)
    probability = models.FloatField(null=True, help_text="Of moving along when the stock makes a significant move.")
    community = models.IntegerField(null=True, help_text="Of the neighbour; empty: none.")

    class Meta:
        indexes: ClassVar = [models.Index(fields=["instrument", "network"], name="sympathyedge_instrument")]

    def __str__(self) -> str:
        return f"{self.instrument_id} - {self.neighbour_id}"


class PredictionIsFixed(ValueError):
    """Somebody tried to change what a ticket said before the outcome, or an outcome that is known."""


class TicketQuerySet(models.QuerySet["SympathyTicket"]):
    """Tickets: only the columns of the outcome may be written after the row, and only while it is open."""

    def update(self, **values: Any) -> int:
        """Write outcomes of open tickets. PredictionIsFixed for any other column."""
        wrong = set(values) - SympathyTicket.OUTCOME
        if wrong:
            raise PredictionIsFixed(f"a ticket's {', '.join(sorted(wrong))} cannot be changed")
        return super(TicketQuerySet, self.filter(settled_at__isnull=True)).update(**values)


class SympathyTicket(models.Model):
    """A prediction: after a leader's move, this stock moves the same way within the window. Written before the outcome.

    The prediction's columns are never changed; the outcome's are filled once. What the probability speaks of is the
    whole session's residual (`session_outcome`), part of which has happened when the ticket is written; `outcome` is
    what came after the writing. A pair gets another ticket of the session only when its tier rises.
    """

    class Tier(models.TextChoices):
        HIGH = "high", "HIGH"
        MEDIUM = "medium", "MEDIUM"
        LOW = "low", "LOW"

    OUTCOME: ClassVar = frozenset(
        {
            "settled_at",
            "outcome",
            "outcome_move",
            "session_outcome",
            "session_move",
            "peer_share",
            "peer_session_share",
            "settlement_note",
        }
    )

    network = models.ForeignKey(SympathyNetwork, on_delete=models.PROTECT, related_name="tickets")
    leader = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+")
    follower = models.ForeignKey("universe.Instrument", on_delete=models.CASCADE, related_name="+")
    session = models.DateField()
    bar_at = models.DateTimeField(help_text="End of the leader's bar.")
    direction = models.SmallIntegerField(choices=[(1, "up"), (-1, "down")])
    leader_move = models.DecimalField(max_digits=8, decimal_places=4, help_text="Percent points since the last close.")
    made_at = models.DateTimeField()
    window_ends_at = models.DateTimeField()
    probability = models.FloatField()
    baseline = models.FloatField(help_text="Of a random stock of the leader's sector.")
    tier = models.CharField(max_length=6, choices=Tier)
    features = models.JSONField(default=dict)
    features_hash = models.CharField(max_length=64)
    model_version = models.CharField(max_length=20)
    price_at = models.DecimalField(max_digits=12, decimal_places=4, null=True, help_text="Follower's, when written.")
    recorded_at = models.DateTimeField(default=clock.now)
    settled_at = models.DateTimeField(null=True, blank=True)
    outcome = models.BooleanField(null=True, blank=True, help_text="Moved along after the writing. Empty: open, void.")
    outcome_move = models.FloatField(null=True, blank=True, help_text="Residual since the writing, robust z.")
    session_outcome = models.BooleanField(null=True, blank=True, help_text="Moved along over the session so far.")
    session_move = models.FloatField(null=True, blank=True, help_text="Residual since the last close, robust z.")
    peer_share = models.FloatField(null=True, blank=True, help_text="Of the leader's sector, after the writing.")
    peer_session_share = models.FloatField(null=True, blank=True, help_text="Of the leader's sector, over the session.")
    settlement_note = models.CharField(max_length=120, blank=True)

    objects = TicketQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["leader", "follower", "session", "direction", "tier"], name="sympathyticket_once"
            ),
            models.CheckConstraint(
                condition=Q(probability__gte=0, probability__lte=1), name="sympathyticket_probability_range"
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True, outcome__isnull=True) | Q(settled_at__isnull=False),
                name="sympathyticket_settled_with_outcome",
            ),
            models.CheckConstraint(
                condition=Q(settled_at__isnull=True) | Q(settled_at__gte=models.F("window_ends_at")),
                name="sympathyticket_settled_after_window",
            ),
            models.CheckConstraint(
                condition=Q(window_ends_at__gt=models.F("made_at")) & Q(made_at__gte=models.F("bar_at")),
                name="sympathyticket_written_before_outcome",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["-made_at"], name="sympathyticket_made"),
            models.Index(fields=["window_ends_at"], condition=Q(settled_at__isnull=True), name="sympathyticket_open"),
        ]

    def __str__(self) -> str:
        return f"{self.leader_id} -> {self.follower_id} {self.tier}"

    def save(
        self,
        force_insert: Any = False,
        force_update: bool = False,
        using: str | None = None,
        update_fields: Iterable[str] | None = None,
    ) -> None:
        """A new ticket, or the outcome of an open one (name its columns). PredictionIsFixed for anything else."""
        if not self._state.adding:
            asked = None if update_fields is None else set(update_fields)
            if asked is None or asked - self.OUTCOME:
                raise PredictionIsFixed("what a ticket said is never changed; save its outcome by naming the columns")
            was_open = SympathyTicket.objects.filter(pk=self.pk, settled_at__isnull=True).exists()
            if not was_open:
                raise PredictionIsFixed("the outcome of this ticket is known")
        super().save(force_insert=force_insert, force_update=force_update, using=using, update_fields=update_fields)
