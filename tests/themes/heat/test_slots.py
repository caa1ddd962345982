"""When the temperature is read: seventeen stamps, half past in between, after the bars are here, in order, once."""

from __future__ import annotations

import datetime as dt

import pytest

from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import run_now
from sentiment_site.market import calendar, clock
from tests.themes.heat.conftest import FRIDAY, HALF_HOUR, HOUR, MINUTE, NOON, Heat
from themes.heat import tasks
from themes.heat.slots import list_slots, list_stamps, newest_slot, slot_at
from themes.models import TemperaturePass, ThemeAlert

HALF_DAY = calendar.shift(dt.date(2026, 11, 27), 0)  # the day after Thanksgiving
DELAY = dt.timedelta(minutes=15)


def test_the_stamps_of_a_day() -> None:
    stamps = [slot.at.astimezone(calendar.NEW_YORK).hour for slot in list_stamps(FRIDAY)]
    assert stamps == list(range(4, 21))
    assert len(list_stamps(HALF_DAY)) == 14
    assert len(list_slots(FRIDAY)) == 33


def test_a_slot_and_its_window() -> None:
    slot = slot_at(NOON)
    assert (slot.bars, slot.on_the_hour, slot.begins, slot.is_extended) == (16, True, NOON - HOUR, False)
    assert slot_at(FRIDAY.pre_open + HALF_HOUR).begins == FRIDAY.pre_open
    assert not slot_at(NOON + HALF_HOUR).on_the_hour
    assert slot_at(FRIDAY.open).is_extended
    assert not slot_at(FRIDAY.open + HALF_HOUR).is_extended
    assert slot_at(FRIDAY.close + HOUR).is_extended
    assert not slot_at(FRIDAY.close + HALF_HOUR).is_extended


@pytest.mark.parametrize("at", [NOON + MINUTE, FRIDAY.post_close + HALF_HOUR])
def test_no_slot(at: dt.datetime) -> None:
    with pytest.raises(ValueError, match="no half-hour"):
        slot_at(at)


def test_the_newest_slot() -> None:
    assert newest_slot(NOON + 29 * MINUTE).at == NOON
    assert newest_slot(FRIDAY.post_close + 9 * HOUR).at == FRIDAY.post_close
    assert newest_slot(FRIDAY.pre_open).bars == 0


@pytest.mark.django_db
def test_a_slot_waits_for_its_bars_but_not_for_ever() -> None:
    now = NOON + DELAY
    assert tasks.find_slot(now) is None  # no analysis has brought the bars yet
    assert tasks.find_slot(now + 14 * MINUTE) is None
    assert tasks.find_slot(now + 15 * MINUTE) == "2026-08-21T16:00Z"
    assert tasks.find_slot(FRIDAY.pre_open + DELAY) == "2026-08-21T08:00Z"


@pytest.mark.django_db
def test_what_was_missed_is_read_in_order_and_only_the_newest_is_news(heat: Heat) -> None:
    heat.trade_until(NOON, {"TEC0": (109.0, 250_000.0)})
    heat.trade_until(NOON + HALF_HOUR, {"TEC0": (109.0, 250_000.0), "TEC1": (109.0, 250_000.0)})
    with clock.frozen(NOON + HALF_HOUR + DELAY):
        assert [slot.at for slot in tasks.list_due(clock.now())][-2:] == [NOON, NOON + HALF_HOUR]
        run = run_now(tasks.JOB, key="2026-08-21T16:30Z")
        assert run.status == JobRun.Status.DONE, run.reason
        assert tasks.list_due(clock.now()) == []
        assert tasks.find_slot(clock.now()) is None
        again = run_now(tasks.JOB)
        assert (again.status, again.reason) == (JobRun.Status.SKIPPED, "every hour of the session was read")
    stored = list(TemperaturePass.objects.order_by("as_of").values_list("as_of", "is_whole"))
    # before ten there were no bars at all: those hours were not read, and nothing was made up
    assert stored == [
        (FRIDAY.pre_open, True), (NOON - HOUR, True), (NOON, True), (NOON + HALF_HOUR, False),
    ]  # fmt: skip
    assert [alert.subject for alert in ThemeAlert.objects.all()] == ["TEC1"]


@pytest.mark.django_db
def test_without_a_universe_it_is_skipped() -> None:
    with clock.frozen(NOON + DELAY):
        run = run_now(tasks.JOB)
    assert (run.status, run.reason) == (JobRun.Status.SKIPPED, "no universe has been published yet")
