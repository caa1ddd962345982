"""The universe list with its CSV, and who joined and left. Serving reads stored runs and computes nothing."""

from __future__ import annotations

from contextlib import suppress
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.core.paginator import EmptyPage, Page, Paginator
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from sentiment_site.live.http import signed_in
from sentiment_site.live.time_machine import BadParameter, asked_moment
from sentiment_site.market.sectors import SECTORS

from . import selectors
from .exports import render_csv
from .kernels.reasons import TITLES, Reason
from .listing import DEFAULT_SORT, PAGE_SIZES, BadParameters, Listing, list_rows, parse_listing, reason_title
from .models import Membership, UniverseRun

PRIVATE = {"private": True, "no_cache": True}
RUNS_SHOWN = 30

# (sort key, heading, numeric, what the heading means)
COLUMNS: tuple[tuple[str, str, bool, str], ...] = (
    ("symbol", "Symbol", False, ""),
    ("name", "Name", False, ""),
    ("sector", "Sector", False, ""),
    ("sector_confidence", "Sure", True, "Confidence of the sector"),
    ("tier", "Tier", False, "micro: cap below $300M; small: up to $2B"),
    ("price", "Price", True, "Close of the session, dollars"),
    ("market_cap", "Cap", True, "Market capitalisation"),
    ("average_volume", "Volume 20d", True, "20-day average volume, shares"),
    ("free_float", "Float", True, "Freely tradable shares"),
    ("short_percent", "SI %", True, "Short interest, percent of the float"),
    ("gap_frequency", "Gaps", True, "Share of sessions that opened 5 % or more away"),
    ("reason", "Reason", False, "Why it is in or out"),
)


@require_safe
@signed_in
@cache_control(**PRIVATE)
def universe_list(request: HttpRequest) -> HttpResponse:
    """The list: the whole page, or for HTMX the table alone. Parameters that cannot be read are named beside it."""
    asked = request.GET.dict()
    fragment = _wants_fragment(request)
    with suppress(BadParameter):  # an unreadable moment is named beside the form, like every other parameter
        asked_moment(request)
    try:
        listing = parse_listing(asked)
        run = selectors.current_run(listing.as_of)
        page = _page(run, listing)
    except BadParameters as error:
        context = _form_context(asked) | {"errors": error.errors, "run": None, "listing": Listing()}
        template = "universe/_table.html" if fragment else "universe/list.html"
        # a fragment with an error status would not be swapped in, and the user would see nothing
        return render(request, template, context, status=200 if fragment else 400)
    context = {
        "run": run,
        "listing": listing,
        "default_sort": DEFAULT_SORT,
        "page": page,
        "rows": [_row(row) for row in page],
        "headings": [_heading(listing, *column) for column in COLUMNS],
        "export_query": listing.query(),
        "previous_query": listing.query(page=listing.page - 1),
        "next_query": listing.query(page=listing.page + 1),
        "as_of": listing.as_of,
    }
    if fragment:
        return _fragment(request, listing, context)
    context |= _form_context(asked) | {"stages": _stages(run) if run else []}
    return render(request, "universe/list.html", context)


@require_safe
@signed_in
@cache_control(**PRIVATE)
def export(request: HttpRequest) -> HttpResponseBase:
    """All rows of the list as filtered and sorted, as CSV. 400 in words for parameters that cannot be read."""
    try:
        listing = parse_listing(request.GET.dict())
    except BadParameters as error:
        return HttpResponse(str(error), status=400, content_type="text/plain; charset=utf-8")
    run = selectors.current_run(listing.as_of)
    if run is None:
        return HttpResponse("There is no universe yet.", status=404, content_type="text/plain; charset=utf-8")
    rows = list_rows(run, listing).iterator(chunk_size=2_000)
    name = f"universe-{run.session}-{run.profile.name}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(render_csv(rows), content_type="text/csv; charset=utf-8", headers=headers)


@require_safe
@signed_in
@cache_control(**PRIVATE)
def changes(request: HttpRequest) -> HttpResponse:
    """Who joined and left with a run (`?run=`, default the newest), and why."""
    errors: dict[str, str] = {}
    try:
        as_of = asked_moment(request)
    except BadParameter as error:
        as_of, errors = None, {error.parameter: error.message}
    runs = list(selectors.list_runs(as_of)[:RUNS_SHOWN]) if not errors else []
    run = runs[0] if runs else None
    asked = request.GET.get("run", "").strip()
    if asked and not errors:
        run = next((each for each in runs if str(each.pk) == asked), None) or _run(asked, as_of)
        if run is None:
            errors["run"] = f"{asked!r} is not a run known at that moment"
    rows = list(selectors.list_changes(run)) if run else []
    context = {
        "run": run,
        "runs": runs,
        "joined": [row for row in rows if row.change == "joined"],
        "left": [row for row in rows if row.change == "left"],
        "as_of": as_of,
        "errors": errors,
    }
    return render(request, "universe/changes.html", context, status=400 if errors else 200)


def _run(asked: str, as_of: Any) -> UniverseRun | None:
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 18):
        return None
    return selectors.list_runs(as_of).filter(pk=int(asked)).first()


def _fragment(request: HttpRequest, listing: Listing, context: dict[str, Any]) -> HttpResponse:
    """The table alone with its address; another moment changes the whole page, so that is loaded as a whole."""
    query = listing.query(page=listing.page) if listing.page > 1 else listing.query()
    address = reverse("universe:list") + (f"?{query}" if query else "")
    shown = parse_qs(urlsplit(request.headers.get("HX-Current-URL", "")).query).get("as_of", [""])[0]
    if shown.strip() != request.GET.get("as_of", "").strip():
        return HttpResponse(headers={"HX-Redirect": address})
    response = render(request, "universe/_table.html", context)
    response["HX-Push-Url"] = address
    return response


def _wants_fragment(request: HttpRequest) -> bool:
    # going back in history asks for the whole page
    return bool(request.headers.get("HX-Request")) and not request.headers.get("HX-History-Restore-Request")


def _page(run: UniverseRun | None, listing: Listing) -> Page[Membership]:
    rows = list_rows(run, listing) if run else Membership.objects.none()
    paginator = Paginator(rows, listing.size)
    try:
        return paginator.page(listing.page)
    except EmptyPage:
        raise BadParameters({"page": f"there are {paginator.num_pages} pages, not {listing.page}"}) from None


def _row(row: Membership) -> dict[str, Any]:
    return {"m": row, "reason": reason_title(row.reason)}


def _heading(listing: Listing, key: str, title: str, numeric: bool, meaning: str) -> dict[str, Any]:
    """A column's heading: how it is sorted now and where a click leads (figures start with the largest)."""
    active = listing.sort_key == key
    descending = not listing.descending if active else numeric
    return {
        "title": title,
        "numeric": numeric,
        "meaning": meaning,
        "aria": ("descending" if listing.descending else "ascending") if active else "none",
        "arrow": ("▼" if listing.descending else "▲") if active else "",
        "query": listing.query(sort=f"-{key}" if descending else key),
    }


def _form_context(asked: dict[str, str]) -> dict[str, Any]:
    return {
        "asked": asked,
        "sectors": SECTORS,
        "reasons": [(reason.value, TITLES[reason]) for reason in Reason],
        "page_sizes": PAGE_SIZES,
    }


def _stages(run: UniverseRun) -> list[dict[str, Any]]:
    """The funnel with each stage's reasons in words."""
    return [
        stage | {"reasons": [(code, reason_title(code), count) for code, count in stage["out"].items()]}
        for stage in run.stages
    ]
