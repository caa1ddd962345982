"""Massive's routes, key and refusals (upstreams.md 1.1, 1.3, 1.4)."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence

from sentiment_site.simulator.options.market import OptionMarket
from sentiment_site.simulator.tape.snapshot import Snapshots
from sentiment_site.simulator.vendors.polygon import ownership, reference
from sentiment_site.simulator.vendors.polygon.dividends import Dividends
from sentiment_site.simulator.vendors.polygon.news import News
from sentiment_site.simulator.vendors.polygon.options import OptionEndpoints
from sentiment_site.simulator.vendors.polygon.prices import Prices
from sentiment_site.simulator.vendors.polygon.related import related_companies
from sentiment_site.simulator.vendors.polygon.short_volume import short_volume
from sentiment_site.simulator.vendors.polygon.snapshot import SnapshotEndpoints
from sentiment_site.simulator.vendors.polygon.unified import UnifiedSnapshot
from sentiment_site.simulator.vendors.vendor import Reason, Route, Vendor, bearer, route
from sentiment_site.simulator.wire import Answer, Request, answer
from sentiment_site.simulator.world import World

_TICKER = r"(?P<symbol>[^/]+)"
_CONTRACT, _UNDERLYING = r"(?P<contract>O:[^/]+)", r"(?P<underlying>[^/]+)"
_SNAPSHOT = "/v2/snapshot/locale/us/markets/stocks"
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
    frames = Snapshots(tape)
    prices, snapshots, dividends = Prices(tape), SnapshotEndpoints(tape, frames), Dividends(tape)
    options = OptionEndpoints(OptionMarket(tape, frames))
    unified = UnifiedSnapshot(tape, frames, options)
    return (
        route("/v3/reference/tickers", lambda request: reference.tickers(tape, request)),
        route("/v3/reference/tickers/types", lambda request: reference.ticker_types(tape, request)),
        route(f"/v3/reference/tickers/{_TICKER}", lambda request: reference.ticker_details(tape, request)),
        route("/v2/aggs/grouped/locale/us/market/stocks/(?P<date>[^/]+)", prices.grouped_daily),
        route(f"/v2/aggs/ticker/{_TICKER}/range/(?P<multiplier>[^/]+)/(?P<timespan>[^/]+)/(?P<from>[^/]+)/(?P<to>[^/]+)",
              prices.aggregates),
        route(f"/v2/aggs/ticker/{_TICKER}/prev", prices.previous_close),
        route(f"/v1/open-close/{_TICKER}/(?P<date>[^/]+)", prices.open_close),
        route(f"{_SNAPSHOT}/tickers", snapshots.all_tickers),
        route(f"{_SNAPSHOT}/tickers/{_TICKER}", snapshots.one_ticker),
        route(f"{_SNAPSHOT}/(?P<direction>gainers|losers)", snapshots.movers),
        route("/v3/snapshot", unified.rows),
        route("/v3/snapshot/indices", lambda request: _refuse(Reason.NOT_ENTITLED, "", request)),  # a plan of its own
        route(f"/v3/snapshot/options/{_UNDERLYING}", options.chain),
        route(f"/v3/snapshot/options/{_UNDERLYING}/{_CONTRACT}", options.one),
        route("/v3/reference/options/contracts", options.contracts),
        route(f"/v3/reference/options/contracts/{_CONTRACT}", options.contract),
        route("/stocks/v1/splits", lambda request: ownership.splits(tape, request)),
        route("/stocks/v1/short-interest", lambda request: ownership.short_interest(tape, request)),
        route("/stocks/v1/short-volume", lambda request: short_volume(tape, request)),
        route("/stocks/v1/dividends", dividends.dividends),
        route("/v3/reference/dividends", dividends.older_dividends),
        route("/v3/reference/splits", dividends.older_splits),
        route(f"/v1/related-companies/{_TICKER}", lambda request: related_companies(tape, request)),
        route("/stocks/vX/float", lambda request: ownership.floats(tape, request)),
        route("/v2/reference/news", News(world.documents, tape.market).articles),
        route("/v1/marketstatus/now", lambda request: reference.market_status(tape, request)),
        route("/v1/marketstatus/upcoming", lambda request: reference.market_holidays(tape, request)),
    )  # fmt: skip


def _take_key(query: MutableMapping[str, str], headers: Mapping[str, str]) -> str:
    return query.pop("apiKey", "") or bearer(headers)


def _refuse(reason: Reason, text: str, request: Request) -> Answer:
    status, body = _REFUSALS.get(reason, (400, {"error": text}))
    return answer({"status": "ERROR", "request_id": request.request_id, **body}, status)


POLYGON = Vendor("polygon", _routes, _take_key, _refuse)
