"""The operator's desk: overrides made and withdrawn, versions added, quarantines released, evidence untouched."""

import datetime as dt
import json
from typing import Any

import pytest
from django.contrib.admin.models import LogEntry
from django.test import Client

from portfolios.models import User
from sentiment_site.market import clock
from tests.universe.market import SESSION, add_stock, known_at, source
from universe.kernels.rules import COVERAGE
from universe.models import Instrument, Override, Quarantine, ScreeningProfile, UniverseRun

pytestmark = pytest.mark.django_db
ADMIN = "/admin/universe"


@pytest.fixture
def desk(client: Client, operator: User, settings: Any) -> Client:
    settings.SECURE_SSL_REDIRECT = False
    client.force_login(operator)
    return client


def override(stock: Instrument, **values: Any) -> dict[str, Any]:
    return {"kind": "exclude", "instrument": stock.pk, "reason": "reverse merger", "sector": "", "weight": ""} | values


MODELS = (
    "instrument",
    "classification",
    "universerun",
    "membership",
    "override",
    "screeningprofile",
    "quarantine",
    "datasource",
)


@pytest.mark.parametrize("model", MODELS)
def test_lists_open_and_nothing_is_deleted(desk: Client, market: UniverseRun, model: str) -> None:
    Quarantine.objects.create(
        instrument=Instrument.objects.get(symbol="THIN"),
        reason="discontinuity",
        session=SESSION,
        recorded_at=known_at(),
    )
    listed = desk.get(f"{ADMIN}/{model}/")
    assert listed.status_code == 200
    assert "delete_selected" not in listed.content.decode()


@pytest.mark.parametrize("model", MODELS)
def test_traders_are_kept_out(client: Client, trader: User, settings: Any, model: str) -> None:
    settings.SECURE_SSL_REDIRECT = False
    client.force_login(trader)
    assert client.get(f"{ADMIN}/{model}/").status_code == 302
    assert client.get(f"{ADMIN}/{model}/")["Location"].startswith("/admin/login/")


def test_evidence_is_read_only(desk: Client, market: UniverseRun) -> None:
    page = desk.get(f"{ADMIN}/universerun/{market.pk}/change/").content.decode()
    assert "<th>type</th><td>6</td><td>not a common share or ADR 1</td>" in page
    assert "<th>meets every rule</th><td>4</td>" in page
    assert desk.get(f"{ADMIN}/universerun/add/").status_code == 403
    assert desk.post(f"{ADMIN}/universerun/{market.pk}/change/", {"members": 99}).status_code == 403
    assert desk.post(f"{ADMIN}/universerun/{market.pk}/delete/", {"post": "yes"}).status_code == 403
    market.refresh_from_db()
    assert market.members == 4


def test_a_run_with_names_taken_back_says_so(desk: Client, market: UniverseRun) -> None:
    market.stages[-2]["joined"] = 3
    market.save()
    assert (
        "<th>overrides</th><td>4</td><td>3 included</td>"
        in desk.get(f"{ADMIN}/universerun/{market.pk}/change/").content.decode()
    )


def test_membership_search_looks_at_the_newest_run(desk: Client, market: UniverseRun) -> None:
    page = desk.get(f"{ADMIN}/membership/?q=LEA").content.decode()
    assert "price too low" in page
    assert "1 membership" in page
    assert "2 memberships" in desk.get(f"{ADMIN}/membership/?q=LEA&which=all").content.decode()
    UniverseRun.objects.all().delete()
    assert "0 memberships" in desk.get(f"{ADMIN}/membership/?q=LEA").content.decode()


def test_instruments_with_their_history(desk: Client, market: UniverseRun) -> None:
    stock = Instrument.objects.get(symbol="BETA")
    page = desk.get(f"{ADMIN}/instrument/{stock.pk}/change/").content.decode()
    assert "Healthcare" in page
    assert "2834" in page
    Instrument.objects.filter(symbol="THIN").update(delisted_on=SESSION)
    assert "1 instrument" in desk.get(f"{ADMIN}/instrument/?listed=no").content.decode()
    assert "6 instruments" in desk.get(f"{ADMIN}/instrument/?listed=yes").content.decode()


