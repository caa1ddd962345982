"""Bars in: COPY into a temporary table, then new rows and new revisions, in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import numpy.typing as npt
from django.db import connection, transaction

from sentiment_site.market import clock
from sentiment_site.timeseries.partitions import ensure_partitions
from universe.models import DataSource

from .binary import encode_rows, to_sql_time, write_rows
from .quarantine import Batch, judge_batch
from .sources import lock_writers, refuse_mixing
from .tables import (
    BAR_MS,
    DAY_MS,
    PRICES,
    VALUES,
    Column,
    Ids,
    Kind,
    Millis,
    StoreResult,
    as_ids,
    table_of,
    to_moment,
    to_ms,
)

_FIELDS: Final = {
    "ts": ">i8",
    "volume": ">f8",
    "recorded_at": ">i8",
    "instrument_id": ">i4",
    **dict.fromkeys(PRICES, ">f4"),
    "trades": ">i4",
}
_STAGE = """
CREATE TEMPORARY TABLE IF NOT EXISTS incoming_bars (
    ts timestamptz, volume float8, recorded_at timestamptz, instrument_id integer,
    open float4, high float4, low float4, close float4, vwap float4, trades integer
) ON COMMIT DROP
"""
_VALUE_LIST = ", ".join(VALUES)
_INCOMING = (  # the names put into these statements are the constants above
    "(SELECT instrument_id, ts, recorded_at, "  # noqa: S608
    + ", ".join(f"NULLIF({name}, 'NaN') AS {name}" for name in (*PRICES, "volume"))
    + ", NULLIF(trades, -1) AS trades FROM incoming_bars) i"
)
_INSERT_NEW = f"""
INSERT INTO {{table}} (instrument_id, ts, revision, {_VALUE_LIST}, source_id, recorded_at)
SELECT instrument_id, ts, 0, {_VALUE_LIST}, %s, recorded_at FROM {_INCOMING}
ON CONFLICT DO NOTHING
"""  # noqa: S608
# what replaces a known bar became known now, whatever the file or vendor says of the bar itself
_INSERT_REVISIONS = f"""
INSERT INTO {{table}} (instrument_id, ts, revision, {_VALUE_LIST}, source_id, recorded_at)
SELECT i.instrument_id, i.ts, newest.revision + 1, {", ".join(f"i.{name}" for name in VALUES)}, %s,
       greatest(i.recorded_at, newest.recorded_at, %s)
