"""The vendor fails in every way it can: the light stays with its true age, and the job says whose fault it was."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from pytest_httpserver import HTTPServer
from werkzeug import Response

from portfolios.models import User
from sectors import publish, runs
from sectors.models import SectorRun
from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import run_now
from sentiment_site.market import clock
from tests.factories import ALL_SYMBOLS, Market, make_market
from tests.sectors.conftest import HALF_HOUR, TEN, THURSDAY, analyse
from tests.sectors.faults.vendor import SECRET, bars_answer, quick_vendors, serve, serve_bars

pytestmark = pytest.mark.django_db(transaction=True)

NOW = TEN + timedelta(minutes=61)
JSON = "application/json"
GOOD = {TEN: 101.0, TEN + HALF_HOUR: 103.0}


@pytest.fixture(autouse=True)
def wiring(httpserver: HTTPServer, monkeypatch: Any, settings: Any) -> None:
    """The scripted vendor, undelayed; vendors' errors are their own fault."""
    settings.POLYGON_DELAY_S = 0
    settings.JOBS_HEARTBEAT_S, settings.JOBS_STALE_S = 0.2, 2.0
    vendors = quick_vendors(httpserver)
    monkeypatch.setattr("universe.bars.ingest.vendors", lambda: vendors)
    monkeypatch.setattr("sectors.snapshot.vendors", lambda: vendors)


@pytest.fixture
def light() -> SectorRun:
    """The last good light, of 10:30."""
    market: Market = make_market(THURSDAY.date)
    market.store_half_hours(TEN, dict.fromkeys([*ALL_SYMBOLS, "IWM"], 101))
    with clock.frozen(TEN + timedelta(minutes=31)):
        return analyse()


def run_job(trigger: str = "scheduled") -> JobRun:
    with clock.frozen(NOW):
        return run_now(runs.ANALYSE, trigger=trigger)


def too_many(symbol: str) -> Response:
    return Response(b'{"status":"ERROR","error":"exceeded"}', 429, content_type=JSON, headers={"Retry-After": "60"})


def broken(symbol: str) -> Response:
    return Response(b"Internal Server Error", 500)


def web_page(symbol: str) -> Response:
    return Response(b"<html><body>Bad gateway</body></html>", 200, content_type="text/html")


def truncated(symbol: str) -> Response:
    return Response(bars_answer(symbol, GOOD)[:120], 200, content_type=JSON)


def nothing(symbol: str) -> Response:
    return Response(b"", 200, content_type=JSON)


def refused(symbol: str) -> Response:
    return Response(b'{"status":"ERROR","error":"Unknown API Key"}', 401, content_type=JSON)


@pytest.mark.parametrize(
    ("fault", "words"),
    [
        (too_many, "429"),
        (broken, "500"),
        (web_page, "polygon"),
        (truncated, "polygon"),
        (nothing, "polygon"),
        (refused, "401"),
    ],
    ids=lambda value: getattr(value, "__name__", value),
)
def test_the_light_stays_and_the_job_names_the_vendor(
    light: SectorRun, httpserver: HTTPServer, fault: Callable[[str], Response], words: str
) -> None:
    before = publish.get_live_grid()
    serve(httpserver, fault)
    job = run_job()
    assert job.status == "failed"
    assert job.reason.startswith("polygon: ") and words in job.reason
    assert SECRET not in job.reason
    assert list(SectorRun.objects.all()) == [light]
    assert publish.get_live_grid() == before
    with clock.frozen(NOW):
        page = Client()
        page.force_login(User.objects.create_user("trader"))
        text = page.get("/").content.decode()
        assert f'data-seq="{light.pk}"' in text
        assert "10:30 ET" in text
        assert words in page.get("/sectors/run/").content.decode()


def test_when_the_vendor_is_back_the_next_run_completes(light: SectorRun, httpserver: HTTPServer) -> None:
    serve(httpserver, broken)
    assert run_job().status == "failed"
    httpserver.clear()
    serve_bars(httpserver, GOOD)
    with pytest.MonkeyPatch.context() as patch:
        vendors = quick_vendors(httpserver)  # a breaker that has not seen the failures
        patch.setattr("universe.bars.ingest.vendors", lambda: vendors)
        job = run_job()
    assert job.status == "done", job.reason
    run = SectorRun.objects.latest()
    assert (run.job_run_id, run.trigger, run.as_of) == (job.pk, "scheduled", NOW - timedelta(minutes=1))
    reading = run.readings.get(formula="v1", sector="energy")
    assert float(reading.performance_30min or 0) == pytest.approx(100 * (103 / 101 - 1), abs=1e-4)
    assert float(reading.performance_1day or 0) == 3.0
    assert job.reason.startswith(f"run {run.pk}: 40 stocks as of 2026-08-21T15:00+00:00: ")
    assert job.lines and job.percent == 100


def test_a_few_stocks_that_fail_do_not_stop_the_light(light: SectorRun, httpserver: HTTPServer) -> None:
    serve(httpserver, lambda symbol: broken(symbol) if symbol in ("TEC0", "ENE1") else good(symbol))
    job = run_job()
    assert job.status == "done", job.reason
    reading = SectorRun.objects.latest().readings.get(formula="v1", sector="technology")
    assert reading.factors["horizons"]["30min"]["stocks"] >= 4


def good(symbol: str) -> Response:
    return Response(bars_answer(symbol, GOOD), content_type=JSON)


def test_more_than_a_tenth_that_fail_do(light: SectorRun, httpserver: HTTPServer) -> None:
    failing = {"TEC0", "ENE1", "HEA2", "FIN3", "UTI4"}
    serve(httpserver, lambda symbol: broken(symbol) if symbol in failing else good(symbol))
    job = run_job()
    assert job.status == "failed"
    assert job.reason.startswith("polygon: ")
    assert SectorRun.objects.count() == 1


def test_a_vendor_without_anything_new_skips_the_scheduled_run(light: SectorRun, httpserver: HTTPServer) -> None:
    serve_bars(httpserver, {})
    job = run_job()
    assert job.status == "skipped"
    assert job.reason == f"nothing new: the newest bar ends 2026-08-21T14:30:00+00:00, as in run {light.pk}"
    on_demand = run_job("manual")
    assert on_demand.status == "done"
    again = SectorRun.objects.latest()
    assert (again.as_of, again.trigger) == (light.as_of, "manual")
    assert again.readings.get(formula="v1", sector="energy").factors["age_minutes"] == pytest.approx(31)


def test_without_a_universe_the_job_is_skipped(httpserver: HTTPServer) -> None:
    job = run_job()
    assert (job.status, job.reason) == ("skipped", "no universe has been published yet")


def test_a_cancelled_run_saves_nothing(light: SectorRun, httpserver: HTTPServer, operator: User) -> None:
    def cancel(symbol: str) -> Response:
        if JobRun.objects.filter(cancel_requested=False).update(cancel_requested=True, cancelled_by="operator"):
            time.sleep(0.6)  # the run's heartbeat sees it meanwhile
        connection.close()  # the vendor's own thread
        return good(symbol)

    serve(httpserver, cancel)
    job = run_job()
    assert (job.status, job.reason) == ("skipped", "cancelled by operator")
    assert SectorRun.objects.count() == 1
