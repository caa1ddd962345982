"""One hub per process: one Redis subscription, one encoded message per event, every local socket one step away.

Channels' own groups unpack, queue and re-encode per client; with a thousand sockets that is ten times the time.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any
from weakref import WeakKeyDictionary

import structlog
from django.conf import settings
from redis.asyncio import Redis
from redis.asyncio.client import PubSub
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from .events import CHANNEL_PREFIX, Event
from .member import Delivery, Member, Send, text_delivery
from .publish import FRAGMENT_PREFIX

logger = structlog.get_logger(__name__)

FRAGMENT_TIMEOUT_S = 2.0
FIRST_WAIT_S = 0.1
LONGEST_WAIT_S = 2.0
RESYNC = "live.resync"


class Hub:
    """Hands the events of one Redis server to the sockets of one event loop.

    `quiet_s`: after that long without a message the server is asked for a sign of life, and after as long again without
    an answer the connection is made anew (a vanished server leaves a connection that stays silent for hours).
    """

    def __init__(self, url: str, quiet_s: float = 15.0) -> None:
        self._url = url
        self._quiet_s = quiet_s
        self._members: dict[str, set[Member]] = {}
        self._listener: asyncio.Task[None] | None = None
        self._subscribed = asyncio.Event()
        self._was_subscribed = False

    @property
    def is_subscribed(self) -> bool:
        """Whether announcements arrive at present."""
        return self._subscribed.is_set()

    def count(self, topic: str) -> int:
        """How many sockets listen to the topic."""
        return len(self._members.get(topic, ()))

    async def join(self, send: Send, topics: list[str], wait_s: float = 2.0) -> Member:
        """Enter a socket; its events are held back until `member.release(topic, snapshot)` for each topic.

        Returns when the hub is subscribed, so that nothing happens unheard between snapshot and events; with Redis down
        it returns after `wait_s` all the same: the client has the snapshot and polls.
        """
        self._start()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._subscribed.wait(), wait_s)
        member = Member(send, self._remove)
        for topic in topics:
            member.hold(topic)
            self._members.setdefault(topic, set()).add(member)
        return member

    async def leave(self, member: Member) -> None:
        """Forget a socket and what was on its way to it."""
        self._remove(member)
        await member.close()

    async def close(self) -> None:
        """Stop listening. Sockets stay open and hear nothing more."""
        if self._listener is not None:
            self._listener.cancel()
            await asyncio.wait([self._listener])
            self._listener = None

    def _start(self) -> None:
        # The attribute keeps the task alive: the loop itself holds only a weak reference, and a hub without one goes
        # silent at the next garbage collection.
        if self._listener is None or self._listener.done():
            self._listener = asyncio.get_running_loop().create_task(self._listen(), name="live hub")

    def _remove(self, member: Member) -> None:
        for topic in [topic for topic, members in self._members.items() if member in members]:
            self._members[topic].discard(member)
            if not self._members[topic]:
                del self._members[topic]

    async def _listen(self) -> None:
        """Subscribe, hand on, and begin again for as long as the process lives."""
        wait = FIRST_WAIT_S
        while True:
            try:
                # No socket timeout: an idle subscription is healthy (redis-py's default would end it after seconds).
                async with (
                    self._client(socket_timeout=None) as redis,
                    self._client(socket_timeout=FRAGMENT_TIMEOUT_S) as fragments,
                    redis.pubsub() as pubsub,
                ):
                    await pubsub.psubscribe(CHANNEL_PREFIX + "*")
                    await self._hand_on(pubsub, fragments)
            except (RedisError, OSError) as error:
                wait = FIRST_WAIT_S if self._subscribed.is_set() else min(wait * 2, LONGEST_WAIT_S)
                logger.warning("live hub: Valkey does not answer, trying again", error=str(error), wait_s=wait)
            except Exception:
                logger.exception("live hub: unexpected error, subscribing again")
                wait = LONGEST_WAIT_S
            self._subscribed.clear()
            await asyncio.sleep(wait)

    def _client(self, socket_timeout: float | None) -> Redis:
        # Errors come up at once: waiting and subscribing again is the listener's own business.
        return Redis.from_url(
            self._url, socket_timeout=socket_timeout, socket_connect_timeout=2.0, retry=Retry(NoBackoff(), 0)
        )

    async def _hand_on(self, pubsub: PubSub, fragments: Redis) -> None:
        """Every message of a connection, until the connection ends (by an error)."""
        asked = False
        while True:
            message = await pubsub.get_message(timeout=self._quiet_s)
            if message is None:
                await self._ask(pubsub, asked)
            asked = message is None
            if message is not None and message["type"] == "psubscribe":
                self._on_subscribed()
            elif message is not None and message["type"] == "pmessage":
                await self._broadcast(message["data"], fragments)

    async def _ask(self, pubsub: PubSub, asked: bool) -> None:
        """Ask for a sign of life; raises when the last question went unanswered."""
        if asked:
            raise RedisConnectionError(f"no sign of life for {2 * self._quiet_s:g} s")
        await pubsub.ping()

    def _on_subscribed(self) -> None:
        """After an outage every client asks for its fragment: what was announced meanwhile is lost."""
        self._subscribed.set()
        if self._was_subscribed:
            logger.info("live hub: subscribed again", topics=len(self._members))
            for topic in list(self._members):
                text = json.dumps({"type": RESYNC, "topic": topic})
                self._deliver(text_delivery(text, topic=topic, slot=f"{topic}/{RESYNC}"))
        self._was_subscribed = True

    async def _broadcast(self, payload: bytes, fragments: Redis) -> None:
        try:
            event = Event.from_json(payload)
        except ValueError as error:
            logger.warning("live hub: message dropped", error=str(error))
            return
        if event.topic not in self._members:
            return
        html = await _load_fragment(fragments, event)
        self._deliver(text_delivery(event.to_json(html), topic=event.topic, slot=event.slot, seq=event.seq))

    def _deliver(self, delivery: Delivery) -> None:
        for member in tuple(self._members.get(delivery.topic, ())):
            member.deliver(delivery)


async def _load_fragment(fragments: Redis, event: Event) -> str | None:
    """The event's fragment, once per process; without it the client fetches the fragment by its address."""
    if event.key is None:
        return None
    try:
        stored: Any = await fragments.get(FRAGMENT_PREFIX + event.key)
    except (RedisError, OSError) as error:
        logger.warning("live hub: fragment not read", key=event.key, error=str(error))
        return None
    return stored.decode() if stored is not None else None


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def get_hub() -> Hub:
    """The hub of the running event loop; a server process has one loop, so one hub."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub(settings.REDIS_URL)
    return _hubs[loop]
