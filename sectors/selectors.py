"""Reads of published lights. `as_of` everywhere means "what was known at this moment": runs recorded by then."""

from __future__ import annotations

from datetime import datetime

from django.db.models import QuerySet

from sectors.cards import Card, Cell, Freshness, Grid, GridHead, build_grid, freshness_of
from sectors.models import SectorReading, SectorRun

__all__ = [
    "Card",
    "Cell",
    "Freshness",
    "Grid",
    "GridHead",
    "current_run",
    "freshness_of",
    "get_grid",
    "list_history",
    "list_runs",
    "newest_seq",
]


def list_runs(as_of: datetime | None = None) -> QuerySet[SectorRun]:
    """Published runs, newest first, each with its universe run. With `as_of` only those recorded by then."""
    runs = SectorRun.objects.select_related("universe_run").order_by("-id")
    return runs if as_of is None else runs.filter(recorded_at__lte=as_of)


def current_run(as_of: datetime | None = None) -> SectorRun | None:
    """The newest published run (that was recorded by `as_of`), or None before the first. One statement."""
    return list_runs(as_of).first()


def get_grid(as_of: datetime | None = None) -> Grid | None:
    """The eight cards of the newest run (that was recorded by `as_of`), or None before the first. Two statements."""
    runs = list(list_runs(as_of)[:2])
    if not runs:
        return None
    readings = list(SectorReading.objects.filter(run__in=[run.pk for run in runs]))
    return build_grid(runs[0], readings, runs[1] if len(runs) > 1 else None)


def newest_seq() -> int:
    """Sequence number of the newest published run, 0 before the first. One statement, the primary key's last entry."""
    newest = SectorRun.objects.order_by("-id").values_list("id", flat=True).first()
    return newest or 0


def list_history(
    sector: str, *, start: datetime | None = None, end: datetime | None = None, as_of: datetime | None = None
) -> QuerySet[SectorReading]:
    """A sector's readings with their runs, newest first; `start` and `end` bound the readings' as_of, both included."""
    readings = SectorReading.objects.filter(sector=sector).select_related("run").order_by("-id")
    if start is not None:
        readings = readings.filter(as_of__gte=start)
    if end is not None:
        readings = readings.filter(as_of__lte=end)
    return readings if as_of is None else readings.filter(run__recorded_at__lte=as_of)
