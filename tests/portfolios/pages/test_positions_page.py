"""The positions page: what it shows, what its forms do with scripts and without, and who may."""

# ruff: noqa: F811 - fixtures are taken by name
from __future__ import annotations

import csv
import datetime as dt
import io
import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from portfolios.books import audit, positions, tags
from portfolios.books.ledger import apply_price
from portfolios.models import Portfolio, Position, PositionSplit
from sentiment_site.market import calendar, clock
from tests.portfolios.books.conftest import (  # noqa: F401 - the same people, books and evening
    CALL,
    MONDAY,
    NOW,
    PUT,
    TODAY,
    book,
    friday_evening,
    hold,
    no_rates,
    other,
)
from tests.portfolios.pages.rows import HTMX, part, publish_light, text

pytestmark = pytest.mark.django_db
D = Decimal
LIST = "/book/positions/"


def price(position: Position, amount: str) -> None:
    """Something prices it at the close."""
    position.refresh_from_db()
    apply_price(position, D(amount), dt.datetime(2026, 8, 21, 20, tzinfo=dt.UTC), "close").store()


def entry(**changed: Any) -> dict[str, Any]:
    """The form of a new position."""
    given = {"symbol": "SOUN", "quantity": "-100", "entry_price": "9.40", "entry_date": "2026-08-17"}
    return given | {"funding": "trade", "request_key": "once"} | changed


def address(name: str, row: Position) -> str:
    return reverse(f"portfolios:position{name}", args=[row.pk])


def symbols(html: str) -> list[str]:
    """Those of the table's rows, in order."""
    return re.findall(r'<th scope="row"><a [^>]*title="([^"]+)"', html)


def test_rows_say_what_is_held_and_what_it_earns(hers: Client, book: Portfolio) -> None:
    short = hold(book, "SOUN", -100, "10", note="crowded")
    hold(book, "IONQ", 50, "40")
    price(short, "8")
    html = text(hers.get(LIST))
    assert '<b class="num">2</b> positions' in html
    assert "−800.00" in html and "+200.00" in html and "+20.00" in html  # worth, earned, percent
    assert 'title="nothing has priced it yet: it stands at its entry price"' in html
    assert "crowded" in html and "unrealised <b" in html
    assert 'id="filters"' in html and 'id="filters"' not in part(hers, LIST)


def test_the_light_of_the_sector_stands_beside_each_row(hers: Client, book: Portfolio) -> None:
    publish_light(TODAY)
    hold(book, "TECA", -100, "10")
    hold(book, "ZZZZ", 1, "1")
    html = part(hers, LIST)
    assert "tone tone-blue_neutral" in html and "NEUTRAL" in html and 'title="Technology, confidence' in html
    assert "Not in the universe: no sector, no light" in html
    assert symbols(part(hers, f"{LIST}?sector=technology")) == ["TECA"]
    assert symbols(part(hers, f"{LIST}?sector=energy")) == []


def test_filters_sort_and_pages_are_in_the_address(hers: Client, book: Portfolio) -> None:
    for symbol, amount in (("AAA", "1"), ("CCC", "3"), ("BBB", "2")):
        hold(book, symbol, 10, amount, tag_names=["odd"] if symbol != "BBB" else ["even", "odd"])
    hold(book, CALL, -1, "5")
    assert symbols(part(hers, LIST)) == ["AAA", CALL, "BBB", "CCC"]
    assert symbols(part(hers, f"{LIST}?sort=-entry_price")) == [CALL, "CCC", "BBB", "AAA"]
    assert symbols(part(hers, f"{LIST}?type=SC&type=LP")) == [CALL]
    assert symbols(part(hers, f"{LIST}?symbol=aapl")) == [CALL]
    assert symbols(part(hers, f"{LIST}?tag=even&tag=odd&tags=all")) == ["BBB"]
    assert symbols(part(hers, f"{LIST}?tag=even&tag=odd")) == ["AAA", "BBB", "CCC"]
    assert symbols(part(hers, f"{LIST}?expires_by=2026-12-18")) == [CALL]
    shown = hers.get(f"{LIST}?symbol=&state=&type=SC&page=1", headers=HTMX)
    assert shown["HX-Push-Url"] == f"{LIST}?type=SC"
    assert "No position fits these filters" in part(hers, f"{LIST}?symbol=NOPE")


