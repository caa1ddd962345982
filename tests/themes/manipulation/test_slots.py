"""Which bars are due: complete ones, each once, after a standstill too; and the job over them."""

from __future__ import annotations

import datetime as dt

import pytest

from sectors.models import SectorRun
from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import run_now
from sentiment_site.market import calendar, clock
from tests.factories import HALF_HOUR
from themes.manipulation.slots import JOB, find_slot, missing_slots, newest_slot
from themes.models import ManipulationPass, ManipulationReading

from .conftest import AT, FRIDAY, World

pytestmark = pytest.mark.django_db
MINUTE = dt.timedelta(minutes=1)


@pytest.fixture(autouse=True)
def undelayed(settings: object) -> None:
    settings.POLYGON_DELAY_S = 900  # type: ignore[attr-defined]


def sectors_ran(world: World, as_of: dt.datetime) -> None:
    SectorRun.objects.create(
        as_of=as_of, recorded_at=as_of, trigger="scheduled", formula="v1", is_whole=True, weights_source="static",
        universe_run=world.market.run, members=40, sources=[], delay_s=0, is_simulated=True,
    )  # fmt: skip


def passed(at: dt.datetime) -> None:
    ManipulationPass.objects.create(
        as_of=at, screened=1, readings=0, elevated=0, high=0, severe=0, is_simulated=True, recorded_at=at
    )


def test_a_bar_is_due_when_the_sectors_have_brought_it(world: World) -> None:
    """Its end and the vendor's delay are over, and the run that stores bars says that they are all here."""
    assert newest_slot(AT + 14 * MINUTE) == AT - HALF_HOUR
    assert newest_slot(AT + 15 * MINUTE) == AT - HALF_HOUR  # visible, but nobody has stored it yet
    sectors_ran(world, AT)
    assert newest_slot(AT + 15 * MINUTE) == AT


def test_without_the_sectors_a_bar_waits_ten_minutes(world: World) -> None:
    assert newest_slot(AT + 25 * MINUTE - dt.timedelta(seconds=1)) == AT - HALF_HOUR
    assert newest_slot(AT + 25 * MINUTE) == AT


def test_before_the_first_bar_of_a_session_it_is_yesterdays_last(world: World) -> None:
    yesterday = calendar.shift(FRIDAY.date, -1)
    assert newest_slot(FRIDAY.pre_open + MINUTE) == yesterday.post_close


def test_what_passed_meanwhile_is_caught_up_with(world: World) -> None:
    """From the newest pass on, over a night; a session at most."""
    now = AT + 25 * MINUTE
    assert missing_slots(now) == [AT]
    passed(AT - 3 * HALF_HOUR)
    assert missing_slots(now) == [AT - 2 * HALF_HOUR, AT - HALF_HOUR, AT]
    passed(AT)
    assert missing_slots(now) == [] and find_slot(now) is None
    ManipulationPass.objects.all().delete()
    passed(calendar.shift(FRIDAY.date, -1).post_close - HALF_HOUR)
    assert missing_slots(now)[:2] == [calendar.shift(FRIDAY.date, -1).post_close, FRIDAY.pre_open + HALF_HOUR]
    ManipulationPass.objects.all().delete()
    passed(calendar.shift(FRIDAY.date, -9).close)
    assert len(missing_slots(now)) == 32


def test_a_key_is_asked_for_until_it_is_done(world: World) -> None:
    now = AT + 25 * MINUTE
    key = find_slot(now)
    assert key == "2026-08-21T15:00Z"
    JobRun.objects.create(name=JOB, key=key, status="done", trigger="scheduled", queued_at=now, finished_at=now)
    assert find_slot(now) is None


def test_no_universe_no_slot(db: None) -> None:
    assert find_slot(AT + 25 * MINUTE) is None


def test_the_job_reads_every_missing_bar_once(seen: World) -> None:
    """Two bars behind: both are written, oldest first; the next run has nothing to do."""
    passed(AT - 2 * HALF_HOUR)
    with clock.frozen(AT + 25 * MINUTE):
        done = run_now(JOB)
        assert done.status == "done", done
        assert list(ManipulationPass.objects.order_by("pk").values_list("as_of", flat=True))[1:] == [AT - HALF_HOUR, AT]
        assert run_now(JOB).status == "skipped"
    rows = ManipulationReading.objects.values_list("as_of", "instrument_id")
    assert len(rows) == len(set(rows)) and {at for at, _ in rows} >= {AT}


def test_the_job_reads_one_bar_on_demand(seen: World) -> None:
    with clock.frozen(AT + 25 * MINUTE):
        assert run_now(JOB, params={"at": AT.isoformat()}).status == "done"
        assert run_now(JOB, params={"at": AT.isoformat()}).status == "skipped"


def test_without_a_universe_the_job_is_skipped(db: None) -> None:
    with clock.frozen(AT + 25 * MINUTE):
        run = run_now(JOB)
    assert run.status == "skipped" and "no universe" in run.reason
