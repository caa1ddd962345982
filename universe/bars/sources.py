"""Where bars come from, and the rule that real and simulated ones never meet in one database."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from universe.models import DataSource

from .tables import TABLES

WRITERS_LOCK = "universe.bars"
_SOURCES = """
SELECT DISTINCT source_id FROM bar_1d
WHERE instrument_id = ANY(%(ids)s) AND ts >= %(day)s AND ts <= %(at)s AND recorded_at <= %(at)s
UNION
SELECT DISTINCT source_id FROM bar_30m
WHERE instrument_id = ANY(%(ids)s) AND ts >= %(bar)s AND ts <= %(at)s AND recorded_at <= %(at)s
"""


class MixedSources(Exception):
    """Real and simulated bars were about to be mixed; nothing was stored."""


def get_source(name: str, kind: str, delay_s: int = 0) -> DataSource:
    """The source of that name, made when new. MixedSources if it is known as something else (real or simulated).

    kind: "vendor", "simulated" or "import". A changed delay is kept with the source.
    """
    source, _ = DataSource.objects.get_or_create(name=name, defaults={"kind": kind, "delay_s": delay_s})
    if source.kind != kind:
        raise MixedSources(f"the source {name!r} is known as {source.get_kind_display()}, not as {kind}")
    if source.delay_s != delay_s:
        source.delay_s = delay_s
        source.save(update_fields=["delay_s"])
    return source


def vendor_source(vendor: str, *, simulated: bool, delay_s: int) -> DataSource:
    """The source behind a vendor's answer: "polygon", or "polygon (simulated)" for the simulator's."""
    if simulated:
        return get_source(f"{vendor} (simulated)", DataSource.Kind.SIMULATED, delay_s)
    return get_source(vendor, DataSource.Kind.VENDOR, delay_s)


def stored_kind(cursor: Any) -> bool | None:
    """Whether the stored bars are simulated; None when there are none. One row tells, as they are never mixed."""
    for table in TABLES.values():
        cursor.execute(
            f"SELECT s.kind FROM (SELECT source_id FROM {table} LIMIT 1) b"  # noqa: S608 - our own names
            " JOIN universe_datasource s ON s.id = b.source_id"
        )
        if row := cursor.fetchone():
            return bool(row[0] == DataSource.Kind.SIMULATED)
    return None


def holds_simulated_bars() -> bool | None:
    """Whether this database's bars are simulated; None while it has none."""
    with connection.cursor() as cursor:
        return stored_kind(cursor)


def sources_of(
    instrument_ids: npt.NDArray[np.int32], *, days_from: datetime, bars_from: datetime, known_at: datetime
) -> tuple[DataSource, ...]:
    """The sources of the daily bars from `days_from` and half-hour bars from `bars_from` known at a moment, by name."""
    asked = {"ids": instrument_ids.tolist(), "day": days_from, "bar": bars_from, "at": known_at}
    with connection.cursor() as cursor:
        cursor.execute(_SOURCES, asked)
        found = [source_id for (source_id,) in cursor.fetchall()]
    return tuple(DataSource.objects.filter(pk__in=found).order_by("name"))


def refuse_mixing(cursor: Any, source: DataSource) -> None:
    """Raise MixedSources unless the stored bars are of the source's sort. Call it under the writers' lock."""
    simulated = stored_kind(cursor)
    if simulated is None or simulated == source.is_simulated:
        return
    holds, brings = ("simulated", "real") if simulated else ("real", "simulated")
    raise MixedSources(
        f"this database holds {holds} bars and {source.name!r} brings {brings} ones; they are never mixed."
        " Use another database (DATABASE_URL)."
    )


def lock_writers(cursor: Any) -> None:
    """Let one transaction at a time write bars, until it ends; readers do not wait."""
    cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [WRITERS_LOCK])
