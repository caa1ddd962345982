"""What the pass before left: levels held and quiet hours counted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from sentiment_site.market import calendar
from themes.kernels.temperature import Level, TemperatureState, cold_start
from themes.models import TemperaturePass, TemperatureReading

from .slots import Slot

LEVELS = {"": Level.UNKNOWN} | {level.name.lower(): level for level in Level if level != Level.UNKNOWN}


def load_state(ids: Sequence[int], slot: Slot, known_at: dt.datetime) -> TemperatureState:
    """As the last whole pass before the slot, and what rose since, left it; a cold start where that is longer ago than
    the session before. Stocks without a row were COLD, or unknown if the pass says so. Two statements."""
    state = cold_start(len(ids))
    since = calendar.shift(slot.session.date, -1).pre_open
    last = (
        TemperaturePass.objects.filter(is_whole=True, as_of__lt=slot.at, as_of__gte=since, recorded_at__lte=known_at)
        .order_by("-as_of")
        .first()
    )
    if last is None:
        return state
    rows = TemperatureReading.objects.filter(
        as_of__gte=last.as_of, as_of__lt=slot.at, recorded_at__lte=known_at
    ).order_by("as_of")
    place = {one: row for row, one in enumerate(ids)}
    state.level[:] = Level.COLD
    for one in last.unknown:
        if one in place:
            state.level[place[one]] = Level.UNKNOWN
    for one, word, quiet in rows.values_list("instrument_id", "temperature_classification", "quiet_hours"):
        if one in place:
            state.level[place[one]] = LEVELS[word]
            state.quiet_hours[place[one]] = quiet or (0, 0, 0)
    return state
