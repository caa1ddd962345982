"""The sectors' JSON API: the same lights as the pages, the same time machine (`?as_of=`)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.utils.cache import patch_cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import APIException, PermissionDenied, ValidationError
from rest_framework.generics import GenericAPIView, ListAPIView
from rest_framework.pagination import CursorPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from sectors import cache, publish, runs, selectors
from sectors.models import SectorReading, SectorRun
from sectors.serializers import (
    GridSerializer,
    ReadingSerializer,
    RunStatusSerializer,
    SectorRunSerializer,
    SectorSerializer,
)
from sectors.theme_terms import add_theme_terms
from sentiment_site.jobs.models import JobRun
from sentiment_site.jobs.services import cancel, may_cancel
from sentiment_site.market.moments import parse_moment
from sentiment_site.market.sectors import SECTOR_BY_KEY

MOMENT_HELP = "ISO moment; New York time without an offset, a date alone is the end of that day."
AS_OF = OpenApiParameter(
    "as_of", OpenApiTypes.STR, description=f"Show what was known at this moment. {MOMENT_HELP}", required=False
)
THEMES = OpenApiParameter(
    "themes", OpenApiTypes.STR, enum=["on", "off"], description="off leaves the themes' terms out; on is the default."
)
FROM = OpenApiParameter("from", OpenApiTypes.STR, description=f"Earliest as_of, included. {MOMENT_HELP}")
TO = OpenApiParameter("to", OpenApiTypes.STR, description=f"Latest as_of, included. {MOMENT_HELP}")

EVIDENCE_EXAMPLE: dict[str, Any] = {
    "as_of": "2026-08-21T20:00:00Z",
    "recorded_at": "2026-08-21T20:16:04Z",
    "simulated": False,
    "delay_s": 900,
    "sources": ["polygon"],
}
LIGHT_EXAMPLE: dict[str, Any] = {
    "sector": "technology",
    "title": "Technology",
    "status": "ok",
    "reason": "",
    "score": -0.731,
    "colour": "dark_red",
    "verb": "PRIME SHORT",
    "label": "BEARISH",
    "signal": "PRIME_SHORTING_ENVIRONMENT",
    "confidence": 0.812,
    "low_confidence": False,
    "concentration_warning": False,
    "timeframes": [{"horizon": "30min", "value": -0.8, "dot": "red", "reason": ""}],
    "stocks": 212,
    "fresh": 205,
    "multiplier": 1.3,
    "performance_multiplied": -3.12,
    "volume_weighted_change": -2.77,
    "relative_strength_vs_iwm": -2.4,
    "alpha": -1.6,
    "strength": "UNDER",
    "previous_colour": "light_red",
    "previous_score": -0.58,
    "theme": {
        "theme": "quantum computing",
        "theme_id": "6f3b2c9e-4a57-4f0e-9d43-2a1f6f0f8d11",
        "level": "hot",
        "theme_score": 0.6,
        "share": 0.62,
        "term": 0.495,
        "score": -0.236,
        "colour": "light_red",
        "verb": "GOOD SHORT",
        "as_of": "2026-08-21T20:00:00Z",
    },
}


STATUS_EXAMPLE: dict[str, Any] = {
    "id": 812,
    "url": "https://sectorlight.example/api/sectors/runs/812/",
    "status": "running",
    "percent": 60,
    "phase": "scoring",
    "reason": "",
    "trigger": "manual",
    "queued_at": "2026-08-21T20:15:58Z",
    "started_at": "2026-08-21T20:15:59Z",
    "finished_at": None,
    "published": None,
}


class Newest(CursorPagination):
    """Pages through append-only rows: no COUNT, and no row moves to another page when a new one is published."""

    page_size = 100
    max_page_size = 500
    page_size_query_param = "limit"
    ordering = "-id"


class NewestReadings(Newest):
    """The same for a sector's readings, of which a run has one."""

    ordering = "-run_id"


