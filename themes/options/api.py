"""JSON API of confluence and options (/api/social/): the pages' own selectors, filters and time machine."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from typing import Any, Final

from django.core.paginator import EmptyPage, Paginator
from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sentiment_site.market import clock
from sentiment_site.market.moments import parse_moment
from sentiment_site.market.sectors import SECTOR_BY_KEY
from universe.models import Instrument

from . import examples, selectors
from .listing import COLUMNS, PARAMETERS, PARTS, SHOWN, SIDES, BadListing, Listing, parse_listing, select_rows
from .outcomes import describe
from .serializers import (
    ConfluenceBoardSerializer,
    ConfluenceDetailSerializer,
    ConfluenceHistorySerializer,
    OptionsSerializer,
    PassSerializer,
    describe_options,
    describe_row,
)

MOMENT: Final = "ISO moment; New York time without an offset, a date alone is the end of that day."
AS_OF: Final = OpenApiParameter("as_of", OpenApiTypes.STR, description=f"Show what was known at this moment. {MOMENT}")
DEFAULT_SPAN: Final = dt.timedelta(days=7)
LONGEST_SPAN: Final = dt.timedelta(days=92)


def _listing_parameters() -> list[OpenApiParameter]:
    """What the board can be narrowed by."""
    number = OpenApiTypes.NUMBER
    return [
        OpenApiParameter("q", OpenApiTypes.STR, description="Beginning of the symbol, or part of the name."),
        OpenApiParameter("show", OpenApiTypes.STR, enum=[one for one in SHOWN if one]),
        OpenApiParameter("side", OpenApiTypes.STR, enum=[one for one in SIDES if one]),
        OpenApiParameter("parts", OpenApiTypes.STR, enum=[one for one in PARTS if one]),
        OpenApiParameter("sector", OpenApiTypes.STR, enum=list(SECTOR_BY_KEY)),
        OpenApiParameter("minimum", number, description="Threshold of this view; default as configured."),
        OpenApiParameter("high", number, description="Threshold of this view; default as configured."),
        OpenApiParameter("sort", OpenApiTypes.STR, description=f"One of {', '.join(COLUMNS)}; - before it: falling."),
        OpenApiParameter("page", OpenApiTypes.INT),
        OpenApiParameter("size", OpenApiTypes.INT, description="50, 100 or 250 rows."),
    ]


class BoardView(APIView):
    """The stocks of the newest pass."""

    @extend_schema(
        operation_id="social_confluence",
        summary="Confluence of chart, sentiment and options, stock by stock",
        parameters=[AS_OF, *_listing_parameters()],
        responses=ConfluenceBoardSerializer,
        examples=[OpenApiExample("board", value=examples.BOARD, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Filtered, sorted, page by page; what was known at `as_of`. 404 before the first pass."""
        _refuse_unknown(request, PARAMETERS)
        as_of, listing = _moment(request, "as_of"), _listing(request)
        found = selectors.pass_at(as_of)
        if found is None:
            raise Http404("There is no confluence yet.")
        paginator = Paginator(select_rows(found, listing), listing.size)
        try:
            page = paginator.page(listing.page)
        except EmptyPage as error:
            raise ValidationError({"page": [f"there are {paginator.num_pages} pages"]}) from error
        record = selectors.get_record(as_of)
        return Response(
            {
                "count": paginator.count,
                "page": page.number,
                "pages": paginator.num_pages,
                "reading": PassSerializer(found).data,
                "record": None if record is None else describe(record),
                "results": [describe_row(one) for one in page],
            }
        )


