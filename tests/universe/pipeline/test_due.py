"""When a screening is due: once per session, after its last print is visible, also after a standstill."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from sentiment_site.jobs.models import JobRun
from sentiment_site.market import calendar, clock
from tests.factories import make_market, publish_universe
from universe import due, tasks

pytestmark = pytest.mark.django_db

FRIDAY = calendar.shift(date(2026, 8, 21), 0)
THURSDAY = calendar.shift(FRIDAY.date, -1)
VISIBLE = FRIDAY.post_close + timedelta(seconds=900) + due.SETTLING


@pytest.fixture
def screened_until_thursday() -> dict[str, int]:
    """A market whose newest screening is Thursday's."""
    market = make_market(THURSDAY.date)
    publish_universe(market.ids, THURSDAY.date)
    return market.ids


def fail_newest(ago: timedelta) -> None:
    """End the newest run as the vendor's fault, so long ago."""
    ended = clock.wall() - ago
    JobRun.objects.filter(pk=JobRun.objects.latest("id").pk).update(
        status="failed", reason="polygon: 500", queued_at=ended, started_at=ended, finished_at=ended
    )


def test_before_the_first_screening_nothing_is_due() -> None:
    with clock.frozen(VISIBLE):
        assert due.find_due_session() is None


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        (FRIDAY.open, None),
        (VISIBLE - timedelta(seconds=1), None),
        (VISIBLE, FRIDAY.date),
        (VISIBLE + timedelta(days=1), FRIDAY.date),
        (calendar.shift(FRIDAY.date, 3).open, calendar.shift(FRIDAY.date, 2).date),
    ],
)
def test_a_session_is_due_when_its_last_print_is_visible(
    screened_until_thursday: dict[str, int], moment: object, expected: date | None
) -> None:
    with clock.frozen(moment):  # type: ignore[arg-type]
        assert due.find_due_session() == expected


def test_a_covered_session_is_not_due(screened_until_thursday: dict[str, int]) -> None:
    publish_universe(screened_until_thursday, FRIDAY.date)
    with clock.frozen(VISIBLE):
        assert due.find_due_session() is None


def test_the_tick_asks_once_and_not_again_while_it_fails(screened_until_thursday: dict[str, int]) -> None:
    with clock.frozen(VISIBLE):
        tasks.tick()
        run = JobRun.objects.get()
        assert (run.name, run.key, run.trigger, run.status) == (
            "universe.refresh",
            FRIDAY.date.isoformat(),
            "scheduled",
            "queued",
        )
        tasks.tick()
        assert JobRun.objects.count() == 1
        for attempt in range(3):
            fail_newest(timedelta(minutes=16))
            tasks.tick()
            assert JobRun.objects.count() == min(attempt + 2, 3)


def test_a_failure_is_not_repeated_at_once(screened_until_thursday: dict[str, int]) -> None:
    with clock.frozen(VISIBLE):
        tasks.tick()
        fail_newest(timedelta(minutes=1))
        assert due.find_due_session() is None
