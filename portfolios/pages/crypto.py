"""The book held against the crypto regime: what of it hangs on crypto. A slot of the regime's page."""

from __future__ import annotations

from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from macro.models import MacroSentimentAnalysis
from macro.selectors import latest_analysis, list_link_kinds
from portfolios.models import Portfolio
from portfolios.risk import selectors
from portfolios.risk.records import Exposures
from sentiment_site.live.time_machine import shown_moment

from .asking import own_book
from .parameters import refuse_unknown

RISING = frozenset({"ACTIVE", "AGGRESSIVE"})


@dataclass(frozen=True, slots=True)
class LinkedHolding:
    """One underlying that hangs on crypto. net, gross: dollars, options at their deltas; share: of the book's gross."""

    symbol: str
    kinds: tuple[str, ...]
    net: float
    gross: float
    share: float


@require_safe
@own_book
def exposure(request: HttpRequest, portfolio: Portfolio) -> HttpResponse:
    """The linked part of the book, each underlying, and whether it leans with the trade permission or against it."""
    refuse_unknown(request)
    as_of = shown_moment(request)
    exposures = selectors.get_exposures(portfolio, as_of)
    holdings = list_linked(exposures)
    analysis = latest_analysis(as_of)
    context = {
        "basis": exposures.basis,
        "holdings": holdings,
        "net": sum(one.net for one in holdings),
        "share": sum(one.share for one in holdings),
        "warning": warn(holdings, analysis),
        "as_of": as_of,
    }
    return render(request, "portfolios/_crypto_exposure.html", context)


def list_linked(exposures: Exposures) -> tuple[LinkedHolding, ...]:
    """The linked underlyings of a book, largest first."""
    kinds = list_link_kinds(exposures.basis.as_of, simulated=bool(exposures.basis.simulated))
    whole = exposures.exposure.book.delta_adjusted.gross
    found = []
    for symbol, part in exposures.exposure.by_underlying.items():
        if symbol in kinds:
            sides = part.delta_adjusted
            found.append(
                LinkedHolding(symbol, kinds[symbol], sides.net, sides.gross, sides.gross / whole if whole else 0)
            )
    return tuple(sorted(found, key=lambda one: (-one.gross, one.symbol)))


def warn(holdings: tuple[LinkedHolding, ...], analysis: MacroSentimentAnalysis | None) -> str:
    """Where the linked part leans against the permission; "" where it does not, or nothing is known."""
    net = sum(one.net for one in holdings)
    if analysis is None or not holdings:
        return ""
    if net < 0 and analysis.trade_permission in RISING:
        return f"short what hangs on crypto while the permission is {analysis.trade_permission.replace('_', ' ')}"
    if net > 0 and analysis.trade_permission == "NO_TRADE":
        return "long what hangs on crypto while the permission is NO TRADE"
    return ""
