"""SEC EDGAR: current filings, a company's filings, whose symbol it is, and the documents themselves.

EDGAR asks for a User-Agent with an address to write to and for at most ten requests a second over all its hosts, which
therefore share one vendor name: one bucket, one breaker. Facts and limits: docs/providers.md.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final, TypeVar

from .edgar_payloads import (
    form_root,
    is_amendment,
    merge_filings,
    parse_company_tickers,
    parse_current_filings,
    parse_older_submissions,
    parse_ownership,
    parse_submission_text,
    parse_submissions,
)
from .errors import AuthError, BadPayload, BadRequest, ProviderError, Upstream
from .event_records import (
    CompanyFiling,
    CompanyTicker,
    FilingRecord,
    OwnershipRecord,
    SubmissionsRecord,
    SubmissionText,
)
from .http import Http, Query, Reply
from .records import Fetched

__all__ = [
    "Edgar",
    "form_root",
    "is_amendment",
    "merge_filings",
    "parse_company_tickers",
    "parse_current_filings",
    "parse_older_submissions",
    "parse_ownership",
    "parse_submission_text",
    "parse_submissions",
]

T = TypeVar("T")

FEED: Final = "/cgi-bin/browse-edgar"
PAGE: Final = 100
# A day is about 100 pages; more is a feed that does not end.
MOST_PAGES: Final = 400
UNAVAILABLE: Final = 503
LARGEST_DOCUMENT: Final = 3 << 20
# with exhibits and pictures
LARGEST_SUBMISSION: Final = 8 << 20


class Edgar:
    """The endpoints the product uses. Every method raises a ProviderError unless it answers in full.

    `http` reaches www.sec.gov, `data` data.sec.gov. Without an e-mail address in the User-Agent nothing is asked: EDGAR
    would refuse it and remember us.
    """

    def __init__(self, http: Http, data: Http) -> None:
        self.http, self.data = http, data

    def fetch_current_filings(
        self, form: str = "", *, exact: bool = True, owner: str = "include", since: datetime | None = None
    ) -> Fetched[tuple[FilingRecord, ...]]:
        """Filings of the last 24 hours or so, newest first, each once with all its parties.

        form: "" for all; `exact` leaves out those that only begin with it (EDGAR's `type=4` also gives 424B2). owner:
        include, exclude or only the reports of insiders. since: no page behind the one that reaches this moment is
        read; filings older than it may be among the answer, and tell that nothing in between is missing.
        """
        entries: list[FilingRecord] = []
        skipped, simulated, received = 0, False, None
        for at in range(MOST_PAGES):
            reply = self._page({"action": "getcurrent", "type": form, "owner": owner, "output": "atom"}, at)
            if reply is not None:
                page = self.http.parse(reply, parse_current_filings)
                entries += page.records
                skipped, simulated, received = skipped + page.skipped, simulated or reply.simulated, reply.received_at
            is_last = reply is None or len(page.records) + page.skipped < PAGE
            if received and (is_last or (since and any(entry.accepted_at < since for entry in page.records))):
                kept = tuple(each for each in merge_filings(entries) if not exact or form in ("", each.form))
                return Fetched(kept, self.http.config.name, simulated, received, skipped=skipped)
        error = BadPayload(self.http.config.name, f"more than {MOST_PAGES} pages", endpoint=FEED)
        self.http.limits.note(error)
        raise error

    def fetch_submissions(self, cik: str) -> Fetched[SubmissionsRecord]:
        """A registrant with its filings of at least a year. NotFound for a CIK that EDGAR does not know."""
        return self._one(self.data, f"/submissions/CIK{int(cik):010d}.json", parse_submissions)

    def fetch_older_submissions(self, name: str) -> Fetched[tuple[CompanyFiling, ...]]:
        """One of the `older_pages` that a registrant's record names."""
        return self._one(self.data, f"/submissions/{name}", parse_older_submissions)

    def fetch_company_tickers(self) -> Fetched[tuple[CompanyTicker, ...]]:
        """Every listed symbol with its CIK."""
        return self._one(self.http, "/files/company_tickers.json", parse_company_tickers)

    def fetch_document(self, path: str, max_bytes: int = LARGEST_DOCUMENT) -> Fetched[bytes]:
        """A file of a filing, by its path or link under /Archives/; BadPayload when it is larger than `max_bytes`."""
        endpoint, _ = self.http.locate(path)
        if not endpoint.startswith("/Archives/"):
            raise BadRequest(self.http.config.name, "not a file of the archives", endpoint=endpoint)
        reply = self._get(self.http, endpoint, {}, max_bytes)
        return Fetched(reply.body, self.http.config.name, reply.simulated, reply.received_at)

    def fetch_submission_text(
        self, filing: FilingRecord, max_bytes: int = LARGEST_SUBMISSION
    ) -> Fetched[SubmissionText]:
        """A filing's documents and exhibits as plain text."""
        return self._parsed(self.fetch_document(filing.submission_path, max_bytes), parse_submission_text)

    def fetch_ownership(self, path: str) -> Fetched[OwnershipRecord]:
        """An insider's report (form 3, 4 or 5) from its XML file."""
        return self._parsed(self.fetch_document(path), parse_ownership)

    def _page(self, query: Query, at: int) -> Reply | None:
        """A page of the feed; None behind its end, which EDGAR tells with a 503 like any trouble.

        It is the end if the page before still answers; were trouble taken for it, filings would be lost.
        """
        try:
            return self._get(self.http, FEED, {**query, "count": PAGE, "start": at * PAGE})
        except Upstream as error:
            if at == 0 or error.status != UNAVAILABLE or error.retry_after is not None:
                raise
            try:
                self._get(self.http, FEED, {**query, "count": PAGE, "start": (at - 1) * PAGE})
            except ProviderError:
                raise error from None
            return None

    def _one(self, http: Http, path: str, parser: Any) -> Fetched[Any]:
        reply = self._get(http, path, {})
        page = http.parse(reply, parser)
        return Fetched(page.records, http.config.name, reply.simulated, reply.received_at, skipped=page.skipped)

    def _parsed(self, fetched: Fetched[bytes], parser: Any) -> Fetched[Any]:
        try:
            record = parser(fetched.records)
        except ProviderError as error:
            self.http.limits.note(error)
            raise
        return Fetched(record, fetched.vendor, fetched.simulated, fetched.received_at)

    def _get(self, http: Http, path: str, query: Query, max_bytes: int | None = None) -> Reply:
        if "@" not in http.config.user_agent:
            words = "EDGAR_USER_AGENT is not set: EDGAR asks for a name and an e-mail address"
            raise AuthError(http.config.name, words, endpoint=path)
        return http.get(path, query, max_bytes=max_bytes)
