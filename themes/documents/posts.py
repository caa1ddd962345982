"""Posts of X and Reddit: to drafts, with their counts and authors beside; and what their authors deleted since.

X is paid per post. So the counts of a group of cashtags are asked for first, at the price of one post, and posts only
of groups that have some, the busiest first, until the day's budget is spent. Reddit costs nothing and may be absent.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from django.conf import settings

from sentiment_site.market import clock
from sentiment_site.providers.records import Fetched
from sentiment_site.providers.reddit import Reddit
from sentiment_site.providers.social_records import AccountRecord, RedditRecord, TweetRecord
from sentiment_site.providers.x import COUNT_COST, PAGE, POST_COST, X
from themes.models import CollectionState
from themes.models.documents import DocumentKind
from universe.selectors import current_run

from .records import Draft
from .state import OverBudget, check_budget, spend

FIRST_TIME: Final = dt.timedelta(hours=24)
# Recent search reaches back seven days.
LONGEST_CATCH_UP: Final = dt.timedelta(days=6, hours=12)
OVERLAP: Final = dt.timedelta(minutes=10)
LONGEST_QUERY: Final = 500
SUFFIX: Final = ") lang:en -is:retweet"
MOST_PAGES: Final = 10
# Of the day's budget, for counting; the rest is for posts.
COUNT_SHARE: Final = 0.4


@dataclass(frozen=True, slots=True)
class Post:
    """A draft with what the platform counts, and who wrote it. subreddit, flair and ratio: Reddit's only."""

    draft: Draft
    account: AccountRecord
    likes: int = 0
    reposts: int = 0
    replies: int = 0
    quotes: int = 0
    views: int | None = None
    subreddit: str = ""
    ratio: float | None = None
    flair: str = ""


@dataclass(frozen=True, slots=True)
class SymbolHour:
    """How many posts named a symbol in the hour that begins at starts_at (the first and last hour: a part of it)."""

    symbol: str
    starts_at: dt.datetime
    count: int


class Unread(OverBudget):
    """The budget does not reach the posts of some groups; queries: theirs, busiest first."""

    def __init__(self, reason: str, queries: Sequence[str]) -> None:
        super().__init__(reason)
        self.queries = tuple(queries)


def fetch_tweets(x: X, state: CollectionState) -> Iterator[Fetched[tuple[Post, ...]]]:
    """Posts about the universe's members since the last reading, group by group, busiest first. ProviderError.

    OverBudget when the day's budget is spent, Unread when it does not reach the posts of every group that has some:
    what was read so far is stored, the rest is read another day.
    """
    since, until = _since(state), clock.now() - dt.timedelta(minutes=1)
    groups = list_queries(_member_symbols())
    check_pace(state, len(groups))
    busy: list[tuple[int, str]] = []
    for query in groups:
        check_budget(state, cost=COUNT_COST)
        counts = x.fetch_counts(query, since, until)
        spend(state, requests=1, cost=COUNT_COST)
        posts = sum(bucket.count for bucket in counts.records)
        if posts:
            busy.append((posts, query))
    ranked = [query for _, query in sorted(busy, reverse=True)]
    for place, query in enumerate(ranked):
        try:
            yield from _pages(x, state, query, since, until)
        except OverBudget as reason:
            raise Unread(str(reason), ranked[place:]) from None


def fetch_symbol_counts(
    x: X, state: CollectionState, queries: Sequence[str]
) -> Iterator[Fetched[tuple[SymbolHour, ...]]]:
    """Posts per hour since the last reading of every symbol of these groups, one request each, as far as the rest of
    the day's budget reaches. ProviderError."""
    since, until = _since(state), clock.now() - dt.timedelta(minutes=1)
    for symbol in (name for query in queries for name in symbols_of(query)):
        try:
            check_budget(state, cost=COUNT_COST)
        except OverBudget:
            return
        counts = x.fetch_counts(f"(${symbol}{SUFFIX}", since, until)
        spend(state, requests=1, cost=COUNT_COST)
        hours = tuple(SymbolHour(symbol, bucket.begins_at, bucket.count) for bucket in counts.records)
        yield Fetched(hours, counts.vendor, counts.simulated, counts.received_at)


def symbols_of(query: str) -> list[str]:
    """The cashtags of a query of list_queries."""
    return [word.strip("()$") for word in query.removesuffix(SUFFIX).split() if word.lstrip("(").startswith("$")]


def _pages(
    x: X, state: CollectionState, query: str, since: dt.datetime, until: dt.datetime
) -> Iterator[Fetched[tuple[Post, ...]]]:
    token = None
    for _ in range(MOST_PAGES):
        check_budget(state, cost=POST_COST * PAGE)
        page = x.fetch_posts(query, since, until=until, next_token=token)
        spend(state, requests=1, cost=POST_COST * page.records.found)
        posts = tuple(_tweet(one) for one in page.records.tweets)
        yield Fetched(posts, page.vendor, page.simulated, page.received_at)
        token = page.records.next_token
        if token is None:
            return


