"""Forty stocks over 51 sessions: technology moves together, everybody else alone; then Friday, bar by bar."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import pytest

from sentiment_site.market import calendar, clock
from tests.factories import ALL_SYMBOLS, PRICE, Market, make_market, symbols_of
from themes.models import SympathyNetwork
from themes.network.fit import run_fit
from universe import bars

FRIDAY = calendar.shift(dt.date(2026, 8, 21), 0)
THURSDAY = calendar.shift(FRIDAY.date, -1)
HALF_HOUR = dt.timedelta(minutes=30)
OPEN_BAR = FRIDAY.open + HALF_HOUR  # end of the first regular bar, 10:00
SESSIONS = 51
TECH = symbols_of("technology")

ShowBar = Callable[..., None]


@dataclass(frozen=True)
class World:
    """The market, its closes (41, 51) by symbol in ALL_SYMBOLS + IWM, and returns (40, 50)."""

    market: Market
    closes: np.ndarray

    @property
    def returns(self) -> np.ndarray:
        """Of the forty stocks, by symbol as in ALL_SYMBOLS."""
        stored = self.closes.astype(np.float32).astype(np.float64)
        return stored[:, 1:] / stored[:, :-1] - 1

    def id_of(self, symbol: str) -> int:
        return self.market.ids[symbol]


def draw_closes(seed: int = 3) -> np.ndarray:
    """Closes (40, 51): 3 % a day of one's own, technology with 6 % in common."""
    draw = np.random.default_rng(seed)
    moves = 0.03 * draw.standard_normal((40, SESSIONS)) + 0.01 * draw.standard_normal(SESSIONS)
    tech = [ALL_SYMBOLS.index(symbol) for symbol in TECH]
    moves[tech] += 0.06 * draw.standard_normal(SESSIONS)
    moves[:, 0] = 0
    return PRICE * np.exp(np.cumsum(np.clip(moves, -0.12, 0.12), axis=1))


def store_closes(market: Market, closes: np.ndarray) -> None:
    """All sessions in one go, each known a minute after its close (a correction: now)."""
    sessions = calendar.recent_sessions(THURSDAY.close, closes.shape[1])
    ids = np.repeat(np.array([market.ids[symbol] for symbol in ALL_SYMBOLS], dtype=np.int32), closes.shape[1])
    days = [int(dt.datetime(*day.date.timetuple()[:3], tzinfo=dt.UTC).timestamp() * 1000) for day in sessions]
    known = [int((day.close + dt.timedelta(minutes=1)).timestamp() * 1000) for day in sessions]
    values = {"close": closes.ravel(), "volume": np.full(closes.size, 1e6)}
    times, moments = (np.tile(np.array(each, dtype=np.int64), len(ALL_SYMBOLS)) for each in (days, known))
    bars.store_bars("1d", ids, times, values, market.source, moments)  # type: ignore[arg-type]


@pytest.fixture
def world(db: None) -> World:
    """Known by Thursday night, simulated."""
    market = make_market(THURSDAY.date, sessions=1, simulated=True)
    closes = draw_closes()
    with clock.frozen(THURSDAY.close + dt.timedelta(minutes=1)):
        store_closes(market, closes)
    return World(market, closes)


@pytest.fixture
def network(world: World) -> SympathyNetwork:
    """Thursday night's."""
    with clock.frozen(THURSDAY.post_close + dt.timedelta(minutes=30)):
        return run_fit(THURSDAY.date, clock.now())


@pytest.fixture
def show_bar(world: World) -> ShowBar:
    """show_bar(end, {symbol: percent since Thursday}, volume=...): one half-hour of Friday; others at their close."""

    def show(
        end: dt.datetime, moves: Mapping[str, float], *, rest: bool = True, volume: float = 50_000.0, late: float = 0
    ) -> None:
        last = dict(zip(ALL_SYMBOLS, world.closes[:, -1], strict=True))
        chosen = ALL_SYMBOLS if rest else list(moves)
        prices = {symbol: (last[symbol] * (1 + moves.get(symbol, 0.0) / 100), volume) for symbol in chosen}
        world.market.store_half_hours(end - HALF_HOUR, prices, recorded_at=end + dt.timedelta(minutes=late))

    return show
