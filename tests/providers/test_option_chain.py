"""Option chains: what a row means, what is skipped, pages, filters, and refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest

from sentiment_site.providers import errors
from sentiment_site.providers.http import Http
from sentiment_site.providers.polygon import Polygon
from sentiment_site.providers.polygon_payloads import parse_option_chain

from .conftest import Script, answer, payload

Make = Callable[..., Http]
Scripted = Callable[..., Script]


def row(**parts: Any) -> dict[str, Any]:
    """A row as the vendor documents it."""
    found: dict[str, Any] = {
        "day": {"volume": 868, "vwap": 119.31, "close": 120.73, "last_updated": 1605195918507251700},
        "details": {
            "contract_type": "call",
            "expiration_date": "2022-01-21",
            "shares_per_contract": 100,
            "strike_price": 150,
            "ticker": "O:AAPL220121C00150000",
        },
        "greeks": {"delta": 0.5, "gamma": 0, "theta": 0.00229, "vega": 0},
        "implied_volatility": 0.35,
        "open_interest": 1543,
        "underlying_asset": {"ticker": "AAPL", "price": 147, "last_updated": 1605195918507251700},
    }
    return found | parts


def body(*rows: Any, **more: Any) -> bytes:
    return json.dumps({"status": "OK", "request_id": "x", "results": list(rows)} | more).encode()


def test_a_row_of_a_chain() -> None:
    (one,) = parse_option_chain(body(row())).records
    assert (one.ticker, one.is_call, one.strike, one.expires) == ("O:AAPL220121C00150000", True, 150, date(2022, 1, 21))
    assert (one.shares, one.volume, one.vwap, one.open_interest) == (100, 868, 119.31, 1543)
    assert (one.delta, one.volatility, one.underlying_price) == (0.5, 0.35, 147)
    assert one.traded_at == one.underlying_at == datetime(2020, 11, 12, 15, 45, 18, 507251, UTC)


@pytest.mark.parametrize(
    ("parts", "field", "value"),
    [
        ({"day": {}}, "volume", 0.0),  # empty: it has not traded
        ({"day": None}, "volume", 0.0),
        ({"day": {"volume": -1}}, "volume", None),
        ({"day": {"volume": 5, "close": 1.5}}, "vwap", 1.5),
        ({"day": {"volume": 5, "vwap": 0}}, "vwap", None),
        ({"greeks": {}}, "delta", None),
        ({"greeks": {"delta": 3}}, "delta", None),
        ({"implied_volatility": 0}, "volatility", None),
        ({"open_interest": "many"}, "open_interest", None),
        ({"underlying_asset": {}}, "underlying_at", None),
    ],
)
def test_what_is_missing_or_impossible(parts: dict[str, Any], field: str, value: object) -> None:
    (one,) = parse_option_chain(body(row(**parts))).records
    assert getattr(one, field) == value


def test_a_row_without_a_day_is_unknown_and_one_without_terms_is_skipped() -> None:
    without_day = row()
    del without_day["day"]
    (one,) = parse_option_chain(body(without_day)).records
    assert one.volume is None
    terms = row()["details"]
    bad = [terms | {"contract_type": "other"}, terms | {"strike_price": 0}, terms | {"expiration_date": "soon"}, None]
    page = parse_option_chain(body(row(), "junk", *(row(details=one) for one in bad)))
    assert (len(page.records), page.skipped) == (1, 5)


def test_pages_and_filters(http: Make, script: Scripted) -> None:
    asked = script(answer(body(row(), next_url="/v3/snapshot/options/AAPL?cursor=2")), answer(body(row())))
    fetched = Polygon(http()).fetch_option_chain("AAPL", start=date(2022, 1, 3), end=date(2022, 4, 8))
    assert len(fetched.records) == 2
    assert asked.requests[0].path == "/polygon/v3/snapshot/options/AAPL"
    assert dict(asked.requests[0].args) == {
        "expiration_date.gte": "2022-01-03",
        "expiration_date.lte": "2022-04-08",
        "limit": "250",
        "sort": "ticker",
        "order": "asc",
    }


def test_refusals(http: Make, script: Scripted) -> None:
    script(answer(payload("polygon/403_plan.json"), 403))
    with pytest.raises(errors.NotEntitled):
        Polygon(http()).fetch_option_chain("AAPL", start=date(2022, 1, 3), end=date(2022, 4, 8))
    script(answer(body(row())[:-20]))
    with pytest.raises(errors.BadPayload):
        Polygon(http()).fetch_option_chain("AAPL", start=date(2022, 1, 3), end=date(2022, 4, 8))
