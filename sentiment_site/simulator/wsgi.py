"""The WSGI application: every vendor under its name, key checks, faults, compression, health.

Every answer carries `X-Simulated: sectorlight`. The control endpoints (/faults, header `X-Control: 1`) are the
simulator's own; /healthz answers once the history is there.
"""

from __future__ import annotations

import json
import re
import traceback
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from http.client import responses
from typing import Any
from urllib.parse import parse_qsl

from sentiment_site.market import clock
from sentiment_site.simulator import faults
from sentiment_site.simulator.faults import BadFaultError, Fault, FaultBoard
from sentiment_site.simulator.keys import refusal_of
from sentiment_site.simulator.market.parameters import Parameters
from sentiment_site.simulator.vendors.registry import VENDORS
from sentiment_site.simulator.vendors.vendor import Reason, Vendor
from sentiment_site.simulator.wire import Answer, BadParameter, NotFoundError, Request, answer, compress
from sentiment_site.simulator.world import build_world

Environment = dict[str, Any]
StartResponse = Callable[..., Any]
MARK = ("X-Simulated", "sectorlight")
_PREFIX = re.compile(f"(?:/({'|'.join(VENDORS)}))+(?=/)")


class Application:
    """One simulated market served over WSGI. Thread safe."""

    def __init__(self, parameters: Parameters) -> None:
        self.world = build_world(parameters)
        self.board = FaultBoard()
        self.world.tape.cut(clock.now())
        self._routes = {name: vendor.routes(self.world) for name, vendor in VENDORS.items()}

    def __call__(self, environ: Environment, start_response: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "/").encode("latin-1").decode("utf-8", "replace")
        prefix = _PREFIX.match(path)
        fault = None
        if path == "/healthz":
            reply = answer({"status": "ok", "sessions": len(self.world.tape.market.days)})
        elif path == "/faults":
            reply = self._control(environ)
        elif prefix:
            # a client that joins next_url's path to a base with a path of its own repeats the prefix
            vendor = VENDORS[prefix.group(1)]
            fault, reply = self._vendor(vendor, path[prefix.end() :], environ)
        else:
            reply = Answer(404, b"no such vendor\n", "text/plain")
        return _send(reply, fault, environ, start_response)

    def _vendor(self, vendor: Vendor, path: str, environ: Environment) -> tuple[Fault | None, Answer]:
        request = _request(vendor, path, environ)
        refusal = refusal_of(vendor, request)
        if refusal is not None:
            return None, vendor.refuse(refusal, "", request)
        fault = self.board.take(vendor.name, path)
        if fault is None:
            return None, self._handle(vendor, request)
        return fault, faults.respond(fault, vendor, request, partial(self._handle, vendor))

    def _handle(self, vendor: Vendor, request: Request) -> Answer:
        method = "GET" if request.method == "HEAD" else request.method
        allowed = set()
        for route in self._routes[vendor.name]:
            match = route.path.fullmatch(request.path)
            if match is None:
                continue
            allowed.add(route.method)
            if route.method != method:
                continue
            asked = replace(request, extras=match.groupdict())
            try:
                return route.handler(asked)
            except BadParameter as error:
                return vendor.refuse(Reason.BAD_PARAMETER, str(error), asked)
            except NotFoundError as error:
                return answer(error.body, 404)
            except Exception:
                # a bug of ours; the client gets the vendor's words, we the traceback
                traceback.print_exc()
                return vendor.refuse(Reason.BROKEN, "", asked)
        if allowed:
            return Answer(405, b"Method Not Allowed\n", "text/plain", (("Allow", ", ".join(sorted(allowed))),))
        return Answer(404, b"404 page not found\n", "text/plain")

    def _control(self, environ: Environment) -> Answer:
        if environ.get("HTTP_X_CONTROL") != "1":
            return answer({"error": "the header X-Control: 1 is needed"}, 403)
        method = environ["REQUEST_METHOD"]
        if method == "DELETE":
            self.board.clear()
        elif method == "POST":
            try:
                self.board.add(json.loads(_body(environ)), clock.now())
            except (BadFaultError, json.JSONDecodeError, UnicodeDecodeError) as error:
                return answer({"error": str(error)}, 400)
        elif method != "GET":
            return Answer(405, b"Method Not Allowed\n", "text/plain", (("Allow", "GET, POST, DELETE"),))
        return answer({"faults": self.board.list()}, 201 if method == "POST" else 200)


def _request(vendor: Vendor, path: str, environ: Environment) -> Request:
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    headers = {
        name.removeprefix("HTTP_").replace("_", "-").lower(): value
        for name, value in environ.items()
        if name.startswith("HTTP_") or name == "CONTENT_TYPE"
    }
    host = environ.get("HTTP_HOST") or f"{environ.get('SERVER_NAME')}:{environ.get('SERVER_PORT')}"
    base = f"{environ.get('wsgi.url_scheme', 'http')}://{host}/{vendor.name}"
    key = vendor.take_key(query, headers)
    method = environ["REQUEST_METHOD"]
    return Request(path, query, base, clock.now(), key, {}, method, headers, _body(environ))


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
    start_response(f"{reply.status} {responses.get(reply.status, 'Overloaded')}", headers)
    return [b""] if environ["REQUEST_METHOD"] == "HEAD" else faults.pieces(body, fault)
