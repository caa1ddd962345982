"""The product's own providers against the simulated EDGAR, news and halts, over a real socket."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import pytest

from sentiment_site.market import clock
from sentiment_site.providers import setup
from sentiment_site.simulator.documents.document import Channel, Document, Filing
from sentiment_site.simulator.tape import cut
from sentiment_site.simulator.tape.halts import Halt as SimulatedHalt
from sentiment_site.simulator.tape.suspensions import Code
from tests.simulator.vendors.social import NOON, serving
from universe.catalysts.halts import refresh_halts
from universe.catalysts.refresh import refresh_catalysts
from universe.catalysts.threshold import refresh_threshold
from universe.models import Catalyst, DataSource, Instrument, ThresholdList
from universe.selectors import halts_at, list_catalysts, threshold_listed_at

from .conftest import hours, make_member, minutes

pytestmark = pytest.mark.django_db
BODY = (
    "Item 8.01 Other Events.\n\nOn December 2, 2025, Acme Biosciences, Inc. announced that the U.S. Food and Drug "
    "Administration has approved Velorin. A press release is attached as Exhibit 99.1."
)
PARTIES = (("Filer", "0000000042", "ACME BIOSCIENCES, INC."),)


def filing(number: int, form: str, at: dt.datetime, body: str, *items: str) -> Document:
    accession = f"0001234567-25-{number:06d}"
    papers = Filing(form, accession, items, PARTIES, "a.htm", "CURRENT REPORT", "2025-12-02")
    return Document(accession, Channel.FILING, at, f"{form} - ACME", body, ("ACME",), filing=papers)


def article(number: int, at: dt.datetime, title: str) -> Document:
    return Document(f"a{number}", Channel.NEWS, at, title, title + ".", ("ACME",), "Tape Reader", tone={"ACME": 0.8})


DOCUMENTS = [
    filing(1, "8-K", NOON - hours(2), BODY, "8.01", "9.01"),
    filing(2, "8-K/A", NOON - hours(1.5), BODY, "8.01"),
    article(1, NOON - hours(1.9), "Acme Biosciences wins FDA approval for Velorin"),
    article(2, NOON - hours(1.2), "FDA clears Velorin from Acme"),
    article(3, NOON - hours(1), "Acme (ACME) rose on approval of Velorin"),
    filing(3, "424B5", NOON - minutes(30), "Prospectus"),
    article(4, NOON + hours(1), "Acme cuts full-year guidance"),
]


@pytest.fixture
def acme(db: None) -> Instrument:
    source = DataSource.objects.create(name="polygon (simulated)", kind="simulated", delay_s=900)
    instrument = Instrument.objects.create(
        symbol="ACME", name="Acme Biosciences, Inc. Common Stock", kind="CS", cik="0000000042", exchange="XNAS",
        source=source, recorded_at=NOON - hours(500),
    )  # fmt: skip
    make_member(instrument, NOON - hours(500))
    return instrument


@pytest.fixture
def market(settings: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[clock.Frozen]:
    halts = [SimulatedHalt(0, "ACME", "XNAS", Code.NEWS, NOON - minutes(7), None, None)]
    monkeypatch.setattr(cut.Tape, "halts", lambda *_: halts)
    with serving(DOCUMENTS) as (url, frozen):
        settings.EDGAR_BASE_URL, settings.EDGAR_DATA_BASE_URL = f"{url}/edgar", f"{url}/edgar"
        settings.EDGAR_USER_AGENT, settings.EDGAR_RATE_PER_S = "Sectorlight tests@example.com", 500.0
        settings.POLYGON_BASE_URL, settings.POLYGON_API_KEY = f"{url}/polygon", "any-key"
        settings.HALTS_URL = f"{url}/rss/halts.xml"
        settings.THRESHOLD_LIST_URL = f"{url}/rss/nasdaqth{{day}}.txt"
        setup.vendors.cache_clear()
        yield frozen
        setup.vendors.cache_clear()


def test_an_approval_is_one_event_of_a_filing_and_its_articles(acme: Instrument, market: clock.Frozen) -> None:
    report = refresh_catalysts()
    assert report.errors == []
    events = list_catalysts([acme.pk], NOON)
    assert [(each.kind, each.direction, each.event_at) for each in events] == [
        ("fda_decision", 1, NOON - hours(2)),
        ("offering", -1, NOON - minutes(30)),
    ]
    assert events[0].documents >= 3
    assert Catalyst.objects.get(document_id="0001234567-25-000001").evidence["read"] is True
    assert set(Catalyst.objects.values_list("source__kind", flat=True)) == {"simulated"}
    market.move_to(NOON + hours(2))
    refresh_catalysts()
    assert [each.kind for each in list_catalysts([acme.pk], NOON + hours(2))][-1] == "guidance"
    assert [each.kind for each in list_catalysts([acme.pk], NOON + hours(1))] == ["fda_decision", "offering"]


def test_halts(acme: Instrument, market: clock.Frozen) -> None:
    assert refresh_halts().changed == 1
    halted, since = halts_at([acme.pk], NOON)
    assert halted.tolist() == [True]
    assert since[0] is not None and abs(since[0] - (NOON - minutes(7))) < dt.timedelta(seconds=2)


def test_the_threshold_list(acme: Instrument, market: clock.Frozen) -> None:
    report = refresh_threshold()
    assert report is not None and report.session == dt.date(2025, 12, 1) and report.known == 0
    row = ThresholdList.objects.get()
    assert (row.source.name, len(row.unmatched)) == ("nasdaq (simulated)", report.listed)
    assert threshold_listed_at([acme.pk], NOON).tolist() == [0.0]
    market.move_to(NOON + hours(5))  # after the close and before the night
    assert refresh_threshold() is None
