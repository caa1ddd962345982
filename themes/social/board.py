"""The board of stocks with sentiment: read once, then filtered and sorted, for page, CSV and API alike."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from sentiment_site.live.sorting import Sorted
from sentiment_site.market import clock
from sentiment_site.market.sectors import SECTOR_BY_KEY
from themes.kernels.mention_trend import MentionTrend, Trend, join_mentions
from themes.models import AggregatedSentiment, SentimentPass, SymbolSentiment
from universe.models import Membership
from universe.selectors import current_run

from .asked import read_choice, read_sort, read_whole, read_words, refuse_unknown, write_query
from .excerpts import clean_words
from .passes import pass_at
from .wording import LEVELS, SOURCE_COLUMNS, SOURCE_TITLES, TRENDS

PAGE_SIZES: Final = (50, 100, 250)
FURTHEST: Final = 10_000
MOST_MENTIONS: Final = 10**7
DEFAULT_SORT: Final = "-mentions"
PARAMETERS: Final = ("q", "level", "divergence", "trend", "least", "sector", "silent", "sort", "page", "size")
YES: Final = ("", "yes")


@dataclass(frozen=True, slots=True)
class BoardRow:
    """One stock of a pass. unified: None where nobody said anything (then level is ""); sources: by name, None silent.

    mentions: of the last 24 hours; expected, z: of the hours and sources that can be compared, None without any.
    """

    instrument_id: int
    symbol: str
    name: str
    sector: str
    unified: float | None
    level: str
    confidence: float
    sources: Mapping[str, float | None]
    shares: Mapping[str, float]
    mentions: int
    expected: float | None
    z: float | None
    trend: str
    divergence: float
    contradicts: bool
    as_of: dt.datetime
    is_simulated: bool

    @property
    def sector_title(self) -> str:
        """The sector's name, "" where the stock was not a member of the universe."""
        return SECTOR_BY_KEY[self.sector].title if self.sector in SECTOR_BY_KEY else ""


Figure = Callable[[BoardRow], float | str | None]
# key -> (heading, what it means, numeric, the figure); the order is that of the table
COLUMNS: Final[Mapping[str, tuple[str, str, bool, Figure]]] = {
    "symbol": ("Symbol", "", False, lambda row: row.symbol),
    "unified": ("Sentiment", "All sources together, -1 to +1", True, lambda row: row.unified),
    "confidence": ("Sure", "How many texts, how fresh, how much they agree", True, lambda row: row.confidence),
    "twitter": ("X", "What posts on X say, -1 to +1", True, lambda row: row.sources["twitter"]),
    "reddit": ("Reddit", "What Reddit says, -1 to +1", True, lambda row: row.sources["reddit"]),
    "news": ("News", "What articles and filings say, -1 to +1", True, lambda row: row.sources["news"]),
    "options": ("Options", "Options flow, -1 to +1", True, lambda row: row.sources["options"]),
    "mentions": ("Mentions", "Texts of the last 24 hours", True, lambda row: row.mentions),
    "expected": ("Expected", "The same hours of the two weeks before", True, lambda row: row.expected),
    "z": ("z", "Mentions against the expectation, in standard deviations", True, lambda row: row.z),
    "trend": ("Volume", "Up: 1.5 times and z 1.5; down: .67 times and z -1", False, lambda row: row.trend),
    "divergence": ("Divergence", "How far the sources are apart, 0 to 1", True, lambda row: row.divergence),
    "sector": ("Sector", "", False, lambda row: row.sector_title),
}


@dataclass(frozen=True, slots=True)
class BoardQuery(Sorted):
    """What is asked for. silent: also stocks that were only counted; divergence "yes": sources that contradict."""

    q: str = ""
    level: str = ""
    divergence: str = ""
    trend: str = ""
    least: int = 0
    sector: str = ""
    silent: str = ""
    sort: str = DEFAULT_SORT
    page: int = 1
    size: int = PAGE_SIZES[0]
    given: Mapping[str, str] = field(default_factory=dict)

    def query(self, **changes: str | int) -> str:
        """The address's query with some parts changed; the page is left out unless it is given."""
        return write_query(self.given, PARAMETERS, **changes)


@dataclass(frozen=True, slots=True)
class Board:
    """A pass with the rows that were asked for, in order. reading: None before the first pass; whole: rows before
    filtering."""

    reading: SentimentPass | None
    rows: tuple[BoardRow, ...]
    whole: int


def parse_board(given: Mapping[str, str]) -> BoardQuery:
    """The query of an address. BadParameter."""
    refuse_unknown(given, PARAMETERS)
    return BoardQuery(
        q=read_words(given),
        level=read_choice(given, "level", ("", *LEVELS)),
        divergence=read_choice(given, "divergence", YES),
        trend=read_choice(given, "trend", ("", *TRENDS)),
        least=read_whole(given, "least", 0, 0, MOST_MENTIONS),
        sector=read_choice(given, "sector", ("", *SECTOR_BY_KEY)),
        silent=read_choice(given, "silent", YES),
        sort=read_sort(given, COLUMNS, DEFAULT_SORT),
        page=read_whole(given, "page", 1, 1, FURTHEST),
        size=int(read_choice(given, "size", tuple(map(str, PAGE_SIZES)), str(PAGE_SIZES[0]))),
        given=dict(given),
    )


