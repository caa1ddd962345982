"""data.sec.gov and the ticker files: who is listed, a company's filings, its shares outstanding."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from typing import Any

from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.vendors.edgar import forms, pages
from sentiment_site.simulator.vendors.edgar.companies import Companies, Company, has_local_times
from sentiment_site.simulator.vendors.edgar.register import Entry, Register
from sentiment_site.simulator.wire import Answer, Request, answer, number_of

_RECENT_ENTRIES, _RECENT_DAYS = 1000, 365  # whichever is more stays in `recent`
_OLDER_PAGE = 2000
_NAME = re.compile(r"(\d{10})(?:-submissions-(\d{3}))?")


class SubmissionData:
    """company_tickers and submissions."""

    def __init__(self, register: Register, companies: Companies) -> None:
        self._register = register
        self._companies = companies

    def tickers(self, request: Request) -> Answer:
        """GET files/company_tickers.json: an object with numbers as keys, largest companies first."""
        rows = self._companies.all_listed(request.now)
        return answer({
            str(place): {"cik_str": int(company.cik), "ticker": ticker, "title": company.name}
            for place, (company, ticker, _) in enumerate(rows)
        })  # fmt: skip

    def tickers_with_exchange(self, request: Request) -> Answer:
        """GET files/company_tickers_exchange.json. The exchange is null for some."""
        rows = self._companies.all_listed(request.now)
        return answer({
            "fields": ["cik", "name", "ticker", "exchange"],
            "data": [[int(company.cik), company.name, ticker, exchange] for company, ticker, exchange in rows],
        })  # fmt: skip

    def submissions(self, request: Request) -> Answer:
        """GET submissions/CIK##########.json and the pages of older filings it names, which are columns only."""
        match = _NAME.fullmatch(request.extras["name"])
        if match is None:
            return pages.missing(request)
        cik, page = match.groups()
        entries = self._register.of(cik, request.now)
        company = self._companies.find(cik)
        if company is None and not entries:
            return pages.missing(request)
        recent = _recent_count(entries, request.now)
        older = [entries[start : start + _OLDER_PAGE] for start in range(recent, len(entries), _OLDER_PAGE)]
        if page is not None:
            wanted = int(page) - 1
            return answer(_columns(older[wanted], cik)) if 0 <= wanted < len(older) else pages.missing(request)
        files = [
            {
                "name": f"CIK{cik}-submissions-{number:03d}.json",
                "filingCount": len(part),
                "filingFrom": part[-1].filed.isoformat(),
                "filingTo": part[0].filed.isoformat(),
            }
            for number, part in enumerate(older, 1)
        ]
        return answer({
            "cik": cik,
            **self._about(cik, company, entries, request.now),
            "filings": {"recent": _columns(entries[:recent], cik), "files": files},
        })  # fmt: skip

    def _about(self, cik: str, company: Company | None, entries: Sequence[Entry], now: dt.datetime) -> dict[str, Any]:
        listed = [] if company is None else self._companies.listed(company, now)
        as_issuer = company is not None
        state = "" if company is None else company.state
        address = {
            "street1": f"{100 + number_of(f'street {cik}') % 900} SIMULATED WAY", "street2": None, "city": "WILMINGTON",
            "stateOrCountry": state or "DE", "zipCode": "19801", "stateOrCountryDescription": state or "DE",
        }  # fmt: skip
        return {
            "entityType": "operating" if as_issuer else "other",
            "sic": "" if company is None else company.sic,
            "sicDescription": "" if company is None else company.sic_description,
            "insiderTransactionForOwnerExists": int(_has_role(entries, cik, "Reporting")),
            "insiderTransactionForIssuerExists": int(_has_role(entries, cik, "Issuer")),
            "name": _name_in(entries, cik) if company is None else company.name,
            "tickers": [ticker for ticker, _ in listed],
            "exchanges": [exchange for _, exchange in listed],
            "ein": f"{number_of(f'ein {cik}') % 1_000_000_000:09d}" if as_issuer else None,
            "description": "",
            "website": "",
            "investorWebsite": "",
            "category": "" if company is None else self._companies.category(company),
            "fiscalYearEnd": "1231" if as_issuer else None,
            "stateOfIncorporation": state,
            "stateOfIncorporationDescription": state,
            "addresses": {"mailing": address, "business": address},
            "phone": f"302-555-0{100 + number_of(f'phone {cik}') % 100}",
            "flags": "",
            "formerNames": [],
        }


def _recent_count(entries: Sequence[Entry], now: dt.datetime) -> int:
    """How many of the newest entries are in `recent`: a year, and at least a thousand."""
    year_ago = now - dt.timedelta(days=_RECENT_DAYS)
    return min(len(entries), max(_RECENT_ENTRIES, sum(entry.at > year_ago for entry in entries)))


def acceptance_time(entry: Entry, cik: str) -> str:
    """With a Z at its end, although for a share of companies it is New York's time."""
    zone = NEW_YORK if has_local_times(cik) else dt.UTC
    return f"{entry.at.astimezone(zone):%Y-%m-%dT%H:%M:%S}.000Z"


def document_path(entry: Entry) -> str:
    """The primary document; of ownership forms the rendered view, as `primaryDocument` gives it."""
    name = entry.filing.primary_document
    return f"xslF345X05/{name}" if forms.is_ownership(entry.filing.form) and "/" not in name else name


_COLUMNS: dict[str, Callable[[Entry, str], Any]] = {
    "accessionNumber": lambda entry, cik: entry.accession,
    "filingDate": lambda entry, cik: entry.filed.isoformat(),
    "reportDate": lambda entry, cik: entry.filing.report_date,
    "acceptanceDateTime": acceptance_time,
    "act": lambda entry, cik: "" if forms.is_ownership(entry.filing.form) else forms.family(entry.filing.form).act,
    "form": lambda entry, cik: entry.filing.form,
    "fileNumber": lambda entry, cik: "" if forms.is_ownership(entry.filing.form) else entry.file_number,
    "filmNumber": lambda entry, cik: "" if forms.is_ownership(entry.filing.form) else entry.film_number,
    "items": lambda entry, cik: ",".join(entry.filing.items),
    "core_type": lambda entry, cik: entry.filing.form,
    "size": lambda entry, cik: entry.size,
    "isXBRL": lambda entry, cik: int(entry.filing.form in ("8-K", "10-Q", "10-K", "20-F")),
    "isInlineXBRL": lambda entry, cik: int(entry.filing.form in ("8-K", "10-Q", "10-K", "20-F")),
    "primaryDocument": lambda entry, cik: document_path(entry),
    "primaryDocDescription": lambda entry, cik: entry.filing.description,
}


def _columns(entries: Sequence[Entry], cik: str) -> dict[str, list[Any]]:
    return {name: [value(entry, cik) for entry in entries] for name, value in _COLUMNS.items()}


def _has_role(entries: Sequence[Entry], cik: str, role: str) -> bool:
    return any((one, party) == (role, cik) for entry in entries for one, party, _ in entry.filing.parties)


def _name_in(entries: Sequence[Entry], cik: str) -> str:
    return next((name for _, party, name in entries[0].filing.parties if party == cik), "")
