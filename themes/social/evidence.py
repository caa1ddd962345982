"""The texts behind a stock's sentiment: what each says, what it counts and why, as it was known at a moment.

A post that its author deleted has no words here any more, at whatever moment one looks, and counts no longer: its score
keeps its place.
"""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from sentiment_site.market import clock
from themes.kernels.source_sentiment import HALF_LIVES
from themes.models import Document, Influencer, NewsSentiment, RedditSentiment, TweetSentiment

from .asked import read_choice, read_whole, refuse_unknown, write_query
from .excerpts import clean_words, excerpt_of, link_of
from .inputs import WINDOWS
from .wording import KIND_TITLES, PART_TITLES

PAGE: Final = 25
FURTHEST: Final = 10_000
PARAMETERS: Final = ("source", "label", "order", "page", "span")
SOURCES: Final = ("twitter", "reddit", "news")
LABELS: Final = ("bearish", "neutral", "bullish")
ORDERS: Final = ("weight", "newest", "score")
_TABLES: Final[Mapping[str, Any]] = {"twitter": TweetSentiment, "reddit": RedditSentiment, "news": NewsSentiment}
_RELATED: Final[Mapping[str, tuple[str, ...]]] = {
    "twitter": ("tweet__document__source", "tweet__influencer"),
    "reddit": ("reddit_post__document__source", "reddit_post__influencer"),
    "news": ("document__source",),
}


@dataclass(frozen=True, slots=True)
class TextQuery:
    """What is asked for: one source or all, one label or all, heaviest, newest or most bearish first. begin: the first
    row where it is not that of the page."""

    source: str = ""
    label: str = ""
    order: str = "weight"
    page: int = 1
    size: int = PAGE
    begin: int | None = None
    given: Mapping[str, str] = field(default_factory=dict)

    def query(self, **changes: str | int) -> str:
        """The address's query with some parts changed."""
        return write_query(self.given, PARAMETERS, **changes)


@dataclass(frozen=True, slots=True)
class TextRow:
    """One text about one stock. score: -1 to 1; weight: as stored, without age; age_factor: 2^(-age/half-life).

    weight_now: weight x age_factor, 0 once its author deleted it; share: of its source's weights now, before any author
    is cut to his tenth.
    parts: name to factor, their product is the weight. state: "here", "deleted" (by its author), "kept" (the text went
    with its retention; the score stays). words, account, url: "" unless it is here.
    """

    key: str
    source: str
    kind: str
    event_at: dt.datetime
    recorded_at: dt.datetime
    account: str
    account_id: int | None
    where: str
    words: str
    url: str
    state: str
    score: float
    lexicon_score: float
    model_score: float | None
    label: str
    weight: float
    age_factor: float
    weight_now: float
    share: float
    parts: Mapping[str, float]
    spam_reasons: tuple[str, ...]
    engine: str
    is_simulated: bool | None

    @property
    def kind_title(self) -> str:
        """Where it was written, in a word."""
        return KIND_TITLES.get(self.kind, self.kind)

    @property
    def factors(self) -> list[tuple[str, float]]:
        """Age first, then the stored parts, with their titles."""
        named = [(PART_TITLES.get(name, name), value) for name, value in self.parts.items()]
        return [(PART_TITLES["age"], self.age_factor), *named]


@dataclass(frozen=True, slots=True)
class Texts:
    """A page of texts. total: that fit; counts: source to how many in the window, whatever is asked for."""

    rows: tuple[TextRow, ...]
    total: int
    counts: Mapping[str, int]


def parse_texts(given: Mapping[str, str]) -> TextQuery:
    """The query of an address. BadParameter."""
    refuse_unknown(given, PARAMETERS)
    return TextQuery(
        source=read_choice(given, "source", ("", *SOURCES)),
        label=read_choice(given, "label", ("", *LABELS)),
        order=read_choice(given, "order", ORDERS, ORDERS[0]),
        page=read_whole(given, "page", 1, 1, FURTHEST),
        given=dict(given),
    )


def limited(asked: TextQuery, limit: int, offset: int) -> TextQuery:
    """The same with a stretch of rows instead of a page."""
    return replace(asked, size=limit, begin=offset)


@dataclass(frozen=True, slots=True)
class _Light:
    source: str
    pk: int
    event_at: dt.datetime
    score: float
    label: str
    weight_now: float
    age_factor: float


