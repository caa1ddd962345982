"""One socket: a full one never makes others wait, the newest state wins, the snapshot comes first."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from sentiment_site.live.member import Delivery, Member, text_delivery

from .conftest import until


class Socket:
    """A transport whose buffer is full while `open` is not set."""

    def __init__(self, is_open: bool = True) -> None:
        self.sent: list[str] = []
        self.calls = 0
        self.open = asyncio.Event()
        self.error: Exception | None = None
        self.cancelled = False
        if is_open:
            self.open.set()

    async def send(self, message: dict[str, Any]) -> None:
        self.calls += 1
        try:
            await self.open.wait()
            await asyncio.sleep(0) if self.calls == 99 else None
        except asyncio.CancelledError:
            self.cancelled = True
            raise
        if self.error is not None:
            raise self.error
        self.sent.append(message["text"])


def make(socket: Socket) -> tuple[Member, list[Member]]:
    gone: list[Member] = []
    return Member(socket.send, gone.append), gone


def state(seq: int | None, topic: str = "t", slot: str | None = None) -> Delivery:
    return text_delivery(f"{slot or topic}{seq}", topic=topic, slot=slot, seq=seq)


async def test_a_socket_with_room_is_served_in_the_same_step() -> None:
    socket = Socket()
    member, _ = make(socket)
    member.deliver(state(1))
    member.deliver(state(2))
    assert socket.sent == ["t1", "t2"]
    assert not member.is_behind


async def test_a_full_socket_keeps_only_the_newest_of_each_slot() -> None:
    socket = Socket(is_open=False)
    member, _ = make(socket)
    for seq in range(1, 101):
        member.deliver(state(seq))
        member.deliver(state(seq, slot="t/other"))
    assert member.is_behind
    assert socket.calls == 1
    socket.open.set()
    await until(lambda: not member.is_behind)
    assert socket.sent == ["t1", "t/other100", "t100"]
    member.deliver(state(101))
    assert socket.sent[-1] == "t101"


async def test_a_send_may_wait_more_than_once() -> None:
    class Twice(Socket):
        async def send(self, message: dict[str, Any]) -> None:
            await asyncio.sleep(0)
            await asyncio.sleep(0.01)
            await super().send(message)

    socket = Twice()
    member, _ = make(socket)
    member.deliver(state(1))
    member.deliver(state(2))
    await until(lambda: not member.is_behind)
    assert socket.sent == ["t1", "t2"]


@pytest.mark.parametrize("is_open", [True, False])
async def test_a_socket_that_breaks_is_reported_and_left_alone(is_open: bool) -> None:
    socket = Socket(is_open)
    socket.error = ConnectionError("gone")
    member, gone = make(socket)
    member.deliver(state(1))
    socket.open.set()
    await until(lambda: gone == [member])
    member.deliver(state(2))
    await asyncio.sleep(0.02)
    assert socket.calls == 1
    assert not member.is_behind


async def test_closing_cancels_a_send_that_waits() -> None:
    socket = Socket(is_open=False)
    member, gone = make(socket)
    member.deliver(state(1))
    await asyncio.sleep(0.01)
    await member.close()
    assert socket.cancelled
    assert socket.sent == []
    assert gone == []
    member.deliver(state(2))
    assert socket.calls == 1


async def test_the_snapshot_comes_before_the_events_since() -> None:
    socket = Socket()
    member, _ = make(socket)
    member.hold("t")
    member.deliver(state(8))
    member.deliver(state(1, topic="u"))
    assert socket.sent == ["u1"]
    member.release("t", text_delivery("snapshot7", topic="t", seq=7))
    assert socket.sent == ["u1", "snapshot7", "t8"]


async def test_an_event_that_the_snapshot_contains_is_dropped() -> None:
    socket = Socket()
    member, _ = make(socket)
    member.hold("t")
    member.deliver(state(7))
    member.deliver(state(None, slot="t/job"))
    member.release("t", text_delivery("snapshot7", topic="t", seq=7))
    assert socket.sent == ["snapshot7", "t/jobNone"]


async def test_without_a_snapshot_the_events_follow_at_once() -> None:
    socket = Socket()
    member, _ = make(socket)
    member.hold("t")
    member.deliver(state(1))
    member.release("t", None)
    member.release("t", text_delivery("empty", topic="t", seq=None))
    member.hold("t")
    member.deliver(state(2))
    member.release("t", text_delivery("unnumbered", topic="t", seq=None))
    assert socket.sent == ["t1", "empty", "unnumbered", "t2"]


async def test_held_topics_stay_back_while_a_full_socket_drains() -> None:
    socket = Socket(is_open=False)
    member, _ = make(socket)
    member.hold("t")
    member.deliver(state(1, topic="u"))
    member.deliver(state(1))
    member.deliver(state(2, topic="u"))
    socket.open.set()
    await until(lambda: not member.is_behind)
    assert socket.sent == ["u1", "u2"]
    member.release("t", None)
    assert socket.sent == ["u1", "u2", "t1"]
