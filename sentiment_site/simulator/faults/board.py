"""The faults in force: what is asked for, which request meets which.

A fault applies to requests of one vendor (or `*`) whose path contains `match`, for `times` requests or until cleared.
"""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import asdict
from typing import Any

from sentiment_site.simulator.faults.hidden_splits import split_session
from sentiment_site.simulator.faults.kinds import KINDS, Fault
from sentiment_site.simulator.vendors.registry import VENDORS

_FIELDS = {"vendor", "match", "kind", "times", "delay_s", "symbol", "ratio"}
_MOST = 1e8  # three years in seconds; moments further away leave the calendar
_RATIO = 0.1


class BadFaultError(ValueError):
    """A fault was asked for that does not exist; the text says what would be possible."""


class FaultBoard:
    """The faults in force, oldest first; the first that matches a request is used. Thread safe."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []
        self._lock = threading.Lock()

    def add(self, asked: Any, now: dt.datetime) -> Fault:
        """Put a fault in force from a JSON object at a market time. BadFaultError for what does not exist."""
        fault = parse_fault(asked, now)
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


def parse_fault(asked: Any, now: dt.datetime) -> Fault:
    """A fault out of {"vendor", "match", "kind", "times", "delay_s", "symbol", "ratio"}; only `kind` is needed, and
    `symbol` where a kind is about one security."""
    if not isinstance(asked, dict):
        raise BadFaultError("a JSON object is needed")
    unknown = set(asked) - _FIELDS
    if unknown:
        raise BadFaultError(f"unknown: {', '.join(sorted(unknown))}")
    kind, vendor = asked.get("kind"), asked.get("vendor", "*")
    if not isinstance(kind, str) or kind not in KINDS:
        raise BadFaultError(f"kind must be one of {', '.join(KINDS)}")
    if vendor not in (*VENDORS, "*"):
        raise BadFaultError(f"vendor must be one of {', '.join(VENDORS)}, *")
    times, symbol = asked.get("times"), asked.get("symbol", "")
    if times is not None and (not isinstance(times, int) or isinstance(times, bool) or times < 1):
        raise BadFaultError("times must be a whole number from 1, or null")
    if not isinstance(symbol, str) or (KINDS[kind].needs_symbol and not symbol):
        raise BadFaultError("symbol must be the ticker of a security; this kind needs one")
    delay_s = _number(asked, "delay_s", KINDS[kind].delay_s)
    ratio = _number(asked, "ratio", _RATIO)
    if ratio == 0:
        raise BadFaultError("ratio must be new shares per old share, above 0")
    since = split_session(now).isoformat() if KINDS[kind].needs_symbol else ""
    return Fault(vendor, str(asked.get("match", "")), kind, times, delay_s, symbol, ratio, since)


def _number(asked: dict[str, Any], name: str, default: float) -> float:
    given = asked.get(name)
    if given is None:
        return default
    if not isinstance(given, int | float) or isinstance(given, bool) or not 0 <= given <= _MOST:
        raise BadFaultError(f"{name} must be a number, not negative and at most {_MOST:.0f}")
    return float(given)
