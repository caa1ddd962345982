"""Stores checked files of reference data: symbols, splits, floats; one transaction each, safe to repeat."""

# ruff: noqa: S608 - the SQL of this module is made of our own names and of quoted texts
from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any, Final, Literal

from django.db import transaction

from sentiment_site.market import clock
from sentiment_site.market.calendar import NEW_YORK
from universe.bars.quarantine import recheck
from universe.bars.sources import MixedSources, get_source
from universe.bars.tables import to_moment
from universe.models import (
    DataSource,
    FloatReading,
    Instrument,
    ReferenceReading,
    ShortInterestReading,
    Split,
)

from .bad_rows import BadRow, ImportRefused, refuse_rows
from .instruments import link_instruments, role_and_kind
from .reference_file import stage_floats, stage_splits, stage_symbols
from .security_types import type_of
from .source_file import SourceFile, open_file

Kind = Literal["symbols", "splits", "float"]
_BATCH: Final = 5000
_SAME_RATIO: Final = 1e-4
_SYMBOL_COLUMNS: Final = "symbol, name, mic, kind, cik, sector, industry, sic, date, recorded_at, listed, delisted"


@dataclass(frozen=True, slots=True)
class ReferenceImport:
    """What an import did: rows of the file, rows that said something again, and what is new by name."""

    rows: int
    repeats: int
    new: dict[str, int]


def import_reference_file(
    path: Path, kind: Kind, source_name: str, effective_on: dt.date | None = None
) -> ReferenceImport:
    """Check and store a file, whole or not at all. ImportRefused for bad rows and what contradicts stored rows.

    The source is named "<source_name> (reference)", so that a file's share counts never stand before its sectors.
    effective_on: the day the figures are of, where the file has no dates (symbols: today).
    """
    today = effective_on or clock.now().astimezone(NEW_YORK).date()
    with open_file(path) as file:
        if kind == "symbols":
            repeats = stage_symbols(file, today)
        else:
            repeats = stage_splits(file) if kind == "splits" else stage_floats(file, effective_on)
        [(rows,)] = file.database.execute("SELECT count(*) FROM rows").fetchall()
        if not rows:
            raise ImportRefused(f"{path.name}: there is no row to import")
        store: Callable[[SourceFile, DataSource], dict[str, int]] = {
            "symbols": _store_symbols,
            "splits": _store_splits,
            "float": _store_floats,
        }[kind]
        try:
            with transaction.atomic():
                new = store(file, get_source(f"{source_name} (reference)", DataSource.Kind.IMPORT))
        except MixedSources as error:
            raise ImportRefused(f"{path.name}: {error}") from error
    return ReferenceImport(rows + repeats, repeats, new)


def _store_symbols(file: SourceFile, source: DataSource) -> dict[str, int]:
    rows = _dicts(file.database, f"SELECT {_SYMBOL_COLUMNS} FROM rows ORDER BY n")
    known: dict[str, Instrument] = {}
    symbols = [row["symbol"] for row in rows]
    # the living listing of a symbol last, so that it is the one described
    listings = Instrument.objects.filter(symbol__in=symbols).order_by("delisted_on", "pk")
    for instrument in sorted(listings, key=lambda each: (each.delisted_on is None, each.delisted_on or dt.date.min)):
        known[instrument.symbol] = instrument
    created: list[Instrument] = []
    changed: list[Instrument] = []
    for row in rows:
        instrument = known.get(row["symbol"]) or Instrument(symbol=row["symbol"], source=source)
        if _describe(instrument, row):
            (changed if instrument.pk else created).append(instrument)
        known[row["symbol"]] = instrument
    Instrument.objects.bulk_create(created, batch_size=_BATCH)
    fields = ["name", "kind", "role", "exchange", "cik", "listed_on", "delisted_on", "recorded_at"]
    Instrument.objects.bulk_update(changed, fields, batch_size=_BATCH)
    readings = _new_readings(rows, known, source)
    ReferenceReading.objects.bulk_create(readings, batch_size=_BATCH)
    return {"instruments": len(created), "instruments described": len(changed), "readings": len(readings)}


