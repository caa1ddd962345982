"""From a stored analysis to every open page: pointer, chip, announcement; and the cached answers of the API.

The cache is never the truth: a miss is read from the database again. The pointer `macro:head` lives for ten minutes, so
that one that missed a publication heals by itself; a reader fills it only where it is missing, the publisher replaces
it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict
from datetime import datetime
from functools import partial
from typing import Any

import redis
import structlog
from django.db import transaction
from django.template.loader import render_to_string

from macro import selectors
from macro.cards import Chip, Head, build_chip, build_head
from sentiment_site.live.events import Event
from sentiment_site.live.publish import client, send_event
from sentiment_site.market import clock

logger = structlog.get_logger(__name__)

TOPIC = "macro"
EVENT = "macro.analysed"
TEMPLATE = "macro/_chip.html"
HEAD_KEY = "macro:head"
HEAD_TTL_S = 600
ANSWER_TTL_S = 3600  # the requirement's hour; a new analysis makes older answers unreachable at once
MOMENTS = ("as_of", "event_at", "recorded_at")


def publish_analysis(analysis_id: int) -> None:
    """Announce the regime after commit: pointer and chip to every open page. Never raises for a cache that is down.

    What is announced is the newest analysis then, so a late call cannot put an older regime back. For an analysis made
    for a past moment (a replay) the newest stays, and nothing is sent.
    """
    transaction.on_commit(partial(_publish, analysis_id))


def get_cached_head() -> Head | None:
    """The regime in force as the cache knows it; None when it does not, or Valkey is down. No statement."""
    try:
        held = client().get(HEAD_KEY)
    except redis.RedisError as error:
        logger.warning("regime not read: Valkey does not answer", error=str(error))
        return None
    return _parse_head(held) if isinstance(held, bytes) else None


def get_cached_chip(now: datetime) -> Chip | None:
    """The same as the top bar shows it at `now`."""
    head = get_cached_head()
    return None if head is None else build_chip(head, now)


def get_head(as_of: datetime | None = None) -> Head | None:
    """The regime in force, or as it was known at a moment; None before the first analysis. At most one statement."""
    if as_of is not None:
        row = selectors.latest_analysis(as_of)
        return None if row is None else build_head(row)
    head = get_cached_head()
    if head is None:
        row = selectors.latest_analysis()
        if row is None:
            return None
        head = build_head(row)
        _keep_head(head, only_missing=True)
    return head


def render_chip(head: Head | None, now: datetime) -> str:
    """The chip's content: regime, permission, confidence and age as seen at `now`."""
    return render_to_string(TEMPLATE, {"chip": None if head is None else build_chip(head, now)})


def get_snapshot(topic: str) -> tuple[int, datetime, str] | None:
    """What a socket that joins is shown first: (seq, at, the chip); None before the first analysis."""
    head = get_head()
    return None if head is None else (head.seq, head.recorded_at, render_chip(head, clock.now()))


def cached_answer(kind: str, seq: int, key: str, build: Callable[[], Any]) -> Any:
    """The JSON value kept for an hour under kind, analysis and the caller's key, else what `build` makes, then kept.

    Plain dict, list, str, int, float, bool and None only (TypeError or ValueError otherwise); what comes back is the
    same whether it was kept or built.
    """
    name = f"macro:answer:{kind}:{seq}:{hashlib.sha256(key.encode()).hexdigest()[:32]}"
    try:
        held = client().get(name)
    except redis.RedisError as error:
        logger.warning("cache not read: Valkey does not answer", key=name, error=str(error))
        held = None
    if isinstance(held, bytes):
        return json.loads(held)
    text = json.dumps(build(), allow_nan=False, separators=(",", ":"), ensure_ascii=False)
    try:
        client().set(name, text, ex=ANSWER_TTL_S)
    except redis.RedisError as error:
        logger.warning("not cached: Valkey does not answer", key=name, error=str(error))
    return json.loads(text)


def _publish(analysis_id: int) -> None:
    row = selectors.latest_analysis()
    if row is None or row.pk != analysis_id:
        return
    head = build_head(row)
    _keep_head(head)
    html = render_chip(head, clock.now())
    key = f"macro:chip:{head.seq}"
    send_event(Event(EVENT, TOPIC, run_id=row.pk, seq=head.seq, at=head.recorded_at, key=key), html)
    logger.info("regime published", seq=head.seq, regime=head.regime, permission=head.permission)


def _keep_head(head: Head, *, only_missing: bool = False) -> None:
    text = json.dumps(asdict(head), default=lambda moment: moment.isoformat())
    try:
        client().set(HEAD_KEY, text, ex=HEAD_TTL_S, nx=only_missing)
    except redis.RedisError as error:
        logger.warning("regime not kept: Valkey does not answer", seq=head.seq, error=str(error))


def _parse_head(held: bytes) -> Head | None:
    """The head back from JSON; None for anything that this version of the program did not write."""
    try:
        facts: dict[str, Any] = json.loads(held)
        for name in MOMENTS:
            facts[name] = datetime.fromisoformat(facts[name])
        return Head(**facts)
    except (KeyError, TypeError, ValueError):
        logger.info("regime of another version ignored")
        return None
