"""The page of the sympathy network: a drawn part of it, the table of the same links, tickets and their record."""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from sentiment_site.live.http import SEQ_HEADER
from sentiment_site.live.time_machine import BadParameter, asked_moment
from sentiment_site.market import clock
from themes.models import SympathyNetwork, SympathyTicket
from themes.publish import seq_of
from themes.stories.selectors import list_themes

from .drawing import draw_part
from .graph import Part, show_community, show_stock, show_theme
from .selectors import STATES, latest_network, list_tickets, newest_change, shown_at, ticket_record

PRIVATE = {"private": True, "no_cache": True}
TICKETS = 40
THEMES = 30


@require_safe
@login_required
@cache_control(**PRIVATE)
def sympathy(request: HttpRequest) -> HttpResponse:
    """The page, or for HTMX and after a push its changing part: 204 while `?seq=` is still the newest.

    `symbol`, `community` or `theme` choose what is drawn, `tier`, `state` and `before` which tickets are listed.
    """
    as_of = asked_moment(request)
    part_only = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    seq = seq_of(newest_change(as_of))
    if part_only and as_of is None and request.GET.get("seq") == str(seq):
        return HttpResponse(status=204)
    network = latest_network(as_of)
    context = {"as_of": as_of, "seq": seq, "network": network} | _tickets(request, as_of)
    context |= _chosen(request, network, as_of)
    if part_only:
        response = render(request, "themes/_sympathy.html", context)
        response[SEQ_HEADER] = str(seq)
        return response
    return render(request, "themes/sympathy.html", context)


def _chosen(request: HttpRequest, network: SympathyNetwork | None, as_of: datetime | None) -> dict[str, Any]:
    """The part that the address names, else the newest leader's, with its picture and the chooser's options."""
    symbol = request.GET.get("symbol", "").strip()
    group, theme_id = _asked_group(request), _asked_theme(request)
    themes = list_themes(as_of)[:THEMES]
    context: dict[str, Any] = {"symbol": symbol, "community": group, "theme_id": theme_id, "themes": themes}
    if network is None:
        return context | {"part": None, "picture": None}
    part: Part | None
    if group is not None:
        part = show_community(network, group) or Part(f"Group {group + 1}", note="This network has no such group.")
    elif theme_id is not None:
        part = show_theme(network, theme_id, as_of) or Part("Theme", note="No theme of that number was known.")
    else:
        symbol = symbol or _newest_leader(as_of)
        part = show_stock(network, symbol, as_of) if symbol else None
        if part is None and network.communities:
            part = show_community(network, 0)
    return context | {"symbol": symbol, "part": part, "picture": None if part is None else draw_part(part)}


def _newest_leader(as_of: datetime | None) -> str:
    newest = list_tickets(as_of).first()
    return "" if newest is None else newest.leader.symbol


def _tickets(request: HttpRequest, as_of: datetime | None) -> dict[str, Any]:
    tier = _asked_choice(request, "tier", SympathyTicket.Tier.values)
    state = _asked_choice(request, "state", STATES)
    before = request.GET.get("before", "")
    rows = list_tickets(as_of, tier=tier, state=state)
    if before:
        if not before.isascii() or not before.isdigit() or len(before) > 18:
            raise BadParameter("before", before, "not the number of a ticket")
        rows = rows.filter(pk__lt=int(before))
    found = [shown_at(ticket, as_of) for ticket in rows[: TICKETS + 1]]
    return {
        "tickets": found[:TICKETS],
        "older": found[TICKETS - 1].pk if len(found) > TICKETS else None,
        "before": before,
        "tier": tier,
        "state": state,
        "tiers": SympathyTicket.Tier.choices,
        "record": ticket_record(as_of),
        "now": as_of or clock.now(),
    }


def _asked_choice(request: HttpRequest, name: str, known: Any) -> str:
    asked = request.GET.get(name, "")
    if asked and asked not in known:
        raise BadParameter(name, asked, f"not one of {', '.join(known)}")
    return asked


def _asked_group(request: HttpRequest) -> int | None:
    asked = request.GET.get("community", "")
    if not asked:
        return None
    if not asked.isascii() or not asked.isdigit() or not 1 <= int(asked[:9]) <= 9_999:
        raise BadParameter("community", asked, "not the number of a group")
    return int(asked) - 1


def _asked_theme(request: HttpRequest) -> uuid.UUID | None:
    asked = request.GET.get("theme", "")
    if not asked:
        return None
    try:
        return uuid.UUID(asked)
    except ValueError as error:
        raise BadParameter("theme", asked, "not a theme's number") from error