def board(as_of: dt.datetime | None = None, query: BoardQuery | None = None) -> Board:
    """The stocks of the newest pass known at a moment. Five statements, whatever their number."""
    reading = pass_at(as_of)
    if reading is None:
        return Board(None, (), 0)
    rows = load_rows(reading, as_of)
    return Board(reading, tuple(select_rows(rows, query or BoardQuery())), len(rows))


def load_rows(reading: SentimentPass, as_of: dt.datetime | None = None) -> list[BoardRow]:
    """Every stock of a pass, by symbol. Four statements."""
    known = as_of or clock.now()
    sectors, compared = _load_sectors(as_of), _load_compared(reading, known)
    fields = (
        "instrument_id", "symbol", "instrument__name", "unified_sentiment", "sentiment_level", "confidence",
        "source_breakdown", "total_mention_count", "volume_trend", "divergence_score", "divergence_detected",
        "is_simulated", *SOURCE_COLUMNS.values(),
    )  # fmt: skip
    rows = AggregatedSentiment.objects.filter(timestamp=reading.as_of, aggregated_at__lte=known).order_by("symbol")
    found = []
    for pk, symbol, name, unified, level, sure, shares, mentions, trend, apart, contradicts, simulated, *says in (
        rows.values_list(*fields)
    ):  # fmt: skip
        expected, z = compared.get(pk, (None, None))
        found.append(
            BoardRow(
                pk, symbol, clean_words(name), sectors.get(pk, ""), unified, level, sure,
                dict(zip(SOURCE_COLUMNS, says, strict=True)), shares, mentions, expected, z, trend, apart, contradicts,
                reading.as_of, simulated,
            )
        )  # fmt: skip
    return found


def load_reasons(
    reading: SentimentPass | None, instrument_ids: Sequence[int], as_of: dt.datetime | None = None
) -> dict[tuple[int, str], str]:
    """Why a source says nothing, by stock and source, as the pass wrote it down. One statement."""
    if reading is None or not instrument_ids:
        return {}
    rows = SymbolSentiment.objects.filter(
        instrument_id__in=instrument_ids, timestamp=reading.as_of, score__isnull=True,
        recorded_at__lte=as_of or clock.now(),
    )  # fmt: skip
    said = rows.values_list("instrument_id", "source", "facts__why")
    return {(pk, source): f"{SOURCE_TITLES[source]}: {why}" for pk, source, why in said if why}


def _load_compared(reading: SentimentPass, known: dt.datetime) -> dict[int, tuple[float | None, float | None]]:
    """(expected, z) of the written sources together, by stock, as the pass joined them for its volume trend."""
    sources = SymbolSentiment.objects.filter(
        timestamp=reading.as_of, recorded_at__lte=known, expected_mentions__isnull=False
    ).exclude(source="options")
    told = list(sources.values_list("instrument_id", "source", "facts__mentions_compared", "expected_mentions"))
    place = {pk: row for row, pk in enumerate(sorted({pk for pk, *_ in told}))}
    if not place:
        return {}
    joined = join_mentions([_one_source(told, place, name) for name in SOURCE_COLUMNS if name != "options"])
    return {pk: (_known(joined.expected[row]), _known(joined.z[row])) for pk, row in place.items()}


def _one_source(told: Sequence[tuple[int, str, Any, float]], place: Mapping[int, int], name: str) -> MentionTrend:
    mentions, expected = np.full(len(place), np.nan), np.full(len(place), np.nan)
    for pk, source, compared, usual in told:
        if source == name and compared is not None:
            mentions[place[pk]], expected[place[pk]] = compared, usual
    none, unknown = np.full(len(place), np.nan), np.full(len(place), Trend.UNKNOWN, dtype=np.int8)
    return MentionTrend(mentions, expected, none, none, np.isfinite(mentions).astype(np.int64), unknown)


def _known(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def select_rows(rows: Sequence[BoardRow], query: BoardQuery) -> list[BoardRow]:
    """The rows asked for, in order; missing figures last, ties by symbol."""
    text = query.q.casefold()
    found = [
        row
        for row in rows
        if (query.silent or row.unified is not None)
        and (not text or row.symbol.casefold().startswith(text) or text in row.name.casefold())
        and (not query.level or row.level == query.level)
        and (not query.divergence or row.contradicts)
        and (not query.trend or row.trend == query.trend)
        and row.mentions >= query.least
        and (not query.sector or row.sector == query.sector)
    ]
    figure = COLUMNS[query.key][3]
    found.sort(key=lambda row: row.symbol)
    known = [row for row in found if figure(row) not in (None, "")]
    missing = [row for row in found if figure(row) in (None, "")]
    known.sort(key=figure, reverse=query.descending)  # type: ignore[arg-type]  # only known figures are left
    return known + missing


def _load_sectors(as_of: dt.datetime | None) -> dict[int, str]:
    run = current_run(as_of)
    if run is None:
        return {}
    members = Membership.objects.filter(run=run, eligible=True)
    return dict(members.values_list("instrument_id", "sector"))
