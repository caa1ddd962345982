"""What was written about stocks as inputs of the red flags: filings, news, posts. Known by a moment, public by another.

An absence counts only where somebody looked: a feed that was silent, or that has not been read for as long as a flag
looks back, leaves its inputs unknown.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from themes.models import CollectionState
from themes.models.documents import DocumentKind

from .signs import Signs, signs_of
from .talk import Counts, load_posts, read_posts

Floats = npt.NDArray[np.float64]
Ids = npt.NDArray[np.int32]

DAY = dt.timedelta(days=1)
WINDOW_NEWS = 2 * DAY
WINDOW_TAKEDOWN, WINDOW_SHELF, WINDOW_DOUBT = 10 * DAY, 90 * DAY, 60 * DAY
# Feeds are read every five minutes to an hour; twice that without a reading is silence.
SILENT_AFTER = dt.timedelta(hours=2)
SLACK = dt.timedelta(hours=3)
LIST_OF_MOVERS = 3  # an article that names more stocks explains none of them
LEAST_SURE = 0.5

TAKEDOWNS = frozenset({"424B5", "424B4", "424B3"})
SHELVES = frozenset({"S-3", "S-3ASR", "F-3", "S-1", "EFFECT"})
CURRENT = frozenset({"8-K", "6-K"})
LATE = frozenset({"NT 10-K", "NT 10-Q"})
FOREIGN = frozenset({"F-1", "F-3", "6-K"})
CATALYST_FORMS = frozenset({"8-K", "6-K", "SC TO-T", "SC 14D9", "425", "DEFM14A", "S-4"})
AUDITOR_ITEMS = frozenset({"4.01", "4.02"})
DILUTION_ITEMS = frozenset({"1.01", "3.02", "8.01"})
# Who prints what he is paid for, wherever it is found.
WIRES = ("globenewswire", "pr newswire", "prnewswire", "business wire", "businesswire", "accesswire", "newsfile",
         "ein presswire", "access newswire", "paid")  # fmt: skip

_SINCE = """
SELECT (SELECT min(event_at) FROM themes_document WHERE kind = 'filing' AND recorded_at <= %(known)s),
       (SELECT min(event_at) FROM themes_document WHERE kind = 'news' AND recorded_at <= %(known)s),
       (SELECT min(event_at) FROM themes_document WHERE kind = 'rss' AND recorded_at <= %(known)s),
       (SELECT min(event_at) FROM themes_document WHERE kind IN ('x', 'reddit') AND recorded_at <= %(known)s)
"""
_TOLD = """
SELECT m.instrument_id, d.id, d.kind, d.form, d.items, d.title, d.url, d.author, d.event_at, d.recorded_at,
       CASE WHEN d.kind = 'filing' THEN 1 ELSE (SELECT count(*) FROM themes_mention o WHERE o.document_id = d.id) END
FROM themes_mention m JOIN themes_document d ON d.id = m.document_id
WHERE m.instrument_id = ANY(%(ids)s) AND m.event_at <= %(at)s AND m.sureness >= %(sure)s AND d.recorded_at <= %(known)s
  AND ((d.kind = 'filing' AND m.event_at > %(filings)s) OR (d.kind IN ('news', 'rss') AND m.event_at > %(news)s))
ORDER BY m.event_at, d.id
"""


@dataclass(frozen=True, slots=True)
class Told:
    """A filing or an article about a stock."""

    document_id: int
    kind: str
    form: str
    items: tuple[str, ...]
    title: str
    url: str
    author: str
    event_at: dt.datetime
    recorded_at: dt.datetime
    stocks: int


@dataclass(frozen=True, slots=True)
class Feeds:
    """What can be known at a moment. Each: since when documents of the kind are here, None where the feed is silent."""

    filings: dt.datetime | None
    news: dt.datetime | None
    press: dt.datetime | None
    posts: dt.datetime | None

    @property
    def silent(self) -> list[str]:
        """Those that say nothing."""
        return [name for name in ("filings", "news", "press", "posts") if getattr(self, name) is None]


@dataclass(slots=True)
class Words:
    """values: inputs by their name in RedFlagInputs, (n,). evidence: the document that raised a flag, by instrument and
    flag. newest: when a stock's newest counted document was recorded. catalyst_filing: the newest that verifies one."""

    values: dict[str, Floats]
    feeds: Feeds
    evidence: dict[int, dict[str, dict[str, Any]]] = field(default_factory=lambda: defaultdict(dict))
    newest: dict[int, dt.datetime] = field(default_factory=dict)
    catalyst_filing: dict[int, Told] = field(default_factory=dict)