def test_classifications_say_what_speaks_for_them(desk: Client, market: UniverseRun) -> None:
    page = desk.get(f"{ADMIN}/classification/?q=BETA").content.decode()
    assert "vendor sector: Healthcare → healthcare; SIC code: 2834 → healthcare" in page


def test_an_override_is_made_with_its_author(desk: Client, operator: User) -> None:
    stock = add_stock("SOUN", price=None)
    assert desk.get(f"{ADMIN}/override/add/").status_code == 200
    with clock.frozen(known_at()):
        response = desk.post(f"{ADMIN}/override/add/", override(stock))
    assert response.status_code == 302, response.content.decode()
    made = Override.objects.get()
    assert (made.kind, made.instrument, made.author, made.created_at) == ("exclude", stock, operator, known_at())
    page = desk.get(f"{ADMIN}/override/{made.pk}/change/").content.decode()
    assert "reverse merger" in page
    assert 'name="_save"' not in page
    assert desk.post(f"{ADMIN}/override/{made.pk}/change/", override(stock, reason="other")).status_code == 403
    assert desk.post(f"{ADMIN}/override/{made.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Override.objects.get().reason == "reverse merger"


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"reason": ""}, "This field is required."),
        ({"instrument": ""}, "This kind needs a stock."),
        ({"kind": "sector"}, "This kind needs a sector."),
        ({"kind": "weight", "instrument": "", "sector": "energy"}, "A weight is needed."),
        ({"kind": "weight", "instrument": "", "sector": "energy", "weight": "9"}, "override_weight_in_range"),
        ({"expires_at_0": "2020-01-01", "expires_at_1": "10:00"}, "The end must lie in the future."),
    ],
)
def test_a_decision_that_does_not_hold_is_explained(desk: Client, values: dict[str, Any], message: str) -> None:
    stock = add_stock("SOUN", price=None)
    response = desk.post(f"{ADMIN}/override/add/", override(stock, **values))
    assert response.status_code == 200
    assert message in response.content.decode()
    assert not Override.objects.exists()


def test_a_second_decision_about_the_same_is_refused(desk: Client) -> None:
    stock = add_stock("SOUN", price=None)
    desk.post(f"{ADMIN}/override/add/", override(stock))
    response = desk.post(f"{ADMIN}/override/add/", override(stock, kind="include"))
    assert "is in force already; withdraw it first." in response.content.decode()
    assert Override.objects.count() == 1


def test_withdrawing_leaves_history(desk: Client, operator: User) -> None:
    stock = add_stock("SOUN", price=None)
    with clock.frozen(known_at()) as time:
        desk.post(f"{ADMIN}/override/add/", override(stock))
        made = Override.objects.get()
        time.move_to(known_at() + dt.timedelta(hours=1))
        action = {"action": "withdraw_selected", "_selected_action": [made.pk]}
        desk.post(f"{ADMIN}/override/", action)
        again = desk.post(f"{ADMIN}/override/", action, follow=True)
        made.refresh_from_db()
        assert (made.withdrawn_by, made.withdrawn_at) == (operator, known_at() + dt.timedelta(hours=1))
        assert "The override was withdrawn before." in again.content.decode()
        assert "withdrawn by operator Fri 21 Aug 2026 18:00 ET" in again.content.decode()
        assert "0 overrides" in desk.get(f"{ADMIN}/override/?in_force=now").content.decode()
        assert "1 override" in desk.get(f"{ADMIN}/override/?in_force=ended").content.decode()
    assert LogEntry.objects.filter(change_message="Withdrawn").count() == 1


def test_states_of_overrides_in_words(desk: Client, operator: User) -> None:
    stock, other = add_stock("SOUN", price=None), add_stock("KOSS", price=None)
    with clock.frozen(known_at()) as time:
        for each, end in ((stock, ""), (other, "2026-08-22")):
            values = override(each, expires_at_0=end, expires_at_1="00:00" if end else "")
            assert desk.post(f"{ADMIN}/override/add/", values).status_code == 302
        page = desk.get(f"{ADMIN}/override/").content.decode()
        assert "in force until Sat 22 Aug 2026 00:00 ET" in page
        assert ">in force<" in page
        time.move_to(known_at() + dt.timedelta(days=2))
        assert "expired Sat 22 Aug 2026 00:00 ET" in desk.get(f"{ADMIN}/override/").content.decode()


