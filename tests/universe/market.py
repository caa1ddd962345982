"""A small stored market: instruments with readings and daily bars, each row known since its own session."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Sequence
from typing import Any

import numpy as np

from sentiment_site.market import calendar
from sentiment_site.market.sectors import BENCHMARK, SECTORS
from universe import bars
from universe.models import DataSource, FloatReading, Instrument, ReferenceReading, ShortInterestReading

SESSION = dt.date(2026, 8, 21)
DELAY = dt.timedelta(minutes=15)
EARLY = dt.datetime(2026, 1, 2, 21, tzinfo=dt.UTC)  # long before any session that the tests look at


def session(back: int = 0) -> calendar.Session:
    """The session `back` sessions before SESSION."""
    return calendar.shift(SESSION, -back)


def sessions(count: int = 60) -> list[dt.date]:
    """The last `count` session dates up to SESSION, oldest first."""
    return [each.date for each in calendar.recent_sessions(session().close, count)]


def known_at(back: int = 0) -> dt.datetime:
    """An evening on which the bars of that session are known."""
    return session(back).close + dt.timedelta(hours=1)


def source(name: str = "test file", kind: str = "import") -> DataSource:
    """A source, made when new."""
    return DataSource.objects.get_or_create(name=name, defaults={"kind": kind})[0]


def add_stock(symbol: str, **given: Any) -> Instrument:
    """A listed stock with readings known since EARLY and 60 daily bars; by default a small cap that passes S1's matrix.

    given: kind, exchange, name, sector (vendor's word), sic, industry, cap, shares, free_float, short (None: no row),
    price, volume (scalars or one value per session, NaN: no bar), opens, count (of sessions), delisted_on, listed_on.
    """
    row = {
        "kind": "CS",
        "exchange": "XNAS",
        "name": f"{symbol} Inc. Common Stock",
        "sector": "Technology",
        "sic": "7372",
        "industry": "",
        "cap": None,
        "shares": 50_000_000,
        "free_float": 30_000_000,
        "short": None,
        "price": 10.0,
        "volume": 2_000_000.0,
        "opens": None,
        "count": 60,
        "delisted_on": None,
        "listed_on": None,
        "role": Instrument.Role.STOCK,
        "known": EARLY,
    } | given
    instrument = Instrument.objects.create(
        symbol=symbol,
        name=row["name"],
        kind=row["kind"],
        exchange=row["exchange"],
        role=row["role"],
        delisted_on=row["delisted_on"],
        listed_on=row["listed_on"],
        source=source(),
        recorded_at=row["known"],
    )
    add_readings(instrument, row)
    if row["price"] is not None:
        add_bars(instrument, sessions(row["count"]), row["price"], row["volume"], row["opens"])
    return instrument


def add_readings(instrument: Instrument, row: dict[str, Any]) -> None:
    """Reference, float and short interest of a new stock."""
    on, known = EARLY.date(), row["known"]
    ReferenceReading.objects.create(
        instrument=instrument,
        effective_on=on,
        shares_outstanding=row["shares"],
        market_cap=row["cap"],
        sic_code=row["sic"],
        vendor_sector=row["sector"],
        industry=row["industry"],
        source=source(),
        recorded_at=known,
    )
    if row["free_float"] is not None:
        FloatReading.objects.create(
            instrument=instrument, effective_on=on, free_float=row["free_float"], source=source(), recorded_at=known
        )
    if row["short"] is not None:
        ShortInterestReading.objects.create(
            instrument=instrument, settlement_date=on, short_interest=row["short"], source=source(), recorded_at=known
        )


def add_bars(
    instrument: Instrument,
    dates: Sequence[dt.date],
    price: float | Sequence[float],
    volume: float | Sequence[float],
    opens: float | Sequence[float] | None = None,
) -> None:
    """Daily bars known a quarter of an hour after each close; NaN prices are sessions without a bar."""
    close = np.broadcast_to(np.asarray(price, dtype=float), len(dates))
    traded = np.isfinite(close)
    close, days = close[traded], np.array(dates, dtype="datetime64[D]")[traded]
    shares = np.broadcast_to(np.asarray(volume, dtype=float), len(dates))[traded]
    openings = close if opens is None else np.broadcast_to(np.asarray(opens, dtype=float), len(dates))[traded]
    recorded = [calendar.session_on(day.item()).close + DELAY for day in days]  # type: ignore[union-attr]
    bars.store_bars(
        "1d",
        np.full(close.size, instrument.pk, dtype=np.int32),
        days.astype("datetime64[ms]").astype(np.int64),
        {
            "open": openings,
            "high": np.maximum(openings, close),
            "low": np.minimum(openings, close),
            "close": close,
            "vwap": close,
            "volume": shares,
            "trades": np.full(close.size, 100.0),
        },
        source(),
        np.array([int(moment.timestamp() * 1000) for moment in recorded], dtype=np.int64),
    )


def add_funds(count: int = 60) -> dict[str, Instrument]:
    """IWM and the eight sector ETFs with bars that wander apart, each with its own reproducible noise."""
    made = {}
    roles = {BENCHMARK: Instrument.Role.BENCHMARK} | {each.etf: Instrument.Role.SECTOR_ETF for each in SECTORS}
    for symbol, role in roles.items():
        made[symbol] = add_stock(
            symbol,
            kind="ETF",
            exchange="ARCX",
            role=role,
            sector="",
            sic="",
            shares=None,
            free_float=None,
            price=walk(symbol, count, own=0.0 if symbol == BENCHMARK else 1.0),
            count=count,
        )
    return made


def walk(name: str, count: int = 60, market: float = 1.0, own: float = 1.0, start: float = 50.0) -> np.ndarray:
    """A price path of `market` times the shared market moves plus `own` times noise of this name, rounded to cents."""
    shared = np.random.default_rng(1).normal(0, 0.01, count)
    noise = np.random.default_rng(zlib.crc32(name.encode())).normal(0, 0.01, count)
    return np.round(start * np.exp(np.cumsum(market * shared + own * noise)), 2)
