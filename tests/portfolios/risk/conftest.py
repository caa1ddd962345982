"""A market of a year with known betas, in the database, and Ada's book on a Friday evening."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from portfolios.books.ledger import apply_price
from portfolios.kernels.factors import PROXIES
from portfolios.models import Portfolio, Position
from sectors.models import SectorReading, SectorRun
from sentiment_site.market import calendar
from sentiment_site.market.sectors import SECTORS
from tests.factories import LONG_AGO
from tests.portfolios.books.conftest import (  # noqa: F401 - the same evening, people and books
    CALL,
    MONDAY,
    NOW,
    TODAY,
    book,
    friday_evening,
    hold,
    no_rates,
    other,
    program,
)
from tests.portfolios.conftest import ada, bob, plain_http  # noqa: F401
from universe import bars
from universe.models import DataSource, Instrument, Membership, ScreeningProfile, UniverseRun

SESSIONS = 253
CLOSE = dt.datetime(2026, 8, 21, 20, 0, tzinfo=dt.UTC)
# symbol -> sector, beta to SPY, short interest in percent of float
STOCKS: Mapping[str, tuple[str, float, float]] = {
    "SOUN": ("technology", 1.8, 25.0),
    "BBAI": ("technology", 1.6, 20.0),
    "AAPL": ("technology", 1.2, 1.0),
    "NVAX": ("healthcare", 0.9, 18.0),
    "OCGN": ("healthcare", 0.7, 12.0),
    "PLUG": ("energy", 1.5, 22.0),
    "FCEL": ("energy", 1.4, 9.0),
    "MARA": ("financial", 2.0, 24.0),
    "UPST": ("financial", 1.7, 16.0),
    "LULU": ("consumer_discretionary", 1.0, 4.0),
    "CLF": ("materials", 1.3, 8.0),
    "NEE": ("utilities", 0.5, 2.0),
}


@dataclass
class World:
    """The market in the database. ids: by symbol; closes: (symbols, sessions) as stored, in the order of ids."""

    source: DataSource
    ids: dict[str, int]
    sessions: tuple[dt.date, ...]
    closes: npt.NDArray[np.float64]
    run: UniverseRun

    def close(self, symbol: str) -> float:
        """The last close."""
        return float(np.float32(self.closes[list(self.ids).index(symbol), -1]))

    def returns(self, symbol: str) -> npt.NDArray[np.float64]:
        """Daily log returns of what was stored (float32 prices)."""
        line = self.closes[list(self.ids).index(symbol)].astype(np.float32).astype(np.float64)
        return np.diff(np.log(line))


def make_closes(symbols: Sequence[str], seed: int = 7) -> npt.NDArray[np.float64]:
    """A year of closes: proxies near the market with styles of their own, stocks with their betas and noise."""
    rng = np.random.default_rng(seed)
    market = rng.normal(0.0004, 0.010, SESSIONS - 1)
    lines = []
    for place, symbol in enumerate(symbols):
        if symbol in STOCKS:
            moves = STOCKS[symbol][1] * market + rng.normal(0, 0.02, market.size)
        elif symbol == "SPY":
            moves = market
        else:
            moves = (0.9 + 0.03 * place) * market + rng.normal(0, 0.004, market.size)
        start = 20.0 + 7 * place
        lines.append(start * np.exp(np.concatenate([[0.0], np.cumsum(moves)])))
    return np.array(lines)


def make_world(
    symbols: Sequence[str] | None = None, *, simulated: bool = False, broken: Mapping[str, int] | None = None
) -> World:
    """The market. symbols: proxies and stocks to list; broken: symbol -> sessions of bars it has (the newest)."""
    wanted = list(symbols if symbols is not None else [*PROXIES, *STOCKS])
    kind = DataSource.Kind.SIMULATED if simulated else DataSource.Kind.VENDOR
    source = bars.get_source("polygon (simulated)" if simulated else "polygon", kind, 0)
    rows = Instrument.objects.bulk_create(
        Instrument(
            symbol=symbol,
            name=symbol,
            kind="CS" if symbol in STOCKS else "ETF",
            role=Instrument.Role.STOCK if symbol in STOCKS else Instrument.Role.OTHER,
            exchange="XNAS",
            source=source,
            recorded_at=LONG_AGO,
        )
        for symbol in wanted
    )
    ids = {row.symbol: row.pk for row in rows}
    days = calendar.recent_sessions(CLOSE, SESSIONS)
    closes = make_closes(wanted)
    for symbol, count in (broken or {}).items():
        closes[wanted.index(symbol), : SESSIONS - count] = np.nan
    store(source, [ids[symbol] for symbol in wanted], days, closes)
    return World(source, ids, tuple(day.date for day in days), closes, publish(ids, days[-1].date, source))


def store(
    source: DataSource, instruments: Sequence[int], days: Sequence[calendar.Session], closes: npt.NDArray[np.float64]
) -> None:
    """Daily bars, known from the close of each day on."""
    known = np.isfinite(closes)
    ts = np.array([_ms(dt.datetime.combine(day.date, dt.time(), dt.UTC)) for day in days])
    at = np.array([_ms(day.close) for day in days])
    shape = closes.shape
    bars.store_bars(
        "1d",
        np.broadcast_to(np.array(instruments, dtype=np.int32)[:, None], shape)[known],
        np.broadcast_to(ts, shape)[known],
        {"close": closes[known], "volume": np.full(int(known.sum()), 1e6)},
        source,
        np.broadcast_to(at, shape)[known],
    )


def publish(ids: Mapping[str, int], session: dt.date, source: DataSource) -> UniverseRun:
    """A universe of the stocks, known from the session's close on."""
    profile, _ = ScreeningProfile.objects.get_or_create(
        name="coverage", version=1, defaults={"rules": {}, "created_at": LONG_AGO}
    )
    close = calendar.session_on(session)
    assert close is not None
    members = [symbol for symbol in ids if symbol in STOCKS]
    run = UniverseRun.objects.create(
        session=session,
        profile=profile,
        as_of=close.close,
        recorded_at=close.close,
        stages=[],
        volume_floor=1_000_000,
        members=len(members),
        is_simulated=source.is_simulated,
    )
    Membership.objects.bulk_create(
        Membership(
            run=run,
            instrument_id=ids[symbol],
            eligible=True,
            reason="eligible",
            sector=STOCKS[symbol][0],
            market_cap=1e9 * (1 + place),
            free_float=4e7,
            short_percent=STOCKS[symbol][2],
        )
        for place, symbol in enumerate(members)
    )
    return run


