"""Which hours detection looks at, and when."""

from __future__ import annotations

import datetime as dt

import pytest

from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import run_now
from sentiment_site.market import clock
from tests.factories import Market
from tests.themes.stories.conftest import NOON, Write
from tests.themes.stories.test_tick import TECH, lift, tell
from themes.models import TermHour, Theme
from themes.stories import tasks

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


def done(name: str, key: str) -> None:
    JobRun.objects.create(
        name=name,
        key=key,
        trigger="scheduled",
        status=JobRun.Status.DONE,
        queued_at=clock.wall(),
        started_at=clock.wall(),
        finished_at=clock.wall(),
    )


def test_an_hour_waits_for_its_documents_but_not_for_ever() -> None:
    assert tasks.find_slot(NOON + MINUTE) is None
    assert tasks.find_slot(NOON + 20 * MINUTE) is None  # a new installation has nothing to look at yet
    done("themes.documents", f"{NOON - MINUTE:%Y-%m-%dT%H:%MZ}")  # read before the hour was over
    assert tasks.find_slot(NOON + MINUTE) is None
    assert tasks.find_slot(NOON + 15 * MINUTE) == f"{NOON:%Y-%m-%dT%H:%MZ}"
    done("themes.documents", f"{NOON:%Y-%m-%dT%H:%MZ}")
    assert tasks.find_slot(NOON + MINUTE) == f"{NOON:%Y-%m-%dT%H:%MZ}"
    done(tasks.JOB, f"{NOON:%Y-%m-%dT%H:%MZ}")
    assert tasks.find_slot(NOON + MINUTE) is None


def test_what_is_read_between_the_hours_is_looked_at_once() -> None:
    assert tasks.find_look_slot(NOON + 6 * MINUTE) is None
    done("themes.documents", f"{NOON:%Y-%m-%dT%H:%MZ}")  # the hour's own detection covers it
    assert tasks.find_look_slot(NOON + 6 * MINUTE) is None
    key = f"{NOON + 5 * MINUTE:%Y-%m-%dT%H:%MZ}"
    done("themes.documents", key)
    assert tasks.find_look_slot(NOON + 6 * MINUTE) == key
    done(tasks.LOOK, key)
    assert tasks.find_look_slot(NOON + 6 * MINUTE) is None


def test_a_new_theme_is_found_between_the_hours(background: None, market: Market, write: Write) -> None:
    lift(market, TECH, 12)
    tell(write, TECH)
    with clock.frozen(NOON + 7 * MINUTE):
        run = run_now(tasks.LOOK)
    theme = Theme.objects.get()
    assert run.status == JobRun.Status.DONE and theme.detected_at == NOON + 7 * MINUTE
    assert theme.readings.count() == 1
    with clock.frozen(NOON + 12 * MINUTE):
        run_now(tasks.LOOK)
    assert Theme.objects.count() == 1 and theme.readings.count() == 1  # measured at the hour


def test_a_standstill_is_made_up_for_up_to_six_hours() -> None:
    hour = dt.timedelta(hours=1)
    assert tasks.list_hours(NOON + 20 * MINUTE) == [NOON - back * hour for back in range(5, -1, -1)]
    done(tasks.JOB, f"{NOON - 3 * hour:%Y-%m-%dT%H:%MZ}")
    assert tasks.list_hours(NOON + 20 * MINUTE) == [NOON - 2 * hour, NOON - hour, NOON]
    done(tasks.JOB, f"{NOON:%Y-%m-%dT%H:%MZ}")
    assert tasks.list_hours(NOON + 20 * MINUTE) == [NOON]  # run again by hand


def test_the_job_counts_the_hours_it_looks_at(market: Market, write: Write) -> None:
    write(["AAA"], "store opening", 30)
    with clock.frozen(NOON + 20 * MINUTE):
        run = run_now(tasks.JOB)
    assert run.status == JobRun.Status.DONE and "texts" in run.reason
    assert TermHour.objects.count() > 6
