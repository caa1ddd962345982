"""The books' API: answers, refusals, budgets, and that nobody reaches anybody else's book."""

from __future__ import annotations

import csv
import datetime as dt
import io
import uuid
from decimal import Decimal
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from rest_framework.test import APIClient

from portfolios import access, book_examples, demo
from portfolios.book_api_files import INLINE_ROWS
from portfolios.books import cash, imports, tags
from portfolios.books.audit import find_breaks
from portfolios.books.positions import close_position, delete_position
from portfolios.models import CashFlow, ImportBatch, Portfolio, PortfolioSnapshot, Position, Tag, User
from sentiment_site.jobs.models import JobRun
from tests.factories import make_market
from tests.portfolios.books.conftest import CALL, MONDAY, NOW, TODAY, hold
from tests.portfolios.books.test_imports import BAD, GOOD
from universe.models import Instrument

pytestmark = pytest.mark.django_db
D = Decimal
URL = "/api/portfolio/"


def upload(data: bytes, name: str = "positions.csv") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, data, "text/csv")


def test_the_book_in_money(program: APIClient, book: Portfolio) -> None:
    cash.add_flow(book, "deposit", D("10000"), on=MONDAY)
    hold(book, "SOUN", 100, "10")
    hold(book, "TSLA", -10, "200")
    answer = program.get(URL).json()
    figures = ("cash", "long_value", "short_value", "gross_exposure", "net_exposure", "total_value", "capital")
    assert [answer[name] for name in figures] == [
        "11000.00",
        "1000.00",
        "2000.00",
        "3000.00",
        "-1000.00",
        "10000.00",
        "10000.00",
    ]
    assert (answer["open_positions"], answer["unpriced"], answer["snapshot_date"]) == (2, 2, None)
    changed = program.patch(URL, {"name": "Fund", "cash": "0"}, format="json").json()
    assert (changed["name"], changed["cash"], changed["capital"]) == ("Fund", "0.00", "-1000.00")
    assert program.patch(URL, {"cash": "1.001"}, format="json").json()["error"]["fields"]["cash"]


def test_the_book_of_a_moment(program: APIClient, book: Portfolio, friday_evening: Any) -> None:
    cash.add_flow(book, "deposit", D("10000"), on=MONDAY)
    PortfolioSnapshot.objects.create(
        portfolio=book,
        snapshot_date=TODAY,
        state="final",
        total_value=D("10050"),
        cash_value=D("10000"),
        long_value=50,
        short_value=0,
        gross_exposure=50,
        net_exposure=50,
        as_of=NOW,
    )
    friday_evening.move_to(NOW + dt.timedelta(days=3))
    cash.add_flow(book, "withdrawal", D("4000"))
    then = program.get(URL, {"as_of": "2026-08-21"}).json()
    assert (then["cash"], then["total_value"], then["snapshot_date"]) == ("10000.00", "10050.00", "2026-08-21")
    assert then["realized_pnl"] is None
    assert program.get(URL).json()["cash"] == "6000.00"
    assert program.get(URL, {"as_of": "2026-08-20"}).status_code == 404
    assert program.get(URL, {"as_of": "soon"}).json()["error"]["fields"]["as_of"]


def test_a_position_from_entry_to_restore(program: APIClient, book: Portfolio) -> None:
    given = {"symbol": CALL, "quantity": "-2", "entry_price": "12.40", "entry_date": "2026-08-20", "tags": ["Income"]}
    made = program.post(f"{URL}positions/", given | {"fees": "1.30"}, format="json")
    assert made.status_code == 201
    body = made.json()
    assert (body["position_type"], body["quantity"], body["tags"]) == ("SC", "2.0000", ["Income"])
    assert (body["market_value"], body["cost_basis"], body["funding"]) == ("-2480.00", "2480.00", "trade")
    one = f"{URL}positions/{body['id']}/"
    changed = program.patch(one, {"quantity": "3", "note": "rolled", "tags": ["Income", "AI"]}, format="json").json()
    assert (changed["quantity"], changed["note"], changed["tags"]) == ("3.0000", "rolled", ["AI", "Income"])
    part = program.post(f"{one}close/", {"price": "10", "quantity": "1", "fees": "0.65"}, format="json").json()
    assert (part["realized_pnl"], part["part_of"], part["closed_on"]) == ("240.00", body["id"], "2026-08-21")
    assert program.post(f"{one}close/", {"price": "10"}, format="json").json()["closing_reason"] == "traded"
    assert program.post(f"{one}reopen/").json()["closed_on"] is None
    assert program.delete(one).status_code == 204
    assert program.patch(one, {"note": ""}, format="json").status_code == 404
    assert program.get(one).json()["deleted_at"] is not None
    assert program.post(f"{one}restore/").json()["deleted_at"] is None
    assert find_breaks(book) == ()


