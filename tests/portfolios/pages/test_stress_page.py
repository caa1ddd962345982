"""The stress page: the standing scenarios, one's own in the address, and what cannot be read beside its field."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from portfolios.books import cash
from portfolios.models import Portfolio
from portfolios.pages.stress import StressForm
from portfolios.risk import selectors
from sentiment_site.live.templatetags.figures import gained
from tests.portfolios.books.conftest import CALL, MONDAY, book, friday_evening, hold, no_rates, other  # noqa: F401 - the same book and evening
from tests.portfolios.conftest import ada, bob, hers, plain_http  # noqa: F401 - the same people
from tests.portfolios.pages.rows import HTMX, text
from tests.portfolios.risk.conftest import World, price, stock, world  # noqa: F401 - the same market

pytestmark = pytest.mark.django_db
PAGE = "/book/stress/"


@pytest.fixture
def full(book: Portfolio, world: World) -> Portfolio:  # noqa: F811
    cash.add_flow(book, "deposit", Decimal(100_000), on=MONDAY)
    stock(book, world, "SOUN", -500)
    stock(book, world, "AAPL", 200)
    price(hold(book, CALL, 2, "12"), "13.5")
    return book


def test_standing_scenarios(hers: Client, full: Portfolio) -> None:  # noqa: F811
    view = selectors.get_stress(full)
    page = text(hers.get(PAGE))
    for outcome in view.outcomes:
        assert outcome.scenario.name in page and f"{gained(outcome.pnl)}</td>" in page
    assert f"by their beta to {view.benchmark}" in page and "not forecasts" in page
    assert "Enter a shock." in page


def test_ones_own_scenario_stands_in_the_address(hers: Client, full: Portfolio, world: World) -> None:  # noqa: F811
    asked = {"symbols": "soun -20, AAPL: +10%; ZZZQ 5", "market": "", "rates": ""}
    page = text(hers.get(PAGE, asked))
    spot = {"SOUN": round(world.close("SOUN"), 4), "AAPL": round(world.close("AAPL"), 4)}
    assert f"{gained(500 * 0.20 * spot['SOUN'])}</td>" in page  # a short gains on a fall
    assert f"{gained(200 * 0.10 * spot['AAPL'])}</td>" in page
    assert "AAPL +10 %, SOUN −20 %, ZZZQ +5 %" in page and "Not in the book, so nothing moves: ZZZQ." in page
    part = hers.get(PAGE, asked, headers=HTMX)
    html = text(part)
    assert html.startswith('<section class="panel" id="own"') and "Scenarios" not in html
    assert part["HX-Push-Url"] == "/book/stress/?symbols=soun+-20%2C+AAPL%3A+%2B10%25%3B+ZZZQ+5"
    assert 'name="symbols" value="soun -20, AAPL: +10%; ZZZQ 5" placeholder' in text(hers.get(part["HX-Push-Url"]))


def test_every_kind_of_shock(hers: Client, full: Portfolio) -> None:  # noqa: F811
    form = StressForm({"market": "-10", "volatility": "15", "rates": "100", "sector_technology": "-5"})
    assert form.is_valid()
    scenario = form.scenario()
    assert scenario is not None and (scenario.market, scenario.volatility, scenario.rates) == (-0.10, 0.15, 0.01)
    assert scenario.sectors == {"technology": -0.05} and scenario.theme is None
    outcome = selectors.get_stress(full, [scenario]).outcomes[0]
    page = text(hers.get(PAGE, {"market": "-10", "volatility": "15", "rates": "100", "sector_technology": "-5"}))
    assert f">{gained(outcome.pnl)}</b>" in page
    assert "market −10 %, Technology −5 %, volatility +15 points, rates +100 basis points" in page


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"market": "-101"}, "greater than or equal to -100"),
        ({"market": "much"}, "Enter a number"),
        ({"market": "nan"}, "Enter a number"),
        ({"symbols": "SOUN"}, "Write a symbol and a move"),
        ({"symbols": "SOUN -200"}, "Write a symbol and a move"),
        ({"symbols": ", ".join(f"A{chr(65 + n // 26)}{chr(65 + n % 26)} 1" for n in range(51))}, "At most 50 symbols"),
    ],
)
def test_what_cannot_be_read_is_said_beside_its_field(
    hers: Client,  # noqa: F811
    book: Portfolio,  # noqa: F811
    world: World,  # noqa: F811
    asked: dict[str, str],
    said: str,
) -> None:
    whole = hers.get(PAGE, asked)
    assert whole.status_code == 400 and said in text(whole)
    part: Any = hers.get(PAGE, asked, headers=HTMX)
    assert part.status_code == 200 and said in text(part)


def test_parameters_of_other_pages_are_refused(hers: Client, book: Portfolio) -> None:  # noqa: F811
    answer = hers.get(PAGE, {"markets": "-10"})
    assert answer.status_code == 400 and "markets" in text(answer)


def test_the_past(hers: Client, full: Portfolio) -> None:  # noqa: F811
    page = text(hers.get(PAGE, {"as_of": "2026-08-20T12:00", "market": "-10"}))
    assert "Time machine" in page and '<input type="hidden" name="as_of" value="2026-08-20T12:00">' in page
