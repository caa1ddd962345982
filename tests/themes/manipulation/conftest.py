"""A small market in which one stock is pumped: the worked example of docs/methods/manipulation.md, row by row."""

from __future__ import annotations

import datetime as dt
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, DAY_VOLUME, HALF_HOUR, HALF_HOUR_VOLUME, Market, make_market
from themes.manipulation.signs import forget_signs
from themes.models import CollectionState, Document, DocumentCluster, Influencer, Mention, Tweet
from universe import bars
from universe.models import FeedCursor, Instrument, Membership, Split

FRIDAY = calendar.shift(dt.date(2026, 8, 21), 0)
AT = FRIDAY.open + dt.timedelta(minutes=90)  # 11:00 in New York
LONG_AGO = AT - dt.timedelta(days=100)
PUMPED, QUIET = "TEC0", "HEA0"
BARS_SO_FAR = 14  # half-hours since 04:00
_NUMBERS = itertools.count()


@dataclass
class World:
    """The market and pens to write with."""

    market: Market

    def id_of(self, symbol: str) -> int:
        return self.market.ids[symbol]

    def write(self, symbol: str, kind: str, at: dt.datetime, **facts: Any) -> Document:
        """A document about a stock, known a second after it was public; cluster: of a text it repeats."""
        recorded = facts.pop("recorded_at", at + dt.timedelta(seconds=1))
        cluster = facts.pop("cluster", None) or DocumentCluster.objects.create(first_at=at)
        number = next(_NUMBERS)
        told = {"title": f"text {number}", "text": "some words", "author": "Market Courier", "url": "", "form": ""}
        document = Document.objects.create(
            kind=kind, external_id=f"d{number}", source=self.market.source, event_at=at, recorded_at=recorded,
            cluster=cluster, is_simulated=True, **(told | facts),
        )  # fmt: skip
        Mention.objects.create(
            document=document, instrument_id=self.id_of(symbol), rule="cik", sureness=0.99, event_at=at
        )
        if kind == "x":
            Tweet.objects.create(document=document)
        return document

    def read_feeds(self, *feeds: str) -> None:
        """The feeds have been read up to now, and for a hundred days."""
        for feed in feeds:
            CollectionState.objects.update_or_create(feed=feed, defaults={"read_until": AT})

    def campaign(self, posts: int = 200, *, symbol: str = PUMPED) -> None:
        """Posts of the last hours: 60 % by ten accounts, half copies, 70 % by young accounts, 60 % promotional."""
        fresh, old = AT.date() - dt.timedelta(days=5), dt.date(2020, 1, 1)
        names = [f"new{n % 10}" if n % 10 < 6 else f"own{n}" for n in range(posts)]
        known = {
            name: Influencer(platform="x", account_id=name, username=name, created_on=fresh if n % 10 < 7 else old)
            for n, name in enumerate(names)
        }
        Influencer.objects.bulk_create(known.values())
        first = next(_NUMBERS)
        copied, *own = DocumentCluster.objects.bulk_create(DocumentCluster(first_at=AT) for _ in range(posts + 1))
        documents = Document.objects.bulk_create(
            Document(
                kind="x", external_id=f"p{first}-{n}", source=self.market.source, author=name,
                text="ready to explode, load the boat" if n % 10 < 6 else "quarterly figures of the company",
                event_at=AT - dt.timedelta(minutes=5 + n), recorded_at=AT - dt.timedelta(minutes=4 + n),
                cluster=copied if n % 2 else own[n], is_simulated=True,
            )
            for n, name in enumerate(names)
        )  # fmt: skip
        Mention.objects.bulk_create(
            Mention(
                document=one, instrument_id=self.id_of(symbol), rule="cashtag", sureness=0.99, event_at=one.event_at
            )
            for one in documents
        )
        Tweet.objects.bulk_create(
            Tweet(document=one, influencer=known[name]) for one, name in zip(documents, names, strict=True)
        )

    def revise(self, symbol: str, **facts: Any) -> None:
        """What the universe says of a stock."""
        Membership.objects.filter(instrument_id=self.id_of(symbol)).update(**facts)


def store(
    market: Market, kind: str, symbols: list[str], moments: list[dt.datetime], close: list[float], volume: list[float],
    known: dt.datetime,
) -> None:  # fmt: skip
    """Bars in one go."""
    ids = np.array([market.ids[symbol] for symbol in symbols], dtype=np.int32)
    times = np.array([round(moment.timestamp() * 1000) for moment in moments], dtype=np.int64)
    columns = {"close": np.array(close), "volume": np.array(volume)}
    bars.store_bars(kind, ids, times, columns, market.source, known)  # type: ignore[arg-type]


@pytest.fixture(autouse=True)
def unread() -> Iterator[None]:
    """No text is remembered from another test's database."""
    forget_signs()
    yield
    forget_signs()


@pytest.fixture
def world(db: None) -> World:
    """Forty quiet stocks. TEC0: 8 % a day, five days of 2.5 times the volume, +110 % this morning on fifty times."""
    thursday = calendar.shift(FRIDAY.date, -1)
    market = make_market(thursday.date, sessions=30, simulated=True)
    # 100, 108, 100, ...: the newest close is the higher one, and five sessions before it was the lower
    places = range(len(market.sessions))
    level = [108.0 if (len(market.sessions) - place) % 2 else 100.0 for place in places]
    volume = [2.5 * DAY_VOLUME if place >= len(market.sessions) - 5 else DAY_VOLUME for place in places]
    days = [dt.datetime.combine(session.date, dt.time(), dt.UTC) for session in market.sessions]
    with clock.frozen(thursday.close + dt.timedelta(minutes=1)):
        store(market, "1d", [PUMPED] * len(days), days, level, volume, clock.now())
    others = [symbol for symbol in ALL_SYMBOLS if symbol != PUMPED]
    sessions = [calendar.shift(FRIDAY.date, -back) for back in (3, 2, 1)]
    starts = [start for session in sessions for start in calendar.bar_starts(session)]
    pairs = [(symbol, start) for start in starts + list(calendar.bar_starts(FRIDAY)[:BARS_SO_FAR]) for symbol in others]
    store(market, "30m", [symbol for symbol, _ in pairs], [start for _, start in pairs], [100.0] * len(pairs),
          [HALF_HOUR_VOLUME] * len(pairs), AT)  # fmt: skip
    so_far = 50.0 * DAY_VOLUME * BARS_SO_FAR / 32
    market.store_half_hours(AT - HALF_HOUR, {PUMPED: (level[-1] * 2.1, so_far)})
    world = World(market)
    world.revise(PUMPED, market_cap=40e6 / 2.1, free_float=4e6, price=level[-1])
    Instrument.objects.filter(role="stock").update(listed_on=dt.date(2015, 1, 2))
    return world


@pytest.fixture
def seen(world: World) -> World:
    """The same, and everybody looks: all feeds have been read for a hundred days, and nobody wrote about the pump."""
    for kind in ("filing", "news", "rss", "x"):
        world.write("ENE0", kind, LONG_AGO)
    world.read_feeds("filings", "news", "press", "x")
    FeedCursor.objects.create(feed="halts", began_at=LONG_AGO, read_until=AT)
    Split.objects.create(
        instrument_id=world.id_of("ENE1"), execution_date=dt.date(2026, 3, 2), split_from=1, split_to=2,
        source=world.market.source, recorded_at=LONG_AGO,
    )  # fmt: skip
    return world


@pytest.fixture
def now() -> Iterator[clock.Frozen]:
    """11:00:04 in New York."""
    with clock.frozen(AT + dt.timedelta(seconds=4)) as frozen:
        yield frozen
