"""Accounts on X and Reddit: standing, record of calls, and which of them an operator follows.

What an account's row holds (followers, standing, bot) is today's and not kept over time. At an earlier moment the
standing is that of its newest text known then, followers are unknown, and calls are those settled by then.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.contrib.admin.models import CHANGE, LogEntry
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Count, Exists, ExpressionWrapper, F, FloatField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce
from django.db.models.lookups import GreaterThanOrEqual
from scipy.special import betaincinv

from sentiment_site.live.sorting import Sorted
from sentiment_site.market import clock
from themes.models import Document, Influencer, InfluencerCall, RedditPost, RedditSentiment, Tweet, TweetSentiment

from .asked import read_choice, read_sort, read_whole, read_words, refuse_unknown, write_query
from .excerpts import clean_words, excerpt_of, link_of

PAGE: Final = 50
FURTHEST: Final = 10_000
POSTS_SHOWN, CALLS_SHOWN = 30, 50
POSTED_WITHIN: Final = dt.timedelta(days=7)
# The same prior as in kernels.spam: ten calls of which half come true.
PRIOR_CALLS, PRIOR_HITS = 10.0, 5.0
PARAMETERS: Final = ("q", "platform", "bots", "tracked", "least_followers", "least_calls", "sort", "page")
PLATFORMS: Final = ("", "x", "reddit")
BOTS: Final = ("", "only", "hide")
YES: Final = ("", "yes")
MOST: Final = 10**10
# key -> (heading, what it means, numeric, is it known at an earlier moment)
COLUMNS: Final[Mapping[str, tuple[str, str, bool, bool]]] = {
    "username": ("Account", "", False, True),
    "followers": ("Followers", "As the platform said when it was last read", True, False),
    "credibility": ("Standing", "Age, reach and record of the account, .1 to 1", True, False),
    "weight": ("Reach", "1 up to 10,000 followers, 2 from a million on", True, False),
    "calls": ("Calls", "Settled: first directional post about a stock before a session", True, True),
    "hits": ("Hits", "The stock moved that way against its sector in the next session", True, True),
    "rate": ("Hit rate", "(hits + 5) / (calls + 10): drawn to one half while calls are few", True, True),
}
DEFAULT_SORT: Final = "-followers"
PAST_SORT: Final = "-calls"


@dataclass(frozen=True, slots=True)
class AccountQuery(Sorted):
    """What is asked for. bots: all, only or hide; tracked "yes": chosen by an operator."""

    q: str = ""
    platform: str = ""
    bots: str = ""
    tracked: str = ""
    least_followers: int = 0
    least_calls: int = 0
    sort: str = DEFAULT_SORT
    page: int = 1
    given: Mapping[str, str] = field(default_factory=dict)

    def query(self, **changes: str | int) -> str:
        """The address's query with some parts changed; the page is left out unless it is given."""
        return write_query(self.given, PARAMETERS, **changes)


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account as it was known. None is unknown. rate: posterior mean of the hit rate, low and high: the middle 95 %
    of Beta(hits + 5, misses + 5), so that the interval holds the rate. posts: of the seven days before."""

    id: int
    platform: str
    account_id: str
    username: str
    display_name: str
    followers: int | None
    created_on: dt.date | None
    posts_per_day: float | None
    credibility: float | None
    weight: float | None
    is_bot: bool | None
    bot_reason: str
    calls: int
    hits: int
    rate: float
    low: float
    high: float
    posts: int
    is_tracked: bool


@dataclass(frozen=True, slots=True)
class AccountPost:
    """A post of an account with what it says. says: (symbol, score, label) per stock; state: here, deleted or kept."""

    event_at: dt.datetime
    words: str
    url: str
    state: str
    where: str
    engagement: int
    spam_score: float
    spam_reasons: tuple[str, ...]
    says: tuple[tuple[str, float, str], ...]
    is_simulated: bool


def parse_accounts(given: Mapping[str, str]) -> AccountQuery:
    """The query of an address. BadParameter."""
    refuse_unknown(given, PARAMETERS)
    return AccountQuery(
        q=read_words(given),
        platform=read_choice(given, "platform", PLATFORMS),
        bots=read_choice(given, "bots", BOTS),
        tracked=read_choice(given, "tracked", YES),
        least_followers=read_whole(given, "least_followers", 0, 0, MOST),
        least_calls=read_whole(given, "least_calls", 0, 0, MOST),
        sort=read_sort(given, COLUMNS, PAST_SORT if given.get("as_of") else DEFAULT_SORT),
        page=read_whole(given, "page", 1, 1, FURTHEST),
        given=dict(given),
    )


def influencers(query: AccountQuery | None = None, as_of: dt.datetime | None = None) -> QuerySet[Influencer]:
    """The accounts that fit, in order, with calls_then, hits_then and rate_then; unknown figures last.

    At an earlier moment only accounts that had posted by then; a filter or order by what is not kept does nothing then.
    """
    asked = query or AccountQuery()
    rows = _counted(Influencer.objects.all(), as_of)
    if asked.q:
        rows = rows.filter(Q(username__icontains=asked.q) | Q(display_name__icontains=asked.q))
    if asked.platform:
        rows = rows.filter(platform=asked.platform)
    if asked.tracked:
        rows = rows.filter(is_tracked=True)
    if asked.least_calls:
        rows = rows.filter(GreaterThanOrEqual(F("calls_then"), asked.least_calls))
    if as_of is None:
        if asked.bots:
            rows = rows.filter(is_bot=asked.bots == "only")
        if asked.least_followers:
            rows = rows.filter(followers__gte=asked.least_followers)
    known = as_of is None or COLUMNS[asked.key][3]
    key, descending = (asked.key, asked.descending) if known else (PAST_SORT.removeprefix("-"), True)
    name = {"calls": "calls_then", "hits": "hits_then", "rate": "rate_then"}.get(key, key)
    order = F(name).desc(nulls_last=True) if descending else F(name).asc(nulls_last=True)
    return rows.order_by(order, "username", "pk")


def load_accounts(rows: Sequence[Influencer], as_of: dt.datetime | None = None) -> list[AccountRow]:
    """Rows of `influencers` with what was known of them. Two statements live, four at an earlier moment."""
    at = as_of or clock.now()
    ids = [row.pk for row in rows]
    posts: dict[int, int] = {}
    for table in (Tweet, RedditPost):
        counted = table.objects.filter(
            influencer_id__in=ids, document__event_at__gt=at - POSTED_WITHIN, document__event_at__lte=at,
            document__recorded_at__lte=at,
        )  # fmt: skip
        posts |= dict(counted.order_by().values_list("influencer_id").annotate(n=Count("pk")))
    standing = None if as_of is None else _standing_then(ids, as_of)
    return [_row(row, posts.get(row.pk, 0), standing) for row in rows]


def get_account(pk: int, as_of: dt.datetime | None = None) -> Influencer | None:
    """One account with its counts, None if there is none, or nothing of it was known then."""
    return _counted(Influencer.objects.filter(pk=pk), as_of).first()


def list_calls(pk: int, as_of: dt.datetime | None = None) -> list[InfluencerCall]:
    """An account's newest calls; what was not settled at the moment is shown open. One statement."""
    at = as_of or clock.now()
    rows = InfluencerCall.objects.filter(influencer_id=pk, called_at__lte=at, recorded_at__lte=at)
    found = list(rows.select_related("instrument").order_by("-called_at", "-pk")[:CALLS_SHOWN])
    for row in found:
        if row.settled_at is not None and row.settled_at > at:
            row.state, row.settled_at, row.excess_move, row.is_hit, row.void_reason = "open", None, None, None, ""
    return found


