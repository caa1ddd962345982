"""The factor page: bands drawn as attributes, trust beside the betas, reasons where there are none."""

from __future__ import annotations

import re
from decimal import Decimal

import pytest
from django.test import Client

from portfolios.books import cash
from portfolios.models import Portfolio
from portfolios.risk import selectors
from sentiment_site.live.templatetags.figures import fixed, signed
from tests.portfolios.books.conftest import MONDAY, book, friday_evening, no_rates, other  # noqa: F401 - the same book and evening
from tests.portfolios.conftest import ada, bob, hers, plain_http  # noqa: F401 - the same people
from tests.portfolios.pages.rows import text
from tests.portfolios.risk.conftest import World, stock, world  # noqa: F401 - the same market

pytestmark = pytest.mark.django_db
PAGE = "/book/factors/"


@pytest.fixture
def full(book: Portfolio, world: World) -> Portfolio:  # noqa: F811
    cash.add_flow(book, "deposit", Decimal(100_000), on=MONDAY)
    stock(book, world, "SOUN", -500)
    stock(book, world, "AAPL", 200)
    return book


def test_betas_with_their_bands(hers: Client, full: Portfolio) -> None:  # noqa: F811
    found = selectors.get_factors(full)
    page = text(hers.get(PAGE))
    used = [one for one in found.factors if one.used and one.beta is not None]
    assert len(used) == 7 and found.r_squared is not None and found.condition is not None
    for one in used:
        assert f"{signed(one.beta)}</td>" in page and f"{signed(one.low)} to {signed(one.high)}" in page
    assert page.count('<svg class="band') == 7 and 'style="' not in page
    for x, width in re.findall(r'<rect x="([\d.]+)" width="([\d.]+)" y="3"', page):
        assert float(x) >= 0 and float(x) + float(width) <= 100.6
    assert fixed(found.r_squared) in page and fixed(found.condition, 1) in page and "VIF" in page
    assert "No fund stands for it" in page and "In the regression</dt><dd>no" in page


def test_one_by_one_is_a_view_of_its_own(hers: Client, full: Portfolio) -> None:  # noqa: F811
    page = text(hers.get(PAGE))
    _joint, alone = page.split('<details class="panel" id="alone">')
    assert "not to be added up" in alone and "Exposure to" in alone
    market = next(one for one in selectors.get_factors(full).factors if one.proxy == "SPY")
    assert market.alone is not None and f"{signed(market.alone)}</td>" in alone
    assert "<tfoot" not in page  # neither table has a total


def test_why_there_are_none(hers: Client, book: Portfolio, world: World) -> None:  # noqa: F811
    stock(book, world, "SOUN", -500)  # no capital: a share of it is nothing
    page = text(hers.get(PAGE))
    reason = selectors.get_factors(book).reason
    assert reason and reason[1:] in page.replace("&#x27;", "'") and "Not without betas." in page
    assert '<svg class="band' not in page


def test_parameters(hers: Client, book: Portfolio, world: World) -> None:  # noqa: F811
    assert hers.get(PAGE, {"deltas": "model"}).status_code == 200
    assert hers.get(PAGE, {"deltas": "x"}).status_code == hers.get(PAGE, {"alone": "1"}).status_code == 400
    assert "Time machine" in text(hers.get(PAGE, {"as_of": "2026-08-20T12:00"}))
