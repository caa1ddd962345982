"""Forty stocks with 64 sessions of daily bars behind a Friday, and a vendor of option chains over real HTTP."""

from __future__ import annotations

import datetime as dt
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from django.test import Client
from pytest_httpserver import HTTPServer
from werkzeug import Request, Response

from portfolios.models import User
from sentiment_site.live import publish as live_publish
from sentiment_site.market import calendar, clock
from sentiment_site.providers.edgar import Edgar
from sentiment_site.providers.fmp import Fmp
from sentiment_site.providers.gates import BreakerRule
from sentiment_site.providers.http import Http, VendorConfig
from sentiment_site.providers.polygon import Polygon
from sentiment_site.providers.registry import Vendors
from sentiment_site.providers.rss import Rss
from tests.factories import ALL_SYMBOLS, Market, make_market
from themes.models import AggregatedSentiment, SentimentPass, SymbolSentiment
from universe import bars

FRIDAY = calendar.shift(dt.date(2026, 8, 21), 0)
THURSDAY = calendar.shift(FRIDAY.date, -1)
HALF_HOUR = dt.timedelta(minutes=30)
MINUTE = dt.timedelta(minutes=1)
DAY = dt.timedelta(days=1)
# 14:00 in New York.
SLOT = FRIDAY.open + dt.timedelta(hours=4, minutes=30)
NOW = SLOT + 2 * MINUTE


@pytest.fixture(autouse=True)
def plain_pages(settings: Any) -> Iterator[None]:
    settings.SECURE_SSL_REDIRECT = False
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}
    live_publish.client.cache_clear()
    yield
    live_publish.client.cache_clear()


@pytest.fixture
def market(db: None) -> Market:
    """64 sessions up to Thursday; TEC0 rises, TEC1 falls, by half a percent a day; the others stand."""
    days = calendar.recent_sessions(THURSDAY.close, 64)
    # its own bars are of the session before, because a bar that is stored again counts as known today
    small = make_market(calendar.shift(days[0].date, -1).date, sessions=1, simulated=True)
    made = replace(small, sessions=days)
    store_paths(made, {"TEC0": 0.005, "TEC1": -0.005}, days)
    return made


def store_paths(market: Market, drifts: Mapping[str, float], sessions: tuple[calendar.Session, ...]) -> None:
    """Daily bars of all stocks with a range of 1 %, known a minute after the close."""
    ids = np.array([market.ids[symbol] for symbol in ALL_SYMBOLS], dtype=np.int32)
    steps = np.arange(len(sessions))
    drift = np.array([drifts.get(symbol, 0.0) for symbol in ALL_SYMBOLS])
    close = 100 * np.exp(drift[:, None] * steps[None, :])
    rows = {
        "open": close * np.exp(-drift)[:, None],
        "high": close * 1.005,
        "low": close * 0.995,
        "close": close,
        "volume": np.full(close.shape, 1_000_000.0),
    }
    midnight = [round(dt.datetime.combine(one.date, dt.time(), dt.UTC).timestamp() * 1000) for one in sessions]
    known = [round((one.close + MINUTE).timestamp() * 1000) for one in sessions]
    bars.store_bars(
        "1d",
        np.repeat(ids, len(sessions)),
        np.tile(np.array(midnight, dtype=np.int64), ids.size),
        {name: values.reshape(-1) for name, values in rows.items()},
        market.source,
        np.tile(np.array(known, dtype=np.int64), ids.size),
    )


def write_pass(at: dt.datetime, *, recorded_at: dt.datetime | None = None) -> SentimentPass:
    """That sentiment was computed for a slot."""
    recorded = recorded_at or at + MINUTE
    return SentimentPass.objects.create(
        as_of=at, known_at=recorded, recorded_at=recorded, stocks=1, silent=0, divergent=0, texts=1, is_simulated=True
    )


def write_sentiment(
    market: Market, symbol: str, at: dt.datetime, score: float | None, confidence: float = 1.0, **more: Any
) -> AggregatedSentiment:
    """One stock's sentiment at a slot, from the news alone unless told otherwise."""
    facts: dict[str, Any] = {
        "unified_sentiment": score,
        "confidence": confidence if score is not None else 0,
        "sentiment_level": "neutral" if score is not None else "",
        "news_sentiment": score,
        "source_breakdown": {"news": 1.0} if score is not None else {},
        "is_simulated": True,
        "aggregated_at": at + MINUTE,
    } | more
    return AggregatedSentiment.objects.create(instrument_id=market.ids[symbol], symbol=symbol, timestamp=at, **facts)


