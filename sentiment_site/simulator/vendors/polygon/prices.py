"""Massive (formerly Polygon): grouped daily, aggregates, previous close. Shapes and quirks of upstreams.md 1.4, 1.6."""

from __future__ import annotations

import datetime as dt
from typing import Any

import numpy as np

from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.simulator.market.process import Day
from sentiment_site.simulator.memo import Memo
from sentiment_site.simulator.tape.bars import Daily
from sentiment_site.simulator.tape.cut import Table, Tape, no_bars
from sentiment_site.simulator.wire import (
    Answer,
    BadParameter,
    NotFoundError,
    Request,
    answer,
    assemble,
    compress,
    decode_cursor,
    digest,
    encode_cursor,
    parse_date,
    whole_number,
)

_GROUPED_ROW = '{"T":"%s","v":%.12g,"vw":%.10g,"o":%.10g,"c":%.10g,"h":%.10g,"l":%.10g,"t":%d,"n":%d}'
_GROUPED_ODD_LOT = '{"T":"%s","v":%.12g,"o":%.10g,"c":%.10g,"h":%.10g,"l":%.10g,"t":%d}'
_BAR_ROW = '{"v":%.12g,"vw":%.10g,"o":%.10g,"c":%.10g,"h":%.10g,"l":%.10g,"t":%d,"n":%d}'
_ODD_LOT = 100  # a day of fewer shares has no volume-weighted price and no count of trades
_BASE_DEFAULT, _BASE_MOST = 5000, 50000
_DAY = dt.timedelta(days=1)
_EARLIEST, _LATEST = dt.date(1900, 1, 1), dt.date(2200, 1, 1)  # dates beyond would leave the calendar


class Prices:
    """The price endpoints over one tape; keeps the encoded grouped days it has served."""

    def __init__(self, tape: Tape) -> None:
        self._tape = tape
        self._grouped: Memo[tuple[dt.date, bool, int], Answer] = Memo(40)

    def grouped_daily(self, request: Request) -> Answer:
        """GET /v2/aggs/grouped/locale/us/market/stocks/{date}. A day without sessions has no `results`."""
        date = parse_date("date", request.extras["date"])
        adjusted = request.flag("adjusted", True)
        found = self._tape.daily_on(date, request.now)
        if found is None:
            return Answer(200, assemble_bars({"queryCount": 0, "resultsCount": 0, "adjusted": adjusted},
                                             request.request_id, "OK", []))  # fmt: skip
        key = (date, adjusted, len(self._tape.executed_splits(request.now)))
        return self._grouped.get(key, lambda: self._encode_grouped(*found, adjusted, request.now))

    def _encode_grouped(self, day: Day, daily: Daily, adjusted: bool, now: dt.datetime) -> Answer:
        factor = self._tape.split_factors(day, now) if adjusted else np.ones(len(daily.volume))
        rows = np.flatnonzero(daily.volume > 0)
        securities = self._tape.listing.securities
        prices = [np.round(column * factor, 4)[rows].tolist()
                  for column in (daily.vwap, daily.open, daily.close, daily.high, daily.low)]  # fmt: skip
        stamp = int(day.session.close.timestamp() * 1000)
        columns = zip((securities[row].symbol for row in rows), (daily.volume / factor)[rows].tolist(), *prices,
                      daily.trades[rows].tolist(), strict=True)  # fmt: skip
        texts = [
            _GROUPED_ROW % (symbol, volume, vwap, opening, close, high, low, stamp, trades)
            if volume >= _ODD_LOT
            else _GROUPED_ODD_LOT % (symbol, volume, opening, close, high, low, stamp)
            for symbol, volume, vwap, opening, close, high, low, trades in columns
        ]
        head = {"queryCount": len(texts), "resultsCount": len(texts), "adjusted": adjusted}
        body = assemble_bars(head, digest("grouped", day.session.date.isoformat(), str(adjusted)), "OK", texts)
        return Answer(200, body, compressed=compress(body))

    def aggregates(self, request: Request) -> Answer:
        """GET /v2/aggs/ticker/{T}/range/{mult}/{timespan}/{from}/{to}: 30 minute or 1 day.

        `limit` counts minute bars below the half hours; a page that ends early carries next_url, whose path begins
        at the first bar that is missing.
        """
        fields = {**request.query}
        if request.text("cursor"):
            fields |= decode_cursor(request.text("cursor"))
        asked = Request(request.path, fields, request.base, request.now, extras=request.extras)
        adjusted, limit = asked.flag("adjusted", True), asked.whole("limit", _BASE_DEFAULT, _BASE_MOST)
        order = asked.text("sort", "asc")
        if order not in ("asc", "desc"):
            raise BadParameter("'sort' must be asc or desc")
        symbol = request.extras["symbol"]
        begin, end = parse_moment("from", request.extras["from"]), parse_moment("to", request.extras["to"], last=True)
        if begin > end:
            raise BadParameter("'from' must not be after 'to'")
        table = self._table(request, symbol, begin, end, adjusted)
        whole, taken = len(table), 0
        if whole:
            counted = np.cumsum(table.base if order == "asc" else table.base[::-1])
            taken = max(1, int(np.searchsorted(counted, limit, side="right")))
        rows = bar_rows(table, _page(taken, whole, order))
        head: dict[str, Any] = {
            "ticker": symbol,
            "queryCount": int(table.base.sum()) if taken == whole else limit,
            "resultsCount": len(rows),
            "adjusted": adjusted,
        }
        if taken < whole:
            missing = int(table.start[taken] if order == "asc" else table.start[whole - 1 - taken])
            state = {"adjusted": str(adjusted).lower(), "limit": str(limit), "sort": order}
            head["next_url"] = _next_url(request, missing, state)
        return Answer(200, assemble_bars(head, request.request_id, self._status(end, request.now), rows))

    def previous_close(self, request: Request) -> Answer:
        """GET /v2/aggs/ticker/{T}/prev: the newest visible day on which the security traded."""
        symbol, adjusted = request.extras["symbol"], request.flag("adjusted", True)
        row = self._tape.listing.row_of.get(symbol)
        rows: list[str] = []
        if row is not None:
            table = self._tape.days(row, request.now - 14 * _DAY, request.now, request.now, adjusted)
            rows = [f'{{"T":"{symbol}",{text[1:]}' for text in bar_rows(table, slice(-1, None))]
        head = {"ticker": symbol, "queryCount": len(rows), "resultsCount": len(rows), "adjusted": adjusted}
        return Answer(200, assemble_bars(head, request.request_id, "OK", rows))

    def open_close(self, request: Request) -> Answer:
        """GET /v1/open-close/{T}/{date}: the regular session, the first price before it and the last one after it."""
        symbol, adjusted = request.extras["symbol"], request.flag("adjusted", True)
        date = parse_date("date", request.extras["date"])
        row = self._tape.listing.row_of.get(symbol)
        begin = dt.datetime.combine(date, dt.time(), NEW_YORK)
        found = no_bars() if row is None else self._tape.days(row, begin, begin, request.now, adjusted)
        if row is None or not len(found):
            raise NotFoundError({"status": "NOT_FOUND", "request_id": request.request_id, "message": "Data not found."})
        bars = self._tape.half_hours(row, begin, begin + _DAY, request.now, adjusted)
        session = calendar.session_on(date)
        hours = (session.open.timestamp(), session.close.timestamp()) if session else (0.0, 0.0)
        early, late = bars.open[bars.start < hours[0] * 1000], bars.close[bars.start >= hours[1] * 1000]
        body: dict[str, Any] = {"status": "OK", "from": date.isoformat(), "symbol": symbol}
        body |= {name: float(getattr(found, name)[0]) for name in ("open", "high", "low", "close", "volume")}
        body |= {"afterHours": float(late[-1])} if len(late) else {}
        body |= {"preMarket": float(early[0])} if len(early) else {}
        return answer(body)

    def _table(self, request: Request, symbol: str, begin: dt.datetime, end: dt.datetime, adjusted: bool) -> Table:
        resolution = (request.extras["multiplier"], request.extras["timespan"])
        if resolution not in (("30", "minute"), ("1", "day")):
            raise BadParameter("the simulator holds bars of 30 minute and 1 day only")
        read = self._tape.half_hours if resolution == ("30", "minute") else self._tape.days
        row = self._tape.listing.row_of.get(symbol)
        # an unknown ticker is not an error to the vendor, it has no bars
        return no_bars() if row is None else read(row, begin, end, request.now, adjusted)

    def _status(self, end: dt.datetime, now: dt.datetime) -> str:
        """DELAYED where the newest quarter of an hour was withheld from the range asked for."""
        return "DELAYED" if self._tape.delay and end > now - self._tape.delay else "OK"


