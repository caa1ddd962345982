"""Manipulation risk as it was known at a moment. None = live; the past shows what was recorded by then."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from django.db.models import Count, Q, QuerySet

from sentiment_site.market import clock
from themes.kernels.behaviour import FEWEST_OUTCOMES
from themes.kernels.manipulation import RiskBand
from themes.models import ManipulationOutcome, ManipulationPass, ManipulationReading

BANDS = tuple(band.name for band in RiskBand)
# A reading speaks of its bar; a stock that was read no more since is quiet, not still suspicious.
STANDS_FOR = dt.timedelta(days=5)
HISTORY = dt.timedelta(days=21)


@dataclass(frozen=True, slots=True)
class OutcomeRecord:
    """What is stored of outcomes at a moment: settled ones with an answer, crashes among them, open ones."""

    settled: int
    crashed: int
    waiting: int

    @property
    def missing(self) -> int:
        """How many are wanting until the risk is recalibrated."""
        return max(FEWEST_OUTCOMES - self.settled, 0)


def latest_pass(as_of: dt.datetime | None = None) -> ManipulationPass | None:
    """The newest pass known at a moment. One statement."""
    at = as_of or clock.now()
    return ManipulationPass.objects.filter(as_of__lte=at, recorded_at__lte=at).order_by("-as_of").first()


def manipulation_at(instrument_ids: Sequence[int], as_of: dt.datetime | None = None) -> dict[int, ManipulationReading]:
    """The newest reading of each stock known at a moment, none older than five days. One statement.

    A stock that is not in the answer was not suspicious enough to be read in full: nothing is said about it.
    """
    at = as_of or clock.now()
    rows = ManipulationReading.objects.filter(
        instrument_id__in=list(instrument_ids), as_of__lte=at, as_of__gt=at - STANDS_FOR, recorded_at__lte=at
    )
    newest = rows.order_by("instrument_id", "-as_of").distinct("instrument_id")
    return {row.instrument_id: row for row in newest}


def watch_list(
    as_of: dt.datetime | None = None,
    *,
    bands: Collection[str] = (),
    phases: Collection[str] = (),
    causes: Collection[str] = (),
    newest: ManipulationPass | None = None,
) -> QuerySet[ManipulationReading]:
    """The readings of the newest pass known at a moment, highest risk first. One statement, two without `newest`."""
    one = newest or latest_pass(as_of)
    if one is None:
        return ManipulationReading.objects.none()
    rows = ManipulationReading.objects.filter(as_of=one.as_of).select_related("instrument")
    if bands:
        rows = rows.filter(band__in=bands)
    if phases:
        rows = rows.filter(phase__in=phases)
    if causes:
        rows = rows.filter(cause__in=causes)
    return rows.order_by("-risk", "-flags_part", "instrument__symbol")


def history(
    instrument_id: int, as_of: dt.datetime | None = None, since: dt.datetime | None = None
) -> list[ManipulationReading]:
    """A stock's readings of three weeks known at a moment, newest first. One statement."""
    at = as_of or clock.now()
    rows = ManipulationReading.objects.filter(
        instrument_id=instrument_id, as_of__lte=at, as_of__gt=since or at - HISTORY, recorded_at__lte=at
    )
    return list(rows.order_by("-as_of"))


def outcome_record(as_of: dt.datetime | None = None) -> OutcomeRecord:
    """How many outcomes there are to learn from. One statement."""
    at = as_of or clock.now()
    done = Q(settled_at__lte=at)
    counted = ManipulationOutcome.objects.filter(recorded_at__lte=at).aggregate(
        settled=Count("pk", filter=done & Q(crashed__isnull=False)),
        crashed=Count("pk", filter=done & Q(crashed=True)),
        waiting=Count("pk", filter=Q(settled_at__isnull=True) | Q(settled_at__gt=at)),
    )
    return OutcomeRecord(**counted)
