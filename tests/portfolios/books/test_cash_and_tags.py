"""The book's own money, and its tags."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.http import Http404

from portfolios.books import cash, tags
from portfolios.books.audit import find_breaks
from portfolios.books.positions import delete_position, edit_position, restore_position
from portfolios.books.selectors import (
    PositionFilter,
    get_cash,
    get_inception,
    get_totals,
    list_flows,
    list_positions,
    list_tags,
    sum_external_flows,
)
from portfolios.models import CashFlow, Portfolio, Tag
from tests.portfolios.books.conftest import CALL, MONDAY, TODAY, hold

pytestmark = pytest.mark.django_db
D = Decimal


def test_each_kind_moves_cash_its_way(book: Portfolio) -> None:
    for kind, amount in (("deposit", "1000"), ("withdrawal", "200"), ("dividend", "12.34"), ("fee", "1.50")):
        cash.add_flow(book, kind, D(amount), on=MONDAY)
    cash.add_flow(book, "interest", D("-0.84"), on=TODAY)
    cash.add_flow(book, "dividend", D("-5"), on=TODAY)  # who is short pays it
    totals = get_totals(book)
    assert (totals.cash, totals.capital, totals.income, totals.fees) == (D("805.00"), 800, D("6.50"), D("1.50"))
    assert (get_cash(book, MONDAY), get_cash(book, MONDAY - dt.timedelta(days=1))) == (D("810.84"), 0)
    assert get_inception(book) == MONDAY
    assert {flow.amount for flow in list_flows(book, kinds=["fee", "withdrawal"])} == {D("-1.50"), D("-200.00")}
    assert len(list_flows(book, since=TODAY)) == 2 and len(list_flows(book, until=MONDAY)) == 4


def test_external_flows_are_capital_only(book: Portfolio) -> None:
    cash.add_flow(book, "deposit", D(1000), on=MONDAY)
    cash.add_flow(book, "fee", D(1), on=TODAY)
    hold(book, funding="transfer", on=TODAY)
    hold(book, "TSLA", 1, "5", on=TODAY)
    assert sum_external_flows(book, None, TODAY) == D("2000.00")
    assert sum_external_flows(book, MONDAY, TODAY) == D("1000.00")


def test_flows_are_corrected_deleted_and_restored(book: Portfolio) -> None:
    flow = cash.add_flow(book, "withdrawal", D(200), on=TODAY, request_key="k")
    assert cash.add_flow(book, "deposit", D(5), request_key="k").pk == flow.pk
    cash.edit_flow(book, flow.pk, {"flowed_on": MONDAY})
    assert (book.cash, book.stale_from) == (D("-200.00"), MONDAY)
    cash.edit_flow(book, flow.pk, {"amount": D(150), "note": "rent"})
    assert book.cash == D("-150.00")
    cash.edit_flow(book, flow.pk, {"kind": "deposit"})
    assert book.cash == D("150.00")
    for _ in range(2):
        cash.delete_flow(book, flow.pk)
        assert book.cash == 0
    assert [one.pk for one in list_flows(book, deleted=True)] == [flow.pk]
    for _ in range(2):
        cash.restore_flow(book, flow.pk)
        assert book.cash == D("150.00")


def test_what_a_position_made_is_not_changed_by_hand(book: Portfolio, other: Portfolio) -> None:
    row = hold(book, fees=D(1))
    for flow in CashFlow.objects.filter(position=row):
        for act in (cash.delete_flow, cash.restore_flow):
            with pytest.raises(ValidationError, match="belongs to a position"):
                act(book, flow.pk)
        with pytest.raises(ValidationError, match="belongs to a position"):
            cash.edit_flow(book, flow.pk, {"amount": D(1)})
        with pytest.raises(Http404):
            cash.delete_flow(other, flow.pk)


def test_cash_is_set_by_a_flow_of_the_difference(book: Portfolio) -> None:
    hold(book)
    made = cash.change_book(book, cash=D("500.00"), name="  Retirement   account ")
    assert made is not None and (made.kind, made.amount, made.flowed_on) == ("deposit", D("1500.00"), TODAY)
    assert (book.cash, book.name) == (D("500.00"), "Retirement account")
    assert cash.change_book(book, cash=D("500.00")) is None
    taken = cash.change_book(book, cash=D("-20.00"))
    assert taken is not None and (taken.kind, taken.amount) == ("withdrawal", D("-520.00"))
    assert find_breaks(book) == ()


@pytest.mark.parametrize(
    ("kind", "amount", "more", "field"),
    [
        ("trade", "1", {}, "kind"),
        ("deposit", "0", {}, "amount"),
        ("deposit", "-1", {}, "amount"),
        ("deposit", "0.001", {}, "amount"),
        ("deposit", "NaN", {}, "amount"),
        ("deposit", "1000000000000", {}, "amount"),
        ("deposit", "1", {"on": dt.date(2026, 8, 22)}, "flowed_on"),
        ("deposit", "1", {"note": "x" * 256}, "note"),
        ("deposit", "1", {"request_key": "x" * 65}, "request_key"),
    ],
)
def test_a_flow_that_cannot_be_is_refused(
    book: Portfolio, kind: str, amount: str, more: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        cash.add_flow(book, kind, D(amount), **more)
    assert field in refused.value.message_dict and CashFlow.objects.count() == 0


def test_a_book_has_a_name(book: Portfolio) -> None:
    for name in ("", "   ", "x" * 256, "a\x00b"):
        with pytest.raises(ValidationError, match="printable"):
            cash.change_book(book, name=name)


def test_usage_counts_follow_every_change(book: Portfolio) -> None:
    first = hold(book, tag_names=["Growth", "AI"])
    second = hold(book, "TSLA", -1, "5", tag_names=["growth"])  # capitals aside it is the same tag
    counts = lambda: {tag.name: tag.usage_count for tag in Tag.objects.all()}  # noqa: E731
    assert counts() == {"Growth": 2, "AI": 1}
    edit_position(book, second.pk, {}, tag_names=["Hedge"])
    assert counts() == {"Growth": 1, "AI": 1, "Hedge": 1}
    delete_position(book, first.pk)
    assert counts() == {"Growth": 0, "AI": 0, "Hedge": 1}
    restore_position(book, first.pk)
    assert counts() == {"Growth": 1, "AI": 1, "Hedge": 1}


def test_a_deleted_tag_comes_back_where_it_was(book: Portfolio) -> None:
    row = hold(book, tag_names=["Growth"])
    tag = Tag.objects.get()
    for _ in range(2):
        tags.delete_tag(book, tag.pk)
    assert list(list_tags(book)) == [] and list(list_tags(book, deleted=True)) == [tag]
    assert list(list_positions(book, PositionFilter(tags=("Growth",)))) == []
    assert list_positions(book).get().living_tags == []  # type: ignore[attr-defined]
    new = tags.create_tag(book, "GROWTH", tag_type="STRATEGY", color="#22C55E")
    with pytest.raises(ValidationError, match="There is a tag"):
        tags.restore_tag(book, tag.pk)
    tags.edit_tag(book, new.pk, {"name": "Other"})
    assert tags.restore_tag(book, tag.pk).usage_count == 1
    assert [one.name for one in list_positions(book).get().living_tags] == ["Growth"]  # type: ignore[attr-defined]
    assert row.tags.count() == 1 and find_breaks(book) == ()


def test_tags_filter_by_any_and_by_all(book: Portfolio) -> None:
    hold(book, "AAA", tag_names=["Growth", "AI"])
    hold(book, "BBB", tag_names=["Growth"])
    hold(book, "CCC", tag_names=["Hedge"])
    hold(book, "DDD")

    def symbols(*names: str, every: bool = False) -> list[str]:
        return [row.symbol for row in list_positions(book, PositionFilter(tags=names, all_tags=every))]

    assert symbols("growth", "hedge") == ["AAA", "BBB", "CCC"]
    assert symbols("Growth", "AI", every=True) == ["AAA"]
    assert symbols("Growth", "Hedge", every=True) == []
    assert symbols("nothing") == []
    assert symbols() == ["AAA", "BBB", "CCC", "DDD"]


def test_positions_filter_and_sort(book: Portfolio) -> None:
    hold(book, "AAPL", 10, "100")
    hold(book, CALL, 1, "12")
    hold(book, "TSLA", -5, "300", on=dt.date(2026, 8, 3))

    def symbols(**wanted: Any) -> list[str]:
        return [row.symbol for row in list_positions(book, PositionFilter(**wanted))]

    assert symbols(symbol="AAPL") == ["AAPL", CALL]
    assert symbols(types=("SHORT", "LC")) == [CALL, "TSLA"]
    assert symbols(expires_by=dt.date(2026, 12, 18)) == [CALL]
    assert symbols(expires_by=dt.date(2026, 12, 17)) == []
    assert symbols(sort="market_value") == ["TSLA", "AAPL", CALL]
    assert symbols(sort="-entry_price") == ["TSLA", "AAPL", CALL]
    assert symbols(sort="-expiration")[0] == CALL and symbols(sort="expiration")[0] == CALL
    assert symbols(state="deleted") == [] and len(symbols(state="all")) == 3


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "a,b"}, "name"),
        ({"name": "x" * 101}, "name"),
        ({"name": "a\x07b"}, "name"),
        ({"name": "Growth", "color": "red"}, "color"),
        ({"name": "Growth", "color": "#12345G"}, "color"),
        ({"name": "Growth", "tag_type": "OTHER"}, "tag_type"),
        ({"name": "Taken"}, "name"),
        ({"name": "tAKEN"}, "name"),
    ],
)
def test_a_tag_that_cannot_be_is_refused(book: Portfolio, given: dict[str, Any], field: str) -> None:
    tags.create_tag(book, "Taken")
    with pytest.raises(ValidationError) as refused:
        tags.create_tag(book, **given)
    assert field in refused.value.message_dict and Tag.objects.count() == 1


def test_tags_have_an_end_and_an_owner(book: Portfolio, other: Portfolio, monkeypatch: pytest.MonkeyPatch) -> None:
    theirs = tags.create_tag(other, "Growth")
    tags.create_tag(book, "Growth")  # everybody has names of his own
    for act in (tags.delete_tag, tags.restore_tag):
        with pytest.raises(Http404):
            act(book, theirs.pk)
    with pytest.raises(Http404):
        tags.edit_tag(book, theirs.pk, {"name": "mine"})
    monkeypatch.setattr(tags, "TAGS_MAX", 2)
    tags.create_tag(book, "Second")
    with pytest.raises(ValidationError, match="At most 2"):
        tags.create_tag(book, "Third")
    with pytest.raises(ValidationError, match="At most 2"):
        hold(book, tag_names=["Third"])
