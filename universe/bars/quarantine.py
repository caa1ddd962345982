"""Doubts about stored bars: raised when they arrive, taken back when a correction or a registered split explains them.

Nothing is deleted: a doubt has the moment it was raised and the moment it was released, so a past view is repeatable.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import Q

from sentiment_site.market import calendar
from universe.models import Quarantine

from . import quality
from .splits import list_splits
from .tables import BAR_MS, DAY_MS, Column, Ids, Kind, Millis, as_ids, dates_of, session_ms, table_of, to_moment, to_ms

_PREVIOUS = """
SELECT w.n, p.ts, p.close FROM unnest(%s::int[], %s::int[], %s::timestamptz[]) AS w(n, instrument_id, ts)
CROSS JOIN LATERAL (
    SELECT b.ts, b.close FROM {table} b
    WHERE b.instrument_id = w.instrument_id AND b.ts < w.ts AND b.ts >= w.ts - interval '15 days'
    AND b.close > 0 AND b.close < 'Infinity' {enough}
    ORDER BY b.ts DESC, b.revision DESC LIMIT 1) p
"""
_SESSION = """
SELECT instrument_id, close FROM bar_1d
WHERE instrument_id = ANY(%s) AND ts = %s AND close > 0 AND close < 'Infinity' ORDER BY revision
"""
_ENOUGH = f"AND b.volume >= {quality.LEAST_SHARES} AND b.volume * b.close >= {quality.LEAST_DOLLARS}"
_RAISE = """
INSERT INTO universe_quarantine (instrument_id, reason, detail, session, recorded_at, release_note)
SELECT *, '' FROM unnest(%s::int[], %s::text[], %s::text[], %s::date[], %s::timestamptz[])
ON CONFLICT DO NOTHING
"""


@dataclass(frozen=True, slots=True)
class Batch:
    """Arriving bars, ordered by instrument and time. `recorded_at` in milliseconds."""

    kind: Kind
    ids: Ids
    ts: Millis
    recorded_at: Millis
    values: dict[str, Column]

    def find(self, ids: Ids, ts: Millis) -> npt.NDArray[np.intp]:
        """The place of each (instrument, time) in the batch, -1 where it is not there."""
        keys, wanted = _bar_keys(self.ids, self.ts), _bar_keys(ids, ts)
        places = np.minimum(np.searchsorted(keys, wanted), keys.size - 1)
        return np.where(keys[places] == wanted, places, -1)


@dataclass(frozen=True, slots=True)
class _Moves:
    """Changes from one session to the next; `place` is the bar's index in its batch."""

    place: npt.NDArray[np.intp]
    ids: Ids
    close: Column
    date: quality.Dates
    previous: Column
    previous_date: quality.Dates


def judge_batch(batch: Batch) -> int:
    """Quarantine what cannot be true in arriving bars, release what they correct; returns how many doubts are new."""
    faults = quality.find_faults(*(batch.values[name] for name in ("open", "high", "low", "close", "volume")))
    moves = _moves(batch, faults == 0)
    jumps = _find_unexplained(moves)
    bad = np.flatnonzero(faults)
    dates = dates_of(batch.kind, batch.ts)
    doubts = [(int(i), quality.IMPOSSIBLE[batch.kind], _fault_detail(batch, int(i), int(faults[i]))) for i in bad]
    doubts += [(int(moves.place[j]), quality.DISCONTINUITY, _jump_detail(moves, int(j))) for j in np.flatnonzero(jumps)]
    _release_corrected(batch, faults, moves, jumps)
    return _raise_doubts(batch, dates, doubts)


def recheck(instrument_ids: Sequence[int] | Ids) -> int:
    """Release open discontinuities of these instruments that registered splits explain by now; returns how many.

    Call it after splits were stored. A doubt is released as of the moment the split became known.
    """
    ids = as_ids(instrument_ids)
    open_ones = list(
        Quarantine.objects.filter(
            instrument_id__in=ids.tolist(), reason=quality.DISCONTINUITY, released_at__isnull=True
        )
        .select_related("instrument")
        .order_by("instrument_id", "session")  # a stock's moves lie together, as in a batch
    )
    if not open_ones:
        return 0
    moves = _stored_moves(open_ones)
    jumps, comparable = _find_unexplained(moves), ~np.isnan(moves.close) & ~np.isnan(moves.previous)
    explained = []
    for row, jump, daily in zip(open_ones, jumps, comparable, strict=True):
        # a doubt that half-hours raised today has no daily bar yet: only a split of that very day explains it
        splits = row.instrument.splits.filter(execution_date__lte=row.session).order_by("-execution_date")
        split = splits.first()
        if split is None or jump or not (daily or split.execution_date == row.session):
            continue
        row.released_at = max(row.recorded_at, split.recorded_at)
        row.release_note = "explained by a registered split"
        explained.append(row)
    Quarantine.objects.bulk_update(explained, ["released_at", "release_note"])
    return len(explained)


