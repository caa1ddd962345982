"""The simulated market: its generation against its random numbers, its answers against JSON of the same rows."""

from __future__ import annotations

import datetime as dt
import itertools
import json
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

from sentiment_site.market import calendar, clock
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.market.process import Market
from sentiment_site.simulator.wsgi import Application
from tests.simulator.client import Client

from .harness import in_turns, judge, time_ms

NAMES, SESSIONS, SLOTS = 8_000, 60, 15
NOON = dt.datetime(2025, 12, 2, 17, 7, 30, tzinfo=dt.UTC)
PARAMETERS = Parameters(dt.date(2025, 12, 2), names=NAMES, sessions=SESSIONS - 1)
GROUPED = "/v2/aggs/grouped/locale/us/market/stocks"
SNAPSHOT = "/v2/snapshot/locale/us/markets/stocks/tickers"


@pytest.fixture(scope="module")
def simulator() -> Iterator[Client]:
    with clock.frozen(NOON):
        client = Client(Application(PARAMETERS))
        assert len(client.application.world.tape.market.days) == SESSIONS
        yield client


def test_generation() -> None:
    """60 sessions of 8,000 names, stories included. The listing is drawn before, and is not timed."""
    fresh: list[Market] = []

    def generate() -> None:
        fresh[0].generate_until(NOON)
        assert len(fresh[0].days) == SESSIONS

    def draw() -> None:
        rng = np.random.default_rng(1)
        for _ in range(SESSIONS):
            rng.standard_normal((NAMES, SLOTS), dtype=np.float32)

    judge(
        "S1",
        lambda: in_turns(lambda: time_ms(generate, lambda: fresh.__setitem__(slice(None), [Market(PARAMETERS)])),
                         lambda: time_ms(draw)),
    )  # fmt: skip


def test_a_grouped_day(simulator: Client) -> None:
    """8,000 rows that nobody has asked for yet, with their compressed form."""
    newest = calendar.last_closed_session(NOON)
    dates = itertools.cycle([calendar.shift(newest.date, -ahead).date for ahead in range(50)])
    body: Any = simulator.polygon(f"{GROUPED}/{newest.date}").json()
    assert body["resultsCount"] > 6_500

    def ask() -> None:
        assert simulator.polygon(f"{GROUPED}/{next(dates)}").status == 200

    judge("S2", lambda: in_turns(lambda: time_ms(ask), lambda: time_ms(lambda: json.dumps(body)), repeats=3))


def test_a_grouped_day_again(simulator: Client) -> None:
    path = f"{GROUPED}/{calendar.last_closed_session(NOON).date}"
    body: Any = simulator.polygon(path).json()
    judge(
        "S2b",
        lambda: in_turns(lambda: time_ms(lambda: simulator.polygon(path)), lambda: time_ms(lambda: json.dumps(body)),
                         repeats=5),
    )  # fmt: skip


def test_the_full_snapshot(simulator: Client) -> None:
    """The minutes of a session one after the other; every answer is computed and compressed anew."""
    minutes = itertools.count(1)
    body: Any = simulator.polygon(SNAPSHOT).json()
    assert body["count"] > 7_500

    def ask() -> None:
        with clock.frozen(NOON + dt.timedelta(minutes=next(minutes))):
            assert simulator.polygon(SNAPSHOT).status == 200

    judge("S3", lambda: in_turns(lambda: time_ms(ask), lambda: time_ms(lambda: json.dumps(body)), repeats=3))