def test_lists_filter_sort_page_and_look_back(program: APIClient, book: Portfolio, friday_evening: Any) -> None:
    hold(book, "AAPL", 10, "100", tag_names=["Growth", "AI"])
    hold(book, CALL, 1, "12", tag_names=["Growth"])
    sold = hold(book, "TSLA", -5, "300")
    gone = hold(book, "GONE", 1, "1")
    delete_position(book, gone.pk)
    friday_evening.move_to(NOW + dt.timedelta(days=3))
    close_position(book, sold.pk, price=D(290))

    def symbols(query: str = "") -> list[str]:
        return [row["symbol"] for row in program.get(f"{URL}positions/{query}").json()["results"]]

    assert symbols() == ["AAPL", CALL]
    assert symbols("?tag=growth&tag=ai&tags=all") == ["AAPL"]
    assert symbols("?tag=growth&tag=ai") == ["AAPL", CALL]
    assert symbols("?state=closed") == ["TSLA"] and symbols("?state=deleted") == ["GONE"]
    assert symbols("?symbol=aapl&type=LC&type=LP") == [CALL]
    assert symbols("?sort=-market_value&limit=1") == [CALL] and symbols("?limit=1&offset=1") == [CALL]
    then = program.get(f"{URL}positions/?as_of=2026-08-21").json()["results"]
    assert [row["symbol"] for row in then] == ["AAPL", CALL, "TSLA"]
    assert {row["market_value"] for row in then} == {None}
    for query in ("?tgas=all", "?state=maybe", "?type=X", "?sort=wealth", "?as_of=x", "?expires_by=x", "?sector=x"):
        refused = program.get(f"{URL}positions/{query}")
        assert (refused.status_code, refused.json()["error"]["code"]) == (400, "invalid"), query
    assert program.get(f"{URL}positions/?offset={10**30}&limit={10**30}").json()["results"] == []


def test_positions_know_their_sector(program: APIClient, book: Portfolio) -> None:
    market = make_market(TODAY, sessions=5)
    Instrument.objects.filter(pk=market.ids["TEC0"]).update(symbol="TECA")
    hold(book, "TECA", 1, "5")
    hold(book, "TECA261218C00060000", 1, "5")
    hold(book, "ELSE", 1, "5")
    found = program.get(f"{URL}positions/").json()["results"]
    assert [row["sector"] for row in found] == [None, "technology", "technology"]
    assert program.get(f"{URL}positions/?sector=technology").json()["count"] == 2
    assert program.get(f"{URL}positions/?sector=energy").json()["count"] == 0


def test_tags_and_flows(program: APIClient, book: Portfolio) -> None:
    tag = program.post(f"{URL}tags/", {"name": "Hedge", "tag_type": "STRATEGY", "color": "#0EA5E9"}, format="json")
    assert tag.status_code == 201
    one = f"{URL}tags/{tag.json()['id']}/"
    assert program.post(f"{URL}tags/", {"name": "hedge"}, format="json").json()["error"]["fields"]["name"]
    assert program.patch(one, {"color": "#22C55E"}, format="json").json()["color"] == "#22C55E"
    assert program.delete(one).status_code == 204
    assert program.get(f"{URL}tags/").json()["count"] == 0
    assert program.get(f"{URL}tags/?state=deleted&type=STRATEGY").json()["count"] == 1
    assert program.post(f"{one}restore/").json()["deleted_at"] is None

    given = {"kind": "deposit", "amount": "1000.00", "flowed_on": "2026-08-17"}
    flow = program.post(f"{URL}flows/", given, format="json", headers={"Idempotency-Key": "first"})
    assert flow.status_code == 201
    again = program.post(f"{URL}flows/", given, format="json", headers={"Idempotency-Key": "first"})
    assert again.json()["id"] == flow.json()["id"]
    one = f"{URL}flows/{flow.json()['id']}/"
    assert program.patch(one, {"amount": "900.00"}, format="json").json()["amount"] == "900.00"
    hold(book)
    assert program.get(f"{URL}flows/?kind=trade").json()["results"][0]["symbol"] == "SOUN"
    assert program.get(f"{URL}flows/?from=2026-08-18").json()["count"] == 0
    assert program.delete(one).status_code == 204
    assert program.post(f"{one}restore/").json()["deleted_at"] is None
    made = CashFlow.objects.get(kind="trade")
    refused = program.delete(f"{URL}flows/{made.pk}/")
    assert (refused.status_code, "belongs to a position" in refused.json()["error"]["fields"]["book"][0]) == (400, True)


