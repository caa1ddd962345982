"""Fragments over HTTP: who may ask for one, and the polling fallback with 204 while nothing has changed."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import resolve_url

SEQ_HEADER = "X-Live-Seq"

View = Callable[..., HttpResponseBase]


def signed_in(view: View) -> View:
    """login_required for fragments: HTMX is sent to the login page as a whole, not given it to swap in."""
    guarded: View = login_required(view)

    @wraps(view)
    def checked(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.headers.get("HX-Request") and not request.user.is_authenticated:
            return HttpResponse(status=401, headers={"HX-Redirect": resolve_url(settings.LOGIN_URL)})
        return guarded(request, *args, **kwargs)

    return checked


def poll_response(request: HttpRequest, seq: int, render: Callable[[], str]) -> HttpResponse:
    """204 when the client's `?seq=` is already `seq` or newer, else `render()`; both carry `X-Live-Seq`.

    A missing or unreadable `?seq=` gets the fragment. `render` is called only when the fragment is sent.
    """
    known = request.GET.get("seq", "")
    if known.isascii() and known.isdigit() and int(known) >= seq:
        response = HttpResponse(status=204)
    else:
        response = HttpResponse(render())
    response[SEQ_HEADER] = str(seq)
    response["Cache-Control"] = "no-store"
    return response
