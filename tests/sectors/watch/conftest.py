"""A light of 10:30 in which every stock is 1 % up, and an exchange that the watch looks at."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from sectors.models import SectorRun
from sentiment_site.market import clock
from tests.factories import ALL_SYMBOLS, Market
from tests.sectors.conftest import HALF_HOUR, TEN, analyse
from tests.sectors.faults.vendor import quick_vendors
from tests.sectors.watch.exchange import Exchange

NOW = TEN + HALF_HOUR + timedelta(minutes=7)


@pytest.fixture(autouse=True)
def plan(settings: Any) -> None:
    """A real-time plan; sectors cool down at once."""
    settings.POLYGON_DELAY_S = 0
    settings.WATCH_COOLDOWN_S = 0
    settings.JOBS_HEARTBEAT_S, settings.JOBS_STALE_S = 0.2, 2.0


@pytest.fixture
def exchange(httpserver: HTTPServer, monkeypatch: Any) -> Iterator[Exchange]:
    """The vendor's snapshot of 10:36:59, as it is asked for at 10:37."""
    vendors = quick_vendors(httpserver)
    monkeypatch.setattr("sectors.snapshot.vendors", lambda: vendors)
    monkeypatch.setattr("universe.bars.ingest.vendors", lambda: vendors)
    scripted = Exchange(NOW - timedelta(seconds=1))
    scripted.serve(httpserver)
    with clock.frozen(NOW):
        yield scripted


def publish_light(market: Market) -> SectorRun:
    """The light of 10:30, every stock 1 % up."""
    market.store_half_hours(TEN - HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 100))
    market.store_half_hours(TEN, dict.fromkeys(ALL_SYMBOLS, 101))
    with clock.frozen(TEN + HALF_HOUR):
        return analyse(trigger="scheduled", occasion="half_hour")


@pytest.fixture
def light(market: Market) -> SectorRun:
    """The light before anything moves."""
    return publish_light(market)
