"""Books on the operator's desk: looked at, checked, restored, never rewritten."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.test import Client

from portfolios import demo
from portfolios.access import get_portfolio
from portfolios.books import imports
from portfolios.books.positions import delete_position
from portfolios.models import Portfolio, Position, User
from tests.portfolios.books.conftest import CALL, hold
from tests.portfolios.books.test_imports import GOOD

pytestmark = pytest.mark.django_db
MODELS = ("portfolio", "position", "tag", "cashflow", "importbatch", "portfoliosnapshot", "batchmark", "factor")
MEASURES = ("factorexposure", "positiongreeks", "positionsplit")


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def rows(desk: Client, model: str, **asked: str) -> list[str]:
    return [str(row) for row in desk.get(f"/admin/portfolios/{model}/", asked).context["cl"].result_list]


def act(desk: Client, model: str, action: str, *keys: object) -> str:
    values = {"action": action, "_selected_action": [str(key) for key in keys]}
    return desk.post(f"/admin/portfolios/{model}/", values, follow=True).content.decode()


def test_every_table_opens_and_nothing_can_be_written(desk: Client, book: Portfolio) -> None:
    row = hold(book, tag_names=["A"])
    batch = imports.preview_import(book, "a.csv", GOOD)
    for model in (*MODELS, *MEASURES):
        assert desk.get(f"/admin/portfolios/{model}/").status_code == 200
        assert desk.get(f"/admin/portfolios/{model}/add/").status_code == 403
    page = desk.get(f"/admin/portfolios/position/{row.pk}/change/")
    assert page.status_code == 200 and b'name="quantity"' not in page.content
    assert b"SOUN,100" not in desk.get(f"/admin/portfolios/importbatch/{batch.pk}/change/").content


def test_filters_answer_questions(desk: Client, book: Portfolio, demos: list[User]) -> None:
    gone = hold(book, "GONE", 1, "1")
    delete_position(book, gone.pk)
    hold(book, CALL, 1, "1", deliverable_shares=Decimal(10))
    copy = get_portfolio(demo.open_copy(demo.DEMOS[0]))
    get_portfolio(demos[1])
    assert len(rows(desk, "portfolio", whose="people")) == 1
    assert len(rows(desk, "portfolio", whose="copies")) == 1 and copy.user.is_copy
    assert len(rows(desk, "portfolio", whose="demos")) == 1
    assert rows(desk, "position", what="adjusted") == rows(desk, "position", what="unpriced") == [f"LC 1 {CALL}"]
    assert rows(desk, "position", what="unknown") == rows(desk, "position", what="open") == [f"LC 1 {CALL}"]
    assert rows(desk, "position", what="closed") == rows(desk, "position", what="unsettled") == []
    assert rows(desk, "position", deleted="yes") == ["LONG 1 GONE"]
    Position.objects.filter(symbol=CALL).update(expiration_date="2026-08-20")
    assert rows(desk, "position", what="unsettled") == [f"LC 1 {CALL}"]


def test_a_book_is_checked_and_a_position_restored(desk: Client, book: Portfolio) -> None:
    row = hold(book)
    assert "everything adds up" in act(desk, "portfolio", "check_selected", book.pk)
    Portfolio.objects.update(cash=5)
    assert "is not the sum of the flows" in act(desk, "portfolio", "check_selected", book.pk)
    Portfolio.objects.update(cash=-1000)
    delete_position(book, row.pk)
    assert "restored" in act(desk, "position", "restore_selected", row.pk)
    row.refresh_from_db()
    assert row.is_open


def test_who_may_only_look_restores_nothing(client: Client, book: Portfolio) -> None:
    from django.contrib.auth.models import Permission

    staff = User.objects.create_user("staff", is_staff=True)
    staff.user_permissions.add(Permission.objects.get(codename="view_position"))
    client.force_login(staff)
    row = hold(book)
    delete_position(book, row.pk)
    assert "right to operate" in act(client, "position", "restore_selected", row.pk)
    row.refresh_from_db()
    assert row.is_deleted
