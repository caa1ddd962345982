"""Readings into rows: at most one believed row per slot, older versions kept, the same reading twice stored once."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import connection, transaction

from macro.models import MacroCoinDay, MacroFearGreed, MacroMarketData, Quality
from sentiment_site.market import clock
from sentiment_site.providers.crypto_records import FearGreedRecord
from sentiment_site.providers.errors import BadPayload

from .readings import Figures, Reading

LOCK = "macro.market_data"


@dataclass(frozen=True, slots=True)
class Entry:
    """What is to be stored for one slot."""

    slot: dt.datetime
    figures: Figures
    source: str
    event_at: dt.datetime
    received_at: dt.datetime
    is_simulated: bool
    is_estimated: bool = False
    reason: str = ""


def entry_of(reading: Reading, slot: dt.datetime, reason: str = "") -> Entry:
    """A vendor's reading as the entry of its slot."""
    return Entry(
        slot=slot,
        figures=reading.figures,
        source=reading.source,
        event_at=reading.event_at,
        received_at=reading.received_at,
        is_simulated=reading.is_simulated,
        reason=reason,
    )


def store_readings(entries: Sequence[Entry], *, renew: bool = False, job_run_id: int | None = None) -> int:
    """Believed rows for slots that have none, or only an estimate where a true reading came; how many were written.

    An operator's correction is never replaced, a true reading never by an estimate, an estimate by another one only
    with `renew`. Safe to repeat, and safe beside another worker.
    """
    with transaction.atomic():
        lock_readings()
        now = clock.now()
        slots = [entry.slot for entry in entries]
        rows = MacroMarketData.objects.believed().filter(timestamp__in=slots, superseded_at__isnull=True)
        standing = {row.timestamp: row for row in rows}
        wanted = [entry for entry in entries if _is_better(entry, standing.get(entry.slot), renew)]
        replaced = [standing[entry.slot].pk for entry in wanted if entry.slot in standing]
        MacroMarketData.objects.filter(pk__in=replaced).update(superseded_at=now)
        MacroMarketData.objects.bulk_create(
            [row_of(entry, Quality.OK, entry.reason, now, job_run_id) for entry in wanted], batch_size=500
        )
    return len(wanted)


def refuse_mixed(vendor: str, is_simulated: bool) -> None:
    """Real and simulated readings never meet in one database. BadPayload, before anything is stored."""
    if MacroMarketData.objects.filter(is_simulated=not is_simulated).exists():
        holds, brings = ("real", "simulated") if is_simulated else ("simulated", "real")
        raise BadPayload(vendor, f"{brings} readings came, and this database holds {holds} ones")


def store_doubted(entry: Entry, reason: str, job_run_id: int | None = None) -> MacroMarketData:
    """The reading as evidence in quarantine; a newer one of the same vendor for the same slot closes the older."""
    with transaction.atomic():
        lock_readings()
        now = clock.now()
        MacroMarketData.objects.filter(
            timestamp=entry.slot,
            data_source=entry.source,
            quality=Quality.QUARANTINED,
            superseded_at__isnull=True,
        ).update(superseded_at=now)
        row = row_of(entry, Quality.QUARANTINED, reason, now, job_run_id)
        row.save(force_insert=True)
    return row


def store_coin_days(rows: Iterable[MacroCoinDay]) -> int:
    """Days of single coins; the first reading of a day stays. How many rows were offered."""
    offered = list(rows)
    MacroCoinDay.objects.bulk_create(offered, ignore_conflicts=True, batch_size=1000)
    return len(offered)


def store_fear_greed(records: Iterable[FearGreedRecord], is_simulated: bool) -> None:
    """Days of the index that are not there yet."""
    now = clock.now()
    MacroFearGreed.objects.bulk_create(
        [
            MacroFearGreed(
                day=record.day,
                value=record.value,
                classification=record.classification[:30],
                is_simulated=is_simulated,
                recorded_at=now,
            )
            for record in records
        ],
        ignore_conflicts=True,
    )


def row_of(
    entry: Entry, quality: Quality, reason: str, recorded_at: dt.datetime, job_run_id: int | None
) -> MacroMarketData:
    """An unsaved row with everything that follows from the figures."""
    figures = entry.figures
    return MacroMarketData(
        timestamp=entry.slot,
        data_source=entry.source,
        **columns_of(figures),
        is_estimated=entry.is_estimated,
        is_simulated=entry.is_simulated,
        quality=quality,
        reason=reason[:255],
        event_at=entry.event_at,
        received_at=entry.received_at,
        recorded_at=recorded_at,
        job_run_id=job_run_id,
    )


def columns_of(figures: Figures) -> dict[str, float | None]:
    """The columns of a row: the figures and what is derived from them. Total and price must not be 0."""
    alt, rest = figures.alt_cap, figures.alt_ex_stable
    without = None if figures.stablecoins is None else figures.total - figures.stablecoins
    return {
        "total_market_cap": figures.total,
        "btc_market_cap": figures.btc_cap,
        "eth_market_cap": figures.eth_cap,
        "btc_price": figures.btc_price,
        "eth_price": figures.eth_price,
        "stablecoin_market_cap": figures.stablecoins,
        "alt_market_cap": alt,
        "alt_strength_ratio": alt / figures.btc_price,
        "btc_dominance": figures.dominance,
        "alt_ex_stable": rest,
        "ratio_ex_stable": None if rest is None else rest / figures.btc_price,
        "dominance_ex_stable": figures.btc_cap / without if without else None,
    }


def figures_of(row: MacroMarketData) -> Figures:
    """What a row was made from."""
    return Figures(
        total=row.total_market_cap,
        btc_cap=row.btc_market_cap,
        eth_cap=row.eth_market_cap,
        btc_price=row.btc_price,
        eth_price=row.eth_price,
        stablecoins=row.stablecoin_market_cap,
    )


def lock_readings() -> None:
    """One writer of readings at a time, until the transaction ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtext(%s))", [LOCK])


def _is_better(entry: Entry, standing: MacroMarketData | None, renew: bool) -> bool:
    if standing is None:
        return True
    if standing.quality == Quality.CORRECTED or not standing.is_estimated:
        return False
    return renew or not entry.is_estimated
