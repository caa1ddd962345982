"""The risk job."""

from __future__ import annotations

import datetime as dt

from sentiment_site.jobs.context import JobContext, Skip
from sentiment_site.jobs.registry import job
from sentiment_site.market import calendar, clock

from . import batch


@job("portfolios.risk", title="Risk of the books")
def measure_risk(ctx: JobContext, day: str = "", again: bool = False) -> str:
    """Stores Greeks, exposures and factor betas of a session (ISO; default: the last one that closed).

    Books that were measured up to it already are left alone unless `again`.
    """
    session = dt.date.fromisoformat(day) if day else calendar.last_closed_session(clock.now()).date
    due = None if again else batch.list_due(session)
    if due == []:
        raise Skip(f"every book is measured up to {session}")

    def note(percent: float, phase: str) -> None:
        ctx.check_cancelled()
        ctx.progress(percent, phase)

    return str(batch.save_risk(session, due, progress=note))
