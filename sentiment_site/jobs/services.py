"""What pages, commands, the schedule and the admin may ask of jobs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import Any

import structlog
from celery import current_app
from django.conf import settings
from django.db import transaction

from sentiment_site.market import clock

from . import lifecycle
from .execution import execute
from .lifecycle import reap_stale
from .models import JobRun, ScheduledJob, Status
from .outcomes import Outcome, classify_error
from .registry import get_job

__all__ = [
    "cancel",
    "drop_old",
    "execute",
    "may_cancel",
    "may_try",
    "pause",
    "reap_stale",
    "request_once",
    "request_run",
    "resend_lost",
    "resume",
    "run_now",
]

logger = structlog.get_logger("jobs")

KEEP_DAYS = 90
LOST_AFTER_S = 300
# A page waits for this: Celery's own pool tries a dead broker for six seconds.
PATIENCE = {
    "max_retries": 1,
    "interval_start": 0,
    "interval_step": 0.2,
    "interval_max": 0.2,
    "socket_connect_timeout": 2,
}


def request_run(
    name: str, *, trigger: str, params: Mapping[str, Any] | None = None, user: Any = None, key: str = ""
) -> JobRun:
    """Queue a run and hand it to the workers after commit.

    A run of the same name, key and parameters that is queued or running is returned instead (a queued one is handed out
    again if its message seems lost; running it twice is impossible). With the broker down the run ends failed and says
    so. Raises UnknownJob, and ValueError for parameters that the job does not take.
    """
    job = get_job(name)
    wanted = dict(params or {})
    job.check_params(wanted)
    with transaction.atomic():
        lifecycle.lock_name(name)
        reap_stale(name)
        run = lifecycle.find_active(name, key=key, params=wanted)
        if run is None:
            run = lifecycle.create_queued(
                job, trigger=trigger, params=wanted, key=key, user_id=user.pk if user is not None else None
            )
            transaction.on_commit(partial(_send, run))
        elif _is_lost(run, settings.JOBS_STALE_S):
            transaction.on_commit(partial(_send, run))
    return run


def request_once(name: str, key: str, *, trigger: str, params: Mapping[str, Any] | None = None) -> JobRun | None:
    """As `request_run`, for work that is due once under its key; None when `may_try` says no.

    Asked and queued under one lock: of two who look at the same moment one gets the run, even if it ends at once.
    """
    with transaction.atomic():
        lifecycle.lock_name(name)
        return request_run(name, trigger=trigger, params=params, key=key) if may_try(name, key) else None


def run_now(
    name: str,
    *,
    trigger: str = "inline",
    params: Mapping[str, Any] | None = None,
    user: Any = None,
    key: str = "",
) -> JobRun:
    """Run the job in this process and return its ended row. Raises as request_run does, never for what the job did."""
    job = get_job(name)
    wanted = dict(params or {})
    job.check_params(wanted)
    user_id = user.pk if user is not None else None
    return execute(lifecycle.create_queued(job, trigger=trigger, params=wanted, key=key, user_id=user_id).pk)


def may_try(name: str, key: str, *, attempts: int = 3, pause: timedelta = timedelta(minutes=5)) -> bool:
    """Whether a run with this key may be asked for: none is under way or done, and failed ones were few and are past.

    For work that is due once (a bar, a session): not for ever, and not every minute, when it fails.
    """
    runs = JobRun.objects.filter(name=name, key=key).order_by("-id")
    tried = list(runs.values_list("status", "finished_at")[:attempts])
    if not tried:
        return True
    status, finished_at = tried[0]
    if status == Status.DONE or finished_at is None or len(tried) >= attempts:
        return False
    return bool(clock.wall() - finished_at >= pause)


def may_cancel(user: Any, run: JobRun) -> bool:
    """Who asked for the run, staff, and holders of the right to operate jobs."""
    return bool(run.requested_by_id == user.pk or user.is_staff or user.has_perm("jobs.operate_jobrun"))


def cancel(run: JobRun, user: Any) -> bool:
    """Ask a run to stop: a queued one ends at once, a running one at its next check. False when it has ended."""
    who = user.get_username()
    if lifecycle.finish(run, Outcome(Status.SKIPPED, f"cancelled by {who}"), from_status=Status.QUEUED):
        return True
    asked = JobRun.objects.filter(pk=run.pk, status=Status.RUNNING).update(cancel_requested=True, cancelled_by=who)
    run.refresh_from_db()
    return bool(asked)


def resend_lost() -> int:
    """Hand out again queued runs whose message was lost (the broker was emptied); how many. Harmless for the others."""
    lost = [run for run in JobRun.objects.filter(status=Status.QUEUED) if _is_lost(run, LOST_AFTER_S)]
    for run in lost:
        logger.warning("queued run handed out again", run_id=run.pk, job=run.name)
        _send(run)
    return len(lost)


def drop_old() -> int:
    """Delete ended runs older than 90 days; how many."""
    limit = clock.wall() - timedelta(days=KEEP_DAYS)
    return JobRun.objects.filter(finished_at__lt=limit).delete()[0]


def pause(scheduled: ScheduledJob) -> bool:
    """Stop the schedule from starting this line; False when it has no PeriodicTask or is paused already."""
    return _set_enabled(scheduled, False)


def resume(scheduled: ScheduledJob) -> bool:
    """Let the schedule start this line again; False when it has no PeriodicTask or is not paused."""
    return _set_enabled(scheduled, True)


def _set_enabled(scheduled: ScheduledJob, enabled: bool) -> bool:
    periodic = scheduled.periodic_task
    if periodic is None or periodic.enabled == enabled:
        return False
    periodic.enabled = enabled
    periodic.save()  # its save() tells beat
    return True


def _is_lost(run: JobRun, after_s: float) -> bool:
    """Whether a queued run was last handed out more than `after_s` seconds ago."""
    sent = run.heartbeat_at or run.queued_at
    return run.status == Status.QUEUED and clock.wall() - sent > timedelta(seconds=after_s)


def _send(run: JobRun) -> None:
    """The message to the workers; without a broker the run ends failed, and the caller's page lives."""
    JobRun.objects.filter(pk=run.pk, status=Status.QUEUED).update(heartbeat_at=clock.wall())
    try:
        with current_app.connection_for_write(transport_options=PATIENCE) as connection:
            current_app.tasks["jobs.run"].apply_async(
                kwargs={"run_id": run.pk},
                connection=connection,  # type: ignore[call-arg]  # the stub lacks it
                retry=False,
            )
    except Exception as error:
        outcome = classify_error(error)
        reason = f"not handed to the workers: {outcome.reason}"
        logger.error("run not handed to the workers", run_id=run.pk, job=run.name, exc_info=error)
        lifecycle.finish(run, Outcome(outcome.status, reason, outcome.traceback), from_status=Status.QUEUED)
    else:
        run.refresh_from_db()
