"""Posts that repeat each other: which texts, by whom, about which stocks, as it was known at a moment.

A cluster's own counters are brought up to date with every copy; here everything is counted from the documents that were
public and recorded by then, so that an earlier moment shows what was known.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, F, Max, Min, Q, QuerySet
from django.db.models.functions import Coalesce

from sentiment_site.market import clock
from themes.models import Document, Influencer, Mention
from themes.models.documents import DocumentKind

from .excerpts import clean_words, excerpt_of, link_of
from .wording import KIND_TITLES

# The age below which methods.md 5.2 calls an account young.
YOUNG: Final = dt.timedelta(days=30)
# More clusters than this nobody looks through; the least copied are left out and the page says so.
MOST_CLUSTERS: Final = 500
POSTS: Final = (DocumentKind.X, DocumentKind.REDDIT)
KINDS: Final[Mapping[str, tuple[str, ...]]] = {
    "": POSTS,
    "x": (DocumentKind.X,),
    "reddit": (DocumentKind.REDDIT,),
    "all": tuple(DocumentKind.values),
}
ORDERS: Final[Mapping[str, str]] = {
    "copies": "copies", "accounts": "accounts", "first": "first_at", "last": "last_at", "span": "span",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class CopyAccount:
    """An account that repeated a text. is_young: under 30 days old with its first copy, None where its age is
    unknown; is_bot: today's judgement, None at an earlier moment."""

    id: int
    platform: str
    username: str
    posts: int
    is_young: bool | None
    is_bot: bool | None


@dataclass(frozen=True, slots=True)
class CopyStock:
    """A stock that copies of a text name, and in how many of them."""

    instrument_id: int
    symbol: str
    posts: int


@dataclass(frozen=True, slots=True)
class CopyCluster:
    """One text and its copies. accounts: the known ones, busiest first; unknown_authors: posts of nobody we know.

    young_share: of the accounts whose age is known (aged of them), None without one. text: of the earliest copy that is
    still there, "" where all were deleted.
    """

    id: int
    copies: int
    first_at: dt.datetime
    last_at: dt.datetime
    kinds: tuple[str, ...]
    accounts: tuple[CopyAccount, ...]
    stocks: tuple[CopyStock, ...]
    unknown_authors: int
    deleted: int
    aged: int
    young_share: float | None
    text: str
    is_simulated: bool

    @property
    def span(self) -> dt.timedelta:
        """From the first copy to the last."""
        return self.last_at - self.first_at


@dataclass(frozen=True, slots=True)
class CopyPost:
    """One copy. text: "" where it was deleted or retention took it; url: "" where there is none to follow."""

    document_id: int
    kind: str
    event_at: dt.datetime
    account: str
    account_id: int | None
    text: str
    url: str
    removed_at: dt.datetime | None
    is_simulated: bool

    @property
    def kind_title(self) -> str:
        """Where it was written, in a word."""
        return KIND_TITLES.get(self.kind, self.kind)


@dataclass(frozen=True, slots=True)
class CopyQuery:
    """What is asked for. days: how far back; least: copies at least; kind: of KINDS; sort: of ORDERS, "-" falling;
    instrument_id: only clusters that name this stock."""

    days: int = 3
    least: int = 3
    kind: str = ""
    sort: str = "-copies"
    instrument_id: int | None = None


def rank_clusters(query: CopyQuery, as_of: dt.datetime | None = None) -> list[int]:
    """Ids of the clusters that fit, in order, MOST_CLUSTERS at most. One statement."""
    rows = _known(query, as_of).annotate(account=Coalesce("tweet__influencer_id", "reddit_post__influencer_id"))
    if query.instrument_id is not None:
        named = Mention.objects.filter(instrument_id=query.instrument_id, document__in=_known(query, as_of))
        rows = rows.filter(cluster_id__in=named.values("document__cluster_id"))
    counted = (
        rows.order_by()
        .values("cluster_id")
        .annotate(
            copies=Count("pk"), accounts=Count("account", distinct=True), first_at=Min("event_at"),
            last_at=Max("event_at"), span=Max("event_at") - Min("event_at"),
        )
        .filter(copies__gte=max(query.least, 2))
    )  # fmt: skip
    field = F(ORDERS[query.sort.removeprefix("-")])
    order = field.desc() if query.sort.startswith("-") else field.asc()
    return list(
        counted.order_by(order, "-copies", "-last_at", "cluster_id").values_list("cluster_id", flat=True)[
            :MOST_CLUSTERS
        ]
    )


