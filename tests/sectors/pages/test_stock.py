"""A stock's page and panel: its own figures, its prices, why it is out, what was known then, and what it costs."""

from __future__ import annotations

import re
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.test import Client
from django.urls import reverse

from sectors import detail
from sectors.models import SectorRun
from sectors.stock import get_stock
from sentiment_site.market import clock
from tests.factories import ALL_SYMBOLS, LONG_AGO, Market, publish_universe
from tests.sectors.conftest import FRIDAY, HALF_HOUR, TEN, THURSDAY, analyse
from universe.models import Classification, Instrument, Membership, Quarantine, Split

pytestmark = pytest.mark.django_db

AT = TEN + timedelta(minutes=32)
PANEL = {"HX-Request": "true"}
# account, universe run, instrument, membership, evidence, splits, doubts, reading; 8 for the bars and their sources
STATEMENTS = 16


@pytest.fixture(autouse=True)
def friday_morning() -> Any:
    with clock.frozen(AT):
        yield


@pytest.fixture
def light(market: Market, django_capture_on_commit_callbacks: Any) -> SectorRun:
    """TEC0 fell 4 % on three times the volume, everything else is 1 % up; published at 10:31."""
    market.store_half_hours(TEN - HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 100))
    closes: dict[str, Any] = dict.fromkeys(ALL_SYMBOLS, 101) | {"TEC0": (96.0, 300_000.0)}
    market.store_half_hours(TEN, closes)
    with clock.frozen(TEN + timedelta(minutes=31)), django_capture_on_commit_callbacks(execute=True):
        return analyse()


def words(response: Any) -> str:
    """The text of a page's content, blanks collapsed."""
    text = response.content.decode()
    main = text[text.index('<main id="content"') : text.index("</main>")] if "<main" in text else text
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", main))


def test_addresses() -> None:
    assert reverse("sectors:stock", args=["BRK.B"]) == "/stocks/BRK.B/"
    assert reverse("sectors:search") == "/stocks/search/"


def test_the_page_has_the_stocks_own_figures(trading: Client, light: SectorRun) -> None:
    text = words(trading.get("/stocks/TEC0/"))
    assert "30M −4.00 1D −4.00 3D −4.00 1W −4.00" in text
    assert "$96.00 ● LIVE half-hour bar of Fri 21 Aug 2026 10:30 ET, 2 min of session time ago" in text
    assert "The sector" in text and "confidence" in text
    row = get_stock("TEC0").light.row  # type: ignore[union-attr]
    assert row is not None and row.rank is not None and row.contribution < 0
    assert f"Rank {row.rank:.1f} of 10" in text
    for title, part in zip(("move", "volume", "alignment", "tradability"), row.rank_parts, strict=True):
        assert f"{title} {part:.2f}" in text
    assert "meets every rule" not in text and "Member yes" in text


def test_panel_and_sector_page_say_the_same_of_a_stock(light: SectorRun) -> None:
    found = get_stock("TEC0")
    assert found is not None and found.light is not None
    assert found.light.row == detail.get_stock("TEC0", "technology")


def test_the_panel_is_the_pages_content_alone(trading: Client, light: SectorRun) -> None:
    panel = trading.get("/stocks/TEC0/", headers=PANEL).content.decode()
    assert panel.lstrip().startswith('<header class="stock-head">')
    assert "<html" not in panel and '<h2 class="stock-name"' in panel
    page = trading.get("/stocks/TEC0/").content.decode()
    assert page.startswith("<!doctype html>") and '<h1 class="stock-name"' in page
    assert "Open as a page" in panel and "Open as a page" not in page
    restored = trading.get("/stocks/TEC0/", headers=PANEL | {"HX-History-Restore-Request": "true"})
    assert restored.content.decode().startswith("<!doctype html>")


@pytest.mark.parametrize(("symbol", "statements"), [("TEC0", STATEMENTS), ("IWM", STATEMENTS - 2)])
def test_a_page_has_a_budget(
    trading: Client, light: SectorRun, symbol: str, statements: int, django_assert_num_queries: Any
) -> None:
    trading.get("/stocks/TEC0/")
    with django_assert_num_queries(statements):
        assert trading.get(f"/stocks/{symbol}/").status_code == 200


