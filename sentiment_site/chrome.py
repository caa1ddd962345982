"""What every page carries around its content: the market's clock, the reader's choices, whether this is the demo.

And the time zone of the operator's desk: the API answers in UTC, pages write New York's time themselves, and Django's
own admin is told to.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from portfolios.models import Preference
from sentiment_site.market import calendar, clock

PHASE_TITLES = {
    calendar.Phase.PRE: "PRE-MARKET",
    calendar.Phase.REGULAR: "REGULAR",
    calendar.Phase.AFTER: "AFTER-HOURS",
    calendar.Phase.CLOSED: "CLOSED",
}


STRANGER = Preference()  # the defaults


def chrome(request: HttpRequest) -> dict[str, Any]:
    """Template context processor. No cache, and no statement: the account was loaded with its preferences."""
    now = clock.now()
    user = getattr(request, "user", None)
    chosen = user.preferences if user is not None and user.is_authenticated else STRANGER
    return {
        "palette": chosen.palette,
        "theme": chosen.theme,
        "zone": chosen.zone,
        "flashes": chosen.flashes,
        "watched_runs": " ".join(chosen.watched_runs),
        "quiet": chosen.is_quiet(clock.wall()),
        "market_now": now,
        "market_phase": PHASE_TITLES[calendar.phase_at(now)],
        "market_clock_note": clock.describe(),
        "demo": settings.DEMO,
        "socket_port": settings.LIVE_SOCKET_PORT or "",
    }


def admin_in_new_york(get_response: Callable[[HttpRequest], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    """Middleware: dates and forms of the admin are New York's."""

    def answer(request: HttpRequest) -> HttpResponse:
        if not request.path.startswith("/admin/"):
            return get_response(request)
        with timezone.override(calendar.NEW_YORK):
            return get_response(request)

    return answer