FROM {_INCOMING} CROSS JOIN LATERAL (
    SELECT * FROM {{table}} b WHERE b.instrument_id = i.instrument_id AND b.ts = i.ts ORDER BY b.revision DESC LIMIT 1
) newest
WHERE ({", ".join(f"i.{name}" for name in VALUES)}) IS DISTINCT FROM ({", ".join(f"newest.{name}" for name in VALUES)})
RETURNING instrument_id, (extract(epoch FROM ts) * 1000)::bigint, (extract(epoch FROM recorded_at) * 1000)::bigint
"""  # noqa: S608


def store_bars(
    kind: Kind,
    instrument_ids: Ids | Sequence[int],
    ts: Millis | Sequence[int],
    columns: Mapping[str, npt.ArrayLike],
    source: DataSource,
    recorded_at: dt.datetime | Millis,
) -> StoreResult:
    """Store complete bars, all or none; safe to repeat.

    kind: "1d" or "30m". instrument_ids: (n,); ts: (n,) key times in milliseconds, see `tables`; columns: "close" and
    any of open, high, low, vwap, volume, trades, each (n,), NaN missing; recorded_at: when the bars became known, one
    aware moment for all or milliseconds (n,).

    A bar seen first becomes revision 0; one that differs from the newest revision becomes a new revision, known from
    now on; an equal one changes nothing. Bars that cannot be true are stored and quarantined. ValueError for arrays
    that do not fit, times off the grid or a bar given twice; MixedSources when real and simulated bars would meet.
    """
    batch = _build_batch(kind, as_ids(instrument_ids), np.asarray(ts, dtype=np.int64), columns, recorded_at)
    if not batch.ids.size:
        return StoreResult()
    table = table_of(kind)
    with transaction.atomic(), connection.cursor() as cursor:
        lock_writers(cursor)
        refuse_mixing(cursor, source)
        ensure_partitions(table, to_moment(batch.ts.min()), to_moment(batch.ts.max()))
        _stage(cursor, batch)
        cursor.execute(_INSERT_NEW.format(table=table), [source.pk])
        inserted, revised = cursor.rowcount, 0
        if inserted < batch.ids.size:
            cursor.execute(_INSERT_REVISIONS.format(table=table), [source.pk, clock.now()])
            revisions = cursor.fetchall()
            _date_revisions(batch, revisions)
            revised = len(revisions)
        # what is stored already was judged when it came
        quarantined = judge_batch(batch) if inserted or revised else 0
    return StoreResult(inserted, revised, batch.ids.size - inserted - revised, quarantined)


def _build_batch(
    kind: Kind, ids: Ids, ts: Millis, columns: Mapping[str, npt.ArrayLike], recorded_at: dt.datetime | Millis
) -> Batch:
    """The bars ordered by instrument and time, every column present; checks what a caller can get wrong."""
    table_of(kind)
    if unknown := set(columns) - set(VALUES):
        raise ValueError(f"bars have no {', '.join(sorted(unknown))}")
    if "close" not in columns:
        raise ValueError("bars need a close")
    known = (
        np.full(ids.shape, to_ms(recorded_at), dtype=np.int64)
        if isinstance(recorded_at, dt.datetime)
        else np.asarray(recorded_at, dtype=np.int64)
    )
    given = {name: _as_stored(name, column) for name, column in columns.items()}
    shapes = {ids.shape, ts.shape, known.shape, *(column.shape for column in given.values())}
    if len(shapes) > 1:
        raise ValueError(f"the arrays of bars differ in length: {sorted(shapes)}")
    if (ts % (DAY_MS if kind == "1d" else BAR_MS)).any():
        raise ValueError(f"a {kind} bar starts at a full {'day, 00:00 UTC' if kind == '1d' else 'half-hour'}")
    order = np.lexsort((ts, ids))
    ids, ts = ids[order], ts[order]
    if ((ids[1:] == ids[:-1]) & (ts[1:] == ts[:-1])).any():
        raise ValueError("a bar was given twice")
    missing = np.full(ids.shape, np.nan)
    values: dict[str, Column] = {name: given[name][order] if name in given else missing for name in VALUES}
    return Batch(kind, ids, ts, known[order], values)


def _as_stored(name: str, column: npt.ArrayLike) -> Column:
    """The values as the table will hold them: prices beyond float32 are infinite, which the quality check finds."""
    if name not in PRICES:
        return np.asarray(column, dtype=np.float64)
    with np.errstate(over="ignore"):
        return np.asarray(column, dtype=np.float32).astype(np.float64)


def _stage(cursor: Any, batch: Batch) -> None:
    cursor.execute(_STAGE)
    cursor.execute("TRUNCATE incoming_bars")
    trades = np.nan_to_num(batch.values["trades"], nan=-1.0).astype(np.int64)
    columns: dict[str, npt.NDArray[Any]] = {
        "ts": to_sql_time(batch.ts),
        "volume": batch.values["volume"],
        "recorded_at": to_sql_time(batch.recorded_at),
        "instrument_id": batch.ids,
        **{name: batch.values[name] for name in PRICES},
        "trades": trades,
    }
    with cursor.copy(f"COPY incoming_bars ({', '.join(_FIELDS)}) FROM STDIN (FORMAT BINARY)") as copy:
        write_rows(copy, encode_rows(_FIELDS, columns))


def _date_revisions(batch: Batch, revisions: list[tuple[int, int, int]]) -> None:
    """Give the batch the moments at which its revisions became known: a doubt must not be older than its bar."""
    if revisions:
        rows = np.array(revisions, dtype=np.int64)
        batch.recorded_at[batch.find(rows[:, 0].astype(np.int32), rows[:, 1])] = rows[:, 2]
