"""The themes by keyboard: board, theme and back; a push arrives; three widths, dark and light."""

from __future__ import annotations

import datetime as dt
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from sentiment_site.market import clock
from tests.factories import Market
from tests.themes.pages import world
from themes.models import Theme, ThemeReading
from themes.publish import announce_change

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def quantum(market: Market, monkeypatch: pytest.MonkeyPatch) -> Iterator[Theme]:
    """Two themes and a watched one, told up to the last full hour whose reading, a minute later, is known."""
    monkeypatch.setattr(world, "NOON", (clock.now() - world.MINUTE).replace(minute=0, second=0, microsecond=0))
    theme = world.add_theme("quantum", dictionary_key="quantum", readings=30, since=30, temperature_status="hot",
                            manipulation_risk_score="0.412")  # fmt: skip
    for place, symbol in enumerate(("TEC0", "TEC1", "TEC2", "ENE0")):
        sector = "energy" if symbol == "ENE0" else "technology"
        world.add_member(theme, market.ids[symbol], since=20 - place, sector=sector, is_sympathy=symbol == "TEC2")
        world.add_document(theme, f"{symbol} tells of quantum computers <b>in every house</b>", [market.ids[symbol]],
                           hours=4 - place, text="A qubit for everybody, says the company. " * 5)  # fmt: skip
    world.add_theme("drone swarms", intensity=0.3, phase="cooling", readings=40, since=40)
    world.add_theme("loud rumour", standing="watch", confidence=0.58, intensity=0.2)
    world.add_heat(market, ["TEC0", "ENE0"], at=world.NOON)
    world.add_manipulation(market.ids["TEC0"], world.NOON)
    world.add_network(market, [("TEC0", "TEC3", 0.7), ("TEC1", "FIN0", 0.4)], world.NOON)
    world.add_verdict(market.ids["TEC0"], theme, world.NOON)
    world.add_words(market.ids["TEC0"], "TEC0", world.NOON)
    yield theme


def test_board_theme_and_back_by_keyboard_with_a_push(page: Page, live_server: LiveServer, quantum: Theme) -> None:
    page.goto(f"{live_server.url}/themes/")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    rows = page.locator(".board tbody tr:not(.divider)")
    expect(rows).to_have_count(3)
    page.keyboard.press("j")
    expect(rows.nth(0).locator("a").first).to_be_focused()
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(rows.nth(2).locator("a").first).to_be_focused()  # over the divider
    page.keyboard.press("k")
    page.keyboard.press("k")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/themes/{quantum.pk}/")
    expect(page.locator("h1")).to_have_text("quantum")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.keyboard.press("e")
    expect(page.locator("#explain")).to_be_focused()

    page.locator("#figures-title").click()
    expect(page.locator("#figures-table tbody tr")).to_have_count(30)
    page.locator("#evidence .spans a", has_text="News").click()
    page.wait_for_url("**kind=news**")
    page.evaluate("window.stayed = true")
    now = clock.now()
    ThemeReading.objects.create(
        theme=quantum, as_of=now, standing="active", phase="peak", intensity=0.91, confidence=0.9, members=4,
        documents=9, factors=world.FACTORS, recorded_at=now,
    )  # fmt: skip
    announce_change("stories")
    expect(page.locator(".theme-facts")).to_contain_text("0.91")
    expect(page.locator(".theme-head")).to_contain_text("Past its peak")
    assert page.evaluate("window.stayed") is True and "kind=news" in page.url

    page.keyboard.press("h")
    page.wait_for_url("**/themes/")
    expect(rows).to_have_count(3)
    page.locator("#filters select[name=standing]").select_option("watch")
    page.wait_for_url("**standing=watch**")
    expect(rows).to_have_count(1)
    page.keyboard.press("g")
    page.keyboard.press("t")
    page.wait_for_url("**/themes/")


def test_they_fit_and_are_accessible_at_every_width(page: Page, live_server: LiveServer, quantum: Theme) -> None:
    shots = os.environ.get("SHOTS", "")
    for width, theme in ((1440, "dark"), (1024, "light"), (768, "dark")):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        for name, address in (
            ("board", "/themes/"), ("theme", f"/themes/{quantum.pk}/"), ("stock", "/stocks/TEC0/")
        ):  # fmt: skip
            page.goto(live_server.url + address)
            expect(page.locator("main h1").first).to_be_visible()
            if name == "stock":
                expect(page.locator(".story")).to_contain_text("AVOID SHORTS")
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (name, width)
            if shots:
                page.screenshot(path=Path(shots) / f"{name}-{width}-{theme}.png", full_page=True)
            found = Axe().run(page).response["violations"]
            serious = [
                f"{v['id']}: {v['nodes'][0]['html'][:160]}" for v in found if v["impact"] in ("serious", "critical")
            ]
            assert serious == [], (name, width, theme)
