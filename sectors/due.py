"""Whether an analysis is due: once per completed half-hour bar, also after a time in which nothing ran."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings

from sectors import runs, selectors
from sectors.quotes import BAR
from sentiment_site.jobs.services import may_try
from sentiment_site.market import calendar, clock
from universe import selectors as universe_selectors


def find_due_bar() -> datetime | None:
    """End of the newest half-hour bar that is over and visible and that no run covers; None when nothing is due.

    Due once: when the newest run reaches the bar, when a request for it is on its way or has ended well, or when it was
    tried three times, it is not due any more. Bars that passed while nothing ran are covered by the newest one's run.
    """
    bar = calendar.last_completed_bar(clock.now(), timedelta(seconds=settings.POLYGON_DELAY_S))
    if bar is None:
        return None
    bar_end = bar + BAR
    last = selectors.current_run()
    if last is not None and last.as_of >= bar_end:
        return None
    if universe_selectors.current_run() is None:
        return None
    return bar_end if may_try(runs.ANALYSE, bar_end.isoformat()) else None
