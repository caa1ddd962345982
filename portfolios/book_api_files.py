"""The books' JSON API: files in and out."""

from __future__ import annotations

import json
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.cache import patch_cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiResponse, extend_schema
from rest_framework.exceptions import ValidationError as Invalid
from rest_framework.parsers import FormParser, JSONParser, MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response

from . import access
from . import book_examples as shown
from .book_api import FILTERS, LIMIT, OFFSET, BookView, valid
from .book_serializers import (
    ImportBatchSerializer,
    ImportJobSerializer,
    ImportOptionsSerializer,
    ImportPreviewSerializer,
    PresetSerializer,
    UploadSerializer,
)
from .books import exports, imports, selectors
from .books.confirming import INLINE_ROWS, confirm_or_queue
from .books.imports import ImportOptions
from .books.listing import parse_flows, parse_positions

PREVIEW = OpenApiExample("preview", value=shown.PREVIEW, response_only=True, status_codes=["200", "201"])
CSV = {(200, "text/csv"): OpenApiTypes.STR}
CSV_EXAMPLE = OpenApiExample(
    "file",
    value="ticker,quantity,entry_price,entry_date,tags\r\nAAPL,100,185.50,2024-01-19,core\r\n",
    response_only=True,
    media_type="text/csv",
)


class ImportsView(BookView):
    """Files that were uploaded."""

    parser_classes = (MultiPartParser, FormParser)

    @extend_schema(
        operation_id="imports_list",
        summary="Files that were uploaded, newest first",
        parameters=[LIMIT, OFFSET],
        responses=ImportBatchSerializer(many=True),
        examples=[OpenApiExample("file", value=shown.CONFIRMED, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Without their rows."""
        rows = selectors.list_imports(self.book)
        return self.page(rows, lambda found: ImportBatchSerializer(found, many=True).data)

    @extend_schema(
        operation_id="imports_upload",
        summary="Upload a file and see what it would enter",
        description="Nothing is entered before the preview is confirmed. 400 for what is no readable table.",
        request={"multipart/form-data": UploadSerializer},
        responses={201: ImportPreviewSerializer},
        examples=[PREVIEW],
    )
    def post(self, request: Request) -> Response:
        """201 with every row that is not understood."""
        file = request.FILES.get("file")
        if file is not None and (file.size or 0) > settings.IMPORT_BYTES_MAX:
            raise Invalid({"file": [f"{file.size:,} bytes, {settings.IMPORT_BYTES_MAX:,} are allowed."]})
        given = valid(UploadSerializer(data=request.data))
        uploaded = given.pop("file")
        batch = imports.preview_import(self.book, uploaded.name or "", uploaded.read(), _options(given))
        return Response(ImportPreviewSerializer(batch).data, status=201)


class ImportView(BookView):
    """One uploaded file."""

    owned = staticmethod(access.imports_of)

    parser_classes = (JSONParser,)

    @extend_schema(
        operation_id="import",
        summary="A file with its preview",
        responses=ImportPreviewSerializer,
        examples=[PREVIEW],
    )
    def get(self, request: Request, key: str) -> Response:
        """With every row."""
        return Response(ImportPreviewSerializer(access.find(access.imports_of(self.book), key)).data)

    @extend_schema(
        operation_id="import_change",
        summary="Look at the file again with other columns, or without some rows",
        request=ImportOptionsSerializer,
        responses=ImportPreviewSerializer,
        examples=[
            OpenApiExample("without row 3", value={"skip_rows": [3]}, request_only=True),
            OpenApiExample(
                "own columns",
                value={"mapping": {"symbol": "Stock", "quantity": "Shares", "price": "Cost", "date": "Bought"}},
                request_only=True,
            ),
            PREVIEW,
        ],
    )
    def patch(self, request: Request, key: str) -> Response:
        """All options anew: what is not named is as at the first upload's default."""
        options = _options(valid(ImportOptionsSerializer(data=request.data)))
        return Response(ImportPreviewSerializer(imports.change_preview(self.book, key, options)).data)

    @extend_schema(operation_id="import_discard", summary="Throw the file away", responses={204: None})
    def delete(self, request: Request, key: str) -> Response:
        """204; 400 for one that was entered."""
        imports.discard_import(self.book, key)
        return Response(status=204)


class ConfirmImportView(BookView):
    """Entering."""

    owned = staticmethod(access.imports_of)

    @extend_schema(
        operation_id="import_confirm",
        summary="Enter every position of a preview, or none",
        description=f"200 when it is done. 202 for more than {INLINE_ROWS} rows: a worker enters them, "
        "`status_url` says how far it is. Confirming twice enters once.",
        request=None,
        responses={200: ImportBatchSerializer, 202: OpenApiResponse(ImportJobSerializer, description="At work.")},
        examples=[
            OpenApiExample("entered", value=shown.CONFIRMED, response_only=True, status_codes=["200"]),
            OpenApiExample(
                "at work", value={"job": 81, "status_url": "/jobs/81/"}, response_only=True, status_codes=["202"]
            ),
        ],
    )
    def post(self, request: Request, key: str) -> Response:
        """400 while a row is not understood."""
        batch, run = confirm_or_queue(self.book, key, user=request.user, trigger="api")
        if run is not None:
            address = reverse("jobs:run", kwargs={"run_id": run.pk})
            return Response({"job": run.pk, "status_url": address}, status=202)
        return Response(ImportBatchSerializer(batch).data)


class PresetsView(BookView):
    """Brokers."""

    @extend_schema(
        operation_id="import_presets",
        summary="Whose files are known",
        responses=PresetSerializer(many=True),
        examples=[OpenApiExample("preset", value=shown.PRESET, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """With the columns that each needs."""
        return Response(PresetSerializer(imports.list_presets(), many=True).data)


class TemplateView(BookView):
    """The file to start from."""

    @extend_schema(
        operation_id="import_template",
        summary="The template as CSV",
        responses=CSV,
        examples=[CSV_EXAMPLE],
    )
    def get(self, request: Request) -> HttpResponse:
        """Columns and three examples."""
        return _csv("sectorlight-template.csv", exports.export_template())


class ExportPositionsView(BookView):
    """Positions out."""

    @extend_schema(
        operation_id="export_positions",
        summary="Positions as CSV in the template's columns",
        description="The same filters as the list. The file can be imported again.",
        parameters=FILTERS[:-2],
        responses=CSV,
        examples=[CSV_EXAMPLE],
    )
    def get(self, request: Request) -> HttpResponse:
        """Open ones unless asked otherwise."""
        wanted = parse_positions(request.query_params)
        return _csv("positions.csv", exports.export_positions(self.book, wanted))


class ExportBookView(BookView):
    """Everything out."""

    @extend_schema(
        operation_id="export_book",
        summary="Positions as CSV with everything that is known of them",
        parameters=FILTERS[:-2],
        responses=CSV,
    )
    def get(self, request: Request) -> HttpResponse:
        """Open and closed ones unless asked otherwise."""
        query = request.query_params
        wanted = parse_positions(query) if query else None
        return _csv("book.csv", exports.export_book(self.book, wanted))


class ExportFlowsView(BookView):
    """Cash flows out."""

    @extend_schema(operation_id="export_flows", summary="Cash flows as CSV", responses=CSV)
    def get(self, request: Request) -> HttpResponse:
        """The same filters as the list."""
        book = self.book
        rows = selectors.list_flows(book, **parse_flows(request.query_params))
        return _csv("cash-flows.csv", exports.export_flows(book, rows))


def _options(given: dict[str, Any]) -> ImportOptions:
    mapping = given.get("mapping")
    if isinstance(mapping, str):
        try:
            mapping = json.loads(mapping)
        except ValueError:
            raise Invalid({"mapping": ["A JSON object."]}) from None
    if mapping is not None and not _is_mapping(mapping):
        raise Invalid({"mapping": ["A JSON object of texts."]})
    return ImportOptions(**(given | {"mapping": mapping, "skip_rows": tuple(given.get("skip_rows", ()))}))


def _is_mapping(mapping: Any) -> bool:
    return isinstance(mapping, dict) and all(isinstance(name, str) and "\0" not in name for name in mapping.values())


def _csv(name: str, text: str) -> HttpResponse:
    answer = HttpResponse(text, content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    answer["X-Content-Type-Options"] = "nosniff"
    patch_cache_control(answer, private=True, no_store=True)
    return answer
