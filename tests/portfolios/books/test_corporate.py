"""Options settle at intrinsic value, splits change what is held: each once, whatever the job does twice."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest

from portfolios.access import get_portfolio
from portfolios.books import corporate
from portfolios.books.audit import find_breaks
from portfolios.books.corporate import BooksFailed, bring_up_to_date
from portfolios.books.ledger import apply_price
from portfolios.books.positions import (
    close_position,
    delete_position,
    edit_position,
    reopen_position,
    restore_position,
)
from portfolios.books.selectors import get_totals
from portfolios.models import BatchMark, CashFlow, Portfolio, Position, PositionSplit, User
from sentiment_site.jobs.services import run_now
from sentiment_site.market import clock
from tests.factories import Market, make_market
from tests.portfolios.books.conftest import NOW, TODAY, hold
from universe.models import Instrument, Split

pytestmark = pytest.mark.django_db
D = Decimal
ENTRY = dt.date(2026, 8, 10)
FRIDAY_OPTIONS = "260821"


@pytest.fixture
def market(friday_evening: Any) -> Market:
    """Forty stocks at 100 up to today."""
    return make_market(TODAY, sessions=20)


@pytest.fixture
def early(friday_evening: Any) -> Any:
    """The clock, put back to the day of entry."""
    friday_evening.move_to(dt.datetime(2026, 8, 10, 21, 30, tzinfo=dt.UTC))
    return friday_evening


def split(market: Market, symbol: str, on: dt.date, old: int, new: int) -> None:
    Split.objects.create(
        instrument_id=market.ids[symbol],
        execution_date=on,
        split_from=old,
        split_to=new,
        source=market.source,
        recorded_at=clock.now(),
    )


def option(right: str, strike: str, expires: str = FRIDAY_OPTIONS) -> str:
    return f"TECA{expires}{right}{int(Decimal(strike) * 1000):08d}"


@pytest.fixture
def teca(market: Market) -> int:
    """A stock that options name: TEC0 has a digit, which an option's root does not."""
    Instrument.objects.filter(pk=market.ids["TEC0"]).update(symbol="TECA")
    return market.ids["TEC0"]


@pytest.mark.parametrize(
    ("right", "strike", "quantity", "price", "cash", "pnl"),
    [
        ("C", "90", 2, "10", "2000.00", "-400.00"),  # paid 12: worth 10
        ("C", "110", 2, "0", "0.00", "-2400.00"),
        ("P", "115", 1, "15", "1500.00", "300.00"),
        ("C", "95.5", -3, "4.5", "-1350.00", "2250.00"),
        ("P", "99", -1, "0", "0.00", "1200.00"),
    ],
)
def test_an_option_settles_at_its_intrinsic_value(
    book: Portfolio, teca: int, early: Any, right: str, strike: str, quantity: int, price: str, cash: str, pnl: str
) -> None:
    row = hold(book, option(right, strike), quantity, "12", on=ENTRY)
    assert row.instrument_id == teca
    before = book.cash
    early.move_to(NOW)
    assert str(bring_up_to_date(TODAY)) == "1 options settled, 0 positions split"
    row.refresh_from_db()
    book.refresh_from_db()
    assert (row.closing_reason, row.closed_on, row.closing_price) == ("expired", TODAY, D(price))
    assert (book.cash - before, row.realized_pnl) == (D(cash), D(pnl))
    assert get_totals(book).total_value == D(pnl)
    assert bring_up_to_date(TODAY).settled == 0
    assert find_breaks(book) == ()
    with pytest.raises(Exception, match="expired"):
        reopen_position(book, row.pk)


def test_it_waits_for_final_prices_and_for_a_close(book: Portfolio, market: Market, teca: int, early: Any) -> None:
    row = hold(book, option("C", "90"), 1, "5", on=ENTRY)
    unknown = hold(book, "SPXW260821C05000000", 1, "5", on=ENTRY)
    early.move_to(dt.datetime(2026, 8, 21, 20, 30, tzinfo=dt.UTC))  # half an hour after the close
    assert bring_up_to_date(TODAY).settled == 0
    early.move_to(NOW)
    report = bring_up_to_date(TODAY)
    assert report.settled == 1 and report.waiting == [f"{unknown}: no close of SPX on 2026-08-21"]
    row.refresh_from_db()
    assert not row.is_open
    unknown.refresh_from_db()
    assert unknown.is_open