@pytest.fixture
def world(db: None) -> World:
    """Seven proxies and twelve stocks."""
    return make_world()


def price(position: Position, amount: object, at: dt.datetime = CLOSE, source: str = "close") -> Position:
    """Stand a position at a price."""
    apply_price(position, Decimal(str(amount)), at, source)
    position.store("last_price", "last_price_at", "last_price_source", "market_value", "unrealized_pnl")
    return position


def stock(book: Portfolio, world: World, symbol: str, quantity: object, **more: Any) -> Position:  # noqa: F811
    """A stock position at its last close."""
    held = hold(book, symbol, quantity, more.pop("entry", "10"), **more)
    return price(held, f"{world.close(symbol):.4f}") if symbol in world.ids else held


def _ms(at: dt.datetime) -> int:
    return round(at.timestamp() * 1000)


# colour, signal, score and confidence as the light stores them
LIGHTS: Mapping[str, tuple[str, str, float, float]] = {
    "technology": ("dark_green", "DO_NOT_SHORT", 0.8, 0.7),
    "healthcare": ("light_red", "GOOD_SHORTING_ENVIRONMENT", -0.4, 0.5),
    "energy": ("dark_red", "PRIME_SHORTING_ENVIRONMENT", -0.7, 0.6),
    "financial": ("blue_neutral", "NEUTRAL_CAUTIOUS", 0.0, 0.4),
    "consumer_discretionary": ("light_green", "AVOID_SHORTS", 0.3, 0.4),
}


def shine(world: World, at: dt.datetime = CLOSE, *, simulated: bool = False, **statuses: str) -> SectorRun:
    """A whole run of the light; sectors that LIGHTS lacks have no reading. statuses: by sector, other than ok."""
    run = SectorRun.objects.create(
        as_of=at,
        recorded_at=at,
        trigger=SectorRun.Trigger.SCHEDULED,
        formula="v1",
        weights_source="static",
        universe_run=world.run,
        members=12,
        sources=["polygon"],
        is_simulated=simulated,
    )
    SectorReading.objects.bulk_create(
        _reading(run, sector.key, at, statuses.get(sector.key, "ok")) for sector in SECTORS
    )
    return run


def _reading(run: SectorRun, sector: str, at: dt.datetime, status: str) -> SectorReading:
    colour, signal, score, confidence = LIGHTS.get(sector, ("", "", None, None))
    status = status if colour else "no_data"
    return SectorReading(
        as_of=at,
        run=run,
        sector=sector,
        formula="v1",
        status=status,
        score=score,
        colour=colour,
        signal=signal,
        confidence=confidence,
        stocks_count=5,
        fresh_count=5,
        factors={},
    )
