"""A written thing about the market, before any vendor has put it into its own form."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Protocol


class Channel(StrEnum):
    """Where it is published."""

    NEWS = "news"  # articles, as a news vendor carries them
    RELEASE = "release"  # press releases, as RSS feeds carry them
    FILING = "filing"  # EDGAR
    REDDIT = "reddit"
    X = "x"


@dataclass(frozen=True, slots=True)
class Author:
    """Who wrote it. `bot` is truth and appears on no wire; the rest is what an account shows of itself."""

    id: str
    name: str
    created: datetime
    followers: int
    following: int
    posts: int
    bot: bool


@dataclass(frozen=True, slots=True)
class Filing:
    """What EDGAR knows about a filing. `parties`: (role, cik, name), e.g. ("Filer", "0001234567", "ACME CORP").

    form: as EDGAR writes it ("8-K", "424B5", "SCHEDULE 13D", "NT 10-Q", ...); items: of an 8-K, e.g. ("2.02", "9.01").
    """

    form: str
    accession: str
    items: tuple[str, ...]
    parties: tuple[tuple[str, str, str], ...]
    primary_document: str
    description: str
    report_date: str


@dataclass(frozen=True, slots=True)
class Document:
    """One article, release, filing or post.

    at: when it became public (aware, UTC); symbols: tickers it is tagged with or names, in Massive's form, not always
    the right ones; body: plain text (filings: the HTML body is rendered from it); source: publisher, subreddit or "";
    attention: what it gathers within days (likes, score, comments), before the share that has come by a given moment;
    tone: -1..+1 for each symbol, as the writer meant it; story, copy_of, wrong: truth, on no wire: the story it belongs
    to, the document it repeats (syndicated or copied by bots), and that its ticker is not what it is about.
    """

    id: str
    channel: Channel
    at: datetime
    title: str
    body: str
    symbols: tuple[str, ...]
    source: str = ""
    author: Author | None = None
    filing: Filing | None = None
    attention: Mapping[str, int] = field(default_factory=dict)
    tone: Mapping[str, float] = field(default_factory=dict)
    story: str = ""
    copy_of: str = ""
    wrong: bool = False


class Archive(Protocol):
    """Documents by channel and time."""

    def published(self, channel: Channel, after: datetime, until: datetime) -> Sequence[Document]:
        """Documents with after < at <= until, oldest first. A vendor passes its `now` as the latest `until`."""

    def find(self, channel: Channel, id: str, until: datetime) -> Document | None:
        """The document with this id if it is public by `until`."""


class Shelf:
    """Documents held in memory. The simplest archive: a day's documents, or those a test wrote."""

    def __init__(self, documents: Sequence[Document]) -> None:
        self._documents = sorted(documents, key=lambda document: (document.at, document.id))
        self._by_id = {(document.channel, document.id): document for document in self._documents}

    def published(self, channel: Channel, after: datetime, until: datetime) -> Sequence[Document]:
        """See Archive."""
        return [one for one in self._documents if one.channel is channel and after < one.at <= until]

    def find(self, channel: Channel, id: str, until: datetime) -> Document | None:
        """See Archive."""
        document = self._by_id.get((channel, id))
        return document if document is not None and document.at <= until else None
