"""Announcing after commit, fragments, and life without Valkey."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest
import redis
from django.db import transaction

from sentiment_site.live import publish

from .conftest import event


@pytest.fixture
def heard(topic: str, settings: Any) -> Iterator[Any]:
    """A function that returns what was published on the topic since the last call."""
    with redis.Redis.from_url(settings.REDIS_URL) as client, client.pubsub() as pubsub:
        pubsub.subscribe(f"live:{topic}")
        assert pubsub.get_message(timeout=10)["type"] == "subscribe"

        def hear() -> list[dict[str, Any]]:
            found = []
            while (message := pubsub.get_message(timeout=0.15)) is not None:
                found.append(json.loads(message["data"]))
            return found

        yield hear


@pytest.mark.django_db(transaction=True)
def test_an_event_waits_for_the_commit(topic: str, heard: Any) -> None:
    with transaction.atomic():
        publish.publish_event(event(topic, 5, key=f"{topic}:5"), html="<b>5</b>")
        assert heard() == []
        assert publish.get_fragment(f"{topic}:5") is None
    assert [(message["seq"], message["key"]) for message in heard()] == [(5, f"{topic}:5")]
    assert publish.get_fragment(f"{topic}:5") == "<b>5</b>"


@pytest.mark.django_db(transaction=True)
def test_a_rollback_announces_nothing(topic: str, heard: Any) -> None:
    with pytest.raises(RuntimeError), transaction.atomic():
        publish.publish_event(event(topic))
        raise RuntimeError
    assert heard() == []


def test_send_event_does_not_wait(topic: str, heard: Any) -> None:
    publish.send_event(event(topic, 3))
    assert [message["seq"] for message in heard()] == [3]


def test_a_fragment_needs_a_key(topic: str) -> None:
    with pytest.raises(ValueError, match="key"):
        publish.publish_event(event(topic), html="<p>")


def test_fragments_expire_and_keep_every_character(topic: str) -> None:
    publish.store_fragment(topic, "<p>é – 漢</p>", ttl=60)
    assert publish.get_fragment(topic) == "<p>é – 漢</p>"
    assert 0 < publish.client().ttl(f"fragment:{topic}") <= 60
    assert publish.get_fragment("never stored") is None


def test_without_valkey_the_caller_lives_and_does_not_wait(topic: str, settings: Any, caplog: Any) -> None:
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    publish.client.cache_clear()
    began = time.monotonic()
    publish.send_event(event(topic))
    publish.store_fragment(topic, "<p>")
    assert publish.get_fragment(topic) is None
    assert time.monotonic() - began < 5
    assert len([record for record in caplog.records if "Valkey does not answer" in record.getMessage()]) == 3


def test_the_client_survives_a_restart_of_valkey(private_valkey: Any, topic: str) -> None:
    from .conftest import kill

    publish.store_fragment(topic, "before")
    kill(private_valkey)
    assert publish.get_fragment(topic) is None
    private_valkey.start()
    publish.store_fragment(topic, "after")
    assert publish.get_fragment(topic) == "after"
