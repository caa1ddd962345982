"""What one source says of a stock: posts and articles weighed by age, no author above his share.

Source: docs/methods/confluence.md.

Arrays of m items become arrays (n, 4): n stocks, the sources in the order of SOURCES. NaN = nobody said anything.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

SOURCES: Final = ("twitter", "reddit", "news", "options")
# Hours after which an item counts half. Filings belong to the source news; options age in trading hours.
HALF_LIVES: Final = {"twitter": 4.0, "reddit": 8.0, "news": 24.0, "filing": 48.0, "options": 6.5}
# Effective items at which a source is half believed.
SATURATION: Final = (8.0, 6.0, 2.0, 1.0)
AUTHOR_SHARE: Final = 0.10
NOBODY: Final = -1
_MOST_CAPPED: Final = 10  # more than nine authors cannot stand above a tenth each


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """m items, (m,) each. stock: row 0..n-1; source: index into SOURCES; score: [-1, 1]; weight: spam.compute_weight,
    without age; age: hours (options: trading hours); half_life: hours (HALF_LIVES); author: any number, NOBODY where
    unknown (every such item then counts as an author of its own).

    ValueError for shapes that differ, half-lives that are not above 0 and scores outside [-1, 1].
    """

    stock: IntArray
    source: IntArray
    score: FloatArray
    weight: FloatArray
    age: FloatArray
    half_life: FloatArray
    author: IntArray

    def __post_init__(self) -> None:
        """Refuse what cannot be weighed."""
        parts = (self.stock, self.source, self.score, self.weight, self.age, self.half_life, self.author)
        if {np.shape(part) for part in parts} != {(len(self.stock),)}:
            raise ValueError("items must all have the shape (m,)")
        if not np.all(self.half_life > 0):
            raise ValueError("a half-life must be above 0")
        if np.any(np.abs(self.score) > 1):
            raise ValueError("a score must lie in [-1, 1]")


@dataclass(frozen=True, slots=True, eq=False)
class SourceReading:
    """(n, 4) each. score: weighted mean in [-1, 1], NaN without an item; effective_count: (sum w)^2 / sum w^2;
    quality: n/(n+k) in [0, 1); mentions, authors: items and authors that counted; age: hours of the newest item, NaN
    without one; top_share: the largest author's share of the weight after the cap, 0 without one."""

    score: FloatArray
    effective_count: FloatArray
    quality: FloatArray
    mentions: IntArray
    authors: IntArray
    age: FloatArray
    top_share: FloatArray


def compute_decay(age: npt.ArrayLike, half_life: npt.ArrayLike) -> FloatArray:
    """2^(-age / half_life), both hours, broadcast. NaN for an age below 0: what lies ahead is not known yet."""
    hours = np.asarray(age, dtype=np.float64)
    return np.exp2(-np.where(hours >= 0, hours, np.nan) / np.asarray(half_life, dtype=np.float64))


def compute_quality(effective_count: npt.ArrayLike, saturation: npt.ArrayLike) -> FloatArray:
    """n/(n+k): 0 without an item, one half at k items."""
    count = np.asarray(effective_count, dtype=np.float64)
    return count / (count + np.asarray(saturation, dtype=np.float64))


