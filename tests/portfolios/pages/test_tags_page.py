"""The tags page: made, renamed, recoloured, deleted, restored, with what their positions are worth."""

# ruff: noqa: F811 - fixtures are taken by name
from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portfolios.books import positions, tags
from portfolios.books.ledger import apply_price
from portfolios.books.selectors import list_tags
from portfolios.models import Portfolio, Tag
from portfolios.pages.tags import with_totals
from sentiment_site.market import calendar, clock
from tests.portfolios.books.conftest import (  # noqa: F401 - the same people, books and evening
    MONDAY,
    NOW,
    book,
    friday_evening,
    hold,
    no_rates,
    other,
)
from tests.portfolios.pages.rows import HTMX, part, text

pytestmark = pytest.mark.django_db
D = Decimal
TAGS = "/book/tags/"
GREEN = "#22c55e"


def address(name: str, tag: Tag) -> str:
    return reverse(f"portfolios:tag{name}", args=[tag.pk])


def test_totals_are_of_the_positions_that_carry_it(book: Portfolio) -> None:
    long, short = (
        hold(book, "AAA", 10, "10", tag_names=["both", "one"]),
        hold(book, "BBB", -5, "20", tag_names=["both"]),
    )
    for row, now in ((long, "12"), (short, "19")):
        row.refresh_from_db()
        apply_price(row, D(now), NOW, "close").store()
    closed = hold(book, "CCC", 1, "10", tag_names=["both"])
    positions.close_position(book, closed.pk, price=D(17))
    gone = hold(book, "DDD", 100, "10", tag_names=["both"])
    positions.delete_position(book, gone.pk)
    both, one = with_totals(list_tags(book))
    assert (both.name, both.usage_count, both.open_count) == ("both", 3, 2)
    assert (both.net_value, both.unrealized, both.realized) == (D(25), D(25), D(7))  # 120 - 95; 20 + 5; 17 - 10
    assert (one.open_count, one.net_value, one.realized) == (1, D(120), None)


def test_made_and_changed_in_place(hers: Client, book: Portfolio) -> None:
    given = {"name": " Pair  trade ", "tag_type": "STRATEGY", "color": GREEN}
    html = text(hers.post(f"{TAGS}new/", given, headers=HTMX))
    assert "Pair trade" in html and f'fill="{GREEN}"' in html and "tag-strategy" in html
    taken = text(hers.post(f"{TAGS}new/", given | {"name": "PAIR TRADE"}, headers=HTMX))
    assert re.search(r'id="id_name_error".*?There is a tag', taken)
    assert hers.post(f"{TAGS}new/", given | {"name": "x", "color": "red"}).status_code == 400
    tag = Tag.objects.get()
    assert part(hers, address("-edit", tag)).startswith('<tr class="row-form"')
    sent = {"name": "Pairs", "tag_type": "STRATEGY", "color": GREEN}
    assert "Pairs saved." in text(hers.post(address("-edit", tag), sent, headers=HTMX))
    assert part(hers, address("", tag)).startswith(f'<tr id="tag-{tag.pk}"')
    assert hers.get(address("", tag))["Location"] == TAGS


def test_deleted_and_restored_where_it_was(hers: Client, book: Portfolio) -> None:
    row = hold(book, tag_names=["Hedge"])
    (tag,) = Tag.objects.all()
    gone = text(hers.post(address("-delete", tag), headers=HTMX))
    assert address("-restore", tag) in gone and "No tag yet" in gone
    assert "Restore" in part(hers, f"{TAGS}?state=deleted")
    other = tags.create_tag(book, "hedge")
    refused = hers.post(address("-restore", tag))
    assert refused.status_code == 400 and "There is a tag" in text(refused)
    tags.delete_tag(book, other.pk)
    assert hers.post(address("-restore", tag)).status_code == 302
    assert [each.name for each in row.tags.filter(deleted_at=None)] == ["Hedge"]


@pytest.mark.parametrize("name", ["", "-edit", "-delete", "-restore"])
def test_somebody_elses_tag_is_not_there(name: str, hers: Client, book: Portfolio, other: Portfolio) -> None:
    theirs = tags.create_tag(other, "theirs")
    ask = hers.get if name in ("", "-edit") else hers.post
    assert ask(address(name, theirs), headers=HTMX).status_code == 404


def test_the_past_shows_the_tags_that_were_there(hers: Client, book: Portfolio) -> None:
    with clock.frozen(calendar.shift(MONDAY, 0).open):
        early = tags.create_tag(book, "early")
    tags.create_tag(book, "late")
    tags.delete_tag(book, early.pk)
    html = text(hers.get(f"{TAGS}?as_of=2026-08-18")).partition("<main")[2]
    assert ">early</span>" in html and "late" not in html and "Edit" not in html and "Add tag" not in html
    assert hers.post(f"{address('-delete', early)}?as_of=2026-08-18").status_code == 400
    assert hers.get(f"{TAGS}?kind=x").status_code == 400


def test_a_colour_cannot_carry_anything_else(hers: Client, book: Portfolio) -> None:
    given = {"name": "x", "tag_type": "REGULAR", "color": '"><b>'}
    hers.post(f"{TAGS}new/", given)
    assert not Tag.objects.exists()
    tags.create_tag(book, "<script>alert(1)</script>")
    assert "<script>alert" not in hers.get(TAGS).content.decode()


def test_the_list_costs_the_same_whatever_its_length(
    hers: Client, book: Portfolio, django_assert_num_queries: Any
) -> None:
    hold(book, tag_names=["a"])
    hers.get(TAGS)
    with django_assert_num_queries(3):
        hers.get(TAGS)
    for place in range(6):
        hold(book, "IONQ", 1, "1", on=MONDAY + dt.timedelta(days=1), tag_names=["a", f"t{place}"])
    with django_assert_num_queries(3):
        hers.get(TAGS)
