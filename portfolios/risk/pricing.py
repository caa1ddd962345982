"""What each position is worth and by which volatility it is valued: its own price where there is one, else the model.

An option's volatility is implied by its own price if that price was made on the session of the underlying's close, and
the exponentially weighted one of the underlying otherwise, with the reason beside it. Contracts that deliver another
number of shares, or cash beside them, are taken per delivered share. Source: methods.md 8.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
from django.conf import settings

from portfolios.kernels.greeks import DAYS_PER_YEAR, Greeks, GreekSource, ModelInput, mock_greeks, model_greeks
from portfolios.kernels.positions import PositionType
from portfolios.valuation.prices import MODEL
from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.quant.options import VolatilityReason, implied_volatility, option_price

from .market import Market
from .views import View

if TYPE_CHECKING:
    from .loading import Held

FloatArray = npt.NDArray[np.float64]

ENTRY = "entry"
UNLISTED = "its stock is not among the instruments here"
_REASONS = {
    VolatilityReason.FOUND: "",
    VolatilityReason.BAD_INPUT: "its price or terms admit no volatility",
    VolatilityReason.EXPIRED: "it has expired",
    VolatilityReason.BELOW_INTRINSIC: "its price is below its intrinsic value",
    VolatilityReason.NO_TIME_VALUE: "its price has no time value",
    VolatilityReason.ABOVE_BOUND: "its price is above what any volatility gives",
}


@dataclass(frozen=True, slots=True)
class Priced:
    """A position in dollars. source: stored, close, model or entry (nothing better is known).

    spot: per share of the underlying on the position's share basis; strike: per delivered share; years to expiry;
    volatility per year with its source (implied, ewma, ""); note: why not better; no_spot: why there is no spot.
    """

    market_value: float
    source: str
    spot: float | None
    strike: float | None
    years: float | None
    volatility: float | None
    volatility_source: str
    note: str
    no_spot: str
    mock: Greeks
    model: Greeks | None

    def why(self, source: GreekSource) -> str:
        """Why its delta-adjusted exposure is unknown."""
        return self.no_spot or (self.note if source is GreekSource.MODEL else "")


@dataclass(frozen=True, slots=True)
class _Terms:
    """Options as columns; NaN where unknown."""

    spot: FloatArray
    strike: FloatArray
    years: FloatArray
    call: npt.NDArray[np.bool_]
    volatility: FloatArray
    implied: npt.NDArray[np.bool_]
    notes: list[str]


def price_positions(held: Sequence[Held], market: Market) -> list[Priced]:
    """Every position priced at the market's view, in the order given."""
    spots, sources, why = _spots(held, market)
    terms = _option_terms(held, market, spots)
    worth = _worth(held, market.view, sources, terms)
    options = np.array([one.kind.is_option for one in held], dtype=bool)
    known = [None if not options[row] else _known(terms.volatility[row]) for row in range(len(held))]
    rate = settings.RISK_FREE_RATE
    inputs = [
        ModelInput(
            one.kind,
            one.quantity,
            _known(spots[row]),
            _known(terms.strike[row]),
            _known(terms.years[row]),
            known[row],
            rate,
            shares=float(one.deliverable_shares),
        )
        for row, one in enumerate(held)
    ]
    result = []
    for row, (one, model) in enumerate(zip(held, model_greeks(inputs), strict=True)):
        value, source = worth[row]
        result.append(
            Priced(
                market_value=value,
                source=source,
                spot=_known(spots[row]),
                strike=_known(terms.strike[row]),
                years=_known(terms.years[row]),
                volatility=known[row],
                volatility_source="" if known[row] is None else "implied" if terms.implied[row] else "ewma",
                note=terms.notes[row],
                no_spot=why[row],
                mock=mock_greeks(one.kind, one.quantity),
                model=model,
            )
        )
    return result


def _spots(held: Sequence[Held], market: Market) -> tuple[FloatArray, list[str], list[str]]:
    """Dollars per share of each underlying, the source of each stock's, and why where there is none.

    Stock stands at its own price when the view is live, so that exposures agree with the book in money; options at the
    underlying's close, or at the price of the stock that the same book holds.
    """
    spots, sources, why = np.full(len(held), np.nan), [ENTRY] * len(held), [""] * len(held)
    own: dict[tuple[object, str], float] = {}
    for row, one in enumerate(held):
        place = market.rows.get(one.instrument_id) if one.instrument_id is not None else None
        close = np.nan if place is None else market.spots[place] * one.split
        if one.kind.is_option:
            spots[row] = close
            continue
        if _stands(one, market.view):
            source = ENTRY if one.last_price is None or one.last_price_at is None else "stored"
            spots[row] = float(one.entry_price if one.last_price is None else one.last_price)
        else:
            source = "close" if np.isfinite(close) else ENTRY
            spots[row] = close if np.isfinite(close) else float(one.entry_price)
        sources[row] = source
        if source != ENTRY:
            own[one.portfolio_id, one.underlying] = spots[row]
    for row, one in enumerate(held):
        if one.kind.is_option and not np.isfinite(spots[row]):
            spots[row] = own.get((one.portfolio_id, one.underlying), np.nan)
        if not np.isfinite(spots[row]):
            why[row] = UNLISTED if one.instrument_id is None else "no close in the last ten sessions"
    return spots, sources, why


