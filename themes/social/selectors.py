"""Sentiment as it was known at a moment: pass, stocks, past, texts, accounts, copies, and which source was right.

`as_of` None is live. A row counts once its market time and the moment it was recorded are both past.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

from django.db.models import F, QuerySet

from sentiment_site.market import clock
from themes.models import AggregatedSentiment, ConfluenceScore, SentimentPass, SymbolSentiment
from universe.models import Instrument

from .accounts import AccountQuery, AccountRow, get_account, influencers, load_accounts
from .board import BoardQuery, BoardRow, board
from .copies import CopyCluster, CopyQuery, list_copies, load_clusters, rank_clusters
from .evidence import TextQuery, TextRow, texts_of
from .passes import pass_at
from .who_was_right import DivergenceRecord, PairRecord, divergence_record

__all__ = [
    "AccountQuery",
    "AccountRow",
    "BoardQuery",
    "BoardRow",
    "CopyCluster",
    "CopyQuery",
    "DivergenceRecord",
    "HistoryPoint",
    "PairRecord",
    "SymbolReading",
    "TextQuery",
    "TextRow",
    "board",
    "confluence_at",
    "coordination",
    "divergence_record",
    "find_stock",
    "get_account",
    "history",
    "influencers",
    "list_copies",
    "load_accounts",
    "load_clusters",
    "pass_at",
    "rank_clusters",
    "reading_of",
    "sentiment_at",
    "texts_of",
]


@dataclass(frozen=True, slots=True)
class SymbolReading:
    """What the newest pass says of one stock. row: None where nobody says anything; sources: by name, as far as known.

    The options entry is the newest look at the chain up to the pass, whose own time may be earlier.
    """

    reading: SentimentPass | None
    row: AggregatedSentiment | None
    sources: dict[str, SymbolSentiment]


@dataclass(frozen=True, slots=True)
class HistoryPoint:
    """One pass of a stock's past. row None: nobody said anything then. mentions, expected: of the hours and written
    sources that can be compared, None without any."""

    at: dt.datetime
    row: AggregatedSentiment | None
    mentions: float | None
    expected: float | None


def sentiment_at(instrument_ids: Collection[int], as_of: dt.datetime | None = None) -> dict[int, AggregatedSentiment]:
    """What the newest pass known at a moment says of stocks, by instrument id; who is missing is silent."""
    reading = pass_at(as_of)
    if reading is None:
        return {}
    rows = _rows_at(reading, as_of).filter(instrument_id__in=instrument_ids, unified_sentiment__isnull=False)
    return {row.instrument_id: row for row in rows}


def reading_of(instrument_id: int, as_of: dt.datetime | None = None) -> SymbolReading:
    """One stock in full. Three statements."""
    at = as_of or clock.now()
    reading = pass_at(as_of)
    if reading is None:
        return SymbolReading(None, None, {})
    row = _rows_at(reading, as_of).filter(instrument_id=instrument_id).first()
    known = SymbolSentiment.objects.filter(instrument_id=instrument_id, recorded_at__lte=at)
    texts = known.filter(timestamp=reading.as_of).exclude(source="options")
    chain = known.filter(
        source="options", timestamp__lte=reading.as_of, timestamp__gt=reading.as_of - dt.timedelta(days=7)
    ).order_by("-timestamp")[:1]
    found = {one.source: one for one in texts.union(chain, all=True)}
    return SymbolReading(reading, row, found)


def confluence_at(instrument_ids: Collection[int], as_of: dt.datetime | None = None) -> dict[int, ConfluenceScore]:
    """The newest confluence of each stock known at a moment, at most four days old. One statement."""
    at = as_of or clock.now()
    rows = ConfluenceScore.objects.filter(
        instrument_id__in=instrument_ids, timestamp__lte=at, timestamp__gt=at - dt.timedelta(days=4),
        calculated_at__lte=at,
    )  # fmt: skip
    return {row.instrument_id: row for row in rows.order_by("instrument_id", "-timestamp").distinct("instrument_id")}


def history(
    instrument_id: int, since: dt.datetime, until: dt.datetime, known_at: dt.datetime | None = None
) -> list[HistoryPoint]:
    """Every pass in (since, until] that was known at `known_at` (default: until), oldest first. Three statements."""
    known = known_at or until
    passes = SentimentPass.objects.filter(as_of__gt=since, as_of__lte=until, recorded_at__lte=known)
    rows = AggregatedSentiment.objects.filter(
        instrument_id=instrument_id, timestamp__gt=since, timestamp__lte=until, aggregated_at__lte=known
    )
    by_time = {row.timestamp: row for row in rows}
    compared: dict[dt.datetime, tuple[float, float]] = {}
    sources = SymbolSentiment.objects.filter(
        instrument_id=instrument_id, timestamp__gt=since, timestamp__lte=until, recorded_at__lte=known,
        expected_mentions__isnull=False,
    ).exclude(source="options")  # fmt: skip
    for at, count, expected in sources.values_list("timestamp", "facts__mentions_compared", "expected_mentions"):
        had, hoped = compared.get(at, (0.0, 0.0))
        compared[at] = (had + (count or 0.0), hoped + expected)
    return [
        HistoryPoint(at, by_time.get(at), *compared.get(at, (None, None)))
        for at in passes.order_by("as_of").values_list("as_of", flat=True)
    ]


def coordination(as_of: dt.datetime | None = None, query: CopyQuery | None = None, most: int = 25) -> list[CopyCluster]:
    """Texts that were repeated, in the order asked for. Five statements."""
    asked = query or CopyQuery()
    return load_clusters(rank_clusters(asked, as_of)[:most], asked, as_of)


def find_stock(symbol: str, as_of: dt.datetime | None = None) -> Instrument | None:
    """The bearer of a symbol at a moment (case matters), the listed one before delisted ones. One statement."""
    rows = Instrument.objects.filter(symbol=symbol, role=Instrument.Role.STOCK)
    if as_of is not None:
        rows = rows.filter(recorded_at__lte=as_of)
    return rows.order_by(F("delisted_on").desc(nulls_first=True), "-pk").first()


def _rows_at(reading: SentimentPass, as_of: dt.datetime | None) -> QuerySet[AggregatedSentiment]:
    return AggregatedSentiment.objects.filter(timestamp=reading.as_of, aggregated_at__lte=as_of or clock.now())