def write_day(book: Portfolio, day: dt.date, value: int) -> None:
    same = {"total_value": value, "long_value": value, "gross_exposure": value, "net_exposure": value}
    PortfolioSnapshot.objects.create(portfolio=book, snapshot_date=day, state="final", short_value=0, as_of=NOW, **same)


def test_daily_rows_are_listed_as_they_were_known(
    program: APIClient, book: Portfolio, other: Portfolio, friday_evening: Any
) -> None:
    yesterday = TODAY - dt.timedelta(days=1)
    write_day(book, yesterday, 100)
    write_day(other, TODAY, 999)
    friday_evening.move_to(NOW + dt.timedelta(hours=2))
    write_day(book, TODAY, 110)

    def days(query: str = "") -> list[tuple[str, str]]:
        rows = program.get(f"{URL}snapshots/{query}").json()["results"]
        return [(row["snapshot_date"], row["total_value"]) for row in rows]

    assert days() == [("2026-08-21", "110.00"), ("2026-08-20", "100.00")]
    assert days("?to=2026-08-20") == days(f"?as_of={NOW:%Y-%m-%dT%H:%M}Z") == [("2026-08-20", "100.00")]
    assert days("?from=2026-08-21") == days("?limit=1") == [("2026-08-21", "110.00")]
    assert set(program.get(f"{URL}snapshots/").json()["results"][0]) == set(book_examples.SNAPSHOT)
    for name in ("from", "as_of", "form"):
        refused = program.get(f"{URL}snapshots/", {name: "soon"})
        assert (refused.status_code, list(refused.json()["error"]["fields"])) == (400, [name])


def test_a_file_from_upload_to_export(program: APIClient, book: Portfolio) -> None:
    bad = program.post(f"{URL}import/", {"file": upload(BAD)})
    assert bad.status_code == 201
    assert {problem["row"] for problem in bad.json()["preview"]["problems"]} == {3, 4}
    one = f"{URL}import/{bad.json()['id']}/"
    assert program.post(f"{one}confirm/").status_code == 400
    assert program.patch(one, {"skip_rows": [3, 4]}, format="json").json()["rows"] == 1
    done = program.post(f"{one}confirm/")
    assert (done.status_code, done.json()["created_count"], done.json()["state"]) == (200, 1, "confirmed")
    assert program.get(one).json()["preview"]["rows"][0]["symbol"] == "SOUN"
    good = program.post(f"{URL}import/", {"file": upload(GOOD), "funding": "trade", "skip_rows": [3]}).json()
    assert (good["rows"], good["options"]["funding"], good["options"]["skip_rows"]) == (2, "trade", [3])
    assert program.delete(f"{URL}import/{good['id']}/").status_code == 204
    states = [row["state"] for row in program.get(f"{URL}import/").json()["results"]]
    assert states == ["discarded", "confirmed"]
    out = program.get(f"{URL}export/positions.csv")
    assert out["Content-Disposition"] == 'attachment; filename="positions.csv"'
    assert out.content.decode().splitlines()[1] == "SOUN,100.0000,9.5000,2026-08-17,"
    assert program.get(f"{URL}import/template.csv").content.startswith(b"ticker,quantity")
    assert {row["name"] for row in program.get(f"{URL}import/presets/").json()} >= {"template", "schwab", "fidelity"}


