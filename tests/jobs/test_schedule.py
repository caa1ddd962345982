"""The schedule: written once, never over an operator's edit."""

from __future__ import annotations

from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask, PeriodicTasks, SolarSchedule

from sentiment_site.jobs.models import ScheduledJob
from sentiment_site.jobs.registry import UnknownJob
from sentiment_site.jobs.schedule import Entry, read_spec, sync_schedule
from sentiment_site.jobs.services import pause, resume

pytestmark = pytest.mark.django_db

NIGHTLY = Entry(name="nightly", job="tests.count", hour="18", minute="30", day_of_week="mon-fri", params={"to": 2})
TICK = Entry(name="tick", task="sectors.tick", every_s=60)


def actions(*entries: Entry, **options: Any) -> list[tuple[str, str]]:
    return [(line.name, line.action) for line in sync_schedule(entries, **options)]


def test_first_time_and_again() -> None:
    assert actions(NIGHTLY, TICK) == [("nightly", "created"), ("tick", "created")]
    changed = PeriodicTasks.last_change()
    assert actions(NIGHTLY, TICK) == [("nightly", "unchanged"), ("tick", "unchanged")]
    assert PeriodicTasks.last_change() == changed  # beat does not reload for nothing
    nightly = PeriodicTask.objects.get(name="nightly")
    assert (nightly.task, nightly.kwargs) == ("jobs.run", '{"name": "tests.count", "params": {"to": 2}}')
    assert str(nightly.crontab.timezone) == "America/New_York"
    assert (nightly.crontab.hour, nightly.crontab.minute, nightly.expire_seconds) == ("18", "30", 3600)
    tick = PeriodicTask.objects.get(name="tick")
    assert (tick.task, tick.interval.every, tick.interval.period, tick.expire_seconds) == (
        "sectors.tick",
        60,
        "seconds",
        60,
    )
    scheduled = ScheduledJob.objects.get(name="nightly")
    assert (scheduled.title, scheduled.job, scheduled.periodic_task) == ("Count to a number", "tests.count", nightly)


def test_the_code_changed() -> None:
    actions(NIGHTLY, TICK)
    later = Entry(name="nightly", job="tests.count", hour="19", minute="30", title="Later")
    slower = Entry(name="tick", task="sectors.tick", every_s=120, expires_s=30)
    assert actions(later, slower) == [("nightly", "updated"), ("tick", "updated")]
    assert PeriodicTask.objects.get(name="nightly").crontab.hour == "19"
    assert read_spec(PeriodicTask.objects.get(name="tick")) == slower.spec()
    assert ScheduledJob.objects.get(name="nightly").title == "Later"


def test_an_operators_edit_is_left_alone_and_reported() -> None:
    actions(NIGHTLY)
    nightly = PeriodicTask.objects.get(name="nightly")
    nightly.crontab = CrontabSchedule.objects.create(hour="6", minute="0", timezone="America/New_York")
    nightly.save()
    for entry in (NIGHTLY, Entry(name="nightly", job="tests.count", hour="20", minute="30")):
        (line,) = sync_schedule([entry])
        assert line.action == "edited"
        assert "'hour': '6'" in line.note
    nightly.refresh_from_db()
    assert nightly.crontab.hour == "6"
    assert actions(NIGHTLY, restore=["nightly"]) == [("nightly", "updated")]
    nightly.refresh_from_db()
    assert nightly.crontab.hour == "18"


def test_an_edit_of_a_shared_crontab_is_an_edit_too() -> None:
    actions(NIGHTLY)
    CrontabSchedule.objects.update(minute="45")
    assert actions(NIGHTLY) == [("nightly", "edited")]


@pytest.mark.parametrize("kwargs", ["{broken", '{"name": "tests.skip"}'])
def test_edited_arguments(kwargs: str) -> None:
    actions(NIGHTLY)
    PeriodicTask.objects.filter(name="nightly").update(kwargs=kwargs)
    assert actions(NIGHTLY) == [("nightly", "edited")]


def test_another_kind_of_schedule_is_an_edit() -> None:
    actions(TICK)
    tick = PeriodicTask.objects.get(name="tick")
    tick.interval, tick.solar = None, SolarSchedule.objects.create(event="sunset", latitude=40.7, longitude=-74)
    tick.save()
    assert read_spec(tick)["when"] == {}
    assert actions(TICK) == [("tick", "edited")]


