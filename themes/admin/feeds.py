"""Feeds on the operator's desk: switches and budgets to set, what they cost and will have cost, how fresh they are."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.admin.views.main import ChangeList
from django.http import HttpRequest

from sentiment_site.jobs.admin import EvidenceAdmin
from themes.documents.quota import FeedQuota, quota_forecast
from themes.models import CollectionDay, CollectionState

NONE = "–"


class FeedList(ChangeList):
    """The feeds, each with its forecast; three statements more, whatever their number."""

    def get_results(self, request: HttpRequest) -> None:
        """Rows of the page, `quota` on each."""
        super().get_results(request)
        quotas = {one.feed: one for one in quota_forecast()}
        for row in self.result_list:
            row.quota = quotas[row.feed]


@admin.register(CollectionState)
class FeedAdmin(EvidenceAdmin):
    """One line per feed. Operators switch it and set its budgets of the day; everything else is counted."""

    list_display = (
        "feed", "is_enabled", "read_until", "requests", "rate", "items_today", "cost", "day_end", "month", "month_end",
        "dry", "failure",
    )  # fmt: skip
    ordering = ("feed",)
    fields = (
        "feed", "is_enabled", "daily_requests_max", "daily_cost_max", "read_until", "day", "requests_today",
        "items_today", "cost_today", "last_ok_at", "last_failed_at", "failure", "cursor",
    )  # fmt: skip
    readonly_fields = (
        "feed", "read_until", "day", "requests_today", "items_today", "cost_today", "last_ok_at", "last_failed_at",
        "failure", "cursor",
    )  # fmt: skip

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """The list with forecasts."""
        return FeedList

    def has_change_permission(self, request: HttpRequest, obj: CollectionState | None = None) -> bool:
        """Those who may set budgets."""
        return request.user.has_perm("themes.change_collectionstate")

    @admin.display(description="requests today, by midnight")
    def requests(self, row: Any) -> str:
        """So far, at this rate, allowed. Days are UTC's."""
        quota: FeedQuota = row.quota
        most = "" if quota.daily_requests_max is None else f" of {quota.daily_requests_max:,}"
        return f"{quota.requests_today:,}, {quota.requests_day_end:,}{most}"

    @admin.display(description="requests a minute")
    def rate(self, row: Any) -> str:
        """Of today, beside the platform's limit where it has one."""
        quota: FeedQuota = row.quota
        return f"{quota.per_minute:.1f}" + (f" of {quota.per_minute_max}" if quota.per_minute_max else "")

    @admin.display(description="today, $")
    def cost(self, row: Any) -> str:
        """Spent of the budget."""
        quota: FeedQuota = row.quota
        return _money(quota.cost_today) + ("" if quota.daily_cost_max is None else f" of {quota.daily_cost_max:,.2f}")

    @admin.display(description="by midnight, $")
    def day_end(self, row: Any) -> str:
        """Forecast."""
        return _money(row.quota.cost_day_end)

    @admin.display(description="month, $")
    def month(self, row: Any) -> str:
        """Spent, and posts of those that the platform allows."""
        quota: FeedQuota = row.quota
        posts = f" ({quota.items_month:,} of {quota.items_month_max:,} posts)" if quota.items_month_max else ""
        return f"{_money(quota.cost_month)}{posts}"

    @admin.display(description="month's end, $")
    def month_end(self, row: Any) -> str:
        """Forecast."""
        return _money(row.quota.cost_month_end)

    @admin.display(description="budget")
    def dry(self, row: Any) -> str:
        """Whether it lasts until midnight."""
        quota: FeedQuota = row.quota
        if quota.is_dry:
            return "spent"
        return f"until about {quota.runs_dry_at:%H:%M} UTC" if quota.runs_dry_at else NONE


@admin.register(CollectionDay)
class FeedDayAdmin(EvidenceAdmin):
    """What every feed was asked, brought and cost, day by day (UTC)."""

    list_display = ("day", "feed", "requests", "items", "cost")
    list_filter = ("feed",)
    date_hierarchy = "day"
    ordering = ("-day", "feed")


def _money(amount: Any) -> str:
    return f"{amount:,.2f}" if amount else NONE
