"""The minute's tick: one analysis per moment of the schedule, none when nothing is due, one to catch up."""

from __future__ import annotations

import threading
import time
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection

from sectors import due, publish, runs, tasks
from sectors.models import SectorRun
from sentiment_site.jobs import services
from sentiment_site.jobs.models import JobRun
from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, Market, make_market
from tests.sectors.conftest import FRIDAY, HALF_HOUR, TEN, THURSDAY, analyse

pytestmark = pytest.mark.django_db

BAR_END = TEN + HALF_HOUR
KEY = "2026-08-21:10:30"
DELAY = timedelta(minutes=15)
MONDAY = calendar.shift(FRIDAY.date, 1)


@pytest.fixture(autouse=True)
def delay(settings: Any) -> None:
    settings.POLYGON_DELAY_S = 900


def due_key(at: datetime) -> str | None:
    with clock.frozen(at):
        moment = due.find_due()
    return None if moment is None else moment.key


def ended(status: str, minutes_ago: float, key: str = KEY) -> JobRun:
    at = clock.wall() - timedelta(minutes=minutes_ago)
    return JobRun.objects.create(
        name=runs.ANALYSE, key=key, trigger="scheduled", status=status, reason="x", queued_at=at, finished_at=at
    )


def published_at(market: Market, start: datetime, **options: Any) -> SectorRun:
    """A light of the bar that starts then, made when the vendor shows it."""
    market.store_half_hours(start, dict.fromkeys(ALL_SYMBOLS, 101))
    with clock.frozen(start + HALF_HOUR + DELAY):
        return analyse(**options)


def test_a_bar_is_due_when_it_is_over_and_the_vendor_shows_it(market: Market) -> None:
    published_at(market, TEN - HALF_HOUR)
    assert due_key(BAR_END + timedelta(minutes=14, seconds=59)) is None
    assert due_key(BAR_END + DELAY) == KEY


def test_the_tick_asks_once_and_says_for_which_occasion(market: Market) -> None:
    with clock.frozen(BAR_END + DELAY) as now:
        tasks.tick()
        now.move_to(BAR_END + DELAY + timedelta(minutes=1))
        tasks.tick()
    run = JobRun.objects.get()
    assert (run.name, run.key, run.trigger, run.status) == ("sectors.analyse", KEY, "scheduled", "queued")
    assert run.params == {"occasion": "half_hour"}


@pytest.mark.parametrize(
    ("hour", "minute", "key"),
    [
        (4, 14, None),  # the evening before is covered
        (4, 15, "2026-08-21:overnight"),
        (4, 45, "2026-08-21:04:30"),
        (8, 15, "2026-08-21:premarket"),
        (8, 59, "2026-08-21:08:30"),
        (9, 0, "2026-08-21:release"),
        (9, 15, "2026-08-21:09:00"),
        (20, 14, "2026-08-21:19:30"),
        (20, 15, "2026-08-21:evening"),
        (23, 59, "2026-08-21:evening"),
    ],
)
def test_the_day_of_a_plan_that_is_15_minutes_late(market: Market, hour: int, minute: int, key: str | None) -> None:
    published_at(market, THURSDAY.post_close - HALF_HOUR)
    assert due_key(datetime(2026, 8, 21, hour, minute, tzinfo=calendar.NEW_YORK)) == key


def test_without_a_delay_the_day_is_on_the_hour(market: Market, settings: Any) -> None:
    settings.POLYGON_DELAY_S = 0
    assert due_key(FRIDAY.pre_open) == "2026-08-21:overnight"
    assert due_key(datetime(2026, 8, 21, 8, 45, tzinfo=calendar.NEW_YORK)) == "2026-08-21:release"
    assert due_key(FRIDAY.post_close) == "2026-08-21:evening"


@pytest.mark.parametrize("day", [date(2026, 3, 6), date(2026, 3, 9), date(2026, 10, 30), date(2026, 11, 2)])
def test_new_york_time_counts_on_both_sides_of_a_clock_change(day: date) -> None:
    make_market(calendar.shift(day, -1).date)
    at = datetime(day.year, day.month, day.day, 8, 15, tzinfo=calendar.NEW_YORK).astimezone(UTC)
    assert due_key(at) == f"{day}:premarket"
    assert due_key(at - timedelta(seconds=1)) == f"{day}:07:30"


def test_a_half_day_and_the_holiday_before_it() -> None:
    half_day = calendar.shift(date(2026, 11, 27), 0)
    market = make_market(calendar.shift(half_day.date, -1).date)
    published_at(market, calendar.shift(half_day.date, -1).post_close - HALF_HOUR)
    thanksgiving = datetime(2026, 11, 26, 12, tzinfo=calendar.NEW_YORK)
    assert due_key(thanksgiving) is None
    assert due_key(half_day.post_close + DELAY) == "2026-11-27:evening"
    market.store_half_hours(half_day.post_close - HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 102))
    with clock.frozen(half_day.post_close + DELAY):
        analyse()
    for hours in (1, 12, 48):
        assert due_key(half_day.post_close + timedelta(hours=hours)) is None


def test_a_covered_bar_is_not_due_whoever_asked_for_the_run(market: Market) -> None:
    published_at(market, TEN, trigger="manual")
    assert due_key(BAR_END + DELAY) is None


def test_a_run_of_some_sectors_covers_nothing(market: Market) -> None:
    published_at(market, TEN - HALF_HOUR)
    published_at(market, TEN, trigger="move", only=["technology"])
    assert due_key(BAR_END + DELAY) == KEY


