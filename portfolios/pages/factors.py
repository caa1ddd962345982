"""The factor page: eight betas with their bands, what they can be trusted for, and what each lacks."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from portfolios.kernels.factors import CUSTOM, FEWEST_OBSERVATIONS, RECOMMENDED_OBSERVATIONS, WINDOW
from portfolios.models import Portfolio
from portfolios.risk import selectors
from portfolios.risk.records import FactorView
from sentiment_site.live.time_machine import shown_moment

from .asking import own_book
from .bars import draw_band, draw_sides, largest
from .navigation import render_page
from .parameters import refuse_unknown
from .risk import DELTAS, choose_source, list_missing, read_source

HIGH_VIF = 10.0
HIGH_CONDITION = 30.0


@require_safe
@own_book
def factors(request: HttpRequest, portfolio: Portfolio) -> HttpResponse:
    """The page. `?deltas=` says whose deltas weigh options."""
    refuse_unknown(request, DELTAS)
    as_of, source = shown_moment(request), read_source(request)
    found = selectors.get_factors(portfolio, as_of, source=source)
    context = {
        "basis": found.basis,
        "found": found,
        "rows": _rows(found),
        "alone": _alone(found),
        "scale": _reach(found),
        "custom": CUSTOM,
        "high_condition": found.condition is not None and found.condition > HIGH_CONDITION,
        "window": WINDOW,
        "fewest": FEWEST_OBSERVATIONS,
        "recommended": RECOMMENDED_OBSERVATIONS,
        "missing": list_missing(found.missing),
    }
    whole = context | choose_source(request, source)
    return render_page(request, "portfolios/factors.html", whole, portfolio=portfolio, current="factors", as_of=as_of)


def _reach(found: FactorView) -> float:
    """What fills a side of the picture: the farthest end of any band."""
    return largest(end for one in found.factors for end in (one.beta, one.low, one.high))


def _rows(found: FactorView) -> list[dict[str, Any]]:
    scale = _reach(found)
    rows = []
    for one in found.factors:
        band = None
        if one.beta is not None:
            low, high = (one.beta if end is None else end for end in (one.low, one.high))
            band = draw_band(low, one.beta, high, scale)
        sure = one.low is not None and one.high is not None and (one.low > 0 or one.high < 0)
        rows.append({"factor": one, "band": band, "sure": sure, "high_vif": one.vif is not None and one.vif > HIGH_VIF})
    return rows


def _alone(found: FactorView) -> list[dict[str, Any]]:
    """Each factor for itself; not to be added up, so in a table of its own."""
    scale = largest(one.alone for one in found.factors)
    return [
        {"factor": one, "bar": draw_sides(max(one.alone, 0.0), max(-one.alone, 0.0), scale) if one.alone else None}
        for one in found.factors
    ]