def test_a_missing_close_is_waited_for_three_sessions_and_then_the_last_one_counts(
    book: Portfolio, market: Market, teca: int, early: Any
) -> None:
    row = hold(book, option("C", "90", "260824"), 1, "5", on=ENTRY)  # Monday: no bar of it
    for day, settled in ((24, 0), (25, 0), (26, 0), (27, 1)):
        early.move_to(dt.datetime(2026, 8, day, 21, 30, tzinfo=dt.UTC))
        assert bring_up_to_date().settled == settled, day
    row.refresh_from_db()
    assert (row.closed_on, row.closing_price) == (dt.date(2026, 8, 24), D("10.0000"))


def test_an_adjusted_contract_settles_for_what_it_delivers(book: Portfolio, teca: int, early: Any) -> None:
    more = {"deliverable_shares": D(10), "deliverable_cash": D("250.00")}
    row = hold(book, "TECA1260821C00009000", 1, "2", on=ENTRY, **more)
    early.move_to(NOW)
    bring_up_to_date(TODAY)
    row.refresh_from_db()
    # 10 shares at 100 and 250 dollars against 9 x 100
    assert (row.closing_price, row.realized_pnl) == (D("3.5000"), D("150.00"))


def test_a_split_changes_quantity_and_price_and_not_what_was_paid(book: Portfolio, market: Market, early: Any) -> None:
    row = hold(book, "TECA", 3, "10.01", on=ENTRY)
    Position.objects.filter(pk=row.pk).update(instrument_id=market.ids["TEC1"])
    row.refresh_from_db()
    apply_price(row, D("100"), clock.now(), "close").store()
    split(market, "TEC1", dt.date(2026, 8, 12), 1, 3)
    early.move_to(NOW)
    assert bring_up_to_date(TODAY).split == 1
    row.refresh_from_db()
    assert (row.quantity, row.entry_price, row.cost_basis) == (9, D("3.3367"), D("30.03"))
    assert (row.last_price, row.basis_on) == (D("33.3333"), dt.date(2026, 8, 12))
    evidence = PositionSplit.objects.get()
    assert (evidence.quantity_before, evidence.entry_price_before) == (3, D("10.0100"))
    for _ in range(2):
        assert bring_up_to_date(TODAY).split == 0
    assert find_breaks(book) == () and PositionSplit.objects.count() == 1
    edit_position(book, row.pk, {"entry_date": dt.date(2026, 8, 7)})
    row.refresh_from_db()
    assert row.cost_basis == D("30.03")  # 9 x 3.3367 would be 30.0303; and correcting a date moves no money
    edit_position(book, row.pk, {"entry_date": ENTRY, "quantity": D(10)})
    row.refresh_from_db()
    assert row.cost_basis == D("33.37") and find_breaks(book) == ()
    close_position(book, row.pk, price=D("3.3367"), on=TODAY)
    assert find_breaks(book) == ()


def test_splits_of_before_are_in_what_was_entered_unless_it_says_otherwise(book: Portfolio, market: Market) -> None:
    split(market, "TEC1", dt.date(2026, 8, 12), 1, 2)
    now, then = hold(book, "TECA", 10, "50", on=ENTRY), hold(book, "TECA", 5, "100", on=ENTRY, as_traded=True)
    Position.objects.update(instrument_id=market.ids["TEC1"])
    assert bring_up_to_date(TODAY).split == 1
    now.refresh_from_db()
    then.refresh_from_db()
    assert (now.quantity, then.quantity, then.entry_price) == (10, 10, D("50.0000"))


def test_a_late_split_and_several_are_applied_in_order(book: Portfolio, market: Market, early: Any) -> None:
    row = hold(book, "TECA", 100, "40", on=ENTRY)
    Position.objects.update(instrument_id=market.ids["TEC1"])
    split(market, "TEC1", dt.date(2026, 8, 18), 10, 1)
    split(market, "TEC1", dt.date(2026, 8, 12), 1, 4)
    early.move_to(NOW)
    delete_position(book, row.pk)
    assert bring_up_to_date(TODAY).split == 0
    restore_position(book, row.pk)
    assert bring_up_to_date(dt.date(2026, 8, 14)).split == 1
    row.refresh_from_db()
    assert row.quantity == 400
    assert bring_up_to_date(TODAY).split == 1
    row.refresh_from_db()
    assert (row.quantity, row.entry_price) == (40, D("100.0000"))
    assert [one.quantity_before for one in PositionSplit.objects.order_by("execution_date")] == [100, 400]


