"""Massive (formerly Polygon): cash dividends, and the older forms of dividends and splits (upstreams.md 1.4).

Larger companies and funds pay every quarter, closed-end funds every month. Prices do not fall by what is paid: the
simulated market knows splits only, and so do adjusted prices.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from sentiment_site.market import calendar
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.vendors.polygon.tables import Column, serve
from sentiment_site.simulator.wire import Answer, BadParameter, Request, answer, decode_cursor, encode_cursor

_STREAM = 60
_QUARTERLY, _MONTHLY = 4, 12
_DECLARED_SESSIONS_AHEAD = 14
_PAID_AFTER = dt.timedelta(days=17)
_AHEAD = dt.timedelta(days=40)
_MOST_OF_PRICE = 0.05  # a stock that has fallen below that omits its dividend
_NAMES = ("ticker", "cash_amount", "currency", "declaration_date", "ex_dividend_date", "record_date", "pay_date",
          "frequency", "distribution_type", "split_adjusted_cash_amount", "historical_adjustment_factor",
          "id")  # fmt: skip


@dataclass(frozen=True)
class Payer:
    """Who pays: dollars a share of the first session each time, how often a year, offset in days of the ex-dates."""

    row: int
    amount: float
    frequency: int
    offset: int


@dataclass(frozen=True)
class Payment:
    """One dividend: dollars for one share of its ex-date, and for one share of today."""

    row: int
    ex_date: dt.date
    declared: calendar.Session
    amount: float
    adjusted: float
    factor: float
    frequency: int


class Dividends:
    """The dividend endpoints, and the older form of splits."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape

    def dividends(self, request: Request) -> Answer:
        """GET /stocks/v1/dividends: declared dividends."""
        rows = []
        for paid in self._payments(request.now):
            symbol, ex_date = self._tape.listing.securities[paid.row].symbol, paid.ex_date.isoformat()
            rows.append((symbol, paid.amount, "USD", paid.declared.date.isoformat(), ex_date, ex_date,
                         _pay_date(paid.ex_date), paid.frequency, "recurring", paid.adjusted, paid.factor,
                         _identifier(symbol, ex_date)))  # fmt: skip
        columns = {"ticker": Column(0), "ex_dividend_date": Column(4), "frequency": Column(7, True),
                   "distribution_type": Column(8)}  # fmt: skip
        return serve(request, rows, columns, _NAMES, sort="ticker.asc", limit=100, most=5000)

    def older_dividends(self, request: Request) -> Answer:
        """GET /v3/reference/dividends: deprecated, still answers."""
        rows = []
        for paid in self._payments(request.now):
            symbol, ex_date = self._tape.listing.securities[paid.row].symbol, paid.ex_date.isoformat()
            rows.append({"cash_amount": paid.amount, "currency": "USD",
                         "declaration_date": paid.declared.date.isoformat(), "dividend_type": "CD",
                         "ex_dividend_date": ex_date, "frequency": paid.frequency, "id": _identifier(symbol, ex_date),
                         "pay_date": _pay_date(paid.ex_date), "record_date": ex_date, "ticker": symbol})  # fmt: skip
        return _older(request, rows, "ex_dividend_date")

    def older_splits(self, request: Request) -> Answer:
        """GET /v3/reference/splits: deprecated, still answers."""
        rows: list[dict[str, object]] = []
        reverse = request.flag("reverse_split", False)
        for split in self._tape.announced_splits(request.now):
            symbol = self._tape.listing.securities[split.row].symbol
            if not request.text("reverse_split") or (split.split_from > split.split_to) == reverse:
                rows.append({"execution_date": split.session.date.isoformat(), "id": split.vendor_id(symbol),
                             "split_from": split.split_from, "split_to": split.split_to, "ticker": symbol})  # fmt: skip
        return _older(request, rows, "execution_date")

    @cached_property
    def _payers(self) -> list[Payer]:
        listing = self._tape.listing
        rng = np.random.default_rng([self._tape.market.parameters.seed, _STREAM])
        chance, rate = rng.random(len(listing.securities)), rng.lognormal(np.log(0.022), 0.5, len(listing.securities))
        offset = rng.integers(0, 91, len(listing.securities))
        pays = {"CS": np.clip((np.log(listing.cap) - np.log(3e8)) / 8.0, 0.0, 0.75), "ETF": 1.0, "FUND": 0.9}
        found = []
        for row, security in enumerate(listing.securities):
            likely = np.broadcast_to(pays.get(security.kind, 0.0), len(listing.securities))[row]
            if chance[row] >= likely or listing.price[row] < 4.0 or listing.last[row] < 0 or listing.parent[row] >= 0:
                continue
            frequency = _MONTHLY if security.kind == "FUND" else _QUARTERLY
            amount = round(float(listing.price[row] * rate[row] / frequency), 3)
            if amount > 0:
                found.append(Payer(row, amount, frequency, int(offset[row])))
        return found

    def _payments(self, now: dt.datetime) -> Iterator[Payment]:
        """Dividends declared by now, with ex-dates from the first session on."""
        self._tape.market.generate_until(now)
        first = self._tape.market.first_session.date
        until = now.date() + _AHEAD
        for payer in self._payers:
            dates = [date for date in _ex_dates(payer, first, until)
                     if calendar.shift(date, -_DECLARED_SESSIONS_AHEAD).open <= now]  # fmt: skip
            yield from self._of(payer, dates, now)

    def _of(self, payer: Payer, dates: list[dt.date], now: dt.datetime) -> list[Payment]:
        """A payer's dividends, newest first in the making: a factor covers its own dividend and all later ones."""
        units = float(self._tape.units(now)[payer.row])
        factor, found = 1.0, []
        for date in reversed(dates):
            day = self._tape.market.day_on(date)
            if not self._tape.market.tradable(day.index if day else len(self._tape.market.days) - 1)[payer.row]:
                continue
            then = float(day.units[payer.row]) if day else units
            price = float(np.exp((day or self._tape.market.days[-1]).start[payer.row]))
            if payer.amount / then > _MOST_OF_PRICE * price:
                continue
            if day is not None:
                factor *= 1.0 - payer.amount / then / price
            found.append(Payment(payer.row, date, calendar.shift(date, -_DECLARED_SESSIONS_AHEAD),
                                 round(payer.amount / then, 6), round(payer.amount / units, 6), round(factor, 6),
                                 payer.frequency))  # fmt: skip
        return found[::-1]