def hidden(kind: Kind, instrument_ids: Ids, dates: quality.Dates, known_at: dt.datetime) -> quality.Flags:
    """Which bars readers must not use, (instruments, dates), as it was known at a moment.

    A doubt hides its session from readers of its kind of bars; a discontinuity hides everything up to and including
    its session, because prices before it stand on an unknown share basis.
    """
    flags = np.zeros((instrument_ids.size, dates.size), dtype=np.bool_)
    if not flags.size:
        return flags
    other_kind = next(reason for name, reason in quality.IMPOSSIBLE.items() if name != kind)
    doubts = (
        Quarantine.objects.filter(Q(released_at__isnull=True) | Q(released_at__gt=known_at), recorded_at__lte=known_at)
        .exclude(reason=other_kind)
        .values_list("instrument_id", "reason", "session")
    )
    rows: dict[int, list[int]] = {}
    for row, instrument_id in enumerate(instrument_ids.tolist()):
        rows.setdefault(instrument_id, []).append(row)
    for instrument_id, reason, session in doubts.iterator():
        if instrument_id in rows:
            day = np.datetime64(session, "D")
            flags[rows[instrument_id]] |= dates <= day if reason == quality.DISCONTINUITY else dates == day
    return flags


def _moves(batch: Batch, possible: quality.Flags) -> _Moves:
    usable = (
        possible
        if batch.kind == "1d"
        else possible & quality.is_traded_enough(batch.values["close"], batch.values["volume"])
    )
    place = np.flatnonzero(usable)
    ids, date, close = batch.ids[place], dates_of(batch.kind, batch.ts[place]), batch.values["close"][place]
    previous, previous_date = np.full(close.shape, np.nan), np.full(date.shape, np.datetime64("NaT", "D"))
    previous[1:], previous_date[1:] = close[:-1], date[:-1]
    first = np.ones(ids.size, dtype=np.bool_)
    first[1:] = ids[1:] != ids[:-1]
    previous[first], previous_date[first] = np.nan, np.datetime64("NaT", "D")
    _fill_from_store(batch.kind, ids, batch.ts[place], np.flatnonzero(first), previous, previous_date)
    between = date != previous_date  # half-hours of one session are not compared
    return _Moves(
        place[between], ids[between], close[between], date[between], previous[between], previous_date[between]
    )


def _fill_from_store(
    kind: Kind, ids: Ids, ts: Millis, wanted: npt.NDArray[np.intp], previous: Column, previous_date: quality.Dates
) -> None:
    """Put the newest usable stored bar before each wanted place into `previous` and `previous_date`."""
    with connection.cursor() as cursor:
        found: list[tuple[int, dt.datetime, float]] = []
        if kind == "1d" and wanted.size and (ts[wanted] == ts[wanted[0]]).all():
            found = _previous_session(cursor, ids, to_moment(ts[wanted[0]]), wanted)
        elsewhere = np.setdiff1d(wanted, [place for place, _, _ in found], assume_unique=True)
        statement = _PREVIOUS.format(table=table_of(kind), enough="" if kind == "1d" else _ENOUGH)
        moments = [to_moment(int(ms)) for ms in ts[elsewhere]]
        cursor.execute(statement, [elsewhere.tolist(), ids[elsewhere].tolist(), moments])
        found += cursor.fetchall()
    places = [place for place, _, _ in found]
    previous[places] = [close for _, _, close in found]
    previous_date[places] = dates_of(kind, np.array([to_ms(moment) for _, moment, _ in found], dtype=np.int64))


def _previous_session(
    cursor: Any, ids: Ids, moment: dt.datetime, wanted: npt.NDArray[np.intp]
) -> list[tuple[int, dt.datetime, float]]:
    """A whole market's session follows one session: a single range instead of a probe per stock."""
    day = moment.date()
    with suppress(ValueError):  # at the very beginning of the calendar: left to the probes
        before = calendar.sessions_between(day - dt.timedelta(days=15), day - dt.timedelta(days=1))
        return _closes_on(cursor, ids, to_moment(session_ms(before[-1].date)), wanted)
    return []


