"""What the database itself refuses."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from sentiment_site.jobs.models import JobRun, ScheduledJob, Status
from sentiment_site.market import clock

from .conftest import make_run

BROKEN: dict[str, dict[str, Any]] = {
    "jobrun_status_known": {"status": "lost"},
    "jobrun_percent_0_to_100": {"percent": 101},
    "jobrun_name_and_trigger_given": {"trigger": ""},
    "jobrun_finished_at_when_ended": {"finished_at": clock.wall() + timedelta(days=1)},
    "jobrun_running_has_heartbeat": {"status": Status.RUNNING, "heartbeat_at": None},
    "jobrun_reason_when_not_done": {"status": Status.FAILED, "reason": ""},
    "jobrun_finished_after_queued": {"status": Status.DONE, "queued_at": clock.wall() + timedelta(days=1)},
}


@pytest.mark.django_db
@pytest.mark.parametrize("constraint", BROKEN)
def test_constraints_hold(constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint):
        make_run(**BROKEN[constraint])


@pytest.mark.django_db
def test_one_running_row_per_exclusive_name() -> None:
    make_run(status=Status.RUNNING)
    make_run(status=Status.RUNNING, name="tests.other")
    make_run(status=Status.RUNNING, exclusive=False)
    make_run(status=Status.DONE)
    with pytest.raises(IntegrityError, match="jobrun_one_running_per_name"), transaction.atomic():
        make_run(status=Status.RUNNING)
    assert JobRun.objects.filter(status=Status.RUNNING).count() == 3


@pytest.mark.django_db
def test_names_for_people() -> None:
    run = make_run(status=Status.DONE)
    assert str(run) == f"tests.count #{run.pk} done"
    assert not run.is_active
    assert make_run().is_active
    assert make_run().duration is None
    assert str(ScheduledJob(name="sector light")) == "sector light"
    with pytest.raises(IntegrityError, match="scheduledjob_name_given"):
        ScheduledJob.objects.create(name="")
