"""One reading of every feed. What one vendor refuses does not stop the others."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from django.conf import settings

from sentiment_site.market import clock
from sentiment_site.providers.errors import NotEntitled, ProviderError
from sentiment_site.providers.records import Fetched
from sentiment_site.providers.registry import Vendors
from sentiment_site.providers.setup import social_vendors
from sentiment_site.providers.setup import vendors as configured_vendors
from sentiment_site.providers.social_registry import SocialVendors
from sentiment_site.providers.x import X
from themes.models import CollectionState
from themes.models.documents import DocumentKind
from universe.bars import vendor_source
from universe.models import DataSource

from .feeds import LONGEST_CATCH_UP, fetch_filings, fetch_news, fetch_press, since_of
from .post_store import forget_posts, list_recheckable, store_counts, store_posts
from .posts import (
    Post,
    Unread,
    fetch_reddit,
    fetch_symbol_counts,
    fetch_tweets,
    find_deleted_submissions,
    find_deleted_tweets,
)
from .records import Draft, Stored
from .state import OverBudget, SwitchedOff, note_failure, note_success, open_feed, spend
from .store import load_ticker_book, store_documents
from .tickers import TickerBook

Progress = Callable[[float, str], None]
T = TypeVar("T")
# Posts are looked at again for this long: the platforms want what is deleted to be forgotten.
RECHECKED = dt.timedelta(days=5)
FIRST_DAY = dt.timedelta(hours=24)


@dataclass(slots=True)
class CollectionReport:
    """What a reading did, in lines for the job's row; the errors that did not stop it; ids of the new documents."""

    lines: list[str] = field(default_factory=list)
    errors: list[ProviderError] = field(default_factory=list)
    document_ids: list[int] = field(default_factory=list)


def collect_documents(
    progress: Progress | None = None, vendors: Vendors | None = None, social: SocialVendors | None = None
) -> CollectionReport:
    """Read every feed since its last time; see the module."""
    vendors, social = vendors or configured_vendors(), social or social_vendors()
    book, report = load_ticker_book(), CollectionReport()
    steps = list(_steps(vendors, social, book))
    for place, (feed, step) in enumerate(steps):
        if progress:
            progress(100 * place / len(steps), feed)
        _guarded(feed, report, step)
    return report


def honour_deletions(social: SocialVendors | None = None) -> CollectionReport:
    """Take the words of posts away that their authors deleted within five days."""
    social, report = social or social_vendors(), CollectionReport()
    since = clock.now() - RECHECKED
    x, reddit = social.x, social.reddit

    def tweets(report: CollectionReport) -> None:
        if x is not None:
            gone = find_deleted_tweets(x, open_feed("x"), list_recheckable(DocumentKind.X, since))
            report.lines.append(f"{forget_posts(DocumentKind.X, gone)} posts of X forgotten")

    def submissions(report: CollectionReport) -> None:
        if reddit is not None:
            names = list_recheckable(DocumentKind.REDDIT, since)
            gone = find_deleted_submissions(reddit, open_feed("reddit"), names)
            report.lines.append(f"{forget_posts(DocumentKind.REDDIT, gone)} posts of Reddit forgotten")

    _guarded("x", report, tweets)
    _guarded("reddit", report, submissions)
    return report


def _steps(
    vendors: Vendors, social: SocialVendors, book: TickerBook
) -> Iterator[tuple[str, Callable[[CollectionReport], None]]]:
    """The feeds that this installation has."""

    def read(
        feed: str,
        fetch: Callable[[CollectionState], Iterable[Fetched[tuple[T, ...]]]],
        store: Callable[[tuple[T, ...], DataSource], Stored],
    ) -> tuple[str, Callable[[CollectionReport], None]]:
        return feed, lambda report: _read(feed, fetch, store, report)

    def documents(drafts: tuple[Draft, ...], source: DataSource) -> Stored:
        return store_documents(drafts, source, book)

    def posts(some: tuple[Post, ...], source: DataSource) -> Stored:
        return store_posts(some, source, book)

    yield read(
        "filings", lambda state: _counted(state, [fetch_filings(vendors.edgar, since_of(state.read_until))]), documents
    )
    yield read(
        "news", lambda state: _counted(state, [fetch_news(vendors.polygon, since_of(state.read_until))]), documents
    )
    if settings.RSS_FEEDS:
        yield read("press", lambda state: _counted(state, fetch_press(vendors.rss)), documents)
    x, reddit = social.x, social.reddit
    if x is not None:
        feed, read_posts = read("x", lambda state: fetch_tweets(x, state), posts)
        yield feed, lambda report: _read_or_count(x, read_posts, report)
    if reddit is not None:
        yield read("reddit", lambda state: fetch_reddit(reddit, state), posts)


def _read_or_count(x: X, read_posts: Callable[[CollectionReport], None], report: CollectionReport) -> None:
    """Where the budget does not reach the posts, the rest of it pays for counting them. OverBudget; ProviderError."""
    try:
        read_posts(report)
    except Unread as unread:
        state = CollectionState.objects.get(feed="x")
        pages = list(fetch_symbol_counts(x, state, unread.queries))
        kept = sum(store_counts(page.records, is_simulated=page.simulated) for page in pages)
        report.lines.append(f"x: posts of {len(pages)} symbols only counted, {kept:,} hours")
        raise


def _counted(state: CollectionState, pages: Iterable[Fetched[T]]) -> Iterator[Fetched[T]]:
    for page in pages:
        spend(state, requests=1)
        yield page


def _guarded(feed: str, report: CollectionReport, step: Callable[[CollectionReport], None]) -> None:
    try:
        step(report)
    except (SwitchedOff, OverBudget) as reason:
        report.lines.append(str(reason))
    except ProviderError as error:
        note_failure(feed, error)
        report.lines.append(f"{feed}: {error}")
        if not isinstance(error, NotEntitled):
            report.errors.append(error)


def _read(
    feed: str,
    fetch: Callable[[CollectionState], Iterable[Fetched[tuple[T, ...]]]],
    store: Callable[[tuple[T, ...], DataSource], Stored],
    report: CollectionReport,
) -> None:
    """Read one feed, store page by page, then move its cursor: what fails half-way is read again. ProviderError."""
    now = clock.now()
    state = open_feed(feed, **({"daily_cost_max": settings.X_BUDGET_PER_DAY or None} if feed == "x" else {}))
    new = copies = mentions = 0
    for fetched in fetch(state):
        delay = settings.POLYGON_DELAY_S if fetched.vendor == "polygon" else 0
        stored = store(fetched.records, vendor_source(fetched.vendor, simulated=fetched.simulated, delay_s=delay))
        spend(state, items=len(stored.document_ids))
        report.document_ids += stored.document_ids
        new, copies, mentions = new + len(stored.document_ids), copies + stored.copies, mentions + stored.mentions
    note_success(state, now, since=_read_from(state.read_until, now))
    report.lines.append(f"{feed}: {new:,} documents new, {copies:,} of them copies, {mentions:,} mentions")


def _read_from(before: dt.datetime | None, now: dt.datetime) -> dt.datetime:
    """From when on the documents of a reading are complete: the last time, a day back the first time (what feeds.py
    and posts.py read at least), the longest catch-up after a standstill."""
    return max(before, now - LONGEST_CATCH_UP) if before else now - FIRST_DAY
