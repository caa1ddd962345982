"""When sentiment is due: every half hour while the market is awake (04:00-20:00 of a session), every hour otherwise."""

from __future__ import annotations

import datetime as dt
from typing import Final

from sentiment_site.jobs.services import may_try
from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK
from themes.models import SentimentPass

JOB: Final = "themes.social"
OUTCOMES: Final = "themes.social_outcomes"
HALF_HOUR: Final = dt.timedelta(minutes=30)
# Slots missed by a standstill are made up for this far back; before that the gap stays a gap.
CATCH_UP: Final = dt.timedelta(hours=3)
# The vendor's daily bars of a session are final in the evening.
SETTLED_AFTER: Final = dt.time(20, 15)


def find_slot(now: dt.datetime) -> str | None:
    """The slot to aggregate for, None when it was tried."""
    key = f"{newest_slot(now):%Y-%m-%dT%H:%MZ}"
    return key if may_try(JOB, key, attempts=2) else None


def newest_slot(now: dt.datetime) -> dt.datetime:
    """The last slot that has begun."""
    begins = now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0)
    return begins if is_slot(begins) else begins - HALF_HOUR


def is_slot(moment: dt.datetime) -> bool:
    """Whether a half hour is a slot: full hours always, half hours in the market's day."""
    return moment.minute == 0 or calendar.session_at(moment) is not None


def list_missing(now: dt.datetime) -> list[dt.datetime]:
    """The newest slot and those that a standstill of up to three hours missed, oldest first, without what is there.

    An installation's first pass has no past to make up for.
    """
    newest = newest_slot(now)
    since = newest - CATCH_UP
    there = set(SentimentPass.objects.filter(as_of__gte=since, as_of__lte=newest).values_list("as_of", flat=True))
    begun = min(there, default=newest)
    earlier = SentimentPass.objects.filter(as_of__lt=since).exists()
    slots = (since + step * HALF_HOUR for step in range(CATCH_UP // HALF_HOUR + 1))
    return [slot for slot in slots if is_slot(slot) and slot not in there and (earlier or slot >= begun)]


def find_outcome_session(now: dt.datetime) -> str | None:
    """The session whose outcomes can be told, None when it was tried: from 20:15 in New York on, and made up later."""
    session = calendar.last_closed_session(now)
    evening = dt.datetime.combine(session.date, SETTLED_AFTER, NEW_YORK)
    if now < evening:
        session = calendar.shift(session.date, -1)
    key = session.date.isoformat()
    return key if may_try(OUTCOMES, key, attempts=3) else None
