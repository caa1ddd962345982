"""The moments at which the light changed: where the time machine's steps lead."""

from __future__ import annotations

from datetime import datetime

from sectors.models import SectorRun


def get_earlier(as_of: datetime | None) -> datetime | None:
    """When the run before the one shown at `as_of` (None: live) became known; None before the second. One statement."""
    runs = SectorRun.objects.order_by("-recorded_at")
    if as_of is not None:
        runs = runs.filter(recorded_at__lte=as_of)
    shown_and_before = list(runs.values_list("recorded_at", flat=True).distinct()[:2])
    return shown_and_before[1] if len(shown_and_before) > 1 else None


def get_later(as_of: datetime) -> datetime | None:
    """When the first run after the one shown at `as_of` became known; None at the newest. One statement."""
    later = SectorRun.objects.filter(recorded_at__gt=as_of).order_by("recorded_at")
    return later.values_list("recorded_at", flat=True).first()