def _option_terms(held: Sequence[Held], market: Market, spots: FloatArray) -> _Terms:
    n, session = len(held), market.view.session
    strike, years, price, ewma = (np.full(n, np.nan) for _ in range(4))
    notes = [""] * n
    call = np.zeros(n, dtype=bool)
    for row, one in enumerate(held):
        if not one.kind.is_option or one.strike is None or one.expiration is None:
            continue
        shares = float(one.deliverable_shares)
        if not shares:
            notes[row] = "the contract delivers no shares"
            continue
        per_share = float(one.multiplier) / shares
        strike[row] = float(one.strike) * per_share - float(one.deliverable_cash) / shares
        years[row] = max((one.expiration - session).days, 0) / DAYS_PER_YEAR
        call[row] = one.kind in (PositionType.LC, PositionType.SC)
        place = market.rows.get(one.instrument_id) if one.instrument_id is not None else None
        ewma[row] = np.nan if place is None else market.volatilities[place]
        quoted, notes[row] = _quoted(one, market.view)
        price[row] = np.nan if quoted is None else quoted * per_share
    asked = np.isfinite(price) & np.isfinite(spots)
    solved = implied_volatility(price, spots, strike, years, settings.RISK_FREE_RATE, call=call)
    implied = asked & np.isfinite(solved.volatility)
    for row in np.flatnonzero(asked & ~implied).tolist():
        notes[row] = _REASONS[VolatilityReason(int(solved.reason[row]))]
    volatility = np.where(implied, solved.volatility, ewma)
    expired = (years == 0) & ~np.isfinite(volatility)
    volatility = np.where(expired, 0.0, volatility)
    for row, one in enumerate(held):
        if one.kind.is_option and not np.isfinite(volatility[row]) and np.isfinite(strike[row]):
            notes[row] = f"{notes[row]}; and the underlying has fewer than 20 returns".removeprefix("; and ")
    return _Terms(spots, strike, years, call, volatility, implied, notes)


def _quoted(one: Held, view: View) -> tuple[float | None, str]:
    """The option's own price if it belongs to the session of the underlying's close, and why not."""
    if not view.live:
        return None, "prices of options of the past are not kept"
    if one.last_price is None or one.last_price_at is None:
        return None, "it has no price but its entry's"
    if one.last_price_source.startswith(MODEL):
        return None, "its price is the model's own"
    day = one.last_price_at.astimezone(NEW_YORK).date()
    if day != view.session:
        return None, f"its price is of {day}, the underlying's close of {view.session}"
    return float(one.last_price), ""


def _worth(held: Sequence[Held], view: View, sources: Sequence[str], terms: _Terms) -> list[tuple[float, str]]:
    """Signed market value in dollars and where it comes from."""
    modelled = option_price(
        terms.spot, terms.strike, terms.years, terms.volatility, settings.RISK_FREE_RATE, call=terms.call
    )
    result = []
    for row, one in enumerate(held):
        sign, quantity = one.kind.sign, float(one.quantity)
        if _stands(one, view):
            price = one.entry_price if one.last_price is None else one.last_price
            stored = one.market_value
            value = float(stored) if stored is not None else sign * float(price * one.quantity * one.multiplier)
            result.append((value, ENTRY if one.last_price_at is None else "stored"))
        elif one.kind.is_option and np.isfinite(modelled[row]):
            result.append((sign * float(modelled[row]) * quantity * float(one.deliverable_shares), "model"))
        elif sources[row] == "close":
            result.append((sign * float(terms.spot[row]) * quantity, "close"))
        else:
            result.append((sign * float(one.entry_price) * quantity * float(one.multiplier), ENTRY))
    return result


def _stands(one: Held, view: View) -> bool:
    """Whether its stored price counts: the view is live, and the price is of no later day than the view's."""
    if not view.live or one.last_price_at is None:
        return view.live
    return one.last_price_at.astimezone(NEW_YORK).date() <= view.day


def _known(value: float) -> float | None:
    number = float(value)
    return number if np.isfinite(number) else None
