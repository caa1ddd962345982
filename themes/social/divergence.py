"""Sources that contradict each other: remembered when it is seen, so that it can be told who was right."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from sentiment_site.market import calendar
from themes.models import DivergenceOutcome
from themes.models.social import HORIZONS

from .sessions import find_stretch

# A contradiction that lasts is one event: its five sessions overlap, and counting them all would feign evidence.
AGAIN_AFTER = 5


@dataclass(frozen=True, slots=True)
class Contradiction:
    """A stock and the two sources furthest apart about it. Scores in [-1, 1]."""

    instrument_id: int
    bearish_source: str
    bullish_source: str
    bearish_score: float
    bullish_score: float
    is_simulated: bool


def open_divergences(found: Sequence[Contradiction], at: dt.datetime, known_at: dt.datetime) -> int:
    """Store what is not yet being watched; how many events. at: the slot; known_at: when it was known, from when on the
    market is watched. At most two statements; in the transaction of the pass that found them."""
    if not found:
        return 0
    stretches = {horizon: find_stretch(known_at, horizon) for horizon in HORIZONS}
    session = stretches[HORIZONS[0]].session
    recent = DivergenceOutcome.objects.filter(
        instrument_id__in=[one.instrument_id for one in found],
        session__gt=calendar.shift(session, -AGAIN_AFTER).date,
    ).values_list("instrument_id", "bearish_source", "bullish_source")
    watched = set(recent)
    fresh = [one for one in found if (one.instrument_id, one.bearish_source, one.bullish_source) not in watched]
    DivergenceOutcome.objects.bulk_create(
        (
            DivergenceOutcome(
                instrument_id=one.instrument_id,
                session=session,
                horizon=horizon,
                ends_on=stretch.ends_on,
                diverged_at=at,
                bearish_source=one.bearish_source,
                bullish_source=one.bullish_source,
                bearish_score=one.bearish_score,
                bullish_score=one.bullish_score,
                is_simulated=one.is_simulated,
                recorded_at=known_at,
            )
            for one in fresh
            for horizon, stretch in stretches.items()
        ),
        ignore_conflicts=True,
    )
    return len(fresh)
