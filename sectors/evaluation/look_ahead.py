"""Stored readings computed again from rows cut at their moment: nothing that became known later may have entered.

Every table with a `recorded_at` is covered, for one connection and one transaction, by a temporary view of the rows
that were recorded by then; bars must besides be over by the reading's as_of, and of the sectors' own runs only earlier
ones are there. The tables themselves are only read, so this may run beside a working product.
"""

# ruff: noqa: S608 - the SQL of this module is made of our own tables' and columns' names
from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import connection, transaction

from sectors import selectors
from sectors.evaluation.outcomes import BAR
from sectors.evaluation.readings import moment_of, session_of
from sectors.inputs import NoInputs, load_inputs
from sectors.models import SectorReading, SectorRun
from sectors.pipeline import build_reading, compute_analyses
from universe.bars.tables import session_ms, to_moment

RUNS, READINGS = SectorRun._meta.db_table, SectorReading._meta.db_table
COMPARED = [
    field.attname
    for field in SectorReading._meta.concrete_fields
    if field.attname not in {"run_id", "factors", "constituents"}
]
MARK_LENGTH = 4
ABOUT = ("known_at", "prices_at")  # of the run, not of its result
# one row; asked for once per statement, where a setting would be parsed again for every row
_CUT = (
    "CREATE TEMPORARY TABLE look_ahead (known timestamptz, newest_bar timestamptz, newest_day timestamptz, run bigint)"
)
_MOVE = "UPDATE pg_temp.look_ahead SET known = %s, newest_bar = %s, newest_day = %s, run = %s"
_KNOWN = "recorded_at <= (SELECT known FROM pg_temp.look_ahead)"
_EARLIER = "(SELECT run FROM pg_temp.look_ahead)"
# a bar must be over by the reading's as_of: a half-hour by its end, a day by its official close
_OVER = {
    "bar_30m": "ts <= (SELECT newest_bar FROM pg_temp.look_ahead)",
    "bar_1d": "ts <= (SELECT newest_day FROM pg_temp.look_ahead)",
    RUNS: f"id < {_EARLIER}",
}
_EVERYTHING = to_moment(2**42), 2**62
_TABLES = """
SELECT c.relname, array_agg(a.attname::text ORDER BY a.attnum) FROM pg_class c
JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
WHERE c.relnamespace = current_schema()::regnamespace AND c.relkind IN ('r', 'p') AND NOT c.relispartition
GROUP BY c.relname HAVING 'recorded_at' = ANY(array_agg(a.attname))
"""


@dataclass(frozen=True, slots=True)
class Mismatch:
    """A stored value that the rows of its moment do not give."""

    run_id: int
    as_of: dt.datetime
    sector: str
    formula: str
    what: str
    stored: str
    again: str


@dataclass(frozen=True, slots=True)
class Verification:
    """readings: how many were computed again, of how many runs; left_out: runs by the reason why they were not."""

    runs: int
    readings: int
    mismatches: tuple[Mismatch, ...]
    left_out: dict[str, int]


def verify_look_ahead(runs: Sequence[SectorRun], progress: Callable[[float, str], None] | None = None) -> Verification:
    """Compute the readings of some runs again from what was known, and compare every stored value and factor.

    Left out with their reason: runs that prices of a snapshot entered (they are not stored), those of another mode of
    volatility weights than the present one, and live ones whose exact moment is not among their factors. In a replay
    the clock stands still, so the moment is that of recording.
    """
    mismatches: list[Mismatch] = []
    left_out: dict[str, int] = {}
    done = readings = 0
    with transaction.atomic(), _blindfold():
        for place, run in enumerate(runs):
            reason, pairs = _again(run)
            if reason:
                left_out[reason] = left_out.get(reason, 0) + 1
            else:
                done += 1
                readings += len(pairs)
                for pair in pairs:
                    mismatches += _compare(*pair)
            if progress is not None:
                progress(100 * (place + 1) / len(runs), f"{session_of(run).date}")
    return Verification(done, readings, tuple(mismatches), left_out)