@pytest.mark.parametrize("asked", ["sort=x", "sectr=energy", "limit=5", "page=2", "as_of=soon", "state=x"])
def test_what_cannot_be_read_is_refused_by_name(asked: str, hers: Client, book: Portfolio) -> None:
    response = hers.get(f"{LIST}?{asked}")
    assert response.status_code == 400 and asked.partition("=")[0] in text(response)


def test_the_stock_panel_does_not_disturb_the_filter(hers: Client, book: Portfolio) -> None:
    hold(book)
    html = text(hers.get(f"{LIST}?panel=SOUN&type=LONG"))
    assert "panel=SOUN" not in html.partition('id="positions"')[2]


def test_the_csv_holds_the_rows_of_the_filter(hers: Client, book: Portfolio) -> None:
    row = hold(book, "SOUN", -100, "10", note="=1+1", tag_names=["a", "b"])
    hold(book, "IONQ", 50, "40")
    price(row, "8")
    response = hers.get("/book/positions.csv?type=SHORT")
    (found,) = csv.DictReader(io.StringIO(response.content.decode()))
    assert (found["symbol"], found["quantity"], found["last"], found["pnl"]) == (
        "SOUN",
        "-100.0000",
        "8.0000",
        "200.00",
    )
    assert (found["note"], found["tags"], found["pnl_pct"]) == ("'=1+1", "a,b", "20.0000")
    assert response["Content-Disposition"] == 'attachment; filename="positions.csv"'


def test_entering_without_scripts_is_a_page_and_a_redirect(hers: Client, book: Portfolio) -> None:
    page = text(hers.get("/book/positions/new/?symbol=IONQ"))
    assert 'value="IONQ"' in page and 'name="request_key"' in page and "<header" in page
    answer = hers.post("/book/positions/new/", entry(fees="1.30", tags="a, b", back="sort=-pnl"))
    assert answer.status_code == 302 and answer["Location"] == f"{LIST}?sort=-pnl"
    row = Position.objects.get()
    assert (row.position_type, row.quantity, row.entry_price) == ("SHORT", D(100), D("9.4"))
    book.refresh_from_db()
    assert book.cash == D("938.70")
    assert "SHORT 100 SOUN entered." in text(hers.get(answer["Location"]))


def test_sent_twice_it_enters_once(hers: Client, book: Portfolio) -> None:
    for _ in range(2):
        assert hers.post("/book/positions/new/", entry(), headers=HTMX).status_code == 200
    assert Position.objects.count() == 1


def test_a_refusal_stands_beside_its_field_and_loses_nothing(hers: Client, book: Portfolio) -> None:
    given = entry(symbol="AAPL991399C00250000", quantity="1,000", entry_price="9,4", note="keep me", tags="x")
    answer = hers.post("/book/positions/new/", given)
    html = text(answer)
    assert answer.status_code == 400 and Position.objects.count() == 0
    assert "keep me" in html and 'value="1,000"' in html
    assert re.search(r'id="id_entry_price_error".*?Enter a number', html)
    again = text(hers.post("/book/positions/new/", given | {"entry_price": "9.4"}, headers=HTMX))
    assert re.search(r'id="id_symbol_error".*?no option', again) and "keep me" in again


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("AAPL261218C00250000", "call at 250, expires Fri 18 Dec 2026 (in 119 days)"),
        ("aapl 12/18/2026 250 P", "put at 250"),
        ("AAPL1261218C00250000", "adjusted contract"),
        ("AAPL200117C00250000", "expired"),
        ("AAPL26", "neither a ticker nor an option symbol"),
        ("ZZZZ", "not a listed stock here"),
    ],
)
def test_a_symbol_is_explained_while_it_is_typed(typed: str, said: str, hers: Client, book: Portfolio) -> None:
    answer = hers.get("/book/positions/symbol/", {"symbol": typed}, headers=HTMX)
    assert said in text(answer)
    assert text(hers.get("/book/positions/symbol/?symbol=", headers=HTMX)) == ""


