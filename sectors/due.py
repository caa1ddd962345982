"""Whether an analysis is due: the newest moment of the day's schedule that is past and that no run covers."""

from __future__ import annotations

from datetime import timedelta

from django.conf import settings

from sectors import runs, selectors
from sectors.models import SectorRun
from sectors.occasions import OVERNIGHT, Moment, newest_moment, next_moment
from sentiment_site.jobs.services import may_try
from sentiment_site.market import clock
from universe import selectors as universe_selectors


def find_due() -> Moment | None:
    """The moment that is over, visible through the vendor's delay, and that no run covers; None when nothing is due.

    Due once: not when a run of all sectors covers it, a request for it is on its way or ended well, or it was tried
    three times. Nothing is asked for while an analysis is at work; the next tick looks again. What passed while nothing
    ran is covered by the newest moment's run.
    """
    moment = newest_moment(clock.now() - _delay())
    if moment is None or _is_covered(moment, selectors.current_whole_run()):
        return None
    if universe_selectors.current_run() is None or runs.get_active() is not None:
        return None
    return moment if may_try(runs.ANALYSE, moment.key) else None


def is_near(within: timedelta) -> bool:
    """Whether an analysis of all sectors is due, or will be within that much market time."""
    visible = clock.now() - _delay()
    return next_moment(visible).at - visible <= within or find_due() is not None


def _is_covered(moment: Moment, last: SectorRun | None) -> bool:
    if last is None:
        return False
    if moment.occasion is OVERNIGHT:  # it has no data of its own: what counts is that the night was looked at
        return last.recorded_at >= moment.at + _delay()
    return last.as_of >= moment.at


def _delay() -> timedelta:
    return timedelta(seconds=settings.POLYGON_DELAY_S)
