"""The page of one sector over WSGI against a constant page of its size, and the analysis of one sector against all."""

from __future__ import annotations

import datetime as dt
import itertools
import statistics
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.conf import settings
from django.test import Client

from sectors import publish
from sectors.models import SectorRun
from sectors.pipeline import run_analysis
from sentiment_site.market import clock

from .browser import Browser
from .harness import in_turns, judge, time_ms
from .servers import BenchServer, constant_page, pages
from .world import MORNING, World

SECTOR = "technology"
PAGE = f"/sectors/{SECTOR}/"
HTMX = "HX-Request: true\r\n"
REQUESTS, POLLS, CONSTANT_REQUESTS = 60, 300, 3_000  # processor time is counted in ticks of 10 ms
WARM_UP = 20


@dataclass
class Site:
    """The product's page server and the constant one, each with a connection; seq: of the light that is shown."""

    product: BenchServer
    constant: BenchServer
    browser: Browser
    plain: Browser
    seq: int

    def page_cpu_us(self) -> float:
        """The server's processor time of a whole page."""
        before = self.product.cpu_us()
        for _ in range(REQUESTS):
            self.browser.time_us(PAGE)
        return (self.product.cpu_us() - before) / REQUESTS

    def poll_cpu_us(self) -> float:
        """Of a question that nothing has changed since."""
        before = self.product.cpu_us()
        for _ in range(POLLS):
            self.browser.time_us(f"{PAGE}?seq={self.seq}", HTMX, 204)
        return (self.product.cpu_us() - before) / POLLS

    def constant_cpu_us(self) -> float:
        """The yardstick's."""
        before = self.constant.cpu_us()
        for _ in range(CONSTANT_REQUESTS):
            self.plain.time_us("/")
        return (self.constant.cpu_us() - before) / CONSTANT_REQUESTS


@pytest.fixture(scope="module")
def site(world: World) -> Iterator[Site]:
    trader = Client()
    trader.force_login(world.user)
    session = trader.cookies[settings.SESSION_COOKIE_NAME].value
    with pages() as product, Browser(product, session) as browser:
        page = browser.get(PAGE)
        assert page.status == 200
        stocks = world.run.readings.get(sector=SECTOR, formula=world.run.formula).stocks_count
        print(f"\nthe page of {SECTOR} has {stocks} stocks and {len(page.body):,} bytes", flush=True)
        assert page.body.count(b"<tr") > stocks
        with constant_page(len(page.body)) as constant, Browser(constant) as plain:
            for _ in range(WARM_UP):
                browser.get(PAGE)
                plain.get("/")
            yield Site(product, constant, browser, plain, publish.get_live_grid().seq)


def test_sector_page_processor_time(site: Site) -> None:
    judge("P1", lambda: in_turns(site.page_cpu_us, site.constant_cpu_us, rounds=3))


def test_sector_page_waiting_time(site: Site) -> None:
    def page() -> float:
        return statistics.median(site.browser.time_us(PAGE) for _ in range(REQUESTS))

    def constant() -> float:
        return statistics.median(site.plain.time_us("/") for _ in range(REQUESTS * 4))

    judge("P1b", lambda: in_turns(page, constant))


def test_unchanged_sector_page_processor_time(site: Site) -> None:
    judge("P2", lambda: in_turns(site.poll_cpu_us, site.constant_cpu_us, rounds=3))


def test_one_sector_against_all(world: World) -> None:
    """After a significant move: the same bars are loaded, one sector of eight is scored and saved."""
    moments = itertools.count(1)

    def analyse(only: list[str] | None) -> float:
        def run() -> None:
            with clock.frozen(MORNING + dt.timedelta(milliseconds=next(moments))):
                made = run_analysis(trigger=SectorRun.Trigger.MANUAL, fetch=False, only=only)
            assert isinstance(made, SectorRun)
            assert made.is_whole == (only is None)

        return time_ms(run)

    judge("A2", lambda: in_turns(lambda: analyse([SECTOR]), lambda: analyse(None), repeats=3))
