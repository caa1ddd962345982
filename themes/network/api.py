"""The network's JSON API under /api/themes/: neighbours, tickets, their record; `as_of` is the pages' time machine."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sentiment_site.market import clock
from sentiment_site.market.moments import parse_moment
from themes.models import SympathyTicket

from . import examples
from .graph import find_stock
from .selectors import STATES, list_tickets, neighbours_of, shown_at, ticket_record
from .serializers import RecordSerializer, StockNetworkSerializer, TicketSerializer

AS_OF = OpenApiParameter(
    "as_of", OpenApiTypes.STR, description="What was known at this moment; New York time without an offset."
)
TIER = OpenApiParameter("tier", OpenApiTypes.STR, enum=SympathyTicket.Tier.values)
STATE = OpenApiParameter("state", OpenApiTypes.STR, enum=list(STATES))
SYMBOL = OpenApiParameter("symbol", OpenApiTypes.STR, description="Leader or follower.")
LIMIT = OpenApiParameter("limit", OpenApiTypes.INT, description="Rows of a page, at most 500.")
CURSOR = OpenApiParameter("cursor", OpenApiTypes.STR, description="Of `next` and `previous`.")
NARROWED = ("as_of", "tier", "state", "symbol", "limit", "cursor")


class NewestTickets(CursorPagination):
    """Pages through rows that are only added."""

    page_size = 100
    max_page_size = 500
    page_size_query_param = "limit"
    ordering = ("-made_at", "-pk")


class StockNetworkView(APIView):
    """A stock's neighbours."""

    @extend_schema(
        operation_id="themes_network_stock",
        summary="Who moves along with a stock",
        parameters=[AS_OF],
        responses=StockNetworkSerializer,
        examples=[OpenApiExample("network", value=examples.STOCK_NETWORK)],
    )
    def get(self, request: Request, symbol: str) -> Response:
        """Its twenty nearest, of the newest fit known at `as_of`. 404 for a stock outside the network."""
        _refuse_unknown(request, ("as_of",))
        as_of = _asked_moment(request)
        stock = find_stock(symbol)
        near = [] if stock is None else neighbours_of(stock.pk, as_of)
        if not near:
            raise Http404(f"{symbol} is in no network that was known.")
        facts = {"symbol": symbol, "network": near[0].network, "neighbours": near}
        return Response(StockNetworkSerializer(facts).data)


class TicketsView(APIView):
    """Predictions."""

    @extend_schema(
        operation_id="themes_tickets",
        summary="Sympathy tickets, newest first",
        parameters=[AS_OF, TIER, STATE, SYMBOL, LIMIT, CURSOR],
        responses=TicketSerializer(many=True),
        examples=[
            OpenApiExample("page", value={"next": None, "previous": None, "results": [examples.TICKET]}),
        ],
    )
    def get(self, request: Request) -> Response:
        """Filtered, by cursor; as they stood at `as_of`."""
        _refuse_unknown(request, NARROWED)
        as_of, asked = _asked_moment(request), request.query_params
        tier = _asked_choice(request, "tier", SympathyTicket.Tier.values)
        state = _asked_choice(request, "state", STATES)
        stock = find_stock(asked["symbol"]) if asked.get("symbol") else None
        rows = list_tickets(as_of, tier=tier, state=state, leader_id=None if stock is None else stock.pk)
        if asked.get("symbol") and stock is None:
            rows = rows.none()
        pages = NewestTickets()
        found = pages.paginate_queryset(rows, request, view=self) or []
        results = TicketSerializer([shown_at(ticket, as_of) for ticket in found], many=True).data
        return Response({"next": pages.get_next_link(), "previous": pages.get_previous_link(), "results": results})


class TicketRecordView(APIView):
    """What the predictions were worth."""

    @extend_schema(
        operation_id="themes_tickets_record",
        summary="Precision of sympathy tickets by tier, beside the baseline",
        parameters=[AS_OF],
        responses=RecordSerializer,
        examples=[OpenApiExample("record", value=examples.RECORD)],
    )
    def get(self, request: Request) -> Response:
        """With n, Wilson's interval and coverage; what was settled by `as_of`."""
        _refuse_unknown(request, ("as_of",))
        as_of = _asked_moment(request)
        facts = {"as_of": as_of or clock.now(), "tiers": ticket_record(as_of)}
        return Response(RecordSerializer(facts).data)


def _asked_moment(request: Request) -> datetime | None:
    asked = request.query_params.get("as_of", "")
    try:
        return parse_moment(asked) if asked else None
    except ValueError as error:
        raise ValidationError({"as_of": [str(error)]}) from error


def _asked_choice(request: Request, name: str, known: Iterable[str]) -> str:
    asked = request.query_params.get(name, "")
    if asked and asked not in known:
        raise ValidationError({name: [f"not one of {', '.join(known)}"]})
    return asked


def _refuse_unknown(request: Request, known: tuple[str, ...]) -> None:
    """400 for a parameter that does not exist: a misspelt filter must not look like one that found everything."""
    said = [f"unknown parameter; there are {', '.join(known)}"]
    unknown = {name: said for name in request.query_params if name not in known}
    if unknown:
        raise ValidationError(unknown)
