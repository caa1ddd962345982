"""The register of filings: what EDGAR has accepted, by time, accession number and CIK.

EDGAR accepts from 06:00 to 22:00 New York time on business days; what is written outside of that waits for the next
opening. It reads the archive as far as it is asked, forwards and backwards, and keeps no bodies.
"""

from __future__ import annotations

import datetime as dt
import threading
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass

from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.documents.document import Archive, Channel, Document, Filing
from sentiment_site.simulator.vendors.edgar import forms
from sentiment_site.simulator.wire import number_of

_OPENS, _CLOSES, _NEXT_DATE_FROM = dt.time(6, 0), dt.time(22, 0), dt.time(17, 30)
_DAY = dt.timedelta(days=1)
LONGEST_WAIT = dt.timedelta(days=5)  # from the last evening before a long weekend to the morning after it


@dataclass(frozen=True, slots=True)
class Entry:
    """One accepted filing. at: acceptance (UTC); filed: the date it counts as filed; size: bytes of the submission."""

    id: str
    at: dt.datetime
    filed: dt.date
    filing: Filing
    size: int

    @property
    def accession(self) -> str:
        """With dashes, as 0001234567-26-000012."""
        return self.filing.accession

    @property
    def folder(self) -> str:
        """The accession number without dashes, as paths have it."""
        return self.filing.accession.replace("-", "")

    @property
    def file_number(self) -> str:
        """Of the registration it belongs to: the same for all filings of one registrant under one form family."""
        prefix = forms.family(self.filing.form).file_number
        subject = self.filing.parties[0][1] if self.filing.parties else ""
        return f"{prefix}-{10_000 + number_of(f'file {prefix} {subject}') % 90_000:05d}"

    @property
    def film_number(self) -> str:
        """Eight or nine digits, the year first."""
        return f"{self.at:%y}{number_of(f'film {self.accession}') % 10_000_000:07d}"


class Register:
    """Filings of an archive from `begins` on. Thread safe."""

    def __init__(self, archive: Archive, begins: dt.datetime) -> None:
        self._archive = archive
        self._begins = begins
        self._lock = threading.Lock()
        self._low: dt.datetime | None = None
        self._high = begins
        self._entries: list[Entry] = []
        self._by_folder: dict[str, Entry] = {}
        self._by_cik: dict[str, list[Entry]] = {}

    def accepted_since(self, after: dt.datetime, now: dt.datetime) -> list[Entry]:
        """Accepted in (after, now], oldest first."""
        with self._lock:
            self._reach(max(self._begins, after - LONGEST_WAIT), now)
            return self._between(after, now)

    def all(self, now: dt.datetime) -> list[Entry]:
        """Everything accepted by `now`, oldest first."""
        with self._lock:
            self._reach(self._begins, now)
            return self._between(self._begins, now)

    def of(self, cik: str, now: dt.datetime) -> list[Entry]:
        """What a CIK takes part in, in any role, newest first."""
        with self._lock:
            self._reach(self._begins, now)
            return [entry for entry in reversed(self._by_cik.get(cik, ())) if entry.at <= now]

    def find(self, folder: str, now: dt.datetime) -> Entry | None:
        """The filing with this accession number (without dashes). Looks among what has been read before reading all."""
        with self._lock:
            self._reach(max(self._begins, now - LONGEST_WAIT), now)
            if folder not in self._by_folder:
                self._reach(self._begins, now)
            entry = self._by_folder.get(folder)
        return entry if entry is not None and entry.at <= now else None

    def document(self, entry: Entry, now: dt.datetime) -> Document | None:
        """What a filing says."""
        return self._archive.find(Channel.FILING, entry.id, now)

    def documents(self, entries: Sequence[Entry], now: dt.datetime) -> dict[str, Document]:
        """What filings say, by id; `entries` oldest first."""
        if not entries:
            return {}
        begins, wanted = entries[0].at - LONGEST_WAIT, {entry.id for entry in entries}
        published = self._archive.published(Channel.FILING, begins, min(now, entries[-1].at))
        return {document.id: document for document in published if document.id in wanted}

    def _between(self, after: dt.datetime, now: dt.datetime) -> list[Entry]:
        first = bisect_right(self._entries, after, key=lambda entry: entry.at)
        return self._entries[first : bisect_right(self._entries, now, key=lambda entry: entry.at)]

    def _reach(self, since: dt.datetime, until: dt.datetime) -> None:
        """Read what is missing of (since, until]. Acceptance never runs backwards, so what is read stays in order."""
        if self._low is None:
            self._low = self._high = min(since, until)
        if since < self._low:
            self._entries = self._read(since, self._low) + self._entries
            self._low = since
            self._by_folder, self._by_cik = {}, {}
            self._index(self._entries)
        if until > self._high:
            new = self._read(self._high, until)
            self._high = until
            self._entries += new
            self._index(new)

    def _read(self, after: dt.datetime, until: dt.datetime) -> list[Entry]:
        return [
            _enter(document, document.filing)
            for document in self._archive.published(Channel.FILING, after, until)
            if document.filing is not None
        ]

    def _index(self, entries: Sequence[Entry]) -> None:
        for entry in entries:
            self._by_folder[entry.folder] = entry
            for cik in dict.fromkeys(cik for _, cik, _ in entry.filing.parties):
                self._by_cik.setdefault(cik, []).append(entry)


def accepted(at: dt.datetime) -> dt.datetime:
    """The moment EDGAR takes what is sent at `at`: at once, or when it opens again."""
    local = at.astimezone(NEW_YORK)
    if is_business_day(local.date()) and _OPENS <= local.time() < _CLOSES:
        return at.replace(microsecond=0)
    date = local.date() if local.time() < _OPENS else local.date() + _DAY
    while not is_business_day(date):
        date += _DAY
    return dt.datetime.combine(date, _OPENS, NEW_YORK).astimezone(dt.UTC)


def is_business_day(date: dt.date) -> bool:
    """Whether EDGAR works on this date. The federal holidays are taken to be the exchange's."""
    return calendar.session_on(date) is not None


def filing_date(form: str, at: dt.datetime) -> dt.date:
    """The date a filing counts as filed: most forms accepted after 17:30 New York time get the next business date."""
    local = at.astimezone(NEW_YORK)
    date = local.date()
    if local.time() < _NEXT_DATE_FROM or forms.is_dated_until_ten(form):
        return date
    date += _DAY
    while not is_business_day(date):
        date += _DAY
    return date


def _enter(document: Document, filing: Filing) -> Entry:
    at = accepted(document.at)
    typical = forms.family(filing.form).kilobytes
    spread = 0.4 + 1.6 * (number_of(f"size {filing.accession}") % 1000) / 1000
    return Entry(document.id, at, filing_date(filing.form, at), filing, int(1024 * typical * spread))
