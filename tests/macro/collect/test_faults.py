"""48 simulated hours of vendors that fail in every way: no invented row, the true age, all of it told afterwards."""

from __future__ import annotations

import datetime as dt

import pytest

from macro.collect.scan import run_scan
from macro.due import SCAN, find_due_slot
from macro.models import MacroMarketData, MacroSentimentAnalysis
from macro.selectors import get_state, latest_analysis, latest_reading, load_market
from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import run_now
from sentiment_site.market import clock
from tests.macro.collect.conftest import DAY, FOUR_HOURS, NOW, SLOT, World

pytestmark = pytest.mark.django_db
# Too many calls, a broken vendor, garbage, half a body, nothing, a page of the wall before it.
KINDS = ("429", "500", "malformed", "truncated", "no_body", "503_html")


def run_due() -> JobRun | None:
    """What the tick would have the workers do."""
    slot = find_due_slot()
    return None if slot is None else run_now(SCAN, trigger="scheduled", key=slot.isoformat())


def test_forty_eight_hours(world: World, history: None, now: clock.Frozen) -> None:
    assert run_due().status == "done"
    before = list(MacroMarketData.objects.order_by("id").values())
    reading, analysis = latest_reading(), latest_analysis()
    assert reading is not None and analysis is not None
    for step in range(1, 13):
        now.move_to(NOW + step * FOUR_HOURS)
        world.recover()
        world.fail(KINDS[step % len(KINDS)])
        run = run_due()
        assert run is not None and run.status == "failed" and run.reason.startswith("coingecko: "), run
        assert run_due() is None  # not every minute
        state = get_state()
        assert state.consecutive_failures == step and state.last_failed_scan == clock.now()
        assert state.system_status == ("ERROR" if step >= 3 else "ACTIVE")
        assert latest_reading() == reading and latest_analysis() == analysis
        assert clock.now() - latest_reading().event_at == step * FOUR_HOURS + dt.timedelta(minutes=7, seconds=30)
    assert list(MacroMarketData.objects.order_by("id").values()) == before
    world.recover()
    now.move_to(NOW + 13 * FOUR_HOURS)
    run = run_due()
    assert run is not None and run.status == "done" and "12 of 12 missed slots told afterwards" in run.reason
    state = get_state()
    assert (state.consecutive_failures, state.system_status) == (0, "ACTIVE")
    assert state.last_successful_scan == clock.now() and state.last_analysis == latest_analysis() != analysis
    series = load_market()
    assert series.at[-14:].tolist() == [int((SLOT + step * FOUR_HOURS).timestamp()) for step in range(14)]
    assert series.is_estimated[-14:].tolist() == [False, *[True] * 12, False]
    assert list(MacroMarketData.objects.order_by("id").values())[: len(before)] == before
    assert len(load_market(NOW + 2 * DAY)) == len(before)
    assert MacroSentimentAnalysis.objects.count() == 2


def test_the_second_vendor_carries_a_day(world: World, history: None, now: clock.Frozen) -> None:
    run_scan(world.vendors)
    for step in range(1, 7):
        now.move_to(NOW + step * FOUR_HOURS)
        world.recover()
        world.fail(KINDS[step % len(KINDS)], "coingecko")
        run_scan(world.vendors)
    rows = MacroMarketData.objects.filter(timestamp__gt=SLOT).order_by("timestamp")
    assert [row.data_source for row in rows] == ["coinpaprika"] * 6 and not any(row.is_estimated for row in rows)
    world.recover()
    now.move_to(NOW + 7 * FOUR_HOURS)
    report = run_scan(world.vendors)
    assert report.reading.source == "coingecko" and report.missing == 0
