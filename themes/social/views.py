"""The board of stocks with sentiment and the page of one of them. Serving reads what a pass stored."""

from __future__ import annotations

import datetime as dt
from typing import Any

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from sentiment_site.live.http import SEQ_HEADER, signed_in
from sentiment_site.live.time_machine import asked_moment
from sentiment_site.market import clock
from sentiment_site.market.sectors import SECTORS
from themes import publish
from themes.models import SentimentPass
from universe.models import Instrument

from . import board as boards
from . import evidence, selectors
from .asked import refuse_unknown
from .exports import render_csv
from .paging import heading, queries, turn
from .passes import pass_at
from .symbol import SPANS, Span, asked_span, build_bars, build_outcomes, build_pairs, load_series, load_table
from .who_was_right import BASELINE, list_outcomes
from .wording import LEVELS, SOURCE_TITLES, TRENDS, face_of, reasons_of

PRIVATE = {"private": True, "no_cache": True}


@require_safe
@login_required
@cache_control(**PRIVATE)
def symbols(request: HttpRequest) -> HttpResponse:
    """The board: the page, or for HTMX and after a push its changing part alone; 204 while `?seq=` is the newest."""
    as_of = asked_moment(request)
    asked = boards.parse_board(request.GET.dict())
    part_only = wants_part(request)
    if part_only and as_of is None and knows_newest(request):
        return HttpResponse(status=204)
    found = boards.board(as_of, asked)
    pages = turn(len(found.rows), asked.page, asked.size)
    shown, reasons = found.rows[pages.begin : pages.end], reasons_of(found.reading)
    own = boards.load_reasons(found.reading, [row.instrument_id for row in shown], as_of)
    context: dict[str, Any] = {
        "reading": found.reading,
        "seq": publish.seq_of(found.reading.recorded_at if found.reading else None),
        "rows": [_row(row, own, reasons) for row in shown],
        "found": len(found.rows),
        "whole": found.whole,
        "pages": pages,
        "asked": asked,
        **queries(asked, pages),
        "reading_age": age_of(found.reading, as_of),
        "headings": [heading(asked, name, *column[:3]) for name, column in boards.COLUMNS.items()],
        "gaps": _gaps(found.reading),
        "export_query": asked.query(),
        "as_of": as_of,
        "now": as_of or clock.now(),
    }
    if part_only:
        response = render(request, "social/_symbols.html", context)
        response[SEQ_HEADER] = str(context["seq"])
        return response
    context |= {
        "levels": [(name, words) for name, (words, _, _) in LEVELS.items()],
        "trends": [(name, words) for name, (words, _) in TRENDS.items()],
        "sectors": SECTORS,
        "sizes": boards.PAGE_SIZES,
    }
    return render(request, "social/symbols.html", context)


@require_safe
@signed_in
@cache_control(**PRIVATE)
def export(request: HttpRequest) -> HttpResponseBase:
    """Every row of the board as filtered and sorted, as CSV. 404 before the first pass."""
    as_of = asked_moment(request)
    found = boards.board(as_of, boards.parse_board(request.GET.dict()))
    if found.reading is None:
        return HttpResponse("There is no sentiment yet.", status=404, content_type="text/plain; charset=utf-8")
    simulated = "-simulated" if found.reading.is_simulated else ""
    name = f"sentiment-{found.reading.as_of:%Y%m%dT%H%MZ}{simulated}.csv"
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return StreamingHttpResponse(render_csv(found.rows), content_type="text/csv; charset=utf-8", headers=headers)


@require_safe
@login_required
@cache_control(**PRIVATE)
def symbol(request: HttpRequest, symbol: str) -> HttpResponse:
    """One stock: the page, or for HTMX and after a push its changing part alone, or the texts alone."""
    as_of = asked_moment(request)
    asked, span = evidence.parse_texts(request.GET.dict()), asked_span(request.GET.get("span", ""))
    part_only = wants_part(request)
    if part_only and as_of is None and knows_newest(request):
        return HttpResponse(status=204)
    stock = known_stock(symbol, as_of)
    context = _texts(stock, asked, as_of) | {"stock": stock, "as_of": as_of, "now": as_of or clock.now()}
    if part_only and request.headers.get("HX-Target") == "texts":
        return render(request, "social/_texts.html", context)
    context |= _context(stock, as_of)
    if part_only:
        response = render(request, "social/_symbol.html", context)
        response[SEQ_HEADER] = str(context["seq"])
        return response
    return render(request, "social/symbol.html", context | {"span": span, "spans": SPANS.values()})


