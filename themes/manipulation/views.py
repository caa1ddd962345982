"""The manipulation watch: who is suspicious now, why, and how much of the evidence was there."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from sentiment_site.live.http import SEQ_HEADER, signed_in
from sentiment_site.live.time_machine import BadParameter, asked_moment
from sentiment_site.market import clock
from themes.kernels.behaviour import FEWEST_OUTCOMES
from themes.models import ManipulationPass, ManipulationReading
from themes.publish import seq_of
from universe.models import Instrument

from .pictures import HEIGHT, PHASE_WORDS, WIDTH, band_lines, draw_risk, draw_strip
from .scoring import TITLES
from .screen import CAUSES
from .selectors import BANDS, history, latest_pass, outcome_record, watch_list

PAGE = 50
PARAMETERS = frozenset({"band", "phase", "cause", "page", "as_of", "seq", "panel"})
CAUSE_WORDS = {
    "spike": "spike", "flags": "market flags", "theme": "ongoing theme", "talk": "burst of posts",
    "followed": "was elevated within ten sessions",
}  # fmt: skip
FEED_WORDS = {"filings": "filings", "news": "news", "press": "press releases", "posts": "posts"}
LINES_SHOWN = 12


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address asks for: at least this band, this phase, this cause ("" any), and the page."""

    band: str
    phase: str
    cause: str
    page: int

    @property
    def bands(self) -> tuple[str, ...]:
        """The bands that are shown; () for all."""
        return BANDS[BANDS.index(self.band) :] if self.band else ()

    @property
    def is_narrowed(self) -> bool:
        """Whether anything is left out."""
        return bool(self.band or self.phase or self.cause)

    def query(self, page: int) -> str:
        """The query of another page."""
        kept = {"band": self.band.lower(), "phase": self.phase.lower(), "cause": self.cause}
        return urlencode(
            {name: value for name, value in (kept | {"page": str(page) if page > 1 else ""}).items() if value}
        )


@require_safe
@login_required
@cache_control(private=True, no_cache=True)
def manipulation(request: HttpRequest) -> HttpResponse:
    """The watch list, or for HTMX and after a push its changing part alone: 204 for a poll while no bar was read."""
    as_of = asked_moment(request)
    asked = read_query(request)
    part_only = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    newest = latest_pass(as_of)
    seq = seq_of(None if newest is None else newest.recorded_at)
    held = request.GET.get("seq", "")
    if part_only and as_of is None and held.isascii() and held.isdigit() and 0 < seq <= int(held):
        return HttpResponse(status=204, headers={SEQ_HEADER: str(seq)})
    context = _context(asked, as_of, newest) | {"seq": seq, "as_of": as_of}
    response = render(request, "themes/_manipulation.html" if part_only else "themes/manipulation.html", context)
    response[SEQ_HEADER] = str(seq)
    return response


@require_safe
@signed_in
@cache_control(private=True, no_cache=True)
def stock(request: HttpRequest, symbol: str) -> HttpResponse:
    """One stock's phases and readings: as a fragment for HTMX, else as a page. 404 for a symbol nobody bears."""
    as_of = asked_moment(request)
    bearer = Instrument.objects.filter(symbol=symbol).order_by("-delisted_on", "-pk").first()
    if bearer is None:
        raise Http404(f"No stock is called {symbol}.")
    rows = history(bearer.pk, as_of)
    context = _stock_context(rows) | {"bearer": bearer, "as_of": as_of}
    part_only = request.headers.get("HX-Request") and not request.headers.get("HX-History-Restore-Request")
    return render(
        request, "themes/_manipulation_stock.html" if part_only else "themes/manipulation_stock.html", context
    )


def read_query(request: HttpRequest) -> Asked:
    """The filters. BadParameter names what cannot be read."""
    for name in request.GET:
        if name not in PARAMETERS:
            raise BadParameter(name, request.GET[name], "there is no such parameter here")
    band, phase = (request.GET.get(name, "").strip().upper() for name in ("band", "phase"))
    cause, page = request.GET.get("cause", "").strip(), request.GET.get("page", "").strip() or "1"
    if band and band not in BANDS:
        raise BadParameter("band", band.lower(), f"not one of {', '.join(BANDS).lower()}")
    if phase and phase not in PHASE_WORDS:
        raise BadParameter("phase", phase.lower(), f"not one of {', '.join(PHASE_WORDS).lower()}")
    if cause and cause not in CAUSES:
        raise BadParameter("cause", cause, f"not one of {', '.join(CAUSES)}")
    if not (page.isascii() and page.isdigit() and 1 <= int(page) <= 999):
        raise BadParameter("page", page, "not a whole number from 1 on")
    return Asked(band, phase, cause, int(page))


def _context(asked: Asked, as_of: dt.datetime | None, newest: ManipulationPass | None) -> dict[str, Any]:
    rows: list[ManipulationReading] = []
    if newest is not None:
        listed = watch_list(
            as_of, bands=asked.bands, phases=(asked.phase,) if asked.phase else (),
            causes=(asked.cause,) if asked.cause else (), newest=newest,
        )  # fmt: skip
        first = PAGE * (asked.page - 1)
        rows = list(listed[first : first + PAGE + 1])
    return {
        "newest": newest,
        "now": as_of or clock.now(),
        "rows": [describe(row) for row in rows[:PAGE]],
        "asked": asked,
        "previous": asked.query(asked.page - 1) if asked.page > 1 else "",
        "has_previous": asked.page > 1,
        "next": asked.query(asked.page + 1) if len(rows) > PAGE else "",
        "bands": BANDS,
        "phases": PHASE_WORDS,
        "causes": CAUSE_WORDS,
        "silent": [FEED_WORDS[one] for one in newest.missing] if newest is not None else [],
        "record": outcome_record(as_of),
        "needed": FEWEST_OUTCOMES,
    }


def describe(row: ManipulationReading) -> dict[str, Any]:
    """A reading in the words of the page."""
    return {
        "reading": row,
        "width": round(100 * float(row.risk), 1),
        "cause": CAUSE_WORDS[row.cause],
        "phase": PHASE_WORDS.get(row.phase, ""),
        "sure": row.phase_probability.get(row.phase),
        "missing": [TITLES.get(one, one) for one in row.missing],
        "others": max(len(row.flags) + len(row.card) - len(row.reasons), 0),
    }


def _stock_context(rows: list[ManipulationReading]) -> dict[str, Any]:
    if not rows:
        return {"newest": None}
    newest = rows[0]
    chances = [(PHASE_WORDS[name], chance) for name, chance in newest.phase_probability.items()]
    return {
        "newest": newest,
        "shown": describe(newest),
        "strip": draw_strip(newest.timeline),
        "chances": sorted(chances, key=lambda each: -each[1]),
        "line": draw_risk(rows[::-1]),
        "lines": band_lines(),
        "width": WIDTH,
        "height": HEIGHT,
        "oldest": rows[-1],
        "rows": [describe(row) for row in rows[:LINES_SHOWN]],
        "count": len(rows),
    }
