"""One tick of detection: bursts become candidates, candidates become themes or feed the ones there are.

Reading and computing only; `saving.py` writes what this finds. methods.md 3.2.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from themes.kernels.bursts import (
    CURATED,
    DISCOVERED,
    WINDOW_H,
    compute_dispersion,
    compute_expected,
    compute_log10_dispersed,
    compute_log10_surprise,
    find_bursts,
    is_macro,
)
from themes.kernels.grouping import compute_centroid, compute_closeness, compute_idf, merge_terms, name_theme
from themes.kernels.membership import (
    NAMED,
    PUBLISHED,
    Members,
    compute_coherence,
    compute_price_part,
    compute_text_part,
    draw_matched_sets,
    find_members,
    score_confidence,
)

from .texts import HOUR, NEVER, Baseline, Pair, TermCount, Text, count_mentions, count_terms, key_term

# Below a day of counted hours every word is new: only curated themes are looked for.
BASELINE_LEAST_H = 24
MEMBER_WINDOW_H = 72
BUSY_RVOL = 2.0
# Bursting terms that are looked at in one tick, the most surprising first.
MOST_TERMS = 400
JOINS = 0.35
FEWEST_MEMBERS = 3

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Burst:
    """A term, or a curated theme, that bursts: distinct stocks, log10 p, the texts that carry it."""

    term: str
    key: str
    issuers: int
    expected: float
    log10_p: float
    texts: frozenset[int]
    kinds: frozenset[str]


@dataclass(frozen=True, slots=True)
class Story:
    """A group of bursts that are about the same thing. key: of the curated theme, "" for a discovered one."""

    key: str
    terms: tuple[str, ...]
    bursts: tuple[Burst, ...]
    texts: frozenset[int]

    @property
    def log10_p(self) -> float:
        """Of the most surprising term."""
        return min(burst.log10_p for burst in self.bursts)


@dataclass(frozen=True, slots=True)
class Crowd:
    """The universe as a tick sees it: n stocks. z: excess move of a day, in own deviations; rvol: of a day; excess:
    (n, bars) of three days; correlation: (n, n) of them."""

    ids: npt.NDArray[np.int32]
    sector: npt.NDArray[np.int64]
    sectors: Sequence[str]
    group: npt.NDArray[np.int64]
    z: Floats
    rvol: Floats
    excess: Floats
    correlation: Floats
    row_of: Mapping[int, int] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Assessment:
    """A story measured: who belongs, how coherent, how sure. rows of `members` are those of the crowd."""

    name: str
    terms: tuple[str, ...]
    centroid: Mapping[str, float]
    documents: Mapping[int, float]
    members: Members
    first_mention: Mapping[int, dt.datetime]
    first_at: dt.datetime
    coherence: float
    busy_share: float
    confidence: float
    issuers: int
    log10_p: float
    kinds: Counter[str]

    @property
    def is_sure(self) -> bool:
        """Whether it is published: confidence from the gate on, and three stocks, below which there is no spread."""
        return self.confidence >= PUBLISHED and int(self.members.belongs.sum()) >= FEWEST_MEMBERS


def find_stories(texts: Sequence[Text], baseline: Baseline) -> list[Story]:
    """Curated themes and groups of new terms that burst in the window, most surprising first."""
    total_now = count_mentions(texts)
    curated = _bursts(count_terms(texts, curated=True), baseline, total_now, curated=True)
    stories = [Story(burst.key, (burst.term,), (burst,), burst.texts) for burst in curated]
    if baseline.hours >= BASELINE_LEAST_H:
        found = _bursts(count_terms(texts), baseline, total_now, curated=False)
        strongest = {burst.term: burst for burst in sorted(found, key=lambda one: (one.log10_p, one.term))[:MOST_TERMS]}
        merged = merge_terms(
            {term: burst.texts for term, burst in strongest.items()},
            {term: burst.log10_p for term, burst in strongest.items()},
        )
        told = set().union(*(story.texts for story in stories)) if stories else set()
        for one in merged:
            if len(one.documents & told) < 0.5 * len(one.documents):  # else a curated theme tells it already
                bursts = tuple(strongest[term] for term in one.terms)
                stories.append(Story("", one.terms, bursts, one.documents))
    return sorted(stories, key=lambda story: story.log10_p)


def _bursts(counts: Mapping[str, TermCount], baseline: Baseline, total_now: Pair, *, curated: bool) -> list[Burst]:
    gate = CURATED if curated else DISCOVERED
    terms = [term for term, count in counts.items() if len(count.issuers) >= gate.issuers]
    if not terms:
        return []
    before = [baseline.mentions.get(key_term(term) if curated else term, NEVER) for term in terms]
    expected = compute_expected(before, baseline.total, total_now)
    issuers = np.array([len(counts[term].issuers) for term in terms], dtype=np.int64)
    if curated:  # their words were chosen; a discovered one must surprise beside its own earlier waves
        surprise = compute_log10_surprise(issuers, expected)
    else:
        surprise = compute_log10_dispersed(issuers, expected, _list_dispersion(terms, before, baseline))
    texts, kinds, authors = (
        np.array([len(getattr(counts[term], what)) for term in terms], dtype=np.int64)
        for what in ("texts", "kinds", "authors")
    )
    return [
        Burst(
            term=terms[at],
            key=terms[at] if curated else "",
            issuers=int(issuers[at]),
            expected=float(expected[at]),
            log10_p=float(surprise[at]),
            texts=frozenset(counts[terms[at]].texts),
            kinds=frozenset(counts[terms[at]].kinds),
        )
        for at in np.flatnonzero(find_bursts(issuers, surprise, texts, kinds, authors, gate))
    ]


def _list_dispersion(terms: Sequence[str], before: Sequence[Pair], baseline: Baseline) -> Floats:
    counts = np.zeros((len(terms), len(baseline.spells)))
    for row, term in enumerate(terms):
        for spell, mentions, _ in baseline.in_spells.get(term, ()):
            counts[row, spell] = mentions
    totals = np.array([spell.mentions for spell in baseline.spells], dtype=np.float64).reshape(-1, 2)
    share = np.array(before, dtype=np.float64) / np.maximum(np.array(baseline.total, dtype=np.float64), 1.0)
    return compute_dispersion(counts, share @ totals.T)


def list_idf(texts: Sequence[Text], baseline: Baseline, terms: Collection[str]) -> dict[str, float]:
    """Rarity of these terms over the baseline and the window."""
    now = Counter(term for text in texts for term in text.terms if term in terms)
    counts = {
        term: [*((spell / 2, count) for spell, _, count in baseline.in_spells.get(term, ())), (0.0, now[term])]
        for term in terms
    }
    return compute_idf(
        counts, [*((at / 2, spell.texts) for at, spell in enumerate(baseline.spells)), (0.0, len(texts))]
    )


def is_weather(story: Story, texts: Mapping[int, Text], crowd: Crowd) -> bool:
    """Whether a story is the whole market's: too many stocks, six sectors and no common move, or told of no stock."""
    words = set(story.terms)
    naming = [text.names_stock for text in texts.values() if text.terms & words]
    issuers = set().union(*(texts[id].issuers for id in story.texts if id in texts))
    rows = [crowd.row_of[one] for one in issuers if one in crowd.row_of]
    moves = crowd.z[rows]
    mean = float(np.nanmean(moves)) if np.isfinite(moves).any() else float("nan")
    return is_macro(len(rows), len(crowd.ids), len(set(crowd.sector[rows].tolist())), mean, float(np.mean(naming)))


