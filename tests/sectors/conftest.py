"""A market on a Friday morning and the two people who look at it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
from django.test import Client

from portfolios.models import User
from sectors.models import SectorRun
from sectors.pipeline import Skipped, run_analysis
from sentiment_site.live import publish as live_publish
from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, Market, make_market

FRIDAY = calendar.shift(date(2026, 8, 21), 0)
THURSDAY = calendar.shift(FRIDAY.date, -1)
TEN = FRIDAY.open + timedelta(minutes=30)
HALF_HOUR = timedelta(minutes=30)


@pytest.fixture(autouse=True)
def fresh_valkey_client() -> Iterator[None]:
    """Tests that point REDIS_URL elsewhere leave no client behind."""
    live_publish.client.cache_clear()
    yield
    live_publish.client.cache_clear()


@pytest.fixture(autouse=True)
def plain_pages(settings: Any) -> None:
    """The test client speaks http and nothing was collected: both are the deployment's matter."""
    settings.SECURE_SSL_REDIRECT = False
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.fixture
def market(db: None) -> Market:
    """Flat until Thursday evening."""
    return make_market(THURSDAY.date)


@pytest.fixture
def trader(db: None) -> User:
    """An ordinary account."""
    return User.objects.create_user("trader", password="correct horse")


@pytest.fixture
def trading(client: Client, trader: User) -> Client:
    """The trader's browser."""
    client.force_login(trader)
    return client


@pytest.fixture
def operator(db: None) -> User:
    """Staff."""
    return User.objects.create_superuser("operator", password="correct horse")


def analyse(at: object = None, trigger: str = "manual", **options: object) -> SectorRun:
    """One analysis of what is stored; fails the test when it was skipped."""
    outcome = run_analysis(trigger=trigger, fetch=False, **options)  # type: ignore[arg-type]
    assert not isinstance(outcome, Skipped), outcome.reason
    return outcome


@pytest.fixture
def published(market: Market, django_capture_on_commit_callbacks: object) -> SectorRun:
    """The first light: every stock is 1 % up at 10:30, published at 10:31."""
    market.store_half_hours(TEN - HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 100))
    market.store_half_hours(TEN, dict.fromkeys(ALL_SYMBOLS, 101))
    with clock.frozen(TEN + timedelta(minutes=31)), django_capture_on_commit_callbacks(execute=True):  # type: ignore[operator]
        return analyse()
