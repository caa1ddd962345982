"""What every page of a book has around it: its tabs, whose book it is, and whether it can be changed at this moment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import NoReverseMatch, reverse

from portfolios.models import Portfolio, User
from sentiment_site.live.time_machine import address_at


@dataclass(frozen=True, slots=True)
class Tab:
    """A page of the book. name: what a page says it is; view: its URL name; key: after g on the keyboard."""

    name: str
    title: str
    view: str
    key: str = ""


TABS = (
    Tab("overview", "Overview", "portfolios:book"),
    Tab("positions", "Positions", "portfolios:positions", "p"),
    Tab("risk", "Risk", "portfolios:risk", "r"),
    Tab("factors", "Factors", "portfolios:factors", "f"),
    Tab("stress", "Stress", "portfolios:stress", "e"),
    Tab("light", "Light", "portfolios:light", "w"),
    Tab("cash", "Cash", "portfolios:cash", "m"),
    Tab("tags", "Tags", "portfolios:tags", "l"),
    Tab("snapshots", "Snapshots", "portfolios:snapshots", "d"),
    Tab("import", "Import", "portfolios:import", "i"),
)


def find_address(view: str, *args: Any) -> str:
    """Where a page is; "" while this installation has none of that name."""
    try:
        return reverse(view, args=args)
    except NoReverseMatch:
        return ""


def list_tabs(current: str, as_of: datetime | None) -> list[dict[str, Any]]:
    """The tabs that exist, at the moment shown; the neighbours of the current one carry the keys h and l."""
    found = [(tab, address) for tab in TABS if (address := find_address(tab.view))]
    here = next((place for place, (tab, _) in enumerate(found) if tab.name == current), -1)
    return [
        {
            "tab": tab,
            "address": address_at(address, as_of),
            "current": place == here,
            "step": {-1: "h", 1: "l"}.get(place - here, "") if here >= 0 else "",
        }
        for place, (tab, address) in enumerate(found)
    ]


def book_context(request: HttpRequest, portfolio: Portfolio, current: str, as_of: datetime | None) -> dict[str, Any]:
    """What templates/portfolios/_tabs.html and every page of a book need.

    as_of: the moment shown, None live. may_edit: only the present can be changed. own_copy: a visitor's copy of a demo
    book, which ends at `user.expires_at`.
    """
    user = request.user
    return {
        "title": next((tab.title for tab in TABS if tab.name == current), "Book"),
        "book": portfolio,
        "tabs": list_tabs(current, as_of),
        "as_of": as_of,
        "may_edit": as_of is None,
        "own_copy": isinstance(user, User) and user.is_copy,
        "simulated": settings.DEMO,
    }


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any],
    *,
    portfolio: Portfolio,
    current: str,
    as_of: datetime | None,
    status: int = 200,
) -> HttpResponse:
    """A page of the book, never kept by anybody between."""
    whole = {**book_context(request, portfolio, current, as_of), **context}
    response = render(request, template, whole, status=status)
    response["Cache-Control"] = "private, no-cache"
    return response
