"""What operators and programs see: corrections beside the original, the admin's filters and actions, the API."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries

from portfolios.models import User
from sentiment_site.market import clock
from universe.catalysts.services import correct_catalyst, suppress_catalyst
from universe.models import Catalyst, CatalystCorrection, DataSource, FeedCursor, Halt, Instrument
from universe.selectors import list_catalysts

from .conftest import NOON, hours, minutes

pytestmark = pytest.mark.django_db


AN_HOUR_AGO = NOON - hours(1)


def add(
    instrument: Instrument,
    kind: str = "contract",
    direction: int | None = 1,
    at: dt.datetime = AN_HOUR_AGO,
    name: str = "d1",
) -> Catalyst:
    source, _ = DataSource.objects.get_or_create(name="edgar", defaults={"kind": "vendor"})
    return Catalyst.objects.create(
        instrument=instrument, kind=kind, direction=direction, event_at=at, recorded_at=at + minutes(1), source=source,
        document_id=name, title=f"{kind} of {name}", url="https://www.sec.gov/x", evidence={"rule": "item 1.01"},
    )  # fmt: skip


def counted(instrument: Instrument, at: dt.datetime = NOON) -> list[tuple[str, int, bool]]:
    return [(each.kind, each.direction, each.is_corrected) for each in list_catalysts([instrument.pk], at)]


def test_a_correction_counts_from_its_moment_on_and_the_original_stays(acme: Instrument, operator: User) -> None:
    row = add(acme)
    with clock.frozen(NOON - minutes(30)):
        correct_catalyst(row, operator, " It is a sale of shares. ", kind="offering", direction=-1)
    assert counted(acme) == [("offering", -1, True)]
    assert counted(acme, NOON - minutes(31)) == [("contract", 1, False)]
    row.refresh_from_db()
    assert (row.kind, row.direction) == ("contract", 1)
    with clock.frozen(NOON - minutes(20)):
        suppress_catalyst(row, operator, "Another Acme.")
    assert counted(acme) == [] and counted(acme, NOON - minutes(21)) == [("offering", -1, True)]
    with clock.frozen(NOON - minutes(10)):
        correct_catalyst(row, operator, "It was this one after all.", kind="contract", direction=1)
    assert counted(acme) == [("contract", 1, True)]
    assert row.corrections.earliest("pk").reason == "It is a sale of shares."


def test_an_operator_may_tell_the_direction_nobody_knew(acme: Instrument, operator: User) -> None:
    row = add(acme, "earnings", None)
    assert counted(acme) == []
    with clock.frozen(NOON - minutes(30)):
        correct_catalyst(row, operator, "Missed by far.", kind="earnings", direction=-1)
    assert counted(acme) == [("earnings", -1, True)]
    with clock.frozen(NOON - minutes(5)):
        correct_catalyst(row, operator, "Or was it?", kind="earnings", direction=None)
    assert counted(acme) == []


@pytest.mark.parametrize(
    ("kind", "direction", "reason", "field"),
    [
        ("offering", 1, "why not", "direction"),
        ("rumour", 1, "why not", "kind"),
        ("news", 2, "why", "direction"),
        ("news", 1, " ", "reason"),
    ],
)
def test_corrections_that_do_not_hold_together(
    acme: Instrument, operator: User, kind: str, direction: int, reason: str, field: str
) -> None:
    with pytest.raises(ValidationError) as refused:
        correct_catalyst(add(acme), operator, reason, kind=kind, direction=direction)
    assert list(refused.value.message_dict) == [field]


@pytest.mark.parametrize("broken", [{"direction": 0}, {"kind": "rumour"}, {"kind": "dilution", "direction": 1}])
def test_the_database_holds_its_own_line(acme: Instrument, broken: dict[str, object]) -> None:
    row = add(acme)
    with pytest.raises(IntegrityError), transaction.atomic():
        Catalyst.objects.filter(pk=row.pk).update(**broken)
    with pytest.raises(IntegrityError), transaction.atomic():
        add(acme)


def test_events_of_many_stocks_in_one_statement(
    acme: Instrument, beta: Instrument, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    add(acme)
    add(beta, "merger", 1, NOON - hours(2), "d2")
    with django_assert_num_queries(1):
        found = list_catalysts([acme.pk, beta.pk], NOON)
    assert [(each.instrument_id, each.kind, each.document_id, each.title) for each in found] == [
        (acme.pk, "contract", "d1", "contract of d1"), (beta.pk, "merger", "d2", "merger of d2"),
    ]  # fmt: skip
    assert list_catalysts([], NOON) == ()
    assert list_catalysts([acme.pk], NOON, hours=0.5) == ()


def test_a_repetition_at_the_edge_of_the_window_is_no_event(acme: Instrument) -> None:
    add(acme, at=NOON - hours(73), name="first")
    add(acme, at=NOON - hours(71), name="again")
    assert counted(acme) == []


@pytest.fixture
def desk(client: Client, operator: User) -> Client:
    client.force_login(operator)
    return client


def test_the_desk_finds_what_nobody_knows_the_direction_of(desk: Client, acme: Instrument, beta: Instrument) -> None:
    add(acme, "earnings", None, name="quiet")
    add(beta, "merger", 1, name="loud")
    page = desk.get(reverse("admin:universe_catalyst_changelist"), {"direction": "none"})
    assert b"earnings of quiet" in page.content and b"merger of loud" not in page.content
    page = desk.get(reverse("admin:universe_catalyst_changelist"), {"q": "BET"})
    assert b"merger of loud" in page.content and b"earnings of quiet" not in page.content
    for field, value in (
        ("kind__exact", "merger"),
        ("direction", "up"),
        ("corrected", "yes"),
        ("direction", "nonsense"),
    ):
        assert desk.get(reverse("admin:universe_catalyst_changelist"), {field: value}).status_code == 200


def test_the_desk_corrects_and_suppresses_with_a_reason(desk: Client, acme: Instrument, operator: User) -> None:
    row = add(acme)
    url = reverse("admin:universe_catalyst_changelist")
    action = {"action": "correct_selected", "_selected_action": [row.pk], "kind": "offering", "direction": "-1"}
    assert b"Say why." in desk.post(url, action | {"reason": ""}, follow=True).content
    assert (
        b"No action selected" in desk.post(url, action | {"kind": "rumour", "reason": "why not"}, follow=True).content
    )
    assert CatalystCorrection.objects.count() == 0
    page = desk.post(url, action | {"reason": "A sale of shares."}, follow=True)
    assert b"offering down: A sale of shares. (operator" in page.content
    desk.post(url, {"action": "suppress_selected", "_selected_action": [row.pk], "reason": "Not Acme."}, follow=True)
    newest = CatalystCorrection.objects.latest("pk")
    assert (newest.is_suppressed, newest.author, newest.kind) == (True, operator, "contract")
    assert b"Not Acme." in desk.get(reverse("admin:universe_catalyst_change", args=[row.pk])).content


def test_evidence_is_read_only_and_only_operators_correct(client: Client, acme: Instrument) -> None:
    row = add(acme)
    reader = User.objects.create_user("reader", password="reader-pass", is_staff=True)
    client.force_login(reader)
    assert client.get(reverse("admin:universe_catalyst_changelist")).status_code == 403
    operator = User.objects.create_superuser("second", password="second-pass")
    client.force_login(operator)
    assert client.get(reverse("admin:universe_catalyst_add")).status_code == 403
    assert client.post(reverse("admin:universe_catalyst_delete", args=[row.pk])).status_code == 403


def test_the_desk_costs_the_same_for_any_number_of_rows(
    desk: Client, acme: Instrument, operator: User, django_assert_max_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(20):
        row = add(acme, at=NOON - hours(number), name=f"d{number}")
        suppress_catalyst(row, operator, "A test.")
    with django_assert_max_num_queries(10):
        desk.get(reverse("admin:universe_catalyst_changelist"))


def test_halts_and_cursors_can_be_read(desk: Client, acme: Instrument) -> None:
    Halt.objects.create(instrument=acme, begins_at=NOON, code="T1", source=acme.source, recorded_at=NOON)
    FeedCursor.objects.create(feed="edgar", began_at=NOON, read_until=NOON)
    assert b"T1" in desk.get(reverse("admin:universe_halt_changelist")).content
    assert b"edgar" in desk.get(reverse("admin:universe_feedcursor_changelist")).content


def api(client: Client, symbol: str = "ACME", **query: str) -> list[dict[str, Any]]:
    answer = client.get(f"/api/universe/stocks/{symbol}/catalysts/", query)
    assert answer.status_code == 200, answer.content
    body = answer.json()
    assert set(body) == {"count", "next", "previous", "results"}
    return list(body["results"])


def test_the_api_tells_documents_as_they_count(
    desk: Client, acme: Instrument, operator: User, noon: clock.Frozen
) -> None:
    first = add(acme, "earnings", None, NOON - hours(3), "first")
    add(acme, "contract", 1, NOON - hours(2), "second")
    gone = add(acme, "news", 1, NOON - hours(1), "third")
    with clock.frozen(NOON - minutes(30)):
        correct_catalyst(first, operator, "Missed.", kind="earnings", direction=-1)
        suppress_catalyst(gone, operator, "Not Acme.")
    found = api(desk)
    assert [(each["document_id"], each["kind"], each["direction"], each["corrected_because"]) for each in found] == [
        ("second", "contract", 1, ""),
        ("first", "earnings", -1, "Missed."),
    ]
    assert found[0] == {
        "kind": "contract", "direction": 1, "event_at": "2026-11-20T15:00:00Z", "recorded_at": "2026-11-20T15:01:00Z",
        "title": "contract of second", "url": "https://www.sec.gov/x", "document_id": "second", "source": "edgar",
        "simulated": False, "corrected_because": "", "evidence": {"rule": "item 1.01"},
    }  # fmt: skip
    then = api(desk, as_of="2026-11-20T11:20-05:00")
    assert [(each["document_id"], each["direction"]) for each in then] == [("third", 1), ("second", 1), ("first", None)]
    assert [each["document_id"] for each in api(desk, limit="1", offset="1")] == ["first"]


def test_the_api_costs_the_same_for_any_number_of_rows(
    desk: Client, acme: Instrument, noon: clock.Frozen, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    for number in range(30):
        add(acme, at=NOON - hours(number + 1), name=f"d{number}")
    with django_assert_num_queries(4):  # account, stock, count, rows; the session is cached
        assert len(api(desk)) == 30


def test_the_api_refuses_strangers_and_nonsense(client: Client, acme: Instrument, operator: User) -> None:
    assert client.get("/api/universe/stocks/ACME/catalysts/").status_code in (401, 403)
    client.force_login(operator)
    assert client.get("/api/universe/stocks/NOBODY/catalysts/").status_code == 404
    assert client.get("/api/universe/stocks/ACME/catalysts/", {"as_of": "yesterday"}).status_code == 400
    assert client.get("/api/universe/stocks/ACME/catalysts/", {"asof": "2026-11-20"}).status_code == 400