def list_posts(account: Influencer, as_of: dt.datetime | None = None) -> list[AccountPost]:
    """An account's newest posts with what they say. Three statements."""
    at = as_of or clock.now()
    mine = {"x": "tweet", "reddit": "reddit_post"}[account.platform]
    documents = Document.objects.filter(**{f"{mine}__influencer_id": account.pk}, event_at__lte=at, recorded_at__lte=at)
    rows = list(
        documents.select_related("tweet", "reddit_post").defer("signature").order_by("-event_at", "-pk")[:POSTS_SHOWN]
    )
    keys = [f"{row.kind}:{row.external_id}" for row in rows]
    says: dict[str, list[tuple[str, float, str]]] = {}
    for table in (TweetSentiment, RedditSentiment):
        scored = table.objects.filter(document_key__in=keys, recorded_at__lte=at).order_by("instrument__symbol")
        for key, symbol, score, label in scored.values_list("document_key", "instrument__symbol", "score", "label"):
            says.setdefault(key, []).append((symbol, score, label))
    return [_post(row, tuple(says.get(key, ()))) for row, key in zip(rows, keys, strict=True)]


def shrink_rate(hits: int, calls: int) -> tuple[float, float, float]:
    """Posterior mean of a hit rate with prior Beta(5, 5), and the middle 95 % of the posterior."""
    a, b = hits + PRIOR_HITS, calls - hits + PRIOR_CALLS - PRIOR_HITS
    return a / (a + b), float(betaincinv(a, b, 0.025)), float(betaincinv(a, b, 0.975))


