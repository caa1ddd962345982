"""A significant move: from the vendor's answer over the analysis of its sector to the last of five open pages."""

from __future__ import annotations

import contextlib
import datetime as dt
import itertools
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import numpy as np
import pytest
from django.conf import settings
from django.test import Client as DjangoClient

from sectors import snapshot, watch
from sentiment_site.market import clock
from sentiment_site.providers.http import Http, VendorConfig
from sentiment_site.providers.polygon import Polygon

from .harness import best_ms, in_turns, judge
from .servers import sockets
from .test_push import open_hub, settle
from .world import MEMBERS, MORNING, NAMES, World, day_prices

NOW = MORNING + dt.timedelta(minutes=2)
PAGES = 5


class Market:
    """The market's snapshot as a vendor on loopback; the first stock's price is the bench's."""

    def __init__(self, world: World) -> None:
        ids = world.ids
        close_ts = int(dt.datetime(*world.sessions[-1].date.timetuple()[:3], tzinfo=dt.UTC).timestamp() * 1000)
        bar_ts = int(world.starts[-1].timestamp() * 1000)
        closes, prices = (day_prices(ids, np.full(ids.size, ts)) for ts in (close_ts, bar_ts))
        moment = int(NOW.timestamp() * 1000) - 1000
        self.rows = {
            f"N{place:04d}": {
                "ticker": f"N{place:04d}",
                "updated": moment * 1_000_000,
                "prevDay": {"c": float(closes[place]), "v": 1e6, "o": 1.0, "h": 1.0, "l": 1.0, "vw": 1.0},
                "day": {"c": float(prices[place]), "v": 5e5, "o": 1.0, "h": 1.0, "l": 1.0, "vw": 1.0},
                "min": {"c": float(prices[place]), "t": moment, "av": 5e5, "v": 5e3, "n": 10},
            }
            for place in range(NAMES)
        }
        self.body = b""

    def move(self, percent: float) -> None:
        """Where the first stock stands against its previous close."""
        row: dict[str, Any] = self.rows["N0000"]
        row["day"]["c"] = row["min"]["c"] = round(row["prevDay"]["c"] * (1 + percent / 100), 2)
        self.body = self.answer(list(self.rows))

    def answer(self, symbols: list[str]) -> bytes:
        """The snapshot of some symbols."""
        tickers = [self.rows[symbol] for symbol in symbols]
        return json.dumps({"status": "OK", "count": len(tickers), "tickers": tickers}).encode()


@contextlib.contextmanager
def served(market: Market) -> Iterator[int]:
    """The market on a port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            asked = parse_qs(urlsplit(self.path).query).get("tickers", [""])[0]
            body = market.answer(asked.split(",")) if asked else market.body
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_port
    finally:
        server.shutdown()
        server.server_close()


def test_from_the_vendors_answer_to_the_pages(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = DjangoClient()
    browser.force_login(world.user)
    cookie = f"sessionid={browser.cookies[settings.SESSION_COOKIE_NAME].value}"
    monkeypatch.setattr(settings, "POLYGON_DELAY_S", 0)
    monkeypatch.setattr(settings, "WATCH_COOLDOWN_S", 0)
    market, sides = Market(world), itertools.cycle((18.0, -18.0))
    with served(market) as port, sockets() as server, open_hub(server, cookie, PAGES, topic="sectors") as crowd:
        vendor = Polygon(Http(VendorConfig("polygon", f"http://127.0.0.1:{port}", "bench", rate_per_s=1e4, burst=1000)))
        monkeypatch.setattr(snapshot, "vendors", lambda: type("Vendors", (), {"polygon": vendor}))

        def look() -> None:
            outcome = watch.look()
            assert outcome.job is not None and outcome.job.status == "done", outcome.text

        def seen_ms() -> float:
            market.move(next(sides))
            with clock.frozen(NOW):
                return crowd.time_ms(look)

        settle(crowd)
        seen_ms()
        assert b'"trigger":"move"' in crowd.clients[0].newest
        judge("M1", lambda: in_turns(seen_ms, lambda: best_ms(lambda: json.loads(market.body), 3), repeats=3))
    assert world.run.members == MEMBERS
