"""Jobs of options and confluence."""

from __future__ import annotations

from sentiment_site.jobs.context import JobContext, Skip
from sentiment_site.jobs.registry import job
from sentiment_site.market import clock

from .collect import NothingToRead, OverBudget, SwitchedOff, collect_chains
from .due import CHAINS, CONFLUENCE, list_due
from .passes import NoInput, run_pass


@job(CHAINS, title="Option chains")
def options(ctx: JobContext) -> str:
    """Every ten minutes of option trading. Ends failed, with what was read stored, when the vendor refused."""
    try:
        report = collect_chains(progress=ctx.progress)
    except (NothingToRead, OverBudget, SwitchedOff) as reason:
        raise Skip(str(reason)) from reason
    for pick, error in report.failed:
        ctx.log(f"{pick.symbol}: {error}")
    if report.error is not None:
        ctx.log(str(report))
        raise report.error
    return str(report)


@job(CONFLUENCE, title="Confluence of chart, sentiment and options")
def confluence(ctx: JobContext) -> str:
    """Every half-hour of a session, after its sentiment; slots of the last two hours that were missed come first."""
    now = clock.now()
    made = []
    try:
        for at in list_due(now):
            ctx.check_cancelled()
            found = run_pass(at, known_at=now)
            if found is not None:
                made.append(found)
    except NoInput as reason:
        raise Skip(str(reason)) from reason
    if not made:
        raise Skip("every slot has its pass, or waits for its sentiment")
    newest = made[-1]
    return f"{len(made)} slots; {newest.scored:,} of {newest.stocks:,} scored, {newest.high} high"
