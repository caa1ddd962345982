"""Bars out: bounded ranges of the primary key, COPY into float32 arrays. No window functions, no history scans."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.db import connection

from sentiment_site.market import clock
from sentiment_site.market.calendar import NEW_YORK

from .binary import from_sql_time, pack_expression, read_packed
from .quarantine import hidden
from .splits import list_splits, price_factors
from .tables import (
    BAR_MS,
    DailyPanel,
    Ids,
    IntradayPanel,
    Kind,
    Millis,
    Wide,
    as_ids,
    session_ms,
    table_of,
    to_moment,
    to_ms,
)

_KEYS: Final = {"instrument_id": ">i4", "ts": ">i8", "revision": ">i2"}
_DAILY: Final = {"open": ">f4", "high": ">f4", "low": ">f4", "close": ">f4", "volume": ">f8"}
_INTRADAY: Final = {"open": ">f4", "close": ">f4", "volume": ">f8"}
_READ = """
COPY (SELECT {packed} FROM {table}
      WHERE instrument_id = ANY(%s) AND {times} AND recorded_at <= %s GROUP BY instrument_id)
TO STDOUT (FORMAT BINARY)
"""
_RANGE, _PICKED = "ts >= %s AND ts <= %s", "ts = ANY(%s)"
# bars that are fewer than every fourth half-hour of their span (one clock hour of many sessions) are picked one by one
_SPARSE: Final = 4
_ARRIVED = """
SELECT instrument_id, max(recorded_at) FROM {table}
WHERE instrument_id = ANY(%s) AND ts >= %s AND ts < %s AND recorded_at <= %s GROUP BY instrument_id
"""
_NEWEST = """
SELECT w.n - 1, b.ts FROM unnest(%s::int[]) WITH ORDINALITY AS w(instrument_id, n) CROSS JOIN LATERAL (
    SELECT ts FROM {table} b WHERE b.instrument_id = w.instrument_id ORDER BY ts DESC LIMIT 1) b
