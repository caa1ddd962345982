"""What of a book hangs on crypto: linked holdings, their share, and where they lean against the permission."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from macro.links import ensure_simulated_links
from macro.models import CryptoLink, MacroSentimentAnalysis
from macro.selectors import list_link_kinds
from portfolios.models import Portfolio
from portfolios.pages.crypto import LinkedHolding, warn
from tests.factories import Market
from tests.portfolios.books.conftest import TODAY, book, friday_evening, hold, no_rates, other  # noqa: F401 - the same book and evening
from tests.portfolios.conftest import ada, bob, hers, plain_http  # noqa: F401 - the same people
from tests.portfolios.pages.rows import text
from tests.portfolios.pages.test_light_page import market  # noqa: F401 - the same market

pytestmark = pytest.mark.django_db
PAGE = "/book/crypto/"
YEAR_AGO = TODAY - dt.timedelta(days=365)


def test_linked_holdings_are_listed_with_their_share(hers: Client, book: Portfolio, market: Market) -> None:  # noqa: F811
    assert "Nothing is held." in text(hers.get(PAGE))
    hold(book, "TECA", -100, "100")
    hold(book, "HEAB", 300, "100")
    assert "Nothing you hold is on the list" in text(hers.get(PAGE))
    assert ensure_simulated_links(["TECA", "FINA"], YEAR_AGO) == 2
    assert ensure_simulated_links(["TECA"], YEAR_AGO) == 0
    page = text(hers.get(PAGE))
    assert "25% of your gross hangs on crypto" in page
    assert "TECA" in page and "miner" in page and "HEAB" not in page and "simulated" in page


def test_links_of_real_companies_do_not_meet_simulated_ones(hers: Client, book: Portfolio, market: Market) -> None:  # noqa: F811
    CryptoLink.objects.create(symbol="TECA", link_type="miner", since=YEAR_AGO, source="a filing")
    hold(book, "TECA", -100, "100")
    assert "Nothing you hold is on the list" in text(hers.get(PAGE))
    moment = dt.datetime.combine(TODAY, dt.time(16), dt.UTC)
    assert list_link_kinds(moment, simulated=False)["TECA"] == ("miner",)
    assert list_link_kinds(moment - dt.timedelta(days=400), simulated=False).get("TECA") is None


@pytest.mark.parametrize(
    ("net", "permission", "words"),
    [
        (-5.0, "AGGRESSIVE", "short what hangs on crypto while the permission is AGGRESSIVE"),
        (-5.0, "NO_TRADE", ""),
        (5.0, "NO_TRADE", "long what hangs on crypto while the permission is NO TRADE"),
        (5.0, "ACTIVE", ""),
        (0.0, "ACTIVE", ""),
    ],
)
def test_leaning_against_the_permission(net: float, permission: str, words: str) -> None:
    holding = LinkedHolding("TECA", ("miner",), net, abs(net), 0.5)
    analysis = MacroSentimentAnalysis(trade_permission=permission)
    assert warn((holding,), analysis) == words
    assert warn((), analysis) == ""
    assert warn((holding,), None) == ""