@transaction.atomic
def track_account(pk: int, *, tracked: bool, author: Any) -> Influencer:
    """Choose an account, or no longer; a line in the log of changes. ValidationError where there is none."""
    row = Influencer.objects.select_for_update().filter(pk=pk).first()
    if row is None:
        raise ValidationError({"account": "There is no such account."})
    if row.is_tracked != tracked:
        row.is_tracked = tracked
        row.save(update_fields=["is_tracked"])
        words = "Tracked" if tracked else "No longer tracked"
        LogEntry.objects.log_actions(author.pk, [row], CHANGE, change_message=words, single_object=True)
    return row


def _counted(rows: QuerySet[Influencer], as_of: dt.datetime | None) -> QuerySet[Influencer]:
    if as_of is None:
        found = rows.annotate(calls_then=F("calls"), hits_then=F("hits"))
    else:
        settled = InfluencerCall.objects.filter(
            influencer=OuterRef("pk"), state="settled", settled_at__lte=as_of, recorded_at__lte=as_of
        )
        posted = {"influencer": OuterRef("pk"), "document__recorded_at__lte": as_of, "document__event_at__lte": as_of}
        found = rows.filter(
            Exists(Tweet.objects.filter(**posted)) | Exists(RedditPost.objects.filter(**posted))
        ).annotate(calls_then=_how_many(settled), hits_then=_how_many(settled.filter(is_hit=True)))
    rate = (F("hits_then") + PRIOR_HITS) / (F("calls_then") + PRIOR_CALLS)
    return found.annotate(rate_then=ExpressionWrapper(rate, output_field=FloatField()))


def _how_many(rows: QuerySet[InfluencerCall]) -> Coalesce:
    counted = rows.order_by().values("influencer").annotate(n=Count("pk")).values("n")
    return Coalesce(Subquery(counted), Value(0))


def _standing_then(ids: Sequence[int], as_of: dt.datetime) -> dict[int, Mapping[str, float]]:
    """The parts of the newest text of each account that was scored by then."""
    found: dict[int, Mapping[str, float]] = {}
    for table, path in ((TweetSentiment, "tweet__influencer_id"), (RedditSentiment, "reddit_post__influencer_id")):
        rows = table.objects.filter(**{f"{path}__in": ids}, recorded_at__lte=as_of, event_at__lte=as_of)
        found |= dict(rows.order_by(path, "-event_at", "-pk").distinct(path).values_list(path, "weight_parts"))
    return found


def _row(row: Any, posts: int, standing: Mapping[int, Mapping[str, float]] | None) -> AccountRow:
    rate, low, high = shrink_rate(row.hits_then, row.calls_then)
    is_live = standing is None
    then = {} if standing is None else standing.get(row.pk, {})
    return AccountRow(
        id=row.pk,
        platform=row.platform,
        account_id=row.account_id,
        username=clean_words(row.username),
        display_name=clean_words(row.display_name),
        followers=row.followers if is_live else None,
        created_on=row.created_on,
        posts_per_day=row.posts_per_day if is_live else None,
        credibility=row.credibility if is_live else then.get("credibility"),
        weight=row.weight if is_live else then.get("influence"),
        is_bot=row.is_bot if is_live else then["bot"] < 1 if "bot" in then else None,
        bot_reason=row.bot_reason if is_live else "",
        calls=row.calls_then,
        hits=row.hits_then,
        rate=rate,
        low=low,
        high=high,
        posts=posts,
        is_tracked=row.is_tracked,
    )


def _post(row: Document, says: tuple[tuple[str, float, str], ...]) -> AccountPost:
    post: Any = getattr(row, "tweet", None) or getattr(row, "reddit_post", None)
    words = "" if row.removed_at else excerpt_of(row.title, row.text)
    names = ("likes", "reposts", "replies", "quotes") if isinstance(post, Tweet) else ("score", "comments")
    return AccountPost(
        event_at=row.event_at,
        words=words,
        url="" if row.removed_at else link_of(row.url, is_simulated=row.is_simulated),
        state="deleted" if row.removed_at else "here" if words else "kept",
        where=f"r/{post.subreddit}" if isinstance(post, RedditPost) else "",
        engagement=max(sum(getattr(post, name) for name in names), 0),
        spam_score=post.spam_score,
        spam_reasons=tuple(post.spam_reasons),
        says=says,
        is_simulated=row.is_simulated,
    )
