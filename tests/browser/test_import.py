"""The book's second half in a browser: a file into the book, and the book against a light that changes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from portfolios.access import get_portfolio
from portfolios.books.drafts import PositionDraft
from portfolios.books.positions import create_position
from portfolios.models import Position, User
from sectors.models import SectorRun
from tests.factories import Market
from universe.models import Instrument

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
FILE = b"ticker,quantity,entry_price,entry_date\nTECA,-100,90.00,2026-08-03\nHEAB,x,100,2026-08-03\n"


def serious(page: Page) -> list[str]:
    """What axe finds serious or worse."""
    found = Axe().run(page).response["violations"]
    return [
        f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found if one["impact"] in ("serious", "critical")
    ]


def test_a_file_into_the_book_and_the_pages_after_it(
    market: Market, page: Page, live_server: LiveServer, trader: User
) -> None:
    Instrument.objects.filter(pk=market.ids["TEC0"]).update(symbol="TECA")
    page.set_viewport_size({"width": 768, "height": 1000})
    page.goto(f"{live_server.url}/book/import/")
    assert serious(page) == []
    page.set_input_files("input[type=file]", {"name": "mine.csv", "mimeType": "text/csv", "buffer": FILE})
    expect(page.locator("[data-chosen]")).to_have_text(f"mine.csv, {len(FILE)} bytes")
    page.get_by_role("button", name="Upload and look").click()
    expect(page.get_by_role("heading", name="Rows that are not understood")).to_be_visible()
    expect(page.get_by_role("button", name="Enter", exact=True)).to_be_disabled()
    assert serious(page) == []
    page.get_by_label("Tick all listed rows").check()
    expect(page.get_by_label("Leave row 3 out")).to_be_checked()
    page.get_by_role("button", name="Leave the ticked rows out").click()
    expect(page.get_by_role("heading", name="The book before and after")).to_be_visible()
    page.get_by_role("button", name="Enter 1 position").click()
    expect(page.get_by_role("status").filter(has_text="1 position entered.").first).to_be_visible()
    assert Position.objects.get(portfolio__user=trader).symbol == "TECA"
    for name in ("risk", "factors", "stress", "light", "import"):
        page.goto(f"{live_server.url}/book/{name}/")
        assert page.evaluate("document.documentElement.scrollWidth") <= 768, name
        assert serious(page) == [], name


def test_the_panel_follows_the_light(
    market: Market,
    next_light: Callable[[float], SectorRun],
    page: Page,
    live_server: LiveServer,
    trader: User,
) -> None:
    next_light(100.0)
    Instrument.objects.filter(pk=market.ids["TEC0"]).update(symbol="TECA")
    create_position(get_portfolio(trader), PositionDraft("TECA", Decimal(-100), Decimal(100), dt.date(2026, 8, 3)))
    page.goto(f"{live_server.url}/book/light/")
    lit = page.locator("#lit")
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    expect(lit).to_contain_text("NEUTRAL")
    page.evaluate("window.stayed = true")
    run = next_light(110.0)
    expect(lit).to_have_attribute("data-live-seq", str(run.pk))
    expect(lit).to_contain_text("100 % of short gross sits in DO NOT SHORT")
    expect(lit).to_contain_text("against the light")
    page.goto(f"{live_server.url}/book/stress/")
    page.get_by_label("Single stocks, %").fill("TECA 20")
    page.get_by_role("button", name="Stress the book").click()
    expect(page.locator(".stress-result")).to_contain_text("TECA +20 %")
    expect(page).to_have_url(f"{live_server.url}/book/stress/?symbols=TECA+20")
