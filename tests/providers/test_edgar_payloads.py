"""What EDGAR says: the feed with its duplicates, companies' columns, whole submissions, insiders' reports."""

from __future__ import annotations

import gzip
import json
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from sentiment_site.providers import edgar
from sentiment_site.providers.errors import BadPayload
from sentiment_site.providers.event_records import Party

ENTRY = """<entry><title>{form} - {name} ({cik}) ({role})</title>
<link rel="alternate" type="text/html" href="https://www.sec.gov/Archives/edgar/data/{short}/x/{accession}-index.htm"/>
<summary type="html">
 &lt;b&gt;Filed:&lt;/b&gt; 2026-11-20 &lt;b&gt;AccNo:&lt;/b&gt; {accession} &lt;b&gt;Size:&lt;/b&gt; {size}{items}
</summary>
<updated>2026-11-20T16:31:02-05:00</updated>
<category scheme="https://www.sec.gov/" label="form type" term="{form}"/>
<id>urn:tag:sec.gov,2008:accession-number={accession}</id></entry>"""


def entry(form: str, name: str, cik: str, role: str, number: int, *items: str, size: str = "250 KB") -> str:
    listed = "".join(f"&lt;br&gt;Item {item}: Something" for item in items)
    return ENTRY.format(form=form, name=name, cik=cik, short=int(cik), role=role,
                        accession=f"0001234567-26-{number:06d}", items=listed, size=size)  # fmt: skip


def feed(*entries: str) -> bytes:
    head = '<?xml version="1.0" encoding="ISO-8859-1" ?><feed xmlns="http://www.w3.org/2005/Atom">'
    return f"{head}<title>Latest Filings</title>{''.join(entries)}</feed>".encode("iso-8859-1", "xmlcharrefreplace")


def test_an_entry_with_its_items_size_and_moment() -> None:
    page = edgar.parse_current_filings(
        feed(entry("8-K", "ACME - NESTLÉ CORP (NEW)", "0001234567", "Filer", 12, "2.02", "9.01", "2.02"))
    )
    (filing,) = page.records
    assert (filing.accession, filing.form, filing.items) == ("0001234567-26-000012", "8-K", ("2.02", "9.01"))
    assert filing.parties == (Party("Filer", "0001234567", "ACME - NESTLÉ CORP (NEW)"),)
    assert filing.accepted_at == datetime(2026, 11, 20, 21, 31, 2, tzinfo=UTC)
    assert (filing.filed_on, filing.size_bytes) == (date(2026, 11, 20), 256_000)
    assert filing.submission_path == "/Archives/edgar/data/1234567/000123456726000012/0001234567-26-000012.txt"


@pytest.mark.parametrize(("written", "size"), [("4 KB", 4096), ("24 MB", 24 << 20), ("1.5 MB", 3 << 19)])
def test_sizes(written: str, size: int) -> None:
    assert (
        edgar.parse_current_filings(feed(entry("10-K", "A", "1", "Filer", 1, size=written))).records[0].size_bytes
        == size
    )


def test_a_filing_comes_once_with_all_its_parties_and_the_link_of_whom_it_is_about() -> None:
    page = edgar.parse_current_filings(
        feed(
            entry("SCHEDULE 13D", "Granite Hill Fund, LLC", "0000000777", "Filed by", 1),
            entry("SCHEDULE 13D", "ACME CORP", "0000000042", "Subject", 1),
            entry("4", "DOE JANE", "0000000778", "Reporting", 2),
            entry("4", "ACME CORP", "0000000042", "Issuer", 2),
            entry("SC TO-T", "ALONE LLC", "0000000779", "Filed by", 3),
        )
    )
    assert len(page.records) == 5
    first, second, third = edgar.merge_filings(page.records)
    assert [party.role for party in first.parties] == ["Filed by", "Subject"]
    assert (first.about and first.about.cik, second.about and second.about.role) == ("0000000042", "Issuer")
    assert "/data/42/" in first.index_url and "/data/42/" in second.index_url
    assert third.about is None


