"""Eight factors: seven ETFs and a custom one on short interest; betas jointly by ridge, alone only as a labelled view.

The proxies move together (SPY's variance inflation exceeds 100), so least squares spreads one exposure over several
factors with opposite signs. Returns are daily log returns in excess of cash, fractions; arrays are (series, time).
Source: S3 1.3; methods.md 8.5.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sentiment_site.quant.covariance import shrink_covariance
from sentiment_site.quant.regression import (
    Bands,
    RidgeFit,
    UnivariateFit,
    condition_number,
    fit_ridge,
    fit_univariate,
    ridge_bands,
    variance_inflation,
)

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]

WINDOW = 252
FEWEST_OBSERVATIONS = 60
RECOMMENDED_OBSERVATIONS = 120
PENALTY = 0.10
WINSOR_DEVIATIONS = 5.0
CUSTOM = "CUSTOM"
_Z_CAP = 3.0
_FEWEST_PER_SECTOR = 10
_TAIL_SHARE = 0.2


@dataclass(frozen=True, slots=True)
class Factor:
    """One row of the fixed table. etf_proxy CUSTOM: made from short interest, no ETF."""

    name: str
    description: str
    etf_proxy: str
    factor_type: str
    display_order: int


FACTORS: tuple[Factor, ...] = (
    Factor("Market Beta", "Exposure to overall market movements", "SPY", "macro", 1),
    Factor("Momentum", "Exposure to recent price momentum", "MTUM", "style", 2),
    Factor("Value", "Exposure to value characteristics", "VTV", "style", 3),
    Factor("Growth", "Exposure to growth characteristics", "VUG", "style", 4),
    Factor("Quality", "Exposure to quality metrics", "QUAL", "style", 5),
    Factor("Size", "Exposure to small-cap stocks", "IWM", "style", 6),
    Factor("Low Volatility", "Exposure to low volatility stocks", "SPLV", "style", 7),
    Factor("Short Interest", "Custom calculation based on short interest", CUSTOM, "macro", 8),
)
PROXIES: tuple[str, ...] = tuple(factor.etf_proxy for factor in FACTORS if factor.etf_proxy != CUSTOM)


@dataclass(frozen=True, slots=True)
class FactorModel:
    """Betas of every series on the factors, with what says how far to trust them.

    joint: ridge; alone: one factor at a time, only to be shown as "exposure to", never added up. vif (factors,) and
    condition describe the factors; short_sample: fewer than the recommended observations in some fitted series.
    """

    joint: RidgeFit
    alone: UnivariateFit
    vif: FloatArray
    condition: float
    short_sample: bool


def compute_excess_log_returns(closes: npt.ArrayLike, cash_rate: npt.ArrayLike = 0.0) -> FloatArray:
    """ln(C_t / C_t-1) less the day's cash rate; (..., time) closes give (..., time - 1). NaN beside a missing close.

    closes: positive, on one share basis; zero, negative and infinite count as missing. cash_rate: per day, fractions.
    """
    c = np.asarray(closes, dtype=np.float64)
    usable = np.isfinite(c) & (c > 0)
    logs = np.where(usable, np.log(np.where(usable, c, 1.0)), np.nan)
    return np.diff(logs, axis=-1) - np.asarray(cash_rate, dtype=np.float64)


def winsorize(returns: npt.ArrayLike, deviations: float = WINSOR_DEVIATIONS) -> FloatArray:
    """Clips each series to its median +- `deviations` robust deviations (1.4826 MAD), (..., time).

    The plain deviation would be stretched by the very jump it is to clip. A series whose MAD is 0 is left alone.
    """
    r = np.asarray(returns, dtype=np.float64)
    flat = r.reshape(-1, r.shape[-1])
    result = flat.copy()
    rows = np.flatnonzero(np.isfinite(flat).any(axis=1))
    known = np.where(np.isfinite(flat[rows]), flat[rows], np.nan)
    middle = np.nanmedian(known, axis=1, keepdims=True)
    spread = 1.4826 * np.nanmedian(np.abs(known - middle), axis=1, keepdims=True)
    reach = np.where(spread > 0, deviations * spread, np.inf)
    result[rows] = np.clip(flat[rows], middle - reach, middle + reach)
    return result.reshape(r.shape)


def fit_factors(returns: npt.ArrayLike, factors: npt.ArrayLike, penalty: float = PENALTY) -> FactorModel:
    """Betas over the last 252 days, winsorised at 5 deviations, at least 60 common observations.

    returns: (time,) or (series, time); factors: (factors, time) on the same dates, oldest first. Factors without
    enough observations must be left out by the caller: a moment counts only if all of them know it.
    """
    y = winsorize(np.asarray(returns, dtype=np.float64)[..., -WINDOW:])
    x = winsorize(np.asarray(factors, dtype=np.float64)[..., -WINDOW:])
    joint = fit_ridge(y, x, penalty, FEWEST_OBSERVATIONS)
    fitted = np.atleast_1d(joint.n)[np.isfinite(np.atleast_1d(joint.r_squared))]
    return FactorModel(
        joint=joint,
        alone=fit_univariate(y, x, FEWEST_OBSERVATIONS),
        vif=variance_inflation(x, FEWEST_OBSERVATIONS),
        condition=condition_number(x),
        short_sample=bool((fitted < RECOMMENDED_OBSERVATIONS).any()),
    )


def compute_factor_bands(
    returns: npt.ArrayLike, factors: npt.ArrayLike, penalty: float = PENALTY, draws: int = 500
) -> Bands:
    """95 % bands of one series' joint betas, prepared as in fit_factors, by a block bootstrap of days."""
    y = winsorize(np.asarray(returns, dtype=np.float64)[..., -WINDOW:])
    x = winsorize(np.asarray(factors, dtype=np.float64)[..., -WINDOW:])
    return ridge_bands(y, x, penalty, min_obs=FEWEST_OBSERVATIONS, draws=draws)


