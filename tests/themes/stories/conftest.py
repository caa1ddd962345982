"""A small market that people write about: ordinary news every hour for five days."""

from __future__ import annotations

import datetime as dt
import itertools
import random
from collections.abc import Callable, Sequence

import pytest

from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, Market, make_market
from themes.documents.records import Draft
from themes.documents.store import load_ticker_book, store_documents
from themes.models.documents import DocumentKind

FRIDAY = calendar.shift(dt.date(2026, 8, 21), 0)
NOON = FRIDAY.open + dt.timedelta(hours=2, minutes=30)
HOUR = dt.timedelta(hours=1)
TOPICS = ("dividend growth", "store opening", "software contract", "pipeline repair", "loan portfolio", "mine output")
_NUMBERS = itertools.count()

Write = Callable[..., None]


@pytest.fixture
def market(db: None) -> Market:
    """Days of 2 % noise around 100, simulated, and half-hours of Thursday and of Friday morning."""
    market = make_market(calendar.shift(FRIDAY.date, -1).date, sessions=40, simulated=True)
    rng = random.Random(5)
    closes = {
        session.date: {symbol: 100 * (1 + rng.gauss(0, 0.02)) for symbol in ALL_SYMBOLS}
        for session in market.sessions[:-1]
    }
    market.store_days(closes, after=dt.timedelta(minutes=1))
    thursday = calendar.shift(FRIDAY.date, -1)
    for start in (*calendar.bar_starts(thursday), *calendar.bar_starts(FRIDAY)[:5]):
        market.store_half_hours(start, {symbol: 100 * (1 + rng.gauss(0, 0.002)) for symbol in ALL_SYMBOLS})
    return market


@pytest.fixture
def write(market: Market) -> Write:
    """write(symbols, words, hours before noon, kind=..., author=...): a document about each symbol."""
    book = load_ticker_book()

    def add(
        symbols: Sequence[str], words: str, hours: float, kind: DocumentKind = DocumentKind.NEWS, author: str = "wire"
    ) -> None:
        at = NOON - hours * HOUR
        drafts = [
            Draft(kind, f"d{next(_NUMBERS)}", at, f"{symbol} {words} {next(_NUMBERS)}", author=author, tags=(symbol,))
            for symbol in symbols
        ]
        with clock.frozen(at + dt.timedelta(minutes=1)):
            store_documents(drafts, market.source, book)

    return add


@pytest.fixture
def background(write: Write, market: Market) -> None:
    """Two ordinary texts an hour for five days."""
    rng = random.Random(7)
    book = load_ticker_book()
    for day in range(5):
        drafts = []
        for hour in range(24):
            at = NOON - (24 * day + hour) * HOUR - dt.timedelta(minutes=20)
            drafts += [
                Draft(DocumentKind.NEWS, f"b{next(_NUMBERS)}", at, f"{symbol} tells of {rng.choice(TOPICS)} in town",
                      author=f"author{rng.randrange(9)}", tags=(symbol,))
                for symbol in rng.sample(ALL_SYMBOLS, 2)
            ]  # fmt: skip
        with clock.frozen(NOON - 24 * day * HOUR):
            store_documents(drafts, market.source, book)
