"""Reads of one stock: what is known of it at a moment, and finding it by symbol or name."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from typing import Any

from django.contrib.postgres.search import SearchQuery, SearchVector
from django.db.models import Case, F, FilteredRelation, IntegerField, Q, QuerySet, Subquery, Value, When

from sentiment_site.market import clock
from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.market.sectors import SECTOR_BY_KEY

from .listing import reason_title
from .models import Classification, Instrument, Membership, Quarantine, Split, UniverseRun

ROWS_SHOWN = 6
MATCHES_SHOWN = 12
LONGEST_SEARCH = 60
# one or two letters begin a word of nearly every name
SHORTEST_NAME_WORD = 3
DOUBT_TITLES = {
    "discontinuity": "price jump without a split",
    "impossible_1d": "impossible daily bar",
    "impossible_30m": "impossible half-hour bar",
}


@dataclass(frozen=True, slots=True)
class Doubt:
    """A quarantine as it was seen at a moment. `released`: None while it stood then."""

    title: str
    detail: str
    session: dt.date
    recorded_at: dt.datetime
    released: dt.datetime | None
    note: str


@dataclass(frozen=True, slots=True)
class StockFacts:
    """What the universe knows of a stock. run, row: the screening in force and what it decided, None without one.

    why_out: why it is not a member, "" if it is. splits, doubts: newest first, at most six each.
    """

    instrument: Instrument
    run: UniverseRun | None
    row: Membership | None
    why_out: str
    evidence: tuple[dict[str, Any], ...]
    splits: tuple[Split, ...]
    doubts: tuple[Doubt, ...]

    @property
    def is_member(self) -> bool:
        """Whether it is in the universe."""
        return self.row is not None and self.row.eligible


@dataclass(frozen=True, slots=True)
class Match:
    """One find of the search. state: "" for a member, else "out" or "delisted"."""

    symbol: str
    name: str
    sector: str
    state: str


def get_stock_facts(symbol: str, run: UniverseRun | None, as_of: dt.datetime | None = None) -> StockFacts | None:
    """What was known of the bearer of a symbol at a moment (None: now); None if there was none.

    symbol: case matters (KIMpL). run: the screening in force then. Five statements, three without a run.
    """
    known = as_of or clock.now()
    bearers = Instrument.objects.filter(symbol=symbol)
    if as_of is not None:
        bearers = bearers.filter(recorded_at__lte=as_of)
    instrument = bearers.order_by(F("delisted_on").desc(nulls_first=True), "-pk").first()
    if instrument is None:
        return None
    row = None if run is None else run.memberships.filter(instrument=instrument).first()
    return StockFacts(
        instrument=instrument,
        run=run,
        row=row,
        why_out=_why_out(instrument, run, row, known),
        evidence=() if run is None or row is None else tuple(get_evidence(row, run)),
        splits=tuple(instrument.splits.filter(recorded_at__lte=known).order_by("-execution_date")[:ROWS_SHOWN]),
        doubts=tuple(_doubt(doubt, known) for doubt in _list_doubts(instrument, known)[:ROWS_SHOWN]),
    )


def get_evidence(row: Membership, run: UniverseRun) -> list[dict[str, Any]]:
    """What the sources said about a stock's sector when the run decided; empty when it was never classified."""
    known = Classification.objects.filter(
        instrument=row.instrument_id, effective_on__lte=run.session, recorded_at__lte=run.recorded_at
    )
    newest = known.order_by("-effective_on", "-recorded_at").first()
    return list(newest.evidence) if newest else []


def search_stocks(text: str, as_of: dt.datetime | None = None, limit: int = MATCHES_SHOWN) -> list[Match]:
    """Stocks whose symbol begins with the text, in any case, or whose name has words that begin with its words.

    The symbol itself first, then beginnings of symbols, members of the universe before others, listed before delisted.
    Empty for a text without letters or digits. One statement, over two indexes.
    """
    words = re.findall(r"\w+", text.replace("_", " "))
    cleaned = " ".join(text.split())
    if not words or len(cleaned) > LONGEST_SEARCH or "\x00" in text:
        return []
    wanted = Q(symbol__istartswith=cleaned)
    if max(map(len, words)) >= SHORTEST_NAME_WORD:
        query = SearchQuery(" & ".join(f"{word}:*" for word in words), config="simple", search_type="raw")
        wanted |= Q(name_words=query)
    found = Instrument.objects.annotate(name_words=SearchVector("name", config="simple")).filter(wanted)
    if as_of is not None:
        found = found.filter(recorded_at__lte=as_of)
    rows = _by_nearness(found, cleaned, as_of).values_list(  # type: ignore[misc]  # django-stubs knows no FilteredRelation
        "symbol", "name", "decision__sector", "decision__eligible", "delisted_on"
    )
    today = (as_of or clock.now()).astimezone(NEW_YORK).date()
    matches: dict[str, Match] = {}
    for symbol, name, sector, eligible, delisted_on in rows[: 2 * limit]:  # a reused symbol has several rows
        state = "" if eligible else "delisted" if delisted_on is not None and delisted_on <= today else "out"
        title = SECTOR_BY_KEY[sector].title if sector in SECTOR_BY_KEY else ""
        matches.setdefault(symbol, Match(symbol, name, title, state))
    return list(matches.values())[:limit]


def _by_nearness(found: QuerySet[Instrument], text: str, as_of: dt.datetime | None) -> QuerySet[Instrument]:
    """Joined with what the run in force decided, and ordered as `search_stocks` says."""
    runs = UniverseRun.objects.order_by("-session", "-recorded_at", "-pk")
    if as_of is not None:
        runs = runs.filter(as_of__lte=as_of, recorded_at__lte=as_of)
    nearness = Case(
        When(symbol=text, then=Value(0)),
        When(symbol__iexact=text, then=Value(1)),
        When(symbol__istartswith=text, then=Value(2)),
        default=Value(3),
        output_field=IntegerField(),
    )
    decided = FilteredRelation("memberships", condition=Q(memberships__run=Subquery(runs.values("pk")[:1])))
    return found.annotate(decision=decided, nearness=nearness).order_by(
        "nearness",
        F("decision__eligible").desc(nulls_last=True),
        F("delisted_on").desc(nulls_first=True),
        "symbol",
    )


def _why_out(instrument: Instrument, run: UniverseRun | None, row: Membership | None, known: dt.datetime) -> str:
    if row is not None:
        return "" if row.eligible else reason_title(row.reason)
    if run is None:
        return "no universe had been published"
    if instrument.role != Instrument.Role.STOCK:
        return f"not screened: {instrument.get_role_display()}"
    if instrument.delisted_on is not None and instrument.delisted_on <= known.astimezone(NEW_YORK).date():
        return f"delisted on {instrument.delisted_on}"
    return f"not among the names screened for {run.session}"


def _list_doubts(instrument: Instrument, known: dt.datetime) -> QuerySet[Quarantine]:
    return instrument.quarantines.filter(recorded_at__lte=known).order_by("-session", "-pk")


def _doubt(doubt: Quarantine, known: dt.datetime) -> Doubt:
    released = doubt.released_at if doubt.released_at is not None and doubt.released_at <= known else None
    return Doubt(
        title=DOUBT_TITLES.get(doubt.reason, doubt.reason),
        detail=doubt.detail,
        session=doubt.session,
        recorded_at=doubt.recorded_at,
        released=released,
        note="" if released is None else doubt.release_note,
    )
