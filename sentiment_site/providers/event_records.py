"""What happened to companies, as vendors tell it: filings, articles, halts, feed items. Moments are aware UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime


@dataclass(frozen=True, slots=True)
class Party:
    """An entity of a filing. `role` in EDGAR's words: Filer, Issuer, Reporting, Subject, Filed by; `cik` ten digits."""

    role: str
    cik: str
    name: str


# Whose filing it is, best first; the others (Reporting, Filed by) file about somebody else.
MAIN_ROLES = ("Issuer", "Subject", "Filer")


@dataclass(frozen=True, slots=True)
class FilingRecord:
    """One filing, once, with all its parties.

    `form` as EDGAR writes it; `items` of an 8-K ("2.02"); `size_bytes` of the whole submission, rounded by EDGAR;
    `index_url` the page for people.
    """

    accession: str
    form: str
    parties: tuple[Party, ...]
    items: tuple[str, ...]
    accepted_at: datetime
    filed_on: date | None
    size_bytes: int | None
    index_url: str

    @property
    def about(self) -> Party | None:
        """The issuer, subject or filer; None when only those who file about it are known."""
        ranked = [party for role in MAIN_ROLES for party in self.parties if party.role == role]
        return ranked[0] if ranked else None

    @property
    def submission_path(self) -> str:
        """Where the whole submission lies as one text, exhibits included."""
        cik = int((self.about or self.parties[0]).cik)
        return f"/Archives/edgar/data/{cik}/{self.accession.replace('-', '')}/{self.accession}.txt"


@dataclass(frozen=True, slots=True)
class CompanyFiling:
    """A row of a company's own list of filings.

    `accepted_at` is the later of two readings of EDGAR's time, which ends in Z and is New York's for a fifth of the
    companies: nothing becomes known before it was public. `primary_document` is relative to the filing's folder.
    """

    accession: str
    form: str
    items: tuple[str, ...]
    accepted_at: datetime
    filed_on: date | None
    report_on: date | None
    primary_document: str
    size_bytes: int | None


@dataclass(frozen=True, slots=True)
class SubmissionsRecord:
    """A registrant and its filings, newest first; `older_pages` names the files that hold the rest."""

    cik: str
    name: str
    sic: str
    symbols: tuple[str, ...]
    filings: tuple[CompanyFiling, ...]
    older_pages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CompanyTicker:
    """Whose symbol it is: `cik` ten digits, `symbol` canonical."""

    cik: str
    symbol: str
    name: str


@dataclass(frozen=True, slots=True)
class SubmittedDocument:
    """One document of a submission, as plain text without markup; `kind` is its form or exhibit ("8-K", "EX-99.1")."""

    kind: str
    file_name: str
    description: str
    text: str


@dataclass(frozen=True, slots=True)
class SubmissionText:
    """A whole submission. `accepted_at` comes from its header, whose time is New York's."""

    accession: str
    form: str
    accepted_at: datetime | None
    documents: tuple[SubmittedDocument, ...]


@dataclass(frozen=True, slots=True)
class OwnershipTransaction:
    """A line of form 4 or 5. `code` is the SEC's (P bought, S sold, A award, M exercise, F tax, ...).

    `price` in dollars, None when none is given or 0; `acquired` says whether the shares came or went.
    """

    on: date | None
    code: str
    shares: float
    price: float | None
    acquired: bool
    owned_after: float | None
    is_derivative: bool


@dataclass(frozen=True, slots=True)
class OwnershipRecord:
    """Forms 3, 4 and 5: an insider's report. `is_planned`: under a trading plan (rule 10b5-1)."""

    form: str
    issuer_cik: str
    symbol: str
    owner_cik: str
    owner: str
    is_director: bool
    is_officer: bool
    is_ten_percent_owner: bool
    title: str
    is_planned: bool
    transactions: tuple[OwnershipTransaction, ...]


@dataclass(frozen=True, slots=True)
class Insight:
    """What the vendor's reader made of an article for one symbol: positive, neutral or negative, and why."""

    symbol: str
    sentiment: str
    reasoning: str


@dataclass(frozen=True, slots=True)
class NewsRecord:
    """An article. `symbols` as the vendor tags it, which may be wrong; insights are missing for many publishers."""

    id: str
    title: str
    publisher: str
    published_at: datetime
    url: str
    symbols: tuple[str, ...]
    description: str
    keywords: tuple[str, ...]
    insights: tuple[Insight, ...]


@dataclass(frozen=True, slots=True)
class HaltRecord:
    """A trading halt as its exchange lists it. `quotes_at` and `resumes_at` (trading) are None until announced;
    `pause_price` is the limit of a volatility pause, dollars."""

    symbol: str
    name: str
    market: str
    code: str
    begins_at: datetime
    quotes_at: datetime | None
    resumes_at: datetime | None
    pause_price: float | None


@dataclass(frozen=True, slots=True)
class FeedItem:
    """An item of an RSS or Atom feed. `summary` is plain text; `published_at` is None where the feed gives no date."""

    id: str
    title: str
    url: str
    published_at: datetime | None
    author: str
    summary: str
