"""The page of the temperature by hour: serving reads what passes stored."""

from __future__ import annotations

from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from sentiment_site.live.http import SEQ_HEADER
from sentiment_site.live.time_machine import asked_moment
from sentiment_site.market import clock
from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.market.sectors import SECTOR_BY_KEY, SECTORS
from themes.kernels.verdict import MATRIX, CanShort, ShouldShort
from themes.models import StockVerdict, TemperaturePass
from themes.publish import seq_of
from themes.stories.selectors import list_themes

from .board import SHOWN, SORTS, HeatMap, HeatQuery, Row, load_heat_map, parse_query

LEGEND = (
    ("extreme", "EXTREME", "|change| from max(15 %, 8 sigma) and 5 times the usual volume"),
    ("hot", "HOT", "from max(7 %, 4 sigma) and 3 times"),
    ("warm", "WARM", "from max(3 %, 2 sigma) and 1.5 times"),
    ("cold", "COLD", "below that"),
)


@require_safe
@login_required
@cache_control(private=True, no_cache=True)
def heat(request: HttpRequest) -> HttpResponse:
    """The map, or for HTMX and after a push its changing part alone: 204 for a poll while no pass was added."""
    as_of = asked_moment(request)
    asked = parse_query(request.GET.dict(), as_of)
    part_only = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    if part_only and as_of is None and _is_current(request.GET.get("seq", "")):
        return HttpResponse(status=204, headers={SEQ_HEADER: request.GET["seq"]})
    found = load_heat_map(asked)
    seq = seq_of(found.recorded_at)
    context = _context(found, asked) | {"as_of": as_of, "now": as_of or clock.now(), "seq": seq}
    if part_only:
        response = render(request, "themes/_heat.html", context)
        response[SEQ_HEADER] = str(seq)
        return response
    return render(request, "themes/heat.html", context | {"themes": list_themes(as_of)})


def verb_of(verdict: StockVerdict) -> str:
    """The matrix' word for a stored verdict."""
    return MATRIX[CanShort(verdict.can_short), ShouldShort(verdict.should_short)]


def _is_current(held: str) -> bool:
    """Whether a poll knows the newest pass already. One statement; what a filter asks for carries no number."""
    if not (held.isascii() and held.isdigit()):
        return False
    newest = TemperaturePass.objects.order_by("-recorded_at").values_list("recorded_at", flat=True).first()
    return 0 < seq_of(newest) <= int(held)


def _context(found: HeatMap, asked: HeatQuery) -> dict[str, Any]:
    return {
        "map": found,
        "asked": asked,
        "rows": [_shown(row) for row in found.rows],
        "hours": [f"{stamp.astimezone(NEW_YORK):%H}" for stamp in found.stamps],
        "headings": {key: _heading(asked, key) for key in SORTS},
        "levels": SHOWN,
        "sectors": SECTORS,
        "legend": LEGEND,
        "simulated": found.newest is not None and found.newest.is_simulated,
        "earlier": asked.query(page=asked.page - 1) if 1 < asked.page <= found.pages else "",
        "later": asked.query(page=asked.page + 1) if asked.page < found.pages else "",
    }


def _shown(row: Row) -> dict[str, Any]:
    sector = SECTOR_BY_KEY.get(row.newest.sector)
    return {
        "row": row,
        "sector": sector.title if sector else "",
        "advice": row.newest.trading_recommendation,
        "why": _why(row.newest.reasons),
        "verb": "" if row.verdict is None else verb_of(row.verdict),
    }


def _why(reasons: dict[str, Any]) -> str:
    """The rule's comparisons in words, and what was not known."""
    compared = [one for one in reasons.get("reasons", ()) if one["value"] is not None]
    limits = [" or ".join(f"{limit:g}" for limit in one["threshold"]) for one in compared]
    parts = [
        f"{_words(one['input'])} {one['value']:g} {one['sign']} {limit}"
        for one, limit in zip(compared, limits, strict=True)
    ]
    if reasons.get("unknown"):
        parts.append("unknown: " + ", ".join(map(_words, reasons["unknown"])))
    return f"rule {reasons.get('rule', '–')}: {'; '.join(parts)}" if parts else ""


def _words(name: str) -> str:
    return name.replace("_", " ")


def _heading(asked: HeatQuery, key: str) -> dict[str, Any]:
    """How a column is sorted now, and where a click leads (figures start with the largest)."""
    active, down = asked.sort_key == key, asked.sort.startswith("-")
    descending = not down if active else key != "symbol"
    return {
        "aria": ("descending" if down else "ascending") if active else "none",
        "arrow": ("▼" if down else "▲") if active else "",
        "query": asked.query(sort=f"-{key}" if descending else key),
    }
