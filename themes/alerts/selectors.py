"""Alerts as they had been announced at a moment, and how long they took."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from django.db.models import QuerySet

from sentiment_site.market import clock
from themes.models import ThemeAlert

DAY = dt.timedelta(days=1)
GOAL_S = 30.0


@dataclass(frozen=True, slots=True)
class Latency:
    """Seconds of market time from the newest data to the announcement, of the alerts of a day; None without any.

    within: share that kept the 30 seconds.
    """

    kind: str
    alerts: int
    p50: float | None
    p90: float | None
    within: float | None


def filter_alerts(
    as_of: dt.datetime | None = None,
    kinds: Collection[str] = (),
    *,
    severity: int = 1,
    symbol: str = "",
    before: int | None = None,
) -> QuerySet[ThemeAlert]:
    """Alerts announced by a moment, newest first. severity: at least; before: number of an alert, for older ones."""
    at = as_of or clock.now()
    rows = ThemeAlert.objects.filter(announced_at__lte=at, severity__gte=severity)
    if kinds:
        rows = rows.filter(kind__in=kinds)
    if symbol:
        rows = rows.filter(instrument__symbol=symbol)
    if before is not None:
        rows = rows.filter(pk__lt=before)
    return rows.select_related("instrument", "theme").order_by("-pk")


def list_alerts(as_of: dt.datetime | None = None, kinds: Collection[str] = (), limit: int = 100) -> list[ThemeAlert]:
    """The newest alerts of some kinds (none: of all) known at a moment. One statement."""
    return list(filter_alerts(as_of, kinds)[:limit])


def newest_number() -> int:
    """The newest alert's number, 0 before the first: what the live page compares. One statement."""
    return ThemeAlert.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


def measure_latency(as_of: dt.datetime | None = None) -> list[Latency]:
    """Of the alerts announced in the 24 hours of market time before a moment: of all, then by kind. One statement."""
    at = as_of or clock.now()
    rows = ThemeAlert.objects.filter(announced_at__gt=at - DAY, announced_at__lte=at)
    by_kind: dict[str, list[float]] = {}
    for kind, data_at, announced_at in rows.values_list("kind", "data_at", "announced_at"):
        by_kind.setdefault(kind, []).append(max((announced_at - data_at).total_seconds(), 0.0))
    every = [one for some in by_kind.values() for one in some]
    return [_latency("all", every)] + [_latency(kind, by_kind[kind]) for kind in sorted(by_kind)]


def _latency(kind: str, seconds: list[float]) -> Latency:
    if not seconds:
        return Latency(kind, 0, None, None, None)
    p50, p90 = (float(one) for one in np.quantile(seconds, [0.5, 0.9]))
    return Latency(kind, len(seconds), p50, p90, float(np.mean(np.array(seconds) <= GOAL_S)))
