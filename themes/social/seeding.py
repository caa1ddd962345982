"""A first past of the sentiment for an installation that has just collected its first documents."""

from __future__ import annotations

from sentiment_site.market import clock

from .aggregate import run_pass
from .due import HALF_HOUR, is_slot, newest_slot
from .outcomes import settle_outcomes
from .waiting import score_waiting


def seed_social(hours: int = 6) -> int:
    """Score what is stored, make the passes of the last hours and settle what is over; how many passes were made.

    The passes know what is known now, and say so: recorded now, they are no past that the time machine would show.
    """
    now = clock.now()
    score_waiting()
    newest = newest_slot(now)
    slots = (newest - step * HALF_HOUR for step in range(2 * hours, -1, -1))
    made = [run_pass(slot, known_at=now) for slot in slots if is_slot(slot)]
    settle_outcomes()
    return sum(one is not None for one in made)
