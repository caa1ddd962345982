"""Jobs of the sentiment."""

from __future__ import annotations

import datetime as dt

from sentiment_site.jobs.context import JobContext, Skip
from sentiment_site.jobs.registry import job
from sentiment_site.market import clock
from themes.options.due import ask_after_sentiment

from .aggregate import run_pass
from .due import JOB, OUTCOMES, list_missing
from .outcomes import settle_outcomes


@job(JOB, title="Sentiment of every stock by source")
def aggregate(ctx: JobContext, at: str = "") -> str:
    """Every half hour, and what a short standstill missed. at: one moment in ISO. Skipped where all of it is there."""
    slots = [dt.datetime.fromisoformat(at)] if at else list_missing(clock.now())
    rows = []
    for place, slot in enumerate(slots):
        ctx.check_cancelled()
        ctx.progress(100 * place / len(slots), f"{slot:%H:%M} UTC")
        rows.append(run_pass(slot, known_at=max(slot, clock.now())))
    done = [row for row in rows if row is not None]
    if not done:
        raise Skip("the slot has its pass")
    for row in done[:-1]:
        ctx.log(f"made up for: {row}, {row.stocks:,} stocks")
    ask_after_sentiment()  # confluence waits for this pass
    last = done[-1]
    return (
        f"{last}: {last.stocks:,} stocks from {last.texts:,} texts, {last.silent:,} without a score, "
        f"{last.divergent:,} with sources that contradict each other"
    )


@job(OUTCOMES, title="Calls and contradictions: who was right")
def outcomes(ctx: JobContext) -> str:
    """Once per session, after its bars. What has no price yet is looked at again the next evening."""
    return str(settle_outcomes())
