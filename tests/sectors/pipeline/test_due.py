"""The minute's tick: one analysis per completed bar, none when nothing is due, one to catch up."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sectors import due, publish, tasks
from sectors.models import SectorRun
from sentiment_site.jobs.models import JobRun
from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, Market
from tests.sectors.conftest import FRIDAY, HALF_HOUR, TEN, analyse

pytestmark = pytest.mark.django_db

BAR_END = TEN + HALF_HOUR
KEY = BAR_END.isoformat()


@pytest.fixture(autouse=True)
def delay(settings: Any) -> None:
    settings.POLYGON_DELAY_S = 900


def ended(status: str, minutes_ago: float) -> JobRun:
    at = clock.wall() - timedelta(minutes=minutes_ago)
    return JobRun.objects.create(
        name="sectors.analyse", key=KEY, trigger="scheduled", status=status, reason="x", queued_at=at, finished_at=at
    )


def test_a_bar_is_due_when_it_is_over_and_the_vendor_shows_it(market: Market) -> None:
    market.store_half_hours(TEN - HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 101))
    with clock.frozen(TEN):
        analyse()
    with clock.frozen(BAR_END + timedelta(minutes=14, seconds=59)):
        assert due.find_due_bar() is None
    with clock.frozen(BAR_END + timedelta(minutes=15)):
        assert due.find_due_bar() == BAR_END


def test_the_tick_asks_once_per_bar(market: Market) -> None:
    with clock.frozen(BAR_END + timedelta(minutes=15)) as now:
        tasks.tick()
        now.move_to(BAR_END + timedelta(minutes=16))
        tasks.tick()
    run = JobRun.objects.get()
    assert (run.name, run.key, run.trigger, run.status) == ("sectors.analyse", KEY, "scheduled", "queued")


def test_a_covered_bar_is_not_due(market: Market) -> None:
    market.store_half_hours(TEN, dict.fromkeys(ALL_SYMBOLS, 101))
    with clock.frozen(BAR_END + timedelta(minutes=15)):
        analyse()
        tasks.tick()
    assert not JobRun.objects.exists()


def test_without_a_universe_nothing_is_asked_for(db: None) -> None:
    with clock.frozen(BAR_END + timedelta(minutes=15)):
        tasks.tick()
    assert not JobRun.objects.exists()


def test_a_day_of_downtime_is_caught_up_with_one_run(market: Market) -> None:
    market.store_half_hours(TEN, dict.fromkeys(ALL_SYMBOLS, 101))
    with clock.frozen(BAR_END):
        analyse()
    sunday = FRIDAY.post_close + timedelta(hours=40)
    with clock.frozen(sunday):
        tasks.tick()
        tasks.tick()
    assert [run.key for run in JobRun.objects.all()] == [FRIDAY.post_close.isoformat()]


@pytest.mark.parametrize("status", ["done", "skipped", "failed", "errored"])
def test_after_an_attempt_that_just_ended_nothing_is_asked_for(market: Market, status: str) -> None:
    ended(status, 1)
    with clock.frozen(BAR_END + timedelta(minutes=20)):
        assert due.find_due_bar() is None


@pytest.mark.parametrize(("status", "again"), [("done", False), ("skipped", True), ("failed", True), ("errored", True)])
def test_what_did_not_end_well_is_tried_again_after_five_minutes(market: Market, status: str, again: bool) -> None:
    ended(status, 5.1)
    with clock.frozen(BAR_END + timedelta(minutes=20)):
        assert (due.find_due_bar() is not None) is again


def test_three_attempts_are_enough(market: Market) -> None:
    for minutes in (30, 20, 10):
        ended("failed", minutes)
    with clock.frozen(BAR_END + timedelta(minutes=20)):
        assert due.find_due_bar() is None


def test_before_the_beginning_of_the_calendar_nothing_is_due(market: Market, settings: Any) -> None:
    first = calendar._table().sessions[0]
    with clock.frozen(first.pre_open):
        assert due.find_due_bar() is None


def test_the_tick_repairs_a_publication_that_was_missed(market: Market) -> None:
    market.store_half_hours(TEN, dict.fromkeys(ALL_SYMBOLS, 101))
    with clock.frozen(BAR_END + timedelta(minutes=15)):
        run = analyse()  # the test's transaction never commits, so nothing was published
        assert publish.get_cached_head() is None
        tasks.tick()
        head = publish.get_cached_head()
        assert head is not None and head.seq == run.pk
        assert publish.republish_missed() is False
    assert SectorRun.objects.count() == 1