def fetch_reddit(reddit: Reddit, state: CollectionState) -> Iterator[Fetched[tuple[Post, ...]]]:
    """Submissions of the configured subreddits since the last reading, newest first. ProviderError."""
    since, after = _since(state), None
    for _ in range(MOST_PAGES):
        page = reddit.fetch_new("+".join(settings.REDDIT_SUBREDDITS), after)
        spend(state, requests=1)
        kept = tuple(_submission(one) for one in page.records.posts if not one.is_removed and one.created_at >= since)
        yield Fetched(kept, page.vendor, page.simulated, page.received_at)
        after = page.records.after
        if after is None or len(kept) < len(page.records.posts):
            return


def find_deleted_tweets(x: X, state: CollectionState, ids: Sequence[str]) -> list[str]:
    """Which of these posts are gone, as far as the day's budget reaches."""
    gone: list[str] = []
    for at in range(0, len(ids), PAGE):
        some = tuple(ids[at : at + PAGE])
        try:
            check_budget(state, cost=POST_COST * len(some))
        except OverBudget:
            break
        existing = x.fetch_existing(some).records
        spend(state, requests=1, cost=POST_COST * len(existing))
        gone += [one for one in some if one not in existing]
    return gone


def find_deleted_submissions(reddit: Reddit, state: CollectionState, names: Sequence[str]) -> list[str]:
    """Which of these submissions were deleted or removed; one that the answer leaves out counts as deleted."""
    gone: list[str] = []
    for at in range(0, len(names), PAGE):
        some = tuple(names[at : at + PAGE])
        found = {one.name: one for one in reddit.fetch_by_name(some).records.posts}
        spend(state, requests=1)
        gone += [name for name in some if name not in found or found[name].is_removed]
    return gone


def list_queries(symbols: Sequence[str]) -> list[str]:
    """Queries of as many cashtags as fit each."""
    queries: list[str] = []
    held: list[str] = []
    for symbol in symbols:
        longer = [*held, f"${symbol}"]
        if held and len(" OR ".join(longer)) + len(SUFFIX) + 1 > LONGEST_QUERY:
            queries.append(f"({' OR '.join(held)}{SUFFIX}")
            longer = [f"${symbol}"]
        held = longer
    return [*queries, f"({' OR '.join(held)}{SUFFIX}"] if held else queries


def check_pace(state: CollectionState, groups: int) -> None:
    """OverBudget when asking now for the counts of so many groups would have them eat the budget before the day ends.

    Counts may cost COUNT_SHARE of it; with many groups X is then asked less often than every five minutes. A clock that
    is not the wall's has no day that a budget could last for.
    """
    if state.daily_cost_max is None or state.last_ok_at is None or clock.is_simulated():
        return
    share = float(groups * COUNT_COST) / (COUNT_SHARE * float(state.daily_cost_max))
    wait = state.last_ok_at + share * dt.timedelta(days=1) - clock.now()
    if wait > dt.timedelta(0):
        minutes = math.ceil(wait.total_seconds() / 60)
        raise OverBudget(f"x: asked again in {minutes} min, so that ${state.daily_cost_max:.2f} last the day")


def _since(state: CollectionState) -> dt.datetime:
    now = clock.now()
    return max(state.read_until - OVERLAP if state.read_until else now - FIRST_TIME, now - LONGEST_CATCH_UP)


def _member_symbols() -> list[str]:
    run = current_run(clock.now())
    if run is None:
        return []
    return list(
        run.memberships.filter(eligible=True)
        .order_by("instrument__symbol")
        .values_list("instrument__symbol", flat=True)
    )


def _tweet(one: TweetRecord) -> Post:
    account = one.author or AccountRecord(one.author_id, "", "", None, None, None)
    draft = Draft(
        kind=DocumentKind.X,
        external_id=one.first_id,
        event_at=one.created_at,
        title="",
        text=one.text,
        url=f"https://x.com/{account.name or 'i'}/status/{one.id}",
        author=account.name or account.id,
        language=one.language,
    )
    return Post(draft, account, one.likes, one.reposts, one.replies, one.quotes, one.views)


def _submission(one: RedditRecord) -> Post:
    draft = Draft(
        kind=DocumentKind.REDDIT,
        external_id=one.name,
        event_at=one.created_at,
        title=one.title,
        text=one.text,
        url=f"https://www.reddit.com{one.permalink}",
        author=one.author,
        facts={"subreddit": one.subreddit},
    )
    account = AccountRecord(one.author, one.author, one.author, None, None, None)
    return Post(
        draft, account, likes=max(one.score, 0), replies=one.comments, subreddit=one.subreddit, ratio=one.upvote_ratio,
        flair=one.flair,
    )  # fmt: skip
