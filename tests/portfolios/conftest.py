"""People and their browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.test import Client
from rest_framework.test import APIClient

from portfolios import demo
from portfolios.models import User

PASSWORD = "correct horse battery"

Post = Callable[..., Any]


@pytest.fixture(autouse=True)
def plain_http(settings: Any) -> None:
    """The test client speaks http."""
    settings.SECURE_SSL_REDIRECT = False


@pytest.fixture
def ada(db: None) -> User:
    """A person with an account."""
    return User.objects.create_user("ada", email="ada@example.org", password=PASSWORD)


@pytest.fixture
def bob(db: None) -> User:
    """Another one."""
    return User.objects.create_user("bob", email="bob@example.org", password=PASSWORD)


@pytest.fixture
def hers(client: Client, ada: User) -> Client:
    """Ada's browser."""
    client.force_login(ada)
    return client


@pytest.fixture
def api() -> APIClient:
    """A program without a session."""
    return APIClient()


@pytest.fixture
def demos(db: None, settings: Any) -> list[User]:
    """The demo is on and its accounts are made."""
    settings.DEMO = True
    return demo.ensure_demo_accounts()


@pytest.fixture
def sign_in(api: APIClient, ada: User) -> Callable[[], dict[str, Any]]:
    """Ada's program signs in; each call is a sign-in of its own."""

    def call() -> dict[str, Any]:
        answer = api.post("/api/auth/token/", {"username": "ada", "password": PASSWORD}, format="json")
        assert answer.status_code == 200, answer.json()
        body: dict[str, Any] = answer.json()
        return body

    return call


@pytest.fixture
def outbox(mailoutbox: list[Any]) -> Iterator[list[Any]]:
    """Mails that were sent."""
    yield mailoutbox


def bearer(access: str) -> dict[str, str]:
    """The header of a token."""
    return {"Authorization": f"Bearer {access}"}
