"""Massive (formerly Polygon): the unified snapshot of version 3, stocks and options (upstreams.md 1.3, 1.4).

A ticker that is not known, or not in the plan, is a row with `error` and `message`, not an error of the request.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from sentiment_site.market import calendar
from sentiment_site.market.calendar import Phase
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.tape.snapshot import Frame, Snapshots
from sentiment_site.simulator.vendors.polygon.options import OptionEndpoints, contract_name
from sentiment_site.simulator.wire import (
    Answer,
    BadParameter,
    Request,
    answer,
    decode_cursor,
    encode_cursor,
)

_MOST = 250
_MARKET_STATUS = {
    Phase.CLOSED: "closed",
    Phase.PRE: "early_trading",
    Phase.REGULAR: "open",
    Phase.AFTER: "late_trading",
}
_NOT_IN_PLAN = ("I:", "C:", "X:")  # indices, currencies and crypto


class UnifiedSnapshot:
    """GET /v3/snapshot."""

    def __init__(self, tape: Tape, snapshots: Snapshots, options: OptionEndpoints) -> None:
        self._tape = tape
        self._snapshots = snapshots
        self._options = options

    def rows(self, request: Request) -> Answer:
        """By ticker; `ticker.any_of` takes up to 250, without it all stocks are paged through."""
        asked = request
        if request.text("cursor"):
            asked = Request(request.path, decode_cursor(request.text("cursor")), request.base, request.now)
        limit, order = asked.whole("limit", 10, _MOST), asked.text("order") or "asc"
        if order not in ("asc", "desc") or (asked.text("sort") or "ticker") != "ticker":
            raise BadParameter("'sort' must be ticker, 'order' asc or desc")
        tickers = sorted(self._tickers(asked), reverse=order == "desc")
        after = asked.text("ap")
        if after:
            tickers = [ticker for ticker in tickers if (ticker < after if order == "desc" else ticker > after)]
        frame = self._snapshots.frame(request.now)
        page = tickers[:limit]
        body: dict[str, Any] = {
            "request_id": request.request_id,
            "results": [self._row(ticker, frame, asked) for ticker in page],
            "status": "OK",
        }
        if len(tickers) > limit:
            fields = {name: value for name, value in asked.query.items() if name != "apiKey"} | {"ap": page[-1]}
            body["next_url"] = f"{request.base}{request.path}?cursor={encode_cursor(fields)}"
        return answer(body)

    def _tickers(self, asked: Request) -> set[str]:
        """What is asked for; without any_of, the active stocks within the bounds given."""
        some = asked.text("ticker.any_of")
        if some:
            wanted = {ticker for ticker in some.split(",") if ticker}
            if len(wanted) > _MOST:
                raise BadParameter(f"'ticker.any_of' must not have more than {_MOST} tickers")
            return wanted
        if asked.text("ticker"):
            return {asked.text("ticker")}
        if asked.text("type", "stocks") != "stocks":
            return set()
        securities = self._tape.listing.securities
        found = {securities[row].symbol for row in np.flatnonzero(self._tape.is_active(asked.now))}
        bounds = {name: asked.text(f"ticker.{name}") for name in ("gte", "gt", "lte", "lt")}
        return {
            ticker
            for ticker in found
            if (not bounds["gte"] or ticker >= bounds["gte"])
            and (not bounds["gt"] or ticker > bounds["gt"])
            and (not bounds["lte"] or ticker <= bounds["lte"])
            and (not bounds["lt"] or ticker < bounds["lt"])
        }

    def _row(self, ticker: str, frame: Frame, asked: Request) -> dict[str, Any]:
        if ticker.startswith(_NOT_IN_PLAN):
            return {"ticker": ticker, "error": "NOT_ENTITLED", "message": "Not entitled to this ticker."}
        row = self._tape.listing.row_of.get(ticker)
        found = None
        if ticker.startswith("O:"):
            found = self._option(ticker, asked)
        elif row is not None and self._tape.is_active(asked.now)[row]:
            found = self._stock(row, frame, asked)
        return found or {"ticker": ticker, "error": "NOT_FOUND", "message": "Ticker not found."}

    def _stock(self, row: int, frame: Frame, asked: Request) -> dict[str, Any]:
        security = self._tape.listing.securities[row]
        body: dict[str, Any] = {
            "market_status": _MARKET_STATUS[calendar.phase_at(asked.now)],
            "name": security.name,
            "session": _session(frame, row, asked),
            "ticker": security.symbol,
            "timeframe": "DELAYED",
            "type": "stocks",
        }
        if frame.updated[row]:
            minute = frame.minute
            body["last_updated"] = int(frame.updated[row])
            body["last_minute"] = {
                "close": float(minute.close[row]),
                "decimal_volume": f"{minute.volume[row]:.1f}",
                "high": float(minute.high[row]),
                "low": float(minute.low[row]),
                "open": float(minute.open[row]),
                "transactions": int(frame.minute_trades[row]),
                "volume": float(minute.volume[row]),
                "vwap": float(minute.vwap[row]),
            }
        return body

    def _option(self, ticker: str, asked: Request) -> dict[str, Any] | None:
        """A contract's row of the chain in the form of this endpoint."""
        found = self._options.quotes_of_contract(ticker, asked.now)
        if found is None:
            return None
        symbol, quotes, place = found
        row = self._options.row(quotes, symbol, place)
        day, details = row.pop("day"), row.pop("details")
        details.pop("ticker")
        open_now = calendar.phase_at(asked.now) is Phase.REGULAR
        session = {name: value for name, value in day.items() if name not in ("last_updated", "vwap")}
        return {
            **row,
            **({"session": session, "last_updated": day["last_updated"]} if day else {}),
            "details": {**details, "underlying_ticker": symbol},
            "market_status": "open" if open_now else "closed",
            "name": contract_name(symbol, quotes.ladder, int(quotes.live[place])),
            "ticker": ticker,
            "timeframe": "DELAYED",
            "type": "options",
        }


def _session(frame: Frame, row: int, asked: Request) -> dict[str, Any]:
    """The session so far; changes are against the previous close, those after hours against the regular close."""
    previous, newest = float(frame.previous.close[row]), float(frame.minute.close[row])
    day = {name: float(getattr(frame.day, name)[row]) for name in ("open", "high", "low", "close")}
    body: dict[str, Any] = {
        **day,
        "previous_close": previous,
        "price": newest or day["close"] or previous,
        "volume": float(frame.total_volume[row]),
        "decimal_volume": f"{frame.total_volume[row]:.1f}",
    }
    body |= _change("", newest, previous)
    regular = day["close"]
    if regular:
        body |= _change("regular_trading_", regular, previous)
        body |= _change("late_trading_", newest, regular) if calendar.phase_at(asked.now) is not Phase.REGULAR else {}
    else:
        body |= _change("early_trading_", newest, previous)
    return body


def _change(name: str, price: float, reference: float) -> dict[str, float]:
    known = price > 0 and reference > 0
    change = round(price - reference, 4) if known else 0.0
    return {f"{name}change": change, f"{name}change_percent": round(100.0 * change / reference, 3) if known else 0.0}
