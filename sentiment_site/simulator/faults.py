"""Vendor faults on demand, for tests and demonstrations: a table of kinds, and a board of those in force.

A fault applies to requests of one vendor (or `*`) whose path contains `match`, for `times` requests or until cleared.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import Any

from sentiment_site.simulator.vendors.registry import VENDORS
from sentiment_site.simulator.vendors.vendor import Reason, Vendor
from sentiment_site.simulator.wire import Answer, Request, answer

Instead = Callable[[Vendor, Request, float], Answer]
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
_DRIP_PIECES = 20


class BadFaultError(ValueError):
    """A fault was asked for that does not exist; the text says what would be possible."""


@dataclass(slots=True)
class Fault:
    """One fault in force. times: requests left, None = until cleared; delay_s: what it means depends on the kind."""

    vendor: str
    match: str
    kind: str
    times: int | None
    delay_s: float


@dataclass(frozen=True, slots=True)
class Kind:
    """How a fault of this kind answers.

    instead: makes the answer without asking the vendor (given vendor, request and delay_s); change: alters the
    vendor's own answer; sleep_first: silence for delay_s before anything is sent; drip: the body trickles over
    delay_s; stale: the vendor answers as it would have delay_s ago; delay_s: the default.
    """

    delay_s: float = 0.0
    instead: Instead | None = None
    change: Callable[[Answer], Answer] | None = None
    sleep_first: bool = False
    drip: bool = False
    stale: bool = False


def _rate_limited_until(vendor: Vendor, request: Request, delay_s: float) -> Answer:
    plain = vendor.refuse(Reason.RATE_LIMITED, "", request)
    return replace(plain, headers=(*plain.headers, ("Retry-After", str(max(1, round(delay_s))))))


def _refused(reason: Reason) -> Instead:
    """The vendor's own refusal for a reason."""
    return lambda vendor, request, delay_s: vendor.refuse(reason, "", request)


def _fixed(status: int, text: str, content_type: str = _HTML) -> Instead:
    """The same answer for every vendor: what stands in front of it answered."""
    return lambda vendor, request, delay_s: Answer(status, text.encode(), content_type)


def _truncated(whole: Answer) -> Answer:
    return Answer(whole.status, whole.body[: len(whole.body) // 2], whole.content_type)


def _malformed(whole: Answer) -> Answer:
    return Answer(whole.status, whole.body.replace(b":", b"=", 1)[:-1] + b",", whole.content_type)


def _emptied(whole: Answer) -> Answer:
    """The same envelope without a single row."""
    value = json.loads(whole.body)
    if isinstance(value, list):
        return answer([], whole.status)
    for name in ("count", "resultsCount", "queryCount"):
        if name in value:
            value[name] = 0
    for name in ("results", "tickers"):
        if isinstance(value.get(name), list):
            value[name] = []
    value.pop("next_url", None)
    if "resultsCount" in value:
        value.pop("results", None)
    return answer(value, whole.status)


def _nothing(whole: Answer) -> Answer:
    return Answer(200, b"", whole.content_type)


KINDS: dict[str, Kind] = {
    "401": Kind(instead=_refused(Reason.UNKNOWN_KEY)),
    "402": Kind(instead=_fixed(402, _RESTRICTED, "text/plain; charset=utf-8")),
    "403_not_entitled": Kind(instead=_refused(Reason.NOT_ENTITLED)),
    "429": Kind(instead=_refused(Reason.RATE_LIMITED)),
    "429_retry_after": Kind(2.0, instead=_rate_limited_until),
    "500": Kind(instead=_refused(Reason.BROKEN)),
    "503_html": Kind(instead=_fixed(503, _UNAVAILABLE)),
    "html_200": Kind(instead=_fixed(200, _MAINTENANCE)),
    "timeout": Kind(60.0, instead=_fixed(504, _GATEWAY_TIMEOUT), sleep_first=True),
    "slow": Kind(5.0, drip=True),
    "truncated": Kind(change=_truncated),
    "malformed": Kind(change=_malformed),
    "empty": Kind(change=_emptied),
    "no_body": Kind(change=_nothing),
    "stale": Kind(86_400.0, stale=True),
}


class FaultBoard:
    """The faults in force, oldest first; the first that matches a request is used. Thread safe."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, asked: Any) -> Fault:
        """Put a fault in force from a JSON object. BadFaultError for what does not exist."""
        fault = parse_fault(asked)
        with self._lock:
            self._faults.append(fault)
        return fault

    def clear(self) -> None:
        """Take every fault out of force."""
        with self._lock:
            self._faults.clear()

    def list(self) -> list[dict[str, Any]]:
        """The faults in force with the requests they have left."""
        with self._lock:
            return [asdict(fault) for fault in self._faults]

    def take(self, vendor: str, path: str) -> Fault | None:
        """The fault that this request meets, counted down; None for a request that is answered normally."""
        with self._lock:
            for fault in self._faults:
                if fault.vendor in (vendor, "*") and fault.match in path:
                    if fault.times is not None:
                        fault.times -= 1
                        if fault.times == 0:
                            self._faults.remove(fault)
                    return fault
        return None


def parse_fault(asked: Any) -> Fault:
    """A fault out of {"vendor", "match", "kind", "times", "delay_s"}; only `kind` is needed."""
    if not isinstance(asked, dict):
        raise BadFaultError("a JSON object is needed")
    unknown = set(asked) - {"vendor", "match", "kind", "times", "delay_s"}
    if unknown:
        raise BadFaultError(f"unknown: {', '.join(sorted(unknown))}")
    kind, vendor = asked.get("kind"), asked.get("vendor", "*")
    if kind not in KINDS:
        raise BadFaultError(f"kind must be one of {', '.join(KINDS)}")
    if vendor not in (*VENDORS, "*"):
        raise BadFaultError(f"vendor must be one of {', '.join(VENDORS)}, *")
    times, delay_s = asked.get("times"), asked.get("delay_s")
    if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
        raise BadFaultError("times must be a whole number from 1, or null")
    if delay_s is not None and (not isinstance(delay_s, int | float) or isinstance(delay_s, bool) or delay_s < 0):
        raise BadFaultError("delay_s must be a number, not negative")
    delay = KINDS[kind].delay_s if delay_s is None else float(delay_s)
    return Fault(vendor, str(asked.get("match", "")), kind, times, delay)


def drip(body: bytes, delay_s: float) -> Iterator[bytes]:
    """The body in twenty pieces, evenly over delay_s."""
    size = max(1, -(-len(body) // _DRIP_PIECES))
    for start in range(0, len(body), size):
        yield body[start : start + size]
        time.sleep(delay_s / _DRIP_PIECES)


def pieces(body: bytes, fault: Fault | None) -> Iterable[bytes]:
    """The body as it goes out: whole, or dripping."""
    return drip(body, fault.delay_s) if fault is not None and KINDS[fault.kind].drip else [body]
