"""A vendor over real HTTP whose answers are what a test put in: Massive's and FMP's formats of reference data."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from sentiment_site.providers.edgar import Edgar
from sentiment_site.providers.fmp import Fmp
from sentiment_site.providers.http import Http, VendorConfig
from sentiment_site.providers.polygon import Polygon
from sentiment_site.providers.registry import Vendors
from sentiment_site.providers.rss import Rss

FORBIDDEN = (403, {"status": "NOT_AUTHORIZED", "request_id": "x", "message": "You are not entitled to this data."})
BROKEN = (500, {"status": "ERROR", "error": "internal"})


class Vendor:
    """Rows by endpoint; `faults` maps a path (a regular expression) to (status, body) given instead of an answer."""

    def __init__(self, server: HTTPServer, simulated: bool = False) -> None:
        self.tickers: list[dict[str, Any]] = []
        self.details: dict[str, dict[str, Any]] = {}
        self.floats: list[dict[str, Any]] = []
        self.short_interest: list[dict[str, Any]] = []
        self.splits: list[dict[str, Any]] = []
        self.companies: list[dict[str, Any]] = []
        self.fmp_floats: list[dict[str, Any]] = []
        self.faults: dict[str, tuple[int, Any]] = {}
        self.asked: list[str] = []
        self.simulated = simulated
        server.expect_request(re.compile(".*")).respond_with_handler(self._answer)
        self.vendors = Vendors(
            polygon=Polygon(Http(_config(server, "polygon", "bearer"))),
            fmp=Fmp(Http(_config(server, "fmp", "query:apikey"))),
            edgar=Edgar(Http(_config(server, "edgar", "")), Http(_config(server, "edgar", ""))),
            rss=Rss(lambda name, _: Http(_config(server, name, "")), server.url_for("/halts.xml")),
        )

    def list_ticker(self, symbol: str, exchange: str = "XNAS", kind: str = "CS", **more: Any) -> None:
        """An active ticker, with a FIGI of its own unless one is given."""
        row = {
            "ticker": symbol,
            "name": f"{symbol} Inc.",
            "market": "stocks",
            "primary_exchange": exchange,
            "type": kind,
            "active": True,
            "cik": "0000000001",
            "composite_figi": f"BBG{symbol:0>9}",
        }
        self.tickers.append(row | more)

    def company(self, symbol: str, **more: Any) -> None:
        """A row of the screener."""
        row = {
            "symbol": symbol,
            "companyName": symbol,
            "marketCap": 500_000_000,
            "sector": "Technology",
            "industry": "Software",
            "price": 10.0,
            "volume": 2_000_000,
            "exchangeShortName": "NASDAQ",
            "isEtf": False,
            "isFund": False,
            "isActivelyTrading": True,
        }
        self.companies.append(row | more)

    @contextmanager
    def failing(self, path: str, status: int, body: Any) -> Iterator[None]:
        """Within the block that path answers with a fault."""
        self.faults[path] = (status, body)
        yield
        del self.faults[path]

    def _answer(self, request: Request) -> Response:
        path, query = request.path, request.args
        self.asked.append(path)
        for pattern, (status, body) in self.faults.items():
            if re.fullmatch(pattern, path):
                return self._reply(body, status)
        if path.startswith("/v3/reference/tickers/"):
            row = self.details.get(path.rsplit("/", 1)[1])
            return self._reply(
                {"status": "OK", "results": row} if row else {"status": "NOT_FOUND"}, 200 if row else 404
            )
        if path == "/company-screener":
            return self._reply(self.companies if query["page"] == "0" else [])
        if path == "/shares-float-all":
            return self._reply(self.fmp_floats if query["page"] == "0" else [])
        rows = {
            "/stocks/vX/float": self.floats,
            "/stocks/v1/short-interest": self.short_interest,
            "/stocks/v1/splits": self.splits,
            "/v3/reference/tickers": [
                row
                for row in self.tickers
                if (row["primary_exchange"], row["type"]) == (query.get("exchange"), query.get("type"))
            ],
        }[path]
        return self._reply({"status": "OK", "request_id": "x", "results": rows})

    def _reply(self, body: Any, status: int = 200) -> Response:
        headers = {"X-Simulated": "sectorlight"} if self.simulated else {}
        return Response(json.dumps(body), status, headers, content_type="application/json")


def _config(server: HTTPServer, name: str, auth: str) -> VendorConfig:
    return VendorConfig(
        name=name,
        base_url=server.url_for(""),
        api_key="a-key",
        auth=auth,
        rate_per_s=1000.0,
        burst=1000,
        connect_timeout=2.0,
        read_timeout=5.0,
        attempts=1,
    )
