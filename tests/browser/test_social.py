"""What people write, as a trader meets it: pushed passes, filters in the address, a crosshair, the map by keyboard."""

from __future__ import annotations

import datetime as dt
import os
import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from sentiment_site.market import clock
from tests.themes.social.pages.world import (
    HOSTILE,
    add_account,
    add_call,
    add_confluence,
    add_copies,
    add_outcome,
    add_pass,
    add_post,
    add_reading,
    add_stock,
)
from themes.models import Document
from themes.publish import announce_change

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
HALF_HOUR = dt.timedelta(minutes=30)
SHOTS = os.environ.get("SCREENSHOTS", "")


def add_world() -> dt.datetime:
    """Two days of passes over six stocks, texts, accounts with calls, copies, outcomes; the newest slot but one."""
    now = clock.now()
    newest = now.replace(minute=now.minute // 30 * 30, second=0, microsecond=0) - HALF_HOUR
    names = ("ACME", "BETA", "CALM", "DELT", "EPSI", "ZETA")
    stocks = [add_stock(name, f"{name.title()} Holdings Inc. Class A Common Stock") for name in names]
    for step in range(24, -1, -1):
        at = newest - step * 2 * HALF_HOUR
        add_pass(at)
        for place, stock in enumerate(stocks):
            if place == 2 or (place == 4 and step % 5 == 1):
                continue
            swing = ((step * 7 + place * 13) % 21 - 10) / 12
            says = {"twitter": swing, "news": -swing / 2}
            if place == 3:
                says = {"twitter": swing, "reddit": swing / 3, "news": -swing, "options": 0.3}
            add_reading(stock, at, says=says, mentions=12 + place * 9 + step, divergence_detected=place == 3)
    add_reading(stocks[2], newest, says={}, mentions=4, expected=None)
    people = [add_account(f"account{n}", followers=10 ** (n % 6 + 1), calls=n * 3, hits=n) for n in range(14)]
    for number, account in enumerate(people):
        add_post(stocks[0], f"$ACME post {number}, and some more words about it", account=account, moment=now,
                 minutes=10 + 15 * number, score=(number % 5 - 2) / 3)  # fmt: skip
    add_post(stocks[0], HOSTILE, account=people[0], moment=now, minutes=3)
    gone = add_post(stocks[0], "SECRET", account=people[1], moment=now, minutes=4)
    Document.objects.filter(pk=gone.pk).update(removed_at=now, text="", author="")
    for number in range(6):
        text = f"number {number} load up on this one before the news comes out tonight it is the next runner"
        add_copies(stocks[number], people[number : number + 8 - number], text=text, moment=now)
    for day in range(9):
        add_outcome(stocks[0], "twitter" if day % 3 else "news", day=day)
        add_call(people[5], stocks[day % 5], day=day, hit=day % 2 == 0)
    add_confluence(stocks[0], newest)
    return newest


def shoot(page: Page, name: str) -> None:
    """A picture for people, where a folder is named."""
    if SHOTS:
        page.screenshot(path=Path(SHOTS) / f"{name}.png", full_page=True)


def test_a_pass_is_pushed_and_everything_is_reached_by_keyboard(page: Page, live_server: LiveServer) -> None:
    newest = add_world()
    page.goto(f"{live_server.url}/social/")
    expect(page.locator("#symbols tbody tr")).to_have_count(5)
    expect(page.locator("[data-live-state]")).to_have_text("Live")
    page.select_option("select[name=silent]", "yes")
    expect(page.locator("#symbols tbody tr")).to_have_count(6)
    page.wait_for_url("**/social/?silent=yes")
    page.locator("#sort-symbol").click()
    page.wait_for_url(re.compile("sort=symbol"))
    expect(page.locator("#symbols tbody th").first).to_have_text("ACME")

    page.evaluate("window.stayed = true")
    at = newest + HALF_HOUR
    for symbol in ("NEWS",):
        add_pass(at, recorded_at=clock.now())
        add_reading(add_stock(symbol), at, says={"news": 0.9}, mentions=99)
    announce_change("social")
    expect(page.locator("#symbols tbody tr")).to_have_count(1)  # the pass has this one stock
    expect(page.locator("#stock-NEWS")).to_be_visible()
    assert page.evaluate("window.stayed") is True and "sort=symbol" in page.url

    page.keyboard.press("j")
    expect(page.locator("#stock-NEWS")).to_be_focused()
    page.keyboard.press("Enter")
    page.wait_for_url("**/social/NEWS/")
    page.goto(f"{live_server.url}/social/ACME/?span=1d")
    expect(page.locator("#charts")).to_have_attribute("data-drawn", re.compile(r"\d+"))
    expect(page.locator("#charts .uplot")).to_have_count(2)
    page.locator("#charts").focus()
    page.keyboard.press("Home")
    first = page.locator("#readout").text_content()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#readout")).not_to_have_text(first or "")
    expect(page.locator("#readout")).to_contain_text("expected 10")
    page.locator("#figures-title").click()
    expect(page.locator("#figures-table tbody tr").first).to_be_visible()
    expect(page.locator(".text-words").first).to_be_visible()
    assert "alert(" in page.locator("#texts").inner_text() and "SECRET" not in page.content()
    page.select_option("#texts-label", "bearish")
    page.wait_for_url(re.compile("label=bearish"))
    expect(page.locator(".text-bullish")).to_have_count(0)
    page.locator("#why-1").click()
    expect(page.locator(".parts").first).to_contain_text("engagement")

    page.goto(f"{live_server.url}/social/coordination/")
    node = page.locator("[data-node-left]").first
    node.focus()
    expect(page.locator(".map-lines path.lit")).to_have_count(8)
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("cluster="))
    expect(page.locator("#copies .text")).to_have_count(8)


def test_they_fit_and_are_accessible_at_every_width(page: Page, live_server: LiveServer) -> None:
    add_world()
    addresses = ("", "ACME/", "influencers/", "coordination/")
    for width in (1440, 1024, 768):
        theme = "light" if width == 1024 else "dark"
        page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": width, "height": 900})
        for address in addresses:
            page.goto(f"{live_server.url}/social/{address}")
            if address == "ACME/":
                expect(page.locator("#charts .uplot")).to_have_count(2)
            expect(page.locator("main h1")).to_be_visible()
            shoot(page, f"{address.strip('/') or 'board'}-{width}-{theme}")
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), (width, address)
            found = Axe().run(page).response["violations"]
            serious = [
                f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found if v["impact"] in ("serious", "critical")
            ]
            assert serious == [], (width, theme, address)
