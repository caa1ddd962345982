"""CoinGecko's table of coins: /coins/markets with its orders, filters, changes and nulls (upstreams.md 3.1)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from sentiment_site.simulator.crypto.coins import ETHEREUM, Coin, Kind
from sentiment_site.simulator.crypto.market import DAY, HOUR, Crypto, Reading
from sentiment_site.simulator.market.parameters import Floats
from sentiment_site.simulator.memo import Memo
from sentiment_site.simulator.vendors.coingecko.money import (
    currency_of,
    listed,
    number,
    percent,
    priced,
    rate,
    rates,
    stamp,
)
from sentiment_site.simulator.wire import Answer, NotFoundError, Request, answer

_CHANGES = {"1h": HOUR, "24h": DAY, "7d": 7 * DAY, "14d": 14 * DAY, "30d": 30 * DAY, "200d": 200 * DAY, "1y": 365 * DAY}
_CATEGORIES: dict[str, Callable[[Coin], bool]] = {
    "stablecoins": lambda coin: coin.kind is Kind.STABLE,
    "usd-stablecoin": lambda coin: coin.kind is Kind.STABLE,
    "wrapped-tokens": lambda coin: coin.kind is Kind.COPY and "wrapped" in coin.id,
    "liquid-staking-tokens": lambda coin: coin.kind is Kind.COPY and "staked" in coin.id,
    "rehypothecated-tokens": lambda coin: coin.kind is Kind.COPY,
}


class Markets:
    """The table endpoint over one crypto market."""

    def __init__(self, crypto: Crypto) -> None:
        self._crypto = crypto
        self._ranges: Memo[int, tuple[Floats, Floats]] = Memo(8)

    def markets(self, request: Request) -> Answer:
        """GET /coins/markets: by cap, largest first; wrapped and staked coins only when asked for."""
        currency = currency_of(request)
        now = self._crypto.reading(self._crypto.moment(request.now))
        asked = asked_for(request)
        category, copies = request.text("category"), request.flag("include_rehypothecated", False)
        if category and category not in _CATEGORIES:
            raise NotFoundError({"error": "category not found"})
        if any(asked.values()):
            rows = select(self._crypto.coins, now, asked)
        else:
            rows = [row for row in range(len(self._crypto.coins)) if not np.isnan(now.price[row])
                    and (copies or category or self._crypto.coins[row].kind is not Kind.COPY)]  # fmt: skip
        if category:
            rows = [row for row in rows if _CATEGORIES[category](self._crypto.coins[row])]
        rows = _ordered(rows, request.text("order", "market_cap_desc"), self._crypto.coins, now)
        size, page = min(request.whole("per_page", 100, 100_000), 250), request.whole("page", 1, 1_000_000)
        rows = rows[(page - 1) * size : page * size]
        table = _Table(self._crypto, request, currency, now, self._range(now.at))
        return answer(table.rows(rows, ranks_of(self._crypto.coins, now)))

    def _range(self, at: int) -> tuple[Floats, Floats]:
        return self._ranges.get(at, lambda: self._crypto.range_24h(at))


class _Table:
    """The rows of /coins/markets in one currency at one moment."""

    def __init__(
        self, crypto: Crypto, request: Request, currency: str, now: Reading, extent: tuple[Floats, Floats]
    ) -> None:
        self._crypto, self._request, self._now, self._extent = crypto, request, now, extent
        self._currency, self._rate = currency, rate(crypto, currency, now.at)
        self._extremes = crypto.extremes(now.at)
        self._changes = [name for name in request.text("price_change_percentage").split(",") if name in _CHANGES]
        readings = {name: crypto.reading(now.at - _CHANGES[name]) for name in (*self._changes, "24h")}
        self._earlier = {name: (then, rate(crypto, currency, then.at)) for name, then in readings.items()}
        self._with_copies = request.flag("include_rehypothecated", False)
        self._sparkline = request.flag("sparkline", False)

    def rows(self, rows: Sequence[int], ranks: Sequence[int | None]) -> list[dict[str, Any]]:
        """One object a coin, in the given order."""
        larger = np.sort(np.nan_to_num(self._now.cap))[::-1]
        found = []
        for row in rows:
            entry = self._entry(row, ranks[row])
            if self._with_copies:
                cap = self._now.cap[row]
                entry["market_cap_rank_with_rehypothecated"] = int((larger > cap).sum()) + 1 if cap > 0 else None
            found.append(entry)
        return found

    def _entry(self, row: int, rank: int | None) -> dict[str, Any]:
        coin, now, units = self._crypto.coins[row], self._now, self._rate
        price, cap = now.price[row] * units, now.cap[row] * units
        before, old_rate = self._earlier["24h"]
        old_price, old_cap = before.price[row] * old_rate, before.cap[row] * old_rate
        maximum = self._crypto.roster.maximum[row]
        issued = now.supply[row] if np.isnan(maximum) else min(maximum, now.supply[row] * 1.06)
        peak, trough = self._extremes.high[row] * units, self._extremes.low[row] * units
        peak, trough = max(peak, self._extent[1][row] * units), min(trough, self._extent[0][row] * units)
        entry = {
            "id": coin.id,
            "symbol": coin.symbol,
            "name": coin.name,
            "image": f"https://images.example/coins/{coin.id}.png",
            "current_price": priced(price, self._request),
            "market_cap": round(cap),
            "market_cap_rank": rank,
            "fully_diluted_valuation": round(price * (issued if np.isnan(maximum) else maximum)) if cap > 0 else None,
            "total_volume": round(now.volume[row] * units),
            "high_24h": priced(self._extent[1][row] * units, self._request),
            "low_24h": priced(self._extent[0][row] * units, self._request),
            "price_change_24h": number(price - old_price, 8),
            "price_change_percentage_24h": percent(price, old_price, 5),
            "market_cap_change_24h": number(cap - old_cap, 2) if old_cap > 0 else None,
            "market_cap_change_percentage_24h": percent(cap, old_cap, 5),
            "circulating_supply": round(float(now.supply[row]), 4),
            "total_supply": round(float(issued), 4) if issued > 0 else None,
            "max_supply": None if np.isnan(maximum) else float(maximum),
            "ath": priced(peak, self._request),
            "ath_change_percentage": percent(price, peak, 5),
            "ath_date": stamp(int(self._extremes.high_at[row])),
            "atl": priced(trough, self._request),
            "atl_change_percentage": percent(price, trough, 5),
            "atl_date": stamp(int(self._extremes.low_at[row])),
            "roi": {"times": 40.2, "currency": "btc", "percentage": 4020.0} if row == ETHEREUM else None,
            "last_updated": stamp(now.at),
        }
        if self._sparkline:
            hours = np.arange((now.at - 7 * DAY) // HOUR + 1, now.at // HOUR + 1) * HOUR
            series = self._crypto.series(row, hours[hours >= self._crypto.start])
            entry["sparkline_in_7d"] = {
                "price": (series.price * rates(self._crypto, self._currency, series.at)).tolist()
            }
        for name in self._changes:
            earlier, rate_then = self._earlier[name]
            known = now.at - _CHANGES[name] >= self._crypto.start
            change = percent(price, earlier.price[row] * rate_then) if known else None
            entry[f"price_change_percentage_{name}_in_currency"] = change
        return entry


def _ordered(rows: list[int], order: str, coins: Sequence[Coin], now: Reading) -> list[int]:
    """Rows in one of the vendor's orders; an unknown order is the default."""
    field, _, direction = order.lower().rpartition("_")
    if field == "id":
        return sorted(rows, key=lambda row: coins[row].id, reverse=direction == "desc")
    value = np.nan_to_num(now.volume if field == "volume" else now.cap)
    sign = 1.0 if direction == "asc" and field in ("volume", "market_cap") else -1.0
    return sorted(rows, key=lambda row: (sign * value[row], coins[row].id))


def asked_for(request: Request) -> dict[str, list[str]]:
    """The coins a client names, by id, name and symbol; empty lists where it names none."""
    return {key: listed(request, f"{key}s") for key in ("id", "name", "symbol")}


def select(coins: Sequence[Coin], now: Reading, asked: Mapping[str, list[str]]) -> list[int]:
    """Rows that are listed and asked for by id, else by name, else by symbol."""
    key = next(key for key, wanted in asked.items() if wanted)
    return [row for row, coin in enumerate(coins)
            if str(getattr(coin, key)).lower() in asked[key] and not np.isnan(now.price[row])]  # fmt: skip


def ranks_of(coins: Sequence[Coin], now: Reading) -> list[int | None]:
    """By cap; null for copies and for what has no cap."""
    order = [row for row in np.argsort(-np.nan_to_num(now.cap), kind="stable").tolist()
             if now.cap[row] > 0 and coins[row].kind is not Kind.COPY]  # fmt: skip
    ranks: list[int | None] = [None] * len(now.cap)
    for rank, row in enumerate(order, 1):
        ranks[row] = rank
    return ranks
