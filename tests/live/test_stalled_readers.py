"""Fifty real sockets over uvicorn, five of which stop reading: the others get everything, the five get the newest."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
import threading
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import uvicorn
from websockets.asyncio.client import ClientConnection, connect

from sentiment_site.live import publish, topics
from sentiment_site.live.consumers import LiveConsumer
from sentiment_site.live.hub import Hub, get_hub

from .conftest import event, until

CLIENTS, STALLED, BROADCASTS = 50, 5, 80
HTML = "x" * 8_000


class Server(uvicorn.Server):
    """uvicorn in a thread, with small socket buffers so that a stalled reader is felt soon."""

    hub: Hub | None = None

    def __init__(self) -> None:
        config = uvicorn.Config(
            self.application,
            interface="asgi3",
            lifespan="off",
            log_level="warning",
            ws="websockets-sansio",
            ws_per_message_deflate=False,
        )
        super().__init__(config)
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 8_192)
        self.thread = threading.Thread(target=self.run, kwargs={"sockets": [self.socket]})

    async def application(self, scope: Any, receive: Any, send: Any) -> None:
        """The consumer behind a signed-in user."""
        self.hub = get_hub()
        scope["user"] = SimpleNamespace(is_authenticated=True)
        await LiveConsumer.as_asgi()(scope, receive, send)

    @property
    def port(self) -> int:
        return int(self.socket.getsockname()[1])


@pytest.fixture
def server() -> Iterator[Server]:
    running = Server()
    running.thread.start()
    yield running
    running.should_exit = running.force_exit = True
    running.thread.join(10)
    assert not running.thread.is_alive()


async def open_client(server: Server, topic: str, *, stalls: bool) -> ClientConnection:
    plain = socket.socket()
    if stalls:
        plain.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2_048)
    plain.connect(("127.0.0.1", server.port))
    plain.setblocking(False)
    address = f"ws://127.0.0.1:{server.port}/ws/live/?topics={topic}"
    # With its queue full the client library reads no more from the socket.
    queue = 1 if stalls else BROADCASTS + 1
    return await connect(address, sock=plain, max_queue=queue, compression=None, ping_interval=None)


async def read(client: ClientConnection) -> int:
    return int(json.loads(await asyncio.wait_for(client.recv(), 10))["seq"])


async def read_until(client: ClientConnection, last: int) -> list[int]:
    seqs = [await read(client)]
    while seqs[-1] != last:
        seqs.append(await read(client))
    return seqs


@pytest.mark.django_db(transaction=True)
async def test_five_stalled_readers_of_fifty(server: Server, topic: str) -> None:
    topics.register(topic)
    clients = [await open_client(server, topic, stalls=number < STALLED) for number in range(CLIENTS)]
    async with contextlib.AsyncExitStack() as stack:
        for client in clients:
            stack.push_async_callback(client.close)
        await until(lambda: server.hub is not None and server.hub.count(topic) == CLIENTS)
        healthy, stalled = clients[STALLED:], clients[:STALLED]
        for seq in range(1, BROADCASTS + 1):
            await asyncio.to_thread(publish.send_event, event(topic, seq, key=topic), HTML)
            # Wait for the healthy ones: on a busy machine they would be behind as well and get only the newest.
            assert await asyncio.gather(*(read(client) for client in healthy)) == [seq] * len(healthy)
        assert server.hub is not None
        behind = [member for member in server.hub._members[topic] if member.is_behind]
        assert len(behind) == STALLED
        assert all(len(member._waiting) == 1 for member in behind)
        for client in stalled:
            seqs = await read_until(client, BROADCASTS)
            assert len(seqs) < BROADCASTS  # what lay between was replaced, never queued
            assert seqs == sorted(seqs)
    topics._topics.pop(topic)
