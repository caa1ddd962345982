"""The import wizard as plain forms: upload, look, leave out, name columns, confirm, progress; nobody else's file."""

from __future__ import annotations

import random
import re
import uuid
from collections import Counter
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from portfolios.books import imports
from portfolios.books.audit import find_breaks
from portfolios.books.confirming import INLINE_ROWS
from portfolios.books.imports import ImportOptions
from portfolios.books.selectors import get_totals
from portfolios.models import ImportBatch, Portfolio, Position, User
from portfolios.pages.import_preview import compare_totals
from sentiment_site.jobs.execution import execute
from tests.portfolios.books.conftest import book, friday_evening, hold, other  # noqa: F401 - the same book and evening
from tests.portfolios.books.test_imports import mangle
from tests.portfolios.conftest import ada, bob, plain_http  # noqa: F401 - the same people

pytestmark = pytest.mark.django_db
D = Decimal
UPLOADS = "/book/import/"
GOOD = b"""ticker,quantity,entry_price,entry_date,tags
SOUN,100,9.50,2026-08-17,"Growth,AI"
TSLA,-50,200,2026-08-17,Hedge
AAPL261218C00250000,2,12.40,2026-08-18,
"""
BAD = b"""ticker,quantity,entry_price,entry_date
SOUN,100,9.50,2026-08-17
TSLA,abc,200,2026-08-17
AAPL,5,,2027-01-01
"""
STRANGE = b"Stock;Shares;Cost;Bought on;Why\nSOUN;100;9,50;05/08/2026;dip\nTSLA;-5;1.200,25;17/08/2026;\n"


@pytest.fixture
def hers(client: Client, ada: User) -> Client:  # noqa: F811
    """Ada's browser."""
    client.force_login(ada)
    return client


def upload(browser: Client, data: bytes, name: str = "positions.csv") -> Any:
    return browser.post(UPLOADS, {"file": SimpleUploadedFile(name, data, "text/csv")})


def words(answer: Any) -> str:
    """The page's text on one line."""
    text = re.sub(r"<[^>]+>", " ", answer.content.decode())
    return re.sub(r"\s+", " ", text).replace("&#x27;", "'").replace("&quot;", '"')


def address(batch: ImportBatch, step: str = "file") -> str:
    return reverse(f"portfolios:import-{step}", args=[batch.pk])


def test_upload_look_confirm(hers: Client, book: Portfolio) -> None:  # noqa: F811
    assert "2,000,000 bytes" in words(hers.get(UPLOADS)) and "5,000 rows" in words(hers.get(UPLOADS))
    answer = upload(hers, GOOD)
    batch = ImportBatch.objects.get()
    assert (answer.status_code, answer["Location"]) == (302, address(batch))
    page = words(hers.get(address(batch)))
    assert "Recognised by its header in row 1: quantity, entry_price, entry_date." in page
    assert "Read as: Sectorlight template" in page and "Enter 3 positions" in page
    assert Position.objects.count() == 0
    done = hers.post(address(batch, "confirm"), follow=True)
    assert done.redirect_chain == [(address(batch), 302)]
    assert "3 positions entered." in words(done)
    assert Position.objects.count() == 3
    assert "entered" in words(hers.get(UPLOADS))
    assert hers.post(address(batch, "confirm")).status_code == 302 and Position.objects.count() == 3


def test_the_same_file_again_is_nothing_new(hers: Client, book: Portfolio) -> None:  # noqa: F811
    imports.confirm_import(book, imports.preview_import(book, "a.csv", GOOD).pk)
    upload(hers, GOOD, "again.csv")
    batch = ImportBatch.objects.get(file_name="again.csv")
    answer = hers.get(address(batch))
    page = words(answer)
    assert "Nothing new: the book has all 3 positions already" in page and "This very file was entered before" in page
    assert answer.content.decode().count('<tr class="excluded">') >= 3
    assert "None." in words(hers.get(address(batch), {"show": "new"}))
    assert "SOUN" in words(hers.get(address(batch), {"show": "known"}))
    done = words(hers.post(address(batch, "confirm"), follow=True))
    assert "Nothing new. 3 were in the book already." in done and Position.objects.count() == 3


def test_bad_rows_are_named_and_left_out_one_by_one(hers: Client, book: Portfolio) -> None:  # noqa: F811
    upload(hers, BAD)
    batch = ImportBatch.objects.get()
    page = words(hers.get(address(batch)))
    assert "quantity : 'abc' is not a number" in page and "price : the price is missing" in page
    assert "date : 2027-01-01 lies after today" in page and "TSLA abc 200 2026-08-17" in page
    refused = hers.post(address(batch, "confirm"))
    assert refused.status_code == 400 and "nothing is entered" in words(refused)
    nothing = hers.post(address(batch), {"change": "leave_out"})
    assert nothing.status_code == 400 and "Tick the rows first." in words(nothing)
    assert hers.post(address(batch), {"change": "leave_out", "row": ["3"]}).status_code == 302
    batch.refresh_from_db()
    assert batch.options["skip_rows"] == [3] and batch.problems == 2
    hers.post(address(batch), {"change": "leave_out_all"})
    batch.refresh_from_db()
    assert batch.options["skip_rows"] == [3, 4] and (batch.rows, batch.problems) == (1, 0)
    assert "2 rows left out by you" in words(hers.get(address(batch)))
    hers.post(address(batch), {"change": "take_in", "row": ["4"]})
    batch.refresh_from_db()
    assert batch.options["skip_rows"] == [3] and batch.problems == 2
    hers.post(address(batch), {"change": "leave_out_all"})
    hers.post(address(batch, "confirm"))
    assert [row.symbol for row in Position.objects.all()] == ["SOUN"]


