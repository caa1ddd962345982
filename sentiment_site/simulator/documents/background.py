"""What is written on any day: previews, notes, routine filings, releases and talk, by the hour and by who is noticed.

2,500 documents on a weekday for 8,000 names, linear in the names; .35 of that at the weekend, when EDGAR is closed.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sentiment_site.simulator.documents.cast import Cast
from sentiment_site.simulator.documents.dirt import COPIES
from sentiment_site.simulator.documents.document import Channel
from sentiment_site.simulator.documents.figures import day_and_month
from sentiment_site.simulator.documents.item import NOBODY, Item
from sentiment_site.simulator.documents.texts.topics import TOPICS
from sentiment_site.simulator.market.parameters import Floats

PER_NAME = 2500.0 / 8000.0
STREAM = 21
NEWS, RELEASE, FILING, REDDIT, X = (
    Channel.NEWS,
    Channel.RELEASE,
    Channel.FILING,
    Channel.REDDIT,
    Channel.X,
)
# share of the day's documents, and what of it is left at the weekend
SHARES = {X: (0.38, 0.50), REDDIT: (0.17, 0.50), NEWS: (0.22, 0.32), RELEASE: (0.07, 0.05), FILING: (0.16, 0.0)}
# by the hour from 04:00 New York time
PROFILES = {
    NEWS: (2, 3, 6, 9, 10, 10, 8, 6, 5, 5, 5, 5, 8, 5, 3, 2, 2, 1, 1, 1, 1, 1, 0.5, 1),
    RELEASE: (0.5, 1, 7, 14, 16, 8, 3, 2, 2, 2, 2, 2, 12, 4, 1, 0.5, 0.3, 0.2, 0.1, 0.1, 0.1, 0.1, 0.1, 0.2),
    FILING: (0, 0, 5, 6, 7, 5, 4, 4, 4, 4, 4, 5, 20, 18, 6, 4, 3, 2, 0, 0, 0, 0, 0, 0),
    REDDIT: (1.5, 2, 3, 4, 5, 7, 7, 6, 6, 6, 6, 6, 7, 6, 5, 5, 5, 5, 4, 3, 2, 1.5, 1, 1),
    X: (1.5, 2, 4, 6, 8, 11, 10, 7, 6, 5, 5, 7, 9, 6, 4, 4, 3, 3, 2.5, 2, 1.5, 1, 0.7, 1),
}


@dataclass(frozen=True, slots=True)
class Routine:
    """A kind of everyday document. share: within its channel; tone: what it leans to; subjects: how many securities it
    names (0 none, 1 one, more: a list); terms: chance that it uses the words of some topic; form: of an amendment."""

    kind: str
    share: float
    tone: float = 0.0
    subjects: int = 1
    form: str = ""


ROUTINE: dict[Channel, tuple[Routine, ...]] = {
    NEWS: (
        Routine("analyst.up", 0.17, 0.6), Routine("analyst.down", 0.13, -0.6), Routine("preview", 0.14),
        Routine("business", 0.20, 0.3), Routine("insider", 0.08), Routine("wrap", 0.06, 0.0, 4),
        Routine("list", 0.12, 0.25), Routine("market", 0.06, 0.0, 0), Routine("theme", 0.04, 0.3),
    ),
    RELEASE: (
        Routine("contract", 0.16, 0.5), Routine("product", 0.16, 0.4), Routine("hire", 0.16, 0.1),
        Routine("conference", 0.22), Routine("dividend", 0.08, 0.2), Routine("legal", 0.14, -0.4),
        Routine("trial", 0.06, 0.3), Routine("theme", 0.02, 0.4),
    ),
    FILING: (
        Routine("4", 0.46), Routine("144", 0.08), Routine("7.01", 0.04), Routine("8.01", 0.04, 0.1),
        Routine("5.02", 0.05), Routine("5.07", 0.03), Routine("1.01", 0.03, 0.1), Routine("10-Q", 0.06),
        Routine("13G", 0.04), Routine("13G", 0.02, form="SCHEDULE 13G/A"), Routine("13D", 0.008, 0.3),
        Routine("S-8", 0.03), Routine("S-3", 0.012, -0.2), Routine("EFFECT", 0.008), Routine("NT", 0.006, -0.4),
        Routine("3.01", 0.010, -0.5), Routine("8.01", 0.006, form="8-K/A"), Routine("10-K", 0.006),
        Routine("RW", 0.003, -0.1),
    ),
    REDDIT: (
        Routine("bull", 0.27, 0.6), Routine("bear", 0.12, -0.6), Routine("question", 0.24), Routine("chart", 0.08, 0.1),
        Routine("joke", 0.07), Routine("sarcasm", 0.05, -0.5), Routine("offtopic", 0.11, 0.0, 0),
        Routine("spam", 0.02, 0.0, 0), Routine("foreign", 0.01, 0.2), Routine("theme", 0.02, 0.4),
    ),
    X: (
        Routine("bull", 0.26, 0.6), Routine("bear", 0.15, -0.6), Routine("question", 0.08), Routine("chart", 0.13, 0.1),
        Routine("watch", 0.08, 0.1, 4), Routine("echo", 0.09), Routine("joke", 0.05), Routine("sarcasm", 0.04, -0.5),
        Routine("offtopic", 0.05, 0.0, 0), Routine("spam", 0.03, 0.0, 0), Routine("foreign", 0.012, 0.2),
        Routine("theme", 0.02, 0.4),
    ),
}  # fmt: skip
_TOPICS = tuple(TOPICS)
_NOTHING: Mapping[str, str] = {}
_HEALTH_KINDS = frozenset({"trial"})


@dataclass(frozen=True, slots=True)
class Sheet:
    """A day to be filled. begins, hours: from 04:00 New York time to the next; listed (n,): who trades; stir (n,): by
    how much more each security is talked about than usual; reporting: rows that report within days, and
    the dates; words: rows whose symbols are words.
    """

    seed: int
    ordinal: int
    begins: float
    hours: int
    business_day: bool
    weekday: bool
    listed: np.ndarray
    stir: Floats
    reporting: Sequence[tuple[int, dt.date]]
    words: Sequence[int]


def plan_background(cast: Cast, sheet: Sheet) -> list[Item]:
    """The everyday documents of a day."""
    rng = np.random.default_rng([sheet.seed, STREAM, sheet.ordinal])
    items: list[Item] = []
    for channel, (share, rest) in SHARES.items():
        rate = len(sheet.listed) * PER_NAME * share * (1.0 if sheet.weekday else rest)
        if channel in (NEWS, RELEASE):
            rate *= 1.0 - COPIES  # the copies among them are added later
        if channel is FILING and not sheet.business_day:
            rate = 0.0
        items += _plan(cast, sheet, channel, int(rng.poisson(rate)), rng)
    return items


def draw_times(rng: np.random.Generator, channel: Channel, sheet: Sheet, count: int) -> Floats:
    """Epoch seconds (count,) by the channel's profile over the day."""
    profile = np.asarray(PROFILES[channel], dtype=np.float64)
    hour = rng.choice(24, count, p=profile / profile.sum()) + rng.random(count)
    return np.asarray(sheet.begins + 3600.0 * np.minimum(hour, sheet.hours - 0.001))


