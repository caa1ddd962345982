"""What a fault of each kind answers."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace

from sentiment_site.simulator.faults import rows
from sentiment_site.simulator.faults.hidden_splits import HiddenSplit, apply_split
from sentiment_site.simulator.faults.skew import skew
from sentiment_site.simulator.vendors.vendor import Reason, Vendor
from sentiment_site.simulator.wire import Answer, Request, answer

_HTML = "text/html; charset=utf-8"
_RESTRICTED = (
    "Restricted Endpoint: This endpoint is not available under your current subscription please visit our site"
)
_UNAVAILABLE = (
    "<html><head><title>503 Service Temporarily Unavailable</title></head><body><center><h1>503 Service "
    "Temporarily Unavailable</h1></center></body></html>\n"
)
_GATEWAY_TIMEOUT = "<html><body><h1>504 Gateway Time-out</h1></body></html>\n"
_MAINTENANCE = (
    "<!DOCTYPE html><html><head><title>Maintenance</title></head><body>We will be back shortly.</body></html>\n"
)
_PAGE_NOT_FOUND = "<html><head><title>404 Not Found</title></head><body><h1>404 Not Found</h1></body></html>\n"
# how vendors that answer in JSON say that something is not there; the others send a page
_NOT_FOUND: dict[str, dict[str, object]] = {
    "polygon": {"status": "NOT_FOUND", "request_id": "", "message": "Data not found."},
    "fmp": {"Error Message": "Not found."},
    "coingecko": {"error": "coin not found"},
    "coinpaprika": {"error": "id not found"},
    "reddit": {"message": "Not Found", "error": 404},
    "x": {"title": "Not Found Error", "detail": "Could not find what was asked for.", "status": 404,
          "type": "https://api.twitter.com/2/problems/resource-not-found"},
    "anthropic": {"type": "error", "error": {"type": "not_found_error", "message": "Not found"}, "request_id": ""},
}  # fmt: skip
_OVERLOADED = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
_DRIP_PIECES = 20


@dataclass(slots=True)
class Fault:
    """One fault in force. times: requests left, None = until cleared; delay_s: what it means depends on the kind.

    symbol, ratio (new shares per old one), since (date of the first session it is in force for): of hidden splits.
    """

    vendor: str
    match: str
    kind: str
    times: int | None
    delay_s: float
    symbol: str = ""
    ratio: float = 1.0
    since: str = ""


Instead = Callable[[Vendor, Request, Fault], Answer]
Change = Callable[[Answer, Request, Fault], Answer]


@dataclass(frozen=True, slots=True)
class Kind:
    """How a fault of this kind answers.

    instead: makes the answer without asking the vendor; change: alters the vendor's own answer; sleep_first: silence
    for delay_s before anything is sent; send: how the body goes out, given the seconds; stale: the vendor answers as
    it would have delay_s ago; delay_s: the default; needs_symbol: it is about one security.
    """

    delay_s: float = 0.0
    instead: Instead | None = None
    change: Change | None = None
    send: Callable[[bytes, float], Iterable[bytes]] | None = None
    sleep_first: bool = False
    stale: bool = False
    needs_symbol: bool = False


def respond(fault: Fault, vendor: Vendor, request: Request, handle: Callable[[Request], Answer]) -> Answer:
    """The answer to a request that meets a fault. `handle` is the vendor's own way of answering."""
    kind = KINDS[fault.kind]
    if kind.sleep_first:
        time.sleep(fault.delay_s)
    if kind.instead is not None:
        return kind.instead(vendor, request, fault)
    if kind.stale:
        request = replace(request, now=request.now - dt.timedelta(seconds=fault.delay_s))
    reply = handle(request)
    return reply if kind.change is None else kind.change(reply, request, fault)


def pieces(body: bytes, fault: Fault | None) -> Iterable[bytes]:
    """The body as it goes out: whole, dripping, or cut off."""
    send = KINDS[fault.kind].send if fault is not None else None
    return [body] if fault is None or send is None else send(body, fault.delay_s)


