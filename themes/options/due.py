"""When option chains are read and confluence is scored, in market time; what was missed and can be made up for."""

from __future__ import annotations

import datetime as dt
from typing import Final

from django.conf import settings

from sentiment_site.jobs.services import may_try, request_once
from sentiment_site.market import calendar, clock
from themes.models import ConfluencePass, SentimentPass

from .collect import open_session

CHAINS: Final = "themes.options"
CONFLUENCE: Final = "themes.confluence"
LOOK: Final = dt.timedelta(minutes=10)
SLOT: Final = dt.timedelta(minutes=30)
# Sentiment of the slot is waited for; when it does not come the slot is scored without it.
PATIENCE: Final = dt.timedelta(minutes=10)
# After a standstill so many slots are made up for; older ones stay empty.
CATCH_UP: Final = 4


def find_look(now: dt.datetime) -> str | None:
    """The ten minutes in which to read chains, None outside option trading or when it was tried."""
    if open_session(now - dt.timedelta(seconds=settings.POLYGON_DELAY_S)) is None:
        return None
    key = f"{_floor(now, LOOK):%Y-%m-%dT%H:%MZ}"
    return key if may_try(CHAINS, key, attempts=1) else None


def find_slot(now: dt.datetime) -> str | None:
    """The half-hour to score, None while its sentiment may still come, or when it was scored or tried."""
    due = list_due(now)
    if not due:
        return None
    key = f"{due[-1]:%Y-%m-%dT%H:%MZ}"
    return key if may_try(CONFLUENCE, key) else None


def list_due(now: dt.datetime) -> list[dt.datetime]:
    """The missing slots that can be scored now, oldest first: the newest waits for its sentiment, for ten minutes."""
    missing = list_missing(now)
    if not missing or now >= missing[-1] + PATIENCE:
        return missing
    has_sentiment = SentimentPass.objects.filter(as_of__gte=missing[-1], recorded_at__lte=now).exists()
    return missing if has_sentiment else missing[:-1]


def list_missing(now: dt.datetime) -> list[dt.datetime]:
    """Slots of the last two hours inside a session that have no pass, oldest first. One statement.

    A slot belongs to a session from its first half-hour's end to its last one's.
    """
    newest = _floor(now, SLOT)
    slots = [newest - back * SLOT for back in reversed(range(CATCH_UP))]
    inside = [one for one in slots if calendar.session_at(one - SLOT) is not None]
    if not inside:
        return []
    done = set(ConfluencePass.objects.filter(as_of__in=inside).values_list("as_of", flat=True))
    return [one for one in inside if one not in done]


def ask_after_sentiment() -> None:
    """Ask for the slot whose sentiment was just written, so that nobody waits for the next tick."""
    slot = find_slot(clock.now())
    if slot is not None:
        request_once(CONFLUENCE, slot, trigger="scheduled")


def _floor(at: dt.datetime, step: dt.timedelta) -> dt.datetime:
    seconds = step.total_seconds()
    return dt.datetime.fromtimestamp(at.timestamp() // seconds * seconds, dt.UTC)
