"""Readings in the database: a bootstrap's daily rows, then scans every four hours, of a made-up market."""

from __future__ import annotations

import datetime as dt
from typing import Any

from macro.models import MacroCoinDay, MacroMarketData
from tests.macro.kernels.market import make_bars

NOW = dt.datetime(2026, 3, 2, 16, 20, tzinfo=dt.UTC)
SLOT = NOW.replace(minute=0)
H4, DAY = dt.timedelta(hours=4), dt.timedelta(days=1)


def make_row(at: dt.datetime, price: float, alt: float, **fields: Any) -> MacroMarketData:
    """One unsaved believed reading: bitcoin's cap is 19 million prices, ether a fifth of it, a tenth stablecoins."""
    btc = 19e6 * price
    eth, stable = 0.2 * btc, 0.1 * btc
    total = btc + eth + alt + stable
    values: dict[str, Any] = {
        "timestamp": at, "total_market_cap": total, "btc_market_cap": btc, "eth_market_cap": eth, "btc_price": price,
        "eth_price": price / 20, "stablecoin_market_cap": stable, "alt_market_cap": alt + stable,
        "alt_strength_ratio": (alt + stable) / price, "btc_dominance": btc / total, "alt_ex_stable": alt,
        "ratio_ex_stable": alt / price, "dominance_ex_stable": btc / (total - stable), "is_simulated": True,
        "event_at": at + dt.timedelta(minutes=5), "received_at": at + dt.timedelta(minutes=6),
        "recorded_at": at + dt.timedelta(minutes=6),
    }  # fmt: skip
    return MacroMarketData(**(values | fields))


def store_market(days: int = 365, scans: int = 30, seed: int = 1, drift: float = 0.006, alts: float = 0.015) -> None:
    """`days` daily estimated rows and then `scans` scans, the last one of SLOT."""
    bars = make_bars((days + scans) * 6, 6, seed, drift, alts)
    price, alt = bars.btc_price, bars.total_cap - bars.btc_cap - bars.eth_cap - bars.stable_cap
    first_scan = SLOT - (scans - 1) * H4
    first_day = first_scan.replace(hour=0) - (days - 1) * DAY
    rows = [
        make_row(
            first_day + place * DAY, float(price[6 * place]), float(alt[6 * place]), is_estimated=True,
            data_source="bootstrap", event_at=first_day + place * DAY, received_at=first_scan, recorded_at=first_scan,
        )
        for place in range(days)
    ]  # fmt: skip
    rows += [
        make_row(first_scan + place * H4, float(price[6 * days + place]), float(alt[6 * days + place]))
        for place in range(scans)
    ]
    MacroMarketData.objects.bulk_create(rows)


def store_coins(beat: int, coins: int = 30) -> None:
    """Coins of today and of 90 days ago; `beat` of them rose hundredfold, the others stand. Three do not count."""
    today = NOW.date()
    names = [(f"coin-{place}", place < beat, False) for place in range(coins)]
    names += [("bitcoin", True, False), ("tether", True, True), ("wrapped-bitcoin", True, False)]
    rows = []
    for name, rises, stable in names:
        for day, price in ((today - 90 * DAY, 1.0), (today, 100.0 if rises else 1.0)):
            moment = dt.datetime.combine(day, dt.time(), dt.UTC)
            rows.append(
                MacroCoinDay(
                    coin_id=name,
                    symbol=name[:5],
                    day=day,
                    price=price,
                    market_cap=1e9 * price,
                    is_stable=stable,
                    is_simulated=True,
                    event_at=moment,
                    recorded_at=moment + dt.timedelta(minutes=5),
                )
            )
    MacroCoinDay.objects.bulk_create(rows)
