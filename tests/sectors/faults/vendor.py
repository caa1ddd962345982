"""A scripted vendor on loopback for the 40 stocks, reached through the real provider code."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import datetime

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from sentiment_site.providers.edgar import Edgar
from sentiment_site.providers.fmp import Fmp
from sentiment_site.providers.http import Http, VendorConfig
from sentiment_site.providers.polygon import Polygon
from sentiment_site.providers.registry import Vendors
from sentiment_site.providers.rss import Rss
from tests.factories import HALF_HOUR_VOLUME

SECRET = "sk-very-secret-42"
SNAPSHOT = "/polygon/v2/snapshot/locale/us/markets/stocks/tickers"
AGGREGATES = re.compile(r"/polygon/v2/aggs/ticker/([^/]+)/range/30/minute/.*")


def quick_vendors(server: HTTPServer) -> Vendors:
    """Both vendors on the scripted server: one retry, without waiting."""

    def http(name: str) -> Http:
        return Http(
            VendorConfig(
                name,
                server.url_for(f"/{name}"),
                SECRET,
                rate_per_s=1000,
                burst=1000,
                read_timeout=2.5,
                attempts=2,
                wait_initial_s=0.01,
                wait_max_s=0.01,
                longest_wait_s=0.5,
            )
        )

    return Vendors(
        polygon=Polygon(http("polygon")),
        fmp=Fmp(http("fmp")),
        edgar=Edgar(http("edgar"), http("edgar")),
        rss=Rss(lambda name, _: http(name), server.url_for("/halts.xml")),
    )


def bars_answer(symbol: str, bars: dict[datetime, float]) -> bytes:
    """An aggregates answer in the vendor's shape."""
    rows = [
        {"t": round(start.timestamp() * 1000), "o": price, "h": price, "l": price, "c": price, "v": HALF_HOUR_VOLUME,
         "vw": price, "n": 10}
        for start, price in bars.items()
    ]  # fmt: skip
    return json.dumps({"ticker": symbol, "status": "OK", "resultsCount": len(rows), "results": rows}).encode()


def serve(server: HTTPServer, answer: Callable[[str], Response]) -> None:
    """`answer(symbol)` for every stock's bars; the snapshot is empty, so everybody is asked for."""
    empty = {"status": "OK", "count": 0, "tickers": []}
    server.expect_request(SNAPSHOT).respond_with_json(empty)

    def handle(request: Request) -> Response:
        match = AGGREGATES.fullmatch(request.path)
        assert match is not None
        return answer(match.group(1))

    server.expect_request(AGGREGATES).respond_with_handler(handle)


def serve_bars(server: HTTPServer, bars: dict[datetime, float]) -> None:
    """The same bars for every stock."""
    serve(server, lambda symbol: Response(bars_answer(symbol, bars), content_type="application/json"))
