"""The demo's books on the small market: whole, right to the cent, the same every time, and made once."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from portfolios import demo
from portfolios.access import get_portfolio
from portfolios.books import selectors as books
from portfolios.books.audit import find_breaks
from portfolios.books.selectors import get_totals
from portfolios.demo_books import ensure_demo_books
from portfolios.kernels.snapshots import reconcile
from portfolios.models import CashFlow, Portfolio, PortfolioSnapshot, Position, Tag, User
from portfolios.valuation.batch import mark_corrected
from portfolios.valuation.selectors import list_snapshots
from sentiment_site.market import calendar, clock
from tests.portfolios.books.conftest import TODAY

from .conftest import as_kernel, letter_market, rows_of

pytestmark = pytest.mark.django_db
D = Decimal
SHAPES = {"demo_growth": (18, 3, 4), "demo_value": (15, 5, 0), "demo_balanced": (12, 8, 10)}


@pytest.fixture
def world(friday_evening: Any, settings: Any) -> None:
    """Ninety sessions of prices that move, and a month before them for the volatility."""
    settings.DEMO = True
    letter_market(sessions=112, wave=2.0)


def list_positions(book: Portfolio) -> list[Any]:
    return sorted(Position.objects.filter(portfolio=book).values_list("symbol", "quantity", "entry_price"))


def test_three_books_whole_and_reconciled(world: None) -> None:
    made = ensure_demo_books(fetch=False)
    assert [book.user.username for book in made] == [one.username for one in demo.DEMOS]
    for book in made:
        book.refresh_from_db()
        rows = Position.objects.filter(portfolio=book)
        count = (
            rows.filter(position_type="LONG").count(),
            rows.filter(position_type="SHORT").count(),
            rows.exclude(option_type="").count(),
        )
        assert count == SHAPES[book.user.username]
        past = rows_of(book)
        assert len(past) == 90 and {row.state for row in past} == {"final"} and past[-1].snapshot_date == TODAY
        assert (past[0].flows, sum(row.flows for row in past)) == (1_000_000, 1_000_000)
        assert reconcile(as_kernel(past)).holds and find_breaks(book) == ()
        assert len({row.total_value for row in past}) > 5
        assert get_totals(book).total_value == past[-1].total_value and book.stale_from is None
        # an option was entered at the price that its first row has: no profit out of nowhere
        assert all(abs(row.daily_pnl or 0) < 60_000 for row in past)
        assert Tag.objects.filter(user=book.user, usage_count=0).count() == 0
        assert rows.filter(last_price_source="entry").count() == 0
    balanced = made[-1]
    pairs = Tag.objects.filter(user=balanced.user, name__startswith="Pair ", tag_type="STRATEGY")
    assert [tag.usage_count for tag in pairs] == [2] * 8
    assert PortfolioSnapshot.objects.get(portfolio=balanced, snapshot_date=TODAY).portfolio_beta is not None
    copied = get_portfolio(demo.open_copy(demo.DEMO_BY_NAME["balanced"]))
    assert [row.total_value for row in rows_of(copied)] == [row.total_value for row in rows_of(balanced)]
    assert Position.objects.filter(portfolio=copied).count() == 30 and find_breaks(copied) == ()


def test_the_time_machine_finds_the_demos_past(world: None) -> None:
    book = ensure_demo_books(fetch=False)[0]
    past = rows_of(book)
    moment = calendar.shift(past[40].snapshot_date, 1).open
    then = list_snapshots(book, None, None, moment)
    assert [row.snapshot_date for row in then] == [row.snapshot_date for row in reversed(past[:41])]
    held = books.list_positions(book, books.PositionFilter(as_of=moment))
    assert 0 < held.count() <= 25
    assert mark_corrected(clock.now()) == 0


def test_made_once_and_again_only_where_one_is_missing(world: None) -> None:
    growth, value, _ = ensure_demo_books(fetch=False)
    positions = list_positions(growth)
    rows = [row.total_value for row in rows_of(growth)]
    assert ensure_demo_books(fetch=False) == []
    Portfolio.objects.filter(pk=growth.pk).delete()
    (again,) = ensure_demo_books(fetch=False)
    assert (
        sorted(Position.objects.filter(portfolio=again).values_list("symbol", "quantity", "entry_price")) == positions
    )
    assert [row.total_value for row in rows_of(again)] == rows
    assert len(rows_of(value)) == 90


def test_without_a_market_there_is_nothing_to_make(db: None, settings: Any, friday_evening: Any) -> None:
    settings.DEMO = True
    assert ensure_demo_books(fetch=False) == []
    assert User.objects.filter(is_demo=True).count() == 3 and not CashFlow.objects.exists()
    letter_market(sessions=10)
    assert ensure_demo_books(fetch=False) == []


def test_a_short_store_makes_a_short_past(friday_evening: Any, settings: Any) -> None:
    settings.DEMO = True
    letter_market(sessions=60, wave=2.0)
    made = ensure_demo_books(fetch=False)
    assert [len(rows_of(book)) for book in made] == [60] * 3
