"""Accounts: names are unique among the living, and deleting frees them."""

from __future__ import annotations

import uuid

import pytest
from django.db import IntegrityError, transaction
from django.utils import timezone

from portfolios.models import User

pytestmark = pytest.mark.django_db


def test_a_name_is_unique_among_living_accounts() -> None:
    first = User.objects.create_user("ada", email="ada@example.org", password="x")
    assert isinstance(first.pk, uuid.UUID)
    with pytest.raises(IntegrityError, match="user_username_unique_while_alive"), transaction.atomic():
        User.objects.create_user("ada")
    first.deleted_at = timezone.now()
    first.save()
    second = User.objects.create_user("ada", email="ada@example.org")
    assert User.objects.get_by_natural_key("ada") == second


def test_an_address_is_unique_among_living_accounts_and_may_be_empty() -> None:
    User.objects.create_user("a")
    User.objects.create_user("b")
    User.objects.create_user("c", email="one@example.org")
    with pytest.raises(IntegrityError, match="user_email_unique_while_alive"), transaction.atomic():
        User.objects.create_user("d", email="one@example.org")


def test_a_deleted_account_cannot_log_in(client) -> None:
    user = User.objects.create_user("gone", password="long enough")
    user.deleted_at = timezone.now()
    user.save()
    assert not client.login(username="gone", password="long enough")
