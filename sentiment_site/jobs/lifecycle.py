"""The only writers of a run's status: each transition is one guarded UPDATE, so two workers cannot both make it."""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import psycopg
import structlog
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.db.models import F, Func, JSONField, Q, Value
from django.db.models.functions import Greatest

from sentiment_site.market import clock

from .models import ACTIVE, JobRun, Status
from .outcomes import Outcome
from .recorder import Changes
from .registry import Job
from .signals import run_changed

logger = structlog.get_logger("jobs")

ONE_RUNNING = "jobrun_one_running_per_name"


class Append(Func):
    """`left || right` of two jsonb lists."""

    template = "%(expressions)s"
    arg_joiner = " || "


def create_queued(job: Job, *, trigger: str, params: Mapping[str, Any], key: str = "", user_id: Any = None) -> JobRun:
    """A new queued run of the job."""
    now = clock.wall()
    run = JobRun.objects.create(
        name=job.name,
        key=key,
        trigger=trigger,
        exclusive=job.exclusive,
        params=dict(params),
        requested_by_id=user_id,
        queued_at=now,
        heartbeat_at=now,
    )
    announce(run)
    return run


def find_active(name: str, *, key: str, params: Mapping[str, Any]) -> JobRun | None:
    """The newest queued or running run of the same name, key and parameters."""
    return JobRun.objects.filter(name=name, key=key, params=dict(params), status__in=ACTIVE).order_by("-id").first()


def lock_name(name: str) -> None:
    """Hold other requests for the same job until this transaction ends, so that two clicks make one run."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [f"jobs:{name}"])


def claim(run: JobRun) -> bool:
    """queued -> running, for one worker only. False: somebody else has it, or another run of the name is at work.

    In the second case the run has been ended as skipped.
    """
    while True:
        try:
            return _claim_once(run)
        except IntegrityError as error:
            cause = error.__cause__
            if not isinstance(cause, psycopg.Error) or cause.diag.constraint_name != ONE_RUNNING:
                raise
        other = JobRun.objects.filter(name=run.name, status=Status.RUNNING).first()
        if other is not None and other.started_at is not None:
            reason = f"already running since {other.started_at:%Y-%m-%d %H:%M:%S} UTC (run {other.pk})"
            finish(run, Outcome(Status.SKIPPED, reason), from_status=Status.QUEUED)
            return False


def _claim_once(run: JobRun) -> bool:
    now = clock.wall()
    with transaction.atomic():
        claimed = JobRun.objects.filter(pk=run.pk, status=Status.QUEUED).update(
            status=Status.RUNNING, started_at=now, heartbeat_at=now, host=socket.gethostname(), pid=os.getpid()
        )
    run.refresh_from_db()
    if claimed:
        announce(run)
    return bool(claimed)


def finish(
    run: JobRun,
    outcome: Outcome,
    changes: Changes | None = None,
    *,
    from_status: Status = Status.RUNNING,
    only_if: Q | None = None,
) -> bool:
    """The last transition, with what the heartbeat had not written.

    False: the run had been ended by somebody else, or `only_if` does not hold any more.
    """
    values: dict[str, Any] = {
        "status": outcome.status,
        "reason": outcome.reason,
        "traceback": outcome.traceback,
        "finished_at": Greatest(F("queued_at"), Value(clock.wall())),
    }
    if changes is not None:
        values |= {"percent": changes.percent, "phase": changes.phase}
        values["lines"] = Append(F("lines"), Value(changes.lines, JSONField()))
    if outcome.status == Status.DONE:
        values["percent"] = 100
    ended = JobRun.objects.filter(only_if or Q(), pk=run.pk, status=from_status).update(**values)
    run.refresh_from_db()
    if ended:
        announce(run)
    return bool(ended)


def reap_stale(name: str | None = None) -> list[JobRun]:
    """End running rows whose worker has not given a sign of life for JOBS_STALE_S; the runs that were ended."""
    limit = clock.wall() - timedelta(seconds=settings.JOBS_STALE_S)
    silent = Q(heartbeat_at__lt=limit)
    stale = JobRun.objects.filter(silent, status=Status.RUNNING)
    reaped = []
    for run in stale if name is None else stale.filter(name=name):
        last = run.heartbeat_at
        reason = f"worker stopped answering at {last:%Y-%m-%d %H:%M:%S} UTC ({run.host}, process {run.pid})"
        if finish(run, Outcome(Status.ERRORED, reason), only_if=silent):
            logger.error("stale run reaped", run_id=run.pk, job=run.name, reason=reason)
            reaped.append(run)
    return reaped


def announce(run: JobRun) -> None:
    """Tell the other rooms after commit."""
    message = {"run_id": run.pk, "name": run.name, "status": str(run.status)}
    message |= {"phase": run.phase, "percent": run.percent, "reason": run.reason}
    transaction.on_commit(lambda: run_changed.send_robust(sender=None, **message), robust=True)
