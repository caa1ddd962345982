"""The page of one sector: explained, filtered, as of then, pushed to."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from sectors.models import SectorReading, SectorRun
from sentiment_site.live.publish import client as valkey
from sentiment_site.market import clock
from tests.factories import ALL_SYMBOLS, Market, symbols_of
from tests.sectors.conftest import HALF_HOUR, TEN, analyse

pytestmark = pytest.mark.django_db

PAGE = "/sectors/technology/"
TECH = sorted(symbols_of("technology"))
HTMX = {"HTTP_HX_REQUEST": "true"}


def text_of(client: Client, path: str = PAGE, **more: Any) -> str:
    answer = client.get(path, **more)
    assert answer.status_code == 200
    return answer.content.decode()


def test_the_page_explains_its_colour(trading: Client, published: SectorRun) -> None:
    page = text_of(trading)
    reading = published.readings.get(formula="v1", sector="technology")
    assert (f"+{reading.score}" in page and "DO NOT SHORT" in page) or "AVOID SHORTS" in page or "NO READ" in page
    for words in ("Why this colour", "What would flip it", "volatility multiplier", "Ninety days", "Top movers"):
        assert words in page
    assert page.count('data-symbol="TEC') >= len(TECH)
    assert 'data-live-mode="refetch"' in page and f'data-live-seq="{published.pk}"' in page


def test_htmx_gets_the_changing_part_and_the_table_alone(trading: Client, published: SectorRun) -> None:
    part = trading.get(PAGE, **HTMX)
    assert part["X-Live-Seq"] == str(published.pk) and b"<html" not in part.content and b"waterfall" in part.content
    table = trading.get(PAGE, HTTP_HX_TARGET="stocks", **HTMX).content
    assert table.lstrip().startswith(b'<section id="stocks"') and b"waterfall" not in table
    assert trading.get(PAGE, {"seq": published.pk}, **HTMX).status_code == 204


def test_filters_and_order_are_in_the_address(trading: Client, published: SectorRun) -> None:
    page = text_of(trading, f"{PAGE}?q={TECH[0].lower()}&sort=symbol&show=up")
    assert '<b class="num">1</b> of' in page
    assert 'value="up" selected' in page and "sort=-symbol" in page
    exported = trading.get(f"{PAGE}stocks.csv?sort=symbol")
    rows = list(csv.DictReader(io.StringIO(b"".join(exported.streaming_content).decode())))  # type: ignore[attr-defined]
    assert [row["symbol"] for row in rows] == TECH
    assert exported["Content-Disposition"].startswith('attachment; filename="technology-20260821T1430Z.csv"')


@pytest.mark.parametrize(
    ("query", "says"),
    [("sort=x", "<code>sort=x</code>"), ("show=x", "<code>show=x</code>"), ("as_of=soon", "<code>as_of=soon</code>")],
)
def test_what_cannot_be_read_is_a_400_in_words(trading: Client, published: SectorRun, query: str, says: str) -> None:
    for path in (PAGE, f"{PAGE}stocks.csv"):
        answer = trading.get(f"{path}?{query}")
        assert answer.status_code == 400 and says in answer.content.decode()


def test_the_time_machine(market: Market, trading: Client, published: SectorRun) -> None:
    market.store_half_hours(TEN + HALF_HOUR, dict.fromkeys(ALL_SYMBOLS, 80))
    with clock.frozen(TEN + timedelta(minutes=61)):
        analyse()
    then = published.recorded_at.isoformat().replace("+", "%2B")
    page = text_of(trading, f"{PAGE}?as_of={then}")
    assert "Time machine" in page and "data-live-topic" not in page
    assert "+1.00" in page and "−20.00" not in page
    assert "−20.00" in text_of(trading)


def test_before_the_first_run_nothing_is_shown(trading: Client) -> None:
    assert "No analysis yet" in text_of(trading)
    assert trading.get(f"{PAGE}stocks.csv").status_code == 404


def test_before_anything_was_known_every_part_says_so(trading: Client, published: SectorRun) -> None:
    before = {"as_of": (published.recorded_at - timedelta(seconds=1)).isoformat()}
    for target in ("sector", "stocks", ""):
        for question in (before, before | {"q": "a", "sort": "symbol"}):
            part = trading.get(PAGE, question, HTTP_HX_TARGET=target, **HTMX)
            assert part.status_code == 200 and "No analysis yet at that moment" in part.content.decode()


@pytest.mark.parametrize("status", SectorReading.Status.values)
def test_a_reading_of_any_status_is_shown_without_its_stocks(
    trading: Client, published: SectorRun, status: str
) -> None:
    empty = None if status != SectorReading.Status.OK else Decimal("0.100")
    SectorReading.objects.update(status=status, score=empty, constituents=None, reason="why not")
    for address in (PAGE, "/"):
        valkey().flushdb()  # the light is rendered anew
        assert ("why not" in text_of(trading, address)) == (status != SectorReading.Status.OK), address


def test_a_reading_of_an_earlier_version_without_stocks_is_shown(trading: Client, published: SectorRun) -> None:
    SectorReading.objects.update(constituents=None)
    page = text_of(trading)
    assert "Why this colour" in page and "No stock fits these filters" in page


def test_the_chart_gets_the_stored_series(trading: Client, published: SectorRun) -> None:
    with clock.frozen(TEN + timedelta(hours=1)):
        data = trading.get(f"{PAGE}series.json", {"span": "1d"}).json()
        assert data["t"] == [int(published.as_of.timestamp())] and data["1day"] == [1.0]
        assert trading.get(f"{PAGE}series.json", {"span": "9y"}).status_code == 400


def test_unknown_sectors_are_404(trading: Client) -> None:
    for path in ("/sectors/nothing/", "/sectors/nothing/stocks.csv", "/sectors/nothing/series.json"):
        assert trading.get(path).status_code == 404


def test_the_page_costs_seven_statements(trading: Client, published: SectorRun, django_assert_num_queries: Any) -> None:
    trading.get(PAGE)
    with django_assert_num_queries(1 + 4 + 1 + 1):  # user; run, readings, detail, names; strip; the themes' terms
        trading.get(PAGE)


@pytest.mark.parametrize("path", [PAGE, f"{PAGE}stocks.csv", f"{PAGE}series.json"])
def test_visitors_are_sent_to_log_in(client: Client, path: str) -> None:
    assert client.get(path).status_code in {302, 401}
