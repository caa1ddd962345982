"""What the options of a stock say: puts against calls, premium paid, skew, unusual strikes.

Source: docs/methods/confluence.md.

A premium speaks only where it is known who crossed the spread. The rest is not guessed: it lowers the coverage. Nothing
here is called a sweep: whether orders hit several exchanges at once is not visible in a chain.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields
from typing import Final

import numpy as np
import numpy.typing as npt

FloatArray = npt.NDArray[np.float64]
IntArray = npt.NDArray[np.int64]
BoolArray = npt.NDArray[np.bool_]

PUT_CALL_WEIGHT, PREMIUM_WEIGHT, SKEW_WEIGHT, UNUSUAL_WEIGHT = 0.35, 0.45, 0.10, 0.10
FULL_PREMIUM: Final = 100_000.0
UNUSUAL_TURNOVER, UNUSUAL_PREMIUM = 3.0, 25_000.0
SURPRISE_DAYS, FEWEST_DAYS = 20, 10
# A quiet fortnight must not make the smallest change a sensation: least standard deviations.
RATIO_DEVIATION, SKEW_DEVIATION = 0.10, 0.005
SKEW_DELTA: Final = 0.25
SKEW_EXPIRY_DAYS, SKEW_LEAST_DAYS = 30.0, 7.0
# The sign of the premium within this band of 0 is a ramp, not a step.
SIGN_BAND: Final = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Contracts:
    """The chains of n stocks on one day, m contracts, (m,) each, NaN = unknown.

    stock: row 0..n-1; is_call; strike: dollars; days: to expiry; volume, open_interest: contracts; price: dollars per
    share, the day's average; shares: per contract; bought, sold: contracts of the volume known to have been bought (at
    the ask or above) and sold (at the bid or below), NaN = none known; delta: [-1, 1]; volatility: implied, 0.4 = 40 %
    a year. ValueError for shapes that differ, and where more was bought and sold than traded.
    """

    stock: IntArray
    is_call: BoolArray
    strike: FloatArray
    days: FloatArray
    volume: FloatArray
    open_interest: FloatArray
    price: FloatArray
    shares: FloatArray
    bought: FloatArray
    sold: FloatArray
    delta: FloatArray
    volatility: FloatArray

    def __post_init__(self) -> None:
        """Refuse what contradicts itself."""
        if {np.shape(getattr(self, field.name)) for field in fields(self)} != {(len(self.stock),)}:
            raise ValueError("contracts must all have the shape (m,)")
        if np.any(np.nan_to_num(self.bought) + np.nan_to_num(self.sold) > np.nan_to_num(self.volume) + 1e-6):
            raise ValueError("more was bought and sold than traded")


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """The days before, (n, d) each, oldest first, the last column yesterday, NaN = unknown. put_call: the logarithms of
    OptionsFlow.log_put_call; skew: OptionsFlow.skew. Both may have any number of days."""

    put_call: FloatArray
    skew: FloatArray


@dataclass(frozen=True, slots=True)
class UnusualContract:
    """A contract that traded more than three times its open interest, for more than $25,000. premium: dollars."""

    stock: int
    is_call: bool
    strike: float
    days: float
    volume: float
    open_interest: float
    premium: float
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class OptionsFlow:
    """(n,) each. score: [-1, 1], NaN if nothing is known; quality: [0, 1], min(1, premium / $100,000) times coverage;
    coverage: the share of the method's weight that is known; effective_count: contracts, (sum p)^2 / sum p^2 of their
    premiums. parts (n, 4): put/call surprise, signed premium, skew change, unusual strikes, [-1, 1], NaN unknown.

    put_call: volume ratio, NaN without a call; log_put_call: ln((puts + 1) / (calls + 1)), NaN without a trade;
    premium: dollars; known_side: the share of it whose side is known; skew: put minus call volatility at 25 delta;
    unusual: how many contracts.
    """

    score: FloatArray
    quality: FloatArray
    coverage: FloatArray
    effective_count: FloatArray
    parts: FloatArray
    put_call: FloatArray
    log_put_call: FloatArray
    premium: FloatArray
    known_side: FloatArray
    skew: FloatArray
    unusual: IntArray


def score_options(contracts: Contracts, history: History) -> OptionsFlow:
    """(.35 x1 + .45 c x2 + .10 skew + .10 c unusual) / (weights known), c = share of the premium whose side is known.

    With everything known this is the .35 x1 + .45 x2 + .20 x3 of the method. n stocks: the rows of the history.
    ValueError where the two histories have different numbers of rows.
    """
    stocks = len(history.put_call)
    if len(history.skew) != stocks:
        raise ValueError("both histories need one row per stock")
    is_call = contracts.is_call
    puts, calls = (_per_stock(contracts, contracts.volume * side, stocks) for side in (~is_call, is_call))
    traded = puts + calls > 0
    log_ratio = np.where(traded, np.log((puts + 1) / (calls + 1)), np.nan)
    paid = compute_premiums(contracts)
    premium = _per_stock(contracts, paid, stocks)
    signed, known_side = _signed_premium(contracts, premium, stocks)
    unusual = _per_stock(contracts, is_unusual(contracts).astype(np.float64), stocks)
    skew = compute_skew(contracts, stocks)
    x1 = -np.tanh(compute_surprise(log_ratio, history.put_call, RATIO_DEVIATION) / 1.5)
    steep = -np.tanh(_skew_surprise(skew, history.skew))
    odd = np.clip(signed / SIGN_BAND, -1.0, 1.0) * np.tanh(unusual / 3)
    parts = np.column_stack([x1, signed, steep, odd])
    weight = np.column_stack(
        [
            np.isfinite(x1) * PUT_CALL_WEIGHT,
            PREMIUM_WEIGHT * known_side,
            np.isfinite(steep) * SKEW_WEIGHT,
            UNUSUAL_WEIGHT * known_side,
        ]
    )
    coverage = weight.sum(axis=1)
    total = (weight * np.nan_to_num(parts)).sum(axis=1)
    squares = _per_stock(contracts, paid**2, stocks)
    return OptionsFlow(
        score=np.where(coverage > 0, np.clip(total / np.where(coverage > 0, coverage, 1.0), -1.0, 1.0), np.nan),
        quality=np.minimum(1.0, premium / FULL_PREMIUM) * coverage,
        coverage=coverage,
        effective_count=np.where(premium > 0, premium**2 / np.where(squares > 0, squares, 1.0), 0.0),
        parts=parts,
        put_call=np.where(calls > 0, puts / np.where(calls > 0, calls, 1.0), np.nan),
        log_put_call=log_ratio,
        premium=premium,
        known_side=known_side,
        skew=skew,
        unusual=unusual.astype(np.int64),
    )


def classify_side(price: npt.ArrayLike, bid: npt.ArrayLike, ask: npt.ArrayLike) -> npt.NDArray[np.int8]:
    """Who crossed the spread: 1 a buyer (at the ask or above), -1 a seller (at the bid or below), 0 not known.

    Between the two, and with a quote that is missing, locked, crossed or not above 0, the side is not known. Dollars.
    """
    paid, low, high = (np.asarray(one, dtype=np.float64) for one in (price, bid, ask))
    quoted = (low >= 0) & (high > low) & (paid > 0)
    return (np.where(quoted & (paid >= high), 1, 0) - np.where(quoted & (paid <= low), 1, 0)).astype(np.int8)


def compute_premiums(contracts: Contracts) -> FloatArray:
    """Dollars paid per contract line, (m,): price x volume x shares; 0 where one of them is unknown."""
    paid = contracts.price * contracts.volume * contracts.shares
    return np.where(np.isfinite(paid), paid, 0.0)


def is_unusual(contracts: Contracts) -> BoolArray:
    """(m,): volume above three times the open interest and premium above $25,000. An unknown open interest is not 0."""
    turned = contracts.volume > UNUSUAL_TURNOVER * contracts.open_interest
    return np.asarray(turned & (compute_premiums(contracts) > UNUSUAL_PREMIUM))


def list_unusual(contracts: Contracts) -> tuple[UnusualContract, ...]:
    """The unusual contracts with their reasons, by stock, the dearest first."""
    premium = compute_premiums(contracts)
    rows = np.flatnonzero(is_unusual(contracts))
    rows = rows[np.lexsort((-premium[rows], contracts.stock[rows]))]
    return tuple(
        UnusualContract(
            stock=int(contracts.stock[row]),
            is_call=bool(contracts.is_call[row]),
            strike=float(contracts.strike[row]),
            days=float(contracts.days[row]),
            volume=float(contracts.volume[row]),
            open_interest=float(contracts.open_interest[row]),
            premium=float(premium[row]),
            reasons=_reasons(contracts, int(row), float(premium[row])),
        )
        for row in rows
    )


def compute_surprise(today: npt.ArrayLike, history: npt.ArrayLike, least_deviation: float) -> FloatArray:
    """How many standard deviations today lies off the 20 days before it, (n,).

    today: (n,); history: (n, d) without today. NaN with fewer than 10 known of the 20. The deviation (of a sample) is
    never taken below least_deviation.
    """
    now = np.asarray(today, dtype=np.float64)
    past = np.asarray(history, dtype=np.float64)[:, -SURPRISE_DAYS:]
    seen = np.isfinite(past)
    count = seen.sum(axis=1)
    mean = np.where(seen, past, 0.0).sum(axis=1) / np.maximum(count, 1)
    squares = (np.where(seen, past - mean[:, None], 0.0) ** 2).sum(axis=1) / np.maximum(count - 1, 1)
    return np.where(count >= FEWEST_DAYS, (now - mean) / np.maximum(np.sqrt(squares), least_deviation), np.nan)


def compute_skew(contracts: Contracts, stocks: int) -> FloatArray:
    """Volatility of the 25-delta put less that of the 25-delta call, (n,), 0.05 = five points.

    Of the expiry nearest to 30 days from 7 days on (the nearer one if two are as near), linear between the deltas on
    either side of 25; NaN where they do not reach around it.
    """
    usable = np.isfinite(contracts.delta) & (np.nan_to_num(contracts.volatility) > 0)
    usable &= contracts.days >= SKEW_LEAST_DAYS
    distance = np.where(usable, np.abs(contracts.days - SKEW_EXPIRY_DAYS), np.inf)
    nearest = np.full(stocks, np.inf)
    np.minimum.at(nearest, contracts.stock, distance)
    usable &= distance == nearest[contracts.stock]
    soonest = np.full(stocks, np.inf)
    np.minimum.at(soonest, contracts.stock[usable], contracts.days[usable])
    usable &= contracts.days == soonest[contracts.stock]
    sides = [_volatility_at_delta(contracts, usable & side, stocks) for side in (~contracts.is_call, contracts.is_call)]
    return sides[0] - sides[1]


def _volatility_at_delta(contracts: Contracts, usable: BoolArray, stocks: int) -> FloatArray:
    rows = np.flatnonzero(usable)
    rows = rows[np.lexsort((np.abs(contracts.delta[rows]), contracts.stock[rows]))]
    stock, delta, volatility = contracts.stock[rows], np.abs(contracts.delta[rows]), contracts.volatility[rows]
    answer = np.full(stocks, np.nan)
    for one, start, end in _runs(stock):
        if delta[start] <= SKEW_DELTA <= delta[end - 1]:
            answer[one] = np.interp(SKEW_DELTA, delta[start:end], volatility[start:end])
    return answer


def _runs(sorted_stock: IntArray) -> list[tuple[int, int, int]]:
    stock, start = np.unique(sorted_stock, return_index=True)
    return list(zip(stock.tolist(), start.tolist(), [*start[1:].tolist(), len(sorted_stock)], strict=False))


def _skew_surprise(skew: FloatArray, history: FloatArray) -> FloatArray:
    """z of today's change of the skew among the changes of the days before; NaN without a yesterday."""
    past = np.asarray(history, dtype=np.float64)
    if not past.shape[1]:
        return np.full(len(skew), np.nan)
    return compute_surprise(skew - past[:, -1], np.diff(past, axis=1), SKEW_DEVIATION)