def _plan(cast: Cast, sheet: Sheet, channel: Channel, count: int, rng: np.random.Generator) -> list[Item]:
    table = ROUTINE[channel]
    shares = np.array([routine.share for routine in table])
    kinds = rng.choice(len(table), count, p=shares / shares.sum()).tolist()
    times = draw_times(rng, channel, sheet, count).tolist()
    rows = _draw_rows(cast, sheet, channel, rng, (count, 4)).tolist()
    words = rng.integers(0, 1 << 62, count).tolist()
    mood = np.clip(rng.normal(0.0, 0.2, count), -0.4, 0.4).tolist()
    luck = rng.random((count, 2)).tolist()
    items = []
    for at, kind, four, word, shift, (first, second) in zip(times, kinds, rows, words, mood, luck, strict=True):
        routine = table[kind]
        row, others, facts = four[0], (), _NOTHING
        if routine.subjects == 0:
            row = NOBODY
        elif routine.subjects > 1:
            row, others = NOBODY, tuple(dict.fromkeys(four))
        elif routine.kind == "preview" and sheet.reporting:
            row, date = sheet.reporting[int(second * len(sheet.reporting))]
            facts = {"date": day_and_month(date)}
        name = routine.kind
        if name in _HEALTH_KINDS and not cast.subject(row).health:
            name = "product"
        terms = _TOPICS[int(second * len(_TOPICS))] if name == "theme" else ""
        tagged = NOBODY
        if name == "offtopic" and sheet.words and first < 0.08:
            tagged = sheet.words[int(second * len(sheet.words))]
        tone = 0.0 if row == NOBODY else max(-1.0, min(1.0, routine.tone + shift))
        items.append(
            Item(
                at,
                channel,
                name,
                row,
                word,
                tone,
                rows=others,
                tagged=tagged,
                facts=facts,
                terms=terms,
                form=routine.form,
            )
        )
    return items


def _draw_rows(
    cast: Cast, sheet: Sheet, channel: Channel, rng: np.random.Generator, shape: tuple[int, int]
) -> np.ndarray:
    """Rows by how much is written: talk by fame and by what stirs, press by size, filings by everybody alike."""
    companies = sheet.listed & cast.company
    weights = companies.astype(np.float64)
    if channel in (X, REDDIT):
        weights *= cast.talk * sheet.stir
    elif channel is not FILING:
        weights *= cast.press
    edges = np.cumsum(weights)
    return np.asarray(np.minimum(np.searchsorted(edges, rng.random(shape) * edges[-1], side="right"), len(weights) - 1))
