"""The page of one sector: its colour explained, its stocks, its past. Serving reads what a run stored."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.utils.safestring import mark_safe
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from sectors import detail, publish
from sectors.cards import FACES, HORIZON_LABELS, ThemeTerm
from sectors.kernels.explain import EventStep
from sectors.stock_listing import COLUMNS, SHOWN, StockListing, parse_stock_listing, select_stocks
from sectors.theme_terms import add_theme_terms
from sectors.views import shows_themes
from sentiment_site.live.http import SEQ_HEADER, signed_in
from sentiment_site.live.templatetags.figures import fixed, share, signed
from sentiment_site.live.time_machine import BadParameter, address_at, asked_moment
from sentiment_site.market import clock
from sentiment_site.market.sectors import SECTOR_BY_KEY, SECTORS

PRIVATE = {"private": True, "no_cache": True}
SPANS = {"1d": ("1 day", 1), "1w": ("1 week", 7), "1m": ("1 month", 31), "3m": ("3 months", 92)}
DEFAULT_SPAN = "1w"
# what of the stored breadth -> how it is called and written
BREADTH: dict[str, tuple[str, Callable[[Any], str]]] = {
    "up": ("rising", share),
    "up_5": ("up 5 % or more", share),
    "down_5": ("down 5 % or more", share),
    "up_volume": ("volume in rising stocks", share),
    "above_average": ("above the 20-day mean", share),
    "net_new_highs": ("new 20-day highs less lows", lambda value: signed(value, 0)),
    "dispersion": ("spread of 1-day moves", lambda value: f"{fixed(value, 1)} %"),
    "concentration": ("concentration (HHI)", fixed),
}


@require_safe
@login_required
@cache_control(**PRIVATE)
def sector(request: HttpRequest, sector: str) -> HttpResponse:
    """The page, or for HTMX and after a push its changing part alone."""
    key = _known(sector)
    as_of, listing = asked_moment(request), _asked_listing(request)
    part_only = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    if part_only and as_of is None and "seq" in request.GET:
        head = publish.get_live_head()
        if head is not None and request.GET["seq"] == str(head.seq):
            return HttpResponse(status=204)  # a poll while nothing changed must not read the sector
    now = clock.now() if as_of is None else as_of
    found = detail.get_detail(key, as_of)
    themes = shows_themes(request)
    seq = 0 if found is None else found.grid.seq
    context = _context(key, found, listing, as_of) | {"strip": detail.list_strip(key, now)}
    context |= {"term": _term(found, as_of) if themes else None}
    table_only = found is not None and part_only and request.headers.get("HX-Target") == "stocks"
    part = "stocks" if table_only else "sector"
    html = render_to_string(f"sectors/_{part}.html", context)
    if part_only:
        return HttpResponse(html, headers={SEQ_HEADER: str(seq)})
    page = {"sector": SECTOR_BY_KEY[key], "sectors": SECTORS, "as_of": as_of, "seq": seq}
    page |= {"fragment": mark_safe(html)}  # noqa: S308 - rendered by our own template, which escapes
    return render(request, "sectors/sector.html", page)


@require_safe
@signed_in
@cache_control(**PRIVATE)
def export(request: HttpRequest, sector: str) -> HttpResponseBase:
    """The stocks as filtered and sorted, as CSV."""
    key = _known(sector)
    as_of, listing = asked_moment(request), _asked_listing(request)
    found = detail.get_detail(key, as_of)
    if found is None:
        return HttpResponse("There is no analysis yet.", status=404, content_type="text/plain; charset=utf-8")
    rows = select_stocks(found.rows, listing)
    name = f"{key}-{found.reading.as_of:%Y%m%dT%H%MZ}{'-simulated' if found.grid.is_simulated else ''}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(detail.render_csv(rows), content_type="text/csv; charset=utf-8", headers=headers)


@require_safe
@signed_in
@cache_control(**PRIVATE)
def series(request: HttpRequest, sector: str) -> HttpResponse:
    """Score, confidence and performances over `?span=` for the chart, as JSON."""
    key = _known(sector)
    until = asked_moment(request) or clock.now()
    span = request.GET.get("span", DEFAULT_SPAN)
    if span not in SPANS:
        raise BadParameter("span", span, f"not one of {', '.join(SPANS)}")
    return JsonResponse(detail.load_series(key, until - timedelta(days=SPANS[span][1]), until))


def _context(key: str, found: detail.Detail | None, listing: StockListing, as_of: datetime | None) -> dict[str, Any]:
    moment = address_at("", as_of)
    context = {"sector": SECTOR_BY_KEY[key], "found": found, "as_of": as_of, "keep": moment}
    if found is None:
        return context
    return context | {
        "and_moment": moment.replace("?", "&", 1),
        "challengers": found.challengers,
        "card": found.card,
        "reading": found.reading,
        "rows": select_stocks(found.rows, listing),
        "listing": listing,
        "headings": [_heading(listing, name) for name in COLUMNS],
        "groups": [(name, title) for name, (title, _) in SHOWN.items()],
        "export_query": listing.query(),
        "steps": _waterfall(found),
        "horizons": [(HORIZON_LABELS[horizon], steps) for horizon, steps in found.horizons if steps],
        "events": [_event(one, found) for one in found.explanation.events],
        "missing": [{"what": _words(one.what), "why": one.why} for one in found.explanation.missing],
        "breadth": _breadth(found),
        "ways": [_way(way) for way in found.ways],
        "spans": [(name, title) for name, (title, _) in SPANS.items()],
    }


def _term(found: detail.Detail | None, as_of: datetime | None) -> ThemeTerm | None:
    """The theme's term of this sector's light."""
    grid = None if found is None else add_theme_terms(found.grid, as_of)
    if found is None or grid is None:
        return None
    return next(card.theme for card in grid.cards if card.sector == found.card.sector)


def _heading(listing: StockListing, name: str) -> dict[str, Any]:
    """A column's heading: how it is sorted now and where a click leads (figures start with the largest)."""
    title, meaning, numeric, _ = COLUMNS[name]
    active = listing.key == name
    descending = not listing.descending if active else numeric
    return {
        "title": title,
        "meaning": meaning,
        "numeric": numeric,
        "aria": ("descending" if listing.descending else "ascending") if active else "none",
        "arrow": ("▼" if listing.descending else "▲") if active else "",
        "query": listing.query(sort=f"-{name}" if descending else name),
    }


