"""From the wire to rows: what is stored, read again without doubling, caught up, and what a failing vendor leaves."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest
from pytest_httpserver import HTTPServer

from sentiment_site.jobs.models import JobRun, Status
from sentiment_site.jobs.services import run_now
from sentiment_site.market import clock
from sentiment_site.providers import setup
from sentiment_site.providers.errors import Upstream
from universe.catalysts.refresh import CatalystReport, refresh_catalysts
from universe.models import Catalyst, DataSource, FeedCursor, Instrument
from universe.selectors import has_catalyst_feed, list_catalysts

from .conftest import NOON, add_instrument, hours, minutes
from .vendor import BROKEN, FORBIDDEN, Wire

pytestmark = pytest.mark.django_db


def refresh(wire: Wire, at: dt.datetime | None = None) -> CatalystReport:
    """One reading at a moment, of what is public by then."""
    wire.now = at or clock.now()
    with clock.frozen(wire.now):
        return refresh_catalysts(vendors=wire.vendors)


def rows() -> list[tuple[str, int | None, str]]:
    return list(Catalyst.objects.order_by("event_at", "pk").values_list("kind", "direction", "document_id"))


def test_filings_and_news_become_rows_with_their_evidence(wire: Wire, acme: Instrument, noon: clock.Frozen) -> None:
    filed = wire.file("8-K", NOON - hours(3), "2.02", "9.01")
    wire.publish("Acme tops third quarter estimates", NOON - hours(2.9), "positive")
    wire.file("424B5", NOON - hours(1), cik="0000000999")
    wire.publish("Somebody else wins FDA approval", NOON - hours(1), "positive", "ZZZZ")
    report = refresh(wire)
    assert report.errors == [] and report.stored == 2
    assert report.lines == ["2 filings: 1 about listed stocks, 0 read, 1 catalysts new", "2 articles: 1 catalysts new"]
    filing, article = Catalyst.objects.order_by("event_at")
    assert (filing.instrument, filing.kind, filing.direction) == (acme, "earnings", None)
    assert (filing.event_at, filing.recorded_at, filing.document_id) == (NOON - hours(3), NOON, filed.accession)
    assert filing.evidence == {"rule": "item 2.02 results", "form": "8-K", "items": ["2.02", "9.01"], "read": False}
    assert (filing.source.name, filing.source.kind, filing.source.delay_s) == ("edgar", "vendor", 0)
    assert filing.title == "8-K of ACME CORP, items 2.02, 9.01"
    assert filing.url == f"https://www.sec.gov/{filed.accession}-index.htm"
    assert article.evidence == {"rule": "headline: results above", "publisher": "Courier", "insight": "positive"}
    assert (article.source.name, article.url) == ("polygon", "https://news.example/x")
    (event,) = list_catalysts([acme.pk], NOON)
    assert (event.kind, event.direction, event.event_at, event.documents) == ("earnings", 1, NOON - hours(3), 2)


def test_a_second_reading_adds_only_what_is_new(wire: Wire, acme: Instrument) -> None:
    wire.file("424B5", NOON - hours(1))
    wire.publish("Acme wins FDA approval for Velorin", NOON - hours(1))
    refresh(wire, NOON)
    assert refresh(wire, NOON + minutes(5)).stored == 0
    wire.publish("Acme raises full-year guidance", NOON + minutes(6))
    assert refresh(wire, NOON + minutes(10)).stored == 1
    assert [kind for kind, *_ in rows()] == ["offering", "fda_decision", "guidance"]


def test_what_appears_late_with_an_old_time_is_not_skipped(wire: Wire, acme: Instrument) -> None:
    refresh(wire, NOON)
    wire.publish("Acme wins FDA approval for Velorin", NOON - hours(1.5))
    wire.file("NT 10-Q", NOON - minutes(20))
    assert refresh(wire, NOON + minutes(5)).stored == 2


def test_the_first_reading_of_a_morning_reads_the_whole_feed(wire: Wire, acme: Instrument) -> None:
    evening = NOON + hours(9.5)  # 21:30 in New York
    for n in range(150):
        wire.file("NT 10-Q", evening - minutes(90 - n / 2), cik="0000000999")
    refresh(wire, evening)
    wire.file("424B5", evening - hours(2))  # accepted at 19:30, shown the next business morning: on the second page
    monday = NOON + dt.timedelta(days=3)
    assert refresh(wire, monday.replace(hour=10, minute=30)).stored == 0  # 05:30 in New York
    assert refresh(wire, monday.replace(hour=11, minute=10)).stored == 1  # 06:10


def test_the_first_reading_ever_is_bounded(wire: Wire, acme: Instrument) -> None:
    wire.publish("Acme wins FDA approval for Velorin", NOON - hours(49))
    wire.publish("Acme raises full-year guidance", NOON - hours(47))
    refresh(wire, NOON)
    assert [kind for kind, *_ in rows()] == ["guidance"]
    assert "/submissions/CIK0000000042.json" not in wire.asked


def test_a_long_standstill_is_made_up_for_from_the_companies_own_lists(
    wire: Wire, acme: Instrument, beta: Instrument
) -> None:
    start = NOON - hours(72)  # Tuesday
    refresh(wire, start)
    lost = wire.file("424B5", start + hours(2))
    wire.file("S-3", NOON - hours(3))
    wire.feed_since = NOON - hours(24)
    report = refresh(wire, NOON)
    assert (
        report.lines[0] == "1 filings, 1 from the companies' own lists: 2 about listed stocks, 0 read, 2 catalysts new"
    )
    assert [each for *_, each in rows()] == [lost.accession, wire.filings[1].accession]
    # read as New York's time: known at its latest possible moment, never before it was public
    assert Catalyst.objects.get(document_id=lost.accession).event_at == start + hours(7)
    assert "/submissions/CIK0000000043.json" not in wire.asked  # not in the universe
    assert refresh(wire, NOON + minutes(5)).stored == 0


def test_a_weekend_is_no_standstill(wire: Wire, acme: Instrument) -> None:
    friday = NOON + hours(10)  # 22:00
    refresh(wire, friday)
    wire.feed_since = NOON + dt.timedelta(days=2)
    refresh(wire, NOON + dt.timedelta(days=2, hours=15))  # Monday 03:00
    assert not [path for path in wire.asked if path.startswith("/submissions")]


def test_the_words_of_a_members_report_are_read_and_of_nobody_else(
    wire: Wire, acme: Instrument, beta: Instrument
) -> None:
    text = (
        "Item 1.01 Entry into a Material Definitive Agreement. The Company entered into a supply agreement with City."
    )
    mine = wire.file("8-K", NOON - hours(2), "1.01", text=text)
    wire.file("8-K", NOON - hours(1), "1.01", cik="0000000043", text=text)
    refresh(wire, NOON)
    assert [(kind, way) for kind, way, _ in rows()] == [("contract", 1), ("filing", None)]
    assert [path for path in wire.asked if path.startswith("/Archives")] == [
        f"/Archives/edgar/data/42/{mine.accession.replace('-', '')}/{mine.accession}.txt"
    ]
    refresh(wire, NOON + minutes(5))
    assert len([path for path in wire.asked if path.startswith("/Archives")]) == 1


@pytest.mark.parametrize("fault", [(404, "<html/>"), (200, "<html>no submission</html>")])
def test_a_text_that_cannot_be_read_leaves_the_items_to_speak(
    wire: Wire, acme: Instrument, fault: tuple[int, str]
) -> None:
    wire.file("8-K", NOON - hours(2), "3.01", text="x")
    wire.faults["/Archives/.*"] = fault
    assert refresh(wire, NOON).errors == []
    assert [(kind, way) for kind, way, _ in rows()] == [("filing", -1)]


def test_a_reading_that_breaks_off_is_continued_without_loss(wire: Wire, acme: Instrument) -> None:
    for n in range(60):
        wire.file("NT 10-Q", NOON - minutes(100 - n))
    late = wire.file("8-K", NOON - minutes(1), "8.01", text="Item 8.01 Other Events. FDA has approved Velorin.")
    wire.faults["/Archives/.*"] = BROKEN
    report = refresh(wire, NOON)
    assert [type(error) for error in report.errors] == [Upstream]
    assert Catalyst.objects.count() == 50 and not FeedCursor.objects.filter(feed="edgar").exists()
    wire.faults.clear()
    refresh(wire, NOON + minutes(5))
    assert Catalyst.objects.count() == 61
    assert Catalyst.objects.get(document_id=late.accession).kind == "fda_decision"


def test_one_vendor_that_fails_does_not_stop_the_other(wire: Wire, acme: Instrument) -> None:
    wire.publish("Acme wins FDA approval for Velorin", NOON - hours(1))
    wire.faults["/cgi-bin/browse-edgar"] = BROKEN
    report = refresh(wire, NOON)
    assert [str(error) for error in report.errors] == [
        "edgar: 500 vendor failed at /cgi-bin/browse-edgar: HTML page: Internal Server Error"
    ]
    assert [kind for kind, *_ in rows()] == ["fda_decision"]
    assert set(FeedCursor.objects.values_list("feed", flat=True)) == {"news"}


def test_news_that_the_plan_does_not_hold_is_remembered_and_no_failure(wire: Wire, acme: Instrument) -> None:
    wire.faults["/v2/reference/news"] = FORBIDDEN
    first, second = refresh(wire, NOON), refresh(wire, NOON + minutes(5))
    assert first.errors == second.errors == []
    assert "not in your plan" in first.lines[1] and "asked again after" in second.lines[1]
    assert wire.asked.count("/v2/reference/news") == 1


def test_one_cik_several_share_classes_and_no_warrants(wire: Wire, acme: Instrument) -> None:
    add_instrument("ACME.B", "Acme Biosciences, Inc. Class B", "0000000042")
    add_instrument("ACME.WS", "Acme Biosciences, Inc. Warrants", "0000000042", kind="WARRANT")
    wire.file("424B5", NOON - hours(1))
    refresh(wire, NOON)
    assert sorted(Catalyst.objects.values_list("instrument__symbol", flat=True)) == ["ACME", "ACME.B"]


def test_missing_ciks_are_asked_for_once_a_day(wire: Wire, acme: Instrument) -> None:
    gamma = add_instrument("GAM.A", "Gamma Corp", "")
    wire.tickers = {"GAM-A": (77, "Gamma")}
    wire.file("424B5", NOON - hours(1), cik="0000000077")
    report = refresh(wire, NOON)
    gamma.refresh_from_db()
    assert gamma.cik == "0000000077" and report.lines[0].startswith("CIKs: 1 of 1")
    add_instrument("DELTA", "Delta", "")
    refresh(wire, NOON + minutes(5))
    refresh(wire, NOON + hours(25))
    assert wire.asked.count("/files/company_tickers.json") == 2
    assert Catalyst.objects.get().instrument == gamma


def test_the_time_machine_sees_what_was_known(wire: Wire, acme: Instrument) -> None:
    wire.publish("Acme wins FDA approval for Velorin", NOON - minutes(30))
    assert not has_catalyst_feed(NOON)
    refresh(wire, NOON)
    assert list_catalysts([acme.pk], NOON - minutes(1)) == ()
    assert [event.kind for event in list_catalysts([acme.pk], NOON)] == ["fda_decision"]
    assert list_catalysts([acme.pk], NOON + hours(72)) == ()
    assert not has_catalyst_feed(NOON - minutes(1)) and has_catalyst_feed(NOON)


def test_simulated_answers_have_a_source_of_their_own(wire: Wire, acme: Instrument) -> None:
    wire.publish("Acme wins FDA approval for Velorin", NOON - hours(1))
    refresh(wire, NOON)
    assert set(DataSource.objects.values_list("name", flat=True)) == {"polygon", "edgar"}


def test_the_job_names_whose_fault_it_was(
    wire: Wire, acme: Instrument, noon: clock.Frozen, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("universe.catalysts.refresh.configured_vendors", lambda: wire.vendors)
    wire.publish("Acme wins FDA approval for Velorin", NOON - hours(1))
    run = run_now("universe.catalysts")
    assert (run.status, run.reason) == (
        Status.DONE, "0 filings: 0 about listed stocks, 0 read, 0 catalysts new; 1 articles: 1 catalysts new",
    )  # fmt: skip
    wire.faults["/cgi-bin/browse-edgar"] = (403, "<title>SEC.gov | Request Rate Threshold Exceeded</title>")
    run = run_now("universe.catalysts")
    assert run.status == Status.FAILED and run.reason.startswith("edgar: 403 rate limited (retry after 600 s)")
    assert JobRun.objects.filter(name="universe.catalysts").count() == 2


def test_without_an_address_edgar_is_not_asked_and_the_run_says_why(
    wire: Wire, acme: Instrument, httpserver: HTTPServer, settings: Any
) -> None:
    settings.EDGAR_USER_AGENT, settings.EDGAR_BASE_URL = "", httpserver.url_for("")
    settings.POLYGON_BASE_URL, settings.POLYGON_API_KEY = httpserver.url_for(""), "a-key"
    setup.vendors.cache_clear()
    try:
        with clock.frozen(NOON):
            report = refresh_catalysts()
    finally:
        setup.vendors.cache_clear()
    assert [str(error).split(":")[2].strip() for error in report.errors] == ["EDGAR_USER_AGENT is not set"]
    assert set(wire.asked) == {"/v2/reference/news"}