def load_clusters(ids: Sequence[int], query: CopyQuery, as_of: dt.datetime | None = None) -> list[CopyCluster]:
    """Those clusters with who wrote them and about whom, in the order given. Four statements whatever their number."""
    if not ids:
        return []
    known = _known(query, as_of).filter(cluster_id__in=ids)
    fields = ("cluster_id", "kind", "event_at", "removed_at", "is_simulated", "account")
    copies: defaultdict[int, list[tuple[Any, ...]]] = defaultdict(list)
    rows = known.annotate(account=Coalesce("tweet__influencer_id", "reddit_post__influencer_id"))
    for row in rows.order_by("event_at", "pk").values_list(*fields):
        copies[row[0]].append(row)
    wrote = {row[-1] for rows in copies.values() for row in rows if row[-1] is not None}
    accounts = {row.pk: row for row in Influencer.objects.filter(pk__in=wrote)}
    stocks: defaultdict[int, list[CopyStock]] = defaultdict(list)
    named = Mention.objects.filter(document__in=known).values_list(
        "document__cluster_id", "instrument_id", "instrument__symbol"
    )
    for cluster, instrument, symbol, posts in named.annotate(posts=Count("pk")).order_by(
        "-posts", "instrument__symbol"
    ):
        stocks[cluster].append(CopyStock(instrument, symbol, posts))
    texts = _texts(known)
    return [
        _cluster(pk, copies[pk], accounts, tuple(stocks[pk]), texts.get(pk, ""), is_live=as_of is None)
        for pk in ids
        if copies.get(pk)
    ]


def list_copies(cluster_id: int, query: CopyQuery, as_of: dt.datetime | None = None, most: int = 200) -> list[CopyPost]:
    """The copies of one text, oldest first, at most `most`. One statement."""
    rows = (
        _known(query, as_of)
        .filter(cluster_id=cluster_id)
        .select_related("tweet__influencer", "reddit_post__influencer")
        .defer("signature")
        .order_by("event_at", "pk")
    )
    return [_post(row) for row in rows[:most]]


def _known(query: CopyQuery, as_of: dt.datetime | None) -> QuerySet[Document]:
    at = as_of or clock.now()
    since = at - dt.timedelta(days=query.days)
    return Document.objects.filter(
        kind__in=KINDS[query.kind], event_at__gt=since, event_at__lte=at, recorded_at__lte=at
    )


def _texts(known: QuerySet[Document]) -> dict[int, str]:
    """The earliest surviving words of each cluster."""
    rows = (
        known.filter(removed_at__isnull=True)
        .exclude(Q(text="") & Q(title=""))
        .order_by("cluster_id", "event_at", "pk")
        .distinct("cluster_id")
    )
    return {
        cluster: excerpt_of(title, text) for cluster, title, text in rows.values_list("cluster_id", "title", "text")
    }


def _cluster(
    pk: int,
    rows: list[tuple[Any, ...]],
    accounts: Mapping[int, Influencer],
    stocks: tuple[CopyStock, ...],
    text: str,
    *,
    is_live: bool,
) -> CopyCluster:
    posts = Counter(row[-1] for row in rows if row[-1] in accounts)
    firsts: dict[int, dt.datetime] = {}
    for row in rows:
        firsts.setdefault(row[-1], row[2])
    found = [
        CopyAccount(
            id=key, platform=accounts[key].platform, username=clean_words(accounts[key].username), posts=count,
            is_young=is_young(accounts[key].created_on, firsts[key]), is_bot=accounts[key].is_bot if is_live else None,
        )
        for key, count in posts.items()
    ]  # fmt: skip
    found.sort(key=lambda one: (-one.posts, one.username.casefold(), one.id))
    aged = [one.is_young for one in found if one.is_young is not None]
    return CopyCluster(
        id=pk,
        copies=len(rows),
        first_at=rows[0][2],
        last_at=rows[-1][2],
        kinds=tuple(sorted({row[1] for row in rows})),
        accounts=tuple(found),
        stocks=stocks,
        unknown_authors=len(rows) - sum(posts.values()),
        deleted=sum(row[3] is not None for row in rows),
        aged=len(aged),
        young_share=sum(aged) / len(aged) if aged else None,
        text=text,
        is_simulated=any(row[4] for row in rows),
    )


def is_young(created_on: dt.date | None, at: dt.datetime) -> bool | None:
    """Whether an account was under 30 days old at a moment; None where its beginning is unknown."""
    return None if created_on is None else at.date() - created_on < YOUNG


def _post(row: Document) -> CopyPost:
    post = getattr(row, "tweet", None) or getattr(row, "reddit_post", None)
    account = post.influencer if post is not None else None
    gone = row.removed_at is not None
    return CopyPost(
        document_id=row.pk,
        kind=row.kind,
        event_at=row.event_at,
        account="" if gone else clean_words(account.username if account else row.author),
        account_id=None if gone or account is None else account.pk,
        text="" if gone else excerpt_of(row.title, row.text),
        url="" if gone else link_of(row.url, is_simulated=row.is_simulated),
        removed_at=row.removed_at,
        is_simulated=row.is_simulated,
    )