def _describe(instrument: Instrument, row: dict[str, Any]) -> bool:
    """Take over what the row says and the instrument does not know better; returns whether anything changed."""
    before = {field.attname: getattr(instrument, field.attname) for field in Instrument._meta.concrete_fields}
    kind = row["kind"] or type_of(row["symbol"], row["name"])
    instrument.role, instrument.kind = role_and_kind(row["symbol"], kind)
    instrument.name = row["name"] or instrument.name
    instrument.exchange = row["mic"] or instrument.exchange
    instrument.cik = row["cik"].zfill(10) if row["cik"] else instrument.cik
    instrument.listed_on = instrument.listed_on or row["listed"]
    instrument.delisted_on = instrument.delisted_on or row["delisted"]
    known = to_moment(row["recorded_at"])
    if instrument.recorded_at is None or (known < instrument.recorded_at and _is_from_file(instrument)):
        instrument.recorded_at = known
    return before != {name: getattr(instrument, name) for name in before}


def _is_from_file(instrument: Instrument) -> bool:
    return instrument.source.kind == DataSource.Kind.IMPORT


def _new_readings(
    rows: list[dict[str, Any]], instruments: dict[str, Instrument], source: DataSource
) -> list[ReferenceReading]:
    """Readings that say something new: the first one of an instrument is dated as the file says, a change is of now."""
    stored = {
        reading.instrument_id: (reading.vendor_sector, reading.industry, reading.sic_code)
        for reading in ReferenceReading.objects.filter(source=source).order_by("effective_on", "recorded_at")
    }
    now = clock.now()
    readings = []
    for row in rows:
        said = (row["sector"], row["industry"], row["sic"])
        instrument = instruments[row["symbol"]]
        if not any(said) or stored.get(instrument.pk) == said:
            continue
        first = instrument.pk not in stored
        readings.append(
            ReferenceReading(
                instrument=instrument,
                effective_on=row["date"] if first else now.astimezone(NEW_YORK).date(),
                vendor_sector=row["sector"],
                industry=row["industry"],
                sic_code=row["sic"],
                source=source,
                recorded_at=to_moment(row["recorded_at"]) if first else now,
            )
        )
    return readings


def _store_splits(file: SourceFile, source: DataSource) -> dict[str, int]:
    created = link_instruments(file.database, "rows", source, "CS")
    rows = _dicts(file.database, "SELECT n, instrument_id, symbol, date, ratio, recorded_at FROM rows ORDER BY n")
    found = Split.objects.filter(instrument_id__in={row["instrument_id"] for row in rows})
    stored = {(each.instrument_id, each.execution_date): each for each in found}
    new, bad = [], []
    for row in rows:
        split = stored.get((row["instrument_id"], row["date"]))
        split_from, split_to = terms_of(row["ratio"])
        if split is None:
            new.append(
                Split(
                    instrument_id=row["instrument_id"],
                    execution_date=row["date"],
                    split_from=split_from,
                    split_to=split_to,
                    source=source,
                    recorded_at=to_moment(row["recorded_at"]),
                )
            )
        elif abs(float(split.split_from / split.split_to) / row["ratio"] - 1) > _SAME_RATIO:
            said = f"{row['ratio']:g} of {row['symbol']} on {row['date']}"
            known = f"{split.split_from.normalize():f} to {split.split_to.normalize():f} is registered"
            bad.append((row["n"], "ratio", f"{said}, but {known}"))
    _refuse(file, bad)
    Split.objects.bulk_create(new, batch_size=_BATCH)
    released = recheck(sorted({split.instrument_id for split in new}))
    return {"splits": len(new), "instruments": created, "doubts explained": released}


