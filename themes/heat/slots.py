"""When the temperature is read: at the full hours of a session, 04:00 to 20:00 New York, and at half past in between.

A slot is a moment at which half-hour bars end. Its window is the hour before it; at 04:00 there is none, and the pass
carries over what the evening left.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sentiment_site.market import calendar

BAR = dt.timedelta(minutes=30)
HOUR = dt.timedelta(hours=1)
BARS_AN_HOUR = 2


@dataclass(frozen=True, slots=True)
class Slot:
    """A moment of a session. bars: how many of the session's half-hours are over then."""

    session: calendar.Session
    bars: int

    @property
    def at(self) -> dt.datetime:
        """The moment."""
        return self.session.pre_open + self.bars * BAR

    @property
    def on_the_hour(self) -> bool:
        """Whether it is one of the stamps, at which all stocks are read and quiet hours are counted."""
        return self.bars % BARS_AN_HOUR == 0

    @property
    def begins(self) -> dt.datetime:
        """The beginning of its window."""
        return max(self.at - HOUR, self.session.pre_open)

    @property
    def is_extended(self) -> bool:
        """Whether its window lies outside of regular trading."""
        return self.at <= self.session.open or self.begins >= self.session.close


def list_stamps(session: calendar.Session) -> tuple[Slot, ...]:
    """The full hours of a session: 17, on a half day 14."""
    return tuple(slot for slot in list_slots(session) if slot.on_the_hour)


def list_slots(session: calendar.Session) -> tuple[Slot, ...]:
    """The full hours and what lies between."""
    return tuple(Slot(session, bars) for bars in range(len(calendar.bar_starts(session)) + 1))


def slot_at(at: dt.datetime) -> Slot:
    """The slot of a moment. ValueError where no half-hour of a session ends."""
    session = calendar.last_session(at)
    bars, rest = divmod(at - session.pre_open, BAR)
    if rest or at > session.post_close:
        raise ValueError(f"no half-hour of a session ends at {at.isoformat()}")
    return Slot(session, bars)


def newest_slot(at: dt.datetime) -> Slot:
    """The newest slot that is over."""
    session = calendar.last_session(at)
    return Slot(session, (min(at, session.post_close) - session.pre_open) // BAR)
