"""Where in time a story's steps fall: a session's slots and those of the sessions after it, counted through.

Position 0 is the pre-market of the session a story is drawn in; a full day has 15 positions, a half day 9.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sentiment_site.market.calendar import Session
from sentiment_site.simulator.market import noise
from sentiment_site.simulator.market import parameters as process

Ints = NDArray[np.int64]

DAY = process.REGULAR_SLOTS + 2  # positions of a full day
_HALF_HOUR = dt.timedelta(minutes=30)
# by which noise streams, and by which shares of the bars, tape/bars.py places the jumps of the extended hours
_PRE_JUMP = 2, np.cumsum(process.PRE_WEIGHTS / process.PRE_WEIGHTS.sum())[:-1], process.PRE_BARS
_POST_JUMP = 3, np.cumsum(process.POST_WEIGHTS / process.POST_WEIGHTS.sum())[:-1], process.POST_BARS


def slots_of(session: Session) -> int:
    """Slots of a session: pre-market, the regular half-hours, after-hours."""
    return 2 + (process.HALF_DAY_SLOTS if session.half_day else process.REGULAR_SLOTS)


class Grid:
    """The positions of consecutive sessions."""

    def __init__(self, sessions: Sequence[Session]) -> None:
        self.sessions = tuple(sessions)
        self.starts: Ints = np.cumsum([0] + [slots_of(session) for session in sessions])
        self._starts: list[int] = self.starts.tolist()

    def split(self, positions: Ints) -> tuple[Ints, Ints]:
        """Number of the session (0 = the first) and slot within it, of each position."""
        number = np.searchsorted(self.starts, positions, side="right") - 1
        return number, positions - self.starts[number]

    def begins(self, position: int) -> dt.datetime:
        """When the slot at a position begins; at the grid's end and beyond, the end of its last session."""
        number = bisect_right(self._starts, position) - 1
        if number >= len(self.sessions):
            return self.sessions[-1].post_close
        return slot_begins(self.sessions[number], position - self._starts[number])

    def ends(self, position: int) -> dt.datetime:
        """When the slot at a position ends."""
        number = bisect_right(self._starts, position) - 1
        if number >= len(self.sessions):
            return self.sessions[-1].post_close
        return slot_ends(self.sessions[number], position - self._starts[number])


def slot_begins(session: Session, slot: int) -> dt.datetime:
    """When a slot of a session begins. Half-hours begin at the open, after-hours at the close."""
    if slot == 0:
        return session.pre_open
    return min(session.open + (slot - 1) * _HALF_HOUR, session.close)


def slot_ends(session: Session, slot: int) -> dt.datetime:
    """When a slot of a session ends."""
    return session.post_close if slot == slots_of(session) - 1 else slot_begins(session, slot + 1)


def news_moment(seed: int, session: Session, row: int, slot: int) -> dt.datetime:
    """Start of the bar in which a jump of this security and slot appears: when news that explains it comes out.

    The tape puts a jump of the extended hours into one bar; one in the opening auction is news of 09:00.
    """
    return news_moments(seed, session, np.array([row]), slot)[0]


def news_moments(seed: int, session: Session, rows: Ints, slot: int) -> list[dt.datetime]:
    """`news_moment` of several securities and one slot."""
    last = slots_of(session) - 1
    if 0 < slot < last:
        return [slot_begins(session, slot)] * len(rows)
    stream, bounds, bars = _PRE_JUMP if slot == 0 else _POST_JUMP
    address = noise.addresses(seed, np.array([session.date.toordinal()]), rows)
    bar = np.searchsorted(bounds, noise.uniform(address, stream, 1)[:, 0])
    start = slot_begins(session, slot)
    return [start + int(one) * _HALF_HOUR for one in np.minimum(bar, bars - 1)]