def score_sources(items: Items, stocks: int) -> SourceReading:
    """What every source says of every one of `stocks` stocks.

    Items without a score, without a weight above 0, or from the future (age below 0) do not count.
    """
    decay = compute_decay(items.age, items.half_life)
    weight = items.weight * decay
    usable = np.isfinite(items.score) & np.isfinite(weight) & (np.nan_to_num(weight) > 0)
    width = len(SOURCES)
    cells = stocks * width
    cell = items.stock[usable] * width + items.source[usable]
    score, weight, age = items.score[usable], weight[usable], items.age[usable]
    author, author_cell, author_weight = _by_author(cell, items.author[usable], weight)
    ordinary = _ordinary_post(cell, decay[usable], author, author_cell, items.weight[usable], cells)
    ceiling = cap_authors(author_cell, author_weight, ordinary)
    kept = np.minimum(author_weight, ceiling[author_cell])
    weight = weight * (kept / author_weight)[author]
    total = np.bincount(cell, weight, cells)
    known = total > 0
    whole = np.where(known, total, 1.0)
    # Shares, not weights: the square of a very small weight would be 0.
    share = weight / whole[cell]
    count = np.where(known, 1 / np.where(known, np.bincount(cell, share**2, cells), 1.0), 0.0)
    newest, top = np.full(cells, np.inf), np.zeros(cells)
    np.minimum.at(newest, cell, age)
    np.maximum.at(top, author_cell, kept / whole[author_cell])
    shape = (stocks, width)
    mean = np.clip(np.bincount(cell, share * score, cells), -1.0, 1.0)
    return SourceReading(
        score=np.where(known, mean, np.nan).reshape(shape),
        effective_count=count.reshape(shape),
        quality=compute_quality(count.reshape(shape), SATURATION),
        mentions=np.bincount(cell, minlength=cells).reshape(shape),
        authors=np.bincount(author_cell, minlength=cells).reshape(shape),
        age=np.where(known, newest, np.nan).reshape(shape),
        top_share=top.reshape(shape),
    )


def cap_authors(cell: npt.ArrayLike, weight: npt.ArrayLike, least: npt.ArrayLike) -> FloatArray:
    """The most that one author may weigh in each of c cells, (c,). cell, weight: one entry per author.

    A tenth of what is left after everybody above it was cut to it, but least (c,) at least: where few write, a tenth
    for each is impossible, and dust must not count as much as a fresh post.
    """
    where, size = np.asarray(cell, dtype=np.int64), np.asarray(weight, dtype=np.float64)
    floor = np.asarray(least, dtype=np.float64)
    cells = len(floor)
    order = np.lexsort((-size, where))
    where, size = where[order], size[order]
    count = np.bincount(where, minlength=cells)
    start = np.cumsum(count) - count
    rank = np.arange(len(where)) - start[where]
    largest = np.zeros((cells, _MOST_CAPPED))
    loud = rank < _MOST_CAPPED
    largest[where[loud], rank[loud]] = size[loud]
    # rest[:, j]: the weight of all but the j loudest; if just these are cut, the whole is rest / (1 - j/10).
    before = np.concatenate([np.zeros((cells, 1)), np.cumsum(largest, axis=1)[:, :-1]], axis=1)
    rest = np.maximum(np.bincount(where, size, cells)[:, None] - before, 0.0)
    tenth = AUTHOR_SHARE * rest / (1 - AUTHOR_SHARE * np.arange(_MOST_CAPPED))
    fits = largest <= tenth
    fits[:, -1] = True  # nine cut to what all others weigh together: rounding must not deny it
    limit = tenth[np.arange(cells), fits.argmax(axis=1)]
    return np.asarray(np.maximum(limit, floor))


def _by_author(cell: IntArray, author: IntArray, weight: FloatArray) -> tuple[IntArray, IntArray, FloatArray]:
    """The author of every item as a number 0.., and the cell and weight of each author."""
    anonymous = author == NOBODY
    name = np.where(anonymous, np.arange(len(author)), author)
    pairs, number = np.unique(np.stack([cell, anonymous, name]), axis=1, return_inverse=True)
    number = number.reshape(-1)
    return number, pairs[0], np.asarray(np.bincount(number, weight, pairs.shape[1]), dtype=np.float64)


def _ordinary_post(
    cell: IntArray, decay: FloatArray, author: IntArray, author_cell: IntArray, weight: FloatArray, cells: int
) -> FloatArray:
    """What the middle author's post would weigh if it were as fresh as the freshest one, (cells,), 0 without posts."""
    freshest, heaviest = np.zeros(cells), np.zeros(len(author_cell))
    np.maximum.at(freshest, cell, decay)
    np.maximum.at(heaviest, author, weight)
    order = np.lexsort((heaviest, author_cell))
    padded = np.append(heaviest[order], 0.0)
    count = np.bincount(author_cell, minlength=cells)
    start = np.cumsum(count) - count
    low, high = start + np.maximum(count - 1, 0) // 2, start + count // 2
    middle = (padded[low] + padded[np.minimum(high, len(padded) - 1)]) / 2
    return np.where(count > 0, freshest * middle, 0.0)
