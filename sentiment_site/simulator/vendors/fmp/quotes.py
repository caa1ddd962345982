"""Financial Modeling Prep: quotes and sector performance (upstreams.md section 2).

Quotes are as late as the tape. Unknown symbols are absent. A year's range and the averages are over the sessions there
are.
"""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from sentiment_site.market import calendar
from sentiment_site.simulator.market.industries import VENDOR_SECTORS
from sentiment_site.simulator.market.naming import dashed
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.tape.snapshot import Frame, Snapshots
from sentiment_site.simulator.vendors.fmp.companies import EXCHANGES, market_cap_of
from sentiment_site.simulator.wire import Answer, BadParameter, Request, answer

_YEAR = dt.timedelta(days=366)
_SHORT = ("symbol", "price", "change", "volume")
_MOST_SYMBOLS = 500


class Quotes:
    """Endpoints about prices over one tape."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._snapshots = Snapshots(tape)
        self._rows = {dashed(security.symbol): row for row, security in enumerate(tape.listing.securities)}

    def quote(self, request: Request) -> Answer:
        """GET quote: an array of one, empty for what is unknown."""
        return answer(self._quotes([request.text("symbol")], request.now))

    def quote_short(self, request: Request) -> Answer:
        """GET quote-short: symbol, price, change, volume."""
        return answer(_short(self._quotes([request.text("symbol")], request.now)))

    def batch_quote(self, request: Request) -> Answer:
        """GET batch-quote: those of `symbols` that are known."""
        return answer(self._quotes(_symbols(request), request.now))

    def batch_quote_short(self, request: Request) -> Answer:
        """GET batch-quote-short."""
        return answer(_short(self._quotes(_symbols(request), request.now)))

    def sectors(self, request: Request) -> Answer:
        """GET available-sectors."""
        return answer([{"sector": sector} for sector in sorted(VENDOR_SECTORS)])

    def sector_performance(self, request: Request) -> Answer:
        """GET sector-performance-snapshot: mean change in percent by sector and exchange; `date` is mandatory.

        Empty for a day without a visible session.
        """
        date = request.date("date")
        if date is None:
            raise BadParameter("date")
        found = self._tape.daily_on(date, request.now)
        if found is None or not found[0].index:
            return answer([])
        day, daily = found
        before_day = self._tape.market.days[day.index - 1]
        before = self._tape.daily(before_day)
        # prices of the day before in the units of this one
        known = (daily.volume > 0) & (before.volume > 0)
        change = 100.0 * (daily.close * day.units / np.maximum(before.close * before_day.units, 1e-9) - 1.0)
        cells: dict[tuple[str, str], list[float]] = {}
        for row in np.flatnonzero(known):
            security = self._tape.listing.securities[row]
            if security.vendor_sector and security.kind in ("CS", "ADRC"):
                exchange = EXCHANGES[security.exchange][0]
                cells.setdefault((security.vendor_sector, exchange), []).append(float(change[row]))
        return answer(
            [
                {"date": date.isoformat(), "sector": sector, "exchange": exchange,
                 "averageChange": round(float(np.mean(changes)), 6)}
                for (sector, exchange), changes in sorted(cells.items())
                if request.text("sector", sector) == sector and request.text("exchange", exchange) == exchange
            ]
        )  # fmt: skip

    def _quotes(self, symbols: list[str], now: dt.datetime) -> list[dict[str, Any]]:
        frame, active = self._snapshots.frame(now), self._tape.is_active(now)
        rows = [self._rows[symbol] for symbol in dict.fromkeys(symbols) if symbol in self._rows]
        return [self._quote(row, frame, now) for row in rows if active[row]]

    def _quote(self, row: int, frame: Frame, now: dt.datetime) -> dict[str, Any]:
        security = self._tape.listing.securities[row]
        units = float(self._tape.units(now)[row])
        days = self._tape.days(row, now - _YEAR, now, now, adjusted=True)
        previous = float(frame.previous.close[row])
        price = float(frame.minute.close[row]) or previous
        stood = calendar.last_closed_session(now).close.timestamp()
        low, high = float(frame.day.low[row]) or price, float(frame.day.high[row]) or price
        return {
            "symbol": dashed(security.symbol),
            "name": security.name,
            "price": price,
            "changePercentage": round(100.0 * (price / previous - 1.0), 5) if previous else 0,
            "change": round(price - previous, 4) if previous else 0,
            "volume": float(frame.total_volume[row]),
            "dayLow": low,
            "dayHigh": high,
            "yearHigh": max([high, *days.high.tolist()]),
            "yearLow": min([low, *days.low.tolist()]),
            "marketCap": market_cap_of(security, price, units),
            "priceAvg50": _average(days.close[-50:].tolist(), price),
            "priceAvg200": _average(days.close[-200:].tolist(), price),
            "exchange": EXCHANGES[security.exchange][0],
            "open": float(frame.day.open[row]) or previous,
            "previousClose": previous,
            "timestamp": int(frame.updated[row] / 1e9) or int(stood),
        }


def _symbols(request: Request) -> list[str]:
    symbols = [symbol for symbol in request.text("symbols").split(",") if symbol]
    if not symbols or len(symbols) > _MOST_SYMBOLS:
        raise BadParameter("symbols")
    return symbols


def _short(quotes: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{name: quote[name] for name in _SHORT} for quote in quotes]


def _average(closes: list[float], price: float) -> float:
    return round(float(np.mean(closes)), 4) if closes else price