class PrivateMixin:
    """Answers are for the account that asked: no shared cache keeps them."""

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Adds Cache-Control to what the view answered."""
        answer: Response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        patch_cache_control(answer, private=True, no_cache=True)
        return answer


class Ended(APIException):
    """What cannot be stopped any more."""

    status_code = 409
    default_detail = "This run has ended."
    default_code = "ended"


class GridView(PrivateMixin, APIView):
    """The eight lights."""

    @extend_schema(
        operation_id="sectors_grid",
        summary="The eight sector lights",
        parameters=[AS_OF, THEMES],
        responses=GridSerializer,
        examples=[
            OpenApiExample(
                "grid",
                value=EVIDENCE_EXAMPLE
                | {
                    "seq": 4711,
                    "trigger": "scheduled",
                    "formula": "v1",
                    "weights_source": "static",
                    "universe_session": "2026-08-20",
                    "members": 1500,
                    "fresh": 1462,
                    "sectors": [LIGHT_EXAMPLE],
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request) -> Response:
        """The newest run, or the one known at `as_of`; 404 before the first."""
        themes = asked_themes(request)
        return Response(kept(request, "performance_matrix", f"grid:{themes}", lambda: _grid(request)))


class SectorView(PrivateMixin, APIView):
    """One light."""

    @extend_schema(
        summary="One sector's light with every factor",
        parameters=[AS_OF, THEMES],
        responses=SectorSerializer,
        examples=[
            OpenApiExample(
                "technology",
                value=EVIDENCE_EXAMPLE
                | {"seq": 4711, "light": LIGHT_EXAMPLE, "factors": {"base": -0.41, "m": 1.3, "vc": 1.197}},
                response_only=True,
            )
        ],
    )
    def get(self, request: Request, sector: str) -> Response:
        """The sector's light in the newest run, or in the one known at `as_of`; 404 for an unknown sector."""
        key, themes = known_sector(sector), asked_themes(request)
        return Response(kept(request, "sector_detail", f"{key}:light:{themes}", lambda: _light(request, key)))


