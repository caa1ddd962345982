"""Jobs of the universe."""

from __future__ import annotations

from celery import shared_task

from sentiment_site.jobs.context import JobContext, Skip
from sentiment_site.jobs.registry import job
from sentiment_site.jobs.services import request_run
from sentiment_site.market import calendar, clock
from sentiment_site.timeseries.partitions import make_coming_partitions

from . import bars
from .catalysts.due import find_catalyst_slot, find_halt_slot, find_threshold_slot
from .catalysts.halts import refresh_halts
from .catalysts.refresh import refresh_catalysts
from .catalysts.threshold import refresh_threshold
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


@job("universe.catalysts", title="Catalysts: filings and news")
def catalysts(ctx: JobContext) -> str:
    """Every five minutes. Ends failed, with everything else stored, when a vendor refused a part."""
    report = refresh_catalysts(ctx.progress)
    for line in report.lines:
        ctx.log(line)
    if report.errors:
        raise report.errors[0]
    return "; ".join(report.lines)


@job("universe.halts", title="Trading halts")
def halts(ctx: JobContext) -> str:
    """Every minute while the market is open."""
    report = refresh_halts()
    return f"{report.listed} listed, {report.open} open, {report.changed} new or changed, {report.left} left the list"


@job("universe.threshold", title="Threshold list of Nasdaq (Reg SHO)")
def threshold(ctx: JobContext) -> str:
    """Once a session, hourly after its close until the list is there. Skipped while it is not published."""
    report = refresh_threshold()
    if report is None:
        raise Skip("not published yet")
    return f"session {report.session}: {report.listed} listed, {report.known} known"


@shared_task(name="universe.watch", ignore_result=True)
def watch() -> None:
    """Every minute: ask for catalysts, halts and the threshold list when their next slot of market time has begun."""
    now = clock.now()
    slots = {
        "universe.catalysts": find_catalyst_slot(now),
        "universe.halts": find_halt_slot(now),
        "universe.threshold": find_threshold_slot(now),
    }
    for name, slot in slots.items():
        if slot is not None:
            request_run(name, trigger="scheduled", key=slot)


@shared_task(name="universe.tick", ignore_result=True)
def tick() -> None:
    """Every minute: ask for a screening when a session is over that none covers, also after a time of standstill."""
    session = find_due_session()
    if session is not None:
        request_run("universe.refresh", trigger="scheduled", key=session.isoformat())
