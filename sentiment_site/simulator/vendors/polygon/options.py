"""Massive (formerly Polygon): option contracts and chains, plan Options Starter (upstreams.md 1.4 and 6).

That plan is fifteen minutes late and has no last quote and no last trade. `day` and `greeks` may be empty objects,
`implied_volatility` may be absent; open interest is that of the day before.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.options.ladder import Ints, Ladder, Mask, root_of
from sentiment_site.simulator.options.market import OptionMarket, Quotes
from sentiment_site.simulator.wire import (
    Answer,
    BadParameter,
    NotFoundError,
    Request,
    answer,
    decode_cursor,
    encode_cursor,
    parse_date,
)

_COMPARE: Mapping[str, Callable[[Any, Any], Any]] = {
    "": lambda left, right: left == right,
    ".gt": lambda left, right: left > right,
    ".gte": lambda left, right: left >= right,
    ".lt": lambda left, right: left < right,
    ".lte": lambda left, right: left <= right,
}
_SORTS = ("ticker", "underlying_ticker", "expiration_date", "strike_price")
_EXCHANGE = "BATO"

# sort key, row of the underlying, place of the contract
_Found = tuple[tuple[str, str], int, int]


@dataclass(frozen=True, slots=True)
class _Page:
    """What a paged query asks for. after: sort value and ticker of the last row served, None on the first page."""

    limit: int
    sort: str
    descending: bool
    after: tuple[str, str] | None


class OptionEndpoints:
    """Contracts and chains over one option market."""

    def __init__(self, market: OptionMarket) -> None:
        self._market = market
        self._securities = market.tape.listing.securities

    def contracts(self, request: Request) -> Answer:
        """GET /v3/reference/options/contracts, by ticker unless sorted otherwise.

        Sorting otherwise needs underlying_ticker here: there are hundreds of thousands of contracts.
        """
        asked = _asked(request)
        page = _page(asked, 1000)
        as_of = self._as_of(asked)
        if page.sort not in ("ticker", "underlying_ticker") and not asked.text("underlying_ticker"):
            raise BadParameter("'sort' needs 'underlying_ticker'")
        expired = asked.flag("expired", False)
        found: list[_Found] = []
        for row in self._underlyings(asked, page):
            ladder = self._market.contracts(row, as_of)
            past = ladder.expiration < as_of.toordinal()
            which = np.flatnonzero(_mask(ladder, asked) & (past if expired else ~past))
            keys = _keys(ladder, which, page.sort, self._securities[row].symbol)
            found += [(key, row, one) for key, one in zip(keys, which.tolist(), strict=True) if _beyond(key, page)]
            if len(found) > page.limit and page.sort in ("ticker", "underlying_ticker"):
                break
        return _answer(request, asked, page, found,
                       lambda row, one: self._contract(self._market.contracts(row, as_of), one))  # fmt: skip

    def contract(self, request: Request) -> Answer:
        """GET /v3/reference/options/contracts/{O:...}."""
        self._market.tape.market.generate_until(request.now)
        row = self._row_of_contract(request.extras["contract"])
        if row is not None:
            ladder = self._market.contracts(row, self._as_of(request))
            if request.extras["contract"] in ladder.tickers:
                one = ladder.tickers.index(request.extras["contract"])
                body = {"results": self._contract(ladder, one), "status": "OK", "request_id": request.request_id}
                return answer(body)
        raise NotFoundError(_not_found(request))

    def chain(self, request: Request) -> Answer:
        """GET /v3/snapshot/options/{U}: ascending by ticker. An underlying without options has no results."""
        asked = _asked(request)
        page = _page(asked, 250)
        quotes = self._quotes(request)
        if quotes is None:
            return _answer(request, asked, page, [], lambda row, place: {})
        symbol = request.extras["underlying"]
        places = np.flatnonzero(_mask(quotes.ladder, asked)[quotes.live])
        keys = _keys(quotes.ladder, quotes.live[places], page.sort, symbol)
        found = [(key, 0, place) for key, place in zip(keys, places.tolist(), strict=True) if _beyond(key, page)]
        return _answer(request, asked, page, found, lambda row, place: self.row(quotes, symbol, place))

    def one(self, request: Request) -> Answer:
        """GET /v3/snapshot/options/{U}/{O:...}."""
        quotes = self._quotes(request)
        place = None if quotes is None else place_of(quotes, request.extras["contract"])
        if quotes is None or place is None:
            raise NotFoundError(_not_found(request))
        row = self.row(quotes, request.extras["underlying"], place)
        return answer({"request_id": request.request_id, "results": row, "status": "OK"})

    def quotes_of_contract(self, ticker: str, now: dt.datetime) -> tuple[str, Quotes, int] | None:
        """Underlying, quotes and place of a contract named O:..., None where there is none."""
        row = self._row_of_contract(ticker)
        quotes = None if row is None else self._market.quotes(row, now)
        place = None if quotes is None else place_of(quotes, ticker)
        if row is None or quotes is None or place is None:
            return None
        return self._securities[row].symbol, quotes, place

    def row(self, quotes: Quotes, symbol: str, place: int) -> dict[str, Any]:
        """One row of a chain."""
        contract = int(quotes.live[place])
        premium = float(quotes.value[place])
        strike = float(quotes.ladder.strike[contract])
        even = strike + (-premium if quotes.ladder.put[contract] else premium)
        known = bool(quotes.known[place])
        row: dict[str, Any] = {
            "break_even_price": round(even, 4),
            "day": _day(quotes, place),
            "details": _terms(quotes.ladder, contract),
            "greeks": _greeks(quotes, place) if known else {},
            "open_interest": int(quotes.open_interest[place]),
            "underlying_asset": {
                "change_to_break_even": round(even - quotes.underlying, 4),
                "last_updated": quotes.updated,
                "price": quotes.underlying,
                "ticker": symbol,
                "timeframe": "DELAYED",
            },
        }
        if known:
            row["implied_volatility"] = float(quotes.sigma[place])
        return row

    def _quotes(self, request: Request) -> Quotes | None:
        row = self._market.tape.listing.row_of.get(request.extras["underlying"])
        return None if row is None else self._market.quotes(row, request.now)

    def _as_of(self, asked: Request) -> dt.date:
        self._market.tape.market.generate_until(asked.now)
        today = asked.now.astimezone(NEW_YORK).date()
        return min(asked.date("as_of") or today, today)

    def _underlyings(self, asked: Request, page: _Page) -> Iterator[int]:
        """Rows with options that may hold contracts of the page, in the order of their roots."""
        only = asked.text("underlying_ticker")
        single = asked.text("ticker")
        if only or single:
            row = self._market.tape.listing.row_of.get(only) if only else self._row_of_contract(single)
            yield from [] if row is None else [row]
            return
        bounds = [(operator, given) for operator in _COMPARE if operator
                  and (given := asked.text(f"underlying_ticker{operator}"))]  # fmt: skip
        rows = self._market.ladders.rows_by_root
        for row in reversed(rows) if page.descending else rows:
            symbol = self._securities[row].symbol
            root = root_of(symbol)
            reached = page.after is None or (
                root <= _root(page.after[1]) if page.descending else root >= _root(page.after[1])
            )
            if reached and all(_COMPARE[operator](symbol, given) for operator, given in bounds):
                yield row

    def _row_of_contract(self, ticker: str) -> int | None:
        """The underlying of a contract's ticker; roots of adjusted contracts end in a digit."""
        wanted = _root(ticker)
        rows = self._market.ladders.rows_by_root
        return next((row for row in rows if root_of(self._securities[row].symbol) == wanted), None)

    def _contract(self, ladder: Ladder, one: int) -> dict[str, Any]:
        terms = _terms(ladder, one)
        adjusted = bool(ladder.adjusted[one])
        found: dict[str, Any] = {
            "cfi": f"O{'P' if ladder.put[one] else 'C'}ASP{'N' if adjusted else 'S'}",
            **terms,
            "primary_exchange": _EXCHANGE,
            "underlying_ticker": self._securities[ladder.row].symbol,
        }
        if ladder.cash[one] > 0:
            found["additional_underlyings"] = [
                {"amount": float(ladder.cash[one]), "type": "currency", "underlying": "USD"}
            ]
        return found


