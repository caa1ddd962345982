"""The themes' JSON API (/api/themes/): the board's filters and time machine, one theme in depth."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Sequence
from typing import Any, ClassVar

from django.http import Http404
from django.utils.cache import patch_cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sentiment_site.market import clock
from sentiment_site.market.moments import parse_moment
from sentiment_site.market.sectors import SECTOR_BY_KEY
from themes.models import ThemeReading
from themes.models.documents import DocumentKind
from themes.models.stories import Phase
from themes.stories.selectors import ThemeStand, get_theme, list_history, list_themes

from . import examples
from .evidence import build_rows, select_documents
from .listing import COLUMNS, DEFAULT_SORT, ORIGINS, STANDINGS, parse_board_listing, select_themes
from .serializers import (
    MemberSerializer,
    ThemeChangeSerializer,
    ThemeDetailSerializer,
    ThemeEvidenceSerializer,
    ThemeReadingSerializer,
    ThemeSerializer,
)
from .theme import load_members, load_theme

MOMENT_HELP = "ISO moment; New York time without an offset, a date alone is the end of that day."
AS_OF = OpenApiParameter("as_of", OpenApiTypes.STR, description=f"Show what was known at this moment. {MOMENT_HELP}")
PAGING = ("limit", "offset")


class Pages(LimitOffsetPagination):
    """`limit` and `offset`, at most 500 rows a page."""

    default_limit = 100
    max_limit = 500


class ThemesView(APIView):
    """Answers are for the account that asked; a misspelt parameter is refused instead of ignored."""

    allowed: ClassVar[tuple[str, ...]] = ("as_of",)
    as_of: dt.datetime | None = None

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Permissions first, then the names of the parameters, the page and the moment."""
        super().initial(request, *args, **kwargs)
        given = request.query_params
        errors = {name: [f"unknown parameter; there are {', '.join(self.allowed)}"] for name in given
                  if name not in self.allowed}  # fmt: skip
        for name in PAGING:
            value = given.get(name, "1")
            if name in self.allowed and not (value.isascii() and value.isdigit() and len(value) <= 9):
                errors[name] = [f"{value!r} is not a whole number"]
        if errors:
            raise ValidationError(errors)
        asked = given.get("as_of", "") if "as_of" in self.allowed else ""
        try:
            self.as_of = parse_moment(asked) if asked else None
        except ValueError as error:
            raise ValidationError({"as_of": [str(error)]}) from error

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """Adds Cache-Control."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        patch_cache_control(answer, private=True, no_cache=True)
        return answer

    def known(self, theme_id: uuid.UUID) -> ThemeStand:
        """The theme at the moment; 404 before its first reading."""
        stand = get_theme(theme_id, self.as_of)
        if stand is None:
            raise Http404("There is no such theme, or it was not known then.")
        return stand

    def chosen(self, request: Request, name: str, known: Sequence[str]) -> str:
        """A parameter with fixed values, "" if absent; 400 for another one."""
        asked = request.query_params.get(name, "")
        if asked and asked not in known:
            raise ValidationError({name: [f"{asked!r} is not one of {', '.join(known)}"]})
        return asked


class BoardView(ThemesView):
    """The themes."""

    allowed = ("as_of", "standing", "phase", "sector", "origin", "sort", *PAGING)
    pagination_class = Pages

    @extend_schema(
        operation_id="themes_list",
        summary="Themes with standing, phase, confidence, intensity and spread",
        parameters=[
            AS_OF,
            OpenApiParameter("standing", OpenApiTypes.STR, enum=[name for name in STANDINGS if name],
                             description="Default: those that live, active and watched."),
            OpenApiParameter("phase", OpenApiTypes.STR, enum=list(Phase.values)),
            OpenApiParameter("sector", OpenApiTypes.STR, enum=list(SECTOR_BY_KEY),
                             description="Where it began, or that it reached."),
            OpenApiParameter("origin", OpenApiTypes.STR, enum=[name for name in ORIGINS if name]),
            OpenApiParameter("sort", OpenApiTypes.STR,
                             description=f"{', '.join(COLUMNS)}; - before it for descending. Default {DEFAULT_SORT}."),
            OpenApiParameter("limit", OpenApiTypes.INT),
            OpenApiParameter("offset", OpenApiTypes.INT),
        ],
        responses=ThemeSerializer(many=True),
        examples=examples.page("theme", examples.THEME),
    )  # fmt: skip
    def get(self, request: Request) -> Response:
        """Filtered and sorted as the board; ACTIVE ones first."""
        try:
            listing = parse_board_listing(request.query_params.dict())
        except ValueError as error:
            raise ValidationError({str(error).partition(":")[0]: [str(error)]}) from error
        found = select_themes(list_themes(self.as_of, listing.standings), listing)
        return _paged(self, request, found, ThemeSerializer)


class ThemeView(ThemesView):
    """One theme."""

    @extend_schema(
        operation_id="themes_retrieve",
        summary="One theme: what its confidence rests on, where it spread, who moves along",
        parameters=[AS_OF],
        responses=ThemeDetailSerializer,
        examples=[OpenApiExample("theme", value=examples.DETAIL, response_only=True)],
    )
    def get(self, request: Request, theme_id: uuid.UUID) -> Response:
        """404 before its first reading."""
        page = load_theme(theme_id, self.as_of)
        if page is None:
            raise Http404("There is no such theme, or it was not known then.")
        return Response(ThemeDetailSerializer(page).data)


class MembersView(ThemesView):
    """Who belongs."""

    allowed = ("as_of", *PAGING)
    pagination_class = Pages

    @extend_schema(
        operation_id="themes_members",
        summary="Members, then followers, with move, temperature, risks and their sector's light",
        parameters=[AS_OF],
        responses=MemberSerializer(many=True),
        examples=examples.page("member", examples.MEMBER),
    )
    def get(self, request: Request, theme_id: uuid.UUID) -> Response:
        """Closest first."""
        self.known(theme_id)
        return _paged(self, request, load_members(theme_id, self.as_of), MemberSerializer)


class TimelineView(ThemesView):
    """How it went."""

    allowed = ("as_of", *PAGING)
    pagination_class = Pages

    @extend_schema(
        operation_id="themes_timeline",
        summary="Readings, newest first",
        parameters=[AS_OF],
        responses=ThemeReadingSerializer(many=True),
        examples=examples.page("reading", examples.READING),
    )
    def get(self, request: Request, theme_id: uuid.UUID) -> Response:
        """One an hour."""
        self.known(theme_id)
        at = self.as_of or clock.now()
        rows = ThemeReading.objects.filter(theme_id=theme_id, as_of__lte=at, recorded_at__lte=at).defer("factors")
        return _paged(self, request, rows.order_by("-as_of"), ThemeReadingSerializer)


class EvidenceView(ThemesView):
    """What it rests on."""

    allowed = ("as_of", "kind", "about", *PAGING)
    pagination_class = Pages

    @extend_schema(
        operation_id="themes_evidence",
        summary="Documents, newest first, with their addresses",
        parameters=[
            AS_OF,
            OpenApiParameter("kind", OpenApiTypes.STR, enum=list(DocumentKind.values)),
            OpenApiParameter("about", OpenApiTypes.STR, description="A symbol that is named in it."),
        ],
        responses=ThemeEvidenceSerializer(many=True),
        examples=examples.page("document", examples.EVIDENCE),
    )
    def get(self, request: Request, theme_id: uuid.UUID) -> Response:
        """Those known at the moment."""
        stand = self.known(theme_id)
        kind, about = self.chosen(request, "kind", DocumentKind.values), request.query_params.get("about", "")[:16]
        rows = select_documents(theme_id, self.as_of, kind=kind, about=about)
        pages = Pages()
        shown = pages.paginate_queryset(rows, request, view=self) or []
        close = dict(stand.theme.evidence.filter(document__in=shown).values_list("document_id", "closeness"))
        rows_shown = list(build_rows(shown, self.as_of or clock.now(), close))
        data = ThemeEvidenceSerializer(rows_shown, many=True).data  # type: ignore[arg-type]  # many
        return pages.get_paginated_response(data)


class ChangesView(ThemesView):
    """What happened to it."""

    allowed = ("as_of", *PAGING)
    pagination_class = Pages

    @extend_schema(
        operation_id="themes_changes",
        summary="What happened to a theme by rule and by hand, newest first",
        parameters=[AS_OF],
        responses=ThemeChangeSerializer(many=True),
        examples=examples.page("change", examples.CHANGE),
    )
    def get(self, request: Request, theme_id: uuid.UUID) -> Response:
        """Until the moment."""
        self.known(theme_id)
        return _paged(self, request, list_history(theme_id, self.as_of), ThemeChangeSerializer)


def _paged(view: APIView, request: Request, rows: Any, serializer: Any) -> Response:
    pages = Pages()
    shown: Any = pages.paginate_queryset(rows, request, view=view)
    return pages.get_paginated_response(serializer(shown, many=True).data)
