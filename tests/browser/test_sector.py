"""A morning at the light, by keyboard: watch a push, open a sector, ask why, step back, ask for a run."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from sectors import runs
from sectors.models import SectorRun
from sentiment_site.jobs.models import JobRun
from sentiment_site.live.time_machine import address_at

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

Publish = Callable[[float], SectorRun]


def test_a_morning_by_keyboard(next_light: Publish, page: Page, live_server: LiveServer) -> None:
    first = next_light(100.0)
    next_light(101.0)
    page.goto(live_server.url)
    page.keyboard.press("1")
    page.keyboard.press("Enter")
    page.wait_for_url("**/sectors/technology/")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.keyboard.press("e")
    assert page.evaluate("document.activeElement.id") == "explain"
    expect(page.locator(".waterfall tfoot")).to_contain_text("+")

    page.evaluate("window.stayed = true")
    next_light(110.0)
    expect(page.locator("#sector-technology")).to_have_attribute("data-colour", "dark_green")
    expect(page.locator(".chart-empty")).to_be_visible()  # the light is of August, the week on the page is this one
    assert page.evaluate("window.stayed") is True

    page.keyboard.press("[")
    expect(page.locator(".amber")).to_contain_text("What was known at")
    page.keyboard.press("[")
    page.wait_for_url(f"**as_of={first.recorded_at:%Y-%m-%d}*")
    expect(page.locator("#sector-technology")).to_have_attribute("data-colour", "blue_neutral")
    page.keyboard.press("L")
    expect(page.locator(".amber")).to_have_count(0)

    page.keyboard.press("g")
    page.keyboard.press("s")
    page.wait_for_url(f"{live_server.url}/")
    expect(page.locator("[data-action=run]")).to_be_visible()
    page.keyboard.press("r")
    expect(page.locator("[data-job='sectors.analyse']")).to_be_visible()
    assert JobRun.objects.filter(name=runs.ANALYSE, trigger="manual").count() == 1


def test_a_single_reading_is_drawn_on_an_axis_of_hours(
    next_light: Publish, page: Page, live_server: LiveServer
) -> None:
    only = next_light(100.0)
    page.add_init_script(
        """window.written = []; const write = CanvasRenderingContext2D.prototype.fillText;
        CanvasRenderingContext2D.prototype.fillText = function (text, ...rest) {
          window.written.push(String(text)); return write.call(this, text, ...rest); };"""
    )
    page.goto(live_server.url + address_at("/sectors/technology/", only.recorded_at))
    expect(page.locator("[data-chart] canvas")).to_be_visible()
    page.wait_for_function("window.written.length > 0")
    labels = page.evaluate("window.written")
    assert any(re.search(r"\d:\d\d|\dam", label) for label in labels), labels
    assert not [label for label in labels if re.fullmatch(r"20\d\d", label)], labels


def test_filters_change_the_table_and_the_address(next_light: Publish, page: Page, live_server: LiveServer) -> None:
    next_light(103.0)
    page.goto(f"{live_server.url}/sectors/energy/")
    rows = page.locator("#stocks tbody tr")
    everybody = rows.count()
    page.locator("#stocks select[name=show]").select_option("down")
    expect(page.locator("#stocks")).to_contain_text("No stock fits these filters")
    page.wait_for_url("**show=down**")
    page.locator("#stocks select[name=show]").select_option("")
    expect(rows).to_have_count(everybody)
    page.locator("#stocks th a", has_text="Symbol").click()
    page.wait_for_url("**sort=symbol**")


def test_an_opened_part_stays_open_when_a_light_arrives(
    next_light: Publish, page: Page, live_server: LiveServer
) -> None:
    next_light(100.0)
    page.goto(f"{live_server.url}/sectors/technology/")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.locator("#behind-title").click()
    expect(page.locator(".behind")).to_be_visible()
    next_light(110.0)
    expect(page.locator("#sector-technology")).to_have_attribute("data-colour", "dark_green")
    expect(page.locator(".behind")).to_be_visible()


@pytest.mark.parametrize("width", [1440, 1024, 768, 420])
def test_the_page_fits_and_is_accessible(next_light: Publish, page: Page, live_server: LiveServer, width: int) -> None:
    next_light(97.0)
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        page.goto(f"{live_server.url}/sectors/technology/")
        expect(page.locator(".waterfall")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")
        found = Axe().run(page).response["violations"]
        serious = [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found if v["impact"] in ("serious", "critical")]
        assert serious == [], theme


@pytest.mark.parametrize("palette", ["classic", "mono"])
def test_every_palette_keeps_verb_glyph_and_number(
    next_light: Publish, page: Page, live_server: LiveServer, palette: str
) -> None:
    next_light(110.0)
    page.goto(live_server.url)
    page.evaluate("palette => document.documentElement.dataset.palette = palette", palette)
    head = page.locator("#sector-technology .card-head")
    expect(head).to_contain_text("▲▲ DO NOT SHORT")
    expect(head).to_contain_text("+")
    page.wait_for_timeout(700)  # the colours fade over half a second
    found = Axe().run(page).response["violations"]
    assert [v["id"] for v in found if v["impact"] in ("serious", "critical")] == []