def test_a_known_symbol_shows_its_name_and_light(hers: Client, book: Portfolio) -> None:
    publish_light(TODAY)
    said = part(hers, "/book/positions/symbol/?symbol=teca")
    assert "NEUTRAL" in said and "Technology" in said and "not a listed stock" not in said


def test_a_row_becomes_a_form_and_a_row_again(hers: Client, book: Portfolio) -> None:
    row = hold(book, "SOUN", -100, "10", note="before", tag_names=["a"])
    form = part(hers, f"{address('-edit', row)}?back=sort%3D-pnl")
    assert form.startswith('<tr class="row-form"') and 'value="100"' in form and 'value="sort=-pnl"' in form
    assert part(hers, address("", row)).startswith(f'<tr id="position-{row.pk}"')
    whole = text(hers.get(address("-edit", row)))
    assert "<header" in whole and "hx-post" not in whole.partition("<main")[2].partition("</main>")[0]


def shown_form(hers: Client, row: Position) -> dict[str, str]:
    """What a browser would send of the form as it is shown, hidden first values included."""
    page = hers.get(address("-edit", row)).content.decode()
    form = page.partition("data-editor")[2].partition("</form>")[0]
    sent = {}
    for tag in re.findall(r"<input[^>]*>", form):
        name, value = re.search(r'name="([^"]+)"', tag), re.search(r'value="([^"]*)"', tag)
        if name and name[1] != "csrfmiddlewaretoken":
            sent[name[1]] = value[1] if value else ""
    for name, options in re.findall(r'<select name="([^"]+)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'value="([^"]*)" selected', options)
        sent[name] = chosen[1] if chosen else ""
    return sent


def test_only_what_was_changed_on_the_form_is_changed(hers: Client, book: Portfolio) -> None:
    row = hold(book, "SOUN", 100, "10", tag_names=["a"])
    sent = shown_form(hers, row)
    positions.close_position(book, row.pk, price=D(11), quantity=D(60))  # in another window, meanwhile
    answer = hers.post(address("-edit", row), sent | {"note": "mine", "tags": "a, b"}, headers=HTMX)
    assert answer["HX-Retarget"] == "#positions" and "saved." in text(answer)
    row.refresh_from_db()
    assert (row.quantity, row.note) == (D(40), "mine")
    assert sorted(tag.name for tag in row.tags.all()) == ["a", "b"]
    assert audit.find_breaks(book) == ()


def test_a_price_is_corrected_in_the_row(hers: Client, book: Portfolio) -> None:
    row = hold(book, "SOUN", 100, "10")
    sent = shown_form(hers, row) | {"entry_price": "9.5"}
    refused = hers.post(address("-edit", row), sent | {"quantity": "0"}, headers=HTMX)
    assert "A quantity of nothing is no position" in text(refused) and 'value="9.5"' in text(refused)
    assert "HX-Retarget" not in refused
    html = text(hers.post(address("-edit", row), sent, headers=HTMX))
    assert "9.50" in html and "autofocus" in html
    book.refresh_from_db()
    assert book.cash == D("-950")


