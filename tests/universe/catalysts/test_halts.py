"""Halts: a row per change, what was known when, resumptions, lists that forget."""

from __future__ import annotations

import datetime as dt

import pytest
from pytest_django import DjangoAssertNumQueries

from sentiment_site.jobs.models import Status
from sentiment_site.jobs.services import run_now
from sentiment_site.market import clock
from sentiment_site.providers.errors import Upstream
from universe.catalysts.halts import HaltsReport, refresh_halts
from universe.models import Halt, Instrument
from universe.selectors import halts_at

from .conftest import NOON, hours, minutes
from .vendor import BROKEN, Wire

pytestmark = pytest.mark.django_db


def refresh(wire: Wire, at: dt.datetime) -> HaltsReport:
    with clock.frozen(at):
        return refresh_halts(wire.vendors)


def state(at: dt.datetime, *stocks: Instrument) -> list[dt.datetime | None]:
    halted, since = halts_at([stock.pk for stock in stocks], at)
    assert halted.tolist() == [each is not None for each in since]
    return list(since)


def test_a_pause_from_its_beginning_to_its_resumption(wire: Wire, acme: Instrument, beta: Instrument) -> None:
    begins = NOON - minutes(1)
    wire.halt("ACME", begins)
    wire.halt("NOBODY", begins)
    assert refresh(wire, NOON) == HaltsReport(listed=2, known=1, changed=1, left=0, open=1)
    assert state(NOON, beta, acme) == [None, begins]
    assert refresh(wire, NOON + minutes(1)).changed == 0
    wire.halts.clear()
    wire.halt("ACME", begins, resumes=NOON + minutes(4))
    assert refresh(wire, NOON + minutes(2)).changed == 1
    assert state(NOON + minutes(3), acme) == [begins]
    assert state(NOON + minutes(4), acme) == [None]
    assert Halt.objects.count() == 2
    # what was known before the resumption was announced, and before the halt was
    assert state(NOON + minutes(1), acme) == [begins]
    assert state(NOON - minutes(0.5), acme) == [None]


def test_a_changed_code_is_the_same_halt(wire: Wire, acme: Instrument) -> None:
    begins = NOON - minutes(30)
    wire.halt("ACME", begins, "T1")
    refresh(wire, NOON)
    wire.halts.clear()
    wire.halt("ACME", begins, "T3", resumes=NOON + minutes(10))
    refresh(wire, NOON + minutes(1))
    assert list(Halt.objects.order_by("pk").values_list("code", "resumes_at")) == [
        ("T1", None),
        ("T3", NOON + minutes(10)),
    ]


def test_several_pauses_of_a_day(wire: Wire, acme: Instrument) -> None:
    wire.halt("ACME", NOON - minutes(40), resumes=NOON - minutes(35))
    wire.halt("ACME", NOON - minutes(2))
    refresh(wire, NOON)
    assert state(NOON, acme) == [NOON - minutes(2)]


def test_a_halt_that_leaves_the_list_unresolved_has_ended(wire: Wire, acme: Instrument) -> None:
    wire.halt("ACME", NOON - hours(5), "T12")
    refresh(wire, NOON)
    wire.halts.clear()
    assert refresh(wire, NOON + hours(1)).left == 1
    assert state(NOON + minutes(59), acme) == [NOON - hours(5)]
    assert state(NOON + hours(1), acme) == [None]
    assert Halt.objects.order_by("pk").last().left_list  # type: ignore[union-attr]
    assert refresh(wire, NOON + hours(2)).left == 0


def test_a_list_with_unreadable_rows_ends_nothing(wire: Wire, acme: Instrument) -> None:
    wire.halt("ACME", NOON - hours(5), "T12")
    refresh(wire, NOON)
    wire.halts[:] = ["<item><ndaq:IssueSymbol>ACME</ndaq:IssueSymbol></item>"]
    assert refresh(wire, NOON + hours(1)).left == 0


def test_a_failing_vendor_changes_nothing(wire: Wire, acme: Instrument) -> None:
    wire.halt("ACME", NOON - hours(1))
    refresh(wire, NOON)
    wire.faults["/halts.xml"] = BROKEN
    with pytest.raises(Upstream, match="nasdaq: 500 vendor failed"):
        refresh(wire, NOON + minutes(1))
    assert Halt.objects.count() == 1 and state(NOON + minutes(1), acme) == [NOON - hours(1)]


def test_the_job(wire: Wire, acme: Instrument, noon: clock.Frozen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("universe.catalysts.halts.configured_vendors", lambda: wire.vendors)
    wire.halt("ACME", NOON - minutes(1))
    run = run_now("universe.halts")
    assert (run.status, run.reason) == (Status.DONE, "1 listed, 1 open, 1 new or changed, 0 left the list")
    wire.faults["/halts.xml"] = BROKEN
    assert run_now("universe.halts").status == Status.FAILED


def test_one_statement_for_any_number_of_stocks(
    acme: Instrument, beta: Instrument, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    with django_assert_num_queries(1):
        halted, since = halts_at([acme.pk, beta.pk], NOON)
    assert (halted.tolist(), since) == ([False, False], (None, None))
    assert halts_at([], NOON)[0].shape == (0,)
