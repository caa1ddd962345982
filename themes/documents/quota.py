"""What the feeds cost: spent so far, and what the day and the month will have cost at the present rate."""

from __future__ import annotations

import calendar
import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from django.db.models import Sum

from sentiment_site.market import clock
from sentiment_site.providers.x import POST_COST
from themes.models import CollectionDay, CollectionState

# Days whose mean is the rate of a month; today enters with its own forecast.
RATE_DAYS: Final = 7
# Requests a minute and posts a month that the platforms allow: docs/providers.md.
PER_MINUTE: Final[Mapping[str, int]] = {"reddit": 100}
ITEMS_PER_MONTH: Final[Mapping[str, int]] = {"x": 3_000_000}
CENT: Final = Decimal("0.01")
# A rate taken over the first minutes of a day would be noise times a hundred.
_LEAST_GONE: Final = Decimal(1) / 24


@dataclass(frozen=True, slots=True)
class FeedQuota:
    """One feed. Money in US dollars, days and months in UTC. cost_day_end, cost_month_end: forecasts at the present
    rate, never above what daily_cost_max lets through. per_minute: requests of today over its minutes; per_minute_max,
    items_month_max: the platform's own limits, None where it has none. runs_dry_at: when the budget of the day ends at
    this rate, None if it lasts. is_dry: no post can be paid for any more today."""

    feed: str
    is_enabled: bool
    read_until: dt.datetime | None
    last_ok_at: dt.datetime | None
    failure: str
    requests_today: int
    items_today: int
    items_month: int
    cost_today: Decimal
    cost_month: Decimal
    cost_day_end: Decimal
    cost_month_end: Decimal
    daily_requests_max: int | None
    daily_cost_max: Decimal | None
    requests_day_end: int
    per_minute: float
    per_minute_max: int | None
    items_month_max: int | None
    runs_dry_at: dt.datetime | None
    is_dry: bool


def quota_forecast(at: dt.datetime | None = None) -> list[FeedQuota]:
    """Every feed with its spending and forecast at a moment of the wall clock (default: now). Three statements."""
    now = at or clock.wall()
    today = now.date()
    month = {
        row["feed"]: (row["cost"], row["items"])
        for row in CollectionDay.objects.filter(day__gte=today.replace(day=1), day__lt=today)
        .values("feed")
        .annotate(cost=Sum("cost"), items=Sum("items"))
    }
    week: dict[str, list[Decimal]] = {}
    past = CollectionDay.objects.filter(day__gte=today - dt.timedelta(days=RATE_DAYS), day__lt=today)
    for feed, cost in past.order_by("feed", "day").values_list("feed", "cost"):
        week.setdefault(feed, []).append(cost)
    return [
        _forecast(state, now, *month.get(state.feed, (Decimal(0), 0)), week.get(state.feed, []))
        for state in CollectionState.objects.order_by("feed")
    ]


def _forecast(
    state: CollectionState, now: dt.datetime, month: Decimal, items: int, week: Sequence[Decimal]
) -> FeedQuota:
    midnight = now.replace(hour=0, minute=0, second=0, microsecond=0)
    elapsed = Decimal(str((now - midnight).total_seconds())) / 86_400
    gone = max(elapsed, _LEAST_GONE)
    is_today = state.day == now.date()  # else the counters are of a day that is over
    spent = state.cost_today if is_today else Decimal(0)
    requests, got = (state.requests_today, state.items_today) if is_today else (0, 0)
    allowed = state.daily_cost_max
    day_end = _capped(spent / gone, allowed, spent)
    rate = _capped((sum(week, Decimal(0)) + day_end) / (len(week) + 1), allowed)
    days_left = calendar.monthrange(now.year, now.month)[1] - now.day
    return FeedQuota(
        feed=state.feed,
        is_enabled=state.is_enabled,
        read_until=state.read_until,
        last_ok_at=state.last_ok_at,
        failure=state.failure,
        requests_today=requests,
        items_today=got,
        items_month=items + got,
        cost_today=spent,
        cost_month=month + spent,
        cost_day_end=day_end.quantize(CENT),
        cost_month_end=(month + day_end + rate * days_left).quantize(CENT),
        daily_requests_max=state.daily_requests_max,
        daily_cost_max=allowed,
        requests_day_end=round(requests / gone),
        per_minute=float(Decimal(requests) / (gone * 1440)),
        per_minute_max=PER_MINUTE.get(state.feed),
        items_month_max=ITEMS_PER_MONTH.get(state.feed),
        runs_dry_at=_runs_dry(midnight, spent / gone, allowed),
        is_dry=allowed is not None and spent + POST_COST > allowed,
    )


def _capped(cost: Decimal, allowed: Decimal | None, spent: Decimal = Decimal(0)) -> Decimal:
    return cost if allowed is None else max(min(cost, allowed), spent)


def _runs_dry(midnight: dt.datetime, per_day: Decimal, allowed: Decimal | None) -> dt.datetime | None:
    if allowed is None or per_day <= allowed:
        return None
    return midnight + dt.timedelta(days=float(allowed / per_day))
