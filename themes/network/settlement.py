"""What became of the tickets: each is held against the bars after it once its window is over."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import structlog
from django.db import connection, transaction

from sentiment_site.market import calendar, clock
from themes.kernels import sympathy
from themes.kernels.sympathy import Outcome
from themes.models import SympathyNetwork, SympathyTicket
from themes.publish import announce_change

from .baselines import compute_peer_share
from .figures import Figures, unpack_figures
from .panel import Day, load_day

log = structlog.get_logger(__name__)
Floats = npt.NDArray[np.float64]

LOCK = "SELECT pg_advisory_xact_lock(hashtext('themes.settle'))"
BARS_ARE_LATE = dt.timedelta(hours=24)  # after that a ticket is settled with what there is
NO_BAR = "no bar of the stock in the window: not settled"
NO_PRICE = "no price of the stock when it was written: not settled"
GONE = "the stock is not in the network's figures: not settled"


@dataclass(slots=True)
class SettleReport:
    """How many tickets were settled: hits and misses after the writing, and those that cannot be."""

    hits: int = 0
    misses: int = 0
    void: int = 0

    def __str__(self) -> str:
        return f"{self.hits} hits, {self.misses} misses, {self.void} not to be settled"


def list_due(now: dt.datetime, bars_until: dt.datetime) -> list[SympathyTicket]:
    """Open tickets whose window is over and whose bars are in (or a day late), oldest window first."""
    reached = max(bars_until, now - BARS_ARE_LATE)
    rows = SympathyTicket.objects.filter(settled_at__isnull=True, window_ends_at__lte=min(reached, now))
    return list(rows.order_by("window_ends_at", "network_id", "session", "bar_at", "pk"))


def settle_due(bars_until: dt.datetime) -> SettleReport:
    """Settle what is due, in one transaction. bars_until: end of the newest bar that is stored for everybody."""
    now, report = clock.now(), SettleReport()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute(LOCK)
        due = list_due(now, bars_until)
        for (network_id, date), group in itertools.groupby(due, key=lambda one: (one.network_id, one.session)):
            _settle_session(network_id, date, list(group), now, report)
        if due:
            announce_change("sympathy")
    log.info("tickets settled", result=str(report))
    return report


def _settle_session(
    network_id: int, date: dt.date, tickets: Sequence[SympathyTicket], now: dt.datetime, report: SettleReport
) -> None:
    packed = SympathyNetwork.objects.values_list("figures", flat=True).get(pk=network_id)
    session = calendar.session_on(date)
    if packed is None or session is None:
        raise ValueError(f"network {network_id} or session {date} is none that a ticket can stand on")
    figures = unpack_figures(packed)
    day = load_day(figures.ids, session, max(one.window_ends_at for one in tickets), now)
    for ticket in tickets:
        _settle(ticket, figures, day, now)
        ticket.save(update_fields=sorted(SympathyTicket.OUTCOME))
        if ticket.outcome is None:
            report.void += 1
        else:
            report.hits += ticket.outcome
            report.misses += not ticket.outcome


def _settle(ticket: SympathyTicket, figures: Figures, day: Day, now: dt.datetime) -> None:
    """Fill in the outcome's columns."""
    ticket.settled_at = now
    row, leader = figures.row_of.get(ticket.follower_id), figures.row_of.get(ticket.leader_id)
    if row is None or leader is None:
        ticket.settlement_note = GONE
        return
    if ticket.price_at is None:
        ticket.settlement_note = NO_PRICE
        return
    places = [place for place, end in enumerate(day.ends) if ticket.made_at < end <= ticket.window_ends_at]
    before = day.price_at(ticket.bar_at)
    before[row] = float(ticket.price_at)  # what was promised, whatever has been corrected since
    moves = [
        _standardise(figures, _alone(day.close[:, place], day.filled[:, place + 1], row) / before - 1)
        for place in places
    ]
    settled = sympathy.settle_ticket(
        ticket.direction, ticket.made_at, ticket.window_ends_at,
        [day.ends[place] for place in places], [float(move[row]) for move in moves], now,
    )  # fmt: skip
    if settled.outcome is Outcome.VOID:
        ticket.settlement_note = NO_BAR
        return
    ticket.outcome, ticket.outcome_move = settled.outcome is Outcome.HIT, settled.move
    ticket.peer_share = compute_peer_share(moves[-1], figures.sector, leader, ticket.direction)
    whole = _standardise(figures, day.move_at(ticket.window_ends_at))
    if np.isfinite(whole[row]):
        ticket.session_move = float(whole[row])
        ticket.session_outcome = ticket.direction * ticket.session_move > 0
        ticket.peer_session_share = compute_peer_share(whole, figures.sector, leader, ticket.direction)


def _standardise(figures: Figures, returns: Floats) -> Floats:
    return sympathy.standardise(figures.scale, returns)


def _alone(close: Floats, filled: Floats, row: int) -> Floats:
    """Everybody's last price at a bar, but the stock's own only where it traded in that very bar."""
    prices = filled.copy()
    prices[row] = close[row]
    return prices
