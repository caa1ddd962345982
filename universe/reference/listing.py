"""Which instruments exist: a vendor's list of active tickers against what is stored.

A row is a security, not a ticker. It is recognised by its composite FIGI, and by its symbol only while the FIGI does
not speak against it; so a renamed company keeps its row and its bars, and a reused ticker gets a new one.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from django.db import transaction

from sentiment_site.market.sectors import BENCHMARK, SECTORS
from sentiment_site.providers.records import TickerRecord
from universe.models import DataSource, Instrument

Role = Instrument.Role

# An answer that lacks more of the known names than this is a bad answer, not a wave of delistings.
MOST_MISSING_SHARE = 0.05
ALWAYS_PLAUSIBLE = 20

# (symbol, name, exchange, role). Not screened; their bars are the yardsticks.
FUNDS: tuple[tuple[str, str, str, Instrument.Role], ...] = (
    (BENCHMARK, "iShares Russell 2000 ETF", "ARCX", Role.BENCHMARK),
    *((sector.etf, f"Select Sector SPDR {sector.title}", "ARCX", Role.SECTOR_ETF) for sector in SECTORS),
    ("SPY", "SPDR S&P 500 ETF Trust", "ARCX", Role.OTHER),
    ("MTUM", "iShares MSCI USA Momentum Factor ETF", "BATS", Role.OTHER),
    ("VTV", "Vanguard Value ETF", "ARCX", Role.OTHER),
    ("VUG", "Vanguard Growth ETF", "ARCX", Role.OTHER),
    ("QUAL", "iShares MSCI USA Quality Factor ETF", "BATS", Role.OTHER),
    ("SPLV", "Invesco S&P 500 Low Volatility ETF", "ARCX", Role.OTHER),
    ("USMV", "iShares MSCI USA Min Vol Factor ETF", "BATS", Role.OTHER),
)


@dataclass(frozen=True, slots=True)
class ListingResult:
    """What a list of tickers changed. `missing` counts names that were absent but too many to be believed."""

    created: int = 0
    renamed: int = 0
    changed: int = 0
    delisted: int = 0
    relisted: int = 0
    missing: int = 0


def store_funds(source: DataSource, recorded_at: dt.datetime) -> int:
    """Make the benchmark, sector and factor ETFs that are not there yet; how many were new."""
    known = set(Instrument.objects.filter(delisted_on__isnull=True).values_list("symbol", flat=True))
    new = [
        Instrument(
            symbol=symbol, name=name, kind="ETF", role=role, exchange=exchange, source=source, recorded_at=recorded_at
        )
        for symbol, name, exchange, role in FUNDS
        if symbol not in known
    ]
    Instrument.objects.bulk_create(new)
    return len(new)


def store_listing(
    records: Sequence[TickerRecord],
    scope: Collection[tuple[str, str]],
    source: DataSource,
    today: dt.date,
    recorded_at: dt.datetime,
) -> ListingResult:
    """Bring the stored instruments in line with the active tickers of `scope` ((exchange, type) pairs asked for).

    Known names that are no longer listed are marked delisted on `today`, unless implausibly many are missing. One
    transaction; running it twice changes nothing the second time.
    """
    incoming = {record.symbol: record for record in records}
    with transaction.atomic():
        stored = list(Instrument.objects.select_for_update().filter(role=Role.STOCK).order_by("delisted_on", "-pk"))
        matches = _match(stored, incoming)
        gone = [row for row in stored if row.pk not in matches and row.delisted_on is None]
        gone = [row for row in gone if (row.exchange, row.kind) in scope or row.symbol in incoming]
        # a ticker that another security carries now is gone for sure
        surely = [row for row in gone if row.symbol in incoming]
        believable = len(gone) <= max(ALWAYS_PLAUSIBLE, MOST_MISSING_SHARE * sum(r.delisted_on is None for r in stored))
        delisted = gone if believable else surely
        Instrument.objects.filter(pk__in=[row.pk for row in delisted]).update(delisted_on=today)
        changed, renamed, relisted = _apply(stored, matches)
        taken = {record.symbol for record in matches.values()}
        new = [_instrument(r, source, recorded_at) for r in incoming.values() if r.symbol not in taken]
        Instrument.objects.bulk_create(new)
    return ListingResult(len(new), renamed, changed, len(delisted), relisted, len(gone) - len(delisted))


def _match(stored: Sequence[Instrument], incoming: Mapping[str, TickerRecord]) -> dict[int, TickerRecord]:
    """Instrument id to its ticker. Living rows come first, so a delisted one returns only if nobody else is it."""
    by_figi = {record.composite_figi: record for record in incoming.values() if record.composite_figi}
    matches: dict[int, TickerRecord] = {}
    taken: set[str] = set()
    living_first = sorted(stored, key=lambda row: row.delisted_on is not None)
    for by_symbol in (False, True):
        for row in living_first:
            record = _by_symbol(row, incoming) if by_symbol else by_figi.get(row.composite_figi)
            if record is not None and row.pk not in matches and record.symbol not in taken:
                matches[row.pk] = record
                taken.add(record.symbol)
    return matches


def _by_symbol(row: Instrument, incoming: Mapping[str, TickerRecord]) -> TickerRecord | None:
    record = incoming.get(row.symbol)
    if record is None or row.delisted_on is not None:
        return None
    other = bool(record.composite_figi and row.composite_figi and record.composite_figi != row.composite_figi)
    return None if other else record


def _apply(stored: Sequence[Instrument], matches: Mapping[int, TickerRecord]) -> tuple[int, int, int]:
    """Write what differs; (changed, renamed, relisted) rows."""
    changed, renamed, relisted = [], [], 0
    for row in stored:
        record = matches.get(row.pk)
        if record is None:
            continue
        before = (row.symbol, row.name, row.kind, row.exchange, row.cik, row.composite_figi, row.delisted_on)
        relisted += row.delisted_on is not None
        row.delisted_on = None
        row.symbol, row.name = record.symbol, record.name[:255] or row.name
        row.kind, row.exchange = record.type or row.kind, record.exchange or row.exchange
        row.cik, row.composite_figi = record.cik or row.cik, record.composite_figi or row.composite_figi
        after = (row.symbol, row.name, row.kind, row.exchange, row.cik, row.composite_figi, row.delisted_on)
        if before != after:
            changed.append(row)
            if before[0] != row.symbol:
                renamed.append(row)
    # two companies may exchange tickers in one night: out of each other's way first
    for row in renamed:
        Instrument.objects.filter(pk=row.pk).update(symbol=f"~{row.pk}")
    fields = ["symbol", "name", "kind", "exchange", "cik", "composite_figi", "delisted_on"]
    Instrument.objects.bulk_update(changed, fields, batch_size=500)
    return len(changed), len(renamed), relisted


def _instrument(record: TickerRecord, source: DataSource, recorded_at: dt.datetime) -> Instrument:
    return Instrument(
        symbol=record.symbol,
        name=record.name[:255],
        kind=record.type or "",
        role=Role.STOCK,
        exchange=record.exchange or "",
        cik=record.cik or "",
        composite_figi=record.composite_figi or "",
        source=source,
        recorded_at=recorded_at,
    )
