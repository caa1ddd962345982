"""The account pages in a browser: by keyboard alone, at once, and accessible in both themes and every palette."""

from __future__ import annotations

import re
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from portfolios import demo
from portfolios.models import Preference, User

from .conftest import PASSWORD

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def serious(page: Page) -> list[str]:
    """What axe finds serious or worse."""
    found = Axe().run(page).response["violations"]
    return [
        f"{rule['id']}: {rule['nodes'][0]['html'][:120]}" for rule in found if rule["impact"] in ("serious", "critical")
    ]


def test_settings_by_keyboard_hold_at_once(page: Page, live_server: LiveServer, trader: User) -> None:
    page.goto(f"{live_server.url}/settings/")
    html = page.locator("html")
    page.locator("input[name=palette]:checked").focus()
    page.keyboard.press("ArrowDown")
    page.locator("input[name=theme]:checked").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.locator("input[name=zone]").fill("Asia/Tokyo")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status").filter(has_text="Saved.")).to_be_visible()
    expect(html).to_have_attribute("data-palette", "classic")
    expect(html).to_have_attribute("data-theme", "light")
    expect(page.locator("#market-chip")).to_have_attribute("title", re.compile("JST where you are"))
    row = Preference.objects.get(user=trader)
    assert (row.palette, row.theme, row.zone) == ("classic", "light", "Asia/Tokyo")


def test_the_theme_key_is_remembered_by_the_account(page: Page, live_server: LiveServer, trader: User) -> None:
    page.goto(f"{live_server.url}/settings/")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark")
    page.locator("main").focus()
    with page.expect_response("**/api/preferences/") as answer:
        page.keyboard.press("t")
    assert answer.value.status == 200
    assert Preference.objects.get(user=trader).theme == "light"
    page.evaluate("localStorage.clear()")
    page.reload()
    expect(page.locator("html")).to_have_attribute("data-theme", "light")


def test_signing_in_by_keyboard(page: Page, live_server: LiveServer, trader: User) -> None:
    page.context.clear_cookies()
    page.goto(f"{live_server.url}/login/?next=/universe/")
    expect(page.get_by_label("User name")).to_be_focused()
    page.keyboard.type(trader.username)
    page.keyboard.press("Tab")
    page.keyboard.type("not the password")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_be_visible()
    page.get_by_label("Password").fill(PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_url(f"{live_server.url}/universe/")
    expect(page.get_by_role("button", name=f"Log out {trader.username}")).to_be_visible()


@pytest.mark.parametrize("theme", ["dark", "light"])
def test_the_pages_are_accessible(page: Page, live_server: LiveServer, trader: User, settings: Any, theme: str) -> None:
    settings.DEMO = True
    demo.ensure_demo_accounts()
    page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
    for address in ("/settings/", "/account/password/", "/account/close/"):
        page.goto(f"{live_server.url}{address}")
        assert serious(page) == [], address
    page.context.clear_cookies()
    page.evaluate("localStorage.clear()")
    for address in ("/login/", "/register/", "/password-reset/"):
        page.goto(f"{live_server.url}{address}")
        expect(page.locator("html")).to_have_attribute("data-theme", theme)
        assert serious(page) == [], address
    page.goto(f"{live_server.url}/login/")
    page.get_by_role("button", name="Growth demo").click()
    page.wait_for_url(f"{live_server.url}/")
    expect(page.get_by_role("button", name="Log out demo_growth")).to_be_visible()
