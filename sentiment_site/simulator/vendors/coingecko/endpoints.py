"""CoinGecko's demo API: routes, key, global figures, lists (upstreams.md 3.1).

No key is needed; a key of the paid plan is refused as one that came to the wrong root URL.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from typing import Any

from sentiment_site.simulator.crypto.market import DAY, Crypto
from sentiment_site.simulator.vendors.coingecko.charts import Charts
from sentiment_site.simulator.vendors.coingecko.markets import Markets, asked_for, ranks_of, select
from sentiment_site.simulator.vendors.coingecko.money import (
    CURRENCIES,
    RefusedError,
    needed,
    percent,
    priced,
    rate,
    refuse,
)
from sentiment_site.simulator.vendors.vendor import Reason, Route, Vendor, route
from sentiment_site.simulator.wire import Answer, BadParameter, Request, answer
from sentiment_site.simulator.world import World

_GLOBAL_EVERY_S = 600
_WRONG_ROOT = ("If you are using Pro API key, please change your root URL from api.coingecko.com to "
               "pro-api.coingecko.com")  # fmt: skip
_PAID = "paid:"  # marks a key of the paid plan
Handler = Callable[[Request], Answer]


class CoinGecko:
    """The global figures and lists over one crypto market."""

    def __init__(self, crypto: Crypto) -> None:
        self._crypto = crypto

    def ping(self, request: Request) -> Answer:
        """GET /ping."""
        return answer({"gecko_says": "(V3) To the Moon!"})

    def world(self, request: Request) -> Answer:
        """GET /global: refreshed every ten minutes."""
        at = self._crypto.moment(request.now) // _GLOBAL_EVERY_S * _GLOBAL_EVERY_S
        now, before = self._crypto.reading(at), self._crypto.reading(at - DAY)
        counted = [row for row, rank in enumerate(ranks_of(self._crypto.coins, now)) if rank is not None]
        largest = sorted(counted, key=lambda row: -now.cap[row])[:10]
        rates = {name: rate(self._crypto, name, at) for name in CURRENCIES}
        data = {
            "active_cryptocurrencies": 17_000 + len(counted) + (at // DAY) % 60,
            "upcoming_icos": 0,
            "ongoing_icos": 49,
            "ended_icos": 3376,
            "markets": 1_400 + (at // DAY) % 17,
            "total_market_cap": {name: now.total_cap * units for name, units in rates.items()},
            "total_volume": {name: now.total_volume * units for name, units in rates.items()},
            "market_cap_percentage": {
                self._crypto.coins[row].symbol: float(100.0 * now.cap[row] / now.total_cap) for row in largest
            },
            "market_cap_change_percentage_24h_usd": percent(now.total_cap, before.total_cap),
            "volume_change_percentage_24h_usd": percent(now.total_volume, before.total_volume),
            "updated_at": at,
        }
        return answer({"data": data})

    def coin_list(self, request: Request) -> Answer:
        """GET /coins/list: ids, symbols and names of what is listed."""
        at = self._crypto.moment(request.now)
        more: dict[str, Any] = {"platforms": {}} if request.flag("include_platform", False) else {}
        rows = [{"id": coin.id, "symbol": coin.symbol, "name": coin.name, **more}
                for row, coin in enumerate(self._crypto.coins) if self._crypto.listed_at(row) <= at]  # fmt: skip
        return answer(sorted(rows, key=lambda row: str(row["id"])))

    def currencies(self, request: Request) -> Answer:
        """GET /simple/supported_vs_currencies."""
        return answer(list(CURRENCIES))

    def simple_price(self, request: Request) -> Answer:
        """GET /simple/price: unknown ids are left out."""
        names = [name for name in needed(request, "vs_currencies").lower().split(",") if name in CURRENCIES]
        asked = asked_for(request)
        if not any(asked.values()):
            raise BadParameter("Missing parameter ids")
        now = self._crypto.reading(self._crypto.moment(request.now))
        before = self._crypto.reading(now.at - DAY)
        found: dict[str, dict[str, Any]] = {}
        for row in select(self._crypto.coins, now, asked):
            entry: dict[str, Any] = {}
            for name in names:
                units = rate(self._crypto, name, now.at)
                entry[name] = priced(now.price[row] * units, request)
                if request.flag("include_market_cap", False):
                    entry[f"{name}_market_cap"] = float(now.cap[row] * units)
                if request.flag("include_24hr_vol", False):
                    entry[f"{name}_24h_vol"] = float(now.volume[row] * units)
                if request.flag("include_24hr_change", False):
                    then = before.price[row] * rate(self._crypto, name, before.at)
                    entry[f"{name}_24h_change"] = percent(now.price[row] * units, then)
            if request.flag("include_last_updated_at", False):
                entry["last_updated_at"] = now.at
            found[self._crypto.coins[row].id] = entry
        return answer(found)

    def paid_only(self, request: Request) -> Answer:
        """GET /global/market_cap_chart and other endpoints of the paid plans."""
        return refuse(Reason.NOT_ENTITLED if request.key else Reason.MISSING_KEY, "", request)


def _take_key(query: MutableMapping[str, str], headers: Mapping[str, str]) -> str:
    demo = query.pop("x_cg_demo_api_key", "") or headers.get("x-cg-demo-api-key", "")
    paid = query.pop("x_cg_pro_api_key", "") or headers.get("x-cg-pro-api-key", "")
    return demo or (_PAID + paid if paid else "")


def _routes(world: World) -> Sequence[Route]:
    vendor, table, charts = CoinGecko(world.crypto), Markets(world.crypto), Charts(world.crypto)
    endpoints: tuple[tuple[str, Handler], ...] = (
        ("/ping", vendor.ping),
        ("/global", vendor.world),
        ("/global/market_cap_chart", vendor.paid_only),
        ("/coins/list", vendor.coin_list),
        ("/coins/list/new", vendor.paid_only),
        ("/coins/markets", table.markets),
        ("/coins/(?P<id>[^/]+)/market_chart", charts.chart),
        ("/coins/(?P<id>[^/]+)/market_chart/range", charts.chart_range),
        ("/coins/(?P<id>[^/]+)/ohlc", charts.ohlc),
        ("/simple/price", vendor.simple_price),
        ("/simple/supported_vs_currencies", vendor.currencies),
    )
    # the base URL may be given with or without /api/v3
    return [route(f"(?:/api/v3)?{path}", _planned(handler)) for path, handler in endpoints]


def _planned(handler: Handler) -> Handler:
    """The endpoint as the demo plan has it."""

    def handle(request: Request) -> Answer:
        if request.key.startswith(_PAID):
            return answer({"status": {"error_code": 10010, "error_message": _WRONG_ROOT}}, 400)
        try:
            return handler(request)
        except RefusedError as refused:
            return refused.reply

    return handle


COINGECKO = Vendor("coingecko", _routes, _take_key, refuse, re.compile(".*"))
