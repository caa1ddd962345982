"""A tiny market with known returns, in the database: 40 stocks (five a sector), IWM, daily bars and half-hours.

Every price is 100 and every session trades 1,000,000 shares until a test says otherwise, so that each return can be
checked by hand. Bars become known when they end, plus their source's delay, as with a vendor.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import numpy as np

from sentiment_site.market import calendar
from sentiment_site.market.calendar import Session
from sentiment_site.market.sectors import BENCHMARK, SECTORS
from universe import bars
from universe.models import (
    DataSource,
    FloatReading,
    Instrument,
    Membership,
    ReferenceReading,
    ScreeningProfile,
    UniverseRun,
)

STOCKS_PER_SECTOR = 5
PRICE = 100.0
DAY_VOLUME = 1_000_000.0
HALF_HOUR_VOLUME = DAY_VOLUME / 32
LONG_AGO = datetime(2024, 1, 2, 14, 30, tzinfo=calendar.NEW_YORK)
HALF_HOUR = timedelta(minutes=30)

Bar = tuple[float, float]  # close, volume


def symbol_of(sector: str, place: int) -> str:
    """TEC0 .. TEC4, HEA0 .., one of the 40."""
    return f"{sector[:3].upper()}{place}"


def symbols_of(sector: str) -> list[str]:
    """The five symbols of a sector."""
    return [symbol_of(sector, place) for place in range(STOCKS_PER_SECTOR)]


ALL_SYMBOLS = [symbol for sector in SECTORS for symbol in symbols_of(sector.key)]


@dataclass(frozen=True)
class Market:
    """The market in the database. `ids`: symbol -> instrument id, IWM included."""

    source: DataSource
    ids: dict[str, int]
    run: UniverseRun
    sessions: tuple[Session, ...]

    @property
    def delay(self) -> timedelta:
        """The source's delay."""
        return timedelta(seconds=self.source.delay_s)

    def store_daily(
        self, session: date, closes: Mapping[str, float | Bar], *, recorded_at: datetime | None = None
    ) -> None:
        """Daily bars of one session, by symbol: a close, or (close, volume). Known at the close plus the delay."""
        self.store_days({session: closes}, recorded_at=recorded_at)

    def store_days(
        self,
        days: Mapping[date, Mapping[str, float | Bar]],
        *,
        recorded_at: datetime | None = None,
        after: timedelta = timedelta(0),
    ) -> None:
        """Daily bars of several sessions in one go, each as `store_daily` would, or known so much later."""
        bars_of = [(session, symbol, bar) for session, closes in days.items() for symbol, bar in closes.items()]
        known = {session: recorded_at or _session(session).close + self.delay + after for session in days}
        starts = {each: _ms(datetime(each.year, each.month, each.day, tzinfo=UTC)) for each in days}
        self._store(
            "1d",
            [symbol for _, symbol, _ in bars_of],
            [starts[session] for session, _, _ in bars_of],
            [_bar(bar, DAY_VOLUME) for _, _, bar in bars_of],
            [known[session] for session, _, _ in bars_of],
        )

    def store_half_hours(
        self, start: datetime, closes: Mapping[str, float | Bar], *, recorded_at: datetime | None = None
    ) -> None:
        """Half-hour bars that begin at `start`, by symbol: a close, or (close, volume). Known at their end + delay."""
        known = recorded_at or start + HALF_HOUR + self.delay
        pairs = [_bar(bar, HALF_HOUR_VOLUME) for bar in closes.values()]
        self._store("30m", list(closes), [_ms(start)] * len(pairs), pairs, [known] * len(pairs))

    def _store(self, kind: str, symbols: list[str], ts: list[int], pairs: list[Bar], known: list[datetime]) -> None:
        ids = np.array([self.ids[symbol] for symbol in symbols], dtype=np.int32)
        close, volume = np.array(pairs, dtype=np.float64).T
        moments = np.array([_ms(at) for at in known], dtype=np.int64)
        times = np.array(ts, dtype=np.int64)
        bars.store_bars(kind, ids, times, {"close": close, "volume": volume}, self.source, moments)  # type: ignore[arg-type]