class SymbolView(APIView):
    """One stock of the newest pass."""

    @extend_schema(
        operation_id="social_confluence_symbol",
        summary="One stock's confluence with its technical breakdown",
        parameters=[AS_OF],
        responses=ConfluenceDetailSerializer,
        examples=[OpenApiExample("stock", value=examples.DETAIL, response_only=True)],
    )
    def get(self, request: Request, symbol: str) -> Response:
        """What was known at `as_of`. 404 for an unknown stock, and for one without a score in the newest pass."""
        _refuse_unknown(request, ("as_of",))
        as_of = _moment(request, "as_of")
        stock = _stock(symbol, as_of)
        row = selectors.confluence_at([stock.pk], as_of).get(stock.pk)
        if row is None:
            raise Http404(f"{symbol} has no confluence.")
        return Response(describe_row(row, whole=True))


class HistoryView(APIView):
    """One stock over a span."""

    @extend_schema(
        operation_id="social_confluence_history",
        summary="One stock's confluence over time, oldest first",
        parameters=[
            AS_OF,
            OpenApiParameter("from", OpenApiTypes.STR, description=f"Not included. Default a week back. {MOMENT}"),
            OpenApiParameter("to", OpenApiTypes.STR, description=f"Included. Default now. {MOMENT}"),
        ],
        responses=ConfluenceHistorySerializer,
        examples=[OpenApiExample("history", value=examples.HISTORY, response_only=True)],
    )
    def get(self, request: Request, symbol: str) -> Response:
        """At most 92 days. 404 for an unknown stock."""
        _refuse_unknown(request, ("as_of", "from", "to"))
        as_of = _moment(request, "as_of")
        until = _moment(request, "to") or as_of or clock.now()
        since = _moment(request, "from") or until - DEFAULT_SPAN
        if not dt.timedelta(0) < until - since <= LONGEST_SPAN:
            raise ValidationError({"from": [f"before `to`, by at most {LONGEST_SPAN.days} days"]})
        stock = _stock(symbol, as_of)
        rows = [describe_row(one) for one in selectors.history(stock.pk, since, until, as_of)]
        return Response({"symbol": stock.symbol, "since": since, "until": until, "results": rows})


class OptionsView(APIView):
    """One stock's options."""

    @extend_schema(
        operation_id="social_options",
        summary="Options flow of one stock: puts and calls, premium, skew, unusual strikes, sessions before",
        parameters=[AS_OF],
        responses=OptionsSerializer,
        examples=[OpenApiExample("options", value=examples.OPTIONS, response_only=True)],
    )
    def get(self, request: Request, symbol: str) -> Response:
        """What was known at `as_of`, with its true age. 404 for an unknown stock, and where no chain was read."""
        _refuse_unknown(request, ("as_of",))
        as_of = _moment(request, "as_of")
        stock = _stock(symbol, as_of)
        reading = selectors.options_at([stock.pk], as_of).get(stock.pk)
        if reading is None:
            raise Http404(f"No option chain of {symbol} was read.")
        days = selectors.list_days(stock.pk, as_of)
        return Response(OptionsSerializer(describe_options(stock.symbol, reading, days)).data)


def _stock(symbol: str, as_of: dt.datetime | None) -> Instrument:
    stock = selectors.find_stock(symbol, as_of)
    if stock is None:
        raise Http404(f"There is no stock {symbol!r}.")
    return stock


def _listing(request: Request) -> Listing:
    try:
        return parse_listing(request.query_params.dict())
    except BadListing as error:
        raise ValidationError({error.parameter: [error.message]}) from error


def _moment(request: Request, name: str) -> dt.datetime | None:
    asked = request.query_params.get(name, "").strip()
    try:
        return parse_moment(asked) if asked else None
    except ValueError as error:
        raise ValidationError({name: [str(error)]}) from error


def _refuse_unknown(request: Request, known: Iterable[str]) -> None:
    """400 for a parameter that does not exist: a misspelt filter must not look like one that found everything."""
    allowed = tuple(known)
    unknown: dict[str, Any] = {
        name: [f"unknown parameter; there are {', '.join(allowed)}"]
        for name in request.query_params
        if name not in allowed
    }
    if unknown:
        raise ValidationError(unknown)
