"""The polling fallback: the same fragment over HTTP, and 204 while nothing has changed."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

SEQ_HEADER = "X-Live-Seq"


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
