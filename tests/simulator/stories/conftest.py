"""A market with many stories, and the same one without any."""

from __future__ import annotations

import datetime as dt

import pytest

from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.market.process import Market

ANCHOR = dt.date(2025, 12, 1)
END = dt.datetime(2025, 12, 1, 21, tzinfo=dt.UTC)


def generated(seed: int, names: int, sessions: int, stories: float = 1.0) -> Market:
    market = Market(Parameters(ANCHOR, seed, names, sessions, stories=stories))
    market.generate_until(END)
    return market


@pytest.fixture(scope="session")
def told() -> Market:
    """2,000 names, 70 sessions over a half day and the end of daylight saving time, six times the usual stories."""
    return generated(3, 2000, 70, 6.0)


@pytest.fixture(scope="session")
def plain() -> Market:
    """The same market without stories."""
    return generated(3, 2000, 70, 0.0)
