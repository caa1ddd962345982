"""The risk page: exposures, concentration, ratios, both kinds of Greeks, and which names are one bet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from portfolios.kernels.clusters import CorrelationMap
from portfolios.kernels.exposures import Exposure, Sides
from portfolios.kernels.greeks import GreekSource
from portfolios.models import Portfolio
from portfolios.risk import selectors
from portfolios.risk.records import Exposures, Missing, RatioView
from sentiment_site.live.templatetags.figures import fixed, percent, share
from sentiment_site.live.time_machine import shown_moment
from sentiment_site.market.sectors import SECTOR_BY_KEY

from .asking import own_book, short_query
from .bars import Sided, draw_bar, draw_sides, largest
from .navigation import render_page
from .parameters import read_choice, read_page, refuse_unknown

DELTAS = "deltas"
ROWS_SHOWN, NAMES_SHOWN, HEAT_SHOWN, GREEKS_SHOWN, MISSING_SHOWN = 20, 10, 24, 50, 40
HEAT_STEPS = 5
UNKNOWN_TITLES: Mapping[str, str] = {"unknown": "Sector not known", "untagged": "Without a tag", "stock": "Stock"}
OPTION_TITLES: Mapping[str, str] = {"stock": "Stock", "CALL": "Calls", "PUT": "Puts"}
Writer = Callable[[Any], str]
# name of the ratio -> title, how it is written, what it means
RATIOS: Mapping[str, tuple[str, Writer, str]] = {
    "cumulative_return": ("Return of the period", percent, "of all days together, flows taken out"),
    "annual_return": ("Return per year", percent, "compounded, 252 sessions"),
    "volatility": ("Volatility per year", lambda value: share(value, 1), "standard deviation of daily returns"),
    "sharpe": ("Sharpe", fixed, "return above cash per unit of volatility"),
    "sortino": ("Sortino", fixed, "the same, losses only"),
    "calmar": ("Calmar", fixed, "return per year over the deepest drawdown"),
    "max_drawdown": ("Deepest drawdown", percent, "from a peak to the trough after it"),
    "value_at_risk": ("Value at risk", percent, "95 %, one session, from the book's own past"),
    "conditional_value_at_risk": ("Expected shortfall", percent, "mean of the worst 5 % of sessions"),
}


@dataclass(frozen=True, slots=True)
class GroupRow:
    """A group of positions, dollars. share: of the book's gross market value."""

    title: str
    symbol: str
    exposure: Exposure
    share: float | None
    bar: Sided


@dataclass(frozen=True, slots=True)
class Group:
    """A way to split the book. more: groups that are not listed."""

    key: str
    title: str
    note: str
    rows: tuple[GroupRow, ...]
    more: int


@require_safe
@own_book
def risk(request: HttpRequest, portfolio: Portfolio) -> HttpResponse:
    """The page. `?deltas=` says whose deltas weigh options, `?page=` is of the tables of Greeks."""
    refuse_unknown(request, DELTAS, "page")
    as_of, source = shown_moment(request), read_source(request)
    loaded = selectors.load_book(portfolio, as_of)
    exposures = selectors.get_exposures(portfolio, as_of, source=source, loaded=loaded)
    greeks = selectors.get_greeks(portfolio, as_of, source=source, loaded=loaded)
    ratios = selectors.get_ratios(portfolio, as_of, source=source, loaded=loaded)
    clusters = selectors.get_clusters(portfolio, as_of, source=source, loaded=loaded)
    context = {
        "basis": exposures.basis,
        "exposures": exposures,
        "measures": list_measures(exposures),
        "groups": _groups(exposures),
        "weights": _weights(exposures),
        "greeks": greeks,
        # options first: a stock's delta is its size
        "page": read_page(request.GET, sorted(greeks.lines, key=lambda line: line.strike is None), GREEKS_SHOWN),
        "ratios": ratios,
        "ratio_rows": _ratio_rows(ratios),
        "clusters": clusters,
        "together": [one for one in clusters.map.clusters if len(one.names) > 1],
        "alone": sorted(one.names[0] for one in clusters.map.clusters if len(one.names) == 1),
        "heat": _heat(clusters.map),
        "missing": list_missing([*exposures.missing, *greeks.missing, *clusters.missing]),
    }
    whole = context | choose_source(request, source)
    return render_page(request, "portfolios/risk.html", whole, portfolio=portfolio, current="risk", as_of=as_of)


@require_safe
@own_book
def panel(request: HttpRequest, portfolio: Portfolio) -> HttpResponse:
    """The book's exposure in a few figures, for the overview."""
    refuse_unknown(request)
    as_of = shown_moment(request)
    exposures = selectors.get_exposures(portfolio, as_of)
    context = {
        "basis": exposures.basis,
        "exposures": exposures,
        "measures": list_measures(exposures),
        "weights": _weights(exposures)[:3],
        "as_of": as_of,
    }
    return render(request, "portfolios/_risk_panel.html", context)


def read_source(request: HttpRequest) -> GreekSource:
    """Whose deltas weigh the options; the requirement's table unless asked otherwise."""
    return GreekSource(read_choice(request, DELTAS, list(GreekSource), GreekSource.MOCK))


