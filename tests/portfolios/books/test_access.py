"""The one way to a book, and that views take no other."""

from __future__ import annotations

import ast
import uuid
from pathlib import Path

import pytest
from django.contrib.auth.models import AnonymousUser
from django.http import Http404

from portfolios import access, models
from portfolios.models import Portfolio, User
from tests.portfolios.books.conftest import NOW, hold

ROOT = Path(__file__).resolve().parents[3] / "portfolios"
OF_A_BOOK = {
    "BatchMark",
    "CashFlow",
    "FactorExposure",
    "ImportBatch",
    "Portfolio",
    "PortfolioSnapshot",
    "Position",
    "PositionGreeks",
    "PositionSplit",
    "PositionTag",
    "Tag",
}
SOURCES = (*ROOT.glob("*.py"), *ROOT.glob("pages/*.py"))
FRONT = [path for path in SOURCES if path.stem not in {"access", "book_admin"} and "test" not in path.stem]


def managers(path: Path) -> list[str]:
    """Models of a book whose `objects` a file asks."""
    return [
        f"{path.name}:{node.lineno} {node.value.id}"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute)
        and node.attr in {"objects", "_default_manager"}
        and isinstance(node.value, ast.Name)
        and node.value.id in OF_A_BOOK
    ]


def test_views_and_apis_ask_no_manager_of_a_book() -> None:
    assert set(models.__all__) >= OF_A_BOOK and len(FRONT) > 10
    assert [found for path in FRONT for found in managers(path)] == []
    assert managers(ROOT / "access.py") != []  # the scan would see one


@pytest.mark.django_db
def test_a_book_is_made_once_and_is_its_owners(ada: User, bob: User) -> None:
    book = access.get_portfolio(ada)
    assert access.get_portfolio(ada) == book and (book.name, book.cash) == ("My Portfolio", 0)
    assert access.get_portfolio(bob) != book
    for stranger in (AnonymousUser(), None):
        with pytest.raises(Http404):
            access.get_portfolio(stranger)


@pytest.mark.django_db
def test_what_is_somebody_elses_does_not_exist(book: Portfolio, other: Portfolio) -> None:
    row = hold(other)
    assert access.find(access.positions_of(other), str(row.pk)) == row
    for key in (row.pk, str(row.pk), uuid.uuid4(), "x", ""):
        with pytest.raises(Http404):
            access.find(access.positions_of(book), key)


@pytest.mark.django_db
def test_a_deleted_book_takes_no_change_and_makes_room_for_another(ada: User, book: Portfolio) -> None:
    Portfolio.objects.update(deleted_at=NOW)
    with pytest.raises(Http404), access.locked(book):
        raise AssertionError("not reached")
    assert access.get_portfolio(ada) != book


@pytest.mark.django_db
def test_a_change_that_fails_leaves_the_callers_object_as_it_was(book: Portfolio) -> None:
    with pytest.raises(RuntimeError), access.locked(book) as inside:
        inside.cash += 5
        raise RuntimeError
    assert book.cash == 0
    book.refresh_from_db()
    assert book.cash == 0
