"""The grid as a trader sees it: at every width, by keyboard, in the past, and while a new light arrives."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from sectors.models import SectorRun
from tests.factories import Market

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_before_the_first_run_the_page_says_so(market: Market, page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url)
    expect(page.get_by_role("heading", name="No analysis yet")).to_be_visible()


def test_a_new_light_is_pushed_without_a_reload(
    next_light: Callable[[float], SectorRun], page: Page, live_server: LiveServer
) -> None:
    next_light(100.0)
    page.goto(live_server.url)
    card = page.locator("#sector-technology")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    expect(card).to_have_attribute("data-colour", "blue_neutral")
    page.evaluate("window.stayed = true")
    run = next_light(110.0)
    expect(card).to_have_attribute("data-colour", "dark_green")
    expect(card).to_contain_text("DO NOT SHORT")
    expect(card).to_contain_text("was NEUTRAL")
    expect(page.locator("[data-live-topic=sectors]")).to_have_attribute("data-live-seq", str(run.pk))
    assert page.evaluate("window.stayed") is True


def test_an_idle_socket_still_gets_the_next_light(
    next_light: Callable[[float], SectorRun], page: Page, live_server: LiveServer
) -> None:
    next_light(100.0)
    page.goto(live_server.url)
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.wait_for_timeout(7000)
    next_light(90.0)
    expect(page.locator("#sector-energy")).to_have_attribute("data-colour", "dark_red")


@pytest.mark.parametrize(("width", "columns"), [(1440, 4), (1024, 2), (768, 2), (420, 1)])
@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_grid_fits_every_width(
    next_light: Callable[[float], SectorRun], page: Page, live_server: LiveServer, width: int, columns: int, theme: str
) -> None:
    next_light(103.0)
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    page.set_viewport_size({"width": width, "height": 900})
    page.goto(live_server.url)
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    tops = page.locator(".card").evaluate_all(
        "cards => cards.map(card => Math.round(card.getBoundingClientRect().top))"
    )
    assert len(tops) == 8
    assert tops.count(tops[0]) == columns
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_nothing_serious_for_accessibility(
    next_light: Callable[[float], SectorRun], page: Page, live_server: LiveServer
) -> None:
    next_light(97.0)
    for theme in ("dark", "light"):
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        for address in ("/", "/universe/"):
            page.goto(f"{live_server.url}{address}")
            found = Axe().run(page).response["violations"]
            serious = [
                f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found if v["impact"] in ("serious", "critical")
            ]
            assert serious == [], f"{address} {theme}"


def test_keys_focus_cards_toggle_the_theme_and_go_places(
    next_light: Callable[[float], SectorRun], page: Page, live_server: LiveServer
) -> None:
    next_light(100.0)
    page.goto(live_server.url)
    page.keyboard.press("3")
    assert page.evaluate("document.activeElement.id") == "sector-energy"
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_be_hidden()
    page.keyboard.press("g")
    page.keyboard.press("u")
    page.wait_for_url("**/universe/")


def test_the_time_machine_shows_what_was_known(
    next_light: Callable[[float], SectorRun], page: Page, live_server: LiveServer
) -> None:
    first = next_light(100.0)
    next_light(110.0)
    moment = (first.recorded_at + timedelta(minutes=1)).isoformat().replace("+00:00", "Z")
    page.goto(f"{live_server.url}/?as_of={moment}")
    expect(page.locator(".amber")).to_contain_text("What was known at")
    expect(page.locator("#sector-technology")).to_have_attribute("data-colour", "blue_neutral")


def test_pictures_for_the_eye(
    next_light: Callable[[float], SectorRun], page: Page, live_server: LiveServer, tmp_path: Path
) -> None:
    next_light(103.0)
    page.goto(live_server.url)
    picture = page.screenshot(path=tmp_path / "grid.png", full_page=True)
    assert len(picture) > 20_000