def test_entries_that_cannot_be_used_are_counted() -> None:
    broken = entry("8-K", "A", "1", "Filer", 1).replace("accession-number=0001234567", "number=")
    nameless = entry("8-K", "A", "1", "Filer", 2).replace(" (Filer)", "")
    page = edgar.parse_current_filings(feed(broken, nameless, entry("8-K", "A", "1", "Filer", 3)))
    assert (len(page.records), page.skipped) == (1, 2)


def test_what_is_no_feed() -> None:
    with pytest.raises(BadPayload, match="instead of an Atom feed"):
        edgar.parse_current_filings(b"<html><body>maintenance</body></html>")


@pytest.mark.parametrize(
    ("form", "root", "amended"),
    [("SC 13D/A", "SCHEDULE 13D", True), ("SC 13G", "SCHEDULE 13G", False), ("SCHEDULE 13D", "SCHEDULE 13D", False),
     ("8-K/A", "8-K", True), ("NT 10-Q", "NT 10-Q", False), ("SC TO-T", "SC TO-T", False), ("S-3ASR", "S-3ASR", False)],
)  # fmt: skip
def test_forms_in_two_spellings(form: str, root: str, amended: bool) -> None:
    assert (edgar.form_root(form), edgar.is_amendment(form)) == (root, amended)


COLUMNS = {
    "accessionNumber": ["0000000042-26-000002", "0000000042-26-000001"],
    "form": ["8-K", "4"],
    "items": ["2.02,9.01", ""],
    "acceptanceDateTime": ["2026-11-20T16:31:02.000Z", "2026-07-01T20:00:00.000Z"],
    "filingDate": ["2026-11-20", "2026-07-01"],
    "reportDate": ["2026-11-19", ""],
    "primaryDocument": ["a-20261119.htm", "xslF345X05/doc4.xml"],
    "size": [5000, 400],
}


def submissions(**changes: object) -> bytes:
    recent = COLUMNS | changes
    return json.dumps(
        {"cik": "42", "name": "ACME CORP", "sic": "2834", "tickers": ["ACME", "ACME-PA"],
         "filings": {"recent": recent, "files": [{"name": "CIK0000000042-submissions-001.json"}]}}
    ).encode()  # fmt: skip


def test_columns_become_filings_and_times_are_read_as_the_later_one() -> None:
    record = edgar.parse_submissions(submissions()).records
    assert (record.cik, record.symbols, record.older_pages) == (
        "0000000042", ("ACME", "ACMEpA"), ("CIK0000000042-submissions-001.json",),
    )  # fmt: skip
    first, second = record.filings
    assert (first.form, first.items, first.report_on) == ("8-K", ("2.02", "9.01"), date(2026, 11, 19))
    # 16:31:02Z is New York's 16:31:02 for a fifth of the companies: 21:31:02 UTC in winter, four hours in summer
    assert first.accepted_at == datetime(2026, 11, 20, 21, 31, 2, tzinfo=UTC)
    assert second.accepted_at == datetime(2026, 7, 2, 0, 0, tzinfo=UTC)
    older = edgar.parse_older_submissions(json.dumps(COLUMNS).encode())
    assert [each.form for each in older.records] == ["8-K", "4"]


@pytest.mark.parametrize("body", [submissions(form=["8-K"]), submissions(items=None), b"{}", b"[]", b'{"cik": "42"}'])
def test_columns_that_do_not_fit_together(body: bytes) -> None:
    with pytest.raises(BadPayload):
        edgar.parse_submissions(body)


def test_company_tickers_in_canonical_form() -> None:
    body = {
        "0": {"cik_str": 42, "ticker": "BRK-B", "title": "B"},
        "1": {"cik_str": 0, "ticker": "X"},
        "2": {"cik_str": 7},
    }
    page = edgar.parse_company_tickers(json.dumps(body).encode())
    assert [(each.cik, each.symbol) for each in page.records] == [("0000000042", "BRK.B")]
    assert page.skipped == 2


