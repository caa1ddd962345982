"""Texts of a window and what they count, before any database: what detection computes with."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

HOUR = dt.timedelta(hours=1)


@dataclass(slots=True)
class Text:
    """One text and its copies: terms of the first, stocks, authors and kinds of all. id: of the first document."""

    id: int
    event_at: dt.datetime
    terms: frozenset[str]
    keys: frozenset[str]
    issuers: set[int]
    kinds: set[str]
    authors: set[str]
    documents: list[int]


@dataclass(slots=True)
class TermCount:
    """What the window holds of a term."""

    issuers: set[int] = field(default_factory=set)
    authors: set[str] = field(default_factory=set)
    kinds: set[str] = field(default_factory=set)
    texts: set[int] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Baseline:
    """Issuer mentions of each term and of all of them in the 14 days before a window, and the hours that were counted.

    texts, all_texts: (age in days, texts) of each term and of all, for the rarity of words.
    """

    mentions: Mapping[str, int]
    total: int
    hours: int
    texts: Mapping[str, list[tuple[float, int]]]
    all_texts: Sequence[tuple[float, int]]


def count_terms(texts: Iterable[Text], *, curated: bool = False) -> dict[str, TermCount]:
    """Terms (or with `curated` keys of curated themes) of texts about any stock."""
    found: dict[str, TermCount] = {}
    for text in texts:
        if not text.issuers:
            continue
        for term in text.keys if curated else text.terms:
            count = found.setdefault(term, TermCount())
            count.issuers |= text.issuers
            count.authors |= text.authors
            count.kinds |= text.kinds
            count.texts.add(text.id)
    return found


def key_term(key: str) -> str:
    """How a curated theme stands among the terms of the baseline."""
    return f"#{key}"
