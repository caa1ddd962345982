"""CoinPaprika's free API: global figures, tickers, daily history of a year. Shapes of upstreams.md 3.2.

Another vendor sees the same market a little differently: its prices are up to .15 % off CoinGecko's and its supplies
up to .8 %, by coin and always the same, so caps and dominance differ by up to 1 %.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

import numpy as np

from sentiment_site.simulator.crypto.coins import BITCOIN, ETHEREUM, Ints, Kind
from sentiment_site.simulator.crypto.market import DAY, HOUR, MINUTE, Crypto, Reading, Series
from sentiment_site.simulator.market import noise
from sentiment_site.simulator.market.parameters import Floats
from sentiment_site.simulator.memo import Memo
from sentiment_site.simulator.vendors.vendor import Reason, Route, Vendor, route
from sentiment_site.simulator.wire import Answer, BadParameter, NotFoundError, Request, answer, whole_number
from sentiment_site.simulator.world import World

_STREAM = 35
_PRICE_OFF, _SUPPLY_OFF = 0.0015, 0.008
_REFRESH_S = 5 * MINUTE
_CHANGES = {
    "15m": 15 * MINUTE, "30m": 30 * MINUTE, "1h": HOUR, "6h": 6 * HOUR, "12h": 12 * HOUR, "24h": DAY, "7d": 7 * DAY,
    "30d": 30 * DAY, "1y": 365 * DAY,
}  # fmt: skip
_INTERVALS = {"5m": 5 * MINUTE, "10m": 10 * MINUTE, "15m": 15 * MINUTE, "30m": 30 * MINUTE, "45m": 45 * MINUTE,
              "1h": HOUR, "2h": 2 * HOUR, "3h": 3 * HOUR, "6h": 6 * HOUR, "12h": 12 * HOUR, "24h": DAY, "1d": DAY,
              "7d": 7 * DAY, "14d": 14 * DAY, "30d": 30 * DAY, "90d": 90 * DAY, "365d": 365 * DAY}  # fmt: skip
_QUOTES = {"USD": None, "BTC": BITCOIN, "ETH": ETHEREUM}
_PAID = "This feature is available for paid plans only. Please visit https://coinpaprika.com/api/pricing"
_REFUSALS = {
    Reason.NOT_ENTITLED: (402, _PAID),
    Reason.RATE_LIMITED: (429, "too many requests"),
    Reason.MISSING_KEY: (401, "authorization required"),
    Reason.UNKNOWN_KEY: (401, "invalid api key"),
    Reason.BROKEN: (500, "internal server error"),
}


class CoinPaprika:
    """CoinPaprika's endpoints over one crypto market."""

    def __init__(self, crypto: Crypto) -> None:
        self._crypto = crypto
        address = noise.addresses(crypto.seed, np.array([0]), np.arange(len(crypto.coins)))
        off = 2.0 * noise.uniform(address, _STREAM, 2) - 1.0
        self._price, self._supply = 1.0 + _PRICE_OFF * off[:, 0], 1.0 + _SUPPLY_OFF * off[:, 1]
        self._row = {coin.paprika_id: row for row, coin in enumerate(crypto.coins)}
        self._peaks: Memo[int, tuple[float, int, float, int]] = Memo(4)

    def world(self, request: Request) -> Answer:
        """GET /global."""
        now = self._reading(request)
        before = self._crypto.reading(now.at - DAY)
        total, volume = self._total(now), now.total_volume * float(self._price[BITCOIN])
        cap_peak, cap_peak_at, volume_peak, volume_peak_at = self._peaks.get(
            now.at // DAY, lambda: self._find_peaks(now)
        )
        peak, volume_peak = max(cap_peak, total), max(volume_peak, volume)
        body = {
            "market_cap_usd": round(total),
            "volume_24h_usd": round(volume),
            "bitcoin_dominance_percentage": round(100.0 * float(self._caps(now)[BITCOIN]) / total, 2),
            "cryptocurrencies_number": 9_000 + len(self._crypto.coins),
            "market_cap_ath_value": round(peak),
            "market_cap_ath_date": _stamp(now.at if peak == total else cap_peak_at),
            "volume_24h_ath_value": round(volume_peak),
            "volume_24h_ath_date": _stamp(now.at if volume_peak == volume else volume_peak_at),
            "volume_24h_percent_from_ath": _percent(volume, volume_peak),
            "volume_24h_percent_to_ath": _percent(volume_peak, volume),
            "market_cap_change_24h": _percent(total, self._total(before)),
            "volume_24h_change_24h": _percent(now.total_volume, before.total_volume),
            "last_updated": now.at,
        }
        return answer(body)

    def tickers(self, request: Request) -> Answer:
        """GET /tickers: by rank; `limit` 1000 by default, 0 is all."""
        now, quotes = self._reading(request), _quotes(request)
        limit = request.whole("limit", 1000, 10_000, 0)
        order = self._ranked(now)[: limit or None]
        earlier = self._earlier(now)
        return answer([self._ticker(row, rank, now, earlier, quotes) for rank, row in enumerate(order, 1)])

    def ticker(self, request: Request) -> Answer:
        """GET /tickers/{id}."""
        now, row = self._reading(request), self._known(request)
        order = self._ranked(now)
        rank = order.index(row) + 1 if row in order else 0
        return answer(self._ticker(row, rank, now, self._earlier(now), _quotes(request)))

    def historical(self, request: Request) -> Answer:
        """GET /tickers/{id}/historical: days for a year back, finer for a day back; earlier is paid (402)."""
        row, now = self._known(request), self._crypto.moment(request.now)
        if not request.text("start"):
            raise BadParameter("missing parameter start")
        begin, end = _moment(request, "start", now), _moment(request, "end", now)
        step = _INTERVALS.get(request.text("interval", "5m"))
        if step is None:
            raise BadParameter("invalid interval")
        quote = request.text("quote", "usd").upper()
        if quote not in _QUOTES:
            raise BadParameter("invalid quote")
        if begin < now - (366 * DAY if step >= DAY else DAY + HOUR):
            return _refuse(Reason.NOT_ENTITLED, "", request)
        limit = request.whole("limit", 1000, 5000)
        points = np.arange(-(-begin // step) * step, min(end, now) + 1, step)[:limit]
        return answer(self._history(self._crypto.series(row, points), row, quote))

    def _history(self, series: Series, row: int, quote: str) -> list[dict[str, Any]]:
        units = self._units(quote, series.at)
        price = series.price * self._price[row] * units
        cap = np.nan_to_num(series.cap) * self._price[row] * self._supply[row] * units
        volume = series.volume * units
        return [
            {"timestamp": _stamp(int(at)), "price": float(price[place]), "volume_24h": round(float(volume[place])),
             "market_cap": round(float(cap[place]))}
            for place, at in enumerate(series.at)
        ]  # fmt: skip

    def _reading(self, request: Request) -> Reading:
        at = self._crypto.moment(request.now)
        return self._crypto.reading(at // _REFRESH_S * _REFRESH_S)

    def _caps(self, now: Reading) -> Floats:
        """Caps as this vendor sees them; a newcomer without one has none."""
        return np.asarray(np.nan_to_num(now.cap) * self._price * self._supply)

    def _total(self, now: Reading) -> float:
        """The same market with this vendor's caps for the coins both know."""
        copies = np.array([coin.kind is Kind.COPY for coin in self._crypto.coins])
        return now.total_cap + float((self._caps(now) - np.nan_to_num(now.cap))[~copies].sum())

    def _ranked(self, now: Reading) -> list[int]:
        caps = self._caps(now)
        copies = [coin.kind is Kind.COPY for coin in self._crypto.coins]
        order = np.argsort(-caps, kind="stable").tolist()
        return [row for row in order if caps[row] > 0 and not copies[row]]

    def _earlier(self, now: Reading) -> dict[str, Reading]:
        return {name: self._crypto.reading(now.at - back) for name, back in _CHANGES.items()}

    def _known(self, request: Request) -> int:
        row = self._row.get(request.extras["id"])
        if row is None or self._crypto.listed_at(row) > self._crypto.moment(request.now):
            raise NotFoundError({"error": "id not found"})
        return row

    def _units(self, quote: str, at: Ints) -> Floats:
        """Units of the quote currency for a dollar at each moment."""
        base = _QUOTES[quote]
        return np.ones(len(at)) if base is None else np.asarray(1.0 / self._crypto.series(base, at).price)

    def _ticker(
        self, row: int, rank: int, now: Reading, earlier: Mapping[str, Reading], quotes: Sequence[str]
    ) -> dict[str, Any]:
        coin, roster = self._crypto.coins[row], self._crypto.roster
        maximum = float(roster.maximum[row])
        return {
            "id": coin.paprika_id,
            "name": coin.name,
            "symbol": coin.symbol.upper(),
            "rank": rank,
            "total_supply": round(float(now.supply[row] * self._supply[row])),
            "max_supply": 0 if np.isnan(maximum) else round(maximum),
            "beta_value": round(float(roster.beta[row]), 6),
            "first_data_at": _stamp(self._crypto.listed_at(row)),
            "last_updated": _stamp(now.at),
            "quotes": {quote: self._quote(row, now, earlier, quote) for quote in quotes},
        }

    def _quote(self, row: int, now: Reading, earlier: Mapping[str, Reading], quote: str) -> dict[str, Any]:
        units = float(self._units(quote, np.array([now.at]))[0])
        price, before = float(now.price[row] * self._price[row] * units), earlier["24h"]
        extremes = self._crypto.extremes(now.at)
        peak = max(float(extremes.high[row] * self._price[row] * units), price)
        changes = {}
        for name, then in earlier.items():
            known = now.at - _CHANGES[name] >= max(self._crypto.listed_at(row), self._crypto.start)
            old = float(then.price[row] * self._price[row] * self._units(quote, np.array([then.at]))[0])
            changes[f"percent_change_{name}"] = _percent(price, old) if known else 0
        return {
            "price": price,
            "volume_24h": float(now.volume[row] * units),
            "volume_24h_change_24h": _percent(float(now.volume[row]), float(before.volume[row])),
            "market_cap": round(float(self._caps(now)[row]) * units),
            "market_cap_change_24h": _percent(float(now.cap[row]), float(before.cap[row])),
            **changes,
            "ath_price": peak,
            "ath_date": _stamp(int(extremes.high_at[row])),
            "percent_from_price_ath": _percent(price, peak),
        }

    def _find_peaks(self, now: Reading) -> tuple[float, int, float, int]:
        """The highest total cap and volume of all midnights, and when."""
        midnights = np.arange(self._crypto.start, now.at + 1, DAY)
        cap, volume, _ = self._crypto.totals(midnights)
        cap_at, volume_at = int(cap.argmax()), int(volume.argmax())
        return float(cap[cap_at]), int(midnights[cap_at]), float(volume[volume_at]), int(midnights[volume_at])


def _quotes(request: Request) -> list[str]:
    asked = [part.strip().upper() for part in request.text("quotes", "USD").split(",") if part.strip()]
    if any(quote not in _QUOTES for quote in asked):
        raise BadParameter("invalid quotes")
    return asked


def _moment(request: Request, name: str, default: int) -> int:
    """Seconds since the epoch, a date, or a moment in ISO form (UTC)."""
    given = request.text(name)
    if not given:
        return default
    number = whole_number(given)
    if number is not None:
        return number
    try:
        at = dt.datetime.fromisoformat(given)
    except ValueError:
        raise BadParameter(f"invalid {name}") from None
    return int((at if at.tzinfo else at.replace(tzinfo=dt.UTC)).timestamp())


def _percent(value: float, before: float) -> float:
    """Change in percent; this vendor writes 0 where it knows nothing."""
    if np.isnan(before) or np.isnan(value) or before <= 0:
        return 0
    return round(100.0 * (value / before - 1.0), 2)


def _stamp(at: int) -> str:
    return dt.datetime.fromtimestamp(at, dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _take_key(query: MutableMapping[str, str], headers: Mapping[str, str]) -> str:
    return headers.get("authorization", "")


def _refuse(reason: Reason, text: str, request: Request) -> Answer:
    status, says = _REFUSALS.get(reason, (400, text))
    return answer({"error": says}, status)


def _routes(world: World) -> Sequence[Route]:
    vendor = CoinPaprika(world.crypto)
    # the base URL may be given with or without /v1
    return (
        route("(?:/v1)?/global", vendor.world),
        route("(?:/v1)?/tickers", vendor.tickers),
        route("(?:/v1)?/tickers/(?P<id>[^/]+)", vendor.ticker),
        route("(?:/v1)?/tickers/(?P<id>[^/]+)/historical", vendor.historical),
    )


COINPAPRIKA = Vendor("coinpaprika", _routes, _take_key, _refuse, re.compile(".*"))
