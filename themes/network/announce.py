"""Alerts of new tickets: one a leader and bar, for those that are HIGH or MEDIUM."""

from __future__ import annotations

from collections.abc import Sequence

from themes.alerts.services import raise_alert
from themes.models import SympathyNetwork, SympathyTicket
from universe import bars
from universe.models import Instrument

from .panel import HALF_HOUR
from .tickets import describe_tickets

LOOK_AT, SAY = 2, 1  # severities: with a HIGH ticket, without one


def alert_tickets(base: SympathyNetwork, tickets: Sequence[SympathyTicket]) -> int:
    """Raise the alerts of tickets that were just written; how many. Call it in their transaction."""
    sure = [ticket for ticket in tickets if ticket.tier != SympathyTicket.Tier.LOW]
    if not sure:
        return 0
    ids = {one for ticket in sure for one in (ticket.leader_id, ticket.follower_id)}
    symbols = dict(Instrument.objects.filter(pk__in=ids).values_list("pk", "symbol"))
    leaders = sorted({ticket.leader_id for ticket in sure})
    bar_at, made_at = sure[0].bar_at, sure[0].made_at
    came = bars.arrived_at("30m", leaders, bar_at - HALF_HOUR, bar_at, made_at)
    raised = 0
    for leader in leaders:
        mine = sorted((one for one in sure if one.leader_id == leader), key=lambda one: -one.probability)
        first = mine[0]
        move = float(first.leader_move)
        facts = {
            "leader": symbols[leader],
            "move_percent": move,
            "window_ends_at": first.window_ends_at,
            "baseline": first.baseline,
            "sessions_of_network": base.observations,
            "tickets": [
                {"symbol": symbols[one.follower_id], "probability": one.probability, "tier": one.tier} for one in mine
            ],
        }
        alert = raise_alert(
            "sympathy",
            symbols[leader],
            instrument_id=leader,
            severity=LOOK_AT if any(one.tier == SympathyTicket.Tier.HIGH for one in mine) else SAY,
            text=describe_tickets(symbols[leader], move, [(symbols[one.follower_id], one.probability) for one in mine]),
            facts=facts,
            data_at=came.get(leader, made_at),
            as_of=bar_at,
            key=f"sympathy:{leader}:{first.session}:{first.direction}:{bar_at:%H%M}",
        )
        raised += alert is not None
    return raised