def test_options_follow_a_split(book: Portfolio, market: Market, teca: int, early: Any) -> None:
    whole = hold(book, option("C", "120", "261218"), 2, "8", on=ENTRY)
    split(market, "TEC0", dt.date(2026, 8, 12), 1, 2)
    early.move_to(NOW)
    bring_up_to_date(TODAY)
    whole.refresh_from_db()
    assert (whole.symbol, whole.quantity, whole.strike_price) == ("TECA261218C00060000", 4, D("60.000"))
    assert whole.entry_price == D("4.0000") and whole.cost_basis == D("1600.00")
    early.move_to(NOW + dt.timedelta(days=7))
    split(market, "TEC0", dt.date(2026, 8, 26), 3, 2)
    bring_up_to_date(dt.date(2026, 8, 27))
    whole.refresh_from_db()
    assert (whole.symbol, whole.quantity) == ("TECA1261218C00060000", 4)
    assert whole.deliverable_shares == D("66.6667")
    assert whole.deliverable_note == "66.6667 TECA a contract since the split 3 to 2 of 2026-08-26"
    assert find_breaks(book) == ()


def test_a_split_before_the_expiry_comes_first_and_one_after_it_not_at_all(
    book: Portfolio, market: Market, teca: int, early: Any
) -> None:
    row = hold(book, option("C", "180"), 1, "8", on=ENTRY)
    split(market, "TEC0", dt.date(2026, 8, 20), 1, 2)
    split(market, "TEC0", dt.date(2026, 8, 24), 1, 2)
    early.move_to(dt.datetime(2026, 8, 24, 21, 30, tzinfo=dt.UTC))
    report = bring_up_to_date()
    row.refresh_from_db()
    assert (report.settled, report.split, row.strike_price, row.quantity) == (1, 1, D("90.000"), 2)
    assert (row.closing_price, row.realized_pnl) == (D("10.0000"), D("1200.00"))


def test_what_a_split_leaves_nothing_of_waits_for_a_person(book: Portfolio, market: Market, early: Any) -> None:
    tiny = hold(book, "TECA", "0.001", "1", on=ENTRY)
    Position.objects.update(instrument_id=market.ids["TEC1"])
    split(market, "TEC1", dt.date(2026, 8, 12), 1, 2)
    split(market, "TEC1", dt.date(2026, 8, 13), 1000, 1)
    early.move_to(NOW)
    report = bring_up_to_date(TODAY)
    assert report.split == 0 and "leaves nothing" in report.waiting[0]
    tiny.refresh_from_db()
    assert tiny.quantity == D("0.0010") and not PositionSplit.objects.exists()  # the first is not half applied


def test_a_stock_that_becomes_known_is_linked(book: Portfolio, friday_evening: Any) -> None:
    row = hold(book, "TECA", 1, "5")
    assert row.instrument_id is None
    market = make_market(TODAY, sessions=5)
    Instrument.objects.filter(pk=market.ids["TEC0"]).update(symbol="TECA")
    assert corporate.link_instruments() == 1
    row.refresh_from_db()
    assert row.instrument_id == market.ids["TEC0"]


def test_one_bad_book_does_not_keep_the_others(
    book: Portfolio, other: Portfolio, teca: int, early: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold(book, option("C", "90"), 1, "5", on=ENTRY)
    hold(other, option("C", "90"), 1, "5", on=ENTRY)
    early.move_to(NOW)
    real = corporate._settle

    def breaks(target: Portfolio, *args: Any) -> int:
        if target.pk == book.pk:
            raise RuntimeError("broken")
        return real(target, *args)

    monkeypatch.setattr(corporate, "_settle", breaks)
    with pytest.raises(BooksFailed, match="1 of 2 books failed"):
        bring_up_to_date(TODAY)
    assert [one.portfolio for one in Position.objects.filter(closed_on=TODAY)] == [other]
    assert list(BatchMark.objects.values_list("portfolio_id", "session")) == [(other.pk, TODAY)]
    assert CashFlow.objects.filter(portfolio=book, leg="close").count() == 0


def test_the_job_marks_how_far_it_came_and_never_goes_back(book: Portfolio, teca: int, early: Any) -> None:
    hold(book, option("C", "90"), 1, "5", on=ENTRY)
    get_portfolio(User.objects.create_user("eve", email="eve@example.org"))
    early.move_to(NOW)
    run = run_now("portfolios.corporate", params={"day": "2026-08-21"})
    assert (run.status, run.reason) == ("done", "1 options settled, 0 positions split")
    assert run_now("portfolios.corporate", params={"day": "2026-08-20"}).status == "done"
    assert set(BatchMark.objects.values_list("kind", "session")) == {("corporate", TODAY)}
    assert BatchMark.objects.count() == 2


def test_the_job_asks_a_fixed_number_of_questions_when_nothing_is_due(
    book: Portfolio, market: Market, django_assert_max_num_queries: Any
) -> None:
    for _ in range(5):
        hold(book, "TECA", 1, "5")
    with django_assert_max_num_queries(8):
        bring_up_to_date(TODAY)
