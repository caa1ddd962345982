"""Jobs of the themes."""

from __future__ import annotations

import datetime as dt

from sentiment_site.jobs.context import JobContext, Skip
from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.registry import job
from sentiment_site.jobs.services import may_try
from sentiment_site.market import clock
from themes.publish import announce_change

from .texts import HOUR
from .tick import NoTape, run_tick

JOB = "themes.detect"
LOOK = "themes.look"
DOCUMENTS = "themes.documents"
KEY = "%Y-%m-%dT%H:%MZ"
MOST_HOURS = 6
PATIENCE = dt.timedelta(minutes=15)


@job(JOB, title="Themes: what the crowd began to talk about")
def detect(ctx: JobContext, at: str = "") -> str:
    """Hourly, and the hours that a standstill left out, at most six. Skipped while there is no universe.

    at: a moment in ISO, for it alone.
    """
    now = clock.now()
    moments = [dt.datetime.fromisoformat(at)] if at else list_hours(now)
    try:
        for place, moment in enumerate(moments):
            ctx.check_cancelled()
            ctx.progress(100 * place / len(moments), f"{moment:%H:%M} UTC")
            report = run_tick(moment, known_at=now)
            for theme in report.created:
                ctx.log(f"new: {theme} ({theme.standing}, confidence {theme.detection_confidence})")
    except NoTape as error:
        raise Skip(str(error)) from error
    announce_change("stories")
    return str(report)


@job(LOOK, title="Themes: new ones between the hours")
def look(ctx: JobContext) -> str:
    """After every reading of documents: opens themes, measures none. Skipped while there is no universe."""
    now = clock.now()
    try:
        report = run_tick(now, known_at=now, whole=False)
    except NoTape as error:
        raise Skip(str(error)) from error
    for theme in report.created:
        ctx.log(f"new: {theme} ({theme.standing}, confidence {theme.detection_confidence})")
    if report.created:
        announce_change("stories")
    return str(report)


def list_hours(now: dt.datetime) -> list[dt.datetime]:
    """Full hours to detect for, oldest first: since the last run that ended well, the newest one always."""
    newest = _hour(now)
    rows = JobRun.objects.filter(name=JOB, status=JobRun.Status.DONE, key__gt="").order_by("-key")
    key = rows.values_list("key", flat=True).first()
    last = dt.datetime.strptime(key, KEY).replace(tzinfo=dt.UTC) if key else newest - (MOST_HOURS + 1) * HOUR
    missing = min(max(int((newest - last) / HOUR), 1), MOST_HOURS)
    return [newest - back * HOUR for back in range(missing - 1, -1, -1)]


def find_slot(now: dt.datetime) -> str | None:
    """The hour to detect for, once its documents are read or a quarter of an hour is over; None when it was tried."""
    hour = _hour(now)
    key = hour.strftime(KEY)
    read = JobRun.objects.filter(name=DOCUMENTS, finished_at__isnull=False)
    if not read.filter(key__gte=key).exists() and (now < hour + PATIENCE or not read.exists()):
        return None
    return key if may_try(JOB, key, attempts=2) else None


def find_look_slot(now: dt.datetime) -> str | None:
    """The newest reading of documents, unless the hour's own detection covers it; None when it was tried."""
    rows = JobRun.objects.filter(name=DOCUMENTS, key__gt="", finished_at__isnull=False).order_by("-key")
    key = rows.values_list("key", flat=True).first()
    if key is None or key <= _hour(now).strftime(KEY):
        return None
    return key if may_try(LOOK, key, attempts=1) else None


def _hour(now: dt.datetime) -> dt.datetime:
    return now.replace(minute=0, second=0, microsecond=0)
