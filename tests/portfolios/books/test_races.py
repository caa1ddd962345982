"""Two tabs, two workers: whoever comes second finds what the first one did."""

from __future__ import annotations

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection

from portfolios import access
from portfolios.books import cash, imports
from portfolios.books.audit import find_breaks
from portfolios.books.positions import close_position
from portfolios.models import Factor, Portfolio, Position, User
from tests.portfolios.books.conftest import hold
from tests.portfolios.books.test_imports import GOOD

pytestmark = pytest.mark.django_db(transaction=True)
D = Decimal


def at_once(*acts: Callable[[], Any]) -> list[Any]:
    """What each returned or was refused with, all begun in the same moment."""
    start, results = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable[[], Any]) -> None:
        start.wait()
        try:
            results[place] = act()
        except ValidationError as error:
            results[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(place, act)) for place, act in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    return results


def test_two_tabs(ada: User) -> None:
    """One test, because emptying the tables after each costs more than all of it."""
    books = at_once(*[lambda: access.get_portfolio(ada)] * 4)
    assert {book.pk for book in books} == {Portfolio.objects.get().pk}
    book = books[0]

    def fresh() -> Portfolio:
        return Portfolio.objects.get(pk=book.pk)

    at_once(*[lambda: cash.add_flow(fresh(), "deposit", D("10.01"))] * 4)
    assert fresh().cash == D("40.04")
    made = at_once(*[lambda: hold(fresh(), request_key="same")] * 3)
    assert {row.pk for row in made} == {Position.objects.get().pk}

    row = made[0]
    closings = at_once(*[lambda: close_position(fresh(), row.pk, price=D(11), quantity=D(60))] * 2)
    assert sorted(isinstance(one, ValidationError) for one in closings) == [False, True]
    row.refresh_from_db()
    assert row.quantity == 40

    batch = imports.preview_import(fresh(), "a.csv", GOOD)
    done = at_once(*[lambda: imports.confirm_import(fresh(), batch.pk)] * 3)
    assert {one.created_count for one in done} == {3}
    assert Position.objects.filter(import_batch=batch).count() == 3
    tagged = at_once(*[lambda: hold(fresh(), tag_names=["New", "Growth"])] * 3)
    assert all(isinstance(one, Position) for one in tagged)
    assert find_breaks(fresh()) == ()
    assert Factor.objects.count() == 8
