"""Confluence and options as they were known at a moment: pass, stocks, past, chains. `as_of` None is live.

A row counts once its market time and the moment it was recorded are both past.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, QuerySet

from sentiment_site.market import clock
from themes.models import CollectionState, ConfluencePass, ConfluenceScore, OptionsDay, SymbolSentiment
from universe.models import Instrument

from .collect import FEED
from .flow import SOURCE
from .outcomes import Outcome, Record, get_record

__all__ = [
    "ChainState",
    "OptionsReading",
    "Outcome",
    "Record",
    "Trace",
    "confluence_at",
    "find_stock",
    "get_chain_state",
    "get_record",
    "history",
    "list_days",
    "list_scores",
    "options_at",
    "pass_at",
    "traces_of",
]


@dataclass(frozen=True, slots=True)
class OptionsReading:
    """The newest reading of a stock's options. facts: as docs/themes-options.md lists them."""

    row: SymbolSentiment

    @property
    def as_of(self) -> dt.datetime:
        """Market time of the chain."""
        return self.row.timestamp

    @property
    def score(self) -> float | None:
        """[-1, 1]; None without a baseline."""
        score: float | None = self.row.score
        return score

    @property
    def quality(self) -> float:
        """[0, 1]."""
        return self.row.quality

    @property
    def facts(self) -> dict[str, Any]:
        """What the chain says."""
        return dict(self.row.facts)

    @property
    def is_simulated(self) -> bool:
        """Whether it came from the simulated vendor."""
        return bool(self.row.facts.get("is_simulated"))


@dataclass(frozen=True, slots=True)
class Trace:
    """A stock's score and bias over passes, oldest first; None where a pass has no row of it."""

    times: tuple[dt.datetime, ...]
    scores: tuple[float | None, ...]
    biases: tuple[float | None, ...]


@dataclass(frozen=True, slots=True)
class ChainState:
    """How the collection of chains stands. read_until: the last good look's market time; failure: of the last one."""

    is_enabled: bool
    read_until: dt.datetime | None
    failure: str
    failed_at: dt.datetime | None
    calls_today: int
    calls_max: int | None


def pass_at(as_of: dt.datetime | None = None) -> ConfluencePass | None:
    """The newest pass known at a moment, None before the first."""
    at = as_of or clock.now()
    return ConfluencePass.objects.filter(as_of__lte=at, recorded_at__lte=at).order_by("-as_of").first()


def list_scores(found: ConfluencePass) -> QuerySet[ConfluenceScore]:
    """The rows of a pass with their instruments."""
    return ConfluenceScore.objects.filter(timestamp=found.as_of).select_related("instrument")


def confluence_at(instrument_ids: Sequence[int], as_of: dt.datetime | None = None) -> dict[int, ConfluenceScore]:
    """Rows of the newest pass known at a moment, by instrument id; without a score: left out. Two statements."""
    found = pass_at(as_of)
    if found is None:
        return {}
    rows = ConfluenceScore.objects.filter(timestamp=found.as_of, instrument_id__in=list(instrument_ids))
    return {row.instrument_id: row for row in rows}


def history(
    instrument_id: int, since: dt.datetime, until: dt.datetime, as_of: dt.datetime | None = None
) -> list[ConfluenceScore]:
    """A stock's rows in (since, until] known at a moment, oldest first. One statement."""
    at = as_of or clock.now()
    rows = ConfluenceScore.objects.filter(
        instrument_id=instrument_id, timestamp__gt=since, timestamp__lte=min(until, at), calculated_at__lte=at
    )
    return list(rows.order_by("timestamp"))


def traces_of(instrument_ids: Sequence[int], passes: int, as_of: dt.datetime | None = None) -> dict[int, Trace]:
    """Score and bias of several stocks over the newest passes known at a moment. Two statements."""
    at = as_of or clock.now()
    known = ConfluencePass.objects.filter(as_of__lte=at, recorded_at__lte=at).order_by("-as_of")
    times = tuple(reversed(known.values_list("as_of", flat=True)[:passes]))
    if not times:
        return {}
    rows = ConfluenceScore.objects.filter(
        instrument_id__in=list(instrument_ids), timestamp__gte=times[0], timestamp__lte=times[-1]
    ).values_list("instrument_id", "timestamp", "confluence_score", "directional_bias")
    held: defaultdict[int, dict[dt.datetime, tuple[float, float]]] = defaultdict(dict)
    for one, moment, score, bias in rows:
        held[one][moment] = (score, bias)
    return {
        one: Trace(
            times,
            tuple(mine[moment][0] if moment in mine else None for moment in times),
            tuple(mine[moment][1] if moment in mine else None for moment in times),
        )
        for one, mine in held.items()
    }


def options_at(instrument_ids: Sequence[int], as_of: dt.datetime | None = None) -> dict[int, OptionsReading]:
    """The newest reading of each stock's options known at a moment, however old. One statement."""
    at = as_of or clock.now()
    rows = SymbolSentiment.objects.filter(
        instrument_id__in=list(instrument_ids), source=SOURCE, timestamp__lte=at, recorded_at__lte=at
    )
    newest = rows.order_by("instrument_id", "-timestamp").distinct("instrument_id")
    return {row.instrument_id: OptionsReading(row) for row in newest}


def list_days(instrument_id: int, as_of: dt.datetime | None = None, most: int = 21) -> list[OptionsDay]:
    """A stock's options by session, newest first, as known at a moment. One statement.

    A day that a later look rewrote is left out of the past: what it said then is in the readings.
    """
    at = as_of or clock.now()
    rows = OptionsDay.objects.filter(instrument_id=instrument_id, as_of__lte=at, recorded_at__lte=at)
    return list(rows.order_by("-session")[:most])


def find_stock(symbol: str, as_of: dt.datetime | None = None) -> Instrument | None:
    """The bearer of a symbol known at a moment (case matters), the listed one before delisted ones. One statement."""
    rows = Instrument.objects.filter(symbol=symbol, recorded_at__lte=as_of or clock.now())
    return rows.order_by(F("delisted_on").desc(nulls_first=True), "-pk").first()


def get_chain_state() -> ChainState | None:
    """The collection of chains as it stands now; None before the first look."""
    state = CollectionState.objects.filter(feed=FEED).first()
    if state is None:
        return None
    return ChainState(
        is_enabled=state.is_enabled,
        read_until=state.read_until,
        failure=state.failure,
        failed_at=state.last_failed_at,
        calls_today=state.requests_today if state.day == clock.wall().date() else 0,
        calls_max=state.daily_requests_max,
    )
