"""Positions and their cash, in numbers that can be checked by hand."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import Http404

from portfolios.books import cash
from portfolios.books.audit import find_breaks
from portfolios.books.ledger import apply_price
from portfolios.books.positions import (
    close_position,
    create_position,
    delete_position,
    edit_position,
    reopen_position,
    restore_position,
)
from portfolios.books.selectors import PositionFilter, get_totals, list_held, list_positions
from portfolios.models import CashFlow, Portfolio, Position
from tests.portfolios.books.conftest import CALL, MONDAY, PUT, TODAY, draft, hold

pytestmark = pytest.mark.django_db
D = Decimal


def price(position: Position, amount: str) -> None:
    position.refresh_from_db()
    apply_price(position, D(amount), dt.datetime(2026, 8, 21, 20, tzinfo=dt.UTC), "close").store()


def test_cash_pays_for_what_is_bought_and_receives_what_is_sold_short_and_written(book: Portfolio) -> None:
    cash.add_flow(book, "deposit", D("100000"), on=MONDAY)
    hold(book, "SOUN", 100, "10.25")
    assert book.cash == D("98975.00")
    hold(book, "TSLA", -50, "200")
    assert book.cash == D("108975.00")
    written = hold(book, CALL, -2, "12.40", fees=D("1.30"))
    assert book.cash == D("111453.70")  # + 2 x 100 x 12.40 - 1.30
    assert (written.position_type, written.quantity, written.multiplier) == ("SC", 2, 100)
    assert (written.underlying_symbol, written.strike_price, written.option_type) == ("AAPL", D("250.000"), "CALL")
    assert written.expiration_date == dt.date(2026, 12, 18)
    totals = get_totals(book)
    assert (totals.long_value, totals.short_value) == (D("1025.00"), D("12480.00"))
    assert totals.total_value == D("99998.70") == totals.capital + totals.total_pnl
    assert (totals.fees, totals.unpriced, totals.open_positions) == (D("1.30"), 3, 3)
    assert find_breaks(book) == ()


@pytest.mark.parametrize(
    ("symbol", "quantity", "market_value", "pnl", "pct"),
    [
        ("SOUN", 100, "1100.00", "100.00", "0.1000"),
        ("SOUN", -100, "-1100.00", "-100.00", "-0.1000"),
        (CALL, 3, "3300.00", "300.00", "0.1000"),
        (PUT, -3, "-3300.00", "-300.00", "-0.1000"),
    ],
)
def test_a_price_values_by_sign_quantity_and_multiplier(
    book: Portfolio, symbol: str, quantity: int, market_value: str, pnl: str, pct: str
) -> None:
    row = hold(book, symbol, quantity, "10")
    price(row, "11")
    row.refresh_from_db()
    assert (row.market_value, row.unrealized_pnl, row.unrealized_pnl_pct) == (D(market_value), D(pnl), D(pct))
    assert get_totals(book).unrealized_pnl == D(pnl)
    assert find_breaks(book) == ()


def test_closing_a_part_makes_a_row_of_its_own_and_loses_no_cent(book: Portfolio) -> None:
    row = hold(book, "SOUN", 3, "3.3333", tag_names=["Growth"])  # 9.9999: paid 10.00
    assert book.cash == D("-10.00")
    part = close_position(book, row.pk, price=D("4"), quantity=D(1), fees=D("0.50"), on=TODAY)
    row.refresh_from_db()
    assert (part.quantity, part.cost_basis, part.realized_pnl) == (1, D("3.33"), D("0.67"))
    assert (row.quantity, row.cost_basis) == (2, D("6.67"))
    assert part.part_of == row and [tag.name for tag in part.tags.all()] == ["Growth"]
    assert part.tags.get().usage_count == 2
    assert book.cash == D("-10.00") + D("4.00") - D("0.50")
    close_position(book, row.pk, price=D("4"), on=TODAY)
    row.refresh_from_db()
    assert row.realized_pnl == D("1.33") and (row.market_value, row.unrealized_pnl) == (None, None)
    totals = get_totals(book)
    assert (totals.realized_pnl, totals.total_value, totals.closed_positions) == (D("2.00"), D("1.50"), 2)
    assert find_breaks(book) == ()


def test_covering_a_short_earns_when_it_fell(book: Portfolio) -> None:
    row = hold(book, "TSLA", -50, "200")
    closed = close_position(book, row.pk, price=D("180"))
    assert (closed.realized_pnl, closed.closed_on, closed.closing_reason) == (D("1000.00"), TODAY, "traded")
    assert book.cash == D("1000.00")


def test_a_closing_is_taken_back_whole(book: Portfolio) -> None:
    row = hold(book, fees=D("1"))
    close_position(book, row.pk, price=D("12"), fees=D("2"))
    assert book.cash == D("197.00")
    back = reopen_position(book, row.pk)
    assert (back.is_open, back.realized_pnl, back.market_value) == (True, None, D("1000.00"))
    assert book.cash == D("-1001.00")
    assert reopen_position(book, row.pk).is_open and book.cash == D("-1001.00")
    delete_position(book, row.pk)
    restore_position(book, row.pk)  # must not bring the closing back
    assert book.cash == D("-1001.00")
    assert find_breaks(book) == ()


def test_correcting_an_entry_corrects_the_cash(book: Portfolio) -> None:
    row = hold(book, "SOUN", 100, "10")
    edit_position(book, row.pk, {"quantity": D(50), "entry_price": D("12")})
    assert book.cash == D("-600.00")
    edit_position(book, row.pk, {"entry_date": dt.date(2026, 8, 3)})
    assert CashFlow.objects.get(position=row).flowed_on == dt.date(2026, 8, 3)
    changed = edit_position(book, row.pk, {"position_type": "SHORT"})
    assert (changed.position_type, book.cash) == ("SHORT", D("600.00"))
    changed = edit_position(book, row.pk, {"symbol": "TSLA"})
    assert (changed.symbol, changed.position_type) == ("TSLA", "SHORT")
    changed = edit_position(book, row.pk, {"symbol": PUT, "quantity": D(1)})
    assert (changed.position_type, book.cash) == ("SP", D("1200.00"))
    assert book.stale_from == dt.date(2026, 8, 3)
    assert find_breaks(book) == ()


def test_what_is_brought_along_is_capital_in_kind(book: Portfolio) -> None:
    row = hold(book, funding="transfer")
    totals = get_totals(book)
    assert (totals.cash, totals.capital, totals.total_value) == (0, D("1000.00"), D("1000.00"))
    close_position(book, row.pk, price=D("15"))
    totals = get_totals(book)
    assert (totals.cash, totals.capital, totals.total_pnl) == (D("1500.00"), D("1000.00"), D("500.00"))
    assert find_breaks(book) == ()
    with pytest.raises(ValidationError, match="proceeds"):
        hold(book, "TSLA", -1, "10", funding="transfer")


def test_deleting_undoes_and_restoring_redoes(book: Portfolio) -> None:
    row = hold(book, tag_names=["A"], fees=D("1"))
    close_position(book, row.pk, price=D("12"), fees=D("2"))
    for _ in range(2):
        delete_position(book, row.pk)
        assert (book.cash, row.tags.get().usage_count) == (0, 0)
    assert get_totals(book).total_value == 0
    for _ in range(2):
        restore_position(book, row.pk)
        assert (book.cash, row.tags.get().usage_count) == (D("197.00"), 1)
    assert find_breaks(book) == ()


def test_asking_twice_does_once(book: Portfolio) -> None:
    first = create_position(book, draft(), request_key="one")
    again = create_position(book, draft(quantity=7), request_key="one")
    assert first.pk == again.pk and Position.objects.count() == 1
    part = close_position(book, first.pk, price=D("11"), quantity=D(40), request_key="two")
    assert close_position(book, first.pk, price=D("11"), quantity=D(40), request_key="two").pk == part.pk
    closed = close_position(book, first.pk, price=D("11"), request_key="three")
    assert close_position(book, first.pk, price=D("11"), request_key="three").pk == closed.pk
    assert create_position(book, draft(), request_key="one").pk == first.pk
    assert book.cash == D("100.00") and Position.objects.count() == 2
    with pytest.raises(ValidationError, match="was closed"):
        close_position(book, first.pk, price=D("12"))


REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"quantity": 0}, "quantity"),
    ({"quantity": "1.00001"}, "quantity"),
    ({"quantity": "100000000000"}, "quantity"),
    ({"quantity": "99999999", "price": "100"}, "quantity"),
    ({"quantity": -5, "position_type": "LONG"}, "quantity"),
    ({"price": "-1"}, "entry_price"),
    ({"price": "NaN"}, "entry_price"),
    ({"on": dt.date(2026, 8, 22)}, "entry_date"),
    ({"on": dt.date(1950, 1, 1)}, "entry_date"),
    ({"symbol": "not a symbol"}, "symbol"),
    ({"symbol": "AAPL240119C00150000"}, "symbol"),  # it is over
    ({"symbol": CALL, "position_type": "LP"}, "position_type"),
    ({"symbol": CALL, "position_type": "LONG"}, "position_type"),
    ({"position_type": "LC"}, "position_type"),
    ({"position_type": "WRONG"}, "position_type"),
    ({"multiplier": Decimal(10)}, "multiplier"),
    ({"symbol": CALL, "multiplier": Decimal(0)}, "multiplier"),
    ({"symbol": CALL, "deliverable_cash": Decimal("0.001")}, "deliverable_cash"),
    ({"note": "x" * 1001}, "note"),
    ({"funding": "gift"}, "funding"),
]


@pytest.mark.parametrize(("given", "field"), REFUSED)
def test_a_refusal_names_the_field_and_changes_nothing(book: Portfolio, given: dict[str, Any], field: str) -> None:
    with pytest.raises(ValidationError) as refused:
        hold(book, **given)
    assert field in refused.value.message_dict
    assert (Position.objects.count(), CashFlow.objects.count(), book.cash) == (0, 0, 0)


def test_a_tag_that_is_refused_undoes_the_position(book: Portfolio) -> None:
    with pytest.raises(ValidationError, match="comma"):
        hold(book, tag_names=["a,b"])
    assert Position.objects.count() == 0
    book.refresh_from_db()
    assert book.cash == 0


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"quantity": D(101)}, "quantity"),
        ({"quantity": D(0)}, "quantity"),
        ({"price": D("1.00001")}, "price"),
        ({"price": D("-1")}, "price"),
        ({"price": D("99999999")}, "price"),
        ({"on": dt.date(2026, 8, 22)}, "date"),
        ({"on": dt.date(2026, 8, 14)}, "date"),
        ({"fees": D("-1")}, "fees"),
    ],
)
def test_a_closing_that_cannot_be_is_refused(book: Portfolio, given: dict[str, Any], field: str) -> None:
    row = hold(book)
    with pytest.raises(ValidationError) as refused:
        close_position(book, row.pk, **({"price": D(1)} | given))
    assert field in refused.value.message_dict
    assert book.cash == D("-1000.00")


def test_a_closed_position_keeps_all_but_its_note_and_tags(book: Portfolio) -> None:
    row = hold(book)
    close_position(book, row.pk, price=D("12"))
    edited = edit_position(book, row.pk, {"note": "too early"}, tag_names=["Lesson"])
    assert edited.note == "too early" and edited.tags.get().name == "Lesson"
    with pytest.raises(ValidationError, match="take its closing back"):
        edit_position(book, row.pk, {"quantity": D(1)})
    with pytest.raises(ValidationError, match="cannot be changed"):
        edit_position(book, row.pk, {"market_value": D(1)})


def test_nobody_elses_position_can_be_touched(book: Portfolio, other: Portfolio) -> None:
    row = hold(other)
    for act in (
        lambda: edit_position(book, row.pk, {"note": "mine"}),
        lambda: close_position(book, row.pk, price=D(1)),
        lambda: reopen_position(book, row.pk),
        lambda: delete_position(book, row.pk),
        lambda: restore_position(book, row.pk),
        lambda: edit_position(book, "no id", {}),
    ):
        with pytest.raises(Http404):
            act()
    row.refresh_from_db()
    assert (row.note, row.is_open) == ("", True)


def test_a_book_has_an_end(book: Portfolio, settings: Any) -> None:
    settings.BOOK_POSITIONS_MAX = 2
    first = hold(book)
    hold(book)
    with pytest.raises(ValidationError, match="at most 2"):
        hold(book)
    delete_position(book, first.pk)
    hold(book)
    with pytest.raises(ValidationError, match="at most 2"):
        restore_position(book, first.pk)


def test_cash_has_an_end(book: Portfolio) -> None:
    for _ in range(9):
        cash.add_flow(book, "deposit", D("999999999999.99"))
    cash.add_flow(book, "deposit", D("999999999999.99"))
    with pytest.raises(ValidationError, match="range"):
        cash.add_flow(book, "deposit", D("999999999999.99"))
    assert find_breaks(book) == ()


def test_an_adjusted_contract_keeps_what_it_delivers(book: Portfolio) -> None:
    row = hold(
        book,
        "AAPL1261218C00250000",
        1,
        "2",
        deliverable_shares=D(10),
        deliverable_cash=D("3.50"),
        deliverable_note="10 AAPL and 3.50 dollars",
    )
    assert (row.underlying_symbol, row.cost_basis) == ("AAPL", D("200.00"))
    assert (row.lot.contract.shares, row.lot.contract.cash) == (10, D("3.50"))
    assert edit_position(book, row.pk, {"quantity": D(2)}).deliverable_shares == 10


def test_the_audit_sees_what_was_tampered_with(book: Portfolio) -> None:
    row = hold(book, tag_names=["A"])
    Portfolio.objects.update(cash=5)
    Position.objects.update(market_value=7)
    row.tags.update(usage_count=9)
    found = " ".join(find_breaks(book))
    assert "cash 5.00" in found and "worth 7.00" in found and "9 noted" in found and "equity" in found
    Position.objects.update(cost_basis=1)
    assert "it cost 1.00" in " ".join(find_breaks(book))


def test_what_was_held_at_the_end_of_a_day(book: Portfolio, other: Portfolio) -> None:
    kept = hold(book, "KEPT", 1, "1", on=dt.date(2026, 8, 18))
    sold = hold(book, "SOLD", 10, "1")
    part = close_position(book, sold.pk, price=D(1), quantity=D(4), on=dt.date(2026, 8, 19))
    close_position(book, sold.pk, price=D(1), on=TODAY)
    delete_position(book, hold(book, "GONE", 1, "1").pk)
    hold(other, "THEIRS", 1, "1")

    def held(day: int) -> list[tuple[str, Decimal]]:
        return [(row.symbol, row.quantity) for row in list_held(book, dt.date(2026, 8, day))]

    assert held(14) == []
    assert sorted(held(17)) == [("SOLD", 4), ("SOLD", 6)]
    assert sorted(held(18)) == [("KEPT", 1), ("SOLD", 4), ("SOLD", 6)]
    assert held(19) == [("KEPT", 1), ("SOLD", 6)]
    assert held(21) == [("KEPT", 1)]
    at = dt.datetime(2026, 8, 21, 21, 30, tzinfo=dt.UTC)
    assert [row.pk for row in list_positions(book, PositionFilter(as_of=at))] == [kept.pk]
    before = [row.pk for row in list_positions(book, PositionFilter(as_of=at - dt.timedelta(seconds=1)))]
    assert before == []  # nothing of it was known then
    assert part.closed_on == dt.date(2026, 8, 19)