def test_own_columns_come_as_json_beside_the_file(program: APIClient, book: Portfolio) -> None:
    data = b"Stock,Shares,Cost,Bought\nSOUN,5,9.50,2026-08-17\n"
    mapping = '{"symbol": "Stock", "quantity": "Shares", "price": "Cost", "date": "Bought"}'
    assert program.post(f"{URL}import/", {"file": upload(data), "mapping": mapping}).json()["rows"] == 1
    for wrong in ("{", "[1]", '{"symbol": 5}', '{"symbol": "Stock"}', '"text"'):
        answer = program.post(f"{URL}import/", {"file": upload(data), "mapping": wrong})
        assert (answer.status_code, "mapping" in answer.json()["error"]["fields"]) == (400, True), wrong


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"file": "text"},
        {"file": upload(b"")},
        {"file": upload(b"PK\x03\x04")},
        {"file": upload(b"x" * 2_000_001)},
        {"file": upload(GOOD), "preset": "nobody"},
        {"file": upload(GOOD), "skip_rows": "x"},
    ],
    ids=["nothing", "text", "empty", "workbook", "large", "preset", "rows"],
)
def test_a_bad_upload_is_a_400(program: APIClient, book: Portfolio, given: dict[str, Any]) -> None:
    answer = program.post(f"{URL}import/", given)
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid")
    assert ImportBatch.objects.count() == 0


def test_a_large_file_is_entered_by_a_worker(program: APIClient, book: Portfolio) -> None:
    lines = "".join(f"SOUN,{n + 1},1.25,2026-08-17\n" for n in range(INLINE_ROWS + 1))
    batch = imports.preview_import(book, "large.csv", b"ticker,quantity,entry_price,entry_date\n" + lines.encode())
    answer = program.post(f"{URL}import/{batch.pk}/confirm/")
    run = JobRun.objects.get()
    assert (answer.status_code, answer.json()) == (202, {"job": run.pk, "status_url": f"/jobs/{run.pk}/"})
    again = program.post(f"{URL}import/{batch.pk}/confirm/")
    assert again.json()["job"] == run.pk
    assert (run.params, Position.objects.count()) == ({"batch": str(batch.pk)}, 0)


def test_exports_run_nothing_in_a_spreadsheet(program: APIClient, book: Portfolio) -> None:
    hold(book, "TSLA", -5, "300", note='=HYPERLINK("http://example.org")', tag_names=["+1+1", "@SUM(A1)"])
    cash.add_flow(book, "deposit", D(1), note="-2+3|cmd")
    close_position(book, hold(book, "SOUN", 1, "1").pk, price=D(2))
    lines = list(csv.DictReader(io.StringIO(program.get(f"{URL}export/book.csv").content.decode())))
    assert [line["symbol"] for line in lines] == ["SOUN", "TSLA"]
    assert (lines[1]["note"][:2], lines[1]["tags"][:2]) == ("'=", "'+")
    assert (lines[1]["market_value"], lines[1]["quantity"]) == ("-1500.00", "5.0000")
    assert len(list(csv.DictReader(io.StringIO(program.get(f"{URL}export/book.csv?state=open").content.decode())))) == 1
    flows = list(csv.DictReader(io.StringIO(program.get(f"{URL}export/flows.csv").content.decode())))
    assert {line["note"] for line in flows if line["kind"] == "deposit"} == {"'-2+3|cmd"}
    again = imports.preview_import(book, "p.csv", program.get(f"{URL}export/positions.csv").content)
    assert (again.rows, again.duplicates) == (1, 1)
    assert again.preview["rows"][0]["tags"] == ["+1+1", "@SUM(A1)"]
    risky = b"ticker,quantity,entry_price,entry_date,tags\nX,1,1,2026-08-17,'=A1\n"
    imports.confirm_import(book, imports.preview_import(book, "p.csv", risky).pk)
    assert Tag.objects.filter(name="=A1").exists()


@pytest.mark.parametrize(
    ("path", "budget"),
    [
        ("", 3),
        ("positions/", 6),
        ("positions/?tag=A&tag=B&tags=all&sector=technology", 7),
        ("tags/", 3),
        ("flows/", 3),
        ("snapshots/", 3),
        ("import/", 3),
        ("export/positions.csv", 3),
        ("export/book.csv", 5),
    ],
)
def test_lists_keep_their_budget(
    program: APIClient, book: Portfolio, path: str, budget: int, django_assert_max_num_queries: Any
) -> None:
    market = make_market(TODAY, sessions=3)
    Instrument.objects.filter(pk=market.ids["TEC0"]).update(symbol="TECA")
    counts = []
    for turn in range(2):
        for place in range(4):
            hold(book, "TECA", 1, "5", tag_names=["A", "B"])
            write_day(book, TODAY - dt.timedelta(days=4 * turn + place), 100)
            imports.preview_import(book, "a.csv", GOOD)
        with django_assert_max_num_queries(budget) as asked:
            assert program.get(f"{URL}{path}").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