def test_staff_without_the_right_only_look(client: Client, settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = False
    from django.contrib.auth.models import Permission

    clerk = User.objects.create_user("clerk", password="x", is_staff=True)
    clerk.user_permissions.add(*Permission.objects.filter(codename__in=["view_override", "view_quarantine"]))
    client.force_login(clerk)
    assert client.get(f"{ADMIN}/override/").status_code == 200
    assert client.get(f"{ADMIN}/override/add/").status_code == 403
    assert "withdraw_selected" not in client.get(f"{ADMIN}/override/").content.decode()
    assert "release_selected" not in client.get(f"{ADMIN}/quarantine/").content.decode()
    assert client.get(f"{ADMIN}/screeningprofile/add/").status_code == 403


def test_a_profile_is_changed_by_a_new_version(desk: Client, operator: User) -> None:
    form = desk.get(f"{ADMIN}/screeningprofile/add/?name=coverage").content.decode()
    assert "350000" in form
    assert "when_missing&quot;: &quot;exclude" in desk.get(f"{ADMIN}/screeningprofile/add/").content.decode()
    rules = json.loads(json.dumps(COVERAGE)) | {"types": ["CS"]}
    values = {"name": "coverage", "rules": json.dumps(rules), "note": "no ADRs"}
    assert desk.post(f"{ADMIN}/screeningprofile/add/", values).status_code == 302
    made = ScreeningProfile.objects.get(name="coverage", version=2)
    assert (made.rules["types"], made.author, made.note) == (["CS"], operator, "no ADRs")
    assert desk.post(f"{ADMIN}/screeningprofile/{made.pk}/change/", values).status_code == 403
    assert "no ADRs" in desk.get(f"{ADMIN}/screeningprofile/{made.pk}/change/").content.decode()


@pytest.mark.parametrize(
    ("rules", "message"),
    [('{"types": ["CS"]}', "average_volume, exchanges, free_float"), ("not json", "Enter a valid JSON.")],
)
def test_wrong_rules_are_refused_by_name(desk: Client, rules: str, message: str) -> None:
    response = desk.post(f"{ADMIN}/screeningprofile/add/", {"name": "x", "rules": rules, "note": ""})
    assert response.status_code == 200
    assert message in response.content.decode()
    assert ScreeningProfile.objects.count() == 2


def test_a_quarantine_is_released_with_a_note(desk: Client, operator: User) -> None:
    row = Quarantine.objects.create(
        instrument=add_stock("SOUN", price=None), reason="discontinuity", session=SESSION, recorded_at=known_at()
    )
    action = {"action": "release_selected", "_selected_action": [row.pk]}
    refused = desk.post(f"{ADMIN}/quarantine/", action | {"note": " "}, follow=True)
    assert "Say why the bars can be trusted." in refused.content.decode()
    released_at = known_at() + dt.timedelta(hours=2)
    with clock.frozen(released_at):
        desk.post(f"{ADMIN}/quarantine/", action | {"note": "seen on the exchange's site"})
    row.refresh_from_db()
    assert (row.released_at, row.released_by, row.release_note) == (
        released_at,
        operator,
        "seen on the exchange's site",
    )
    again = desk.post(f"{ADMIN}/quarantine/", action | {"note": "again"}, follow=True)
    assert "It was released before." in again.content.decode()
    assert "0 quarantines" in desk.get(f"{ADMIN}/quarantine/?held=yes").content.decode()
    assert "1 quarantine" in desk.get(f"{ADMIN}/quarantine/?held=no").content.decode()


def test_sources_are_listed(desk: Client) -> None:
    source("polygon", "vendor")
    assert "polygon" in desk.get(f"{ADMIN}/datasource/").content.decode()
