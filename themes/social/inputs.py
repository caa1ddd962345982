"""What entered a moment's sentiment: scored texts, mentions by hour, collected hours, options. A fixed number of
statements whatever the number of stocks; only what was public at the moment and recorded here by `known_at`."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.db import connection

from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK
from themes.kernels.mention_trend import HOURS_NEEDED
from themes.kernels.source_sentiment import HALF_LIVES, NOBODY, SOURCES, Items

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]

WRITTEN: Final = SOURCES[:3]  # what people write; options are another room's rows
# Hours after which a text no longer enters: six half-lives, when it counts one part in 64.
WINDOWS: Final = {name: 6 * HALF_LIVES[name] for name in ("twitter", "reddit", "news", "filing")}
# Trading hours: two sessions.
OPTIONS_AGE_H: Final = 13.0
FEEDS: Final[Mapping[str, tuple[str, ...]]] = {
    "twitter": ("x",), "reddit": ("reddit",), "news": ("filings", "news", "press"),
}  # fmt: skip
HOUR: Final = dt.timedelta(hours=1)
_TWITTER, _REDDIT, _NEWS, OPTIONS = range(4)

_ITEMS = """
SELECT s.instrument_id, 0, s.score, s.weight, extract(epoch FROM %(at)s - s.event_at)::float8 / 3600,
       %(twitter_half)s::float8, coalesce(t.influencer_id, -1), coalesce(d.source_id, 0),
       coalesce(d.is_simulated, false)
FROM themes_tweetsentiment s
LEFT JOIN themes_tweet t ON t.document_id = s.tweet_id LEFT JOIN themes_document d ON d.id = s.tweet_id
WHERE s.event_at > %(twitter)s AND s.event_at <= %(at)s AND s.recorded_at <= %(known)s
  AND (d.removed_at IS NULL OR d.removed_at > %(known)s)
UNION ALL
SELECT s.instrument_id, 1, s.score, s.weight, extract(epoch FROM %(at)s - s.event_at)::float8 / 3600,
       %(reddit_half)s::float8, coalesce(p.influencer_id, -1), coalesce(d.source_id, 0), coalesce(d.is_simulated, false)
FROM themes_redditsentiment s
LEFT JOIN themes_redditpost p ON p.document_id = s.reddit_post_id
LEFT JOIN themes_document d ON d.id = s.reddit_post_id
WHERE s.event_at > %(reddit)s AND s.event_at <= %(at)s AND s.recorded_at <= %(known)s
  AND (d.removed_at IS NULL OR d.removed_at > %(known)s)
UNION ALL
SELECT s.instrument_id, 2, s.score, s.weight, extract(epoch FROM %(at)s - s.event_at)::float8 / 3600,
       CASE WHEN s.document_key LIKE 'filing:%%' THEN %(filing_half)s::float8 ELSE %(news_half)s::float8 END,
       CASE WHEN coalesce(d.author, '') = '' THEN -1
            ELSE hashtextextended(d.author, 0) & 9223372036854775807 END,
       coalesce(d.source_id, 0), coalesce(d.is_simulated, false)
FROM themes_newssentiment s LEFT JOIN themes_document d ON d.id = s.document_id
WHERE s.event_at > CASE WHEN s.document_key LIKE 'filing:%%' THEN %(filing)s ELSE %(news)s END
  AND s.event_at > least(%(filing)s, %(news)s) AND s.event_at <= %(at)s AND s.recorded_at <= %(known)s
  AND (d.removed_at IS NULL OR d.removed_at > %(known)s)
"""
# Hours end like the moment does: hour 359 is (at - 1 h, at].
_MENTIONS = """
SELECT m.instrument_id, CASE d.kind WHEN 'x' THEN 0 WHEN 'reddit' THEN 1 ELSE 2 END,
       ceil(extract(epoch FROM m.event_at - %(begin)s)::float8 / 3600)::int - 1, count(*), bool_or(d.is_simulated)
FROM themes_mention m JOIN themes_document d ON d.id = m.document_id
WHERE m.event_at > %(begin)s AND m.event_at <= %(at)s AND d.recorded_at <= %(known)s
  AND (d.removed_at IS NULL OR d.removed_at > %(known)s)
GROUP BY 1, 2, 3
"""
_COUNTS = """
SELECT DISTINCT ON (instrument_id, kind, starts_at) instrument_id, CASE kind WHEN 'x' THEN 0 ELSE 1 END,
       ceil(extract(epoch FROM starts_at - %(begin)s)::float8 / 3600 + .5)::int - 1, count, is_simulated
FROM themes_postcount
WHERE starts_at >= %(begin)s AND starts_at < %(at)s AND recorded_at <= %(known)s
ORDER BY instrument_id, kind, starts_at, recorded_at DESC
"""
_SPANS = "SELECT feed, since, until FROM themes_collectionspan WHERE until > %(begin)s AND recorded_at <= %(known)s"
_OPTIONS = """
SELECT DISTINCT ON (s.instrument_id) s.instrument_id, s.score, s.quality, s.effective_count, s.timestamp,
       coalesce(s.facts->>'provider', 'options chain'),
       coalesce((s.facts->>'is_simulated')::boolean, false)
