"""Accounts: names are unique among the living, capitals aside, and deleting frees them."""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from hypothesis import given
from hypothesis import strategies as st

from portfolios import accounts
from portfolios.models import User
from portfolios.models.users import validate_name
from portfolios.selectors import find_account
from sentiment_site.market import clock

pytestmark = pytest.mark.django_db

PASSWORD = "correct horse battery"


def test_a_name_is_unique_among_living_accounts() -> None:
    first = User.objects.create_user("ada", email="ada@example.org", password="x")
    assert isinstance(first.pk, uuid.UUID)
    for name in ("ada", "ADA"):
        with pytest.raises(IntegrityError, match="user_username_unique_while_alive"), transaction.atomic():
            User.objects.create_user(name)
    first.deleted_at = clock.wall()
    first.save()
    second = User.objects.create_user("Ada", email="ada@example.org")
    assert User.objects.get_by_natural_key("ada") == second


def test_an_address_is_unique_among_living_accounts_and_may_be_empty() -> None:
    User.objects.create_user("a")
    User.objects.create_user("b")
    User.objects.create_user("c", email="One@Example.org")
    assert User.objects.get(username="c").email == "one@example.org"
    with pytest.raises(IntegrityError, match="user_email_unique_while_alive"), transaction.atomic():
        User.objects.create_user("d", email="one@example.ORG")


def test_found_by_name_or_address_but_never_by_another_ones_name() -> None:
    ada = User.objects.create_user("ada", email="ada@example.org")
    assert [find_account(login) for login in ("ada", " ADA ", "ada@example.org", "Ada@Example.Org")] == [ada] * 4
    assert find_account("ada@example") is None
    assert find_account("") is None
    with pytest.raises(IntegrityError, match="user_username_is_no_address"), transaction.atomic():
        User.objects.create_user("bob@example.org")


@given(st.text(max_size=20))
def test_a_valid_name_is_never_taken_for_an_address(name: str) -> None:
    try:
        validate_name(name)
    except ValidationError:
        return
    assert "@" not in name and name.strip() == name != ""


def test_register_says_everything_that_is_wrong_by_field() -> None:
    with pytest.raises(ValidationError) as refused:
        accounts.register("a b", "nobody", "short")
    assert set(refused.value.message_dict) == {"username", "email", "password"}
    with pytest.raises(ValidationError) as refused:
        accounts.register("ada", "", "adaadaada1")
    assert set(refused.value.message_dict) == {"email"}


@pytest.mark.parametrize("name", ["demo_growth", "Demo_other", "ADA"])
def test_taken_and_reserved_names(name: str) -> None:
    accounts.register("ada", "Ada@example.org", PASSWORD)
    with pytest.raises(ValidationError) as refused:
        accounts.register(name, "ada@EXAMPLE.org", PASSWORD)
    assert set(refused.value.message_dict) == {"username", "email"}


def test_two_who_ask_for_one_name_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    accounts.register("ada", "ada@example.org", PASSWORD)
    monkeypatch.setattr(accounts, "find_account", lambda login: None)  # neither saw the other
    for name, email, field in (("ada", "b@example.org", "username"), ("bea", "ada@example.org", "email")):
        with pytest.raises(ValidationError) as refused:
            accounts.register(name, email, PASSWORD)
        assert list(refused.value.message_dict) == [field]
    assert User.objects.count() == 1


def test_closing_frees_name_and_address_and_restoring_needs_them() -> None:
    first = accounts.register("ada", "ada@example.org", PASSWORD)
    accounts.close_account(first)
    assert first.deleted_at is not None and not first.may_sign_in
    accounts.restore_account(first)
    assert User.objects.get(pk=first.pk).may_sign_in
    accounts.close_account(first)
    second = accounts.register("Ada", "new@example.org", PASSWORD)
    with pytest.raises(ValidationError) as refused:
        accounts.restore_account(first)
    assert list(refused.value.message_dict) == ["username"]
    first.refresh_from_db()
    assert first.deleted_at is not None
    accounts.close_account(second)
    accounts.restore_account(first)
    assert find_account("ada") == first


def test_a_demo_account_is_not_its_users_to_change() -> None:
    user = User.objects.create_user("trader", password=PASSWORD, is_demo=True)
    for change in (accounts.close_account, lambda user: accounts.change_password(user, "another long one")):
        with pytest.raises(ValidationError, match="demo account"):
            change(user)
    assert User.objects.get(pk=user.pk).check_password(PASSWORD)


@pytest.mark.parametrize(
    "change",
    [{"is_staff": True}, {"is_superuser": True}, {"is_demo": False}, {"expires_at": None}, {"email": "a@example.org"}],
)
def test_a_copy_rules_nothing_and_ends(change: dict[str, Any]) -> None:
    original = User.objects.create_user("demo_growth", is_demo=True)
    right = {"is_demo": True, "copied_from": original, "expires_at": clock.wall() + timedelta(hours=1)}
    User.objects.create_user("demo_growth.1", **right)
    with pytest.raises(IntegrityError, match="user_demo_copy_ends_and_rules_nothing"), transaction.atomic():
        User.objects.create_user("demo_growth.2", **(right | change))


def test_what_sessions_hold_on_to() -> None:
    user = User.objects.create_user("ada", password=PASSWORD)
    before = user.get_session_auth_hash()
    accounts.sign_out_everywhere(user)
    after = user.get_session_auth_hash()
    user.set_password("another long one")
    assert len({before, after, user.get_session_auth_hash()}) == 3


def test_sessions_survive_a_change_of_the_sites_key(settings: Any) -> None:
    user = User.objects.create_user("ada", password=PASSWORD)
    before, old_key = user.get_session_auth_hash(), settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-key", [old_key]
    assert user.get_session_auth_hash() != before
    assert list(user.get_session_auth_fallback_hash()) == [before]
