"""The books' JSON API: tags, cash flows and daily rows."""

from __future__ import annotations

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from . import access
from . import book_examples as shown
from .book_api import AS_OF, LIMIT, OFFSET, ONCE, BookView, valid
from .book_serializers import (
    CashFlowSerializer,
    FlowChangeSerializer,
    FlowCreateSerializer,
    SnapshotSerializer,
    TagSerializer,
)
from .books import cash, selectors, tags
from .books.listing import parse_flows, parse_snapshots, parse_tags_query
from .models.books import FlowKind, TagType
from .valuation.selectors import list_snapshots

STATE = OpenApiParameter("state", OpenApiTypes.STR, enum=["alive", "deleted"], description="Default alive.")
FROM = OpenApiParameter("from", OpenApiTypes.DATE, description="First day.")
TO = OpenApiParameter("to", OpenApiTypes.DATE, description="Last day.")
TAG = OpenApiExample("tag", value=shown.TAG, response_only=True, status_codes=["200", "201"])
FLOW = OpenApiExample("flow", value=shown.FLOW, response_only=True, status_codes=["200", "201"])
NEW_TAG = OpenApiExample("tag", value={"name": "Hedge", "tag_type": "STRATEGY", "color": "#0EA5E9"}, request_only=True)
NEW_FLOW = OpenApiExample(
    "deposit", value={"kind": "deposit", "amount": "150000.00", "flowed_on": "2026-08-17"}, request_only=True
)


class TagsView(BookView):
    """All tags."""

    @extend_schema(
        operation_id="tags_list",
        summary="Your tags",
        parameters=[OpenApiParameter("type", OpenApiTypes.STR, enum=TagType.values), STATE, LIMIT, OFFSET],
        responses=TagSerializer(many=True),
        examples=[OpenApiExample("tag", value=shown.TAG, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """By name, with how many positions carry each."""
        rows = selectors.list_tags(self.book, **parse_tags_query(request.query_params))
        return self.page(rows, lambda found: TagSerializer(found, many=True).data)

    @extend_schema(
        operation_id="tags_create",
        summary="Make a tag",
        request=TagSerializer,
        responses={201: TagSerializer},
        examples=[NEW_TAG, TAG],
    )
    def post(self, request: Request) -> Response:
        """201; 400 where the name is taken."""
        given = valid(TagSerializer(data=request.data))
        return Response(TagSerializer(tags.create_tag(self.book, **given)).data, status=201)


class TagView(BookView):
    """One tag."""

    owned = staticmethod(access.tags_of)

    @extend_schema(
        operation_id="tag_change",
        summary="Rename, recolour or retype a tag",
        request=TagSerializer(partial=True),
        responses=TagSerializer,
        examples=[OpenApiExample("colour", value={"color": "#22C55E"}, request_only=True), TAG],
    )
    def patch(self, request: Request, key: str) -> Response:
        """What is named is changed."""
        changes = valid(TagSerializer(data=request.data, partial=True))
        return Response(TagSerializer(tags.edit_tag(self.book, key, changes)).data)

    @extend_schema(operation_id="tag_delete", summary="Delete a tag from every position", responses={204: None})
    def delete(self, request: Request, key: str) -> Response:
        """204; it can be restored, with where it was."""
        tags.delete_tag(self.book, key)
        return Response(status=204)


class RestoreTagView(BookView):
    """Deleted by mistake."""

    owned = staticmethod(access.tags_of)

    @extend_schema(
        operation_id="tag_restore",
        summary="Restore a deleted tag where it was",
        request=None,
        responses=TagSerializer,
        examples=[TAG],
    )
    def post(self, request: Request, key: str) -> Response:
        """400 where another has its name by now."""
        return Response(TagSerializer(tags.restore_tag(self.book, key)).data)


class FlowsView(BookView):
    """All cash flows."""

    @extend_schema(
        operation_id="flows_list",
        summary="Your cash flows, newest first",
        parameters=[
            OpenApiParameter("kind", OpenApiTypes.STR, enum=FlowKind.values, many=True),
            FROM,
            TO,
            STATE,
            AS_OF,
            LIMIT,
            OFFSET,
        ],
        responses=CashFlowSerializer(many=True),
        examples=[OpenApiExample("flow", value=shown.FLOW, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Those that trades made have a leg and a position."""
        rows = selectors.list_flows(self.book, **parse_flows(request.query_params))
        return self.page(rows, lambda found: CashFlowSerializer(found, many=True).data)

    @extend_schema(
        operation_id="flows_create",
        summary="Enter a deposit, withdrawal, dividend, interest or fee",
        parameters=[ONCE],
        request=FlowCreateSerializer,
        responses={201: CashFlowSerializer},
        examples=[NEW_FLOW, FLOW],
    )
    def post(self, request: Request) -> Response:
        """201; 400 by field."""
        given: dict[str, Any] = valid(FlowCreateSerializer(data=request.data))
        on = given.pop("flowed_on", None)
        flow = cash.add_flow(self.book, on=on, request_key=self.request_key, **given)
        return Response(CashFlowSerializer(flow).data, status=201)


class FlowView(BookView):
    """One cash flow."""

    owned = staticmethod(access.flows_of)

    @extend_schema(
        operation_id="flow_change",
        summary="Correct a cash flow that was entered by hand",
        request=FlowChangeSerializer,
        responses=CashFlowSerializer,
        examples=[OpenApiExample("amount", value={"amount": "120000.00"}, request_only=True), FLOW],
    )
    def patch(self, request: Request, key: str) -> Response:
        """400 for a row that a position made."""
        changes = valid(FlowChangeSerializer(data=request.data))
        return Response(CashFlowSerializer(cash.edit_flow(self.book, key, changes)).data)

    @extend_schema(operation_id="flow_delete", summary="Delete a cash flow", responses={204: None})
    def delete(self, request: Request, key: str) -> Response:
        """204; it can be restored."""
        cash.delete_flow(self.book, key)
        return Response(status=204)


class RestoreFlowView(BookView):
    """Deleted by mistake."""

    owned = staticmethod(access.flows_of)

    @extend_schema(
        operation_id="flow_restore",
        summary="Restore a deleted cash flow",
        request=None,
        responses=CashFlowSerializer,
        examples=[FLOW],
    )
    def post(self, request: Request, key: str) -> Response:
        """With its cash."""
        return Response(CashFlowSerializer(cash.restore_flow(self.book, key)).data)


class SnapshotsView(BookView):
    """The book day by day."""

    @extend_schema(
        operation_id="snapshots_list",
        summary="Your book's daily rows, newest first",
        description="One row a session; provisional until its closes have settled. With as_of those known then.",
        parameters=[FROM, TO, AS_OF, LIMIT, OFFSET],
        responses=SnapshotSerializer(many=True),
        examples=[OpenApiExample("day", value=shown.SNAPSHOT, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Money in cents; fractions, not percent points."""
        rows = list_snapshots(self.book, **parse_snapshots(request.query_params)).defer("exposure_detail")
        return self.page(rows, lambda found: SnapshotSerializer(found, many=True).data)
