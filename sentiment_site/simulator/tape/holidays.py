"""The names of the market's holidays. Which days they are, and the early closes, come from market.calendar."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sentiment_site.market import calendar
from sentiment_site.market.calendar import Session

_BY_MONTH = {
    1: "Martin Luther King, Jr. Day",
    2: "Washington's Birthday",
    3: "Good Friday",
    4: "Good Friday",
    5: "Memorial Day",
    6: "Juneteenth",
    7: "Independence Day",
    9: "Labor Day",
    11: "Thanksgiving",
    12: "Christmas",
}
_AHEAD = dt.timedelta(days=370)


@dataclass(frozen=True, slots=True)
class Holiday:
    """A weekday on which the market stays shut (session None) or closes early (its session)."""

    date: dt.date
    name: str
    session: Session | None


def list_holidays(since: dt.date) -> list[Holiday]:
    """Holidays and early closes of about a year from `since`, as far as the calendar reaches."""
    until = min(since + _AHEAD, dt.date(since.year + 1, 12, 31))
    days = (since + dt.timedelta(days=ahead) for ahead in range((until - since).days + 1))
    found = []
    for day in days:
        if day.weekday() >= 5:
            continue
        session = calendar.session_on(day)
        if session is None or session.half_day:
            found.append(Holiday(day, _name(day), session))
    return found


def _name(day: dt.date) -> str:
    new_year = (day.month == 1 and day.day <= 2) or (day.month == 12 and day.day == 31)
    return "New Years Day" if new_year else _BY_MONTH.get(day.month, "Special Closing")
