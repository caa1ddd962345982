"""Bursting terms become themes: merged by shared documents, described by their words. methods.md 3.2, step 5."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

SAME_STORY: Final = 0.3
JOINS: Final = 0.35
ABSORBS: Final = 0.6
SAME_MEMBERS: Final = 0.4
HALF_LIFE_DAYS: Final = 7.0
# Words that describe a centroid; more make every theme alike.
CENTROID_TERMS: Final = 40


@dataclass(frozen=True, slots=True)
class Candidate:
    """Terms that burst together, the strongest first, and the documents that carry any of them."""

    terms: tuple[str, ...]
    documents: frozenset[int]


def jaccard(one: frozenset[int], other: frozenset[int]) -> float:
    """Size of the intersection over that of the union, 0 to 1; 0 for two empty sets."""
    return len(one & other) / len(one | other) if one or other else 0.0


def merge_terms(documents: Mapping[str, frozenset[int]], surprise: Mapping[str, float]) -> tuple[Candidate, ...]:
    """Candidates of terms whose documents overlap by .3 or more, most surprising first.

    documents: of each bursting term; surprise: its log10 p, lower is stronger. A term joins the group whose strongest
    term it overlaps, so that a chain of neighbours does not tie everything together.
    """
    groups: list[tuple[list[str], set[int], frozenset[int]]] = []
    for term in sorted(documents, key=lambda one: (surprise[one], one)):
        home = next((group for group in groups if jaccard(group[2], documents[term]) >= SAME_STORY), None)
        if home is None:
            groups.append(([term], set(documents[term]), documents[term]))
        else:
            home[0].append(term)
            home[1].update(documents[term])
    return tuple(Candidate(tuple(terms), frozenset(ids)) for terms, ids, _ in groups)


def compute_idf(
    counts: Mapping[str, Sequence[tuple[float, int]]], documents: Sequence[tuple[float, int]]
) -> dict[str, float]:
    """ln((1 + N) / (1 + n)) + 1 of every term, with counts that halve every seven days.

    counts: of each term, (age in days, documents); documents: the same for all of them.
    """
    total = _decayed(documents)
    return {term: float(np.log((1 + total) / (1 + _decayed(some))) + 1) for term, some in counts.items()}


def _decayed(counts: Sequence[tuple[float, int]]) -> float:
    return float(sum(count * 2.0 ** (-age / HALF_LIFE_DAYS) for age, count in counts))


def compute_centroid(texts: Sequence[frozenset[str]], idf: Mapping[str, float]) -> dict[str, float]:
    """Mean TF-IDF of documents: its forty strongest terms, length 1; {} without documents. Unknown terms are rare."""
    rare = max(idf.values(), default=1.0)
    counts = Counter(term for terms in texts for term in terms)
    weights = {term: count / len(texts) * idf.get(term, rare) for term, count in counts.items()}
    strongest = sorted(weights, key=lambda term: (-weights[term], term))[:CENTROID_TERMS]
    norm = float(np.sqrt(sum(weights[term] ** 2 for term in strongest)))
    return {term: weights[term] / norm for term in strongest} if norm > 0 else {}


def compute_closeness(terms: frozenset[str], centroid: Mapping[str, float], idf: Mapping[str, float]) -> float:
    """Cosine of a document to a centroid of length 1, over the centroid's terms: 0 to 1.

    Only terms of the centroid count in the document's length: a long filing is not far from its own theme.
    """
    rare = max(idf.values(), default=1.0)
    shared = {term: idf.get(term, rare) for term in terms & centroid.keys()}
    if not shared:
        return 0.0
    dot = sum(weight * centroid[term] for term, weight in shared.items())
    return float(min(1.0, dot / np.sqrt(sum(weight**2 for weight in shared.values()))))


def compute_cosine(one: Mapping[str, float], other: Mapping[str, float]) -> float:
    """Cosine of two centroids of length 1."""
    return float(sum(weight * other.get(term, 0.0) for term, weight in one.items()))


def is_same_theme(
    centroids: tuple[Mapping[str, float], Mapping[str, float]], members: tuple[frozenset[int], frozenset[int]]
) -> bool:
    """Whether one of two themes should absorb the other: alike in words (.6) and in members (.4)."""
    return compute_cosine(*centroids) >= ABSORBS and jaccard(*members) >= SAME_MEMBERS


def name_theme(inside: Mapping[str, int], outside: Mapping[str, int], documents: int, others: int) -> str:
    """A name of the two terms most typical of the theme (c-TF-IDF), as `a_b`.

    inside, outside: documents with each term in the theme and elsewhere; a term inside the other is not named twice.
    """
    mean = (documents + others) / 2
    scores = {
        term: count
        / max(documents, 1)
        * np.log(1 + mean / (count + outside.get(term, 0)))
        * (1 + 0.2 * term.count(" "))
        for term, count in inside.items()
    }
    chosen: list[str] = []
    for term in sorted(scores, key=lambda one: (-scores[one], one)):
        if not any(term in one or one in term for one in chosen):
            chosen.append(term)
        if len(chosen) == 2:
            break
    return "_".join(term.replace(" ", "-") for term in chosen)
