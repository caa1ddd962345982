"""Financial Modeling Prep, stable endpoints: routes, key and refusals (upstreams.md section 2)."""

from __future__ import annotations

from collections.abc import Mapping, MutableMapping, Sequence

from sentiment_site.simulator.vendors.fmp.companies import Companies
from sentiment_site.simulator.vendors.fmp.quotes import Quotes
from sentiment_site.simulator.vendors.vendor import Handler, Reason, Route, Vendor, route
from sentiment_site.simulator.wire import Answer, Request, answer
from sentiment_site.simulator.world import World

_BAD_KEY = "Invalid API KEY. Feel free to create a Free API Key or visit https://site.financialmodelingprep.com/faqs"
_REFUSALS = {
    Reason.MISSING_KEY: (401, _BAD_KEY),
    Reason.UNKNOWN_KEY: (401, _BAD_KEY),
    Reason.NOT_ENTITLED: (403, "Legacy Endpoint : Due to Legacy endpoints being no longer supported - This endpoint is "
                          "only available for legacy users who have valid subscriptions prior August 31, 2025."),
    Reason.RATE_LIMITED: (429, "Limit Reach . Please upgrade your plan or visit our documentation for more details"),
    Reason.BROKEN: (500, "Internal Server Error"),
}  # fmt: skip


def _routes(world: World) -> Sequence[Route]:
    companies, quotes = Companies(world.tape), Quotes(world.tape)
    handlers: dict[str, Handler] = {
        "company-screener": companies.screener,
        "profile": companies.profile,
        "shares-float": companies.float_of,
        "shares-float-all": companies.all_floats,
        "stock-peers": companies.peers,
        "delisted-companies": companies.delisted,
        "quote": quotes.quote,
        "quote-short": quotes.quote_short,
        "batch-quote": quotes.batch_quote,
        "batch-quote-short": quotes.batch_quote_short,
        "sector-performance-snapshot": quotes.sector_performance,
        "available-sectors": quotes.sectors,
    }
    # FMP's base URL is .../stable; the simulator's may be given with or without it
    stable = [route(f"(?:/stable)?/{name}", handler) for name, handler in handlers.items()]
    return (*stable, route("/api/v[34]/.+", lambda request: _refuse(Reason.NOT_ENTITLED, "", request)))


def _take_key(query: MutableMapping[str, str], headers: Mapping[str, str]) -> str:
    return query.pop("apikey", "") or headers.get("apikey", "")


def _refuse(reason: Reason, text: str, request: Request) -> Answer:
    status, says = _REFUSALS.get(reason, (400, f"Invalid or missing query parameter: {text}"))
    return answer({"Error Message": says}, status)


FMP = Vendor("fmp", _routes, _take_key, _refuse)