def load_feeds(at: dt.datetime, known_at: dt.datetime) -> Feeds:
    """Which feeds speak, and since when. Two statements."""
    read = {
        state.feed: state.read_until
        for state in CollectionState.objects.filter(is_enabled=True, read_until__isnull=False)
    }
    speaks = {feed for feed, until in read.items() if until is not None and until >= at - SILENT_AFTER}
    with connection.cursor() as cursor:
        cursor.execute(_SINCE, {"known": known_at})
        filings, news, press, posts = cursor.fetchone()
    return Feeds(
        filings=filings if "filings" in speaks else None,
        news=news if "news" in speaks else None,
        press=press if "press" in speaks else None,
        posts=posts if speaks & {"x", "reddit"} else None,
    )


def load_words(ids: Ids, at: dt.datetime, known_at: dt.datetime, feeds: Feeds, counts: Counts) -> Words:
    """The corporate, news and social inputs of stocks at a moment. Three statements whatever their number, and one for
    texts that were not read yet."""
    words = Words({}, feeds)
    told = _load_told(ids, at, known_at)
    posts = load_posts(ids, at, known_at)
    readable = {one.document_id for some in told.values() for one in some if one.kind == DocumentKind.FILING}
    signs = signs_of(readable | {post.document_id for some in posts.values() for post in some})
    _read_filings(words, ids, told, signs, at)
    _read_news(words, ids, told, at)
    words.values.update(read_posts(ids, posts, signs, at, feeds.posts, counts))
    for one in ids.tolist():
        recent = [each.recorded_at for each in told.get(one, ()) if each.event_at > at - WINDOW_NEWS]
        stamps = recent + [post.recorded_at for post in posts.get(one, ())]
        if stamps:
            words.newest[one] = max(stamps)
    return words


def _load_told(ids: Ids, at: dt.datetime, known_at: dt.datetime) -> dict[int, list[Told]]:
    asked = {"ids": ids.tolist(), "at": at, "known": known_at, "sure": LEAST_SURE,
             "filings": at - WINDOW_SHELF, "news": at - WINDOW_NEWS}  # fmt: skip
    found: dict[int, list[Told]] = defaultdict(list)
    with connection.cursor() as cursor:
        cursor.execute(_TOLD, asked)
        for one, pk, kind, form, items, title, url, author, event_at, recorded_at, stocks in cursor.fetchall():
            root = form.split("/")[0].strip()
            listed = tuple(str(item) for item in _as_list(items))
            found[one].append(Told(pk, kind, root, listed, title, url, author, event_at, recorded_at, stocks))
    return found


