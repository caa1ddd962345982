"""The page of the alerts: what was announced, when, and how long after its data."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from sentiment_site.live.http import SEQ_HEADER
from sentiment_site.live.time_machine import BadParameter, asked_moment
from sentiment_site.market import clock
from themes.models import ThemeAlert

from .selectors import GOAL_S, filter_alerts, measure_latency, newest_number
from .services import KINDS, SEVERITIES

PAGE = 100
PARAMETERS = frozenset({"kind", "severity", "symbol", "before", "as_of", "seq", "panel"})
KIND_TITLES = {
    "temperature": "Temperature", "manipulation": "Manipulation", "theme": "New theme", "sympathy": "Sympathy",
    "confluence": "Confluence",
}  # fmt: skip
SEVERITY_TITLES = {1: "worth knowing", 2: "look at it", 3: "stop"}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for."""

    kind: str
    severity: int
    symbol: str
    before: int | None

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        return bool(self.kind or self.severity > 1 or self.symbol or self.before is not None)

    def older(self, last: int) -> str:
        """The query of the alerts before one."""
        kept = {"kind": self.kind, "severity": self.severity if self.severity > 1 else "", "symbol": self.symbol}
        return urlencode({name: value for name, value in (kept | {"before": last}).items() if value})


@require_safe
@login_required
@cache_control(private=True, no_cache=True)
def alerts(request: HttpRequest) -> HttpResponse:
    """The list, or for HTMX and after a push its changing part alone: 204 for a poll while nothing was announced."""
    as_of = asked_moment(request)
    asked = read_query(request)
    part_only = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    seq = newest_number() if as_of is None else 0
    held = request.GET.get("seq", "")
    if part_only and as_of is None and held.isascii() and held.isdigit() and 0 < seq <= int(held):
        return HttpResponse(status=204, headers={SEQ_HEADER: str(seq)})
    context = _context(asked, as_of) | {"seq": seq, "as_of": as_of}
    response = render(request, "themes/_alerts.html" if part_only else "themes/alerts.html", context)
    response[SEQ_HEADER] = str(seq)
    return response


def read_query(request: HttpRequest) -> Asked:
    """The filters. BadParameter names what cannot be read."""
    for name in request.GET:
        if name not in PARAMETERS:
            raise BadParameter(name, request.GET[name], "there is no such parameter here")
    kind = request.GET.get("kind", "").strip()
    if kind and kind not in KINDS:
        raise BadParameter("kind", kind, f"not one of {', '.join(KINDS)}")
    severity = request.GET.get("severity", "").strip() or "1"
    if severity not in {str(one) for one in SEVERITIES}:
        raise BadParameter("severity", severity, "not 1, 2 or 3")
    before = request.GET.get("before", "").strip()
    if before and not (before.isascii() and before.isdigit() and len(before) < 18):
        raise BadParameter("before", before, "not the number of an alert")
    symbol = request.GET.get("symbol", "").strip()
    if len(symbol) > 16 or "\x00" in symbol:
        raise BadParameter("symbol", symbol, "not a symbol")
    return Asked(kind, int(severity), symbol, int(before) if before else None)


def latency_of(alert: ThemeAlert) -> float:
    """Seconds of market time from the data to the announcement."""
    return max((alert.announced_at - alert.data_at).total_seconds(), 0.0)


def _context(asked: Asked, as_of: dt.datetime | None) -> dict[str, Any]:
    rows = filter_alerts(
        as_of, (asked.kind,) if asked.kind else (), severity=asked.severity, symbol=asked.symbol, before=asked.before
    )
    found = list(rows[: PAGE + 1])
    shown = found[:PAGE]
    return {
        "rows": [
            {"alert": one, "kind": KIND_TITLES[one.kind], "severity": SEVERITY_TITLES[one.severity],
             "latency": latency_of(one), "is_late": latency_of(one) > GOAL_S}
            for one in shown
        ],
        "older": asked.older(shown[-1].pk) if len(found) > PAGE else "",
        "asked": asked,
        "kinds": KIND_TITLES,
        "severities": SEVERITY_TITLES,
        "latencies": measure_latency(as_of),
        "goal": GOAL_S,
        "clock": clock.describe(),
        "simulated": any(one.is_simulated for one in shown),
    }  # fmt: skip
