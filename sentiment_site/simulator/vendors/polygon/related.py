"""Massive (formerly Polygon): related companies (upstreams.md 1.4)."""

from __future__ import annotations

from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.vendors.peers import nearest_companies
from sentiment_site.simulator.wire import Answer, NotFoundError, Request, answer


def related_companies(tape: Tape, request: Request) -> Answer:
    """GET /v1/related-companies/{T}."""
    symbol = request.extras["symbol"]
    row = tape.listing.row_of.get(symbol)
    if row is None or not tape.is_known(request.now)[row]:
        raise NotFoundError({"status": "NOT_FOUND", "request_id": request.request_id, "message": "Ticker not found."})
    peers = [{"ticker": tape.listing.securities[peer].symbol} for peer in nearest_companies(tape, row, request.now)]
    return answer({"request_id": request.request_id, "results": peers, "status": "OK", "stock_symbol": symbol})