def _drip(body: bytes, delay_s: float) -> Iterator[bytes]:
    """The body in twenty pieces, evenly over delay_s."""
    size = max(1, -(-len(body) // _DRIP_PIECES))
    for start in range(0, len(body), size):
        yield body[start : start + size]
        time.sleep(delay_s / _DRIP_PIECES)


def _break_off(body: bytes, delay_s: float) -> Iterator[bytes]:
    """Half of what Content-Length promises; the server then has to drop the connection.

    Without a wait that may happen before the half, or even the headers, have left.
    """
    yield body[: len(body) // 2]
    time.sleep(delay_s)


def _refused(reason: Reason) -> Instead:
    """The vendor's own refusal for a reason."""
    return lambda vendor, request, fault: vendor.refuse(reason, "", request)


def _rate_limited_until(vendor: Vendor, request: Request, fault: Fault) -> Answer:
    plain = vendor.refuse(Reason.RATE_LIMITED, "", request)
    others = tuple(header for header in plain.headers if header[0].lower() != "retry-after")
    return replace(plain, headers=(*others, ("Retry-After", str(max(1, round(fault.delay_s))))))


def _fixed(status: int, text: str, content_type: str = _HTML) -> Instead:
    """The same answer for every vendor: what stands in front of it answered."""
    return lambda vendor, request, fault: Answer(status, text.encode(), content_type)


def _not_found(vendor: Vendor, request: Request, fault: Fault) -> Answer:
    body = _NOT_FOUND.get(vendor.name)
    if body is None:
        return Answer(404, _PAGE_NOT_FOUND.encode(), _HTML)
    return answer({name: request.request_id if name == "request_id" else value for name, value in body.items()}, 404)


def _overloaded(vendor: Vendor, request: Request, fault: Fault) -> Answer:
    return answer({**_OVERLOADED, "request_id": f"req_{request.request_id[:24]}"}, 529)


def _body(change: Callable[[bytes], bytes], status: int | None = None) -> Change:
    """The vendor's answer with another body."""
    return lambda whole, request, fault: Answer(status or whole.status, change(whole.body), whole.content_type)


def _rows(edit: rows.Edit) -> Change:
    """The vendor's answer with other rows."""
    return lambda whole, request, fault: rows.edit_rows(whole, edit)


def _split(whole: Answer, request: Request, fault: Fault) -> Answer:
    split = HiddenSplit(fault.symbol, fault.ratio, dt.date.fromisoformat(fault.since))
    return apply_split(whole, request, split)


KINDS: dict[str, Kind] = {
    "401": Kind(instead=_refused(Reason.UNKNOWN_KEY)),
    "402": Kind(instead=_fixed(402, _RESTRICTED, "text/plain; charset=utf-8")),
    "403_not_entitled": Kind(instead=_refused(Reason.NOT_ENTITLED)),
    "404": Kind(instead=_not_found),
    "429": Kind(instead=_refused(Reason.RATE_LIMITED)),
    "429_retry_after": Kind(2.0, instead=_rate_limited_until),
    "500": Kind(instead=_refused(Reason.BROKEN)),
    "503_html": Kind(instead=_fixed(503, _UNAVAILABLE)),
    "529": Kind(instead=_overloaded),
    "html_200": Kind(instead=_fixed(200, _MAINTENANCE)),
    "timeout": Kind(60.0, instead=_fixed(504, _GATEWAY_TIMEOUT), sleep_first=True),
    "slow": Kind(5.0, send=_drip),
    "connection_reset": Kind(0.1, send=_break_off),
    "truncated": Kind(change=_body(lambda body: body[: len(body) // 2])),
    "malformed": Kind(change=_body(rows.garble)),
    "no_body": Kind(change=_body(lambda body: b"", 200)),
    "empty": Kind(change=_rows(rows.none)),
    "duplicated_rows": Kind(change=_rows(rows.twice)),
    "out_of_order": Kind(change=_rows(rows.shuffled)),
    "stale": Kind(86_400.0, stale=True),
    "clock_skew": Kind(300.0, change=lambda whole, request, fault: skew(whole, request, fault.delay_s)),
    "split_without_notice": Kind(change=_split, needs_symbol=True),
}
