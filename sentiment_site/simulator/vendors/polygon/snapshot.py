"""Massive (formerly Polygon): the snapshot endpoints in the wire format of upstreams.md 1.5, plan Stocks Starter.

That plan has no lastTrade, lastQuote or fmv. Volumes come twice, as numbers and as strings (dv, dav).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from sentiment_site.simulator.memo import Memo
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.tape.snapshot import Frame, Row, Snapshots
from sentiment_site.simulator.wire import Answer, NotFoundError, Request, assemble, compress, encode

_MOVERS, _MOVERS_VOLUME = 20, 10_000
_OHLC = '"o":%.10g,"h":%.10g,"l":%.10g,"c":%.10g,"v":%.12g,"vw":%.10g'
_ROW = (
    '{"ticker":"%s","todaysChangePerc":%.10g,"todaysChange":%.10g,"updated":%d,'
    '"day":{' + _OHLC + ',"dv":"%.1f"},'
    '"min":{"av":%.12g,"t":%d,"n":%d,' + _OHLC + ',"dv":"%.1f","dav":"%.1f"},'
    '"prevDay":{' + _OHLC + "}}"
)


class SnapshotEndpoints:
    """The snapshot endpoints of version 2; keeps the newest encoded full snapshots."""

    def __init__(self, tape: Tape, snapshots: Snapshots) -> None:
        self._tape = tape
        self._snapshots = snapshots
        self._encoded: Memo[tuple[dt.datetime, dt.date], Answer] = Memo(3)

    def all_tickers(self, request: Request) -> Answer:
        """GET /v2/snapshot/locale/us/markets/stocks/tickers. Symbols that are unknown are simply absent."""
        asked = request.text("tickers")
        if asked:
            known = (self._row(symbol, request) for symbol in asked.split(","))
            rows = np.array(sorted({row for row in known if row is not None}), dtype=np.int64)
            return Answer(200, self._body(rows, request.now))
        key = (self._snapshots.visible_minute(request.now), request.now.date())
        return self._encoded.get(key, lambda: self._encode_all(request.now))

    def one_ticker(self, request: Request) -> Answer:
        """GET /v2/snapshot/locale/us/markets/stocks/tickers/{T}."""
        row = self._row(request.extras["symbol"], request)
        if row is None:
            raise NotFoundError({"status": "NotFound", "request_id": request.request_id, "error": "Ticker not found."})
        text = next(self._rows(np.array([row]), request.now))
        head = encode({"request_id": request.request_id, "status": "OK"})[:-1]
        return Answer(200, head + b',"ticker":' + text.encode() + b"}")

    def movers(self, request: Request) -> Answer:
        """GET /v2/snapshot/locale/us/markets/stocks/{gainers|losers}: the first twenty, of 10,000 shares or more."""
        frame = self._snapshots.frame(request.now)
        known = self._tape.is_active(request.now) & (frame.previous.close > 0) & (frame.minute.close > 0)
        rows = np.flatnonzero(known & (frame.total_volume >= _MOVERS_VOLUME))
        change = frame.change[rows] / frame.previous.close[rows]
        order = np.argsort(-change if request.extras["direction"] == "gainers" else change, kind="stable")
        return Answer(200, assemble({"status": "OK"}, "tickers", self._rows(rows[order][:_MOVERS], request.now)))

    def _row(self, symbol: str, request: Request) -> int | None:
        row = self._tape.listing.row_of.get(symbol)
        return row if row is not None and self._tape.is_active(request.now)[row] else None

    def _encode_all(self, now: dt.datetime) -> Answer:
        body = self._body(np.flatnonzero(self._tape.is_active(now)), now)
        return Answer(200, body, compressed=compress(body))

    def _body(self, rows: NDArray[np.int64], now: dt.datetime) -> bytes:
        return assemble({"count": len(rows), "status": "OK"}, "tickers", self._rows(rows, now))

    def _rows(self, rows: NDArray[np.int64], now: dt.datetime) -> Iterator[str]:
        frame: Frame = self._snapshots.frame(now)
        change = frame.change
        known = np.where(frame.previous.close > 0, frame.previous.close, 1.0)
        columns = [np.round(100.0 * change / known, 3), change, frame.updated, *_columns(frame.day), frame.day.volume,
                   frame.total_volume, frame.minute_start, frame.minute_trades, *_columns(frame.minute),
                   frame.minute.volume, frame.total_volume, *_columns(frame.previous)]  # fmt: skip
        symbols = (self._tape.listing.securities[row].symbol for row in rows)
        for values in zip(symbols, *(column[rows].tolist() for column in columns), strict=True):
            yield _ROW % values


def _columns(row: Row) -> tuple[np.ndarray, ...]:
    return row.open, row.high, row.low, row.close, row.volume, row.vwap
