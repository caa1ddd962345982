"""Choices: validated by field, kept in one row, in force at once, and free on every page."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portfolios.models import Preference, User
from portfolios.preferences import FIELDS, save_preferences
from sentiment_site.live.templatetags.figures import in_zone

pytestmark = pytest.mark.django_db

API, PAGE = "/api/preferences/", "/settings/"
DEFAULTS = {
    "palette": "safe",
    "theme": "system",
    "zone": "America/New_York",
    "flashes": True,
    "watched_runs": ["evening", "overnight", "premarket", "release", "half_hour"],
    "refresh_after_min": 120,
    "auto_refresh": False,
    "quiet_from": None,
    "quiet_until": None,
    "quiet_zone": "America/New_York",
}
FORM = {
    "palette": "mono",
    "theme": "light",
    "zone": "Europe/Berlin",
    "watched_runs": ["release", "evening"],
    "refresh_after_min": "45",
    "auto_refresh": "on",
    "quiet_from": "22:00",
    "quiet_until": "06:30",
    "quiet_zone": "Europe/Berlin",
}


def patch(client: Client, **changes: Any) -> Any:
    return client.patch(API, changes, content_type="application/json")


def test_before_the_first_choice_there_is_no_row(hers: Client) -> None:
    assert hers.get(API).json() == DEFAULTS
    assert not Preference.objects.exists()


def test_the_page_stores_everything_and_shows_it_at_once(hers: Client, ada: User) -> None:
    assert hers.post(PAGE, FORM)["Location"] == PAGE
    text = hers.get(PAGE).content.decode()
    assert '<html lang="en" data-theme="light" data-palette="mono" data-flashes="off" data-preferences="' in text
    assert hers.get(API).json() == {
        "palette": "mono",
        "theme": "light",
        "zone": "Europe/Berlin",
        "flashes": False,
        "watched_runs": ["evening", "release"],
        "refresh_after_min": 45,
        "auto_refresh": True,
        "quiet_from": "22:00:00",
        "quiet_until": "06:30:00",
        "quiet_zone": "Europe/Berlin",
    }


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"zone": "Mars/Olympus"}, "zone"),
        ({"zone": "../../etc/passwd"}, "zone"),
        ({"quiet_zone": "europe/berlin"}, "quiet_zone"),
        ({"palette": "pink"}, "palette"),
        ({"theme": "blue"}, "theme"),
        ({"refresh_after_min": 4}, "refresh_after_min"),
        ({"refresh_after_min": 1441}, "refresh_after_min"),
        ({"refresh_after_min": "soon"}, "refresh_after_min"),
        ({"watched_runs": ["noon"]}, "watched_runs"),
        ({"quiet_from": "22:00"}, "quiet_until"),
        ({"quiet_until": "22:00"}, "quiet_from"),
        ({"quiet_from": "22:00", "quiet_until": "22:00"}, "quiet_until"),
        ({"quiet_from": "25:00", "quiet_until": "22:00"}, "quiet_from"),
    ],
)
def test_a_refusal_names_its_field_and_changes_nothing(hers: Client, changes: dict[str, Any], field: str) -> None:
    answer = patch(hers, **({"flashes": False} | changes))
    assert answer.status_code == 400
    assert list(answer.json()["error"]["fields"]) == [field]
    assert hers.get(API).json() == DEFAULTS
    page = hers.post(PAGE, FORM | {"quiet_from": "", "quiet_until": ""} | changes)
    assert page.status_code == 200
    assert list(page.context["form"].errors) == [field]
    assert 'data-palette="safe"' in page.content.decode()


def test_what_is_not_named_stays(hers: Client, ada: User) -> None:
    hers.post(PAGE, FORM)
    assert patch(hers, theme="dark").status_code == 200
    assert hers.get(API).json() | {"theme": "light"} == hers.get(API).json() | {"theme": "light", "palette": "mono"}
    assert Preference.objects.get().zone == "Europe/Berlin"


def test_a_run_is_named_once_in_the_days_order(ada: User) -> None:
    row = save_preferences(ada, {"watched_runs": ["release", "evening", "release"]})
    assert row.watched_runs == ["evening", "release"]
    assert save_preferences(ada, {"watched_runs": []}).watched_runs == []


def test_other_browsers_of_the_account_follow_and_other_accounts_do_not(hers: Client, ada: User, bob: User) -> None:
    second, his = Client(), Client()
    second.force_login(ada)
    his.force_login(bob)
    patch(hers, palette="classic")
    palettes = [browser.get(API).json()["palette"] for browser in (hers, second, his)]
    assert palettes == ["classic", "classic", "safe"]


@pytest.mark.parametrize("chosen", [False, True])
def test_a_page_costs_the_account_and_nothing_more(
    hers: Client, ada: User, chosen: bool, django_assert_num_queries: Any
) -> None:
    if chosen:
        save_preferences(ada, {"theme": "light"})
    hers.get(PAGE)
    with django_assert_num_queries(1):
        assert hers.get(PAGE).status_code == 200
    with django_assert_num_queries(1):
        assert hers.get(API).status_code == 200
    with django_assert_num_queries(0):
        assert Client().get("/login/").status_code == 200


def test_strangers_have_no_preferences(client: Client) -> None:
    assert client.get(API).status_code == 401
    assert client.get(PAGE)["Location"] == f"/login/?next={PAGE}"
    assert 'data-theme="system" data-palette="safe" data-flashes="on"' in client.get("/login/").content.decode()


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"palette": "pink"}, "preference_palette_known"),
        ({"theme": "pink"}, "preference_theme_known"),
        ({"watched_runs": ["noon"]}, "preference_runs_known"),
        ({"refresh_after_min": 1}, "preference_refresh_range"),
        ({"quiet_from": dt.time(1)}, "preference_quiet_hours_whole"),
        ({"quiet_from": dt.time(1), "quiet_until": dt.time(1)}, "preference_quiet_hours_whole"),
    ],
)
def test_the_database_refuses_too(ada: User, values: dict[str, Any], constraint: str) -> None:
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Preference.objects.create(user=ada, **values)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
@given(st.dictionaries(st.sampled_from(FIELDS), st.one_of(st.none(), st.booleans(), st.integers(), st.text())))
def test_whatever_is_sent_is_taken_or_refused_by_field(ada: User, changes: dict[str, Any]) -> None:
    before = dict(Preference.objects.filter(user=ada).values().first() or {})
    browser = Client()
    browser.force_login(User.objects.get(pk=ada.pk))
    answer = patch(browser, **changes)
    assert answer.status_code in (200, 400)
    if answer.status_code == 400:
        assert set(answer.json()["error"]["fields"]) <= set(FIELDS) and answer.json()["error"]["fields"]
        assert dict(Preference.objects.filter(user=ada).values().first() or {}) == before


def at(text: str) -> dt.datetime:
    return dt.datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("start", "end", "zone", "moment", "quiet"),
    [
        ("22:00", "06:30", "Europe/Berlin", "2026-08-21T20:00:00+00:00", True),  # 22:00 there
        ("22:00", "06:30", "Europe/Berlin", "2026-08-21T19:59:59+00:00", False),
        ("22:00", "06:30", "Europe/Berlin", "2026-08-22T04:29:59+00:00", True),
        ("22:00", "06:30", "Europe/Berlin", "2026-08-22T04:30:00+00:00", False),
        ("22:00", "06:30", "Europe/Berlin", "2026-01-21T21:00:00+00:00", True),  # winter time
        ("22:00", "06:30", "Europe/Berlin", "2026-01-21T20:59:00+00:00", False),
        ("09:00", "17:00", "America/New_York", "2026-08-21T13:00:00+00:00", True),
        ("09:00", "17:00", "America/New_York", "2026-08-21T21:00:00+00:00", False),
    ],
)
def test_quiet_hours(start: str, end: str, zone: str, moment: str, quiet: bool) -> None:
    row = Preference(quiet_from=dt.time.fromisoformat(start), quiet_until=dt.time.fromisoformat(end), quiet_zone=zone)
    assert row.is_quiet(at(moment)) is quiet
    assert not Preference().is_quiet(at(moment))


def test_the_readers_own_clock_stands_beside_new_yorks(hers: Client) -> None:
    noon = at("2026-08-21T14:05:00+00:00")
    assert in_zone(noon, "Europe/Berlin") == "Fri 16:05 CEST"
    assert in_zone(noon, "Asia/Tokyo") == "Fri 23:05 JST"
    assert in_zone(noon, "America/New_York") == in_zone(None, "Asia/Tokyo") == in_zone(noon, "") == ""
    assert "JST where you are" not in hers.get(PAGE).content.decode()
    patch(hers, zone="Asia/Tokyo")
    assert "JST where you are" in hers.get(PAGE).content.decode()
