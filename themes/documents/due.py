"""When documents are read: every five minutes of market time while EDGAR or the market is awake, hourly otherwise."""

from __future__ import annotations

import datetime as dt

from sentiment_site.jobs.services import may_try
from sentiment_site.market.calendar import NEW_YORK

AWAKE, ASLEEP = dt.timedelta(minutes=5), dt.timedelta(hours=1)
FIRST, LAST = dt.time(4), dt.time(22, 5)
SATURDAY = 5


def find_slot(now: dt.datetime) -> str | None:
    """The slot for which to read, None when it was tried; posts and news are written on weekends too."""
    local = now.astimezone(NEW_YORK)
    awake = local.weekday() < SATURDAY and FIRST <= local.time() < LAST
    seconds = (AWAKE if awake else ASLEEP).total_seconds()
    begins = dt.datetime.fromtimestamp(now.timestamp() // seconds * seconds, dt.UTC)
    key = f"{begins:%Y-%m-%dT%H:%MZ}"
    return key if may_try("themes.documents", key, attempts=1) else None
