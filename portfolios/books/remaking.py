"""Daily rows made anew: from which day on, and which rows do not follow from the one before."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from django.db.models import F, OuterRef, Q, QuerySet, Subquery

from portfolios.access import locked
from portfolios.models import Portfolio, PortfolioSnapshot

from . import ledger
from .selectors import get_inception

# a row that has one before it must be its total, what came or went, and what was earned
BREAKS = Q(total_before__isnull=False) & ~Q(total_value=F("total_before") + F("flows") + F("daily_pnl"))


def remake_from(portfolio: Portfolio, day: dt.date) -> None:
    """Have the rows of that day and every later one made anew by the next batch. Http404 for a deleted book."""
    with locked(portfolio) as book:
        ledger.mark_stale(book, day)


def remake_all(portfolio: Portfolio) -> dt.date | None:
    """The same from the book's first day on, which is returned; None for a book in which nothing ever happened."""
    first = get_inception(portfolio)
    if first is not None:
        remake_from(portfolio, first)
    return first


def first_days(rows: QuerySet[PortfolioSnapshot]) -> Mapping[Portfolio, dt.date]:
    """The earliest day of each living book among some rows."""
    found: dict[Portfolio, dt.date] = {}
    for row in rows.filter(portfolio__deleted_at__isnull=True).select_related("portfolio").order_by("snapshot_date"):
        found.setdefault(row.portfolio, row.snapshot_date)
    return found


def with_total_before(rows: QuerySet[PortfolioSnapshot]) -> QuerySet[PortfolioSnapshot]:
    """Rows with `total_before`, the total of the same book's row before; None for its first."""
    before = PortfolioSnapshot.objects.filter(
        portfolio=OuterRef("portfolio"), snapshot_date__lt=OuterRef("snapshot_date")
    ).order_by("-snapshot_date")
    return rows.annotate(total_before=Subquery(before.values("total_value")[:1]))
