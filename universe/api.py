"""The universe's JSON API: the same filters, sort and time machine (`?as_of=`) as the pages."""

from __future__ import annotations

from typing import Any, ClassVar

from django.db.models import QuerySet
from django.http import Http404
from django.utils.cache import patch_cache_control
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.exceptions import ValidationError
from rest_framework.generics import ListAPIView
from rest_framework.pagination import LimitOffsetPagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from . import selectors
from .listing import CHOICES, PARAMETERS, RANGES, SORTS, BadParameters, Listing, list_rows, parse_listing
from .models import Membership, UniverseRun
from .serializers import ChangeSerializer, RunSerializer, StockDetailSerializer, StockSerializer

PAGING = ("limit", "offset")
LARGEST_PAGE = 1_000

AS_OF = OpenApiParameter(
    "as_of",
    OpenApiTypes.STR,
    description="Show what was known at this moment: ISO, New York time without an offset, a date alone is its end.",
)
RUN = OpenApiParameter("run", OpenApiTypes.INT, description="Id of a run; default the newest.")
FILTERS = [
    OpenApiParameter("q", OpenApiTypes.STR, description="Beginning of the symbol, or part of the name."),
    *(OpenApiParameter(name, OpenApiTypes.STR, enum=list(values)) for name, values in CHOICES.items()),
    *(
        OpenApiParameter(
            f"{name}_{end}", OpenApiTypes.STR, description=f"{path}, inclusive; 300M and 2B are understood."
        )
        for name, path in RANGES.items()
        for end in ("min", "max")
    ),
    OpenApiParameter("sort", OpenApiTypes.STR, description=f"One of {', '.join(SORTS)}; - before it for descending."),
    AS_OF,
]

STOCK_EXAMPLE: dict[str, Any] = {
    "symbol": "SOUN",
    "name": "SoundHound AI, Inc. Class A Common Stock",
    "exchange": "XNAS",
    "type": "CS",
    "eligible": True,
    "reason": "eligible",
    "reason_title": "meets every rule",
    "sector": "technology",
    "sector_confidence": 1.0,
    "tier": "micro",
    "price": 5.2,
    "market_cap": 180_000_000.0,
    "cap_estimated": False,
    "average_volume": 2_100_000.0,
    "free_float": 20_000_000.0,
    "float_estimated": False,
    "short_percent": 18.4,
    "gap_frequency": 0.12,
    "change": "joined",
    "change_cause": "volume 1.05M >= 1M",
}
RUN_EXAMPLE: dict[str, Any] = {
    "id": 12,
    "session": "2026-08-21",
    "profile": "coverage",
    "profile_version": 1,
    "as_of": "2026-08-21T20:00:00Z",
    "recorded_at": "2026-08-22T00:20:31Z",
    "members": 1532,
    "volume_floor": 200_000,
    "floor_note": "1,000,000 shares a day left 437 names, 250,000 left 1,391; 200,000 is the first floor with at "
    "least 1,500 (1,532).",
    "simulated": False,
    "sources": ["polygon", "fmp"],
    "stages": [{"name": "volume", "left": 1701, "out": {"volume_low": 1490, "too_new": 61}, "joined": 0}],
}


class Pages(LimitOffsetPagination):
    """`limit` and `offset`, at most 1,000 rows a page."""

    default_limit = 100
    max_limit = LARGEST_PAGE


class ReadMixin:
    """Answers are for the account that asked, and a misspelt parameter is refused instead of ignored."""

    allowed: ClassVar[tuple[str, ...]] = ("as_of",)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Permissions first, then the names of the parameters and the page."""
        super().initial(request, *args, **kwargs)  # type: ignore[misc]
        given = request.query_params
        errors = {name: ["unknown parameter"] for name in given if name not in self.allowed}
        for name in PAGING:
            value = given.get(name, "1")
            if name in self.allowed and not (value.isascii() and value.isdigit() and len(value) <= 9):
                errors[name] = [f"{value!r} is not a whole number"]
        if errors:
            raise ValidationError(errors)

    def finalize_response(self, request: Request, response: Response, *args: Any, **kwargs: Any) -> Response:
        """Adds Cache-Control to what the view answered."""
        answer: Response = super().finalize_response(request, response, *args, **kwargs)  # type: ignore[misc]
        patch_cache_control(answer, private=True, no_cache=True)
        return answer


class StocksView(ReadMixin, ListAPIView[Membership]):
    """The stocks of a run."""

    serializer_class = StockSerializer
    pagination_class = Pages
    filter_backends = ()
    allowed = (*PARAMETERS, *PAGING)

    def get_queryset(self) -> QuerySet[Membership]:
        """Rows of the newest run, or of the one known at `as_of`, filtered and sorted."""
        if getattr(self, "swagger_fake_view", False):
            return Membership.objects.none()
        listing = _listing(self.request)
        run = selectors.current_run(listing.as_of)
        return Membership.objects.none() if run is None else list_rows(run, listing)

    @extend_schema(
        operation_id="universe_stocks_list",
        summary="Stocks with the figures they were screened by",
        parameters=FILTERS,
        examples=[OpenApiExample("stock", value=STOCK_EXAMPLE, response_only=True)],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Members by default; `eligible=no` for those that are out, `all` for everyone. Gap-prone names first."""
        return super().get(request, *args, **kwargs)


