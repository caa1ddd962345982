"""Confirming an upload: at once, or by a worker with progress when it is long."""

from __future__ import annotations

import uuid
from typing import Any

from portfolios.access import find, imports_of
from portfolios.models import ImportBatch, Portfolio
from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import request_run

from . import imports

INLINE_ROWS = 500  # more are entered by a worker, with progress
JOB = "portfolios.import_file"


def confirm_or_queue(
    portfolio: Portfolio, batch_id: uuid.UUID | str, *, user: Any, trigger: str
) -> tuple[ImportBatch, JobRun | None]:
    """Enter a preview, or ask a worker to: the batch, and the run where there is one.

    Asking again while the run is queued or running gives the same run. ImportRefused as confirm_import.
    """
    batch = find(imports_of(portfolio), batch_id)
    if batch.state != batch.State.PREVIEW or batch.rows <= INLINE_ROWS or batch.problems:
        return imports.confirm_import(portfolio, batch.pk), None
    run = request_run(JOB, trigger=trigger, params={"batch": str(batch.pk)}, user=user, key=str(batch.pk))
    imports_of(portfolio).filter(pk=batch.pk).update(job_run_id=run.pk)
    batch.job_run_id = run.pk
    return batch, run


def find_run(batch: ImportBatch) -> JobRun | None:
    """The run that enters it, or entered or refused it; None where there was none or it was cleared away."""
    return None if batch.job_run_id is None else JobRun.objects.filter(pk=batch.job_run_id).first()
