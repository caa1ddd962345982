"""Filings as EDGAR keeps them: hours, dates, numbers, parties, items."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from zoneinfo import ZoneInfo

import pytest

from sentiment_site.market import calendar
from sentiment_site.simulator.documents.document import Channel, Document
from sentiment_site.simulator.documents.filings import filing_date, next_open
from sentiment_site.simulator.market.process import Market

EASTERN = ZoneInfo("America/New_York")


@pytest.fixture(scope="module")
def filings(documents: list[Document]) -> list[Document]:
    return [document for document in documents if document.channel is Channel.FILING]


def test_edgar_is_closed_at_night_and_on_holidays(filings: list[Document]) -> None:
    for document in filings:
        local = document.at.astimezone(EASTERN)
        assert dt.time(6) <= local.time() < dt.time(22)
        assert calendar.session_on(local.date()) is not None


@pytest.mark.parametrize(
    ("form", "at", "expected"),
    [
        ("8-K", dt.datetime(2025, 11, 3, 17, 30, tzinfo=EASTERN), dt.date(2025, 11, 3)),
        ("8-K", dt.datetime(2025, 11, 3, 17, 31, tzinfo=EASTERN), dt.date(2025, 11, 4)),
        ("8-K", dt.datetime(2025, 11, 26, 21, 0, tzinfo=EASTERN), dt.date(2025, 11, 28)),  # Thanksgiving between
        ("10-Q", dt.datetime(2025, 11, 7, 18, 0, tzinfo=EASTERN), dt.date(2025, 11, 10)),
        ("4", dt.datetime(2025, 11, 3, 21, 59, tzinfo=EASTERN), dt.date(2025, 11, 3)),
        ("SCHEDULE 13G", dt.datetime(2025, 11, 3, 20, 0, tzinfo=EASTERN), dt.date(2025, 11, 3)),
    ],
)
def test_filing_date(form: str, at: dt.datetime, expected: dt.date) -> None:
    assert filing_date(form, at) == expected


def test_what_comes_at_night_is_accepted_in_the_morning() -> None:
    for at in (
        dt.datetime(2025, 11, 7, 22, 0, tzinfo=EASTERN),  # Friday night
        dt.datetime(2025, 11, 8, 12, 0, tzinfo=EASTERN),
        dt.datetime(2025, 11, 10, 5, 59, tzinfo=EASTERN),
    ):
        opened = dt.datetime.fromtimestamp(next_open(at.timestamp()), EASTERN)
        assert opened.date() == dt.date(2025, 11, 10)
        assert dt.time(6) < opened.time() < dt.time(6, 30)
    inside = dt.datetime(2025, 11, 7, 21, 59, tzinfo=EASTERN).timestamp()
    assert next_open(inside) == inside


def test_accession_numbers_rise_by_filer_agent(filings: list[Document]) -> None:
    by_agent = defaultdict(list)
    for document in filings:
        assert document.filing is not None
        assert document.id == document.filing.accession
        agent, year, number = document.id.split("-")
        assert (len(agent), year, len(number)) == (10, "25", 6)
        by_agent[agent].append(number)
    assert len(by_agent) > 3
    for numbers in by_agent.values():
        assert numbers == sorted(set(numbers))


def test_forms_and_their_parties(filings: list[Document], market: Market) -> None:
    forms = defaultdict(list)
    for document in filings:
        assert document.filing is not None
        forms[document.filing.form].append(document)
        assert all(len(cik) == 10 and cik.isdigit() for _, cik, _ in document.filing.parties)
        assert dt.date.fromisoformat(document.filing.report_date) <= document.at.astimezone(EASTERN).date()
    assert {"8-K", "4", "144", "10-Q", "SCHEDULE 13G", "424B5", "S-3", "S-8", "6-K", "EFFECT"} <= set(forms)
    roles = {"4": ["Issuer", "Reporting"], "SCHEDULE 13G": ["Subject", "Filed by"], "8-K": ["Filer"]}
    for form, expected in roles.items():
        for document in forms[form]:
            assert [role for role, _, _ in document.filing.parties] == expected
    known = {security.cik: security.symbol for security in market.listing.securities if security.cik}
    tied = [document for document in filings if document.filing.parties[0][1] in known]
    assert len(tied) > 0.9 * len(filings)
    for document in tied:
        security = market.listing.securities[market.listing.row_of[document.symbols[0]]]
        assert security.cik == document.filing.parties[0][1]
    owners = {document.filing.parties[1] for document in forms["4"]}
    assert len({cik for _, cik, _ in owners}) == len(owners)  # a number has one name


def test_items_of_current_reports(filings: list[Document]) -> None:
    seen = set()
    for document in filings:
        filing = document.filing
        assert filing is not None
        if filing.form.startswith("8-K"):
            assert filing.items
            seen.update(filing.items)
            for item in filing.items:
                assert item == "9.01" or f"Item {item}" in document.body
        else:
            assert filing.items == ()
        assert filing.primary_document.endswith((".htm", ".xml"))
    assert {"1.01", "2.02", "3.02", "5.02", "7.01", "8.01", "9.01"} <= seen


def test_reverse_splits_are_items_303_and_503(filings: list[Document]) -> None:
    found = [one for one in filings if one.story.startswith("reverse_split") and one.filing.form == "8-K"]
    for document in found:
        assert document.filing.items == ("3.03", "5.03")
