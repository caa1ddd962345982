"""The themes' section of a stock's page and panel: a fragment that the sector pages ask for by its address."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from sentiment_site.live.http import signed_in
from sentiment_site.live.time_machine import asked_moment

from .stock import get_story

SYMBOL = re.compile(r"[A-Za-z0-9.\-]{1,16}")


@require_safe
@signed_in
@cache_control(private=True, no_cache=True)
def stock(request: HttpRequest, symbol: str) -> HttpResponse:
    """What the themes' rooms know of one stock; in words and 404 for a symbol nobody bore."""
    as_of = asked_moment(request)
    story = get_story(symbol, as_of) if SYMBOL.fullmatch(symbol) else None
    context = {"story": story, "as_of": as_of, "symbol": symbol}
    return render(request, "themes/_stock.html", context, status=200 if story else 404)
