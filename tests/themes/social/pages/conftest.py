"""A reader who is signed in, and a stock that people write about."""

from __future__ import annotations

import pytest
from django.test import Client

from portfolios.models import User
from tests.themes.social.pages.world import add_stock
from universe.models import Instrument


@pytest.fixture
def reader(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_user("reader"))
    return client


@pytest.fixture
def acme(db: None) -> Instrument:
    return add_stock("ACME", "Acme Nuclear Inc.")
