"""Guessing passwords: counted, stopped, and told until when; nobody is told which names exist."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle

from portfolios import accounts, lockout
from portfolios.models import User
from tests.portfolios.conftest import PASSWORD

pytestmark = pytest.mark.django_db

BEGAN = dt.datetime(2026, 8, 21, 14, tzinfo=dt.UTC)
LOGIN, TOKEN = "/login/", "/api/auth/token/"
FAILED, LOCKED = 200, 429


def attempt(
    client: Client, password: str = "wrong", name: str = "ada", address: str = "192.0.2.1", **extra: Any
) -> Any:
    return client.post(LOGIN, {"username": name, "password": password}, REMOTE_ADDR=address, **extra)


def statuses(count: int, **how: Any) -> list[int]:
    return [attempt(Client(), **how).status_code for _ in range(count)]


@pytest.fixture(autouse=True)
def no_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    """The lockout alone is looked at here."""
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", dict.fromkeys(("anon", "user", "auth", "demo")))


def test_the_fifth_failure_locks_and_the_right_password_waits_too(ada: User) -> None:
    with time_machine.travel(BEGAN, tick=False) as wall:
        assert statuses(5) == [FAILED] * 4 + [LOCKED]
        wall.move_to(BEGAN + dt.timedelta(minutes=5))
        answer = attempt(Client(), PASSWORD)
        assert (answer.status_code, answer["Retry-After"]) == (429, "600")
        assert "until <b><time" in answer.content.decode() and "14:15 UTC" in answer.content.decode()
        wall.move_to(BEGAN + dt.timedelta(minutes=15, seconds=1))
        assert attempt(Client(), PASSWORD).status_code == 302
    assert not AccessAttempt.objects.exists()


def test_trying_on_does_not_move_the_end(ada: User) -> None:
    with time_machine.travel(BEGAN, tick=False) as wall:
        statuses(5)
        for minute in (5, 10, 14):
            wall.move_to(BEGAN + dt.timedelta(minutes=minute))
            assert attempt(Client()).status_code == 429
        wall.move_to(BEGAN + dt.timedelta(minutes=15, seconds=1))
        assert attempt(Client(), PASSWORD).status_code == 302


def test_a_success_forgets_the_failures_before(ada: User) -> None:
    for _ in range(3):
        assert statuses(4) == [FAILED] * 4
        assert attempt(Client(), PASSWORD).status_code == 302


def test_name_and_address_are_one_account_and_pages_and_api_one_count(ada: User, api: APIClient) -> None:
    names = ["ada", "ADA", "ada@example.org", "Ada@Example.Org"]
    assert [attempt(Client(), name=name).status_code for name in names] == [FAILED] * 4
    body = {"username": "ada", "password": "wrong"}
    answer = api.post(TOKEN, body, format="json", REMOTE_ADDR="192.0.2.1")
    assert answer.status_code == 429
    for password in ("wrong", PASSWORD):
        answer = api.post(TOKEN, body | {"password": password}, format="json", REMOTE_ADDR="192.0.2.1")
        error = answer.json()["error"]
        assert (answer.status_code, error["code"], error["fields"]) == (429, "locked_out", {})
        assert 0 < int(answer["Retry-After"]) <= 900
        assert answer["Retry-After"] in error["message"]


def test_the_api_refuses_with_401_before_that(api: APIClient, ada: User) -> None:
    for name in ("ada", "nobody"):
        answer = api.post(TOKEN, {"username": name, "password": "wrong"}, format="json")
        assert answer.status_code == 401
        assert answer.json()["error"] == {
            "code": "authentication_failed",
            "message": "Name and password do not match an account.",
            "fields": {},
        }


def test_another_address_may_go_on_until_the_account_is_under_attack_from_everywhere(ada: User, settings: Any) -> None:
    assert statuses(5, address="192.0.2.1")[-1] == LOCKED
    assert attempt(Client(), PASSWORD, address="192.0.2.2").status_code == 302
    settings.AXES_FAILURE_LIMIT = 2
    answers = [attempt(Client(), address=f"192.0.2.{host}").status_code for host in range(10, 25)]
    assert answers == [FAILED] * 14 + [LOCKED]  # with the five from before: twenty, ten times the limit
    assert attempt(Client(), PASSWORD, address="192.0.2.99").status_code == LOCKED


def test_one_guess_at_each_of_many_accounts(ada: User, settings: Any) -> None:
    settings.AXES_FAILURE_LIMIT = 2
    answers = [attempt(Client(), name=f"user{number}").status_code for number in range(40)]
    assert answers == [FAILED] * 39 + [LOCKED]
    assert attempt(Client(), PASSWORD).status_code == LOCKED
    assert attempt(Client(), PASSWORD, address="192.0.2.2").status_code == 302


def test_unknown_names_are_locked_like_known_ones(ada: User) -> None:
    answers = {}
    for name in ("ada", "nobody"):
        with time_machine.travel(BEGAN, tick=False):
            answers[name] = [attempt(Client(), name=name, address=f"192.0.2.{len(name)}") for _ in range(6)]
    known, unknown = ([answer.status_code for answer in answers[name]] for name in ("ada", "nobody"))
    assert known == unknown
    texts = {name: answers[name][-1].content.decode().split("<main")[1] for name in answers}
    assert texts["ada"] == texts["nobody"]


@pytest.mark.parametrize(("name", "password"), [("ada", "wrong"), ("nobody", "wrong"), ("a@b.example", "wrong")])
def test_an_unknown_name_costs_what_a_wrong_password_costs(
    ada: User, monkeypatch: pytest.MonkeyPatch, name: str, password: str
) -> None:
    hashed = []
    encode = MD5PasswordHasher.encode
    monkeypatch.setattr(MD5PasswordHasher, "encode", lambda *args: hashed.append(1) or encode(*args))
    attempt(Client(), password, name=name)
    assert len(hashed) == 1


@pytest.mark.parametrize("header", ["203.0.113.9", "198.51.100.1, 203.0.113.9", "nonsense"])
def test_a_claimed_address_does_not_help(ada: User, header: str) -> None:
    for number in range(5):
        attempt(Client(), headers={"X-Forwarded-For": f"10.0.0.{number}, {header}"})
    assert attempt(Client(), PASSWORD, headers={"X-Forwarded-For": "10.9.9.9"}).status_code == LOCKED


def test_behind_our_proxy_its_word_counts(ada: User, settings: Any, rf: Any) -> None:
    request = rf.get("/", headers={"X-Forwarded-For": "10.0.0.1, 203.0.113.9"})
    assert lockout.client_address(request) == "127.0.0.1"
    settings.REST_FRAMEWORK = settings.REST_FRAMEWORK | {"NUM_PROXIES": 1}
    assert lockout.client_address(request) == "203.0.113.9"
    request = rf.get("/", headers={"X-Forwarded-For": "10.0.0.1, unix:"})
    assert lockout.client_address(request) is None


def test_what_is_stored_holds_no_password(ada: User, hers: Client) -> None:
    attempt(Client(), "a secret guess", headers={"User-Agent": "browser"})
    hers.post("/account/password/", {"password": "a secret guess", "new_password": "a new secret"})
    for row in AccessAttempt.objects.values():
        assert "secret" not in str(row)
    assert AccessAttempt.objects.count() == 2


def test_the_present_password_is_guessed_no_more_often(hers: Client) -> None:
    answers = [hers.post("/account/close/", {"password": f"guess {n}"}).status_code for n in range(6)]
    assert answers == [FAILED] * 4 + [LOCKED] * 2
    assert hers.post("/account/close/", {"password": PASSWORD}).status_code == LOCKED
    assert User.objects.get(username="ada").deleted_at is None


def test_a_new_password_unlocks_at_once(ada: User) -> None:
    statuses(5)
    accounts.change_password(ada, "another long one")
    assert attempt(Client(), "another long one").status_code == 302


def test_old_attempts_are_forgotten(ada: User) -> None:
    with time_machine.travel(BEGAN, tick=False) as wall:
        statuses(2)
        assert lockout.forget_old_attempts() == 0
        wall.move_to(BEGAN + dt.timedelta(minutes=16))
        assert lockout.forget_old_attempts() == 1


def test_the_admins_login_is_locked_too(db: None) -> None:
    User.objects.create_superuser("root", password=PASSWORD)
    answers = [
        Client().post("/admin/login/", {"username": "root", "password": password}).status_code
        for password in [*["wrong"] * 5, PASSWORD]
    ]
    assert answers == [FAILED] * 4 + [LOCKED] * 2


def test_a_rate_beside_the_lockout_shared_by_pages_and_api(
    ada: User, api: APIClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    rates = {"anon": "60/min", "user": "600/min", "auth": "3/min", "demo": "1/min"}
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", rates)
    assert [attempt(Client(), PASSWORD).status_code for _ in range(2)] == [302, 302]
    body = {"username": "ada", "password": PASSWORD}
    assert api.post(TOKEN, body, format="json", REMOTE_ADDR="192.0.2.1").status_code == 200
    answer = api.post(TOKEN, body, format="json", REMOTE_ADDR="192.0.2.1")
    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "throttled")
    page = attempt(Client(), PASSWORD)
    assert page.status_code == 429 and int(page["Retry-After"]) > 0
    assert "Too many requests" in page.content.decode()
    assert attempt(Client(), PASSWORD, address="192.0.2.2").status_code == 302
    assert Client().get(LOGIN, REMOTE_ADDR="192.0.2.1").status_code == 200
