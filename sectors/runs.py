"""Analysis runs as a user meets them: start one, see how far it is, stop it, know whether a fresh one is worth it."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied

from sectors.cards import GridHead
from sectors.models import SectorReading, SectorRun
from sectors.occasions import OVERNIGHT, RELEASE
from sentiment_site.jobs import services
from sentiment_site.jobs.models import ACTIVE, JobRun
from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK

ANALYSE = "sectors.analyse"
MOVE = "sectors.move"
MANUAL = "manual"

# Requirements S1: younger than two hours is fresh, up to four offer a refresh, older recommend it.
FRESH = timedelta(hours=2)
ACCEPTABLE = timedelta(hours=4)
SHORTEST_OFFER = timedelta(minutes=5)
RELEASES_FROM_OPEN = timedelta(hours=-1)  # 08:30, an hour before the opening
LOOK_AGAIN_S = 0.05


@dataclass(frozen=True, slots=True)
class Advice:
    """Whether the light may be served and whether a new analysis is worth its wait.

    state: "none" (no light yet), "fresh", "offer" or "recommend". label: "4 AM analysis". age_s: session seconds.
    starts_itself: the account wants the refresh without being asked.
    """

    state: str
    text: str
    can_serve: bool
    label: str
    age_s: float | None
    starts_itself: bool


def start_analysis(user: Any) -> JobRun:
    """The run that is queued or running, whoever asked for it; else a new one, handed to the workers after commit."""
    return get_active() or services.request_run(ANALYSE, trigger=MANUAL, user=user)


def cancel_analysis(user: Any) -> JobRun | None:
    """Stop the analysis that is queued or running and return it; None when there is none.

    A queued one ends at once, a running one at its next check: nothing of it is published. PermissionDenied unless the
    account asked for it or is an operator.
    """
    run = get_active()
    if run is None:
        return None
    if not services.may_cancel(user, run):
        raise PermissionDenied("Only who started this run, or an operator, may cancel it.")
    services.cancel(run, user)
    return run


def get_active() -> JobRun | None:
    """The analysis of all sectors that is queued or running, a running one first, or None. One statement."""
    return (
        JobRun.objects.filter(name=ANALYSE, status__in=ACTIVE)
        .order_by("-status", "-id")  # "running" comes after "queued"
        .defer("lines", "traceback")
        .first()
    )


def get_last_ended() -> JobRun | None:
    """The newest analysis of all sectors that has ended, however it ended. One statement."""
    ended = JobRun.objects.filter(name=ANALYSE).exclude(status__in=ACTIVE)
    return ended.order_by("-id").defer("lines", "traceback").first()


def await_move() -> bool:
    """Wait until no significant move is being analysed, at most JOBS_STALE_S; whether none is.

    An analysis of all sectors calls it once its own row says running, a move's looks for such a row once its own does:
    at least one of the two sees the other, so they never work at the same time.
    """
    deadline = time.monotonic() + settings.JOBS_STALE_S
    while JobRun.objects.filter(name=MOVE, status=JobRun.Status.RUNNING).exists():
        if time.monotonic() > deadline:
            return False
        services.reap_stale(MOVE)
        time.sleep(LOOK_AGAIN_S)
    return True


def advice(head: GridHead | None, now: datetime, preferences: Mapping[str, Any] | None = None) -> Advice:
    """What to tell an account about the light at this moment of market time. No statement.

    preferences: "offer_after_minutes" (5 or more; default 120) moves the first bound, and the second with it where it
    would be passed; "auto_refresh" (default False) starts what would be offered. Served is always: an old light with
    its age beats none.
    """
    chosen = preferences or {}
    itself = bool(chosen.get("auto_refresh", False))
    if head is None:
        return Advice("none", "No analysis yet: run one, or wait for the next scheduled one.", False, "", None, itself)
    label = label_of(head, now)
    if head.as_of > now:
        text = f"The data of the {label} lie in the future of the clock: run a fresh one"
        return Advice("recommend", text, True, label, None, itself)
    age_s = calendar.session_seconds(head.as_of, now)
    asked = chosen.get("offer_after_minutes")
    offer_after = FRESH if asked is None else max(timedelta(minutes=asked), SHORTEST_OFFER)
    state = _state(age_s, offer_after)
    old = f"{_span(age_s)} old"
    if state == "fresh":
        return Advice(state, f"{label} available, {old}", True, label, age_s, False)
    reason = _since(head.as_of, now)
    if state == "offer":
        return Advice(state, f"{label} available ({old}), refresh recommended {reason}", True, label, age_s, itself)
    return Advice(state, f"{label} is {old}: a fresh analysis is recommended {reason}", True, label, age_s, itself)


def label_of(head: GridHead, now: datetime) -> str:
    """The analysis by its time in New York: "4 AM analysis", "8:45 AM analysis", with the weekday if not of today."""
    moment = head.as_of
    if head.occasion == OVERNIGHT.key:
        moment = calendar.last_session(head.recorded_at).pre_open
    elif head.trigger == SectorRun.Trigger.MANUAL:
        moment = head.recorded_at
    local = moment.astimezone(NEW_YORK)
    if head.occasion == RELEASE.key and RELEASE.at is not None:
        local = datetime.combine(local.date(), RELEASE.at, NEW_YORK)
    hour = f"{local.hour % 12 or 12}:{local:%M} {local:%p}".replace(":00 ", " ")
    return f"{_day(local.date(), now.astimezone(NEW_YORK).date())}{hour} analysis"


def describe(run: SectorRun) -> str:
    """A published run in a line, for the job's log."""
    readings = SectorReading.objects.filter(run=run, formula=run.formula).values_list("colour", "status")
    lights = Counter(colour if status == SectorReading.Status.OK else status for colour, status in readings)
    counted = ", ".join(f"{count} {light}" for light, count in sorted(lights.items()))
    newest = run.as_of.isoformat(timespec="minutes")
    return f"run {run.pk}: {run.members} stocks as of {newest}: {counted} ({run.duration_ms} ms)"


def _state(age_s: float, offer_after: timedelta) -> str:
    if age_s > max(ACCEPTABLE, offer_after).total_seconds():
        return "recommend"
    return "fresh" if age_s < offer_after.total_seconds() else "offer"


def _since(as_of: datetime, now: datetime) -> str:
    """Why a refresh could matter: the newest thing that happened after the light's data."""
    session = calendar.last_session(now)
    events = (
        (session.close, "because the market has closed since"),
        (session.open, "because the market has opened since"),
        (session.open + RELEASES_FROM_OPEN, "because economic releases came at 8:30 AM"),
        (session.pre_open, "if major overnight news"),
    )
    return next((words for at, words in events if as_of <= at <= now), "if major news")


def _span(seconds: float) -> str:
    hours, minutes = divmod(int(seconds) // 60, 60)
    return f"{hours} h {minutes:02d} min" if hours else f"{minutes} min"


def _day(day: date, today: date) -> str:
    if day == today:
        return ""
    return f"{day:%A} " if (today - day).days < 7 else f"{day:%b} {day.day} "
