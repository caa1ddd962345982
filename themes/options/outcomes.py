"""What came of it: stocks that were high, held against their next session, beside those that were not.

A signal is the first high score of a stock in a session and to a side. It is held against the stock's excess return
(themes/kernels/excess.py) in the first session that opens after it: from the close before, if that was still to come
when the signal was made, else from the open. The baseline are the stocks below the minimum at the last pass before each
close of the same sessions, to the side of their bias. Bars and rows count as known at `as_of`.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.core.cache import cache

from sentiment_site.market import calendar, clock
from sentiment_site.market.sectors import SECTORS
from sentiment_site.quant.calibration import Interval, bootstrap_days, quotient, wilson_interval
from themes.kernels.excess import compute_excess
from themes.models import ConfluencePass, ConfluenceScore
from universe import bars
from universe.selectors import current_run, list_members

Floats = npt.NDArray[np.float64]

SESSIONS: Final = 40
FEWEST: Final = 30
KEPT_S: Final = 1800
_SECTOR_PLACE: Final = {sector.key: place for place, sector in enumerate(SECTORS)}


@dataclass(frozen=True, slots=True)
class Outcome:
    """Signals of one kind and their next sessions. n: settled; waiting: their session is not over or has no price.

    hits: share that moved to the side of the bias; excess: mean excess log return to that side, with its interval over
    days. None where nothing is settled. is_too_few: fewer than 30: no conclusion.
    """

    n: int
    waiting: int
    hits: Interval | None
    excess: Interval | None

    @property
    def is_too_few(self) -> bool:
        """Whether n is too small to say anything."""
        return self.n < FEWEST


@dataclass(frozen=True, slots=True)
class Record:
    """High signals beside stocks below the minimum, over `sessions` sessions from `since`."""

    since: dt.date
    sessions: int
    high: Outcome
    baseline: Outcome

    @property
    def verdict(self) -> str:
        """In words."""
        if self.high.is_too_few:
            return f"n = {self.high.n} is too small to say anything; {FEWEST} are the least."
        if self.baseline.is_too_few or self.high.excess is None:
            return "There is nothing to compare with yet."
        if self.high.excess.low > 0:
            return "High confluence was followed by moves to its side; the interval does not hold 0."
        if self.high.excess.high < 0:
            return "High confluence was followed by moves against its side; the interval does not hold 0."
        return "No edge: the interval of the excess holds 0."


@dataclass(frozen=True, slots=True)
class _Signals:
    """m signals. stock: instrument ids; at: moments; side: 1 or -1."""

    stock: list[int]
    at: list[dt.datetime]
    side: list[int]


def get_record(as_of: dt.datetime | None = None) -> Record | None:
    """The record as known at a moment, None before the first pass; kept for half an hour per newest session."""
    at = as_of or clock.now()
    newest = ConfluencePass.objects.filter(as_of__lte=at, recorded_at__lte=at).order_by("-as_of").first()
    if newest is None:
        return None
    closed = calendar.last_closed_session(at).date
    moment = "live" if as_of is None else str(int(at.timestamp()))
    key = f"themes:confluence:record:{closed}:{newest.pk}:{moment}"
    held: Record | None = cache.get(key)
    if held is None:
        held = compute_record(at)
        cache.set(key, held, KEPT_S)
    return held


def compute_record(at: dt.datetime) -> Record:
    """The record of the last 40 sessions from rows and bars known at a moment. Six statements."""
    sessions = calendar.recent_sessions(at, SESSIONS)
    high, rest = _load_high(sessions, at), _load_baseline(sessions, at)
    return Record(sessions[0].date, len(sessions), *_settle([high, rest], sessions, at))


def _load_high(sessions: Sequence[calendar.Session], at: dt.datetime) -> _Signals:
    rows = (
        ConfluenceScore.objects.filter(
            meets_high_threshold=True, timestamp__gte=sessions[0].pre_open, timestamp__lte=at, calculated_at__lte=at
        )
        .order_by("timestamp")
        .values_list("instrument_id", "timestamp", "directional_bias")
    )
    found, seen = _Signals([], [], []), set()
    for stock, moment, bias in rows:
        side = 1 if bias > 0 else -1
        key = (stock, calendar.last_session(moment).date, side)
        if key not in seen:
            seen.add(key)
            _add(found, stock, moment, side)
    return found


def _load_baseline(sessions: Sequence[calendar.Session], at: dt.datetime) -> _Signals:
    """Stocks below the minimum at the last pass of each session before its close."""
    passes = ConfluencePass.objects.filter(as_of__gte=sessions[0].pre_open, as_of__lte=at, recorded_at__lte=at)
    last: dict[dt.date, dt.datetime] = {}
    for moment in passes.order_by("as_of").values_list("as_of", flat=True):
        session = calendar.session_at(moment)
        if session is not None and session.open <= moment < session.close:
            last[session.date] = moment
    rows = ConfluenceScore.objects.filter(
        timestamp__in=list(last.values()), meets_minimum_threshold=False, calculated_at__lte=at
    ).exclude(directional_bias=0)
    found = _Signals([], [], [])
    for stock, moment, bias in rows.values_list("instrument_id", "timestamp", "directional_bias"):
        _add(found, stock, moment, 1 if bias > 0 else -1)
    return found


def _add(found: _Signals, stock: int, moment: dt.datetime, side: int) -> None:
    found.stock.append(stock)
    found.at.append(moment)
    found.side.append(side)


def _settle(kinds: Sequence[_Signals], sessions: Sequence[calendar.Session], at: dt.datetime) -> list[Outcome]:
    run = current_run(at)
    if run is None:
        return [Outcome(0, len(one.stock), None, None) for one in kinds]
    members = list_members(run)
    sector = {int(one): name for one, name in zip(members.instrument_ids, members.sectors, strict=True)}
    ids = sorted({*sector, *(stock for one in kinds for stock in one.stock)})
    days = [sessions[0].date, *(one.date for one in sessions[1:])]
    panel = bars.load_daily(np.array(ids, dtype=np.int32), days, at)
    ended = np.array([one.close <= at for one in sessions])
    opened, close = (np.where(ended, one.astype(np.float64), np.nan) for one in (panel.open, panel.close))
    places = np.array([_SECTOR_PLACE.get(sector.get(one, ""), -1) for one in ids], dtype=np.int64)
    overnight = np.full(close.shape, np.nan)
    overnight[:, 1:] = compute_excess(_log_ratio(close[:, 1:], close[:, :-1]), places)
    within = compute_excess(_log_ratio(close, opened), places)
    row = {one: at for at, one in enumerate(ids)}
    return [_judge(one, sessions, row, overnight, within) for one in kinds]


def _judge(
    signals: _Signals, sessions: Sequence[calendar.Session], row: dict[int, int], overnight: Floats, within: Floats
) -> Outcome:
    opens = np.array([one.open.timestamp() for one in sessions])
    closes = np.array([one.close.timestamp() for one in sessions])
    moments = np.array([one.timestamp() for one in signals.at])
    place = np.searchsorted(opens, moments, side="right")  # the first session that opens after the moment
    rows = np.array([row[one] for one in signals.stock], dtype=np.int64)
    inside = place < len(sessions)
    held = np.minimum(place, len(sessions) - 1)
    trading = (place > 0) & (moments < closes[np.maximum(held - 1, 0)])
    moved = np.where(trading, overnight[rows, held], within[rows, held]) if rows.size else np.empty(0)
    moved = np.where(inside, moved, np.nan) * np.array(signals.side, dtype=np.float64)
    known = np.isfinite(moved)
    n = int(known.sum())
    if not n:
        return Outcome(0, len(moved), None, None)
    moves, days = moved[known], held[known]
    return Outcome(
        n=n,
        waiting=int((~known).sum()),
        hits=wilson_interval(int((moves > 0).sum()), n),
        excess=_finite(bootstrap_days(np.column_stack([moves, np.ones(n)]), days, _mean, block=2, draws=500)),
    )


def _mean(sums: Floats) -> Floats:
    return quotient(sums[:, 0], sums[:, 1])


def _log_ratio(later: Floats, earlier: Floats) -> Floats:
    usable = (later > 0) & (earlier > 0)
    return np.where(usable, np.log(np.where(usable, later, 1.0) / np.where(usable, earlier, 1.0)), np.nan)


def _finite(interval: Interval) -> Interval:
    """One day alone has no interval over days: its ends are the value's own."""
    value, low, high = interval
    return Interval(value, value if math.isnan(low) else low, value if math.isnan(high) else high)


def describe(record: Record) -> dict[str, Any]:
    """The record as plain JSON."""
    return {
        "since": record.since,
        "sessions": record.sessions,
        "verdict": record.verdict,
        "high": _plain(record.high),
        "baseline": _plain(record.baseline),
    }


def _plain(outcome: Outcome) -> dict[str, Any]:
    return {
        "n": outcome.n,
        "waiting": outcome.waiting,
        "too_few": outcome.is_too_few,
        "hit_rate": None if outcome.hits is None else outcome.hits._asdict(),
        "excess": None if outcome.excess is None else outcome.excess._asdict(),
    }
