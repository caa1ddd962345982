"""The cash page: flows in and out, corrections, and the book's own name and cash."""

# ruff: noqa: F811 - fixtures are taken by name
from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portfolios.books import cash
from portfolios.models import CashFlow, Portfolio
from sentiment_site.market import calendar, clock
from tests.portfolios.books.conftest import (  # noqa: F401 - the same people, books and evening
    MONDAY,
    TODAY,
    book,
    friday_evening,
    hold,
    no_rates,
    other,
)
from tests.portfolios.pages.rows import HTMX, part, text

pytestmark = pytest.mark.django_db
D = Decimal
CASH = "/book/cash/"
DEPOSIT = {"kind": "deposit", "amount": "1,500.00", "flowed_on": "2026-08-17", "note": "start", "request_key": "k"}


def address(name: str, flow: CashFlow) -> str:
    return reverse(f"portfolios:flow{name}", args=[flow.pk])


def test_money_comes_goes_and_adds_up(hers: Client, book: Portfolio) -> None:
    for _ in range(2):  # sent twice
        assert "Deposit of 1,500.00 entered." in text(hers.post(f"{CASH}new/", DEPOSIT, headers=HTMX))
    given = {"kind": "fee", "amount": "10", "flowed_on": "2026-08-18", "note": "", "request_key": "l"}
    assert hers.post(f"{CASH}new/", given)["Location"] == CASH
    hold(book, "SOUN", -100, "2", fees=D(1))
    html = part(hers, CASH)
    assert "1,689.00" in html and '<b class="num">4</b> flows, together <b class="num">+1,689.00</b>' in html
    assert html.count("the position's</span>") + html.count("the position&#x27;s</span>") == 2
    assert "11.00 <small>paid" in html.replace("<small>", " <small>").replace("  ", " ")
    only = part(hers, f"{CASH}?kind=fee&from=2026-08-18")
    assert 'together <b class="num">−10.00</b>' in only and "/api/portfolio/export/flows.csv?kind=fee" in only


def test_a_refusal_stands_beside_its_field(hers: Client, book: Portfolio) -> None:
    for more, field, said in (
        ({"amount": "-5"}, "amount", "Dollars and cents, not 0"),
        ({"flowed_on": "2026-08-22"}, "flowed_on", "to today"),
        ({"amount": "ten"}, "amount", "Enter a number"),
    ):
        for headers, status in ((HTMX, 200), ({}, 400)):
            answer = hers.post(f"{CASH}new/", DEPOSIT | more, headers=headers)
            assert answer.status_code == status
            assert re.search(rf'id="id_{field}_error".*?{said}', text(answer)) and 'value="start"' in text(answer)
    assert CashFlow.objects.count() == 0


def test_a_row_is_corrected_deleted_and_restored(hers: Client, book: Portfolio) -> None:
    flow = cash.add_flow(book, "withdrawal", D(100), on=MONDAY)
    form = part(hers, address("-edit", flow))
    assert form.startswith('<tr class="row-form"') and 'value="100.00"' in form
    sent = {"kind": "withdrawal", "amount": "120", "flowed_on": "2026-08-17", "note": "x"}
    answer = hers.post(address("-edit", flow), sent, headers=HTMX)
    assert answer["HX-Retarget"] == "#flows" and "−120.00" in text(answer)
    assert text(hers.get(address("", flow), headers=HTMX)).startswith(f'<tr id="flow-{flow.pk}"')
    assert hers.get(address("", flow))["Location"] == CASH
    gone = text(hers.post(address("-delete", flow), headers=HTMX))
    assert address("-restore", flow) in gone and "No money came or went yet." in gone
    assert "Restore" in part(hers, f"{CASH}?state=deleted")
    assert hers.get(address("-edit", flow)).status_code == 404
    hers.post(address("-restore", flow))
    book.refresh_from_db()
    assert book.cash == D(-120)


def test_what_a_trade_made_is_the_positions(hers: Client, book: Portfolio) -> None:
    hold(book)
    (flow,) = CashFlow.objects.all()
    assert "belongs to a position" in text(hers.post(address("-delete", flow), headers=HTMX))
    assert hers.post(address("-delete", flow)).status_code == 400
    sent = {"kind": "fee", "amount": "1", "flowed_on": "2026-08-17"}
    assert "belongs to a position" in text(hers.post(address("-edit", flow), sent, headers=HTMX))


def test_setting_the_cash_enters_the_difference(hers: Client, book: Portfolio) -> None:
    cash.add_flow(book, "deposit", D(100), on=MONDAY)
    sent = {"name": "Swing", "initial-name": "My Portfolio", "cash": "250", "initial-cash": "100.00"}
    assert "Swing: cash 250.00." in text(hers.post(f"{CASH}book/", sent, headers=HTMX))
    assert CashFlow.objects.filter(kind="deposit", amount=150, flowed_on=TODAY).count() == 1
    # only the name was changed on a form that showed an older cash
    sent = {"name": "Day", "initial-name": "Swing", "cash": "100.00", "initial-cash": "100.00"}
    assert hers.post(f"{CASH}book/", sent).status_code == 302
    book.refresh_from_db()
    assert (book.name, book.cash) == ("Day", D(250))
    assert "Cash" in text(hers.post(f"{CASH}book/", {"name": "", "cash": "x"}, headers=HTMX))


@pytest.mark.parametrize("name", ["", "-edit", "-delete", "-restore"])
def test_somebody_elses_money_is_not_there(name: str, hers: Client, book: Portfolio, other: Portfolio) -> None:
    theirs = cash.add_flow(other, "deposit", D(1))
    ask = hers.get if name in ("", "-edit") else hers.post
    assert ask(address(name, theirs), headers=HTMX).status_code == 404


def test_the_past_is_read_only(hers: Client, book: Portfolio) -> None:
    with clock.frozen(calendar.shift(MONDAY, 0).open):
        flow = cash.add_flow(book, "deposit", D(100))
    cash.add_flow(book, "deposit", D(50))
    html = text(hers.get(f"{CASH}?as_of=2026-08-18"))
    assert (
        "100.00 <small>" in html.replace("<small>", " <small>").replace("  ", " ")
        and "Edit" not in html.partition("<main")[2]
    )
    assert "Enter a flow" not in html and "the past is read-only" in html
    assert hers.post(f"{address('-delete', flow)}?as_of=2026-08-18").status_code == 400
    assert hers.get(f"{CASH}?knd=fee").status_code == 400
    assert hers.get(f"{CASH}?page=3").status_code == 400


def test_the_list_costs_the_same_whatever_its_length(
    hers: Client, book: Portfolio, django_assert_num_queries: Any
) -> None:
    hold(book)
    hers.get(CASH)
    with django_assert_num_queries(7):
        hers.get(CASH)
    for day in range(1, 22):
        cash.add_flow(book, "fee", D(day), on=dt.date(2026, 8, day))
        hold(book, on=dt.date(2026, 8, day))
    with django_assert_num_queries(7):
        hers.get(CASH)
