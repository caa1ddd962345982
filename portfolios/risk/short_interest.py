"""The custom factor's returns: most shorted fifth less least shorted fifth of the universe, neutral to sectors.

Groups are formed every 21 sessions from the universe run that was known before the first of them, so that no day is
sorted by what became known later; days before the first run have no return. Source: methods.md 8.5.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.core.cache import cache

from portfolios.kernels.factors import (
    RECOMMENDED_OBSERVATIONS,
    compute_excess_log_returns,
    compute_short_interest_returns,
    score_short_interest,
)
from sentiment_site.market import calendar
from universe import bars
from universe.models import UniverseRun
from universe.selectors import MemberTable, list_members

from .views import View

FloatArray = npt.NDArray[np.float64]

# The factor enters a regression only with this many returns: fewer would shorten the window of all the others.
FEWEST_DAYS = RECOMMENDED_OBSERVATIONS
_SESSIONS_PER_GROUP = 21
_KEPT_S = 6 * 3600


@dataclass(frozen=True, slots=True)
class ShortInterestSeries:
    """returns: (time,) daily log returns, NaN where unknown. reason: why it is no factor, "" if it is one."""

    returns: FloatArray
    reason: str

    @property
    def days(self) -> int:
        """Sessions with a return."""
        return int(np.isfinite(self.returns).sum())


def score_universe(run: UniverseRun | None) -> dict[int, float]:
    """z-score of short interest by instrument id, members of the run with a known one only. One statement."""
    if run is None:
        return {}
    rows = list(run.memberships.filter(eligible=True).order_by("pk").values_list("instrument_id", "short_percent"))
    scores = score_short_interest([np.nan if percent is None else percent for _, percent in rows])
    return {pk: float(score) for (pk, _), score in zip(rows, scores, strict=True) if np.isfinite(score)}


def load_series(view: View, sessions: Sequence[dt.date]) -> ShortInterestSeries:
    """Returns between the given sessions (one fewer than sessions), as known at the view's moment.

    Kept in the cache: reading a year of the whole universe takes about a second. One statement where the runs do not
    reach back far enough, and then nothing is read.
    """
    groups = _groups(view, sessions)
    known = sum(stop - start for start, stop, run in groups if run is not None)
    if known < FEWEST_DAYS:
        reason = f"the universe's short interest is known for {known} of {FEWEST_DAYS} sessions"
        return ShortInterestSeries(np.full(len(sessions) - 1, np.nan), reason)
    key = f"portfolios:short-interest:{sessions[-1]}:{groups[-1][2]}:{'' if view.live else view.known_at.isoformat()}"
    series = cache.get(key)
    if series is None or len(series) != len(sessions) - 1:
        series = _compute(view, sessions, groups)
        if np.isfinite(series[-1]):  # a day whose bars are still to come is looked at again
            cache.set(key, series, _KEPT_S)
    days = int(np.isfinite(series).sum())
    lacking = days < FEWEST_DAYS
    return ShortInterestSeries(series, f"only {days} of {FEWEST_DAYS} sessions have a return" if lacking else "")


def _groups(view: View, sessions: Sequence[dt.date]) -> list[tuple[int, int, int | None]]:
    """(start, stop, run id) over the returns; None: no run was known before that group's first session opened."""
    runs = UniverseRun.objects.filter(recorded_at__lte=view.known_at, as_of__lte=view.known_at)
    rows = list(runs.order_by("session", "recorded_at", "pk").values_list("pk", "as_of", "recorded_at"))
    count = len(sessions) - 1
    groups: list[tuple[int, int, int | None]] = []
    for start in range(0, count, _SESSIONS_PER_GROUP):
        opens = calendar.shift(sessions[start + 1], 0).pre_open
        before = [pk for pk, as_of, recorded_at in rows if max(as_of, recorded_at) <= opens]
        groups.append((start, min(start + _SESSIONS_PER_GROUP, count), before[-1] if before else None))
    return groups


def _compute(view: View, sessions: Sequence[dt.date], groups: Sequence[tuple[int, int, int | None]]) -> FloatArray:
    runs = UniverseRun.objects.in_bulk({run for _, _, run in groups if run is not None})
    members: dict[int, MemberTable] = {pk: list_members(run) for pk, run in runs.items()}
    ids = np.unique(np.concatenate([table.instrument_ids for table in members.values()]))
    closes = bars.load_daily(ids, sessions, view.known_at).close
    returns = compute_excess_log_returns(closes)
    series = np.full(len(sessions) - 1, np.nan)
    for start, stop, run in groups:
        if run is not None:
            table = members[run]
            rows = np.searchsorted(ids, table.instrument_ids)
            part = returns[rows, start:stop]
            series[start:stop] = compute_short_interest_returns(part, table.short_percent, table.sectors)
    return series
