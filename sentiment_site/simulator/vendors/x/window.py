"""Which stretch of the last seven days a request asks for, and X's words for what is outside (upstreams.md 5.2)."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, replace

from sentiment_site.simulator.vendors.posts import UNIX, milliseconds
from sentiment_site.simulator.vendors.x.problems import InvalidError
from sentiment_site.simulator.wire import BadParameter, Request, decode_cursor, digest, encode_cursor

_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z")
_EPOCH_MS = 1_288_834_974_657  # of X's identifiers, 4 November 2010
_LOW_BITS = 22  # below the milliseconds
_REACH = dt.timedelta(days=7)
_LATEST = dt.timedelta(seconds=10)
_DEFAULT_LAG = dt.timedelta(seconds=30)
_INSTANT = dt.timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Window:
    """begin <= time < end, and above < number < below."""

    begin: dt.datetime
    end: dt.datetime
    above: int
    below: int

    @property
    def after(self) -> dt.datetime:
        """The bounds as archives take them: after < at <= until."""
        return self.begin - _INSTANT

    @property
    def until(self) -> dt.datetime:
        """See after."""
        return self.end - _INSTANT


def first_number(moment: dt.datetime) -> int:
    """The smallest number a post of this millisecond could have."""
    return (milliseconds(moment) - _EPOCH_MS) << _LOW_BITS


def moment_of(number: int) -> dt.datetime:
    """The millisecond of a number. OverflowError where there is no such time."""
    return UNIX + dt.timedelta(milliseconds=(number >> _LOW_BITS) + _EPOCH_MS)


def read_window(request: Request) -> Window:
    """The window of start_time, end_time, since_id and until_id. InvalidError for what X refuses."""
    now, oldest = request.now, request.now - _REACH
    begin, end = _time(request, "start_time"), _time(request, "end_time")
    above, below = _number(request, "since_id"), _number(request, "until_id")
    if (begin or end) and (above or below):
        name = "since_id" if above else "until_id"
        raise InvalidError(
            name,
            request.text(name),
            "Invalid use of 'since_id' or 'until_id' in conjunction with 'start_time' or 'end_time'.",
        )
    for name, moment in (("start_time", begin), ("end_time", end)):
        given = request.text(name)
        if moment is not None and moment > now - _LATEST:
            raise InvalidError(
                name,
                given,
                f"Invalid '{name}':'{given}'. '{name}' must be a minimum of 10 seconds prior to the request time.",
            )
        if moment is not None and moment < oldest:
            raise InvalidError(
                name, given, f"Invalid '{name}':'{given}'. '{name}' must be on or after {oldest:%Y-%m-%dT%H:%MZ}"
            )
    if begin and end and end <= begin:
        given = request.text("end_time")
        raise InvalidError("end_time", given, f"Invalid 'end_time':'{given}'. 'end_time' must be after 'start_time'.")
    for name, number in (("since_id", above), ("until_id", below)):
        if number is not None and number < first_number(oldest):
            least = first_number(oldest)
            bound = f"must be a tweet id created after {oldest:%Y-%m-%dT%H:%MZ}"
            message = f"'{name}' {bound}. Please use a '{name}' that is larger than {least}"
            raise InvalidError(name, str(number), message)
    last = end or now - _DEFAULT_LAG
    return Window(begin or oldest, last, above or 0, below or first_number(now))


def continued(window: Window, request: Request) -> Window:
    """The window behind the page that gave `next_token` (or `pagination_token`). A token serves its own query only."""
    name = "next_token" if request.text("next_token") else "pagination_token"
    token = request.text(name)
    if not token:
        return window
    try:
        state = decode_cursor(token)
        below = int(state["below"])
        if state["query"] != _query_mark(request):
            raise ValueError(token)
        # a count's page ends at a moment, a search's inside a millisecond
        whole = first_number(moment_of(below)) == below
        end = min(window.end, moment_of(below) + (dt.timedelta() if whole else dt.timedelta(milliseconds=1)))
    except (BadParameter, KeyError, ValueError, OverflowError):
        raise InvalidError(
            name, token, f"Invalid '{name}':'{token}'. '{name}' is not a valid token for this query."
        ) from None
    return replace(window, end=end, below=min(below, window.below))


def next_token(request: Request, below: int) -> str:
    """The token of the page that goes on below this number."""
    return encode_cursor({"below": str(below), "query": _query_mark(request)})


def _query_mark(request: Request) -> str:
    return digest("x", request.text("query"))[:12]


def _time(request: Request, name: str) -> dt.datetime | None:
    given = request.text(name)
    if not given:
        return None
    try:
        if not _TIME.fullmatch(given):
            raise ValueError(given)
        return dt.datetime.fromisoformat(given)
    except ValueError:
        raise InvalidError(
            name, given, f"The `{name}` query parameter value [{given}] is not a valid RFC3339 date-time"
        ) from None


def _number(request: Request, name: str) -> int | None:
    given = request.text(name)
    if not given:
        return None
    if not re.fullmatch("[0-9]{1,19}", given):
        raise InvalidError(name, given, f"The `{name}` query parameter value [{given}] does not match ^[0-9]{{1,19}}$")
    return int(given)
