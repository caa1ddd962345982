"""What Celery calls. The work is in services and in the apps' own jobs."""

from __future__ import annotations

from typing import Any

import structlog
from celery import shared_task

from . import services
from .models import JobRun

logger = structlog.get_logger("jobs")


@shared_task(name="jobs.run", ignore_result=True)
def run(run_id: int | None = None, name: str = "", params: dict[str, Any] | None = None) -> None:
    """A queued run by its id, or, from the schedule, a job by its name."""
    if run_id is None:
        services.run_now(name, trigger="schedule", params=params)
        return
    try:
        services.execute(run_id)
    except JobRun.DoesNotExist:
        logger.warning("queued run is gone", run_id=run_id)


@shared_task(name="jobs.reap", ignore_result=True)
def reap() -> None:
    """Housekeeping: dead runs are ended, lost messages sent again, old rows dropped."""
    services.reap_stale()
    services.resend_lost()
    services.drop_old()
