"""The one sender of live announcements, and the store of rendered fragments.

Valkey being down is not an error of the publisher: the row is the truth and clients poll, so it is logged and no more.
"""

from __future__ import annotations

from functools import cache, partial

import redis
import structlog
from django.conf import settings
from django.db import transaction
from redis.backoff import NoBackoff
from redis.retry import Retry

from .events import Event

logger = structlog.get_logger(__name__)

FRAGMENT_PREFIX = "fragment:"
DAY_S = 86_400
TIMEOUT_S = 2.0


@cache
def client() -> redis.Redis:
    """The process's client. One immediate retry replaces a connection that a restarted server closed.

    redis-py's own default waits seconds between three retries, which would hold up a worker while Valkey is down.
    """
    return redis.Redis.from_url(
        settings.REDIS_URL,
        socket_timeout=TIMEOUT_S,
        socket_connect_timeout=TIMEOUT_S,
        retry=Retry(NoBackoff(), 1),
    )


def publish_event(event: Event, html: str | None = None, ttl: int = DAY_S) -> None:
    """Announce `event` to every open page once the transaction has committed; never if it rolls back.

    With `html` the fragment is stored under `event.key` first, so that whoever hears the announcement finds it.
    Raises ValueError for `html` without a key, and nothing when Valkey is down.
    """
    if html is not None and event.key is None:
        raise ValueError("a fragment needs the event's key")
    transaction.on_commit(partial(send_event, event, html, ttl))


def send_event(event: Event, html: str | None = None, ttl: int = DAY_S) -> None:
    """As `publish_event`, but at once: for code that runs after commit or has no transaction."""
    try:
        pipe = client().pipeline(transaction=False)
        if html is not None and event.key is not None:
            pipe.set(FRAGMENT_PREFIX + event.key, html, ex=ttl)
        pipe.publish(event.channel, event.to_json())
        pipe.execute()
    except redis.RedisError as error:
        logger.warning("not announced: Valkey does not answer", topic=event.topic, seq=event.seq, error=str(error))


def store_fragment(key: str, html: str, ttl: int = DAY_S) -> None:
    """Keep a rendered fragment for `ttl` seconds, at once: to refill a miss. New states go with `publish_event`."""
    try:
        client().set(FRAGMENT_PREFIX + key, html, ex=ttl)
    except redis.RedisError as error:
        logger.warning("fragment not stored: Valkey does not answer", key=key, error=str(error))


def get_fragment(key: str) -> str | None:
    """The rendered fragment, or None when it has expired, was never stored, or Valkey is down."""
    try:
        stored = client().get(FRAGMENT_PREFIX + key)
    except redis.RedisError as error:
        logger.warning("fragment not read: Valkey does not answer", key=key, error=str(error))
        return None
    return stored.decode() if isinstance(stored, bytes) else None
