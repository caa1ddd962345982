"""The risk page: the figures of the services, two kinds of Greeks that never meet, and reasons for what is missing."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from portfolios.books import cash
from portfolios.models import Portfolio
from portfolios.pages import bars
from portfolios.risk import selectors
from sentiment_site.live.templatetags.figures import dollars, gained, signed
from tests.portfolios.books.conftest import CALL, MONDAY, TODAY, book, friday_evening, hold, no_rates, other  # noqa: F401 - the same book and evening
from tests.portfolios.conftest import ada, bob, hers, plain_http  # noqa: F401 - the same people
from tests.portfolios.pages.rows import store_days, text
from tests.portfolios.risk.conftest import World, price, stock, world  # noqa: F401 - the same market

pytestmark = pytest.mark.django_db
D = Decimal
PAGE = "/book/risk/"


@pytest.fixture
def full(book: Portfolio, world: World) -> Portfolio:  # noqa: F811
    """A hundred thousand dollars, two stocks on either side, an option, and a stock nobody knows."""
    cash.add_flow(book, "deposit", D(100_000), on=MONDAY)
    stock(book, world, "SOUN", -500, tag_names=["Hedge"])
    stock(book, world, "AAPL", 200, tag_names=["Core", "Hedge"])
    stock(book, world, "MARA", 100)
    price(hold(book, CALL, 2, "12"), "13.5")
    hold(book, "ZZZQ", 10, "5")
    return book


def table(html: str, heading: str) -> str:
    """The text of the section with this heading, tags gone."""
    start = html.index(f'id="{heading}"')
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html[start : html.index("</table>", start)]))


def test_an_empty_book_says_so(hers: Client, book: Portfolio, world: World) -> None:  # noqa: F811
    answer = text(hers.get(PAGE))
    assert "The book holds nothing" in answer and 'href="/book/import/"' in answer
    assert "Nothing is held." in text(hers.get("/book/risk/panel/"))


def test_the_figures_are_the_services(hers: Client, full: Portfolio) -> None:  # noqa: F811
    found = selectors.get_exposures(full)
    html = hers.get(PAGE).content.decode()
    exposure = table(html, "risk-exposure")
    for sides in (found.exposure.book.market_value, found.exposure.book.notional, found.exposure.book.delta_adjusted):
        assert all(part in exposure for part in (dollars(sides.long), dollars(sides.short), gained(sides.net)))
    assert f"dollars of {found.benchmark} that move like it" in exposure and "without 1 position" in exposure
    sectors = table(html, "risk-sector")
    assert "Technology" in sectors and "Financial" in sectors and "Sector not known" in sectors
    tags = table(html, "risk-tag")
    assert "Core" in tags and "Hedge" in tags and "Without a tag" in tags and "tags do not add up" in tags
    assert "Calls" in table(html, "risk-option") and 'data-symbol="SOUN"' in html
    assert "ZZZQ" in html[html.index("could not be computed") :] and "not counted as 0" in html
    assert 'style="' not in html and "<script>" not in html


def test_two_tables_of_greeks_and_no_common_total(hers: Client, full: Portfolio) -> None:  # noqa: F811
    greeks = selectors.get_greeks(full)
    html = hers.get(PAGE).content.decode()
    mock, model = table(html, "greeks-mock"), table(html, "greeks-model")
    assert "The requirement's fixed table" in mock.replace("&#x27;", "'") and "Black-Scholes-Merton" in model
    call = next(line for line in greeks.lines if line.symbol == CALL)
    assert call.model is not None and call.mock.delta == pytest.approx(1.3)
    assert "+1.30" in mock and signed(call.model.delta) in model and "implied" in model
    assert f"Mock total of {greeks.mock.positions}" in mock and f"Model total of {greeks.model.positions}" in model
    both = signed(greeks.mock.greeks.delta + greeks.model.greeks.delta)
    assert both not in mock + model
    assert "Options count with the <b>mock</b> deltas" in html
    other_way = hers.get(PAGE, {"deltas": "model"}).content.decode()
    assert "Options count with the <b>model's</b> deltas" in other_way
    assert table(other_way, "risk-option") != table(html, "risk-option")


def test_ratios_have_a_reason_until_there_are_enough_days(hers: Client, full: Portfolio) -> None:  # noqa: F811
    store_days(full, TODAY, [("100000", "0", "0"), ("101000", "0", "1000")])
    few = table(hers.get(PAGE).content.decode(), "risk-ratios")
    assert "Sharpe – 2 of 20 daily returns" in few
    assert "Beta to" in few


def test_names_that_are_one_bet(hers: Client, full: Portfolio, world: World) -> None:  # noqa: F811
    html = hers.get(PAGE).content.decode()
    clusters = selectors.get_clusters(full)
    section = html[html.index('id="risk-clusters"') :]
    assert f"{clusters.map.effective_bets:.1f}</b> effective bets" in section
    assert section.count('<td class="num heat-up-5">+1.0</td>') == len(clusters.map.names)  # the diagonal


@pytest.mark.parametrize(
    ("query", "name"),
    [({"deltas": "mixed"}, "deltas"), ({"delta": "mock"}, "delta"), ({"page": "9"}, "page"), ({"as_of": "x"}, "as_of")],
)
def test_misspelt_parameters_are_refused(hers: Client, book: Portfolio, query: dict[str, str], name: str) -> None:  # noqa: F811
    answer = hers.get(PAGE, query)
    assert answer.status_code == 400 and name in text(answer)


def test_the_past_shows_what_was_held_then(hers: Client, full: Portfolio) -> None:  # noqa: F811
    answer = text(hers.get(PAGE, {"as_of": "2026-08-14"}))
    assert "The book holds nothing at this moment" in answer and "Time machine" in answer
    assert 'closes of <b class="num">2026-08-14</b>' in answer


def test_nobody_sees_anothers_risk(hers: Client, other: Portfolio, world: World) -> None:  # noqa: F811
    stock(other, world, "PLUG", 100)
    for address in (PAGE, "/book/risk/panel/", "/book/factors/", "/book/stress/", "/book/light/", "/book/light/panel/"):
        assert b"PLUG" not in hers.get(address).content, address


def test_statements_do_not_grow_with_the_book(
    hers: Client,  # noqa: F811
    full: Portfolio,
    world: World,  # noqa: F811
    django_assert_max_num_queries: Any,
    django_assert_num_queries: DjangoAssertNumQueries,
) -> None:
    hers.get(PAGE)
    with django_assert_max_num_queries(24) as first:
        hers.get(PAGE)
    for symbol in ("PLUG", "FCEL", "NVAX", "CLF", "NEE"):
        stock(full, world, symbol, 10, tag_names=["More"])
    with django_assert_num_queries(len(first)):
        hers.get(PAGE)
    for address in ("/book/risk/panel/", "/book/factors/", "/book/stress/", "/book/light/", "/book/light/panel/"):
        with django_assert_max_num_queries(24):
            hers.get(address)


def test_bars_stay_on_their_scale() -> None:
    assert bars.draw_sides(50, 100, 100) == bars.Sided(25.0, 50.0) and bars.draw_sides(50, 100, 100).short_x == 0.0
    assert bars.draw_sides(0, 1e-9, 100) == bars.Sided(0.0, 0.6)  # what is there is seen
    assert bars.draw_sides(5, 5, 0) == bars.Sided(0.0, 0.0) and bars.draw_bar(2, 1) == 100.0
    band = bars.draw_band(-1, 0.5, 9, 2)
    assert (band.low, band.point, band.high, band.width) == (25.0, 62.5, 100.0, 75.0)
    assert bars.largest([]) == 0.0 and bars.largest([None, -3.0, 2.0]) == 3.0