def test_symbols_are_exact_and_the_unknown_is_said_in_words(trading: Client, market: Market) -> None:
    Instrument.objects.filter(symbol="TEC0").update(symbol="KIMpL", name="Kimco preferred")
    assert trading.get("/stocks/KIMpL/").status_code == 200
    for asked in ("KIMPL", "nothing", "%00", "A" * 17):
        answer = trading.get(f"/stocks/{asked}/")
        assert answer.status_code == 404
        assert "No stock is known by the symbol" in words(answer)
    assert 'data-symbol="KIMpL"' in trading.get("/stocks/kimpl/", headers=PANEL).content.decode()


def test_a_stock_that_is_out_says_why(trading: Client, market: Market, light: SectorRun) -> None:
    Membership.objects.filter(instrument__symbol="TEC1").update(eligible=False, reason="price_low")
    text = words(trading.get("/stocks/TEC1/"))
    assert "Not in the universe : price too low." in text
    text = words(trading.get("/stocks/IWM/"))
    assert "Not in the universe : not screened: benchmark ETF." in text
    assert "No half-hour bars of Fri 21 Aug" in text and "20 sessions 100.00 to 100.00" in text
    assert "official close of Thu 20 Aug 2026 16:00 ET" in text


def test_before_anything_was_published_the_prices_are_there(trading: Client, market: Market) -> None:
    text = words(trading.get("/stocks/TEC0/"))
    assert "$100.00" in text and "Adds to the score" not in text


def test_without_a_bar_there_is_no_data(trading: Client, market: Market) -> None:
    Instrument.objects.create(symbol="EMPTY", source=market.source, recorded_at=LONG_AGO)
    text = words(trading.get("/stocks/EMPTY/"))
    assert "– – NO DATA No price was stored in the last 20 sessions." in text
    assert "No daily bar in 20 sessions." in text


def test_the_price_ages_in_session_time(trading: Client, light: SectorRun) -> None:
    states = []
    for minutes in (0, 40, 150):
        with clock.frozen(light.as_of + timedelta(minutes=minutes)):
            states.append(re.search(r"\$96\.00 \S (\w+)", words(trading.get("/stocks/TEC0/"))).group(1))  # type: ignore[union-attr]
    assert states == ["LIVE", "AGEING", "STALE"]


def test_after_the_close_the_official_close_counts(market: Market) -> None:
    market.store_half_hours(FRIDAY.close - HALF_HOUR, {"TEC0": 104.0})
    market.store_daily(FRIDAY.date, {"TEC0": 105.0})
    with clock.frozen(FRIDAY.close + timedelta(minutes=5)):
        price = get_stock("TEC0").prices.price  # type: ignore[union-attr]
    assert price is not None
    assert (price.last, price.what, price.as_of) == (105.0, "official close", FRIDAY.close)
    market.store_half_hours(FRIDAY.close, {"TEC0": (106.0, 50_000.0)})
    with clock.frozen(FRIDAY.close + timedelta(minutes=35)):
        price = get_stock("TEC0").prices.price  # type: ignore[union-attr]
    assert price is not None and (price.last, price.what) == (106.0, "half-hour bar")


def test_charts_skip_today_until_its_close_and_show_yesterdays_half_hours_until_the_first_trade(market: Market) -> None:
    market.store_half_hours(THURSDAY.open, {"TEC0": 99.0})
    with clock.frozen(FRIDAY.pre_open + timedelta(minutes=5)):
        prices = get_stock("TEC0").prices  # type: ignore[union-attr]
    assert prices.half_hours_of == THURSDAY and prices.half_hours is not None
    assert prices.daily is not None and len(prices.daily.points) == 20
    assert prices.daily.points[-1].label == "Thu 20 Aug"


def test_the_time_machine_shows_what_was_known(
    trading: Client, market: Market, light: SectorRun, django_capture_on_commit_callbacks: Any
) -> None:
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 150))
    with clock.frozen(AT + HALF_HOUR), django_capture_on_commit_callbacks(execute=True):
        analyse()
        now = words(trading.get("/stocks/TEC0/"))
        page = trading.get("/stocks/TEC0/", {"as_of": light.recorded_at.isoformat()})
    assert "$150.00" in now and "$96.00" not in now
    then = words(page)
    assert "$96.00" in then and "$150.00" not in then and "1D −4.00" in then
    assert "What was known at" in page.content.decode()
    before = trading.get("/stocks/TEC0/", {"as_of": "2020-01-02"})
    assert before.status_code == 404 and "at that moment" in words(before)
    assert trading.get("/stocks/TEC0/", {"as_of": "never"}).status_code == 400