class HistoryView(PrivateMixin, ListAPIView[SectorReading]):
    """A sector's stored readings."""

    serializer_class = ReadingSerializer
    pagination_class = NewestReadings
    filter_backends = ()

    def get_queryset(self) -> QuerySet[SectorReading]:
        """Readings of the sector in the asked span, as known at `as_of`."""
        if getattr(self, "swagger_fake_view", False):
            return SectorReading.objects.none()
        return selectors.list_history(
            known_sector(self.kwargs["sector"]),
            start=asked_moment(self.request, "from"),
            end=asked_moment(self.request, "to"),
            as_of=asked_moment(self.request, "as_of"),
        )

    @extend_schema(
        summary="A sector's readings, newest first",
        parameters=[FROM, TO, AS_OF],
        examples=[
            OpenApiExample(
                "page",
                value=EVIDENCE_EXAMPLE
                | {"seq": 4711, "sector": "technology", "status": "ok", "score": -0.731, "colour": "dark_red"},
                response_only=True,
            )
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Paginated by cursor; `limit` up to 500."""
        return super().get(request, *args, **kwargs)


class RunsView(PrivateMixin, ListAPIView[SectorRun]):
    """Published runs, and starting one."""

    serializer_class = SectorRunSerializer
    pagination_class = Newest
    filter_backends = ()

    def get_queryset(self) -> QuerySet[SectorRun]:
        """Published runs as known at `as_of`."""
        if getattr(self, "swagger_fake_view", False):
            return SectorRun.objects.none()
        return selectors.list_runs(asked_moment(self.request, "as_of"))

    @extend_schema(
        summary="Published runs, newest first",
        parameters=[AS_OF],
        examples=[
            OpenApiExample(
                "run",
                value=EVIDENCE_EXAMPLE
                | {"seq": 4711, "trigger": "scheduled", "formula": "v1", "members": 1500, "duration_ms": 2140},
                response_only=True,
            )
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Paginated by cursor; `limit` up to 500."""
        return super().get(request, *args, **kwargs)

    @extend_schema(
        summary="Start an analysis",
        request=None,
        responses={202: RunStatusSerializer},
        examples=[
            OpenApiExample(
                "accepted",
                value=STATUS_EXAMPLE | {"status": "queued", "percent": 0, "phase": "", "started_at": None},
                response_only=True,
                status_codes=["202"],
            )
        ],
    )
    def post(self, request: Request) -> Response:
        """202 with the run's address. While one is queued or running nothing is started and that one is answered."""
        run = runs.start_analysis(user=request.user)
        data = RunStatusSerializer(run, context={"request": request}).data
        return Response(data, status=202, headers={"Location": data["url"]})


class RunStatusView(PrivateMixin, GenericAPIView[JobRun]):
    """How far an analysis is, or how it ended."""

    serializer_class = RunStatusSerializer
    filter_backends = ()

    @extend_schema(
        summary="An analysis: how far it is, or how it ended",
        examples=[OpenApiExample("running", value=STATUS_EXAMPLE, response_only=True)],
    )
    def get(self, request: Request, job_run_id: int) -> Response:
        """404 for anything that is not a run of the sector analysis."""
        run = get_object_or_404(JobRun, pk=job_run_id, name=runs.ANALYSE)
        return Response(RunStatusSerializer(run, context={"request": request}).data)

    @extend_schema(
        summary="Cancel an analysis",
        request=None,
        responses={202: RunStatusSerializer},
        examples=[OpenApiExample("asked", value=STATUS_EXAMPLE, response_only=True, status_codes=["202"])],
    )
    def delete(self, request: Request, job_run_id: int) -> Response:
        """A queued run ends at once, a running one at its next step; 409 once it has ended."""
        run = get_object_or_404(JobRun, pk=job_run_id, name=runs.ANALYSE)
        if not may_cancel(request.user, run):
            raise PermissionDenied("Only who started this run, or an operator, may cancel it.")
        if not cancel(run, request.user):
            raise Ended
        return Response(RunStatusSerializer(run, context={"request": request}).data, status=202)


def known_grid(request: Request) -> selectors.Grid:
    """The grid asked for; 404 before the first."""
    grid = selectors.get_grid(asked_moment(request, "as_of"))
    if grid is None:
        raise Http404("No analysis had been published.")
    return grid


def kept(request: Request, kind: str, key: str, build: Callable[[], Any]) -> Any:
    """What `build` makes of the light asked for, plain values: the present one's is kept until the next publication.

    An earlier light (`?as_of=`) is read each time.
    """
    head = None if asked_moment(request, "as_of") is not None else publish.get_live_head()
    return build() if head is None else cache.cached_json(kind, head.seq, f"{key}:{head.revision:x}", build)


def with_themes(request: Request, grid: selectors.Grid) -> selectors.Grid:
    """The grid with the themes' terms, unless `?themes=off`; 400 for another value."""
    if asked_themes(request) == "off":
        return grid
    return add_theme_terms(grid, asked_moment(request, "as_of")) or grid


def asked_themes(request: Request) -> str:
    """on or off; 400 for another value."""
    asked = request.query_params.get("themes", "on")
    if asked not in ("on", "off"):
        raise ValidationError({"themes": ["Not one of on, off."]})
    return asked


def known_sector(sector: str) -> str:
    """The key itself; 404 naming those that exist."""
    if sector not in SECTOR_BY_KEY:
        raise Http404(f"No sector is called {sector!r}; there are {', '.join(SECTOR_BY_KEY)}.")
    return sector


def asked_moment(request: Request, name: str) -> datetime | None:
    """A moment out of the query, None if absent; 400 naming the parameter."""
    asked = request.query_params.get(name, "")
    try:
        return parse_moment(asked) if asked else None
    except ValueError as error:
        raise ValidationError({name: [str(error)]}) from error


def _grid(request: Request) -> Any:
    return GridSerializer(with_themes(request, known_grid(request))).data


def _light(request: Request, sector: str) -> Any:
    grid = with_themes(request, known_grid(request))
    light = next(card for card in grid.cards if card.sector == sector)
    reading = grid.readings.get(sector)
    facts = {name: getattr(grid, name) for name in ("as_of", "recorded_at", "is_simulated", "delay_s", "sources")}
    facts |= {"seq": grid.seq, "light": light, "factors": {} if reading is None else reading.factors}
    return SectorSerializer(facts).data
