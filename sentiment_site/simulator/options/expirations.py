"""Expiration dates as the exchanges list them: monthlies, weeklies, dailies, LEAPS.

An option expires on the Friday of its week, or on the Thursday where that Friday is a holiday. A date that is listed
stays listed until it has passed, whatever day one asks on.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from enum import IntEnum
from functools import lru_cache
from itertools import islice

from sentiment_site.market import calendar

_FRIDAY = 4
_WEEKS, _DAYS_AHEAD = 5, 14
_LEAPS_BEFORE = 9  # from September on the January after next but one is listed
_DAY = dt.timedelta(days=1)


class Tier(IntEnum):
    """How liquid an underlying's options are, and so which expirations and strikes it gets."""

    NONE = -1
    MONTHLY = 0  # two near months and two of its quarterly cycle
    LEAPS = 1  # and two Januaries
    WEEKLY = 2  # and five Fridays
    DAILY = 3  # and every session of the next two weeks: the index funds


@lru_cache(maxsize=8192)
def expirations_on(day: dt.date, tier: Tier, cycle: int) -> tuple[dt.date, ...]:
    """Expirations listed on a session's date, ascending, that date included. cycle: 0-2, month number modulo 3."""
    monthlies = list(islice(_monthlies(day), 9))
    found = set(monthlies[:2])
    found.update([expiry for expiry in monthlies[2:] if expiry.month % 3 == cycle][:2])
    if tier >= Tier.LEAPS:
        januaries = 2 if day.month >= _LEAPS_BEFORE else 1
        found.update(monthly_expiration(day.year + ahead, 1) for ahead in range(1, januaries + 1))
        found.update(expiry for expiry in [monthly_expiration(day.year, 1)] if expiry >= day)
    if tier >= Tier.WEEKLY:
        friday = day + _DAY * ((_FRIDAY - day.weekday()) % 7)
        found.update(_or_before(friday + 7 * _DAY * week) for week in range(_WEEKS))
    if tier >= Tier.DAILY:
        found.update(session.date for session in calendar.sessions_between(day, day + _DAY * _DAYS_AHEAD))
    return tuple(sorted(expiry for expiry in found if expiry >= day))


def monthly_expiration(year: int, month: int) -> dt.date:
    """The third Friday of a month, the Thursday before it where that is a holiday (Good Friday, Juneteenth)."""
    first = dt.date(year, month, 1)
    friday = first + _DAY * ((_FRIDAY - first.weekday()) % 7 + 14)
    # no holiday falls on the third Friday of January, which may lie beyond the calendar's horizon
    return friday if month == 1 else _or_before(friday)


def _monthlies(day: dt.date) -> Iterator[dt.date]:
    year, month = day.year, day.month
    while True:
        expiry = monthly_expiration(year, month)
        if expiry >= day:
            yield expiry
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)


def _or_before(friday: dt.date) -> dt.date:
    """The day itself if it is a session, else the one before."""
    return friday if calendar.session_on(friday) is not None else friday - _DAY
