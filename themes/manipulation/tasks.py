"""Job of the manipulation risk."""

from __future__ import annotations

import datetime as dt

from sentiment_site.jobs.context import JobContext, Skip
from sentiment_site.jobs.registry import job
from sentiment_site.market import clock

from .passes import run_pass
from .screen import NoUniverse
from .slots import JOB, find_slot, missing_slots

__all__ = ["JOB", "find_slot", "manipulation"]


@job(JOB, title="Manipulation risk: every bar's suspicious stocks")
def manipulation(ctx: JobContext, at: str = "") -> str:
    """Every half-hour bar once; those that passed while nothing ran are caught up with, as known now.

    at: end of one bar in ISO, for reading it alone. Skipped without a universe, and when there is nothing new.
    """
    slots = [dt.datetime.fromisoformat(at)] if at else missing_slots(clock.now())
    if not slots:
        raise Skip("every bar that is here has been read")
    lines = []
    for place, slot in enumerate(slots):
        ctx.check_cancelled()
        ctx.progress(100 * place / len(slots), f"bar {place + 1} of {len(slots)}")
        try:
            report = run_pass(slot, known_at=clock.now())
        except NoUniverse as error:
            raise Skip(str(error)) from error
        if report.written is not None:
            lines.append(str(report))
            ctx.log(lines[-1])
    if not lines:
        raise Skip("every bar that is here has been read")
    return lines[-1] if len(lines) == 1 else f"{len(lines)} bars; {lines[-1]}"
