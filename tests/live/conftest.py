"""A Valkey of one's own to kill, and sockets that only remember."""

from __future__ import annotations

import asyncio
import secrets
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from sentiment_site.live import publish
from sentiment_site.live.events import Event
from sentiment_site.services.ports import next_free
from sentiment_site.services.servers import Valkey, valkey

AT = datetime(2026, 8, 21, 14, 30, tzinfo=UTC)


@pytest.fixture(autouse=True)
def fresh_client(settings: Any) -> Iterator[None]:
    """Each test's client is for the REDIS_URL of that test."""
    publish.client.cache_clear()
    yield
    publish.client.cache_clear()


@pytest.fixture
def private_valkey(tmp_path: Path, settings: Any) -> Iterator[Valkey]:
    """A Valkey that this test may kill; REDIS_URL points at it."""
    tmp_path.chmod(0o755)
    server = valkey(tmp_path, port=next_free(0), password=secrets.token_urlsafe(8), durable=False)
    server.start()
    settings.REDIS_URL = server.url
    publish.client.cache_clear()
    yield server
    server.stop()


def kill(server: Valkey) -> None:
    """kill -9."""
    assert server.process is not None
    server.process.kill()
    server.process.wait()
    server.stop()


@pytest.fixture
def topic() -> str:
    """A topic that no other test uses: runs side by side share the Valkey."""
    return f"test-{secrets.token_hex(6)}"


def event(topic: str, seq: int | None = 1, **values: Any) -> Event:
    """An event of that topic."""
    return Event(**({"type": "test", "topic": topic, "run_id": None, "seq": seq, "at": AT} | values))


async def until(condition: Callable[[], bool], seconds: float = 5.0) -> None:
    """Wait for a condition without holding the loop."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        await asyncio.sleep(0.01)
