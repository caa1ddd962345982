"""Reads of the network and its tickets. `as_of`: what was known then; None is live."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from django.db.models import Avg, Count, Max, Q, QuerySet

from sentiment_site.market import clock
from sentiment_site.quant.calibration import Interval, wilson_interval
from themes.models import SympathyEdge, SympathyNetwork, SympathyTicket, ThemeMembership

from .theme_neighbours import find_theme_neighbours

STATES = ("open", "settled")
ALL = "all"


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A stock that moves along. rank: 0 the nearest; score: C + Ce; probability: of following a 15 % move, before any
    other stock moves; network: which fit says so (its kind tells whether a move of the day has entered)."""

    instrument_id: int
    symbol: str
    name: str
    rank: int
    correlation: float
    recent_correlation: float | None
    lift: float | None
    co_jumps: int
    probability: float | None
    community: int | None
    network: SympathyNetwork

    @property
    def score(self) -> float:
        """What the ranking is by."""
        return self.correlation + (self.recent_correlation or 0.0)


@dataclass(frozen=True, slots=True)
class TierRecord:
    """What became of a tier's tickets, "all" for all. coverage: its share of all tickets.

    precision: of the sessions that went the leader's way, which the probability speaks of; after: of what came after
    the ticket was written. peers, peers_after: the same of a stock of the leader's sector drawn at random (the mean of
    its share); None without a settled ticket. days: sessions, because pairs of one day are not independent.
    """

    tier: str
    tickets: int
    coverage: float | None
    days: int
    open: int
    void: int
    scored: int
    mean_probability: float | None
    baseline: float | None
    precision: Interval | None
    peers: float | None
    scored_after: int
    after: Interval | None
    peers_after: float | None


def latest_network(as_of: dt.datetime | None = None) -> SympathyNetwork | None:
    """The newest night's network known at a moment, None before the first. One statement."""
    at = as_of or clock.now()
    rows = SympathyNetwork.objects.filter(kind=SympathyNetwork.Kind.NIGHTLY, as_of__lte=at, recorded_at__lte=at)
    return rows.order_by("-session").first()


def newest_change(as_of: dt.datetime | None = None) -> dt.datetime | None:
    """When the newest network, ticket or outcome was recorded; None before the first. Two statements."""
    at = as_of or clock.now()
    network = SympathyNetwork.objects.filter(recorded_at__lte=at).aggregate(at=Max("recorded_at"))["at"]
    tickets = SympathyTicket.objects.aggregate(
        made=Max("recorded_at", filter=Q(recorded_at__lte=at)), settled=Max("settled_at", filter=Q(settled_at__lte=at))
    )
    return max((one for one in (network, tickets["made"], tickets["settled"]) if one is not None), default=None)


def list_updates(base: SympathyNetwork, as_of: dt.datetime | None = None) -> list[SympathyNetwork]:
    """The networks after significant moves that stand on a night's one, newest first. One statement."""
    at = as_of or clock.now()
    return list(base.updates.filter(as_of__lte=at, recorded_at__lte=at).order_by("-as_of", "-pk"))


def neighbours_of(
    instrument_id: int, as_of: dt.datetime | None = None, base: SympathyNetwork | None = None
) -> list[Neighbour]:
    """The twenty nearest stocks, nearest first: of the newest update it was a leader of, else of the night. Empty for a
    stock outside the network. Two statements, one when the night's network is given."""
    at = as_of or clock.now()
    night = base or latest_network(as_of)
    if night is None:
        return []
    known = Q(network=night) | Q(network__base=night, network__as_of__lte=at, network__recorded_at__lte=at)
    rows = SympathyEdge.objects.filter(known, instrument_id=instrument_id).select_related("network", "neighbour")
    found = list(
        rows.defer("network__figures", "network__communities").order_by("-network__as_of", "-network_id", "rank")
    )
    return [
        Neighbour(
            edge.neighbour_id, edge.neighbour.symbol, edge.neighbour.name, edge.rank, edge.correlation,
            edge.recent_correlation, edge.lift, edge.co_jumps, edge.probability, edge.community, edge.network,
        )
        for edge in found
        if edge.network_id == found[0].network_id
    ]  # fmt: skip


def list_edges_among(network: SympathyNetwork, ids: Sequence[int]) -> list[SympathyEdge]:
    """The network's edges between stocks of a list. One statement."""
    rows = SympathyEdge.objects.filter(network=network, instrument_id__in=ids, neighbour_id__in=ids)
    return list(rows.order_by("instrument_id", "rank"))


