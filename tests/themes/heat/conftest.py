"""Forty stocks with twenty-two quiet sessions behind them, in which hours can be made hot by hand.

Every price is 100 but for a wiggle of 0.5 % from hour to hour, every half-hour trades 31,250 shares, so an hour's usual
volume is 62,500, its sigma 0.74 % and its thresholds are the fixed ones. Bars are here one minute after they end.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from django.test import Client

from portfolios.models import User
from sentiment_site.live import publish as live_publish
from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, HALF_HOUR_VOLUME, Market, make_market, symbols_of
from themes.heat.passes import run_pass
from themes.heat.slots import Slot, slot_at
from themes.models import TemperaturePass, TemperatureReading, Theme, ThemeMembership
from universe import bars

FRIDAY = calendar.shift(dt.date(2026, 8, 21), 0)
THURSDAY = calendar.shift(FRIDAY.date, -1)
HALF_HOUR = dt.timedelta(minutes=30)
HOUR = dt.timedelta(hours=1)
MINUTE = dt.timedelta(minutes=1)
NOON = FRIDAY.pre_open + 8 * HOUR
TECH = symbols_of("technology")


@dataclass
class Heat:
    """The market with its Friday. `moves`: symbol -> (half-hour, price, volume) are entered by `trade`."""

    market: Market

    def id(self, symbol: str) -> int:
        """An instrument's id."""
        return self.market.ids[symbol]

    def trade(
        self, start: dt.datetime, moved: dict[str, tuple[float, float]] | None = None, price: float = 100
    ) -> None:
        """A half-hour of all stocks: those moved at (price, volume), the others quiet."""
        closes = dict.fromkeys(ALL_SYMBOLS, (100.0, HALF_HOUR_VOLUME)) | (moved or {})
        self.market.store_half_hours(start, closes, recorded_at=start + HALF_HOUR + MINUTE)

    def trade_until(self, end: dt.datetime, moved: dict[str, tuple[float, float]] | None = None) -> None:
        """Every half-hour of Friday that is not stored yet, up to `end`; the moved ones as given in each."""
        start = self.next_start
        while start + HALF_HOUR <= end:
            self.trade(start, moved)
            start += HALF_HOUR
        self.next_start = start

    def read(self, at: dt.datetime, **options: Any) -> TemperaturePass | None:
        """A pass at a slot, run two minutes after it."""
        with clock.frozen(at + 2 * MINUTE):
            return run_pass(slot_at(at), **options)

    def reading(self, symbol: str, at: dt.datetime) -> TemperatureReading:
        """What was stored."""
        return TemperatureReading.objects.get(instrument=self.id(symbol), as_of=at)

    next_start: dt.datetime = FRIDAY.pre_open


def slot(at: dt.datetime) -> Slot:
    """The slot of a moment."""
    return slot_at(at)


def store_past(market: Market, sessions: Iterable[calendar.Session], starts: slice = slice(None)) -> None:
    """Quiet half-hours of earlier sessions, in one write."""
    times = [start for session in sessions for start in calendar.bar_starts(session)[starts]]
    ids = np.array([market.ids[symbol] for symbol in ALL_SYMBOLS], dtype=np.int32)
    ms = np.array([round(start.timestamp() * 1000) for start in times], dtype=np.int64)
    price = np.tile(np.where(np.arange(len(times)) // 2 % 2, 100.5, 100.0), ids.size)
    columns = {"open": price, "close": price, "volume": np.full(price.size, HALF_HOUR_VOLUME)}
    known = np.tile(ms, ids.size) + 1_860_000
    bars.store_bars("30m", np.repeat(ids, len(times)), np.tile(ms, ids.size), columns, market.source, known)


def make_heat(starts: slice = slice(12, 24)) -> Heat:
    """starts: which half-hours of earlier sessions there are; 10:00 to 16:00 by default."""
    market = make_market(THURSDAY.date, sessions=24, simulated=True, wave=2.0)
    store_past(market, calendar.recent_sessions(THURSDAY.close, 22), starts)
    return Heat(market)


@pytest.fixture
def heat(db: None) -> Heat:
    """The market until Friday 10:00, quiet."""
    made = make_heat()
    made.next_start = FRIDAY.open + HALF_HOUR
    made.trade_until(NOON - HOUR)
    return made


@pytest.fixture(autouse=True)
def fresh_valkey_client() -> Iterator[None]:
    """Tests that point REDIS_URL elsewhere leave no client behind."""
    live_publish.client.cache_clear()
    yield
    live_publish.client.cache_clear()


@pytest.fixture(autouse=True)
def plain_pages(settings: Any) -> None:
    """The test client speaks http and nothing was collected."""
    settings.SECURE_SSL_REDIRECT = False
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = settings.STORAGES | {"staticfiles": plain}


@pytest.fixture
def trading(client: Client, db: None) -> Client:
    """A trader's browser."""
    client.force_login(User.objects.create_user("trader", password="correct horse"))
    return client


def add_theme(heat: Heat, symbols: list[str], sector: str = "technology", **facts: Any) -> Theme:
    """An active, spreading theme that found its members at ten."""
    at = NOON - 2 * HOUR
    defaults = {
        "theme_name": "graphene",
        "standing": "active",
        "phase": "spreading",
        "emergence_timestamp": at - 3 * HOUR,
        "detected_at": at,
        "detection_confidence": 0.8,
        "is_simulated": True,
        "as_of": at,
        "primary_sector": sector,
    }
    theme = Theme.objects.create(**(defaults | facts))
    ThemeMembership.objects.bulk_create(
        ThemeMembership(
            theme=theme,
            instrument_id=heat.id(symbol),
            sector=sector,
            score=0.8,
            text_part=0.9,
            since=at,
            recorded_at=at,
        )
        for symbol in symbols
    )
    return theme
