"""The confluence board, its CSV, and one stock's past with its options. Serving reads what passes stored."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.decorators import login_required
from django.core.paginator import EmptyPage, Page, Paginator
from django.http import Http404, HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from sentiment_site.live.http import SEQ_HEADER, signed_in
from sentiment_site.live.time_machine import BadParameter, asked_moment, write_moment
from sentiment_site.market import calendar, clock
from sentiment_site.market.sectors import SECTORS
from themes.models import ConfluencePass, ConfluenceScore
from themes.publish import seq_of

from . import selectors
from .board import build_row, build_rows, draw_history, list_flow, list_indicators, put_share
from .exports import render_csv
from .listing import COLUMNS, PAGE_SIZES, PARTS, SHOWN, SIDES, BadListing, Listing, parse_listing, select_rows
from .passes import get_thresholds

PRIVATE = {"private": True, "no_cache": True}
# Two sessions of half-hours on the board, a week of them on a stock's own page.
TRACED_PASSES = 64
HISTORY_SESSIONS = 5
SYMBOL_PARAMETERS = ("as_of", "seq", "panel")


@require_safe
@login_required
@cache_control(**PRIVATE)
def board(request: HttpRequest) -> HttpResponse:
    """The page, or for HTMX and after a push its changing part alone: 204 while `?seq=` is still the newest."""
    as_of, listing = asked_moment(request), _asked_listing(request)
    part_only = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    found = selectors.pass_at(as_of)
    seq = seq_of(None if found is None else found.recorded_at)
    asked = request.GET.get("seq", "")
    if part_only and as_of is None and asked.isascii() and asked.isdigit() and int(asked) == seq:
        return HttpResponse(status=204)
    context = _context(found, listing, as_of) | {"seq": seq}
    if part_only:
        response = render(request, "social/_confluence.html", context)
        response[SEQ_HEADER] = str(seq)
        return response
    context |= {"record": selectors.get_record(as_of)}
    return render(request, "social/confluence.html", context)


@require_safe
@signed_in
@cache_control(**PRIVATE)
def export(request: HttpRequest) -> HttpResponseBase:
    """All rows of the board as filtered and sorted, as CSV."""
    as_of, listing = asked_moment(request), _asked_listing(request)
    found = selectors.pass_at(as_of)
    if found is None:
        return HttpResponse("There is no confluence yet.", status=404, content_type="text/plain; charset=utf-8")
    name = f"confluence-{found.as_of:%Y%m%dT%H%MZ}{'-simulated' if found.is_simulated else ''}.csv"
    rows = select_rows(found, listing).iterator(chunk_size=2_000)
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(render_csv(rows), content_type="text/csv; charset=utf-8", headers=headers)


@require_safe
@signed_in
@cache_control(**PRIVATE)
def symbol(request: HttpRequest, symbol: str) -> HttpResponse:
    """One stock: its parts now, its past of a week, its options. The fragment alone for HTMX."""
    as_of = asked_moment(request)
    unknown = [name for name in request.GET if name not in SYMBOL_PARAMETERS]
    if unknown:
        raise BadParameter(unknown[0], request.GET[unknown[0]], "unknown parameter; there is as_of")
    stock = selectors.find_stock(symbol, as_of)
    if stock is None:
        raise Http404(f"There is no stock {symbol!r} (the case of a symbol counts).")
    context = _symbol_context(stock.pk, as_of) | {"stock": stock, "as_of": as_of, "moment": _moment(as_of)}
    fragment = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    return render(request, f"social/{'_' if fragment else ''}confluence_symbol.html", context)


def _context(found: ConfluencePass | None, listing: Listing, as_of: dt.datetime | None) -> dict[str, Any]:
    """What the changing part shows. Eight statements with a pass and a sector, whatever is stored."""
    shared = {
        "found": found,
        "listing": listing,
        "as_of": as_of,
        "moment": _moment(as_of),
        "thresholds": listing.thresholds,
        "configured": get_thresholds(),
        "chains": selectors.get_chain_state() if as_of is None else None,
    }
    if found is None:
        return shared
    page = _page(found, listing)
    traces = selectors.traces_of([one.instrument_id for one in page], TRACED_PASSES, as_of)
    return shared | {
        "page": page,
        "rows": build_rows(page, traces, listing.thresholds),
        "headings": [_heading(listing, key) for key in COLUMNS],
        "choices": {"show": SHOWN.items(), "side": SIDES.items(), "parts": PARTS.items()},
        "sectors": SECTORS,
        "page_sizes": PAGE_SIZES,
        "export_query": listing.query(),
        "previous_query": listing.query(page=listing.page - 1),
        "next_query": listing.query(page=listing.page + 1),
    }


def _symbol_context(instrument_id: int, as_of: dt.datetime | None) -> dict[str, Any]:
    """One stock's past and options. Five statements."""
    now = as_of or clock.now()
    since = calendar.recent_sessions(now, HISTORY_SESSIONS)[0].pre_open
    rows = selectors.history(instrument_id, since, now, as_of)
    limits = get_thresholds()
    thresholds = (limits.minimum, limits.high)
    newest = rows[-1] if rows else None
    options = selectors.options_at([instrument_id], as_of).get(instrument_id)
    return {
        "row": None if newest is None else build_row(newest, None, thresholds),
        "indicators": [] if newest is None else list_indicators(newest),
        "drawn": draw_history(rows, thresholds) if rows else {},
        "events": list(reversed(list_events(rows))),
        "readings": list(reversed(rows))[:26],
        "thresholds": thresholds,
        "options": options,
        "flow": [] if options is None else list_flow(options.facts),
        "days": [(one, put_share(one)) for one in selectors.list_days(instrument_id, as_of)],
    }


def list_events(rows: list[ConfluenceScore]) -> list[tuple[str, ConfluenceScore]]:
    """When the thresholds were reached and left, oldest first: (words, the row)."""
    found, before = [], ""
    for row in rows:
        now = "high" if row.meets_high_threshold else "minimum" if row.meets_minimum_threshold else ""
        if now != before:
            words = {"high": "reached high", "minimum": "fell below high" if before == "high" else "reached minimum"}
            found.append((words.get(now, "fell below the minimum"), row))
        before = now
    return found


def _heading(listing: Listing, key: str) -> dict[str, Any]:
    """A column's heading: how it is sorted now and where a click leads (figures start with the largest)."""
    title, meaning, numeric, _ = COLUMNS[key]
    active = listing.key == key
    descending = not listing.descending if active else numeric
    return {
        "title": title,
        "meaning": meaning,
        "numeric": numeric,
        "aria": ("descending" if listing.descending else "ascending") if active else "none",
        "arrow": ("▼" if listing.descending else "▲") if active else "",
        "query": listing.query(sort=f"-{key}" if descending else key),
    }


def _page(found: ConfluencePass, listing: Listing) -> Page[ConfluenceScore]:
    paginator = Paginator(select_rows(found, listing), listing.size)
    try:
        return paginator.page(listing.page)
    except EmptyPage:
        message = f"there are {paginator.num_pages} pages"
        raise BadParameter("page", str(listing.page), message) from None


def _asked_listing(request: HttpRequest) -> Listing:
    try:
        return parse_listing(request.GET.dict())
    except BadListing as error:
        raise BadParameter(error.parameter, error.value, error.message) from error


def _moment(as_of: dt.datetime | None) -> str:
    return "" if as_of is None else write_moment(as_of)