def _signed_premium(contracts: Contracts, premium: FloatArray, stocks: int) -> tuple[FloatArray, FloatArray]:
    """(Calls bought + puts sold - calls sold - puts bought) over the premium whose side is known, and that premium's
    share of all, (n,) each; NaN and 0 where no side is known."""
    bought, sold = np.nan_to_num(contracts.bought), np.nan_to_num(contracts.sold)
    dollars = np.nan_to_num(contracts.price * contracts.shares)
    direction = np.where(contracts.is_call, 1.0, -1.0)
    known = _per_stock(contracts, dollars * (bought + sold), stocks)
    net = _per_stock(contracts, dollars * (bought - sold) * direction, stocks)
    share = np.where(premium > 0, np.minimum(known / np.where(premium > 0, premium, 1.0), 1.0), 0.0)
    return np.where(known > 0, np.clip(net / np.where(known > 0, known, 1.0), -1.0, 1.0), np.nan), share


def _per_stock(contracts: Contracts, values: npt.NDArray[np.generic], stocks: int) -> FloatArray:
    sums = np.bincount(contracts.stock, np.nan_to_num(values.astype(np.float64)), stocks)
    return sums.astype(np.float64, copy=False)


def _reasons(contracts: Contracts, row: int, premium: float) -> tuple[str, ...]:
    volume, interest = float(contracts.volume[row]), float(contracts.open_interest[row])
    turnover = f"{volume / interest:.1f} times the open interest" if interest > 0 else "no open interest before"
    bought, sold = (0.0 if math.isnan(side) else float(side) for side in (contracts.bought[row], contracts.sold[row]))
    side = f"{100 * bought / volume:.0f} % bought, {100 * sold / volume:.0f} % sold"
    return turnover, f"${premium:,.0f} of premium", side if bought + sold > 0 else "side unknown"
