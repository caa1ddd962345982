"""Writes what vendors say about instruments as dated rows, one per change; nothing stored is altered.

Every function takes records and the ids of the symbols they may be about, ignores unknown symbols, and returns how many
rows are new. A cap counts as changed when it moved by 2 % or the stored one is a week old: the screening moves it with
the price in between (kernels.screening.compute_market_cap).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from decimal import Decimal

import numpy as np

from sentiment_site.providers.records import CompanyRecord, DetailsRecord, FloatRecord, ShortInterestRecord, SplitRecord
from universe.bars.quarantine import recheck
from universe.models import (
    DataSource,
    FloatReading,
    Instrument,
    ReferenceReading,
    ShortInterestReading,
    Split,
)
from universe.readings import load_floats, load_last_rows

Ids = Mapping[str, int]

CAP_CHANGE = 0.02
CAP_AGE = dt.timedelta(days=7)
BATCH = 2_000


def store_companies(
    records: Sequence[CompanyRecord], ids: Ids, source: DataSource, on: dt.date, recorded_at: dt.datetime
) -> int:
    """Cap, sector and industry of a screener's rows, effective on the session `on`."""
    rows = [
        ReferenceReading(
            instrument_id=ids[record.symbol],
            market_cap=_cents(record.market_cap),
            vendor_sector=(record.sector or "")[:60],
            industry=(record.industry or "")[:120],
        )
        for record in records
        if record.symbol in ids
    ]
    return _store_changes(rows, source, on, recorded_at)


def store_details(
    records: Sequence[DetailsRecord], ids: Ids, source: DataSource, on: dt.date, recorded_at: dt.datetime
) -> int:
    """Shares (company level first), cap and SIC code, and what the listing did not say (CIK, FIGI, list date)."""
    known = {ids[record.symbol]: record for record in records if record.symbol in ids}
    rows = [
        ReferenceReading(
            instrument_id=instrument_id,
            shares_outstanding=record.weighted_shares or record.share_class_shares,
            market_cap=_cents(record.market_cap),
            sic_code=(record.sic_code or "")[:4],
        )
        for instrument_id, record in known.items()
    ]
    instruments = list(Instrument.objects.filter(pk__in=list(known)))
    for row in instruments:
        record = known[row.pk]
        row.cik, row.composite_figi = record.cik or row.cik, record.composite_figi or row.composite_figi
        row.listed_on = record.list_date or row.listed_on
    Instrument.objects.bulk_update(instruments, ["cik", "composite_figi", "listed_on"], batch_size=500)
    return _store_changes(rows, source, on, recorded_at)


def store_floats(
    records: Sequence[FloatRecord], ids: Ids, source: DataSource, on: dt.date, recorded_at: dt.datetime
) -> int:
    """Free floats that differ from the one stored last."""
    known = {ids[record.symbol]: record for record in records if record.symbol in ids and record.free_float > 0}
    keys = np.array(sorted(known), dtype=np.int32)
    last = dict(zip(keys.tolist(), load_floats(keys, on, recorded_at).values.tolist(), strict=True))
    held = _held(FloatReading, "effective_on", source, [record.effective_date for record in known.values()])
    rows = [
        FloatReading(
            instrument_id=instrument_id,
            effective_on=record.effective_date,
            free_float=record.free_float,
            source=source,
            recorded_at=recorded_at,
        )
        for instrument_id, record in known.items()
        if last[instrument_id] != record.free_float and (instrument_id, record.effective_date) not in held
    ]
    FloatReading.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    return len(rows)


def store_short_interest(
    records: Sequence[ShortInterestRecord], ids: Ids, source: DataSource, recorded_at: dt.datetime
) -> int:
    """Short interest of settlement dates not stored yet."""
    known = {
        (ids[record.symbol], record.settlement_date): record
        for record in records
        if record.symbol in ids and record.short_interest >= 0
    }
    held = _held(ShortInterestReading, "settlement_date", source, [day for _, day in known])
    rows = [
        ShortInterestReading(
            instrument_id=instrument_id,
            settlement_date=day,
            short_interest=record.short_interest,
            average_daily_volume=record.avg_daily_volume,
            days_to_cover=record.days_to_cover,
            source=source,
            recorded_at=recorded_at,
        )
        for (instrument_id, day), record in known.items()
        if (instrument_id, day) not in held
    ]
    ShortInterestReading.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    return len(rows)


