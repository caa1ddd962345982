"""Run now: starts one analysis, shows the one that is under way, says how the last one ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from portfolios.models import Preference, User
from sectors import runs
from sectors.models import SectorRun
from sentiment_site.jobs.models import JobRun
from sentiment_site.market import clock
from tests.sectors.conftest import TEN

pytestmark = pytest.mark.django_db

RUN = "/sectors/run/"
HTMX = {"HX-Request": "true"}


@pytest.fixture(autouse=True)
def friday_morning() -> Any:
    with clock.frozen(TEN + timedelta(minutes=32)):
        yield


def ended(status: str, reason: str = "") -> JobRun:
    now = clock.wall()
    return JobRun.objects.create(
        name=runs.ANALYSE, trigger="page", status=status, reason=reason, queued_at=now, finished_at=now
    )


def test_a_press_starts_a_run_in_the_name_of_who_pressed(trading: Client, trader: User) -> None:
    answer = trading.post(RUN, headers=HTMX)
    run = JobRun.objects.get()
    assert answer.status_code == 200
    assert (run.name, run.trigger, run.status, run.requested_by) == ("sectors.analyse", "manual", "queued", trader)
    assert "0 %" in answer.content.decode()


def test_a_second_press_shows_the_same_run(trading: Client, operator: User) -> None:
    trading.post(RUN, headers=HTMX)
    other = Client()
    other.force_login(operator)
    answer = other.post(RUN, headers=HTMX)
    assert JobRun.objects.count() == 1
    assert answer.context["running"] == JobRun.objects.get()


def test_a_scheduled_run_under_way_is_shown_instead_of_a_new_one(trading: Client) -> None:
    now = clock.wall()
    scheduled = JobRun.objects.create(
        name=runs.ANALYSE,
        key="bar",
        trigger="scheduled",
        status="running",
        percent=42,
        phase="half-hour bars",
        queued_at=now,
        started_at=now,
        heartbeat_at=now,
    )
    JobRun.objects.create(name=runs.ANALYSE, key="other", trigger="scheduled", queued_at=now)
    answer = trading.post(RUN, headers=HTMX)
    assert JobRun.objects.count() == 2
    assert answer.context["running"] == scheduled
    assert "42 % half-hour bars" in answer.content.decode()


def test_without_htmx_a_press_leads_back_to_the_page(trading: Client) -> None:
    answer = trading.post(RUN)
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert JobRun.objects.count() == 1


def test_looking_starts_nothing_and_is_cheap(
    trading: Client, published: SectorRun, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(1 + 3):  # account; the active run, the last one, the last look of the watch
        answer = trading.get(RUN)
    assert not JobRun.objects.exists()
    assert "Run now" in answer.content.decode()
    assert answer["Cache-Control"] == "private, no-cache"


def test_the_last_failure_says_whose_fault_it_was(trading: Client, published: SectorRun) -> None:
    ended("failed", "polygon: 429 rate limited (retry after 12 s)")
    text = trading.get(RUN).content.decode()
    assert "polygon: 429 rate limited" in text and "Last run failed" in text
    ended("done")
    assert "polygon" not in trading.get(RUN).content.decode()


def test_a_press_needs_a_token(trader: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(trader)
    assert strict.post(RUN).status_code == 403
    assert not JobRun.objects.exists()


def test_visitors_start_nothing(client: Client) -> None:
    assert client.post(RUN).status_code == 302
    assert client.post(RUN, headers=HTMX).status_code == 401
    assert client.delete(RUN).status_code == 405
    assert not JobRun.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_with_the_broker_down_the_press_says_so(trading: Client, settings: Any, monkeypatch: Any) -> None:
    from celery import current_app
    from kombu.exceptions import OperationalError

    def refuse(*args: Any, **kwargs: Any) -> None:
        raise OperationalError("Connection refused")

    monkeypatch.setattr(current_app, "send_task", refuse)
    answer = trading.post(RUN, headers=HTMX)
    assert answer.context["running"] is None
    assert "Connection refused" in answer.content.decode()
    assert JobRun.objects.get().status == "failed"


def test_who_asked_for_a_run_may_cancel_it_and_nobody_else(trading: Client, operator: User, trader: User) -> None:
    trading.post(RUN, headers=HTMX)
    run = JobRun.objects.get()
    other = Client()
    other.force_login(User.objects.create_user("other", password="correct horse"))
    assert "Cancel" not in other.get(RUN).content.decode()
    assert other.post(f"{RUN}cancel/", headers=HTMX).status_code == 403
    run.refresh_from_db()
    assert run.is_active
    assert "Cancel" in trading.get(RUN).content.decode()
    answer = trading.post(f"{RUN}cancel/", headers=HTMX)
    run.refresh_from_db()
    assert (run.status, run.reason) == ("skipped", "cancelled by trader")
    assert "Run now" in answer.content.decode()
    assert trading.post(f"{RUN}cancel/").status_code == 302  # nothing left to cancel is no error


def test_the_advice_is_in_the_words_of_the_requirement(trading: Client, trader: User, published: SectorRun) -> None:
    assert "AM analysis available" in trading.get(RUN).content.decode()
    with clock.frozen(TEN + timedelta(hours=3, minutes=30)):
        text = trading.get(RUN).content.decode()
        assert "AM analysis available" in text and "refresh recommended" in text
    with clock.frozen(TEN + timedelta(hours=5)):
        assert "a fresh analysis is recommended" in trading.get(RUN).content.decode()


def test_who_wants_it_gets_the_refresh_without_asking(trading: Client, trader: User, published: SectorRun) -> None:
    Preference.objects.create(user=trader, refresh_after_min=30, auto_refresh=True)
    assert "load delay" not in trading.get(RUN).content.decode()
    with clock.frozen(TEN + timedelta(hours=1, minutes=5)):
        text = trading.get(RUN).content.decode()
        assert 'hx-trigger="submit, load delay:4s"' in text and "starting it as you have chosen" in text