def test_columns_of_a_file_nobody_knows(hers: Client, book: Portfolio) -> None:  # noqa: F811
    upload(hers, STRANGE)
    batch = ImportBatch.objects.get()
    answer = hers.get(address(batch))
    assert "Not recognised" in words(answer) and "Say below which column is what" in words(answer)
    reading = answer.context["reading"]
    guessed = {choice.field: choice.column for choice in reading.choices}
    assert guessed == {"symbol": "Stock", "quantity": "Shares", "price": "Cost", "date": "Bought on", "tags": ""}
    form: dict[str, Any] = {"change": "read", "preset": "custom", "funding": "trade"}
    missing = hers.post(address(batch), form | {"column_symbol": "Stock"})
    assert missing.status_code == 400 and "Say which column is: Quantity" in words(missing)
    form |= {f"column_{name}": column for name, column in guessed.items()} | {"column_tags": "Why"}
    hers.post(address(batch), form)
    wrong = words(hers.get(address(batch)))
    assert "does the file put the day first?" in wrong and "The columns that you named" in wrong
    hers.post(address(batch), form | {"day_first": "on", "decimal_comma": "on"})
    batch.refresh_from_db()
    assert (batch.rows, batch.problems, batch.preset) == (2, 0, "custom")
    assert [(D(row["entry_price"]), row["entry_date"]) for row in batch.preview["rows"]] == [
        (D("9.50"), "2026-08-05"),
        (D("1200.25"), "2026-08-17"),
    ]
    hers.post(address(batch, "confirm"))
    book.refresh_from_db()
    assert book.cash == D("-950.00") + D("6001.25")  # paid from cash; the short brought its proceeds


def test_the_order_of_dates_of_a_template_is_the_users(hers: Client, book: Portfolio) -> None:  # noqa: F811
    upload(hers, b"ticker,quantity,entry_price,entry_date\nSOUN,100,9.50,17/08/2026\n")
    batch = ImportBatch.objects.get()
    choices = hers.get(address(batch)).context["reading"].choices
    form = {f"column_{choice.field}": choice.column for choice in choices}
    hers.post(address(batch), form | {"change": "read", "preset": "", "funding": "transfer", "day_first": "on"})
    batch.refresh_from_db()
    assert (batch.problems, batch.preview["rows"][0]["entry_date"]) == (0, "2026-08-17")


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"PK\x03\x04 xlsx", "This is a workbook, not a CSV file: save it as CSV first."),
        (b"%PDF-1.7 stuff", "This is a PDF, not a CSV file"),
        (b"\x89PNG\r\n\x1a\n\0\0", "The file is not text."),
        (b"", "The file is empty."),
        (b" \n", "The file is empty."),
        (b"x" * 2_000_001, "The file has 2,000,001 bytes, 2,000,000 are allowed."),
    ],
    ids=["xlsx", "pdf", "picture", "nothing", "blank", "large"],
)
def test_what_is_no_table_is_refused_in_words(hers: Client, book: Portfolio, data: bytes, said: str) -> None:  # noqa: F811
    answer = upload(hers, data)
    assert answer.status_code == 400 and said in words(answer).replace("  ", " ")
    assert ImportBatch.objects.count() == 0


def test_malformed_files_break_neither_page_nor_api(hers: Client, book: Portfolio) -> None:  # noqa: F811
    """That none of a thousand is entered in part is shown in books/test_imports.py; here every answer is looked at."""
    rng, codes = random.Random(7), Counter[int]()
    for _ in range(15):
        data = mangle(rng)
        answer = upload(hers, data)
        codes[answer.status_code] += 1
        readable = answer.status_code == 302
        if readable:
            assert hers.get(answer.url).status_code == 200
            assert hers.post(f"{answer.url}confirm/").status_code in (302, 400)
        told = hers.post("/api/portfolio/import/", {"file": SimpleUploadedFile("x.csv", data, "text/csv")})
        assert told.status_code == (201 if readable else 400)
    assert set(codes) == {302, 400}
    assert find_breaks(book) == ()


def test_no_file_at_all(hers: Client) -> None:
    answer = hers.post(UPLOADS)
    assert answer.status_code == 400 and "Choose a file first." in words(answer)


