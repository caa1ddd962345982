"""Whether a screening is due: once per session, after its last extended trade is visible, also after a standstill."""

from __future__ import annotations

from datetime import date, timedelta

from django.conf import settings

from sentiment_site.jobs.services import may_try
from sentiment_site.market import calendar, clock

from . import selectors

# The vendor closes its day a little after the last print.
SETTLING = timedelta(minutes=5)


def find_due_session() -> date | None:
    """The newest session whose extended hours are over and visible and that no run covers; None when nothing is due."""
    newest = calendar.last_session(clock.now())
    visible_from = newest.post_close + timedelta(seconds=settings.POLYGON_DELAY_S) + SETTLING
    session = newest.date if clock.now() >= visible_from else calendar.shift(newest.date, -1).date
    last = selectors.current_run()
    if last is None or last.session >= session:
        return None
    return session if may_try("universe.refresh", session.isoformat(), pause=timedelta(minutes=15)) else None
