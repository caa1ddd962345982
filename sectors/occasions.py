"""When the light is analysed: the occasions of a trading day, as data, and the moments they make of a session. Pure.

Requirements S1 names 20:00, 04:00 and 08:00 New York time and every 30 minutes in session; 08:45 is added because a run
at 08:00 cannot contain the releases of 08:30 (methods.md 11.18). Every moment is shifted by the vendor's delay.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK, Session

HALF_HOUR_BAR = dt.timedelta(minutes=30)


@dataclass(frozen=True, slots=True)
class Occasion:
    """One reason to analyse. `at`: New York time, None for the end of every half-hour bar.

    snapshot: prices newer than the newest bar enter, or the run fails. repeats: published although no bar is newer than
    in the run before.
    """

    key: str
    at: dt.time | None
    title: str
    purpose: str
    needs: str
    snapshot: bool = False
    repeats: bool = False


OVERNIGHT = Occasion(
    "overnight",
    dt.time(4),
    "Overnight, 04:00",
    "what the night changed: the universe screened in the evening, splits of the new day, corrected and late bars",
    "the bars of the closed session; nothing of the new day has been published yet, so as_of stays the evening's",
    repeats=True,
)
PREMARKET = Occasion(
    "premarket",
    dt.time(8),
    "Pre-market, 08:00",
    "the last look before the economic releases",
    "the bar that ends 08:00",
)
RELEASE = Occasion(
    "release",
    dt.time(8, 45),
    "After the releases, 08:45",
    "the economic releases of 08:30 between two bars",
    "the vendor's snapshot: its prices for all sectors",
    snapshot=True,
)
EVENING = Occasion(
    "evening",
    dt.time(20),
    "Evening, 20:00",
    "the whole day with after-hours; ready for the next morning",
    "the session's last bar, which ends at 17:00 on a half day",
)
HALF_HOUR = Occasion("half_hour", None, "Half-hour", "every 30 minutes in session, 04:30 to 19:30", "a completed bar")

OCCASIONS = {each.key: each for each in (EVENING, OVERNIGHT, PREMARKET, RELEASE, HALF_HOUR)}


@dataclass(frozen=True, slots=True)
class Moment:
    """An occasion of one session. at: market time (UTC) of the newest data it should contain, without the delay."""

    occasion: Occasion
    session: dt.date
    at: dt.datetime

    @property
    def key(self) -> str:
        """What it is done once under: "2026-08-21:evening", "2026-08-21:10:30" for the bar that ends then."""
        name = f"{self.at.astimezone(NEW_YORK):%H:%M}" if self.occasion is HALF_HOUR else self.occasion.key
        return f"{self.session}:{name}"


def list_moments(session: Session) -> tuple[Moment, ...]:
    """Every moment of a session, in order: 34 on a full day, 28 on a half day. One moment has one occasion."""
    found = {start + HALF_HOUR_BAR: HALF_HOUR for start in calendar.bar_starts(session)}
    for occasion in (OVERNIGHT, PREMARKET, RELEASE):
        if occasion.at is not None:
            found[dt.datetime.combine(session.date, occasion.at, NEW_YORK).astimezone(dt.UTC)] = occasion
    found[session.post_close] = EVENING
    return tuple(Moment(found[at], session.date, at) for at in sorted(found))


def newest_moment(visible: dt.datetime) -> Moment | None:
    """The newest moment that is not after `visible` (now less the delay); None before the calendar's first session.

    What lies between it and the one before is past: after a standstill only the newest counts. ValueError beyond the
    calendar's end.
    """
    if calendar.last_completed_bar(visible) is None:
        return None
    moments = list_moments(calendar.last_session(visible))
    return next(moment for moment in reversed(moments) if moment.at <= visible)


def next_moment(visible: dt.datetime) -> Moment:
    """The first moment after `visible`. ValueError beyond the calendar's end."""
    session = calendar.session_at(visible) or calendar.next_session(visible)
    return next(moment for moment in list_moments(session) if moment.at > visible)
