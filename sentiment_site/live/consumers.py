"""The socket behind every live page: join, snapshot, then events.

Close codes: 4401 not signed in, 4403 no right to a topic, 4404 unknown or missing topic, 1013 the database does not
answer (the page polls and comes back).
"""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qs

import structlog
from channels.db import database_sync_to_async
from channels.generic.websocket import AsyncWebsocketConsumer

from . import topics
from .events import Event
from .hub import get_hub
from .member import Delivery, Member, text_delivery

logger = structlog.get_logger(__name__)

NOT_SIGNED_IN = 4401
FORBIDDEN = 4403
UNKNOWN_TOPIC = 4404
TRY_AGAIN = 1013
MOST_TOPICS = 16


class LiveConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]  # channels has no types
    """`/ws/live/?topics=a,b`: the snapshot of each topic, then its events; "ping" is answered with "pong"."""

    # No channel layer: it would hold one Redis subscription per socket, and a new socket could not open while Valkey is
    # down. The hub is the only way in.
    channel_layer_alias = "none"
    member: Member | None = None

    async def connect(self) -> None:
        """Accept, then refuse with a code: a refusal before the accept reaches the browser without its reason."""
        await self.accept()
        user = self.scope["user"]
        if not user.is_authenticated:
            await self.close(NOT_SIGNED_IN)
            return
        names = _asked_topics(self.scope["query_string"])
        found = [topic for name in names if (topic := topics.get(name)) is not None]
        if not names or len(names) > MOST_TOPICS or len(found) < len(names):
            await self.close(UNKNOWN_TOPIC)
            return
        try:
            if not await _may_join(user, found):
                await self.close(FORBIDDEN)
                return
            await self._join(found)
        except Exception:
            logger.exception("live socket: the present state could not be read", topics=names)
            await self.close(TRY_AGAIN)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Only "ping" means something; it takes the same way out as events, so that frames never interleave."""
        if text_data == "ping" and self.member is not None:
            self.member.deliver(text_delivery("pong", topic="", slot="pong"))

    async def disconnect(self, code: int) -> None:
        """Leave the hub."""
        if self.member is not None:
            await get_hub().leave(self.member)

    async def _join(self, found: list[topics.Topic]) -> None:
        """Join first and read afterwards: an event between the two waits behind the snapshot."""
        self.member = await get_hub().join(self.base_send, [topic.name for topic in found])
        for topic in found:
            self.member.release(topic.name, await _load_snapshot(topic))


def _asked_topics(query_string: bytes) -> list[str]:
    """The names in `?topics=`, each once, in order."""
    asked = parse_qs(query_string.decode("ascii", "replace")).get("topics", [""])[0]
    return list(dict.fromkeys(name for name in asked.split(",") if name))


@database_sync_to_async  # type: ignore[untyped-decorator]
def _may_join(user: Any, found: list[topics.Topic]) -> bool:
    return all(topic.permission(user) for topic in found)


@database_sync_to_async  # type: ignore[untyped-decorator]
def _load_snapshot(topic: topics.Topic) -> Delivery | None:
    """The topic's present state as a message, or None while there is none."""
    present = topic.snapshot(topic.name) if topic.snapshot is not None else None
    if present is None:
        return None
    seq, at, html = present
    event = Event(type="snapshot", topic=topic.name, run_id=None, seq=seq, at=at)
    return text_delivery(event.to_json(html), topic=topic.name, seq=seq)
