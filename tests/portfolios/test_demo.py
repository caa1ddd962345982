"""Visitors of the demo: each has an account of his own, which leads nowhere and ends."""

from __future__ import annotations

import datetime as dt
from io import StringIO
from typing import Any

import pytest
import time_machine
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from rest_framework.throttling import SimpleRateThrottle

from portfolios import demo
from portfolios.models import Preference, User
from portfolios.preferences import save_preferences
from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import run_now
from sentiment_site.management.commands import prepare
from sentiment_site.market import clock
from tests.portfolios.conftest import PASSWORD

pytestmark = pytest.mark.django_db

BEGAN = dt.datetime(2026, 8, 21, 14, tzinfo=dt.UTC)


@pytest.fixture(autouse=True)
def no_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", dict.fromkeys(("anon", "user", "auth", "demo")))


def visit(name: str = "growth") -> Client:
    """A visitor's browser, one click later."""
    browser = Client()
    answer = browser.post(f"/demo/{name}/")
    assert (answer.status_code, answer["Location"]) == (302, "/")
    return browser


def account_of(browser: Client) -> User:
    return User.objects.get(pk=browser.session["_auth_user_id"])


def is_in(browser: Client) -> bool:
    return bool(browser.get("/settings/").status_code == 200)


def test_the_three_accounts_of_the_demo_are_made_once(demos: list[User]) -> None:
    assert [account.username for account in demos] == ["demo_growth", "demo_value", "demo_balanced"]
    assert [account.pk for account in demo.ensure_demo_accounts()] == [account.pk for account in demos]
    for account in demos:
        assert account.is_demo and not account.has_usable_password()
        assert account.email.endswith(".invalid")
    User.objects.filter(username="demo_value").update(is_demo=False)
    with pytest.raises(ValueError, match="demo_value"):
        demo.ensure_demo_accounts()


def test_prepare_makes_them_where_the_demo_is(db: None, settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prepare, "current_run", lambda: "there is data already")
    monkeypatch.setattr(prepare, "FIRST_CRYPTO", ())
    for on, names in (
        (False, set()),
        (True, {"trader", "operator", "demo_growth", "demo_value", "demo_balanced"}),
        (True, {"trader", "operator", "demo_growth", "demo_value", "demo_balanced"}),
    ):
        settings.DEMO = on
        call_command("prepare", stdout=StringIO())
        assert set(User.objects.values_list("username", flat=True)) == names


def test_one_click_and_the_page_shows_the_demos_name(demos: list[User]) -> None:
    login = Client().get("/login/").content.decode()
    assert all(f'action="/demo/{name}/"' in login for name in ("growth", "value", "balanced"))
    browser = visit()
    own = account_of(browser)
    assert own.copied_from == demos[0] and own.is_demo and not own.has_usable_password()
    assert own.expires_at is not None and own.expires_at - clock.wall() <= dt.timedelta(hours=24)
    assert own.username != "demo_growth" and own.username not in browser.get("/settings/").content.decode()
    assert 'Log out<span class="bar-wide"> demo_growth</span>' in browser.get("/settings/").content.decode()
    assert browser.get("/api/auth/me/").json()["name"] == "demo_growth"
    assert browser.cookies["sessionid"]["max-age"] == 24 * 3600


def test_two_visitors_and_the_demo_itself_never_meet(demos: list[User]) -> None:
    save_preferences(demos[0], {"palette": "mono", "zone": "Asia/Tokyo"})
    first, second = visit(), visit()
    assert account_of(first) != account_of(second)
    assert first.get("/api/preferences/").json()["palette"] == "mono"
    first.patch("/api/preferences/", {"palette": "classic"}, content_type="application/json")
    palettes = [browser.get("/api/preferences/").json()["palette"] for browser in (first, second, visit())]
    assert palettes == ["classic", "mono", "mono"]
    assert Preference.objects.get(user=demos[0]).palette == "mono"


def test_nothing_leaves_a_demo_account(demos: list[User], mailoutbox: list[Any]) -> None:
    browser = visit()
    own = account_of(browser)
    for address in ("/account/password/", "/account/close/"):
        assert browser.get(address).status_code == browser.post(address, {"password": ""}).status_code == 403
    body = {"username": "eve", "email": "eve@example.org", "password": PASSWORD}
    assert browser.post("/api/auth/register/", body, content_type="application/json").status_code == 403
    browser.post("/register/", body)
    assert browser.get("/admin/").status_code == 302
    browser.post("/password-reset/", {"email": demos[0].email})
    assert mailoutbox == []
    assert not User.objects.filter(username="eve").exists()
    for name in (own.username, "demo_growth"):
        answer = Client().post(
            "/api/auth/token/", {"username": name, "password": "demo123"}, content_type="application/json"
        )
        assert answer.status_code == 401
        assert Client().post("/login/", {"username": name, "password": ""}).status_code == 200
    page = browser.get("/settings/").content.decode()
    assert "/account/password/" not in page and "/account/close/" not in page