@contextmanager
def _blindfold() -> Iterator[None]:
    """The temporary views, gone at the end; after an error the rollback takes them."""
    with connection.cursor() as cursor:
        cursor.execute(_TABLES)
        tables = cursor.fetchall()
        cursor.execute("SELECT current_schema()")
        (schema,) = cursor.fetchone()
        cursor.execute(_CUT)
        cursor.execute("INSERT INTO pg_temp.look_ahead VALUES (NULL, NULL, NULL, NULL)")
        for table, columns in tables:
            rules = " AND ".join([_KNOWN, *([_OVER[table]] if table in _OVER else [])])
            shown = ", ".join(_shown(column) for column in columns)
            cursor.execute(f'CREATE TEMPORARY VIEW "{table}" AS SELECT {shown} FROM "{schema}"."{table}" WHERE {rules}')
        cursor.execute(
            f'CREATE TEMPORARY VIEW "{READINGS}" AS SELECT * FROM "{schema}"."{READINGS}" WHERE run_id < {_EARLIER}'
        )
        yield
        for table in (*(table for table, _ in tables), READINGS):
            cursor.execute(f'DROP VIEW pg_temp."{table}"')
        cursor.execute("DROP TABLE pg_temp.look_ahead")


def _shown(column: str) -> str:
    """A doubt that was released later had not been released then."""
    if column == "released_at":
        return f"CASE WHEN released_at <= (SELECT known FROM pg_temp.look_ahead) THEN {column} END AS {column}"
    return f'"{column}"'


def _cut(known: dt.datetime, newest_bar: dt.datetime, newest_day: dt.datetime, run_id: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(_MOVE, [known, newest_bar, newest_day, run_id])


def _again(run: SectorRun) -> tuple[str, list[tuple[SectorReading, SectorReading | None]]]:
    """Why a run cannot be computed again, or each of its stored readings beside the new one."""
    stored = _stored(run)
    if reason := _reason(run, stored):
        return reason, []
    known = moment_of(run, stored[0].factors)
    session = session_of(run)
    day = session_ms(session.date) - (0 if run.as_of >= session.close else 1)
    _cut(known, run.as_of - BAR, to_moment(day), run.pk)
    only = None if run.is_whole else {reading.sector for reading in stored}
    try:
        inputs = load_inputs(known, only)
    except NoInputs:
        return "", [(reading, None) for reading in stored]
    before = selectors.latest_readings(known)
    again = {
        (analysis.reading.sector, name): build_reading(run, analysis, inputs, before.get(analysis.reading.sector))
        for formulas in compute_analyses(inputs)
        for name, analysis in formulas.items()
    }
    return "", [(reading, again.get((reading.sector, reading.formula))) for reading in stored]


def _reason(run: SectorRun, stored: list[SectorReading]) -> str:
    """Why a run cannot be computed again; "" when it can."""
    facts = stored[0].factors.get("inputs", {}) if stored else {}
    if not stored:
        return "no readings"
    if run.weights_source != settings.VOLATILITY_WEIGHTS:
        return f"volatility weights {run.weights_source}"
    if facts.get("prices_at"):
        return "prices of a snapshot, which are not kept"
    if run.trigger != SectorRun.Trigger.REPLAY and "known_at" not in facts:
        return "the moment whose knowledge entered was not kept"  # recorded_at is later, by the time the run took
    return ""


def _stored(run: SectorRun) -> list[SectorReading]:
    """A run's readings, looked at without the blindfold."""
    moment, run_id = _EVERYTHING
    _cut(moment, moment, moment, run_id)
    return list(run.readings.order_by("sector", "formula"))


def _compare(stored: SectorReading, again: SectorReading | None) -> Iterator[Mismatch]:
    """Every value that differs."""

    def differs(what: str, old: Any, new: Any) -> Mismatch:
        of = stored.run_id, stored.as_of, stored.sector, stored.formula
        return Mismatch(*of, what, str(old)[:80], str(new)[:80])

    if again is None:
        yield differs("reading", "stored", "none")
        return
    for name in COMPARED:
        if getattr(stored, name) != getattr(again, name):
            yield differs(name, getattr(stored, name), getattr(again, name))
    for key, value in stored.factors.items():
        if not _holds(value, again.factors.get(key)):
            yield differs(f"factors.{key}", value, again.factors.get(key))
    if _unpacked(stored.constituents) != _unpacked(again.constituents):
        yield differs("constituents", "stored", "others")


def _holds(old: Any, new: Any) -> bool:
    """Whether every stored value comes out again; what a later version stores besides does not matter."""
    if isinstance(old, dict):
        kept = {key: value for key, value in old.items() if key not in ABOUT}
        return isinstance(new, dict) and all(key in new and _holds(value, new[key]) for key, value in kept.items())
    return bool(old == new)


def _unpacked(packed: bytes | memoryview | None) -> bytes:
    return b"" if packed is None else zlib.decompress(bytes(packed)[MARK_LENGTH:])
