"""A scripted exchange: its snapshot says what a test puts into a dictionary; the provider code is the real one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from tests.factories import ALL_SYMBOLS
from tests.sectors.faults.vendor import SNAPSHOT

PREVIOUS_CLOSE = 100.0
SHARES = 500_000.0


@dataclass
class Exchange:
    """prices: dollars by symbol; at: when they were made. status: what every call answers. asked: the calls so far."""

    at: datetime
    prices: dict[str, float] = field(default_factory=lambda: dict.fromkeys(ALL_SYMBOLS, 101.0))
    shares: float = SHARES
    previous_close: float = PREVIOUS_CLOSE
    status: int = 200
    words: str = ""
    asked: list[str] = field(default_factory=list)

    def serve(self, server: HTTPServer) -> None:
        """Answer the snapshot's address of the vendor."""
        server.expect_request(SNAPSHOT).respond_with_handler(self._answer)

    def set_prices(self, symbols: Iterable[str], price: float) -> None:
        """The same price for several."""
        self.prices |= dict.fromkeys(symbols, price)

    def _answer(self, request: Request) -> Response:
        self.asked.append(request.args.get("tickers", ""))
        if self.status != 200:
            body = {"status": "NOT_AUTHORIZED" if self.status == 403 else "ERROR", "message": self.words}
            return Response(json.dumps(body), self.status, content_type="application/json")
        wanted = set(self.asked[-1].split(",")) if self.asked[-1] else set(self.prices)
        rows = [self._row(symbol, price) for symbol, price in self.prices.items() if symbol in wanted]
        return Response(
            json.dumps({"status": "OK", "count": len(rows), "tickers": rows}), content_type="application/json"
        )

    def _row(self, symbol: str, price: float) -> dict[str, object]:
        moment = round(self.at.timestamp() * 1000)
        return {
            "ticker": symbol,
            "updated": moment * 1_000_000,
            "prevDay": {"c": self.previous_close, "v": 1_000_000},
            "day": {"c": price, "v": self.shares},
            "min": {"c": price, "t": moment, "av": self.shares},
        }
