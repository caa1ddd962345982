"""A run's progress and its cancelling over HTTP."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sentiment_site.jobs.models import JobRun, Status

from .conftest import make_run

pytestmark = pytest.mark.django_db
HTMX = {"headers": {"HX-Request": "true"}}


@pytest.fixture
def users(django_user_model: Any) -> dict[str, Any]:
    create = django_user_model.objects.create_user
    return {"owner": create("owner"), "other": create("other"), "staff": create("staff", is_staff=True)}


def client_of(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def test_progress_as_json(users: Any) -> None:
    run = make_run(status=Status.RUNNING, percent=40, phase="scoring")
    response = client_of(users["other"]).get(reverse("jobs:run", args=[run.pk]), secure=True)
    assert response.json() == {"status": "running", "percent": 40, "phase": "scoring", "reason": ""}
    assert "no-store" in response["Cache-Control"]


def test_progress_as_a_fragment(users: Any) -> None:
    run = make_run(status=Status.RUNNING, percent=40, phase="<scoring>", requested_by=users["owner"])
    url = reverse("jobs:run", args=[run.pk])
    html = client_of(users["owner"]).get(url, secure=True, **HTMX).content.decode()
    assert f'<progress id="run-{run.pk}-progress" max="100" value="40">' in html
    assert 'aria-live="polite">&lt;scoring&gt;<' in html
    assert f'hx-get="{url}" hx-trigger="every 2s"' in html
    assert ">Cancel<" in html
    assert "Count to a number" in html
    assert "Cancel" not in client_of(users["other"]).get(url, secure=True, **HTMX).content.decode()


def test_an_ended_run_polls_no_more_and_says_why(users: Any) -> None:
    run = make_run(name="tests.gone", status=Status.FAILED, reason="polygon: 429 rate limited")
    html = client_of(users["staff"]).get(reverse("jobs:run", args=[run.pk]), secure=True, **HTMX).content.decode()
    assert "Failed: polygon: 429 rate limited" in html
    assert "hx-get" not in html
    assert "Cancel" not in html
    assert "tests.gone" in html


@pytest.mark.parametrize(("who", "status"), [("owner", 200), ("staff", 200), ("other", 403)])
def test_who_may_cancel(users: Any, who: str, status: int) -> None:
    run = make_run(requested_by=users["owner"])
    response = client_of(users[who]).post(reverse("jobs:cancel", args=[run.pk]), secure=True)
    assert response.status_code == status
    run.refresh_from_db()
    assert run.status == (Status.SKIPPED if status == 200 else Status.QUEUED)
    assert run.reason == (f"cancelled by {who}" if status == 200 else "")


def test_a_running_one_is_asked_to_stop(users: Any) -> None:
    run = make_run(status=Status.RUNNING, requested_by=users["owner"])
    url = reverse("jobs:cancel", args=[run.pk])
    html = client_of(users["owner"]).post(url, secure=True, **HTMX).content.decode()
    assert ">stopping<" in html
    assert "Cancel" not in html
    run.refresh_from_db()
    assert (run.status, run.cancel_requested, run.cancelled_by) == (Status.RUNNING, True, "owner")


def test_visitors_wrong_methods_and_unknown_runs(users: Any) -> None:
    run = make_run()
    url, cancel = reverse("jobs:run", args=[run.pk]), reverse("jobs:cancel", args=[run.pk])
    response = Client().get(url, secure=True)
    assert response.status_code == 401
    assert response["HX-Redirect"] == "/login/"
    assert Client().post(cancel, secure=True).status_code == 401
    client = client_of(users["staff"])
    assert client.get(cancel, secure=True).status_code == 405
    assert client.post(url, secure=True).status_code == 405
    assert client.get(reverse("jobs:run", args=[run.pk + 1]), secure=True).status_code == 404
    assert JobRun.objects.get().status == Status.QUEUED