def _ex_dates(payer: Payer, first: dt.date, until: dt.date) -> list[dt.date]:
    """Sessions on which a share trades without its dividend: every third or every month, moved to a session."""
    spacing = 91 if payer.frequency == _QUARTERLY else 30
    begin = first.toordinal()
    begin += (payer.offset - begin) % spacing
    found = []
    for ordinal in range(begin, until.toordinal() + 1, spacing):
        date = dt.date.fromordinal(ordinal)
        while calendar.session_on(date) is None:
            date += dt.timedelta(days=1)
        found.append(date)
    return found


def _pay_date(ex_date: dt.date) -> str:
    date = ex_date + _PAID_AFTER
    while calendar.session_on(date) is None:
        date += dt.timedelta(days=1)
    return date.isoformat()


def _identifier(symbol: str, ex_date: str) -> str:
    return "E" + hashlib.sha256(f"dividend {symbol} {ex_date}".encode()).hexdigest()


def _older(request: Request, rows: list[dict[str, object]], date: str) -> Answer:
    """The envelope of version 3: text request id, `order` apart from `sort`, newest first."""
    asked = request
    if request.text("cursor"):
        asked = Request(request.path, decode_cursor(request.text("cursor")), request.base, request.now)
    limit, offset = asked.whole("limit", 10, 1000), asked.whole("offset", 0, 1 << 30, 0)
    sort, order = asked.text("sort") or date, asked.text("order") or "desc"
    if sort not in (date, "ticker") or order not in ("asc", "desc"):
        raise BadParameter(f"'sort' must be {date} or ticker, 'order' asc or desc")
    for name, given in asked.query.items():
        field, _, operator = name.partition(".")
        if field in ("ticker", date) and given:
            rows = [row for row in rows if _passes(str(row[field]), operator, given)]
    rows.sort(key=lambda row: (str(row[sort]), str(row["ticker"]), str(row[date])), reverse=order == "desc")
    body: dict[str, object] = {"results": rows[offset : offset + limit], "status": "OK",
                               "request_id": request.request_id}  # fmt: skip
    if offset + limit < len(rows):
        fields = {**asked.query, "offset": str(offset + limit)}
        body["next_url"] = f"{request.base}{request.path}?cursor={encode_cursor(fields)}"
    return answer(body)


def _passes(value: str, operator: str, given: str) -> bool:
    compared = {"": value == given, "gt": value > given, "gte": value >= given, "lt": value < given,
                "lte": value <= given}  # fmt: skip
    if operator not in compared:
        raise BadParameter(f"'{operator}' is not a filter")
    return compared[operator]