def _closes_on(
    cursor: Any, ids: Ids, last: dt.datetime, wanted: npt.NDArray[np.intp]
) -> list[tuple[int, dt.datetime, float]]:
    cursor.execute(_SESSION, [ids[wanted].tolist(), last])
    closes = dict(cursor.fetchall())  # the last revision wins
    places = zip(ids[wanted].tolist(), wanted.tolist(), strict=True)
    return [(place, last, closes[instrument_id]) for instrument_id, place in places if instrument_id in closes]


def _stored_moves(rows: list[Quarantine]) -> _Moves:
    """The stored daily changes behind discontinuities; no close, no change."""
    ids = as_ids([row.instrument_id for row in rows])
    date = np.array([row.session for row in rows], dtype="datetime64[D]")
    next_day = np.array([session_ms(row.session) + DAY_MS for row in rows], dtype=np.int64)
    places = np.arange(ids.size)
    close, close_date = np.full(ids.size, np.nan), np.full(ids.size, np.datetime64("NaT", "D"))
    previous, previous_date = close.copy(), close_date.copy()
    _fill_from_store("1d", ids, next_day, places, close, close_date)
    _fill_from_store("1d", ids, next_day - DAY_MS, places, previous, previous_date)
    close[close_date != date] = np.nan
    return _Moves(places, ids, close, date, previous, previous_date)


def _find_unexplained(moves: _Moves) -> quality.Flags:
    """Jumps that remain after the registered splits between the two sessions were applied."""
    previous = moves.previous.copy()
    known = ~np.isnat(moves.previous_date)
    if known.any():
        unique_ids, first = np.unique(moves.ids, return_index=True)
        last = np.append(first[1:], moves.ids.size)
        span = moves.previous_date[known].min().item(), moves.date[known].max().item()
        for split in list_splits(unique_ids, span[0], span[1], known_at=None):
            segment = slice(first[split.row], last[split.row])
            day = np.datetime64(split.execution_date, "D")
            across = (moves.previous_date[segment] < day) & (moves.date[segment] >= day)
            previous[segment][across] *= split.split_from / split.split_to
    return quality.find_jumps(moves.close, moves.date, previous, moves.previous_date)


def _release_corrected(batch: Batch, faults: npt.NDArray[np.int8], moves: _Moves, jumps: quality.Flags) -> None:
    if batch.kind != "1d":  # a sound half-hour says nothing about the session's other half-hours
        return
    days = dates_of("1d", batch.ts[[batch.ts.argmin(), batch.ts.argmax()]]).tolist()
    doubted = list(Quarantine.objects.filter(session__range=days, released_at__isnull=True))
    if not doubted:
        return
    sound = {quality.IMPOSSIBLE["1d"]: faults == 0, quality.DISCONTINUITY: np.zeros(batch.ids.size, dtype=np.bool_)}
    sound[quality.DISCONTINUITY][moves.place] = ~np.isnan(moves.previous) & ~jumps
    sessions = np.array([session_ms(row.session) for row in doubted], dtype=np.int64)
    places = batch.find(as_ids([row.instrument_id for row in doubted]), sessions)
    corrected = []
    for row, place in zip(doubted, places.tolist(), strict=True):
        if place >= 0 and row.reason in sound and sound[row.reason][place]:
            row.released_at = max(row.recorded_at, to_moment(batch.recorded_at[place]))
            row.release_note = "bars stored later pass the check"
            corrected.append(row)
    Quarantine.objects.bulk_update(corrected, ["released_at", "release_note"], batch_size=1000)


def _bar_keys(ids: Ids, ts: Millis) -> npt.NDArray[np.int64]:
    """One sortable number per bar: half-hours since 1970 fit 24 bits until 2926."""
    return (ids.astype(np.int64) << 24) + ts // BAR_MS


def _raise_doubts(batch: Batch, dates: quality.Dates, doubts: list[tuple[int, str, str]]) -> int:
    if not doubts:
        return 0
    places = [place for place, _, _ in doubts]
    with connection.cursor() as cursor:
        cursor.execute(
            _RAISE,
            [
                batch.ids[places].tolist(),
                [reason for _, reason, _ in doubts],
                [detail for _, _, detail in doubts],
                dates[places].tolist(),
                [to_moment(int(ms)) for ms in batch.recorded_at[places]],
            ],
        )
        return int(cursor.rowcount)


def _fault_detail(batch: Batch, place: int, fault: int) -> str:
    figures = ", ".join(f"{name} {batch.values[name][place]:g}" for name in ("open", "high", "low", "close", "volume"))
    return f"{quality.FAULTS[fault]}: {figures}"


def _jump_detail(moves: _Moves, place: int) -> str:
    before, after = moves.previous[place], moves.close[place]
    return f"{before:g} on {moves.previous_date[place]} to {after:g}, no split registered"
