"""The socket as a browser meets it, through the whole application: session, origin, permission, snapshot, events."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.contrib.auth import get_user_model
from django.db import OperationalError
from django.test import Client

from sentiment_site.live import publish, topics
from sentiment_site.live.hub import get_hub

from .conftest import AT, event, until

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def own_topics() -> Iterator[None]:
    """Topics registered by a test end with it."""
    before = dict(topics._topics)
    yield
    topics._topics.clear()
    topics._topics.update(before)


@pytest.fixture
def cookie() -> str:
    """The session cookie of a signed-in trader."""
    user = get_user_model().objects.create_user("trader", password="x")
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}"


def socket(query: str, cookie: str = "", origin: str = "http://localhost") -> WebsocketCommunicator:
    from sentiment_site.asgi import application

    headers = [(b"origin", origin.encode()), (b"host", b"localhost"), (b"cookie", cookie.encode())]
    return WebsocketCommunicator(application, f"/ws/live/{query}", headers=headers)


async def close_code(communicator: WebsocketCommunicator) -> int:
    accepted, _ = await communicator.connect()
    assert accepted
    message = await communicator.receive_output(timeout=5)
    assert message["type"] == "websocket.close"
    await communicator.send_input({"type": "websocket.disconnect", "code": message["code"]})
    await communicator.wait()
    return int(message["code"])


async def test_a_visitor_is_told_to_sign_in(topic: str) -> None:
    topics.register(topic)
    assert await close_code(socket(f"?topics={topic}")) == 4401


@pytest.mark.parametrize("query", ["", "?topics=", "?topics=nobody-knows", "?topics={topic},nobody-knows", "?x=%ff"])
async def test_unknown_topics(query: str, topic: str, cookie: str) -> None:
    topics.register(topic)
    assert await close_code(socket(query.format(topic=topic), cookie)) == 4404


async def test_too_many_topics(topic: str, cookie: str) -> None:
    names = [f"{topic}-{number}" for number in range(17)]
    for name in names:
        topics.register(name)
    assert await close_code(socket("?topics=" + ",".join(names), cookie)) == 4404


async def test_no_right_to_a_topic(topic: str, cookie: str) -> None:
    topics.register(topic, permission=lambda user: user.is_staff)
    assert await close_code(socket(f"?topics={topic}", cookie)) == 4403


async def test_a_page_of_another_site_is_refused(topic: str, cookie: str) -> None:
    topics.register(topic)
    accepted, _ = await socket(f"?topics={topic}", cookie, origin="http://elsewhere.example").connect()
    assert not accepted


async def test_join_snapshot_events_ping(topic: str, cookie: str) -> None:
    topics.register(topic, snapshot=lambda name: (7, AT, f"<p>{name}</p>"))
    topics.register(topic + "-empty", snapshot=lambda name: None)
    topics.register(topic + "-events")
    asked = f"?topics={topic},{topic}-empty,{topic}-events,{topic}"
    communicator = socket(asked, cookie)
    assert (await communicator.connect())[0]
    assert json.loads(await communicator.receive_from(timeout=5)) == {
        "type": "snapshot",
        "topic": topic,
        "run_id": None,
        "seq": 7,
        "at": AT.isoformat(),
        "key": None,
        "html": f"<p>{topic}</p>",
    }
    await until(lambda: get_hub().is_subscribed)
    await asyncio.to_thread(publish.send_event, event(topic, 8))
    assert json.loads(await communicator.receive_from(timeout=5))["seq"] == 8
    await asyncio.to_thread(publish.send_event, event(topic + "-events", 1))
    assert json.loads(await communicator.receive_from(timeout=5))["topic"] == topic + "-events"
    await communicator.send_to(text_data="something else")
    await communicator.send_to(text_data="ping")
    assert await communicator.receive_from(timeout=5) == "pong"
    assert get_hub().count(topic) == 1
    await communicator.disconnect()
    assert get_hub().count(topic) == 0
    await get_hub().close()


async def test_an_event_during_the_join_comes_after_the_snapshot(topic: str, cookie: str) -> None:
    def slow_snapshot(name: str) -> tuple[int, Any, str]:
        publish.send_event(event(name, 7))
        publish.send_event(event(name, 8))
        loop_has_heard.wait(5)
        return 7, AT, "<p>7</p>"

    import threading

    loop_has_heard = threading.Event()
    topics.register(topic, snapshot=slow_snapshot)
    communicator = socket(f"?topics={topic}", cookie)
    assert (await communicator.connect())[0]
    await asyncio.sleep(0.3)
    loop_has_heard.set()
    first = json.loads(await communicator.receive_from(timeout=5))
    second = json.loads(await communicator.receive_from(timeout=5))
    assert [(first["type"], first["seq"]), (second["type"], second["seq"])] == [("snapshot", 7), ("test", 8)]
    await communicator.disconnect()
    await get_hub().close()


async def test_a_database_that_does_not_answer_closes_for_later(topic: str, cookie: str, caplog: Any) -> None:
    def broken(name: str) -> None:
        raise OperationalError("gone")

    topics.register(topic, snapshot=broken)
    assert await close_code(socket(f"?topics={topic}", cookie)) == 1013
    assert get_hub().count(topic) == 0
    assert "could not be read" in caplog.text
    await get_hub().close()
