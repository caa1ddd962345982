"""The crypto regime's JSON API (/api/macro-sentiment/): open to read, staff start scans; the pages' own time machine.

Answers about analyses are cached for an hour under the newest analysis' number, so a new one makes them unreachable at
once; ages and the next scan's moment are worked out with every answer.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.utils.cache import get_conditional_response, patch_cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import APIException, ValidationError
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.pagination import CursorPagination
from rest_framework.permissions import AllowAny, IsAdminUser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from macro import examples, publish, selectors, services
from macro.cards import freshness_of
from macro.grid import next_slot
from macro.health import load_health
from macro.listing import filter_history
from macro.models import MacroOpinion, MacroSentimentAnalysis
from macro.pictures import NAMES, picture_response
from macro.serializers import (
    AnalysisSerializer,
    BootstrapRequestSerializer,
    HealthSerializer,
    HistoryQuerySerializer,
    OpinionSerializer,
    StartedSerializer,
    StatusSerializer,
)
from sentiment_site.jobs.models import JobRun
from sentiment_site.market import clock
from sentiment_site.market.moments import parse_moment

MOMENT_HELP = "ISO moment; New York time without an offset, a date alone is the end of that day."
AS_OF = OpenApiParameter("as_of", OpenApiTypes.STR, description=f"Show what was known at this moment. {MOMENT_HELP}")
FROM = OpenApiParameter("from", OpenApiTypes.STR, description=f"Earliest as_of, included. {MOMENT_HELP}")
TO = OpenApiParameter("to", OpenApiTypes.STR, description=f"Latest as_of, included. {MOMENT_HELP}")
LIMIT = OpenApiParameter("limit", OpenApiTypes.INT, description="Rows of a page, at most 500.")
CURSOR = OpenApiParameter("cursor", OpenApiTypes.STR, description="Of `next` and `previous`.")
NARROWED = ("as_of", "from", "to", "regime", "permission", "min_confidence", "limit", "cursor")


class NewestFirst(CursorPagination):
    """Pages through append-only rows: no COUNT, and a new analysis moves nothing to another page."""

    page_size = 100
    max_page_size = 500
    page_size_query_param = "limit"
    ordering = "-analysis_timestamp"


class AnyAccept(BaseContentNegotiation):
    """A picture is a picture, whatever the caller says it accepts; refusals are JSON."""

    def select_parser(self, request: Request, parsers: Any) -> Any:
        """The first."""
        return parsers[0]

    def select_renderer(self, request: Request, renderers: Any, format_suffix: str | None = None) -> Any:
        """The first, for refusals."""
        return renderers[0], renderers[0].media_type


class BootstrapDone(APIException):
    """The history is there already."""

    status_code = 409
    default_detail = "The bootstrap is done; force it to fetch the history again."
    default_code = "bootstrap_done"


class OpenView(APIView):
    """Readable without an account, as the requirement asks; throttled by address."""

    permission_classes = (AllowAny,)

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        """The same for everybody, and asked for again before it is used again."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        patch_cache_control(answer, no_cache=True)
        return answer


