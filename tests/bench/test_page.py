"""The signed-in grid page over WSGI against a constant page of the same size: processor time and waiting time."""

from __future__ import annotations

import re
import statistics
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
import redis
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from sectors import publish
from sentiment_site.live.publish import FRAGMENT_PREFIX, client

from .browser import Browser
from .harness import in_turns, judge
from .servers import BenchServer, constant_page, pages
from .world import World

REQUESTS = 300
CONSTANT_REQUESTS = 3_000  # processor time is counted in ticks of 10 ms
FRAGMENT = "/sectors/fragment/"
WARM_UP = 50


@dataclass
class Site:
    """The product's page server and the constant one, each with a connection and the session of a trader."""

    product: BenchServer
    constant: BenchServer
    browser: Browser
    plain: Browser
    seq: int

    def cpu_us(self, server: BenchServer, ask: Callable[[], float], requests: int) -> float:
        """The server's processor time per request, microseconds."""
        before = server.cpu_us()
        for _ in range(requests):
            ask()
        return (server.cpu_us() - before) / requests

    def constant_cpu_us(self) -> float:
        """The yardstick's."""
        return self.cpu_us(self.constant, lambda: self.plain.time_us("/"), CONSTANT_REQUESTS)


@pytest.fixture(scope="module")
def session(world: World) -> str:
    """A signed-in trader's session key, in cache and database as after a login."""
    browser = Client()
    browser.force_login(world.user)
    return browser.cookies[django_settings.SESSION_COOKIE_NAME].value


@pytest.fixture(scope="module")
def site(world: World, session: str) -> Iterator[Site]:
    with pages() as product, Browser(product, session) as browser:
        page = browser.get("/")
        assert page.status == 200
        assert page.body.count(b'class="card') >= 8
        with constant_page(len(page.body)) as constant, Browser(constant) as plain:
            assert len(plain.get("/").body) == len(page.body)
            seq = publish.get_live_grid().seq
            for _ in range(WARM_UP):
                browser.get("/")
                plain.get("/")
            yield Site(product, constant, browser, plain, seq)


def test_warm_page_processor_time(site: Site) -> None:
    def page() -> float:
        return site.cpu_us(site.product, lambda: site.browser.time_us("/"), REQUESTS)

    judge("H1", lambda: in_turns(page, site.constant_cpu_us, rounds=3))


def test_warm_page_waiting_time(site: Site) -> None:
    def page() -> float:
        return statistics.median(site.browser.time_us("/") for _ in range(REQUESTS))

    def constant() -> float:
        return statistics.median(site.plain.time_us("/") for _ in range(REQUESTS * 2))

    judge("H1b", lambda: in_turns(page, constant))


def test_unchanged_fragment_processor_time(site: Site) -> None:
    found = re.search(rb'etag: (W/"grid-[^"]+")', site.browser.get(FRAGMENT).headers, re.IGNORECASE)
    assert found is not None
    tag = f"If-None-Match: {found[1].decode()}\r\n"

    def not_modified() -> float:
        return site.cpu_us(site.product, lambda: site.browser.time_us(FRAGMENT, tag, 304), REQUESTS)

    judge("H2", lambda: in_turns(not_modified, site.constant_cpu_us, rounds=3))


def test_poll_processor_time(site: Site) -> None:
    address = f"{FRAGMENT}?seq={site.seq}"

    def poll() -> float:
        return site.cpu_us(site.product, lambda: site.browser.time_us(address, expected=204), REQUESTS)

    judge("H2b", lambda: in_turns(poll, site.constant_cpu_us, rounds=3))


def test_cold_page_processor_time(site: Site) -> None:
    def ask() -> float:
        forget_light(site.seq)
        return site.browser.time_us("/")

    def cold() -> float:
        return site.cpu_us(site.product, ask, REQUESTS // 4)

    judge("H3", lambda: in_turns(cold, site.constant_cpu_us, rounds=3))


def test_statements_of_a_page(world: World, session: str, settings: Settings) -> None:
    """H5: the warm page reads the user's row only; the cold one the run, its readings and the themes' terms besides."""
    files = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}  # nothing was collected here
    settings.STORAGES = settings.STORAGES | {"staticfiles": files}
    browser = Client()
    browser.cookies[django_settings.SESSION_COOKIE_NAME] = session
    seq = publish.get_live_grid().seq
    assert browser.get("/", secure=True).status_code == 200
    with CaptureQueriesContext(connection) as warm:
        browser.get("/", secure=True)
    forget_light(seq)
    with CaptureQueriesContext(connection) as cold:
        browser.get("/", secure=True)
    print(f"\nH5   statements: warm page {len(warm)} (session 0, user 1, light 0), cold page {len(cold)}")
    assert [table_of(each["sql"]) for each in warm] == ["portfolios_user"]
    light = ["sectors_sectorrun", "sector_sentiment", "themes_themeheat"]
    assert [table_of(each["sql"]) for each in cold] == ["portfolios_user", *light]


def test_connections_of_many_pages(site: Site) -> None:
    """H5: 300 warm pages open no connection to PostgreSQL or Valkey."""
    for _ in range(10):
        site.browser.get("/")
    before = connections_made()
    for _ in range(300):
        site.browser.get("/")
    made = [after - earlier for after, earlier in zip(connections_made(), before, strict=True)]
    print(f"\nH5b  new connections in 300 warm pages: PostgreSQL {made[0]}, Valkey {made[1]}")
    assert made == [0, 0]


def forget_light(seq: int) -> None:
    """As after an eviction: neither the fragment nor the pointer to it."""
    client().delete(FRAGMENT_PREFIX + publish.fragment_key(seq), publish.CURRENT)


def table_of(statement: str) -> str:
    """The table a SELECT reads first."""
    return statement.split(' FROM "', 1)[1].split('"', 1)[0]


def connections_made() -> tuple[int, int]:
    """Sessions that PostgreSQL and connections that Valkey have counted so far."""
    time.sleep(1.1)  # a session reports to the statistics once a second
    with connection.cursor() as cursor:
        cursor.execute("SELECT sessions FROM pg_stat_database WHERE datname = current_database()")
        row = cursor.fetchone()
    assert row is not None
    broker: redis.Redis = client()
    return int(row[0]), int(broker.info("stats")["total_connections_received"])
