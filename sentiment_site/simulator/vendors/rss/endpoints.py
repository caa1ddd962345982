"""The feeds' routes. Nobody needs a key; a feed that refuses does so in HTML."""

from __future__ import annotations

import re
from collections.abc import Mapping, MutableMapping, Sequence

from sentiment_site.simulator.vendors.rss.feeds import FEEDS, Feeds
from sentiment_site.simulator.vendors.rss.halts import HaltLists
from sentiment_site.simulator.vendors.rss.threshold import ThresholdLists
from sentiment_site.simulator.vendors.vendor import Reason, Route, Vendor, route
from sentiment_site.simulator.wire import Answer, Request
from sentiment_site.simulator.world import World

_PAGE = "<html><head><title>{text}</title></head><body><center><h1>{text}</h1></center></body></html>\n"
_REFUSALS = {
    Reason.MISSING_KEY: (403, "403 Forbidden"),
    Reason.UNKNOWN_KEY: (403, "403 Forbidden"),
    Reason.NOT_ENTITLED: (403, "403 Forbidden"),
    Reason.RATE_LIMITED: (429, "429 Too Many Requests"),
    Reason.BROKEN: (500, "500 Internal Server Error"),
    Reason.BAD_PARAMETER: (400, "400 Bad Request"),
}


def _routes(world: World) -> Sequence[Route]:
    names = "|".join(re.escape(name) for name in FEEDS)
    halts = HaltLists(world.tape)
    return (
        route(f"/(?P<name>{names})", Feeds(world.documents).feed),
        route(r"/halts\.xml", halts.nasdaq),
        route(r"/nyse-halts\.csv", halts.nyse),
        route(r"/nasdaqth(?P<day>\d{8})\.txt", ThresholdLists(world.tape).nasdaq),
    )


def _take_key(query: MutableMapping[str, str], headers: Mapping[str, str]) -> str:
    return ""


def _refuse(reason: Reason, text: str, request: Request) -> Answer:
    status, says = _REFUSALS[reason]
    return Answer(status, _PAGE.format(text=says).encode(), "text/html; charset=utf-8")


RSS = Vendor("rss", _routes, _take_key, _refuse, open=re.compile(".*"))
