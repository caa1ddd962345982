"""What the workers run: the analysis as a job, and the minute's look at whether one is due."""

from __future__ import annotations

from datetime import timedelta

from celery import shared_task
from django.conf import settings

from sectors import due, publish, runs
from sectors.models import SectorReading, SectorRun
from sectors.pipeline import Skipped, run_analysis
from sentiment_site.jobs.context import JobContext, Skip
from sentiment_site.jobs.registry import job
from sentiment_site.jobs.services import request_run
from sentiment_site.market import clock
from sentiment_site.timeseries import archive


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


@job("sectors.retention", title="Archive old sector readings")
def retention(ctx: JobContext, dry_run: bool = False) -> str:
    """Daily. Weeks of readings older than RETENTION_SECTOR_DETAIL_DAYS go to Parquet and leave the table."""
    before = clock.now() - timedelta(days=settings.RETENTION_SECTOR_DETAIL_DAYS)
    series = archive.find_series(SectorReading._meta.db_table)
    parts = archive.archive(series, before, dry_run=dry_run, report=ctx.log)
    if not parts:
        raise Skip("a dry run changes nothing" if dry_run else f"nothing is older than {before:%Y-%m-%d}")
    return f"{len(parts)} parts archived, {sum(part.rows for part in parts):,} rows"


@shared_task(name="sectors.tick", ignore_result=True)
def tick() -> None:
    """Every minute: ask for an analysis when a bar is over that no run covers; repair a publication that was missed."""
    publish.republish_missed()
    bar_end = due.find_due_bar()
    if bar_end is not None:
        request_run(runs.ANALYSE, trigger="scheduled", key=bar_end.isoformat())