def test_a_copy_ends_on_time_and_the_nightly_job_deletes_it(demos: list[User]) -> None:
    with time_machine.travel(BEGAN, tick=False) as wall:
        browser = visit()
        pk = account_of(browser).pk
        wall.move_to(BEGAN + dt.timedelta(hours=12))
        later = visit("value")
        wall.move_to(BEGAN + dt.timedelta(hours=24, seconds=-1))
        assert is_in(browser)
        assert demo.delete_expired() == 0
        wall.move_to(BEGAN + dt.timedelta(hours=24))
        assert not is_in(browser)
        run = run_now("portfolios.expire_demos", trigger="test")
        assert (run.status, run.reason) == (JobRun.Status.DONE, "1 copies deleted")
        assert not User.objects.filter(pk=pk).exists()
        assert is_in(later)
        assert User.objects.filter(is_demo=True, copied_from=None).count() == 3
        wall.move_to(BEGAN + dt.timedelta(days=2))
        run = run_now("portfolios.expire_sign_ins", trigger="test")
        assert run.status == JobRun.Status.DONE, run.traceback
        assert not Session.objects.exists()


def test_the_longest_idle_makes_room(demos: list[User], settings: Any) -> None:
    settings.DEMO_COPIES_MAX = 3
    with time_machine.travel(BEGAN, tick=False) as wall:
        browsers = []
        for minute in range(3):
            wall.move_to(BEGAN + dt.timedelta(minutes=minute))
            browsers.append(visit())
        wall.move_to(BEGAN + dt.timedelta(minutes=30))
        assert is_in(browsers[0])  # the oldest is not the idlest
        wall.move_to(BEGAN + dt.timedelta(minutes=31))
        newest = visit("balanced")
        assert [is_in(browser) for browser in (*browsers, newest)] == [True, False, True, True]
    assert User.objects.filter(copied_from__isnull=False).count() == 3


def test_visits_are_noted_rarely(demos: list[User], django_assert_num_queries: Any) -> None:
    with time_machine.travel(BEGAN, tick=False) as wall:
        browser = visit()
        browser.get("/settings/")
        with django_assert_num_queries(1):
            browser.get("/settings/")
        wall.move_to(BEGAN + dt.timedelta(minutes=6))
        with django_assert_num_queries(2):
            browser.get("/settings/")
    assert account_of(browser).last_seen_at == BEGAN + dt.timedelta(minutes=6)


def test_logging_out_or_changing_the_demo_leaves_nothing_behind(demos: list[User]) -> None:
    browser = visit()
    first = account_of(browser).pk
    browser.post("/demo/value/")
    second = account_of(browser)
    assert second.copied_from == demos[1]
    assert not User.objects.filter(pk=first).exists()
    browser.post("/logout/")
    assert not User.objects.filter(pk=second.pk).exists()
    assert User.objects.filter(is_demo=True).count() == 3


def test_who_has_an_account_stays_in_it(demos: list[User], hers: Client, ada: User) -> None:
    assert hers.post("/demo/growth/")["Location"] == "/"
    assert account_of(hers) == ada
    assert not User.objects.filter(copied_from__isnull=False).exists()


def test_entry_only_where_the_demo_is(client: Client, demos: list[User], settings: Any) -> None:
    assert client.post("/demo/nothing/").status_code == 404
    assert client.get("/demo/growth/").status_code == 405
    settings.DEMO = False
    assert client.post("/demo/growth/").status_code == 404
    assert "/demo/" not in client.get("/login/").content.decode()
    settings.DEMO = True
    User.objects.all().delete()
    assert client.post("/demo/growth/").status_code == 404


def test_one_address_cannot_push_the_others_out(demos: list[User], monkeypatch: pytest.MonkeyPatch) -> None:
    rates = {"anon": None, "user": None, "auth": None, "demo": "2/hour"}
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)
    answers = [Client().post("/demo/growth/").status_code for _ in range(3)]
    assert answers == [302, 302, 429]


def test_only_copies_are_closed(demos: list[User]) -> None:
    with pytest.raises(ValueError, match="no copy"):
        demo.close_copy(demos[0])