def texts_of(instrument_id: int, as_of: dt.datetime | None = None, query: TextQuery | None = None) -> Texts:
    """The texts about a stock that are young enough to count at a moment, as known then. At most six statements."""
    at, asked = as_of or clock.now(), query or TextQuery()
    every = [one for source in SOURCES for one in _load(source, instrument_id, at)]
    counts = dict.fromkeys(SOURCES, 0)
    heavy: defaultdict[str, float] = defaultdict(float)
    for one in every:
        counts[one.source] += 1
        heavy[one.source] += one.weight_now
    fitting = [one for one in every if asked.source in ("", one.source) and asked.label in ("", one.label)]
    fitting.sort(key=_order(asked.order))
    begin = (asked.page - 1) * asked.size if asked.begin is None else asked.begin
    shown = fitting[begin : begin + asked.size]
    details = _load_details(shown)
    rows = tuple(_row(one, details[one.source, one.pk], heavy[one.source]) for one in shown)
    return Texts(rows, len(fitting), counts)


def _load(source: str, instrument_id: int, at: dt.datetime) -> list[_Light]:
    document = "document" if source == "news" else "tweet__document" if source == "twitter" else "reddit_post__document"
    oldest = max(WINDOWS[source], WINDOWS["filing"] if source == "news" else 0.0)
    rows = _TABLES[source].objects.filter(
        instrument_id=instrument_id, event_at__gt=at - dt.timedelta(hours=oldest), event_at__lte=at, recorded_at__lte=at
    )
    found = []
    for pk, key, event_at, score, label, weight, removed_at in rows.values_list(
        "pk", "document_key", "event_at", "score", "label", "weight", f"{document}__removed_at"
    ):
        what = "filing" if key.startswith("filing:") else source
        hours = (at - event_at).total_seconds() / 3600
        if hours >= WINDOWS[what]:
            continue
        factor = 2.0 ** (-hours / HALF_LIVES[what])
        counts = removed_at is None or removed_at > at
        found.append(_Light(source, pk, event_at, score, label, weight * factor if counts else 0.0, factor))
    return found


def _order(order: str) -> Any:
    if order == "newest":
        return lambda one: (-one.event_at.timestamp(), one.source, -one.pk)
    if order == "score":
        return lambda one: (one.score, -one.weight_now, one.source, -one.pk)
    return lambda one: (-one.weight_now, -one.event_at.timestamp(), one.source, -one.pk)


def _load_details(shown: Sequence[_Light]) -> dict[tuple[str, int], Any]:
    found: dict[tuple[str, int], Any] = {}
    for source in SOURCES:
        ids = [one.pk for one in shown if one.source == source]
        if ids:
            rows = _TABLES[source].objects.filter(pk__in=ids).select_related(*_RELATED[source])
            found |= {(source, row.pk): row for row in rows}
    return found


def _row(light: _Light, row: Any, heavy: float) -> TextRow:
    post: Any = getattr(row, "tweet", None) or getattr(row, "reddit_post", None)
    document: Document | None = post.document if post is not None else getattr(row, "document", None)
    author: Influencer | None = post.influencer if post is not None else None
    kind, _, _ = row.document_key.partition(":")
    state = "kept" if document is None else "deleted" if document.removed_at else "here"
    words = url = account = ""
    if document is not None and state == "here":
        words = excerpt_of(document.title, document.text)
        url = link_of(document.url, is_simulated=document.is_simulated)
        account = clean_words(author.username if author else document.author)
        state = "here" if words else "kept"
    return TextRow(
        key=row.document_key,
        source=light.source,
        kind=kind,
        event_at=row.event_at,
        recorded_at=row.recorded_at,
        account=account,
        account_id=author.pk if author is not None and state == "here" else None,
        where=f"r/{post.subreddit}" if hasattr(post, "subreddit") else "",
        words=words,
        url=url,
        state=state,
        score=row.score,
        lexicon_score=row.lexicon_score,
        model_score=row.model_score,
        label=row.label,
        weight=row.weight,
        age_factor=light.age_factor,
        weight_now=light.weight_now,
        share=light.weight_now / heavy if heavy > 0 else 0.0,
        parts=row.weight_parts,
        spam_reasons=tuple(post.spam_reasons) if post is not None else (),
        engine=row.engine_version,
        is_simulated=None if document is None else document.is_simulated,
    )
