"""The books' JSON API: one's own portfolio and its positions. There is no address of anybody else's."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any, ClassVar

from django.core.exceptions import ValidationError as Refusal
from django.db.models import QuerySet
from django.http import Http404
from django.utils.functional import cached_property
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError as Invalid
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sentiment_site.market.calendar import NEW_YORK
from sentiment_site.market.moments import parse_moment
from sentiment_site.market.sectors import SECTORS

from . import access
from . import book_examples as shown
from .api import OwnMixin
from .book_serializers import (
    ClosingSerializer,
    PortfolioChangeSerializer,
    PortfolioSerializer,
    PositionChangeSerializer,
    PositionCreateSerializer,
    PositionSerializer,
)
from .books import cash, positions, selectors
from .books.drafts import PositionDraft
from .books.listing import parse_positions
from .models import Portfolio, Position, PositionType

AS_OF = OpenApiParameter(
    "as_of", OpenApiTypes.STR, description="As it was known then: ISO, New York time without an offset."
)
LIMIT = OpenApiParameter("limit", OpenApiTypes.INT, description="Rows of a page, at most 1,000.")
OFFSET = OpenApiParameter("offset", OpenApiTypes.INT, description="Rows before the page.")
ONCE = OpenApiParameter(
    "Idempotency-Key",
    OpenApiTypes.STR,
    OpenApiParameter.HEADER,
    description="Your own name of this request, at most 64 characters: asking again with it does nothing new.",
)
FILTERS = [
    OpenApiParameter("state", OpenApiTypes.STR, enum=list(selectors.STATES), description="Default open."),
    OpenApiParameter("symbol", OpenApiTypes.STR, description="A ticker, with the options on it."),
    OpenApiParameter("type", OpenApiTypes.STR, enum=PositionType.values, many=True),
    OpenApiParameter("tag", OpenApiTypes.STR, many=True, description="Name of a tag; may be repeated."),
    OpenApiParameter("tags", OpenApiTypes.STR, enum=["any", "all"], description="Which of the tags; default any."),
    OpenApiParameter("sector", OpenApiTypes.STR, enum=[sector.key for sector in SECTORS]),
    OpenApiParameter("expires_by", OpenApiTypes.DATE, description="Options that expire by this day."),
    OpenApiParameter("sort", OpenApiTypes.STR, description=f"One of {', '.join(selectors.SORTS)}; - for descending."),
    AS_OF,
    LIMIT,
    OFFSET,
]
POSITION = OpenApiExample("position", value=shown.POSITION, response_only=True, status_codes=["200", "201"])


class Rows(LimitOffsetPagination):
    """`limit` and `offset`, at most 1,000 rows a page."""

    default_limit = 100
    max_limit = 1_000


class BookView(OwnMixin, APIView):
    """What every call shares: the caller's own book, and refusals of the services as 400 by field.

    owned: where the key of the address is looked for before anything else, so that nobody learns from a refusal that
    somebody else has something.
    """

    owned: ClassVar[Any] = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Permission first: the account, then whether what is named is in its book."""
        super().initial(request, *args, **kwargs)
        if self.owned is not None:
            access.find(type(self).owned(self.book).only("pk"), kwargs["key"])

    @cached_property
    def book(self) -> Portfolio:
        """The caller's."""
        return access.get_portfolio(self.request.user)

    @property
    def request_key(self) -> str:
        """The caller's name of this request."""
        return str(self.request.headers.get("Idempotency-Key", ""))

    def handle_exception(self, exc: Exception) -> Response:
        """A service's refusal is the caller's mistake."""
        if isinstance(exc, Refusal):
            exc = Invalid(exc.message_dict if hasattr(exc, "error_dict") else {"book": exc.messages})
        return super().handle_exception(exc)

    def page(self, rows: QuerySet[Any], render: Callable[[Sequence[Any]], Any]) -> Response:
        """A page of rows; two statements and what render asks."""
        pages = Rows()
        found = pages.paginate_queryset(rows, self.request, view=self) or []
        return pages.get_paginated_response(render(found))


class PortfolioView(BookView):
    """The book."""

    example = OpenApiExample("portfolio", value=shown.PORTFOLIO, response_only=True)

    @extend_schema(
        operation_id="portfolio",
        summary="Your book in money",
        description="With as_of: cash of that day, and the newest snapshot that was known then.",
        parameters=[AS_OF],
        responses=PortfolioSerializer,
        examples=[example],
    )
    def get(self, request: Request) -> Response:
        """The totals now, or of a moment."""
        book = self.book
        return Response(PortfolioSerializer(_past(book, request) or _now(book)).data)

    @extend_schema(
        operation_id="portfolio_change",
        summary="Rename your book, or set its cash",
        request=PortfolioChangeSerializer,
        responses=PortfolioSerializer,
        examples=[example, OpenApiExample("cash", value={"cash": "150000.00"}, request_only=True)],
    )
    def patch(self, request: Request) -> Response:
        """Cash: the difference is entered as a deposit or withdrawal of today."""
        book = self.book
        cash.change_book(book, **valid(PortfolioChangeSerializer(data=request.data)))
        return Response(PortfolioSerializer(_now(book)).data)


