"""The book held against the light: colours with words, warnings, and an update only when the light is another."""

from __future__ import annotations

import datetime as dt

import pytest
from django.test import Client

from portfolios.models import Portfolio
from portfolios.risk import selectors
from sectors.models import SectorRun
from sectors.pipeline import Skipped, run_analysis
from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, Market, make_market
from tests.portfolios.books.conftest import TODAY, book, friday_evening, hold, no_rates, other  # noqa: F401 - the same book and evening
from tests.portfolios.conftest import ada, bob, hers, plain_http  # noqa: F401 - the same people
from tests.portfolios.pages.rows import HTMX, text
from universe.models import Instrument

pytestmark = pytest.mark.django_db
PAGE, PANEL = "/book/light/", "/book/light/panel/"
SESSION = calendar.shift(TODAY, 0)


@pytest.fixture
def market(db: None) -> Market:
    """Forty stocks, TECA, TECB and so on: tickers are letters."""
    made = make_market(calendar.shift(TODAY, -1).date, simulated=True)
    for symbol in ALL_SYMBOLS:
        Instrument.objects.filter(pk=made.ids[symbol]).update(symbol=symbol[:3] + "ABCDE"[int(symbol[3])])
    return made


def shine(market: Market, half_hour: int, price: float) -> SectorRun:
    """A light after a half-hour at whose end every price is this one."""
    start = SESSION.open + half_hour * dt.timedelta(minutes=30)
    market.store_half_hours(start, dict.fromkeys(market.ids, price))
    with clock.frozen(start + dt.timedelta(minutes=31)):
        run = run_analysis(trigger="manual", fetch=False)
    assert not isinstance(run, Skipped)
    return run


def test_without_a_light(hers: Client, book: Portfolio, market: Market) -> None:  # noqa: F811
    assert "holds nothing that could be held against the light" in text(hers.get(PAGE))
    hold(book, "TECA", -100, "100")
    page = text(hers.get(PAGE))
    assert "100 % of short gross has no light" in page and "NO READ" in page and "had not been switched on" in page
    assert "Nothing is held." not in text(hers.get(PANEL))


def test_a_short_in_a_rising_sector_fights_the_light(hers: Client, book: Portfolio, market: Market) -> None:  # noqa: F811
    hold(book, "TECA", -100, "100")
    hold(book, "HEAB", 50, "100")
    shine(market, 0, 100)
    run = shine(market, 1, 106)
    view = selectors.get_lit_book(book)
    verb = view.positions[0].lit.verb
    assert verb in ("AVOID SHORTS", "DO NOT SHORT")
    page = text(hers.get(PAGE))
    assert f"100 % of short gross sits in {verb}." in page
    assert f"Short TECA in a sector that says {verb}" in page and "<b>against the light</b>" in page
    assert ("with the light" in page and 'tone-dark_green"><span aria-hidden="true">▲▲</span>' in page) or "▲" in page
    assert 'data-live-topic="sectors"' in page and f'data-live-seq="{run.pk}"' in page
    assert "simulated" in page and 'style="' not in page
    panel = text(hers.get(PANEL))
    assert f"100 % of short gross sits in {verb}." in panel and f"Short TECA in a sector that says {verb}" in panel


def test_the_fragment_comes_again_only_with_another_light(hers: Client, book: Portfolio, market: Market) -> None:  # noqa: F811
    hold(book, "TECA", -100, "100")
    shine(market, 0, 100)
    first = shine(market, 1, 106)
    for address in (PAGE, PANEL):
        part = hers.get(address, {"seq": "0"}, headers=HTMX)
        assert part.status_code == 200 and part["X-Live-Seq"] == str(first.pk) and "<html" not in text(part)
        assert hers.get(address, {"seq": str(first.pk)}, headers=HTMX).status_code == 204
    falling = shine(market, 2, 92)
    part = hers.get(PAGE, {"seq": str(first.pk)}, headers=HTMX)
    assert part["X-Live-Seq"] == str(falling.pk) and "with the light" in text(part)
    assert "against the light" not in text(part)


def test_the_past_shows_the_light_of_then(hers: Client, book: Portfolio, market: Market) -> None:  # noqa: F811
    with clock.frozen(SESSION.open):
        hold(book, "TECA", -100, "100")
    shine(market, 0, 100)
    shine(market, 1, 106)
    shine(market, 2, 92)
    then = {"as_of": (SESSION.open + dt.timedelta(minutes=62)).isoformat()}
    page = text(hers.get(PAGE, then))
    assert "<b>against the light</b>" in page and "data-live-topic" not in page.split("<main")[1]
    assert "with the light" in text(hers.get(PAGE))
    assert "in a sector that says" in text(hers.get(PANEL, then))


@pytest.mark.parametrize("query", [{"seqq": "1"}, {"deltas": "x"}, {"page": "0"}, {"as_of": "never"}])
def test_misspelt_parameters_are_refused(hers: Client, book: Portfolio, query: dict[str, str]) -> None:  # noqa: F811
    assert hers.get(PAGE, query).status_code == 400
    assert hers.get(PANEL, {"page": "1"}).status_code == 400
