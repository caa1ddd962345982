"""One run from queue to end: outcomes, exclusivity, progress while a transaction is open, cancelling."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import kombu.exceptions
import psycopg
import pytest
import redis
from django.db import IntegrityError, InterfaceError, OperationalError, connection, transaction
from structlog.testing import capture_logs

from sentiment_site.jobs import lifecycle, services
from sentiment_site.jobs.context import RunLost
from sentiment_site.jobs.models import JobRun, Status
from sentiment_site.jobs.outcomes import Outcome
from sentiment_site.jobs.signals import run_changed
from sentiment_site.market import clock
from sentiment_site.providers.errors import RateLimited

from .conftest import make_run, newest, until
from .sample_jobs import ERRORS


@pytest.fixture
def beside() -> Any:
    """Run functions in threads of their own; waits for them at the end."""
    threads: list[threading.Thread] = []

    def start(function: Callable[[], Any]) -> threading.Thread:
        def run() -> None:
            try:
                function()
            finally:
                connection.close()

        thread = threading.Thread(target=run)
        thread.start()
        threads.append(thread)
        return thread

    yield start
    for thread in threads:
        thread.join(20)
        assert not thread.is_alive()


@pytest.mark.django_db
def test_done_also_inside_a_transaction_nobody_else_sees() -> None:
    run = services.run_now("tests.count", params={"to": 4}, key="2026-08-21")
    assert (run.status, run.percent, run.phase, run.reason) == (Status.DONE, 100, "at 4", "counted to 4")
    assert [line[9:] for line in run.lines] == ["counted 1", "counted 2", "counted 3", "counted 4"]
    assert (run.trigger, run.key, run.params, run.pid is None) == ("inline", "2026-08-21", {"to": 4}, False)
    assert run.queued_at <= run.started_at <= run.finished_at
    assert timedelta(0) <= run.duration < timedelta(seconds=10)


@pytest.mark.django_db
def test_the_lines_carry_the_run_in_the_log() -> None:
    import structlog

    with capture_logs(processors=[structlog.contextvars.merge_contextvars]) as logs:
        run = services.run_now("tests.count", params={"to": 1})
    counted = [entry for entry in logs if entry["event"] == "counted 1"]
    assert [(entry["job_run_id"], entry["job"]) for entry in counted] == [(run.pk, "tests.count")]
    assert structlog.contextvars.get_contextvars() == {}


class PoliteVendorError(Exception):
    vendor = "fmp"


def database_error(kind: type[Exception], cause: psycopg.Error) -> Exception:
    error = kind(str(cause))
    error.__cause__ = cause
    return error


SERVER_GONE = psycopg.OperationalError("server closed the connection unexpectedly\n\tThis probably means")
OUTCOMES = {
    "a vendor": (
        RateLimited("polygon", "slow down", status=429, retry_after=12, endpoint="/v2/x"),
        Status.FAILED,
        "polygon: 429 rate limited (retry after 12 s) at /v2/x: slow down",
    ),
    "whatever its class": (PoliteVendorError("fmp: no"), Status.FAILED, "fmp: no"),
    "database gone": (
        database_error(OperationalError, SERVER_GONE),
        Status.FAILED,
        "database server went away: server closed the connection unexpectedly",
    ),
    "database shutting down": (
        database_error(OperationalError, psycopg.errors.AdminShutdown("terminating connection")),
        Status.FAILED,
        "database server went away: terminating connection",
    ),
    "connection closed": (
        InterfaceError("connection already closed"),
        Status.FAILED,
        "database server went away: connec",
    ),
    "a deadlock": (
        database_error(OperationalError, psycopg.errors.DeadlockDetected("deadlock detected")),
        Status.FAILED,
        "database: deadlock detected",
    ),
    "raw psycopg": (psycopg.OperationalError(""), Status.FAILED, "database server went away: OperationalError"),
    "valkey": (redis.ConnectionError("Error 111 connecting"), Status.FAILED, "Valkey: Error 111 connecting"),
    "broker": (kombu.exceptions.OperationalError("no broker"), Status.FAILED, "Valkey: no broker"),
    "a socket": (ConnectionResetError("reset by peer"), Status.FAILED, "connection lost: reset by peer"),
    "our bug": (KeyError("AAPL"), Status.ERRORED, "KeyError: 'AAPL'"),
    "our bug with what no database holds": (ValueError("a\x00b\ud800"), Status.ERRORED, "ValueError: a\\0b\\ud800"),
    "lost": (RunLost("the row was reaped"), Status.ERRORED, "the row was reaped"),
}


@pytest.mark.django_db
@pytest.mark.parametrize("name", OUTCOMES)
def test_whose_fault_it_was(name: str) -> None:
    error, status, reason = OUTCOMES[name]
    ERRORS["x"] = error
    run = services.run_now("tests.raise", params={"path": "x"})
    assert run.status == status
    assert run.reason.startswith(reason)
    assert ("Traceback" in run.traceback and "raise ERRORS[path]" in run.traceback) == name.startswith("our bug")
    assert [line[9:] for line in run.lines] == ["about to raise"]
    assert run.percent == 0


@pytest.mark.django_db
def test_a_skip_says_why() -> None:
    run = services.run_now("tests.skip")
    assert (run.status, run.reason, run.percent) == (Status.SKIPPED, "the market is closed", 0)


@pytest.mark.django_db
def test_an_interrupt_ends_the_row_and_passes_on() -> None:
    ERRORS["x"] = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        services.run_now("tests.raise", params={"path": "x"})
    run = newest("tests.raise")
    assert (run.status, run.reason) == (Status.ERRORED, "interrupted: KeyboardInterrupt")


@pytest.mark.django_db
def test_a_job_that_is_gone_from_the_code() -> None:
    run = services.execute(make_run(name="tests.removed").pk)
    assert run.status == Status.ERRORED
    assert "no job is called 'tests.removed'" in run.reason


@pytest.mark.django_db
def test_a_message_that_comes_twice_runs_once() -> None:
    run = services.run_now("tests.count")
    again = services.execute(run.pk)
    assert (again.finished_at, again.lines) == (run.finished_at, run.lines)
    with pytest.raises(JobRun.DoesNotExist):
        services.execute(run.pk + 10_000)


@pytest.mark.django_db
def test_one_of_that_name_is_running() -> None:
    running = make_run(status=Status.RUNNING)
    run = services.run_now("tests.count")
    assert run.status == Status.SKIPPED
    assert run.reason == f"already running since {running.started_at:%Y-%m-%d %H:%M:%S} UTC (run {running.pk})"
    assert run.started_at is None
    assert run.duration is None
    running.refresh_from_db()
    assert running.status == Status.RUNNING


@pytest.mark.django_db
def test_a_silent_one_is_reaped_and_the_new_one_goes_on() -> None:
    last = clock.wall() - timedelta(seconds=60)
    dead = make_run(status=Status.RUNNING, heartbeat_at=last, host="worker-7", pid=4711)
    other = make_run(name="tests.wait", status=Status.RUNNING, heartbeat_at=last)
    assert services.run_now("tests.count").status == Status.DONE
    dead.refresh_from_db()
    other.refresh_from_db()
    assert dead.status == Status.ERRORED
    assert dead.reason == f"worker stopped answering at {last:%Y-%m-%d %H:%M:%S} UTC (worker-7, process 4711)"
    assert other.status == Status.RUNNING
    assert [run.pk for run in services.reap_stale()] == [other.pk]
    assert services.reap_stale() == []


@pytest.mark.django_db
def test_a_run_that_ends_between_two_looks_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    running = make_run(status=Status.RUNNING)
    claim_once = lifecycle._claim_once

    def claim_then_end_the_other(run: JobRun) -> bool:
        try:
            return claim_once(run)
        finally:
            lifecycle.finish(running, Outcome(Status.DONE))

    monkeypatch.setattr(lifecycle, "_claim_once", claim_then_end_the_other)
    assert services.run_now("tests.count").status == Status.DONE


@pytest.mark.django_db
def test_only_the_one_running_rule_makes_a_skip(monkeypatch: pytest.MonkeyPatch) -> None:
    def break_another_rule(run: JobRun) -> bool:
        with transaction.atomic():
            JobRun.objects.filter(pk=run.pk).update(percent=101)
        return True

    monkeypatch.setattr(lifecycle, "_claim_once", break_another_rule)
    with pytest.raises(IntegrityError, match="jobrun_percent_0_to_100"):
        services.run_now("tests.count")


@pytest.mark.django_db
def test_a_worker_that_loses_the_race_leaves_the_row() -> None:
    run = make_run()
    assert lifecycle.claim(JobRun.objects.get(pk=run.pk))
    assert not lifecycle.claim(run)
    assert run.status == Status.RUNNING


@pytest.mark.django_db
def test_jobs_that_are_not_exclusive_run_beside_each_other(tmp_path: Path) -> None:
    make_run(name="tests.together", status=Status.RUNNING, exclusive=False)
    (tmp_path / "now").touch()
    assert services.run_now("tests.together", params={"until": str(tmp_path / "now")}).status == Status.DONE


@pytest.mark.django_db(transaction=True)
def test_two_workers_claim_one_row(beside: Any) -> None:
    run = make_run()
    barrier = threading.Barrier(4)
    seen: list[str] = []

    def work() -> None:
        barrier.wait(5)
        services.execute(run.pk)

    def note(run_id: int, status: str, **_: Any) -> None:
        seen.append(status)

    run_changed.connect(note)
    try:
        for thread in [beside(work) for _ in range(4)]:
            thread.join(10)
    finally:
        run_changed.disconnect(note)
    run.refresh_from_db()
    assert run.status == Status.DONE
    assert len(run.lines) == 3
    assert seen.count("done") == 1


@pytest.mark.django_db(transaction=True)
def test_progress_is_seen_while_the_jobs_transaction_is_open(beside: Any, tmp_path: Path) -> None:
    heard: list[dict[str, Any]] = []

    def note(sender: Any, signal: Any, **message: Any) -> None:
        heard.append(message)

    run_changed.connect(note)
    try:
        go_on = tmp_path / "go on"
        beside(lambda: services.run_now("tests.wait", params={"until": str(go_on), "transaction": True}))
        run = until(lambda: JobRun.objects.filter(name="tests.wait", percent__gt=5, lines__0__isnull=False).first())
        assert run.status == Status.RUNNING
        assert run.phase == "waiting"
        beat = run.heartbeat_at
        until(lambda: newest("tests.wait").heartbeat_at > beat)
        go_on.touch()
        until(lambda: heard[-1]["status"] == "done")
        run = newest("tests.wait")
    finally:
        run_changed.disconnect(note)
    assert [line[9:] for line in run.lines] == ["waiting"]
    statuses = [message["status"] for message in heard]
    assert statuses[:2] == ["queued", "running"]
    assert statuses[-1] == "done"
    told = [message["percent"] for message in heard if message["status"] == "running"]
    assert told == sorted(told)
    assert len(told) > 2
    seconds = run.duration.total_seconds()
    assert len(told) <= 4 * seconds + 2  # four times a second at most


@pytest.mark.django_db(transaction=True)
def test_cancelling_a_running_job(beside: Any, django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("trader")
    beside(lambda: services.run_now("tests.wait"))
    run = until(lambda: JobRun.objects.filter(name="tests.wait", status=Status.RUNNING).first())
    assert services.cancel(run, user)
    run = until(lambda: JobRun.objects.filter(name="tests.wait").exclude(status=Status.RUNNING).first())
    assert (run.status, run.reason) == (Status.SKIPPED, "cancelled by trader")
    assert not services.cancel(run, user)


@pytest.mark.django_db(transaction=True)
def test_a_run_that_was_taken_for_dead_stops_and_leaves_its_row(beside: Any, caplog: Any) -> None:
    beside(lambda: services.run_now("tests.wait"))
    run = until(lambda: JobRun.objects.filter(name="tests.wait", status=Status.RUNNING).first())
    JobRun.objects.filter(pk=run.pk).update(
        status=Status.ERRORED, reason="worker stopped answering", finished_at=clock.wall()
    )
    until(lambda: "the end was not recorded" in caplog.text)
    run.refresh_from_db()
    assert run.reason == "worker stopped answering"
    assert "taken for dead" in caplog.text


@pytest.mark.django_db
def test_cancelling_before_the_start(django_user_model: Any) -> None:
    run = make_run()
    assert services.cancel(run, django_user_model(username="trader"))
    assert (run.status, run.reason) == (Status.SKIPPED, "cancelled by trader")
    assert services.execute(run.pk).lines == []
