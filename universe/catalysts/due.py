"""When the feeds are to be read: slots of market time, so that the demo's faster clock needs no other lines."""

from __future__ import annotations

import datetime as dt

from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import may_try
from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK
from universe.models import ThresholdList

from .threshold import NASDAQ

CATALYSTS_EVERY = dt.timedelta(minutes=5)
HALTS_EVERY = dt.timedelta(minutes=1)
# The list of a session comes in its night, at an hour that nobody promises.
THRESHOLD_EVERY, THRESHOLD_TRIES = dt.timedelta(hours=1), 12
# Pre-market trading begins at 04:00, EDGAR closes at 22:00: the slot that begins then reads its last minutes.
FIRST, LAST = dt.time(4), dt.time(22, 5)
SATURDAY = 5


def find_catalyst_slot(now: dt.datetime) -> str | None:
    """The five-minute slot for which to read the feeds: weekdays 04:00-22:00 New York; None when nothing is due."""
    local = now.astimezone(NEW_YORK)
    if local.weekday() >= SATURDAY or not FIRST <= local.time() < LAST:
        return None
    return _untried("universe.catalysts", now, CATALYSTS_EVERY)


def find_halt_slot(now: dt.datetime) -> str | None:
    """The minute for which halts are to be read: while the market is open, extended hours included; None otherwise."""
    return _untried("universe.halts", now, HALTS_EVERY) if calendar.session_at(now) is not None else None


def find_threshold_slot(now: dt.datetime) -> str | None:
    """Session and hour for which to ask for the threshold list: hourly from the session's close on until the list is
    here, twelve times at most; None when nothing is due."""
    job, session = "universe.threshold", calendar.last_closed_session(now).date
    if ThresholdList.objects.filter(exchange=NASDAQ, session=session).exists():
        return None
    if JobRun.objects.filter(name=job, key__startswith=f"{session} ").count() >= THRESHOLD_TRIES:
        return None
    return _untried(job, now, THRESHOLD_EVERY, f"{session} ")


def _untried(job: str, now: dt.datetime, every: dt.timedelta, about: str = "") -> str | None:
    """The slot's key unless it was tried: a failed one is made up for by the next, which begins at the cursor."""
    seconds = every.total_seconds()
    begins = dt.datetime.fromtimestamp(now.timestamp() // seconds * seconds, dt.UTC)
    key = f"{about}{begins:%Y-%m-%dT%H:%MZ}"
    return key if may_try(job, key, attempts=1) else None
