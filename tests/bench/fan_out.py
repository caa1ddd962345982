"""The yardsticks of the push, served by uvicorn: a bare ASGI loop over all sockets, and a group of Channels.

`/raw` and `/group` take sockets and answer any text with "pong". `GET /fire/raw?bytes=n` and `/fire/group?bytes=n` send
every socket of that kind one text of n bytes.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any
from urllib.parse import parse_qs

from channels.generic.websocket import AsyncWebsocketConsumer
from channels.layers import get_channel_layer

GROUP = "bench"
Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]
listeners: set[Send] = set()


class GroupConsumer(AsyncWebsocketConsumer):
    """As the Channels documentation shows it."""

    async def connect(self) -> None:
        """Join the group."""
        await self.channel_layer.group_add(GROUP, self.channel_name)
        await self.accept()

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        await self.channel_layer.group_discard(GROUP, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Say that the socket is ready."""
        await self.send(text_data="pong")

    async def bench_text(self, event: dict[str, Any]) -> None:
        """Hand a group's message on."""
        await self.send(text_data=event["text"])


group_application = GroupConsumer.as_asgi()


async def application(scope: dict[str, Any], receive: Receive, send: Send) -> None:
    """Sockets and triggers."""
    if scope["type"] == "http":
        size = int(parse_qs(scope["query_string"].decode()).get("bytes", ["0"])[0])
        await _fire(scope["path"], "x" * size)
        await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"0")]})
        await send({"type": "http.response.body", "body": b""})
    elif scope["path"] == "/group":
        await group_application(scope, receive, send)
    else:
        await _listen(receive, send)


async def _fire(path: str, text: str) -> None:
    if path == "/fire/group":
        await get_channel_layer().group_send(GROUP, {"type": "bench.text", "text": text})
    elif path == "/fire/raw":
        message = {"type": "websocket.send", "text": text}
        for send in tuple(listeners):
            await send(message)


async def _listen(receive: Receive, send: Send) -> None:
    await receive()
    await send({"type": "websocket.accept"})
    listeners.add(send)
    try:
        while (await receive())["type"] == "websocket.receive":
            await send({"type": "websocket.send", "text": "pong"})
    finally:
        listeners.discard(send)