class PositionsView(BookView):
    """All positions."""

    @extend_schema(
        operation_id="positions_list",
        summary="Your positions",
        parameters=FILTERS,
        responses=PositionSerializer(many=True),
        examples=[OpenApiExample("position", value=shown.POSITION, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Open ones by symbol unless asked otherwise."""
        wanted = parse_positions(request.query_params)
        rows = selectors.list_positions(self.book, wanted)

        def render(found: Sequence[Position]) -> Any:
            context = {"sectors": selectors.get_sectors(found, wanted.as_of), "past": wanted.as_of is not None}
            return PositionSerializer(found, many=True, context=context).data

        return self.page(rows, render)

    @extend_schema(
        operation_id="positions_create",
        summary="Enter a position",
        description="Cash pays for what is bought and receives the proceeds of what is sold short or written. "
        "funding=transfer: it was brought along, cash does not move.",
        parameters=[ONCE],
        request=PositionCreateSerializer,
        responses={201: PositionSerializer},
        examples=[OpenApiExample("written calls", value=shown.CREATE, request_only=True), POSITION],
    )
    def post(self, request: Request) -> Response:
        """201; 400 names each field that cannot be."""
        given = valid(PositionCreateSerializer(data=request.data))
        tags, fees = given.pop("tags", ()), given.pop("fees", Decimal(0))
        position = positions.create_position(
            self.book, PositionDraft(**given), tag_names=tags, fees=fees, request_key=self.request_key
        )
        return _one(position, status=201)


class PositionView(BookView):
    """One position."""

    owned = staticmethod(access.positions_of)

    @extend_schema(
        operation_id="position",
        summary="One position, deleted or not",
        responses=PositionSerializer,
        examples=[POSITION],
    )
    def get(self, request: Request, key: str) -> Response:
        """404 for anybody else's."""
        rows = access.positions_of(self.book).prefetch_related(selectors.LIVING_TAGS)
        return _one(access.find(rows, key))

    @extend_schema(
        operation_id="position_change",
        summary="Correct a position",
        description="Cash changes as if it had been entered so. A closed position keeps all but its note and tags.",
        request=PositionChangeSerializer,
        responses=PositionSerializer,
        examples=[OpenApiExample("fewer", value=shown.CHANGE, request_only=True), POSITION],
    )
    def patch(self, request: Request, key: str) -> Response:
        """What is named is changed."""
        changes = valid(PositionChangeSerializer(data=request.data))
        tags = changes.pop("tags", None)
        return _one(positions.edit_position(self.book, key, changes, tag_names=tags))

    @extend_schema(
        operation_id="position_delete", summary="Delete a position: as if it had never been", responses={204: None}
    )
    def delete(self, request: Request, key: str) -> Response:
        """204; it can be restored."""
        positions.delete_position(self.book, key)
        return Response(status=204)


class ClosePositionView(BookView):
    """Closing."""

    owned = staticmethod(access.positions_of)

    @extend_schema(
        operation_id="position_close",
        summary="Close a position, or a part of it",
        description="The answer is the closed row: of a part a new one, the rest keeps its id.",
        parameters=[ONCE],
        request=ClosingSerializer,
        responses=PositionSerializer,
        examples=[
            OpenApiExample("a part", value=shown.CLOSING, request_only=True),
            OpenApiExample("closed", value=shown.CLOSED, response_only=True),
        ],
    )
    def post(self, request: Request, key: str) -> Response:
        """Cash receives the proceeds, or pays for covering."""
        given = valid(ClosingSerializer(data=request.data))
        on = given.pop("date", None)
        return _one(positions.close_position(self.book, key, on=on, request_key=self.request_key, **given))


class ReopenPositionView(BookView):
    """Closed by mistake."""

    owned = staticmethod(access.positions_of)

    @extend_schema(
        operation_id="position_reopen",
        summary="Take a closing back",
        request=None,
        responses=PositionSerializer,
        examples=[POSITION],
    )
    def post(self, request: Request, key: str) -> Response:
        """With its cash and fees."""
        return _one(positions.reopen_position(self.book, key))


class RestorePositionView(BookView):
    """Deleted by mistake."""

    owned = staticmethod(access.positions_of)

    @extend_schema(
        operation_id="position_restore",
        summary="Restore a deleted position",
        request=None,
        responses=PositionSerializer,
        examples=[POSITION],
    )
    def post(self, request: Request, key: str) -> Response:
        """With its cash, tags and closing."""
        return _one(positions.restore_position(self.book, key))


def valid(serializer: Any) -> dict[str, Any]:
    """The data of a serializer; 400 by field."""
    serializer.is_valid(raise_exception=True)
    return dict(serializer.validated_data)


def _one(position: Position, status: int = 200) -> Response:
    context = {"sectors": selectors.get_sectors([position])}
    return Response(PositionSerializer(position, context=context).data, status=status)


def _now(book: Portfolio) -> dict[str, Any]:
    totals = selectors.get_totals(book)
    names = PortfolioSerializer().fields.keys() - {"id", "name", "snapshot_date"}
    figures = {name: getattr(totals, name) for name in names}
    return {"id": book.pk, "name": book.name, "snapshot_date": None} | figures


def _past(book: Portfolio, request: Request) -> dict[str, Any] | None:
    """What was known at `?as_of=`; None without it. Http404 before the book was there."""
    text = request.query_params.get("as_of", "")
    if not text:
        return None
    try:
        as_of = parse_moment(text)
    except ValueError as error:
        raise Invalid({"as_of": [str(error)[:300]]}) from None
    if as_of < book.created_at:
        raise Http404("There was no such book then.")
    day = as_of.astimezone(NEW_YORK).date()
    snapshot = selectors.get_snapshot(book, day, as_of)
    sides = ("long_value", "short_value", "gross_exposure", "net_exposure", "total_value", "snapshot_date")
    figures: dict[str, Any] = dict.fromkeys(PortfolioSerializer().fields)
    figures |= {name: getattr(snapshot, name, None) for name in sides}
    return figures | {"id": book.pk, "name": book.name, "cash": selectors.get_cash(book, day)}
