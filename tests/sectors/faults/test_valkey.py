"""Valkey killed: runs are still published in the database, pages are served from it, and everything heals after."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from sectors import publish
from sectors.models import SectorRun
from sentiment_site.live import publish as live_publish
from sentiment_site.market import clock
from sentiment_site.services.ports import next_free
from sentiment_site.services.servers import Valkey, valkey
from tests.factories import ALL_SYMBOLS, Market
from tests.sectors.conftest import HALF_HOUR, TEN, analyse

pytestmark = pytest.mark.django_db

NOW = TEN + timedelta(minutes=61)


@pytest.fixture
def mortal(tmp_path: Path, settings: Any) -> Iterator[Valkey]:
    """A Valkey of this test's own, for the live channel."""
    tmp_path.chmod(0o755)
    server = valkey(tmp_path, port=next_free(0), password="mortal", durable=False)
    server.start()
    settings.REDIS_URL = server.url
    settings.CACHES = settings.CACHES | {
        "default": settings.CACHES["default"] | {"LOCATION": server.url}
    }  # sessions lie there too
    live_publish.client.cache_clear()
    yield server
    server.stop()


def kill(server: Valkey) -> None:
    assert server.process is not None
    server.process.kill()
    server.process.wait()
    server.stop()


def test_page_and_poll_are_served_from_the_database(mortal: Valkey, published: SectorRun, trading: Client) -> None:
    with clock.frozen(NOW):
        warm = trading.get("/sectors/fragment/")
        kill(mortal)
        page, poll = trading.get("/"), trading.get("/sectors/fragment/")
        assert page.status_code == poll.status_code == 200
        assert poll.content == warm.content
        assert f'data-seq="{published.pk}"' in page.content.decode()
        assert trading.get("/sectors/fragment/", {"seq": published.pk}).status_code == 204
        assert trading.get("/sectors/freshness/").status_code == 200
    assert publish.get_snapshot("sectors") == (published.pk, published.recorded_at, warm.content.decode())


def test_a_run_is_published_all_the_same_and_announced_when_valkey_is_back(
    mortal: Valkey,
    market: Market,
    published: SectorRun,
    trading: Client,
    django_capture_on_commit_callbacks: Any,
) -> None:
    kill(mortal)
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 150))
    with clock.frozen(NOW), django_capture_on_commit_callbacks(execute=True):
        run = analyse()
    with clock.frozen(NOW):
        assert f'data-seq="{run.pk}"' in trading.get("/").content.decode()
        assert publish.republish_missed() is False
        mortal.start()
        assert publish.republish_missed() is True
    head = publish.get_cached_head()
    assert head is not None and head.seq == run.pk
    assert publish.republish_missed() is False