def test_closing_a_part_and_all_taking_it_back(hers: Client, book: Portfolio) -> None:
    row = hold(book, "SOUN", 100, "10")
    price(row, "12")
    form = part(hers, address("-close", row))
    assert 'value="12"' in form and 'value="100"' in form and 'value="2026-08-21"' in form
    sent = {"price": "12.5", "quantity": "60", "date": "2026-08-21", "fees": "", "request_key": "k"}
    for _ in range(2):  # sent twice
        assert "closed at 12.5" in text(hers.post(address("-close", row), sent, headers=HTMX))
    row.refresh_from_db()
    assert row.quantity == D(40)
    refused = text(hers.post(address("-close", row), sent | {"quantity": "41", "request_key": "l"}, headers=HTMX))
    assert "More than 0, at most 40." in refused
    closed = part(hers, f"{LIST}?state=closed")
    assert "+150.00" in closed and "Reopen" in closed and "realised <b" in closed
    lot = Position.objects.exclude(pk=row.pk).get()
    assert "the lot that it was closed from" in text(hers.get(address("", lot)))
    assert 'name="quantity"' not in part(hers, address("-edit", lot))  # a closed row keeps all but note and tags
    assert hers.post(address("-reopen", lot)).status_code == 302
    assert Position.objects.filter(closed_on__isnull=True).count() == 2 and audit.find_breaks(book) == ()


def test_deleting_can_be_undone(hers: Client, book: Portfolio) -> None:
    row = hold(book)
    answer = text(hers.post(address("-delete", row), {"back": "type=LONG"}, headers=HTMX))
    assert "LONG 100 SOUN deleted." in answer and f'hx-post="{address("-restore", row)}"' in answer
    assert 'hx-swap-oob="beforeend:#toasts"' in answer
    deleted = part(hers, f"{LIST}?state=deleted")
    assert symbols(deleted) == ["SOUN"] and "Restore" in deleted and "Edit" not in deleted
    assert hers.get(address("-edit", row)).status_code == 404
    plain = hers.post(address("-restore", row))
    assert plain.status_code == 302 and symbols(part(hers, LIST)) == ["SOUN"]
    plain = hers.post(address("-delete", row), follow=True)
    assert "It can be taken back under Deleted." in text(plain)


def test_what_cannot_be_restored_says_so(hers: Client, book: Portfolio) -> None:
    row = hold(book)
    Position.objects.update(import_key="k")
    positions.delete_position(book, row.pk)
    again = hold(book)
    Position.objects.filter(pk=again.pk).update(import_key="k")
    refused = hers.post(address("-restore", row))
    assert refused.status_code == 400 and "was imported again" in text(refused)
    assert "was imported again" in text(hers.post(address("-restore", row), headers=HTMX))


def test_ticked_rows_get_a_tag_or_lose_it(hers: Client, book: Portfolio) -> None:
    first, second, third = hold(book, "AAA"), hold(book, "BBB", tag_names=["hedge"]), hold(book, "CCC")
    ticked = {"position": [first.pk, second.pk], "tag": "Hedge", "action": "add"}
    assert "Hedge put on 1 of 2 rows." in text(hers.post("/book/positions/tag/", ticked, headers=HTMX))
    (tag,) = third.portfolio.user.tags.all()
    assert tag.usage_count == 2 and not third.tags.exists()
    assert "taken off 2 of 2" in text(hers.post("/book/positions/tag/", ticked | {"action": "remove"}, headers=HTMX))
    tag.refresh_from_db()
    assert tag.usage_count == 0
    nothing = hers.post("/book/positions/tag/", {"tag": "x", "action": "add"})
    assert nothing.status_code == 400 and "Tick the rows first." in text(nothing)


def test_one_foreign_row_and_none_is_tagged(hers: Client, book: Portfolio, other: Portfolio) -> None:
    mine, theirs = hold(book), hold(other)
    sent = {"position": [mine.pk, theirs.pk], "tag": "x", "action": "add"}
    assert hers.post("/book/positions/tag/", sent).status_code == 404
    assert not mine.tags.exists() and not theirs.tags.exists()


