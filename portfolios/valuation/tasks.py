"""Jobs of the valuation: provisional prices at the close, risk an hour later, final rows at 17:30; and their tick."""

from __future__ import annotations

from celery import shared_task

from portfolios.books import corporate
from portfolios.models import BatchMark
from portfolios.risk.batch import save_risk
from sentiment_site.jobs.context import JobContext
from sentiment_site.jobs.models import JobRun, Status
from sentiment_site.jobs.registry import job
from sentiment_site.jobs.services import request_once
from sentiment_site.market import calendar, clock
from sentiment_site.providers.errors import ProviderError
from universe import bars

from . import due
from .batch import is_final, mark_corrected, newest_session, value_books


@job(due.PRICES, title="Prices of the books, provisional")
def save_prices(ctx: JobContext) -> str:
    """At the close: provisional rows of the closes as they are so far; without the vendor, of what is stored."""
    session = newest_session(clock.now())
    error = refresh_closes(ctx, session)
    if error is not None:
        ctx.log(f"with the stored prices: {error}")
    return str(value_books(final=False, progress=ctx.progress, check=ctx.check_cancelled))


@job(due.SNAPSHOTS, title="Daily rows of the books")
def save_snapshots(ctx: JobContext) -> str:
    """From 90 minutes after the close: final closes, expiries and splits, every row that is missing or stale, risk.

    Ends failed, with provisional rows saved, when the vendor refused the final closes; it is tried again.
    """
    session = newest_session(clock.now())
    final = is_final(session, clock.now())
    # what was final for one book is final for all: an edit in the evening asks the vendor nothing
    known = BatchMark.objects.filter(kind=BatchMark.Kind.SNAPSHOT, session__gte=session.date).exists()
    error = None if known or not final else refresh_closes(ctx, session)
    ctx.check_cancelled()
    if not known:
        try:
            corporate.bring_up_to_date(session.date)
        except corporate.BooksFailed as failure:  # their rows are made as they stand; the job of the morning says so
            ctx.log(str(failure))
        corrected = mark_corrected(clock.now())
        if corrected:
            ctx.log(f"{corrected} books rest on closes that were corrected since")
    report = value_books(
        final=final and error is None,
        progress=lambda percent, phase: ctx.progress(percent * 0.8, phase),
        check=ctx.check_cancelled,
    )
    if report.newest in report.days:
        measured = save_risk(
            report.newest, report.books, progress=lambda percent, phase: ctx.progress(80 + percent / 5, phase)
        )
        ctx.log(str(measured))
    if error is not None:
        raise error
    return str(report)


@shared_task(name="portfolios.tick", ignore_result=True)
def tick() -> None:
    """Every minute: ask for what is due in market time."""
    for each in due.find_due(clock.now()):
        if JobRun.objects.filter(name=each.job, status__in=(Status.QUEUED, Status.RUNNING)).exists():
            continue  # whatever it is for, it does all there is to do; the next tick looks again
        for key in each.keys:
            if request_once(each.job, key, trigger="scheduled") is not None:
                break


def refresh_closes(ctx: JobContext, session: calendar.Session) -> ProviderError | None:
    """Ask the vendor for the session's closes; why it did not answer, None when it did."""
    try:
        report = bars.refresh_daily([session])
    except ProviderError as error:
        return error
    for line in report.failures:
        ctx.log(line)
    return None
