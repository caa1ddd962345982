"""Asking for runs: one run for two clicks, lost messages, a broker that is away, housekeeping."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import redis
from django.db import transaction

from sentiment_site.jobs import registry, services, tasks
from sentiment_site.jobs.models import JobRun, Status
from sentiment_site.market import clock

from .conftest import make_run, newest


@pytest.fixture
def messages(settings: Any) -> Any:
    """A function that returns and removes what lies in the queue of the workers."""
    with redis.Redis.from_url(settings.REDIS_URL) as client:

        def take() -> list[dict[str, Any]]:
            found = []
            while (raw := client.rpop("celery")) is not None:
                message = json.loads(raw)
                found.append({"task": message["headers"]["task"], "kwargs": message["headers"]["kwargsrepr"]})
            return found

        take()
        yield take
        take()


@pytest.mark.django_db(transaction=True)
def test_a_request_is_handed_out_after_the_commit(messages: Any, django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("trader")
    with transaction.atomic():
        run = services.request_run("tests.count", trigger="page", params={"to": 2}, user=user, key="k")
        assert messages() == []
    assert messages() == [{"task": "jobs.run", "kwargs": repr({"run_id": run.pk})}]
    assert (run.status, run.requested_by, run.key, run.trigger) == (Status.QUEUED, user, "k", "page")
    tasks.run(run_id=run.pk)
    run.refresh_from_db()
    assert (run.status, run.reason) == (Status.DONE, "counted to 2")


@pytest.mark.django_db(transaction=True)
def test_two_clicks_make_one_run(messages: Any) -> None:
    first = services.request_run("tests.count", trigger="page")
    again = services.request_run("tests.count", trigger="page")
    other = services.request_run("tests.count", trigger="page", key="another bar")
    more = services.request_run("tests.count", trigger="page", params={"to": 9})
    assert first.pk == again.pk
    assert len({first.pk, other.pk, more.pk}) == 3
    assert len(messages()) == 3
    services.execute(first.pk)
    assert services.request_run("tests.count", trigger="page").pk > more.pk


@pytest.mark.django_db(transaction=True)
def test_a_lost_message_is_sent_again(messages: Any) -> None:
    run = services.request_run("tests.count", trigger="page")
    assert len(messages()) == 1
    JobRun.objects.update(heartbeat_at=clock.wall() - timedelta(seconds=3))
    assert services.request_run("tests.count", trigger="page").pk == run.pk
    assert len(messages()) == 1
    assert services.resend_lost() == 0
    JobRun.objects.update(heartbeat_at=clock.wall() - timedelta(seconds=301))
    assert services.resend_lost() == 1
    assert services.resend_lost() == 0
    assert len(messages()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_dead_run_does_not_stand_in_the_way(messages: Any) -> None:
    dead = make_run(status=Status.RUNNING, heartbeat_at=clock.wall() - timedelta(seconds=60))
    assert services.request_run("tests.count", trigger="page").pk != dead.pk
    dead.refresh_from_db()
    assert dead.status == Status.ERRORED


@pytest.mark.django_db(transaction=True)
def test_without_a_broker_the_run_says_so(monkeypatch: Any) -> None:
    monkeypatch.setenv("CELERY_BROKER_WRITE_URL", "redis://127.0.0.1:1/0")
    began = time.monotonic()
    run = services.request_run("tests.count", trigger="page")
    assert run.status == Status.FAILED
    assert run.reason.startswith("not handed to the workers: Valkey: Error 111")
    assert time.monotonic() - began < 15  # Celery's own patience has no end
    assert services.request_run("tests.count", trigger="page").pk != run.pk


@pytest.mark.django_db
@pytest.mark.parametrize("ask", [services.request_run, services.run_now])
def test_what_cannot_run_is_refused_at_once(ask: Callable[..., Any]) -> None:
    with pytest.raises(registry.UnknownJob, match=r"there are: .*tests\.count"):
        ask("tests.nothing", trigger="page")
    with pytest.raises(ValueError, match=r"tests.count: got an unexpected keyword argument 'upto'"):
        ask("tests.count", trigger="page", params={"upto": 2})
    assert JobRun.objects.count() == 0


@pytest.mark.django_db
def test_run_now_remembers_who_asked(django_user_model: Any) -> None:
    user = django_user_model.objects.create_user("operator")
    assert services.run_now("tests.count", trigger="command", user=user).requested_by == user


@pytest.mark.django_db
def test_the_task_runs_a_job_by_name_and_survives_a_row_that_is_gone(caplog: Any) -> None:
    tasks.run(name="tests.count", params={"to": 1})
    run = newest("tests.count")
    assert run is not None
    assert (run.status, run.trigger, run.reason) == (Status.DONE, "schedule", "counted to 1")
    tasks.run(run_id=run.pk + 10_000)
    assert "queued run is gone" in caplog.text


@pytest.mark.django_db(transaction=True)
def test_housekeeping(messages: Any) -> None:
    long_ago = clock.wall() - timedelta(days=91)
    make_run(status=Status.DONE, queued_at=long_ago, started_at=long_ago, finished_at=long_ago)
    kept = make_run(status=Status.DONE)
    dead = make_run(status=Status.RUNNING, heartbeat_at=clock.wall() - timedelta(seconds=60))
    lost = make_run(heartbeat_at=clock.wall() - timedelta(seconds=400))
    tasks.reap()
    assert set(JobRun.objects.values_list("pk", "status")) == {
        (kept.pk, "done"),
        (dead.pk, "errored"),
        (lost.pk, "queued"),
    }
    assert messages() == [{"task": "jobs.run", "kwargs": repr({"run_id": lost.pk})}]


def test_a_name_belongs_to_one_function() -> None:
    assert registry.get_job("tests.count").title == "Count to a number"
    assert [job.name for job in registry.list_jobs()] == sorted(job.name for job in registry.list_jobs())
    with pytest.raises(ValueError, match="registered twice"):

        @registry.job("tests.count", title="Another")
        def another() -> None:
            """Never called."""
