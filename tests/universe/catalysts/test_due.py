"""When feeds are read: slots of market time."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import override_settings

from sentiment_site.jobs.models import JobRun, Status
from sentiment_site.market import clock
from sentiment_site.market.calendar import NEW_YORK
from universe.bars import get_source
from universe.catalysts.due import find_catalyst_slot, find_halt_slot, find_threshold_slot
from universe.models import ThresholdList
from universe.tasks import watch

pytestmark = pytest.mark.django_db


def at(day: int, hour: int, minute: int, second: int = 0) -> dt.datetime:
    """A moment of November 2026 in New York; the 20th is a Friday, the 26th Thanksgiving, the 27th a half day."""
    return dt.datetime(2026, 11, day, hour, minute, second, tzinfo=NEW_YORK)


@pytest.mark.parametrize(
    ("moment", "slot"),
    [
        (at(20, 3, 59, 59), None),
        (at(20, 4, 0), "2026-11-20T09:00Z"),
        (at(20, 12, 4, 59), "2026-11-20T17:00Z"),
        (at(20, 22, 4), "2026-11-21T03:00Z"),
        (at(20, 22, 5), None),
        (at(21, 12, 0), None),
        (at(23, 4, 1), "2026-11-23T09:00Z"),
    ],
)
def test_catalysts_every_five_minutes_of_weekdays(moment: dt.datetime, slot: str | None) -> None:
    assert find_catalyst_slot(moment) == slot


@pytest.mark.parametrize(
    ("moment", "slot"),
    [
        (at(20, 3, 59), None),
        (at(20, 4, 0, 30), "2026-11-20T09:00Z"),
        (at(20, 19, 59), "2026-11-21T00:59Z"),
        (at(20, 20, 0), None),
        (at(26, 12, 0), None),
        (at(27, 16, 59), "2026-11-27T21:59Z"),
        (at(27, 17, 0), None),
    ],
)
def test_halts_every_minute_in_session(moment: dt.datetime, slot: str | None) -> None:
    assert find_halt_slot(moment) == slot


def note_skipped(key: str) -> None:
    when = clock.wall()
    named = {"name": "universe.threshold", "key": key, "trigger": "scheduled", "reason": "not published yet"}
    JobRun.objects.create(**named, status=Status.SKIPPED, queued_at=when, finished_at=when)


def test_the_threshold_list_hourly_until_it_is_here() -> None:
    close = at(20, 16, 0)
    assert find_threshold_slot(close - dt.timedelta(seconds=1)) == "2026-11-19 2026-11-20T20:00Z"
    assert find_threshold_slot(close) == "2026-11-20 2026-11-20T21:00Z"
    note_skipped("2026-11-20 2026-11-20T21:00Z")
    assert find_threshold_slot(at(20, 16, 59)) is None
    assert find_threshold_slot(at(20, 17, 0)) == "2026-11-20 2026-11-20T22:00Z"
    source = get_source("nasdaq", "vendor", 0)
    row = ThresholdList.objects.create(
        exchange="XNAS", session=dt.date(2026, 11, 20), source=source, recorded_at=at(20, 23, 1)
    )
    assert find_threshold_slot(at(21, 12, 0)) is None and find_threshold_slot(at(23, 15, 59)) is None
    assert find_threshold_slot(at(23, 16, 0)) == "2026-11-23 2026-11-23T21:00Z"
    row.delete()
    for hour in range(11):
        note_skipped(f"2026-11-20 {hour}")
    assert find_threshold_slot(at(21, 12, 0)) is None


@override_settings(CELERY_TASK_ALWAYS_EAGER=False)
def test_a_slot_is_asked_for_once(django_capture_on_commit_callbacks: object) -> None:
    with clock.frozen(at(20, 12, 1)) as frozen:
        watch()
        watch()
        frozen.move_to(at(20, 12, 3))
        watch()
        frozen.move_to(at(20, 12, 5))
        watch()
    asked = list(JobRun.objects.order_by("pk").values_list("name", "key"))
    assert asked == [
        ("universe.catalysts", "2026-11-20T17:00Z"),
        ("universe.halts", "2026-11-20T17:01Z"),
        ("universe.threshold", "2026-11-19 2026-11-20T17:00Z"),
        ("universe.halts", "2026-11-20T17:03Z"),
        ("universe.catalysts", "2026-11-20T17:05Z"),
        ("universe.halts", "2026-11-20T17:05Z"),
    ]
    with clock.frozen(at(21, 12, 0)):
        watch()
    assert JobRun.objects.count() == 7
    assert JobRun.objects.latest("pk").key == "2026-11-20 2026-11-21T17:00Z"
