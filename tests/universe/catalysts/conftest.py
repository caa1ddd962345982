"""Acme (ACME, CIK 42, a member of the universe) and Beta (BETA, CIK 43, listed), and vendors that tell about them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from django.core.cache import cache
from pytest_httpserver import HTTPServer

from portfolios.models import User
from sentiment_site.market import clock
from tests.universe.catalysts.vendor import Wire
from universe.models import DataSource, Instrument, Membership, ScreeningProfile, UniverseRun

# A Friday, 12:00 in New York.
NOON = dt.datetime(2026, 11, 20, 17, tzinfo=dt.UTC)
LONG_AGO = dt.datetime(2026, 1, 5, 14, 30, tzinfo=dt.UTC)


def minutes(count: float) -> dt.timedelta:
    return dt.timedelta(minutes=count)


def hours(count: float) -> dt.timedelta:
    return dt.timedelta(hours=count)


def add_instrument(symbol: str, name: str, cik: str, kind: str = "CS") -> Instrument:
    source, _ = DataSource.objects.get_or_create(name="polygon", defaults={"kind": "vendor", "delay_s": 900})
    return Instrument.objects.create(
        symbol=symbol, name=name, kind=kind, cik=cik, exchange="XNAS", source=source, recorded_at=LONG_AGO
    )


def make_member(instrument: Instrument, at: dt.datetime) -> None:
    """A universe run known from `at` on whose only member is this stock."""
    profile = ScreeningProfile.objects.create(name="tests", version=1, rules={}, created_at=at)
    run = UniverseRun.objects.create(
        session=at.date(), profile=profile, as_of=at, recorded_at=at, stages=[], volume_floor=0, members=1,
        is_simulated=False,
    )  # fmt: skip
    Membership.objects.create(run=run, instrument=instrument, eligible=True, reason="eligible", sector="healthcare")


@pytest.fixture
def acme(db: None) -> Instrument:
    instrument = add_instrument("ACME", "Acme Biosciences, Inc. Common Stock", "0000000042")
    make_member(instrument, LONG_AGO)
    return instrument


@pytest.fixture
def beta(db: None) -> Instrument:
    return add_instrument("BETA", "Beta Pharma Ltd", "0000000043")


@pytest.fixture
def wire(httpserver: HTTPServer) -> Wire:
    return Wire(httpserver)


@pytest.fixture
def noon() -> Iterator[clock.Frozen]:
    with clock.frozen(NOON) as frozen:
        yield frozen


@pytest.fixture
def operator(db: None) -> User:
    return User.objects.create_superuser("operator", password="operator-pass")


@pytest.fixture(autouse=True)
def nothing_remembered() -> None:
    cache.clear()
