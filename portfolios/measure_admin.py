"""What batches measure, on the operator's desk: read only, whether each row follows from the one before, run again."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.contrib import admin, messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest

from sentiment_site.jobs.admin import EvidenceAdmin
from sentiment_site.market import calendar, clock

from .admin import QuestionFilter
from .books.ledger import today
from .books.remaking import BREAKS, first_days, remake_from, with_total_before
from .models import BatchMark, Factor, FactorExposure, PortfolioSnapshot, PositionGreeks, PositionSplit
from .valuation import due

CHECKED_DAYS = 30
JOBS = {
    BatchMark.Kind.PRICES: due.PRICES,
    BatchMark.Kind.RISK: due.RISK,
    BatchMark.Kind.SNAPSHOT: due.SNAPSHOTS,
    BatchMark.Kind.CORPORATE: due.CORPORATE,
}


class DoesItReconcile(admin.SimpleListFilter):
    """Total before + flows + profit = total, of the last thirty days: older rows were looked at when they were new."""

    title = f"Does it follow from the day before (last {CHECKED_DAYS} days)"
    parameter_name = "reconciles"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The answers."""
        return [("no", "no: it does not add up"), ("yes", "yes"), ("first", "it is the book's first")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The rows of the chosen answer."""
        if self.value() not in ("no", "yes", "first"):
            return queryset
        rows = queryset.filter(snapshot_date__gt=today() - dt.timedelta(days=CHECKED_DAYS))
        if self.value() == "first":
            return rows.filter(total_before__isnull=True)
        return rows.filter(BREAKS) if self.value() == "no" else rows.filter(~BREAKS, total_before__isnull=False)


class WhatDoesItLack(QuestionFilter):
    """Columns that another batch fills."""

    title = "What does it lack"
    parameter_name = "lacks"
    answers = {
        "greeks": ("Greeks", Q(greeks_kind="")),
        "ratios": ("volatility: too few days, or not measured", Q(portfolio_volatility__isnull=True)),
        "beta": ("a beta", Q(portfolio_beta__isnull=True)),
        "pnl": ("a daily profit", Q(daily_pnl__isnull=True)),
    }


class IsThereAValue(QuestionFilter):
    """Greeks that could not be computed."""

    title = "Is there a value"
    parameter_name = "value"
    answers = {"yes": ("yes", Q(delta__isnull=False)), "no": ("no: an input is missing", Q(delta__isnull=True))}


class IsThereABeta(QuestionFilter):
    """Factors that could not be estimated, and those whose band says nothing about the sign."""

    title = "Is there a beta"
    parameter_name = "beta"
    answers = {
        "no": ("no: too few observations", Q(beta__isnull=True)),
        "sure": ("yes, and its sign is sure", Q(low__gt=0) | Q(high__lt=0)),
        "unsure": ("yes, but its band crosses zero", Q(low__lte=0, high__gte=0)),
    }


class IsItBehind(admin.SimpleListFilter):
    """Books that a batch did not reach."""

    title = "Is it behind"
    parameter_name = "behind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """The answers."""
        return [("yes", "yes: not up to the last session that closed"), ("no", "no")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        """The marks of the chosen answer."""
        last = calendar.last_closed_session(clock.now()).date
        if self.value() == "yes":
            return queryset.filter(session__lt=last, portfolio__deleted_at__isnull=True)
        return queryset.filter(session__gte=last) if self.value() == "no" else queryset


@admin.register(PortfolioSnapshot)
class SnapshotAdmin(EvidenceAdmin):
    """Daily rows."""

    list_display = ("snapshot_date", "portfolio", "state", "total_value", "daily_pnl", "flows", "gap", "recorded_at")
    list_filter = (DoesItReconcile, WhatDoesItLack, "state")
    list_select_related = ("portfolio",)
    search_fields = ("=portfolio__user__username", "=portfolio__id")
    ordering = ("-snapshot_date",)
    actions = ("remake_selected",)

    def get_queryset(self, request: HttpRequest) -> QuerySet[PortfolioSnapshot]:
        """With the total of the row before."""
        return with_total_before(super().get_queryset(request))

    @admin.display(description="adds up")
    def gap(self, snapshot: Any) -> str:
        """By how much it does not follow from the row before."""
        if snapshot.total_before is None:
            return "first row"
        gap = snapshot.total_value - snapshot.total_before - snapshot.flows - (snapshot.daily_pnl or Decimal(0))
        return f"off by {gap}" if gap else "yes"

    @admin.action(description="Make these and every later row anew", permissions=["operate"])
    def remake_selected(self, request: HttpRequest, queryset: QuerySet[PortfolioSnapshot]) -> None:
        """Mark each book stale from the earliest selected day, and ask for the batch."""
        books = first_days(queryset)
        for book, day in books.items():
            remake_from(book, day)
            self.log_change(request, queryset.filter(portfolio=book).order_by("snapshot_date")[0], f"Stale from {day}.")
        if not books:
            self.message_user(request, "These books were deleted.", messages.WARNING)
            return
        self.message_user(request, f"{len(books)} books are made anew, the first from {min(books.values())} on.")
        self.run_again(request, queryset[0], due.SNAPSHOTS, {}, f"desk:{clock.wall():%Y%m%d%H%M%S%f}")


@admin.register(PositionGreeks)
class GreeksAdmin(EvidenceAdmin):
    """Greeks of positions, mock and model apart."""

    list_display = ("position", "kind", "as_of", "delta", "gamma", "theta", "vega", "rho", "implied_volatility")
    list_filter = ("kind", IsThereAValue)
    list_select_related = ("position",)
    search_fields = ("=position__symbol", "=position__portfolio__user__username", "=position__id")
    ordering = ("-as_of", "position", "kind")


@admin.register(FactorExposure)
class FactorExposureAdmin(EvidenceAdmin):
    """Betas with their bands; those of a factor alone are a view, never a sum."""

    list_display = ("exposure_date", "portfolio", "factor", "method", "beta", "low", "high", "vif", "observations")
    list_filter = ("method", IsThereABeta, "factor")
    list_select_related = ("portfolio", "factor")
    search_fields = ("=portfolio__user__username", "=portfolio__id")
    ordering = ("-exposure_date", "portfolio", "method", "factor__display_order")


@admin.register(BatchMark)
class BatchMarkAdmin(EvidenceAdmin):
    """How far each batch came for each book."""

    list_display = ("portfolio", "owner", "kind", "session", "marked_at")
    list_filter = ("kind", IsItBehind)
    list_select_related = ("portfolio__user",)
    search_fields = ("=portfolio__user__username", "=portfolio__id")
    ordering = ("session", "portfolio")
    actions = ("run_selected_again",)

    @admin.display(description="of")
    def owner(self, mark: BatchMark) -> str:
        """Whose book."""
        return mark.portfolio.user.username

    @admin.action(description="Run these batches again", permissions=["operate"])
    def run_selected_again(self, request: HttpRequest, queryset: QuerySet[BatchMark]) -> None:
        """One run for each kind among the selected, over every book that waits for it."""
        key = f"desk:{clock.wall():%Y%m%d%H%M%S%f}"
        for kind in sorted(set(queryset.order_by().values_list("kind", flat=True))):
            mark = queryset.filter(kind=kind)[0]
            again = {"again": True} if kind == BatchMark.Kind.RISK else {}
            self.run_again(request, mark, JOBS[BatchMark.Kind(kind)], again, key)


class MeasureAdmin(EvidenceAdmin):
    """What is written once: every column but the key."""

    def get_list_display(self, request: HttpRequest) -> Any:
        """The columns."""
        return [column.name for column in self.model._meta.concrete_fields if not column.primary_key]


for _model in (Factor, PositionSplit):
    admin.site.register(_model, MeasureAdmin)
