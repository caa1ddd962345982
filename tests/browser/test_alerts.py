"""From a stored bar to a trader's eyes: alert row, socket frame, notice and list, and the watch list by keyboard."""

from __future__ import annotations

import datetime as dt
import json
import time
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from pytest_django.live_server_helper import LiveServer

from sentiment_site.jobs.services import run_now
from sentiment_site.market import clock
from sentiment_site.schedule import SCHEDULE
from tests.factories import HALF_HOUR, HALF_HOUR_VOLUME
from tests.themes.manipulation.conftest import AT, BARS_SO_FAR, PUMPED, QUIET, World, seen, unread, world
from themes.manipulation.passes import run_pass
from themes.manipulation.slots import JOB, find_slot
from themes.models import ManipulationReading, ThemeAlert

__all__ = ["seen", "unread", "world"]

GOAL_S = 30.0


@pytest.fixture
def pumped(transactional_db: None, seen: World, settings: Any) -> World:
    """The pump runs, the eleven o'clock bar was read; the vendor is not late."""
    settings.POLYGON_DELAY_S = 0
    seen.campaign(60)
    seen.revise(QUIET, free_float=4e6, market_cap=16e6)
    with clock.frozen(AT + dt.timedelta(minutes=1)):
        run_pass(AT, clock.now())
    return seen


def test_a_pump_is_seen_within_thirty_seconds(page: Page, live_server: LiveServer, pumped: World) -> None:
    """A stock jumps in the next bar: from its being stored to row, frame, notice and list, the tick's wait included."""
    frames: list[dict[str, Any]] = []

    def listen(socket: Any) -> None:
        socket.on("framereceived", lambda frame: frames.append(json.loads(frame)) if frame != "pong" else None)

    now = AT + HALF_HOUR + dt.timedelta(minutes=11)
    with clock.frozen(now):
        page.on("websocket", listen)
        page.goto(f"{live_server.url}/themes/alerts/")
        expect(page.locator("[data-live-state]")).to_have_text("Live")
        expect(page.locator("#alerts tbody tr")).to_have_count(1)
        began = time.monotonic()
        volume = 60 * HALF_HOUR_VOLUME * (BARS_SO_FAR + 1)
        pumped.market.store_half_hours(AT, {QUIET: (250.0, volume)}, recorded_at=clock.now())
        key = find_slot(clock.now())
        assert key is not None
        assert run_now(JOB, key=key).status == "done"
        toast = page.locator("#toasts .alert-toast")
        expect(toast).to_contain_text(QUIET)
        expect(page.locator("#alerts tbody tr")).to_have_count(2)
        expect(page.locator("#alerts tbody tr").first).to_contain_text(QUIET)
        took = time.monotonic() - began
    alert = ThemeAlert.objects.get(subject=QUIET)
    heard = [frame for frame in frames if frame["topic"] == "alerts" and frame["type"] == "themes.alert"]
    assert [frame["seq"] for frame in heard].count(alert.pk) == 1
    tick = next(entry.every_s for entry in SCHEDULE if entry.task == "themes.tick")
    assert tick is not None and took + tick < GOAL_S, f"{took:.1f} s and up to {tick} s until the tick"
    # by keyboard: to the notice, away with it, and never again in this browser
    toast.get_by_role("button", name="Mute notices").focus()
    page.keyboard.press("Enter")
    expect(toast).to_have_count(0)
    expect(page.get_by_label("no notices in this browser")).to_be_checked()


def test_the_watch_list_opens_by_keyboard_and_fits(page: Page, live_server: LiveServer, pumped: World) -> None:
    """Details with the phases by Enter; a new bar swaps the list and keeps them open; no page scrolls sideways."""
    with clock.frozen(AT + dt.timedelta(minutes=2)):
        page.goto(f"{live_server.url}/themes/manipulation/")
        expect(page.locator("[data-live-state]")).to_have_text("Live")
        summary = page.locator(f"#phases-{pumped.id_of(PUMPED)}")
        summary.focus()
        page.keyboard.press("Enter")
        expect(page.locator(".detail h3").first).to_have_text("Phases, fifteen sessions")
        for width in (1440, 1024, 768):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth"), width
        page.set_viewport_size({"width": 1440, "height": 900})
    with clock.frozen(AT + HALF_HOUR + dt.timedelta(minutes=1)):
        pumped.market.store_half_hours(AT, {PUMPED: (300.0, 1e6)})
        run_pass(AT + HALF_HOUR, clock.now())
        risk = ManipulationReading.objects.get(as_of=AT + HALF_HOUR, instrument_id=pumped.id_of(PUMPED)).facts["change"]
        expect(page.locator(".band-row").first).to_contain_text(f"{risk:+.1f}%")
        expect(page.locator(".detail h3").first).to_have_text("Phases, fifteen sessions")