def test_totals_before_and_after_are_what_the_confirmation_makes(book: Portfolio) -> None:  # noqa: F811
    hold(book, "SOUN", 100, "10")
    batch = imports.preview_import(book, "a.csv", GOOD, ImportOptions(funding="trade"))
    before = get_totals(book)
    effects = {one.title: one for one in compare_totals(before, batch.preview["rows"])}
    imports.confirm_import(book, batch.pk)
    after = get_totals(book)
    shown = [effects[name].after for name in ("Cash", "Long value", "Short value", "Gross exposure", "Net exposure")]
    assert shown == [after.cash, after.long_value, after.short_value, after.gross_exposure, after.net_exposure]
    assert effects["Total value"].after == after.total_value and effects["Capital brought in"].after == after.capital
    assert effects["Open positions"].after == after.open_positions == 4
    assert effects["Cash"].change == D("10000.00") - D("950.00") - D("2480.00")


def test_a_long_file_is_entered_by_a_worker_with_progress(hers: Client, book: Portfolio) -> None:  # noqa: F811
    lines = "".join(f"SOUN,{n + 1},1.25,2026-08-17\n" for n in range(INLINE_ROWS + 1))
    upload(hers, b"ticker,quantity,entry_price,entry_date\n" + lines.encode())
    batch = ImportBatch.objects.get()
    assert "page 1 of 6" in words(hers.get(address(batch)))
    assert hers.get(address(batch), {"page": "7"}).status_code == 400
    answer = hers.post(address(batch, "confirm"))
    assert answer["Location"] == address(batch) and Position.objects.count() == 0
    batch.refresh_from_db()
    page = hers.get(address(batch)).content.decode()
    assert f'hx-get="/jobs/{batch.job_run_id}/"' in page and "Entering the positions" in page
    assert "What would be entered" in page and "Read it this way" not in page
    execute(batch.job_run_id or 0)
    assert Position.objects.count() == INLINE_ROWS + 1
    assert "501 positions entered." in words(hers.get(address(batch)))


def test_discarding(hers: Client, book: Portfolio) -> None:  # noqa: F811
    batch = imports.preview_import(book, "a.csv", GOOD)
    done = hers.post(address(batch, "discard"), follow=True)
    assert "a.csv was thrown away; nothing of it was entered." in words(done)
    assert "Thrown away, or its time was over" in words(hers.get(address(batch)))
    entered = imports.confirm_import(book, imports.preview_import(book, "b.csv", GOOD).pk)
    refused = hers.post(address(entered, "discard"))
    assert refused.status_code == 400 and "delete its positions instead" in words(refused)


def test_template_can_be_imported(hers: Client, book: Portfolio) -> None:  # noqa: F811
    answer = hers.get("/book/import/template.csv")
    assert answer["Content-Disposition"] == 'attachment; filename="sectorlight-template.csv"'
    upload(hers, answer.content)
    assert ImportBatch.objects.get().preset == "template"


@pytest.mark.parametrize("step", ["file", "confirm", "discard"])
def test_somebody_elses_file_is_not_there(hers: Client, other: Portfolio, step: str) -> None:  # noqa: F811
    batch = imports.preview_import(other, "secret.csv", GOOD)
    if step == "file":
        assert hers.get(address(batch)).status_code == 404
    assert hers.post(address(batch, step)).status_code == 404
    assert hers.post(reverse(f"portfolios:import-{step}", args=[uuid.uuid4()])).status_code == 404
    batch.refresh_from_db()
    assert batch.state == "preview" and "secret.csv" not in words(hers.get(UPLOADS))


@pytest.mark.parametrize(
    ("query", "name"), [({"shwo": "new"}, "shwo"), ({"show": "news"}, "show"), ({"page": "x"}, "page")]
)
def test_misspelt_parameters_are_refused(hers: Client, book: Portfolio, query: dict[str, str], name: str) -> None:  # noqa: F811
    batch = imports.preview_import(book, "a.csv", GOOD)
    answer = hers.get(address(batch), query)
    assert answer.status_code == 400 and name in words(answer)


@pytest.mark.parametrize(
    "form",
    [
        {"change": "explode"},
        {"change": "leave_out", "row": ["٣"]},
        {"change": "leave_out", "row": ["9" * 5000]},
        {"change": "read", "preset": "nobody"},
        {"change": "read", "preset": "", "funding": "gift"},
        {"change": "read", "preset": "custom", "column_symbol": "a\0b"},
    ],
    ids=["button", "digit", "number", "preset", "funding", "column"],
)
def test_forms_that_no_page_sends_are_refused(hers: Client, book: Portfolio, form: dict[str, Any]) -> None:  # noqa: F811
    batch = imports.preview_import(book, "a.csv", GOOD)
    assert hers.post(address(batch), form).status_code == 400
    batch.refresh_from_db()
    assert batch.options["skip_rows"] == [] and batch.rows == 3


def test_statements_of_the_pages(
    hers: Client,
    book: Portfolio,  # noqa: F811
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    batch = imports.preview_import(book, "a.csv", GOOD)
    hers.get(UPLOADS)
    for more in (0, 4):
        for n in range(more):
            imports.preview_import(book, f"{n}.csv", BAD)
        with django_assert_num_queries(4):
            hers.get(UPLOADS)
    with django_assert_num_queries(5):
        hers.get(address(ImportBatch.objects.exclude(pk=batch.pk)[0]))
