"""Reads of a book's risk, on demand. Every one takes the caller's own portfolio and, for the time machine, a moment.

`source` says whose deltas weigh options: the requirement's table (the default) or the model; they are never mixed.
`loaded` is a book that `load_book` read before, so that a page asks the database once for all its parts.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from portfolios.kernels.greeks import GreekSource
from portfolios.kernels.stress import Scenario
from portfolios.models import Portfolio

from . import clusters, exposures, factors, greeks, light, ratios, stress
from .loading import RiskBook, load_books
from .records import (
    BookGreeks,
    BookRisk,
    ClusterView,
    Exposures,
    FactorView,
    LitView,
    RatioView,
    StressView,
)
from .views import live_view, view_at

MOCK = GreekSource.MOCK


def load_book(portfolio: Portfolio, as_of: dt.datetime | None = None) -> RiskBook:
    """The book with its prices, volatilities and the market around it, now or as known at a moment."""
    view = live_view() if as_of is None else view_at(as_of)
    return load_books([portfolio.pk], view)[portfolio.pk]


def get_greeks(
    portfolio: Portfolio,
    as_of: dt.datetime | None = None,
    *,
    source: GreekSource = MOCK,
    loaded: RiskBook | None = None,
) -> BookGreeks:
    """Greeks of every position and the totals, mock and model side by side."""
    return greeks.compute(loaded or load_book(portfolio, as_of), source)


def get_exposures(
    portfolio: Portfolio,
    as_of: dt.datetime | None = None,
    *,
    source: GreekSource = MOCK,
    loaded: RiskBook | None = None,
) -> Exposures:
    """Gross, net, notional, delta-adjusted, beta-weighted; by sector, tag, option, underlying; concentration."""
    return exposures.compute(loaded or load_book(portfolio, as_of), source)


def get_factors(
    portfolio: Portfolio,
    as_of: dt.datetime | None = None,
    *,
    source: GreekSource = MOCK,
    loaded: RiskBook | None = None,
) -> FactorView:
    """Joint betas to the factors with bands, the labelled view one by one, and the volatility they explain."""
    return factors.compute(loaded or load_book(portfolio, as_of), source)


def get_ratios(
    portfolio: Portfolio,
    as_of: dt.datetime | None = None,
    *,
    source: GreekSource = MOCK,
    loaded: RiskBook | None = None,
) -> RatioView:
    """Ratios of the stored daily rows, with the reason beside what is empty."""
    return ratios.compute(loaded or load_book(portfolio, as_of), source)


def get_clusters(
    portfolio: Portfolio,
    as_of: dt.datetime | None = None,
    *,
    source: GreekSource = MOCK,
    loaded: RiskBook | None = None,
) -> ClusterView:
    """Which names are one bet, and how many bets are left."""
    return clusters.compute(loaded or load_book(portfolio, as_of), source)


def get_stress(
    portfolio: Portfolio,
    scenarios: Sequence[Scenario] | None = None,
    as_of: dt.datetime | None = None,
    *,
    source: GreekSource = MOCK,
    loaded: RiskBook | None = None,
) -> StressView:
    """The book under scenarios; without any: the standing ones, its sectors 10 % down, its themes 20 % down and up."""
    return stress.compute(loaded or load_book(portfolio, as_of), scenarios, source)


def get_lit_book(
    portfolio: Portfolio,
    as_of: dt.datetime | None = None,
    *,
    source: GreekSource = MOCK,
    loaded: RiskBook | None = None,
) -> LitView:
    """Each position beside its sector's light, headlines, and warnings where the book fights it."""
    return light.compute(loaded or load_book(portfolio, as_of), source)


def get_risk(portfolio: Portfolio, as_of: dt.datetime | None = None, *, source: GreekSource = MOCK) -> BookRisk:
    """All of the above from one reading of the book."""
    loaded = load_book(portfolio, as_of)
    return BookRisk(
        greeks=greeks.compute(loaded, source),
        exposures=exposures.compute(loaded, source),
        factors=factors.compute(loaded, source),
        ratios=ratios.compute(loaded, source),
        clusters=clusters.compute(loaded, source),
        stress=stress.compute(loaded, None, source),
        light=light.compute(loaded, source),
    )
