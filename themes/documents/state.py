"""How far a feed was read, what it has cost today, and whether it may be asked at all."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.db.models import F

from sentiment_site.market import clock
from sentiment_site.providers.errors import ProviderError
from themes.models import CollectionDay, CollectionSpan, CollectionState


class OverBudget(Exception):
    """The feed's budget of the day is spent; the message says which."""


class SwitchedOff(Exception):
    """An operator switched the feed off."""


def open_feed(feed: str, **defaults: Any) -> CollectionState:
    """The state of a feed, counters of today, ready to be asked. SwitchedOff; OverBudget. defaults: of a new feed."""
    state, _ = CollectionState.objects.get_or_create(feed=feed, defaults=defaults)
    if not state.is_enabled:
        raise SwitchedOff(f"{feed} is switched off")
    today = clock.wall().date()
    if state.day != today:
        state.day, state.requests_today, state.items_today, state.cost_today = today, 0, 0, Decimal(0)
        state.save(update_fields=["day", "requests_today", "items_today", "cost_today"])
    check_budget(state)
    return state


def check_budget(state: CollectionState, *, requests: int = 1, cost: Decimal = Decimal(0)) -> None:
    """OverBudget when this many further requests, or this cost in dollars, would go over the feed's day."""
    if state.daily_requests_max is not None and state.requests_today + requests > state.daily_requests_max:
        raise OverBudget(
            f"{state.feed}: {state.requests_today} of {state.daily_requests_max} requests of today are used"
        )
    if state.daily_cost_max is not None and state.cost_today + cost > state.daily_cost_max:
        raise OverBudget(f"{state.feed}: ${state.cost_today:.2f} of ${state.daily_cost_max:.2f} of today are spent")


def spend(state: CollectionState, *, requests: int = 0, items: int = 0, cost: Decimal = Decimal(0)) -> None:
    """Count what was asked and got, also of a reading that failed later; today and for good."""
    day, _ = CollectionDay.objects.get_or_create(feed=state.feed, day=state.day or clock.wall().date())
    CollectionDay.objects.filter(pk=day.pk).update(
        requests=F("requests") + requests, items=F("items") + items, cost=F("cost") + cost
    )
    CollectionState.objects.filter(pk=state.pk).update(
        requests_today=F("requests_today") + requests,
        items_today=F("items_today") + items,
        cost_today=F("cost_today") + cost,
    )
    state.refresh_from_db(fields=["requests_today", "items_today", "cost_today"])


def note_success(
    state: CollectionState,
    read_until: dt.datetime,
    cursor: dict[str, Any] | None = None,
    *,
    since: dt.datetime | None = None,
) -> None:
    """Everything public by `read_until` is stored. Never moves backwards. since: from when on it was read."""
    with transaction.atomic():
        held = CollectionState.objects.select_for_update().get(pk=state.pk)
        held.read_until = max(read_until, held.read_until or read_until)
        held.cursor = held.cursor if cursor is None else cursor
        held.last_ok_at, held.failure = clock.now(), ""
        held.save(update_fields=["read_until", "cursor", "last_ok_at", "failure"])
        if since is not None and since <= read_until:
            CollectionSpan.objects.create(feed=state.feed, since=since, until=read_until)


def note_failure(feed: str, error: ProviderError | Exception) -> None:
    """The last good reading stays; the failure is shown beside its age."""
    CollectionState.objects.filter(feed=feed).update(last_failed_at=clock.now(), failure=str(error)[:300])