def _waterfall(found: detail.Detail) -> list[dict[str, Any]]:
    """The steps with the place of their bars on a scale of -1.5 to +1.5, in percent of its width."""
    bars = []
    for step in found.explanation.steps:
        low, high = sorted((step.running - step.value, step.running))
        left, right = (min(max((float(edge) + 1.5) / 3.0, 0.0), 1.0) * 100 for edge in (low, high))
        title = HORIZON_LABELS.get(step.key, step.title)
        bars.append({"step": step, "title": title, "x": round(left, 2), "width": round(max(right - left, 0.4), 2),
                     "side": "up" if step.value > 0 else "down" if step.value < 0 else "flat"})  # fmt: skip
    return bars


def _event(step: EventStep, found: detail.Detail) -> dict[str, Any]:
    """A catalyst with its document, where one is known."""
    event = step.event
    words = {"symbol": event.get("symbol", ""), "kind": _words(event["kind"]), "age_hours": event.get("age_hours")}
    return words | {"value": step.value, "document": found.documents.get(event.get("reference", ""))}


def _words(name: str) -> str:
    return HORIZON_LABELS.get(name, name.replace("_", " "))


def _breadth(found: detail.Detail) -> list[tuple[str, str]]:
    values = found.reading.factors.get("breadth", {})
    return [(title, write(values.get(name))) for name, (title, write) in BREADTH.items() if name in values]


def _way(way: Any) -> dict[str, Any]:
    _, verb, glyph = FACES[way.colour]
    moves = [(HORIZON_LABELS[horizon], move) for horizon, move in way.moves.items() if move is not None]
    return {"colour": way.colour, "verb": verb, "glyph": glyph, "distance": way.distance, "moves": moves,
            "stocks": way.stocks}  # fmt: skip


def _known(key: str) -> str:
    if key not in SECTOR_BY_KEY:
        raise Http404(f"There is no sector {key!r}; there are {', '.join(SECTOR_BY_KEY)}.")
    return key


def _asked_listing(request: HttpRequest) -> StockListing:
    try:
        return parse_stock_listing(request.GET.dict())
    except ValueError as error:
        name, _, message = str(error).partition(": ")
        raise BadParameter(name, request.GET.get(name, ""), message) from error
