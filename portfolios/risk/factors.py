"""A book's betas to the eight factors: the weighted sum of its positions', with bands from common bootstrap draws.

All books of a batch are computed in one go (`compute_numbers`), a page's is a batch of one. Positions without enough
history are left out and named, never counted as 0. Source: methods.md 8.5.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from portfolios.kernels.factors import FACTORS, FEWEST_OBSERVATIONS, PENALTY, RECOMMENDED_OBSERVATIONS
from portfolios.kernels.greeks import GreekSource
from portfolios.valuation.closes import SESSIONS_PER_YEAR

from .loading import RiskBook
from .market import Market
from .records import FactorLine, FactorView, Missing, ShortInterestView, VolatilitySplit
from .short_interest import score_universe

FloatArray = npt.NDArray[np.float64]

NO_CAPITAL = "the book's total value is not positive"
NO_FACTORS = "no factor has enough sessions of bars"
NO_POSITIONS = "no position has enough sessions of bars"
_NORMAL_95 = 1.6448536269514722
_FLAT = 1e-12


@dataclass(frozen=True, slots=True, eq=False)
class FactorNumbers:
    """Rows are books, columns factors (of Market.factors). NaN where a book has nothing to weigh.

    variance and specific: per session, fractions of total value squared; shares: of the variance, by factor. common:
    sessions that every position of the book knows; observations: fewest of any.
    """

    beta: FloatArray
    alone: FloatArray
    low: FloatArray
    high: FloatArray
    error: FloatArray
    variance: FloatArray
    specific: FloatArray
    shares: FloatArray
    r_squared: FloatArray
    observations: npt.NDArray[np.int64]
    common: npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True, eq=False)
class Weighed:
    """A book's weights over the market's instruments, net delta-adjusted dollars over total value.

    reason: why there is nothing to weigh; coverage: share of gross that entered; missing: the rest.
    """

    weights: FloatArray
    reason: str
    coverage: float
    missing: tuple[Missing, ...]


def weigh(book: RiskBook, source: GreekSource) -> Weighed:
    """The weights of everything whose betas are known."""
    market = book.market
    weights = np.zeros(len(market.ids))
    if not market.factors.places:
        return Weighed(weights, NO_FACTORS, 0.0, ())
    fitted = np.asarray(np.isfinite(market.model.joint.beta).all(axis=1))
    net, gross, missing = book.net_dollars(source)
    left_out = list(missing)
    entered = 0.0
    for line in book.lines:
        row = market.rows.get(line.held.instrument_id) if line.held.instrument_id is not None else None
        dollars = line.dollars(source)
        if row is None or dollars is None:
            continue
        if fitted[row]:
            entered += abs(dollars)
        else:
            known = int(market.model.joint.n[row])
            reason = f"{known} of {FEWEST_OBSERVATIONS} returns in common with the factors"
            left_out.append(Missing(line.key, line.held.symbol, "factor betas", reason))
    value = book.total_value
    if value > 0:
        for instrument, dollars in net.items():
            row = market.rows[instrument]
            weights[row] = dollars / value if fitted[row] else 0.0
    reason = NO_CAPITAL if not value > 0 else "" if entered else NO_POSITIONS
    return Weighed(weights, reason, entered / gross if gross else 0.0, tuple(left_out))


def compute_numbers(market: Market, weights: FloatArray, *, bands: bool = True) -> FactorNumbers:
    """All figures of many books at once. weights: (books, instruments), 0 where an instrument has no betas."""
    joint, alone = market.model.joint, market.model.alone
    rows = np.flatnonzero((weights != 0).any(axis=0))
    w = weights[:, rows]
    beta = w @ joint.beta[rows]
    covariance = market.factors.covariance
    pulled = beta @ covariance
    systematic = (beta * pulled).sum(axis=1)
    specific = w**2 @ joint.residual_deviation[rows] ** 2
    variance = systematic + specific
    empty = ~(w != 0).any(axis=1)
    safe = np.where(variance > 0, variance, np.nan)
    low, high, error = _bands(market, w, rows) if bands else (np.full(beta.shape, np.nan),) * 3
    r_squared, common = _explain(market, w, rows, beta)
    counts = np.where(w != 0, joint.n[rows], np.iinfo(np.int64).max)
    for figures in (beta, low, high, error, variance, specific):
        figures[empty] = np.nan
    return FactorNumbers(
        beta=beta,
        alone=np.where(empty[:, None], np.nan, w @ alone.beta[rows]),
        low=low,
        high=high,
        error=error,
        variance=variance,
        specific=specific,
        shares=beta * pulled / safe[:, None],
        r_squared=r_squared,
        observations=np.where(empty, 0, counts.min(axis=1, initial=np.iinfo(np.int64).max)),
        common=np.where(empty, 0, common),
    )


def compute(book: RiskBook, source: GreekSource) -> FactorView:
    """The factor view of one book."""
    weighed = weigh(book, source)
    market = book.market
    short_interest = compute_short_interest(book, source, score_universe(book.universe.run))
    if weighed.reason:
        return _empty(book, source, weighed, short_interest)
    numbers = compute_numbers(market, weighed.weights[None, :])
    places = {place: column for column, place in enumerate(market.factors.places)}
    lines = [_line(book, numbers, place, places.get(place)) for place in range(len(FACTORS))]
    return FactorView(
        basis=book.basis(source),
        factors=tuple(lines),
        reason="",
        penalty=PENALTY,
        observations=int(numbers.observations[0]),
        common=int(numbers.common[0]),
        short_sample=bool(numbers.observations[0] < RECOMMENDED_OBSERVATIONS),
        r_squared=known(numbers.r_squared[0]),
        condition=known(market.model.condition),
        coverage=weighed.coverage,
        volatility=split_volatility(numbers.variance[0], numbers.specific[0]),
        short_interest=short_interest,
        missing=weighed.missing,
    )


def compute_short_interest(book: RiskBook, source: GreekSource, scores: dict[int, float]) -> ShortInterestView:
    """The book's own exposure to short interest, and whether its return is a factor. scores: z by instrument."""
    net, gross, _ = book.net_dollars(source)
    weighed = sum(abs(line.dollars(source) or 0.0) for line in book.lines if line.held.instrument_id in scores)
    value = book.total_value
    scored = [dollars * scores[pk] for pk, dollars in net.items() if pk in scores]
    custom = book.market.factors.short_interest
    return ShortInterestView(
        exposure=sum(scored) / value if scored and value > 0 else None,
        weighed=weighed / gross if gross else 0.0,
        days=custom.days,
        in_regression=FACTORS[-1].name not in book.market.factors.reasons,
        reason=book.market.factors.reasons.get(FACTORS[-1].name, ""),
    )


