"""Running one queued run in this process: claim, heartbeat, the job itself, and the end."""

from __future__ import annotations

import time

import structlog
from django.conf import settings
from django.db import InterfaceError, OperationalError, connection
from structlog.contextvars import bound_contextvars

from . import lifecycle
from .context import JobContext
from .heartbeat import Heartbeat
from .models import JobRun, Status
from .outcomes import Outcome, classify_error, classify_result
from .recorder import Recorder
from .registry import Job, UnknownJob, get_job

logger = structlog.get_logger("jobs")

RETRY_S = 1.0


def execute(run_id: int) -> JobRun:
    """Run a queued run to its end and return its row.

    A run that is not queued any more is returned as it is: a message may arrive twice. Never raises for what the job
    did; interrupts (KeyboardInterrupt, SystemExit) pass on after the row has been ended. Raises JobRun.DoesNotExist.
    """
    run = JobRun.objects.get(pk=run_id)
    if run.status != Status.QUEUED:
        logger.info("not run again", run_id=run.pk, job=run.name, status=run.status)
        return run
    with bound_contextvars(job_run_id=run.pk, job=run.name):
        try:
            job = get_job(run.name)
        except UnknownJob as error:
            logger.error("run of an unknown job", error=str(error))
            lifecycle.finish(run, Outcome(Status.ERRORED, str(error)), from_status=Status.QUEUED)
            return run
        lifecycle.reap_stale(run.name)
        if lifecycle.claim(run):
            _carry_out(run, job)
        else:
            logger.info("run not started", status=run.status, reason=run.reason)
    return run


def _carry_out(run: JobRun, job: Job) -> None:
    recorder = Recorder()
    heartbeat = Heartbeat(run.pk, run.name, recorder, settings.JOBS_HEARTBEAT_S)
    logger.info("run started", params=run.params, trigger=run.trigger)
    started = time.monotonic()
    heartbeat.start()
    try:
        outcome = classify_result(job.function(JobContext(run, recorder), **run.params))
    except Exception as error:
        outcome = classify_error(error)
        _log_error(error, outcome)
    except BaseException as error:
        _end(run, classify_error(error), recorder, heartbeat)
        raise
    _end(run, outcome, recorder, heartbeat)
    logger.info("run ended", status=run.status, reason=run.reason, seconds=round(time.monotonic() - started, 3))


def _log_error(error: Exception, outcome: Outcome) -> None:
    if outcome.status == Status.ERRORED:
        logger.error("run errored", exc_info=error)
    elif outcome.status == Status.FAILED:
        logger.error("run failed", reason=outcome.reason)


def _end(run: JobRun, outcome: Outcome, recorder: Recorder, heartbeat: Heartbeat) -> None:
    """Write the end; while the database is away, try for JOBS_STALE_S, then leave the row to the reaper."""
    heartbeat.end()
    changes = recorder.take()
    deadline = time.monotonic() + settings.JOBS_STALE_S
    while True:
        try:
            if not lifecycle.finish(run, outcome, changes):
                logger.error("the end was not recorded: the run had been ended before", status=run.status)
            return
        except (OperationalError, InterfaceError) as error:
            if connection.in_atomic_block:
                raise
            connection.close()
            if time.monotonic() > deadline:
                logger.critical(
                    "the end could not be recorded, the reaper will", outcome=outcome.reason, error=str(error)
                )
                return
            logger.warning("the end could not be recorded yet", error=str(error))
            time.sleep(RETRY_S)
