"""Jobs of the themes."""

from __future__ import annotations

import datetime as dt

from sentiment_site.jobs.context import JobContext, Skip
from sentiment_site.jobs.registry import job
from sentiment_site.jobs.services import may_try
from sentiment_site.market import clock

from .tick import NoTape, run_tick

JOB = "themes.detect"


@job(JOB, title="Themes: what the crowd began to talk about")
def detect(ctx: JobContext, at: str = "") -> str:
    """Hourly. Skipped while there is no universe. at: a moment in ISO, default the last full hour."""
    moment = dt.datetime.fromisoformat(at) if at else clock.now().replace(minute=0, second=0, microsecond=0)
    try:
        report = run_tick(moment, known_at=clock.now())
    except NoTape as error:
        raise Skip(str(error)) from error
    for theme in report.created:
        ctx.log(f"new: {theme} ({theme.standing}, confidence {theme.detection_confidence})")
    return str(report)


def find_slot(now: dt.datetime) -> str | None:
    """The hour to detect for, None when it was tried."""
    key = f"{now.replace(minute=0, second=0, microsecond=0):%Y-%m-%dT%H:%MZ}"
    return key if may_try(JOB, key, attempts=2) else None
