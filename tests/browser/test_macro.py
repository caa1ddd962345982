"""The crypto page as a trader meets it: pushed verdicts, one crosshair, spans in the address, three widths."""

from __future__ import annotations

import datetime as dt
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from macro import publish
from macro.grid import slot_of
from macro.models import Permission
from sentiment_site.market import clock
from tests.macro.world import SLOT, add_analysis, add_opinion, add_reading

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def add_history() -> dt.datetime:
    """Forty days of daily readings and two days of scans, each analysed; the newest slot but one."""
    newest = slot_of(clock.now()) - SLOT
    begin = newest.replace(hour=0) - dt.timedelta(days=40)
    for day in range(39):
        add_reading(begin + dt.timedelta(days=day), is_estimated=True, btc_price=60_000.0 + 100 * day)
    for scan in range(6, -1, -1):
        add_reading(newest - scan * SLOT)
        row = add_analysis(newest - scan * SLOT, overall_confidence=60 + scan)
    publish.publish_analysis(row.pk)
    return newest


def test_a_verdict_is_pushed_and_the_crosshair_is_shared(page: Page, live_server: LiveServer) -> None:
    newest = add_history()
    page.goto(f"{live_server.url}/macro/")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    expect(page.locator("#regime-chip")).to_contain_text("ACTIVE")
    expect(page.locator("#charts")).to_have_attribute("data-drawn", "1y")
    expect(page.locator("#charts .uplot")).to_have_count(4)

    page.locator("#charts").focus()
    page.keyboard.press("Home")
    expect(page.locator("#readout")).to_contain_text("BTC $60,000")
    expect(page.locator("#readout")).to_contain_text("total estimated")
    page.keyboard.press("End")
    expect(page.locator("#readout")).to_contain_text("BTC $62,500")
    shown = "nodes => nodes.filter(node => !node.classList.contains('u-off') && node.style.transform).length"
    assert page.locator("#charts .u-cursor-x").evaluate_all(shown) == 4

    page.locator("a[data-span='30d']").click()
    page.wait_for_url("**span=30d**")
    expect(page.locator("#charts")).to_have_attribute("data-drawn", "30d")
    page.go_back()
    expect(page.locator("#charts")).to_have_attribute("data-drawn", "1y")
    page.locator("#figures-title").click()
    expect(page.locator("#figures-table tbody tr").first).to_contain_text("$62,500".removeprefix("$"))

    page.evaluate("window.stayed = true")
    row = add_analysis(newest + SLOT, trade_permission=Permission.NO_TRADE)
    publish.publish_analysis(row.pk)
    expect(page.locator(".verdict")).to_have_attribute("data-permission", "NO_TRADE")
    expect(page.locator("#regime-chip")).to_contain_text("NO TRADE")
    assert page.evaluate("window.stayed") is True

    page.goto(f"{live_server.url}/universe/")
    expect(page.locator("#regime-chip")).to_contain_text("NO TRADE")
    page.keyboard.press("g")
    page.keyboard.press("c")
    page.wait_for_url(re.compile(r"/macro/$"))


def test_it_fits_and_is_accessible_at_every_width(page: Page, live_server: LiveServer) -> None:
    newest = add_history()
    add_opinion(add_analysis(newest + SLOT))
    for width in (1440, 1024, 768):
        theme = "light" if width == 1024 else "dark"
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{live_server.url}/macro/")
        expect(page.locator("#charts .uplot")).to_have_count(4)
        expect(page.locator("#linked")).to_contain_text("Official closes")
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
        found = Axe().run(page).response["violations"]
        serious = [f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found if v["impact"] in ("serious", "critical")]
        assert serious == [], (width, theme)
