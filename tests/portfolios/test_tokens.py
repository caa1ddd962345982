"""The life of a token: a day, one exchange, and not a moment after logout."""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import jwt
import pytest
import time_machine
from django.conf import settings as site
from django.core.cache import cache
from django.db import connection
from rest_framework.test import APIClient

from portfolios import accounts, tokens
from portfolios.models import RevokedToken, User
from sentiment_site.market import clock
from sentiment_site.services.ports import next_free
from sentiment_site.services.servers import Valkey, valkey
from tests.portfolios.conftest import PASSWORD, bearer

pytestmark = pytest.mark.django_db

ME, REFRESH, LOGOUT = "/api/auth/me/", "/api/auth/token/refresh/", "/api/auth/logout/"
SignIn = Callable[[], dict[str, Any]]


@pytest.fixture(autouse=True)
def commits(django_capture_on_commit_callbacks: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A test's transaction never commits; what happens after a commit happens at once."""
    monkeypatch.setattr(tokens.transaction, "on_commit", lambda step: step())


def status(api: APIClient, access: str, address: str = ME) -> int:
    return int(api.get(address, headers=bearer(access)).status_code)


def exchange(api: APIClient, refresh: str) -> Any:
    return api.post(REFRESH, {"refresh": refresh}, format="json")


def test_a_pair_says_who_and_how_long(api: APIClient, ada: User, sign_in: SignIn) -> None:
    pair = sign_in()
    assert (pair["token_type"], pair["expires_in"]) == ("Bearer", 86_400)
    claims = jwt.decode(pair["access"], site.JWT_KEY, algorithms=["HS256"])
    assert claims["exp"] - claims["iat"] == 86_400
    assert claims["user_id"] == str(ada.pk)
    assert jwt.get_unverified_header(pair["access"])["alg"] == "HS256"
    weekly = jwt.decode(pair["refresh"], site.JWT_KEY, algorithms=["HS256"])
    assert weekly["exp"] - weekly["iat"] == 7 * 86_400
    assert weekly["fam"] == claims["fam"] and weekly["jti"] != claims["jti"]
    me = api.get(ME, headers=bearer(pair["access"])).json()
    assert (me["username"], me["email"], me["is_demo"]) == ("ada", "ada@example.org", False)
    ada.refresh_from_db()
    assert ada.last_login is not None


def test_the_address_is_a_name_too(api: APIClient, ada: User) -> None:
    answer = api.post("/api/auth/token/", {"username": "ADA@example.org", "password": PASSWORD}, format="json")
    assert answer.status_code == 200


def test_an_access_token_lives_a_day_and_a_refresh_token_a_week(api: APIClient, sign_in: SignIn) -> None:
    began = dt.datetime(2026, 8, 21, 14, tzinfo=dt.UTC)
    with time_machine.travel(began, tick=False) as wall:
        pair = sign_in()
        wall.move_to(began + dt.timedelta(hours=24, seconds=-1))
        assert status(api, pair["access"]) == 200
        wall.move_to(began + dt.timedelta(hours=24))
        answer = api.get(ME, headers=bearer(pair["access"]))
        assert (answer.status_code, answer.json()["error"]["code"]) == (401, "token_not_valid")
        assert answer["WWW-Authenticate"].startswith("Bearer")
        wall.move_to(began + dt.timedelta(days=7, seconds=-1))
        newer = exchange(api, pair["refresh"])
        assert newer.status_code == 200
        wall.move_to(began + dt.timedelta(days=14, seconds=-1))
        assert exchange(api, newer.json()["refresh"]).status_code == 401


def test_a_refresh_token_works_once_and_its_thief_ends_the_sign_in(api: APIClient, sign_in: SignIn) -> None:
    first, other = sign_in(), sign_in()
    second = exchange(api, first["refresh"]).json()
    assert status(api, first["access"]) == status(api, second["access"]) == 200
    again = exchange(api, first["refresh"])
    assert (again.status_code, again.json()["error"]["code"]) == (401, "token_not_valid")
    assert status(api, second["access"]) == status(api, first["access"]) == 401
    assert exchange(api, second["refresh"]).status_code == 401
    assert status(api, other["access"]) == 200
    assert exchange(api, other["refresh"]).status_code == 200


@pytest.mark.django_db(transaction=True)
def test_of_two_exchanges_at_once_one_wins(api: APIClient, sign_in: SignIn) -> None:
    refresh = sign_in()["refresh"]
    gate, answers = threading.Barrier(4), []

    def work() -> None:
        gate.wait()
        answers.append(exchange(APIClient(), refresh).status_code)
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == [200, 401, 401, 401]


def test_logout_ends_the_access_token_at_once_and_this_sign_in_only(api: APIClient, sign_in: SignIn) -> None:
    pair, other = sign_in(), sign_in()
    assert api.post(LOGOUT, {}, format="json", headers=bearer(pair["access"])).status_code == 204
    assert status(api, pair["access"]) == 401
    assert exchange(api, pair["refresh"]).status_code == 401
    assert status(api, other["access"]) == 200


def test_logout_with_nothing_but_the_refresh_token(api: APIClient, sign_in: SignIn) -> None:
    pair = sign_in()
    assert api.post(LOGOUT, {"refresh": pair["refresh"]}, format="json").status_code == 204
    assert status(api, pair["access"]) == 401
    assert api.post(LOGOUT, {}, format="json").status_code == 401


def test_nobody_ends_anothers_sign_in(api: APIClient, sign_in: SignIn, bob: User) -> None:
    pair, his = sign_in(), tokens.issue(bob)
    answer = api.post(LOGOUT, {"refresh": his.refresh}, format="json", headers=bearer(pair["access"]))
    assert answer.status_code == 401
    assert status(api, his.access) == 200


def test_logout_everywhere(api: APIClient, sign_in: SignIn) -> None:
    pair, other = sign_in(), sign_in()
    api.post(LOGOUT, {"everywhere": True}, format="json", headers=bearer(pair["access"]))
    assert [status(api, old["access"]) for old in (pair, other)] == [401, 401]
    assert exchange(api, other["refresh"]).status_code == 401
    assert status(api, sign_in()["access"]) == 200


def test_the_cache_may_forget_but_the_database_does_not(api: APIClient, sign_in: SignIn) -> None:
    pair = sign_in()
    api.post(LOGOUT, {}, format="json", headers=bearer(pair["access"]))
    cache.clear()
    assert status(api, pair["access"]) == 401


def test_statements_of_a_good_and_of_a_revoked_token(
    api: APIClient, sign_in: SignIn, django_assert_num_queries: Any
) -> None:
    pair = sign_in()
    with django_assert_num_queries(1):  # account, preferences and revocation in one
        assert status(api, pair["access"], "/api/preferences/") == 200
    api.post(LOGOUT, {}, format="json", headers=bearer(pair["access"]))
    with django_assert_num_queries(0):
        assert status(api, pair["access"]) == 401


@pytest.mark.parametrize(
    "change",
    [
        accounts.close_account,
        accounts.lock_account,
        accounts.sign_out_everywhere,
        lambda user: accounts.change_password(user, "another long one"),
    ],
)
def test_what_ends_every_token(api: APIClient, ada: User, sign_in: SignIn, change: Callable[[User], None]) -> None:
    pair = sign_in()
    change(ada)
    assert status(api, pair["access"]) == 401
    assert exchange(api, pair["refresh"]).status_code == 401


@pytest.mark.parametrize(
    "forged",
    [
        lambda claims: jwt.encode(claims, "x" * 64, algorithm="HS256"),
        lambda claims: jwt.encode(claims, "", algorithm="none"),
        lambda claims: jwt.encode(claims, site.JWT_KEY, algorithm="HS512"),
        lambda claims: jwt.encode(claims | {"user_id": "nobody"}, site.JWT_KEY, algorithm="HS256"),
        lambda claims: jwt.encode({**claims, "token_type": "refresh"}, site.JWT_KEY, algorithm="HS256"),
        lambda claims: jwt.encode({k: v for k, v in claims.items() if k != "exp"}, site.JWT_KEY, algorithm="HS256"),
        lambda claims: jwt.encode({k: v for k, v in claims.items() if k != "gen"}, site.JWT_KEY, algorithm="HS256"),
        lambda claims: jwt.encode({k: v for k, v in claims.items() if k != "fam"}, site.JWT_KEY, algorithm="HS256"),
        lambda claims: "not.a.token",
        lambda claims: "two words",
    ],
)
def test_forged_and_broken_tokens(api: APIClient, sign_in: SignIn, forged: Callable[[dict[str, Any]], str]) -> None:
    claims = jwt.decode(sign_in()["access"], site.JWT_KEY, algorithms=["HS256"])
    answer = api.get(ME, headers=bearer(forged(claims)))
    assert answer.status_code == 401
    assert set(answer.json()["error"]) == {"code", "message", "fields"}


def test_another_accounts_digest_does_not_fit(api: APIClient, sign_in: SignIn, bob: User) -> None:
    claims = jwt.decode(sign_in()["access"], site.JWT_KEY, algorithms=["HS256"])
    mixed = jwt.encode(claims | {"user_id": str(bob.pk)}, site.JWT_KEY, algorithm="HS256")
    assert status(api, mixed) == 401


def test_a_refresh_token_opens_nothing_and_an_access_token_exchanges_nothing(api: APIClient, sign_in: SignIn) -> None:
    pair = sign_in()
    assert status(api, pair["refresh"]) == 401
    assert exchange(api, pair["access"]).status_code == 401


def test_only_a_session_needs_the_csrf_token(ada: User, sign_in: SignIn) -> None:
    strict = APIClient(enforce_csrf_checks=True)
    change = {"theme": "light"}
    answer = strict.patch("/api/preferences/", change, format="json", headers=bearer(sign_in()["access"]))
    assert answer.status_code == 200
    strict.force_login(ada)
    assert strict.patch("/api/preferences/", change, format="json").status_code == 403


def test_a_session_logs_out_over_the_api_too(hers: Any) -> None:
    assert hers.get(ME).status_code == 200
    assert hers.post(LOGOUT, {}, content_type="application/json").status_code == 204
    assert hers.get(ME).status_code == 401


def test_the_list_holds_no_token_and_forgets_what_is_over(api: APIClient, ada: User, sign_in: SignIn) -> None:
    pair = sign_in()
    api.post(LOGOUT, {}, format="json", headers=bearer(pair["access"]))
    rows = list(RevokedToken.objects.values())
    assert len(rows) == 2
    assert not any(part in str(rows) for part in (pair["access"], pair["refresh"]))
    assert tokens.forget_expired() == 0
    with time_machine.travel(clock.wall() + dt.timedelta(days=2)):
        assert tokens.forget_expired() == 1  # the access token; the family waits for its refresh tokens
    with time_machine.travel(clock.wall() + dt.timedelta(days=8)):
        assert tokens.forget_expired() == 1


@pytest.fixture
def mortal(tmp_path: Path, settings: Any) -> Iterator[Valkey]:
    """A Valkey that this test kills."""
    tmp_path.chmod(0o755)
    server = valkey(tmp_path, port=next_free(0), password="mortal", durable=False)
    server.start()
    settings.CACHES = settings.CACHES | {"default": settings.CACHES["default"] | {"LOCATION": server.url}}
    yield server
    server.stop()


def test_without_valkey_tokens_are_issued_checked_and_revoked(
    mortal: Valkey, api: APIClient, ada: User, sign_in: SignIn
) -> None:
    kept = sign_in()
    assert mortal.process is not None
    mortal.process.kill()
    mortal.process.wait()
    pair = sign_in()
    assert status(api, pair["access"]) == status(api, kept["access"]) == 200
    assert api.post(LOGOUT, {}, format="json", headers=bearer(pair["access"])).status_code == 204
    assert status(api, pair["access"]) == 401
    assert exchange(api, kept["refresh"]).status_code == 200
    assert api.get("/login/").status_code == 200
