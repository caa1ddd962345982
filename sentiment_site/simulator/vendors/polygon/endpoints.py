"""Massive's routes, key and refusals (upstreams.md 1.1, 1.3, 1.4)."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence

from sentiment_site.simulator.vendors.polygon import ownership, reference
from sentiment_site.simulator.vendors.polygon.prices import Prices
from sentiment_site.simulator.vendors.polygon.snapshot import SnapshotEndpoints
from sentiment_site.simulator.vendors.vendor import Reason, Route, Vendor, bearer, route
from sentiment_site.simulator.wire import Answer, Request, answer
from sentiment_site.simulator.world import World

_TICKER = r"(?P<symbol>[^/]+)"
_SNAPSHOT = "/v2/snapshot/locale/us/markets/stocks/tickers"
_REFUSALS: dict[Reason, tuple[int, dict[str, str]]] = {
    Reason.MISSING_KEY: (401, {"error": "API Key was not provided"}),
    Reason.UNKNOWN_KEY: (401, {"error": "Unknown API Key"}),
    # the one refusal with `message` instead of `error`
    Reason.NOT_ENTITLED: (403, {"status": "NOT_AUTHORIZED", "message": "You are not entitled to this data. Please "
                                "upgrade your plan at https://massive.com/pricing"}),
    Reason.RATE_LIMITED: (429, {"error": "You've exceeded the maximum requests per minute, please wait or upgrade your "
                                "subscription to continue. https://massive.com/pricing"}),
    Reason.BROKEN: (500, {"error": "Internal server error"}),
}  # fmt: skip


def _routes(world: World) -> Sequence[Route]:
    tape = world.tape
    prices, snapshots = Prices(tape), SnapshotEndpoints(tape)
    return (
        route("/v3/reference/tickers", lambda request: reference.tickers(tape, request)),
        route("/v3/reference/tickers/types", lambda request: reference.ticker_types(tape, request)),
        route(f"/v3/reference/tickers/{_TICKER}", lambda request: reference.ticker_details(tape, request)),
        route("/v2/aggs/grouped/locale/us/market/stocks/(?P<date>[^/]+)", prices.grouped_daily),
        route(f"/v2/aggs/ticker/{_TICKER}/range/(?P<multiplier>[^/]+)/(?P<timespan>[^/]+)/(?P<from>[^/]+)/(?P<to>[^/]+)",
              prices.aggregates),
        route(f"/v2/aggs/ticker/{_TICKER}/prev", prices.previous_close),
        route(_SNAPSHOT, snapshots.all_tickers),
        route(f"{_SNAPSHOT}/{_TICKER}", snapshots.one_ticker),
        route("/stocks/v1/splits", lambda request: ownership.splits(tape, request)),
        route("/stocks/v1/short-interest", lambda request: ownership.short_interest(tape, request)),
        route("/stocks/vX/float", lambda request: ownership.floats(tape, request)),
        route("/v1/marketstatus/now", lambda request: reference.market_status(tape, request)),
        route("/v1/marketstatus/upcoming", lambda request: reference.market_holidays(tape, request)),
    )  # fmt: skip


def _take_key(query: MutableMapping[str, str], headers: Mapping[str, str]) -> str:
    return query.pop("apiKey", "") or bearer(headers)


def _refuse(reason: Reason, text: str, request: Request) -> Answer:
    status, body = _REFUSALS.get(reason, (400, {"error": text}))
    return answer({"status": "ERROR", "request_id": request.request_id, **body}, status)


POLYGON = Vendor("polygon", _routes, _take_key, _refuse)
