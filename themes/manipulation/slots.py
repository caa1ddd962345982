"""Which half-hour bars are to be read: those that are over and here, newest last, each once."""

from __future__ import annotations

import datetime as dt

from django.conf import settings

from sectors.selectors import current_whole_run
from sentiment_site.jobs.services import may_try
from sentiment_site.market import calendar
from themes.models import ManipulationPass
from universe.selectors import current_run

JOB = "themes.manipulation"
HALF_HOUR = dt.timedelta(minutes=30)
# How long the sectors' run may take to bring the bars before they are read as they are, market time.
PATIENCE = dt.timedelta(minutes=10)
MOST_CATCH_UP = 32  # a whole session


def newest_slot(now: dt.datetime) -> dt.datetime | None:
    """End of the newest bar whose bars are all here; None at the beginning of time.

    Bars come with the sectors' run in several transactions; a run of the bar says that they are complete. Without one,
    ten minutes of market time later, the bar is read with what there is.
    """
    delay = dt.timedelta(seconds=settings.POLYGON_DELAY_S)
    start = calendar.last_completed_bar(now, delay)
    if start is None:
        return None
    end = start + HALF_HOUR
    run = current_whole_run()
    if now >= end + delay + PATIENCE or (run is not None and run.as_of >= end):
        return end
    before = calendar.last_completed_bar(start)
    return None if before is None else before + HALF_HOUR


def missing_slots(now: dt.datetime) -> list[dt.datetime]:
    """Ends of bars since the newest pass, oldest first, at most a session's. Before the first pass: the newest."""
    newest = newest_slot(now)
    if newest is None:
        return []
    last = ManipulationPass.objects.order_by("-as_of").values_list("as_of", flat=True).first()
    if last is None:
        return [newest]
    return [end for end in previous_slots(newest, MOST_CATCH_UP) if end > last]


def previous_slots(newest: dt.datetime, bars: int) -> list[dt.datetime]:
    """Ends of that many bars up to `newest`, oldest first."""
    found = [newest]
    while len(found) < bars and (before := calendar.last_completed_bar(found[-1] - HALF_HOUR)) is not None:
        found.append(before + HALF_HOUR)
    return found[::-1]


def find_slot(now: dt.datetime) -> str | None:
    """The key of the newest bar when it has not been read, or not been tried too often; None otherwise."""
    newest = newest_slot(now)
    if newest is None or ManipulationPass.objects.filter(as_of__gte=newest).exists() or current_run() is None:
        return None
    key = f"{newest:%Y-%m-%dT%H:%MZ}"
    return key if may_try(JOB, key) else None
