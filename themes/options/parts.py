"""What people write and what options say, per stock as known at a moment: two of the three parts of confluence."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from sentiment_site.market import calendar
from themes.kernels.source_sentiment import HALF_LIVES
from themes.models import AggregatedSentiment, SentimentPass, SymbolSentiment

from .flow import SOURCE

# Older sentiment is not what people say now; the next pass is half an hour away.
SENTIMENT_FOR: Final = dt.timedelta(hours=2)
OPTIONS_SESSIONS: Final = 2
# The spread of sources that counts as full divergence, of methods/confluence.md.
FULL_DIVERGENCE: Final = 0.6
TEXT_SOURCES: Final = ("twitter", "reddit", "news")


@dataclass(frozen=True, slots=True)
class Part:
    """One part of one stock. value in [-1, 1], confidence in [0, 1]; None and 0 where it is missing, with the reason.

    known_at: when it was recorded here. divergence: of the sources within the part, 0 to 1.
    """

    value: float | None
    confidence: float
    as_of: dt.datetime | None = None
    known_at: dt.datetime | None = None
    missing: str = ""
    divergence: float = 0.0
    volume_trend: str = ""


def load_sentiment(instrument_ids: Sequence[int], at: dt.datetime, known_at: dt.datetime) -> dict[int, Part]:
    """The newest sentiment of every stock, of what was written alone. Two statements.

    Options are a part of their own: counted inside the sentiment too, two parts would agree because they are one.
    """
    newest = (
        SentimentPass.objects.filter(as_of__gt=at - SENTIMENT_FOR, as_of__lte=at, recorded_at__lte=known_at)
        .order_by("-as_of")
        .first()
    )
    if newest is None:
        late = Part(None, 0.0, missing="sentiment was not computed within two hours")
        return dict.fromkeys(instrument_ids, late)
    rows = (
        AggregatedSentiment.objects.filter(
            instrument_id__in=list(instrument_ids),
            timestamp__gt=at - SENTIMENT_FOR,
            timestamp__lte=at,
            aggregated_at__lte=known_at,
        )
        .order_by("instrument_id", "-timestamp")
        .distinct("instrument_id")
    )
    found = {row.instrument_id: read_sentiment(row) for row in rows}
    silent = Part(None, 0.0, as_of=newest.as_of, known_at=newest.recorded_at, missing="nobody wrote about it")
    return {one: found.get(one, silent) for one in instrument_ids}


def read_sentiment(row: AggregatedSentiment) -> Part:
    """The part of a row that people wrote: its sources without options, their shares made to sum to 1."""
    values = {one: getattr(row, f"{one}_sentiment") for one in TEXT_SOURCES}
    shares = {one: float(row.source_breakdown.get(one) or 0.0) for one in TEXT_SOURCES}
    spoken = [one for one in TEXT_SOURCES if values[one] is not None and shares[one] > 0]
    written = sum(shares[one] for one in spoken)
    if row.unified_sentiment is None or not spoken:
        only = "only options spoke" if row.options_flow_sentiment is not None else "nobody wrote about it"
        return Part(None, 0.0, as_of=row.timestamp, known_at=row.aggregated_at, missing=only)
    value = sum(shares[one] * values[one] for one in spoken) / written
    spread = sum(shares[one] * (values[one] - value) ** 2 for one in spoken) / written
    return Part(
        value=_within(value, -1.0, 1.0),
        confidence=_within(row.confidence * min(written, 1.0), 0.0, 1.0),
        as_of=row.timestamp,
        known_at=row.aggregated_at,
        divergence=min(1.0, math.sqrt(max(spread, 0.0)) / FULL_DIVERGENCE),
        volume_trend=row.volume_trend,
    )


def load_options(instrument_ids: Sequence[int], at: dt.datetime, known_at: dt.datetime) -> dict[int, Part]:
    """The newest options reading of every stock, at most two sessions old; its quality halves every 6.5 trading hours.

    One statement.
    """
    since = calendar.recent_sessions(at, OPTIONS_SESSIONS)[0].pre_open
    rows = (
        SymbolSentiment.objects.filter(
            instrument_id__in=list(instrument_ids),
            source=SOURCE,
            timestamp__gte=since,
            timestamp__lte=at,
            recorded_at__lte=known_at,
        )
        .order_by("instrument_id", "-timestamp")
        .distinct("instrument_id")
    )
    found = {row.instrument_id: read_options(row, at) for row in rows}
    unread = Part(None, 0.0, missing="no option chain was read in two sessions, or it has no options")
    return {one: found.get(one, unread) for one in instrument_ids}


def read_options(row: SymbolSentiment, at: dt.datetime) -> Part:
    """The options part of a reading at a moment."""
    if row.score is None:
        return Part(None, 0.0, row.timestamp, row.recorded_at, missing=_why(row.facts))
    hours = regular_seconds(row.timestamp, at) / 3600
    quality = row.quality * 2 ** (-hours / HALF_LIVES["options"])
    return Part(_within(row.score, -1.0, 1.0), _within(quality, 0.0, 1.0), row.timestamp, row.recorded_at)


def regular_seconds(start: dt.datetime, end: dt.datetime) -> float:
    """Seconds of regular trading between two moments; 0 if end <= start."""
    if end <= start:
        return 0.0
    sessions = calendar.sessions_between(
        start.astimezone(calendar.NEW_YORK).date(), end.astimezone(calendar.NEW_YORK).date()
    )
    spans = (min(end, one.close) - max(start, one.open) for one in sessions)
    return sum(max(span.total_seconds(), 0.0) for span in spans)


def _why(facts: Mapping[str, Any]) -> str:
    missing = facts.get("missing") or {}
    first = missing.get("put_call") or next(iter(missing.values()), "nothing known")
    return f"options have no score: {first}"


def _within(value: float, low: float, high: float) -> float:
    # a sum of shares may end a rounding above 1
    return float(np.clip(value, low, high))
