"""The last 365 days, once: one call per coin of the basket, each stored as it comes: a kill loses one call.

What the basket's caps sum to is scaled by the whole market's cap of today; rows are marked as estimates. Days that
cannot be told stay gaps.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import numpy as np
from django.conf import settings
from django.db import transaction
from numpy.typing import NDArray

from macro.models import MacroBootstrap, MacroBootstrapCoin, MacroCoinDay, MacroSystemState
from sentiment_site.market import clock
from sentiment_site.providers.coingecko import MOST_DAYS
from sentiment_site.providers.crypto_records import CoinChart
from sentiment_site.providers.crypto_registry import CryptoVendors
from sentiment_site.providers.errors import BadPayload, NotFound

from . import state
from .history import Estimate, compute_sum, estimate_totals
from .readings import COINGECKO, STABLE_CATEGORY, Figures, sum_caps
from .store import Entry, refuse_mixed, store_coin_days, store_readings
from .validation import find_fault

Progress = Callable[[float, str], None]
Days = NDArray[np.datetime64]

DAY_MS: Final = 86_400_000
# A point belongs to midnight when it is stamped within five minutes of it; the chart's last one is "now".
MIDNIGHT_MS: Final = 300_000
# A basket older than this is begun anew: its coins and scale are no longer today's.
STALE_AFTER: Final = dt.timedelta(days=7)
LEADERS: Final = ("bitcoin", "ethereum")


class AlreadyDone(Exception):
    """The history is there; only staff may have it fetched again."""


@dataclass(frozen=True, slots=True)
class BootstrapReport:
    """What a bootstrap brought."""

    rows: int
    days: int
    gaps: int
    coins: int

    def __str__(self) -> str:
        return f"{self.rows} daily rows of {self.days} days from {self.coins} coins, {self.gaps} days stay gaps"


def run_bootstrap(
    vendors: CryptoVendors,
    *,
    force: bool = False,
    requested_by: UUID | None = None,
    job_run_id: int | None = None,
    progress: Progress = lambda percent, phase: None,
    check: Callable[[], None] = lambda: None,
) -> BootstrapReport:
    """Fetch what is missing, then build the rows. Goes on where a killed run stopped. AlreadyDone, ProviderError."""
    bootstrap = MacroBootstrap.objects.filter(state=MacroBootstrap.State.RUNNING).first()
    if bootstrap is None and not force and MacroSystemState.objects.filter(pk=1, bootstrap_completed=True).exists():
        raise AlreadyDone("the bootstrap is done; only staff may force another one")
    if bootstrap is not None and clock.now() - bootstrap.started_at > STALE_AFTER:
        bootstrap.delete()
        bootstrap = None
    if bootstrap is None:
        progress(0, "the largest coins")
        bootstrap = _begin(vendors, force, requested_by, job_run_id)
    coins = list(bootstrap.coins.order_by("rank"))
    for place, coin in enumerate(coins):
        if not coin.is_done:
            check()
            progress(5 + 90 * place / len(coins), f"{coin.coin_id} ({place + 1} of {len(coins)})")
            _fetch_coin(vendors, bootstrap, coin)
    check()
    progress(95, "the whole market")
    return _finish(bootstrap, coins, job_run_id)


def _begin(vendors: CryptoVendors, force: bool, requested_by: UUID | None, job_run_id: int | None) -> MacroBootstrap:
    """The basket: today's largest coins, and what the whole market and all stablecoins are worth today."""
    source = vendors.coingecko
    world, table = source.fetch_global(), source.fetch_markets()
    refuse_mixed(COINGECKO, world.simulated or table.simulated)
    stable = source.fetch_markets(category=STABLE_CATEGORY).records
    stable_ids = {coin.id for coin in stable}
    basket = [coin for coin in table.records if coin.market_cap is not None][: settings.MACRO_BOOTSTRAP_COINS]
    if not {coin.id for coin in basket} >= set(LEADERS):
        raise BadPayload(COINGECKO, "bitcoin or ether is not among the largest coins", endpoint="/coins/markets")
    with transaction.atomic():
        bootstrap = MacroBootstrap.objects.create(
            started_at=clock.now(),
            days=MOST_DAYS,
            total_now=world.records.total_market_cap,
            stablecoins_now=sum_caps(stable) or None,
            is_simulated=world.simulated or table.simulated,
            is_forced=force,
            requested_by_id=requested_by,
            job_run_id=job_run_id,
        )
        MacroBootstrapCoin.objects.bulk_create(
            MacroBootstrapCoin(
                bootstrap=bootstrap,
                coin_id=coin.id,
                symbol=coin.symbol[:30],
                rank=rank,
                is_stable=coin.id in stable_ids,
                cap_now=coin.market_cap or 0.0,
            )
            for rank, coin in enumerate(basket, 1)
        )
    return bootstrap


