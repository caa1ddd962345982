"""Massive (formerly Polygon): reference data. Shapes and quirks of upstreams.md 1.4, 1.7 and 1.8."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

import numpy as np

from sentiment_site.market import calendar
from sentiment_site.market.calendar import NEW_YORK, Phase
from sentiment_site.simulator.market.listing import Security
from sentiment_site.simulator.tape.cut import Tape
from sentiment_site.simulator.tape.holidays import list_holidays
from sentiment_site.simulator.wire import (
    Answer,
    BadParameter,
    NotFoundError,
    Request,
    answer,
    decode_cursor,
    encode_cursor,
)

_TYPES = (
    ("CS", "Common Stock"),
    ("PFD", "Preferred Stock"),
    ("WARRANT", "Warrant"),
    ("RIGHT", "Rights"),
    ("UNIT", "Unit"),
    ("ADRC", "American Depository Receipt Common"),
    ("ETF", "Exchange Traded Fund"),
    ("FUND", "Fund"),
)
_INDEX_GROUPS = ("s_and_p", "societe_generale", "msci", "ftse_russell", "mstar", "mstarc", "cccy", "cgi", "nasdaq",
                 "dow_jones")  # fmt: skip


def tickers(tape: Tape, request: Request) -> Answer:
    """GET /v3/reference/tickers: ordered by ticker, paged by a cursor that names the last ticker served."""
    fields = decode_cursor(request.text("cursor")) if request.text("cursor") else dict(request.query)
    asked = Request(request.path, fields, request.base, request.now)
    limit = asked.whole("limit", 100, 1000)
    descending = _descending(asked)
    active = asked.flag("active", True)
    after = asked.text("ap")
    page: list[dict[str, Any]] = []
    for row in _matching(tape, asked, active, descending):
        symbol = tape.listing.securities[row].symbol
        if after and (symbol >= after if descending else symbol <= after):
            continue
        if len(page) == limit:
            fields = {**{name: value for name, value in fields.items() if name != "apiKey"}, "ap": page[-1]["ticker"]}
            next_url = f"{request.base}{request.path}?cursor={encode_cursor(fields)}"
            return answer(_tickers_page(page, asked.request_id, next_url))
        page.append(_ticker(tape, row, request.now))
    return answer(_tickers_page(page, asked.request_id, None))


def ticker_types(tape: Tape, request: Request) -> Answer:
    """GET /v3/reference/tickers/types."""
    rows = [
        {"code": code, "description": description, "asset_class": "stocks", "locale": "us"}
        for code, description in _TYPES
    ]
    return answer({"results": rows, "status": "OK", "request_id": request.request_id, "count": len(rows)})


def ticker_details(tape: Tape, request: Request) -> Answer:
    """GET /v3/reference/tickers/{T}. What is not known is omitted; 404 for a ticker that is not (yet) listed."""
    symbol = request.extras["symbol"]
    row = tape.listing.row_of.get(symbol)
    if row is None or not tape.is_known(request.now)[row]:
        raise NotFoundError({"status": "NOT_FOUND", "request_id": request.request_id, "message": "Ticker not found."})
    security = tape.listing.securities[row]
    units = float(tape.units(request.now)[row])
    details = _ticker(tape, row, request.now)
    details.pop("last_updated_utc")
    close = float(tape.last_closes(request.now)[row])
    if security.has_market_cap and close > 0:
        details["market_cap"] = round(close * security.shares * units, 2)
    root, suffix = _parts(symbol)
    details |= {"ticker_root": root, "round_lot": 100, "share_class_shares_outstanding": round(security.shares * units)}
    if suffix:
        details["ticker_suffix"] = suffix
    if security.weighted_shares is not None:
        details["weighted_shares_outstanding"] = round(security.weighted_shares * units)
    if security.sic:
        details |= {"sic_code": security.sic, "sic_description": security.sic_description}
    list_date = tape.list_date(row)
    if list_date is not None:
        details["list_date"] = list_date.isoformat()
    if security.kind in ("CS", "ADRC"):
        details |= _company(security, request.base)
    return answer({"request_id": request.request_id, "results": details, "status": "OK"})


def market_status(tape: Tape, request: Request) -> Answer:
    """GET /v1/marketstatus/now. Follows market time, without the delay of prices."""
    phase = calendar.phase_at(request.now)
    word = {Phase.CLOSED: "closed", Phase.REGULAR: "open"}.get(phase, "extended-hours")
    return answer(
        {
            "market": word,
            "earlyHours": phase is Phase.PRE,
            "afterHours": phase is Phase.AFTER,
            "serverTime": request.now.astimezone(NEW_YORK).replace(microsecond=0).isoformat(),
            "exchanges": {"nyse": word, "nasdaq": word, "otc": word if phase is Phase.REGULAR else "closed"},
            "currencies": {"fx": _forex(request.now), "crypto": "open"},
            "indicesGroups": dict.fromkeys(_INDEX_GROUPS, "open" if phase is Phase.REGULAR else "closed"),
        }
    )


def market_holidays(tape: Tape, request: Request) -> Answer:
    """GET /v1/marketstatus/upcoming: a bare array, one row per holiday and exchange, from today on."""
    rows: list[dict[str, str]] = []
    for holiday in list_holidays(request.now.astimezone(NEW_YORK).date()):
        row = {"date": holiday.date.isoformat(), "name": holiday.name}
        if holiday.session is None:
            rows += [{**row, "exchange": exchange, "status": "closed"} for exchange in ("NYSE", "NASDAQ", "OTC")]
            continue
        hours = {"open": _zulu(holiday.session.open), "close": _zulu(holiday.session.close)}
        rows += [{**row, "exchange": exchange, "status": "early-close", **hours} for exchange in ("NASDAQ", "NYSE")]
    return answer(rows)


def _matching(tape: Tape, asked: Request, active: bool, descending: bool) -> Iterator[int]:
    """Rows that pass the filters, in the order of their tickers."""
    if asked.text("market", "stocks") != "stocks":
        return
    listed = tape.is_active(asked.now)
    wanted = listed if active else tape.is_known(asked.now) & ~listed
    exact = {name: asked.text(name) for name in ("ticker", "type", "exchange", "cik")}
    at_least, above = asked.text("ticker.gte"), asked.text("ticker.gt")
    at_most, below = asked.text("ticker.lte"), asked.text("ticker.lt")
    search = asked.text("search").lower()
    rows = np.flatnonzero(wanted)
    for row in rows[::-1] if descending else rows:
        security = tape.listing.securities[row]
        symbol = security.symbol
        if any(given and given != _field(security, name) for name, given in exact.items()):
            continue
        if search and search not in security.name.lower() and search not in symbol.lower():
            continue
        if (at_least and symbol < at_least) or (above and symbol <= above):
            continue
        if not ((at_most and symbol > at_most) or (below and symbol >= below)):
            yield int(row)


def _field(security: Security, name: str) -> str:
    return {
        "ticker": security.symbol,
        "type": security.kind,
        "exchange": security.exchange,
        "cik": security.cik,
    }[name]


def _descending(asked: Request) -> bool:
    if asked.text("sort", "ticker") != "ticker":
        raise BadParameter("'sort' must be ticker")
    order = asked.text("order", "asc")
    if order not in ("asc", "desc"):
        raise BadParameter("'order' must be asc or desc")
    return order == "desc"


def _tickers_page(page: list[dict[str, Any]], request_id: str, next_url: str | None) -> dict[str, Any]:
    body = {"results": page, "status": "OK", "request_id": request_id, "count": len(page)}
    return body if next_url is None else {**body, "next_url": next_url}


def _ticker(tape: Tape, row: int, now: dt.datetime) -> dict[str, Any]:
    security = tape.listing.securities[row]
    delisted = tape.delisted_on(row, now)
    known = {
        "ticker": security.symbol,
        "name": security.name,
        "market": "stocks",
        "locale": "us",
        "primary_exchange": security.exchange,
        "type": security.kind,
        "active": delisted is None,
        "currency_name": "usd",
        "cik": security.cik,
        "composite_figi": security.figi,
        "share_class_figi": security.share_figi,
        "last_updated_utc": f"{now.date().isoformat()}T00:00:00Z",
        "delisted_utc": f"{delisted.isoformat()}T00:00:00Z" if delisted else "",
    }
    return {name: value for name, value in known.items() if value != ""}


def _company(security: Security, base: str) -> dict[str, Any]:
    site = security.name.split(" ")[0].lower()
    images = f"{base}/v1/reference/company-branding/{site}.example/images"  # the vendor's need the key too
    return {
        "phone_number": f"({200 + len(security.name)}) 555-0{security.employees % 900 + 100}",
        "address": {"address1": "1 SIMULATED WAY", "city": "WILMINGTON", "state": "DE", "postal_code": "19801"},
        "branding": {"icon_url": f"{images}/icon.png", "logo_url": f"{images}/logo.svg"},
        "description": f"{security.name} is a simulated company.",
        "homepage_url": f"https://www.{site}.example",
        "total_employees": security.employees,
    }


def _parts(symbol: str) -> tuple[str, str]:
    """Root and suffix: BRK.B -> BRK, B; KIMpL -> KIM, pL."""
    root, dot, suffix = symbol.partition(".")
    if dot:
        return root, suffix
    root, preferred, series = symbol.partition("p")
    return root, preferred + series


def _forex(now: dt.datetime) -> str:
    """Currencies trade from Sunday 17:00 to Friday 17:00 in New York."""
    local = now.astimezone(NEW_YORK)
    opened = {4: local.hour < 17, 5: False, 6: local.hour >= 17}
    return "open" if opened.get(local.weekday(), True) else "closed"


def _zulu(at: dt.datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