def _next_url(request: Request, missing: int, state: dict[str, str]) -> str:
    """The URL of the next page: the same range from (or, descending, up to) the first bar that is missing."""
    names = request.extras
    begin, end = (missing, names["to"]) if state["sort"] == "asc" else (names["from"], missing)
    return (f"{request.base}/v2/aggs/ticker/{names['symbol']}/range/{names['multiplier']}/{names['timespan']}/"
            f"{begin}/{end}?cursor={encode_cursor(state)}")  # fmt: skip


def _page(taken: int, whole: int, order: str) -> slice:
    """The first `taken` of `whole` bars in the order asked for."""
    if order == "asc":
        return slice(0, taken)
    return slice(None, whole - taken - 1 if taken < whole else None, -1)


def assemble_bars(head: dict[str, Any], request_id: str, status: str, rows: list[str]) -> bytes:
    """The envelope of aggregates. Without bars there is no `results` at all."""
    whole = {**head, "status": status, "request_id": request_id, "count": len(rows)}
    if rows:
        return assemble(whole, "results", rows)
    whole.pop("count")
    return assemble(whole, "results", []).replace(b',"results":[]', b"")


def bar_rows(table: Table, which: slice) -> list[str]:
    """The bars of a slice, each encoded."""
    columns = (table.volume, table.vwap, table.open, table.close, table.high, table.low, table.start, table.trades)
    return [_BAR_ROW % row for row in zip(*(column[which].tolist() for column in columns), strict=True)]


def parse_moment(name: str, given: str, last: bool = False) -> dt.datetime:
    """A date (New York; its end if `last`) or milliseconds since the epoch. BadParameter for anything else."""
    number = whole_number(given)
    if number is not None and abs(number) < 1 << 43:
        return dt.datetime.fromtimestamp(number / 1000, dt.UTC)
    try:
        date = min(max(parse_date(name, given), _EARLIEST), _LATEST)
    except BadParameter:
        raise BadParameter(
            f"Could not parse the time parameter: '{name}'. Use YYYY-MM-DD or Unix MS Timestamps"
        ) from None
    start = dt.datetime.combine(date, dt.time(), NEW_YORK)
    return start + _DAY - dt.timedelta(milliseconds=1) if last else start
