"""The first page of a book: what it is worth, how it got there, what moved it."""

from __future__ import annotations

import datetime as dt
import math
from typing import Any

import numpy as np
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_safe

from portfolios import access
from portfolios.books.selectors import PositionFilter, list_positions
from portfolios.models import Portfolio
from portfolios.valuation.selectors import SPANS, EquityCurve, get_equity_curve
from sentiment_site.live.time_machine import BadParameter, address_at, shown_moment

from .asking import is_fragment, list_query, own_book, short_query
from .navigation import find_address, render_page
from .position_table import Line, list_lines
from .strip import list_figures

SPAN_TITLES = {"1m": "1 month", "3m": "3 months", "6m": "6 months", "1y": "1 year", "all": "all"}
DEFAULT_SPAN = "3m"
MOVERS = 5
# title, whose view, and the live topic after whose events it is fetched again
SLOTS = (("Book x light", "portfolios:light-panel", "sectors"), ("Risk", "portfolios:risk-panel", ""))
PARAMETERS = frozenset({"span", "as_of"})


@require_safe
@own_book
def book(request: HttpRequest, portfolio: Portfolio) -> HttpResponse:
    """The overview; for HTMX the curve of another span alone. BadParameter for an unknown span."""
    query = list_query(request)
    for name in query:
        if name not in PARAMETERS:
            raise BadParameter(name, query.getlist(name)[-1], "unknown parameter")
    span, as_of = query.get("span") or DEFAULT_SPAN, shown_moment(request)
    if span not in SPANS:
        raise BadParameter("span", span, f"one of {', '.join(SPANS)}")
    context = _curve(request, portfolio, span, as_of)
    if is_fragment(request):
        response = render(request, "portfolios/_curve.html", context)
        response["HX-Push-Url"] = request.get_full_path()
        return response
    context |= {
        "title": "Book",
        "figures": list_figures(portfolio, as_of),
        "slots": _slots(as_of),
        "is_new": as_of is None and not context["curve"] and not access.flows_of(portfolio).exists(),
        "import_address": find_address("portfolios:import"),
    }
    if as_of is None and not context["is_new"]:
        context |= _movers(portfolio)
    return render_page(request, "portfolios/book.html", context, portfolio=portfolio, current="overview", as_of=as_of)


def _slots(as_of: dt.datetime | None) -> list[dict[str, str]]:
    """Parts of the page that other views serve, where they exist."""
    found = ((title, find_address(view), topic if as_of is None else "") for title, view, topic in SLOTS)
    return [
        {"title": title, "address": address_at(address, as_of), "topic": topic}
        for title, address, topic in found
        if address
    ]


def _movers(portfolio: Portfolio) -> dict[str, Any]:
    """The open positions that earned and lost most, those that something has priced."""
    sides: dict[str, list[Line]] = {}
    rows = list_positions(portfolio, PositionFilter(sort="-pnl")).filter(last_price_at__isnull=False)
    gains = list(rows.filter(unrealized_pnl__gt=0)[:MOVERS])
    losses = list(rows.filter(unrealized_pnl__lt=0).order_by("unrealized_pnl", "symbol", "pk")[:MOVERS])
    lines = list_lines(portfolio, gains + losses, None)
    sides["gains"], sides["losses"] = lines[: len(gains)], lines[len(gains) :]
    return sides


def _curve(request: HttpRequest, portfolio: Portfolio, span: str, as_of: dt.datetime | None) -> dict[str, Any]:
    """The curve, its table, its sentence and what the script draws."""
    curve = get_equity_curve(portfolio, as_of, span)
    query = list_query(request)
    spans = [
        {"key": key, "title": SPAN_TITLES[key], "current": key == span, "query": short_query(query, span=key)}
        for key in SPANS
    ]
    return {
        "curve": list_days(curve),
        "benchmarks": list(curve.benchmarks),
        "said": describe(curve),
        "drawn": draw(curve),
        "spans": spans,
        "span": span,
        "address": reverse("portfolios:book"),
        "as_of": as_of,
    }


def list_days(curve: EquityCurve) -> list[dict[str, Any]]:
    """The curve as rows, newest first; percents as percent points, missing ones None."""
    return [
        {
            "date": day,
            "total_value": curve.total_value[place],
            "daily": percent(curve.daily_return[place]),
            "index": number(curve.index[place]),
            "drawdown": percent(curve.drawdown[place]),
            "benchmarks": [number(line[place]) for line in curve.benchmarks.values()],
            "provisional": curve.provisional[place],
        }
        for place, day in reversed(list(enumerate(curve.dates)))
    ]


def draw(curve: EquityCurve) -> dict[str, Any]:
    """What the script draws: seconds at noon UTC of each day, indices from 100, drawdown in percent points."""
    noon = dt.time(12, tzinfo=dt.UTC)
    return {
        "t": [int(dt.datetime.combine(day, noon).timestamp()) for day in curve.dates],
        "value": [float(value) for value in curve.total_value],
        "index": [number(value) for value in curve.index],
        "drawdown": [percent(value) for value in curve.drawdown],
        "benchmarks": {name: [number(value) for value in line] for name, line in curve.benchmarks.items()},
    }


def describe(curve: EquityCurve) -> str:
    """The curve in a sentence; "" for an empty one."""
    if not len(curve):
        return ""
    deepest = int(np.argmin(curve.drawdown))
    parts = [f"{_day(curve.dates[0])} to {_day(curve.dates[-1])}: {_signed(curve.index[-1] - 100)} time-weighted"]
    for name, line in curve.benchmarks.items():
        known = line[np.isfinite(line)]
        if known.size:
            parts.append(f"{name} {_signed(known[-1] - 100)}")
    if curve.drawdown[deepest] < 0:
        parts.append(f"deepest drawdown {_signed(100 * curve.drawdown[deepest])} on {_day(curve.dates[deepest])}")
    return ", ".join(parts)


def percent(value: float) -> float | None:
    """A fraction as percent points, None for none."""
    return round(100 * float(value), 4) if math.isfinite(value) else None


def number(value: float) -> float | None:
    """Four decimals, None for none."""
    return round(float(value), 4) if math.isfinite(value) else None


def _signed(points: float) -> str:
    return f"{points:+.2f} %".replace("-", "−")


def _day(day: dt.date) -> str:
    return f"{day.day} {day:%b %Y}"
