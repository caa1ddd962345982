"""The crypto regime's page, its fragments, charts and the operators' buttons. Serving reads what was stored."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from macro import health as system
from macro import links, publish, selectors, services
from macro.cards import Card, Head, build_card, freshness_of
from macro.due import SCAN
from macro.grid import next_slot
from macro.listing import DEFAULT_SPAN, SPANS, Span, build_strip, load_series, load_table, shares_of
from macro.opinions import get_opinion
from macro.past import Day, load_days
from macro.pictures import NAMES, picture_response
from sentiment_site.jobs.models import JobRun
from sentiment_site.live.http import SEQ_HEADER, poll_response, signed_in
from sentiment_site.live.time_machine import BadParameter, asked_moment, write_moment
from sentiment_site.market import clock

PRIVATE = {"private": True, "no_cache": True}
EXPOSURE = "portfolios:crypto-exposure"
BUTTONS = (
    (SCAN, "Scan now", "macro:scan"),
    (system.BOOTSTRAP, "Bootstrap 365 days", "macro:bootstrap"),
)


@require_safe
@login_required
@cache_control(**PRIVATE)
def regime(request: HttpRequest) -> HttpResponse:
    """The page, or for HTMX and after a push its changing part alone: 204 while `?seq=` is still the newest."""
    as_of, span = asked_moment(request), asked_span(request)
    part_only = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    if part_only and as_of is None and "seq" in request.GET:
        head = publish.get_head()
        if head is not None and request.GET["seq"] == str(head.seq):
            return HttpResponse(status=204)  # a poll while nothing changed reads no analysis
    now = clock.now() if as_of is None else as_of
    card = _get_card(as_of)
    context = _part(card, now, as_of)
    if part_only:
        response = render(request, "macro/_regime.html", context)
        response[SEQ_HEADER] = str(context["seq"])
        return response
    context |= {
        "span": span,
        "spans": SPANS.values(),
        "moment": "" if as_of is None else write_moment(as_of),
        "charts": NAMES,
        "exposure_url": _address(EXPOSURE),
        "show_health": as_of is None and _is_staff(request),
    }
    return render(request, "macro/regime.html", context)


@require_safe
@signed_in
@cache_control(**PRIVATE)
def chip(request: HttpRequest) -> HttpResponse:
    """The chip of the top bar: live from the cache, with `?as_of=` the regime known then. 204 when `?seq=` is known."""
    as_of = asked_moment(request)
    head = publish.get_head(as_of)
    now = clock.now() if as_of is None else as_of
    if as_of is not None:
        return HttpResponse(publish.render_chip(head, now))
    return poll_response(request, 0 if head is None else head.seq, lambda: publish.render_chip(head, now))


@require_safe
@signed_in
@cache_control(**PRIVATE)
def freshness(request: HttpRequest) -> HttpResponse:
    """Age and countdown alone, asked for again while the page is open."""
    head, now = publish.get_head(), clock.now()
    return render(request, "macro/_freshness.html", _timing(head, now) | {"head": head, "as_of": None})


@require_safe
@signed_in
@cache_control(**PRIVATE)
def series(request: HttpRequest) -> HttpResponse:
    """What the charts draw over `?span=`, as JSON."""
    as_of, span = asked_moment(request), asked_span(request)
    return JsonResponse(load_series(span, as_of or clock.now(), _past(as_of)))


@require_safe
@signed_in
@cache_control(**PRIVATE)
def table(request: HttpRequest) -> HttpResponse:
    """The same figures as a table, one row a day."""
    as_of, span = asked_moment(request), asked_span(request)
    context = {"rows": load_table(span, as_of or clock.now(), _past(as_of)), "span": span}
    return render(request, "macro/_table.html", context)


@require_safe
@signed_in
@cache_control(**PRIVATE)
def stocks(request: HttpRequest) -> HttpResponse:
    """The crypto-linked stocks with their moves."""
    as_of = asked_moment(request)
    linked = links.list_linked(as_of or clock.now())
    return render(request, "macro/_stocks.html", {"linked": linked, "labels": list(links.MOVES)})


@require_safe
@signed_in
@cache_control(**PRIVATE)
def health(request: HttpRequest) -> HttpResponse:
    """The operators' panel: state, failures, quotas, buttons with progress. Staff only."""
    _staff_only(request)
    return _health_panel(request)


