"""The book held against the light: each position beside its sector's colour, and where the book fights it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe

from portfolios.kernels.greeks import GreekSource
from portfolios.kernels.light import LEANINGS, NO_READ, NO_SECTOR, LitBook
from portfolios.models import Portfolio
from portfolios.risk import selectors
from portfolios.risk.records import LitPosition, LitView
from sectors.selectors import newest_seq
from sentiment_site.live.http import poll_response
from sentiment_site.live.time_machine import shown_moment
from sentiment_site.market.sectors import SECTOR_BY_KEY

from .asking import is_fragment, own_book
from .navigation import render_page
from .parameters import read_page, refuse_unknown
from .risk import DELTAS, choose_source, list_missing, read_source

SHOWN, WARNINGS_SHOWN = 100, 30
PANEL_WARNINGS = 4
NONE = "none"
GLYPHS: Mapping[int, str] = {-2: "▼▼", -1: "▼", 0: "▬", 1: "▲", 2: "▲▲"}
DARK_TITLES: Mapping[str, str] = {NO_READ: "NO READ", NO_SECTOR: "No sector known"}
# the readings of a stock beside its sector: field -> heading and what it means
READINGS: Mapping[str, tuple[str, str]] = {
    "free_float": ("Float", "shares that trade freely"),
    "short_percent": ("SI %", "short interest in percent of the float"),
    "days_to_cover": ("DTC", "days to cover: short interest over average volume"),
    "temperature": ("Heat", "temperature of the stock's theme"),
    "squeeze": ("Squeeze", "squeeze risk, 0 to 1"),
    "manipulation": ("Manip.", "manipulation risk, 0 to 1"),
}


@require_safe
@own_book
def light(request: HttpRequest, portfolio: Portfolio) -> HttpResponse:
    """The page; for HTMX and after a push its changing part, 204 while the light is the one of `?seq=`."""
    refuse_unknown(request, DELTAS, "page", "seq")
    as_of, source = shown_moment(request), read_source(request)
    if is_fragment(request) and as_of is None:
        return poll_response(
            request,
            newest_seq(),
            lambda: render_to_string("portfolios/_light.html", _context(request, portfolio, source)),
        )
    context = _context(request, portfolio, source) | {"seq": newest_seq() if as_of is None else 0}
    if is_fragment(request):
        return render(request, "portfolios/_light.html", context | {"as_of": as_of})
    return render_page(request, "portfolios/light.html", context, portfolio=portfolio, current="light", as_of=as_of)


@require_safe
@own_book
def panel(request: HttpRequest, portfolio: Portfolio) -> HttpResponse:
    """Headlines, shares and the gravest warnings, for the overview; 204 while the light is the one of `?seq=`."""
    refuse_unknown(request, "seq")
    as_of = shown_moment(request)
    if as_of is None:
        return poll_response(request, newest_seq(), lambda: _panel(portfolio, None))
    return HttpResponse(_panel(portfolio, as_of))


def _panel(portfolio: Portfolio, as_of: datetime | None) -> str:
    view = selectors.get_lit_book(portfolio, as_of)
    warnings = view.book.warnings
    context = {
        "view": view,
        "sides": list_sides(view),
        "warnings": warnings[:PANEL_WARNINGS],
        "more_warnings": len(warnings) - PANEL_WARNINGS,
        "as_of": as_of,
    }
    return render_to_string("portfolios/_light_panel.html", context)


def _context(request: HttpRequest, portfolio: Portfolio, source: GreekSource) -> dict[str, Any]:
    view = selectors.get_lit_book(portfolio, shown_moment(request), source=source)
    page = read_page(request.GET, _ordered(view), SHOWN)
    warned: dict[str, list[str]] = {}
    for warning in view.book.warnings:
        warned.setdefault(warning.key, []).append(warning.message)
    return {
        "basis": view.basis,
        "view": view,
        "sides": list_sides(view),
        "warnings": view.book.warnings[:WARNINGS_SHOWN],
        "more_warnings": len(view.book.warnings) - WARNINGS_SHOWN,
        "page": page,
        "rows": [_row(one, warned.get(one.key, [])) for one in page],
        "readings": READINGS.values(),
        "missing": list_missing(view.missing),
        "as_of": shown_moment(request),
    } | choose_source(request, source)


def _ordered(view: LitView) -> list[LitPosition]:
    """What fights the light first, then by size."""
    return sorted(view.positions, key=lambda one: (one.lit.with_light >= 0, -abs(one.dollars), one.symbol))


def _row(one: LitPosition, warnings: list[str]) -> dict[str, Any]:
    reasons = one.stock.reasons
    sector = SECTOR_BY_KEY.get(one.sector or "")
    return {
        "one": one,
        "sector": sector,
        "tone": tone(one.lit.colour),
        "glyph": glyph(one.lit.colour),
        "verb": one.lit.verb or DARK_TITLES.get(one.lit.colour, ""),
        "sure": one.lit.confidence if one.lit.colour in LEANINGS else None,
        "way": _way(one),
        "warnings": warnings,
        "readings": [
            {"name": name, "value": getattr(one.stock, name), "reason": reasons.get(name, "not known")}
            for name in READINGS
        ],
    }


def list_sides(view: LitView) -> list[dict[str, Any]]:
    """Each side's gross split by colour: dark red first, then what has no light."""
    verbs = {one.lit.colour: one.lit.verb for one in view.positions if one.lit.verb}
    return [
        {"title": title, "gross": gross, "parts": _parts(shares, verbs)}
        for title, shares, gross in _both(view.book)
        if gross
    ]


def _both(book: LitBook) -> list[tuple[str, Mapping[str, float], float]]:
    return [
        ("Bearish positions", book.short_shares, book.short_gross),
        ("Bullish positions", book.long_shares, book.long_gross),
    ]


def _parts(shares: Mapping[str, float], verbs: Mapping[str, str]) -> list[dict[str, Any]]:
    parts, x = [], 0.0
    for colour, share in shares.items():
        title = DARK_TITLES.get(colour) or verbs.get(colour, colour)
        width = round(share * 100, 2)
        parts.append({"title": title, "share": share, "x": round(x, 2), "width": width, "tone": tone(colour),
                      "glyph": glyph(colour)})  # fmt: skip
        x += width
    return parts


def _way(one: LitPosition) -> str:
    """Whether the position goes with its sector's light, in words."""
    if one.lit.colour not in LEANINGS or not one.dollars:
        return ""
    weight = one.lit.with_light
    return "with" if weight > 0 else "against" if weight < 0 else "neither"


def tone(colour: str) -> str:
    """The class of a colour, that of grey for what has no light."""
    return colour if colour in LEANINGS else NONE


def glyph(colour: str) -> str:
    """The sign that says the same as the colour; "·" for what has no light."""
    return GLYPHS[LEANINGS[colour]] if colour in LEANINGS else "·"
