"""Loads what the eight scores are made of, as it was known at a moment: membership, bars, weights, the last scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings

from sectors import selectors
from sectors.kernels.inputs import SectorInputs
from sectors.kernels.parameters import HORIZONS, V1
from sectors.kernels.score import performance, robust_performance
from sectors.kernels.weights import volatility_weights
from sectors.quotes import (
    BAR,
    Quotes,
    Tape,
    compute_quotes,
    daily_returns,
    equal_weight_index,
    newest_moment,
    session_index,
)
from sentiment_site.market import calendar
from sentiment_site.market.sectors import BENCHMARK, SECTORS
from sentiment_site.quant.risk import ols_beta
from sentiment_site.quant.robust import log_volume_weights
from universe import bars
from universe import selectors as universe_selectors
from universe.models import DataSource, UniverseRun

FloatArray = npt.NDArray[np.float64]

# 60 sessions of returns need 61 closes; two more, because a morning without trades still speaks of yesterday
SESSIONS = 63
INTRADAY_SESSIONS = 7
BETA_SESSIONS = 60
NO_HALF_HOURS = "no 30-minute bars in the source"


class NoInputs(Exception):
    """There is nothing to analyse at that moment; the text says what is missing."""


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Everything one analysis needs. `evidence` is stored with every reading: what is common to all eight sectors."""

    at: datetime
    as_of: datetime
    universe_run: UniverseRun
    members: int
    sectors: tuple[SectorInputs, ...]
    sources: tuple[DataSource, ...]
    weights_source: str
    evidence: Mapping[str, Mapping[str, Any]]

    @property
    def delay_s(self) -> int:
        """The slowest source's delay, seconds."""
        return max((source.delay_s for source in self.sources), default=0)

    @property
    def is_simulated(self) -> bool:
        """Whether any of it was made by the simulator."""
        return self.universe_run.is_simulated or any(source.is_simulated for source in self.sources)


@dataclass(frozen=True, slots=True, eq=False)
class _Market:
    """The whole universe at the moment: one row per member, then the benchmark's (its place, None without one)."""

    symbols: npt.NDArray[np.object_]
    tape: Tape
    quotes: Quotes
    history: FloatArray
    day: int
    age_minutes: float
    has_half_hours: bool
    benchmark: int | None
    weights: Mapping[str, float]
    last_scores: Mapping[str, Decimal]


def load_inputs(at: datetime) -> Inputs:
    """The inputs as they were known at `at`: only rows recorded by then enter. NoInputs says what is missing."""
    run = universe_selectors.current_run(at)
    if run is None:
        raise NoInputs("no universe has been published yet")
    table = universe_selectors.list_members(run)
    members = np.asarray(table.instrument_ids, dtype=np.int32)
    if not members.size:
        raise NoInputs(f"the universe of {run.session} has no members")
    benchmark_id = universe_selectors.benchmark_ids().get(BENCHMARK)
    ids = members if benchmark_id is None else np.append(members, np.int32(benchmark_id))
    tape, sources = _load_tape(ids, at)
    as_of = newest_moment(tape.rows(np.arange(members.size)))
    if as_of is None:
        raise NoInputs(f"no bar of the universe of {run.session} was known at {at.isoformat()}")
    delay = timedelta(seconds=max((source.delay_s for source in sources), default=0))
    benchmark = None if benchmark_id is None else int(members.size)
    market = _measure(tape, as_of, at, delay, symbols=np.array(table.symbols, dtype=object), benchmark=benchmark)
    keys = np.array(table.sectors, dtype=object)
    built = [_sector_inputs(sector.key, np.flatnonzero(keys == sector.key), market) for sector in SECTORS]
    return Inputs(
        at=at,
        as_of=as_of,
        universe_run=run,
        members=int(members.size),
        sectors=tuple(inputs for inputs, _ in built),
        sources=sources,
        weights_source=settings.VOLATILITY_WEIGHTS,
        evidence={inputs.sector: evidence for inputs, evidence in built},
    )


def _load_tape(ids: npt.NDArray[np.int32], at: datetime) -> tuple[Tape, tuple[DataSource, ...]]:
    """Daily bars of 63 sessions and half-hours of seven, up to the newest bar that can be over at `at`."""
    newest = calendar.last_completed_bar(at) or at  # no bar only on the calendar's first morning, which it refuses
    sessions = calendar.recent_sessions(newest, SESSIONS)
    starts = tuple(
        start for session in sessions[-INTRADAY_SESSIONS:] for start in calendar.bar_starts(session) if start <= newest
    )
    daily = bars.load_daily(ids, [session.date for session in sessions], known_at=at)
    half_hours = bars.load_intraday(ids, starts, known_at=at)
    tape = Tape(
        sessions,
        starts,
        daily.close.astype(np.float64),
        daily.volume.astype(np.float64),
        half_hours.open.astype(np.float64),
        half_hours.close.astype(np.float64),
        half_hours.volume.astype(np.float64),
    )
    midnight = sessions[0].pre_open.replace(hour=0, minute=0, second=0, microsecond=0)
    return tape, bars.sources_of(ids, days_from=midnight, bars_from=starts[0], known_at=at)