def choose_source(request: HttpRequest, source: GreekSource) -> dict[str, Any]:
    """What portfolios/_risk_deltas.html needs: the choice, and where the other leads."""
    other = GreekSource.MODEL if source is GreekSource.MOCK else GreekSource.MOCK
    chosen = "" if other is GreekSource.MOCK else other.value
    return {"source": source, "other_source": other, "other_query": short_query(request.GET, deltas=chosen, page="")}


def list_missing(missing: Sequence[Missing]) -> dict[str, Any]:
    """What could not be computed, each once, the first forty; more: how many besides."""
    unique = list(dict.fromkeys((one.symbol, one.what, one.reason) for one in missing))
    rows = [{"symbol": symbol, "what": what, "reason": reason} for symbol, what, reason in unique[:MISSING_SHOWN]]
    return {"rows": rows, "more": len(unique) - len(rows), "count": len(unique)}


def list_measures(exposures: Exposures) -> list[dict[str, Any]]:
    """The four measures of the whole book with their sides and the net as a share of total value."""
    book = exposures.exposure.book
    total = exposures.basis.total_value
    named = [
        ("Market value", "what it would fetch", book.market_value, ""),
        ("Notional", "the stock behind it, options at their full size", book.notional, ""),
        ("Delta-adjusted", "dollars of stock that move like it", book.delta_adjusted, ""),
    ]
    without = "" if exposures.benchmark else "no benchmark has prices"
    weighted = f"dollars of {exposures.benchmark or 'the market'} that move like it"
    named.append(("Beta-weighted", weighted, book.beta_weighted, without))
    scale = max((largest((sides.long, sides.short)) for _, _, sides, reason in named if not reason), default=0.0)
    return [
        {
            "title": title,
            "meaning": meaning,
            "sides": sides,
            "reason": reason,
            "of_value": sides.net / total if total > 0 else None,
            "bar": draw_sides(sides.long, sides.short, scale),
            "unknown": len(sides.unknown),
        }
        for title, meaning, sides, reason in named
    ]


def _groups(exposures: Exposures) -> list[Group]:
    found = exposures.exposure
    sector = {key: each.title for key, each in SECTOR_BY_KEY.items()}
    several = "A position with several tags is in each: tags do not add up to the book."
    return [
        _group("sector", "By sector", "", found.by_sector, sector),
        _group("tag", "By tag", several, found.by_tag, {}),
        _group("option", "By instrument", "", found.by_option, OPTION_TITLES),
        _group("underlying", "By underlying", "A stock with the options on it.", found.by_underlying, {}),
    ]


def _group(key: str, title: str, note: str, groups: Mapping[str, Exposure], titles: Mapping[str, str]) -> Group:
    ordered = sorted(groups.items(), key=lambda item: (-item[1].market_value.gross, item[0]))
    gross = sum(one.market_value.gross for one in groups.values())
    scale = largest(side for one in groups.values() for side in (one.market_value.long, one.market_value.short))
    rows = tuple(
        GroupRow(
            titles.get(name) or UNKNOWN_TITLES.get(name, name),
            name if key == "underlying" else "",
            one,
            one.market_value.gross / gross if gross and key != "tag" else None,
            _bar(one.market_value, scale),
        )
        for name, one in ordered[:ROWS_SHOWN]
    )
    return Group(key, title, note, rows, len(ordered) - len(rows))


def _bar(sides: Sides, scale: float) -> Sided:
    return draw_sides(sides.long, sides.short, scale)


def _weights(exposures: Exposures) -> list[dict[str, Any]]:
    """The largest underlyings by their share of gross."""
    weights = list(exposures.concentration.weights.items())[:NAMES_SHOWN]
    scale = largest(weight for _, weight in weights)
    return [{"symbol": symbol, "share": weight, "bar": draw_bar(weight, scale)} for symbol, weight in weights]


def _ratio_rows(view: RatioView) -> list[dict[str, str]]:
    rows = []
    for name, (title, write, meaning) in RATIOS.items():
        value = getattr(view.ratios, name)
        reason = "" if value is not None else view.reasons.get(name, "not enough sessions yet")
        rows.append({"title": title, "value": write(value), "meaning": meaning, "reason": reason})
    return rows


def _heat(found: CorrelationMap) -> dict[str, Any]:
    """The correlation matrix as rows of cells, of the names in the largest clusters; more: names left out of it."""
    weighty = [name for cluster in found.clusters for name in cluster.names][:HEAT_SHOWN]
    places = [place for place, name in enumerate(found.names) if name in set(weighty)]
    rows = [
        {"name": found.names[row], "cells": [_cell(float(found.correlation[row, column])) for column in places]}
        for row in places
    ]
    return {"names": [found.names[place] for place in places], "rows": rows, "more": len(found.names) - len(places)}


def _cell(value: float) -> dict[str, Any]:
    step = min(round(abs(value) * HEAT_STEPS), HEAT_STEPS)
    return {"value": value, "tone": f"heat-{'down' if value < 0 else 'up'}-{step}" if step else "heat-0"}