def _fetch_coin(vendors: CryptoVendors, bootstrap: MacroBootstrap, coin: MacroBootstrapCoin) -> None:
    """One coin's days; they and the coin's mark are written together."""
    try:
        chart = vendors.coingecko.fetch_market_chart(coin.coin_id, MOST_DAYS).records
    except NotFound as error:
        if coin.coin_id in LEADERS:
            raise
        chart, coin.note = None, str(error)[:255]
    rows = [] if chart is None else _days_of(chart, coin, bootstrap)
    with transaction.atomic():
        store_coin_days(rows)
        coin.is_done, coin.days_stored = True, len(rows)
        coin.save(update_fields=["is_done", "days_stored", "note"])


def _days_of(chart: CoinChart, coin: MacroBootstrapCoin, bootstrap: MacroBootstrap) -> list[MacroCoinDay]:
    now = clock.now()
    midnight = np.abs((chart.at + DAY_MS // 2) % DAY_MS - DAY_MS // 2) <= MIDNIGHT_MS
    rows = []
    for at, price, cap in zip(
        chart.at[midnight].tolist(), chart.price[midnight].tolist(), chart.market_cap[midnight].tolist(), strict=True
    ):
        if not np.isfinite(price):
            continue
        moment = dt.datetime.fromtimestamp(round(at / DAY_MS) * DAY_MS / 1000, dt.UTC)
        rows.append(
            MacroCoinDay(
                coin_id=coin.coin_id,
                symbol=coin.symbol,
                day=moment.date(),
                price=price,
                market_cap=cap if np.isfinite(cap) else None,
                is_stable=coin.is_stable,
                is_simulated=bootstrap.is_simulated,
                event_at=moment,
                recorded_at=now,
            )
        )
    return rows


def _finish(bootstrap: MacroBootstrap, coins: Sequence[MacroBootstrapCoin], job_run_id: int | None) -> BootstrapReport:
    """Rows, gaps and state in one transaction: either the history is there and said to be, or neither."""
    days, price, cap = _load_panel(bootstrap, coins)
    entries, gaps = _build_entries(bootstrap, coins, days, price, cap)
    with transaction.atomic():
        rows = store_readings(entries, renew=bootstrap.is_forced, job_run_id=job_run_id)
        bootstrap.state, bootstrap.finished_at = MacroBootstrap.State.DONE, clock.now()
        bootstrap.rows_stored, bootstrap.days_missing = rows, gaps
        bootstrap.save()
        state.save_bootstrap(clock.now())
    return BootstrapReport(rows, len(days), len(gaps), len(coins))


def _load_panel(
    bootstrap: MacroBootstrap, coins: Sequence[MacroBootstrapCoin]
) -> tuple[list[dt.date], NDArray[np.float64], NDArray[np.float64]]:
    """Every day of the span, with prices and caps (days, coins), NaN where nothing is known."""
    last = bootstrap.started_at.date()
    days = [last - dt.timedelta(days=back) for back in range(bootstrap.days - 1, -1, -1)]
    line = {day: place for place, day in enumerate(days)}
    column = {coin.coin_id: place for place, coin in enumerate(coins)}
    price = np.full((len(days), len(coins)), np.nan)
    cap = price.copy()
    # Only points of midnight: a day that a scan read first has its price of another hour.
    found = MacroCoinDay.objects.filter(coin_id__in=column, day__range=(days[0], days[-1]))
    for coin_id, day, event_at, at_price, at_cap in found.values_list(
        "coin_id", "day", "event_at", "price", "market_cap"
    ):
        if abs(event_at - _midnight(day)).total_seconds() * 1000 <= MIDNIGHT_MS:
            price[line[day], column[coin_id]] = at_price
            cap[line[day], column[coin_id]] = np.nan if at_cap is None else at_cap
    return days, price, cap


def _build_entries(
    bootstrap: MacroBootstrap,
    coins: Sequence[MacroBootstrapCoin],
    days: Sequence[dt.date],
    price: NDArray[np.float64],
    cap: NDArray[np.float64],
) -> tuple[list[Entry], list[dict[str, Any]]]:
    """An entry for each day that can be told, and the others with their reasons."""
    bitcoin, ether = ([coin.coin_id for coin in coins].index(name) for name in LEADERS)
    known = np.array([coin.days_stored > 0 for coin in coins])
    scale = bootstrap.total_now / sum(coin.cap_now for coin, is_known in zip(coins, known, strict=True) if is_known)
    leaders = np.column_stack([price[:, bitcoin], cap[:, bitcoin], cap[:, ether]])
    total = estimate_totals(cap, np.full(len(days), scale), leaders)
    stable = _stablecoins(bootstrap, coins, cap)
    entries, gaps = [], []
    for place, day in enumerate(days):
        entry = _entry(bootstrap, day, place, total, stable, leaders[place], float(price[place, ether]))
        fault = total.why[place] or find_fault(entry.figures)
        if fault:
            gaps.append({"day": day.isoformat(), "reason": fault})
        else:
            entries.append(entry)
    return entries, gaps


def _stablecoins(
    bootstrap: MacroBootstrap, coins: Sequence[MacroBootstrapCoin], cap: NDArray[np.float64]
) -> NDArray[np.float64]:
    """All stablecoins' cap (days,), from those of the basket; NaN when nothing is known of them."""
    stable = np.array([coin.is_stable and coin.days_stored > 0 for coin in coins])
    if bootstrap.stablecoins_now is None or not stable.any():
        return np.full(len(cap), np.nan)
    now = sum(coin.cap_now for coin, is_stable in zip(coins, stable, strict=True) if is_stable)
    return estimate_totals(
        cap[:, stable], np.full(len(cap), bootstrap.stablecoins_now / now), compute_sum(cap[:, stable])[0][:, None]
    ).total


def _entry(
    bootstrap: MacroBootstrap,
    day: dt.date,
    place: int,
    total: Estimate,
    stable: NDArray[np.float64],
    leaders: NDArray[np.float64],
    ether: float,
) -> Entry:
    midnight = _midnight(day)
    btc_price, btc_cap, eth_cap = leaders.tolist()
    return Entry(
        slot=midnight,
        figures=Figures(
            total=float(total.total[place]),
            btc_cap=btc_cap,
            eth_cap=eth_cap,
            btc_price=btc_price,
            eth_price=ether if np.isfinite(ether) else None,
            stablecoins=float(stable[place]) if np.isfinite(stable[place]) else None,
        ),
        source=COINGECKO,
        event_at=midnight,
        received_at=clock.now(),
        is_simulated=bootstrap.is_simulated,
        is_estimated=True,
    )


def _midnight(day: dt.date) -> dt.datetime:
    return dt.datetime(day.year, day.month, day.day, tzinfo=dt.UTC)
