"""Jobs of the crypto regime."""

from __future__ import annotations

from celery import shared_task
from django.conf import settings

from sentiment_site.jobs.context import JobContext, Skip
from sentiment_site.jobs.registry import job
from sentiment_site.jobs.services import request_run
from sentiment_site.market import clock
from sentiment_site.providers.errors import ProviderError
from sentiment_site.providers.setup import crypto_vendors

from .analysis import NotEnoughHistory, run_analysis
from .analyst.opinion import NotAsked, ask_about_newest
from .collect import state
from .collect.bootstrap import AlreadyDone, run_bootstrap
from .collect.scan import run_scan
from .due import SCAN, find_due_slot

OPINION = "macro.opinion"


@job("macro.bootstrap", title="Crypto market: the last 365 days, once")
def bootstrap(ctx: JobContext, force: bool = False) -> str:
    """One call per coin of the basket; a killed run goes on where it stopped. Skipped when the history is there."""
    try:
        report = run_bootstrap(
            crypto_vendors(),
            force=force,
            requested_by=ctx.run.requested_by_id,
            job_run_id=ctx.run.pk,
            progress=ctx.progress,
            check=ctx.check_cancelled,
        )
    except AlreadyDone as error:
        raise Skip(str(error)) from error
    return str(report)


@job(SCAN, title="Crypto market: scan and regime")
def scan(ctx: JobContext) -> str:
    """Every four hours of UTC. Ends failed when no vendor's reading can be believed; nothing is made up then."""
    try:
        report = run_scan(crypto_vendors(), job_run_id=ctx.run.pk, progress=ctx.progress)
    except ProviderError as error:
        state.save_failure(clock.now(), str(error))
        raise
    state.save_success(clock.now())
    for line in report.lines:
        ctx.log(line)
    ctx.progress(80, "regime")
    return f"{report}; {_analyse(ctx)}"


@job("macro.analyse", title="Crypto regime from stored readings")
def analyse(ctx: JobContext, trigger: str = "manual") -> str:
    """Without any call to a vendor: after a correction, or on demand."""
    return _analyse(ctx, trigger)


@job(OPINION, title="Crypto regime: a language model's second opinion")
def opinion(ctx: JobContext) -> str:
    """On the newest analysis. Skipped without a key or with the day's budget spent; the engine needs neither."""
    found = ask_about_newest()
    if isinstance(found, NotAsked):
        raise Skip(found.reason)
    return f"{found.model}: {found.reason or ('agrees' if found.agrees else 'disagrees')}, {found.cost_usd:.4f} dollars"


@shared_task(name="macro.tick", ignore_result=True)
def tick() -> None:
    """Every minute: ask for a scan when a slot has begun that has no reading, also after a time of standstill."""
    slot = find_due_slot()
    if slot is not None:
        request_run(SCAN, trigger="scheduled", key=slot.isoformat())


def _analyse(ctx: JobContext, trigger: str | None = None) -> str:
    manual = ctx.run.trigger == "manual"
    try:
        row = run_analysis(clock.now(), trigger=trigger or ("manual" if manual else "scheduled"), job_run_id=ctx.run.pk)
    except NotEnoughHistory as error:
        return f"no regime: {error}"
    state.save_analysis(row)
    if settings.ANTHROPIC_API_KEY:
        request_run(OPINION, trigger="scheduled", key=str(row.pk))
    return f"{row.market_regime}, {row.trade_permission}, confidence {row.overall_confidence}"