FROM themes_symbolsentiment s
WHERE s.source = 'options' AND s.timestamp > %(options)s AND s.timestamp <= %(at)s AND s.recorded_at <= %(known)s
ORDER BY s.instrument_id, s.timestamp DESC
"""
_BEFORE = """
SELECT instrument_id, source FROM themes_symbolsentiment
WHERE source <> 'options' AND score IS NOT NULL
  AND timestamp = (SELECT max(as_of) FROM themes_sentimentpass WHERE as_of < %(at)s AND recorded_at <= %(known)s)
UNION ALL
SELECT instrument_id, 'options' FROM themes_aggregatedsentiment
WHERE options_flow_sentiment IS NOT NULL
  AND timestamp = (SELECT max(as_of) FROM themes_sentimentpass WHERE as_of < %(at)s AND recorded_at <= %(known)s)
"""


@dataclass(frozen=True, slots=True, eq=False)
class OptionsFlow:
    """The newest options score of each stock that has one young enough, (n,) each; NaN: none. age: trading hours."""

    score: Floats
    quality: Floats
    effective_count: Floats
    age: Floats
    provider: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Talk:
    """What is known about n stocks at a moment. ids (n,): instruments, ascending. items: m scored texts. counts
    (n, 3, 360): mentions by hour, oldest first, NaN = not collected. day (n, 3): mentions of the last 24 hours that are
    known, collected in full or not. is_counted (n, 3): some of them come from counts alone. options; provider_ids (n,):
    ids of the data sources behind the texts. spoke (n, 3): had a score in the pass before. simulated (n,).
    read_until: by written source."""

    at: dt.datetime
    ids: Ints
    items: Items
    counts: Floats
    day: Ints
    is_counted: npt.NDArray[np.bool_]
    options: OptionsFlow
    provider_ids: tuple[tuple[int, ...], ...]
    spoke: npt.NDArray[np.bool_]
    simulated: npt.NDArray[np.bool_]
    read_until: Mapping[str, dt.datetime | None]
    collected: npt.NDArray[np.bool_]

    def __len__(self) -> int:
        return len(self.ids)


def load_talk(at: dt.datetime, known_at: dt.datetime | None = None) -> Talk:
    """Everything that may enter the sentiment of a moment, of all stocks that anything is known about.

    Six statements."""
    begin = at - HOURS_NEEDED * HOUR
    asked: dict[str, Any] = {"at": at, "known": known_at or at, "begin": begin, "options": _options_since(at)}
    asked |= {name: at - hours * HOUR for name, hours in WINDOWS.items()}
    asked |= {f"{name}_half": HALF_LIVES[name] for name in WINDOWS}
    with connection.cursor() as cursor:
        items, mentions, counted, spans, flow, before = (
            _fetch(cursor, statement, asked) for statement in (_ITEMS, _MENTIONS, _COUNTS, _SPANS, _OPTIONS, _BEFORE)
        )
    ages = {moment: compute_trading_hours(moment, at) for moment in {row[4] for row in flow}}
    flow = [(*row, ages[row[4]]) for row in flow if ages[row[4]] <= OPTIONS_AGE_H]
    today = HOURS_NEEDED - 24
    heard = [*(row[0] for row in items), *(row[0] for row in flow), *(row[0] for row in before)]
    heard += [row[0] for rows in (mentions, counted) for row in rows if row[2] >= today and row[3]]
    ids = np.unique(np.array(heard, dtype=np.int64))
    row_of = {int(one): place for place, one in enumerate(ids)}
    collected = find_collected(spans, begin)
    simulated = np.zeros(len(ids), dtype=np.bool_)
    counts, is_counted = _lay_out(mentions, counted, row_of, collected, simulated)
    spoke = np.zeros((len(ids), len(WRITTEN)), dtype=np.bool_)
    for instrument, source in before:
        if source in WRITTEN:
            spoke[row_of[instrument], WRITTEN.index(source)] = True
    known_day = counts[:, :, today:].sum(axis=2)
    return Talk(
        at=at,
        ids=ids,
        items=_items(items, row_of, simulated),
        counts=np.where(collected[None] | is_counted, counts, np.nan),
        day=known_day.astype(np.int64),
        is_counted=np.asarray(is_counted[:, :, today:].any(axis=2)),
        options=_options(flow, row_of, simulated),
        provider_ids=_providers(items, row_of, len(ids)),
        spoke=spoke,
        simulated=simulated,
        read_until={name: max((row[2] for row in spans if row[0] in FEEDS[name]), default=None) for name in WRITTEN},
        collected=collected,
    )


def compute_trading_hours(start: dt.datetime, end: dt.datetime) -> float:
    """Hours of regular trading (09:30-16:00, half days shorter) between two moments; 0 if end <= start."""
    days = calendar.sessions_between(start.astimezone(NEW_YORK).date(), end.astimezone(NEW_YORK).date())
    spans = ((max(start, day.open), min(end, day.close)) for day in days)
    return sum(max((until - since) / HOUR, 0.0) for since, until in spans)


def find_collected(spans: Sequence[tuple[str, dt.datetime, dt.datetime]], begin: dt.datetime) -> npt.NDArray[np.bool_]:
    """Which of the 360 hours from `begin` on each written source was read over, (3, 360).

    spans: feed, since, until. An hour is read when its middle is, by every feed of the source that was read at all in
    this time: a feed that an installation does not have is not waited for.
    """
    middle = np.arange(HOURS_NEEDED) + 0.5
    feeds: dict[str, npt.NDArray[np.bool_]] = {}
    for feed, since, until in spans:
        read = feeds.setdefault(feed, np.zeros(HOURS_NEEDED, dtype=np.bool_))
        read |= (middle >= (since - begin) / HOUR) & (middle <= (until - begin) / HOUR)
    collected = np.zeros((len(WRITTEN), HOURS_NEEDED), dtype=np.bool_)
    for place, source in enumerate(WRITTEN):
        read_ones = [feeds[feed] for feed in FEEDS[source] if feed in feeds]
        if read_ones:
            collected[place] = np.logical_and.reduce(read_ones)
    return collected


def _fetch(cursor: Any, statement: str, asked: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    cursor.execute(statement, asked)
    rows: list[tuple[Any, ...]] = cursor.fetchall()
    return rows


def _options_since(at: dt.datetime) -> dt.datetime:
    """Before this no options score can be young enough: 13 trading hours are over within a week and a holiday."""
    return at - dt.timedelta(days=8)


def _items(rows: Sequence[tuple[Any, ...]], row_of: Mapping[int, int], simulated: npt.NDArray[np.bool_]) -> Items:
    columns = list(zip(*rows, strict=True)) if rows else [()] * 9
    stock = np.array([row_of[one] for one in columns[0]], dtype=np.int64)
    simulated[stock[np.array(columns[8], dtype=np.bool_)]] = True
    return Items(
        stock=stock,
        source=np.array(columns[1], dtype=np.int64),
        score=np.array(columns[2], dtype=np.float64),
        weight=np.array(columns[3], dtype=np.float64),
        age=np.array(columns[4], dtype=np.float64),
        half_life=np.array(columns[5], dtype=np.float64),
        author=np.array([NOBODY if one is None else one for one in columns[6]], dtype=np.int64),
    )


def _lay_out(
    mentions: Sequence[tuple[Any, ...]],
    counted: Sequence[tuple[Any, ...]],
    row_of: Mapping[int, int],
    collected: npt.NDArray[np.bool_],
    simulated: npt.NDArray[np.bool_],
) -> tuple[Floats, npt.NDArray[np.bool_]]:
    """Mentions by stock, source and hour, and where a count said more than what is stored."""
    shape = (len(row_of), len(WRITTEN), HOURS_NEEDED)
    counts, is_counted = np.zeros(shape), np.zeros(shape, dtype=np.bool_)
    for instrument, source, hour, number, is_simulated in mentions:
        row = row_of.get(instrument)
        if row is not None:
            counts[row, source, hour] = number
            simulated[row] |= is_simulated
    for instrument, source, hour, number, is_simulated in counted:
        row = row_of.get(instrument)
        if row is not None and 0 <= hour < HOURS_NEEDED and not collected[source, hour]:
            counts[row, source, hour] = max(counts[row, source, hour], number)
            is_counted[row, source, hour] = True
            simulated[row] |= is_simulated
    return counts, is_counted


def _options(
    rows: Sequence[tuple[Any, ...]], row_of: Mapping[int, int], simulated: npt.NDArray[np.bool_]
) -> OptionsFlow:
    score, quality, count, age = (np.full(len(row_of), np.nan) for _ in range(4))
    provider = [""] * len(row_of)
    for instrument, said, sure, number, _, who, is_simulated, hours in rows:
        row = row_of[instrument]
        if said is None:
            continue
        score[row], quality[row], count[row] = said, sure, number
        age[row] = hours
        provider[row] = who
        simulated[row] |= is_simulated
    return OptionsFlow(score, quality, count, age, tuple(provider))


def _providers(rows: Sequence[tuple[Any, ...]], row_of: Mapping[int, int], size: int) -> tuple[tuple[int, ...], ...]:
    found: list[set[int]] = [set() for _ in range(size)]
    for row in rows:
        if row[7]:
            found[row_of[row[0]]].add(row[7])
    return tuple(tuple(sorted(one)) for one in found)
