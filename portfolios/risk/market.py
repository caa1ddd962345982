"""The market around books: closes, volatilities and betas per instrument, estimated once for every book that holds it.

Arrays are (instruments, sessions), oldest first; NaN is unknown. 253 sessions give 252 returns.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
from django.conf import settings

from portfolios.kernels.factor_draws import draw_factor_betas
from portfolios.kernels.factors import (
    CUSTOM,
    FACTORS,
    FEWEST_OBSERVATIONS,
    PROXIES,
    WINDOW,
    FactorModel,
    compute_excess_log_returns,
    fit_factors,
    winsorize,
)
from portfolios.valuation.closes import SESSIONS_PER_YEAR, compute_volatility
from sentiment_site.market import calendar
from sentiment_site.quant.covariance import shrink_covariance
from sentiment_site.quant.regression import fit_univariate
from universe import bars
from universe.models import Instrument

from .short_interest import ShortInterestSeries, load_series
from .views import View

FloatArray = npt.NDArray[np.float64]

# The first that has bars is the market of betas and stress; all that have are shown.
BENCHMARKS = ("SPY", "IWM")
OLDEST_CLOSE = 10
TOO_FEW_IN_COMMON = f"fewer than {FEWEST_OBSERVATIONS} sessions in common with the other factors"


def daily_rate() -> float:
    """The risk-free rate of one session."""
    return settings.RISK_FREE_RATE / SESSIONS_PER_YEAR


@dataclass(frozen=True, slots=True, eq=False)
class FactorSet:
    """The factors that can be used. places: of FACTORS; returns: (factors, time); reasons: by name, why one is not.

    prepared: the same clipped as the fit sees them; covariance: shrunk, per session.
    """

    places: tuple[int, ...]
    returns: FloatArray
    prepared: FloatArray
    covariance: FloatArray
    reasons: dict[str, str]
    short_interest: ShortInterestSeries


class Market:
    """Closes of instruments and of the proxies up to a view's session, and what follows from them, each made once."""

    def __init__(self, view: View, ids: npt.NDArray[np.int32], closes: FloatArray, proxies: dict[str, int]) -> None:
        """ids: ascending; closes: (instruments, sessions) on the share basis of the last session."""
        self.view = view
        self.ids = ids
        self.sessions = sessions_of(view)
        self.closes = closes
        self.proxies = proxies
        self.rows: dict[int, int] = {pk: row for row, pk in enumerate(ids.tolist())}

    @cached_property
    def simulated(self) -> bool | None:
        """Whether the bars are the simulator's."""
        return bars.holds_simulated_bars()

    @cached_property
    def spots(self) -> FloatArray:
        """Each instrument's newest close, (instruments,); NaN where there is none in ten sessions."""
        recent = self.closes[:, -OLDEST_CLOSE:]
        known = np.isfinite(recent) & (recent > 0)
        newest = recent.shape[1] - 1 - np.argmax(known[:, ::-1], axis=1)
        return np.where(known.any(axis=1), recent[np.arange(len(recent)), newest], np.nan)

    @cached_property
    def returns(self) -> FloatArray:
        """Daily log returns in excess of cash, (instruments, sessions - 1)."""
        return compute_excess_log_returns(self.closes, daily_rate())

    @cached_property
    def prepared(self) -> FloatArray:
        """Returns clipped at five robust deviations, as every fit sees them."""
        return winsorize(self.returns)

    @cached_property
    def volatilities(self) -> FloatArray:
        """Exponentially weighted volatility per year, (instruments,): the one that the prices of options come from."""
        return compute_volatility(self.closes, [len(self.sessions) - 1])[:, 0]

    @cached_property
    def betas(self) -> dict[str, FloatArray]:
        """Beta to each benchmark that has 60 returns, by its symbol, (instruments,), over 252 sessions."""
        found = {}
        for symbol in BENCHMARKS:
            row = self.row_of(symbol)
            if row is not None and np.isfinite(self.prepared[row]).sum() >= FEWEST_OBSERVATIONS:
                fit = fit_univariate(self.prepared, self.prepared[row : row + 1], FEWEST_OBSERVATIONS)
                found[symbol] = fit.beta[:, 0]
        return found

    @property
    def benchmark(self) -> str:
        """The market of betas and stress; "" where no benchmark has bars."""
        return next(iter(self.betas), "")

    @cached_property
    def factors(self) -> FactorSet:
        """The factors that have enough returns, with the reason of each that has not."""
        return _choose_factors(self)

    @cached_property
    def model(self) -> FactorModel:
        """Betas of every instrument on the factors."""
        return fit_factors(self.returns, self.factors.returns)

    @cached_property
    def draws(self) -> FloatArray:
        """Bootstrap draws of those betas, (draws, instruments, factors)."""
        return draw_factor_betas(self.returns, self.factors.returns)

    def row_of(self, symbol: str) -> int | None:
        """The row of a proxy or benchmark, None where it is no instrument here."""
        pk = self.proxies.get(symbol)
        return None if pk is None else self.rows[pk]

    def beta(self, instrument_id: int | None, benchmark: str) -> float | None:
        """Beta of an instrument, None where unknown."""
        row = None if instrument_id is None else self.rows.get(instrument_id)
        known = self.betas.get(benchmark)
        return None if row is None or known is None or not np.isfinite(known[row]) else float(known[row])


