"""Reading `?as_of=`: the moment whose knowledge a page or an answer shows."""

from __future__ import annotations

import datetime as dt
import re

from sentiment_site.market import calendar

HINT = "expected a moment such as 2026-08-21T16:20-04:00, or a date"
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def parse_moment(text: str) -> dt.datetime:
    """An ISO moment in UTC. Without an offset it is New York time; a date alone means the end of that New York day.

    A "+" that a query string turned into a space is read as "+". Raises ValueError for anything else and for moments
    outside the exchange calendar.
    """
    cleaned = text.strip()
    try:
        if _DAY.fullmatch(cleaned):
            at = dt.datetime.combine(dt.date.fromisoformat(cleaned), dt.time.max)
        else:
            at = dt.datetime.fromisoformat(cleaned.replace(" ", "+") if "T" in cleaned else cleaned)
        if at.tzinfo is None:
            at = at.replace(tzinfo=calendar.NEW_YORK)
        at = at.astimezone(dt.UTC)
        calendar.session_at(at)
    except (ValueError, OverflowError) as error:
        raise ValueError(f"{text!r} is not a moment the market calendar knows; {HINT}") from error
    return at
