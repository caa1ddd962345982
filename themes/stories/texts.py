"""Texts of a window and what they count, before any database: what detection computes with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from themes.kernels.bursts import BASELINE_H, WINDOW_H

HOUR = dt.timedelta(hours=1)
SPELLS = BASELINE_H // WINDOW_H
# Kinds of source with a language and hours of their own: a term is expected of each at its own rate.
POSTS = frozenset({"x", "reddit"})
# Key of the dictionary whose texts are about the whole market: they tell of no theme.
WEATHER = "weather"
Pair = tuple[int, int]  # of the press (news, releases, filings), of posts
NEVER: Pair = (0, 0)


@dataclass(slots=True)
class Text:
    """One text and its copies: terms of the first, stocks, authors and kinds of all. id: of the first document.

    issuers: of the universe; names_stock: whether it names any listed one.
    """

    id: int
    event_at: dt.datetime
    terms: frozenset[str]
    keys: frozenset[str]
    issuers: set[int]
    kinds: set[str]
    authors: set[str]
    documents: list[int]
    names_stock: bool

    @property
    def is_post(self) -> bool:
        """Whether only posts tell it."""
        return self.kinds <= POSTS


@dataclass(slots=True)
class TermCount:
    """What the window holds of a term."""

    issuers: set[int] = field(default_factory=set)
    authors: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    texts: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Spell:
    """Half a day of the baseline. mentions: of the press, of posts."""

    mentions: Pair
    texts: int


@dataclass(frozen=True, slots=True)
class Baseline:
    """Issuer mentions of each term and of all of them in the 14 days before a window, and the hours that were counted.

    mentions, total: of the press, of posts. spells: the half-days before the window, newest first; in_spells: of each
    term (index of the spell, mentions, texts).
    """

    mentions: Mapping[str, Pair]
    total: Pair
    hours: int
    spells: Sequence[Spell]
    in_spells: Mapping[str, Sequence[tuple[int, int, int]]]


def count_terms(texts: Iterable[Text], *, curated: bool = False) -> dict[str, TermCount]:
    """Terms of texts about any stock but not about the whole market; with `curated` the keys of curated themes."""
    found: dict[str, TermCount] = {}
    for text in texts:
        if not text.issuers or (WEATHER in text.keys and not curated):
            continue
        for term in text.keys - {WEATHER} if curated else text.terms:
            count = found.setdefault(term, TermCount())
            count.issuers |= text.issuers
            count.authors |= text.authors
            count.kinds |= text.kinds
            count.texts.add(text.id)
    return found


@dataclass(frozen=True, slots=True)
class HourCount:
    """What one hour adds to the baseline. terms: distinct stocks of the press and of posts, texts."""

    terms: Mapping[str, tuple[int, int, int]]
    mentions: Pair
    documents: int


def count_hour(texts: Sequence[Text]) -> HourCount:
    """Terms and keys of curated themes in the texts of an hour."""
    halves = [text for text in texts if not text.is_post], [text for text in texts if text.is_post]
    press, posts = (count_terms(half) | _keyed(count_terms(half, curated=True)) for half in halves)
    nothing = TermCount()
    terms = {}
    for term in press.keys() | posts.keys():
        one, other = press.get(term, nothing), posts.get(term, nothing)
        terms[term] = len(one.issuers), len(other.issuers), len(one.texts) + len(other.texts)
    return HourCount(terms, count_mentions(texts), len(texts))


def count_mentions(texts: Iterable[Text]) -> Pair:
    """Stocks written about, once per text: of the press, of posts."""
    found = [0, 0]
    for text in texts:
        found[text.is_post] += len(text.issuers)
    return found[0], found[1]


def _keyed(counts: Mapping[str, TermCount]) -> dict[str, TermCount]:
    return {key_term(key): count for key, count in counts.items()}


def key_term(key: str) -> str:
    """How a curated theme stands among the terms of the baseline."""
    return f"#{key}"
