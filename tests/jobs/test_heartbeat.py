"""The heartbeat thread against a real database that refuses, disappears and comes back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from sentiment_site.jobs import execution
from sentiment_site.jobs.heartbeat import Heartbeat
from sentiment_site.jobs.models import JobRun, Status
from sentiment_site.jobs.outcomes import Outcome
from sentiment_site.jobs.recorder import Recorder
from sentiment_site.market import clock

from .conftest import make_run

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def beating() -> Any:
    """(run, recorder, heartbeat) of a running row; the thread is not started, tests call beat()."""
    run = make_run(status=Status.RUNNING, heartbeat_at=clock.wall() - timedelta(seconds=5))
    recorder = Recorder()
    heartbeat = Heartbeat(run.pk, run.name, recorder, interval_s=60)
    yield run, recorder, heartbeat
    heartbeat._disconnect()


def test_it_beats_only_when_something_is_new_or_due(beating: Any) -> None:
    run, recorder, heartbeat = beating
    before = run.heartbeat_at
    heartbeat.beat()
    run.refresh_from_db()
    assert run.heartbeat_at == before
    heartbeat._last_beat -= 60
    heartbeat.beat()
    run.refresh_from_db()
    first = run.heartbeat_at
    assert first > before
    recorder.progress(7, "scoring")
    heartbeat.beat()
    run.refresh_from_db()
    assert (run.percent, run.phase) == (7, "scoring")
    assert run.heartbeat_at > first


def test_lines_go_out_once_a_second(beating: Any) -> None:
    run, recorder, heartbeat = beating
    recorder.log("one")
    heartbeat.beat()
    recorder.log("two")
    recorder.progress(5)
    heartbeat.beat()
    run.refresh_from_db()
    assert ([line[9:] for line in run.lines], run.percent) == (["one"], 5)
    heartbeat._last_lines -= 1.0
    heartbeat.beat()
    run.refresh_from_db()
    assert [line[9:] for line in run.lines] == ["one", "two"]


def test_a_database_that_is_away_costs_the_job_nothing(beating: Any, caplog: Any) -> None:
    run, recorder, heartbeat = beating
    right = heartbeat._parameters
    heartbeat._parameters = right | {"port": 1}
    recorder.log("kept")
    recorder.progress(9, "scoring")
    heartbeat.beat()
    heartbeat.beat()  # not before a second has passed
    heartbeat._not_before = 0.0
    heartbeat.beat()
    assert caplog.text.count("heartbeat not written") == 1
    heartbeat._parameters, heartbeat._not_before = right, 0.0
    heartbeat.beat()
    run.refresh_from_db()
    assert ([line[9:] for line in run.lines], run.percent) == (["kept"], 9)
    assert "heartbeat written again" in caplog.text


def test_a_cut_connection_is_replaced(beating: Any) -> None:
    run, recorder, heartbeat = beating
    recorder.progress(1)
    heartbeat.beat()
    from django.db import connection

    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_terminate_backend(%s)", [heartbeat._connection.info.backend_pid])
    recorder.progress(2)
    heartbeat.beat()
    heartbeat._not_before = 0.0
    heartbeat.beat()
    run.refresh_from_db()
    assert run.percent == 2


def test_it_hears_of_a_cancellation(beating: Any) -> None:
    _, recorder, heartbeat = beating
    JobRun.objects.update(cancel_requested=True)
    recorder.progress(1)
    heartbeat.beat()
    assert recorder.cancelled_by == "an operator"


def test_a_row_that_was_taken_away(beating: Any) -> None:
    run, recorder, heartbeat = beating
    JobRun.objects.update(status=Status.ERRORED, reason="reaped", finished_at=clock.wall())
    recorder.log("late")
    heartbeat.beat()
    assert recorder.lost
    heartbeat.beat()
    run.refresh_from_db()
    assert run.lines == []


def test_a_row_that_nobody_else_can_see_yet(beating: Any) -> None:
    _, recorder, heartbeat = beating
    JobRun.objects.all().delete()
    recorder.log("kept for the end")
    heartbeat.beat()
    heartbeat.beat()
    assert not recorder.lost
    assert [line[9:] for line in recorder.take().lines] == ["kept for the end"]


def test_an_end_that_cannot_be_written_is_left_to_the_reaper(monkeypatch: Any, settings: Any, caplog: Any) -> None:
    from django.db import OperationalError

    def away(*_: Any) -> bool:
        raise OperationalError("the connection is closed")

    settings.JOBS_STALE_S = 0.2
    monkeypatch.setattr(execution, "RETRY_S", 0.05)
    monkeypatch.setattr(execution.lifecycle, "finish", away)
    run = make_run(status=Status.RUNNING)
    recorder = Recorder()
    heartbeat = Heartbeat(run.pk, run.name, recorder, 1)
    heartbeat.start()
    execution._end(run, Outcome(Status.DONE), recorder, heartbeat)
    assert "the end could not be recorded yet" in caplog.text
    assert "the reaper will" in caplog.text
    assert JobRun.objects.get().status == Status.RUNNING


@pytest.mark.django_db
def test_inside_a_broken_transaction_the_error_is_the_callers(monkeypatch: Any) -> None:
    from django.db import OperationalError, transaction

    def away(*_: Any) -> bool:
        raise OperationalError("gone")

    monkeypatch.setattr(execution.lifecycle, "finish", away)
    run = make_run(status=Status.RUNNING)
    heartbeat = Heartbeat(run.pk, run.name, Recorder(), 1)
    heartbeat.start()
    with transaction.atomic(), pytest.raises(OperationalError):
        execution._end(run, Outcome(Status.DONE), Recorder(), heartbeat)