def place_of(quotes: Quotes, ticker: str) -> int | None:
    """Where a contract stands among the live ones."""
    tickers = quotes.ladder.tickers
    return next((place for place, one in enumerate(quotes.live.tolist()) if tickers[one] == ticker), None)


def contract_name(symbol: str, ladder: Ladder, one: int) -> str:
    """As the unified snapshot names it, e.g. NCLH $5 Call."""
    return f"{symbol} ${ladder.strike[one]:g} {'Put' if ladder.put[one] else 'Call'}"


def _terms(ladder: Ladder, one: int) -> dict[str, Any]:
    return {
        "contract_type": "put" if ladder.put[one] else "call",
        "exercise_style": "american",
        "expiration_date": dt.date.fromordinal(int(ladder.expiration[one])).isoformat(),
        "shares_per_contract": int(ladder.shares[one]),
        "strike_price": _plain(float(ladder.strike[one])),
        "ticker": ladder.tickers[one],
    }


def _day(quotes: Quotes, place: int) -> dict[str, Any]:
    trading = quotes.trading
    if not trading.volume[place]:
        return {}
    close, previous = float(trading.close[place]), float(quotes.previous_close[place])
    return {
        "change": round(close - previous, 4),
        "change_percent": round(100.0 * (close / previous - 1.0), 3),
        "close": close,
        "high": float(trading.high[place]),
        "last_updated": int(trading.last[place]) * 10**9,
        "low": float(trading.low[place]),
        "open": float(trading.open[place]),
        "previous_close": previous,
        "volume": int(trading.volume[place]),
        "vwap": float(trading.vwap[place]),
    }


