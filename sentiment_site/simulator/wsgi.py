"""The WSGI application: both vendors under /polygon and /fmp, their key checks, faults, compression, health.

Every answer carries `X-Simulated: sectorlight`. The control endpoints (/faults, header `X-Control: 1`) are the
simulator's own; /healthz answers once the history is there.
"""

from __future__ import annotations

import datetime as dt
import json
import re
import time
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qsl

from sentiment_site.market import clock
from sentiment_site.simulator import faults
from sentiment_site.simulator.faults import KINDS, BadFaultError, Fault, FaultBoard
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.market.process import Market
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.vendors.fmp import Fmp
from sentiment_site.simulator.vendors.polygon import ownership as polygon_ownership
from sentiment_site.simulator.vendors.polygon import reference as polygon_reference
from sentiment_site.simulator.vendors.polygon.prices import Prices
from sentiment_site.simulator.vendors.polygon.snapshot import SnapshotEndpoints
from sentiment_site.simulator.wire import Answer, BadParameter, NotFoundError, Request, answer, compress

Environment = dict[str, Any]
StartResponse = Callable[..., Any]
Handler = Callable[[Request], Answer]
MARK = ("X-Simulated", "sectorlight")
_PREFIX = re.compile(r"(?:/(polygon|fmp))+(?=/)")
_TICKER = r"(?P<symbol>[^/]+)"


