"""EDGAR's answers, bytes to records. Pure; every parser raises BadPayload for an answer that is not one.

What one would not expect: `type=` matches prefixes; a filing comes once per entity; the schedules 13D and 13G have two
spellings ("SC 13D" until December 2024); times in a company's list end in Z and are New York's for some companies.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final
from xml.etree.ElementTree import Element

from sentiment_site.market.calendar import NEW_YORK

from . import payload as read
from .errors import BadPayload
from .event_records import (
    CompanyFiling,
    CompanyTicker,
    FilingRecord,
    OwnershipRecord,
    OwnershipTransaction,
    Party,
    SubmissionsRecord,
    SubmissionText,
    SubmittedDocument,
)
from .markup import child_text, one_line, parse_xml, plain_text, web_link
from .records import Page
from .symbols import from_dash

VENDOR: Final = "edgar"
_ATOM: Final = "{http://www.w3.org/2005/Atom}"
_ACCESSION: Final = re.compile(r"\d{10}-\d{2}-\d{6}")
# behind "4 - ": "Perez Daniel Antonio (0002063236) (Reporting)"; names may hold dashes and brackets themselves
_PARTY: Final = re.compile(r"(?P<name>.*) \((?P<cik>\d{1,10})\) \((?P<role>[^()]+)\)")
_ITEM: Final = re.compile(r"\bItem (\d{1,2}\.\d{2})\b")
_SIZE: Final = re.compile(r"Size:\s*(?:</b>)?\s*([\d.]+) ?([KMG]?B)")
_FILED: Final = re.compile(r"Filed:\s*(?:</b>)?\s*(\d{4}-\d{2}-\d{2})")
_UNITS: Final = {"B": 1, "KB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30}
_OLD_NAMES: Final = {"SC 13D": "SCHEDULE 13D", "SC 13G": "SCHEDULE 13G"}
_HEADER_FIELDS: Final = {
    "accession": re.compile(r"ACCESSION NUMBER:\s*(\S+)"),
    "form": re.compile(r"CONFORMED SUBMISSION TYPE:\s*(\S[^\r\n]*)"),
    "accepted": re.compile(r"<ACCEPTANCE-DATETIME>\s*(\d{14})"),
}
_DOCUMENT_FIELDS: Final = tuple(re.compile(rf"<{name}>([^\r\n<]*)") for name in ("TYPE", "FILENAME", "DESCRIPTION"))
_DOCUMENT: Final = re.compile(r"<DOCUMENT>(.*?)</DOCUMENT>", re.DOTALL)
_TEXT: Final = re.compile(r"<TEXT>(.*?)(?:</TEXT>|\Z)", re.DOTALL)
_TRUE: Final = frozenset({"1", "true"})


def form_root(form: str) -> str:
    """The form without its amendment mark and in today's spelling: "SC 13D/A" is SCHEDULE 13D."""
    root = form.strip().upper().removesuffix("/A")
    return _OLD_NAMES.get(root, root)


def is_amendment(form: str) -> bool:
    """Whether the form amends an earlier one."""
    return form.strip().upper().endswith("/A")


def parse_current_filings(body: bytes) -> Page[tuple[FilingRecord, ...]]:
    """A page of getcurrent (Atom, ISO-8859-1): one record per entry, that is per entity; see `merge_filings`."""
    root = parse_xml(VENDOR, body)
    if root.tag != f"{_ATOM}feed":
        raise BadPayload(VENDOR, f"a <{root.tag}> instead of an Atom feed")
    entries = [_entry(element) for element in root.findall(f"{_ATOM}entry")]
    records = tuple(entry for entry in entries if entry is not None)
    return Page(records, skipped=len(entries) - len(records))


def merge_filings(entries: Iterable[FilingRecord]) -> tuple[FilingRecord, ...]:
    """Each accession number once with all its parties, in the order of first appearance.

    The link is that of the issuer, subject or filer, under whose number a reader looks for it.
    """
    merged: dict[str, FilingRecord] = {}
    for entry in entries:
        known = merged.get(entry.accession)
        if known is None:
            merged[entry.accession] = entry
            continue
        parties = tuple(dict.fromkeys((*known.parties, *entry.parties)))
        joined = replace(known, parties=parties, items=tuple(dict.fromkeys((*known.items, *entry.items))))
        main = joined.about in entry.parties and joined.about not in known.parties
        merged[entry.accession] = replace(joined, index_url=entry.index_url) if main else joined
    return tuple(merged.values())