SUBMISSION = """<SEC-DOCUMENT>0000000042-26-000002.txt : 20261120
<SEC-HEADER>
<ACCEPTANCE-DATETIME>20261120163102
ACCESSION NUMBER:\t\t0000000042-26-000002
CONFORMED SUBMISSION TYPE:\t8-K
</SEC-HEADER>
<DOCUMENT>
<TYPE>8-K
<FILENAME>a.htm
<DESCRIPTION>CURRENT REPORT
<TEXT>
<html><body><p>Item&#160;1.01 Entry into a Material Definitive Agreement.</p><p>It did.</p></body></html>
</TEXT>
</DOCUMENT>
<DOCUMENT>
<TYPE>EX-99.1
<FILENAME>b.txt
<TEXT>
  Press   release
</TEXT>
</DOCUMENT>
<DOCUMENT>
<TYPE>GRAPHIC
<FILENAME>logo.jpg
<TEXT>
begin 644 logo.jpg
M_]C_X``02D9)1@`!
</TEXT>
</DOCUMENT>
"""


def test_a_submission_as_words() -> None:
    text = edgar.parse_submission_text(SUBMISSION.encode())
    assert (text.accession, text.form) == ("0000000042-26-000002", "8-K")
    assert text.accepted_at == datetime(2026, 11, 20, 21, 31, 2, tzinfo=UTC)
    assert [(each.kind, each.text) for each in text.documents] == [
        ("8-K", "Item 1.01 Entry into a Material Definitive Agreement.\nIt did."),
        ("EX-99.1", "Press release"),
        ("GRAPHIC", ""),
    ]
    with pytest.raises(BadPayload, match="without an accession number"):
        edgar.parse_submission_text(b"<html>Not Found</html>")


def test_real_insider_report(shared_data: Path) -> None:
    body = gzip.decompress((shared_data / "payloads/edgar/form4.snow.xml.gz").read_bytes())
    report = edgar.parse_ownership(body)
    assert (report.form, report.symbol, report.issuer_cik) == ("4", "SNOW", "0001640147")
    assert (report.owner, report.title, report.is_officer, report.is_director) == (
        "Scarpelli Michael", "Chief Financial Officer", True, False,
    )  # fmt: skip
    first, second = report.transactions[:2]
    assert (first.code, first.shares, first.price, first.acquired) == ("M", 200_000, 8.88, True)
    assert (second.code, second.price, second.acquired, second.owned_after) == ("S", 150.841, False, 227_927)
    assert any(each.is_derivative for each in report.transactions)
    with pytest.raises(BadPayload, match="instead of an ownership document"):
        edgar.parse_ownership(b"<edgarSubmission/>")


def test_real_feed_of_a_day(shared_data: Path) -> None:
    pages = json.loads(
        gzip.decompress((shared_data / "payloads/edgar/cassette_test_get_all_current_filings.json.gz").read_bytes())
    )
    parsed = [edgar.parse_current_filings(page["body"].encode("iso-8859-1", "xmlcharrefreplace"))
              for page in pages if page["status"] == 200]  # fmt: skip
    entries = [entry for page in parsed for entry in page.records]
    assert len(entries) > 500 and sum(page.skipped for page in parsed) == 0
    filings = edgar.merge_filings(entries)
    assert len(filings) < len(entries)
    orphans = [filing for filing in filings if filing.form in ("4", "8-K", "10-Q") and filing.about is None]
    assert len(orphans) <= 1  # the feed was cut in the middle of a filing's entries
    assert any(filing.items for filing in filings if filing.form == "8-K")


def test_real_company_list(shared_data: Path) -> None:
    body = gzip.decompress((shared_data / "payloads/edgar/company_submission.json.gz").read_bytes())
    page = edgar.parse_submissions(body)
    assert (page.records.symbols, page.skipped, page.records.filings[0].accession) == (
        ("TSLA",),
        0,
        "0001790565-22-000015",
    )
