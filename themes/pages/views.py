"""The board of themes, the page of one theme, and what operators do there. Serving reads what was stored."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_POST, require_safe

from sentiment_site.live.http import SEQ_HEADER, signed_in
from sentiment_site.live.time_machine import BadParameter, asked_moment, write_moment
from sentiment_site.market import clock
from sentiment_site.market.sectors import SECTORS
from themes.kernels.membership import PUBLISHED
from themes.models.documents import DocumentKind
from themes.models.stories import Phase
from themes.stories.detection import FEWEST_MEMBERS
from themes.stories.selectors import get_theme

from .actions import ACTIONS, BY_NAME, act, list_targets, may_operate
from .board import get_seq, load_board
from .evidence import load_evidence
from .listing import COLUMNS, ORIGINS, PARAMETERS, STANDINGS, BoardListing, parse_board_listing
from .pictures import HEIGHT, SPARK_HEIGHT, SPARK_WIDTH, WIDTH
from .theme import DEFAULT_SPAN, SPANS, load_readings, load_theme

PRIVATE = {"private": True, "no_cache": True}
# panel: of the stock panel beside every page; seq: of a poll
OF_EVERY_PAGE = ("as_of", "panel", "seq")
OF_THEME = ("span", "kind", "about", "page")
SYMBOL = re.compile(r"[A-Za-z0-9.\-]{0,16}")


@require_safe
@login_required
@cache_control(**PRIVATE)
def board(request: HttpRequest) -> HttpResponse:
    """The page, or for HTMX and after a push the board alone: 204 while `?seq=` is still the newest."""
    as_of = asked_moment(request)
    _refuse_unknown(request, PARAMETERS)
    listing = _asked_listing(request)
    if _wants_part(request) and _is_current(request, as_of):
        return HttpResponse(status=204)
    seq = 0 if as_of else get_seq()
    context = _board_context(listing, as_of) | {"seq": seq}
    if _wants_part(request):
        response = render(request, "themes/_board.html", context)
        response[SEQ_HEADER] = str(seq)
        return response
    return render(request, "themes/board.html", context)


@require_safe
@login_required
@cache_control(**PRIVATE)
def theme(request: HttpRequest, theme_id: uuid.UUID) -> HttpResponse:
    """One theme: the page, after a push its changing part, for HTMX its documents. 404 before its first reading."""
    as_of = asked_moment(request)
    _refuse_unknown(request, OF_THEME)
    if _wants_part(request) and request.headers.get("HX-Target") == "evidence":
        return _evidence(request, theme_id, as_of)
    if _wants_part(request) and _is_current(request, as_of):
        return HttpResponse(status=204)
    return _theme_page(request, theme_id, as_of)


@require_safe
@signed_in
@cache_control(**PRIVATE)
def readings(request: HttpRequest, theme_id: uuid.UUID) -> HttpResponse:
    """The figures behind the timeline as a table, newest first."""
    as_of = asked_moment(request)
    _refuse_unknown(request, ("span",))
    rows = load_readings(theme_id, as_of or clock.now(), _asked_span(request))
    if not rows:
        raise Http404("There was no such theme then.")
    return render(request, "themes/_readings.html", {"rows": rows[::-1]})


@require_POST
@signed_in
@cache_control(**PRIVATE)
def action(request: HttpRequest, theme_id: uuid.UUID) -> HttpResponse:
    """Confirm, rename, merge or retire, as the form's `action` says. Operators only; back to the page."""
    if not may_operate(request.user):
        raise PermissionDenied("Only operators decide about themes.")
    if get_theme(theme_id) is None:
        raise Http404("There is no such theme.")
    name = request.POST.get("action", "")
    try:
        act(name, theme_id, request.POST.dict(), request.user)
    except ValidationError as error:
        wrong = {field: " ".join(said) for field, said in error.message_dict.items()}
        return _theme_page(request, theme_id, None, {"refused": name, "wrong": wrong, "given": request.POST}, 400)
    messages.success(request, BY_NAME[name].done)
    return redirect("themes:theme", theme_id)


def _board_context(listing: BoardListing, as_of: dt.datetime | None) -> dict[str, Any]:
    board = load_board(listing, as_of)
    return {
        "board": board,
        "previous_query": listing.query(page=str(board.page - 1)),
        "next_query": listing.query(page=str(board.page + 1)),
        "listing": listing,
        "as_of": as_of,
        "moment": "" if as_of is None else write_moment(as_of),
        "now": as_of or clock.now(),
        "headings": [_heading(listing, name) for name in COLUMNS],
        "standings": [(name, title) for name, (title, _) in STANDINGS.items()],
        "phases": Phase.choices,
        "sectors": SECTORS,
        "origins": ORIGINS.items(),
        "spark_box": f"0 0 {SPARK_WIDTH} {SPARK_HEIGHT}",
        "columns": len(COLUMNS),
        "kept": _kept(as_of),
    }


