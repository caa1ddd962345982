"""The stock's page and panel, the symbol search, and the time machine's steps."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from sectors import moments
from sectors.stock import get_stock
from sentiment_site.live.http import signed_in
from sentiment_site.live.time_machine import AS_OF, BadParameter, address_at, asked_moment, read_moment
from universe import selectors as universe_selectors

PRIVATE = {"private": True, "no_cache": True}
SYMBOL = re.compile(r"[A-Za-z0-9.\-]{1,16}")
BACK, FORWARD = "back", "forward"
THEMES = "themes:stock"


@require_safe
@signed_in
@cache_control(**PRIVATE)
def stock(request: HttpRequest, symbol: str) -> HttpResponse:
    """One stock: the whole page, or for HTMX the panel's content alone. 404 in words for a symbol nobody bears."""
    as_of = asked_moment(request)
    found = get_stock(symbol, as_of) if SYMBOL.fullmatch(symbol) else None
    part = _wants_part(request)
    if found is None:
        alike = universe_selectors.search_stocks(symbol, as_of)
        context: dict[str, Any] = {"symbol": symbol, "matches": alike, "as_of": as_of}
        return render(request, f"sectors/{'_' if part else ''}stock_unknown.html", context, status=404)
    context = {"stock": found, "as_of": as_of, "themes_url": _address(THEMES, found.symbol)}
    return render(request, f"sectors/{'_' if part else ''}stock.html", context)


@require_safe
@signed_in
@cache_control(**PRIVATE)
def search(request: HttpRequest) -> HttpResponse:
    """Stocks whose symbol or name fits `?q=`: a page, or for HTMX the list alone. At most 12."""
    as_of, text = asked_moment(request), request.GET.get("q", "").strip()
    context = {"q": text, "matches": universe_selectors.search_stocks(text, as_of), "as_of": as_of}
    return render(request, f"sectors/{'_' if _wants_part(request) else ''}search.html", context)


@require_safe
@login_required
@cache_control(**PRIVATE)
def step(request: HttpRequest) -> HttpResponse:
    """To the page `?next=` at the moment of the run before (`?to=back`) or after (`?to=forward`) the one it shows.

    After the newest run comes live. An address of another site leads to the grid.
    """
    to = request.GET.get("to", "")
    if to not in (BACK, FORWARD):
        raise BadParameter("to", to, f"expected {BACK} or {FORWARD}")
    address = _own_address(request)
    asked = parse_qs(urlsplit(address).query).get(AS_OF, [""])[0].strip()
    shown = read_moment(asked) if asked else None
    if to == FORWARD:
        return HttpResponseRedirect(address_at(address, None if shown is None else moments.get_later(shown)))
    earlier = moments.get_earlier(shown)
    if earlier is None:
        messages.info(request, "There is no earlier analysis.")
    return HttpResponseRedirect(address_at(address, earlier or shown))


def _address(name: str, symbol: str) -> str:
    """Where a page of another app speaks of the stock; "" while this installation has none."""
    try:
        return reverse(name, args=[symbol])
    except NoReverseMatch:
        return ""


def _own_address(request: HttpRequest) -> str:
    asked = request.GET.get("next", "")
    # a path and nothing else: of "http://here//there" only "//there" would be left
    if asked.startswith("/") and url_has_allowed_host_and_scheme(asked, allowed_hosts=None):
        return asked
    return reverse("sectors:grid")


def _wants_part(request: HttpRequest) -> bool:
    # going back in history asks for the whole page
    return bool(request.headers.get("HX-Request")) and not request.headers.get("HX-History-Restore-Request")
