"""The account pages: sign in, register, change and forget a password, leave."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portfolios import accounts
from portfolios.models import User
from portfolios.views import next_address
from tests.portfolios.conftest import PASSWORD

pytestmark = pytest.mark.django_db

NEW = "another long one"
REGISTER = {"username": "eve", "email": "Eve@example.org", "password": PASSWORD}


def in_(client: Client) -> bool:
    """Whether the browser is signed in."""
    return bool(client.get("/settings/").status_code == 200)


@pytest.mark.parametrize("name", ["ada", "ADA", "ada@example.org"])
def test_log_in_by_name_or_address(client: Client, ada: User, name: str) -> None:
    answer = client.post("/login/", {"username": name, "password": PASSWORD, "next": "/universe/"})
    assert (answer.status_code, answer["Location"]) == (302, "/universe/")
    assert in_(client)


def test_the_sessions_key_changes_at_login(client: Client, ada: User) -> None:
    client.get("/login/")
    session = client.session
    session["planted"] = "by somebody else"
    session.save()
    planted = session.session_key
    client.post("/login/", {"username": "ada", "password": PASSWORD})
    assert client.session.session_key != planted
    stranger = Client()
    stranger.cookies["sessionid"] = planted
    assert not in_(stranger)


def test_the_deleted_and_the_locked_cannot_log_in_nor_stay(client: Client, ada: User) -> None:
    for change in (accounts.close_account, accounts.lock_account):
        User.objects.update(deleted_at=None, is_active=True)
        client.force_login(User.objects.get())
        assert in_(client)
        change(User.objects.get())
        assert not in_(client)
        answer = client.post("/login/", {"username": "ada", "password": PASSWORD})
        assert answer.status_code == 200 and "do not match an account" in answer.content.decode()


@pytest.mark.parametrize(
    "evil",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        r"\\evil.example",
        r"/\evil.example",
        "http:evil.example",
        "javascript:alert(1)",
        "https://testserver@evil.example/",
        " //evil.example",
        "\t//evil.example",
    ],
)
@pytest.mark.parametrize("way", ["login", "register", "demo"])
def test_next_leads_nowhere_else(client: Client, ada: User, demos: list[User], way: str, evil: str) -> None:
    forms = {
        "login": ("/login/", {"username": "ada", "password": PASSWORD}),
        "register": ("/register/", REGISTER),
        "demo": ("/demo/growth/", {}),
    }
    address, values = forms[way]
    answer = client.post(address, values | {"next": evil})
    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert "evil" not in answer["Location"]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=150, deadline=None)
@given(st.text(alphabet="/\\:@.?#% \t\nabhpst", max_size=20))
def test_no_text_leads_to_another_host(rf: Any, asked: str) -> None:
    from urllib.parse import urljoin, urlsplit

    there = next_address(rf.post("/register/", {"next": asked}))
    assert urlsplit(urljoin("http://testserver/register/", there)).netloc == "testserver"


def test_register_signs_in_and_a_refusal_stands_beside_its_field(client: Client, ada: User) -> None:
    answer = client.post("/register/", REGISTER | {"username": "Ada", "password": "short"})
    assert answer.status_code == 200
    assert set(answer.context["form"].errors) == {"username", "password"}
    text = answer.content.decode()
    assert 'value="Eve@example.org"' in text and 'value="short"' not in text
    assert client.post("/register/", REGISTER | {"next": "/universe/"})["Location"] == "/universe/"
    assert in_(client)
    assert User.objects.get(username="eve").email == "eve@example.org"
    assert client.get("/register/")["Location"] == "/"


def test_registration_may_be_closed(client: Client, settings: Any) -> None:
    settings.REGISTRATION = False
    assert client.get("/register/").status_code == client.post("/register/", REGISTER).status_code == 404
    assert client.post("/api/auth/register/", REGISTER, content_type="application/json").status_code == 404
    assert "/register/" not in client.get("/login/").content.decode()
    assert not User.objects.exists()


def test_register_over_the_api(client: Client) -> None:
    answer = client.post("/api/auth/register/", REGISTER, content_type="application/json")
    assert answer.status_code == 201
    assert (answer.json()["username"], answer.json()["email"]) == ("eve", "eve@example.org")
    assert "password" not in answer.json() and answer["Cache-Control"] == "private, no-store"
    again = client.post("/api/auth/register/", REGISTER | {"password": "12345678"}, content_type="application/json")
    assert again.status_code == 400
    assert set(again.json()["error"]["fields"]) == {"username", "email", "password"}
    assert client.post("/login/", {"username": "eve", "password": PASSWORD}).status_code == 302


def test_change_the_password_keeps_this_session_only(hers: Client, ada: User) -> None:
    other = Client()
    other.force_login(ada)
    wrong = hers.post("/account/password/", {"password": "wrong", "new_password": NEW})
    assert wrong.context["form"].errors == {"password": ["This is not your present password."]}
    weak = hers.post("/account/password/", {"password": PASSWORD, "new_password": "adaexample"})
    assert list(weak.context["form"].errors) == ["new_password"]
    assert hers.post("/account/password/", {"password": PASSWORD, "new_password": NEW})["Location"] == "/settings/"
    assert in_(hers) and not in_(other)
    assert User.objects.get().check_password(NEW)


def test_the_admins_own_password_page_leads_here(client: Client) -> None:
    client.force_login(User.objects.create_superuser("root", password=PASSWORD))
    assert client.get("/admin/password_change/")["Location"] == "/account/password/"


def test_forgotten_password(client: Client, ada: User, mailoutbox: list[Any]) -> None:
    other = Client()
    other.force_login(ada)
    answer = client.post("/password-reset/", {"email": "ADA@example.org"})
    assert answer["Location"] == "/password-reset/sent/"
    assert client.get(answer["Location"]).status_code == 200
    assert [mail.to for mail in mailoutbox] == [["ada@example.org"]]
    link = re.search(r"http://testserver(/password-reset/\S+)", mailoutbox[0].body)
    assert link is not None
    form = client.get(link.group(1), follow=True)
    assert "Set it" in form.content.decode()
    address = form.redirect_chain[-1][0]
    assert ada.password not in address and "set-password" in address
    done = client.post(address, {"new_password1": NEW, "new_password2": NEW})
    assert done["Location"] == "/login/"
    assert not in_(other)
    assert "was used, or is too old" in Client().get(link.group(1), follow=True).content.decode()
    assert client.post("/login/", {"username": "ada", "password": NEW}).status_code == 302


def test_a_reset_says_the_same_for_every_address(
    client: Client, ada: User, demos: list[User], mailoutbox: list[Any]
) -> None:
    gone = User.objects.create_user("gone", email="gone@example.org", password=PASSWORD)
    accounts.close_account(gone)
    for address in ("nobody@example.org", "gone@example.org", demos[0].email):
        answer = client.post("/password-reset/", {"email": address})
        assert (answer.status_code, answer["Location"]) == (302, "/password-reset/sent/")
    assert mailoutbox == []


def test_a_link_from_before_the_account_was_closed_is_dead(client: Client, ada: User, mailoutbox: list[Any]) -> None:
    client.post("/password-reset/", {"email": ada.email})
    link = re.search(r"http://testserver(/password-reset/\S+)", mailoutbox[0].body)
    assert link is not None
    accounts.close_account(ada)
    assert "was used, or is too old" in client.get(link.group(1), follow=True).content.decode()


def test_close_ones_own_account_with_its_password(hers: Client) -> None:
    assert hers.post("/account/close/", {"password": "wrong"}).status_code == 200
    assert in_(hers)
    assert hers.post("/account/close/", {"password": PASSWORD})["Location"] == "/login/"
    assert not in_(hers)
    assert User.objects.get().deleted_at is not None
    assert (
        hers.post("/register/", {"username": "ada", "email": "ada@example.org", "password": PASSWORD}).status_code
        == 302
    )
    assert User.objects.count() == 2


def test_sign_out_everywhere(hers: Client, ada: User) -> None:
    other = Client()
    other.force_login(ada)
    assert hers.get("/account/sign-out-everywhere/").status_code == 405
    assert hers.post("/account/sign-out-everywhere/")["Location"] == "/login/"
    assert not in_(hers) and not in_(other)
    assert hers.post("/login/", {"username": "ada", "password": PASSWORD}).status_code == 302


@pytest.mark.parametrize(
    "address", ["/login/", "/register/", "/settings/", "/account/password/", "/account/close/", "/demo/growth/"]
)
def test_forms_need_the_csrf_token(ada: User, demos: list[User], address: str) -> None:
    strict = Client(enforce_csrf_checks=True)
    if address.startswith(("/settings", "/account")):
        strict.force_login(ada)
    assert strict.post(address, {"username": "ada", "password": PASSWORD}).status_code == 403


@pytest.mark.parametrize("address", ["/login/", "/register/", "/settings/", "/account/password/", "/account/close/"])
def test_nobody_keeps_these_pages(client: Client, ada: User, address: str) -> None:
    if address.startswith(("/settings", "/account")):
        client.force_login(ada)
    assert "no-store" in client.get(address)["Cache-Control"]
