"""The two jobs end done, skipped with the reason, or failed with the vendor named."""

from __future__ import annotations

import pytest
from pytest_httpserver import HTTPServer

from sentiment_site.jobs.services import run_now
from sentiment_site.market import clock
from tests.universe.market import add_stock, known_at
from tests.universe.vendor import BROKEN, FORBIDDEN, Vendor
from universe import bars
from universe.bars import ingest
from universe.kernels.rules import COVERAGE, STRICT
from universe.models import ScreeningProfile, UniverseRun
from universe.reference import refresh as refresh_module

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def profiles() -> None:
    """A transactional test finds the tables empty, also of what migrations had put there."""
    for name, rules in (("strict", STRICT), ("coverage", COVERAGE)):
        defaults = {"rules": rules, "created_at": known_at()}
        ScreeningProfile.objects.get_or_create(name=name, version=1, defaults=defaults)


@pytest.fixture
def vendor(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> Vendor:
    scripted = Vendor(httpserver)
    monkeypatch.setattr(refresh_module, "configured_vendors", lambda: scripted.vendors)
    monkeypatch.setattr(ingest, "vendors", lambda: scripted.vendors)
    return scripted


def test_reference_done_with_its_lines_on_the_row(vendor: Vendor) -> None:
    vendor.list_ticker("SOUN")
    with clock.frozen(known_at()):
        run = run_now("universe.reference")
    assert (run.status, run.percent) == ("done", 100)
    assert run.reason.startswith("1 tickers: 1 new")
    assert len(run.lines) == 6


def test_reference_failed_by_the_vendor_keeps_what_it_stored(vendor: Vendor) -> None:
    vendor.list_ticker("SOUN")
    vendor.faults["/stocks/v1/splits"] = BROKEN
    with clock.frozen(known_at()):
        run = run_now("universe.reference")
    assert run.status == "failed"
    assert run.reason.startswith("polygon: 500 vendor failed at /stocks/v1/splits")
    assert any(line.split(" ", 1)[1].startswith("1 tickers") for line in run.lines)


def test_refresh_skipped_until_the_bars_are_there(vendor: Vendor) -> None:
    with clock.frozen(known_at()):
        vendor.faults["/v2/aggs/grouped/.*"] = (200, {"status": "OK", "resultsCount": 0})
        run = run_now("universe.refresh")
    assert run.status == "skipped"
    assert "2026-08-21: bars of 0 stocks" in run.reason
    assert not UniverseRun.objects.exists()


def test_refresh_failed_by_the_vendor(vendor: Vendor) -> None:
    vendor.faults["/v2/aggs/grouped/.*"] = FORBIDDEN
    with clock.frozen(known_at()):
        run = run_now("universe.refresh")
    assert run.status == "failed"
    assert "not in your plan" in run.reason


def test_refresh_done(vendor: Vendor) -> None:
    add_stock("GOOD")
    vendor.faults["/v2/aggs/grouped/.*"] = (200, {"status": "OK", "resultsCount": 0})
    with clock.frozen(known_at()):
        run = run_now("universe.refresh", params={"profile": "strict"})
    assert (run.status, run.reason) == ("done", "1 members, session 2026-08-21")
    assert UniverseRun.objects.get().job_run_id == run.pk
    assert bars.holds_simulated_bars() is False
