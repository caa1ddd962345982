"""The operator's desk."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from sentiment_site.jobs.models import JobRun, ScheduledJob, Status
from sentiment_site.jobs.paging import EstimatePaginator
from sentiment_site.jobs.schedule import Entry, sync_schedule
from sentiment_site.market import clock

from .conftest import make_run

pytestmark = pytest.mark.django_db
RUNS, SCHEDULE = "admin:jobs_jobrun_changelist", "admin:jobs_scheduledjob_changelist"


@pytest.fixture
def operator(django_user_model: Any) -> Any:
    user = django_user_model.objects.create_user("operator", is_staff=True)
    wanted = ["view_jobrun", "operate_jobrun", "view_scheduledjob"]
    user.user_permissions.set(Permission.objects.filter(codename__in=wanted))
    return user


@pytest.fixture
def desk(operator: Any) -> Iterator[Client]:
    client = Client()
    client.force_login(operator)
    yield client


def act(desk: Client, page: str, action: str, *rows: Any) -> str:
    data = {"action": action, "_selected_action": [row.pk for row in rows]}
    return desk.post(reverse(page), data, secure=True, follow=True).content.decode()


def text(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


def test_the_list_answers_whose_fault(desk: Client) -> None:
    make_run(status=Status.FAILED, reason="polygon: 429 rate limited")
    make_run(status=Status.ERRORED, reason="KeyError: " + "x" * 300)
    make_run(name="tests.gone", status=Status.RUNNING, phase="scoring")
    make_run()

    def shown(query: str) -> set[str]:
        html = desk.get(reverse(RUNS) + query, secure=True).content.decode()
        return set(re.findall(r'class="field-status">(\w+)', html))

    assert shown("") == {"Failed", "Errored", "Running", "Queued"}
    assert shown("?fault=theirs") == {"Failed"}
    assert shown("?fault=ours") == {"Errored"}
    assert shown("?fault=nobody") == set()
    assert shown("?fault=open") == {"Running", "Queued"}
    assert shown("?job=tests.count&status=queued") == {"Queued"}
    page = text(desk.get(reverse(RUNS), secure=True).content.decode())
    assert "polygon: 429 rate limited" in page
    assert "x" * 109 + "…" in page
    assert "tests.gone" in page
    assert "scoring" in page


def test_the_list_never_counts_the_table(desk: Client) -> None:
    for _ in range(3):
        make_run(status=Status.DONE)
    with CaptureQueriesContext(connection) as queries:
        desk.get(reverse(RUNS), secure=True)
    counts = [query["sql"] for query in queries if "COUNT(" in query["sql"]]
    assert counts
    assert all("LIMIT 1001" in sql for sql in counts)
    assert len(queries) <= 6


def test_a_run_is_evidence(desk: Client) -> None:
    run = make_run(
        status=Status.ERRORED,
        reason="KeyError",
        lines=["14:30:01 <fetching>", "14:30:02 scoring"],
        traceback="Traceback <x>",
        finished_at=clock.wall() + timedelta(seconds=2),
    )
    url = reverse("admin:jobs_jobrun_change", args=[run.pk])
    html = desk.get(url, secure=True).content.decode()
    assert "<pre>14:30:01 &lt;fetching&gt;\n14:30:02 scoring</pre>" in html
    assert "<pre>Traceback &lt;x&gt;</pre>" in html
    assert re.search(r"2\.\d s", html)
    assert '<input type="submit"' not in html
    assert desk.post(url, {"reason": "nobody's"}, secure=True).status_code == 403
    assert desk.get(reverse("admin:jobs_jobrun_add"), secure=True).status_code == 403
    assert desk.post(reverse("admin:jobs_jobrun_delete", args=[run.pk]), secure=True).status_code == 403
    plain = desk.get(reverse("admin:jobs_jobrun_change", args=[make_run().pk]), secure=True).content.decode()
    assert "<pre>" not in plain


def test_run_again(desk: Client, operator: Any) -> None:
    old = make_run(status=Status.FAILED, params={"to": 2}, key="k")
    gone = make_run(name="tests.gone", status=Status.DONE)
    page = act(desk, RUNS, "run_selected_again", old, gone)
    run = JobRun.objects.get(trigger="admin")
    assert (run.name, run.params, run.key, run.requested_by) == ("tests.count", {"to": 2}, "k", operator)
    assert f"Tests.count #{run.pk} queued" in page
    assert "No job is called &#x27;tests.gone&#x27;" in page
    entry = LogEntry.objects.get()
    assert (entry.user, entry.object_id, entry.change_message) == (operator, str(old.pk), f"Run again: {run}")


def test_cancel(desk: Client) -> None:
    queued, ended = make_run(), make_run(status=Status.DONE)
    assert "has ended already" in act(desk, RUNS, "cancel_selected", queued, ended)
    queued.refresh_from_db()
    assert queued.reason == "cancelled by operator"
    assert [entry.object_id for entry in LogEntry.objects.all()] == [str(queued.pk)]


def test_without_the_right_there_are_no_actions(desk: Client, operator: Any) -> None:
    operator.user_permissions.remove(Permission.objects.get(codename="operate_jobrun"))
    run = make_run()
    assert "Cancel" not in desk.get(reverse(RUNS), secure=True).content.decode()
    act(desk, RUNS, "cancel_selected", run)
    run.refresh_from_db()
    assert run.status == Status.QUEUED


@pytest.fixture
def schedule() -> dict[str, ScheduledJob]:
    sync_schedule(
        [
            Entry(name="nightly", job="tests.count", hour="18", minute="30", params={"to": 2}),
            Entry(name="tick", task="sectors.tick", every_s=60),
        ]
    )
    return {scheduled.name: scheduled for scheduled in ScheduledJob.objects.all()}


def test_the_schedule_shows_last_run_and_last_error(desk: Client, schedule: Any) -> None:
    failed = make_run(status=Status.FAILED, reason="polygon: 429 rate limited")
    make_run(status=Status.DONE)
    with CaptureQueriesContext(connection) as queries:
        page = text(desk.get(reverse(SCHEDULE), secure=True).content.decode())
    assert len(queries) <= 6
    assert f"done {clock.wall():%Y-%m-%d}" in page
    assert f"{failed.queued_at:%Y-%m-%d %H:%M} UTC: polygon: 429 rate limited" in page
    assert "06:30 PM" in page
    assert "every 60 seconds" in page
    html = desk.get(reverse("admin:jobs_scheduledjob_change", args=[schedule["nightly"].pk]), secure=True)
    assert "tests.count" in html.content.decode()


def test_pause_resume_and_a_deleted_line(desk: Client, schedule: Any) -> None:
    nightly = schedule["nightly"]
    assert "paused" in text(act(desk, SCHEDULE, "pause_selected", nightly, nightly))
    act(desk, SCHEDULE, "pause_selected", nightly)
    nightly.periodic_task.refresh_from_db()
    assert not nightly.periodic_task.enabled
    act(desk, SCHEDULE, "resume_selected", nightly, schedule["tick"])
    nightly.periodic_task.refresh_from_db()
    assert nightly.periodic_task.enabled
    assert [entry.change_message for entry in LogEntry.objects.order_by("pk")] == ["Paused", "Resumed"]
    nightly.periodic_task.delete()
    assert "deleted by an operator" in text(desk.get(reverse(SCHEDULE), secure=True).content.decode())


def test_run_now_takes_the_schedules_parameters(desk: Client, schedule: Any) -> None:
    page = act(desk, SCHEDULE, "run_selected_now", *schedule.values())
    run = JobRun.objects.get()
    assert (run.name, run.params, run.trigger) == ("tests.count", {"to": 2}, "admin")
    assert "Tick: a plain task, not a job with runs" in page
    assert LogEntry.objects.get().object_repr == "nightly"


def test_a_big_table_is_estimated() -> None:
    runs = [
        JobRun(name="tests.count", trigger="test", status="done", queued_at=at, finished_at=at)
        for at in [clock.wall()] * 1_200
    ]
    JobRun.objects.bulk_create(runs)
    everything = JobRun.objects.order_by("-id")
    assert EstimatePaginator(everything.filter(pk__in=[0]), 50).count == 0
    assert EstimatePaginator(everything.filter(pk__lte=everything[200].pk), 50).count == 1_000
    assert EstimatePaginator(everything, 50).count == 1_001  # no estimate yet: never less than what was counted
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE jobs_jobrun")
    assert EstimatePaginator(everything, 50).count == 1_200
    assert EstimatePaginator([1, 2, 3], 2).count == 3
