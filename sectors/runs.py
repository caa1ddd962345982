"""Analysis runs as a user meets them: start one, see how far it is, know whether a fresh one is worth the wait."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import Any

from sectors.models import SectorReading, SectorRun
from sentiment_site.jobs.models import ACTIVE, JobRun
from sentiment_site.jobs.services import request_run

ANALYSE = "sectors.analyse"
MANUAL = "manual"

# Requirements S1: younger than two hours is fresh, up to four offer a refresh, older recommend it.
FRESH = timedelta(hours=2)
ACCEPTABLE = timedelta(hours=4)


def start_analysis(user: Any) -> JobRun:
    """The run that is queued or running, whoever asked for it; else a new one, handed to the workers after commit."""
    return get_active() or request_run(ANALYSE, trigger=MANUAL, user=user)


def get_active() -> JobRun | None:
    """The analysis that is queued or running, a running one first; None when there is none. One statement."""
    return (
        JobRun.objects.filter(name=ANALYSE, status__in=ACTIVE)
        .order_by("-status", "-id")  # "running" comes after "queued"
        .defer("lines", "traceback")
        .first()
    )


def get_last_ended() -> JobRun | None:
    """The newest analysis that has ended, however it ended. One statement."""
    ended = JobRun.objects.filter(name=ANALYSE).exclude(status__in=ACTIVE)
    return ended.order_by("-id").defer("lines", "traceback").first()


def advise(age_s: float | None) -> str:
    """Whether a new analysis is worth its wait: "fresh", "offer" or "recommend".

    age_s: the light's age in session seconds, None when there is none.
    """
    if age_s is None or age_s > ACCEPTABLE.total_seconds():
        return "recommend"
    return "fresh" if age_s < FRESH.total_seconds() else "offer"


def describe(run: SectorRun) -> str:
    """A published run in a line, for the job's log."""
    readings = SectorReading.objects.filter(run=run, formula=run.formula).values_list("colour", "status")
    lights = Counter(colour if status == SectorReading.Status.OK else status for colour, status in readings)
    counted = ", ".join(f"{count} {light}" for light, count in sorted(lights.items()))
    newest = run.as_of.isoformat(timespec="minutes")
    return f"run {run.pk}: {run.members} stocks as of {newest}: {counted} ({run.duration_ms} ms)"
