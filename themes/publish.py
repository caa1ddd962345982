"""The live topic `themes`: that something of the themes has changed, never what; every page then asks for its fragment.

`seq` is market time in milliseconds, so that rooms that know nothing of each other share one growing number; a page's
own `data-live-seq` is that of the newest row it shows (`seq_of`).
"""

from __future__ import annotations

import datetime as dt
from functools import partial

import redis
import structlog
from django.db import transaction

from sentiment_site.live.events import Event
from sentiment_site.live.publish import client, send_event
from sentiment_site.market import clock

logger = structlog.get_logger(__name__)

TOPIC = "themes"
EVENT = "themes.changed"
CHANGED = "themes:changed"
DAY_S = 86_400


def announce_change(what: str) -> None:
    """Tell open pages, after commit, that `what` (a room: "temperature", "manipulation", "alerts", ...) has new rows.

    Never raises for a cache that is down."""
    transaction.on_commit(partial(_send, what))


def seq_of(moment: dt.datetime | None) -> int:
    """The number of a state as of that moment of recording; 0 for none."""
    return 0 if moment is None else int(moment.timestamp() * 1000)


def get_snapshot(topic: str) -> tuple[int, dt.datetime, str] | None:
    """What a socket that joins hears first: the number of the newest change without a fragment, so that a page that
    missed it asks for its own. None when nothing is known to have changed, or Valkey is down."""
    try:
        held = client().get(CHANGED)
    except redis.RedisError as error:
        logger.warning("changes of the themes not read: Valkey does not answer", error=str(error))
        return None
    if not isinstance(held, bytes) or not held.isdigit():
        return None
    return int(held), dt.datetime.fromtimestamp(int(held) / 1000, dt.UTC), ""


def _send(what: str) -> None:
    now = clock.now()
    seq = seq_of(now) + 1  # above that of a row recorded in this very millisecond
    try:
        client().set(CHANGED, seq, ex=DAY_S)
    except redis.RedisError as error:
        logger.warning("change of the themes not kept: Valkey does not answer", what=what, error=str(error))
        return
    send_event(Event(EVENT, TOPIC, run_id=None, seq=seq, at=now, data={"name": what}))
