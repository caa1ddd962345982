"""A browser, a page server, a socket server and a small market, for tests that see what a trader sees."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from django.conf import settings as django_settings
from django.db import connection
from django.test import Client
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django import DjangoDbBlocker
from pytest_django.live_server_helper import LiveServer

from portfolios.models import User
from sectors.models import SectorRun
from sectors.pipeline import Skipped, run_analysis
from sentiment_site.market import calendar, clock
from sentiment_site.services.ports import next_free
from tests.factories import ALL_SYMBOLS, Market, make_market

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
QUIET = [
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-quic",
    "--no-first-run",
]
PASSWORD = "a long test password"
FRIDAY = calendar.shift(date(2026, 8, 21), 0)
TEN = FRIDAY.open + timedelta(minutes=30)
HALF_HOUR = timedelta(minutes=30)

# Playwright's synchronous API runs inside an event loop, which Django would take for an async view.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Debian's Chromium through Playwright; skips loudly where there is none.

    Per module, because Playwright's event loop runs as long as it does, and asynchronous tests need one of their own.
    """
    if CHROMIUM is None:
        pytest.skip("NO BROWSER: chromium is not installed (apt install chromium)")
    flags = [*QUIET, "--no-sandbox"] if os.geteuid() == 0 else QUIET
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=flags)
        yield started
        started.close()


def start_socket_server() -> tuple[subprocess.Popen[bytes], int]:
    """A real uvicorn on the test database, ready, and its port."""
    port = next_free(0)
    name = connection.settings_dict["NAME"]
    base = django_settings.DATABASE_URL.rsplit("/", 1)[0]
    environment = os.environ | {"DATABASE_URL": f"{base}/{name}", "LIVE_SOCKET_PORT": str(port), "HTTPS": "false"}
    command = [str(Path(sys.executable).parent / "uvicorn"), "sentiment_site.asgi:application", "--port", str(port)]
    process = subprocess.Popen([*command, "--lifespan", "off", "--log-level", "warning"], env=environment)
    deadline = time.monotonic() + 30
    while True:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/health/redis", timeout=2).close()
            break
        except OSError:
            assert process.poll() is None and time.monotonic() < deadline, "the socket server did not start"
            time.sleep(0.1)
    return process, port


def tell_pages(settings: object, port: int) -> None:
    """Pages name that port and are allowed to connect to it."""
    settings.LIVE_SOCKET_PORT = port  # type: ignore[attr-defined]
    directives = django_settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    allowed = [*directives["connect-src"], f"ws://localhost:{port}", f"ws://127.0.0.1:{port}"]
    settings.CONTENT_SECURITY_POLICY = {"DIRECTIVES": directives | {"connect-src": allowed}}  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
def shared_sockets(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[int]:
    """One socket server for all tests of this process: starting one takes longer than most tests."""
    with django_db_blocker.unblock():
        process, port = start_socket_server()
    yield port
    process.terminate()
    process.wait(10)


@pytest.fixture
def socket_server(live_server: LiveServer, shared_sockets: int, settings: object) -> int:
    """The socket server's port; the page is told it."""
    tell_pages(settings, shared_sockets)
    return shared_sockets


@pytest.fixture
def trader(transactional_db: None) -> User:
    """A logged-in trader's account."""
    return User.objects.create_user("trader", password=PASSWORD)


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, socket_server: int, trader: User) -> Iterator[Page]:
    """A logged-in page at 1440 x 900; console errors and failed requests end the test."""
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark")
    opened = context.new_page()
    opened.set_default_timeout(15_000)
    wait_before_keys(opened)
    troubles: list[str] = []
    opened.on("console", lambda message: troubles.append(message.text) if message.type == "error" else None)
    opened.on("pageerror", lambda error: troubles.append(str(error)))
    signed_in = Client()
    signed_in.force_login(trader)
    name = django_settings.SESSION_COOKIE_NAME
    context.add_cookies([{"name": name, "value": signed_in.cookies[name].value, "url": live_server.url}])
    yield opened
    context.close()
    assert troubles == []


def wait_before_keys(page: Page) -> None:
    """Keys are pressed once the page has loaded: before that no script listens, and a trader sees it loading."""
    keyboard = page.keyboard
    press = keyboard.press

    def press_when_loaded(key: str, *, delay: float | None = None) -> None:
        page.wait_for_load_state()
        press(key, delay=delay)

    keyboard.press = press_when_loaded  # type: ignore[method-assign]


@pytest.fixture
def market(transactional_db: None) -> Market:
    """Flat until Thursday evening, simulated."""
    return make_market(calendar.shift(FRIDAY.date, -1).date, simulated=True)


@pytest.fixture
def next_light(market: Market) -> Callable[[float], SectorRun]:
    """Publishes one more light: every price at the next half-hour as given."""
    starts = iter(TEN + n * HALF_HOUR for n in range(12))
    market.store_half_hours(TEN - HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 100))

    def publish(price: float) -> SectorRun:
        start = next(starts)
        market.store_half_hours(start, dict.fromkeys(ALL_SYMBOLS, price))
        with clock.frozen(start + HALF_HOUR + timedelta(minutes=1)):
            run = run_analysis(trigger="manual", fetch=False)
        assert not isinstance(run, Skipped)
        return run

    return publish