def parse_company_tickers(body: bytes) -> Page[tuple[CompanyTicker, ...]]:
    """files/company_tickers.json: an object with numbers as keys; several symbols per CIK, in dash form."""
    content = read.decode(VENDOR, body)
    if not isinstance(content, dict):
        raise BadPayload(VENDOR, f"tickers are {type(content).__name__}, not an object")
    records, skipped = read.parse_rows(content.values(), _company_ticker)
    return Page(records, skipped=skipped)


def parse_submissions(body: bytes) -> Page[SubmissionsRecord]:
    """submissions/CIK##########.json. Its filings are columns of equal length."""
    content = read.decode(VENDOR, body)
    cik = read.cik(content.get("cik")) if isinstance(content, dict) else None
    filings = content.get("filings") if isinstance(content, dict) else None
    if cik is None or not isinstance(filings, dict):
        raise BadPayload(VENDOR, "submissions without a CIK or without filings")
    rows, skipped = _columns(filings.get("recent"))
    symbols = read.rows_of(VENDOR, content.get("tickers"), "tickers")
    files = [each for each in read.rows_of(VENDOR, filings.get("files"), "files") if isinstance(each, dict)]
    record = SubmissionsRecord(
        cik=cik,
        name=read.text(content.get("name")) or "",
        sic=read.text(content.get("sic")) or "",
        symbols=tuple(from_dash(symbol) for symbol in symbols if read.text(symbol)),
        filings=rows,
        older_pages=tuple(name for each in files if (name := read.text(each.get("name"))) is not None),
    )
    return Page(record, skipped=skipped)


def parse_older_submissions(body: bytes) -> Page[tuple[CompanyFiling, ...]]:
    """A page of a company's older filings: the columns alone."""
    rows, skipped = _columns(read.decode(VENDOR, body))
    return Page(rows, skipped=skipped)


def parse_submission_text(body: bytes) -> SubmissionText:
    """A whole submission ({accession}.txt): header and documents, HTML and XML reduced to their words."""
    text = _decoded(body)
    fields = {
        name: found[1].strip() if (found := pattern.search(text)) else "" for name, pattern in _HEADER_FIELDS.items()
    }
    if not _ACCESSION.fullmatch(fields["accession"]):
        raise BadPayload(VENDOR, "a submission without an accession number")
    accepted = None
    if fields["accepted"]:
        try:
            accepted = datetime.strptime(fields["accepted"], "%Y%m%d%H%M%S").replace(tzinfo=NEW_YORK).astimezone(UTC)
        except ValueError:
            accepted = None
    documents = tuple(_document(found[1]) for found in _DOCUMENT.finditer(text))
    return SubmissionText(fields["accession"], fields["form"], accepted, documents)


def parse_ownership(body: bytes) -> OwnershipRecord:
    """Forms 3, 4 and 5 in XML. Lines without a number of shares are left out."""
    root = parse_xml(VENDOR, body)
    issuer, owner = read.cik(child_text(root, "issuer/issuerCik")), "reportingOwner/reportingOwnerId"
    if root.tag != "ownershipDocument" or issuer is None:
        raise BadPayload(VENDOR, f"a <{root.tag}> without an issuer instead of an ownership document")
    relation = "reportingOwner/reportingOwnerRelationship"
    lines = [
        (line, derivative)
        for table, tag, derivative in (
            ("nonDerivativeTable", "nonDerivativeTransaction", False),
            ("derivativeTable", "derivativeTransaction", True),
        )
        for line in root.findall(f"{table}/{tag}")
    ]
    found = (_transaction(line, derivative) for line, derivative in lines)
    return OwnershipRecord(
        form=child_text(root, "documentType"),
        issuer_cik=issuer,
        symbol=from_dash(child_text(root, "issuer/issuerTradingSymbol").upper()),
        owner_cik=read.cik(child_text(root, f"{owner}/rptOwnerCik")) or "",
        owner=child_text(root, f"{owner}/rptOwnerName"),
        is_director=_says_yes(root, f"{relation}/isDirector"),
        is_officer=_says_yes(root, f"{relation}/isOfficer"),
        is_ten_percent_owner=_says_yes(root, f"{relation}/isTenPercentOwner"),
        title=child_text(root, f"{relation}/officerTitle"),
        is_planned=_says_yes(root, "aff10b5One"),
        transactions=tuple(each for each in found if each is not None),
    )


