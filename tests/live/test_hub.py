"""The hub over a real Valkey: one message per event, idle sockets, restarts, silent servers."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
from collections.abc import AsyncIterator
from typing import Any

import redis.asyncio as aredis
from django.conf import settings

from sentiment_site.live import publish
from sentiment_site.live.hub import Hub, get_hub

from .conftest import event, kill, until


class Listener:
    """A socket that remembers the messages it got."""

    def __init__(self) -> None:
        self.raw: list[dict[str, Any]] = []

    async def send(self, message: dict[str, Any]) -> None:
        self.raw.append(message)

    @property
    def got(self) -> list[dict[str, Any]]:
        return [json.loads(message["text"]) for message in self.raw]

    @property
    def seqs(self) -> list[Any]:
        return [message.get("seq", message["type"]) for message in self.got]


@contextlib.asynccontextmanager
async def running(url: str = "", **options: Any) -> AsyncIterator[Hub]:
    hub = Hub(url or settings.REDIS_URL, **options)
    try:
        yield hub
    finally:
        await hub.close()


async def listen(hub: Hub, *topics: str, wait_s: float = 2.0) -> tuple[Listener, Any]:
    listener = Listener()
    member = await hub.join(listener.send, list(topics), wait_s)
    for topic in topics:
        member.release(topic, None)
    return listener, member


async def send(*args: Any) -> None:
    await asyncio.to_thread(publish.send_event, *args)


async def test_every_socket_of_the_topic_gets_the_same_message_once(topic: str) -> None:
    async with running() as hub:
        first, _ = await listen(hub, topic)
        second, _ = await listen(hub, topic, topic + "-b")
        other, _ = await listen(hub, topic + "-c")
        assert (hub.count(topic), hub.count("nobody")) == (2, 0)
        await send(event(topic + "-nobody", 1))
        await send(event(topic, 4, key=f"{topic}:4"), "<i>4</i>")
        await send(event(topic + "-b", 1))
        await until(lambda: len(second.raw) == 2)
        assert second.seqs == [4, 1]
        assert first.got[0]["html"] == "<i>4</i>"
        assert first.raw[0] is second.raw[0]
        assert len(first.raw) == 1
        assert other.raw == []


async def test_a_missing_fragment_leaves_the_announcement(topic: str) -> None:
    async with running() as hub:
        listener, _ = await listen(hub, topic)
        await send(event(topic, 4, key=f"{topic}:gone"))
        await until(lambda: listener.seqs == [4])
        assert "html" not in listener.got[0]


async def test_rubbish_on_the_channel_is_passed_over(topic: str) -> None:
    async with running() as hub:
        listener, _ = await listen(hub, topic)
        await asyncio.to_thread(publish.client().publish, f"live:{topic}", "rubbish")
        await send(event(topic, 2))
        await until(lambda: listener.seqs == [2])


async def test_who_left_hears_nothing(topic: str) -> None:
    async with running() as hub:
        gone, member = await listen(hub, topic)
        stays, _ = await listen(hub, topic)
        await hub.leave(member)
        await send(event(topic, 1))
        await until(lambda: stays.seqs == [1])
        assert gone.raw == []
        assert hub.count(topic) == 1


async def test_a_broken_socket_is_forgotten(topic: str) -> None:
    async def broken(message: dict[str, Any]) -> None:
        raise ConnectionError

    async with running() as hub:
        member = await hub.join(broken, [topic])
        member.release(topic, None)
        await send(event(topic, 1))
        await until(lambda: hub.count(topic) == 0)


async def test_an_idle_socket_lives_on(topic: str) -> None:
    """Regression for redis-py's default socket timeout of 5 s, which ends idle subscriptions (channels_redis 422)."""
    async with running() as hub:
        listener, _ = await listen(hub, topic)
        await asyncio.sleep(6.5)
        await send(event(topic, 1))
        await until(lambda: listener.seqs == [1])


async def test_a_quiet_server_is_asked_and_the_connection_kept(topic: str) -> None:
    async with running(quiet_s=0.5) as hub:
        listener, _ = await listen(hub, topic)
        await asyncio.sleep(1.8)
        gc.collect()
        await send(event(topic, 1))
        await until(lambda: listener.seqs == [1])  # a new connection would have sent live.resync first


async def test_valkey_killed_and_started_again(private_valkey: Any, topic: str, caplog: Any) -> None:
    async with running(private_valkey.url) as hub:
        listener, _ = await listen(hub, topic)
        await send(event(topic, 1))
        await until(lambda: listener.seqs == [1])
        await asyncio.to_thread(kill, private_valkey)
        await until(lambda: not hub.is_subscribed)
        late, _ = await listen(hub, topic, wait_s=0.1)
        assert hub.count(topic) == 2
        await asyncio.to_thread(private_valkey.start)
        await until(lambda: hub.is_subscribed, 10)
        await send(event(topic, 3))
        await until(lambda: listener.seqs == [1, "live.resync", 3])
        assert late.seqs == ["live.resync", 3]
    assert "Valkey does not answer" in caplog.text


async def test_a_server_that_falls_silent_is_left(topic: str) -> None:
    """A vanished host leaves a connection that never errs: without an answer to PING it is made anew."""
    subscriptions = 0

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal subscriptions
        with contextlib.suppress(ConnectionError):
            while data := await reader.read(4096):
                if b"PSUBSCRIBE" in data:
                    subscriptions += 1
                    writer.write(b"*3\r\n$10\r\npsubscribe\r\n$6\r\nlive:*\r\n:1\r\n")
                elif b"PING" not in data:
                    writer.write(b"+OK\r\n" * data.count(b"*"))
        writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    async with server, running(f"redis://127.0.0.1:{port}/0", quiet_s=0.1) as hub:
        await listen(hub, topic)
        await until(lambda: subscriptions >= 3)


async def test_without_valkey_a_newcomer_is_let_in_all_the_same(topic: str) -> None:
    async with running("redis://127.0.0.1:1/0") as hub:
        await listen(hub, topic, wait_s=0.05)
        assert not hub.is_subscribed
        assert hub.count(topic) == 1


async def test_an_unexpected_error_does_not_end_the_hub(topic: str, monkeypatch: Any, caplog: Any) -> None:
    monkeypatch.setattr("sentiment_site.live.hub.LONGEST_WAIT_S", 0.05)
    async with running() as hub:
        listener, _ = await listen(hub, topic)
        with monkeypatch.context() as broken:
            broken.setattr("sentiment_site.live.hub._load_fragment", None)
            await send(event(topic, 1))
            await until(lambda: not hub.is_subscribed)
        await until(lambda: hub.is_subscribed)
        await send(event(topic, 2))
        await until(lambda: listener.seqs == ["live.resync", 2])
    assert "unexpected error" in caplog.text


async def test_a_fragment_that_cannot_be_read_is_left_out(topic: str) -> None:
    from sentiment_site.live.hub import _load_fragment

    async with aredis.Redis.from_url("redis://127.0.0.1:1/0") as nowhere:
        nowhere.connection_pool.connection_kwargs["retry"] = None
        assert await _load_fragment(nowhere, event(topic, 1, key="k")) is None


async def test_closing_twice_and_before_the_start_is_harmless() -> None:
    hub = Hub(settings.REDIS_URL)
    await hub.close()
    await hub.join(Listener().send, ["t"])
    await hub.close()
    await hub.close()


def test_one_hub_per_event_loop() -> None:
    async def hubs() -> tuple[Hub, Hub]:
        return get_hub(), get_hub()

    first, again = asyncio.run(hubs())
    other, _ = asyncio.run(hubs())
    assert first is again
    assert other is not first