def everything(book: Portfolio) -> dict[str, uuid.UUID]:
    """One of each kind in a book."""
    row = hold(book)
    return {
        "positions": row.pk,
        "tags": tags.create_tag(book, "Secret").pk,
        "flows": cash.add_flow(book, "deposit", D(1)).pk,
        "import": imports.preview_import(book, "a.csv", GOOD).pk,
    }


CALLS = [
    ("get", "positions/{positions}/", {}),
    ("patch", "positions/{positions}/", {"note": "x"}),
    ("delete", "positions/{positions}/", {}),
    ("post", "positions/{positions}/close/", {"price": "1"}),
    ("post", "positions/{positions}/reopen/", {}),
    ("post", "positions/{positions}/restore/", {}),
    ("patch", "tags/{tags}/", {"name": "x"}),
    ("delete", "tags/{tags}/", {}),
    ("post", "tags/{tags}/restore/", {}),
    ("patch", "flows/{flows}/", {"note": "x"}),
    ("delete", "flows/{flows}/", {}),
    ("post", "flows/{flows}/restore/", {}),
    ("get", "import/{import}/", {}),
    ("patch", "import/{import}/", {}),
    ("delete", "import/{import}/", {}),
    ("post", "import/{import}/confirm/", {}),
]
LISTS = [
    "",
    "positions/?state=all",
    "tags/",
    "flows/",
    "import/",
    "export/positions.csv",
    "export/book.csv",
    "export/flows.csv",
]


@pytest.mark.parametrize("who", ["stranger", "other", "staff", "demo"])
def test_nobody_but_the_owner_reaches_anything(who: str, book: Portfolio, bob: User, demos: list[User]) -> None:
    mine = everything(book)
    before = (list(Position.objects.values()), list(CashFlow.objects.values()), list(Tag.objects.values()))
    caller = APIClient()
    users = {"other": bob, "staff": User.objects.create_superuser("root"), "demo": demo.open_copy(demo.DEMOS[0])}
    if who != "stranger":
        caller.force_authenticate(users[who])
    refusal = 401 if who == "stranger" else 404
    for method, path, body in CALLS:
        answer = getattr(caller, method)(URL + path.format(**mine), body, format="json")
        assert answer.status_code == refusal, (method, path, answer.content)
    for path in LISTS:
        answer = caller.get(URL + path)
        assert answer.status_code == (401 if who == "stranger" else 200)
        assert b"Secret" not in answer.content and b"SOUN" not in answer.content
    after = (list(Position.objects.values()), list(CashFlow.objects.values()), list(Tag.objects.values()))
    assert before == after
    assert ImportBatch.objects.get().state == "preview"


def test_a_session_needs_the_csrf_token_and_a_deleted_account_has_no_book(ada: User, book: Portfolio) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(ada)
    assert browser.get(URL).status_code == 200
    assert browser.patch(URL, {"name": "x"}, content_type="application/json").status_code == 403
    ada.deleted_at = NOW
    with pytest.raises(Exception, match="no book"):
        access.get_portfolio(ada)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("positions/", {}),
        ("positions/", {"symbol": "SOUN", "quantity": "NaN", "entry_price": "1", "entry_date": "2026-08-17"}),
        ("positions/", {"symbol": "A" * 40, "quantity": "1", "entry_price": "1", "entry_date": "2026-08-17"}),
        ("positions/", {"symbol": "\x00", "quantity": "1", "entry_price": "1", "entry_date": "2026-08-17"}),
        ("positions/", {"symbol": "SOUN", "quantity": "1", "entry_price": "1", "entry_date": "2026-02-30"}),
        (
            "positions/",
            {"symbol": "SOUN", "quantity": "1", "entry_price": "1", "entry_date": "2026-08-17", "tags": [1, {}]},
        ),
        ("tags/", {"name": {"a": 1}}),
        ("flows/", {"kind": "trade", "amount": "1"}),
        ("flows/", {"kind": "deposit", "amount": "1e400"}),
        ("flows/", [1, 2]),
    ],
)
def test_nonsense_is_a_400(program: APIClient, book: Portfolio, path: str, body: Any) -> None:
    answer = program.post(f"{URL}{path}", body, format="json")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "invalid")
    assert (Position.objects.count(), Tag.objects.count(), CashFlow.objects.count()) == (0, 0, 0)
