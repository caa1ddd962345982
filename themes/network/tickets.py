"""What a ticket is made of: its window, its hash, the words of its alert."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Sequence
from decimal import Decimal

from sentiment_site.market.calendar import Session
from themes.models import SympathyTicket

LEAST_WINDOW = dt.timedelta(minutes=30)
_HASHED = ("leader_id", "follower_id", "network_id", "direction", "probability", "baseline", "tier", "model_version")
_MOMENTS = ("bar_at", "made_at", "window_ends_at")
NAMED = 4


def find_window_end(session: Session, made_at: dt.datetime) -> dt.datetime | None:
    """The regular close, after it the end of extended hours; None when less than half an hour is left of both.

    The next session says nothing (docs/methods/sympathy.md), so no window reaches into it.
    """
    for end in (session.close, session.post_close):
        if made_at + LEAST_WINDOW <= end:
            return end
    return None


def hash_ticket(ticket: SympathyTicket) -> str:
    """SHA-256 over everything the ticket said when it was written; the same for the row that comes back."""
    said = {name: getattr(ticket, name) for name in _HASHED}
    said |= {name: getattr(ticket, name).astimezone(dt.UTC).isoformat() for name in _MOMENTS}
    said |= {"session": str(ticket.session), "features": ticket.features}
    said |= {"leader_move": f"{ticket.leader_move:.4f}"}
    said |= {"price_at": None if ticket.price_at is None else f"{ticket.price_at:.4f}"}
    return hashlib.sha256(json.dumps(said, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def quantise(value: float, digits: int = 4) -> Decimal:
    """A number as its column stores it."""
    return Decimal(repr(float(value))).quantize(Decimal(1).scaleb(-digits))


def describe_tickets(leader: str, move: float, tickets: Sequence[tuple[str, float]]) -> str:
    """ "SOUN +18.2 %: BBAI 92 %, AI 74 % likely to go along (session)"; tickets: symbol and P, surest first."""
    named = ", ".join(f"{symbol} {probability:.0%}" for symbol, probability in tickets[:NAMED])
    more = f" and {len(tickets) - NAMED} more" if len(tickets) > NAMED else ""
    return f"{leader} {move:+.1f} %: {named}{more} likely to go along this session"
