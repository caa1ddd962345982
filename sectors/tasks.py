"""What the workers run: the analysis as a job, and the minute's look at whether one is due."""

from __future__ import annotations

from celery import shared_task

from sectors import due, publish, runs
from sectors.models import SectorRun
from sectors.pipeline import Skipped, run_analysis
from sentiment_site.jobs.context import JobContext, Skip
from sentiment_site.jobs.registry import job
from sentiment_site.jobs.services import request_run


@job(runs.ANALYSE, title="Analyse the sectors")
def analyse(ctx: JobContext) -> str:
    """Fetch, score, save, publish; the result in a line. A scheduled run without a new bar is skipped."""

    def progress(percent: float, phase: str) -> None:
        ctx.check_cancelled()
        ctx.progress(percent, phase)

    scheduled = ctx.run.trigger.startswith("schedule")
    trigger = SectorRun.Trigger.SCHEDULED if scheduled else SectorRun.Trigger.MANUAL
    outcome = run_analysis(trigger=trigger, progress=progress, job_run_id=ctx.run.pk)
    if isinstance(outcome, Skipped):
        raise Skip(outcome.reason)
    line = runs.describe(outcome)
    ctx.log(line)
    return line


@shared_task(name="sectors.tick", ignore_result=True)
def tick() -> None:
    """Every minute: ask for an analysis when a bar is over that no run covers; repair a publication that was missed."""
    publish.republish_missed()
    bar_end = due.find_due_bar()
    if bar_end is not None:
        request_run(runs.ANALYSE, trigger="scheduled", key=bar_end.isoformat())
