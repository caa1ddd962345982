"""The daily rows to the cent: worked example, backfill, edits, corrections, and nothing written twice."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from portfolios.books import cash
from portfolios.books.audit import find_breaks
from portfolios.books.corporate import bring_up_to_date
from portfolios.books.positions import close_position, delete_position
from portfolios.books.selectors import get_totals
from portfolios.kernels.snapshots import reconcile
from portfolios.models import BatchMark, Portfolio, PortfolioSnapshot, Position
from portfolios.valuation import batch
from portfolios.valuation.batch import BooksFailed, list_due, mark_corrected
from tests.factories import Market
from tests.portfolios.books.conftest import NOW, TODAY, hold
from universe.models import Instrument, Split

from .conftest import WEEK, as_kernel, at, deposit, letter_market, rows_of, run, set_closes

pytestmark = pytest.mark.django_db
D = Decimal
MON, TUE, WED, THU, FRI = WEEK


def test_the_worked_example_to_the_cent(book: Portfolio, market: Market) -> None:
    """docs/methods/portfolio.md 3: 100 AAPL at 150 and 50 TSLA short at 200."""
    set_closes(market, "TECA", {THU: 151, FRI: 149})
    set_closes(market, "ENEA", {THU: 200, FRI: 190})
    deposit(book, "100000", THU)
    hold(book, "TECA", 100, "150", on=THU)
    hold(book, "ENEA", -50, "200", on=THU)
    deposit(book, "5000", FRI)
    report = run()
    assert (report.rows, report.written, report.newest, report.positions) == (2, 2, TODAY, 2)
    first, second = rows_of(book)
    assert (first.snapshot_date, first.state, first.cash_value) == (THU, "final", D("95000.00"))
    assert (first.long_value, first.short_value, first.total_value) == (D("15100.00"), D("10000.00"), D("100100.00"))
    assert (first.flows, first.daily_pnl, first.daily_pnl_pct) == (D("100000.00"), D("100.00"), D("0.0010"))
    assert (second.total_value, second.flows, second.daily_pnl) == (D("105400.00"), D("5000.00"), D("300.00"))
    assert second.daily_pnl_pct == D("0.0029")  # 300 / 102,600
    assert second.cumulative_pnl == D("400.00")
    assert second.as_of == at(FRI, 16) and second.gross_exposure == D("24400.00")
    assert reconcile(as_kernel([first, second])).holds
    stock = Position.objects.get(symbol="TECA")
    assert (stock.last_price, stock.last_price_source, stock.last_price_at) == (D("149.0000"), "close", at(FRI, 16))
    assert (stock.market_value, stock.unrealized_pnl, stock.unrealized_pnl_pct) == (14900, -100, D("-0.0067"))
    book.refresh_from_db()
    assert book.stale_from is None and find_breaks(book) == ()
    assert get_totals(book).total_value == second.total_value
    marks = dict(BatchMark.objects.filter(portfolio=book).values_list("kind", "session"))
    assert marks == {"prices": TODAY, "snapshot": TODAY}


def test_running_twice_writes_nothing(book: Portfolio, market: Market) -> None:
    deposit(book, "5000", MON)
    hold(book, "TECA", 10, "100", on=MON)
    assert run().rows == 5
    before = list(PortfolioSnapshot.objects.order_by("snapshot_date").values())
    positions = list(Position.objects.values())
    again = run()
    assert (again.books, again.rows, again.written, again.positions) == ([], 0, 0, 0)
    Portfolio.objects.update(stale_from=WED)  # asked for again without a cause: computed, not written
    again = run()
    assert (again.rows, again.written, again.positions) == (3, 0, 0)
    assert list(PortfolioSnapshot.objects.order_by("snapshot_date").values()) == before
    assert list(Position.objects.values()) == positions


def test_provisional_becomes_final_and_what_was_measured_stays_only_with_its_values(
    book: Portfolio, market: Market, friday_evening: Any
) -> None:
    deposit(book, "5000", THU)
    hold(book, "TECA", 10, "100", on=THU)
    friday_evening.move_to(at(FRI, 16.5))
    assert str(run(final=False)).startswith("1 books, 2 rows of 2 sessions to 2026-08-21 (provisional)")
    assert [row.state for row in rows_of(book)] == ["final", "provisional"]
    assert BatchMark.objects.get(kind="snapshot").session == THU
    PortfolioSnapshot.objects.update(portfolio_beta=D("1.1"), greeks_kind="mock")
    friday_evening.move_to(NOW)
    run()
    last = rows_of(book)[-1]
    assert (last.state, last.recorded_at, last.portfolio_beta, last.greeks_kind) == ("final", NOW, D("1.100"), "mock")
    set_closes(market, "TECA", {FRI: 101}, late=True)
    Portfolio.objects.update(stale_from=FRI)
    friday_evening.move_to(NOW + dt.timedelta(minutes=5))
    run()
    last = rows_of(book)[-1]
    assert (last.total_value, last.portfolio_beta, last.greeks_kind) == (D("5010.00"), None, "")


def test_a_backfill_has_no_gap_and_no_row_on_other_days(book: Portfolio, market: Market, friday_evening: Any) -> None:
    friday_evening.move_to(at(dt.date(2026, 7, 6)))
    hold(book, "TECA", 10, "100", on=dt.date(2026, 7, 3))  # a holiday; brought along on the next session
    deposit(book, "100", dt.date(2026, 7, 4))
    friday_evening.move_to(NOW)
    run()
    days = [row.snapshot_date for row in rows_of(book)]
    wanted = [session.date for session in batch.calendar.sessions_between(dt.date(2026, 7, 3), TODAY)]
    assert days == wanted and days[0] == dt.date(2026, 7, 6)
    assert reconcile(as_kernel(rows_of(book))).holds
    friday_evening.move_to(at(dt.date(2026, 8, 27)))  # four sessions stood still
    assert sorted(run().days) == [dt.date(2026, 8, day) for day in (24, 25, 26, 27)]
    assert rows_of(book)[-1].as_of == at(FRI, 16)  # the price is carried, and says of when it is
    assert list_due(dt.date(2026, 8, 27)) == []


def test_an_old_entry_begins_with_the_first_session_that_is_valued(
    book: Portfolio, market: Market, settings: Any
) -> None:
    settings.VALUATION_SESSIONS_MAX = 3
    hold(book, "TECA", 10, "80", on=dt.date(2024, 3, 1), funding="transfer")
    run()
    assert [row.snapshot_date for row in rows_of(book)] == [WED, THU, FRI]
    first = rows_of(book)[0]
    assert (first.flows, first.daily_pnl) == (D("800.00"), D("200.00"))


def test_an_edit_makes_later_rows_anew_and_earlier_ones_stay(
    book: Portfolio, market: Market, friday_evening: Any
) -> None:
    set_closes(market, "TECA", {TUE: 110, WED: 120, THU: 130, FRI: 140})
    deposit(book, "5000", MON)
    row = hold(book, "TECA", 10, "100", on=MON)
    run()
    assert [one.total_value for one in rows_of(book)] == [5000, 5100, 5200, 5300, 5400]
    friday_evening.move_to(NOW + dt.timedelta(minutes=1))
    close_position(book, row.pk, price=D(115), on=WED, quantity=D(4))
    report = run()
    assert (report.rows, report.days) == (3, {WED, THU, FRI})
    assert [one.total_value for one in rows_of(book)] == [5000, 5100, 5180, 5240, 5300]
    assert [one.recorded_at == NOW for one in rows_of(book)] == [True, True, False, False, False]
    delete_position(book, row.pk)
    cash.delete_flow(book, book.flows.get(kind="deposit").pk)
    run()
    assert [one.snapshot_date for one in rows_of(book)] == WEEK  # the part that was sold is still in the book
    delete_position(book, Position.objects.get(deleted_at=None).pk)
    run()
    assert rows_of(book) == [] and not BatchMark.objects.filter(kind="snapshot").exists()
    assert run().books == []


def test_a_later_beginning_takes_the_rows_before_it_away(book: Portfolio, market: Market) -> None:
    flow = cash.add_flow(book, "deposit", D(100), on=MON)
    run()
    cash.edit_flow(book, flow.pk, {"flowed_on": WED})
    run()
    rows = rows_of(book)
    assert [row.snapshot_date for row in rows] == [WED, THU, FRI]
    assert (rows[0].flows, rows[0].daily_pnl) == (100, 0)


def test_rows_that_somebody_removed_are_made_again(book: Portfolio, market: Market, friday_evening: Any) -> None:
    deposit(book, "100", MON)
    run()
    PortfolioSnapshot.objects.all().delete()
    friday_evening.move_to(at(dt.date(2026, 8, 24)))
    run()
    assert [row.snapshot_date for row in rows_of(book)] == [*WEEK, dt.date(2026, 8, 24)]


def test_a_stock_without_a_price_is_worth_what_was_paid(book: Portfolio, market: Market) -> None:
    deposit(book, "1000", THU)
    hold(book, "ZZZZ", 10, "7.5", on=THU)
    hold(book, "TECA", 1, "90", on=FRI)
    run()
    unknown = Position.objects.get(symbol="ZZZZ")
    assert [row.long_value for row in rows_of(book)] == [75, 175]
    assert (unknown.last_price_source, unknown.last_price_at) == ("entry", None)
    assert rows_of(book)[0].as_of == at(THU, 16)


def test_a_close_from_before_the_entry_does_not_count(book: Portfolio, market: Market, friday_evening: Any) -> None:
    friday_evening.move_to(at(dt.date(2026, 8, 24)))  # no bar of Monday
    deposit(book, "1000", dt.date(2026, 8, 24))
    row = hold(book, "TECA", 10, "95", on=dt.date(2026, 8, 24))
    run()
    assert [one.long_value for one in rows_of(book)] == [D("950.00")]
    row.refresh_from_db()
    assert row.last_price_at is None


def test_a_price_that_somebody_gave_counts_on_its_day(book: Portfolio, market: Market) -> None:
    from portfolios.books.ledger import apply_price

    deposit(book, "10000", THU)
    row = hold(book, "TECA261218C00100000", 2, "6", on=THU)
    apply_price(row, D("9.25"), at(FRI, 15), "import").store()
    run()
    row.refresh_from_db()
    assert (row.last_price, row.last_price_source) == (D("9.2500"), "import")
    assert rows_of(book)[1].long_value == D("1850.00")
    assert rows_of(book)[0].long_value != D("1850.00")


def test_a_corrected_or_late_close_is_noticed(
    book: Portfolio, other: Portfolio, market: Market, friday_evening: Any
) -> None:
    for target, symbol in ((book, "TECA"), (other, "ENEA")):
        deposit(target, "5000", MON)
        hold(target, symbol, 10, "100", on=MON)
    friday_evening.move_to(at(FRI, 17.6))
    run()
    later = at(dt.date(2026, 8, 24), 18)
    market.store_daily(WED, {"TECA": 105}, recorded_at=at(FRI, 21))
    market.store_daily(THU, {"TECB": 105}, recorded_at=at(FRI, 21))  # nobody holds it
    friday_evening.move_to(later)
    assert mark_corrected(later) == 1
    assert run().days == {WED, THU, FRI, dt.date(2026, 8, 24)}
    assert [row.total_value for row in rows_of(book)] == [5000, 5000, 5050, 5000, 5000, 5000]
    assert [row.recorded_at == later for row in rows_of(other)] == [False] * 5 + [True]
    assert mark_corrected(later) == 0


def test_nothing_looks_ahead(book: Portfolio, friday_evening: Any) -> None:
    """A row made of the bars that were known at its moment is the same as one made today."""
    letter_market(wave=3.0)
    deposit(book, "9000", MON)
    hold(book, "TECA", 10, "100", on=MON)
    hold(book, "TECA261218P00095000", -3, "4", on=MON)
    run()
    whole = [(row.total_value, row.long_value, row.short_value) for row in rows_of(book)]
    PortfolioSnapshot.objects.all().delete()
    BatchMark.objects.all().delete()
    Position.objects.update(last_price=None, last_price_at=None, last_price_source="")
    cut = []
    for day in WEEK:
        friday_evening.move_to(at(day))
        run()
        cut.append([(row.total_value, row.long_value, row.short_value) for row in rows_of(book)][-1])
    assert cut == whole and len(set(cut)) == 5


def test_a_split_changes_no_value(book: Portfolio, market: Market, friday_evening: Any) -> None:
    closes = {session.date: 96.0 + 6 * (place % 2) for place, session in enumerate(market.sessions)}
    closes |= {TUE: 102.0, WED: 34.0, THU: 35.0, FRI: 36.0}
    row = Instrument.objects.create(symbol="NEWA", kind="CS", source=market.source, recorded_at=at(dt.date(2024, 1, 2)))
    market.ids["NEWA"] = row.pk
    Split.objects.create(
        instrument=row, execution_date=WED, split_from=1, split_to=3, source=market.source, recorded_at=at(TUE, 20)
    )
    for day, price in closes.items():
        market.store_daily(day, {"NEWA": price})
    friday_evening.move_to(at(MON, 12))
    deposit(book, "9000", MON)
    stock = hold(book, "NEWA", 10, "100", on=MON)
    call = hold(book, "NEWA261218C00105000", 2, "6", on=MON)
    friday_evening.move_to(at(TUE))
    run()
    before = [(row.total_value, row.long_value) for row in rows_of(book)]
    friday_evening.move_to(at(WED))
    run()  # the position does not know the split yet: the price comes to it
    waited = rows_of(book)[-1]
    assert waited.long_value > 1020 and waited.daily_pnl is not None and abs(waited.daily_pnl) < 100
    assert Position.objects.get(symbol="NEWA").last_price == 102
    friday_evening.move_to(NOW)
    assert bring_up_to_date().split == 2
    Portfolio.objects.update(stale_from=MON)
    run()
    rows = rows_of(book)
    # premiums have four places, and three times as many contracts round three times as finely
    for row, (total_value, long_value) in zip(rows, [*before, (waited.total_value, waited.long_value)], strict=False):
        assert abs(row.total_value - total_value) <= D("0.05") and abs(row.long_value - long_value) <= D("0.05")
    stock.refresh_from_db()
    call.refresh_from_db()
    assert (stock.quantity, stock.last_price, stock.unrealized_pnl) == (30, 36, 80)
    assert call.strike_price == 35 and call.quantity == 6
    assert reconcile(as_kernel(rows)).holds


def test_one_bad_book_keeps_no_other(
    book: Portfolio, other: Portfolio, market: Market, monkeypatch: pytest.MonkeyPatch
) -> None:
    for target in (book, other):
        deposit(target, "100", MON)
    real = batch._Chunk._rows

    def breaks(self: Any, key: Any, *args: Any) -> Any:
        if key == book.pk:
            raise ValueError("broken")
        return real(self, key, *args)

    monkeypatch.setattr(batch._Chunk, "_rows", breaks)
    with pytest.raises(BooksFailed, match=str(book.pk)):
        run()
    assert rows_of(book) == [] and len(rows_of(other)) == 5
    monkeypatch.undo()
    run()
    assert len(rows_of(book)) == 5


def test_statements_do_not_grow_with_positions_and_books(
    book: Portfolio, other: Portfolio, market: Market, friday_evening: Any
) -> None:
    def count() -> int:
        with CaptureQueriesContext(
            connection,
        ) as made:
            run()
        return len(made)

    deposit(book, "100000", MON)
    hold(book, "TECA", 1, "100", on=MON)
    one = count()
    for place, symbol in enumerate(("TECB", "TECC", "HEAA", "HEAB", "ENEA", "ENEB")):
        for target in (book, other):
            hold(target, symbol, 1 + place, "100", on=MON)
            hold(target, f"{symbol}261218C00100000", 1, "5", on=MON)
    assert count() <= one + 3  # a second plan of sessions: the book that is new
    assert len(rows_of(other)) == 5