def test_the_overnight_run_is_covered_by_any_run_since_four(market: Market) -> None:
    published_at(market, THURSDAY.post_close - HALF_HOUR)
    assert due_key(FRIDAY.pre_open + DELAY) == "2026-08-21:overnight"
    with clock.frozen(FRIDAY.pre_open + DELAY):
        analyse()
    assert due_key(FRIDAY.pre_open + DELAY + timedelta(minutes=20)) is None


def test_without_a_universe_nothing_is_asked_for(db: None) -> None:
    with clock.frozen(BAR_END + DELAY):
        tasks.tick()
    assert not JobRun.objects.exists()


def test_days_of_standstill_are_caught_up_with_the_newest_moment_alone(market: Market) -> None:
    published_at(market, TEN)
    for at, key in (
        (FRIDAY.post_close + timedelta(hours=40), "2026-08-21:evening"),  # on a Sunday
        (MONDAY.open + timedelta(minutes=16), "2026-08-24:09:30"),
        (calendar.shift(FRIDAY.date, 4).close + DELAY, "2026-08-27:16:00"),
    ):
        JobRun.objects.all().delete()
        with clock.frozen(at):
            tasks.tick()
            tasks.tick()
        assert [run.key for run in JobRun.objects.all()] == [key]


def test_a_clock_that_jumps_asks_for_no_moment_twice(market: Market) -> None:
    published_at(market, THURSDAY.post_close - HALF_HOUR)
    with clock.frozen(BAR_END + DELAY) as now:
        tasks.tick()
        JobRun.objects.update(status="done", finished_at=clock.wall())
        market.store_half_hours(TEN, dict.fromkeys(ALL_SYMBOLS, 101))
        analyse()
        for back in (timedelta(minutes=1), timedelta(minutes=31), timedelta(hours=5), timedelta(days=3)):
            now.move_to(BAR_END + DELAY - back)
            tasks.tick()
        now.move_to(BAR_END + DELAY + timedelta(hours=2))
        tasks.tick()
    assert [run.key for run in JobRun.objects.order_by("id")] == [KEY, "2026-08-21:12:30"]


def test_while_an_analysis_is_at_work_the_next_one_waits_for_the_next_tick(market: Market) -> None:
    manual = JobRun.objects.create(name=runs.ANALYSE, trigger="manual", queued_at=clock.wall())
    assert due_key(BAR_END + DELAY) is None
    JobRun.objects.filter(pk=manual.pk).update(status="done", finished_at=clock.wall())
    assert due_key(BAR_END + DELAY) == KEY


def test_a_move_under_way_holds_nothing_up(market: Market) -> None:
    JobRun.objects.create(name=runs.MOVE, trigger="move", queued_at=clock.wall())
    assert due_key(BAR_END + DELAY) == KEY


@pytest.mark.parametrize("status", ["done", "skipped", "failed", "errored"])
def test_after_an_attempt_that_just_ended_nothing_is_asked_for(market: Market, status: str) -> None:
    ended(status, 1)
    assert due_key(BAR_END + timedelta(minutes=20)) is None


@pytest.mark.parametrize(("status", "again"), [("done", False), ("skipped", True), ("failed", True), ("errored", True)])
def test_what_did_not_end_well_is_tried_again_after_five_minutes(market: Market, status: str, again: bool) -> None:
    ended(status, 5.1)
    assert (due_key(BAR_END + timedelta(minutes=20)) is not None) is again


def test_three_attempts_are_enough(market: Market) -> None:
    for minutes in (30, 20, 10):
        ended("failed", minutes)
    assert due_key(BAR_END + timedelta(minutes=20)) is None


def test_the_next_run_is_near_ten_seconds_before_it_is_due(market: Market) -> None:
    published_at(market, TEN)
    at = BAR_END + HALF_HOUR + DELAY
    for seconds, near in ((60, False), (11, False), (10, True), (0, True)):
        with clock.frozen(at - timedelta(seconds=seconds)):
            assert due.is_near(timedelta(seconds=10)) is near


def test_before_the_beginning_of_the_calendar_nothing_is_due(market: Market) -> None:
    assert due_key(calendar._table().sessions[0].pre_open + HALF_HOUR) is None


def test_the_tick_repairs_a_publication_that_was_missed_and_repeats_none(market: Market) -> None:
    run = published_at(market, TEN)  # the test's transaction never commits, so nothing was published
    with clock.frozen(BAR_END + DELAY):
        assert publish.get_cached_head() is None
        tasks.tick()
        head = publish.get_cached_head()
        assert head is not None and head.seq == run.pk
        assert publish.republish_missed() is False
    assert SectorRun.objects.count() == 1


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("outcome", ["queued", "done"])
def test_two_ticks_at_once_make_one_run(outcome: str, monkeypatch: Any) -> None:
    """Also when the run of the first has ended before the second asks."""
    make_market(THURSDAY.date)
    start = threading.Barrier(3)
    real = services.may_try

    def may_try_slowly(*args: Any, **options: Any) -> bool:
        allowed = real(*args, **options)
        time.sleep(0.2)  # without the lock all three would have been allowed by now
        return allowed

    def send(run: JobRun) -> None:
        if outcome == "done":
            JobRun.objects.filter(pk=run.pk).update(status="done", finished_at=clock.wall())

    def tick() -> None:
        start.wait(10)
        try:
            tasks.tick()
        finally:
            connection.close()

    monkeypatch.setattr(services, "_send", send)
    monkeypatch.setattr(services, "may_try", may_try_slowly)
    with clock.frozen(BAR_END + DELAY):
        threads = [threading.Thread(target=tick) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    assert [(run.key, run.status) for run in JobRun.objects.all()] == [(KEY, outcome)]
