"""What feeds cost and will have cost, who may set their budgets, and which hours were read."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse
from pytest_django import DjangoAssertNumQueries, Settings

from portfolios.models import User
from sentiment_site.market import clock
from sentiment_site.providers.social_registry import SocialVendors
from tests.themes.documents.conftest import NOON
from tests.themes.documents.test_posts import TWEETS, kept, market  # noqa: F401 - fixture
from tests.universe.catalysts.vendor import Wire
from themes.documents.collect import collect_documents
from themes.documents.posts import check_pace, list_queries, symbols_of
from themes.documents.quota import quota_forecast
from themes.documents.state import OverBudget, note_success, open_feed, spend
from themes.models import CollectionDay, CollectionSpan, CollectionState, PostCount, Tweet

pytestmark = pytest.mark.django_db
# Tuesday the tenth of thirty days, 06:00 UTC: a quarter of the day is gone.
MORNING = dt.datetime(2026, 11, 10, 6, tzinfo=dt.UTC)


def feed(name: str, **facts: object) -> CollectionState:
    return CollectionState.objects.create(feed=name, day=MORNING.date(), **facts)


def test_the_forecast_by_hand() -> None:
    feed("x", requests_today=50, items_today=200, cost_today=Decimal("1.25"), daily_cost_max=Decimal(20))
    for day, cost in ((1, 9), (8, 4), (9, 6)):
        CollectionDay.objects.create(feed="x", day=dt.date(2026, 11, day), items=100, cost=cost)
    CollectionDay.objects.create(feed="x", day=dt.date(2026, 10, 31), items=100, cost=1000)  # another month
    (x,) = quota_forecast(MORNING)
    assert (x.cost_today, x.cost_day_end) == (Decimal("1.25"), Decimal("5.00"))
    assert x.cost_month == Decimal("20.25")
    # 19 before today, 5 today, and 20 days at the mean of 4, 6 and 5
    assert x.cost_month_end == Decimal("124.00")
    assert (x.items_month, x.items_month_max) == (500, 3_000_000)
    assert (x.requests_day_end, x.per_minute) == (200, pytest.approx(50 / 360))
    assert (x.runs_dry_at, x.is_dry) == (None, False)


def test_a_budget_bounds_the_forecast() -> None:
    feed("x", cost_today=Decimal(2), daily_cost_max=Decimal(5))
    (x,) = quota_forecast(MORNING)
    assert (x.cost_day_end, x.is_dry) == (Decimal("5.00"), False)
    assert x.runs_dry_at == MORNING.replace(hour=15)  # 5 of 8 dollars a day
    assert x.cost_month_end == Decimal("105.00")
    CollectionState.objects.update(cost_today=Decimal("4.996"))
    assert quota_forecast(MORNING)[0].is_dry


def test_the_first_minutes_and_another_day() -> None:
    feed("reddit", requests_today=40)
    (reddit,) = quota_forecast(MORNING.replace(hour=0, minute=1))
    assert (reddit.requests_day_end, reddit.per_minute_max) == (960, 100)  # as if an hour were gone
    (reddit,) = quota_forecast(MORNING + dt.timedelta(days=1))
    assert (reddit.requests_today, reddit.requests_day_end, reddit.cost_month_end) == (0, 0, 0)
    CollectionState.objects.all().delete()
    assert quota_forecast() == []


def test_spending_is_kept_by_day() -> None:
    state = open_feed("x")
    spend(state, requests=1, cost=Decimal("0.005"))
    spend(state, requests=1, items=3, cost=Decimal("0.015"))
    day = CollectionDay.objects.get()
    assert (day.day, day.requests, day.items, day.cost) == (clock.wall().date(), 2, 3, Decimal("0.0200"))


def test_a_reading_leaves_the_span_it_covered() -> None:
    with clock.frozen(NOON):
        state = open_feed("news")
        note_success(state, NOON, since=NOON - dt.timedelta(hours=1))
        note_success(state, NOON)
    assert list(CollectionSpan.objects.values_list("since", "until")) == [(NOON - dt.timedelta(hours=1), NOON)]


def test_where_posts_cannot_be_paid_they_are_counted(
    market: tuple[Wire, SocialVendors, clock.Frozen],  # noqa: F811 - the fixture
    settings: Settings,
) -> None:
    wire, social, _ = market
    settings.X_BUDGET_PER_DAY = 0.02  # the group's counts and three more
    report = collect_documents(vendors=wire.vendors, social=social)
    assert any("posts of 1 symbols only counted" in line for line in report.lines)
    assert Tweet.objects.count() == 0
    counted = list(PostCount.objects.values_list("count", flat=True))
    assert sum(counted) == kept(TWEETS, clock.now()) > 0
    state = CollectionState.objects.get(feed="x")
    assert (state.cost_today, state.read_until) == (Decimal("0.0100"), None)
    assert not CollectionSpan.objects.filter(feed="x").exists()
    settings.X_BUDGET_PER_DAY = 5
    CollectionState.objects.update(daily_cost_max=5)
    collect_documents(vendors=wire.vendors, social=social)
    assert Tweet.objects.count() > 0
    assert CollectionSpan.objects.filter(feed="x").count() == 1


def test_symbols_come_back_out_of_their_queries() -> None:
    symbols = [f"S{n:04d}" for n in range(150)]
    assert [one for query in list_queries(symbols) for one in symbols_of(query)] == symbols


def test_counting_leaves_most_of_the_budget() -> None:
    state = CollectionState(feed="x", daily_cost_max=Decimal(5), last_ok_at=clock.now() - dt.timedelta(minutes=10))
    with pytest.raises(OverBudget, match=r"x: asked again in 5\d min"):
        check_pace(state, 18)  # 18 half cents of two dollars a day: every 64.8 minutes
    check_pace(state, 2)  # every 7.2 minutes
    with clock.frozen(NOON):
        check_pace(state, 10_000)  # market time that is not the wall's has no day to last for
    for free in (CollectionState(daily_cost_max=None), CollectionState(daily_cost_max=Decimal(5))):
        check_pace(free, 10_000)


def test_operators_see_the_forecast_and_set_the_switch(
    client: Client, django_assert_max_num_queries: DjangoAssertNumQueries, settings: Settings
) -> None:
    settings.SECURE_SSL_REDIRECT = False
    client.force_login(User.objects.create_superuser("operator"))
    x = CollectionState.objects.create(
        feed="x", day=clock.wall().date(), cost_today=Decimal("4.999"), daily_cost_max=Decimal(5)
    )
    for name in ("news", "press", "reddit"):
        CollectionState.objects.create(feed=name)
    with django_assert_max_num_queries(12):
        page = client.get(reverse("admin:themes_collectionstate_changelist")).content.decode()
    assert "5.00 of 5.00" in page
    assert "spent" in page
    assert "0.0 of 100" in page  # Reddit's limit a minute
    address = reverse("admin:themes_collectionstate_change", args=[x.pk])
    client.post(address, {"daily_cost_max": "7.50", "daily_requests_max": ""})
    x.refresh_from_db()
    assert (x.is_enabled, x.daily_cost_max, x.cost_today) == (False, Decimal("7.50"), Decimal("4.999"))
    assert client.get(reverse("admin:themes_collectionday_changelist")).status_code == 200
