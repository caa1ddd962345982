"""A split that a vendor carries out without saying so: prices of a security jump, and no list of splits has it.

It takes effect with the session that is open when the fault is put in force, else with the next one, as if executed
before that session's pre-market. What is older stays as it was, "adjusted" or not.
"""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

from sentiment_site.market import calendar
from sentiment_site.simulator.market.naming import dashed
from sentiment_site.simulator.wire import Answer, Request, encode

_BAR = ("o", "h", "l", "c", "vw")
_BAR_SHARES = ("v", "av", "dv", "dav")
_DELAY = dt.timedelta(minutes=15)


@dataclass(frozen=True, slots=True)
class HiddenSplit:
    """symbol: Massive's form; ratio: new shares per old one, .1 for 1 for 10; since: date of its first session."""

    symbol: str
    ratio: float
    since: dt.date


@dataclass(frozen=True, slots=True)
class _Shape:
    """Where one endpoint has prices.

    path: the vendor's; rows: the member that holds the rows, "" for the answer itself; symbol: the row's member that
    names the security, "" if only the path does; prices, shares: names within `part` of the row ("" the row itself);
    moment: from a row and the request, the date of the session they are of; None: nothing traded.
    """

    path: re.Pattern[str]
    rows: str
    symbol: str
    part: str
    prices: tuple[str, ...]
    shares: tuple[str, ...]
    moment: Callable[[dict[str, Any], Request], dt.date | None]


@dataclass(frozen=True, slots=True)
class _Difference:
    """A change that follows from two prices of a row: names of change and percentage, and the prices' paths."""

    path: re.Pattern[str]
    change: str
    percentage: str
    price: str
    reference: str


def split_session(now: dt.datetime) -> dt.date:
    """The session a split carried out now takes effect with."""
    return (calendar.session_at(now) or calendar.next_session(now)).date


def apply_split(whole: Answer, request: Request, split: HiddenSplit) -> Answer:
    """The answer with prices of that security from the split's session on over its ratio, volumes times its ratio."""
    shapes = [shape for shape in _SHAPES if shape.path.fullmatch(request.path)]
    if whole.status != 200 or not shapes or "json" not in whole.content_type:
        return whole
    value = json.loads(whole.body)
    for shape in shapes:
        held = value if not shape.rows else value.get(shape.rows, [])
        for row in held if isinstance(held, list) else [held]:
            if _is_of(row, shape, request, split.symbol):
                _scale(row, shape, request, split)
    for difference in _DIFFERENCES:
        if difference.path.fullmatch(request.path):
            _recompute(value, difference, split.symbol)
    return replace(whole, body=encode(value), compressed=None)


def _is_of(row: Any, shape: _Shape, request: Request, symbol: str) -> bool:
    named = _at(row, shape.symbol) if shape.symbol else request.path.split("/")
    return (symbol in named if isinstance(named, list) else named in (symbol, dashed(symbol))) if named else False


def _scale(row: dict[str, Any], shape: _Shape, request: Request, split: HiddenSplit) -> None:
    session = shape.moment(row, request)
    part = _at(row, shape.part) if shape.part else row
    if session is None or session < split.since or not isinstance(part, dict):
        return
    for name in shape.prices:
        if isinstance(part.get(name), int | float):
            part[name] = round(part[name] / split.ratio, 4)
    for name in shape.shares:
        given = part.get(name)
        if isinstance(given, str):
            part[name] = f"{float(given) * split.ratio:.1f}"
        elif isinstance(given, int | float):
            part[name] = round(given * split.ratio)


def _recompute(value: Any, difference: _Difference, symbol: str) -> None:
    rows = value if isinstance(value, list) else value.get("tickers") or [value.get("ticker")]
    for row in rows:
        if isinstance(row, dict) and (row.get("ticker") or row.get("symbol")) in (symbol, dashed(symbol)):
            price, reference = _at(row, difference.price), _at(row, difference.reference)
            if price and reference:
                row[difference.change] = round(price - reference, 4)
                row[difference.percentage] = round(100.0 * (price / reference - 1.0), 3)


def _at(row: Any, path: str) -> Any:
    for step in path.split("."):
        row = row.get(step) if isinstance(row, dict) else None
    return row


