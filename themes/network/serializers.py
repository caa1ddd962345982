"""The network's JSON. Moments are UTC, probabilities and shares 0-1, moves percent points or robust z as named.

null is missing and never a zero.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from themes.models import SympathyTicket


class NetworkHeadSerializer(serializers.Serializer[Any]):
    """A fit."""

    session = serializers.DateField(help_text="The last session that entered.")
    as_of = serializers.DateTimeField()
    recorded_at = serializers.DateTimeField()
    kind = serializers.CharField(help_text="nightly, or move: with a significant move of the day.")
    stocks = serializers.IntegerField()
    observations = serializers.IntegerField(
        help_text="Sessions with returns; below 250 recent correlations count less."
    )
    shrinkage = serializers.FloatField(allow_null=True, help_text="Ledoit-Wolf, 0-1.")
    simulated = serializers.BooleanField(source="is_simulated")


class NeighbourSerializer(serializers.Serializer[Any]):
    """One of the twenty nearest."""

    rank = serializers.IntegerField(help_text="0: the nearest.")
    symbol = serializers.CharField()
    name = serializers.CharField()
    score = serializers.FloatField(help_text="C + Ce, what the ranking is by.")
    correlation = serializers.FloatField(help_text="C: Ledoit-Wolf over the window.")
    recent_correlation = serializers.FloatField(allow_null=True, help_text="Ce: weights halve every 50 sessions.")
    lift = serializers.FloatField(allow_null=True, help_text="ln(P / p) of a move along when the stock jumps.")
    co_jumps = serializers.IntegerField()
    probability = serializers.FloatField(
        allow_null=True, help_text="That its session's residual goes along with a 15 % move, before anybody else moves."
    )
    community = serializers.IntegerField(allow_null=True)


class StockNetworkSerializer(serializers.Serializer[Any]):
    """A stock's neighbours and the fit that says so; an update where the stock moved today."""

    symbol = serializers.CharField()
    network = NetworkHeadSerializer()
    neighbours = NeighbourSerializer(many=True)


class TicketSerializer(serializers.ModelSerializer[SympathyTicket]):
    """A prediction and what became of it."""

    leader = serializers.CharField(source="leader.symbol")
    follower = serializers.CharField(source="follower.symbol")
    simulated = serializers.BooleanField(source="network.is_simulated")
    features = serializers.DictField(child=serializers.FloatField(), help_text="What the model was given.")

    class Meta:
        model = SympathyTicket
        fields = [
            "id",
            "leader",
            "follower",
            "session",
            "bar_at",
            "direction",
            "leader_move",
            "made_at",
            "window_ends_at",
            "probability",
            "baseline",
            "tier",
            "price_at",
            "model_version",
            "features",
            "features_hash",
            "settled_at",
            "session_outcome",
            "session_move",
            "outcome",
            "outcome_move",
            "peer_session_share",
            "peer_share",
            "settlement_note",
            "simulated",
        ]


class IntervalSerializer(serializers.Serializer[Any]):
    """A share with Wilson's 95 % interval."""

    value = serializers.FloatField()
    low = serializers.FloatField()
    high = serializers.FloatField()


class TierRecordSerializer(serializers.Serializer[Any]):
    """What became of a tier's tickets."""

    tier = serializers.CharField(help_text="high, medium, low, all")
    tickets = serializers.IntegerField()
    coverage = serializers.FloatField(allow_null=True, help_text="Share of all tickets.")
    days = serializers.IntegerField(help_text="Sessions: pairs of one day are not independent.")
    open = serializers.IntegerField()
    void = serializers.IntegerField(help_text="Without a bar in the window: counted, not scored.")
    mean_probability = serializers.FloatField(allow_null=True)
    baseline = serializers.FloatField(allow_null=True, help_text="Said beforehand of a stock of the leader's sector.")
    scored = serializers.IntegerField()
    precision = IntervalSerializer(allow_null=True, help_text="Sessions that went along: what the probability says.")
    peers = serializers.FloatField(allow_null=True, help_text="The same of a stock of the leader's sector.")
    scored_after = serializers.IntegerField()
    after = IntervalSerializer(allow_null=True, help_text="Moves along after the ticket was written.")
    peers_after = serializers.FloatField(allow_null=True, help_text="The same of a stock of the leader's sector.")


class RecordSerializer(serializers.Serializer[Any]):
    """The record of all tickets."""

    as_of = serializers.DateTimeField()
    tiers = TierRecordSerializer(many=True)