def test_evidence_splits_and_quarantine_are_there(trading: Client, market: Market, light: SectorRun) -> None:
    stock = Instrument.objects.get(symbol="TEC0")
    Classification.objects.create(
        instrument=stock,
        effective_on=date(2026, 1, 5),
        sector="technology",
        confidence=Decimal("0.9"),
        recorded_at=LONG_AGO,
        evidence=[{"source": "SIC code", "says": "7372 <b>", "weight": 0.3, "sector": "technology", "mapped": False}],
    )
    Split.objects.create(
        instrument=stock, execution_date=date(2024, 3, 1), split_from=10, split_to=1, source=market.source,
        recorded_at=LONG_AGO,
    )  # fmt: skip
    Quarantine.objects.create(
        instrument=stock, reason="impossible_30m", detail="high is below low", session=FRIDAY.date, recorded_at=AT
    )
    page = trading.get("/stocks/TEC0/")
    text = words(page)
    assert "SIC code: 7372 &lt;b&gt; weight 0.3" in text
    assert "1 Mar 2024: 10 old for 1 new reverse" in text
    assert "In quarantine since 21 Aug 2026 : impossible half-hour bar. high is below low" in text
    assert "data-warning" in page.content.decode()
    earlier = words(trading.get("/stocks/TEC0/", {"as_of": (AT - timedelta(minutes=1)).isoformat()}))
    assert "quarantine" not in earlier.lower()


def test_a_released_doubt_warns_no_more(trading: Client, market: Market) -> None:
    stock = Instrument.objects.get(symbol="TEC0")
    Quarantine.objects.create(
        instrument=stock, reason="discontinuity", session=date(2026, 5, 4), recorded_at=LONG_AGO,
        released_at=AT - timedelta(minutes=1), release_note="explained by a registered split",
    )  # fmt: skip
    text = words(trading.get("/stocks/TEC0/"))
    assert "In quarantine" not in text and "explained by a registered split" in text
    then = words(trading.get("/stocks/TEC0/", {"as_of": (AT - timedelta(minutes=2)).isoformat()}))
    assert "In quarantine since 4 May 2026" in then


def test_a_stock_left_out_of_the_score_says_why(trading: Client, light: SectorRun, market: Market) -> None:
    publish_universe(market.ids, THURSDAY.date, members=ALL_SYMBOLS)
    run = light
    reading = run.readings.get(sector="technology", formula=run.formula)
    from sectors.constituents import pack_stocks, unpack_stocks

    ids, stocks = unpack_stocks(bytes(reading.constituents), {pk: symbol for symbol, pk in market.ids.items()})
    place = list(ids).index(market.ids["TEC0"])
    fresh, exclusion = stocks.fresh.copy(), stocks.exclusion.copy()
    reasons, returns = stocks.reasons.copy(), stocks.returns.copy()
    fresh[place], exclusion[place], reasons[place], returns[place] = False, 4, 4, np.nan
    from dataclasses import replace

    table = replace(stocks, fresh=fresh, exclusion=exclusion, reasons=reasons, returns=returns)
    run.readings.filter(sector="technology").update(constituents=pack_stocks(ids, table))
    text = words(trading.get("/stocks/TEC0/"))
    assert "Takes no part in the score: price in quarantine." in text
    assert "30M – price in quarantine" in text


def test_a_simulated_market_says_so(trading: Client, market: Market, light: SectorRun) -> None:
    assert "simulated data" not in words(trading.get("/stocks/TEC0/"))
    type(market.source).objects.filter(pk=market.source.pk).update(kind="simulated")
    assert "simulated data" in words(trading.get("/stocks/TEC0/"))


@pytest.mark.parametrize("address", ["/stocks/TEC0/", "/stocks/search/?q=T", "/sectors/step/?to=back"])
def test_visitors_are_sent_to_the_login(client: Client, address: str) -> None:
    answer = client.get(address)
    assert answer.status_code == 302 and answer["Location"].startswith("/login/?next=")


@pytest.mark.parametrize("address", ["/stocks/TEC0/", "/stocks/search/", "/sectors/step/"])
def test_reading_is_done_by_get(trading: Client, address: str) -> None:
    assert trading.post(address).status_code == 405


def test_answers_are_not_kept_by_shared_caches(trading: Client, market: Market) -> None:
    for address in ("/stocks/TEC0/", "/stocks/search/?q=TEC"):
        assert trading.get(address)["Cache-Control"] == "private, no-cache"