class StockView(ReadMixin, APIView):
    """One stock."""

    @extend_schema(
        operation_id="universe_stocks_retrieve",
        summary="One stock with the evidence of its sector",
        parameters=[AS_OF],
        responses=StockDetailSerializer,
        examples=[
            OpenApiExample(
                "stock",
                value=STOCK_EXAMPLE
                | {
                    "evidence": [
                        {"source": "SIC code", "says": "7372", "weight": 0.3, "sector": "technology", "mapped": False}
                    ],
                    "run": RUN_EXAMPLE,
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request, symbol: str) -> Response:
        """What the newest run decided, or the one known at `as_of`. 404 for a symbol it did not look at."""
        run = selectors.current_run(_listing(request).as_of)
        row = selectors.get_membership(run, symbol) if run else None
        if run is None or row is None:
            raise Http404(f"{symbol} was not screened.")
        row.run = run
        row.evidence = selectors.get_evidence(row, run)  # type: ignore[attr-defined]
        return Response(StockDetailSerializer(row).data)


class RunsView(ReadMixin, ListAPIView[UniverseRun]):
    """Screenings."""

    serializer_class = RunSerializer
    pagination_class = Pages
    filter_backends = ()
    allowed = ("as_of", *PAGING)

    def get_queryset(self) -> QuerySet[UniverseRun]:
        """Runs as known at `as_of`."""
        if getattr(self, "swagger_fake_view", False):
            return UniverseRun.objects.none()
        return selectors.list_runs(_listing(self.request).as_of)

    @extend_schema(
        operation_id="universe_runs_list",
        summary="Screenings, newest session first, with their funnel",
        parameters=[AS_OF],
        examples=[OpenApiExample("run", value=RUN_EXAMPLE, response_only=True)],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Paginated by limit and offset."""
        return super().get(request, *args, **kwargs)


class ChangesView(ReadMixin, ListAPIView[Membership]):
    """Who joined and left."""

    serializer_class = ChangeSerializer
    pagination_class = Pages
    filter_backends = ()
    allowed = ("as_of", "run", *PAGING)

    def get_queryset(self) -> QuerySet[Membership]:
        """Changes of a run, by default the newest known at `as_of`; 404 for a run that was not known then."""
        if getattr(self, "swagger_fake_view", False):
            return Membership.objects.none()
        runs = selectors.list_runs(_listing(self.request).as_of)
        asked = self.request.query_params.get("run")
        if asked is None:
            run = runs.first()
            return Membership.objects.none() if run is None else selectors.list_changes(run)
        if not (asked.isascii() and asked.isdigit() and len(asked) <= 18):
            raise ValidationError({"run": [f"{asked!r} is not the id of a run"]})
        run = runs.filter(pk=int(asked)).first()
        if run is None:
            raise Http404(f"Run {asked} was not known.")
        return selectors.list_changes(run)

    @extend_schema(
        operation_id="universe_changes_list",
        summary="Who joined and left with a run, and why",
        parameters=[RUN, AS_OF],
        examples=[
            OpenApiExample(
                "change",
                value={
                    "symbol": "BBAI",
                    "name": "BigBear.ai Holdings, Inc.",
                    "sector": "technology",
                    "change": "left",
                    "cause": "volume 812k < 1M",
                    "reason": "volume_low",
                },
                response_only=True,
            )
        ],
    )
    def get(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        """Joined first, by symbol."""
        return super().get(request, *args, **kwargs)


def _listing(request: Request) -> Listing:
    """The parameters of the list, of which a view may allow only some. ValidationError naming the wrong ones."""
    known = {name: str(value) for name, value in request.query_params.items() if name in PARAMETERS}
    try:
        return parse_listing(known)
    except BadParameters as error:
        raise ValidationError({name: [message] for name, message in error.errors.items()}) from error