def _entry(element: Element) -> FilingRecord | None:
    category, link = element.find(f"{_ATOM}category"), element.find(f"{_ATOM}link")
    form = (category.get("term") or "").strip() if category is not None else ""
    accession = _ACCESSION.search(child_text(element, f"{_ATOM}id"))
    title = _PARTY.fullmatch(one_line(child_text(element, f"{_ATOM}title")).removeprefix(f"{form} - "))
    accepted = read.moment(child_text(element, f"{_ATOM}updated"))
    cik = read.cik(title["cik"]) if title else None
    if not form or accession is None or title is None or cik is None or accepted is None:
        return None
    summary = child_text(element, f"{_ATOM}summary")
    filed, size = _FILED.search(summary), _SIZE.search(summary)
    return FilingRecord(
        accession=accession[0],
        form=form,
        parties=(Party(title["role"], cik, title["name"].strip()),),
        items=tuple(dict.fromkeys(_ITEM.findall(summary))),
        accepted_at=accepted,
        filed_on=read.day(filed[1]) if filed else None,
        size_bytes=round(float(size[1]) * _UNITS[size[2]]) if size else None,
        index_url=web_link(link.get("href") or "") if link is not None else "",
    )


def _company_ticker(row: read.Row) -> CompanyTicker | None:
    cik, symbol = read.cik(row.get("cik_str")), read.text(row.get("ticker"))
    return (
        None
        if cik is None or symbol is None
        else CompanyTicker(cik, from_dash(symbol), read.text(row.get("title")) or "")
    )


def _columns(content: object) -> tuple[tuple[CompanyFiling, ...], int]:
    """Filings of columns; BadPayload when a column that matters is missing or shorter than the others."""
    if not isinstance(content, dict):
        raise BadPayload(VENDOR, "filings are no columns")
    accessions = read.rows_of(VENDOR, content.get("accessionNumber"), "accessionNumber")
    names = ("form", "items", "acceptanceDateTime", "filingDate", "reportDate", "primaryDocument", "size")
    columns = {name: read.rows_of(VENDOR, content.get(name), name) for name in names}
    short = [name for name, column in columns.items() if len(column) != len(accessions)]
    if short:
        raise BadPayload(VENDOR, f"columns of unequal length: {', '.join(short)}")
    table = ({name: columns[name][at] for name in names} for at in range(len(accessions)))
    rows = [_company_filing(accession, row) for accession, row in zip(accessions, table, strict=True)]
    kept = tuple(row for row in rows if row is not None)
    return kept, len(rows) - len(kept)


def _company_filing(accession: object, row: dict[str, Any]) -> CompanyFiling | None:
    form, accepted = read.text(row["form"]), read.moment(row["acceptanceDateTime"])
    if not isinstance(accession, str) or not _ACCESSION.fullmatch(accession) or form is None or accepted is None:
        return None
    return CompanyFiling(
        accession=accession,
        form=form,
        items=tuple(item.strip() for item in (read.text(row["items"]) or "").split(",") if item.strip()),
        accepted_at=_later_reading(accepted),
        filed_on=read.day(row["filingDate"]),
        report_on=read.day(row["reportDate"]),
        primary_document=read.text(row["primaryDocument"]) or "",
        size_bytes=read.count(row["size"]),
    )


def _later_reading(accepted: datetime) -> datetime:
    """The same digits as New York's time, which is always the later of the two."""
    return max(accepted, accepted.replace(tzinfo=NEW_YORK).astimezone(UTC))


def _document(block: str) -> SubmittedDocument:
    kind, file_name, description = (_first(pattern, block) for pattern in _DOCUMENT_FIELDS)
    return SubmittedDocument(kind, file_name, description, _words(_first(_TEXT, block), file_name))


def _first(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    return found[1].strip() if found else ""


def _words(body: str, file_name: str) -> str:
    """Plain text stays as it is; uuencoded pictures and archives have no words."""
    if file_name.lower().rpartition(".")[2] in ("jpg", "jpeg", "gif", "png", "pdf", "zip", "xlsx"):
        return ""
    return plain_text(body) if "<" in body else "\n".join(one_line(line) for line in body.splitlines() if line.strip())


def _decoded(body: bytes) -> str:
    try:
        return body.decode("utf-8")
    except UnicodeDecodeError:
        return body.decode("cp1252", errors="replace")


def _transaction(line: Element, is_derivative: bool) -> OwnershipTransaction | None:
    amounts, after = "transactionAmounts", "postTransactionAmounts/sharesOwnedFollowingTransaction/value"
    shares = read.amount(child_text(line, f"{amounts}/transactionShares/value"))
    if shares is None:
        return None
    return OwnershipTransaction(
        on=read.day(child_text(line, "transactionDate/value")),
        code=child_text(line, "transactionCoding/transactionCode"),
        shares=shares,
        price=read.positive(child_text(line, f"{amounts}/transactionPricePerShare/value")),
        acquired=child_text(line, f"{amounts}/transactionAcquiredDisposedCode/value") == "A",
        owned_after=read.amount(child_text(line, after)),
        is_derivative=is_derivative,
    )


def _says_yes(root: Element, path: str) -> bool:
    return child_text(root, path).lower() in _TRUE
