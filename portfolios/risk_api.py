"""The risk of one's own book as JSON: Greeks, exposures, factors, ratios, clusters, stress, and the light."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiExample, OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from . import risk_examples as shown
from . import risk_serializers as shapes
from .book_api import AS_OF, BookView, valid
from .risk import selectors
from .risk.asking import BOUNDS, Asked, make_scenario, parse_asked

GREEKS = OpenApiParameter(
    "greeks",
    OpenApiTypes.STR,
    enum=["mock", "model"],
    description="Whose deltas weigh options: the fixed table (default) or Black-Scholes-Merton.",
)
PARAMETERS = [AS_OF, GREEKS]
SCENARIO = [
    OpenApiParameter("name", OpenApiTypes.STR, description="Name of a scenario of your own."),
    *(
        OpenApiParameter(
            name, OpenApiTypes.FLOAT, description=f"A fraction, {BOUNDS[name][0]:g} to {BOUNDS[name][1]:g}."
        )
        for name in ("market", "volatility", "rates")
    ),
    OpenApiParameter("sector", OpenApiTypes.STR, many=True, description="A sector's move, such as technology:-0.1."),
    OpenApiParameter("shock", OpenApiTypes.STR, many=True, description="A stock's own move, such as SOUN:0.4."),
]


class RiskView(BookView):
    """What the calls share: the moment and whose Greeks, refused by name where they cannot be read."""

    def asked(self, request: Request, *, scenario: bool = False) -> Asked:
        """The parameters. Http404 for a moment before the book was there."""
        asked = parse_asked(request.query_params, scenario=scenario)
        if asked.as_of is not None and asked.as_of < self.book.created_at:
            raise Http404("There was no such book then.")
        return asked

    def answer(self, request: Request, read: Callable[..., Any], shape: type[Any]) -> Response:
        """What a selector says of the caller's own book."""
        asked = self.asked(request)
        return Response(shape(read(self.book, asked.as_of, source=asked.source)).data)


class GreeksView(RiskView):
    """Greeks."""

    @extend_schema(
        operation_id="portfolio_greeks",
        summary="Greeks of your positions, mock and model side by side",
        description="The two are never added up. What the model cannot value is named with its reason.",
        parameters=PARAMETERS,
        responses=shapes.BookGreeksSerializer,
        examples=[OpenApiExample("greeks", value=shown.GREEKS, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """By position, and the totals of each source."""
        return self.answer(request, selectors.get_greeks, shapes.BookGreeksSerializer)


class ExposuresView(RiskView):
    """Exposures."""

    @extend_schema(
        operation_id="portfolio_exposures",
        summary="What your book is exposed to",
        parameters=PARAMETERS,
        responses=shapes.ExposuresSerializer,
        examples=[OpenApiExample("exposures", value=shown.EXPOSURES, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """The book, and by sector, tag, option and underlying."""
        return self.answer(request, selectors.get_exposures, shapes.ExposuresSerializer)


class FactorsView(RiskView):
    """Factors."""

    @extend_schema(
        operation_id="portfolio_factors",
        summary="Factor betas of your book with their bands",
        parameters=PARAMETERS,
        responses=shapes.FactorViewSerializer,
        examples=[OpenApiExample("factors", value=shown.FACTORS, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """The eight in their order; those without bars say so."""
        return self.answer(request, selectors.get_factors, shapes.FactorViewSerializer)


class RatiosView(RiskView):
    """Ratios."""

    @extend_schema(
        operation_id="portfolio_ratios",
        summary="Volatility, Sharpe, drawdown and the like of your book",
        parameters=PARAMETERS,
        responses=shapes.RatioViewSerializer,
        examples=[OpenApiExample("ratios", value=shown.RATIOS, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Of the stored daily rows, at most 252."""
        return self.answer(request, selectors.get_ratios, shapes.RatioViewSerializer)


class ClustersView(RiskView):
    """Clusters."""

    @extend_schema(
        operation_id="portfolio_clusters",
        summary="Which of your names are one bet",
        parameters=PARAMETERS,
        responses=shapes.ClusterViewSerializer,
        examples=[OpenApiExample("clusters", value=shown.CLUSTERS, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Clusters of correlation .5 or more, largest first."""
        return self.answer(request, selectors.get_clusters, shapes.ClusterViewSerializer)


class StressView(RiskView):
    """Stress."""

    example = OpenApiExample("stress", value=shown.STRESS, response_only=True)

    @extend_schema(
        operation_id="portfolio_stress",
        summary="Your book under the standing scenarios, or under one of your own",
        parameters=[*PARAMETERS, *SCENARIO],
        responses=shapes.StressViewSerializer,
        examples=[example],
    )
    def get(self, request: Request) -> Response:
        """Options are repriced by the model."""
        asked = self.asked(request, scenario=True)
        scenarios = None if asked.scenario is None else [asked.scenario]
        view = selectors.get_stress(self.book, scenarios, asked.as_of, source=asked.source)
        return Response(shapes.StressViewSerializer(view).data)

    @extend_schema(
        operation_id="portfolio_stress_own",
        summary="Your book under scenarios of your own",
        parameters=PARAMETERS,
        request=shapes.ScenariosSerializer,
        responses=shapes.StressViewSerializer,
        examples=[OpenApiExample("a theme breaks", value=shown.OWN_SCENARIOS, request_only=True), example],
    )
    def post(self, request: Request) -> Response:
        """Nothing is stored."""
        asked = self.asked(request)
        given = valid(shapes.ScenariosSerializer(data=request.data))["scenarios"]
        scenarios = [make_scenario(**one) for one in given]
        view = selectors.get_stress(self.book, scenarios, asked.as_of, source=asked.source)
        return Response(shapes.StressViewSerializer(view).data)


class LightView(RiskView):
    """The light."""

    @extend_schema(
        operation_id="portfolio_light",
        summary="Your book held against the sector light",
        parameters=PARAMETERS,
        responses=shapes.LitViewSerializer,
        examples=[OpenApiExample("light", value=shown.LIGHT, response_only=True)],
    )
    def get(self, request: Request) -> Response:
        """Each position beside its sector, headlines, and warnings where the book fights the light."""
        return self.answer(request, selectors.get_lit_book, shapes.LitViewSerializer)