def _theme_page(
    request: HttpRequest,
    theme_id: uuid.UUID,
    as_of: dt.datetime | None,
    asked: dict[str, Any] | None = None,
    status: int = 200,
) -> HttpResponse:
    span, kind, about = _asked_span(request), _asked_kind(request), _asked_symbol(request)
    seq = 0 if as_of else get_seq()
    found = load_theme(theme_id, as_of, span)
    if found is None:
        return render(request, "themes/theme_unknown.html", {"as_of": as_of}, status=404)
    is_operator = as_of is None and may_operate(request.user)
    context = {
        "page": found,
        "stand": found.stand,
        "gate": PUBLISHED,
        "fewest": FEWEST_MEMBERS,
        "as_of": as_of,
        "moment": "" if as_of is None else write_moment(as_of),
        "now": as_of or clock.now(),
        "seq": seq,
        "span": span,
        "spans": [(name, title) for name, (title, _) in SPANS.items()],
        "evidence": load_evidence(theme_id, as_of, kind=kind, about=about, page=_asked_page(request)),
        "kept": _kept(as_of),
        "kept_span": _kept(as_of, span),
        "names_authors": may_operate(request.user),
        "is_operator": is_operator,
        "box": f"0 0 {WIDTH} {HEIGHT}",
        "height": HEIGHT,
    }
    if _wants_part(request):
        response = render(request, "themes/_theme.html", context)
        response[SEQ_HEADER] = str(seq)
        return response
    if is_operator:
        context |= {"actions": ACTIONS, "targets": list_targets(found.stand.theme)}
    return render(request, "themes/theme.html", context | (asked or {}), status=status)


def _evidence(request: HttpRequest, theme_id: uuid.UUID, as_of: dt.datetime | None) -> HttpResponse:
    stand = get_theme(theme_id, as_of)
    if stand is None:
        raise Http404("There was no such theme then.")
    evidence = load_evidence(
        theme_id, as_of, kind=_asked_kind(request), about=_asked_symbol(request), page=_asked_page(request)
    )
    context = {"evidence": evidence, "stand": stand, "as_of": as_of, "span": _asked_span(request)}
    context |= {"now": as_of or clock.now(), "kept_span": _kept(as_of, _asked_span(request))}
    return render(request, "themes/_evidence.html", context)


def _kept(as_of: dt.datetime | None, span: str = DEFAULT_SPAN) -> str:
    """What links of the page carry on, to be put behind their own parameters: "&as_of=..."."""
    kept = ({} if span == DEFAULT_SPAN else {"span": span}) | ({} if as_of is None else {"as_of": write_moment(as_of)})
    return f"&{urlencode(kept)}" if kept else ""


def _heading(listing: BoardListing, name: str) -> dict[str, Any]:
    """A column's heading: how it is sorted now and where a click leads (figures start with the largest)."""
    title, meaning, numeric, _ = COLUMNS[name]
    active = listing.key == name
    descending = not listing.descending if active else numeric or name == "temperature"
    return {
        "title": title,
        "meaning": meaning,
        "numeric": numeric,
        "aria": ("descending" if listing.descending else "ascending") if active else "none",
        "arrow": ("▼" if listing.descending else "▲") if active else "",
        "query": listing.query(sort=f"-{name}" if descending else name),
    }


def _wants_part(request: HttpRequest) -> bool:
    return bool(request.headers.get("HX-Request")) and not request.headers.get("HX-History-Restore-Request")


def _is_current(request: HttpRequest, as_of: dt.datetime | None) -> bool:
    """Whether a poll has the newest rows already; it then reads nothing else."""
    return as_of is None and "seq" in request.GET and request.GET["seq"] == str(get_seq())


def _refuse_unknown(request: HttpRequest, known: tuple[str, ...]) -> None:
    for name in request.GET:
        if name not in (*known, *OF_EVERY_PAGE):
            raise BadParameter(name, request.GET[name], f"unknown parameter; there are {', '.join(known)} and as_of")


def _asked_listing(request: HttpRequest) -> BoardListing:
    try:
        return parse_board_listing(request.GET.dict())
    except ValueError as error:
        name, _, message = str(error).partition(": ")
        raise BadParameter(name, request.GET.get(name, ""), message) from error


def _asked_span(request: HttpRequest) -> str:
    return _chosen(request, "span", DEFAULT_SPAN, tuple(SPANS))


def _asked_kind(request: HttpRequest) -> str:
    return _chosen(request, "kind", "", ("", *DocumentKind.values))


def _asked_symbol(request: HttpRequest) -> str:
    asked = request.GET.get("about", "")
    if not SYMBOL.fullmatch(asked):
        raise BadParameter("about", asked, "expected a symbol")
    return asked


def _asked_page(request: HttpRequest) -> int:
    asked = request.GET.get("page", "") or "1"
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 5 and int(asked) > 0):
        raise BadParameter("page", asked, "expected a number from 1")
    return int(asked)


def _chosen(request: HttpRequest, name: str, default: str, known: tuple[str, ...]) -> str:
    asked = request.GET.get(name, default)
    if asked not in known:
        raise BadParameter(name, asked, f"not one of {', '.join(filter(None, known))}")
    return asked