@require_POST
@signed_in
@cache_control(**PRIVATE)
def scan(request: HttpRequest) -> HttpResponse:
    """Ask for a scan now. Staff only; while one is queued or running that one is shown."""
    _staff_only(request)
    return _asked(request, services.request_scan(operator(request)))


@require_POST
@signed_in
@cache_control(**PRIVATE)
def bootstrap(request: HttpRequest) -> HttpResponse:
    """Ask for the 365 days of history. Staff only; a second time only with `force`."""
    _staff_only(request)
    try:
        run = services.request_bootstrap(operator(request), force=request.POST.get("force") == "yes")
    except services.Refused as error:
        return _health_panel(request, refused=" ".join(error.messages))
    return _asked(request, run)


@require_safe
@signed_in
@cache_control(**PRIVATE)
def chart(request: HttpRequest, name: str) -> HttpResponseBase:
    """One of the three charts as PNG, with the content's hash as its entity tag: 304 when the browser has it."""
    return picture_response(request, name, selectors.latest_analysis(asked_moment(request)))


def asked_span(request: HttpRequest) -> Span:
    """The span of `?span=`. BadParameter for one that is not offered."""
    asked = request.GET.get("span", DEFAULT_SPAN)
    if asked not in SPANS:
        raise BadParameter("span", asked, f"not one of {', '.join(SPANS)}")
    return SPANS[asked]


def _get_card(as_of: datetime | None) -> Card | None:
    row = selectors.latest_analysis(as_of)
    return None if row is None else build_card(row)


def _past(as_of: datetime | None) -> list[Day]:
    head = publish.get_head(as_of)
    return [] if head is None else load_days(head.seq, as_of or clock.now(), as_of)


def _part(card: Card | None, now: datetime, as_of: datetime | None) -> dict[str, Any]:
    """What the changing part of the page shows. Five statements with an analysis, one more when nothing is cached."""
    context = _timing(None if card is None else card.head, now) | {"card": card, "seq": 0, "as_of": as_of}
    if card is None:
        return context | {"head": None}
    strip = build_strip(now, load_days(card.head.seq, now, as_of))
    return context | {
        "head": card.head,
        "seq": card.head.seq,
        "reading": selectors.latest_reading(as_of),
        "fear_greed": selectors.latest_fear_greed(as_of),
        "strip": strip,
        "shares": shares_of(strip),
        "computed": any(each.computed for each in strip),
        "opinion": get_opinion(card.row, now),
        "analyst_configured": bool(settings.ANTHROPIC_API_KEY),
    }


def _timing(head: Head | None, now: datetime) -> dict[str, Any]:
    due = next_slot(now)
    freshness = freshness_of(None if head is None else head.event_at, now)
    return {"now": now, "next_scan": due, "wait": due - now, "freshness": freshness}


def _health_panel(request: HttpRequest, refused: str = "") -> HttpResponse:
    loaded = system.load_health()
    jobs = [
        {
            "name": name,
            "title": title,
            "address": reverse(address),
            "active": loaded.active.get(name),
            "last": loaded.last.get(name),
            "is_scan": name == SCAN,
        }
        for name, title, address in BUTTONS
    ]
    return render(request, "macro/_health.html", {"health": loaded, "jobs": jobs, "refused": refused})


def _asked(request: HttpRequest, run: JobRun) -> HttpResponse:
    if not request.headers.get("HX-Request"):
        return redirect("macro:regime")
    return _health_panel(request, refused=run.reason if run.status == JobRun.Status.FAILED else "")


def operator(request: HttpRequest) -> Any:
    """The account that asks, once the view has checked that it is an operator's."""
    return request.user


def _is_staff(request: HttpRequest) -> bool:
    return bool(getattr(request.user, "is_staff", False))


def _staff_only(request: HttpRequest) -> None:
    if not _is_staff(request):
        raise PermissionDenied("Only operators start scans and see how the collection is doing.")


def _address(name: str) -> str:
    """Where a page of another app is; "" while this installation has none."""
    try:
        return reverse(name)
    except NoReverseMatch:
        return ""
