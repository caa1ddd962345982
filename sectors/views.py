"""The grid page, its fragment, and the run button. Serving never computes: the light is read, not made, here."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import get_conditional_response
from django.utils.safestring import mark_safe
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_http_methods, require_safe

from sectors import cache, publish, runs, selectors, watch
from sectors.cards import GridHead
from sectors.theme_terms import add_theme_terms
from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import may_cancel
from sentiment_site.live.http import SEQ_HEADER, poll_response, signed_in
from sentiment_site.live.time_machine import BadParameter, asked_moment
from sentiment_site.market import clock

PRIVATE = {"private": True, "no_cache": True}


@require_safe
@login_required
@cache_control(**PRIVATE)
def grid(request: HttpRequest) -> HttpResponse:
    """The eight lights: the newest run, or with `?as_of=` the run that was known then.

    Live it costs no statement beyond session and user while the fragment is in the cache.
    """
    as_of = asked_moment(request)
    shown = publish.get_live_grid() if as_of is None else _grid_known_at(as_of)
    now = clock.now()
    context = {
        "themes": shows_themes(request),
        "grid": shown.head,
        "as_of": as_of,
        "live_seq": shown.seq,
        "fragment": mark_safe(shown.html),  # noqa: S308 - rendered by our own template, which escapes
        "freshness": selectors.freshness_of(shown.head, now if as_of is None else as_of),
        "now": now,
    }
    return render(request, "sectors/grid.html", context)


@require_safe
@signed_in
@cache_control(**PRIVATE)
def fragment(request: HttpRequest) -> HttpResponse:
    """The grid alone, for HTMX and for polling: 204 when `?seq=` is the newest, 304 when the entity tag is."""
    try:
        as_of = asked_moment(request)
    except BadParameter as error:
        return HttpResponse(str(error), status=400, content_type="text/plain; charset=utf-8")
    shown = publish.get_live_grid() if as_of is None else _grid_known_at(as_of)
    if as_of is None:
        response = poll_response(request, shown.seq, lambda: shown.html)
        # the helper forbids storing; here a browser may keep the fragment as long as it asks whether it is current
        del response["Cache-Control"]
    else:
        response = HttpResponse(shown.html, headers={SEQ_HEADER: str(shown.seq)})
    if response.status_code != 200:
        return response
    revision = 0 if shown.head is None else shown.head.revision
    etag = f'W/"grid-{shown.seq}-{revision:x}"'
    response["ETag"] = etag
    return get_conditional_response(request, etag=etag, response=response) or response


@require_safe
@signed_in
@cache_control(**PRIVATE)
def freshness(request: HttpRequest) -> HttpResponse:
    """How current the light is at this moment: the strip above the grid, asked for again while the page is open."""
    head = publish.get_live_head()
    context = {"grid": head, "as_of": None, "freshness": selectors.freshness_of(head, clock.now())}
    return render(request, "sectors/_freshness.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
@signed_in
@cache_control(**PRIVATE)
def run(request: HttpRequest) -> HttpResponse:
    """The run button: its state, and with POST an analysis of the newest bars.

    A press while one is queued or running starts nothing and shows that one. Without HTMX a POST leads to the page.
    """
    started: JobRun | None = None
    if request.method == "POST":
        started = runs.start_analysis(user=request.user)
        if not request.headers.get("HX-Request"):
            return redirect("sectors:grid")
    return render(request, "sectors/_run_button.html", _button(request, started))


@require_http_methods(["POST"])
@signed_in
@cache_control(**PRIVATE)
def cancel(request: HttpRequest) -> HttpResponse:
    """Stop the analysis that is queued or running; nothing of it is published. 403 for who did not ask for it."""
    runs.cancel_analysis(request.user)
    if not request.headers.get("HX-Request"):
        return redirect("sectors:grid")
    return render(request, "sectors/_run_button.html", _button(request, None))


def shows_themes(request: HttpRequest) -> bool:
    """Whether the themes' terms are shown: `?themes=off` leaves them out. BadParameter for anything but on and off."""
    asked = request.GET.get("themes", "on")
    if asked not in ("on", "off"):
        raise BadParameter("themes", asked, "not one of on, off")
    return asked == "on"


def _button(request: HttpRequest, started: JobRun | None) -> dict[str, Any]:
    """What the button shows; a run that could not even be queued is shown as the last one, with its reason."""
    running = started if started is not None else runs.get_active()
    if running is not None and not running.is_active:
        running = None
    chosen: Any = request.user.preferences  # type: ignore[union-attr]  # the pages are behind a login
    head = publish.get_live_head()
    wishes = {"offer_after_minutes": chosen.refresh_after_min, "auto_refresh": chosen.auto_refresh}
    return {
        "running": running,
        "may_cancel": running is not None and may_cancel(request.user, running),
        "last": runs.get_last_ended(),
        "advice": runs.advice(head, clock.now(), wishes),
        "watch": _watch_state(head),
    }


def _watch_state(head: GridHead | None) -> Any:
    """What the watch does at present, at most a minute old."""
    seq = 0 if head is None else head.seq
    return cache.cached_json("background_status", seq, "watch", lambda: asdict(watch.get_state()))


def _grid_known_at(as_of: datetime) -> publish.LiveGrid:
    known = add_theme_terms(selectors.get_grid(as_of), as_of)
    return publish.LiveGrid(None if known is None else known.head, publish.render_grid(known, as_of))