def store_splits(
    records: Sequence[SplitRecord], ids: Ids, source: DataSource, today: dt.date, recorded_at: dt.datetime
) -> int:
    """Splits not stored yet; doubts about bars that they explain are released.

    An announced split whose ratio is corrected before its day takes the new one. One that has been executed stays:
    stored scores rest on it.
    """
    known = {
        (ids[record.symbol], record.execution_date): record
        for record in records
        if record.symbol in ids and record.split_from > 0 and record.split_to > 0
    }
    stored = Split.objects.filter(execution_date__in={day for _, day in known})
    held = {(row.instrument_id, row.execution_date): row for row in stored}
    for key, row in held.items():
        record = known.get(key)
        if record and row.execution_date > today and not _same_ratio(row, record):
            row.split_from, row.split_to = _ratio(record)
            row.recorded_at = recorded_at
            row.save(update_fields=["split_from", "split_to", "recorded_at"])
    rows = []
    for (instrument_id, day), record in known.items():
        if (instrument_id, day) not in held:
            before, after = _ratio(record)
            rows.append(
                Split(
                    instrument_id=instrument_id,
                    execution_date=day,
                    split_from=before,
                    split_to=after,
                    source=source,
                    recorded_at=recorded_at,
                )
            )
    Split.objects.bulk_create(rows, batch_size=BATCH, ignore_conflicts=True)
    recheck([row.instrument_id for row in rows])
    return len(rows)


def _ratio(record: SplitRecord) -> tuple[Decimal, Decimal]:
    return round(Decimal(str(record.split_from)), 8), round(Decimal(str(record.split_to)), 8)


def _same_ratio(row: Split, record: SplitRecord) -> bool:
    return (row.split_from, row.split_to) == _ratio(record)


def _held(
    model: type[FloatReading] | type[ShortInterestReading], date: str, source: DataSource, days: Sequence[dt.date]
) -> set[tuple[int, dt.date]]:
    """(instrument, day) pairs that this source has rows for already."""
    rows = model._default_manager.filter(**{"source": source, f"{date}__in": set(days)})
    return set(rows.values_list("instrument_id", date))


def _store_changes(rows: Sequence[ReferenceReading], source: DataSource, on: dt.date, recorded_at: dt.datetime) -> int:
    """Insert the rows that say something new about their instrument, compared with this source's last word."""
    ids = np.array([row.instrument_id for row in rows], dtype=np.int32)
    last = load_last_rows(ids, on, recorded_at, source.pk)
    stale = np.datetime64(on, "D") - last.cap_on >= np.timedelta64(CAP_AGE)
    new = []
    for place, row in enumerate(rows):
        said = (row.shares_outstanding, row.sic_code, row.vendor_sector, row.industry)
        shares = last.shares[place]
        before = (
            None if np.isnan(shares) else round(float(shares)),
            last.sic_codes[place],
            last.vendor_sectors[place],
            last.industries[place],
        )
        moved = _cap_moved(row.market_cap, float(last.market_cap[place]), stale=bool(stale[place]))
        if moved or (any(said) and said != before):
            row.effective_on, row.source, row.recorded_at = on, source, recorded_at
            new.append(row)
    ReferenceReading.objects.bulk_create(new, batch_size=BATCH)
    return len(new)


def _cap_moved(cap: Decimal | None, last: float, *, stale: bool) -> bool:
    if cap is None:
        return False
    return bool(np.isnan(last)) or stale or abs(float(cap) / last - 1) >= CAP_CHANGE


def _cents(cap: float | None) -> Decimal | None:
    return round(Decimal(cap), 2) if cap is not None and cap > 0 else None