class StatusView(OpenView):
    """The regime in force."""

    @extend_schema(
        operation_id="macro_sentiment_status",
        summary="The crypto regime and trade permission in force",
        parameters=[AS_OF],
        responses=StatusSerializer,
        examples=examples.answer("status", examples.STATUS),
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Or the one known at `as_of`. 404 before the first analysis, 304 for who has it."""
        refuse_unknown(request, ("as_of",))
        as_of = asked_moment(request, "as_of")
        head = publish.get_head(as_of)
        if head is None:
            raise Http404("There is no analysis yet.")
        now = clock.now() if as_of is None else as_of
        freshness, due = freshness_of(head.event_at, now), next_slot(now)
        etag = f'W/"macro-{head.seq}-{freshness.key}-{due:%Y%m%d%H}"'
        unchanged = get_conditional_response(request._request, etag=etag)
        if unchanged is not None:
            return unchanged
        data = publish.cached_answer("status", head.seq, "", lambda: _stored(head.seq))
        data |= {
            "next_update": due.isoformat().replace("+00:00", "Z"),
            "age_s": freshness.age_s,
            "state": freshness.state,
            "charts": [{"name": name, "url": _chart_url(request, name)} for name in NAMES],
        }
        return Response(data, headers={"ETag": etag})


class HistoryView(OpenView):
    """Stored analyses."""

    @extend_schema(
        operation_id="macro_sentiment_history",
        summary="Analyses, newest first",
        parameters=[AS_OF, FROM, TO, HistoryQuerySerializer, LIMIT, CURSOR],
        responses=AnalysisSerializer(many=True),
        examples=examples.answer("page", {"next": None, "previous": None, "results": [examples.ANALYSIS]}),
    )
    def get(self, request: Request) -> Response:
        """Filtered and paginated by cursor; what was known at `as_of`."""
        refuse_unknown(request, NARROWED)
        as_of = asked_moment(request, "as_of")
        query = HistoryQuerySerializer(data=request.query_params)
        query.is_valid(raise_exception=True)
        wanted = query.validated_data | {name: asked_moment(request, name) for name in ("from", "to")}
        head = publish.get_head()
        seq = 0 if head is None else head.seq
        address = request.build_absolute_uri()
        return Response(publish.cached_answer("history", seq, address, lambda: self._page(request, as_of, wanted)))

    def _page(self, request: Request, as_of: datetime | None, wanted: dict[str, Any]) -> dict[str, Any]:
        pages = NewestFirst()
        rows = filter_history(selectors.list_analyses(as_of), wanted)
        found = pages.paginate_queryset(rows, request, view=self)
        results = AnalysisSerializer(found, many=True).data
        return {"next": pages.get_next_link(), "previous": pages.get_previous_link(), "results": results}


class OpinionView(OpenView):
    """The language model's words on the regime in force."""

    @extend_schema(
        operation_id="macro_sentiment_opinion",
        summary="The AI analyst's opinion, every number in it checked",
        parameters=[AS_OF],
        responses=OpinionSerializer,
        examples=examples.answer("opinion", examples.OPINION),
    )
    def get(self, request: Request) -> Response:
        """On the newest analysis, or the one known at `as_of`; 404 where nobody was asked."""
        refuse_unknown(request, ("as_of",))
        as_of = asked_moment(request, "as_of")
        head = publish.get_head(as_of)
        known_at = clock.now() if as_of is None else as_of
        rows = MacroOpinion.objects.filter(analysis_id=0 if head is None else head.seq, ended_at__lte=known_at)
        found = rows.order_by("state", "-ended_at").first()  # "done" comes before "failed"
        if found is None:
            raise Http404("There is no opinion on this analysis.")
        return Response(OpinionSerializer(found).data)


class ChartView(OpenView):
    """The three charts as pictures."""

    content_negotiation_class = AnyAccept

    @extend_schema(
        operation_id="macro_sentiment_chart",
        summary="A chart as PNG: price, dominance or strength",
        parameters=[AS_OF],
        responses={(200, "image/png"): OpenApiTypes.BINARY},
    )
    def get(self, request: Request, name: str) -> HttpResponseBase:
        """Named by the digest of its figures: 304 for who has it."""
        refuse_unknown(request, ("as_of",))
        analysis = selectors.latest_analysis(asked_moment(request, "as_of"))
        return picture_response(request._request, name, analysis)


class SystemHealthView(OpenView):
    """How the collection is doing."""

    @extend_schema(
        operation_id="macro_sentiment_system_health",
        summary="Ages, failures, missing scans, calls left",
        responses=HealthSerializer,
        examples=examples.answer("health", examples.HEALTH),
    )
    def get(self, request: Request) -> Response:
        """Never cached: it says how things are now."""
        refuse_unknown(request, ())
        return Response(HealthSerializer(load_health()).data)


class ScanView(APIView):
    """A scan on demand."""

    permission_classes = (IsAdminUser,)

    @extend_schema(
        operation_id="macro_sentiment_scan",
        summary="Scan now (staff)",
        request=None,
        responses={202: StartedSerializer},
        examples=examples.answer("accepted", examples.STARTED, "202"),
    )
    def post(self, request: Request) -> Response:
        """202 with the job; while one is queued or running nothing is started and that one is answered."""
        return started(services.request_scan(operator(request)))


class BootstrapView(APIView):
    """The 365 days of history."""

    permission_classes = (IsAdminUser,)

    @extend_schema(
        operation_id="macro_sentiment_bootstrap",
        summary="Fetch the last 365 days, once (staff)",
        request=BootstrapRequestSerializer,
        responses={202: StartedSerializer},
        examples=[
            OpenApiExample("once more", value={"force": True}, request_only=True),
            *examples.answer("accepted", examples.STARTED, "202"),
        ],
    )
    def post(self, request: Request) -> Response:
        """202 with the job; 409 when it is done and `force` is not set."""
        asked = BootstrapRequestSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        try:
            run = services.request_bootstrap(operator(request), force=asked.validated_data["force"])
        except services.Refused as error:
            raise BootstrapDone(" ".join(error.messages)) from error
        return started(run)


def operator(request: Request) -> Any:
    """The account that asks, once the view has checked that it is an operator's."""
    return request.user


def started(run: JobRun) -> Response:
    """202 with the job and where its progress is."""
    facts = {"job": run.pk, "job_state": run.status, "reason": run.reason}
    data = StartedSerializer(facts | {"status_url": reverse("jobs:run", args=[run.pk])}).data
    return Response(data, status=202, headers={"Location": data["status_url"]})


def asked_moment(request: Request, name: str) -> datetime | None:
    """A moment out of the query, None if absent; 400 naming the parameter."""
    asked = request.query_params.get(name, "")
    try:
        return parse_moment(asked) if asked else None
    except ValueError as error:
        raise ValidationError({name: [str(error)]}) from error


def refuse_unknown(request: Request, known: Iterable[str]) -> None:
    """400 for a parameter that does not exist: a misspelt filter must not look like one that found everything."""
    allowed = tuple(known)
    said = f"unknown parameter; there {'are ' + ', '.join(allowed) if allowed else 'is none'}"
    unknown = {name: [said] for name in request.query_params if name not in allowed}
    if unknown:
        raise ValidationError(unknown)


def _stored(seq: int) -> dict[str, Any]:
    return dict(AnalysisSerializer(MacroSentimentAnalysis.objects.get(pk=seq)).data)


def _chart_url(request: Request, name: str) -> str:
    asked = request.query_params.urlencode()
    address = reverse("macro_api:chart", args=[name]) + (f"?{asked}" if asked else "")
    return request.build_absolute_uri(address)
