"""What every page carries around its content: the market's clock, whether this is the demo, the socket's address."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest

from sentiment_site.market import calendar, clock

PHASE_TITLES = {
    calendar.Phase.PRE: "PRE-MARKET",
    calendar.Phase.REGULAR: "REGULAR",
    calendar.Phase.AFTER: "AFTER-HOURS",
    calendar.Phase.CLOSED: "CLOSED",
}


def chrome(request: HttpRequest) -> dict[str, Any]:
    """Template context processor; no database, no cache."""
    now = clock.now()
    return {
        "market_now": now,
        "market_phase": PHASE_TITLES[calendar.phase_at(now)],
        "market_clock_note": clock.describe(),
        "demo": settings.DEMO,
        "socket_port": settings.LIVE_SOCKET_PORT or "",
    }