def theme_neighbours(theme_id: uuid.UUID, as_of: dt.datetime | None = None) -> list[dict[str, Any]]:
    """Up to ten stocks that were no members of a theme but moved along with them, best first. Three statements."""
    at = as_of or clock.now()
    network = latest_network(as_of)
    if network is None:
        return []
    rows = ThemeMembership.objects.filter(theme_id=theme_id, is_sympathy=False, since__lte=at, recorded_at__lte=at)
    members = rows.filter(Q(until__isnull=True) | Q(until__gt=at)).values_list("instrument_id", flat=True)
    return find_theme_neighbours(network, set(members))


def list_tickets(
    as_of: dt.datetime | None = None, *, tier: str = "", state: str = "", leader_id: int | None = None
) -> QuerySet[SympathyTicket]:
    """Tickets known at a moment, newest first, with both instruments. Outcomes of later are still on the rows: use
    `shown_at`. tier: of SympathyTicket.Tier; state: of STATES, by what was known then."""
    at = as_of or clock.now()
    rows = SympathyTicket.objects.filter(recorded_at__lte=at, made_at__lte=at)
    if tier:
        rows = rows.filter(tier=tier)
    if leader_id is not None:
        rows = rows.filter(Q(leader_id=leader_id) | Q(follower_id=leader_id))
    if state == "settled":
        rows = rows.filter(settled_at__lte=at)
    if state == "open":
        rows = rows.filter(Q(settled_at__isnull=True) | Q(settled_at__gt=at))
    return rows.select_related("leader", "follower", "network").defer(
        "network__figures", "network__communities", "network__facts"
    ).order_by("-made_at", "-pk")  # fmt: skip


def shown_at(ticket: SympathyTicket, as_of: dt.datetime | None) -> SympathyTicket:
    """The ticket as it stood at a moment: what was settled later is open. The row in the database stays."""
    if as_of is not None and ticket.settled_at is not None and ticket.settled_at > as_of:
        for name in SympathyTicket.OUTCOME:
            setattr(ticket, name, "" if name == "settlement_note" else None)
    return ticket


def ticket_record(as_of: dt.datetime | None = None) -> list[TierRecord]:
    """HIGH, MEDIUM, LOW and all, from what was settled by a moment. Two statements."""
    at = as_of or clock.now()
    settled, scored = Q(settled_at__lte=at), Q(settled_at__lte=at, session_outcome__isnull=False)
    after = Q(settled_at__lte=at, outcome__isnull=False)
    known = SympathyTicket.objects.filter(recorded_at__lte=at, made_at__lte=at)
    rows: dict[str, dict[str, Any]] = {
        row["tier"]: dict(row)
        for row in known.values("tier")
        .annotate(
            tickets=Count("pk"),
            settled=Count("pk", filter=settled),
            scored=Count("pk", filter=scored),
            hits=Count("pk", filter=scored & Q(session_outcome=True)),
            scored_after=Count("pk", filter=after),
            hits_after=Count("pk", filter=after & Q(outcome=True)),
            probability_sum=Avg("probability") * Count("pk"),
            baseline_sum=Avg("baseline") * Count("pk"),
            peers=Avg("peer_session_share", filter=scored),
            peers_after=Avg("peer_share", filter=after),
            sessions=Count("session", distinct=True),
        )
        .order_by()
    }
    total = sum(row["tickets"] for row in rows.values())
    records = [_tier_record(tier, [rows[tier]] if tier in rows else [], total) for tier in SympathyTicket.Tier.values]
    days = known.aggregate(days=Count("session", distinct=True))["days"]
    return [*records, replace(_tier_record(ALL, list(rows.values()), total), days=days)]


def _tier_record(tier: str, rows: Sequence[dict[str, Any]], total: int) -> TierRecord:
    def add(name: str) -> Any:
        return sum(row[name] or 0 for row in rows)

    def mean(name: str, weight: str) -> float | None:
        known = [row for row in rows if row[name] is not None and row[weight]]
        weights = sum(row[weight] for row in known)
        return sum(row[name] * row[weight] for row in known) / weights if weights else None

    tickets, scored, scored_after = add("tickets"), add("scored"), add("scored_after")
    return TierRecord(
        tier=tier,
        tickets=tickets,
        coverage=tickets / total if total else None,
        days=add("sessions"),
        open=tickets - add("settled"),
        void=add("settled") - scored_after,
        scored=scored,
        mean_probability=add("probability_sum") / tickets if tickets else None,
        baseline=add("baseline_sum") / tickets if tickets else None,
        precision=wilson_interval(add("hits"), scored) if scored else None,
        peers=mean("peers", "scored"),
        scored_after=scored_after,
        after=wilson_interval(add("hits_after"), scored_after) if scored_after else None,
        peers_after=mean("peers_after", "scored_after"),
    )
