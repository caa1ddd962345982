"""A small market with many stories and everything that is written about it, in both families of texts."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from sentiment_site.simulator.documents.archive import DayArchive
from sentiment_site.simulator.documents.document import Channel, Document
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.market.process import Market
from sentiment_site.simulator.tape.cut import Tape

# the end of daylight saving time (2 November) and Thanksgiving with a half day after it lie in between
PARAMETERS = Parameters(dt.date(2025, 12, 1), seed=11, names=400, sessions=30, stories=4.0)
BEGIN = dt.datetime(2025, 10, 20, tzinfo=dt.UTC)
NOON = dt.datetime(2025, 12, 2, 17, 7, 30, tzinfo=dt.UTC)


def build(parameters: Parameters = PARAMETERS) -> DayArchive:
    return DayArchive(Tape(Market(parameters)))


def everything(archive: DayArchive, until: dt.datetime = NOON, after: dt.datetime = BEGIN) -> list[Document]:
    return [document for channel in Channel for document in archive.published(channel, after, until)]


@pytest.fixture(scope="session")
def market() -> Market:
    return Market(PARAMETERS)


@pytest.fixture(scope="session")
def archive(market: Market) -> DayArchive:
    return DayArchive(Tape(market))


@pytest.fixture(scope="session")
def documents(archive: DayArchive) -> list[Document]:
    """All documents of six weeks."""
    return everything(archive)


@pytest.fixture(scope="session")
def scored() -> list[Document]:
    """The same weeks in the other family."""
    return everything(build(replace(PARAMETERS, texts="score")))


def shingles(text: str, size: int = 5) -> set[tuple[str, ...]]:
    """Runs of `size` words, symbols and signs left out, as a detector of duplicates forms them."""
    words = [word for word in text.lower().split() if any(letter.isalpha() for letter in word) and word[0] != "$"]
    return {tuple(words[start : start + size]) for start in range(max(1, len(words) - size + 1))}


def jaccard(one: str, other: str) -> float:
    first, second = shingles(one), shingles(other)
    return len(first & second) / len(first | second)