def _read_filings(
    words: Words, ids: Ids, told: Mapping[int, Sequence[Told]], signs: Mapping[int, Signs], at: dt.datetime
) -> None:
    since = words.feeds.filings
    columns: dict[str, list[float]] = defaultdict(list)
    for one in ids.tolist():
        filings = [each for each in told.get(one, ()) if each.kind == DocumentKind.FILING]
        takedown = _newest(each for each in filings if each.form in TAKEDOWNS)
        shelf = _newest(each for each in filings if each.form in SHELVES)
        toxic = _newest(each for each in filings if _dilutes(each) and signs[each.document_id].is_toxic)
        late = _newest(
            each for each in filings
            if each.event_at > at - WINDOW_DOUBT
            and (each.form in LATE or AUDITOR_ITEMS & set(each.items) or signs[each.document_id].is_doubtful)
        )  # fmt: skip
        for name, newest, window in (
            ("days_since_takedown", takedown, WINDOW_TAKEDOWN),
            ("days_since_shelf", shelf, WINDOW_SHELF),
        ):
            columns[name].append(_days(newest, since, window, at))
        columns["toxic"].append(_sign(toxic, since, WINDOW_SHELF, at))
        columns["reporting"].append(_sign(late, since, WINDOW_DOUBT, at))
        columns["foreign"].append(1.0 if any(each.form in FOREIGN for each in filings) else np.nan)
        recent = [each for each in filings if each.form in CURRENT and each.event_at > at - WINDOW_NEWS]
        columns["filings_48h"].append(_counted(len(recent), since, WINDOW_NEWS, at))
        for flag, newest in (("takedown", takedown), ("shelf", shelf), ("toxic", toxic), ("reporting", late)):
            if newest is not None:
                words.evidence[one][flag] = describe(newest)
        verified = _newest(
            each for each in filings if each.form in CATALYST_FORMS and each.event_at > at - WINDOW_NEWS
            and "3.02" not in each.items
        )  # fmt: skip
        if verified is not None:
            words.catalyst_filing[one] = verified
    words.values.update({name: np.array(column, dtype=np.float64) for name, column in columns.items()})


def _read_news(words: Words, ids: Ids, told: Mapping[int, Sequence[Told]], at: dt.datetime) -> None:
    articles, releases = [], []
    since_press = words.feeds.press or words.feeds.news
    for one in ids.tolist():
        recent = [
            each for each in told.get(one, ())
            if each.kind != DocumentKind.FILING and each.event_at > at - WINDOW_NEWS and each.stocks <= LIST_OF_MOVERS
        ]  # fmt: skip
        paid = [each for each in recent if is_release(each.kind, each.author)]
        articles.append(_counted(len(recent) - len(paid), words.feeds.news, WINDOW_NEWS, at))
        releases.append(_counted(len(paid), since_press, WINDOW_NEWS, at))
        if paid:
            words.evidence[one]["only_wire"] = describe(paid[-1])
    words.values["articles_48h"] = np.array(articles, dtype=np.float64)
    words.values["releases_48h"] = np.array(releases, dtype=np.float64)


def is_release(kind: str, author: str) -> bool:
    """Whether a company paid for its being printed: everything of the press feeds, and wires among the news."""
    return kind == DocumentKind.RSS or any(wire in author.lower() for wire in WIRES)


def describe(told: Told) -> dict[str, Any]:
    """A document as evidence on a page. An address that a browser would run is left out."""
    safe = told.url if told.url.startswith(("https://", "http://")) else ""
    return {"title": told.title[:200], "url": safe, "at": told.event_at.isoformat(), "document": told.document_id}


def _dilutes(told: Told) -> bool:
    return told.form in TAKEDOWNS | SHELVES or (told.form in CURRENT and bool(DILUTION_ITEMS & set(told.items)))


def _newest(some: Any) -> Told | None:
    return max(some, key=lambda each: (each.event_at, each.document_id), default=None)


def _covers(since: dt.datetime | None, window: dt.timedelta, at: dt.datetime) -> bool:
    return since is not None and since <= at - window + SLACK


def _days(newest: Told | None, since: dt.datetime | None, window: dt.timedelta, at: dt.datetime) -> float:
    if newest is not None:
        return (at - newest.event_at) / DAY
    return float("inf") if _covers(since, window, at) else float("nan")


def _sign(newest: Told | None, since: dt.datetime | None, window: dt.timedelta, at: dt.datetime) -> float:
    return 1.0 if newest is not None else (0.0 if _covers(since, window, at) else float("nan"))


def _counted(count: int, since: dt.datetime | None, window: dt.timedelta, at: dt.datetime) -> float:
    return float(count) if count or _covers(since, window, at) else float("nan")


def _as_list(items: Any) -> list[Any]:
    loaded = json.loads(items) if isinstance(items, str) else items
    return loaded if isinstance(loaded, list) else []