def make_market(
    newest: date,
    *,
    sessions: int = 63,
    delay_s: int = 0,
    simulated: bool = False,
    wave: float = 0.0,
) -> Market:
    """The market with daily bars of `sessions` sessions up to `newest`; its universe is known from the first one on.

    wave: percent by which every price is up on every second session: something for indices and betas to measure.
    """
    kind = DataSource.Kind.SIMULATED if simulated else DataSource.Kind.VENDOR
    name = "polygon (simulated)" if simulated else "polygon"
    source = bars.get_source(name, kind, delay_s)
    instruments = [_instrument(symbol, Instrument.Role.STOCK, source) for symbol in ALL_SYMBOLS]
    instruments.append(_instrument(BENCHMARK, Instrument.Role.BENCHMARK, source))
    ids = {each.symbol: each.pk for each in Instrument.objects.bulk_create(instruments)}
    days = calendar.recent_sessions(_session(newest).close, sessions)
    market = Market(source, ids, publish_universe(ids, days[0].date, simulated=simulated), days)
    prices = (PRICE * (1 + wave / 100 * (place % 2)) for place in range(len(days)))
    market.store_days({day.date: dict.fromkeys(ids, price) for day, price in zip(days, prices, strict=True)})
    return market


def publish_universe(
    ids: Mapping[str, int], session: date, *, members: list[str] | None = None, simulated: bool = False
) -> UniverseRun:
    """A universe run of a session with the given members (default: all 40), known from the session's close on."""
    profile, _ = ScreeningProfile.objects.get_or_create(
        name="coverage", version=1, defaults={"rules": {}, "created_at": LONG_AGO}
    )
    close = _session(session).close
    chosen = ALL_SYMBOLS if members is None else members
    run = UniverseRun.objects.create(
        session=session,
        profile=profile,
        as_of=close,
        recorded_at=close,
        stages=[],
        volume_floor=1_000_000,
        members=len(chosen),
        is_simulated=simulated,
    )
    sectors = {symbol: sector.key for sector in SECTORS for symbol in symbols_of(sector.key)}
    Membership.objects.bulk_create(
        Membership(run=run, instrument_id=ids[symbol], eligible=True, reason="eligible", sector=sectors[symbol])
        for symbol in chosen
    )
    return run


def add_reference(market: Market) -> None:
    """What a screening of the 40 asks for: $500 million of shares, a float of 40 million, the vendor's sector word."""
    words = {"financial": "Financials", "consumer_discretionary": "Consumer Discretionary", "healthcare": "Health Care"}
    since = market.sessions[0].date
    readings = [
        (ids, words.get(sector.key, sector.title))
        for sector in SECTORS
        for ids in (market.ids[symbol] for symbol in symbols_of(sector.key))
    ]
    facts = {"effective_on": since, "source": market.source, "recorded_at": LONG_AGO}
    ReferenceReading.objects.bulk_create(
        ReferenceReading(instrument_id=pk, shares_outstanding=5_000_000, vendor_sector=word, **facts)
        for pk, word in readings
    )
    FloatReading.objects.bulk_create(
        FloatReading(instrument_id=pk, free_float=40_000_000, **facts) for pk, _ in readings
    )


def _instrument(symbol: str, role: str, source: DataSource) -> Instrument:
    return Instrument(
        symbol=symbol, name=symbol, kind="CS", role=role, exchange="XNAS", source=source, recorded_at=LONG_AGO
    )


def _session(day: date) -> Session:
    session = calendar.session_on(day)
    if session is None:
        raise ValueError(f"{day} is no session")
    return session


def _bar(bar: float | Bar, volume: float) -> Bar:
    return bar if isinstance(bar, tuple) else (float(bar), volume)


def _ms(at: datetime) -> int:
    return round(at.timestamp() * 1000)
