"""Ada's book on a Friday evening, and a book of somebody else beside it."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from rest_framework.test import APIClient
from rest_framework.throttling import SimpleRateThrottle

from portfolios import access
from portfolios.books.drafts import PositionDraft
from portfolios.books.positions import create_position
from portfolios.models import Portfolio, Position, User
from sentiment_site.market import clock
from tests.portfolios.conftest import ada, api, bob, demos, plain_http  # noqa: F401 - the same people

NOW = dt.datetime(2026, 8, 21, 21, 30, tzinfo=dt.UTC)  # 17:30 in New York, a Friday
TODAY = dt.date(2026, 8, 21)
MONDAY = dt.date(2026, 8, 17)
CALL = "AAPL261218C00250000"
PUT = "AAPL261218P00150000"


@pytest.fixture(autouse=True)
def friday_evening() -> Iterator[Any]:
    """The market's clock stands."""
    with clock.frozen(NOW) as hand:
        yield hand


@pytest.fixture(autouse=True)
def no_rates(monkeypatch: pytest.MonkeyPatch) -> None:
    """Calls are not counted."""
    monkeypatch.setattr(SimpleRateThrottle, "THROTTLE_RATES", dict.fromkeys(("anon", "user", "auth", "demo")))


@pytest.fixture
def book(ada: User) -> Portfolio:  # noqa: F811
    """Ada's."""
    return access.get_portfolio(ada)


@pytest.fixture
def other(bob: User) -> Portfolio:  # noqa: F811
    """Bob's."""
    return access.get_portfolio(bob)


@pytest.fixture
def program(ada: User) -> APIClient:  # noqa: F811
    """Ada's program."""
    client = APIClient()
    client.force_authenticate(ada)
    return client


def draft(symbol: str = "SOUN", quantity: object = 100, price: object = "10", **more: Any) -> PositionDraft:
    """A draft; a negative quantity is short or written."""
    return PositionDraft(symbol, Decimal(str(quantity)), Decimal(str(price)), more.pop("on", MONDAY), **more)


def hold(book: Portfolio, symbol: str = "SOUN", quantity: object = 100, price: object = "10", **more: Any) -> Position:
    """A position in the book."""
    known = {name: more.pop(name) for name in ("tag_names", "fees", "request_key") if name in more}
    return create_position(book, draft(symbol, quantity, price, **more), **known)
