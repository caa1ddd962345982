"""Jobs of the universe."""

from __future__ import annotations

from celery import shared_task

from sentiment_site.jobs.context import JobContext, Skip
from sentiment_site.jobs.registry import job
from sentiment_site.jobs.services import request_run
from sentiment_site.market import calendar, clock
from sentiment_site.timeseries.partitions import make_coming_partitions

from . import bars
from .due import find_due_session
from .pipeline import PANEL_SESSIONS, NotEnoughBars, refresh_universe
from .reference import refresh_reference


@job("universe.reference", title="Reference data: tickers, caps, floats, short interest, splits")
def reference(ctx: JobContext) -> str:
    """Nightly. Ends failed, with everything else stored, when a vendor refused a part."""
    report = refresh_reference(ctx.progress)
    for line in report.lines:
        ctx.log(line)
    if report.errors:
        raise report.errors[0]
    return report.lines[0]


@job("universe.refresh", title="Daily bars and the screening of the market")
def refresh(ctx: JobContext, profile: str | None = None) -> str:
    """Fetch the daily bars that are missing, then screen. Skipped when the session's bars are not there yet."""
    sessions = calendar.recent_sessions(clock.now(), PANEL_SESSIONS)
    report = bars.refresh_daily(sessions, lambda percent, phase: ctx.progress(percent / 2, phase))
    for line in report.failures:
        ctx.log(line)
    ctx.check_cancelled()
    try:
        run = refresh_universe(
            profile=profile,
            progress=lambda percent, phase: ctx.progress(50 + percent / 2, phase),
            job_run_id=ctx.run.pk,
        )
    except NotEnoughBars as error:
        raise Skip(str(error)) from error
    ctx.log(f"{run.session}: {run.members:,} members of {run.stages[0]['left']:,} names. {run.floor_note}".strip())
    return f"{run.members:,} members, session {run.session}"


@job("universe.partitions", title="Partitions of the large tables, ahead of time")
def partitions(ctx: JobContext) -> str:
    """Daily. Makes what the next periods need, so that no bar has to wait in a DEFAULT partition; drops nothing."""
    made = make_coming_partitions(clock.now())
    for name in made:
        ctx.log(f"made {name}")
    return f"{len(made)} partitions made" if made else "all partitions are there"


@shared_task(name="universe.tick", ignore_result=True)
def tick() -> None:
    """Every minute: ask for a screening when a session is over that none covers, also after a time of standstill."""
    session = find_due_session()
    if session is not None:
        request_run("universe.refresh", trigger="scheduled", key=session.isoformat())
