"""The heat map as a trader meets it: arrow keys from hour to hour, a pass pushed, filters, three widths."""

from __future__ import annotations

import datetime as dt
import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, make_market
from themes.models import TemperaturePass, TemperatureReading
from themes.publish import announce_change

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOUR = dt.timedelta(hours=1)
LEVELS = ("cold", "warm", "hot", "extreme")


def read_hour(ids: dict[str, int], at: dt.datetime, hotter: int) -> None:
    """A stored pass in which the first stocks are warm and more."""
    now = clock.now()
    TemperaturePass.objects.create(
        as_of=at, recorded_at=now, stocks=40, warm=4, hot=4, extreme=2, is_simulated=True,
        missing=["borrow fee", "utilisation of lendable shares", "threshold list"],
    )  # fmt: skip
    TemperatureReading.objects.bulk_create(
        TemperatureReading(
            as_of=at, recorded_at=now, instrument_id=ids[symbol], sector="technology", raw_level=level,
            temperature_classification=LEVELS[level], hourly_price_change=4 * level + place / 3,
            hourly_volume_multiple=2 * level + 1, squeeze_risk_indicator=level / 4, momentum_phase="fading",
            trading_recommendation="CAUTION_HOT", reasons={"rule": 7, "reasons": [], "unknown": ["manipulation"]},
        )
        for place, symbol in enumerate(ALL_SYMBOLS[:10])
        for level in [(place + hotter) % 4]
    )  # fmt: skip


def test_the_map(page: Page, live_server: LiveServer) -> None:
    session = calendar.last_session(clock.now())
    market = make_market(calendar.shift(session.date, -1).date, sessions=2, simulated=True)
    stamps = [session.pre_open + n * HOUR for n in range(17) if session.pre_open + n * HOUR <= clock.now()]
    for n, at in enumerate(stamps[:-1]):
        read_hour(market.ids, at, n)
    page.goto(f"{live_server.url}/themes/heat/")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    rows = page.locator("table.heat tbody tr")
    expect(rows).to_have_count(10)

    page.locator("table.heat tbody td").first.focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    expect(page.locator("table.heat tbody tr:nth-child(2) td:nth-child(3)")).to_be_focused()

    before = page.locator("#heat").get_attribute("data-live-seq")
    read_hour(market.ids, stamps[-1], 1)
    announce_change("temperature")
    expect(page.locator("#heat")).not_to_have_attribute("data-live-seq", before or "")
    expect(page.locator("[data-live-state]")).to_have_text("Live")

    page.locator("select[name=level]").select_option("extreme")
    page.get_by_role("button", name="Filter", exact=True).click()
    page.wait_for_url("**level=extreme**")
    expect(page.locator("h1")).to_have_text("Temperature by hour")

    folder = os.environ.get("SHOTS", "")
    page.goto(f"{live_server.url}/themes/heat/")
    for width in (1440, 1024, 768):
        page.set_viewport_size({"width": width, "height": 900})
        expect(rows).to_have_count(10)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        if folder:
            page.screenshot(path=Path(folder) / f"heat-{width}.png")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    if folder:
        page.evaluate("document.documentElement.dataset.theme = 'light'")
        page.set_viewport_size({"width": 1440, "height": 900})
        page.screenshot(path=Path(folder) / "heat-light.png")
