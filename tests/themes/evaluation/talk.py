"""What is written about the simulated market, as counts per stock at a moment: filings, news, posts.

It reads the archive the vendors' endpoints serve from, without the wire, and none of its truth.
"""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter, defaultdict
from zlib import crc32

import numpy as np
import numpy.typing as npt

from sentiment_site.simulator.documents.document import Channel, Document
from sentiment_site.simulator.world import World
from themes.kernels.promotion import is_promotional

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

HOUR, DAY = 3600.0, 86_400.0
_SIGNATURE, _ALIKE = 32, 0.8
_YOUNG = 30 * DAY
_LIST_OF_MOVERS = 3  # an article that names more stocks explains none of them
_PRIME = (1 << 31) - 1
_WORD = re.compile(r"[a-z]{2,}")


class Dated:
    """Moments of things about stocks, in order of time."""

    def __init__(self, rows: list[int], at: list[float]) -> None:
        order = np.argsort(np.array(at, dtype=np.float64), kind="stable")
        self.at = np.array(at, dtype=np.float64)[order]
        self.rows = np.array(rows, dtype=np.int64)[order]
        self.order = order

    def span(self, now: float, seconds: float) -> slice:
        """Those of the last `seconds` up to now."""
        return slice(*np.searchsorted(self.at, (now - seconds, now), side="right"))

    def count(self, now: float, seconds: float, size: int) -> FloatArray:
        """How many per stock."""
        return np.bincount(self.rows[self.span(now, seconds)], minlength=size).astype(np.float64)

    def age_in_days(self, now: float, size: int) -> FloatArray:
        """Days since the newest, infinite where there is none."""
        newest = np.full(size, -np.inf)
        seen = slice(0, int(np.searchsorted(self.at, now, side="right")))
        np.maximum.at(newest, self.rows[seen], self.at[seen])
        return (now - newest) / DAY


