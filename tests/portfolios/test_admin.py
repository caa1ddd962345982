"""The operator's desk for accounts."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client
from django.urls import reverse

from portfolios import accounts, demo, tokens
from portfolios.admin import MayItSignIn, WhoIsIt
from portfolios.models import User
from tests.portfolios.conftest import PASSWORD

pytestmark = pytest.mark.django_db

LIST = "/admin/portfolios/user/"


@pytest.fixture
def root(db: None) -> User:
    return User.objects.create_superuser("root", password=PASSWORD)


@pytest.fixture
def desk(client: Client, root: User) -> Client:
    client.force_login(root)
    return client


def names(desk: Client, **asked: str) -> set[str]:
    return {user.username for user in desk.get(LIST, asked).context["cl"].result_list}


def act(desk: Client, action: str, *users: User) -> str:
    values = {"action": action, "_selected_action": [str(user.pk) for user in users]}
    return desk.post(LIST, values, follow=True).content.decode()


def test_filters_answer_questions(desk: Client, ada: User, bob: User, demos: list[User]) -> None:
    copy = demo.open_copy(demo.DEMOS[0])
    gone = User.objects.create_user("gone")
    accounts.close_account(gone)
    accounts.lock_account(bob)
    for _ in range(5):
        Client().post("/login/", {"username": "ada@example.org", "password": "wrong"})
    originals = {account.username for account in demos}
    assert names(desk, who="copies") == {copy.username}
    assert names(desk, who="demos") == originals
    assert names(desk, who="operators") == {"root"}
    assert names(desk, who="people") == {"ada", "bob", "gone", "root"}
    assert names(desk, sign_in="locked_out") == {"ada"}
    assert names(desk, sign_in="off") == {"bob"}
    assert names(desk, sign_in="deleted") == {"gone"}
    assert names(desk, sign_in="yes") == {"root", copy.username} | originals
    User.objects.filter(pk=copy.pk).update(expires_at=copy.date_joined)
    assert names(desk, sign_in="over") == {copy.username}
    assert (WhoIsIt.parameter_name, MayItSignIn.parameter_name) == ("who", "sign_in")


def test_actions_call_the_services(desk: Client, ada: User, bob: User) -> None:
    pair = tokens.issue(ada)
    act(desk, "lock_selected", ada, bob)
    assert set(User.objects.filter(is_active=False)) == {ada, bob}
    act(desk, "unlock_selected", ada, bob)
    assert not User.objects.filter(is_active=False).exists()
    with pytest.raises(tokens.TokenRefused):
        tokens.rotate(pair.refresh)
    before = User.objects.get(pk=ada.pk).sign_out_count
    act(desk, "sign_out_selected", ada)
    assert User.objects.get(pk=ada.pk).sign_out_count == before + 1
    act(desk, "close_selected", ada)
    assert User.objects.get(pk=ada.pk).deleted_at is not None
    User.objects.create_user("Ada")
    assert "This name is taken" in act(desk, "restore_selected", ada)
    assert User.objects.get(pk=ada.pk).deleted_at is not None
    User.objects.filter(username="Ada").delete()
    act(desk, "restore_selected", ada)
    assert User.objects.get(pk=ada.pk).deleted_at is None


def test_unlocking_forgets_the_failures(desk: Client, ada: User) -> None:
    for _ in range(5):
        Client().post("/login/", {"username": "ada", "password": "wrong"})
    assert Client().post("/login/", {"username": "ada", "password": PASSWORD}).status_code == 429
    act(desk, "unlock_selected", ada)
    assert Client().post("/login/", {"username": "ada", "password": PASSWORD}).status_code == 302


def test_the_operators_account_of_the_demo_survives_the_desk(desk: Client, demos: list[User]) -> None:
    assert "demo account" in act(desk, "close_selected", demos[0])
    assert User.objects.get(pk=demos[0].pk).deleted_at is None


def test_accounts_are_made_with_free_names_only(desk: Client, ada: User) -> None:
    values = {"username": "Ada", "email": "x@example.org", "password1": PASSWORD, "password2": PASSWORD}
    assert "This name is taken" in desk.post(f"{LIST}add/", values).content.decode()
    bob = User.objects.create_user("bob")
    change = reverse("admin:portfolios_user_change", args=[bob.pk])
    assert "This name is taken" in desk.post(change, {"username": "ADA"}).content.decode()
    assert "with this address exists" in desk.post(change, {"username": "bob", "email": ada.email}).content.decode()
    assert desk.post(change, {"username": "Bob", "email": "bob@example.org"}).status_code == 302
    accounts.close_account(ada)
    assert desk.post(f"{LIST}add/", values).status_code == 302
    assert User.objects.filter(username__iexact="ada").count() == 2


def test_facts_and_evidence_are_nobodys_to_change(desk: Client, ada: User) -> None:
    page = desk.get(reverse("admin:portfolios_user_change", args=[ada.pk])).content.decode()
    assert 'name="email"' in page
    for name in ("is_active", "is_demo", "deleted_at", "sign_out_count"):
        assert f'name="{name}"' not in page
    assert desk.post(reverse("admin:portfolios_user_delete", args=[ada.pk])).status_code == 403
    Client().post("/login/", {"username": "ada", "password": "wrong"})
    tokens.rotate(tokens.issue(ada).refresh)
    for address in ("/admin/axes/accessattempt/", "/admin/portfolios/revokedtoken/"):
        listed = desk.get(address)
        assert listed.status_code == 200 and listed.context["cl"].result_count == 1
        assert desk.get(f"{address}add/").status_code == 403
        row = listed.context["cl"].result_list[0]
        assert desk.post(f"{address}{row.pk}/change/", {"username": "x"}).status_code == 403


def test_the_right_to_edit_accounts_is_not_every_right(client: Client, root: User, ada: User) -> None:
    clerk = User.objects.create_user("clerk", password=PASSWORD, is_staff=True)
    clerk.user_permissions.set(Permission.objects.filter(codename__in=["change_user", "view_user"]))
    client.force_login(clerk)
    page = client.get(reverse("admin:portfolios_user_change", args=[clerk.pk])).content.decode()
    assert 'name="email"' in page and 'name="is_superuser"' not in page and 'name="groups"' not in page
    client.post(reverse("admin:portfolios_user_change", args=[clerk.pk]), {"username": "clerk", "is_superuser": "on"})
    assert not User.objects.get(pk=clerk.pk).is_superuser
    assert client.post(f"{LIST}{root.pk}/password/", {"password1": "x", "password2": "x"}).status_code == 403
    assert "only superusers" in act(client, "lock_selected", root)
    assert User.objects.get(pk=root.pk).is_active


def test_the_list_has_a_budget(desk: Client, django_assert_max_num_queries: Any) -> None:
    for number in range(30):
        User.objects.create_user(f"user{number}")
    with django_assert_max_num_queries(6):
        assert desk.get(LIST).status_code == 200
