"""The market that the benchmarks run on: 8,000 stored names, 1,500 of which pass the screening, and their bars."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection

from portfolios.models import User
from sectors.models import SectorRun
from sectors.pipeline import run_analysis
from sentiment_site.market import calendar, clock
from sentiment_site.market.sectors import BENCHMARK, SECTORS
from universe import bars
from universe.copying import copy_rows
from universe.models import DataSource, FloatReading, Instrument, ReferenceReading
from universe.pipeline import refresh_universe

NAMES, MEMBERS = 8_000, 1_500
SESSIONS, LONG_SESSIONS, INTRADAY_SESSIONS = 60, 252, 7
TODAY = calendar.session_on(dt.date(2026, 8, 21))
assert TODAY is not None
EVENING = calendar.shift(TODAY.date, -1).close + dt.timedelta(hours=2)
MORNING = TODAY.open + dt.timedelta(hours=1, minutes=31)
EARLY = dt.datetime(2025, 1, 2, 21, tzinfo=dt.UTC)
SECTOR_WORDS = ("Technology", "Healthcare", "Energy", "Financial Services", "Consumer Cyclical", "Industrials")
SECTOR_WORDS += ("Basic Materials", "Utilities")
STORED_AT_ONCE = 15  # sessions a store_bars call

Ids = npt.NDArray[np.int32]
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class World:
    """What is in the database. `ids`: all names, members first; `members`: those with half-hours and 252 sessions."""

    source: DataSource
    ids: Ids
    run: SectorRun
    user: User
    sessions: tuple[calendar.Session, ...]
    starts: tuple[dt.datetime, ...]

    @property
    def members(self) -> Ids:
        """The 1,500 that pass."""
        return self.ids[:MEMBERS]


def make_world() -> World:
    """Store the market through the product's own code, screen it, and publish a first light of its morning."""
    source = DataSource.objects.create(name="bench", kind=DataSource.Kind.SIMULATED)
    stocks, funds = _add_instruments(source)
    sessions = calendar.recent_sessions(calendar.shift(TODAY.date, -1).close, LONG_SESSIONS)
    starts = tuple(
        start
        for session in (*sessions[-INTRADAY_SESSIONS + 1 :], TODAY)
        for start in calendar.bar_starts(session)
        if start + dt.timedelta(minutes=30) <= MORNING
    )
    traded = np.append(stocks[:MEMBERS], funds)
    _store_daily(traded, sessions[:-SESSIONS], source)
    _store_daily(np.append(stocks, funds), sessions[-SESSIONS:], source)
    store_half_hours(traded, starts, source)
    _add_readings(stocks, source)
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    with clock.frozen(EVENING):
        universe = refresh_universe(profile="coverage")
    assert universe.members == MEMBERS, universe.stages
    with clock.frozen(MORNING):
        run = run_analysis(trigger=SectorRun.Trigger.MANUAL, fetch=False)
    assert isinstance(run, SectorRun), run
    user = User.objects.create_user("bench", password="a long bench password")
    return World(source, stocks, run, user, sessions, starts)


def _add_instruments(source: DataSource) -> tuple[Ids, Ids]:
    names = [(f"N{place:04d}", f"Name {place} Inc. Common Stock", "CS", "stock", "XNAS") for place in range(NAMES)]
    names.append((BENCHMARK, "Benchmark", "ETF", "benchmark", "ARCX"))
    names += [(sector.etf, sector.title, "ETF", "sector_etf", "ARCX") for sector in SECTORS]
    columns = ("symbol", "name", "kind", "role", "exchange", "cik", "composite_figi", "source_id", "recorded_at")
    copy_rows(Instrument, columns, [(*row, "", "", source.pk, EARLY) for row in names])
    ids = np.array(Instrument.objects.order_by("pk").values_list("pk", flat=True), dtype=np.int32)
    return ids[:NAMES], ids[NAMES:]


def _add_readings(stocks: Ids, source: DataSource) -> None:
    """Members keep within all bounds; of the rest a quarter is too large, the others trade too little."""
    g, on = np.random.default_rng(3), EARLY.date()
    shares = np.where(np.arange(NAMES) % 4 == 1, 1e10, g.uniform(2e7, 4e7, NAMES)).astype(np.int64)
    shares[:MEMBERS] = g.uniform(2e7, 4e7, MEMBERS)
    words = [SECTOR_WORDS[place % len(SECTOR_WORDS)] for place in range(NAMES)]
    columns = ("instrument_id", "effective_on", "shares_outstanding", "sic_code", "vendor_sector", "industry")
    columns += ("source_id", "recorded_at")
    rows = zip(stocks.tolist(), shares.tolist(), words, strict=True)
    copy_rows(ReferenceReading, columns, [(pk, on, count, "", word, "", source.pk, EARLY) for pk, count, word in rows])
    columns = ("instrument_id", "effective_on", "free_float", "source_id", "recorded_at")
    floats = zip(stocks.tolist(), (shares * 7 // 10).tolist(), strict=True)
    copy_rows(FloatReading, columns, [(pk, on, count, source.pk, EARLY) for pk, count in floats])


def _store_daily(ids: Ids, sessions: tuple[calendar.Session, ...], source: DataSource) -> None:
    for first in range(0, len(sessions), STORED_AT_ONCE):
        part = sessions[first : first + STORED_AT_ONCE]
        times = [int(dt.datetime(*each.date.timetuple()[:3], tzinfo=dt.UTC).timestamp() * 1000) for each in part]
        known = [int(each.close.timestamp() * 1000) for each in part]
        _store("1d", ids, times, known, _volumes(ids.size), source)


def store_half_hours(ids: Ids, starts: tuple[dt.datetime, ...], source: DataSource) -> None:
    """Half-hours of every instrument, known as they end."""
    for first in range(0, len(starts), 32):
        times = [int(each.timestamp() * 1000) for each in starts[first : first + 32]]
        _store("30m", ids, times, [each + 1_800_000 for each in times], _volumes(ids.size) / 26, source)


def _store(kind: str, ids: Ids, times: list[int], known: list[int], volume: Floats, source: DataSource) -> None:
    """Every instrument at every time; prices wander by a percent around $10 and never jump."""
    close = day_prices(np.repeat(ids, len(times)), np.tile(times, ids.size))
    columns = {
        "open": close * 0.995,
        "high": close * 1.01,
        "low": close * 0.99,
        "close": close,
        "vwap": close,
        "volume": np.repeat(volume, len(times)),
        "trades": np.full(close.size, 100.0),
    }
    where = np.repeat(ids, len(times)), np.tile(times, ids.size)
    result = bars.store_bars(kind, *where, columns, source, np.tile(known, ids.size))  # type: ignore[arg-type]
    assert (result.inserted, result.quarantined) == (close.size, 0)


def day_prices(ids: Ids, times: npt.NDArray[np.int64]) -> Floats:
    """A made-up price for each instrument and time, dollars with cents, the same whenever it is asked for."""
    slow = np.sin(times / 86_400_000 * (0.05 + ids % 97 / 1_000) + ids)
    fast = np.sin(times / 1_800_000 * 1.7 + ids * 2.3)
    prices: Floats = np.round(10 + ids % 30 + slow + 0.2 * fast, 2)
    return prices


def _volumes(size: int) -> Floats:
    """Shares a day: members above the lowest floors, most of the others below all of them."""
    g = np.random.default_rng(9)
    volume: Floats = np.exp(g.uniform(np.log(2e4), np.log(9e4), size))
    volume[:MEMBERS] = np.exp(g.uniform(np.log(2.6e5), np.log(5e6), MEMBERS))
    return np.round(volume)
