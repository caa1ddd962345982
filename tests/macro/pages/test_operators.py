"""The operators' panel and buttons: who may, what is shown, what a second bootstrap is told."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.test import Client

from macro.models import MacroSystemState
from portfolios.models import User
from sentiment_site.jobs.models import JobRun
from sentiment_site.market import clock
from tests.macro.world import NOON, SLOT, add_reading

pytestmark = pytest.mark.django_db

LATER = NOON + dt.timedelta(minutes=90)
HTMX = {"HX-Request": "true"}


@pytest.fixture
def operator(client: Client) -> Client:
    client.force_login(User.objects.create_user("operator", is_staff=True))
    return client


@pytest.fixture(autouse=True)
def no_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs stay queued: nobody takes them."""
    monkeypatch.setattr("sentiment_site.jobs.services._send", lambda run: None)


def save_state(**facts: Any) -> None:
    MacroSystemState.objects.update_or_create(pk=1, defaults={"updated_at": NOON, **facts})


def panel(operator: Client) -> str:
    with clock.frozen(LATER):
        return " ".join(operator.get("/macro/health/").content.decode().split())


def test_only_operators_see_the_panel_and_press_its_buttons(client: Client) -> None:
    client.force_login(User.objects.create_user("reader"))
    assert client.get("/macro/health/").status_code == 403
    assert client.post("/macro/scan/").status_code == 403
    assert client.post("/macro/bootstrap/").status_code == 403
    assert 'id="health"' not in client.get("/macro/").content.decode()
    assert not JobRun.objects.exists()


def test_a_press_starts_one_scan_and_shows_it(operator: Client) -> None:
    assert 'id="health"' in operator.get("/macro/").content.decode()
    first = operator.post("/macro/scan/", headers=HTMX).content.decode()
    assert 'data-job="macro.scan"' in first and "queued" in first
    operator.post("/macro/scan/", headers=HTMX)
    assert JobRun.objects.filter(name="macro.scan", trigger="manual").count() == 1
    assert operator.post("/macro/scan/").status_code == 302


def test_a_second_bootstrap_needs_force(operator: Client) -> None:
    save_state(bootstrap_completed=True, bootstrap_completed_at=NOON)
    refused = operator.post("/macro/bootstrap/", headers=HTMX).content.decode()
    assert "The bootstrap is done" in refused and not JobRun.objects.exists()
    operator.post("/macro/bootstrap/", {"force": "yes"}, headers=HTMX)
    assert JobRun.objects.get().params == {"force": True}


def test_the_panel_is_honest(operator: Client) -> None:
    save_state(
        bootstrap_completed=True,
        bootstrap_completed_at=NOON - 9 * SLOT,
        last_successful_scan=NOON - 3 * SLOT,
        last_failed_scan=NOON,
        last_failure="coingecko: HTTP 503",
        consecutive_failures=2,
        system_status="ACTIVE",
    )
    for n in range(5, 10):
        add_reading(NOON - n * SLOT)
    add_reading(NOON - 4 * SLOT, quality="QUARANTINED", reason="jump of 40 %")
    page = panel(operator)
    assert "coingecko: HTTP 503" in page and "<dd>2 " in page
    assert "5 of 10, 50.0% lost" in page and "0, 1</dd>" in page
    assert "STALE" in page
    assert "not asked yet" in page and "300 of 300" in page


def test_calls_that_were_spent_are_gone(operator: Client) -> None:
    from sentiment_site.live.publish import client as valkey
    from sentiment_site.providers.budget import calls_key

    valkey().set(calls_key("coingecko", f"{clock.wall():%Y-%m-%d}"), 310, ex=60)
    assert "0 of 300" in panel(operator)


def test_statements_of_the_panel(operator: Client, django_assert_num_queries: Any) -> None:
    save_state(bootstrap_completed=True, bootstrap_completed_at=NOON - SLOT)
    add_reading(NOON)
    panel(operator)
    with django_assert_num_queries(7):  # account, state, reading, bootstrap, scans, two of runs
        panel(operator)
