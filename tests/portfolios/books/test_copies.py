"""A visitor's copy of a demo book is whole, his own, and gone with him."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from portfolios import access, demo
from portfolios.books import cash, tags
from portfolios.books.audit import find_breaks
from portfolios.books.copies import copy_book
from portfolios.books.positions import close_position, delete_position, edit_position
from portfolios.books.selectors import get_totals, list_positions, list_tags
from portfolios.models import (
    BatchMark,
    CashFlow,
    Factor,
    FactorExposure,
    Portfolio,
    PortfolioSnapshot,
    Position,
    PositionGreeks,
    PositionSplit,
    PositionTag,
    Tag,
    User,
)
from tests.portfolios.books.conftest import CALL, MONDAY, NOW, TODAY, hold

pytestmark = pytest.mark.django_db
D = Decimal
COUNTED = (Position, CashFlow, PortfolioSnapshot, Tag, PositionTag, PositionGreeks, FactorExposure)


@pytest.fixture
def original(demos: list[User]) -> Portfolio:
    """The growth demo with something of everything."""
    book = access.get_portfolio(demos[0])
    cash.add_flow(book, "deposit", D("100000"), on=MONDAY, request_key="seed")
    row = hold(book, "SOUN", 100, "10", tag_names=["Growth", "AI"], request_key="one")
    close_position(book, row.pk, price=D(12), quantity=D(40), fees=D(1))
    call = hold(book, CALL, -2, "12.40", tag_names=["Income"])
    delete_position(book, hold(book, "GONE", 1, "1", tag_names=["Growth"]).pk)
    tags.delete_tag(book, tags.create_tag(book, "Old").pk)
    for day in range(3):
        PortfolioSnapshot.objects.create(
            portfolio=book,
            snapshot_date=MONDAY + dt.timedelta(days=day),
            state="final",
            total_value=100_000 + day,
            cash_value=100_000 + day,
            long_value=0,
            short_value=0,
            gross_exposure=0,
            net_exposure=0,
            as_of=NOW,
        )
    PositionGreeks.objects.create(position=call, kind="mock", as_of=NOW, delta=D("-1.3"))
    FactorExposure.objects.create(
        portfolio=book, factor=Factor.objects.get(etf_proxy="SPY"), exposure_date=TODAY, method="ridge", beta=1.1
    )
    PositionSplit.objects.create(
        position=row,
        execution_date=TODAY,
        split_from=1,
        split_to=2,
        symbol_before="SOUN",
        quantity_before=30,
        entry_price_before=20,
        shares_before=1,
    )
    BatchMark.objects.create(portfolio=book, kind="snapshot", session=TODAY)
    book.refresh_from_db()
    return book


def test_the_copy_has_everything_and_shares_nothing(original: Portfolio) -> None:
    visitor = demo.open_copy(demo.DEMOS[0])
    copy = access.get_portfolio(visitor)
    assert copy.pk != original.pk and (copy.name, copy.cash) == (original.name, original.cash)
    assert find_breaks(copy) == find_breaks(original) == ()
    assert get_totals(copy) == get_totals(original)
    there = [(row.symbol, row.quantity, [tag.name for tag in row.living_tags]) for row in list_positions(copy)]  # type: ignore[attr-defined]
    here = [(row.symbol, row.quantity, [tag.name for tag in row.living_tags]) for row in list_positions(original)]  # type: ignore[attr-defined]
    assert there == here and len(there) == 2
    part = Position.objects.get(portfolio=copy, closed_on=TODAY)
    assert part.part_of is not None and part.part_of.portfolio_id == copy.pk
    assert [(tag.name, tag.usage_count) for tag in list_tags(copy)] == [("AI", 2), ("Growth", 2), ("Income", 1)]
    assert PortfolioSnapshot.objects.filter(portfolio=copy).count() == 3
    assert FactorExposure.objects.filter(portfolio=copy).count() == 1
    assert PositionGreeks.objects.filter(position__portfolio=copy).get().delta == D("-1.3")
    assert PositionSplit.objects.filter(position__portfolio=copy).count() == 1
    assert BatchMark.objects.filter(portfolio=copy).get().session == TODAY
    assert not Position.objects.filter(portfolio=copy, symbol="GONE").exists()
    assert not Position.objects.filter(portfolio=copy).exclude(request_key="").exists()


def test_visitors_never_see_each_others_edits(original: Portfolio) -> None:
    first, second = (access.get_portfolio(demo.open_copy(demo.DEMOS[0])) for _ in range(2))
    row = Position.objects.get(portfolio=first, symbol="SOUN", closed_on=None)
    edit_position(first, row.pk, {"quantity": D(1)}, tag_names=["Mine"])
    cash.change_book(first, name="Mine", cash=D(0))
    tags.edit_tag(first, Tag.objects.get(user=first.user, name="AI").pk, {"name": "Robots"})
    for untouched in (second, original):
        untouched.refresh_from_db()
        assert untouched.name == "My Portfolio" and find_breaks(untouched) == ()
        assert Position.objects.get(portfolio=untouched, symbol="SOUN", closed_on=None).quantity == 60
        assert {tag.name for tag in list_tags(untouched)} == {"AI", "Growth", "Income"}


def test_a_copy_that_is_over_takes_its_book_along(original: Portfolio) -> None:
    before = [model.objects.count() for model in COUNTED]  # type: ignore[attr-defined]
    visitor = demo.open_copy(demo.DEMOS[0])
    assert [model.objects.count() for model in COUNTED] != before  # type: ignore[attr-defined]
    hold(access.get_portfolio(visitor))
    demo.close_copy(visitor)
    assert [model.objects.count() for model in COUNTED] == before  # type: ignore[attr-defined]


def test_a_demo_without_a_book_gives_an_empty_one(demos: list[User]) -> None:
    visitor = demo.open_copy(demo.DEMOS[1])
    assert not Portfolio.objects.filter(user=visitor).exists()
    assert get_totals(access.get_portfolio(visitor)).total_value == 0


def test_copying_costs_the_same_whatever_the_size(
    original: Portfolio, ada: User, bob: User, django_assert_max_num_queries: Any
) -> None:
    with django_assert_max_num_queries(24) as few:
        copy_book(original.user, ada)
    for number in range(30):
        hold(original, "TSLA", number + 1, "1", tag_names=["Growth"])
    with django_assert_max_num_queries(24) as many:
        copy_book(original.user, bob)
    assert len(many) <= len(few)
    assert copy_book(User.objects.create_user("nobody", email="n@example.org"), ada) is None


def test_one_click_and_the_visitor_has_his_book(original: Portfolio) -> None:
    browser = Client()
    browser.post("/demo/growth/")
    answer = browser.get("/api/portfolio/positions/").json()
    assert [row["symbol"] for row in answer["results"]] == [CALL, "SOUN"]
    mine = Position.objects.get(pk=answer["results"][1]["id"])
    assert mine.portfolio.user.copied_from == original.user
    theirs = Position.objects.get(portfolio=original, symbol="SOUN", closed_on=None)
    assert browser.get(f"/api/portfolio/positions/{theirs.pk}/").status_code == 404
