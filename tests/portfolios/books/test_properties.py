"""Whatever is done to a book, in any order: it adds up, and nothing is negative that must not be."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import Http404
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from portfolios.books import cash, tags
from portfolios.books.audit import find_breaks
from portfolios.books.ledger import apply_price
from portfolios.books.positions import (
    close_position,
    delete_position,
    edit_position,
    reopen_position,
    restore_position,
)
from portfolios.books.selectors import get_totals
from portfolios.kernels.positions import total, value_position
from portfolios.models import CashFlow, Portfolio, Position, Tag
from tests.portfolios.books.conftest import CALL, MONDAY, NOW, PUT, TODAY, hold

pytestmark = pytest.mark.django_db

CENT = Decimal("0.01")
prices = st.decimals("0", "5000", places=4, allow_nan=False)
quantities = st.decimals("0.0001", "5000", places=4, allow_nan=False)
amounts = st.decimals("0.01", "1000000", places=2, allow_nan=False)
days = st.sampled_from([MONDAY - dt.timedelta(days=400), MONDAY, TODAY])
NAMES = ("A", "B", "C")

OPERATIONS = st.one_of(
    st.tuples(
        st.just("open"),
        st.sampled_from(["SOUN", "TSLA", CALL, PUT]),
        st.sampled_from([1, -1]),
        quantities,
        prices,
        days,
        st.lists(st.sampled_from(NAMES), unique=True),
        st.booleans(),
    ),
    st.tuples(st.just("edit"), st.integers(0, 9), quantities, prices, days),
    st.tuples(st.just("retag"), st.integers(0, 9), st.lists(st.sampled_from(NAMES), unique=True)),
    st.tuples(st.just("close"), st.integers(0, 9), st.decimals("0.01", "1", places=2), prices),
    st.tuples(st.just("reprice"), st.integers(0, 9), prices),
    st.tuples(st.sampled_from(["reopen", "delete", "restore"]), st.integers(0, 9)),
    st.tuples(st.just("flow"), st.sampled_from([str(kind) for kind in cash.OWN_KINDS]), amounts, days),
    st.tuples(st.sampled_from(["drop flow", "restore flow", "drop tag", "restore tag"]), st.integers(0, 9)),
)


class _Undo(Exception):
    """Ends an example: the database is as before."""


def pick(rows: Any, place: int) -> Any:
    found = list(rows.order_by("created_at", "pk"))
    return found[place % len(found)].pk if found else None


def perform(book: Portfolio, step: tuple[Any, ...]) -> None:
    """One operation; on a row of any state, so that many are refused."""
    name, *args = step
    mine = Position.objects.filter(portfolio=book)
    if name == "open":
        symbol, sign, quantity, price, on, names, brought = args
        funding = "transfer" if brought and sign > 0 else "trade"
        hold(book, symbol, sign * quantity, price, on=on, tag_names=names, funding=funding, fees=Decimal("1.25"))
        return
    if name == "flow":
        cash.add_flow(book, args[0], args[1], on=args[2])
        return
    rows: Any = Tag.objects.filter(user=book.user) if "tag" in name and name != "retag" else mine
    if "flow" in name:
        rows = CashFlow.objects.filter(portfolio=book)
    key = pick(rows, args[0])
    if key is None:
        return
    acts: dict[str, Callable[[], Any]] = {
        "edit": lambda: edit_position(book, key, {"quantity": args[1], "entry_price": args[2], "entry_date": args[3]}),
        "retag": lambda: edit_position(book, key, {}, tag_names=args[1]),
        "close": lambda: _close(book, mine.get(pk=key), args[1], args[2]),
        "reprice": lambda: _reprice(mine.get(pk=key), args[1]),
        "reopen": lambda: reopen_position(book, key),
        "delete": lambda: delete_position(book, key),
        "restore": lambda: restore_position(book, key),
        "drop flow": lambda: cash.delete_flow(book, key),
        "restore flow": lambda: cash.restore_flow(book, key),
        "drop tag": lambda: tags.delete_tag(book, key),
        "restore tag": lambda: tags.restore_tag(book, key),
    }
    acts[name]()


def _close(book: Portfolio, row: Position, share: Decimal, price: Decimal) -> None:
    quantity = max(Decimal("0.0001"), (row.quantity * share).quantize(Decimal("0.0001")))
    close_position(book, row.pk, price=price, quantity=quantity, fees=CENT, on=TODAY)


def _reprice(row: Position, price: Decimal) -> None:
    if row.is_open:
        apply_price(row, price, dt.datetime(2026, 8, 21, 20, tzinfo=dt.UTC), "close").store()


def check(book: Portfolio) -> None:
    """Independent of the audit where it can be: values by the kernels, from the rows."""
    assert find_breaks(book) == ()
    stored = Portfolio.objects.get(pk=book.pk)
    assert stored.cash == book.cash
    held = Position.objects.filter(portfolio=book, deleted_at=None, closed_on=None)
    assert all(row.quantity > 0 and row.cost_basis >= 0 for row in Position.objects.filter(portfolio=book))
    values = [value_position(row.lot, row.last_price or Decimal(0)).market_value for row in held]
    totals = get_totals(stored)
    equity = stored.cash + total(values)
    assert abs(totals.total_value - equity) <= CENT
    assert totals.total_value == totals.cash + totals.long_value - totals.short_value
    assert totals.gross_exposure == totals.long_value + totals.short_value


@given(steps=st.lists(OPERATIONS, min_size=4, max_size=14))
@settings(
    max_examples=30,
    deadline=None,
    # fourteen steps are read faster than a database shrinks them
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
def test_any_order_of_operations_adds_up(book: Portfolio, friday_evening: Any, steps: list[tuple[Any, ...]]) -> None:
    try:
        with transaction.atomic():
            fresh = Portfolio.objects.get(pk=book.pk)
            for second, step in enumerate(steps):
                friday_evening.move_to(NOW + dt.timedelta(seconds=second))  # rows have an order
                try:
                    with transaction.atomic():
                        perform(fresh, step)
                except (ValidationError, Http404):
                    pass  # a refusal changes nothing: what follows is checked all the same
                check(fresh)
            raise _Undo
    except _Undo:
        pass