def test_pausing_survives_a_change_of_the_code() -> None:
    actions(NIGHTLY)
    scheduled = ScheduledJob.objects.get(name="nightly")
    assert pause(scheduled)
    assert not pause(scheduled)
    later = Entry(name="nightly", job="tests.count", hour="19", minute="30")
    assert actions(NIGHTLY) == [("nightly", "unchanged")]
    assert actions(later) == [("nightly", "updated")]
    assert not PeriodicTask.objects.get(name="nightly").enabled
    assert resume(ScheduledJob.objects.get(name="nightly"))
    assert PeriodicTask.objects.get(name="nightly").enabled
    assert not resume(ScheduledJob(name="no task"))


def test_a_deleted_line_stays_deleted_until_restored() -> None:
    actions(NIGHTLY)
    PeriodicTask.objects.all().delete()
    assert actions(NIGHTLY) == [("nightly", "deleted")]
    assert not PeriodicTask.objects.exists()
    assert actions(NIGHTLY, restore=["nightly"]) == [("nightly", "updated")]
    assert PeriodicTask.objects.get(name="nightly").crontab.hour == "18"


def test_a_task_made_by_hand_under_the_same_name() -> None:
    interval = IntervalSchedule.objects.create(every=5, period="minutes")
    PeriodicTask.objects.create(name="tick", task="sectors.tick", interval=interval)
    assert actions(TICK) == [("tick", "edited")]
    assert PeriodicTask.objects.get(name="tick").interval == interval


def test_a_task_made_by_hand_that_equals_the_code_is_taken_over() -> None:
    interval = IntervalSchedule.objects.create(every=60, period="seconds")
    IntervalSchedule.objects.create(every=60, period="seconds")
    PeriodicTask.objects.create(name="tick", task="sectors.tick", interval=interval, expire_seconds=60)
    assert actions(TICK) == [("tick", "unchanged")]
    assert actions(Entry(name="tick", task="sectors.tick", every_s=30)) == [("tick", "updated")]


def test_lines_that_left_the_code() -> None:
    actions(NIGHTLY, TICK)
    PeriodicTask.objects.filter(name="tick").update(expire_seconds=7)
    assert actions() == [("nightly", "removed"), ("tick", "edited")]
    assert list(PeriodicTask.objects.values_list("name", flat=True)) == ["tick"]
    PeriodicTask.objects.all().delete()
    assert actions() == [("tick", "removed")]
    assert not ScheduledJob.objects.exists()


def test_wrong_lines_are_refused_and_nothing_is_written() -> None:
    with pytest.raises(UnknownJob):
        sync_schedule([NIGHTLY, Entry(name="x", job="tests.nothing", every_s=5)])
    with pytest.raises(ValueError, match="unexpected keyword"):
        sync_schedule([NIGHTLY, Entry(name="x", job="tests.count", every_s=5, params={"upto": 1})])
    with pytest.raises(ValueError, match="share a name"):
        sync_schedule([NIGHTLY, NIGHTLY])
    assert not PeriodicTask.objects.exists()


@pytest.mark.parametrize(
    "values",
    [
        {"every_s": 5},
        {"job": "tests.count", "task": "x", "every_s": 5},
        {"job": "tests.count"},
        {"job": "tests.count", "every_s": 5, "hour": "3"},
    ],
)
def test_a_line_names_one_thing_and_one_time(values: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="schedule entry 'x'"):
        Entry(name="x", **values)


def test_the_command(monkeypatch: Any) -> None:
    from sentiment_site.management.commands import sync_schedule as command

    monkeypatch.setattr(command, "SCHEDULE", (NIGHTLY, TICK))
    call_command("sync_schedule", stdout=StringIO())
    PeriodicTask.objects.filter(name="tick").update(expire_seconds=7)
    out = StringIO()
    call_command("sync_schedule", stdout=out)
    assert out.getvalue().splitlines() == [
        "unchanged  nightly",
        "edited     tick: left alone: it holds expires_s 7 (code: 60)",
    ]
    out = StringIO()
    call_command("sync_schedule", "--restore", "tick", stdout=out)
    assert "updated    tick" in out.getvalue()
    monkeypatch.setattr(command, "SCHEDULE", (NIGHTLY, NIGHTLY))
    with pytest.raises(CommandError, match="share a name"):
        call_command("sync_schedule")
