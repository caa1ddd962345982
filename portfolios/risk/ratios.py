"""Ratios of the stored daily rows, with the reason beside every empty one. Source: methods.md 8.4.

Returns come from the cents of the rows and not from their rounded fraction, whose four places would add up to percents
over a year. The realised beta stands beside the expected one of the positions held.
"""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection

from portfolios.kernels.greeks import GreekSource
from portfolios.kernels.ratios import FEWEST_RETURNS, PerformanceRatios, compute_ratios, compute_realised

from .exposures import weigh_market
from .loading import RiskBook
from .market import Market, daily_rate
from .records import Benchmark, RatioView
from .views import View

FloatArray = npt.NDArray[np.float64]

_BOTH = frozenset({"beta", "alpha"})
_GROWTH = frozenset({"cumulative_return", "max_drawdown"})
# capital of the first row was there from the start and counts whole; later flows came some time in the day
_ROWS = """
SELECT portfolio_id, string_agg(int4send(snapshot_date - DATE '1970-01-01'), ''::bytea ORDER BY snapshot_date),
       string_agg(float8send(COALESCE(daily_pnl / NULLIF(GREATEST(base, 0), 0), 'NaN')::float8), ''::bytea
                  ORDER BY snapshot_date)
FROM (SELECT portfolio_id, snapshot_date, daily_pnl,
             CASE WHEN total_value - daily_pnl = flows AND cumulative_pnl = daily_pnl THEN flows
                  ELSE total_value - daily_pnl - flows / 2 END AS base
      FROM portfolios_portfoliosnapshot
      WHERE portfolio_id = ANY(%(ids)s) AND snapshot_date >= %(first)s AND snapshot_date <= %(last)s
        AND recorded_at <= %(known_at)s) AS rows
GROUP BY portfolio_id
"""


@dataclass(frozen=True, slots=True, eq=False)
class ReturnSeries:
    """Daily returns of one book, oldest first, NaN on a day without capital."""

    dates: tuple[dt.date, ...]
    returns: FloatArray


def load_returns(portfolio_ids: Sequence[uuid.UUID], view: View, first: dt.date) -> dict[uuid.UUID, ReturnSeries]:
    """Returns of each book's rows from `first` to the view's day, as known then; one statement for all of them."""
    asked: dict[str, Any] = {"ids": list(portfolio_ids), "first": first, "last": view.day, "known_at": view.known_at}
    with connection.cursor() as cursor:
        cursor.execute(_ROWS, asked)
        rows = cursor.fetchall()
    found = {}
    for pk, dates, returns in rows:
        days = np.frombuffer(dates, dtype=">i4").astype("datetime64[D]").tolist()
        found[pk] = ReturnSeries(tuple(days), np.frombuffer(returns, dtype=">f8").astype(np.float64))
    return found


def measure(series: ReturnSeries | None, market: Market, benchmark: str) -> PerformanceRatios:
    """The ratios of one book against a benchmark, "" for none."""
    if series is None:
        return compute_ratios([])
    beside = benchmark_returns(market, series.dates, benchmark) if benchmark else None
    return compute_ratios(series.returns, beside, daily_rate())


def benchmark_returns(market: Market, dates: Sequence[dt.date], benchmark: str) -> FloatArray:
    """Simple daily returns of a benchmark of the market on sessions, NaN where it or the day before has no close."""
    place = {day: column for column, day in enumerate(market.sessions)}
    result = np.full(len(dates), np.nan)
    closes = market.closes[market.rows[market.proxies[benchmark]]]
    for index, day in enumerate(dates):
        column = place.get(day, 0)
        if column and closes[column - 1] > 0:
            result[index] = closes[column] / closes[column - 1] - 1
    return result


def compute(book: RiskBook, source: GreekSource) -> RatioView:
    """The ratios of the last 252 rows."""
    market = book.market
    series = load_returns([book.portfolio_id], book.view, market.sessions[1]).get(book.portfolio_id)
    benchmarks = []
    for symbol in market.betas:
        found = measure(series, market, symbol)
        together = 0 if series is None else _common(series, market, symbol)
        benchmarks.append(Benchmark(symbol, found.beta, found.alpha, together))
    ratios = measure(series, market, market.benchmark)
    expected = weigh_market(book, source, market.benchmark).beta if market.benchmark else None
    dates = () if series is None else series.dates
    fall = ratios.drawdown
    return RatioView(
        basis=book.basis(source),
        ratios=ratios,
        first=dates[0] if dates else None,
        last=dates[-1] if dates else None,
        benchmarks=tuple(benchmarks),
        expected_beta=expected,
        peak=dates[fall.peak] if fall and fall.peak >= 0 else None,
        trough=dates[fall.trough] if fall else None,
        recovery=dates[fall.recovery] if fall and fall.recovery is not None else None,
        reasons=explain(ratios, benchmarks[0].observations if benchmarks else 0, market.benchmark),
    )


def explain(ratios: PerformanceRatios, common: int, benchmark: str) -> Mapping[str, str]:
    """Why each ratio is empty, by its name."""
    reasons = {}
    for name in PerformanceRatios.__dataclass_fields__:
        if name in ("observations", "drawdown") or getattr(ratios, name) is not None:
            continue
        fewest = 2 if name in _GROWTH else FEWEST_RETURNS
        count = common if name in _BOTH else ratios.observations
        if name in _BOTH and not benchmark:
            reasons[name] = "no benchmark has bars here"
        elif count < fewest:
            beside = f" beside {benchmark}" if name in _BOTH else ""
            reasons[name] = f"{count} of {fewest} daily returns{beside}"
        elif name == "calmar" and ratios.max_drawdown == 0:
            reasons[name] = "the book never fell"
        else:
            reasons[name] = "the returns do not vary, or the number is beyond what means anything"
    return reasons


def _common(series: ReturnSeries, market: Market, benchmark: str) -> int:
    known = np.isfinite(series.returns) & np.isfinite(benchmark_returns(market, series.dates, benchmark))
    return int(known.sum())


def realised(series: ReturnSeries | None) -> tuple[float | None, float | None, float | None]:
    """Volatility, Sharpe ratio and deepest drawdown alone: the columns of a snapshot."""
    if series is None:
        return None, None, None
    return compute_realised(series.returns, daily_rate())
