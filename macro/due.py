"""Whether a scan is due: once per slot of four hours, tried again within it while no vendor can be believed."""

from __future__ import annotations

import datetime as dt

from sentiment_site.jobs.services import may_try
from sentiment_site.market import clock

from . import selectors
from .grid import slot_of
from .models import MacroMarketData, MacroSystemState

SCAN = "macro.scan"
# A dozen tries, 20 minutes apart, are the whole slot; three calls each stay far below the day's budget.
TRIES = 12
PAUSE = dt.timedelta(minutes=20)


def find_due_slot() -> dt.datetime | None:
    """The slot of now when it has no true reading yet and may be tried; None otherwise, and during maintenance."""
    if selectors.get_state().system_status == MacroSystemState.Status.MAINTENANCE:
        return None
    slot = slot_of(clock.now())
    if not may_try(SCAN, slot.isoformat(), attempts=TRIES, pause=PAUSE):
        return None
    return None if _is_done(slot) else slot


def _is_done(slot: dt.datetime) -> bool:
    """Whether the slot has its reading and an analysis since: a scan that died between the two is asked for again."""
    row = (
        MacroMarketData.objects.believed()
        .filter(timestamp=slot, superseded_at__isnull=True, is_estimated=False)
        .order_by("-recorded_at")
        .first()
    )
    if row is None:
        return False
    newest = selectors.latest_analysis()
    return newest is not None and newest.recorded_at >= row.recorded_at
