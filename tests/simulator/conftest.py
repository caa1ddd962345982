"""Two small markets, built once: a plain one, and a busy one in which much is split, listed and delisted."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest

from sentiment_site.market import clock
from sentiment_site.simulator.market import issuance
from sentiment_site.simulator.market import parameters as process
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.wsgi import Application
from tests.simulator.client import Client

# the window spans the end of daylight saving time (2 November) and a half day (28 November)
ANCHOR = dt.date(2025, 12, 1)
NOON = dt.datetime(2025, 12, 2, 17, 7, 30, tzinfo=dt.UTC)


@pytest.fixture(scope="session")
def client() -> Client:
    """400 names, 30 sessions before the anchor, price delay 15 minutes, started on a Tuesday noon."""
    with clock.frozen(NOON):
        return Client(Application(Parameters(ANCHOR, seed=11, names=400, sessions=30)))


@pytest.fixture(scope="session")
def busy() -> Client:
    """As above, with several splits a day, and listings and delistings inside the window."""
    with pytest.MonkeyPatch.context() as patch, clock.frozen(NOON):
        patch.setattr(process, "REVERSE_SPLITS_PER_DAY", 30.0)
        patch.setattr(process, "FORWARD_SPLITS_PER_DAY", 8.0)
        patch.setattr(process, "REVERSE_SPLIT_BELOW", 6.0)
        patch.setattr(process, "FORWARD_SPLIT_ABOVE", 30.0)
        patch.setattr(issuance, "LISTINGS_PER_SESSION", 20.0)
        patch.setattr(issuance, "DELISTINGS_PER_SESSION", 20.0)
        patch.setattr(issuance, "_HORIZON", 30)
        return Client(Application(Parameters(ANCHOR, seed=5, names=400, sessions=30)))


@pytest.fixture
def noon() -> Iterator[clock.Frozen]:
    """Market time stands at noon of 2 December 2025 and can be moved."""
    with clock.frozen(NOON) as frozen:
        yield frozen
