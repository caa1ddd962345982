"""Posts of the simulated X and Reddit: stored once, paid for as X bills, deletions honoured, budgets kept."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal

import pytest
from pytest_django import Settings
from pytest_httpserver import HTTPServer

from sentiment_site.market import clock
from sentiment_site.providers.social_registry import SocialVendors
from sentiment_site.simulator.documents.document import Channel
from sentiment_site.simulator.documents.document import Document as Written
from sentiment_site.simulator.vendors.posts import Fate, fate
from sentiment_site.simulator.vendors.x.window import first_number
from tests.providers.test_social import reddit_at, x_at
from tests.simulator.vendors.social import NOON, author, serving
from tests.simulator.vendors.test_reddit import number_at
from tests.themes.documents.conftest import hours
from tests.universe.catalysts.conftest import make_member
from tests.universe.catalysts.vendor import Wire
from themes.documents.collect import collect_documents, honour_deletions
from themes.documents.posts import list_queries
from themes.models import CollectionState, Document, Influencer, Mention, RedditPost, Tweet
from universe.models import Instrument

pytestmark = pytest.mark.django_db
FAN = author("fan_of_acme", 8_000)


def tweet(number: int, minutes: float) -> Written:
    at = NOON - dt.timedelta(minutes=minutes)
    body = f"$ACME reactor number {number} will be the largest of them all, we think so"
    return Written(str(first_number(at) + number), Channel.X, at, "", body, (), author=FAN, attention={"likes": 40})


def submission(number: int, minutes: float) -> Written:
    at = NOON - dt.timedelta(minutes=minutes)
    return Written(number_at(at, number), Channel.REDDIT, at, f"Why ACME wins, part {number}", "Soon", (), "stocks",
                   FAN, attention={"score": 30, "comments": 4, "ratio": 90})  # fmt: skip


TWEETS = [tweet(n, 3 * n + 2) for n in range(60)]
POSTS = [submission(n, 4 * n + 3) for n in range(40)]


@pytest.fixture
def market(
    settings: Settings, httpserver: HTTPServer, acme: Instrument
) -> Iterator[tuple[Wire, SocialVendors, clock.Frozen]]:
    settings.RSS_FEEDS, settings.REDDIT_SUBREDDITS = [], ["stocks"]
    Instrument.objects.filter(pk=acme.pk).update(recorded_at=NOON - hours(500))
    make_member(acme, NOON - hours(500))
    with serving([*TWEETS, *POSTS]) as (url, frozen):
        yield Wire(httpserver), SocialVendors(x_at(url), reddit_at(url)), frozen


def kept(documents: list[Written], at: dt.datetime) -> int:
    return sum(fate(one, at) is Fate.KEPT for one in documents)


def test_posts_are_stored_once_with_counts_and_authors(market: tuple[Wire, SocialVendors, clock.Frozen]) -> None:
    wire, social, frozen = market
    report = collect_documents(vendors=wire.vendors, social=social)
    assert report.errors == []
    assert Tweet.objects.count() == kept(TWEETS, NOON)
    assert RedditPost.objects.count() == sum(fate(one, NOON) in (Fate.KEPT, Fate.ORPHANED) for one in POSTS)
    assert {one.rule for one in Mention.objects.filter(document__kind="x")} == {"cashtag"}
    fan = Influencer.objects.get(platform="x")
    assert (fan.username, fan.followers) == ("fan_of_acme", 8_000)
    assert fan.posts_per_day is not None
    before = Document.objects.count()
    frozen.move_to(NOON + dt.timedelta(minutes=5))
    assert collect_documents(vendors=wire.vendors, social=social).document_ids == []
    assert Document.objects.count() == before
    assert Document.objects.exclude(is_simulated=True).count() == 0


def test_what_x_bills_is_counted(market: tuple[Wire, SocialVendors, clock.Frozen]) -> None:
    wire, social, _ = market
    collect_documents(vendors=wire.vendors, social=social)
    state = CollectionState.objects.get(feed="x")
    assert state.requests_today == 2  # counts of one group, then its posts
    assert state.cost_today == Decimal("0.005") * (1 + Tweet.objects.count())


def test_a_spent_budget_stops_the_posts_and_nothing_else(
    market: tuple[Wire, SocialVendors, clock.Frozen], settings: Settings
) -> None:
    wire, social, _ = market
    settings.X_BUDGET_PER_DAY = 0.02  # the counts, and not one page of posts
    report = collect_documents(vendors=wire.vendors, social=social)
    assert report.errors == []
    assert any(line.startswith("x: $0.0") for line in report.lines)
    assert Tweet.objects.count() == 0
    assert RedditPost.objects.count() > 0
    assert CollectionState.objects.get(feed="x").read_until is None


def test_deleted_posts_lose_their_words(market: tuple[Wire, SocialVendors, clock.Frozen]) -> None:
    wire, social, frozen = market
    collect_documents(vendors=wire.vendors, social=social)
    later = NOON + dt.timedelta(days=2)
    frozen.move_to(later)
    report = honour_deletions(social)
    assert report.errors == []
    for kind, written in (("x", TWEETS), ("reddit", POSTS)):
        gone = Document.objects.filter(kind=kind, removed_at__isnull=False)
        lost = [
            one for one in written if fate(one, NOON) is not fate(one, later) and fate(one, later) is not Fate.ORPHANED
        ]
        assert gone.count() == len(lost), kind
        assert not gone.exclude(text="", title="", author="").exists()
    assert honour_deletions(social).lines == ["0 posts of X forgotten", "0 posts of Reddit forgotten"]


def test_queries_hold_as_many_symbols_as_x_allows() -> None:
    symbols = [f"S{n:04d}" for n in range(300)]
    queries = list_queries(symbols)
    assert all(len(query) <= 512 for query in queries)
    assert [
        word.strip("()$") for query in queries for word in query.split() if word.strip("(").startswith("$")
    ] == symbols
    assert list_queries([]) == []
    assert list_queries(["A"]) == ["($A) lang:en -is:retweet"]
