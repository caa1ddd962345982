"""Parameters of the book's addresses, read strictly: what is misspelt is refused with 400 and named."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.core.paginator import Page, Paginator
from django.http import HttpRequest, QueryDict

from sentiment_site.live.time_machine import AS_OF, BadParameter

# of the shell around every page: the time machine and the stock panel
SHELL = frozenset({AS_OF, "panel"})


def refuse_unknown(request: HttpRequest, *known: str) -> None:
    """BadParameter for the first parameter that this page does not have."""
    for name in request.GET:
        if name not in SHELL and name not in known:
            offered = ", ".join((*known, AS_OF))
            raise BadParameter(name[:60], request.GET[name][:60], f"unknown; this page has {offered}")


def read_choice(request: HttpRequest, name: str, known: Iterable[str], default: str) -> str:
    """One of a few words."""
    value = request.GET.get(name, "") or default
    words = list(known)
    if value not in words:
        raise BadParameter(name, value[:60], f"not one of {', '.join(words)}")
    return value


def read_page(query: QueryDict, rows: Any, size: int) -> Page[Any]:
    """Rows (a list or an ordered QuerySet) of the page of `?page=`, 1 without it. BadParameter for one that is not."""
    pages = Paginator(rows, size)
    asked = query.get("page", "") or "1"
    # the length first: int() of a very long number raises
    if not (asked.isascii() and asked.isdigit() and len(asked) <= 6 and 1 <= int(asked) <= pages.num_pages):
        raise BadParameter("page", asked[:60], f"not a page from 1 to {pages.num_pages}")
    return pages.page(int(asked))