def _greeks(quotes: Quotes, place: int) -> dict[str, float]:
    greeks = quotes.greeks
    return {name: float(getattr(greeks, name)[place]) for name in ("delta", "gamma", "theta", "vega")}


def _mask(ladder: Ladder, asked: Request) -> Mask:
    """Contracts (k,) that pass the filters on type, strike and expiration."""
    found = np.ones(len(ladder), dtype=bool)
    kind = asked.text("contract_type")
    if kind:
        if kind not in ("call", "put", "other"):
            raise BadParameter("'contract_type' must be call, put or other")
        found &= ladder.put if kind == "put" else ~ladder.put if kind == "call" else np.zeros(len(ladder), dtype=bool)
    if asked.text("ticker"):
        found &= np.array([ticker == asked.text("ticker") for ticker in ladder.tickers], dtype=bool)
    for operator, compare in _COMPARE.items():
        strike, day = asked.number(f"strike_price{operator}"), asked.text(f"expiration_date{operator}")
        if strike is not None:
            found &= compare(ladder.strike, strike)
        if day:
            found &= compare(ladder.expiration, parse_date(f"expiration_date{operator}", day).toordinal())
    return found


def _asked(request: Request) -> Request:
    if not request.text("cursor"):
        return request
    return Request(request.path, decode_cursor(request.text("cursor")), request.base, request.now,
                   extras=request.extras)  # fmt: skip


def _page(asked: Request, most: int) -> _Page:
    sort, order = asked.text("sort") or "ticker", asked.text("order") or "asc"
    if sort not in _SORTS or order not in ("asc", "desc"):
        raise BadParameter(f"'sort' must be one of {', '.join(_SORTS)}, 'order' asc or desc")
    after = (asked.text("av"), asked.text("ap")) if asked.text("ap") else None
    return _Page(asked.whole("limit", 10, most), sort, order == "desc", after)


def _keys(ladder: Ladder, which: Ints, sort: str, symbol: str) -> list[tuple[str, str]]:
    """What rows are sorted by, as text: the column, then the ticker."""
    tickers = [ladder.tickers[one] for one in which.tolist()]
    match sort:
        case "expiration_date":
            values = [dt.date.fromordinal(day).isoformat() for day in ladder.expiration[which].tolist()]
        case "strike_price":
            values = [f"{strike:012.3f}" for strike in ladder.strike[which].tolist()]
        case "underlying_ticker":
            values = [root_of(symbol)] * len(tickers)
        case _:
            values = [""] * len(tickers)
    return list(zip(values, tickers, strict=True))


def _beyond(key: tuple[str, str], page: _Page) -> bool:
    """Whether a row comes after the last one served."""
    if page.after is None:
        return True
    return key < page.after if page.descending else key > page.after


def _answer(
    request: Request, asked: Request, page: _Page, found: list[_Found], build: Callable[[int, int], dict[str, Any]]
) -> Answer:
    found.sort(key=lambda item: item[0], reverse=page.descending)
    body: dict[str, Any] = {
        "results": [build(row, one) for _, row, one in found[: page.limit]],
        "status": "OK",
        "request_id": request.request_id,
    }
    if len(found) > page.limit:
        value, ticker = found[page.limit - 1][0]
        fields = {name: given for name, given in asked.query.items() if name != "apiKey"}
        fields |= {"av": value, "ap": ticker}
        if request.path.startswith("/v3/reference"):
            # a page served after midnight goes on with the contracts of the day the first one was served on
            fields.setdefault("as_of", asked.now.astimezone(NEW_YORK).date().isoformat())
        body["next_url"] = f"{request.base}{request.path}?cursor={encode_cursor(fields)}"
    return answer(body)


def _root(ticker: str) -> str:
    """O:ABC1251219C00005000 -> ABC."""
    return ticker.removeprefix("O:")[:-15].rstrip("0123456789")


def _plain(value: float) -> float | int:
    """85 rather than 85.0, as the vendor writes whole strikes."""
    return int(value) if value == int(value) else value


def _not_found(request: Request) -> dict[str, str]:
    return {"status": "NOT_FOUND", "request_id": request.request_id, "message": "Options contract not found."}
