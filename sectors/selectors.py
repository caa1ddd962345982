"""Reads of published lights. `as_of` everywhere means "what was known at this moment": runs recorded by then."""

from __future__ import annotations

from datetime import datetime

from django.db.models import F, QuerySet

from sectors.cards import Card, Cell, Freshness, Grid, GridHead, build_grid, freshness_of
from sectors.models import SectorReading, SectorRun

__all__ = [
    "Card",
    "Cell",
    "Freshness",
    "Grid",
    "GridHead",
    "current_run",
    "current_whole_run",
    "freshness_of",
    "get_grid",
    "latest_readings",
    "list_champions",
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


def current_whole_run(as_of: datetime | None = None) -> SectorRun | None:
    """The newest run of all sectors that was no answer to a significant move, or None. One statement."""
    return list_runs(as_of).filter(is_whole=True).exclude(trigger=SectorRun.Trigger.MOVE).first()


def get_grid(as_of: datetime | None = None) -> Grid | None:
    """The eight cards as of the newest run (that was recorded by `as_of`), or None before the first.

    A run after a significant move covers some sectors; the others keep their reading of the last whole run. Two
    statements, three if there was such a run lately.
    """
    runs = list(list_runs(as_of)[:2])
    if all(run.is_whole for run in runs):
        wholes = runs
    else:  # up to the newest just read: another may be saved between the two statements
        wholes = list(list_runs(as_of).filter(is_whole=True, pk__lte=runs[0].pk)[:2])
    if not wholes:
        return None
    return build_grid(runs[0], wholes[0], list_champions(wholes[-1], runs[0]), wholes[1:])


def list_champions(oldest: SectorRun, newest: SectorRun) -> list[SectorReading]:
    """The shown readings of the runs between two, both included, newest first, without constituents. One statement."""
    readings = SectorReading.objects.filter(
        run_id__gte=oldest.pk, run_id__lte=newest.pk, formula=F("run__formula"), as_of__gte=oldest.as_of
    )
    return list(readings.select_related("run").defer("constituents").order_by("-run_id"))


def latest_readings(as_of: datetime | None = None) -> dict[str, SectorReading]:
    """Each sector's newest shown reading (recorded by `as_of`), by sector; empty before the first run."""
    grid = get_grid(as_of)
    return {} if grid is None else dict(grid.readings)


def newest_seq() -> int:
    """Sequence number of the newest published run, 0 before the first. One statement, the primary key's last entry."""
    newest = SectorRun.objects.order_by("-id").values_list("id", flat=True).first()
    return newest or 0


def list_history(
    sector: str, *, start: datetime | None = None, end: datetime | None = None, as_of: datetime | None = None
) -> QuerySet[SectorReading]:
    """A sector's readings with their runs, newest first; `start` and `end` bound the readings' as_of, both included."""
    shown = SectorReading.objects.filter(sector=sector, formula=F("run__formula"))
    readings = shown.select_related("run").defer("constituents").order_by("-run_id")
    if start is not None:
        readings = readings.filter(as_of__gte=start)
    if end is not None:
        readings = readings.filter(as_of__lte=end)
    return readings if as_of is None else readings.filter(run__recorded_at__lte=as_of)
