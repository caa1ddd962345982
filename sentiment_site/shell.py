"""The shell around every page: its time machine, the places one can go to by key or mnemonic, and refused addresses."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.defaults import bad_request

from macro import publish as macro
from macro.cards import Chip
from sentiment_site.live.fragments import url_if_any
from sentiment_site.live.time_machine import (
    AS_OF,
    OF_ONE_MOMENT,
    BadParameter,
    address_at,
    has_time_machine,
    read_moment,
    shown_moment,
)
from sentiment_site.market import clock
from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.market.sectors import SECTORS

FIELD_FORMAT = "%Y-%m-%dT%H:%M"


@dataclass(frozen=True, slots=True)
class Place:
    """A page to go to: by `mnemonic` in the command bar, by g and `key`. app: whose pages it stands for in the menu."""

    mnemonic: str
    title: str
    view: str
    key: str = ""
    app: str = ""
    args: tuple[str, ...] = ()
    staff: bool = False


PLACES = (
    Place("SEC", "Sectors", "sectors:grid", "s", "sectors"),
    Place("THM", "Themes", "themes:board", "t", "themes"),
    Place("SOC", "Social", "social:symbols", "x", "social"),
    Place("UNI", "Universe", "universe:list", "u", "universe"),
    Place("BOOK", "Book", "portfolios:book", "b", "portfolios"),
    Place("CRY", "Crypto", "macro:regime", "c", "macro"),
    Place("OPS", "Operations", "admin:index", "o", "admin", staff=True),
)
OTHER_PLACES = (
    Place("HEAT", "Temperature by hour", "themes:heat", "h"),
    Place("MAN", "Manipulation watch", "themes:manipulation", "m"),
    Place("NET", "Sympathy network", "themes:sympathy", "n"),
    Place("ALRT", "Alerts", "themes:alerts", "a"),
    Place("CONF", "Confluence", "social:confluence", "f"),
    Place("SET", "Settings", "people:settings"),
    *(Place(f"SEC {sector.key}", sector.title, "sectors:sector", args=(sector.key,)) for sector in SECTORS),
)


@dataclass(frozen=True, slots=True)
class Machine:
    """The time machine of one page. as_of: the moment shown, None live. value, latest: New York times for the form.

    kept: the other parameters of the address, which a form must carry on. back, forward, live: addresses.
    """

    as_of: datetime | None
    value: str
    latest: str
    here: str
    kept: tuple[tuple[str, str], ...]
    back: str
    forward: str
    live: str


def shell(request: HttpRequest) -> dict[str, Any]:
    """Template context processor; what costs anything is worked out only where a template asks for it."""
    return {
        "machine": partial(_machine, request),
        "keep": partial(_kept_moment, request),
        "menu": partial(_places, request, PLACES),
        "commands": partial(_places, request, PLACES + OTHER_PLACES),
        "regime": partial(_regime, request),
    }


def refused(request: HttpRequest, exception: Exception) -> HttpResponse:
    """The answer to an address that cannot be read (handler400): names the parameter; words alone for HTMX."""
    if not isinstance(exception, BadParameter):
        return bad_request(request, exception)
    if request.headers.get("HX-Request"):
        return HttpResponse(str(exception), status=400, content_type="text/plain; charset=utf-8")
    facts = {"parameter": exception.parameter, "value": exception.value, "message": exception.message}
    return render(request, "bad_parameter.html", facts, status=400)


def _machine(request: HttpRequest) -> Machine | None:
    """None on pages without a time machine."""
    if not has_time_machine(request):
        return None
    as_of, here = shown_moment(request), request.get_full_path()
    now = clock.now().astimezone(NEW_YORK)
    return Machine(
        as_of=as_of,
        value=(now if as_of is None else as_of.astimezone(NEW_YORK)).strftime(FIELD_FORMAT),
        latest=now.strftime(FIELD_FORMAT),
        here=request.path,
        kept=tuple((name, str(value)) for name, value in request.GET.items() if name not in OF_ONE_MOMENT),
        back=_step("back", here),
        forward=_step("forward", here),
        live=address_at(here, None),
    )


def _step(to: str, here: str) -> str:
    return f"{reverse('sectors:step')}?{urlencode({'to': to, 'next': here})}"


def _kept_moment(request: HttpRequest) -> str:
    """`?as_of=...` for links that stay at the moment of the address; "" live and where it cannot be read.

    Pages without a time machine (settings) do not show the moment, but hand it on.
    """
    asked = request.GET.get(AS_OF, "").strip()
    if not asked:
        return ""
    try:
        return address_at("", read_moment(asked))
    except BadParameter:
        return ""


def _regime(request: HttpRequest) -> Chip | None:
    """The crypto regime for the chip as the cache knows it; None where the chip has to ask: a miss, another moment."""
    return None if _kept_moment(request) else macro.get_cached_chip(clock.now())


def _places(request: HttpRequest, places: tuple[Place, ...]) -> list[dict[str, Any]]:
    """Those that exist and that the reader may open, with their addresses at the moment shown."""
    staff = getattr(getattr(request, "user", None), "is_staff", False)
    match = request.resolver_match
    here = "" if match is None else match.app_name
    keep = _kept_moment(request)
    return [
        {
            "place": place,
            "address": address + ("" if place.staff else keep),
            "current": here != "" and here == place.app,
        }
        for place in places
        if (staff or not place.staff) and (address := url_if_any(place.view, *place.args))
    ]