class Application:
    """One simulated market served over WSGI. Thread safe."""

    def __init__(self, parameters: Parameters) -> None:
        self.tape = Tape(Market(parameters))
        self.board = FaultBoard()
        self.tape.cut(clock.now())
        self._routes = {"polygon": _polygon_routes(self.tape), "fmp": _fmp_routes(self.tape)}

    def __call__(self, environ: Environment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace")
        prefix = _PREFIX.match(path)
        fault = None
        if path == "/healthz":
            reply = answer({"status": "ok", "sessions": len(self.tape.market.days)})
        elif path == "/faults":
            reply = self._control(environ)
        elif prefix:
            # a client that joins next_url's path to a base with a path of its own repeats the prefix
            vendor = prefix.group(1)
            fault, reply = self._vendor(vendor, path[prefix.end() :], environ)
        else:
            reply = Answer(404, b"no such vendor\n", "text/plain")
        return _send(reply, fault, environ, start_response)

    def _vendor(self, vendor: str, path: str, environ: Environment) -> tuple[Fault | None, Answer]:
        request = _request(vendor, path, environ)
        if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return None, Answer(405, b"Method Not Allowed\n", "text/plain", (("Allow", "GET"),))
        if not request.key:
            return None, faults.MISSING_KEY(vendor, 0.0)
        fault = self.board.take(vendor, path)
        if fault is None:
            return None, self._handle(vendor, request)
        kind = KINDS[fault.kind]
        if kind.sleep_first:
            time.sleep(fault.delay_s)
        if kind.instead is not None:
            return fault, kind.instead(vendor, fault.delay_s)
        if kind.stale:
            then = request.now - dt.timedelta(seconds=fault.delay_s)
            request = Request(request.path, request.query, request.base, then, request.key)
        reply = self._handle(vendor, request)
        return fault, reply if kind.change is None else kind.change(reply)

    def _handle(self, vendor: str, request: Request) -> Answer:
        for pattern, handler in self._routes[vendor]:
            match = pattern.fullmatch(request.path)
            if match is None:
                continue
            asked = Request(request.path, request.query, request.base, request.now, request.key, match.groupdict())
            try:
                return handler(asked)
            except BadParameter as error:
                return _bad_parameter(vendor, asked, str(error))
            except NotFoundError as error:
                return answer(error.body, 404)
        return Answer(404, b"404 page not found\n", "text/plain")

    def _control(self, environ: Environment) -> Answer:
        if environ.get("HTTP_X_CONTROL") != "1":
            return answer({"error": "the header X-Control: 1 is needed"}, 403)
        method = environ["REQUEST_METHOD"]
        if method == "DELETE":
            self.board.clear()
        elif method == "POST":
            try:
                self.board.add(json.loads(_body(environ)))
            except (BadFaultError, json.JSONDecodeError, UnicodeDecodeError) as error:
                return answer({"error": str(error)}, 400)
        elif method != "GET":
            return Answer(405, b"Method Not Allowed\n", "text/plain", (("Allow", "GET, POST, DELETE"),))
        return answer({"faults": self.board.list()}, 201 if method == "POST" else 200)


def _request(vendor: str, path: str, environ: Environment) -> Request:
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    bearer = environ.get("HTTP_AUTHORIZATION", "")
    if vendor == "polygon":
        key = query.pop("apiKey", "") or (bearer[7:].strip() if bearer.startswith("Bearer ") else "")
    else:
        key = query.pop("apikey", "") or environ.get("HTTP_APIKEY", "")
    host = environ.get("HTTP_HOST") or f"{environ.get('SERVER_NAME')}:{environ.get('SERVER_PORT')}"
    return Request(path, query, f"{environ.get('wsgi.url_scheme', 'http')}://{host}/{vendor}", clock.now(), key)


def _bad_parameter(vendor: str, request: Request, text: str) -> Answer:
    if vendor == "polygon":
        return answer({"status": "ERROR", "request_id": request.request_id, "error": text}, 400)
    return answer({"Error Message": f"Invalid or missing query parameter: {text}"}, 400)


def _body(environ: Environment) -> bytes:
    length = environ.get("CONTENT_LENGTH") or "0"
    return bytes(environ["wsgi.input"].read(int(length)))


def _send(reply: Answer, fault: Fault | None, environ: Environment, start_response: StartResponse) -> Iterable[bytes]:
    headers = [("Content-Type", reply.content_type), ("Vary", "Accept-Encoding"), MARK, *reply.headers]
    body = reply.body
    if fault is None and "gzip" in environ.get("HTTP_ACCEPT_ENCODING", ""):
        packed = reply.compressed or compress(body)
        if packed is not None:
            body = packed
            headers.append(("Content-Encoding", "gzip"))
    headers.append(("Content-Length", str(len(body))))
    start_response(f"{reply.status} {HTTPStatus(reply.status).phrase}", headers)
    return [b""] if environ["REQUEST_METHOD"] == "HEAD" else faults.pieces(body, fault)


def _polygon_routes(tape: Tape) -> list[tuple[re.Pattern[str], Handler]]:
    prices, snapshots = Prices(tape), SnapshotEndpoints(tape)
    snapshot = "/v2/snapshot/locale/us/markets/stocks/tickers"
    table: tuple[tuple[str, Handler], ...] = (
        ("/v3/reference/tickers", lambda request: polygon_reference.tickers(tape, request)),
        ("/v3/reference/tickers/types", lambda request: polygon_reference.ticker_types(tape, request)),
        (f"/v3/reference/tickers/{_TICKER}", lambda request: polygon_reference.ticker_details(tape, request)),
        ("/v2/aggs/grouped/locale/us/market/stocks/(?P<date>[^/]+)", prices.grouped_daily),
        (f"/v2/aggs/ticker/{_TICKER}/range/(?P<multiplier>[^/]+)/(?P<timespan>[^/]+)/(?P<from>[^/]+)/(?P<to>[^/]+)",
         prices.aggregates),
        (f"/v2/aggs/ticker/{_TICKER}/prev", prices.previous_close),
        (snapshot, snapshots.all_tickers),
        (f"{snapshot}/{_TICKER}", snapshots.one_ticker),
        ("/stocks/v1/splits", lambda request: polygon_ownership.splits(tape, request)),
        ("/stocks/v1/short-interest", lambda request: polygon_ownership.short_interest(tape, request)),
        ("/stocks/vX/float", lambda request: polygon_ownership.floats(tape, request)),
        ("/v1/marketstatus/now", lambda request: polygon_reference.market_status(tape, request)),
        ("/v1/marketstatus/upcoming", lambda request: polygon_reference.market_holidays(tape, request)),
    )  # fmt: skip
    return [(re.compile(path), handler) for path, handler in table]


def _fmp_routes(tape: Tape) -> list[tuple[re.Pattern[str], Handler]]:
    vendor = Fmp(tape)
    table: tuple[tuple[str, Handler], ...] = (
        ("company-screener", vendor.screener),
        ("profile", vendor.profile),
        ("shares-float", vendor.float_of),
        ("shares-float-all", vendor.all_floats),
    )
    # FMP's base URL is .../stable; the simulator's may be given with or without it
    return [(re.compile(f"(?:/stable)?/{path}"), handler) for path, handler in table]