@require_safe
@signed_in
@cache_control(**PRIVATE)
def series(request: HttpRequest, symbol: str) -> HttpResponse:
    """What the charts draw over `?span=`, as JSON."""
    as_of, stock, span = _asked_past(request, symbol)
    return JsonResponse(load_series(stock.pk, span, as_of or clock.now()))


@require_safe
@signed_in
@cache_control(**PRIVATE)
def table(request: HttpRequest, symbol: str) -> HttpResponse:
    """The same figures as a table."""
    as_of, stock, span = _asked_past(request, symbol)
    return render(
        request, "social/_timeline.html", {"rows": load_table(stock.pk, span, as_of or clock.now()), "span": span}
    )


def wants_part(request: HttpRequest) -> bool:
    """Whether HTMX or a push asks for the changing part; going back in history asks for the whole page."""
    return bool(request.headers.get("HX-Request")) and not request.headers.get("HX-History-Restore-Request")


def knows_newest(request: HttpRequest) -> bool:
    """Whether `?seq=` is that of the newest pass: a poll while nothing changed reads no rows."""
    asked = request.GET.get("seq")
    if not asked:
        return False
    newest = pass_at()
    return asked == str(publish.seq_of(newest.recorded_at if newest else None))


def age_of(reading: SentimentPass | None, as_of: dt.datetime | None) -> dt.timedelta | None:
    """How old a pass is at the moment shown. Every hour counts: people write at night and on Sundays too."""
    return None if reading is None else (as_of or clock.now()) - reading.as_of


def known_stock(symbol: str, as_of: dt.datetime | None) -> Instrument:
    """The bearer of a symbol at a moment. Http404."""
    found = selectors.find_stock(symbol, as_of)
    if found is None:
        raise Http404(f"No stock was called {symbol} then.")
    return found


def _row(row: boards.BoardRow, own: dict[tuple[int, str], str], reasons: dict[str, str]) -> dict[str, Any]:
    says = [(row.sources[source], own.get((row.instrument_id, source), reasons[source])) for source in SOURCE_TITLES]
    return {"row": row, "face": face_of(row.level), "says": says, "trend": TRENDS.get(row.trend, ("", ""))}


def _gaps(reading: Any) -> list[tuple[str, str]]:
    """Sources that are missing as a whole, and why."""
    if reading is None:
        return []
    missing = ((source, reading.sources.get(source, {}).get("missing", "")) for source in SOURCE_TITLES)
    return [(SOURCE_TITLES[source], why) for source, why in missing if why]


def _texts(stock: Instrument, asked: evidence.TextQuery, as_of: dt.datetime | None) -> dict[str, Any]:
    texts = evidence.texts_of(stock.pk, as_of, asked)
    pages = turn(texts.total, asked.page, asked.size)
    return {
        "texts": texts,
        "asked": asked,
        "text_pages": pages,
        **{f"texts_{name}": query for name, query in queries(asked, pages).items()},
        "text_sources": [(name, SOURCE_TITLES[name], texts.counts[name]) for name in evidence.SOURCES],
        "labels": evidence.LABELS,
        "orders": evidence.ORDERS,
    }


def _context(stock: Instrument, as_of: dt.datetime | None) -> dict[str, Any]:
    """What the changing part shows besides the texts. Seven statements."""
    found = selectors.reading_of(stock.pk, as_of)
    reading, row = found.reading, found.row
    reasons = reasons_of(reading)
    bars = build_bars(found, reasons)
    confluence = selectors.confluence_at([stock.pk], as_of).get(stock.pk)
    return {
        "reading": reading,
        "reading_age": age_of(reading, as_of),
        "row": row,
        "seq": publish.seq_of(reading.recorded_at if reading else None),
        "face": face_of(row.sentiment_level if row else ""),
        "bars": bars,
        "share_total": sum(bar["share"] or 0.0 for bar in bars),
        "pairs": build_pairs(selectors.divergence_record(as_of, stock.pk), selectors.divergence_record(as_of)),
        "outcomes": build_outcomes(list_outcomes(stock.pk, as_of)),
        "baseline": BASELINE,
        "confluence": confluence,
        "confluence_words": confluence.confluence_level.replace("_", " ") if confluence else "",
    }


def _asked_past(request: HttpRequest, symbol: str) -> tuple[dt.datetime | None, Instrument, Span]:
    as_of = asked_moment(request)
    refuse_unknown(request.GET.dict(), ("span",))
    return as_of, known_stock(symbol, as_of), asked_span(request.GET.get("span", ""))