def split_volatility(variance: float, specific: float) -> VolatilitySplit | None:
    """Per session to per year; None for a book without variance."""
    if not variance > 0:
        return None
    per_year = math.sqrt(SESSIONS_PER_YEAR)
    total = math.sqrt(variance)
    factor = max(float(variance - specific), 0.0)
    return VolatilitySplit(
        total=total * per_year,
        factor=math.sqrt(factor) * per_year,
        specific=math.sqrt(specific) * per_year,
        factor_share=factor / float(variance),
        value_at_risk=_NORMAL_95 * total,
    )


def known(value: float) -> float | None:
    """A finite number, or None."""
    return float(value) if np.isfinite(value) else None


def _bands(market: Market, w: FloatArray, rows: npt.NDArray[np.int64]) -> tuple[FloatArray, FloatArray, FloatArray]:
    """95 % percentile band and standard deviation over the draws, (books, factors) each."""
    draws = market.draws[:, rows]
    count, _, k = draws.shape
    flat = draws.transpose(1, 0, 2).reshape(rows.size, count * k)
    unknown = ~np.isfinite(flat)
    sums = (w @ np.where(unknown, 0.0, flat)).reshape(-1, count, k)
    if unknown.any():  # a draw that met too few days of a position says nothing about the books that hold it
        lost = ((w != 0).astype(np.float64) @ unknown).reshape(-1, count, k) > 0
        sums[lost] = np.nan
        low, high = np.nanquantile(sums, [0.025, 0.975], axis=1)
        return low, high, np.nanstd(sums, axis=1, ddof=1)
    low, high = np.quantile(sums, [0.025, 0.975], axis=1)
    return low, high, sums.std(axis=1, ddof=1)


def _explain(
    market: Market, w: FloatArray, rows: npt.NDArray[np.int64], beta: FloatArray
) -> tuple[FloatArray, npt.NDArray[np.int64]]:
    """R2 of the book's own returns on what its betas say, over the days that all its positions and factors know."""
    returns, factors = market.prepared[rows], market.factors.prepared
    finite = np.isfinite(returns)
    days = np.isfinite(factors).all(axis=0)
    complete = (((w != 0).astype(np.float64) @ ~finite) == 0) & days
    n = complete.sum(axis=1)
    own = np.where(complete, w @ np.where(finite, returns, 0.0), 0.0)
    said = np.where(complete, beta @ np.where(days, factors, 0.0), 0.0)
    count = np.maximum(n, 1)[:, None]
    centred = np.where(complete, own - own.sum(axis=1, keepdims=True) / count, 0.0)
    residual = own - said
    left = np.where(complete, residual - residual.sum(axis=1, keepdims=True) / count, 0.0)
    spread = (centred**2).sum(axis=1)
    usable = (n >= FEWEST_OBSERVATIONS) & (spread > (_FLAT * np.abs(own).max(axis=1, initial=0.0)) ** 2 * n)
    return np.where(usable, 1 - (left**2).sum(axis=1) / np.where(usable, spread, 1.0), np.nan), n.astype(np.int64)


def _line(book: RiskBook, numbers: FactorNumbers, place: int, column: int | None) -> FactorLine:
    factor, market = FACTORS[place], book.market
    words = (factor.name, factor.description, factor.etf_proxy, factor.factor_type)
    if column is None:
        return FactorLine(*words, used=False, reason=market.factors.reasons[factor.name])
    beta = known(numbers.beta[0, column])
    return FactorLine(
        *words,
        used=True,
        reason="",
        beta=beta,
        low=known(numbers.low[0, column]),
        high=known(numbers.high[0, column]),
        standard_error=known(numbers.error[0, column]),
        alone=known(numbers.alone[0, column]),
        vif=known(market.model.vif[column]),
        dollars=None if beta is None else beta * book.total_value,
        share=known(numbers.shares[0, column]),
    )


def _empty(book: RiskBook, source: GreekSource, weighed: Weighed, short_interest: ShortInterestView) -> FactorView:
    reasons: Sequence[str] = [book.market.factors.reasons.get(one.name, weighed.reason) for one in FACTORS]
    return FactorView(
        basis=book.basis(source),
        factors=tuple(
            FactorLine(one.name, one.description, one.etf_proxy, one.factor_type, used=False, reason=reason)
            for one, reason in zip(FACTORS, reasons, strict=True)
        ),
        reason=weighed.reason,
        penalty=PENALTY,
        observations=0,
        common=0,
        short_sample=False,
        r_squared=None,
        condition=None,
        coverage=weighed.coverage,
        volatility=None,
        short_interest=short_interest,
        missing=weighed.missing,
    )
