"""The time machine of the pages: `?as_of=` read, remembered for the shell around a page, written into addresses."""

from __future__ import annotations

from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from django.core.exceptions import BadRequest
from django.http import HttpRequest

from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.market.moments import parse_moment

AS_OF = "as_of"
# Parameters that name something which need not exist at another moment: a page number, a run.
OF_ONE_MOMENT = frozenset({AS_OF, "page", "run", "seq"})
_REMEMBERED = "time_machine_moment"


class BadParameter(BadRequest, ValueError):
    """A parameter of an address that cannot be read; uncaught it becomes a page with status 400 that names it."""

    def __init__(self, parameter: str, value: str, message: str) -> None:
        super().__init__(f"{parameter}: {message}")
        self.parameter = parameter
        self.value = value
        self.message = message


def asked_moment(request: HttpRequest) -> datetime | None:
    """The moment of `?as_of=`, None for live. Calling it says that this page has a time machine.

    BadParameter for a moment that cannot be read; the page then counts as live.
    """
    setattr(request, _REMEMBERED, None)
    asked = request.GET.get(AS_OF, "").strip()
    moment = read_moment(asked) if asked else None
    setattr(request, _REMEMBERED, moment)
    return moment


def read_moment(asked: str) -> datetime:
    """A moment in UTC. BadParameter names `as_of` when it cannot be read."""
    try:
        return parse_moment(asked)
    except ValueError as error:
        raise BadParameter(AS_OF, asked, str(error)) from error


def has_time_machine(request: HttpRequest) -> bool:
    """Whether the view that answers this request has read its moment."""
    return hasattr(request, _REMEMBERED)


def shown_moment(request: HttpRequest) -> datetime | None:
    """The moment that the page shows, None for live and for pages without a time machine."""
    moment: datetime | None = getattr(request, _REMEMBERED, None)
    return moment


def write_moment(as_of: datetime) -> str:
    """A moment as it stands in an address: New York time with its offset, to the microsecond where there is any."""
    return as_of.astimezone(NEW_YORK).isoformat()


def address_at(address: str, as_of: datetime | None) -> str:
    """The same page at another moment, None for live; what belongs to one moment only is left out."""
    parts = urlsplit(address)
    kept = [(name, value) for name, value in parse_qsl(parts.query) if name not in OF_ONE_MOMENT]
    if as_of is not None:
        kept.append((AS_OF, write_moment(as_of)))
    return parts.path + (f"?{urlencode(kept)}" if kept else "")
