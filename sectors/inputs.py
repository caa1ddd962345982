"""Loads what the eight scores are made of, as it was known at a moment: membership, bars, weights, the last scores."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import numpy.typing as npt
from django.conf import settings

from sectors import selectors
from sectors.kernels.inputs import SectorInputs
from sectors.kernels.multipliers import Catalyst
from sectors.kernels.parameters import HORIZONS, V1
from sectors.kernels.score import performance, robust_performance
from sectors.kernels.weights import volatility_weights
from sectors.live_prices import LivePrices, overlay
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
from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.market.sectors import BENCHMARK, SECTORS
from sentiment_site.quant.risk import ols_beta
from sentiment_site.quant.robust import log_volume_weights
from universe import bars
from universe import selectors as universe_selectors
from universe.models import DataSource, UniverseRun
from universe.selectors import MemberTable

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
    """Everything one analysis needs, of all sectors or of those asked for.

    rows: the instrument ids behind each sector's arrays. evidence is stored with every reading: what is common to all.
    """

    at: datetime
    as_of: datetime
    universe_run: UniverseRun
    members: int
    sectors: tuple[SectorInputs, ...]
    rows: Mapping[str, npt.NDArray[np.int32]]
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

    members: MemberTable
    tape: Tape
    quotes: Quotes
    history: FloatArray
    day: int
    at: datetime
    as_of: datetime
    has_half_hours: bool
    benchmark: int | None
    weights: Mapping[str, float]
    last_scores: Mapping[str, Decimal]
    halted: npt.NDArray[np.bool_]
    halted_since: tuple[datetime | None, ...]
    catalysts: Mapping[int, tuple[Catalyst, ...]] | None


def load_inputs(at: datetime, only: Collection[str] | None = None, live: LivePrices | None = None) -> Inputs:
    """The inputs as they were known at `at`: only rows recorded by then enter. NoInputs says what is missing.

    only: keys of the sectors wanted, None for all. live: prices newer than the newest bar, after a significant move.
    """
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
    newest_bar = newest_moment(tape.rows(np.arange(members.size)))
    if newest_bar is None:
        raise NoInputs(f"no bar of the universe of {run.session} was known at {at.isoformat()}")
    if live is not None and calendar.last_session(live.at) != calendar.last_session(newest_bar - BAR):
        live = None  # before the first bar of its session a price has nothing to be laid over
    delay = timedelta(seconds=max((source.delay_s for source in sources), default=0))
    benchmark = None if benchmark_id is None else int(members.size)
    market = _measure(tape, newest_bar, at, delay, members=table, benchmark=benchmark, live=live)
    keys = np.array(table.sectors, dtype=object)
    rows = {sector.key: np.flatnonzero(keys == sector.key) for sector in SECTORS if only is None or sector.key in only}
    built = [_sector_inputs(sector, places, market) for sector, places in rows.items()]
    return Inputs(
        at=at,
        as_of=market.as_of,
        universe_run=run,
        members=int(members.size),
        sectors=tuple(inputs for inputs, _ in built),
        rows={sector: members[places] for sector, places in rows.items()},
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
    newest_bar: datetime,
    at: datetime,
    delay: timedelta,
    *,
    members: MemberTable,
    benchmark: int | None,
    live: LivePrices | None,
) -> _Market:
    visible = calendar.last_completed_bar(at, delay)
    # bars can only be newer than the source's delay allows if the delay was changed; they are known all the same
    reference = max(visible or tape.starts[0], newest_bar - BAR)
    day = session_index(tape, newest_bar)
    quotes = compute_quotes(tape, newest_bar, reference)
    if live is not None:
        quotes = overlay(quotes, tape, day, live.aligned(members.instrument_ids, extra=benchmark is not None))
    halted, halted_since = universe_selectors.halts_at(members.instrument_ids, at)
    return _Market(
        members=members,
        tape=tape,
        quotes=quotes,
        history=daily_returns(tape, day),
        day=day,
        at=at,
        as_of=newest_bar if live is None else max(newest_bar, live.at),
        has_half_hours=bool(np.isfinite(tape.bar_close).any()),
        benchmark=benchmark,
        weights=universe_selectors.get_sector_weights(at),
        last_scores=_last_scores(at),
        halted=halted,
        halted_since=halted_since,
        catalysts=_load_catalysts(members.instrument_ids, at),
    )


def _load_catalysts(ids: npt.NDArray[np.int32], at: datetime) -> dict[int, tuple[Catalyst, ...]] | None:
    """Filings and news of the last days by instrument, as known at the moment; None while there was no feed."""
    if not universe_selectors.has_catalyst_feed(at):
        return None
    symbols: dict[int, list[Catalyst]] = {}
    for event in universe_selectors.list_catalysts(ids, at):
        age_hours = (at - event.event_at).total_seconds() / 3600
        told = Catalyst(event.kind, event.direction, age_hours, reference=event.document_id)
        symbols.setdefault(event.instrument_id, []).append(told)
    return {instrument_id: tuple(events) for instrument_id, events in symbols.items()}


def _catalysts_of(market: _Market, rows: npt.NDArray[np.intp]) -> tuple[Catalyst, ...] | None:
    """The events of one sector's stocks, each with its symbol."""
    if market.catalysts is None:
        return None
    return tuple(
        replace(event, symbol=market.members.symbols[row])
        for row in rows
        for event in market.catalysts.get(int(market.members.instrument_ids[row]), ())
    )


