"""What the database itself refuses, however a row is written."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from portfolios.kernels.factors import FACTORS
from portfolios.models import (
    CashFlow,
    Factor,
    ImportBatch,
    Portfolio,
    PortfolioSnapshot,
    Position,
    PositionGreeks,
    PositionTag,
    Tag,
    User,
)
from sentiment_site.market import clock
from tests.portfolios.books.conftest import CALL, NOW, TODAY, hold

pytestmark = pytest.mark.django_db
D = Decimal


def refused(name: str, act: Any) -> None:
    with pytest.raises(IntegrityError, match=name), transaction.atomic():
        act()


def test_one_living_book_per_user(ada: User, book: Portfolio) -> None:
    refused("portfolio_one_per_user_while_alive", lambda: Portfolio.objects.create(user=ada))
    Portfolio.objects.update(deleted_at=NOW)
    Portfolio.objects.create(user=ada)
    assert Portfolio.objects.filter(user=ada).count() == 2


@pytest.mark.parametrize(
    ("symbol", "change", "name"),
    [
        ("SOUN", {"quantity": 0}, "position_quantity_positive"),
        ("SOUN", {"quantity": -1}, "position_quantity_positive"),
        ("SOUN", {"position_type": "BOTH"}, "position_(type_known|option_parts_fit_type)"),
        ("SOUN", {"entry_price": -1}, "position_entry_price_not_negative"),
        ("SOUN", {"cost_basis": -1}, "position_cost_not_negative"),
        ("SOUN", {"last_price": -1}, "position_last_price_not_negative"),
        ("SOUN", {"multiplier": 100}, "position_stock_is_one_share"),
        ("SOUN", {"option_type": "CALL"}, "position_option_parts_fit_type"),
        ("SOUN", {"position_type": "SHORT", "funding": "transfer"}, "position_funding_known"),
        ("SOUN", {"closed_on": TODAY}, "position_closing_whole"),
        (CALL, {"strike_price": None}, "position_option_parts_fit_type"),
        (CALL, {"position_type": "LP"}, "position_option_parts_fit_type"),
        (CALL, {"multiplier": 0}, "position_contract_positive"),
    ],
)
def test_positions(book: Portfolio, symbol: str, change: dict[str, Any], name: str) -> None:
    row = hold(book, symbol, 1, "1")
    refused(name, lambda: Position.objects.filter(pk=row.pk).update(**change))


def test_keys_are_unique_among_the_living(book: Portfolio) -> None:
    first, second = hold(book), hold(book)
    Position.objects.filter(pk=first.pk).update(import_key="k")
    refused(
        "position_import_key_unique_while_alive",
        lambda: Position.objects.filter(pk=second.pk).update(import_key="k"),
    )
    Position.objects.filter(pk=first.pk).update(deleted_at=NOW)
    Position.objects.filter(pk=second.pk).update(import_key="k")
    Position.objects.filter(pk=first.pk).update(request_key="r")
    refused("position_request_once", lambda: Position.objects.filter(pk=second.pk).update(request_key="r"))


def test_tags(book: Portfolio, ada: User) -> None:
    tag = Tag.objects.create(user=ada, name="Growth")
    refused("tag_name_unique_while_alive", lambda: Tag.objects.create(user=ada, name="gROWTH"))
    refused("tag_color_hex", lambda: Tag.objects.create(user=ada, name="x", color="red"))
    refused("tag_type_known", lambda: Tag.objects.create(user=ada, name="x", tag_type="X"))
    Tag.objects.update(deleted_at=NOW)
    Tag.objects.create(user=ada, name="Growth")
    row = hold(book)
    PositionTag.objects.create(position=row, tag=tag)
    refused("positiontag_pkey", lambda: PositionTag.objects.create(position=row, tag=tag))


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ({"kind": "deposit", "amount": -1}, "cashflow_sign_fits_kind"),
        ({"kind": "withdrawal", "amount": 1}, "cashflow_sign_fits_kind"),
        ({"kind": "fee", "amount": 1}, "cashflow_sign_fits_kind"),
        ({"kind": "dividend", "amount": 0}, "cashflow_sign_fits_kind"),
        ({"kind": "gift", "amount": 1}, "cashflow_(kind_known|sign|leg|in)"),
        ({"kind": "trade", "amount": 1}, "cashflow_leg_fits_kind"),
        ({"kind": "deposit", "amount": 1, "leg": "open"}, "cashflow_leg_fits_kind"),
        ({"kind": "deposit", "amount": 1, "in_kind": 5}, "cashflow_in_kind_is_a_transfer"),
        ({"kind": "transfer", "amount": 1, "leg": "open"}, "cashflow_sign_fits_kind"),
    ],
)
def test_cash_flows(book: Portfolio, given: dict[str, Any], name: str) -> None:
    refused(name, lambda: CashFlow.objects.create(portfolio=book, flowed_on=TODAY, **given))


SOUND = {
    "snapshot_date": TODAY,
    "state": "final",
    "total_value": D("90.00"),
    "cash_value": D("50.00"),
    "long_value": D("70.00"),
    "short_value": D("30.00"),
    "gross_exposure": D("100.00"),
    "net_exposure": D("40.00"),
    "as_of": NOW,
}


@pytest.mark.parametrize(
    ("change", "name"),
    [
        ({"total_value": D("90.01")}, "snapshot_total_adds_up"),
        ({"gross_exposure": D("99.99")}, "snapshot_gross_adds_up"),
        ({"net_exposure": D("41.00")}, "snapshot_net_adds_up"),
        (
            {"short_value": D(-30), "gross_exposure": D(40), "net_exposure": D(100), "total_value": D(150)},
            "snapshot_sides_positive",
        ),
        ({"state": "guessed"}, "snapshot_state_known"),
        ({"greeks_kind": "both"}, "snapshot_greeks_known"),
        ({"max_drawdown": D("0.1")}, "snapshot_drawdown_not_positive"),
    ],
)
def test_snapshots(book: Portfolio, change: dict[str, Any], name: str) -> None:
    PortfolioSnapshot.objects.create(portfolio=book, **SOUND)
    refused("snapshot_once_a_day", lambda: PortfolioSnapshot.objects.create(portfolio=book, **SOUND))
    PortfolioSnapshot.objects.all().delete()
    refused(name, lambda: PortfolioSnapshot.objects.create(portfolio=book, **(SOUND | change)))


def test_greeks_and_imports(book: Portfolio) -> None:
    row = hold(book)
    for kind in ("mock", "model"):
        PositionGreeks.objects.create(position=row, kind=kind, as_of=NOW, delta=1)
    refused("greeks_once", lambda: PositionGreeks.objects.create(position=row, kind="mock", as_of=NOW))
    refused("greeks_kind_known", lambda: PositionGreeks.objects.create(position=row, kind="x", as_of=NOW))
    file = {"portfolio": book, "file_name": "a", "sha256": "0" * 64, "size": 1}
    refused("importbatch_ends_whole", lambda: ImportBatch.objects.create(state="confirmed", **file))
    ended = {"ended_at": clock.wall(), "problems": 1}
    refused("importbatch_ends_whole", lambda: ImportBatch.objects.create(state="confirmed", **file, **ended))


def test_the_eight_factors_are_those_of_the_kernel() -> None:
    rows = Factor.objects.values_list("name", "description", "etf_proxy", "factor_type", "display_order")
    wanted = [(one.name, one.description, one.etf_proxy, one.factor_type, one.display_order) for one in FACTORS]
    assert list(rows) == wanted and len(wanted) == 8
    assert not Factor.objects.filter(calculation_method="").exists()


def test_the_indexes_of_the_requirement_are_there() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT indexname, indexdef FROM pg_indexes WHERE tablename LIKE 'portfolios_%'")
        defined = dict(cursor.fetchall())
    for name in ("position_portfolio", "position_symbol", "position_type", "position_expiration", "tag_user_type"):
        assert "WHERE" in defined[name] and "deleted_at IS NULL" in defined[name], name
    assert "snapshot_date DESC" in defined["snapshot_portfolio_date"]
    assert "deleted_at IS NULL" in defined["portfolio_one_per_user_while_alive"]
    assert any("(position_id, tag_id)" in text for text in defined.values())


def test_columns_have_the_requirements_sizes() -> None:
    def size(name: str) -> tuple[int, int]:
        column: Any = Position._meta.get_field(name)
        return column.max_digits, column.decimal_places

    assert size("quantity") == (15, 4) and size("strike_price") == (10, 3) and size("entry_price") == (12, 4)
    assert size("market_value") == (15, 2) and size("unrealized_pnl_pct") == (8, 4)
