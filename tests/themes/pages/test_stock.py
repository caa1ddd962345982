"""What the themes' rooms say of a stock, on its page and in the panel: each with its age, or why there is nothing."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from portfolios.models import User
from sentiment_site.market import clock
from tests.factories import Market
from themes.models import SympathyNetwork, Theme
from themes.stories import operators
from universe.models import Membership

from .conftest import AT, words
from .world import (
    HOUR,
    MINUTE,
    NOON,
    add_document,
    add_heat,
    add_manipulation,
    add_ticket,
    add_verdict,
    add_words,
)

pytestmark = pytest.mark.django_db
# account, stock, themes 2, network and its edges, temperatures 2, manipulation, verdict, sentiment 3, chain,
# confluence, documents with mentions and copies 3, tickets
STATEMENTS = 19
URL = "/themes/stocks/TEC0/"


@pytest.fixture
def told(quantum: Theme, market: Market) -> Theme:
    """TEC0 with a row of every room."""
    one = market.ids["TEC0"]
    add_verdict(one, quantum)
    add_words(one, "TEC0")
    add_ticket(SympathyNetwork.objects.get(), one, market.ids["TEC2"])
    return quantum


def test_everything_has_its_age(trader: Client, told: Theme) -> None:
    text = words(trader.get(URL))
    assert "Themes, crowd and risk simulated data" in text
    assert "Verdict 12:00 ET, 5 min old AVOID SHORTS +0.30" in text
    assert "Can be shorted hard" in text and "Theme&#x27;s term +0.20 quantum" in text.replace("'", "&#x27;")
    assert "no trading is halted: halt: no" in text
    assert "hard a float below 2 million shares: float, shares 1,500,000 &lt; 2,000,000" in text
    assert "avoid the theme&#x27;s term: the theme&#x27;s term +0.200 unknown: squeeze risk" in text
    assert "quantum Spreading, intensity 0.50 member since 09:00 ET, score 0.70; reading of 12:00 ET" in text
    assert "Temperature and squeeze 12:00 ET, 5 min old HOT accelerating" in text
    assert "Squeeze risk 0.44 elevated 0.30 to 0.60" in text and "Missing: borrow fee, % a year." in text
    assert "CAUTION_HOT temperature HOT = HOT; unknown: manipulation risk" in text
    assert "0.61 HIGH, phase pump evidence known: 80%" in text and "promotional words +0.21" in text
    assert "Speaks against it: a theme of five ×0.8" in text and "1 input nobody knew." in text
    assert "+0.35 bullish confidence 60%, 3 mentions, talk up" in text and "sources contradict each other" in text
    assert "X +0.42 3 mentions, 5 min old" in text
    assert "0.66 high bias +0.30 , confidence 70%; above the minimum" in text
    assert "Puts / calls traded 1.2k / 5.4k" in text and "skew: no quoted contracts around 25 delta" in text
    assert "TEC2 correlation +0.60 , moves along 70%, 3 jumps together" in text
    assert "HIGH TEC0 +16.4 % → TEC2 up, 72% chance of any other 20%; made 12:00 ET, until 16:00 ET" in text
    assert "Quantum deal again" in text and "1 near-copy" in text
    page = trader.get(URL).content.decode()
    assert 'title="nothing about it within 24 hours">–' in page and 'title="its chain is too old">–' in page


def test_nothing_known_says_why(trader: Client, market: Market) -> None:
    text = words(trader.get("/themes/stocks/UTI4/"))
    for said in (
        "– No verdict", "It belongs to no living theme", "– No reading: temperature is read hourly",
        "– No reading: only stocks that move", "– No reading: what people write", "– No reading: chart, sentiment",
        "– No reading: its chain was not read", "– No network was fitted yet", "Nothing that names it is kept",
    ):  # fmt: skip
        assert said in text, said


def test_cold_is_for_those_who_were_looked_at(trader: Client, market: Market) -> None:
    done = add_heat(market, [])
    assert "COLD Nothing stirs" in words(trader.get("/themes/stocks/UTI4/"))
    done.unknown = [market.ids["UTI4"]]
    done.save()
    assert "– No reading: temperature" in words(trader.get("/themes/stocks/UTI4/"))
    Membership.objects.filter(instrument_id=market.ids["UTI3"]).update(eligible=False)
    assert "– No reading: temperature" in words(trader.get("/themes/stocks/UTI3/"))


def test_the_past_is_what_was_known_then(trader: Client, told: Theme, market: Market) -> None:
    one = market.ids["TEC0"]
    add_document(told, "After lunch", [one], hours=-0.5)
    add_manipulation(one, NOON + HOUR)
    operator = User.objects.create_superuser("op")
    with clock.frozen(AT + HOUR):
        operators.rename(told.pk, "Renamed later", author=operator, reason="x")
        now = words(trader.get(URL))
        then = words(trader.get(URL, {"as_of": AT.isoformat()}))
        early = words(trader.get(URL, {"as_of": (NOON + MINUTE / 2).isoformat()}))
    assert "After lunch" in now and "Renamed later" in now
    assert "After lunch" not in then and "Renamed later" not in then and "Manipulation risk 12:00 ET" in then
    assert "– No verdict" in early  # noon's rows were recorded a minute after noon
    assert trader.get(URL, {"as_of": "2019-01-02"}).status_code == 404


def test_unknown_symbols_are_404_in_words(trader: Client, db: None) -> None:
    for symbol in ("NONE", "%3Cscript%3E", "A" * 17):
        answer = trader.get(f"/themes/stocks/{symbol}/")
        assert answer.status_code == 404 and "Nothing is known of" in words(answer)
        assert "<script>" not in answer.content.decode()


def test_the_stock_page_asks_for_it(trader: Client, quantum: Theme) -> None:
    moment = {"as_of": AT.isoformat()}
    page = trader.get("/stocks/TEC0/").content.decode()
    assert 'hx-get="/themes/stocks/TEC0/"' in page
    assert 'hx-get="/themes/stocks/TEC0/?as_of=2026-08-21T12%3A05%3A00-04%3A00"' in trader.get(
        "/stocks/TEC0/", moment
    ).content.decode()  # fmt: skip


def test_it_has_a_budget(trader: Client, told: Theme, django_assert_num_queries: Any) -> None:
    trader.get(URL)
    with django_assert_num_queries(STATEMENTS):
        trader.get(URL)
