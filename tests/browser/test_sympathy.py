"""The network as a trader meets it: a stock chosen, a neighbour opened by keyboard, a ticket pushed, three widths."""

from __future__ import annotations

import datetime as dt

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.db import transaction
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from sentiment_site.market import clock
from tests.themes.network.conftest import OPEN_BAR, ShowBar, World, network, show_bar, world  # noqa: F401 - fixtures
from tests.themes.network.test_moves import STORY, look
from tests.themes.network.test_settlement import LAST_BAR, settle
from themes.models import SympathyNetwork

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_network(
    page: Page,
    live_server: LiveServer,
    network: SympathyNetwork,  # noqa: F811
    world: World,  # noqa: F811
    show_bar: ShowBar,  # noqa: F811
) -> None:
    with clock.frozen(LAST_BAR + dt.timedelta(hours=1)):
        page.goto(f"{live_server.url}/themes/sympathy/?symbol=TEC0")
        expect(page.locator("[data-live-state]")).to_have_text("Live")
        expect(page.locator("svg.network circle")).to_have_count(21)
        expect(page.locator("#links-title")).to_have_text("Neighbours")
        violations = Axe().run(page).response["violations"]
        assert violations == [], [(each["id"], [node["html"] for node in each["nodes"]]) for each in violations]

        page.evaluate("window.stayed = true")
        symbol = page.locator("svg.network a.role-member text").first.text_content()
        neighbour = page.locator(f"svg.network a[href='?symbol={symbol}']")
        neighbour.focus()
        show_bar(OPEN_BAR, STORY)
        show_bar(LAST_BAR, STORY)
    with transaction.atomic():
        look()
    settle()
    with clock.frozen(LAST_BAR + dt.timedelta(hours=1)):
        expect(page.locator("#tickets-title ~ div tbody tr")).to_have_count(40)
        assert page.evaluate("window.stayed") is True
        for width, height in ((1440, 900), (1024, 900), (768, 900)):
            page.set_viewport_size({"width": width, "height": height})
            expect(page.locator("svg.network")).to_be_visible()
            assert page.evaluate("document.documentElement.scrollWidth <= innerWidth"), width
        expect(neighbour).to_be_focused()  # through every rendering since
        page.keyboard.press("Enter")
        page.wait_for_url(f"**symbol={symbol}*")
        expect(page.locator("#picture-title")).to_contain_text(f"{symbol} and its")
