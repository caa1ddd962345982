"""What batches measure, on the desk: rows that do not follow, books that are behind, made anew, run again."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from portfolios.models import BatchMark, Factor, FactorExposure, Portfolio, PortfolioSnapshot, PositionGreeks, User
from portfolios.valuation import due
from sentiment_site.jobs.models import JobRun
from tests.portfolios.books.conftest import MONDAY, NOW, TODAY, book, friday_evening, hold, no_rates, other  # noqa: F401
from tests.portfolios.conftest import ada, bob, plain_http  # noqa: F401
from tests.portfolios.pages.rows import store_days

pytestmark = pytest.mark.django_db
D = Decimal
THURSDAY = dt.date(2026, 8, 20)


@pytest.fixture
def desk(client: Client) -> Client:
    client.force_login(User.objects.create_superuser("root"))
    return client


def rows(desk: Client, model: str, **asked: str) -> list[str]:
    return [str(row) for row in desk.get(f"/admin/portfolios/{model}/", asked).context["cl"].result_list]


def act(desk: Client, model: str, action: str, *keys: object) -> str:
    values = {"action": action, "_selected_action": [str(key) for key in keys]}
    return desk.post(f"/admin/portfolios/{model}/", values, follow=True).content.decode()


def test_rows_that_do_not_follow_from_the_one_before(desk: Client, book: Portfolio, other: Portfolio) -> None:  # noqa: F811
    store_days(book, TODAY, [("100", "0", "0"), ("150", "50", "0"), ("170", "0", "20")])
    store_days(other, TODAY, [("100", "0", "0"), ("150", "0", "20")])
    assert rows(desk, "portfoliosnapshot", reconciles="no") == ["2026-08-21 150.00"]
    assert len(rows(desk, "portfoliosnapshot", reconciles="yes")) == 2
    assert len(rows(desk, "portfoliosnapshot", reconciles="first")) == 2
    page = desk.get("/admin/portfolios/portfoliosnapshot/").content.decode()
    assert "off by 30.00" in page and "first row" in page
    assert len(rows(desk, "portfoliosnapshot", lacks="ratios")) == 5


def test_rows_made_anew(desk: Client, book: Portfolio, other: Portfolio) -> None:  # noqa: F811
    store_days(book, TODAY, [("100", "0", "0"), ("150", "50", "0"), ("170", "0", "20")])
    days = PortfolioSnapshot.objects.order_by("snapshot_date")
    said = act(desk, "portfoliosnapshot", "remake_selected", days[2].pk, days[1].pk)
    book.refresh_from_db()
    other.refresh_from_db()
    assert (book.stale_from, other.stale_from) == (THURSDAY, None)
    assert "1 books are made anew, the first from 2026-08-20 on." in said
    assert JobRun.objects.get().name == due.SNAPSHOTS
    act(desk, "portfoliosnapshot", "remake_selected", days[2].pk)
    book.refresh_from_db()
    assert book.stale_from == THURSDAY  # the earlier day stays


def test_every_row_of_a_book_made_anew(desk: Client, book: Portfolio, other: Portfolio) -> None:  # noqa: F811
    hold(book, "SOUN", 100, "10")
    Portfolio.objects.update(stale_from=None)
    said = act(desk, "portfolio", "remake_selected", book.pk, other.pk)
    book.refresh_from_db()
    assert book.stale_from == MONDAY and "made anew from 2026-08-17 on" in said
    assert "nothing ever happened in it" in said


def test_books_that_are_behind_and_their_batches_again(desk: Client, book: Portfolio, other: Portfolio) -> None:  # noqa: F811
    marks = [
        BatchMark.objects.create(portfolio=book, kind=kind, session=session)
        for kind, session in (("risk", THURSDAY), ("snapshot", TODAY), ("prices", THURSDAY), ("corporate", TODAY))
    ]
    BatchMark.objects.create(portfolio=other, kind="risk", session=THURSDAY)
    assert len(rows(desk, "batchmark", behind="yes")) == 3 and len(rows(desk, "batchmark", behind="no")) == 2
    act(desk, "batchmark", "run_selected_again", *(mark.pk for mark in marks))
    runs = {run.name: run.params for run in JobRun.objects.all()}
    assert runs == {due.RISK: {"again": True}, due.SNAPSHOTS: {}, due.PRICES: {}, due.CORPORATE: {}}


def test_what_could_not_be_computed(desk: Client, book: Portfolio) -> None:  # noqa: F811
    row = hold(book, "SOUN", 100, "10")
    PositionGreeks.objects.create(position=row, kind="mock", as_of=NOW, delta=1)
    PositionGreeks.objects.create(position=row, kind="model", as_of=NOW)
    assert len(rows(desk, "positiongreeks", value="yes")) == len(rows(desk, "positiongreeks", value="no")) == 1
    bands = [(None, None, None), (1.0, 0.5, 1.5), (0.1, -0.4, 0.6)]
    for factor, (beta, low, high) in zip(Factor.objects.all()[:3], bands, strict=True):
        FactorExposure.objects.create(
            portfolio=book, factor=factor, exposure_date=TODAY, method="ridge", beta=beta, low=low, high=high
        )
    for answer in ("no", "sure", "unsure"):
        assert len(rows(desk, "factorexposure", beta=answer)) == 1


def test_actions_need_the_right_to_operate(client: Client, book: Portfolio) -> None:  # noqa: F811
    store_days(book, TODAY, [("100", "0", "0"), ("150", "50", "0")])
    looker = User.objects.create_user("looker", is_staff=True)
    for name in ("portfoliosnapshot", "batchmark", "portfolio"):
        looker.user_permissions.add(Permission.objects.get(codename=f"view_{name}"))
    client.force_login(looker)
    assert client.get("/admin/portfolios/portfoliosnapshot/").status_code == 200
    act(client, "portfoliosnapshot", "remake_selected", PortfolioSnapshot.objects.all()[0].pk)
    act(client, "portfolio", "remake_selected", book.pk)
    book.refresh_from_db()
    assert book.stale_from is None and JobRun.objects.count() == 0
