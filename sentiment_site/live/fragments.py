"""Fragments that are rendered for every open page, or hold hundreds of rows, are Jinja2; pages are Django's templates.

Both write figures with the same filters. In a fragment a name that was not given is an error, not an empty place.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from django.urls import NoReverseMatch, reverse
from jinja2 import Environment

from .templatetags import figures
from .time_machine import address_at

ADDRESSES_HELD = 20_000


def environment(**options: Any) -> Environment:
    """What settings.TEMPLATES names: the filters of `figures`, and `url`, `url_if_any`, `address_at` for links."""
    made = Environment(**options, trim_blocks=True, lstrip_blocks=True)  # noqa: S701 - the backend asks for it
    made.filters |= figures.register.filters
    made.globals |= {"url": url, "url_if_any": url_if_any, "address_at": address_at}
    return made


@lru_cache(maxsize=ADDRESSES_HELD)
def url(view: str, *arguments: str) -> str:
    """The address of a view; NoReverseMatch where there is none."""
    return reverse(view, args=arguments)


def url_if_any(view: str, *arguments: str) -> str:
    """The address of a view; "" where this installation has none."""
    try:
        return url(view, *arguments)
    except NoReverseMatch:
        return ""
