"""What a simulated vendor is: its endpoints, how it reads a key, and how it says no."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from sentiment_site.simulator.wire import Answer, Request
from sentiment_site.simulator.world import World

Handler = Callable[[Request], Answer]


class Reason(StrEnum):
    """Why a vendor refuses. Each vendor has its own status and body for each."""

    MISSING_KEY = "missing_key"
    UNKNOWN_KEY = "unknown_key"
    NOT_ENTITLED = "not_entitled"
    RATE_LIMITED = "rate_limited"
    BAD_PARAMETER = "bad_parameter"
    BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Route:
    """One endpoint: the handler gets the named groups of `path` as the request's extras."""

    path: re.Pattern[str]
    handler: Handler
    method: str = "GET"


@dataclass(frozen=True, slots=True)
class Vendor:
    """One vendor, served under `/<name>`.

    routes: its endpoints over a world; take_key: removes the key from query and headers (names in lower case) and
    returns it, "" if there is none; refuse: its answer for a reason and a text (BAD_PARAMETER: what is wrong); open:
    paths that are served without a key.
    """

    name: str
    routes: Callable[[World], Sequence[Route]]
    take_key: Callable[[MutableMapping[str, str], Mapping[str, str]], str]
    refuse: Callable[[Reason, str, Request], Answer]
    open: re.Pattern[str] = re.compile(r"(?!)")


def route(path: str, handler: Handler, method: str = "GET") -> Route:
    """An endpoint from the text of its pattern."""
    return Route(re.compile(path), handler, method)


def bearer(headers: Mapping[str, str]) -> str:
    """The token of `Authorization: Bearer ...` (any case), "" if there is none."""
    scheme, _, token = headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""