def _stamped(path: str, a_second: int) -> Callable[[dict[str, Any], Request], dt.date | None]:
    """The session of a moment in the row. A day bar's is its midnight, which comes before the session."""

    def session(row: dict[str, Any], request: Request) -> dt.date | None:
        stamp = _at(row, path)
        if not stamp:
            return None
        date = dt.datetime.fromtimestamp(stamp / a_second, calendar.NEW_YORK).date()
        return date if calendar.session_on(date) is not None else None

    return session


def _before(path: str, a_second: int) -> Callable[[dict[str, Any], Request], dt.date | None]:
    """The session before that of a moment in the row; the last closed one while nothing has traded."""

    def session(row: dict[str, Any], request: Request) -> dt.date | None:
        stamp = _at(row, path)
        if not stamp:
            return calendar.last_closed_session(request.now - _DELAY).date
        current = calendar.last_session(dt.datetime.fromtimestamp(stamp / a_second, dt.UTC))
        return calendar.shift(current.date, -1).date

    return session


def _closed(row: dict[str, Any], request: Request) -> dt.date | None:
    return calendar.last_closed_session(request.now - _DELAY).date


def _in_path(row: dict[str, Any], request: Request) -> dt.date | None:
    return dt.date.fromisoformat(request.path.rpartition("/")[2])


def _shape(
    path: str,
    rows: str,
    symbol: str,
    part: str,
    prices: tuple[str, ...],
    shares: tuple[str, ...],
    moment: Callable[[dict[str, Any], Request], dt.date | None],
) -> _Shape:
    return _Shape(re.compile(path), rows, symbol, part, prices, shares, moment)


_NANO, _MILLI, _SECOND = 10**9, 10**3, 1
_V2 = "/v2/snapshot/locale/us/markets/stocks/(?:tickers|gainers|losers)"
_V2_ONE = "/v2/snapshot/locale/us/markets/stocks/tickers/[^/]+"
_OHLC = ("open", "high", "low", "close", "price", "vwap")
_SHAPES: tuple[_Shape, ...] = (
    _shape("/v2/aggs/grouped/.+", "results", "T", "", _BAR, _BAR_SHARES, _stamped("t", _MILLI)),
    _shape("/v2/aggs/ticker/.+", "results", "", "", _BAR, _BAR_SHARES, _stamped("t", _MILLI)),
    _shape("/v1/open-close/.+", "", "symbol", "", ("open", "high", "low", "close", "preMarket", "afterHours"),
           ("volume",), _in_path),
    *(_shape(path, rows, "ticker", part, _BAR, _BAR_SHARES, moment)
      for path, rows in ((_V2, "tickers"), (_V2_ONE, "ticker"))
      for part, moment in (("day", _stamped("updated", _NANO)), ("min", _stamped("updated", _NANO)),
                           ("prevDay", _before("updated", _NANO)))),
    *(_shape("/v3/snapshot", "results", "ticker", part, _OHLC, ("volume", "decimal_volume"),
             _stamped("last_updated", _NANO)) for part in ("session", "last_minute")),
    _shape("/v3/snapshot", "results", "ticker", "session", ("previous_close",), (), _before("last_updated", _NANO)),
    _shape("/v3/snapshot/options/.+", "results", "underlying_asset.ticker", "underlying_asset", ("price",), (),
           _stamped("underlying_asset.last_updated", _NANO)),
    _shape("/v3/reference/tickers/.+", "results", "ticker", "", ("market_cap",), (), _closed),
    _shape("(?:/stable)?/(?:company-screener|profile|stock-peers)", "", "symbol", "", ("price", "marketCap", "mktCap"),
           ("volume",), _closed),
    _shape("(?:/stable)?/(?:batch-)?quote", "", "symbol", "", ("price", "open", "dayLow", "dayHigh", "marketCap"),
           ("volume",), _stamped("timestamp", _SECOND)),
    _shape("(?:/stable)?/(?:batch-)?quote", "", "symbol", "", ("previousClose",), (), _before("timestamp", _SECOND)),
)  # fmt: skip
_DIFFERENCES: tuple[_Difference, ...] = tuple(
    _Difference(re.compile(path), *names)
    for path, names in (
        (_V2, ("todaysChange", "todaysChangePerc", "min.c", "prevDay.c")),
        (_V2_ONE, ("todaysChange", "todaysChangePerc", "min.c", "prevDay.c")),
        ("(?:/stable)?/(?:batch-)?quote", ("change", "changePercentage", "price", "previousClose")),
    )
)