def assess(
    at: dt.datetime,
    terms: Sequence[str],
    texts: Sequence[Text],
    window: Sequence[Text],
    idf: Mapping[str, float],
    crowd: Crowd,
    *,
    log10_p: float,
    title: str = "",
    key: str = "",
) -> Assessment:
    """Measure a theme from its texts of the last 72 hours.

    terms: that burst, most surprising first; texts: candidates to belong, of 72 hours; window: of 12 hours, for the
    name.
    """
    mine = [text for text in texts if (key and key in text.keys) or (not key and text.terms & set(terms[:8]))]
    centroid = compute_centroid([text.terms for text in mine], idf)
    close = {text.id: 1.0 if key else compute_closeness(text.terms, centroid, idf) for text in mine}
    joined = [text for text in mine if close[text.id] >= JOINS]
    pairs = [(text, crowd.row_of[one]) for text in joined for one in text.issuers if one in crowd.row_of]
    age = [(at - text.event_at) / HOUR for text, _ in pairs]
    text_part = compute_text_part(age, [close[text.id] for text, _ in pairs], [row for _, row in pairs], len(crowd.ids))
    price_part = compute_price_part(crowd.excess.T, text_part) if pairs else np.full(len(crowd.ids), np.nan)
    members = find_members(text_part, price_part, crowd.z)
    rows = np.flatnonzero(text_part >= NAMED)  # whoever is written about: members are chosen by price already
    coherence = float("nan")
    if rows.size >= 2:
        coherence = compute_coherence(crowd.correlation, rows, draw_matched_sets(rows, crowd.group, seed=int(rows[0])))
    rvol = crowd.rvol[rows]
    busy = float(np.mean(rvol[np.isfinite(rvol)] >= BUSY_RVOL)) if np.isfinite(rvol).any() else float("nan")
    recent = [text for text in joined if at - text.event_at <= WINDOW_H * HOUR]
    issuers = len(set().union(*(text.issuers for text in recent)) & crowd.row_of.keys()) if recent else 0
    kinds: Counter[str] = Counter(kind for text in joined for kind in text.kinds)
    first: dict[int, dt.datetime] = {}
    for text, row in pairs:
        first.setdefault(int(crowd.ids[row]), text.event_at)
    return Assessment(
        name=title or _name(joined, window),
        terms=tuple(terms[:12]),
        centroid=centroid,
        documents={id: close[text.id] for text in joined for id in text.documents},
        members=members,
        first_mention=first,
        first_at=min((text.event_at for text in joined), default=at),
        coherence=coherence,
        busy_share=busy,
        confidence=score_confidence(log10_p, issuers, len(kinds), coherence, busy),
        issuers=issuers,
        log10_p=log10_p,
        kinds=kinds,
    )


def _name(joined: Sequence[Text], window: Sequence[Text]) -> str:
    inside = Counter(term for text in joined for term in text.terms)
    ids = {text.id for text in joined}
    others = [text for text in window if text.id not in ids]
    outside = Counter(term for text in others for term in text.terms if term in inside)
    frequent = {term: count for term, count in inside.items() if count >= max(2, 0.2 * len(joined))}
    return name_theme(frequent or inside, outside, len(joined), len(others))[:100]