def _measure(
    tape: Tape,
    as_of: datetime,
    at: datetime,
    delay: timedelta,
    *,
    symbols: npt.NDArray[np.object_],
    benchmark: int | None,
) -> _Market:
    visible = calendar.last_completed_bar(at, delay)
    # bars can only be newer than the source's delay allows if the delay was changed; they are known all the same
    reference = max(visible or tape.starts[0], as_of - BAR)
    day = session_index(tape, as_of)
    return _Market(
        symbols=symbols,
        tape=tape,
        quotes=compute_quotes(tape, as_of, reference),
        history=daily_returns(tape, day),
        day=day,
        age_minutes=calendar.session_seconds(as_of, at) / 60,
        has_half_hours=bool(np.isfinite(tape.bar_close).any()),
        benchmark=benchmark,
        weights=universe_selectors.get_sector_weights(at),
        last_scores=_last_scores(at),
    )


def _sector_inputs(sector: str, rows: npt.NDArray[np.intp], market: _Market) -> tuple[SectorInputs, dict[str, Any]]:
    """One sector's inputs, and what is stored about them beside the factors."""
    quotes, history = market.quotes, market.history[rows]
    series, robust = _sector_series(history, market.tape.daily_volume[rows, 1 : market.day])
    volatility = volatility_weights(settings.VOLATILITY_WEIGHTS, sector, robust, market.weights)
    index = equal_weight_index(history, quotes.returns[rows, HORIZONS.index("1day")])
    benchmark = np.full(len(HORIZONS), np.nan)
    beta = float("nan")
    if market.benchmark is not None:
        benchmark = quotes.returns[market.benchmark]
        beta = float(ols_beta(series[-BETA_SESSIONS:], market.history[market.benchmark, -BETA_SESSIONS:]))
    inputs = SectorInputs(
        sector=sector,
        symbols=tuple(market.symbols[rows].tolist()),
        returns=quotes.returns[rows],
        shares_traded=quotes.shares_traded[rows],
        dollar_volume=quotes.dollar_volume[rows],
        rvol=quotes.rvol[rows],
        index=index,
        benchmark_returns=benchmark,
        beta=beta,
        multiplier=volatility.multiplier,
        expected=int(rows.size),
        age_minutes=market.age_minutes,
        scales=volatility.scales,
        above_moving_average=quotes.above_average[rows],
        new_highs=quotes.new_high[rows],
        new_lows=quotes.new_low[rows],
        missing_horizons={} if market.has_half_hours else {"30min": NO_HALF_HOURS},
        last_score=market.last_scores.get(sector),
    )
    evidence = {
        "session": market.tape.sessions[market.day].date.isoformat(),
        "volume_share": _number(quotes.volume_share),
        "benchmark": dict(zip(HORIZONS, map(_number, benchmark), strict=True)),
        "volatility": volatility.volatility,
        "weights_source": volatility.source,
        "weights_reason": volatility.reason,
    }
    return inputs, evidence


def _sector_series(history: FloatArray, volume: FloatArray) -> tuple[FloatArray, FloatArray]:
    """The sector's 1-day performance of past sessions, (sessions,) percent: as reported, and with clipped returns.

    history, volume: (n, sessions) of the same sessions. Weighted by ln(shares) of each session, as the live figure.
    """
    series, robust = np.full(history.shape[1], np.nan), np.full(history.shape[1], np.nan)
    daily = HORIZONS.index("1day")
    for session in range(history.shape[1]):
        returns = np.full((history.shape[0], len(HORIZONS)), np.nan)
        returns[:, daily] = history[:, session]
        weights = log_volume_weights(volume[:, session])
        series[session] = performance(returns, weights)[daily]
        robust[session] = robust_performance(returns, weights, V1)[daily]
    return series, robust


def _last_scores(at: datetime) -> dict[str, Decimal]:
    """The scores known at the moment, kept on a card while too few stocks are fresh."""
    readings = selectors.latest_readings(at).items()
    return {sector: reading.score for sector, reading in readings if reading.score is not None}


def _number(value: float) -> float | None:
    return round(float(value), 6) if np.isfinite(value) else None
