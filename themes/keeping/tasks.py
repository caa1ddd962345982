"""The job that lets go of what is old."""

from __future__ import annotations

from sentiment_site.jobs.context import JobContext
from sentiment_site.jobs.registry import job
from sentiment_site.timeseries import retention

from .policies import JOB, POLICIES

retention.register(JOB, POLICIES)


@job(JOB, title="Old rows of themes and sentiments to the archive")
def let_go(ctx: JobContext, dry_run: bool = False, only: str = "") -> str:
    """Daily. only: the key of one kind. Ends errored, with everything else done, when something could not leave."""
    return retention.carry_out(JOB, ctx, dry_run=dry_run, only=only)
