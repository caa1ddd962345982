"""What an hour did: change and volume of every stock, and the norms of that clock hour in twenty earlier sessions."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sentiment_site.market import calendar
from themes.kernels.excess import fill_forward
from themes.kernels.temperature import TEMPERATURE, HourInputs, HourNorms, compute_hour_multiple, compute_hour_norms
from themes.kernels.velocity import compute_acceleration
from themes.tape import Tape
from universe import bars

from .slots import BARS_AN_HOUR, Slot

Floats = npt.NDArray[np.float64]
# half-hours before the window in which an earlier session's last price is looked for
REFERENCE_BARS = 2


@dataclass(frozen=True, slots=True, eq=False)
class Hour:
    """The hour before a slot, (n,) each, rows of the tape. change: percent from the last price before it, NaN without
    any price or window; volume: shares; acceleration: percent per hour squared."""

    change: Floats
    volume: Floats
    rvol: Floats
    acceleration: Floats
    norms: HourNorms

    def inputs(self) -> HourInputs:
        """As the kernel takes it."""
        return HourInputs(self.change, self.rvol, self.norms.sigma, self.norms.volume_sessions)


def load_hour(tape: Tape, slot: Slot, known_at: dt.datetime) -> Hour:
    """The slot's hour out of the tape (which ends at the slot), its norms out of the database: three statements."""
    changes, volume = list_changes(tape, slot)
    earlier_changes, earlier_volumes = load_earlier(tape, slot, known_at)
    norms = compute_hour_norms(earlier_changes, earlier_volumes)
    multiple = compute_hour_multiple(volume, norms.typical_volume, extended=slot.is_extended)
    acceleration = np.full(len(tape), np.nan)
    for before, now in zip([np.full(len(tape), np.nan), *changes], changes, strict=False):
        acceleration = compute_acceleration(now, before, acceleration)
    change = changes[-1] if changes else np.full(len(tape), np.nan)
    return Hour(change, volume, multiple, acceleration, norms)


def list_changes(tape: Tape, slot: Slot) -> tuple[list[Floats], Floats]:
    """Changes of the session's hours up to the slot, in percent, newest last; volume of the newest.

    Hours end at the slot and full hours before it, so that a slot between the hours has an hour before it too. A
    listed stock without a trade stands still. Nothing at all where no stock traded in the slot's last half-hour: bars
    that are not here are no quiet hour.
    """
    first = next((place for place, start in enumerate(tape.starts) if start >= slot.session.pre_open), len(tape.starts))
    last = first + slot.bars
    if not slot.bars or last > len(tape.starts) or not np.isfinite(tape.bar_close[:, last - 1]).any():
        return [], np.full(len(tape), np.nan)
    prices = fill_forward(np.concatenate([_newest_close(tape), tape.bar_close], axis=1))
    session = prices[:, first : last + 1]  # its first column: before the session's first half-hour
    ends = range(slot.bars % BARS_AN_HOUR or BARS_AN_HOUR, slot.bars + 1, BARS_AN_HOUR)
    changes = [100 * (session[:, end] / session[:, max(end - BARS_AN_HOUR, 0)] - 1) for end in ends]
    window = tape.bar_volume[:, max(last - BARS_AN_HOUR, first) : last]
    known = np.isfinite(changes[-1])
    return changes, np.where(known, np.nansum(window, axis=1), np.nan)


def load_earlier(tape: Tape, slot: Slot, known_at: dt.datetime) -> tuple[Floats, Floats]:
    """Changes in percent and volumes of the same clock hour of twenty earlier sessions, (n, k) each, newest last.

    0 and 0 in a session the stock traded in, but not then; NaN where it is not known to have traded. The price before
    the hour is the last one of the hour before it, else the last close for an hour that reaches into regular trading
    from before, else the hour's own first price. Sessions that have no such hour (half days) are left out.
    """
    days = calendar.recent_sessions(slot.session.pre_open, TEMPERATURE.sessions + 2)[:-1]
    windows = [window for day in days[1:] if (window := _window(day, slot))]
    starts = sorted({start for before, own in windows for start in (*before, *own)})
    empty = np.full((len(tape), 0), np.nan)
    if not starts or not len(tape):
        return empty, empty
    # up to the slot's own window, so that splits put everything on the tape's share basis
    panel = bars.load_intraday(tape.ids, [*starts, slot.begins], known_at)
    column = {start: place for place, start in enumerate(starts)}
    day_of = {session: place for place, session in enumerate(tape.sessions)}
    changes, volumes = [], []
    for (before, own), day, yesterday in zip(windows, _days(windows), _yesterdays(windows, days), strict=True):
        places, earlier = [column[one] for one in own], [column[one] for one in before]
        opened, closed = panel.open[:, places].astype(np.float64), panel.close[:, places].astype(np.float64)
        traded_at_all = _day_volume(tape, day_of.get(day)) > 0
        reference = _last(panel.close[:, earlier].astype(np.float64))
        if own[0] <= calendar.shift(day, 0).open and yesterday in day_of:
            reference = np.where(np.isfinite(reference), reference, tape.day_close[:, day_of[yesterday]])
        reference = np.where(np.isfinite(reference), reference, _first(opened))
        change = 100 * (_last(closed) / reference - 1)
        traded = np.isfinite(closed).any(axis=1)
        changes.append(np.where(traded, change, np.where(traded_at_all, 0.0, np.nan)))
        volume = np.nansum(panel.volume[:, places].astype(np.float64), axis=1)
        volumes.append(np.where(traded, volume, np.where(traded_at_all, 0.0, np.nan)))
    return np.column_stack(changes), np.column_stack(volumes)


Window = tuple[tuple[dt.datetime, ...], tuple[dt.datetime, ...]]


def _window(day: calendar.Session, slot: Slot) -> Window | None:
    """Starts of the half-hours before the window and in it, of another session; None where it has no such hour."""
    starts = calendar.bar_starts(day)
    if not slot.bars or slot.bars > len(starts):
        return None
    begin = max(slot.bars - BARS_AN_HOUR, 0)
    before = (*calendar.bar_starts(calendar.shift(day.date, -1)), *starts[:begin])[-REFERENCE_BARS:]
    return before, starts[begin : slot.bars]


def _days(windows: list[Window]) -> list[dt.date]:
    return [own[0].astimezone(calendar.NEW_YORK).date() for _, own in windows]


def _yesterdays(windows: list[Window], days: tuple[calendar.Session, ...]) -> list[dt.date]:
    before = {day.date: yesterday.date for yesterday, day in itertools.pairwise(days)}
    return [before[day] for day in _days(windows)]


def _day_volume(tape: Tape, place: int | None) -> Floats:
    return np.full(len(tape), np.nan) if place is None else tape.day_volume[:, place]


def _newest_close(tape: Tape) -> Floats:
    """The last official close before the tape's half-hours, (n, 1): a price for who has not traded since."""
    closes = fill_forward(tape.day_close)
    first = tape.starts[0].astimezone(calendar.NEW_YORK).date() if tape.starts else None
    earlier = sum(1 for session in tape.sessions if first is None or session < first)
    return closes[:, earlier - 1 : earlier] if earlier else np.full((len(tape), 1), np.nan)


def _last(values: Floats) -> Floats:
    return np.asarray(fill_forward(values)[:, -1])


def _first(values: Floats) -> Floats:
    return np.asarray(fill_forward(values[:, ::-1])[:, -1])
