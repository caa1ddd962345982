"""Slots that a standstill missed, from the hourly charts of a few large coins, anchored at true readings on both sides.

The basket's share of the whole market is known before the gap and after it; between them it is interpolated. Hourly
charts reach back 90 days; before that only midnights can be told. What the charts do not tell stays a gap.
"""

from __future__ import annotations

import datetime as dt
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from macro.grid import SCAN_EVERY, slots_between
from macro.models import MacroMarketData
from sentiment_site.market import clock
from sentiment_site.providers.coingecko import HOURLY_DAYS, MOST_DAYS
from sentiment_site.providers.crypto_records import CoinChart, CoinRecord
from sentiment_site.providers.crypto_registry import CryptoVendors

from .bootstrap import LEADERS
from .history import Floats, Ints, estimate_totals, interpolate_scale, pick_points
from .readings import COINGECKO, Figures, Reading
from .store import Entry, store_readings
from .validation import find_fault

BASKET: Final = 15
# Hourly points are stamped some minutes late; the chart's last one is "now".
WITHIN_S: Final = 1800
# A slot that could not be told is asked for again this long, then it is a gap for good.
ASK_AGAIN: Final = dt.timedelta(days=1)


@dataclass(frozen=True, slots=True, eq=False)
class _Charts:
    """The basket at the wanted moments: (t, coins), NaN where a chart has no point."""

    price: Floats
    cap: Floats


def find_missing(slot: dt.datetime) -> list[dt.datetime]:
    """Slots before `slot` without a believed row, oldest first; empty when none is worth a call.

    Calls are spent when the slot just before is missing, or one of the last day; then everything that the charts reach
    is told, back to the newest daily row of the bootstrap.
    """
    rows = MacroMarketData.objects.believed().filter(superseded_at__isnull=True, timestamp__lt=slot)
    known = set(rows.filter(timestamp__gte=slot - dt.timedelta(days=MOST_DAYS)).values_list("timestamp", flat=True))
    if not known:
        return []
    first = _first_scan(known)
    missing = [each for each in slots_between(first, slot - SCAN_EVERY) if each not in known]
    return missing if missing and missing[-1] >= slot - ASK_AGAIN else []


def fill_gaps(
    vendors: CryptoVendors, live: Reading, missing: Sequence[dt.datetime], *, job_run_id: int | None = None
) -> int:
    """Estimated rows for missing slots; how many. `live` is the reading of now with its coins. ProviderError."""
    stable_ids = live.stable_ids or frozenset()
    largest = [coin for coin in live.coins if coin.market_cap is not None]
    basket = [coin for rank, coin in enumerate(largest) if rank < BASKET or coin.id in LEADERS]
    anchor = _anchor_before(missing[0])
    moments = _seconds([*([anchor.timestamp] if anchor else []), *missing])
    charts = _fetch_charts(vendors, basket, moments, live.event_at)
    now_s = int(live.event_at.timestamp())
    caps_now = np.array([coin.market_cap for coin in basket], dtype=np.float64)
    leaders = [[coin.id for coin in basket].index(name) for name in LEADERS]
    needed = np.column_stack([charts.cap[:, leaders], charts.price[:, leaders[0]]])

    def scaled(columns: NDArray[np.bool_], now: float | None, before: float | None) -> Floats:
        """The whole of which these columns are a part, at every moment."""
        if now is None or not columns.any():
            return np.full(len(moments), np.nan)
        sums = charts.cap[:, columns].sum(axis=1)
        scales = [now / caps_now[columns].sum(), *([before / sums[0]] if anchor and before else [])]
        known_s = np.array([now_s, *moments[: len(scales) - 1]])
        scale = interpolate_scale(moments, known_s, np.array(scales))
        return estimate_totals(charts.cap[:, columns], scale, needed).total

    everything = np.ones(len(basket), dtype=np.bool_)
    stable = np.array([coin.id in stable_ids for coin in basket])
    total = scaled(everything, live.figures.total, anchor.total_market_cap if anchor else None)
    stables = scaled(stable, live.figures.stablecoins, anchor.stablecoin_market_cap if anchor else None)
    offset = len(moments) - len(missing)
    entries = [
        entry
        for place, slot in enumerate(missing, offset)
        if (entry := _entry(slot, live, charts, leaders, float(total[place]), float(stables[place]), place))
    ]
    return store_readings(entries, job_run_id=job_run_id)


def _first_scan(known: set[dt.datetime]) -> dt.datetime:
    """Where the four-hourly rows begin: after the last daily one before two rows stand a slot apart, or the newest."""
    ordered = sorted(known)
    for earlier, later in itertools.pairwise(ordered):
        if later - earlier < dt.timedelta(days=1):
            return earlier
    return ordered[-1]


def _anchor_before(first: dt.datetime) -> MacroMarketData | None:
    rows = MacroMarketData.objects.believed().filter(superseded_at__isnull=True, timestamp__lt=first)
    return rows.order_by("-timestamp").first()


def _fetch_charts(vendors: CryptoVendors, basket: Sequence[CoinRecord], moments: Ints, now: dt.datetime) -> _Charts:
    span = now - dt.datetime.fromtimestamp(int(moments[0]), dt.UTC)
    days = max(2, math.ceil(span / dt.timedelta(days=1)) + 1)
    days = days if days <= HOURLY_DAYS else MOST_DAYS
    picked = [_pick(vendors.coingecko.fetch_market_chart(coin.id, days).records, moments) for coin in basket]
    return _Charts(np.column_stack([price for price, _ in picked]), np.column_stack([cap for _, cap in picked]))


def _pick(chart: CoinChart, moments: Ints) -> tuple[Floats, Floats]:
    place = pick_points(chart.at, moments, WITHIN_S)
    if not len(chart):
        return np.full(len(moments), np.nan), np.full(len(moments), np.nan)
    return np.where(place >= 0, chart.price[place], np.nan), np.where(place >= 0, chart.market_cap[place], np.nan)


def _entry(
    slot: dt.datetime, live: Reading, charts: _Charts, leaders: Sequence[int], total: float, stable: float, place: int
) -> Entry | None:
    """The row of one slot; None where it cannot be told."""
    bitcoin, ether = leaders
    btc_cap, eth_cap = float(charts.cap[place, bitcoin]), float(charts.cap[place, ether])
    btc_price, eth_price = float(charts.price[place, bitcoin]), float(charts.price[place, ether])
    if not all(map(math.isfinite, (total, btc_cap, eth_cap, btc_price))):
        return None
    figures = Figures(
        total=total,
        btc_cap=btc_cap,
        eth_cap=eth_cap,
        btc_price=btc_price,
        eth_price=eth_price if math.isfinite(eth_price) else None,
        stablecoins=stable if math.isfinite(stable) else None,
    )
    if figures.stablecoins is not None and find_fault(figures) and not find_fault(replace(figures, stablecoins=None)):
        figures = replace(figures, stablecoins=None)
    if find_fault(figures):
        return None
    return Entry(
        slot=slot,
        figures=figures,
        source=COINGECKO,
        event_at=slot,
        received_at=clock.now(),
        is_simulated=live.is_simulated,
        is_estimated=True,
        reason="told afterwards from hourly charts",
    )


def _seconds(moments: Sequence[dt.datetime]) -> Ints:
    return np.array([int(each.timestamp()) for each in moments], dtype=np.int64)
