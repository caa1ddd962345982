"""The job of the temperature: everything of the session that is due, in its order."""

from __future__ import annotations

import datetime as dt

from django.conf import settings

from sectors.models import SectorRun
from sectors.theme_terms import terms_changed
from sentiment_site.jobs.context import JobContext, Skip
from sentiment_site.jobs.registry import job
from sentiment_site.jobs.services import may_try
from sentiment_site.market import clock
from themes.models import TemperaturePass
from themes.tape import NoTape

from .passes import NoHour, run_pass
from .slots import Slot, list_slots, newest_slot

JOB = "themes.temperature"
# the sector analysis brings the bars; without one the slot is read with what is there
PATIENCE = dt.timedelta(minutes=15)
ATTEMPTS = 3


@job(JOB, title="Temperature, squeeze risk and verdicts")
def temperature(ctx: JobContext) -> str:
    """At every full hour of the session, and at half past for the stocks that moved. Skipped without bars."""
    due = list_due(clock.now())
    if not due:
        raise Skip("every hour of the session was read")
    done = 0
    for slot in due:
        ctx.check_cancelled()
        try:
            # what is caught up with is no news
            made = run_pass(slot, alerts=slot is due[-1])
        except (NoTape, NoHour) as error:
            if slot is due[-1]:
                raise Skip(str(error)) from error
            ctx.log(f"{slot.at.isoformat()}: {error}")
            continue
        if made is not None:
            done += 1
            ctx.log(f"{made}: {made.warm} warm, {made.hot} hot, {made.extreme} extreme of {made.stocks}")
        ctx.progress(100 * (due.index(slot) + 1) / len(due), slot.at.isoformat())
    terms_changed()
    return f"{done} of {len(due)} slots read, up to {due[-1].at.isoformat()}"


def find_slot(now: dt.datetime) -> str | None:
    """The newest slot that is over, visible, and not read; None when it was tried, or its bars are still awaited."""
    visible = now - dt.timedelta(seconds=settings.POLYGON_DELAY_S)
    slot = newest_slot(visible)
    key = f"{slot.at:%Y-%m-%dT%H:%MZ}"
    if not _is_here(slot, visible) or TemperaturePass.objects.filter(as_of=slot.at).exists():
        return None
    return key if may_try(JOB, key, attempts=ATTEMPTS) else None


def list_due(now: dt.datetime) -> list[Slot]:
    """The session's full hours since its last pass, oldest first, and the newest slot. One statement."""
    newest = newest_slot(now - dt.timedelta(seconds=settings.POLYGON_DELAY_S))
    session = newest.session
    read = TemperaturePass.objects.filter(as_of__gte=session.pre_open, as_of__lte=session.post_close)
    last = read.order_by("-as_of").values_list("as_of", flat=True).first()
    open_slots = [slot for slot in list_slots(session) if slot.bars <= newest.bars and (not last or slot.at > last)]
    return [slot for slot in open_slots if slot.on_the_hour or slot == newest]


def _is_here(slot: Slot, visible: dt.datetime) -> bool:
    """Whether the sector light has fetched the slot's bars, or has been waited for long enough."""
    if not slot.bars or visible >= slot.at + PATIENCE:
        return True
    return SectorRun.objects.filter(as_of__gte=slot.at, recorded_at__lte=clock.now()).exists()