def sessions_of(view: View) -> tuple[dt.date, ...]:
    """The 253 sessions up to the view's."""
    last = calendar.shift(view.session, 0)
    return tuple(session.date for session in calendar.recent_sessions(last.close, WINDOW + 1))


def load_market(view: View, instrument_ids: Iterable[int]) -> Market:
    """The market of these instruments and the proxies; four statements."""
    listed = Instrument.objects.filter(symbol__in={*PROXIES, *BENCHMARKS}, delisted_on__isnull=True)
    proxies = dict(listed.values_list("symbol", "pk"))
    ids = np.unique(np.array([*instrument_ids, *proxies.values()], dtype=np.int32))
    closes = bars.load_daily(ids, sessions_of(view), view.known_at).close.astype(np.float64)
    return Market(view, ids, closes, proxies)


def _choose_factors(market: Market) -> FactorSet:
    series: dict[int, FloatArray] = {}
    reasons: dict[str, str] = {}
    custom = load_series(market.view, market.sessions)
    for place, factor in enumerate(FACTORS):
        if factor.etf_proxy == CUSTOM:
            found, reason = custom.returns, custom.reason
        else:
            found, reason = _proxy_returns(market, factor.etf_proxy)
        if reason:
            reasons[factor.name] = reason
        else:
            series[place] = found
    while series and np.isfinite(np.array(list(series.values()))).all(axis=0).sum() < FEWEST_OBSERVATIONS:
        place = min(series, key=lambda one: (np.isfinite(series[one]).sum(), -one))
        reasons[FACTORS[place].name] = TOO_FEW_IN_COMMON
        del series[place]
    returns = np.array(list(series.values())).reshape(len(series), len(market.sessions) - 1)
    prepared = winsorize(returns)
    common = prepared[:, np.isfinite(prepared).all(axis=0)]
    covariance = shrink_covariance(common).covariance if series else np.empty((0, 0))
    return FactorSet(tuple(series), returns, prepared, covariance, reasons, custom)


def _proxy_returns(market: Market, proxy: str) -> tuple[FloatArray, str]:
    row = market.row_of(proxy)
    if row is None:
        return np.empty(0), f"{proxy} is not among the instruments here"
    known = int(np.isfinite(market.returns[row]).sum())
    if known < FEWEST_OBSERVATIONS:
        return np.empty(0), f"{proxy} has bars for {known} of {FEWEST_OBSERVATIONS} returns"
    return market.returns[row], ""
