"""The ratios a page shows: None where the sample is too short or the number means nothing.

Returns are fractions per session, flows taken out (`Snapshot.daily_return`). Source: methods.md 8.4.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sentiment_site.quant import performance

FEWEST_RETURNS = 20
_FLAT = 1e-12
_LARGEST_RATIO = 999.0
_LARGEST_VOLATILITY = 99.9999


@dataclass(frozen=True, slots=True)
class PerformanceRatios:
    """Annualised by 252 sessions; fractions. beta and alpha against the benchmark; var and cvar at 95 %, one session.

    None: fewer than 20 returns (2 for growth and drawdown), no variation, or beyond what can be shown.
    """

    observations: int
    cumulative_return: float | None
    annual_return: float | None
    volatility: float | None
    sharpe: float | None
    sortino: float | None
    calmar: float | None
    max_drawdown: float | None
    beta: float | None
    alpha: float | None
    value_at_risk: float | None
    conditional_value_at_risk: float | None
    drawdown: performance.Drawdown | None


def compute_ratios(
    returns: npt.ArrayLike, benchmark: npt.ArrayLike | None = None, risk_free: float = 0.0
) -> PerformanceRatios:
    """Every ratio of one book. returns: (sessions,), NaN for a session without capital; benchmark: the same sessions.

    risk_free: per session. ValueError if the benchmark has other sessions.
    """
    r = np.asarray(returns, dtype=np.float64)
    market = np.full(r.shape, np.nan) if benchmark is None else np.asarray(benchmark, dtype=np.float64)
    if r.ndim != 1 or market.shape != r.shape:
        raise ValueError(f"returns {r.shape} and benchmark {market.shape} do not match")
    n = int(np.isfinite(r).sum())
    common = int((np.isfinite(r) & np.isfinite(market)).sum())
    enough, both = n >= FEWEST_RETURNS, common >= FEWEST_RETURNS
    some = n >= 2
    moving = enough and float(np.nanstd(r, ddof=1)) >= _FLAT
    return PerformanceRatios(
        observations=n,
        cumulative_return=_shown(performance.cumulative_return(r), some),
        annual_return=_shown(performance.annual_return(r), enough),
        volatility=_shown(performance.annual_volatility(r), moving, _LARGEST_VOLATILITY),
        sharpe=_shown(performance.sharpe_ratio(r, risk_free), moving),
        sortino=_shown(performance.sortino_ratio(r, risk_free), moving),
        calmar=_shown(performance.calmar_ratio(r), enough),
        max_drawdown=_shown(performance.max_drawdown(r), some),
        beta=_shown(performance.beta(r, market, risk_free), both),
        alpha=_shown(performance.alpha(r, market, risk_free), both),
        value_at_risk=_shown(performance.value_at_risk(r), enough),
        conditional_value_at_risk=_shown(performance.conditional_value_at_risk(r), enough),
        drawdown=performance.deepest_drawdown(r) if some else None,
    )


def compute_realised(returns: npt.ArrayLike, risk_free: float = 0.0) -> tuple[float | None, float | None, float | None]:
    """Volatility, Sharpe ratio and deepest drawdown alone, as compute_ratios says: what a daily row stores."""
    r = np.asarray(returns, dtype=np.float64)
    n = int(np.isfinite(r).sum())
    moving = n >= FEWEST_RETURNS and float(np.nanstd(r, ddof=1)) >= _FLAT
    return (
        _shown(performance.annual_volatility(r), moving, _LARGEST_VOLATILITY),
        _shown(performance.sharpe_ratio(r, risk_free), moving),
        _shown(performance.max_drawdown(r), n >= 2),
    )


def _shown(value: npt.NDArray[np.float64], allowed: bool, largest: float = _LARGEST_RATIO) -> float | None:
    number = float(value)
    return number if allowed and abs(number) <= largest else None