def _halted_sessions(market: _Market, rows: npt.NDArray[np.intp]) -> FloatArray:
    """Sessions since each stock's halt began, 0 = in this one, (n,); NaN where it trades."""
    dates = [session.date for session in market.tape.sessions[: market.day + 1]]
    begun = (market.halted_since[row] for row in rows)
    ages = [np.nan if at is None else sum(date > at.astimezone(NEW_YORK).date() for date in dates) for at in begun]
    return np.array(ages, dtype=np.float64)


def _sector_inputs(sector: str, rows: npt.NDArray[np.intp], market: _Market) -> tuple[SectorInputs, dict[str, Any]]:
    """One sector's inputs, and what is stored about them beside the factors."""
    quotes, history, members = market.quotes, market.history[rows], market.members
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
        symbols=tuple(members.symbols[row] for row in rows),
        returns=quotes.returns[rows],
        shares_traded=quotes.shares_traded[rows],
        dollar_volume=quotes.dollar_volume[rows],
        rvol=quotes.rvol[rows],
        index=index,
        benchmark_returns=benchmark,
        beta=beta,
        multiplier=volatility.multiplier,
        table_multiplier=market.weights.get(sector, 1.0),
        volatility=float("nan") if volatility.volatility is None else volatility.volatility,
        volatility_sessions=int(np.isfinite(robust).sum()),
        expected=int(rows.size),
        age_minutes=calendar.session_seconds(market.as_of, market.at) / 60,
        scales=volatility.scales,
        above_moving_average=quotes.above_average[rows],
        new_highs=quotes.new_high[rows],
        new_lows=quotes.new_low[rows],
        missing_horizons={} if market.has_half_hours else {"30min": NO_HALF_HOURS},
        last_score=market.last_scores.get(sector),
        catalysts=_catalysts_of(market, rows),
        halted=market.halted[rows],
        halted_sessions=_halted_sessions(market, rows),
        sessions_listed=_sessions_listed(market, rows),
        opening_gap=quotes.opening_gap[rows],
        float_shares=members.free_float[rows],
        average_dollar_volume=quotes.average_dollar_volume[rows],
        last_price=quotes.last[rows],
        official_close=quotes.official_close[rows],
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


def _sessions_listed(market: _Market, rows: npt.NDArray[np.intp]) -> FloatArray:
    """Sessions since each stock's listing, the listing day being 1, (n,); NaN for those older than the tape."""
    dates = np.array([session.date for session in market.tape.sessions[: market.day + 1]], dtype="datetime64[D]")
    listed = np.array([market.members.listed_on[row] for row in rows], dtype="datetime64[D]")
    first = np.searchsorted(dates, listed)
    recent = ~np.isnat(listed) & (listed > dates[0])
    return np.where(recent, dates.size - first, np.nan).astype(np.float64)


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
