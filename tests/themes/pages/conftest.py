"""A market at noon, people who look at it, and one theme with everything that a page can show."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from portfolios.models import User
from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, Market, make_market
from themes.models import Theme

from .world import HOUR, MINUTE, NOON, add_document, add_heat, add_manipulation, add_member, add_network, add_theme

AT = NOON + 5 * MINUTE


@pytest.fixture(autouse=True)
def plain_pages(settings: Any) -> None:
    """The test client speaks http and nothing was collected."""
    settings.SECURE_SSL_REDIRECT = False
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.fixture(autouse=True)
def five_past_noon() -> Iterator[None]:
    with clock.frozen(AT):
        yield


@pytest.fixture
def market(db: None) -> Market:
    """Flat at 100 until Thursday, then TEC0 at 110 in the half-hour to noon."""
    market = make_market(calendar.shift(NOON.date(), -1).date, sessions=5, simulated=True)
    market.store_half_hours(NOON - HOUR / 2, dict.fromkeys(ALL_SYMBOLS, 100.0) | {"TEC0": 110.0})
    return market


@pytest.fixture
def quantum(market: Market) -> Theme:
    """Two members, a follower, three documents, a neighbour, a pass of temperatures."""
    theme = add_theme("quantum", dictionary_key="quantum")
    add_member(theme, market.ids["TEC0"])
    add_member(theme, market.ids["ENE0"], sector="energy", since=1, score=0.4)
    add_member(theme, market.ids["TEC1"], since=1, is_sympathy=True, first_mention_at=None, text_part=0.0)
    first = add_document(theme, "Quantum deal", [market.ids["TEC0"]], hours=4)
    add_document(theme, "Quantum deal again", [market.ids["TEC0"]], hours=3, cluster=first.cluster)
    add_document(theme, "Qubits for oil", [market.ids["ENE0"]], hours=1, kind="filing", form="8-K")
    add_heat(market, ["TEC0", "ENE0"])
    add_manipulation(market.ids["TEC0"])
    add_network(market, [("TEC0", "TEC2", 0.7), ("TEC0", "TEC3", 0.4)])
    return theme


@pytest.fixture
def trader(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_user("trader"))
    return client


@pytest.fixture
def operator(db: None) -> Client:
    browser = Client()
    browser.force_login(User.objects.create_superuser("operator"))
    return browser


def words(response: Any) -> str:
    """The text of a page's content, blanks collapsed."""
    text = response.content.decode()
    main = text[text.index('<main id="content"') : text.index("</main>")] if "<main" in text else text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))