def test_no_more_tags_than_a_position_may_have(hers: Client, book: Portfolio) -> None:
    row = hold(book, tag_names=[f"t{n}" for n in range(20)])
    sent = {"position": [row.pk], "tag": "one more", "action": "add"}
    assert "at most 20 tags" in text(hers.post("/book/positions/tag/", sent, headers=HTMX))
    assert tags.tag_positions(book, [row.pk], "T3") == 0 and row.tags.count() == 20


@pytest.mark.parametrize("name", ["", "-edit", "-close", "-reopen", "-delete", "-restore"])
def test_what_is_somebody_elses_is_not_there(name: str, hers: Client, book: Portfolio, other: Portfolio) -> None:
    theirs = hold(other)
    ask = hers.get if name in ("", "-edit", "-close") else hers.post
    assert ask(address(name, theirs)).status_code == 404
    assert ask(address(name, theirs), headers=HTMX).status_code == 404
    theirs.refresh_from_db()
    assert theirs.is_open


def test_splits_and_odd_deliverables_are_said(hers: Client, book: Portfolio) -> None:
    odd = hold(book, "AAPL1261218C00250000", 1, "5", deliverable_shares=D(150), deliverable_cash=D("3.20"))
    PositionSplit.objects.create(
        position=odd,
        execution_date=MONDAY,
        split_from=2,
        split_to=3,
        symbol_before=CALL,
        quantity_before=1,
        entry_price_before=5,
        shares_before=100,
    )
    html = part(hers, LIST)
    assert "adjusted: delivers 150 AAPL and $3.20, $100 per point" in html
    assert "split 2:3 on 2026-08-17 (before: 1 at 5)" in html and "AAPL1 18 Dec 26 250 C" in html


def test_the_past_is_read_only(hers: Client, book: Portfolio) -> None:
    with clock.frozen(calendar.shift(MONDAY, 0).open):
        row = hold(book)
    later = hold(book, "IONQ")
    moment = "2026-08-18T12:00"
    html = text(hers.get(f"{LIST}?as_of={moment}"))
    assert symbols(html) == ["SOUN"] and "the past is read-only" in html
    assert "Edit" not in html.partition('id="positions"')[2] and 'name="position"' not in html
    assert "prices of then are not kept by position" in html and "on the terms that are known now" in html
    for name in ("-edit", "-close"):
        refused = hers.get(f"{address(name, row)}?as_of={moment}")
        assert refused.status_code == 400 and "the past is read-only" in text(refused)
    assert hers.post(f"{address('-delete', row)}?as_of={moment}").status_code == 400
    assert hers.get(f"{address('', later)}?as_of={moment}").status_code == 404
    assert hers.get(f"{address('', row)}?as_of={moment}").status_code == 200


def test_an_empty_book_says_what_to_do(hers: Client, book: Portfolio) -> None:
    html = text(hers.get(LIST))
    assert "No open position." in html and 'href="/book/positions/new/"' in html


def test_a_stranger_is_sent_to_the_login(client: Client) -> None:
    assert client.get(LIST)["Location"] == f"/login/?next={LIST}"
    fragment = client.get(LIST, headers=HTMX)
    assert fragment.status_code == 401 and fragment["HX-Redirect"] == "/login/"


def test_the_list_costs_the_same_whatever_its_length(
    hers: Client, book: Portfolio, django_assert_num_queries: Any
) -> None:
    publish_light(TODAY)
    for place in range(3):
        hold(book, f"TEC{'ABC'[place]}", tag_names=["a", "b"])
    hers.get(LIST)
    with django_assert_num_queries(PAGE_STATEMENTS):
        hers.get(LIST)
    for place in range(5):
        hold(book, f"HEA{'ABCDE'[place]}", tag_names=["a", "c"])
        hold(book, CALL if place % 2 else PUT, 1, "1")
    with django_assert_num_queries(PAGE_STATEMENTS):
        hers.get(LIST)
    with django_assert_num_queries(CSV_STATEMENTS):
        hers.get("/book/positions.csv")


PAGE_STATEMENTS = 14
CSV_STATEMENTS = 9