def terms_of(ratio: float) -> tuple[Decimal, Decimal]:
    """Old and new shares of a split by what it multiplies earlier closes by: 0.1 is 1 to 10, 25 is 25 to 1.

    A ratio of no small whole numbers (a spin-off) is kept as `ratio` to 1.
    """
    terms = Fraction(ratio).limit_denominator(1000)
    if terms > 0 and abs(float(terms) / ratio - 1) < 1e-6 and terms.numerator <= 1000:
        return Decimal(terms.numerator), Decimal(terms.denominator)
    return Decimal(repr(ratio)).quantize(Decimal("1e-8")), Decimal(1)


def _store_floats(file: SourceFile, source: DataSource) -> dict[str, int]:
    """Readings of instruments that are known; what else the file lists is counted and left out."""
    link_instruments(file.database, "rows", source, None)
    rows = _dicts(
        file.database,
        "SELECT n, instrument_id, date, recorded_at, CAST(round(free_float) AS BIGINT) AS free_float,"
        " CAST(round(short_interest) AS BIGINT) AS short_interest, CAST(round(average_volume) AS BIGINT) AS volume"
        " FROM rows WHERE instrument_id IS NOT NULL ORDER BY n",
    )
    [(unknown,)] = file.database.execute("SELECT count(*) FROM rows WHERE instrument_id IS NULL").fetchall()
    floats = [
        FloatReading(instrument_id=row["instrument_id"], effective_on=row["date"], free_float=row["free_float"])
        for row in rows
        if row["free_float"]
    ]
    interests = [
        ShortInterestReading(
            instrument_id=row["instrument_id"],
            settlement_date=row["date"],
            short_interest=row["short_interest"],
            average_daily_volume=row["volume"],
            days_to_cover=_days_to_cover(row["short_interest"], row["volume"]),
        )
        for row in rows
        if row["short_interest"] is not None
    ]
    known = {(row["instrument_id"], row["date"]): row for row in rows}
    new = {
        "floats": _add_dated(file, FloatReading, floats, known, source, "effective_on", "free_float"),
        "short interests": _add_dated(
            file, ShortInterestReading, interests, known, source, "settlement_date", "short_interest"
        ),
    }
    return new | {"unknown symbols left out": unknown}


def _add_dated(
    file: SourceFile,
    model: Any,
    readings: Iterable[Any],
    rows: dict[tuple[int, dt.date], dict[str, Any]],
    source: DataSource,
    date: str,
    figure: str,
) -> int:
    """Insert the readings that are not stored; refuse the file when one contradicts what is."""
    stored = {
        (instrument_id, on): value
        for instrument_id, on, value in model.objects.filter(source=source).values_list("instrument_id", date, figure)
    }
    new, bad = [], []
    for reading in readings:
        key = (reading.instrument_id, getattr(reading, date))
        if key not in stored:
            reading.source, reading.recorded_at = source, to_moment(rows[key]["recorded_at"])
            new.append(reading)
        elif stored[key] != getattr(reading, figure):
            bad.append(
                (rows[key]["n"], figure, f"{getattr(reading, figure)}, but {stored[key]} is stored for {key[1]}")
            )
    _refuse(file, bad)
    model.objects.bulk_create(new, batch_size=_BATCH)
    return len(new)


def _days_to_cover(short_interest: int, volume: int | None) -> Decimal | None:
    if not volume:
        return None
    days = Decimal(short_interest) / Decimal(volume)
    return days.quantize(Decimal("0.01")) if days < Decimal(10) ** 8 else None


def _refuse(file: SourceFile, bad: list[tuple[int, str, str]]) -> None:
    if bad:
        rows = [BadRow(n, field, reason, file.line_of(n)) for n, field, reason in bad]
        raise refuse_rows(file.path.name, rows[:50], len(rows))


def _dicts(database: Any, query: str) -> list[dict[str, Any]]:
    result = database.execute(query)
    names = [column[0] for column in result.description]
    return [dict(zip(names, row, strict=True)) for row in result.fetchall()]
