"""One scan: a reading of now for its slot, the slots missed before it, the day's coins and mood; then the analysis.

A reading that cannot be believed goes into quarantine with its reason and the next vendor is asked. A jump that a
second vendor tells too, or that was told twice before, is a fact.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

import numpy as np
import structlog

from macro.grid import slot_of
from macro.models import MacroCoinDay, MacroFearGreed, MacroMarketData, Quality
from macro.selectors import MarketSeries, load_market
from sentiment_site.market import clock
from sentiment_site.providers.crypto_registry import CryptoVendors
from sentiment_site.providers.errors import BadPayload, ProviderError

from . import catch_up
from .readings import Figures, Reading, fetch_coingecko, fetch_coinpaprika
from .store import entry_of, figures_of, refuse_mixed, store_coin_days, store_doubted, store_fear_greed, store_readings
from .validation import JUMP, Past, agrees, confirms, find_fault, find_jump

log = structlog.get_logger(__name__)

# How far the jumps of a reading are judged from: a month of scans.
PAST_DAYS: Final = 30
LATE_AFTER: Final = dt.timedelta(hours=2)
# A vendor's figures that are older than this are yesterday's news, not a reading of this slot.
OLDEST: Final = dt.timedelta(hours=1)
COIN_ROWS: Final = 120
FEAR_GREED_DAYS: Final = 30


class Doubted(BadPayload):
    """A vendor answered, and what it said cannot be believed."""

    meaning = "in quarantine"


@dataclass(slots=True)
class ScanReport:
    """What a scan brought, in words; `reading` is the one that is believed."""

    slot: dt.datetime
    reading: Reading
    stored: int = 0
    filled: int = 0
    missing: int = 0
    lines: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        what = "stored" if self.stored else "had its reading already"
        gaps = f", {self.filled} of {self.missing} missed slots told afterwards" if self.missing else ""
        return f"{self.slot:%Y-%m-%d %H:%M} UTC {what} from {self.reading.source}{gaps}"


def run_scan(
    vendors: CryptoVendors, *, job_run_id: int | None = None, progress: Callable[[float, str], None] = lambda *_: None
) -> ScanReport:
    """Read and store the slot of now. ProviderError (the last vendor's) when nobody's reading can be believed."""
    slot = slot_of(clock.now())
    progress(5, "the market now")
    reading, doubts = _read_market(vendors, slot, job_run_id)
    report = ScanReport(slot, reading, lines=doubts)
    late = reading.event_at - slot
    reason = f"read {late // dt.timedelta(minutes=1)} minutes after its slot began" if late > LATE_AFTER else ""
    report.stored = store_readings([entry_of(reading, slot, reason)], job_run_id=job_run_id)
    if reading.stable_ids is not None:
        store_coin_days(_coin_days(reading))
    progress(40, "missed slots")
    _catch_up(vendors, report, job_run_id)
    progress(70, "fear and greed")
    _read_mood(vendors, report)
    return report


def _read_market(vendors: CryptoVendors, slot: dt.datetime, job_run_id: int | None) -> tuple[Reading, list[str]]:
    """The first vendor's reading that can be believed, and what was wrong with those before it."""
    past = _load_past(slot)
    problems: list[ProviderError] = []
    doubted: list[Reading] = []
    for fetch in (fetch_coingecko, fetch_coinpaprika):
        try:
            reading = fetch(vendors)
            refuse_mixed(reading.source, reading.is_simulated)
        except ProviderError as error:
            problems.append(error)
            continue
        fault = _judge(reading, past, slot)
        confirmed = next((each for each in doubted if agrees(each.figures, reading.figures)), None)
        if not fault or (fault.startswith(JUMP) and confirmed is not None):
            # Two vendors tell the same: the better one's reading counts, and what looked like a jump was one.
            return confirmed or reading, [str(error) for error in problems]
        store_doubted(entry_of(reading, slot), fault, job_run_id)
        problems.append(Doubted(reading.source, fault))
        if fault.startswith(JUMP):
            doubted.append(reading)
    log.warning("no reading to believe", problems=[str(error) for error in problems])
    raise problems[0]


def _judge(reading: Reading, past: Past, slot: dt.datetime) -> str:
    """Why this reading cannot be believed; empty if it can."""
    fault = find_fault(reading.figures, reading.btc_supply)
    if fault:
        return fault
    if reading.event_at < slot - OLDEST:
        return f"the vendor's figures are of {reading.event_at:%Y-%m-%d %H:%M} UTC"
    if reading.event_at > reading.received_at + OLDEST:
        return f"the vendor's figures are of {reading.event_at:%Y-%m-%d %H:%M} UTC, which has not come yet"
    jump = find_jump(reading.figures, int(reading.event_at.timestamp()), past)
    return "" if jump and confirms(reading.figures, _list_doubted(reading.source, slot, past)) else jump


def _list_doubted(source: str, slot: dt.datetime, past: Past) -> list[Figures]:
    since = dt.datetime.fromtimestamp(int(past.at[-1]), dt.UTC)
    rows = MacroMarketData.objects.filter(
        quality=Quality.QUARANTINED,
        data_source=source,
        superseded_at__isnull=True,
        reason__startswith=JUMP,
        timestamp__gt=since,
        timestamp__lt=slot,
    )
    return [figures_of(row) for row in rows.order_by("timestamp")]


def _load_past(slot: dt.datetime) -> Past:
    series: MarketSeries = load_market(clock.now(), since=slot - dt.timedelta(days=PAST_DAYS))
    before = series.at < slot.timestamp()
    total = series.total[before]
    share = np.divide(series.btc_cap[before], total)
    return Past(series.at[before], total, series.btc_price[before], share)


def _coin_days(reading: Reading) -> list[MacroCoinDay]:
    now = clock.now()
    stable = reading.stable_ids or frozenset()
    return [
        MacroCoinDay(
            coin_id=coin.id[:80],
            symbol=coin.symbol[:30],
            day=reading.event_at.date(),
            price=coin.price,
            market_cap=coin.market_cap,
            is_stable=coin.id in stable,
            is_simulated=reading.is_simulated,
            event_at=reading.event_at,
            recorded_at=now,
        )
        for coin in reading.coins[:COIN_ROWS]
    ]


def _catch_up(vendors: CryptoVendors, report: ScanReport, job_run_id: int | None) -> None:
    """Tell missed slots afterwards. The reading of now stands whatever becomes of it."""
    missing = catch_up.find_missing(report.slot)
    report.missing = len(missing)
    if not missing:
        return
    if not report.reading.coins:
        report.lines.append(f"{len(missing)} missed slots wait for CoinGecko's charts")
        return
    try:
        report.filled = catch_up.fill_gaps(vendors, report.reading, missing, job_run_id=job_run_id)
    except ProviderError as error:
        report.lines.append(f"missed slots stay gaps for now: {error}")


def _read_mood(vendors: CryptoVendors, report: ScanReport) -> None:
    """The Fear and Greed index of days that are not known; a cross-check, so its failure is told and no more."""
    newest = MacroFearGreed.objects.order_by("-day").values_list("day", flat=True).first()
    if newest is not None and newest >= report.reading.event_at.date():
        return
    try:
        fetched = vendors.alternative.fetch_fear_greed(0 if newest is None else FEAR_GREED_DAYS)
    except ProviderError as error:
        report.lines.append(f"fear and greed: {error}")
    else:
        if fetched.simulated == report.reading.is_simulated:
            store_fear_greed(fetched.records, fetched.simulated)
