"""A book by hand: enter a short, correct it in its row, tag, close a part, delete it and take it back; its curve."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from portfolios import access
from portfolios.books import audit
from portfolios.books.cash import add_flow
from portfolios.books.drafts import PositionDraft
from portfolios.books.positions import create_position
from portfolios.models import Position, User
from sentiment_site.market import calendar, clock
from tests.portfolios.pages.rows import store_days

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
D = Decimal


def test_a_position_from_entry_to_undo(page: Page, live_server: LiveServer, trader: User) -> None:
    page.goto(f"{live_server.url}/book/")
    expect(page.locator(".welcome")).to_contain_text("This book is empty")
    page.keyboard.press("g")
    page.keyboard.press("p")
    page.wait_for_url("**/book/positions/")

    page.get_by_role("link", name="Add a position").click()
    form = page.locator("#new-position form")
    expect(form.get_by_label("Symbol")).to_be_focused()
    form.get_by_label("Symbol").fill("SPY351221C00450000")
    expect(form.locator(".symbol-said")).to_contain_text("call at 450, expires Fri 21 Dec 2035")
    form.get_by_label("Symbol").fill("SOUN")
    expect(form.locator(".symbol-said")).to_contain_text("not a listed stock here")
    form.get_by_label("Quantity").fill("-100")
    form.get_by_label("Entry price").fill("nine")
    form.get_by_label("Entry price").press("Enter")
    refused = form.locator(".field-entry_price")
    expect(refused).to_contain_text("Enter a number")
    expect(form.get_by_label("Quantity")).to_have_value("-100")
    expect(form.get_by_label("Entry price")).to_be_focused()
    form.get_by_label("Entry price").fill("9.40")
    form.get_by_label("Entry price").press("Enter")
    row = page.locator("#positions tbody tr")
    expect(row).to_contain_text("SOUN")
    expect(page.locator("#new-position")).to_be_empty()
    expect(page.locator(".book-toast")).to_contain_text("SHORT 100 SOUN entered.")

    _correct_in_its_row(page)
    _tag_close_delete_and_undo(page)
    book = access.get_portfolio(trader)
    assert audit.find_breaks(book) == () and Position.objects.filter(closed_on=None, quantity=60).count() == 1


def _correct_in_its_row(page: Page) -> None:
    """By keyboard: e, Esc, e, Enter."""
    row = page.locator("#positions tbody tr")
    row.get_by_role("link", name="Edit SOUN").focus()
    page.keyboard.press("e")
    editor = page.locator("tr.row-form")
    expect(editor.get_by_label("Symbol")).to_be_focused()
    editor.get_by_label("Note").fill("lost")
    page.keyboard.press("Escape")
    expect(editor).to_have_count(0)
    expect(row.get_by_role("link", name="Edit SOUN")).to_be_focused()
    page.keyboard.press("e")
    expect(editor.get_by_label("Note")).to_have_value("")
    editor.get_by_label("Note").fill("crowded")
    editor.get_by_label("Tags").fill("Squeeze, AI")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("crowded")
    expect(row.locator(".tag")).to_have_text(["AI", "Squeeze"])


def _tag_close_delete_and_undo(page: Page) -> None:
    row, editor = page.locator("#positions tbody tr"), page.locator("tr.row-form")
    row.locator("input[type=checkbox]").check()
    expect(page.locator("[data-ticked]")).to_have_text("1 ticked:")
    page.locator("#bulk input[name=tag]").fill("AI")
    page.get_by_role("button", name="Untag").click()
    expect(row.locator(".tag")).to_have_text(["Squeeze"])

    page.locator("#filters select[name=state]").select_option("closed")
    expect(page.locator("#positions")).to_contain_text("No closed position.")
    page.wait_for_url("**/book/positions/?state=closed")
    page.locator("#filters select[name=state]").select_option("")
    expect(row).to_contain_text("SOUN")
    row.get_by_role("link", name="Close SOUN").click()
    editor.get_by_label("Price").fill("8")
    editor.get_by_label("Quantity").fill("40")
    page.keyboard.press("Enter")
    expect(row).to_contain_text("−564.00")  # 60 are left
    expect(page.locator(".book-toast").last).to_contain_text("closed at 8.00, +56.00 realised.")

    row.get_by_role("link", name="Edit SOUN").click()
    editor.get_by_role("button", name="Delete").click()
    expect(page.locator("#positions")).to_contain_text("No open position.")
    page.get_by_role("button", name="Undo").click()
    expect(row).to_contain_text("crowded")


def test_the_curve_its_spans_and_themes(page: Page, live_server: LiveServer, trader: User) -> None:
    book = access.get_portfolio(trader)
    newest = calendar.last_closed_session(clock.now()).date
    days = [("10000", "10000", "0")] + [(str(10000 + 50 * n), "0", "50") for n in range(1, 60)]
    store_days(book, newest, days, state="provisional")
    add_flow(book, "deposit", D(10000), on=newest - dt.timedelta(days=90))
    create_position(book, PositionDraft("IONQ", D(10), D(40), newest, note="held"))
    page.goto(f"{live_server.url}/book/")
    expect(page.locator("[data-curve=index] canvas")).to_be_visible()
    page.get_by_role("link", name="1 month").click()
    page.wait_for_url("**/book/?span=1m")
    expect(page.get_by_role("link", name="1 month")).to_have_attribute("aria-current", "true")
    expect(page.locator("[data-curve=drawdown] canvas")).to_be_visible()
    expect(page.locator("#curve details tbody tr")).to_have_count(21)
    page.keyboard.press("t")
    expect(page.locator("html")).to_have_attribute("data-theme", "light")
    expect(page.locator("[data-curve=index] canvas")).to_have_count(1)
    for address in ("book/", "book/positions/", "book/cash/", "book/tags/", "book/snapshots/"):
        page.goto(f"{live_server.url}/{address}")
        expect(page.locator(".tabs a[aria-current=page]")).to_be_visible()
        found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa"]}).response["violations"]
        assert [(one["id"], [node["html"][:200] for node in one["nodes"][:3]]) for one in found] == [], address
        page.set_viewport_size({"width": 768, "height": 1024})
        page.wait_for_function("document.documentElement.scrollWidth <= innerWidth")  # charts follow a moment later
        page.set_viewport_size({"width": 1440, "height": 900})
    page.keyboard.press("h")  # the tab before
    page.wait_for_url(re.compile("/book/tags/"))
