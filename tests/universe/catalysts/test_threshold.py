"""Threshold lists: once a session, whole or not at all, as known then."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from portfolios.models import User
from sentiment_site.jobs.models import Status
from sentiment_site.jobs.services import run_now
from sentiment_site.market import clock
from sentiment_site.providers.errors import BadPayload, Upstream
from universe.catalysts.threshold import ThresholdReport, refresh_threshold
from universe.models import Instrument, ThresholdList
from universe.selectors import threshold_listed_at

from .conftest import NOON, add_instrument, hours
from .vendor import BROKEN, Wire

pytestmark = pytest.mark.django_db
THURSDAY = dt.date(2026, 11, 19)
CUT_OFF = "Symbol|Security Name|Market Category|Reg SHO Threshold Flag|Rule 3210|\r\nACME|Acme|S|Y|N|\r\n"


@pytest.fixture
def elsewhere(acme: Instrument) -> Instrument:
    made = add_instrument("NYCO", "New York Co", "0000000044")
    made.exchange = "XNYS"
    made.save()
    return made


def refresh(wire: Wire, at: dt.datetime) -> ThresholdReport | None:
    with clock.frozen(at):
        return refresh_threshold(wire.vendors)


def state(at: dt.datetime, *stocks: Instrument) -> list[float | None]:
    found = threshold_listed_at([stock.pk for stock in stocks], at)
    return [None if np.isnan(each) else float(each) for each in found]


def test_listed_not_listed_and_unknown(wire: Wire, acme: Instrument, beta: Instrument, elsewhere: Instrument) -> None:
    wire.lists["20261119"] = ("ACME", "LATER")
    assert refresh(wire, NOON) == ThresholdReport(THURSDAY, listed=2, known=1)
    assert state(NOON, beta, elsewhere, acme) == [0.0, None, 1.0]
    assert wire.asked == ["/nasdaqth20261119.txt"]
    # what became an instrument after the list was read
    later = add_instrument("LATER", "Later Inc", "0000000045")
    assert state(NOON, later) == [1.0]
    assert threshold_listed_at([], NOON).shape == (0,)


def test_what_was_known_then(wire: Wire, acme: Instrument) -> None:
    wire.lists["20261119"], wire.lists["20261120"] = ("ACME",), ()
    assert state(NOON, acme) == [None]
    refresh(wire, NOON)
    refresh(wire, NOON + hours(11.5))
    assert state(NOON - hours(0.1), acme) == [None]
    assert state(NOON, acme) == state(NOON + hours(11), acme) == [1.0]
    assert state(NOON + hours(12), acme) == [0.0]


def test_a_list_counts_for_five_sessions(wire: Wire, acme: Instrument) -> None:
    wire.lists["20261119"] = ("ACME",)
    refresh(wire, NOON)
    # the 26th is Thanksgiving: the 27th is the fifth session after the 19th, the 30th the sixth
    assert state(dt.datetime(2026, 11, 27, 17, tzinfo=dt.UTC), acme) == [1.0]
    assert state(dt.datetime(2026, 11, 30, 17, tzinfo=dt.UTC), acme) == [None]


def test_a_session_is_stored_once(wire: Wire, acme: Instrument) -> None:
    wire.lists["20261119"] = ("ACME",)
    refresh(wire, NOON)
    wire.lists["20261119"] = ()
    refresh(wire, NOON + hours(1))
    assert ThresholdList.objects.get().instruments == [acme.pk] and state(NOON + hours(2), acme) == [1.0]


@pytest.mark.parametrize(
    ("fault", "error"), [(BROKEN, Upstream), ((200, CUT_OFF), BadPayload), ((200, "<html>No.</html>"), BadPayload)]
)
def test_a_failing_vendor_changes_nothing(
    wire: Wire, acme: Instrument, fault: tuple[int, str], error: type[Exception]
) -> None:
    wire.lists["20261119"] = ("ACME",)
    refresh(wire, NOON)
    wire.faults["/nasdaqth20261120.txt"] = fault
    with pytest.raises(error):
        refresh(wire, NOON + hours(12))
    assert ThresholdList.objects.get().session == THURSDAY and state(NOON + hours(12), acme) == [1.0]


def test_the_job(wire: Wire, acme: Instrument, noon: clock.Frozen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("universe.catalysts.threshold.configured_vendors", lambda: wire.vendors)
    run = run_now("universe.threshold")
    assert (run.status, run.reason) == (Status.SKIPPED, "not published yet")
    wire.lists["20261119"] = ("ACME", "OTHER")
    run = run_now("universe.threshold")
    assert (run.status, run.reason) == (Status.DONE, "session 2026-11-19: 2 listed, 1 known")
    wire.faults["/nasdaqth20261119.txt"] = BROKEN
    assert run_now("universe.threshold").status == Status.FAILED


def test_two_statements_for_any_number_of_stocks(
    wire: Wire, acme: Instrument, beta: Instrument, django_assert_num_queries: Any
) -> None:
    wire.lists["20261119"] = ("ACME",)
    refresh(wire, NOON)
    with django_assert_num_queries(2):
        state(NOON, acme, beta)


def test_operators_read_it(wire: Wire, acme: Instrument, operator: User, client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False
    wire.lists["20261119"] = ("ACME", "OTHER")
    refresh(wire, NOON)
    client.force_login(operator)
    assert b"XNAS" in client.get(reverse("admin:universe_thresholdlist_changelist")).content
    assert client.get(reverse("admin:universe_thresholdlist_add")).status_code == 403