"""


def load_daily(
    instrument_ids: Sequence[int] | npt.NDArray[np.integer],
    sessions: Sequence[dt.date],
    known_at: dt.datetime | None = None,
    adjust: bool = True,
) -> DailyPanel:
    """Daily bars of the given sessions (ascending dates), one row per id in the order given.

    Only what was recorded by `known_at` (default: the market clock's now): bars, corrections, splits and doubts. With
    `adjust` prices and volumes stand on the share basis of the LAST session. NaN: no bar, or a quarantined one. Values
    past float32 are infinite. ValueError for sessions out of order or an instrument named twice.
    """
    ids, known = _checked_ids(instrument_ids), known_at or clock.now()
    dates = np.array(list(sessions), dtype="datetime64[D]")
    wide = _load("1d", ids, [session_ms(date) for date in sessions], _DAILY, known)
    if dates.size and ids.size:
        _blank(wide, hidden("1d", ids, dates, known))
        if adjust:
            _adjust(wide, ids, dates, np.arange(dates.size), known)
    return DailyPanel(ids, tuple(sessions), **wide)


def load_intraday(
    instrument_ids: Sequence[int] | npt.NDArray[np.integer],
    starts: Sequence[dt.datetime],
    known_at: dt.datetime | None = None,
) -> IntradayPanel:
    """Half-hour bars with the given starts (ascending, aware), one row per id in the order given.

    As `load_daily`; splits between days are applied, so that all bars stand on the share basis of the last start's day.
    """
    ids, known = _checked_ids(instrument_ids), known_at or clock.now()
    wide = _load("30m", ids, [to_ms(start) for start in starts], _INTRADAY, known)
    if starts and ids.size:
        days = np.array([start.astimezone(NEW_YORK).date() for start in starts], dtype="datetime64[D]")
        dates, place = np.unique(days, return_inverse=True)
        _blank(wide, hidden("30m", ids, dates, known)[:, place])
        _adjust(wide, ids, dates, place, known)
    return IntradayPanel(ids, tuple(starts), **wide)


def newest(kind: Kind, instrument_ids: Sequence[int] | npt.NDArray[np.integer]) -> Millis:
    """Key time of the newest stored bar of each instrument in milliseconds, 0 where there is none."""
    ids = as_ids(instrument_ids)
    found = np.zeros(ids.size, dtype=np.int64)
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST.format(table=table_of(kind)), [ids.tolist()])
        for place, moment in cursor.fetchall():
            found[place] = to_ms(moment)
    return found


def arrived_at(
    kind: Kind,
    instrument_ids: Sequence[int] | npt.NDArray[np.integer],
    since: dt.datetime,
    until: dt.datetime,
    known_at: dt.datetime,
) -> dict[int, dt.datetime]:
    """When the newest bar that begins in [since, until) was recorded here, by instrument; none: not in it."""
    ids = as_ids(instrument_ids)
    with connection.cursor() as cursor:
        cursor.execute(_ARRIVED.format(table=table_of(kind)), [ids.tolist(), since, until, known_at])
        return dict(cursor.fetchall())


def _load(kind: Kind, ids: Ids, times: list[int], fields: dict[str, str], known: dt.datetime) -> dict[str, Wide]:
    """(instruments, times) arrays per field, NaN where nothing is stored; the newest known revision wins."""
    wide = {name: np.full((ids.size, len(times)), np.nan, dtype=np.float32) for name in fields}
    moments = np.array(times, dtype=np.int64)
    if (moments[1:] <= moments[:-1]).any():
        raise ValueError("sessions and bar starts must ascend")
    if not ids.size or not moments.size:
        return wide
    rows = _read(kind, ids, moments, known, {**_KEYS, **fields})
    ts = from_sql_time(rows["ts"])
    column = np.searchsorted(moments, ts)
    wanted = moments[column] == ts
    rows, column = rows[wanted], column[wanted]
    order = np.argsort(ids, kind="stable")
    row = order[np.searchsorted(ids, rows["instrument_id"].astype(np.int32), sorter=order)]
    if rows["revision"].any():  # later revisions must be written last
        by_revision = np.argsort(rows["revision"], kind="stable")
        rows, row, column = rows[by_revision], row[by_revision], column[by_revision]
    with np.errstate(over="ignore"):
        for name, target in wide.items():
            target[row, column] = rows[name]
    return wide


def _read(kind: Kind, ids: Ids, moments: Millis, known: dt.datetime, fields: dict[str, str]) -> npt.NDArray[Any]:
    picked = kind == "30m" and moments.size * _SPARSE < (moments[-1] - moments[0]) // BAR_MS
    times: list[Any] = [to_moment(int(moments[0])), to_moment(int(moments[-1]))]
    if picked:
        times = [[to_moment(int(each)) for each in moments]]
    statement = _READ.format(packed=pack_expression(fields), table=table_of(kind), times=_PICKED if picked else _RANGE)
    bounds = [ids.tolist(), *times, known]
    # bound beforehand: Django's cursor that counts statements (tests, DEBUG) copies without parameters only
    with connection.cursor() as cursor, cursor.copy(cursor.mogrify(statement, bounds)) as copy:
        return read_packed(copy, fields)


def _blank(wide: dict[str, Wide], flags: npt.NDArray[np.bool_]) -> None:
    if flags.any():
        for array in wide.values():
            array[flags] = np.nan


def _adjust(
    wide: dict[str, Wide], ids: Ids, dates: npt.NDArray[np.datetime64], place: npt.NDArray[np.intp], known: dt.datetime
) -> None:
    """Put prices and volumes on the last date's share basis; place: the date of each column of the arrays."""
    splits = list_splits(ids, dates[0].item(), dates[-1].item(), known)
    if not splits:
        return
    touched = sorted({split.row for split in splits})
    local = {row: index for index, row in enumerate(touched)}
    factors = price_factors(len(touched), dates, [split._replace(row=local[split.row]) for split in splits])[:, place]
    with np.errstate(over="ignore"):
        for name, array in wide.items():
            array[touched] = array[touched] / factors if name == "volume" else array[touched] * factors


def _checked_ids(instrument_ids: Sequence[int] | npt.NDArray[np.integer]) -> Ids:
    ids = as_ids(instrument_ids)
    if np.unique(ids).size != ids.size:
        raise ValueError("an instrument was named twice")
    return ids
