"""alternative.me's Fear and Greed index: strings, newest first, refreshed at 00:00 UTC (upstreams.md 3.2)."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Mapping, MutableMapping, Sequence
from typing import Any

from sentiment_site.simulator.crypto.market import DAY, Crypto
from sentiment_site.simulator.crypto.sentiment import classify, index_days
from sentiment_site.simulator.memo import Memo
from sentiment_site.simulator.vendors.vendor import Reason, Route, Vendor, route
from sentiment_site.simulator.wire import Answer, BadParameter, Request, answer
from sentiment_site.simulator.world import World

_NAME = "Fear and Greed Index"
_DATES = {"us": "%m-%d-%Y", "cn": "%Y/%m/%d", "kr": "%Y.%m.%d", "world": "%d-%m-%Y"}
_REFUSALS = {
    Reason.RATE_LIMITED: (429, "Too many requests"),
    Reason.NOT_ENTITLED: (403, "Forbidden"),
    Reason.MISSING_KEY: (401, "Unauthorized"),
    Reason.UNKNOWN_KEY: (401, "Unauthorized"),
    Reason.BROKEN: (500, "Internal Server Error"),
}


class FearAndGreed:
    """The index over one crypto market."""

    def __init__(self, crypto: Crypto) -> None:
        self._crypto = crypto
        self._days: Memo[int, list[tuple[int, int]]] = Memo(4)

    def index(self, request: Request) -> Answer:
        """GET /fng/: `limit` rows (1 by default, 0 is all); `date_format` writes dates instead of seconds; `format`
        json or csv, whose rows stand inside a JSON frame, as the vendor has it."""
        limit, form = request.whole("limit", 1, 1_000_000, 0), request.text("date_format")
        if form and form not in _DATES:
            raise BadParameter("invalid date_format")
        at = self._crypto.moment(request.now)
        days = self._days.get(at // DAY, lambda: index_days(self._crypto, at))[::-1]
        rows: list[dict[str, str]] = []
        for midnight, value in days[:limit] if limit else days:
            day = dt.datetime.fromtimestamp(midnight, dt.UTC)
            stamp = day.strftime(_DATES[form]) if form else str(midnight)
            rows.append({"value": str(value), "value_classification": classify(value), "timestamp": stamp})
        if not form:
            rows[0]["time_until_update"] = str(DAY - int(request.now.timestamp()) % DAY)
        if request.text("format", "json") == "csv":
            return Answer(200, _as_csv(rows).encode(), "text/html; charset=utf-8")
        return answer({"name": _NAME, "data": rows, "metadata": {"error": None}})


def _as_csv(rows: Sequence[Mapping[str, str]]) -> str:
    lines = [f"{row['timestamp']},{row['value']},{row['value_classification']}" for row in rows]
    table = "\n".join(["date,fng_value,fng_classification", *lines])
    frame = '{\n\t"name": %s,\n\t"data": [\n%s\n\t],\n\t"metadata": {\n\t\t"error": null\n\t}\n}\n'
    return frame % (json.dumps(_NAME), table)


def _take_key(query: MutableMapping[str, str], headers: Mapping[str, str]) -> str:
    return ""


def _refuse(reason: Reason, text: str, request: Request) -> Answer:
    status, says = _REFUSALS.get(reason, (400, text))
    body: dict[str, Any] = {"name": _NAME, "data": [], "metadata": {"error": says}}
    return answer(body, status)


def _routes(world: World) -> Sequence[Route]:
    return (route("/fng/?", FearAndGreed(world.crypto).index),)


ALTERNATIVE = Vendor("alternative", _routes, _take_key, _refuse, re.compile(".*"))
