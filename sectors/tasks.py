"""What the workers run: the analysis as a job, the minute's look at whether one is due, the watch over large moves."""

from __future__ import annotations

from celery import shared_task

from sectors import due, publish, runs, selectors, snapshot, watch
from sectors.live_prices import LivePrices
from sectors.models import SectorReading, SectorRun
from sectors.occasions import OCCASIONS, OVERNIGHT
from sectors.pipeline import Skipped, run_analysis
from sentiment_site.jobs.context import JobContext, Skip
from sentiment_site.jobs.registry import job
from sentiment_site.jobs.services import request_once
from sentiment_site.providers.errors import NotEntitled, ProviderError
from sentiment_site.timeseries import retention as policies
from universe import selectors as universe_selectors

RETENTION = "sectors.retention"
DETAIL = policies.Policy(
    "sector_detail", "Sector readings", SectorReading, "as_of", "RETENTION_SECTOR_DETAIL_DAYS"
)  # fmt: skip
policies.register(RETENTION, (DETAIL,))


@job(runs.ANALYSE, title="Analyse the sectors")
def analyse(ctx: JobContext, occasion: str = "") -> str:
    """Fetch, score, save, publish; the result in a line. A scheduled run without newer data is skipped.

    occasion: a key of OCCASIONS, empty for a run on demand.
    """

    def progress(percent: float, phase: str) -> None:
        ctx.check_cancelled()
        ctx.progress(percent, phase)

    if occasion:
        progress(0, OCCASIONS[occasion].title)
    if not runs.await_move():
        ctx.log("a significant move has been at work for too long; not waited for any more")
    scheduled = ctx.run.trigger.startswith("schedule")
    return _published(
        ctx,
        run_analysis(
            trigger=SectorRun.Trigger.SCHEDULED if scheduled else SectorRun.Trigger.MANUAL,
            progress=progress,
            job_run_id=ctx.run.pk,
            live=lambda: _newer_prices(ctx, occasion, scheduled),
            occasion=occasion,
            repeats=bool(occasion) and OCCASIONS[occasion].repeats,
        ),
    )


@job(runs.MOVE, title="Analyse the sectors of a significant move")
def analyse_move(ctx: JobContext, sectors: list[str], moves: dict[str, float], occasion: str) -> str:
    """Score some sectors again with the snapshot's prices and publish them; never beside an analysis of all sectors.

    moves: percent points since the previous close by symbol, as they were seen; what later looks are held against.
    """
    session, universe_run = snapshot.open_session(), universe_selectors.current_run()
    if runs.get_active() is not None:
        raise Skip("an analysis of all sectors is under way")
    if session is None or universe_run is None:
        raise Skip("the market is closed")
    ctx.progress(10, "snapshot")
    view = snapshot.fetch_view(universe_selectors.list_members(universe_run), session, sectors)
    if view.live is None:
        raise Skip("the vendor has no usable price of these sectors")
    ctx.check_cancelled()
    outcome = run_analysis(
        trigger=SectorRun.Trigger.MOVE,
        fetch=False,
        progress=ctx.progress,
        job_run_id=ctx.run.pk,
        only=sectors,
        live=view.live,
        occasion=occasion,
    )
    return _published(ctx, outcome)


@job(watch.LOOK, title="Look for significant moves")
def look(ctx: JobContext) -> str:
    """One look of the watch with its outcome on record: made when one failed, and by operators."""
    outcome = watch.look()
    if outcome.refused:
        raise Skip(outcome.text)
    return outcome.text


@job(RETENTION, title="Archive old sector readings")
def retention(ctx: JobContext, dry_run: bool = False) -> str:
    """Daily. Weeks of readings older than RETENTION_SECTOR_DETAIL_DAYS go to Parquet and leave the table."""
    return policies.carry_out(RETENTION, ctx, dry_run=dry_run)


@shared_task(name="sectors.tick", ignore_result=True)
def tick() -> None:
    """Every minute: ask for the analysis that is due; repair a publication that was missed."""
    publish.republish_missed()
    moment = due.find_due()
    if moment is not None:
        params = {"occasion": moment.occasion.key}
        request_once(runs.ANALYSE, moment.key, trigger="scheduled", params=params)


@shared_task(name="sectors.watch", ignore_result=True)
def watch_market() -> None:
    """Every WATCH_EVERY_S: look for significant moves. A failure is on record once in a while, not every time."""
    try:
        watch.look()
    except ProviderError as error:
        watch.record_failure(error)


def _newer_prices(ctx: JobContext, occasion: str, scheduled: bool) -> LivePrices | None:
    """The snapshot's prices for a run of all sectors, once its bars are there; None where bars alone count.

    A run on demand takes them to be as fresh as can be; a bar's run takes them after a significant move, because
    without them the sector that moved would fall back. Both do without when the vendor fails; 08:45 cannot.
    """
    needed = bool(occasion) and OCCASIONS[occasion].snapshot
    wanted = needed or not scheduled or (occasion not in ("", OVERNIGHT.key) and _moved_since())
    session, universe_run = snapshot.open_session(), universe_selectors.current_run()
    if not wanted or session is None or universe_run is None:
        return None
    try:
        return snapshot.fetch_view(universe_selectors.list_members(universe_run), session).live
    except ProviderError as error:
        if needed and isinstance(error, NotEntitled):
            raise Skip(f"{error}; the next bar's run has what there is") from error
        if needed:
            raise
        ctx.log(f"without the snapshot's prices: {error}")
        return None


def _moved_since() -> bool:
    """Whether the newest run answered a significant move."""
    newest = selectors.current_run()
    return newest is not None and newest.trigger == SectorRun.Trigger.MOVE


def _published(ctx: JobContext, outcome: SectorRun | Skipped) -> str:
    if isinstance(outcome, Skipped):
        raise Skip(outcome.reason)
    line = runs.describe(outcome)
    ctx.log(line)
    return line
