"""The simulated vendors over HTTP with their own faults, and collection wired to them without waiting."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

from macro.collect.bootstrap import run_bootstrap
from sentiment_site.market import clock
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.wsgi import Application
from tests.macro.collect.vendors import NOW, quick_vendors

ANCHOR = dt.date(2025, 12, 1)
SLOT = dt.datetime(2025, 12, 2, 16, tzinfo=dt.UTC)
FOUR_HOURS = dt.timedelta(hours=4)
DAY = dt.timedelta(days=1)


class World:
    """The simulator's address and what is asked of it."""

    def __init__(self, application: Application, address: str) -> None:
        self.application, self.address = application, address
        self.asked: list[str] = []
        self.vendors = quick_vendors(address)

    def fail(self, kind: str, vendor: str = "*", match: str = "", **more: Any) -> None:
        """Put one of the simulator's faults in force."""
        self.application.board.add({"kind": kind, "vendor": vendor, "match": match, **more}, clock.now())

    def recover(self) -> None:
        """Take every fault away."""
        self.application.board.clear()

    def count(self, part: str) -> int:
        """How many requests since the beginning of the test had this in their path."""
        return sum(part in path for path in self.asked)


@pytest.fixture(scope="session")
def simulator() -> Iterator[tuple[Application, str, list[str]]]:
    with clock.frozen(NOW):
        application = Application(Parameters(ANCHOR, seed=11, names=40, sessions=5))
        crypto = application.world.crypto
        crypto.reading(crypto.moment(NOW))  # made when first looked at: not within somebody's timeout
    asked: list[str] = []

    def heard(environ: dict[str, Any], start_response: Any) -> Any:
        asked.append(environ["PATH_INFO"])
        return application(environ, start_response)

    server = make_server("127.0.0.1", 0, heard, threaded=True)
    server.log_startup = lambda: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield application, f"http://127.0.0.1:{server.server_port}", asked
    server.shutdown()
    thread.join()


@pytest.fixture
def world(
    simulator: tuple[Application, str, list[str]], monkeypatch: pytest.MonkeyPatch, settings: Any
) -> Iterator[World]:
    """Fresh of faults; jobs use these vendors; a small basket."""
    settings.MACRO_BOOTSTRAP_COINS = 14
    application, address, asked = simulator
    asked.clear()
    made = World(application, address)
    made.asked = asked
    monkeypatch.setattr("macro.tasks.crypto_vendors", lambda: made.vendors)
    yield made
    made.recover()


@pytest.fixture
def now(world: World) -> Iterator[clock.Frozen]:
    """Market time stands seven minutes into the slot of 16:00 UTC and can be moved."""
    with clock.frozen(NOW) as frozen:
        yield frozen


@pytest.fixture
def history(db: None, world: World, now: clock.Frozen) -> None:
    """The last 365 days, as a bootstrap told them."""
    run_bootstrap(world.vendors)
    world.asked.clear()


@pytest.fixture
def celery_sent(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What was handed to the workers, who are not there."""
    sent: list[str] = []
    monkeypatch.setattr("sentiment_site.jobs.services._send", lambda run: sent.append(run.key))
    return sent