def score_short_interest(share_of_float: npt.ArrayLike) -> FloatArray:
    """z-score of short interest (any unit) across the universe, clipped to +-3; NaN where unknown or nothing varies."""
    s = np.asarray(share_of_float, dtype=np.float64)
    known = np.isfinite(s)
    if known.sum() < 2:
        return np.full(s.shape, np.nan)
    mean, deviation = s[known].mean(), s[known].std(ddof=1)
    if deviation <= 1e-12 * max(1.0, float(np.abs(s[known]).max())):
        return np.full(s.shape, np.nan)
    return np.where(known, np.clip((s - mean) / deviation, -_Z_CAP, _Z_CAP), np.nan)


def compute_short_interest_returns(
    returns: npt.ArrayLike, share_of_float: npt.ArrayLike, sectors: Sequence[str]
) -> FloatArray:
    """The custom factor's daily returns, (time,): most shorted fifth less least shorted fifth, neutral to sectors.

    returns: (symbols, time); share_of_float: (symbols,) as known before the first of these days; sectors: (symbols,).
    Within each sector of 10 or more known stocks the outer fifths are equally weighted, then sectors are equally
    weighted, a day counting the sectors in which both sides traded; NaN on a day without any.
    ValueError if the shapes differ.
    """
    r = np.asarray(returns, dtype=np.float64)
    s = np.asarray(share_of_float, dtype=np.float64)
    names = np.asarray(sectors)
    if r.ndim != 2 or s.shape != r.shape[:1] or names.shape != s.shape:
        raise ValueError(f"returns {r.shape}, short interest {s.shape} and sectors {names.shape} do not match")
    spreads = []
    for sector in np.unique(names):
        rows = np.flatnonzero((names == sector) & np.isfinite(s))
        if rows.size >= _FEWEST_PER_SECTOR:
            ordered = rows[np.argsort(s[rows], kind="stable")]
            tail = int(rows.size * _TAIL_SHARE)
            spreads.append(_mean_known(r[ordered[-tail:]]) - _mean_known(r[ordered[:tail]]))
    return _mean_known(np.array(spreads).reshape(-1, r.shape[1]))


def compute_portfolio_factors(weights: npt.ArrayLike, betas: npt.ArrayLike) -> FloatArray:
    """Sum of delta-adjusted weight * beta per factor, (factors,); NaN if a held position's beta is.

    weights: (positions,) shares of total value, signed; betas: (positions, factors).
    """
    w, b = np.asarray(weights, dtype=np.float64), np.asarray(betas, dtype=np.float64)
    held = w != 0
    return np.asarray(w[held] @ b[held])


def compute_factor_volatility(
    weights: npt.ArrayLike, betas: npt.ArrayLike, factor_returns: npt.ArrayLike, residual_deviation: npt.ArrayLike
) -> float:
    """Daily standard deviation of the book by the model: sqrt(b' S b + sum w^2 s^2), fractions of total value.

    S: Ledoit-Wolf covariance of factor_returns (factors, time; days that all know); residual_deviation: (positions,).
    NaN where an input of a held position is. Times 1.645 it is the 95 % one-day value at risk of a normal world.
    """
    w, s = np.asarray(weights, dtype=np.float64), np.asarray(residual_deviation, dtype=np.float64)
    x = np.asarray(factor_returns, dtype=np.float64)
    exposure = compute_portfolio_factors(w, betas)
    covariance = shrink_covariance(x[:, np.isfinite(x).all(axis=0)]).covariance
    held = w != 0
    return float(np.sqrt(exposure @ covariance @ exposure + float((w[held] ** 2 * s[held] ** 2).sum())))


def _mean_known(rows: FloatArray) -> FloatArray:
    known = np.isfinite(rows)
    count = known.sum(axis=0)
    return np.where(count > 0, np.where(known, rows, 0.0).sum(axis=0) / np.maximum(count, 1), np.nan)