def write_options(
    market: Market, symbol: str, at: dt.datetime, score: float | None, quality: float = 1.0, **more: Any
) -> SymbolSentiment:
    """One stock's options reading."""
    facts = more.pop("facts", {"is_simulated": True, "missing": {}})
    return SymbolSentiment.objects.create(
        instrument_id=market.ids[symbol], source="options", timestamp=at, score=score, quality=quality, facts=facts,
        recorded_at=more.pop("recorded_at", at + MINUTE), **more,
    )  # fmt: skip


def contract(
    symbol: str, kind: str, strike: float, *, days: int = 28, volume: float | None = 100, oi: float = 500,
    vwap: float = 1.0, delta: float | None = None, volatility: float | None = 0.5, at: dt.datetime = NOW, **more: Any,
) -> dict[str, Any]:  # fmt: skip
    """A row of a chain in the vendor's words. volume None: it has not traded."""
    expires = FRIDAY.date + dt.timedelta(days=days)
    letter = "C" if kind == "call" else "P"
    row: dict[str, Any] = {
        "day": {} if volume is None else {
            "volume": volume, "vwap": vwap, "close": vwap, "last_updated": int((at - 20 * MINUTE).timestamp()) * 10**9
        },
        "details": {
            "contract_type": kind, "exercise_style": "american", "expiration_date": expires.isoformat(),
            "shares_per_contract": 100, "strike_price": strike,
            "ticker": f"O:{symbol}{expires:%y%m%d}{letter}{round(strike * 1000):08d}",
        },
        "greeks": {} if delta is None else {"delta": delta},
        "open_interest": oi,
        "underlying_asset": {
            "ticker": symbol, "price": 100.0, "last_updated": int((at - 15 * MINUTE).timestamp()) * 10**9
        },
    }  # fmt: skip
    if volatility is not None and delta is not None:
        row["implied_volatility"] = volatility
    row["details"].update(more)
    return row


def small_chain(symbol: str, *, calls: float = 100, puts: float = 100, at: dt.datetime = NOW) -> list[dict[str, Any]]:
    """Four contracts around 25 delta at 28 days: put volatility .55, call volatility .45."""
    return [
        contract(symbol, "call", 105, volume=calls, delta=0.35, volatility=0.45, at=at),
        contract(symbol, "call", 115, volume=None, delta=0.15, volatility=0.45, at=at),
        contract(symbol, "put", 85, volume=None, delta=-0.15, volatility=0.55, at=at),
        contract(symbol, "put", 95, volume=puts, delta=-0.35, volatility=0.55, at=at),
    ]


class ChainVendor:
    """What the vendor knows. chains: symbol -> rows; faults: symbol -> (status, body); asked: symbols in order."""

    def __init__(self, server: HTTPServer) -> None:
        self.chains: dict[str, list[dict[str, Any]]] = {}
        self.faults: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        self.page = 250
        self._server = server
        server.expect_request(re.compile(".*")).respond_with_handler(self._answer)
        self.vendors = self.connect()

    def connect(self) -> Vendors:
        """New seams to the same vendor: nothing remembered."""
        return Vendors(
            polygon=Polygon(self._http("polygon")),
            fmp=Fmp(self._http("fmp")),
            edgar=Edgar(self._http("edgar"), self._http("edgar")),
            rss=Rss(lambda name, _: self._http(name), self._server.url_for("/halts.xml")),
        )

    def _http(self, name: str) -> Http:
        quick = VendorConfig(
            name, self._server.url_for(f"/{name}"), "key", "bearer", 1000.0, burst=100, connect_timeout=1.0,
            read_timeout=10.0, attempts=1, wait_initial_s=0.01, wait_max_s=0.02, longest_wait_s=1.0,
            breaker=BreakerRule(lease_s=5.0),
        )  # fmt: skip
        return Http(quick, None)

    def _answer(self, request: Request) -> Response:
        symbol = request.path.rsplit("/", 1)[-1]
        self.asked.append(symbol)
        status, body = self.faults.get(symbol, self.faults.get("*", (200, b"")))
        if body or status != 200:
            return Response(body, status, content_type="application/json")
        rows, at = self.chains.get(symbol, []), int(request.args.get("cursor", 0))
        found: dict[str, Any] = {"status": "OK", "request_id": "1", "results": rows[at : at + self.page]}
        if at + self.page < len(rows):
            found["next_url"] = f"{request.base_url}?cursor={at + self.page}"
        return Response(json.dumps(found), 200, {"X-Simulated": "tests"}, content_type="application/json")


@pytest.fixture
def vendor(httpserver: HTTPServer) -> ChainVendor:
    return ChainVendor(httpserver)


@pytest.fixture
def now() -> Iterator[clock.Frozen]:
    with clock.frozen(NOW) as frozen:
        yield frozen


@pytest.fixture
def trading(client: Client, db: None) -> Client:
    client.force_login(User.objects.create_user("trader"))
    return client
