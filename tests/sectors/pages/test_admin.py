"""The operator's view of published lights: complete, and nobody's to change."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from sectors.admin import WhatWentWrong
from sectors.models import SectorRun
from sentiment_site.jobs.models import JobRun
from sentiment_site.market import clock

pytestmark = pytest.mark.django_db

LIST = "/admin/sectors/sectorrun/"


@pytest.fixture
def desk(client: Client, operator: Any) -> Client:
    client.force_login(operator)
    return client


def page_of(run: SectorRun) -> str:
    return reverse("admin:sectors_sectorrun_change", args=[run.pk])


def test_a_run_shows_its_readings_and_every_factor(desk: Client, published: SectorRun) -> None:
    now = clock.wall()
    job = JobRun.objects.create(
        name="sectors.analyse", trigger="page", status="done", queued_at=now, finished_at=now + timedelta(seconds=1)
    )
    SectorRun.objects.filter(pk=published.pk).update(job_run_id=job.pk)
    text = desk.get(page_of(published)).content.decode()
    for reading in published.readings.all():
        assert f"<td>{reading.sector}</td><td>{reading.score}</td><td>{reading.colour}</td>" in text
    assert "&quot;saturated&quot;" in text
    assert "5 of 5" in text
    assert reverse("admin:jobs_jobrun_change", args=[job.pk]) in text


def test_nobody_adds_changes_or_deletes(desk: Client, published: SectorRun) -> None:
    assert desk.get(f"{LIST}add/").status_code == 403
    assert desk.post(page_of(published), {"trigger": "replay"}).status_code == 403
    assert desk.post(reverse("admin:sectors_sectorrun_delete", args=[published.pk])).status_code == 403
    text = desk.get(page_of(published)).content.decode()
    assert 'name="_save"' not in text and 'name="trigger"' not in text
    assert SectorRun.objects.get().trigger == "manual"


@pytest.mark.parametrize(
    ("answer", "change"),
    [
        ("stale", {"status": "stale"}),
        ("no_read", {"status": "no_read"}),
        ("no_data", {"status": "no_data"}),
        ("unsure", {"low_confidence": True}),
        ("one_stock", {"concentration_warning": True}),
    ],
)
def test_runs_are_found_by_what_went_wrong(
    desk: Client, published: SectorRun, answer: str, change: dict[str, Any]
) -> None:
    published.readings.update(low_confidence=False, concentration_warning=False)
    assert answer in WhatWentWrong.choices_of
    assert desk.get(LIST, {"wrong": answer}).context["cl"].result_count == 0
    published.readings.filter(sector="energy").update(**change)
    assert desk.get(LIST, {"wrong": answer}).context["cl"].result_count == 1
    assert desk.get(LIST).context["cl"].result_count == 1


def test_traders_have_no_desk(trading: Client, published: SectorRun) -> None:
    assert trading.get(LIST).status_code == 302