class Talk:
    """Everything published in a span. `at` calls must not go back in time by more than the span."""

    def __init__(self, world: World, begin: dt.datetime, end: dt.datetime) -> None:
        self._row_of, self.size = world.tape.listing.row_of, len(world.tape.listing.securities)
        found: dict[Channel, list[Document]] = {channel: [] for channel in Channel}
        while begin < end:  # some days of all channels at a time: the archive keeps the plans of ten
            until = min(begin + dt.timedelta(days=5), end)
            for channel in Channel:
                found[channel] += world.documents.published(channel, begin, until)
            begin = until
        filings = found[Channel.FILING]
        eight_k = [one for one in filings if one.filing and one.filing.form.startswith("8-K")]
        hard = [one for one in eight_k if one.filing and {"1.01", "8.01"} & set(one.filing.items)
                and "3.02" not in one.filing.items]  # fmt: skip
        self._filings, self._hard = self._dated(eight_k), self._dated(hard)
        self._takedowns = self._dated([one for one in filings if _form(one) in ("424B5", "424B4", "424B3")])
        self._shelves = self._dated([one for one in filings if _form(one) in ("S-3", "F-3", "S-1", "EFFECT")])
        self._late = self._dated([one for one in filings if _form(one).startswith("NT") or _doubt(one)])
        self._articles = self._dated([one for one in found[Channel.NEWS] if len(one.symbols) <= _LIST_OF_MOVERS])
        self._releases = self._dated(found[Channel.RELEASE])
        self._prepare_posts([*found[Channel.X], *found[Channel.REDDIT]])

    def at(self, moment: dt.datetime) -> dict[str, FloatArray]:
        """The corporate, news and social inputs of all stocks at a moment, by name of RedFlagInputs."""
        now, size = moment.timestamp(), self.size
        articles, filings = self._articles.count(now, 2 * DAY, size), self._filings.count(now, 2 * DAY, size)
        posts = self._posts.count(now, DAY, size)
        usual = (self._posts.count(now, 21 * DAY, size) - posts) / 20.0
        some = np.maximum(posts, 1.0)
        return {
            "days_since_takedown": self._takedowns.age_in_days(now, size),
            "days_since_shelf": self._shelves.age_in_days(now, size),
            "reporting": (self._late.count(now, 60 * DAY, size) > 0).astype(np.float64),
            "filings_48h": filings,
            "articles_48h": articles,
            "releases_48h": self._releases.count(now, 2 * DAY, size),
            "posts_24h": posts,
            "mention_z": (posts - usual) / np.sqrt(usual + 1.0),
            "top_authors": self._top_authors(now, posts),
            "duplicates": self._share(self._copied, now) / some,
            "young": self._share(self._young, now) / some,
            "promotion": self._share(self._promotional, now) / some,
        }

    def hard_catalyst(self, moment: dt.datetime) -> FloatArray:
        """1 where an 8-K on an agreement or other event stands beside three articles or more within 48 hours."""
        now = moment.timestamp()
        told = self._hard.count(now, 2 * DAY, self.size) > 0
        return (told & (self._articles.count(now, 2 * DAY, self.size) >= 3)).astype(np.float64)

    def _dated(self, documents: list[Document]) -> Dated:
        pairs = [(row, one.at.timestamp()) for one in documents for row in self._rows(one)]
        return Dated([row for row, _ in pairs], [at for _, at in pairs])

    def _rows(self, document: Document) -> list[int]:
        return [self._row_of[symbol] for symbol in document.symbols if symbol in self._row_of]

    def _prepare_posts(self, documents: list[Document]) -> None:
        documents = sorted(documents, key=lambda one: one.at)
        pairs = [(row, one) for one in documents for row in self._rows(one)]
        self._posts = Dated([row for row, _ in pairs], [one.at.timestamp() for _, one in pairs])
        authors = [one.author for _, one in pairs]
        self._authors = [author.id if author else "" for author in authors]
        self._young = np.array(
            [author is not None and (one.at - author.created).total_seconds() < _YOUNG
             for (_, one), author in zip(pairs, authors, strict=True)], dtype=np.float64
        )  # fmt: skip
        self._promotional = np.array([is_promotional(f"{one.title} {one.body}") for _, one in pairs], dtype=np.float64)
        self._copied = self._find_copies(pairs)

    def _find_copies(self, pairs: list[tuple[int, Document]]) -> FloatArray:
        """1 where a post repeats one about the same stock of the 48 hours before; quiet stocks are not looked at."""
        busiest = np.zeros(self.size)
        for hour in np.arange(*(self._posts.at[[0, -1]] if len(self._posts.at) else (0.0, 0.0)), 6 * HOUR):
            busiest = np.maximum(busiest, self._posts.count(hour + 6 * HOUR, DAY, self.size))
        rng = np.random.default_rng(5)
        factors = rng.integers(1, _PRIME, (_SIGNATURE, 2), dtype=np.int64)
        recent: dict[int, list[tuple[float, IntArray]]] = defaultdict(list)
        copied = np.zeros(len(pairs))
        for place, (row, one) in enumerate(pairs):
            if busiest[row] < 10:
                continue
            signature, now = _signature(one, factors), one.at.timestamp()
            recent[row] = kept = [pair for pair in recent[row] if pair[0] > now - 2 * DAY]
            if kept:
                alike = (np.array([other for _, other in kept]) == signature).mean(axis=1)
                copied[place] = float(alike.max() >= _ALIKE)
            kept.append((now, signature))
        return copied

    def _share(self, which: FloatArray, now: float) -> FloatArray:
        part = self._posts.span(now, DAY)
        return np.bincount(self._posts.rows[part], weights=which[part], minlength=self.size)

    def _top_authors(self, now: float, posts: FloatArray) -> FloatArray:
        part = self._posts.span(now, DAY)
        share = np.zeros(self.size)
        rows, authors = self._posts.rows[part], self._authors[part]
        many = posts[rows] >= 10
        by_row: dict[int, Counter[str]] = defaultdict(Counter)
        for place in np.flatnonzero(many).tolist():
            by_row[int(rows[place])][authors[place]] += 1
        for row, counted in by_row.items():
            share[row] = sum(count for _, count in counted.most_common(10)) / posts[row]
        return share


def _form(document: Document) -> str:
    return document.filing.form if document.filing else ""


def _doubt(document: Document) -> bool:
    return _form(document) in ("10-Q", "10-K") and "substantial doubt" in document.body


def _signature(document: Document, factors: IntArray) -> IntArray:
    words = _WORD.findall(f"{document.title} {document.body}".lower().replace(*_cashtag(document)))
    runs = {" ".join(words[start : start + 3]) for start in range(max(1, len(words) - 2))}
    hashed = np.array([crc32(run.encode()) & 0x7FFFFFFF for run in runs], dtype=np.int64) % _PRIME
    return ((hashed[None, :] * (factors[:, :1] & 0xFFFF) + factors[:, 1:]) % _PRIME).min(axis=1)


def _cashtag(document: Document) -> tuple[str, str]:
    return (f"${document.symbols[0].lower()}" if document.symbols else "\0"), ""
