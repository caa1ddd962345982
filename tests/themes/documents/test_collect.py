"""Feeds over real HTTP: what they bring, what a refusing vendor leaves, and that nothing is skipped or doubled."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from sentiment_site.market import clock
from sentiment_site.providers import setup
from tests.themes.documents.conftest import NOON, hours
from tests.universe.catalysts.conftest import make_member
from tests.universe.catalysts.vendor import BROKEN, FORBIDDEN, Wire
from themes.documents.collect import collect_documents
from themes.documents.due import find_slot
from themes.documents.selectors import list_documents, list_feeds, load_mentions
from themes.models import CollectionState, Document
from universe.models import Instrument

pytestmark = pytest.mark.django_db


@pytest.fixture
def wire(httpserver: HTTPServer, settings: Settings) -> Wire:
    settings.RSS_FEEDS = []
    return Wire(httpserver)


@pytest.fixture
def noon() -> Iterator[clock.Frozen]:
    with clock.frozen(NOON) as frozen:
        yield frozen


def titles() -> list[str]:
    return list(Document.objects.order_by("event_at").values_list("title", flat=True))


def test_filings_and_news_become_documents_about_stocks(wire: Wire, acme: Instrument, noon: clock.Frozen) -> None:
    make_member(acme, NOON - hours(500))
    wire.file("8-K", NOON - hours(3), "1.01", text="Acme will build reactors.")
    wire.file("10-K/A", NOON - hours(2))
    wire.file("D", NOON - hours(2))  # routine: no document
    wire.publish("Acme Nuclear wins an order", NOON - hours(1), "positive")
    report = collect_documents(vendors=wire.vendors)
    assert report.errors == []
    assert titles() == ["8-K of ACME CORP, items 1.01", "10-K/A of ACME CORP", "Acme Nuclear wins an order"]
    first = Document.objects.get(form="8-K")
    assert (first.text, first.items) == ("Acme will build reactors.", ["1.01"])
    mentions = load_mentions(NOON - hours(9), NOON)
    assert mentions.instrument_id.tolist() == [acme.pk] * 3
    assert mentions.kind.tolist() == ["filing", "filing", "news"]
    assert len(load_mentions(NOON - hours(9), NOON, known_at=NOON - hours(1))) == 0  # nothing was recorded then


def test_a_second_reading_adds_only_what_is_new(wire: Wire, acme: Instrument, noon: clock.Frozen) -> None:
    wire.publish("Acme Nuclear wins an order", NOON - hours(1))
    wire.file("8-K", NOON - hours(3), "8.01")
    collect_documents(vendors=wire.vendors)
    noon.move_to(NOON + hours(1))
    wire.publish("Late article of before", NOON - hours(1.5))  # vendors add to the past
    assert len(collect_documents(vendors=wire.vendors).document_ids) == 1
    assert len(collect_documents(vendors=wire.vendors).document_ids) == 0
    assert len(titles()) == 3


@pytest.mark.parametrize(
    "fault", [BROKEN, (429, "slow down"), (200, "<html>a wall"), (200, '{"status": "OK", "results": [{'), (200, "")]
)
def test_a_failing_vendor_leaves_its_cursor_and_the_others_alone(
    fault: tuple[int, str], wire: Wire, acme: Instrument, noon: clock.Frozen
) -> None:
    wire.file("8-K", NOON - hours(3), "8.01")
    wire.publish("Acme Nuclear wins an order", NOON - hours(1))
    wire.faults["/v2/reference/news"] = fault
    report = collect_documents(vendors=wire.vendors)
    assert [error.vendor for error in report.errors] == ["polygon"]
    assert titles() == ["8-K of ACME CORP, items 8.01"]
    feeds = {feed.feed: feed for feed in list_feeds()}
    assert feeds["news"].read_until is None
    assert feeds["news"].failure != ""
    assert (feeds["filings"].read_until, feeds["filings"].failure) == (NOON, "")
    wire.faults.clear()
    noon.move_to(NOON + hours(1))
    assert collect_documents(vendors=wire.connect()).errors == []
    assert len(titles()) == 2
    assert CollectionState.objects.get(feed="news").failure == ""


def test_news_outside_of_the_plan_is_no_failure(wire: Wire, noon: clock.Frozen) -> None:
    wire.faults["/v2/reference/news"] = FORBIDDEN
    report = collect_documents(vendors=wire.vendors)
    assert report.errors == []
    assert any("not entitled" in line.lower() or "entitled" in line for line in report.lines)


def test_switches_and_budgets(wire: Wire, noon: clock.Frozen) -> None:
    CollectionState.objects.create(feed="news", is_enabled=False)
    CollectionState.objects.create(feed="filings", daily_requests_max=0)
    report = collect_documents(vendors=wire.vendors)
    assert report.lines[:2] == ["filings: 0 of 0 requests of today are used", "news is switched off"]
    assert wire.asked == []


def test_the_list_of_documents_knows_its_moment_and_its_cost(
    wire: Wire, acme: Instrument, noon: clock.Frozen, django_assert_num_queries: object
) -> None:
    for n in range(12):
        wire.publish(f"Acme Nuclear, headline {n}", NOON - hours(n + 1))
    collect_documents(vendors=wire.vendors)
    with django_assert_num_queries(2):  # type: ignore[operator]
        rows = list(list_documents(instrument_id=acme.pk, as_of=NOON)[:10])
        assert [one.mentions.all()[0].instrument.symbol for one in rows] == ["ACME"] * 10
    assert rows[0].title == "Acme Nuclear, headline 0"
    assert list(list_documents(as_of=NOON - dt.timedelta(seconds=1))) == []
    assert list_documents(kinds=["filing"]).count() == 0
    assert list_documents(search="HEADLINE 11").count() == 1


def test_slots_are_five_minutes_by_day_and_an_hour_by_night() -> None:
    assert find_slot(NOON + dt.timedelta(minutes=7)) == "2026-08-21T16:05Z"
    assert find_slot(NOON + dt.timedelta(days=1, minutes=7)) == "2026-08-22T16:00Z"


def test_the_simulated_vendors_are_read_and_labelled(settings: Settings, noon: clock.Frozen) -> None:
    from tests.simulator.vendors.social import serving
    from tests.universe.catalysts.test_simulated import DOCUMENTS
    from tests.universe.catalysts.test_simulated import NOON as THEN

    with serving(DOCUMENTS) as (url, _):
        settings.EDGAR_BASE_URL = settings.EDGAR_DATA_BASE_URL = f"{url}/edgar"
        settings.EDGAR_USER_AGENT, settings.EDGAR_RATE_PER_S = "Sectorlight tests@example.com", 500.0
        settings.POLYGON_BASE_URL, settings.POLYGON_API_KEY = f"{url}/polygon", "any-key"
        settings.RSS_FEEDS = [f"{url}/rss/news.xml", f"{url}/rss/macro.xml"]
        setup.vendors.cache_clear()
        report = collect_documents()
        setup.vendors.cache_clear()
    assert report.errors == []
    assert Document.objects.filter(is_simulated=False).count() == 0
    assert Document.objects.filter(kind="filing", event_at__lte=THEN).count() == 3
    assert Document.objects.filter(kind="news").count() >= 2
