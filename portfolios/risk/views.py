"""From where a book is looked at: now, from a moment of the past, or from a session of the past as known now."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sentiment_site.market import calendar, clock
from sentiment_site.market.calendar import NEW_YORK


@dataclass(frozen=True, slots=True)
class View:
    """day: positions and cash up to that New York day count; session: the last one whose close counts.

    known_at: only what was recorded by then. live: positions stand at the prices they have now.
    """

    day: dt.date
    session: dt.date
    known_at: dt.datetime
    live: bool


def live_view() -> View:
    """Now."""
    now = clock.now()
    return View(now.astimezone(NEW_YORK).date(), calendar.last_closed_session(now).date, now, live=True)


def view_at(as_of: dt.datetime) -> View:
    """The knowledge of a moment; a moment that has not come yet is now."""
    if as_of >= clock.now():
        return live_view()
    return View(as_of.astimezone(NEW_YORK).date(), calendar.last_closed_session(as_of).date, as_of, live=False)


def view_of_session(session: dt.date) -> View:
    """A session that is over, with what is known now: what the batch sees. ValueError for any other day."""
    now = clock.now()
    known = calendar.session_on(session)
    if known is None or known.close > now:
        raise ValueError(f"{session} is not a session that is over")
    newest = calendar.last_closed_session(now).date
    return View(session, session, now, live=session == newest)
