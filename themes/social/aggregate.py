"""One pass: what every source and all of them together say of every stock that is written about.

A pass is written whole or not at all, once per slot. Source: methods.md 7.2.
"""

from __future__ import annotations

import datetime as dt
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import structlog
from django.db import connection, transaction

from sentiment_site.market import clock
from themes.kernels.aggregation import Aggregate, Level, Sources, aggregate_sources
from themes.kernels.mention_trend import MentionTrend, Trend, join_mentions, score_mentions
from themes.kernels.source_sentiment import HALF_LIVES, SOURCES, SourceReading, compute_decay, score_sources
from themes.models import AggregatedSentiment, SentimentPass, SymbolSentiment
from themes.publish import announce_change
from universe.copying import copy_rows
from universe.models import DataSource, Instrument

from .divergence import Contradiction, open_divergences
from .inputs import OPTIONS, WINDOWS, WRITTEN, Talk, load_talk

log = structlog.get_logger(__name__)

ONLY_COUNTED: Final = "only counted: reading its posts is paid for and the day's budget is spent"
NOT_SCORABLE: Final = "written about, but in no words that can be scored"
NOT_COLLECTED: Final = "not collected"
_SYMBOL: Final = (
    "instrument_id", "source", "timestamp", "score", "effective_count", "quality", "mention_count",
    "expected_mentions", "mention_z", "volume_trend", "facts", "recorded_at",
)  # fmt: skip
_ALL: Final = (
    "instrument_id", "symbol", "timestamp", "unified_sentiment", "confidence", "sentiment_level", "source_count",
    "provider_count", "total_mention_count", "divergence_detected", "divergence_score", "volume_trend",
    "twitter_sentiment", "reddit_sentiment", "news_sentiment", "options_flow_sentiment", "source_breakdown",
    "providers_used", "is_simulated", "aggregated_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class Opinion:
    """What n stocks' talk amounts to. reading: written sources; sources: with options in the fourth column; trends: by
    written source; total: all of them together."""

    talk: Talk
    reading: SourceReading
    sources: Sources
    aggregate: Aggregate
    trends: tuple[MentionTrend, ...]
    total: MentionTrend


def form_opinion(talk: Talk) -> Opinion:
    """Score every source and all of them. Nothing is read or written."""
    reading = score_sources(talk.items, len(talk))
    flow = talk.options
    score, quality = reading.score.copy(), reading.quality.copy()
    count, age = reading.effective_count.copy(), reading.age.copy()
    score[:, OPTIONS], age[:, OPTIONS] = flow.score, flow.age
    # A chain brings its own quality; it halves with every 6.5 trading hours like the weight of a text.
    quality[:, OPTIONS] = np.nan_to_num(flow.quality * compute_decay(flow.age, HALF_LIVES["options"]))
    count[:, OPTIONS] = np.nan_to_num(flow.effective_count)
    sources = Sources(score, quality, count, age)
    trends = tuple(score_mentions(talk.counts[:, place]) for place in range(len(WRITTEN)))
    return Opinion(talk, reading, sources, aggregate_sources(sources), trends, join_mentions(trends))


def run_pass(at: dt.datetime, *, known_at: dt.datetime | None = None) -> SentimentPass | None:
    """Form and store the opinions of a slot with what was known at `known_at` (default: then). None: it is there."""
    began = time.perf_counter()
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(hashtext('themes.social'))")
        if SentimentPass.objects.filter(as_of=at).exists():
            return None
        opinion = form_opinion(load_talk(at, known_at))
        save_opinion(opinion)
        row = _save_pass(opinion, known_at or at, began)
        open_divergences(_list_contradictions(opinion), at, known_at or at)
        announce_change("social")
    log.info("sentiment aggregated", at=at.isoformat(), stocks=row.stocks, texts=row.texts, ms=row.duration_ms)
    return row


def save_opinion(opinion: Opinion) -> None:
    """Insert the rows of both tables. Four statements."""
    talk, now = opinion.talk, clock.now()
    symbols = dict(Instrument.objects.filter(pk__in=talk.ids.tolist()).values_list("pk", "symbol"))
    wanted = {one for some in talk.provider_ids for one in some}
    names = dict(DataSource.objects.filter(pk__in=wanted).values_list("pk", "name"))
    copy_rows(SymbolSentiment, _SYMBOL, _symbol_rows(opinion, now))
    copy_rows(AggregatedSentiment, _ALL, _all_rows(opinion, symbols, names, now))


def _symbol_rows(opinion: Opinion, now: dt.datetime) -> Iterator[tuple[Any, ...]]:
    """A row for each stock and written source that is heard, expected, or was heard before."""
    talk, reading = opinion.talk, opinion.reading
    heard = np.isfinite(reading.score[:, :OPTIONS]) | (talk.day > 0) | talk.spoke | talk.is_counted
    for place, source in enumerate(WRITTEN):
        trend = opinion.trends[place]
        rows = heard[:, place] | (np.nan_to_num(trend.expected) > 0)
        for row in np.flatnonzero(rows).tolist():
            yield (
                int(talk.ids[row]), source, talk.at, _known(reading.score[row, place]),
                float(reading.effective_count[row, place]), float(reading.quality[row, place]),
                int(talk.day[row, place]), _known(trend.expected[row]), _known(trend.z[row]), _trend(trend, row),
                json.dumps(_facts(opinion, row, place)), now,
            )  # fmt: skip


def _facts(opinion: Opinion, row: int, place: int) -> dict[str, Any]:
    """What stands behind a source's figures, and why there is no score where there is none."""
    talk, reading, trend = opinion.talk, opinion.reading, opinion.trends[place]
    facts: dict[str, Any] = {
        "texts": int(reading.mentions[row, place]), "authors": int(reading.authors[row, place]),
        "hours_compared": int(trend.hours[row]), "mentions_compared": _known(trend.mentions[row]),
    }  # fmt: skip
    if np.isfinite(reading.score[row, place]):
        facts |= {"age_h": float(reading.age[row, place]), "top_share": float(reading.top_share[row, place])}
    else:
        facts["why"] = _why_silent(talk, row, place)
    if talk.is_counted[row, place]:
        facts["counted"] = True
    return facts


def _why_silent(talk: Talk, row: int, place: int) -> str:
    if talk.is_counted[row, place]:
        return ONLY_COUNTED
    if talk.day[row, place]:
        return NOT_SCORABLE
    source = WRITTEN[place]
    if not talk.collected[place, -24:].any():
        return NOT_COLLECTED
    return f"nothing about it within {WINDOWS[source]:.0f} hours"


def _all_rows(
    opinion: Opinion, symbols: dict[int, str], names: dict[int, str], now: dt.datetime
) -> Iterator[tuple[Any, ...]]:
    talk, all_sources, score = opinion.talk, opinion.aggregate, opinion.sources.score
    for row in range(len(talk)):
        silent = not np.isfinite(all_sources.unified[row])
        flow = [talk.options.provider[row]] if np.isfinite(score[row, OPTIONS]) else []
        providers = sorted({names[one] for one in talk.provider_ids[row]} | set(flow))
        shares = {
            source: float(share)
            for source, share in zip(SOURCES, all_sources.breakdown[row], strict=True)
            if share > 0
        }  # fmt: skip
        yield (
            int(talk.ids[row]), symbols[int(talk.ids[row])], talk.at, _known(all_sources.unified[row]),
            float(all_sources.confidence[row]), "" if silent else Level(all_sources.level[row]).name.lower(),
            int(all_sources.source_count[row]), len(providers), int(talk.day[row].sum()),
            bool(all_sources.is_divergent[row]), float(all_sources.divergence[row]), _trend(opinion.total, row),
            *(_known(score[row, place]) for place in range(len(SOURCES))), json.dumps(shares),
            json.dumps(providers), bool(talk.simulated[row]), now,
        )  # fmt: skip


def _save_pass(opinion: Opinion, known_at: dt.datetime, began: float) -> SentimentPass:
    talk, speaks = opinion.talk, np.isfinite(opinion.aggregate.unified)
    told: dict[str, dict[str, Any]] = {"options": {"stocks": int(np.isfinite(talk.options.score).sum())}}
    for place, source in enumerate(WRITTEN):
        told[source] = {
            "read_until": _iso(talk.read_until[source]),
            "hours": int(talk.collected[place, -24:].sum()),
            "stocks": int(np.isfinite(opinion.reading.score[:, place]).sum()),
        }
        if not told[source]["hours"]:
            told[source]["missing"] = _why_missing(talk.read_until[source])
    return SentimentPass.objects.create(
        as_of=talk.at, known_at=known_at, recorded_at=clock.now(), stocks=int(speaks.sum()),
        silent=int((~speaks).sum()), divergent=int(opinion.aggregate.is_divergent.sum()), texts=len(talk.items.score),
        sources=told, is_simulated=bool(talk.simulated.any()),
        duration_ms=round(1000 * (time.perf_counter() - began)),
    )  # fmt: skip


def _list_contradictions(opinion: Opinion) -> list[Contradiction]:
    score = opinion.sources.score
    found = []
    for row in np.flatnonzero(opinion.aggregate.is_divergent).tolist():
        bear, bull = (int(one) for one in opinion.aggregate.divergent_pair[row])
        found.append(
            Contradiction(
                instrument_id=int(opinion.talk.ids[row]),
                bearish_source=SOURCES[bear],
                bullish_source=SOURCES[bull],
                bearish_score=float(score[row, bear]),
                bullish_score=float(score[row, bull]),
                is_simulated=bool(opinion.talk.simulated[row]),
            )
        )
    return found


def _why_missing(read_until: dt.datetime | None) -> str:
    if read_until is None:
        return "never read: not connected, switched off, or its budget is spent"
    return f"not read since {read_until:%Y-%m-%d %H:%M} UTC"


def _trend(trend: MentionTrend, row: int) -> str:
    one = Trend(trend.trend[row])
    return "" if one is Trend.UNKNOWN else one.name.lower()


def _known(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None


def _iso(moment: dt.datetime | None) -> str | None:
    return moment.isoformat() if moment is not None else None
